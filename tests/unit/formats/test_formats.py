import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtpipe.document import inline_codes
from mtpipe.document.segment import TermError
from mtpipe.errors import InputError, OutputError
from mtpipe.formats.html.document import HtmlFormat
from mtpipe.formats.html.tags import tokens
from mtpipe.formats.jsonl import JsonLinesFormat, format_row
from mtpipe.formats.markdown.document import MarkdownFormat
from mtpipe.formats.text import TextFormat

FORMATS = [TextFormat, MarkdownFormat, HtmlFormat, JsonLinesFormat]
DEMO = Path(__file__).parents[3] / "data" / "demo"


def read(form, text, tmp_path, encoding="utf-8"):
    path = tmp_path / f"in{form.suffixes[0]}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return form.read(path, "doc")


def written(form, document, tmp_path):
    path = tmp_path / f"out{form.suffixes[0]}"
    form.write(document, path)
    return path.read_bytes()


def sources(form, text, tmp_path):
    return [segment.source for segment in read(form, text, tmp_path).segments]


def translated(form, text, tmp_path, targets):
    """The text written with targets {source: target}."""
    document = read(form, text, tmp_path)
    assert set(targets) <= {segment.source for segment in document.segments}
    segments = tuple(replace(s, draft=targets.get(s.source)) for s in document.segments)
    return written(form, replace(document, segments=segments), tmp_path).decode()


