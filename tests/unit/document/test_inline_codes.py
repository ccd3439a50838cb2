import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.document import inline_codes
from mtpipe.document.segment import Code
from mtpipe.languages import tokenization

FOUND = [
    ("Open {name} and {0:,.2f}, {} or {user.id!r}", ["{name}", "{0:,.2f}", "{}", "{user.id!r}"]),
    ("{{ y }} and {% if x %} and ${x}, $(HOME), %{n}", ["{{ y }}", "{% if x %}", "${x}", "$(HOME)", "%{n}"]),
    ("%s of %1$s: %(n)d%% or %-5d, %.2f and %lu", ["%s", "%1$s", "%(n)d", "%%", "%-5d", "%.2f", "%lu"]),
    ("Found %1 in %PRODUCTNAME at %APPDATA%, %n files", ["%1", "%PRODUCTNAME", "%APPDATA%", "%n"]),
    ("%dx%d pixels, %dMB", ["%d", "%d", "%d"]),
    ("{n, plural, one {# file} other {{n} files}} left", ["{n, plural, one {# file} other {{n} files}}"]),
    ("{n, plural, one {never closed", []),
    ("{when, date, short}", ["{when, date, short}"]),
    ("see :ref:`the guide <x>` and `code {a}`", [":ref:`the guide <x>`", "`code {a}`"]),
    ("(https://a.b/c_(d)?x=1&y=2). Or www.x.org, me@x.org.", ["https://a.b/c_(d)?x=1&y=2", "www.x.org", "me@x.org"]),
    ("请访问https://a.cn/x。谢谢", ["https://a.cn/x"]),
    ("https://x.y/{id}/z", ["https://x.y/{id}/z"]),
    ("a&nbsp;b &#160; &#xA0; AT&T; R&D", ["&nbsp;", "&#160;", "&#xA0;"]),
    ("the text &amp;nbsp; or &amp;#160; is &amp; shown", ["&amp;nbsp;", "&amp;#160;", "&amp;"]),
    ("Menu ⇒ Item ⟦1⟧", ["⇒", "⟦", "⟧"]),
    ("100%sure, 50% a year, a 5% discount, 100 % done", []),
    ("a < b and c > d, x <y and z> w", []),
    ("Costs $5 or {not a code at all}, `quoted' text", []),
]


@pytest.mark.parametrize("text, expected", FOUND)
def test_find_placeholders(text, expected):
    assert inline_codes.literals(text, inline_codes.find(text)) == expected


@pytest.mark.parametrize("text, kinds", [
    ("<b>x</b>", "open close"),
    ("<a href='x y'>x <i>y</i></a>", "open open close close"),
    ("<b><i>x</b></i>", "open alone close alone"),
    ("x<br>y<br/>z<img src=a.png>", "alone alone alone"),
    ("Usage: <filename> or </b>", "alone alone"),
    ("<B>x</b>", "open close"),
])
def test_find_pairs_tags(text, kinds):
    assert [code.kind for code in inline_codes.find(text)] == kinds.split()


def test_plain_removes_tags_and_keeps_the_rest_with_its_offsets():
    text = "Click <b>Save</b> in {app}"
    result, offsets = inline_codes.plain(text, inline_codes.find(text))
    assert result == "Click Save in {app}"
    assert [text[offsets[i]] for i in range(len(result))] == list(result)
    assert len(offsets) == len(result) + 1 and offsets[-1] == len(text)


def test_mask_numbers_the_codes():
    text = "Click <b>Save</b> in {app}"
    assert inline_codes.mask(text, inline_codes.find(text), "⟦{}⟧") == "Click ⟦1⟧Save⟦2⟧ in ⟦3⟧"


