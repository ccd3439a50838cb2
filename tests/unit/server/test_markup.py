from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.server.markup import html, plain, xml


def with_targets(text, change):
    return text.write([replace(segment, draft=change(segment.source)) for segment in text.segments])


@pytest.mark.parametrize("text", ["", " ", "\n", "One.", " One. \n\n  Two.\r\nThree", "a\u2028b"])
def test_white_space_and_lines_stay(text):
    assert with_targets(plain(text), str) == text
    assert with_targets(plain(text), str.upper) == text.upper()


def test_a_line_is_a_segment():
    assert [segment.source for segment in plain("One.\n\n  Two {name}. \n").segments] == ["One.", "Two {name}."]


@pytest.mark.parametrize(("source", "target", "result"), [
    ('Open <x id="5"></x>.', 'Öffne <x id="5"></x>.', 'Öffne <x id="5"></x>.'),
    ('Open <x id="5"></x>.', "Öffne.", 'Öffne.<x id="5"></x>'),          # what got lost comes at the end
    ("A &amp; B", "A &amp; B", "A &amp; B"),
    ("A and B", "A & B <", "A &amp; B &lt;"),                              # never broken XML
    (" <b>A</b>\n", "<b>B</b>", " <b>B</b>\n"),
])  # fmt: skip
def test_xml_stays_well_formed(source, target, result):
    assert with_targets(xml(source, ["x"]), lambda _: target) == result
    ElementTree.fromstring(f"<root>{result}</root>")


def test_ignored_elements_are_one_code_each():
    text = xml('A <x>not <b>this</b> <x>nor</x> that</x> and <y a="1>2">this</y> <x/>', ["x"])
    segment, = text.segments
    literals = [segment.source[code.start : code.end] for code in segment.codes]
    assert literals == ["<x>not <b>this</b> <x>nor</x> that</x>", '<y a="1>2">', "</y>", "<x/>"] or (
        literals[0] == "<x>not <b>this</b> <x>nor</x> that</x>" and literals[-1] == "<x/>")


def test_html_keeps_everything_but_the_text():
    text = html('<p class="a">Open <b>it</b>.</p>\n<img alt="A cell"> <code>x</code>')
    assert "A cell" in [segment.source for segment in text.segments]
    assert with_targets(text, lambda source: source.replace("Open", "Öffne")).startswith('<p class="a">Öffne <b>it</b>')


@given(st.text(alphabet="ab <>&/x\"'=\n;", max_size=60))
def test_any_text_comes_back(text):
    for read in (plain, lambda value: xml(value, ["x"]), html):
        assert read(text).write([segment for segment in read(text).segments]) == text
