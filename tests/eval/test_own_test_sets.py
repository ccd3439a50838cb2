"""Our own test sets: the subsets, the random-term control, and results that are kept."""

import json
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.harness import own, results
from eval.harness import tables as report
from eval.harness.cli import harness
from eval.harness.figures import row
from eval.harness.systems import Setup
from mtpipe.document.segment import Segment, TermMatch
from mtpipe.glossary.model import Term
from mtpipe.models.registry import BUNDLED

ROOT = Path(__file__).parents[2]
LINES = [  # source, what the translator makes of it, reference
    ("Open the table.", "Öffnen Sie die Tafel.", "Öffnen Sie die Tabelle."),
    ("The folder is <b>empty</b>.", "Der Ordner ist <b>leer</b>.", "Der Ordner ist <b>leer</b>."),
    ("Nothing to see here.", "Hier gibt es nichts.", "Hier gibt es nichts zu sehen."),
]


class Links:
    """As much of a lexicon as the choice of random terms asks for."""

    source_lang, target_lang = "en", "de"
    links = {"nothing": {"nichts": 9.0, "kein": 1.0}, "open": {"öffnen": 5.0}, "empty": {"leer": 3.0},
             "here": {"da": 1.0}, "table": {"tabelle": 4.0}}  # fmt: skip


@pytest.fixture
def given(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps({"id": f"p#{n}", "source": source, "reference": reference}) + "\n"
                            for n, (source, _, reference) in enumerate(LINES, 1)))
    (tmp_path / "en-de.office.csv").write_text("source;target\ntable;Tabelle\nfolder;Ordner\n")
    (tmp_path / "unseen-terms.en-de.txt").write_text("folder\ntoolbar\n")
    return own.TestSet("en", "de", path, tmp_path / "en-de.office.csv", tmp_path / "unseen-terms.en-de.txt")


def setup(tmp_path):
    replies = {source: draft for source, draft, _ in LINES}
    return Setup(tmp_path / "out", {"mt": "fake", "options": {"mt.fake": {"replies": replies}}})


@pytest.fixture
def rows(given, tmp_path, monkeypatch):
    monkeypatch.setattr(own, "_lexicon", lambda test, setup: Links)
    return {(row["subset"], row["system"]): row for row in own.table(given, setup(tmp_path), lambda line: None)}


def test_every_subset_has_every_system(rows):
    subsets = ("all", "unseen terms", "without terms", "random terms")
    assert {(subset, system) for subset in subsets for system in ("plain", "annotated", "repaired")} <= rows.keys()
    assert [rows[subset, "plain"]["segments"] for subset in subsets] == [3, 1, 1, 3]
    assert rows["all", "the references"]["figures"]["tsr_strict"] == 1
    assert "not configured" in rows["all", "repaired + LLM"]["note"]


def test_unseen_terms_count_alone(rows):
    assert rows["all", "plain"]["figures"]["tsr_strict"] == 1 / 2
    assert rows["unseen terms", "plain"]["figures"]["tsr_strict"] == 1  # the folder; the table is another term
    assert "tsr_strict" not in rows["without terms", "plain"]["figures"]


def test_tags_do_not_lift_the_figures(rows):
    """Without its tags the second reference has four words, so that no other 4-gram than the whole is there."""
    assert rows["unseen terms", "plain"]["figures"]["chrf"] == pytest.approx(100)
    assert rows["all", "plain"]["figures"]["chrf"] < 90


def test_right_segments_are_compared_with_the_plain_ones(rows):
    assert rows["all", "repaired"]["figures"]["right_changed"] == 0  # that of the folder is right, and stays
    assert "right_changed" not in rows["all", "plain"]["figures"]


def test_random_terms_are_words_of_the_reference_that_no_glossary_has():
    table = Term(("table",), ("Tabelle",))
    first = Segment("p#1", LINES[0][0], matches=(TermMatch(table, 9, 14),), reference=LINES[0][2])
    assert own.random_terms(first, Links) == (Term(("Open",), ("Öffnen",)),)  # a form as it stands there
    third = Segment("p#3", LINES[2][0], reference=LINES[2][2])
    assert own.random_terms(third, Links) == (Term(("Nothing",), ("nichts",)),)
    assert own.random_terms(third, None) == ()


def test_a_set_without_references_is_refused(given):
    given.path.write_text('{"id": "x", "source": "one"}\n')
    with pytest.raises(own.InputError, match="segments without a reference: 1, such as x"):
        given.segments()