@pytest.mark.parametrize("masked, expected", [
    ("In ⟦3⟧ auf ⟦1⟧Sichern⟦2⟧", "In {app} auf <b>Sichern</b>"),
    ("In ⟦ 3 ⟧ auf ⟦1⟧Sichern⟦2⟧", "In {app} auf <b>Sichern</b>"),
    ("In ⟦3⟧ auf ⟦1⟧Sichern", None),
    ("In ⟦3⟧ ⟦3⟧ auf ⟦1⟧Sichern⟦2⟧", None),
    ("In ⟦4⟧ auf ⟦1⟧Sichern⟦2⟧⟦3⟧", None),
])
def test_unmask_wants_every_code_once(masked, expected):
    assert inline_codes.unmask(masked, ["<b>", "</b>", "{app}"], "⟦{}⟧") == expected


BROKEN = [
    ("Click <b>Save</b> in {app}", "<b>Sichern</b> in {app} klicken", []),
    ("Click <b>Save</b> in {app}", "In {app} <b>Sichern</b>", []),
    ("Click <b>Save</b> in {app}", "<b>Sichern</b> klicken", ["{app}"]),
    ("Click <b>Save</b> in {app}", "<b>Sichern</b> in {app} {app}", ["{app}"]),
    ("Click <b>Save</b> in {app}", "</b>Sichern<b> in {app}", ["</b>", "<b>"]),
    ("<b>a <i>b</i></b>", "<b>a <i>b</b></i>", ["</b>"]),
    ("<b>a</b> <i>b</i>", "<i>b</i> <b>a</b>", []),
    ("a</b> b <i>c", "x</b> y <i>z", []),
    ("a</b> b <i>c", "<i>x</b> y", ["</b>"]),
    ("Nothing here", "{x} is new", []),
]


@pytest.mark.parametrize("source, target, expected", BROKEN)
def test_broken_names_the_codes(source, target, expected):
    found = inline_codes.find(source)
    if "</b> b <i>" in source:  # halves cut off by sentence ends, as the splitter leaves them
        found = tuple(Code(c.start, c.end, "close" if "/" in source[c.start:c.end] else "open") for c in found)
    assert set(expected) <= set(wrong := inline_codes.broken(source, found, target)) and bool(wrong) == bool(expected)


def test_broken_follows_pairs_with_the_same_literal_on_both_sides():
    source = "a **b** and **c"
    found = (Code(2, 4, "open"), Code(5, 7, "close"), Code(12, 14, "open"))
    assert inline_codes.broken(source, found, "**b** und a **c") == []
    assert inline_codes.broken(source, found, "**b und a **c") == ["**"]


def test_broken_allows_text_that_looks_like_a_code_to_go_but_not_to_multiply():
    source = "*a* is 2 * 3"
    found = (Code(0, 1, "open"), Code(2, 3, "close"))
    assert inline_codes.broken(source, found, "*a* ist 2 mal 3") == []
    assert inline_codes.broken(source, found, "*a* ist 2 * 3 * 4") == ["*"]


def test_broken_bears_codes_that_touch():
    source = "$a${x}$a$"
    assert inline_codes.broken(source, (Code(2, 6), Code(6, 9)), source) == []


def test_a_literal_at_the_end_is_no_longer_than_the_text():
    source = '<i class="x">a</i>'
    assert list(inline_codes.occurrences(source, ['<i class="x">', "</i>"])) == [(0, 13), (14, 18)]


def test_locate_gives_the_codes_of_a_target():
    source = "Click <b>Save</b> in {app}"
    target = "In {app} <b>Sichern</b>"
    assert inline_codes.locate(source, inline_codes.find(source), target) == (
        Code(3, 8, "alone"), Code(9, 12, "open"), Code(19, 23, "close"))


def links(source_plain, target_plain, pairs):
    """An alignment matrix from "target source" word pairs."""
    linked = {tuple(pair.split()) for pair in pairs}
    return [
        [float((t, s) in linked) for s in tokenization.words(source_plain)] for t in tokenization.words(target_plain)
    ]


