"""What the English source says of a term, by the words beside it."""

import pytest

from mtpipe.morphology import english
from mtpipe.morphology.english import SourceNoun


@pytest.mark.parametrize("before, word, after, expected", [
    ("An example", "setting", "the default background", True), ("", "Listing", "all attributes", True),
    ("You can", "search", "for files", True), ("click to", "link", "the files", True),
    ("folders are", "listed", "before files", True), ("", "Print", "the page", True), (".", "Print", "the page", True),
    ("the", "setting", "the user made", False), ("", "List", "of files", False), ("Move to", "workspace", "2", False),
    ("the", "listing", "has", False), ("", "need", "", False), ("the", "bed", "is", False),
])  # fmt: skip
def test_a_verb_is_known_by_what_stands_beside_it(before, word, after, expected):
    words = [*before.split(), word, *after.split()]
    assert english.is_verb(words, len(before.split())) is expected


@pytest.mark.parametrize("before, word, after, expected", [
    ("for a", "folder", "are different", SourceNoun("s", True)), ("for", "folders", "", SourceNoun("p")),
    ("for display and", "printer", "devices", SourceNoun("")), ("Open the", "folder", ".", SourceNoun("s", True)),
    ("the", "folder", "named in it", SourceNoun("s", True)), ("", "Listing", "all files", SourceNoun("s", False, True)),
])  # fmt: skip
def test_number_is_known_where_the_noun_stands_for_itself(before, word, after, expected):
    words = [*before.split(), word, *after.split()]
    assert english.noun(words, len(before.split()), len(before.split()) + 1) == expected


def test_the_number_of_several_words_is_the_last_ones():
    assert [english.number(text) for text in ("keyboard shortcuts", "access key", "analysis")] == ["p", "s", "s"]
