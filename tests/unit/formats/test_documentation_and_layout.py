"""AsciiDoc, LaTeX, SubStation Alpha, IDML, RTF through LibreOffice, PDF as Markdown."""

import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from mtpipe import plugins
from mtpipe.config import Job
from mtpipe.document import inline_codes
from mtpipe.errors import InputError, OutputError, UnsuitedError
from mtpipe.formats import libreoffice
from mtpipe.formats.asciidoc import AsciiDocFormat
from mtpipe.formats.idml import IdmlFormat
from mtpipe.formats.latex import LatexFormat
from mtpipe.formats.pdf import PdfFormat
from mtpipe.formats.subtitles import AssFormat
from mtpipe.pipeline.jobs import run
from tests.support.pdf_pages import pdf

ADOC = """= The *Title* of it
Jane Doe <jane@example.org>
:toc:

This is `code`, *bold words* and a https://example.org[link to _it_].
It goes on over two lines with {name}.

[[anchor]]
== A section

.A block title
[source,ruby]
----
puts "no"
----

* One item with +pass+
** A deeper one
. [x] done

Term:: What it means
Other::
  Also a *definition* +
  after a break

NOTE: Take care of <<anchor,the section>>.

====
An example.
====

 literal line

// a comment

|===
|Name |What it is

|`a` |The first letter
2+|Both of them
l|as it is
a|
* in a list
|===

image::x.png[Alt text]

"`Quoted words`" and a footnote:[The text.] here.

Old title
---------

Last one.
"""
ADOC_TEXTS = [
    "The *Title* of it",
    "This is `code`, *bold words* and a https://example.org[link to _it_]. It goes on over two lines with {name}.",
    "A section", "A block title", "One item with +pass+", "A deeper one", "done", "Term",
    "What it means", "Other", "Also a *definition*", "after a break", "Take care of <<anchor,the section>>.",
    "An example.", "Name", "What it is", "The first letter", "Both of them", "in a list",
    '"`Quoted words`" and a footnote:[The text.] here.', "Old title", "Last one."]
TEX = r"""\documentclass{article}
\title{A small title}
\author{Jane Doe}
\newcommand{\prog}[1]{\texttt{#1}}
\begin{document}
\maketitle
\section{The \emph{first} section}\label{sec:one}
This is \textbf{bold}, {\it slanted} and $x^2$ math,
see Figure~\ref{fig:a} and \cite[p.~5]{knuth}. It costs 50\% % a comment
of the price. \LaTeX{} is here\footnote{A note with \emph{text}.}.

% only a comment
\begin{itemize}
  \item One item
  \item[Term] Another item with \prog{ls}
\end{itemize}
\begin{tabular}{ll}
Name & Value \\ \hline
First one & Second one \\
\end{tabular}
\[ a = b \]
\begin{verbatim}
not text
\end{verbatim}
\begin{figure}
\includegraphics[width=3cm]{x.png}
\caption{A long caption}
\end{figure}
\end{document}
"""
TEX_TEXTS = [
    "A small title", r"The \emph{first} section", r"This is \textbf{bold}, {\it slanted} and $x^2$ math, see "
    r"Figure~\ref{fig:a} and \cite[p.~5]{knuth}. It costs 50\%",
    r"of the price. \LaTeX{} is here\footnote{A note with \emph{text}.}.", "One item", "Term",
    r"Another item with \prog{ls}", "Name", "Value", "First one", "Second one", "A long caption"]
ASS = """[Script Info]
Title: x

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Hello, {\\i1}my{\\i0} friend\\Nof old
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}
Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,No text
"""


def read(form, text, tmp_path):
    path = tmp_path / f"a{form.suffixes[0]}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return form.read(path, "doc")


def sources(document):
    return [segment.source for segment in document.segments]


def written(form, document, tmp_path, change):
    """The document written with its sources changed: change gets each with its codes as letters of private use."""
    segments = []
    for segment in document.segments:
        literals = iter(inline_codes.literals(segment.source, segment.codes))
        new = change(inline_codes.mask(segment.source, segment.codes, "\ue000"))
        segments.append(replace(segment, draft=re.sub("\ue000", lambda match: next(literals), new)))
    path = tmp_path / f"out{form.suffixes[0]}"
    form.write(replace(document, segments=tuple(segments)), path)
    return path.read_bytes()


