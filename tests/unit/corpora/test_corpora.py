import gzip
import json
import lzma
import struct

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.corpora import deduplication, gettext, located, paired_html, pairs, tsv
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.formats.editing.accelerators import without_keys
from mtpipe.languages.tags import folder_names

ROWS = "Open the table.\tÖffnen Sie die Tabelle.\n\n"


def catalogue(messages):
    """The bytes of a .mo file: two sorted tables of (length, offset), then the strings."""
    header = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    items = sorted((key.encode(), value.encode()) for key, value in {"": header, **messages}.items())
    offset = 28 + 16 * len(items)
    tables, texts = [b"", b""], b""
    for i, texts_of_kind in enumerate(zip(*items, strict=True)):
        for text in texts_of_kind:
            tables[i] += struct.pack("<II", len(text), offset + len(texts))
            texts += text + b"\0"
    start = struct.pack("<7I", 0x950412DE, 0, len(items), 28, 28 + 8 * len(items), 0, offset)
    return start + tables[0] + tables[1] + texts


# TSV

@pytest.mark.parametrize("name, write", [
    ("pairs.tsv", lambda data: data), ("pairs.tsv.gz", gzip.compress), ("pairs.tsv.xz", lzma.compress),
    ("pairs.txt", lambda data: b"\xef\xbb\xbf" + data), ("pairs.tab", lambda data: data.replace(b"\n", b"\r\n")),
])
def test_tsv_is_read_plain_and_packed(tmp_path, name, write):
    path = tmp_path / name
    text = "one\teins\nA table\t Eine Tabelle \textra\n\tohne Quelle\nno target\t \nline\u2028end\tZeile\n"
    path.write_bytes(write(text.encode()))
    expected = [("one", "eins"), ("A table", "Eine Tabelle"), ("line\u2028end", "Zeile")]
    assert list(tsv.pairs(path)) == expected == list(pairs(path, "en", "de"))


@pytest.mark.parametrize("name, content, message", [
    ("a.tsv", b"one\teins\njust text\n", r"a\.tsv:2: no TAB in this line; a pair is source TAB target"),
    ("a.tsv", b"one\teins\n\xff\xfe\n", r"a\.tsv:\d: not UTF-8"),
    ("a.tsv", b"", r"a\.tsv: the file is empty; a pair is source TAB target"),
    ("a.tsv", b"one\t\ntwo\t\n", r"a\.tsv: one side of all 2 lines is empty"),
    ("a.tsv.gz", b"one\teins\n", r"a\.tsv\.gz:1: can't be read"),
    ("a.tsv.gz", gzip.compress(b"one\teins\n" * 99)[:-12], r"a\.tsv\.gz:\d+: can't be read"),
    ("a.tsv.gz", gzip.compress(b"one\teins\n" * 99)[:30] + b"\xff" * 20, r"a\.tsv\.gz:\d+: can't be read"),
    ("a.tsv.xz", lzma.compress(b"one\teins\n" * 99)[:-12], r"a\.tsv\.xz:\d+: can't be read"),
])
def test_what_is_wrong_with_a_tsv_is_said(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(tsv.pairs(tmp_path / name))


def test_a_path_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="no such file or folder; give TSV .*or a folder of catalogues"):
        list(pairs(tmp_path / "nothing", "en", "de"))


def test_columns_change_places_when_the_name_says_so(tmp_path):
    (tmp_path / "en-de.x.tsv").write_text("table\tTisch\n")
    assert list(pairs(tmp_path / "en-de.x.tsv", "de-AT", "en")) == [("Tisch", "table")]
    assert list(pairs(tmp_path / "en-de.x.tsv", "en", "de")) == [("table", "Tisch")]
    assert list(pairs(tmp_path, "de", "en")) == [("Tisch", "table")]


def test_neighbours_are_a_document(tmp_path):
    (tmp_path / "x.tsv").write_text("".join(f"a {n}\tb {n}\n" for n in range(201)))
    places = [place for place, _ in located(tmp_path / "x.tsv", "en", "de")]
    assert places == ["x.tsv@0"] * 100 + ["x.tsv@1"] * 100 + ["x.tsv@2"]


# line-aligned files

def aligned(folder, source="a\n\nc\n", target="A\nB\nC\n", names=("x.y.en", "x.y.de")):
    for name, text in zip(names, (source, target)):
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / names[0]