PROJECTED = [
    ("Click <b>Save</b> now.", "Jetzt Sichern klicken.", ["Jetzt now", "Sichern Save", "klicken Click"],
     "Jetzt <b>Sichern</b> klicken."),
    ("<i>Keep <b>all</b> changes</i>?", "Alle Änderungen behalten?",
     ["Alle all", "Änderungen changes", "behalten Keep"], "<i><b>Alle</b> Änderungen behalten</i>?"),
    ("In {app} click <b>Save</b>", "Sichern in {app} klicken", ["Sichern Save", "in In", "klicken click"],
     "<b>Sichern</b> in {app} klicken"),
    ("Open {app} now", "Jetzt öffnen", ["Jetzt now", "öffnen Open"], "Jetzt öffnen {app}"),
    ("{app} starts", "Startet", ["Startet starts"], "{app} Startet"),
    ("Open {app}", "{app} {app} öffnen", ["öffnen Open"], "{app} öffnen"),
    ("<a name='x'></a>Save it", "Es sichern", ["Es it", "sichern Save"], "Es <a name='x'></a>sichern"),
    ("<b>Save</b>", "", [], "<b></b>"),
    ('See the <a href="x">user manual</a> for <a href="y">README.md</a>.', "README.md: siehe im Handbuch.",
     ["README.md README.md", "siehe See", "im the", "Handbuch user", "Handbuch manual"],
     '<a href="y">README.md</a>: siehe im <a href="x">Handbuch</a>.'),
]


@pytest.mark.parametrize("source, target, pairs, expected", PROJECTED)
def test_project_follows_the_words(source, target, pairs, expected):
    found = inline_codes.find(source)
    assert (
        inline_codes.project(source, found, target, links(inline_codes.plain(source, found)[0], target, pairs))
        == expected
    )


def test_project_without_alignment_keeps_the_order():
    source = "one <b>two</b> three"
    assert inline_codes.project(source, inline_codes.find(source), "eins zwei drei", []) == "eins <b>zwei</b> drei"


def test_project_keeps_halves_of_a_pair_at_the_open_edge():
    source = "end of it.</b> Then <i>the start"
    found = tuple(
        Code(c.start, c.end, kind) for c, kind in zip(inline_codes.find(source), ("close", "open"), strict=True)
    )
    target = "Schluss. Dann der Anfang"
    linked = ["Schluss end", ". .", "Dann Then", "der the", "Anfang start"]
    matrix = links(inline_codes.plain(source, found)[0], target, linked)
    assert inline_codes.project(source, found, target, matrix) == "Schluss.</b> Dann <i>der Anfang"


WORDS = st.sampled_from(["save", "the", "file", "é", "x1", "中", ",", "."])
LITERALS = st.sampled_from(["<b>", "</b>", "<i>", "</i>", "<a x='1'>", "</a>", "<br>", "{app}", "%s", "&nbsp;"])
TEXTS = st.lists(st.one_of(WORDS, LITERALS, st.just(" ")), max_size=24).map("".join)
STRAY = st.sampled_from(["{app}", "<b>", "%s", "</i>"])  # what an engine may invent
FIGURES = st.floats(allow_nan=True, allow_infinity=True)


@given(st.text() | TEXTS)
def test_find_gives_ordered_spans_and_paired_kinds(text):
    found = inline_codes.find(text)
    assert all(0 <= a.start < a.end <= len(text) for a in found)
    assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))
    assert 2 * len(inline_codes.pairs(found)) == sum(code.kind != "alone" for code in found)


@given(TEXTS)
def test_mask_and_unmask_are_inverse(text):
    found = inline_codes.find(text)
    assert (
        inline_codes.unmask(inline_codes.mask(text, found, "⟦{}⟧"), inline_codes.literals(text, found), "⟦{}⟧") == text
    )


@given(st.text() | TEXTS)
def test_a_source_is_never_broken_against_itself(text):
    assert inline_codes.broken(text, inline_codes.find(text), text) == []


@given(TEXTS, st.lists(st.one_of(WORDS, STRAY), max_size=10).map(" ".join),
       st.lists(st.lists(FIGURES, max_size=12), max_size=12), st.data())
