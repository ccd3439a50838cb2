"""Judged edits: found again by what changed, counted by label."""

import json

import pytest

from mtpipe.document.segment import Edit, Segment
from mtpipe.errors import InputError
from mtpipe.evaluation import judged_edits


def edited(name, draft, edit, confidence=0.9):
    return Segment(name, "x", draft=draft, postedit=edit, edits=(Edit("s", draft, edit, "accepted", (), confidence),))


def test_changes_are_places_of_the_draft_and_their_new_words():
    assert judged_edits.changes("Der alte Raum ist da.", "Das alte Space ist da.") == ((0, 3, "Das"), (9, 13, "Space"))
    assert judged_edits.changes("Ein Raum", "Ein Raum hier") == ((8, 8, "hier"),)


def test_edits_count_only_where_they_are_made_word_for_word(tmp_path):
    path = tmp_path / "judged.jsonl"
    rows = [{"id": "a#1", "changes": [[4, 8, "Space"]], "label": "A"}, {"id": "a#1", "changes": [[4, 8, "Space"]],
            "label": "G"}, {"id": "a#3", "changes": [[0, 3, "Das"]], "label": "N"}]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    segments = [edited("a#1", "Ein Raum", "Ein Space"), edited("a#3", "Der Raum", "Das Raum", 0.76),
                edited("a#5", "Ein Raum", "Ein Space"), Segment("a#7", "x", draft="y")]  # fmt: skip
    found = judged_edits.shares(judged_edits.read(path), judged_edits.of_segments(segments))
    assert found["labels"] == {"G": 1, "N": 1} and found["unread"] == 1
    said = judged_edits.sentence(found)
    assert "good 50.0%, worse than the draft 50.0%; not read: 1" in said and "0.7: 0 of 1, 0.9: 1 of 1" in said


def test_nothing_judged_is_said():
    edits = judged_edits.of_segments([edited("a#1", "x", "y")])
    assert judged_edits.sentence(judged_edits.shares({}, edits)).endswith("not read: 1")


def test_edits_of_a_file_are_rows_with_another_target_than_the_draft(tmp_path):
    path = tmp_path / "edited.jsonl"
    rows = [{"id": "a", "draft": "x", "target": "y"}, {"id": "b", "draft": "x", "target": "x"}, {"id": "c"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert judged_edits.of_file(path) == [judged_edits.EditedText("a", "x", "y")]


def test_a_row_that_is_no_judgement_is_an_error_with_its_line(tmp_path):
    path = tmp_path / "judged.jsonl"
    path.write_text('{"id": "a", "changes": [], "label": "good"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"judged.jsonl:1: a judged edit needs .* one of G, A, L, N, U"):
        judged_edits.read(path)
