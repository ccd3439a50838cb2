from dataclasses import replace

import pytest

from mtpipe.document.segment import Segment, TermMatch
from mtpipe.glossary.model import Term
from mtpipe.mt.fake import FakeTranslator
from mtpipe.pipeline.steps import check, translate
from mtpipe.postedit.ladder import postedit

CELL = Term(("cell",), ("Zelle",))
ROW = Term(("row",), ("Zeile",))


class Says:
    """An editor that proposes what it was told, and remembers which segments it was shown."""

    def __init__(self, *candidates):
        self.candidates = list(candidates)
        self.seen = []

    def propose(self, segments):
        self.seen.append([segment.id for segment in segments])
        return [self.candidates for _ in segments]


def segment(draft, source="The cell and the row are empty now.", terms=(CELL, ROW), id="a#1"):
    matches = tuple(TermMatch(t, source.index(t.source), source.index(t.source) + len(t.source)) for t in terms)
    return check([Segment(id, source, matches=matches, draft=draft)], "de")[0]


WRONG = "Das Feld und die Reihe sind jetzt leer."
HALF = "Die Zelle und die Reihe sind jetzt leer."
RIGHT = "Die Zelle und die Zeile sind jetzt leer."


def test_segments_without_errors_are_never_touched():
    good, wrong = segment(RIGHT, id="good"), segment(WRONG, id="wrong")
    editor = Says(RIGHT)
    done = postedit([good, wrong, good], [("first", editor), ("second", editor)], "de")
    assert done[0] is good and done[2] is good
    assert editor.seen == [["wrong"]]


def test_untranslated_segments_are_not_edited():
    editor = Says(RIGHT)
    empty = segment(None)
    assert postedit([empty], [("first", editor)], "de") == [empty] and editor.seen == []


def test_the_first_candidate_that_leaves_no_error_wins():
    done = postedit([segment(WRONG)], [("e", Says("Unsinn", HALF, RIGHT, "Nie gesehen"))], "de")[0]
    assert (done.draft, done.postedit, done.errors) == (WRONG, RIGHT, ())
    assert [(edit.after, edit.reason) for edit in done.edits] == [("Unsinn", done.edits[0].reason), (RIGHT, "accepted")]
    assert done.edits[0].reason != "accepted"


def test_the_next_rung_goes_on_from_a_partial_edit():
    ladder = [("one", Says(HALF)), ("two", Says(RIGHT)), ("three", Says("Unsinn"))]
    done = postedit([segment(WRONG)], ladder, "de")[0]
    edits = [(edit.editor, edit.before, edit.after) for edit in done.edits]
    assert edits == [("one", WRONG, HALF), ("two", HALF, RIGHT)]
    assert ladder[2][1].seen == []


def test_what_remains_is_kept_as_an_error():
    done = postedit([segment(WRONG)], [("one", Says(HALF)), ("two", Says())], "de")[0]
    assert done.postedit == HALF and [error.term for error in done.errors] == [ROW]


def test_without_an_accepted_candidate_the_draft_stays():
    done = postedit([segment(WRONG)], [("e", Says("Unsinn", WRONG))], "de")[0]
    assert done.postedit is None and done.target == WRONG and len(done.errors) == 2
    assert [edit.is_accepted for edit in done.edits] == [False, False]


class Prefers(FakeTranslator):
    """Scores one text high and all others low."""

    def __init__(self, favourite):
        super().__init__()
        self.favourite = favourite
        self.scored = []

    def score(self, pairs):
        self.scored += [target for _, target in pairs]
        return [0.0 if target == self.favourite else -9.0 for _, target in pairs]


OTHER = "Die Zelle und die Zeile sind nun leer."
OWN = replace(segment(WRONG), score=-1.0)


def test_the_model_has_no_say_in_terms_of_drafts_it_did_not_make():
    model = Prefers(WRONG)
    done = postedit([segment(WRONG), OWN], [("e", Says(RIGHT))], "de", model)
    assert [one.postedit for one in done] == [RIGHT, None] and model.scored == [RIGHT, WRONG]


@pytest.mark.parametrize("favourite, winner", [(WRONG, None), (OTHER, RIGHT)])
def test_the_model_score_is_a_rule_of_the_guard(favourite, winner):
    done = postedit([OWN], [("e", Says(RIGHT))], "de", Prefers(favourite))[0]
    assert done.postedit == winner
    assert done.edits[-1].reason == ("accepted" if winner else "score")


def test_the_model_scores_only_what_the_other_rules_let_through():
    model = Prefers("nothing")
    postedit([OWN], [("e", Says("Unsinn", RIGHT, OTHER))], "de", model)
    assert model.scored == [RIGHT, WRONG]


def test_a_candidate_that_is_good_enough_against_any_draft_needs_no_score_of_it():
    model = Prefers(RIGHT)
    done = postedit([OWN], [("e", Says(RIGHT))], "de", model)[0]
    assert done.postedit == RIGHT and model.scored == [RIGHT]


def test_no_pair_is_scored_twice():
    model = Prefers("nothing")
    postedit([OWN], [("one", Says(RIGHT)), ("two", Says(RIGHT))], "de", model)
    assert model.scored == [RIGHT, WRONG]


def test_time_of_every_editor_is_taken():
    seconds = {"one": 1.0}
    postedit([segment(WRONG)], [("one", Says(HALF)), ("two", Says())], "de", None, seconds)
    assert seconds["one"] > 1.0 and seconds["two"] > 0.0


def test_translate_leaves_drafts_alone_and_says_what_it_could_not_do():
    translator = FakeTranslator({"Empty.": ""})
    given = replace(segment(WRONG), source="Given.")
    done = translate([given, Segment("a#2", "New."), Segment("a#3", "Empty."), Segment("a#4", "")], translator)
    assert [one.draft for one in done] == [WRONG, "NEW.", None, ""] and done[0] is given
    assert translator.calls == [["New.", "Empty.", ""]]
