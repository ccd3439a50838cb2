"""Symbols around a text are not the model's business."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment, TermMatch
from mtpipe.glossary.model import Term
from mtpipe.mt import decoding, outer_symbols
from mtpipe.mt.decoding import Hypothesis


def segment(source, *matches):
    return Segment("1", source, tuple(matches), codes=inline_codes.find(source))


@pytest.mark.parametrize("source, parts", [
    ("🔎︎ Search", ("🔎︎ ", "Search", "")),
    ("Index  🔎︎ ", ("", "Index", "  🔎︎ ")),
    ("⚠ ⚠ Take care ☂☂", ("⚠ ⚠ ", "Take care", " ☂☂")),
    ("👩🏽‍💻 At work", ("👩🏽‍💻 ", "At work", "")),
    ("<b>🔎</b> Search <i>☂</i>", ("<b>🔎</b> ", "Search", " <i>☂</i>")),
    ("<b>🔎 Search</b> it", ("", "<b>🔎 Search</b> it", "")),
    ("🔎 <b>Search</b>", ("🔎 ", "<b>Search</b>", "")),
    ("{name} 🔎 is there", ("", "{name} 🔎 is there", "")),
    ("Pieces begin with ▁", ("", "Pieces begin with", " ▁")),
    ("Press 🔎 to search", ("", "Press 🔎 to search", "")),
    ("20 °C", ("", "20 °C", "")),
    ("  plain ", ("", "  plain ", "")),
    ("🔎 ☂", ("", "🔎 ☂", "")),
    ("", ("", "", "")),
])  # fmt: skip
def test_what_is_cut(source, parts):
    before, inner, after = outer_symbols.cut(segment(source))
    assert (before, inner.source, after) == parts
    assert inner.codes == inline_codes.find(inner.source)


def test_terms_move_with_the_text_and_keep_their_symbols():
    row, star = Term(("row",), ("Zeile",)), Term(("★ plan",), ("★-Tarif",))
    _, inner, _ = outer_symbols.cut(segment("☂ the row", TermMatch(row, 6, 9)))
    assert inner.source[inner.matches[0].start : inner.matches[0].end] == "row"
    before, inner, _ = outer_symbols.cut(segment("☂ ★ plan", TermMatch(star, 2, 8)))
    assert (before, inner.source) == ("☂ ", "★ plan")


@given(st.text("a 🔎☂︎🏽{}<b>/", max_size=30))
def test_nothing_is_lost(source):
    before, inner, after = outer_symbols.cut(segment(source))
    assert before + inner.source + after == source
    assert all(not char.isalnum() for char in before.replace("<b>", "").replace("</b>", ""))


class Echo:
    """A model that says what it was shown, in capitals, and nothing to "b"."""

    def __init__(self):
        self.texts = []

    def hypotheses(self, lines, sizes, looks=()):
        self.texts += [line.text for line in lines]
        return [[Hypothesis(line.text.upper() if line.text != "b" else None, -1.0)] for line in lines]

    def align(self, pairs):
        return [np.zeros((1, 1), np.float32) for _ in pairs]


def test_a_model_does_not_see_them_and_drafts_have_them():
    model = Echo()
    drafts = decoding.make([segment(text) for text in ("🔎 Index ☂", "🔎", "☂ b")], [1, 1, 1], model, None)
    assert [options[0].text for options in drafts] == ["🔎 INDEX ☂", "🔎", ""]
    assert set(model.texts) == {"Index", "b"}
