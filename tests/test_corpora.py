import gzip
import json
import lzma
import struct

import pytest

from mtpipe.corpora import gather, gettext, help_pages, pairs, tsv, wmt25
from mtpipe.errors import InputError
from mtpipe.segment import Segment

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
    ("a.tsv", b"one\teins\n\xff\xfe\n", r"a\.tsv: can't be read as UTF-8 text"),
    ("a.tsv.gz", b"one\teins\n", r"a\.tsv\.gz: can't be read"),
    ("a.tsv.gz", gzip.compress(b"one\teins\n" * 99)[:-12], r"a\.tsv\.gz: can't be read"),
    ("a.tsv.gz", gzip.compress(b"one\teins\n" * 99)[:30] + b"\xff" * 20, r"a\.tsv\.gz: can't be read"),
    ("a.tsv.xz", lzma.compress(b"one\teins\n" * 99)[:-12], r"a\.tsv\.xz: can't be read"),
])
def test_what_is_wrong_with_a_tsv_is_said(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(tsv.pairs(tmp_path / name))


def test_a_path_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="no such file or folder; give a TSV file .*a folder that holds catalogues"):
        pairs(tmp_path / "nothing", "en", "de")


# catalogues

CLEANED = [
    ("_File", "_Datei", ("File", "Datei")), ("E&xit", "B&eenden", ("Exit", "Beenden")),
    ("~Save", "~Speichern", ("Save", "Speichern")), ("Open", "開く(_O)", ("Open", "開く")),
    ("AT&T and R&D", "AT&T und R&D", ("AT&T and R&D", "AT&T und R&D")), ("a & b", "a & c", ("a & b", "a & c")),
    ("menu\x04Open", "Öffnen", ("Open", "Öffnen")), ("two\nlines ", "zwei\n Zeilen", ("two lines", "zwei Zeilen")),
]


@pytest.mark.parametrize("source, target, expected", CLEANED)
def test_messages_come_without_context_and_keys(tmp_path, source, target, expected):
    (tmp_path / "x.mo").write_bytes(catalogue({source: target}))
    assert list(gettext.pairs(tmp_path / "x.mo")) == ([expected] if expected[0] != expected[1] else [])


def test_plural_forms_are_pairs_and_untranslated_messages_are_not(tmp_path):
    messages = {"%d file\0%d files": "%d Datei\0%d Dateien", "OK": "OK", "nothing": ""}
    (tmp_path / "x.mo").write_bytes(catalogue(messages))
    assert list(pairs(tmp_path / "x.mo", "en", "de")) == [("%d file", "%d Datei"), ("%d file", "%d Dateien")]


@pytest.mark.parametrize("content", [b"", b"\xde\x12", b"not a catalogue at all", catalogue({"a": "b"})[:60],
                                     catalogue({"a": "b"}).replace(b"UTF-8", b"UTF-9")])
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
    with pytest.raises(InputError, match=r"no \.mo catalogue of 'de' below this folder"):
        list(pairs(tmp_path, "en", "de"))
    with pytest.raises(InputError, match="catalogues hold English sources, not fr; use TSV pairs"):
        list(pairs(tmp_path, "fr", "de"))


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
    found = list(help_pages.segments(source, reference))
    assert [(segment.id, segment.source, segment.reference, segment.draft) for segment in found] == [
        ("sub/a.html#hd_id1", "Tables", "Tabellen", None), ("sub/a.html#par_id2", "Text x y", "Übersetzt x y", None),
    ]


def test_translated_help_pages_bring_the_drafts(tmp_path):
    folders = (help_folder(tmp_path / name, a=(name, name), b=(name, name)) for name in ("en", "de"))
    output = help_folder(tmp_path / "out", a=("Entwurf", ""))
    assert [segment.draft for segment in help_pages.segments(*folders, output)] == ["Entwurf", "x y", "", ""]


