"""Recorded answers of a language model through the chain and the guard, and the ratio of speeds."""

from dataclasses import replace
from pathlib import Path

import pytest

from eval.harness import damage, llm_edits, repair_speed
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.io import json_lines
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher
from tests.support.bilingual import spanish

GLOSSARY = Glossary.of([Term(("template",), ("modelo",)), Term(("frobnicator",), ("frobnizador",))], "en", "es")
TEXTS = [("Open the template.", "Abra la plantilla."), ("Open the file of the frobnicator.", "Abra el archivo."),
         ("Open the file.", "Abra el archivo.")]  # fmt: skip
ANSWERS = {"x#0": "Abra ya el modelo.", "x#1": "Abra el archivo del frobnizador."}


@pytest.fixture(scope="module")
def answered():
    segments = [Segment(f"x#{i}", source, draft=draft, reference=draft) for i, (source, draft) in enumerate(TEXTS)]
    checked = [replace(each, errors=checker.check(each, "es")) for each in Matcher(GLOSSARY).find(segments)]
    return llm_edits.Answered.of(checked, ANSWERS, "es", spanish(), "en")


def test_drafts_behind_the_last_answer_are_left_out_and_confidence_is_of_the_whole_repair(answered):
    assert [each.id for each in answered.segments] == ["x#0", "x#1"] == [each.id for each in answered.wrong()]
    sure, unsure = (answered.confidence(each) for each in answered.wrong())
    assert sure > 0.72 and unsure == 0.0


def test_the_llm_comes_first_where_it_is_asked_and_certain_replacements_do_the_rest(answered):
    assert [each.target for each in answered.repaired([])] == ["Abra el modelo.", "Abra el archivo."]
    assert [each.target for each in answered.repaired(["x#1"])] == ["Abra el modelo.", ANSWERS["x#1"]]
    assert answered.repaired(["x#0"])[0].target == "Abra ya el modelo."


def test_the_table_of_calls_begins_without_and_ends_with_all(answered):
    table = llm_edits.calls_table(answered)
    assert "2 drafts, 2 with errors, 1 without a certain repair." in table
    assert "| 0% | 0 | 0.500" in table and "| 100% | 1000 | 1.000" in table


def test_refusals_are_counted_by_reason_and_damage(answered):
    table = llm_edits.refusals_table(answered, {"x#1"})
    assert table.startswith("Right answers, the guard now: 1, refused: 0 (0.0%)")
    assert "| the answer twice | 0 of 1 |" in table and "| the source as it is | 0 of 1 |" in table


def test_another_guard_is_compared_on_the_same_texts(answered):
    table = llm_edits.refusals_table(answered, set(), lambda texts: ["term-missing"] * len(texts))
    assert "Right answers, the guard the first version's: 2, refused: 2 (100.0%) term-missing: 2\n- x#0: " in table
    assert "| the answer twice | 0 of 2 | 0 of 2 |" in table
    assert "| a tag left out |" not in table  # no text has one


def test_the_guard_of_this_checkout_in_a_process_of_its_own(tmp_path):
    rows = [{"id": "x#0", "source": "Open the file.", "draft": "Öffnen Sie die Tabelle.",
             "terms": [{"source": "file", "target": "Datei"}]}]  # fmt: skip
    json_lines.write(tmp_path / "drafts.jsonl", rows)
    judge = llm_edits.checkout_judge(Path(llm_edits.__file__).parents[2], tmp_path / "drafts.jsonl", "en", "de")
    assert judge([("x#0", "Öffnen Sie die Datei."), ("x#0", "Öffnen Sie die Tabelle.")]) == ["accepted", "no-change"]
    with pytest.raises(InputError, match="its guard could not be asked: "):
        judge([("x#9", "Datei")])


@pytest.mark.parametrize("name, expected", [
    ("a number left out", "Öffnen Sie nicht <g1>Datei</g1>, bevor sie da ist."),
    ("another number", "Öffnen Sie nicht <g1>Datei</g1> 4, bevor sie da ist."),
    ("the negation left out", "Öffnen Sie <g1>Datei</g1> 3, bevor sie da ist."),
    ("the last clause left out", "Öffnen Sie nicht <g1>Datei</g1> 3."),
    ("a tag left out", "Öffnen Sie nicht Datei</g1> 3, bevor sie da ist."),
])
def test_damage_takes_out_what_it_says(name, expected):
    answer = "Öffnen Sie nicht <g1>Datei</g1> 3, bevor sie da ist."
    segment = Segment("x#0", "x", draft=answer)
    assert damage.texts(name, {"x#0": segment}, {"x#0": answer}) == {"x#0": expected}
    assert damage.texts(name, {"x#0": segment}, {"x#0": "Ja"}) == {}


def test_the_ratio_of_speeds_is_said():
    assert repair_speed.sentence(100, 2.0, 2.5) == (
        "100 source words: 50 a second without repair, 40 with it; ratio 0.80 (processor time)")


@pytest.mark.slow
def test_the_repair_of_two_checkouts_is_compared(tmp_path):
    rows = [{"id": "x#0", "source": "Open the file.", "draft": "Öffnen Sie die Tabelle.",
             "terms": [{"source": "file", "target": "Datei"}]}]  # fmt: skip
    json_lines.write(tmp_path / "drafts.jsonl", rows)
    here = Path(llm_edits.__file__).parents[2]
    text = repair_speed.against(here, [tmp_path / "drafts.jsonl"], "en", "de", 1)
    assert text.startswith("3 source words of drafts repaired: ") and "by the earlier version" in text
    with pytest.raises(InputError, match="its repair failed: "):
        repair_speed.repair_seconds(tmp_path, [tmp_path / "drafts.jsonl"], "en", "de")
