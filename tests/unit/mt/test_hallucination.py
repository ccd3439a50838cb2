from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.config import Job
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError
from mtpipe.evaluation.metrics.reference_free import Hallucinations
from mtpipe.glossary.model import Glossary, Term
from mtpipe.mt import Draft
from mtpipe.mt.fake import FakeTranslator
from mtpipe.mt.hallucination import KINDS, LOW_SCORE, flags
from mtpipe.pipeline import jobs
from mtpipe.pipeline.steps import fall_back
from mtpipe.terminology.matcher import Matcher

SOURCE = "Open the table and select a cell."


def segment(source, draft, score=-0.5, **more):
    return Segment("a#1", source, draft=draft, score=score, codes=inline_codes.find(source), **more)


@pytest.mark.parametrize(("source", "target", "lang", "kinds"), [
    (SOURCE, "Öffnen Sie die Tabelle und wählen Sie eine Zelle.", "de", []),
    (SOURCE, "", "de", []),
    (SOURCE, None, "de", []),
    (SOURCE, "die die die Tabelle und Zelle", "de", ["repetition"]),
    (SOURCE, "in der Tabelle oder in der Tabelle oder in der Tabelle oder", "de", ["repetition"]),
    ("no no no", "nein nein nein", "de", []),  # as the source has it
    ("单击此处打开表格，再选择单元格。", "Click here to open the table, then select a cell.", "en", []),
    (SOURCE, "打开表格打开表格打开表格打开表格", "zh", ["repetition"]),
    ("OK", "Das ist ganz und gar nicht, was im Original gesagt wird", "de", ["length"]),
    (SOURCE * 3, "Tabelle öffnen", "de", ["length"]),
    (SOURCE, "Abra la tabla y seleccione una celda de la lista.", "de", ["off-target"]),
    (SOURCE, "Откройте таблицу и выберите ячейку", "de", ["off-target"]),
    (SOURCE, "Open the table and select a cell!", "de", ["off-target", "copied"]),
    ("New Visual Basic Macro Editor", "New Visual Basic Makro Editor", "de", ["copied"]),
    ("Wait 1,000 ms on port 8080.", "Warten Sie 1.000 ms am Port 8080.", "de", []),
    ("Wait 1,000 ms on port 8080.", "Warten Sie 1.000 ms am Port 8081.", "de", ["numbers"]),
    ("Tomáš opens the table.", "Tom\ufffd\ufffd öffnet die Tabelle.", "de", ["unreadable"]),
    ("The 3 files", "Die drei Dateien", "de", []),
    ("Use {page12} here", "Hier {page12} verwenden", "de", []),  # a code's number is the code's affair
    (SOURCE, "dan yang", "xx", ["length"]),  # nothing known of the language
])  # fmt: skip
def test_signs(source, target, lang, kinds):
    assert list(flags(segment(source, target), "zh" if lang == "en" else "en", lang)) == kinds


def test_terms_that_stay_as_they_are_are_no_copies():
    source, target = "New Visual Basic Editor", "Neuer Visual Basic Editor"
    stays = Glossary.of([Term(("Visual Basic Editor",), ("Visual Basic Editor",), "do-not-translate")], "en", "de")
    assert flags(segment("Visual Basic Editor New", "Visual Basic Editor New"), "en", "de") == ("copied",)
    assert not flags(Matcher(stays).find([segment(source, target)])[0], "en", "de")


def test_a_low_score_is_the_drafts():
    low = segment(SOURCE, "Tabelle öffnen, Zelle wählen", score=LOW_SCORE - 0.1)
    assert flags(low, "en", "de") == ("low-score",)
    assert not flags(replace(low, score=LOW_SCORE), "en", "de")
    assert not flags(replace(low, postedit="Die Tabelle öffnen, Zelle wählen"), "en", "de")