@pytest.mark.parametrize("asked", ["x.y.en", "x.y.de", "x.y"])
def test_line_aligned_files_are_read_by_one_name(tmp_path, asked):
    aligned(tmp_path)
    assert list(pairs(tmp_path / asked, "en", "de")) == [("a", "A"), ("c", "C")]
    assert list(pairs(tmp_path / asked, "de", "en-GB")) == [("A", "a"), ("C", "c")]


def test_line_aligned_files_may_be_packed_and_named_by_region(tmp_path):
    path = aligned(tmp_path, gzip.compress(b"a\n"), lzma.compress(b"A\n"), ("x.en-US.gz", "x.de_AT.xz"))
    assert list(pairs(path, "en", "de")) == [("a", "A")]


@pytest.mark.parametrize("source, target, message", [
    ("a\nb\n", "A\n", r"x\.y\.en: 2 lines, but .*x\.y\.de has 1; line-aligned files need as many"),
    ("a\n", b"\xff\n", r"x\.y\.de:1: not UTF-8"),
    ("\n\n", "A\nB\n", "no line with a text here and in"),
    ("", "", "no line with a text"),
])
def test_files_that_are_not_line_aligned_give_nothing(tmp_path, source, target, message):
    found = []
    with pytest.raises(InputError, match=message):
        found.extend(pairs(aligned(tmp_path, source, target), "en", "de"))
    assert found == []


def test_the_missing_half_is_named(tmp_path):
    (tmp_path / "x.en").write_text("a\n")
    with pytest.raises(InputError, match=r"x\.en: no x\.de beside it"):
        list(pairs(tmp_path / "x.en", "en", "de"))


lines = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\n\r\t"), max_size=20).map(str.strip)


