"""Judged edits: found again by what changed, counted by label."""

import json

from eval.harness import judgements
from mtpipe.document.segment import Edit, Segment


def edited(name, draft, edit, confidence=0.9):
    return Segment(name, "x", draft=draft, postedit=edit, edits=(Edit("s", draft, edit, "accepted", (), confidence),))


def test_changes_are_places_of_the_draft_and_their_new_words():
    assert judgements.changes("Der alte Raum ist da.", "Das alte Space ist da.") == ((0, 3, "Das"), (9, 13, "Space"))
    assert judgements.changes("Ein Raum", "Ein Raum hier") == ((8, 8, "hier"),)


def test_edits_count_only_where_they_are_made_word_for_word(tmp_path):
    path = tmp_path / "judged.jsonl"
    rows = [{"id": "a#1", "changes": [[4, 8, "Space"]], "label": "A"}, {"id": "a#1", "changes": [[4, 8, "Space"]],
            "label": "G"}, {"id": "a#3", "changes": [[0, 3, "Das"]], "label": "N"}]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    segments = [edited("a#1", "Ein Raum", "Ein Space"), edited("a#3", "Der Raum", "Das Raum", 0.76),
                edited("a#5", "Ein Raum", "Ein Space"), Segment("a#7", "x", draft="y")]  # fmt: skip
    found = judgements.shares(judgements.read(path), segments)
    assert found["labels"] == {"G": 1, "N": 1} and found["unread"] == 1
    said = judgements.sentence(found)
    assert "good 50.0%, worse than the draft 50.0%; not read: 1" in said and "0.7: 0 of 1, 0.9: 1 of 1" in said


def test_nothing_judged_is_said():
    assert judgements.sentence(judgements.shares({}, [edited("a#1", "x", "y")])).endswith("not read: 1")
