"""Recorded answers of a language model: kept, replayed by digest, without the texts of shared tasks."""

import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.harness import (
    adaptive,
    back_translation,
    drafts,
    recorded_tables,
    recordings,
    sample,
    seed,
    wmt23_data,
    wmt25_llm,
)
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.llm.batch import BatchLLM
from mtpipe.llm.prompts import Prompt
from tests.support.shared_tasks import jsonl, wmt23_folder

ROOT = Path(__file__).parents[2]
SOURCE, DRAFT = "A row of the table.", "Una fila de la mesa."
PROMPT = Prompt("Revise.", f"<source>{SOURCE}</source>\n<draft>{DRAFT}</draft>", source=SOURCE)
TEXTS = {"set#1": SOURCE, "set#1/draft": DRAFT}
TARGET = "Una fila de la tabla."


def asked(folder, prompt, answers):
    return BatchLLM(recordings.MODEL, folder / "requests.jsonl", answers).complete([prompt])[0]


def recorded(folder, prompt, content, texts):
    """The recording of one answer."""
    out = folder / "recorded.jsonl.xz"
    asked(folder, prompt, out)
    name = json.loads((folder / "requests.jsonl").read_text(encoding="utf-8"))["custom_id"]
    jsonl(folder / "answers.jsonl", [{"custom_id": name, "content": content}])
    files = folder / "requests.jsonl", folder / "answers.jsonl", out
    assert recordings.record(*files, "Some model", "2026-11-21", texts) == (1, 0)
    return out


def test_a_recording_answers_the_request_that_its_digest_names(tmp_path):
    out = recorded(tmp_path, PROMPT, "Sí.", {})
    assert asked(tmp_path, PROMPT, out).text == "Sí."
    assert asked(tmp_path, Prompt("Revise.", "Else."), out).fault == "waiting"
    row, = recordings.read(out)
    assert (row["model_family"], row["date"]) == ("Some model", "2026-11-21") and SOURCE in json.dumps(row["request"])
    assert recordings.altered([row]) == []
    assert recordings.sentence([row]) == (
        "1 recorded answers of Some model, 2026-11-21, replayed by the digest of the request")


def test_texts_of_a_shared_task_are_left_out_and_put_back(tmp_path):
    out = recorded(tmp_path, PROMPT, json.dumps({"target": TARGET, "unsuitable": ["row"]}), TEXTS)
    row, = recordings.read(out)
    assert not {SOURCE, DRAFT, "fila"} & {text for text in (SOURCE, DRAFT, "fila") if text in json.dumps(row)}
    assert recordings.altered([row]) == [row["custom_id"]] and recordings.altered([row], TEXTS) == []
    whole = recordings.whole(out, tmp_path / "whole.jsonl", TEXTS)
    assert json.loads(asked(tmp_path, PROMPT, whole).text) == {"target": TARGET, "unsuitable": ["row"]}
    with pytest.raises(InputError, match=r"edits set#1/draft; the shared task's data lack it"):
        recordings.whole(out, tmp_path / "whole.jsonl", {})


@given(st.text(max_size=40), st.text(max_size=40))
def test_changes_make_the_one_text_of_the_other(old, new):
    text = old
    for start, end, words in reversed(recordings.changes(old, new)):
        text = text[:start] + words + text[end:]
    assert text == new


def test_an_answer_to_no_request_is_an_error(tmp_path):
    jsonl(tmp_path / "requests.jsonl", [{"custom_id": "a", "body": {"messages": []}}])
    jsonl(tmp_path / "answers.jsonl", [{"custom_id": "b", "content": "?"}])
    with pytest.raises(InputError, match="1 answers to no request in .*, such as b"):
        recordings.record(tmp_path / "requests.jsonl", tmp_path / "answers.jsonl", tmp_path / "out.xz", "M", "2026")


@pytest.mark.parametrize("path", sorted((ROOT / recordings.FOLDER).glob("*-??.jsonl.xz")), ids=lambda path: path.name)
def test_committed_recordings_say_who_answered_what_and_when(path):
    rows = recordings.read(path)
    assert rows and all(row["model_family"] and row["date"] in ("2026-11-21", "2026-11-22") for row in rows)
    open_rows = [row for row in rows if "«" not in row["request"]["messages"][-1]["content"]]
    assert recordings.altered(open_rows) == []