@given(st.lists(st.tuples(lines, lines), max_size=9).map(lambda rows: [("a", "b"), *rows]))
def test_any_lines_come_back(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("lines")
    for name, column in (("x.en", 0), ("x.de", 1)):
        (folder / name).write_text("".join(row[column] + "\n" for row in rows), encoding="utf-8", newline="\n")
    (folder / "x.tsv").write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8", newline="\n")
    expected = [row for row in rows if all(row)]
    assert list(pairs(folder / "x.en", "en", "de")) == expected == list(pairs(folder / "x.tsv", "en", "de"))


# segments

def test_segments_are_read_with_the_documents_of_their_ids(tmp_path):
    rows = [{"id": "a/b.html#1", "source": "one", "reference": "eins"}, {"source": "two", "draft": "zwei"},
            {"id": "c#2", "source": "three", "target": "drei", "draft": "x"}, {"id": "c#3", "source": "four"}]
    path = jsonl(tmp_path / "x.jsonl", *rows)
    assert list(located(path, "en", "de")) == [
        ("a/b.html", ("one", "eins")), ("x.jsonl@0", ("two", "zwei")), ("c", ("three", "drei"))]


@pytest.mark.parametrize("text, message", [
    ('{"source": "a", "reference": "b"}\n{"source": 1}\n', r'x\.jsonl:2: a segment needs "source"'),
    ('{"source": "a", "reference": ["b"]}\n', r"x\.jsonl:1: a segment needs"), ("[1]\n", r"x\.jsonl:1: a JSON object"),
    ('{"source": "a"\n', r"x\.jsonl:1: not JSON"), ('{"source": "a"}\n', 'no segment with a "source" and a "ref'),
])
def test_what_is_wrong_with_segments_is_said(tmp_path, text, message):
    (tmp_path / "x.jsonl").write_text(text)
    with pytest.raises(InputError, match=message):
        list(pairs(tmp_path / "x.jsonl", "en", "de"))


# catalogues

CLEANED = [
    ("_File", "_Datei", ("File", "Datei")), ("E&xit", "B&eenden", ("Exit", "Beenden")),
    ("~Save", "~Speichern", ("Save", "Speichern")), ("Open", "開く(_O)", ("Open", "開く")),
    ("AT&T and R&D", "AT&T und R&D", ("AT&T and R&D", "AT&T und R&D")), ("a & b", "a & c", ("a & b", "a & c")),
    ("Sa_ve As", "S_peichern unter", ("Save As", "Speichern unter")), ("&File…", "Datei…", ("File…", "Datei…")),
    ("GIT_DIR is set", "GIT_DIR fehlt", ("GIT_DIR is set", "GIT_DIR fehlt")),
    ("in my_table", "in der my_table", ("in my_table", "in der my_table")),
    ("_set_x is bad", "_set_x schlecht", ("_set_x is bad", "_set_x schlecht")),
    ("a &amp; b", "c &amp; d", ("a &amp; b", "c &amp; d")), ("~/bin is", "~/bin ist", ("~/bin is", "~/bin ist")),
    ("Find && go", "Suchen && los", ("Find && go", "Suchen && los")), ("Open", "_Öffnen", ("Open", "Öffnen")),
    ("menu\x04Open", "Öffnen", ("Open", "Öffnen")), ("two\nlines ", "zwei\n Zeilen", ("two lines", "zwei Zeilen")),
]


@pytest.mark.parametrize("source, target, expected", CLEANED)
def test_messages_come_without_context_and_keys(tmp_path, source, target, expected):
    (tmp_path / "x.mo").write_bytes(catalogue({source: target}))
    assert list(gettext.pairs(tmp_path / "x.mo")) == ([expected] if expected[0] != expected[1] else [])


def test_plural_forms_are_pairs_and_untranslated_messages_are_not(tmp_path):
    messages = {"%d file\0%d files": "%d Datei\0%d Dateien", "OK": "OK", "nothing": ""}
    (tmp_path / "x.mo").write_bytes(catalogue(messages))
    assert list(pairs(tmp_path / "x.mo", "en", "de")) == [("%d file", "%d Datei"), ("%d files", "%d Dateien")]
    (tmp_path / "x.mo").write_bytes(catalogue({"%d file\0%d files": "%d 個文件"}))  # one form for all numbers
    assert list(pairs(tmp_path / "x.mo", "en", "zh")) == [("%d files", "%d 個文件")]


def po(path, language, *entries):
    file = polib.POFile()
    file.metadata = {"Content-Type": "text/plain; charset=UTF-8", **({"Language": language} if language else {})}
    file.extend(polib.POEntry(**entry) for entry in entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(str(path))
    file.save_as_mofile(str(path.with_suffix(".mo")))
    return path


def test_only_finished_messages_of_a_po_are_read(tmp_path):
    path = po(tmp_path / "x.po", "de", {"msgid": "Open", "msgstr": "Öffnen", "msgctxt": "menu"},
              {"msgid": "Guess", "msgstr": "Rate", "flags": ["fuzzy"]}, {"msgid": "Later", "msgstr": ""},
              {"msgid": "Old", "msgstr": "Alt", "obsolete": True},
              {"msgid": "%d cell", "msgid_plural": "%d cells", "msgstr_plural": {0: "%d Zelle", 1: "%d Zellen"}})
    expected = [("Open", "Öffnen"), ("%d cell", "%d Zelle"), ("%d cells", "%d Zellen")]
    assert list(pairs(path, "en", "de")) == expected
    assert sorted(pairs(tmp_path / "x.mo", "en", "de-AT")) == sorted(expected)
    assert list(pairs(path, "de", "en")) == [(target, source) for source, target in expected]
    with pytest.raises(InputError, match=r"x\.po: a catalogue in de, neither in en nor fr"):
        list(pairs(path, "en", "fr"))


def test_a_po_without_a_language_goes_from_english(tmp_path):
    path = po(tmp_path / "x.po", "", {"msgid": "Open", "msgstr": "Öffnen"})
    assert list(pairs(path, "en", "de")) == [("Open", "Öffnen")]
    assert list(pairs(path, "de", "en")) == [("Öffnen", "Open")]


@pytest.mark.parametrize("content", [b'msgstr "b"\nmsgid "a"\n', b'msgid "a"b"\nmsgstr "c"\n',
                                     b'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n#\xff\xfe\n'])
def test_a_broken_po_is_named(tmp_path, content):
    (tmp_path / "x.po").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.po.*(?:correct the line|are expected|correct the declaration)"):
        list(pairs(tmp_path / "x.po", "en", "de"))


words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp", "Zs")), min_size=1, max_size=9)


@given(words, words)
def test_texts_without_marks_stay_and_nothing_but_marks_goes(source, target):
    cleaned = without_keys(source, target)
    for before, after in zip((source, target), cleaned):
        assert len(before) - len(after) in ((0,) if not set("_&~") & set(before) else range(0, 9))
        assert [char for char in after if char not in "_&~()"] == [char for char in before if char not in "_&~()"] or (
            "(" in before)


@pytest.mark.parametrize("tag, expected", [
    ("de", {"de", "de_DE", "de-DE"}),
    ("zh", {"zh", "zh_CN", "zh-CN", "zh-Hans", "zh_Hans", "zh-Hans-CN", "zh_Hans_CN"}),
    ("pt-BR", {"pt-BR", "pt_BR"}), ("cs", {"cs", "cs_CZ", "cs-CZ"}),
])
def test_names_that_catalogues_have(tag, expected):
    assert folder_names(tag) == expected


@pytest.mark.parametrize("content", [b"", b"\xde\x12", b"not a catalogue at all", catalogue({"a": "b"})[:60],
                                     catalogue({"a": "b"})[:-3], catalogue({"a": "b\xff"}).replace(b"\xc3", b"b")])
def test_a_broken_catalogue_is_named(tmp_path, content):
    (tmp_path / "x.mo").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.mo: not a readable \.mo catalogue"):
        list(gettext.pairs(tmp_path / "x.mo"))


def locale(folder, lang, name, messages):
    path = folder / lang / "LC_MESSAGES" / f"{name}.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(catalogue(messages))


def test_a_folder_gives_the_distinct_pairs_of_its_language(tmp_path):
    locale(tmp_path, "de", "a", {"Open": "Öffnen", "Close": "Schließen"})
    locale(tmp_path, "de_DE", "b", {"Open": "Öffnen", "Table": "Tabelle"})
    locale(tmp_path, "fr", "a", {"Open": "Ouvrir"})
    (tmp_path / "de" / "LC_MESSAGES" / "broken.mo").write_bytes(b"?")
    found = list(pairs(tmp_path, "en", "de"))
    assert sorted(found) == [("Close", "Schließen"), ("Open", "Öffnen"), ("Table", "Tabelle")]
    locale(tmp_path, "pt_BR", "a", {"Open": "Abrir"})
    assert list(pairs(tmp_path, "en-GB", "pt-BR")) == [("Open", "Abrir")]


def test_a_folder_without_the_languages_is_said(tmp_path):
    locale(tmp_path, "es", "a", {"Open": "Abrir"})
    with pytest.raises(InputError, match=r"no catalogue of de, TMX, XLIFF, or manual in en and de below this folder"):
        list(pairs(tmp_path, "en", "de"))
    with pytest.raises(InputError, match="no catalogue of es, TMX"):
        list(pairs(tmp_path, "fr", "es"))


def test_broken_files_of_a_folder_are_told_and_passed_over(tmp_path):
    locale(tmp_path, "de", "a", {"Open": "Öffnen"})
    (tmp_path / "de" / "LC_MESSAGES" / "b.mo").write_bytes(b"?")
    (tmp_path / "c.tmx").write_text("<tmx><tu><tuv lang='en'><seg>a</seg></tuv><tuv lang='de'><seg>b</seg></tuv></tu>")
    problems = []
    found = list(located(tmp_path, "en", "de", problems.append))
    assert found == [("c.tmx@0", ("a", "b")), ("de/LC_MESSAGES/a.mo@0", ("Open", "Öffnen"))]
    assert [str(problem).split(":")[0].rpartition("/")[2] for problem in problems] == ["c.tmx", "b.mo"]


# LibreOffice help

PAGE = '<body><h1 id="hd_id1">{}</h1><p id="par_id2">{} <b>x</b>\n y</p><p>no id</p><p id="toc">no</p></body>'


def help_folder(folder, **pages):
    for name, texts in pages.items():
        (folder / "sub").mkdir(parents=True, exist_ok=True)
        (folder / "sub" / f"{name}.html").write_text(PAGE.format(*texts), encoding="utf-8")
    return folder


def test_help_pages_are_aligned_by_paragraph_ids(tmp_path):
    source = help_folder(tmp_path / "en", a=("Tables", "Text"), only=("A", "B"))
    reference = help_folder(tmp_path / "de", a=("Tabellen", "Übersetzt"), other=("C", "D"))
    found = list(paired_html.segments(source, reference))
    assert [(segment.id, segment.source, segment.reference, segment.draft) for segment in found] == [
        ("sub/a.html#hd_id1", "Tables", "Tabellen", None), ("sub/a.html#par_id2", "Text x y", "Übersetzt x y", None),
    ]


def test_pages_in_two_languages_are_found_with_their_tags_as_codes(tmp_path):
    help_folder(tmp_path / "usr" / "help" / "en-US", a=("Tables", '<a href="../en-US/x.html">See</a> <code>=A1</code>'))
    help_folder(tmp_path / "usr" / "help" / "de", a=("Tabellen", '<code>=A1</code> <a href="../de/x.html">hier</a>'))
    found = list(located(tmp_path, "en", "de"))
    assert found == [("sub/a.html", ("Tables", "Tabellen")), ("sub/a.html", (
        "<g1>See</g1> <x2/> <g3>x</g3> y", "<x2/> <g1>hier</g1> <g3>x</g3> y"))]
    assert [pair for _, pair in located(tmp_path, "de", "en")][0] == ("Tabellen", "Tables")
    help_folder(tmp_path / "usr" / "help" / "de", a=("Tabellen", "<code>=B1</code> hier"))
    assert list(pairs(tmp_path, "en", "de"))[1] == ("See =A1 x y", "=B1 hier x y")


def test_translated_help_pages_bring_the_drafts(tmp_path):
    folders = (help_folder(tmp_path / name, a=(name, name), b=(name, name)) for name in ("en", "de"))
    output = help_folder(tmp_path / "out", a=("Entwurf", ""))
    assert [segment.draft for segment in paired_html.segments(*folders, output)] == ["Entwurf", "x y", "", ""]


def test_help_folders_that_share_no_page_are_said(tmp_path):
    source, reference = help_folder(tmp_path / "en", a=("A", "B")), help_folder(tmp_path / "de", b=("A", "B"))
    with pytest.raises(InputError, match=r"de: none of the 1 HTML pages of .*en is here"):
        list(paired_html.segments(source, reference))


@pytest.mark.parametrize("content", ["", "   ", "no html", "<p id='par_1'>"])
def test_pages_that_are_none_have_no_paragraphs(tmp_path, content):
    (tmp_path / "a.html").write_text(content)
    assert not any(paired_html.paragraphs(tmp_path / "a.html").values())


def jsonl(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


# many corpora as one

def test_distinct_pairs_come_once_in_one_order_without_what_is_held_out(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.tsv").write_text(ROWS.replace("\n\n", "\n") + f"{name}\t{name}{name}\nHeld  OUT.\tx\n")
    paths = [tmp_path / "a.tsv", tmp_path / "b.tsv"]
    found = deduplication.distinct(paths, "en", "de", exclude=["held out ."])
    assert sorted(found) == [("Open the table.", "Öffnen Sie die Tabelle."), ("a", "aa"), ("b", "bb")]
    assert found == deduplication.distinct(paths, "en", "de", exclude=["Held out."])
    with pytest.raises(InputError, match=r"no pair in .*a\.tsv that is not excluded"):
        deduplication.distinct(paths[:1], "en", "de", exclude=["held out.", "a", "open the table."])


@pytest.mark.parametrize("name, text", [
    ("x.jsonl", '{"source": "one"}\n{"source": "two"}\n'), ("x.tsv", "one\t1\ntwo\n"),
])
def test_sources_of_segments_and_of_lines(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert deduplication.sources(tmp_path / name) == ["one", "two"]


def test_sources_of_a_file_that_has_none_are_said(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"source": "one"}\n{"target": "two"}\n')
    with pytest.raises(InputError, match=r'x\.jsonl:2: a segment needs "source"'):
        deduplication.sources(tmp_path / "x.jsonl")


@pytest.mark.parametrize("name, expected", [
    ("out.tsv", "a\tb\n"), ("out.jsonl", '{"id": "x#0", "source": "a", "reference": "b"}\n'),
])
def test_write(tmp_path, name, expected):
    assert deduplication.write(tmp_path / "new" / name, [Segment("x#0", "a", reference="b")]) == 1
    assert (tmp_path / "new" / name).read_text() == expected