def test_results_are_replaced_and_say_what_has_changed(given, tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_text("1")
    made = results.made_with({"en-de": model}, [given.path])
    assert "eval/harness/own.py" in made["code"] and "mtpipe/terminology/checker.py" in made["code"]
    assert "mtpipe/cli/main.py" not in made["code"]
    found = [row({"pair": "en-de", "subset": "all"}, "plain", "ours", {"bleu": 12.345678})]
    path = results.write(tmp_path / "results", made, found, 3.2)
    assert path.stem == results.signature(made) and results.load(path)["rows"][0]["figures"] == {"bleu": 12.3457}
    assert results.changed(made, {"en-de": model}) == []
    (model / "weights").write_text("2")
    given.path.write_text("")
    changed = results.changed({**made, "code": {"gone.py": "0"}}, {"en-de": model})
    assert changed == ["gone.py", "en-de", given.path.as_posix()]
    text = results.warning(path, changed)
    assert text.endswith(f"before gone.py, en-de, {given.path} changed; `make eval` makes it anew")
    second = results.write(tmp_path / "results", results.made_with({"en-de": model}, [given.path]), found, 3.2)
    assert results.find(tmp_path / "results") == [second] != [path]


def test_other_json_files_are_no_results(tmp_path):
    (tmp_path / "bench.json").write_text('{"rows": []}')
    (tmp_path / "list.json").write_text("[]")
    assert results.find(tmp_path) == []


def test_a_figure_that_changed_is_shown_with_its_difference():
    def one(value):
        at = {"pair": "en-de", "subset": "all", "segments": 3}
        return [row(at, "plain", "ours", {"bleu": value, "tsr_strict": 1})]

    text = report.subsets(one(30.0), {"bleu": "BLEU", "tsr_strict": "tsr_strict"}, one(31.5))
    assert "| all | plain | 3 | 30.00 (−1.50) | 1.000 |" in text


def run(*arguments):
    return CliRunner().invoke(harness, [*map(str, arguments)])


def test_own_keeps_results_and_says_what_there_is_no_model_for(given, tmp_path):
    glossary = given.glossary.rename(tmp_path / "en-fr.office.csv")
    asked = ("own", f"en-fr={given.path}", "-o", tmp_path / "out", "--glossaries", tmp_path, "--lists", tmp_path,
             "--results", tmp_path / "results", "--table", tmp_path / "t.md")  # fmt: skip
    result = run(*asked)
    assert result.exit_code == 0, result.output
    assert "no bundled model translates en into fr" in (tmp_path / "t.md").read_text()
    path, = results.find(tmp_path / "results", [str(glossary), str(given.path)])
    assert {row["system"] for row in results.load(path)["rows"]} >= {"plain", "repaired", "the references"}
    assert run(*asked).exit_code == 0 and results.find(tmp_path / "results") == [path]  # nothing changed


def test_check_warns_of_results_made_before_something_changed(tmp_path):
    made = {"code": {"terms.py": "0"}, "models": {}, "files": {}}
    results.write(tmp_path, made, [], 1.0)
    result = run("check", tmp_path)
    assert result.exit_code == 0 and f"0 of 1 results in {tmp_path} are up to date" in result.output
    assert f"warning: {tmp_path}/{results.signature(made)}.json: made before terms.py changed" in result.output
    assert run("check", tmp_path, "--strict").exit_code == 1


@pytest.mark.parametrize("asked", ["en-de", "en-de=nowhere.jsonl", "en=set.jsonl"])
def test_sets_that_are_not_there_are_a_usage_error(tmp_path, asked):
    result = run("own", asked, "-o", tmp_path)
    assert result.exit_code == 2 and "give PAIR=SEGMENTS such as en-cs=test.jsonl" in result.output


def test_the_committed_results_are_of_the_quick_set():
    """Other code does not fail: it is for people to see, and `make eval` to mend."""
    pairs = ("en-de", "en-es", "en-cs", "de-en", "zh-en")
    files = ("data/quick/{}.jsonl", "glossaries/{}.office.csv", "eval/unseen-terms.{}.txt")
    found = results.find(ROOT / "eval/results", [name.format(pair) for pair in pairs for name in files])
    assert len(found) == 1
    data = results.load(found[0])
    assert {row["pair"] for row in data["rows"]} == set(pairs)
    models = {name: BUNDLED / name for name in data["made_with"]["models"]}
    if changed := results.changed(data["made_with"], models, ROOT):
        warnings.warn(results.warning(found[0], changed))


def test_the_quick_set_is_small_and_whole():
    paths = sorted((ROOT / "data/quick").glob("*.jsonl"))
    assert len(paths) == 5 and sum(path.stat().st_size for path in paths) < 400_000
    for path in paths:
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert len(found) > 100 and all(row["source"] and row["reference"] for row in found)