def test_help_folders_that_share_no_page_are_said(tmp_path):
    source, reference = help_folder(tmp_path / "en", a=("A", "B")), help_folder(tmp_path / "de", b=("A", "B"))
    with pytest.raises(InputError, match=r"de: none of the 1 HTML pages of .*en is here"):
        list(help_pages.segments(source, reference))


@pytest.mark.parametrize("content", ["", "   ", "no html", "<p id='par_1'>"])
def test_pages_that_are_none_have_no_paragraphs(tmp_path, content):
    (tmp_path / "a.html").write_text(content)
    assert not any(help_pages.paragraphs(tmp_path / "a.html").values())


# WMT 2025

def jsonl(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


ROW = {"en": "A table", "es": "Una tabla", "proper": {"table": "tabla"}, "noterm": {}}


def test_wmt25_lines_become_segments(tmp_path):
    data = jsonl(tmp_path / "full.jsonl", ROW, ROW)
    outputs = jsonl(tmp_path / "team.jsonl", {"es": "Una mesa"}, {"es": "Una tabla"})
    first, second = wmt25.segments(data, outputs, "en", "es", "proper")
    assert (first.id, first.source, first.draft, first.reference) == ("team#1", "A table", "Una mesa", "Una tabla")
    assert [term.targets for term in second.terms] == [("tabla",)]
    assert [segment.terms for segment in wmt25.segments(data, outputs, "en", "es", "noterm")] == [(), ()]


@pytest.mark.parametrize("rows, outputs, message", [
    ([ROW, ROW], [{"es": "x"}], r"team\.jsonl: 1 lines, but .*full\.jsonl has 2"),
    ([{"en": "x", "proper": {}}], [{"es": "x"}], r"full\.jsonl:1: no 'es' here, only en, proper"),
    ([ROW], [{"de": "x"}], r"team\.jsonl:1: no 'es' here, only de"),
])
def test_wmt25_files_that_do_not_match_are_said(tmp_path, rows, outputs, message):
    data, team = jsonl(tmp_path / "full.jsonl", *rows), jsonl(tmp_path / "team.jsonl", *outputs)
    with pytest.raises(InputError, match=message):
        list(wmt25.segments(data, team, "en", "es", "proper"))


# many corpora as one

def test_distinct_pairs_come_once_in_one_order_without_what_is_held_out(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.tsv").write_text(ROWS.replace("\n\n", "\n") + f"{name}\t{name}{name}\nHeld  OUT.\tx\n")
    paths = [tmp_path / "a.tsv", tmp_path / "b.tsv"]
    found = gather.distinct(paths, "en", "de", exclude=["held out ."])
    assert sorted(found) == [("Open the table.", "Öffnen Sie die Tabelle."), ("a", "aa"), ("b", "bb")]
    assert found == gather.distinct(paths, "en", "de", exclude=["Held out."])
    with pytest.raises(InputError, match=r"no pair in .*a\.tsv that is not excluded"):
        gather.distinct(paths[:1], "en", "de", exclude=["held out.", "a", "open the table."])


@pytest.mark.parametrize("name, text", [
    ("x.jsonl", '{"source": "one"}\n{"source": "two"}\n'), ("x.tsv", "one\t1\ntwo\n"),
])
def test_sources_of_segments_and_of_lines(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert gather.sources(tmp_path / name) == ["one", "two"]


def test_sources_of_a_file_that_has_none_are_said(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"source": "one"}\n{"target": "two"}\n')
    with pytest.raises(InputError, match=r'x\.jsonl:2: no JSON object with a "source"'):
        gather.sources(tmp_path / "x.jsonl")


@pytest.mark.parametrize("name, expected", [
    ("out.tsv", "a\tb\n"), ("out.jsonl", '{"id": "x#0", "source": "a", "reference": "b"}\n'),
])
def test_write(tmp_path, name, expected):
    assert gather.write(tmp_path / "new" / name, [Segment("x#0", "a", reference="b")]) == 1
    assert (tmp_path / "new" / name).read_text() == expected