DOCUMENTS = {
    TextFormat: "Title\r\n=====\n\n  One line.  \nTwo \t\n\f- item {x}\n    $ code --x\n\nlast without end",
    MarkdownFormat: "---\na: b\n---\n\n# T #\n\n> a\n  *b*  \n> c\n\n1. x\n   y\n\n| a | b\\|c |\n|--|--|\n"
                    "| `x` | |\n\n```\ncode\n```\n\n<p>x</p>\n\n[a]: b\n",
    HtmlFormat: "<!DOCTYPE html>\n<HTML lang=en><p class=a>One <B>two</b> &amp; &nbsp;three<p>four<img alt='x y'>"
                "<script>if (a<b) {}</script><pre> x </pre><unclosed <td>\0</td> a < b & c",
    JsonLinesFormat: '{"id": 7, "source": "a \\u00e4", "x": [1, {"y": null}]}\r\n\n{"source":"b","draft":"B",'
                     '"postedit":null,"terms":[{"source":"b","target":"B"}]}\n{"source": "c"}',
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_not_translated_is_written_as_it_was_read(form, encoding, tmp_path):
    text = DOCUMENTS[form] if encoding == "utf-8" else DOCUMENTS[form].replace("\0", "")
    document = read(form(), text, tmp_path, encoding)
    assert document.segments
    assert written(form(), document, tmp_path) == text.encode(encoding)
    if form is not JsonLinesFormat:  # its rows get a draft then
        same = replace(document, segments=tuple(replace(s, draft=s.source) for s in document.segments))
        assert written(form(), same, tmp_path) == text.encode(encoding)


@pytest.mark.parametrize("form", FORMATS)
def test_segment_ids_number_the_document(form, tmp_path):
    segments = read(form(), DOCUMENTS[form].replace('"id": 7, ', ""), tmp_path).segments
    assert segments[0].id == "doc#1" and len({segment.id for segment in segments}) == len(segments)


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_file_is_an_empty_document(form, tmp_path):
    document = read(form(), "", tmp_path)
    assert document.segments == () and written(form(), document, tmp_path) == b""


@pytest.mark.parametrize("form", FORMATS)
def test_wrong_input_is_said(form, tmp_path):
    with pytest.raises(InputError, match="doc: can't be read: No such file"):
        form().read(tmp_path / "absent", "doc")
    with pytest.raises(InputError, match="doc: looks binary"):
        read(form(), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0" + bytes(range(256)) * 9, tmp_path)
    with pytest.raises(InputError, match=r"doc: invalid UTF-8 at byte 9 \(line 2\); the rest is UTF-8.*correct that"):
        read(form(), "{\"ä\"}\n{\"".encode() + b"\xff" + "ööö".encode(), tmp_path)
    with pytest.raises(OutputError, match="can't be written: No such file"):
        form().write(read(form(), DOCUMENTS[form], tmp_path), tmp_path / "no" / "folder")


FRAGMENTS = {
    TextFormat: ["word ", "Ende. ", "\n", "\r\n", "\r", "  ", "- ", "1. ", "{x}", "%s", "\f", "\t", "```", "$ cmd",
                 "ä", "中文。", "a long line of words that goes on and on until it is wrapped by", "\u2028"],
    MarkdownFormat: ["word ", "*", "**", "_", "`", "~~", "[a](b)", "[", "]", "![i](u \"t\")", "\n", "\n\n", "  \n",
                     "> ",
                     "- ", "1. ", "# ", "| a | b |\n|---|---|\n", "|", "\\", "<b>", "</b>", "<div>\n", "```\n", "    ",
                     "{x}", "$a$", "[^1]: ", "&amp;", "---\n", "===\n", "\r\n", "\t", "<!-- c -->", "ä", "***", "$$\n"],
    HtmlFormat: ["word ", "Ende. ", "<p>", "</p>", "<b>", "</b>", "<br>", "<i class='x'>", "</i>", "<code>", "</code>",
                 "<pre>", "</pre>", "<script>", "</script>", "<!--", "-->", "<td title=\"a b\">", "<img alt=x>",
                 "&lt;b&gt;", "&amp;", "&nbsp;", "<", ">", "\"", "'", "=", "<span translate=no>", "</span>", "\n",
                 "{x}",
                 "&", "<a/>", "<title>", "</title>", "<html lang=en>", "\0", "<?x", "<![CDATA["],
    JsonLinesFormat: ['{"source": "a"}', '{"source": "ä b", "draft": "x", "z": 1.50}', "\n", "\r\n", "  \n",
                      '\n{"id":"q","source":"\\u00e4 {x}","errors":[]}\n'],
}


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_document_survives_reading_and_writing(form, data, tmp_path):
    if form is JsonLinesFormat:
        text = "\n".join(data.draw(st.lists(st.sampled_from(FRAGMENTS[form]))))
    else:
        text = "".join(data.draw(st.lists(st.sampled_from(FRAGMENTS[form]) | st.text(max_size=3), max_size=40)))
        text = text.replace("\0", "") if form is not HtmlFormat else text
        text = "".join(c for c in text if c >= " " or c in "\n\r\t\f\0")
    try:
        document = read(form(), text, tmp_path)
    except InputError as error:  # a few letters and a zero byte are no HTML
        assert "looks binary" in str(error) and "\0" in text
        return
    assert written(form(), document, tmp_path) == text.encode()
    for segment in document.segments:
        assert inline_codes.broken(segment.source, segment.codes, segment.source) == []
        assert segment.source.strip() and "\n" not in segment.source


@pytest.mark.parametrize("form", [TextFormat, MarkdownFormat, HtmlFormat])
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_only_the_translated_segment_changes(form, data, tmp_path):
    text = "".join(data.draw(st.lists(st.sampled_from(FRAGMENTS[form]), min_size=3, max_size=30)))
    text = text.replace("\0", "").replace("-->", "")
    document = read(form(), text, tmp_path)
    if not document.segments:
        return
    chosen = data.draw(st.integers(0, len(document.segments) - 1))
    segments = list(document.segments)
    segments[chosen] = replace(segments[chosen], draft="Neuwort")
    result = written(form(), replace(document, segments=tuple(segments)), tmp_path).decode()
    before, found, after = result.partition("Neuwort")
    assert found and text.startswith(before.rstrip('"')) and text.endswith(after.lstrip('"'))


TEXT = [
    ("One.\nTwo.\n", ["One.", "Two."]),
    ("Short line\nAnother short line\n", ["Short line", "Another short line"]),
    ("This line was wrapped by an editor at seventy columns or so and then\ngoes on here.\n",
     ["This line was wrapped by an editor at seventy columns or so and then goes on here."]),
    ("  - An item of a list that is so long that it had to be wrapped into\n    two lines of text\n  - next",
     ["An item of a list that is so long that it had to be wrapped into two lines of text", "next"]),
    ("This one ends a sentence at the end of the line, seventy columns on.\nNext.\n",
     ["This one ends a sentence at the end of the line, seventy columns on.", "Next."]),
    ("A word that was broken at its hyphen in a line is one word, like multi-\nlingual here\n",
     ["A word that was broken at its hyphen in a line is one word, like multi-lingual here"]),
    ("Type:\n    $ soffice {file}\n=SUM(A1:A5)\n    x = f(y, 2)\n```\nno text\n```\nEnd\n", ["Type:", "End"]),
    ("=====\n{name}\nhttps://a.b\n%s 12\n", []),
    ("    An indented quotation is text.\n", ["An indented quotation is text."]),
    ("1) one\n(2) two\n• three\n[x] four\n> five", ["one", "two", "three", "four", "five"]),
]


@pytest.mark.parametrize("text, expected", TEXT)
def test_text_segments(text, expected, tmp_path):
    assert sources(TextFormat(), text, tmp_path) == expected


def test_text_is_wrapped_again_as_it_was(tmp_path):
    text = "  - An item of a list that is so long that it had to be wrapped into\r\n    two lines of text.  \r\n\r\nEnd"
    target = "Ein Eintrag einer Liste, der so lang ist, dass er in {a b} Zeilen umbrochen werden musste, und noch mehr."
    assert translated(TextFormat(), text, tmp_path, {
        "An item of a list that is so long that it had to be wrapped into two lines of text.": target}) == (
        "  - Ein Eintrag einer Liste, der so lang ist, dass er in {a b}\r\n"
        "    Zeilen umbrochen werden musste, und noch mehr.  \r\n\r\nEnd")


@pytest.mark.parametrize("data, text, note", [
    ("Größe €".encode("cp1252"), "Größe €", "not UTF-8: cp1252 detected"),
    ("Les cellules déjà copiées à l’intérieur".encode("cp1252"), "Les cellules déjà copiées à l’intérieur", "cp1252"),
    ("Příliš žluťoučký kůň úpěl ódy".encode("cp1250"), "Příliš žluťoučký kůň úpěl ódy", "cp1250 detected"),
    ("Выберите ячейку в таблице".encode("cp1251"), "Выберите ячейку в таблице", "cp1251 detected"),
    ("表計算ドキュメントのセルを選択します。".encode("cp932"), "表計算ドキュメントのセルを選択します。", "cp932 detected"),
    ("Wörter".encode("utf-16-le"), "Wörter", "utf-16-le without byte order mark"),
    (b"\xef\xbb\xbfWort", "Wort", "utf-8 with byte order mark"),
])
def test_encodings_are_detected_kept_and_said(data, text, note, tmp_path):
    document = read(TextFormat(), data, tmp_path)
    assert [segment.source for segment in document.segments] == [text]
    assert note in document.notes[0]
    assert written(TextFormat(), document, tmp_path) == data


def test_a_legacy_encoding_gives_way_to_what_it_can_not_write(tmp_path):
    document = read(TextFormat(), "Größe der Tabelle und Öffnen".encode("cp1252"), tmp_path)
    polish = replace(document, segments=(replace(document.segments[0], draft="Rozmiar większy ąęł"),))
    assert written(TextFormat(), polish, tmp_path).decode() == "Rozmiar większy ąęł"


MARKDOWN = [
    ("# Title #\n", ["Title"]),
    ("Two lines\nof text\n===\n", ["Two lines of text"]),
    ("> - a *b*\n>   c\n", ["a *b* c"]),
    ("Line one  \nline two\\\nline three", ["Line one", "line two", "line three"]),
    ("| A | b\\|c |\n|---|---|\n| x | `y` |\n", ["A", "b\\|c", "x"]),
    ("Use `x y` and <https://a.b> or [text](u \"t\")", ["Use `x y` and <https://a.b> or [text](u \"t\")"]),
    ("**All bold**\n\n[Link](u)\n\n![Alt text](u)\n", ["All bold", "Link", "Alt text"]),
    ("See [the docs] and [it][].\n\n[the docs]: u\n[it]: v\n", ["See [the docs][the docs] and [it][it]."]),
    ("---\ntitle: No\n---\nYes\n", ["Yes"]),
    ("+++\ntitle = 'No'\n+++\nYes\n", ["Yes"]),
    ("```py\nno\n```\n\n    no\n\n~~~\nno\n~~~\n\nyes\n", ["yes"]),
    ("<div>\n<p title='T t'>One <b>two</b></p>\n<pre>no</pre>\n</div>\n", ["T t", "One <b>two</b>"]),
    ("[^1]: A note\n[^2]: More\n\n- [x] Done\n\nTerm\n: Meaning\n", ["A note", "More", "Done", "Term", "Meaning"]),
    ("> [!NOTE]\n> Mind it.\n\n::: tip\nTry.\n:::\n\n$$\nx = y\n$$\n", ["Mind it.", "Try."]),
    ("Press <kbd>Ctrl</kbd>+<kbd>C</kbd> in :ref:`x` or {ref}`x` at $a_1$ {#id}",
     ["Press <kbd>Ctrl</kbd>+<kbd>C</kbd> in :ref:`x` or {ref}`x` at $a_1$ {#id}"]),
]


@pytest.mark.parametrize("text, expected", MARKDOWN)
def test_markdown_segments(text, expected, tmp_path):
    assert sources(MarkdownFormat(), text, tmp_path) == expected
    assert sources(MarkdownFormat(), text.replace("\n", "\r\n"), tmp_path) == expected


@pytest.mark.parametrize("text, expected", [
    ("a **b** *c _d_* ~~e~~", "**:open **:close *:open _:open _:close *:close ~~:open ~~:close"),
    ("a [b *c*](u) `d e` \\* &amp; <br>",
     "[:open *:open *:close ](u):close `d e`:alone \\*:alone &amp;:alone <br>:alone"),
    ("a ***b*** c", "***:open ***:close"),
    ("a ***b** c* d", "***:alone **:alone *:alone"),
    ("snake_case_name 5 * 3 * 2 ** x", ""),
    ("a <b>c</b> <code>d</code> <kbd>e", "<b>:open </b>:close <code>d</code>:alone <kbd>:alone"),
    ("{a_b} and {c_d} _e_", "{a_b}:alone {c_d}:alone _:open _:close"),
    ("[a [^1] ![b](c)", "[^1]:alone ![:open ](c):close"),
])
def test_markdown_codes(text, expected, tmp_path):
    segment, = read(MarkdownFormat(), text, tmp_path).segments
    assert " ".join(f"{segment.source[c.start:c.end]}:{c.kind}" for c in segment.codes) == expected


MARKDOWN_WRITTEN = [
    ("> - a *b*\n>   c\n\nend\n", {"a *b* c": "A *B* C"}, "> - A *B* C\n\nend\n"),
    ("# Title #\r\n\r\nx", {"Title": "Titel"}, "# Titel #\r\n\r\nx"),
    ("C notes\n", {"C notes": "# 1"}, "\\# 1\n"),
    ("Notes\n", {"Notes": "1. Mai"}, "1\\. Mai\n"),
    ("Notes\n", {"Notes": "- so"}, "\\- so\n"),
    ("Notes\n", {"Notes": "-so"}, "-so\n"),
    ("Notes\n", {"Notes": "> so"}, "\\> so\n"),
    ("Notes\n", {"Notes": "a *b* c_d_e <b>"}, "a \\*b\\* c\\_d\\_e \\<b>\n"),
    ("Notes\n", {"Notes": "eins\nzwei"}, "eins zwei\n"),
    ("*A* b\n", {"*A* b": "*B* a"}, "*B* a\n"),
    ("See [me].\n\n[me]: u\n", {"See [me][me].": "Siehe [mich][me]."}, "Siehe [mich][me].\n\n[me]: u\n"),
    ("| a | b |\n|---|---|\n", {"a": "x | y"}, "| x \\| y | b |\n|---|---|\n"),
    ("| data | a |\n|---|---|\n", {"a": "x"}, "| data | x |\n|---|---|\n"),
    ("## X\n", {"X": "C ##"}, "## C \\##\n"),
    ("a  \nb\n", {"a": "x", "b": "- y"}, "x  \n\\- y\n"),
    ("**Bold**\n", {"Bold": "Fett"}, "**Fett**\n"),
    ("<p>a <b>b</b></p>\n\nc\n", {"a <b>b</b>": "<b>B</b> & A"}, "<p><b>B</b> &amp; A</p>\n\nc\n"),
]


@pytest.mark.parametrize("text, targets, expected", MARKDOWN_WRITTEN)
def test_markdown_is_written_back(text, targets, expected, tmp_path):
    assert translated(MarkdownFormat(), text, tmp_path, targets) == expected


HTML = [
    ("<p>One <b>two</b>\n  three</p>", ["One <b>two</b> three"]),
    ("<h1><a href=x>All of it</a></h1>", ["All of it"]),
    ("<p><a name=x></a>After the anchor<br></p>", ["After the anchor"]),
    ("a<br>b. <br>c<br><br>d", ["a<br>b.", "c", "d"]),
    ("<ul><li>one<li>two</ul>", ["one", "two"]),
    ("<p>x &amp; y &lt;z&gt; caf&eacute;</p>", ["x & y <z> café"]),
    ("<p>Use <b>b</b> as &lt;b&gt;</p>", ["Use <b>b</b> as &lt;b&gt;"]),
    ("<p>Run <code>x <i>y</i></code> now</p>", ["Run <code>x <i>y</i></code> now"]),
    ("<p>I <span translate=no>like <i>it</i></span> or <i class='a notranslate'>not</i></p>",
     ["I <span translate=no>like <i>it</i></span> or <i class='a notranslate'>not</i>"]),
    ("<p translate='no'>no</p><pre>no</pre><script>no()</script><style>no{}</style><textarea>no</textarea>a", ["a"]),
    ("<div translate=no><p>no<div>no</div></div>yes", ["yes"]),
    ("<p translate=no>no<p>yes", ["yes"]),
    ("<p>a <code>never closed</p><p>yes</p>", ["a <code>never closed", "yes"]),
    ("a <code>never closed", ["a <code>never closed"]),
    ("<title>The title</title><meta name=description content='A page'><meta name=viewport content=no>",
     ["The title", "A page"]),
    ("<p>See <img src=x alt='the icon'> there</p>", ["the icon", "See <img src=x alt='the icon'> there"]),
    ("<input placeholder=Search value=no><input type=submit value='Go on'><button aria-label=Close>X y</button>",
     ["Search", "Go on", "Close", "X y"]),
    ("<!-- no --><!DOCTYPE html><?php no ?><% no %><![CDATA[no]]>yes", ["yes"]),
    ("no tags at all, 1 < 2 & 3", ["no tags at all, 1 < 2 & 3"]),
    ("<p>12 345</p><p>{x}</p><p>&nbsp;</p><p><code>x</code></p>", []),
    ("<p>Open {name}: https://a.b/c?d=1&amp;e=2</p>", ["Open {name}: https://a.b/c?d=1&e=2"]),
    ("<td>one<td>two<tr><td>three", ["one", "two", "three"]),
    ("text <a href='unclosed", ["text"]),
]


@pytest.mark.parametrize("text, expected", HTML)
def test_html_segments(text, expected, tmp_path):
    assert sources(HtmlFormat(), text, tmp_path) == expected


@pytest.mark.parametrize("text, expected", [
    ("<p>a <b>b <i>c</i></b> <br> {x}</p>", "<b>:open <i>:open </i>:close </b>:close <br>:alone {x}:alone"),
    ("<p>a <b>b <i>c</b> d</i></p>", "<b>:open <i>:alone </b>:close"),
    ("<p>a <b>b</p><p>c</b> d</p>", "<b>:alone"),
    ("<p>a &lt;b&gt;c&lt;/b&gt; <i>d</i> e</p>", "<b>:alone </b>:alone <i>:open </i>:close"),
])
def test_html_codes(text, expected, tmp_path):
    segment = read(HtmlFormat(), text, tmp_path).segments[0]
    assert " ".join(f"{segment.source[c.start:c.end]}:{c.kind}" for c in segment.codes) == expected


HTML_WRITTEN = [
    ("<P CLASS=a>One <b>two</b>\n</P><p>x</p>", {"One <b>two</b>": "<b>Zwei</b> & <drei>"},
     "<P CLASS=a><b>Zwei</b> &amp; &lt;drei&gt;\n</P><p>x</p>"),
    ("<p>Use <b>b</b> as &lt;b&gt;</p>", {"Use <b>b</b> as &lt;b&gt;": "&lt;b&gt; ist <b>b</b>"},
     "<p>&lt;b&gt; ist <b>b</b></p>"),
    ("<p>See <img alt=icon src=x> there</p>",
     {"icon": 'das "Bild"', "See <img alt=icon src=x> there": "Da <img alt=icon src=x>!"},
     '<p>Da <img alt="das &quot;Bild&quot;" src=x>!</p>'),
    ("<p>See <img alt='icon'> there</p>", {"icon": "der's & Co"}, "<p>See <img alt='der&#39;s &amp; Co'> there</p>"),
    ("<p>a&nbsp;b</p>", {"a\xa0b": "c\xa0d"}, "<p>c&nbsp;d</p>"),
    ("<p>Type &amp;nbsp; now</p>", {"Type &nbsp; now": "&nbsp; eingeben"}, "<p>&amp;nbsp; eingeben</p>"),
    ("<p>at https://a.b?c=1&amp;d=2</p>", {"at https://a.b?c=1&d=2": "bei https://a.b?c=1&d=2"},
     "<p>bei https://a.b?c=1&amp;d=2</p>"),
]


@pytest.mark.parametrize("text, targets, expected", HTML_WRITTEN)
def test_html_is_written_back(text, targets, expected, tmp_path):
    assert translated(HtmlFormat(), text, tmp_path, targets) == expected


@pytest.mark.parametrize("lang, text, expected", [
    ("de", '<html lang="en-US" dir="ltr"><p>a', '<html lang="de" dir="ltr"><p>X'),
    ("ar", '<html lang="en-US" dir="ltr"><p>a', '<html lang="ar" dir="rtl"><p>X'),
    ("he", "<html><p>a", '<html lang="he" dir="rtl"><p>X'),
    ("de", "<html xml:lang='en' dir=rtl><p>a", "<html xml:lang='de' dir=ltr><p>X"),
    ("de", "<p>a", "<p>X"),
    ("", '<html lang="en"><p>a', '<html lang="en"><p>X'),
])
def test_html_says_what_language_it_is_in(lang, text, expected, tmp_path):
    assert translated(HtmlFormat(target_lang=lang), text, tmp_path, {"a": "X"}) == expected


def test_html_in_a_legacy_encoding_writes_other_characters_as_references(tmp_path):
    data = '<meta charset="windows-1252"><p>Größe</p>'.encode("cp1252")
    document = read(HtmlFormat(), data, tmp_path)
    assert document.notes == ("cp1252, as the file itself says",)
    document = replace(document, segments=(replace(document.segments[0], draft="Größe 中"),))
    assert written(HtmlFormat(), document, tmp_path) == data.replace(b"</p>", b" &#20013;</p>")


@given(st.lists(st.sampled_from(FRAGMENTS[HtmlFormat]) | st.text(max_size=4)).map("".join))
def test_tokens_leave_no_gap(text):
    position = 0
    for token in tokens(text):
        assert token.start == position < token.end
        position = token.end
    assert position == len(text)


def test_jsonl_reads_what_a_row_says(tmp_path):
    row = {"id": 3, "source": "Save {x}", "draft": "A", "postedit": "B", "reference": "C", "terms": [
        {"source": "Save", "targets": ["Sichern", "Speichern"], "forms": ["gesichert"]},
        {"source": "x", "target": "x"}, {"source": "y", "status": "do-not-translate"},
        {"source": "z", "target": "Z", "status": "forbidden"}]}
    segment, = read(JsonLinesFormat(), json.dumps(row), tmp_path).segments
    assert (segment.id, segment.draft, segment.postedit, segment.reference) == ("3", "A", "B", "C")
    assert [(t.sources, t.targets, t.status, t.forms) for t in segment.terms] == [
        (("Save",), ("Sichern", "Speichern"), "preferred", ("gesichert",)),
        (("x",), ("x",), "do-not-translate", ()), (("y",), ("y",), "do-not-translate", ()),
        (("z",), ("Z",), "forbidden", ())]
    assert inline_codes.literals(segment.source, segment.codes) == ["{x}"]


def test_jsonl_reads_rows_keyed_by_language(tmp_path):
    line = '{"en": "A job", "es": "Un job", "terms": {"job": "job"}}'
    segment, = read(JsonLinesFormat("en", "es"), line, tmp_path).segments
    assert (segment.source, segment.reference, segment.terms[0].targets) == ("A job", "Un job", ("job",))


def test_jsonl_writes_what_was_found_and_keeps_the_rest(tmp_path):
    text = '{"source": "Save", "who": "ä"}\n{"source": "b"}\n'
    document = read(JsonLinesFormat(), text, tmp_path)
    error = TermError("missing", None, ("Sichern",), "Save", "surface")
    done = replace(document.segments[0], draft="D", postedit="P", errors=(error,))
    result = written(JsonLinesFormat(), replace(document, segments=(done, document.segments[1])), tmp_path).decode()
    first, second = result.splitlines()
    assert json.loads(first) == {
        "source": "Save", "who": "ä", "draft": "D", "postedit": "P", "target": "P",
        "errors": [{"kind": "missing", "term": None, "expected": ["Sichern"], "found": "Save", "rule": "surface"}]}
    assert "ä" in first and second == '{"source": "b"}'
    again = read(JsonLinesFormat(), result, tmp_path)
    assert again.segments[0].errors == (error,) and written(JsonLinesFormat(), again, tmp_path).decode() == result


def test_jsonl_streams_rows(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"source": "a"}\r\n\n{"source": "b", "draft": "B"}')
    rows = JsonLinesFormat().read_rows(path, "doc")
    assert not isinstance(rows, list)
    assert [json.loads(format_row(line, replace(s, draft=s.draft or "A"))) for line, s in rows] == [
        {"source": "a", "draft": "A", "target": "A", "errors": []},
        {"source": "b", "draft": "B", "target": "B", "errors": []}]


@pytest.mark.parametrize("line, message", [
    ("{'source'}", r"doc:2: not JSON \(.*\); one JSON object a line is expected"),
    ("[1]", "doc:2: a JSON object is expected, not list"),
    ('{"text": "a"}', 'doc:2: no "source"; the row has text'),
    ('{"source": 1}', 'doc:2: "source" is int, a string is expected'),
    ('{"source": "a", "terms": 3}', 'doc:2: "terms" is int'),
    ('{"source": "a", "terms": [{"source": "x"}]}', 'doc:2: a term needs "source" and "target" or "targets"'),
    ('{"source": "a", "terms": [{"source": "x", "target": "y", "status": "z"}]}',
     "has status 'z'; available: preferred"),
    ("[" * 100_000, "doc:2: not JSON"),
])
def test_jsonl_bad_rows_are_named(line, message, tmp_path):
    text = '{"source": "a"}\n' + line
    with pytest.raises(InputError, match=message):
        read(JsonLinesFormat(), text, tmp_path)
    with pytest.raises(InputError, match=message):
        list(JsonLinesFormat().read_rows(tmp_path / "in.jsonl", "doc"))


@pytest.mark.parametrize("form", [TextFormat, MarkdownFormat, HtmlFormat])
@pytest.mark.parametrize("piece", ["word ", "One. ", "<b>x</b> ", "<code>", "[a ", "*a **b ", "&lt;", "<a x=\"'"])
def test_megabytes_on_one_line_take_linear_time(form, piece, tmp_path):
    text = piece * (300_000 // len(piece))
    document = read(form(), text, tmp_path)
    same = tuple(replace(segment, draft=segment.source + ".") for segment in document.segments)
    assert len(written(form(), replace(document, segments=same), tmp_path)) >= len(text)


@pytest.mark.parametrize("form, name", [(MarkdownFormat, "getting-started.md"), (TextFormat, "release-notes.txt")])
def test_the_demo_documents_keep_their_code(form, name):
    document = form().read(DEMO / name, name)
    found = [literal for s in document.segments for literal in inline_codes.literals(s.source, s.codes)]
    assert len(document.segments) > 20 and len(found) > 10
    assert not any("soffice --" in inline_codes.plain(s.source, s.codes)[0].replace("`", "") and not s.codes
                   for s in document.segments)