@pytest.mark.parametrize("form, text, expected", [
    (AsciiDocFormat(), ADOC, ADOC_TEXTS), (LatexFormat(), TEX, TEX_TEXTS),
    (AssFormat(), ASS, ["Hello, {\\i1}my{\\i0} friend of old"]),
    (LatexFormat(), TEX.replace("\n", "\r\n"), TEX_TEXTS), (AsciiDocFormat(), ADOC.replace("\n", "\r\n"), ADOC_TEXTS),
])
def test_texts_are_found_and_all_else_stays(form, text, expected, tmp_path):
    document = read(form, text, tmp_path)
    assert sources(document) == expected
    assert written(form, document, tmp_path, str) == text.encode()
    again = read(form, written(form, document, tmp_path, lambda text: f"Ö {text}"), tmp_path)
    assert [re.sub(r"\s+", " ", source) for source in sources(again)] == [f"Ö {source}" for source in expected]


def test_asciidoc_is_escaped_where_a_target_would_be_markup(tmp_path):
    document = read(AsciiDocFormat(), "A word\n\n* an item\n\n|===\n|a cell\n|===\n\nTitle\n-----\n", tmp_path)
    targets = iter([". *no* list", "with _no_ emphasis", "one | two", "A longer title"])
    new = written(AsciiDocFormat(), document, tmp_path, lambda text: next(targets)).decode()
    assert new == ("{empty}. \\*no* list\n\n* with \\_no_ emphasis\n\n|===\n|one \\| two\n|===\n\nA longer title\n"
                   "--------------\n")


def test_latex_is_escaped_and_commands_do_not_take_letters(tmp_path):
    document = read(LatexFormat(), "Use \\LaTeX for it and more.\n\nSecond one.\n", tmp_path)
    targets = iter(["Nimm \ue000zu 50 % & mehr_als #1 {x} ~ \\", "Ja."])
    new = written(LatexFormat(), document, tmp_path, lambda text: next(targets)).decode()
    assert new == ("Nimm \\LaTeX{}zu 50 \\% \\& mehr\\_als \\#1 \\{x\\} \\textasciitilde{} \\textbackslash{}\n\nJa.\n")


def test_latex_commands_of_ones_own_can_be_text(tmp_path):
    text = "\\hint{Some words} and \\hint{others} here.\n"
    assert sources(read(LatexFormat(), text, tmp_path)) == ["\\hint{Some words} and \\hint{others} here."]
    codes = read(LatexFormat("hint"), text, tmp_path).segments[0].codes
    assert [code.kind for code in codes] == ["open", "close"] * 2


def test_a_long_line_of_ass_is_broken_by_its_own_mark(tmp_path):
    document = read(AssFormat(), ASS, tmp_path)
    new = written(AssFormat(), document, tmp_path, lambda text: text + " and of many a year that has gone by").decode()
    assert new.count("\\N") == 1 and "{\\i1}my{\\i0}" in new and "\\p1}m 0 0 l 100 0" in new


FRAGMENTS = {
    AsciiDocFormat: ["word ", "*", "_", "`", "+", "#", "^", "~", "\n", "\n\n", "* ", ". ", "= ", "|===\n", "|",
                     "----\n", "====\n", "[x]\n", "link:a[", "]", "<<a,", ">>", "{x}", "::", " +\n", "NOTE: ",
                     "//", "\r\n",
                     ":a: b\n", "  ", "\\", "footnote:[", "ä", "--\n", "'''\n", ".T\n"],
    LatexFormat: ["word ", "\\textbf{", "}", "{", "$", "\\[", "\\]", "%", "\n", "\n\n", "\\\\", "\\item ", "\\item[",
                  "]", "\\begin{itemize}", "\\end{itemize}", "\\begin{tabular}{l}", "\\end{tabular}", "&", "~", "\\%",
                  "\\verb|", "|", "\\section{", "\\x", "\\cite[a]{b}", "\r\n", "\\(", "\\)", "$$", "ä", "\\", "[",
                  "\\begin{verbatim}", "\\href{u}{", "\\def\\a{", "\\begin{document}"],
    AssFormat: ["[Events]\n", "Dialogue: 0,1,2,3,4,5,6,7,8,", "word ", "\\N", "{\\i1}", "{", "}", "\n",
                "Format: Text\n", "{\\p1}", ",", "\r\n", "Comment: ", "ä"],
}


