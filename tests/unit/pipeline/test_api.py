import doctest
import os
import re
from pathlib import Path

import pytest

import mtpipe
from mtpipe.errors import InputError, ModelError, MtpipeError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.pipeline import api

ROOT = Path(__file__).parents[3]
CELL = Glossary.of([Term(("cell",), ("ZELLE",))], "en", "de")


class Zelle:
    """A repair method that knows one word."""

    def __init__(self, tools):
        pass

    def propose(self, segments):
        return [[segment.target.replace("CELL", "ZELLE")] for segment in segments]


@pytest.fixture
def pipe():
    return mtpipe.Pipeline.load("en", "de", glossary=CELL, mt="fake", editors=("test_api:Zelle",))


def test_the_examples_in_the_docstrings_are_true():
    outcome = doctest.testmod(api, optionflags=doctest.ELLIPSIS)
    assert outcome.attempted > 8 and not outcome.failed


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", (ROOT / "docs/python-api.md").read_text(), re.S))
def test_the_examples_of_the_documentation_run(block, monkeypatch):
    monkeypatch.chdir(ROOT)
    names = {}
    exec(compile(block, "docs/python-api.md", "exec"), names)
    assert names.keys() - {"__builtins__"}  # it is code, and came to its end


def test_texts_in_segments_out(pipe):
    first, second, third = pipe.translate(["Open the cell. Save {name}.", "Done.", "Open the cell. Save {name}."])
    assert first.target == "OPEN THE ZELLE. SAVE {name}." and first.target == third.target
    assert (first.id, second.id, second.target) == ("1", "2", "DONE.")
    assert [match.term.source for match in first.matches] == ["cell"] and first.errors == ()
    assert [(edit.editor, edit.reason, [error.kind for error in edit.errors]) for edit in first.edits] == [
        ("test_api:Zelle", "accepted", ["missing"])
    ]  # fmt: skip
    assert pipe.translate([]) == [] and pipe.translate([""])[0].target in ("", None)


def test_another_glossary_without_loading_again(pipe):
    row = Glossary.of([Term(("row",), ("ROW",))], "en", "de", "rows")
    other = pipe.with_glossary(row)
    first, second = other.translate(["A cell.", "A row."])
    assert (first.target, first.matches) == ("A CELL.", ()) and second.matches and not second.errors
    assert pipe.translate(["A cell."])[0].target == "A ZELLE."
    with pytest.raises(MtpipeError, match="the glossary is de-en, the pipeline en-de"):
        pipe.with_glossary(Glossary.of([], "de", "en"))


def test_what_could_not_be_repaired_is_an_error():
    pipe = mtpipe.Pipeline.load("en", "de", glossary=CELL, mt="fake", editors=())
    segment, = pipe.translate(["A cell."])
    assert [(error.kind, error.term.source) for error in segment.errors] == [("missing", "cell")]


def test_segments_keep_their_drafts_and_terms(pipe):
    own = mtpipe.Segment("x", "A row.", draft="EINE ZEILE.", terms=(Term(("row",), ("Zeile",)),))
    segment, = pipe.translate([own])
    assert segment.target == "EINE ZEILE." and segment.id == "x" and not segment.errors
    repaired, = pipe.post_edit([mtpipe.Segment("y", "A cell.", draft="A CELL.")])
    assert repaired.target == "A ZELLE." and repaired.draft == "A CELL."