def test_project_never_breaks_a_code(source, target, matrix, data):
    found = list(inline_codes.find(source))
    if found and data.draw(st.booleans()):  # cut a sentence out of the middle: halves of pairs remain
        start, end = sorted(data.draw(st.tuples(st.integers(0, len(found)), st.integers(0, len(found)))))
        first = found[start].start if start < len(found) else len(source)
        last = found[end].start if end < len(found) else len(source)
        source, found = source[first:last], [Code(c.start - first, c.end - first, c.kind) for c in found[start:end]]
    result = inline_codes.project(source, found, target, matrix)
    assert inline_codes.broken(source, found, result) == [], result
    # nothing but the codes was added or lost
    for literal in inline_codes.literals(source, found):
        result, target = result.replace(literal, ""), target.replace(literal, "")
    assert "".join(result.split()) == "".join(target.split())


def test_five_megabytes_of_opening_characters_are_scanned_in_one_pass():
    for text in ("{" * 1_000_000, "<a " * 500_000, "{a, plural, " * 100_000, "%" * 1_000_001, "`" * 1_000_000,
                 "http://" * 200_000, "a@" * 500_000, "<b>" * 300_000, "://" * 500_000, "&" * 1_000_000):
        # a quadratic pattern would run for hours here
        assert all(0 <= code.start < code.end <= len(text) for code in inline_codes.find(text))


def test_deep_nesting_is_no_recursion():
    source = "<b>" * 3000 + "word" + "</b>" * 3000
    assert (
        inline_codes.broken(
            source, inline_codes.find(source), inline_codes.project(source, inline_codes.find(source), "Wort", [[1.0]])
        )
        == []
    )


@pytest.mark.parametrize("source, target, expected", [
    ("words like {user} here", "Platzhalter{user}hier", "Platzhalter {user} hier"),
    ("an <b>old</b> file", "eine<b>alte</b>Datei", "eine <b>alte</b> Datei"),
    ("file{n}.txt", "Datei{n}.txt", "Datei{n}.txt"),
    ("open {x} now", "打开{x}现在", "打开{x}现在"),
    ("save <b>the file</b> now", "<b> die Datei </b>jetzt sichern", "<b>die Datei</b> jetzt sichern"),
    ("save <b>the file</b>, then", "dann<b> die Datei </b>, und", "dann <b>die Datei</b>, und"),
    ("<b> both </b>", "<b> beide </b>", "<b> beide </b>"),
    ('A <pc id="1">b</pc> <ph id="2"/> c', 'A <pc id="1">B</pc><ph id="2"/> C', 'A <pc id="1">B</pc> <ph id="2"/> C'),
    ("{date} {time}", "{date}{time}", "{date} {time}"),
    ("{x}{y} of <b>a</b><i>b</i>", "{x}{y} von <b>A</b><i>B</i>", "{x}{y} von <b>A</b><i>B</i>"),
])  # fmt: skip
def test_spaced_sets_codes_off_from_words_as_the_source_does(source, target, expected):
    assert inline_codes.spaced(source, inline_codes.find(source), target) == expected


@pytest.mark.parametrize("target, is_hollow", [
    ("Die <b>Leiste</b> zeigt <i>es</i>.", False), ("Die Leiste <b></b> zeigt <i>es</i>.", True),
    ("Die <b><i>Leiste</i></b>.", False), ("Die <b>, </b><i>Leiste</i>.", True),
])  # fmt: skip
def test_tags_around_words_that_come_back_around_nothing_are_hollow(target, is_hollow):
    source = "The <b>bar</b> shows <i>it</i>."
    codes = [Code(match.start(), match.end(), "close" if "/" in match[0] else "open")
             for match in re.finditer("<[^>]*>", source)]  # fmt: skip
    assert inline_codes.hollow(source, codes, target) is is_hollow
    assert not inline_codes.hollow("An empty <b></b>.", [Code(9, 12, "open"), Code(12, 16, "close")], "<b></b>.")