@pytest.mark.parametrize("form", FRAGMENTS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_document_survives_and_translating_keeps_the_codes(form, data, tmp_path):
    text = "".join(data.draw(st.lists(st.sampled_from(FRAGMENTS[form]), max_size=40)))
    try:
        document = read(form(), text, tmp_path)
    except InputError:
        assert form is AssFormat
        return
    assert written(form(), document, tmp_path, str) == text.encode()
    new = written(form(), document, tmp_path, lambda text: f"Ö {text} Ä").decode()
    for segment in document.segments:
        for literal in set(inline_codes.literals(segment.source, segment.codes)):
            assert new.count(literal) >= 1


@pytest.mark.parametrize("form", [AsciiDocFormat, LatexFormat])
@pytest.mark.parametrize("piece", ["word ", "*a _b ", "\\x{", "{", "[", "`a", "|", "$a ", "{a", "(((", "\\textbf{a ",
                                   "[[", "<<a,", "* a\n", "a:: "])
def test_much_of_anything_is_read_at_once_and_written_as_it_was(form, piece, tmp_path):
    document = read(form(), piece * 20_000, tmp_path)
    form().write(document, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == (piece * 20_000).encode()


STORY = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<idPkg:Story xmlns:idPkg="http://ns.adobe.com/AdobeInDesign/idml/1.0/packaging" DOMVersion="8.0"><Story Self="u1">
<ParagraphStyleRange AppliedParagraphStyle="P/Body">
<CharacterStyleRange S="C/None"><Properties><F>A</F></Properties><Content>Open the </Content></CharacterStyleRange>
<CharacterStyleRange S="C/Bold"><Content>pivot table</Content></CharacterStyleRange>
<CharacterStyleRange S="C/None"><Properties><F>A</F></Properties><Content> now.<?ACE 18?></Content><Br />
<Content>Second&#9;one</Content><Footnote><ParagraphStyleRange><CharacterStyleRange S="C/F"><Content>A note.</Content>
</CharacterStyleRange></ParagraphStyleRange></Footnote><Content> here &amp; there</Content></CharacterStyleRange>
</ParagraphStyleRange></Story></idPkg:Story>
"""


def idml(tmp_path, story=STORY, name="a.idml", **more):
    parts = {"mimetype": "application/vnd.adobe.indesign-idml-package",
             "designmap.xml": '<Document xmlns:idPkg="u"><idPkg:Story src="Stories/Story_u1.xml" /></Document>',
             "Stories/Story_u1.xml": story} | more
    with zipfile.ZipFile(tmp_path / name, "w") as package:
        for part, text in parts.items():
            package.writestr(part, text)
    return tmp_path / name


def test_idml_paragraphs_go_over_character_styles(tmp_path):
    path = idml(tmp_path)
    document = IdmlFormat().read(path, "doc")
    assert sources(document) == ["Open the <g1>pivot table</g1> now.", "A note.", "Second\tone<x1/> here & there"]
    assert written(IdmlFormat(), document, tmp_path, str) == path.read_bytes()
    targets = ["<g1>Pivot-Tabelle</g1> öffnen.", "Eine Notiz.", "Zweiter\t<x1/> hier & da"]
    segments = tuple(replace(s, draft=target) for s, target in zip(document.segments, targets, strict=True))
    IdmlFormat().write(replace(document, segments=segments), tmp_path / "b.idml")
    with zipfile.ZipFile(tmp_path / "b.idml") as package:
        story = etree.fromstring(package.read("Stories/Story_u1.xml"))
    runs = [(run.get("S"), "".join(run.xpath("./Content//text()"))) for run in story.iter("CharacterStyleRange")]
    assert ("C/Bold", "Pivot-Tabelle") in runs and ("C/F", "Eine Notiz.") in runs
    texts = ["".join(content.itertext()) for content in story.iter("Content")]
    assert texts == ["Pivot-Tabelle", " öffnen.", "", "Zweiter\t", "Eine Notiz.", " hier & da"]
    assert sources(IdmlFormat().read(tmp_path / "b.idml", "doc"))[1] == "Eine Notiz."


def _german(text):
    return text.replace("word", "Wort").replace("cell", "Zelle")


TABLE = ("<Table><Cell><ParagraphStyleRange><CharacterStyleRange S='T'><Content>cell</Content></CharacterStyleRange>"
         "</ParagraphStyleRange></Cell></Table>")
PARTS = ["word ", " more", "<Br/>", "<?ACE 7?>", "&lt;b&gt; ", "\t", TABLE, "<g1>"]
contents = st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(PARTS)), max_size=9)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(contents)
def test_any_story_keeps_its_parts(tmp_path, parts):
    body = "".join(
        f"<CharacterStyleRange S='{style}'>{part if part[0] == '<' and part[1] in 'BT' else ''}"
        + (f"<Content>{part.replace('<g1>', '&lt;g1&gt;')}</Content>" if part[:2] not in ("<B", "<T") else "")
        + "</CharacterStyleRange>" for style, part in parts)
    path = idml(tmp_path, f"<Story><ParagraphStyleRange>{body}</ParagraphStyleRange></Story>")
    document = IdmlFormat().read(path, "doc")
    assert written(IdmlFormat(), document, tmp_path, str) == path.read_bytes()
    segments = tuple(replace(segment, draft=_german(segment.source)) for segment in document.segments)
    IdmlFormat().write(replace(document, segments=segments), tmp_path / "b.idml")
    with zipfile.ZipFile(tmp_path / "b.idml") as package:
        root = etree.fromstring(package.read("Stories/Story_u1.xml"))
    old = etree.fromstring(f"<Story><ParagraphStyleRange>{body}</ParagraphStyleRange></Story>")
    for tag in ("Br", "Table"):
        assert len(list(root.iter(tag))) == len(list(old.iter(tag)))
    assert _german("".join(old.itertext())) == "".join(root.itertext()) or "<g1>" in "".join(old.itertext())


@pytest.mark.parametrize("make, message", [
    (lambda path: path.write_bytes(b"PK\3\4 no"), "InDesign document, or a damaged one"),
    (lambda path: zipfile.ZipFile(path, "w").writestr("x", "y"), r"InDesign document \(no designmap.xml\)"),
    (lambda path: idml(path.parent, "<Story>" * 3000 + "</Story>" * 3000), "broken XML|deep"),
    (lambda path: idml(path.parent, "<!DOCTYPE a [<!ENTITY b 'c'>]><Story/>"), "has a document type"),
    (lambda path: idml(path.parent, **{"../x": "y"}), "leads out of the document"),
    (lambda path: idml(path.parent, "<Story>"), "broken XML"),
])
def test_hostile_idml_is_refused(tmp_path, make, message):
    made = make(tmp_path / "a.idml")
    if hasattr(made, "close"):
        made.close()
    with pytest.raises(InputError, match=f"doc: .*(?:{message})"):
        IdmlFormat().read(tmp_path / "a.idml", "doc")


PAGE = [("A *heading*", 20, 50, 700), ("Some words that go on to the next line, since", 12, 50, 660),
        ("they are exam-", 12, 50, 646), ("ples of it.", 12, 50, 632), ("Another paragraph.", 12, 50, 590)]


def test_the_text_of_a_pdf_is_markdown(tmp_path):
    pages = [[*PAGE, (f"Page {n} of 3", 12, 50, 20)] for n in (1, 2, 3)]
    document = PdfFormat().read(pdf(tmp_path / "a.pdf", pages), "doc")
    assert sources(document)[:3] == [
        "A \\*heading\\*", "Some words that go on to the next line, since they are examples of it.",
        "Another paragraph."]
    assert len(document.segments) == 9 and "layout, tables and pictures are not kept" in document.notes[0]
    assert written(PdfFormat(), document, tmp_path, str.upper).decode().startswith(
        "# A \\*HEADING\\*\n\nSOME WORDS THAT GO ON TO THE NEXT LINE, SINCE THEY ARE EXAMPLES OF IT.\n")


@pytest.mark.parametrize("data, message", [
    (b"no pdf", "is not a PDF"), (b"%PDF-1.4\n" + b"\0" * 99, "damaged, or not a PDF|no text in it"),
    (b"%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 1 0 R /Kids [1 0 R] >>\ntrailer << /Root 1 0 R >>",
     "damaged|no text"),
])
def test_a_pdf_that_holds_no_text_is_named(tmp_path, data, message):
    (tmp_path / "a.pdf").write_bytes(data)
    with pytest.raises(InputError, match=f"doc: .*(?:{message})"):
        PdfFormat().read(tmp_path / "a.pdf", "doc")
    with pytest.raises(InputError, match="can't be read"):
        PdfFormat().read(tmp_path / "absent.pdf", "doc")


def test_without_its_library_a_pdf_is_copied(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mtpipe.formats.pdf_text", None)
    (tmp_path / "in").mkdir()
    pdf(tmp_path / "in" / "a.pdf", [PAGE])
    with pytest.raises(UnsuitedError, match=r"doc: not translated, .* pip install 'mtpipe\[pdf\]'"):
        PdfFormat().read(tmp_path / "in" / "a.pdf", "doc")
    report = run(Job(tmp_path / "in", tmp_path / "out", "en", "de", mt="fake", editors=()))
    assert report.totals.failed == 0
    assert (tmp_path / "out" / "a.pdf").read_bytes() == (tmp_path / "in" / "a.pdf").read_bytes()
    assert not (tmp_path / "out" / "a.pdf.md").exists()


def test_a_job_writes_a_pdf_as_markdown_beside_its_name(tmp_path):
    (tmp_path / "in").mkdir()
    pdf(tmp_path / "in" / "a.pdf", [PAGE])
    report = run(Job(tmp_path / "in", tmp_path / "out", "en", "de", mt="fake", editors=()))
    assert report.totals.failed == 0
    assert (tmp_path / "out" / "a.pdf.md").read_text().startswith("# ") and not (tmp_path / "out" / "a.pdf").exists()


RTF = r"{\rtf1\ansi{\fonttbl\f0\fswiss Helvetica;}\f0 Some {\b bold} words.\par Second one.\par}"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_rtf_goes_through_libreoffice(tmp_path):
    form = plugins.create("format", "libreoffice", {}, source_lang="en", target_lang="de")
    document = read(form, RTF, tmp_path)
    assert sources(document) == ["Some <g1>bold</g1> words.", "Second one."] and "LibreOffice" in document.notes[-1]
    assert written(form, document, tmp_path, str) == RTF.encode()
    new = written(form, document, tmp_path, str.upper).decode("latin-1")
    assert new.startswith("{\\rtf1") and "SECOND ONE." in new and "BOLD" in new


def test_without_libreoffice_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(libreoffice, "_PROGRAMS", ("no-such-office",))
    form = plugins.create("format", "libreoffice", {})
    with pytest.raises(UnsuitedError, match=r"doc: not translated, LibreOffice .* or save the file as .docx"):
        read(form, RTF, tmp_path)
    with pytest.raises(InputError, match="is not in the RTF format"):
        read(form, "some text", tmp_path)


@pytest.mark.parametrize("form, text", [(AsciiDocFormat(), ADOC), (LatexFormat(), TEX), (AssFormat(), ASS)])
def test_wrong_input_is_said(form, text, tmp_path):
    with pytest.raises(InputError, match="doc: can't be read: No such file"):
        form.read(tmp_path / "absent", "doc")
    with pytest.raises(InputError, match="doc: looks binary"):
        read(form, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1" + bytes(range(256)) * 9, tmp_path)
    with pytest.raises(OutputError, match="can't be written: No such file"):
        form.write(read(form, text, tmp_path), tmp_path / "no" / "folder")
    assert read(form, "", tmp_path).segments == ()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("asciidoctor"), reason="asciidoctor is not installed")
def test_asciidoctor_reads_what_is_written(tmp_path):
    document = read(AsciiDocFormat(), ADOC, tmp_path)
    (tmp_path / "b.adoc").write_bytes(written(AsciiDocFormat(), document, tmp_path, lambda text: f"Ö {text}"))
    pages = [subprocess.run(["asciidoctor", "--failure-level", "WARN", "-o", "-", tmp_path / name], check=True,
                            capture_output=True, text=True).stdout for name in ("a.adoc", "b.adoc")]
    tags = [re.findall(r"<(?!meta|title)[a-z]\w*", page) for page in pages]
    assert tags[0] == tags[1]
