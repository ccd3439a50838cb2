"""Manuals without ids in their paragraphs: manual pages, LyX documents, HTML and DocBook, aligned by structure."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.corpora import lyx, man_pages, pages, pairs, structure
from mtpipe.corpora.structure import Block
from mtpipe.errors import InputError

HELD_OUT = ("gimp-help", "wesnoth", "installation-guide")  # see the Makefile: TESTS
MAN_EN = r""".\" generated
.TH CP 1 "September 2022" "GNU coreutils 9.1" "User Commands"
.SH NAME
cp \- copy files and directories
.SH "SEE ALSO"
.B cp
.RI [ OPTION ]...
.br
Copy \fISOURCE\fR to \fIDEST\fR,
or to a directory.
.nf
cp a b
.fi
.TP
\fB\-f\fR, \fB\-\-force\fR
if a file can't be
opened, remove it
.PP
An appendix of the newer version only, which is longer than the paragraph about force that comes before it.
"""
MAN_DE = r""".SH BEZEICHNUNG
cp \- Dateien und Verzeichnisse kopieren
.SH "SIEHE AUCH"
\fBcp\fP [\fIOPTION\fP]…
.br
\fIQUELLE\fP nach \fIZIEL\fP oder in ein
Verzeichnis kopieren.
.TP
\fB\-f\fP, \fB\-\-force\fP
Wenn eine Datei nicht ge\(:offnet werden kann, l\[:o]schen
"""


def packed(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()))


def test_manual_pages_align_by_their_macros_also_across_packages(tmp_path):
    packed(tmp_path / "coreutils/usr/share/man/man1/cp.1.gz", MAN_EN)
    packed(tmp_path / "manpages-de/usr/share/man/de/man1/cp.1.gz", MAN_DE)
    packed(tmp_path / "manpages-de/usr/share/man/de/man1/only.1.gz", MAN_DE)
    packed(tmp_path / "manpages-fr/usr/share/man/fr/man1/cp.1.gz", MAN_EN)
    assert list(pairs(tmp_path, "en", "de")) == [
        ("NAME", "BEZEICHNUNG"), ("cp - copy files and directories", "cp - Dateien und Verzeichnisse kopieren"),
        ("SEE ALSO", "SIEHE AUCH"), ("cp [OPTION]...", "cp [OPTION]…"),
        ("Copy SOURCE to DEST, or to a directory.", "QUELLE nach ZIEL oder in ein Verzeichnis kopieren."),
        ("if a file can't be opened, remove it", "Wenn eine Datei nicht geöffnet werden kann, löschen"),
    ]  # fmt: skip
    turned = list(pairs(tmp_path, "de", "en"))
    assert ("SIEHE AUCH", "SEE ALSO") in turned and len(turned) == 6


def test_a_page_with_ids_leaves_the_manuals_beside_it_to_be_read(tmp_path):
    packed(tmp_path / "coreutils/usr/share/man/man1/cp.1.gz", MAN_EN)
    packed(tmp_path / "manpages-de/usr/share/man/de/man1/cp.1.gz", MAN_DE)
    for lang, paragraph, other in (("en", "With an id.", "Without one."), ("de", "Mit Kennung.", "Ohne.")):
        (tmp_path / "doc" / lang).mkdir(parents=True)
        (tmp_path / "doc" / lang / "a.html").write_text(f"<p id='par_1'>{paragraph}</p>")
        (tmp_path / "doc" / lang / "b.html").write_text(f"<p>{other}</p>")
    assert list(pairs(tmp_path, "en", "de"))[0] == ("With an id.", "Mit Kennung.")
    rest = list(pairs(tmp_path, "en", "de"))[1:]
    assert ("Without one.", "Ohne.") in rest and ("NAME", "BEZEICHNUNG") in rest and len(rest) == 7


@pytest.mark.parametrize("line, expected", [
    (r"\fBbold\fP and \fIslanted\f[R]", "bold and slanted"), (r"it\(aqs 5\~MB\-large", "it's 5 MB-large"),
    (r"\s-1SMALL\s0 \(em \(lqquoted\(rq", "SMALL — “quoted”"), (r"back\eslash\&.", "back\\slash."),
    (r"\(:A\(:u\(ss", "Äüß"),
])
def test_escapes_of_roff_are_plain_text(line, expected):
    assert man_pages.plain(line) == expected


def test_a_manual_page_that_is_not_utf_8_is_told_and_the_others_are_read(tmp_path):
    packed(tmp_path / "man/man1/cp.1.gz", MAN_EN)
    packed(tmp_path / "man/de/man1/cp.1.gz", MAN_DE)
    packed(tmp_path / "man/man1/ls.1.gz", MAN_EN)
    (tmp_path / "man/de/man1/ls.1").write_bytes(b".SH \xdcBERSICHT\n")
    from mtpipe.corpora import located

    told: list[InputError] = []
    assert len(list(located(tmp_path, "en", "de", told.append))) == 6
    assert "ls.1: not a manual page in UTF-8" in str(told[0]) and len(told) == 1


LYX = r"""#LyX 2.3 created this file. For more info see http://www.lyx.org/
\begin_document
\begin_body

\begin_layout Section
{title}
\begin_inset CommandInset label
LatexCommand label
name "sec:a"

\end_inset


\end_layout

\begin_layout Standard
{menu} \family sans
File\SpecialChar menuseparator
New\family default
\begin_inset Index idx
status collapsed

\begin_layout Plain Layout
{silent}
\end_layout

\end_inset

.
\begin_inset Foot
status open

\begin_layout Plain Layout
{foot}
\end_layout

\end_inset


\end_layout

\begin_layout Standard
{formula}
\begin_inset Formula $x^2$
\end_inset

.
\end_layout

\begin_layout LyX-Code
\backslash
newcommand
\end_layout

\end_body
\end_document
"""


def lyx_text(**texts: str) -> str:
    text = LYX
    for name, value in texts.items():
        text = text.replace(f"{{{name}}}", value)
    return text.replace(" \\family sans\n", "\n\\family sans\n").replace("New\\family", "New\n\\family")


def test_lyx_documents_align_by_layout_without_what_a_formula_completes(tmp_path):
    texts = (
        ("doc/Intro.lyx", {"title": "Files", "menu": "Choose ", "silent": "entry", "foot": "A footnote.",
                           "formula": "A"}),
        ("doc/de/Intro.lyx", {"title": "Dateien", "menu": "Wählen Sie ", "silent": "Eintrag", "foot": "Eine Fußnote.",
                              "formula": "Ein"}),
    )  # fmt: skip
    for name, said in texts:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(lyx_text(**said), encoding="utf-8")
    assert list(pairs(tmp_path, "en", "de")) == [
        ("Files", "Dateien"), ("A footnote.", "Eine Fußnote."), ("Choose File > New.", "Wählen Sie File > New."),
    ]  # fmt: skip


def test_what_is_no_lyx_document_is_refused(tmp_path):
    (tmp_path / "a.lyx").write_text("hello", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.lyx: no \\begin_body, so this is not a LyX document"):
        lyx.blocks(tmp_path / "a.lyx")


def test_html_of_one_structure_aligns_in_folders_and_in_names(tmp_path):
    one = "<html><head><title>T</title></head><body><h1>{}</h1><p>{} <b>{}</b>.</p><pre>code</pre><ul><li>{}</ul>"
    texts = {"en": ("Title", "A good", "page", "Item 1"), "de": ("Titel", "Eine gute", "Seite", "Punkt 1")}
    for lang, words in texts.items():
        for name in (f"guide/{lang}/ch01.html", f"reference-{lang}/usr/ch02.{lang}.html"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(one.format(*words), encoding="utf-8")
    expected = [("Title", "Titel"), ("A good page.", "Eine gute Seite."), ("Item 1", "Punkt 1")]
    assert list(pairs(tmp_path / "guide", "en", "de")) == expected
    assert pages.files(tmp_path, "de").keys() == {"/guide/ch01.html", "/reference/usr/ch02.html"}
    assert list(pairs(tmp_path, "en", "de")) == expected  # each pair once


@pytest.mark.parametrize("original, translation", [
    ("doc/html/ch01.html", "doc-de/html/ch01.de.html"), ("help/C/app/ch01.html", "help/de/app/ch01.html"),
    ("html/process/ch01.html", "html/translations/de/process/ch01.html"),
])
def test_an_english_original_may_lie_without_a_language_in_its_path(tmp_path, original, translation):
    for name, text in ((original, "A good page."), (translation, "Eine gute Seite."), ("fr/ch01.html", "Une page.")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"<meta charset=utf><p id='title'>{text}</p><a@b.c>x</a@b.c>", encoding="utf-8")
    assert list(pairs(tmp_path, "en", "de")) == [("A good page.", "Eine gute Seite.")]
    assert list(pairs(tmp_path, "de", "en")) == [("Eine gute Seite.", "A good page.")]


MALLARD = """<page xmlns="http://projectmallard.org/1.0/" id="tables"><info><link type="guide" xref="index"/>
<credit><name>Ann</name></credit><desc>{}</desc></info><title>{}</title>
<p>{} <guiseq><gui>{}</gui><gui>PDF</gui></guiseq>
<keyseq><key>Ctrl</key><key>P</key></keyseq>.</p><list><item><p>{} <link xref="other"/>.</p></item></list></page>"""


def test_mallard_pages_align_without_what_an_empty_link_completes(tmp_path):
    texts = {"C": ("About tables", "Tables", "Choose", "File", "See"),
             "de": ("Über Tabellen", "Tabellen", "Wählen Sie", "Datei", "Siehe")}  # fmt: skip
    for lang, words in texts.items():
        path = tmp_path / "usr/share/help" / lang / "app" / "tables.page"
        path.parent.mkdir(parents=True)
        path.write_text(MALLARD.format(*words), encoding="utf-8")
    assert list(pairs(tmp_path, "en", "de")) == [
        ("About tables", "Über Tabellen"), ("Tables", "Tabellen"),
        ("Choose File > PDF Ctrl+P.", "Wählen Sie Datei > PDF Ctrl+P."),
    ]  # fmt: skip


DESCRIPTIONS = {
    "en": """Package: bar
Description-md5: 01
Description-en: plays bars
 It plays
 bars:
  * loud bars, even
    very long ones
  * quiet bars
 .
 And more.

Package: foo
Description-md5: 02
Description-en: a newer foo
 Text.
""",
    "de": """Package: bar
Description-md5: 01
Description-de: spielt Takte
 Es spielt Takte:
  * laute Takte, auch sehr lange
  * leise Takte
 .
 Und mehr.

Package: foo
Description-md5: 03
Description-de: ein älteres Foo
 Text.
""",
}


def test_descriptions_of_packages_align_by_the_digest_of_the_original(tmp_path):
    from mtpipe.corpora import located

    for lang, text in DESCRIPTIONS.items():
        (tmp_path / f"Translation-{lang}").write_text(text, encoding="utf-8")
    told = list(located(tmp_path, "de", "en"))
    assert told == [("./bar", pair) for pair in (
        ("spielt Takte", "plays bars"), ("Es spielt Takte:", "It plays bars:"),
        ("laute Takte, auch sehr lange", "loud bars, even very long ones"), ("leise Takte", "quiet bars"),
        ("Und mehr.", "And more."),
    )]  # fmt: skip
    (tmp_path / "Translation-en").write_text(DESCRIPTIONS["en"] * 2, encoding="utf-8")  # the other one is smaller
    assert list(located(tmp_path, "en", "de")) == [(name, pair[::-1]) for name, pair in told]


def test_docbook_entities_stand_for_names_and_screens_are_no_text(tmp_path):
    text = ('<?xml version="1.0"?><!DOCTYPE book SYSTEM "kdex.dtd"><book><title>&kate;</title><chapter>'
            "<para>{} <guimenu>{}</guimenu>&nbsp;&#38; &LMB;.</para><screen>ls</screen></chapter></book>")
    for lang, words in (("en", ("Open", "File")), ("de", ("Öffnen Sie", "Datei"))):
        path = tmp_path / "HTML" / lang / "kate" / "index.docbook"
        path.parent.mkdir(parents=True)
        path.write_text(text.format(*words), encoding="utf-8")
    assert list(pairs(tmp_path, "en", "de")) == [("Open File & LMB.", "Öffnen Sie Datei & LMB.")]
    assert pages.blocks(tmp_path / "HTML/en/kate/index.docbook")[0] == Block("title", "Kate")


def test_blocks_that_one_side_lacks_are_passed_over():
    ours = [Block("h1", "Tables"), Block("p", "Press F1 now."), Block("p", "A new paragraph, only in this one."),
            Block("h1", "Cells"), Block("p", "Choose 25 cells.")]  # fmt: skip
    theirs = [Block("h1", "Tabellen"), Block("p", "Drücken Sie F1."), Block("h1", "Zellen"),
              Block("p", "Wählen Sie 25 Zellen.")]  # fmt: skip
    assert list(structure.aligned(ours, theirs)) == [
        ("Tables", "Tabellen"), ("Press F1 now.", "Drücken Sie F1."), ("Cells", "Zellen"),
        ("Choose 25 cells.", "Wählen Sie 25 Zellen."),
    ]  # fmt: skip


def test_long_documents_of_unlike_lengths_give_nothing(monkeypatch):
    ours, theirs = [[Block("p", "A text.")] * count for count in (40, 30)]
    assert len(list(structure.aligned(ours, theirs))) == 30
    monkeypatch.setattr(structure, "_MOST", 5000)
    assert list(structure.aligned(ours, theirs)) == []


TEXTS = st.text("ab 1", min_size=1, max_size=20)
BLOCKS = st.lists(st.builds(Block, st.sampled_from(["p", "h1", "li"]), TEXTS), max_size=12)


@given(BLOCKS, BLOCKS)
def test_alignments_keep_kinds_and_order(ours, theirs):
    places = structure._path(ours, theirs)
    assert all(ours[i].kind == theirs[j].kind for i, j in places)
    assert all(before[0] < i and before[1] < j for before, (i, j) in zip(places, places[1:]))


@given(BLOCKS)
def test_documents_of_the_same_kinds_align_one_to_one(blocks):
    assert list(structure.aligned(blocks, blocks)) == [(block.text, block.text) for block in blocks]


def test_rows_of_texts_by_language_are_pairs_of_any_two_of_them(tmp_path):
    path = tmp_path / "texts.jsonl"
    path.write_text('{"field": "it", "en": "A cell", "de": "Eine Zelle", "es": "Una celda"}\n', encoding="utf-8")
    assert list(pairs(path, "en", "de")) == [("A cell", "Eine Zelle")]
    assert list(pairs(path, "es", "en")) == [("Una celda", "A cell")]
    with pytest.raises(InputError, match=r'texts\.jsonl:1: a segment needs "source"'):
        list(pairs(path, "en", "cs"))


def test_the_outside_tests_are_in_no_list_of_training_text():
    root = Path(__file__).parents[3]
    for name in ("packages.tsv", "manuals.tsv"):
        packages = {line.split("\t")[0] for line in (root / "data" / name).read_text("utf-8").splitlines()[1:]}
        assert packages and not [name for name in packages if name.startswith(HELD_OUT)]
    for card in (root / "mtpipe" / "models").glob("*/MODEL.md"):
        rows = [line.split("|")[1].strip() for line in card.read_text("utf-8").splitlines() if line.startswith("| ")]
        assert not [row for row in rows if row.startswith(HELD_OUT)], card