@given(st.text(), st.text(), st.sampled_from(["de", "zh", "xx"]))
def test_any_pair_gets_an_answer(source, target, lang):
    assert set(flags(Segment("a#1", source, draft=target), "en", lang)) <= set(KINDS)


def test_the_metric_counts_segments_and_kinds():
    targets = "Öffnen Sie die Tabelle", "die die die Tabelle", "Open the table and select a cell!", None
    segments = [segment(SOURCE, target) for target in targets]
    score = Hallucinations("en", "de").score(segments)
    assert score.value == 0.5 and score.note == "repetition 1, off-target 1, copied 1"
    assert score.signature.startswith("segments:4|langs:en-de|mtpipe:")


class Second(FakeTranslator):
    def __init__(self, text):
        super().__init__()
        self._text = text

    def translate(self, segments):
        self.calls.append([s.source for s in segments])
        return [Draft(self._text, -0.3) for _ in segments]


LOOP, GOOD = "die die die Tabelle", "Öffnen Sie die Tabelle und wählen Sie eine Zelle."
SAID = "Possible hallucination: repetition"


@pytest.mark.parametrize(("text", "draft", "note"), [
    (GOOD, GOOD, f"{SAID}; replaced by the fallback model's draft"),
    ("Zelle Zelle Zelle und Tabelle", LOOP, f"{SAID}; the fallback model's draft, too"),
    ("", LOOP, SAID),
])  # fmt: skip
def test_flagged_drafts_go_to_the_fallback(text, draft, note):
    second = Second(text)
    good, bad = fall_back([segment(SOURCE, GOOD), segment(SOURCE, LOOP)], "en", "de", second)
    assert good == segment(SOURCE, GOOD)
    assert (bad.draft, bad.notes) == (draft, (note,)) and second.calls == [[SOURCE]]
    assert bad.score == (-0.3 if draft == GOOD else -0.5)


@pytest.mark.parametrize("kept", [{"score": None}, {"origin": "tm-exact"}])
def test_what_no_model_made_here_is_left_alone(kept):
    second = Second(GOOD)
    own = replace(segment(SOURCE, LOOP), **kept)
    assert fall_back([own], "en", "de", second) == [own] and not second.calls


def test_without_a_fallback_there_is_a_note():
    done, = fall_back([segment(SOURCE, LOOP)], "en", "de")
    assert (done.draft, done.notes) == (LOOP, (SAID,))


class Looping(FakeTranslator):
    """Goes round in circles over one sentence."""

    def translate(self, segments):
        loops = {"close the menu": "schließe die die die"}
        return [Draft(loops.get(s.source, "öffne die Tabelle"), -0.2) for s in segments]


@pytest.mark.parametrize("has_fallback", [True, False])
def test_a_job_with_a_fallback_model(tmp_path, model_folder, has_fallback):
    (tmp_path / "in.txt").write_text("open the table\n\nclose the menu\n")
    job = Job(tmp_path / "in.txt", tmp_path / "out.txt", "en", "de", mt="test_hallucination:Looping", editors=(),
              fallback_model=model_folder if has_fallback else None)  # fmt: skip
    report = jobs.run(job)
    after = "schließe die Menü" if has_fallback else "schließe die die die"
    assert (tmp_path / "out.txt").read_text() == f"öffne die Tabelle\n\n{after}\n"
    said = f"{SAID}; replaced by the fallback model's draft" if has_fallback else SAID
    assert [entry.note for entry in report.notes] == [said]
    assert bool(report.job.fallback) == has_fallback
    again = jobs.run(job)
    assert again.totals.reused == 2 and again.notes == report.notes


def test_a_fallback_model_must_be_there(tmp_path):
    (tmp_path / "in.txt").write_text("open")
    with pytest.raises(ConfigError, match="fallback_model = '/nowhere': is not a folder"):
        Job(tmp_path / "in.txt", tmp_path / "out.txt", "en", "de", fallback_model="/nowhere")