def test_a_folder_with_what_was_loaded_before(pipe, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Open the cell.\n")
    events = []
    report = pipe.translate_folder(tmp_path / "in", str(tmp_path / "out"), on_progress=events.append)
    assert (tmp_path / "out" / "a.txt").read_text() == "OPEN THE ZELLE.\n" and events[-1].share == 1
    assert isinstance(report, mtpipe.JobReport) and report.terms.met == report.terms.required == 1
    assert report.job.source == str(tmp_path / "in") and (tmp_path / "out/.mtpipe/report.html").is_file()
    assert pipe.translate_folder(tmp_path / "in", tmp_path / "out").totals.reused == 1


def test_a_command_of_the_same_settings_goes_on_from_there(tmp_path):
    (tmp_path / "a.txt").write_text("Open the cell.\n")
    pipe = mtpipe.Pipeline.load("en", "de", mt="fake", editors=())
    pipe.translate_folder(tmp_path / "a.txt", tmp_path / "b.txt")
    job = mtpipe.Job(tmp_path / "a.txt", tmp_path / "b.txt", "en", "de", mt="fake", editors=())
    assert mtpipe.run(job).totals.reused == 1


def test_the_model_is_loaded_once(model_folder, monkeypatch):
    pipe = mtpipe.Pipeline.load("en", "de", model=model_folder, editors=())
    monkeypatch.setattr("ctranslate2.Translator", None)
    assert [segment.target for segment in pipe.translate(["open the cell"])] == ["öffne die Zelle"]
    assert [segment.target for segment in pipe.translate(["open the menu"])] == ["öffne die Menü"]


def test_nothing_is_left_behind(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pipe = mtpipe.Pipeline.load("en", "de", mt="fake")
    assert os.listdir(tmp_path)
    del pipe
    assert os.listdir(tmp_path) == []
    with pytest.raises(MtpipeError):
        mtpipe.Pipeline.load("en", "de", mt="nonsense")
    assert os.listdir(tmp_path) == []


def test_patterns_of_ones_own_are_kept_and_checked():
    pipe = mtpipe.Pipeline.load("en", "de", mt="fake", protect="Ab-[a-z]")
    assert pipe.translate(["Order Ab-x."])[0].target == "ORDER Ab-x."
    wrong, = mtpipe.check([mtpipe.Segment("1", "Order Ab-x.", draft="Bestelle Ab-y.")], CELL, protect=["Ab-[a-z]"])
    assert [(error.kind, error.expected) for error in wrong.errors] == [("changed", ("Ab-x",))]
    with pytest.raises(MtpipeError, match="is not a valid regular expression"):
        mtpipe.check([], CELL, protect=["("])


def test_scores():
    segments = [mtpipe.Segment("1", "A cell.", draft="Eine ZELLE.", reference="Eine ZELLE.")]
    chrf, terms = mtpipe.evaluate(segments, ["chrf", "tsr_strict"], glossary=CELL)
    assert chrf.value == pytest.approx(100) and terms.value == 1
    with pytest.raises(InputError, match="nothing to evaluate"):
        mtpipe.evaluate([mtpipe.Segment("1", "A cell.")])


WRONG = [
    (lambda: mtpipe.Pipeline.load("en", "de", mt="fake", nonsense=1),
     "no such setting: 'nonsense'; available: .*editors"),
    (lambda: mtpipe.Pipeline.load("english language", "de", mt="fake"), "'english language'"),
    (lambda: mtpipe.Pipeline.load(3, "de", mt="fake"), "Invalid job settings:\\n.*source_lang"),
    (lambda: mtpipe.Pipeline.load("en", "de", mt="fake", glossary=3), "Invalid job settings:\\n.*glossary"),
    (lambda: mtpipe.Pipeline.load("en", "de", mt="fake", glossary="none.csv"), "none.csv"),
    (lambda: mtpipe.Pipeline.load("de", "en", mt="fake", glossary=CELL), "the glossary is en-de, the pipeline de-en"),
    (lambda: mtpipe.Pipeline.load("en", "de", mt="fake", tm=3), "Invalid job settings:\\n.*tm"),
    (lambda: mtpipe.Pipeline.load("en", "de", mt="fake", options=3), "Invalid job settings:\\n.*options"),
    (lambda: mtpipe.check("text", CELL), "texts is str; give a list of strings or Segments"),
    (lambda: mtpipe.check(3, CELL), "texts is int; give a list"),
    (lambda: mtpipe.check([3], CELL), "text 1 is int; give a string or a Segment"),
    (lambda: mtpipe.check([], "terms.csv"), "glossary is 'terms.csv'; give a Glossary, such as mtpipe.load_glossary"),
    (lambda: mtpipe.post_edit([mtpipe.Segment("7", "A cell.")], CELL, mt="fake"), "7: no draft to post-edit"),
    (lambda: mtpipe.evaluate([], "bleu"), "metrics is 'bleu'; give a list of names"),
    (lambda: mtpipe.evaluate([mtpipe.Segment("1", "a", draft="b")], ["nonsense"]), "nonsense"),
    (lambda: mtpipe.load_glossary(3, "en", "de"), "path is 3; give the path of a glossary file"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(MtpipeError, match=message):
        call()


def test_a_pair_without_a_model_says_so():
    with pytest.raises(ModelError, match="no bundled model translates en into xx"):
        mtpipe.Pipeline.load("en", "xx")