def test_the_sample_is_the_same_every_time_and_a_term_is_taught_once(tmp_path):
    task, = wmt23_data.tasks(wmt23_folder(tmp_path))
    segments = sample.segments(task)
    assert [segment.id for segment in segments] == ["deen.de#1", "deen.de#2"]  # others: no terms, or twice
    assert len(sample.segments(task, 1)) == 1
    again = [*segments, Segment("x", "Tabelle", terms=segments[0].terms)]
    assert [term.source for term in sample.terms(again, "de-en")] == ["Tabelle", "Drucker"]
    glossary, test = sample.write(tmp_path / "out", task)
    assert glossary.read_text(encoding="utf-8") == "source,target\nTabelle,table\nDrucker,printer\n"
    assert json.loads(test.read_text(encoding="utf-8").splitlines()[1])["reference"] == "The printer prints."


def test_general_text_is_turned_to_the_pairs_direction(tmp_path):
    (tmp_path / "en-de.a.tsv.xz").write_bytes(lzma.compress("Yes.\tJa.\nNo.\tNein.\nbroken\n".encode()))
    assert sorted(sample.generic(tmp_path, "de-en")) == [("Ja.", "Yes."), ("Nein.", "No.")]
    assert len(list(sample.generic(tmp_path, "en-de", 1))) == 1


def test_the_experiment_is_made_again_from_recorded_drafts_and_answers(tmp_path):
    folder = wmt23_folder(tmp_path / "data")
    table = folder / "official_scores.tsv"
    table.write_text(table.read_text().replace("OPUS", "DCU-TU-TR"))
    task, = wmt23_data.tasks(folder)
    texts = {"deen.de#1": "The desk is empty.", "deen.de#2": "The printer prints."}
    answers, kept = seed.paths(tmp_path, "de-en")
    drafts.write(kept, {name: texts for name in ("generic", "tuned", "annotated", "repaired")})
    recordings.write(answers, [])
    before = seed.outcome(task, tmp_path, tmp_path / "requests.jsonl")
    assert (before.segments, before.terms, before.taught) == (2, 2, 2)
    assert "1 prompts of this code have no recorded answer" in recorded_tables.experiment([before])
    name = json.loads((tmp_path / "requests.jsonl").read_text(encoding="utf-8"))["custom_id"]
    content = json.dumps({"target": "The table is empty.", "unsuitable": []})
    jsonl(tmp_path / "answers.jsonl", [{"custom_id": name, "content": content}])
    sources = {segment.id: segment.source for segment in sample.segments(task)}
    files = tmp_path / "requests.jsonl", tmp_path / "answers.jsonl", answers
    recordings.record(*files, "Some model", "2026-11-21", sources)
    after = seed.outcome(task, tmp_path)
    used = {stage.system.name: stage.system.measures["tsr_strict"].score.value for stage in after.stages}
    assert used["+ fine-tuned on synthetic mix"] == .5 and used["+ LLM for missing terms"] == 1
    assert {stage.system.name: stage.taught for stage in after.stages}["generic model"] == .5
    text = recorded_tables.experiment([after])
    assert "| + LLM for missing terms | 1.000" in text and "| 500 |" in text  # 1 call for 2 segments
    assert "generic model 36.67 %, after all stages 72.88 %" in text and "DCU-TU-TR: after all stages 1.000" in text
    drafts.write(kept, {name: {} for name in ("generic", "tuned", "annotated", "repaired")})
    with pytest.raises(InputError, match="no draft of 2 segments, such as deen.de#1; record the drafts again"):
        seed.outcome(task, tmp_path)


