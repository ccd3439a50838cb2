import pytest

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment, TermMatch
from mtpipe.glossary.model import Term
from mtpipe.mt.term_annotation import Line, coded_line, plain_line

SYMBOLS = ("⟦", "⇒", "⟧")
CELL = Term(("cell",), ("Zelle", "Feld"))
NAME = Term(("Acme",), ("Acme",), status="do-not-translate")
BAN = Term(("cell",), ("Käfig",), status="forbidden")


def segment(source, *terms):
    starts = [source.lower().index(term.source.lower()) for term in terms]
    matches = tuple(TermMatch(term, start, start + len(term.source)) for term, start in zip(terms, starts, strict=True))
    return Segment("a#1", source, matches=matches, codes=inline_codes.find(source))


@pytest.mark.parametrize(
    "source, terms, plain, coded",
    [
        ("The cell.", [CELL], "The ⟦cell⇒Zelle⟧.", "The ⟦cell⇒Zelle⟧."),
        ("The cell.", [BAN], "The cell.", "The cell."),
        ("ACME cells", [NAME], "⟦ACME⇒ACME⟧ cells", "⟦ACME⇒ACME⟧ cells"),
        ("A <b>cell</b> {n}", [CELL], "A ⟦cell⇒Zelle⟧ {n}", "A ⟦1⟧⟦cell⇒Zelle⟧⟦2⟧ ⟦3⟧"),
        ("a ce<b>l</b>l", [Term(("ce<b>l</b>l",), ("Zelle",))], "a ⟦cell⇒Zelle⟧", "a ce⟦1⟧l⟦2⟧l"),
        ("The ⟦cell⇒x⟧.", [], "The [cell→x].", None),
        ("The cell.", [CELL, CELL], "The ⟦cell⇒Zelle⟧.", "The ⟦cell⇒Zelle⟧."),
    ],
)
def test_lines_as_the_model_reads_them(source, terms, plain, coded):
    read = segment(source, *terms)
    if coded is None:  # the symbols are codes to nobody but the model
        read = Segment("a#1", source)
    assert plain_line(read).render(SYMBOLS) == plain
    if coded is not None:
        assert coded_line(read, "⟦{}⟧").render(SYMBOLS) == coded


def test_without_annotation_only_codes_are_replaced():
    read = segment("A <b>cell</b>", CELL)
    assert coded_line(read, "⟦{}⟧").render(None) == "A ⟦1⟧cell⟦2⟧"
    assert plain_line(read).render(None) == "A cell"


def test_bare_line_has_no_codes_at_all():
    assert plain_line(segment("A <b>cell</b> {n}.", CELL), is_bare=True).render(SYMBOLS) == "A ⟦cell⇒Zelle⟧ ."


@pytest.mark.parametrize(
    "text, first",
    [
        ("One two three. Four five six.", "One two three. "),
        ("one two, three four five", "one two, "),
        ("one two three four", "one two "),
        ("一二三四五。六七八九十", "一二三四五。"),
        ("abcdefgh", "abcd"),
    ],
)
def test_halves_are_cut_at_the_best_place_and_lose_nothing(text, first):
    halves = Line(text).halves()
    assert halves and halves[0].text == first and halves[0].text + halves[1].text == text


def test_halves_keep_terms_and_codes_whole():
    text = "aaaa bbbb cccc"
    halves = Line(text, marks=((0, 9, "x"),), masks=((10, 14, "⟦1⟧"),)).halves()
    assert [half.text for half in halves] == ["aaaa bbbb ", "cccc"]
    assert halves[0].marks == ((0, 9, "x"),) and halves[1].masks == ((0, 4, "⟦1⟧"),)
    assert Line(text, marks=((0, 14, "x"),)).halves() is None


def test_origins_say_which_character_each_rendered_one_stands_for():
    line = Line("a cell {n} b", marks=((2, 6, "Zelle"),), masks=((7, 10, "⟦1⟧"),))
    rendered, origins = line.render(SYMBOLS), line.origins(SYMBOLS)
    assert rendered == "a ⟦cell⇒Zelle⟧ ⟦1⟧ b" and len(origins) == len(rendered) + 1
    assert [line.text[origins[rendered.index(char)]] for char in "acb"] == ["a", "c", "b"]
    assert {origins[i] for i in range(rendered.index("⇒"), rendered.index("⟧") + 1)} == {5}
    assert origins[-1] == len(line.text) and origins == sorted(origins)
