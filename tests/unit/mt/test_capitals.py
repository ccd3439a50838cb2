"""Texts in capitals are translated as if they were not, and come back in capitals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.mt import capitals


def segment(source):
    return Segment("1", source, codes=inline_codes.find(source))


def shreds(text):
    """A tokenizer's count that has pieces for small words, and letters for others; HTML is a piece."""
    words = text.replace("HTML", " ").split()
    return sum(1 if word[1:].islower() else len(word) for word in words) + text.count("HTML")


@pytest.mark.parametrize("source, shown", [
    ("RELEASE NOTES", "Release notes"),
    ("RELEASE NOTES FOR {app}", "Release notes for {app}"),
    ("<b>OPEN</b> IT", "<b>Open</b> it"),
    ("  3. ÖFFNEN", "  3. Öffnen"),
    ("HTML", "HTML"),
    ("Release NOTES", "Release NOTES"),
    ("USB接口", "USB接口"),
    ("X", "X"),
    ("{APP}", "{APP}"),
    ("2 + 2", "2 + 2"),
    ("", ""),
])  # fmt: skip
def test_what_a_model_is_shown(source, shown):
    assert capitals.lowered(segment(source), shreds).source == shown


def test_codes_stay_as_they_are_in_capitals():
    assert capitals.raised(segment("NOTES FOR <b>{app}</b>"), "Hinweise groß für <b>{app}</b>") == (
        "HINWEISE GROSS FÜR <b>{app}</b>")


@given(st.text("aBÉİßŉ {x}<b>/1", max_size=30))
def test_places_in_the_text_stay(source):
    one = segment(source)
    shown = capitals.lowered(one, lambda text: -sum(map(str.islower, text)))
    assert len(shown.source) == len(source) and shown.codes == one.codes
    assert inline_codes.literals(shown.source, shown.codes) == inline_codes.literals(source, one.codes)
    assert shown is one or shown.source.upper() == source.upper()