def test_quality_over_calls_on_wmt25_drafts(tmp_path):
    rows = [{"en": f"Table {n}.", "es": f"Tabla {n}.", "proper": {"table": "tabla"}, "noterm": {}} for n in range(3)]
    jsonl(tmp_path / "full_data.enes.jsonl", rows)
    jsonl(tmp_path / "submissions/duterm.enes.noterm.jsonl", [{"es": f"Así {n}."} for n in range(3)])
    outcome = wmt25_llm.outcome(tmp_path, tmp_path, tmp_path / "requests")
    waiting = [repair.waiting for repair in outcome.repairs]
    assert waiting[:3] == [0, 0, 0] and waiting[4] == 3 >= waiting[3]
    assert list(map(lambda system: system.name, outcome.systems)) == list(wmt25_llm.CHAINS)
    assert "3 segments of WMT25 EN-ES, drawn by seed 17" in recorded_tables.calls(outcome)


def test_each_kind_of_adaptive_prompt_is_asked_and_scored(tmp_path):
    task, = wmt23_data.tasks(wmt23_folder(tmp_path / "data"))
    answers, glossary = adaptive.paths(tmp_path)
    glossary.write_text("source,target\nTabelle,tableau\n", encoding="utf-8")
    with pytest.raises(InputError, match="zero-shot has no translation at all"):
        adaptive.outcome(task, tmp_path, tmp_path / "requests")
    users = []
    for number, _ in enumerate(adaptive.VARIANTS, 1):
        requests = tmp_path / "requests" / f"{number}.jsonl"
        rows = list(map(json.loads, requests.read_text(encoding="utf-8").splitlines()))
        users.append(rows[0]["body"]["messages"][-1]["content"])
        contents = [json.dumps({"target": f"The table is empty {number}."})] * len(rows)
        jsonl(tmp_path / "answers.jsonl", [{"custom_id": row["custom_id"], "content": content}
                                           for row, content in zip(rows, contents, strict=True)])  # fmt: skip
        sample.write_set(tmp_path, task)
        texts = recordings.texts(map(json.loads, (tmp_path / "de-en.set.jsonl").read_text("utf-8").splitlines()))
        recordings.record(requests, tmp_path / "answers.jsonl", answers, "Some model", "2026-11-22", texts)
    assert "<similar>" not in users[0] and users[1].count("<similar>") == 1
    assert "German (de): Tabelle = English (en): table\n" in users[3]
    assert "German (de): Tabelle = English (en): table = French (fr): tableau\n" in users[4]
    kept = json.dumps(recordings.read(answers))
    assert "Die Tabelle ist leer" not in kept and "The table is empty 2." in kept
    table = recorded_tables.prompts(adaptive.outcome(task, tmp_path))
    assert "| zero-shot | 0.500" in table and "2 segments with 2 terms" in table and "no recorded answer" not in table
    kept_answers, kept_drafts = seed.paths(tmp_path, "de-en")
    texts = {"deen.de#1": "The table is empty.", "deen.de#2": "It works."}
    drafts.write(kept_drafts, {name: texts for name in ("generic", "tuned", "annotated", "repaired")})
    recordings.write(kept_answers, [])
    kept = back_translation.Filtered(-0.8, 100, 34, {}, {"good": 13, "small errors": 10})
    rows = recorded_tables.rows([seed.outcome(task, tmp_path)], adaptive.outcome(task, tmp_path),
                                back_translation.Outcome([kept, kept], 0, []))  # fmt: skip
    assert "4 pairs for 2 terms of 1 language pairs" in rows and "34 of 100 sentences kept, 23 of them usable" in rows
    assert "taught terms used 0.500 → 0.500" in rows and rows.count("\n| ") == 9


def test_a_table_tells_what_is_kept_of_back_translations_and_how_it_reads():
    kept = back_translation.Filtered(-0.8, 100, 34, {"doubtful translation": 61, "echo": 5}, {"good": 20, "": 14})
    off = back_translation.Filtered(-99.0, 100, 95, {}, {})
    table = recorded_tables.back_translations(back_translation.Outcome([kept, off], 2, []))
    assert "| -0.8 | 100 | 34 | doubtful translation 61, echo 5 | 20 | 0 | 0 | 14 |" in table
    assert "| off | 100 | 95 | – |" in table and "2 prompts of this code have no recorded answer" in table
