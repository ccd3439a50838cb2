"""OpenDocument files, e-books, DocBook and DITA: made by odfpy and EbookLib, translated, opened by them again."""

import io
import zipfile
from dataclasses import replace

import pytest
from ebooklib import epub
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from odf import draw, opendocument, presentation, style, table, text

from mtpipe.document import inline_codes
from mtpipe.errors import InputError, UnsuitedError
from mtpipe.formats.editing import xml_text
from mtpipe.formats.editing.inplace import replaced
from mtpipe.formats.editing.xml_text import Rules
from mtpipe.formats.epub import EpubFormat
from mtpipe.formats.odf import OpenDocumentFormat
from mtpipe.formats.xml_documentation import DitaFormat, DocBookFormat
from mtpipe.mt.fake import FakeTranslator


def sources(document):
    return [segment.source for segment in document.segments]


def translated(form, document, path, targets=None):
    drafts = [draft.text for draft in FakeTranslator().translate(document.segments)]
    drafts = [targets.get(s.source) for s in document.segments] if targets is not None else drafts
    form.write(replace(document, segments=tuple(
        replace(segment, draft=draft) for segment, draft in zip(document.segments, drafts, strict=True))), path)
    return path


def letter(path):
    made = opendocument.OpenDocumentText()
    bold = style.Style(name="B", family="text")
    bold.addElement(style.TextProperties(fontweight="bold"))
    made.automaticstyles.addElement(bold)
    made.text.addElement(text.H(outlinelevel=1, text="A title & more"))
    paragraph = text.P(text="Some ")
    paragraph.addElement(text.Span(stylename=bold, text="bold"))
    paragraph.addText(" words")
    note, body = text.Note(noteclass="footnote"), text.NoteBody()
    note.addElement(text.NoteCitation(text="1"))
    body.addElement(text.P(text="A note here."))
    note.addElement(body)
    paragraph.addElement(note)
    paragraph.addElement(text.S(c=3))
    paragraph.addText("go on on page ")
    paragraph.addElement(text.PageNumber(text="1"))
    made.text.addElement(paragraph)
    made.save(path)
    return path


def test_a_letter_is_read_whole_and_opened_again(tmp_path):
    form = OpenDocumentFormat()
    document = form.read(letter(tmp_path / "a.odt"), "a.odt")
    assert sources(document) == ["A title & more", "A note here.",
                                 "Some <g1>bold</g1> words<x2/><x3/>go on on page <x4/>"]  # fmt: skip
    new = opendocument.load(translated(form, document, tmp_path / "b.odt"))
    spans = new.getElementsByType(text.Span)
    assert [(str(span), span.getAttribute("stylename")) for span in spans] == [("BOLD", "B")]
    assert str(new.text) == "A TITLE & MORESOME BOLD WORDS1A NOTE HERE.GO ON ON PAGE 1"


def test_a_sheets_formulas_and_numbers_stay(tmp_path):
    made, sheet = opendocument.OpenDocumentSpreadsheet(), table.Table(name="Prices")
    for value, formula in (("Blue chair", None), ("Yes", None), ("x", 'of:=IF([.A2]="Yes";"In stock";"")')):
        row, said = table.TableRow(), {"formula": formula} if formula else {}
        cell = table.TableCell(valuetype="string", **said)
        cell.addElement(text.P(text=value))
        row.addElement(cell)
        sheet.addElement(row)
    number = table.TableCell(valuetype="float", value=3)
    number.addElement(text.P(text="3 pieces"))
    row.addElement(number)
    made.spreadsheet.addElement(sheet)
    made.save(tmp_path / "a.ods")
    assert sources(OpenDocumentFormat().read(tmp_path / "a.ods", "a")) == ["Blue chair"]


def test_slides_with_notes(tmp_path):
    made = opendocument.OpenDocumentPresentation()
    master = style.MasterPage(name="M", pagelayoutname="L")
    made.masterstyles.addElement(master)
    page, frame, box, notes = draw.Page(masterpagename=master), draw.Frame(), draw.TextBox(), presentation.Notes()
    box.addElement(text.P(text="On a slide"))
    frame.addElement(box)
    page.addElement(frame)
    other, inner = draw.Frame(), draw.TextBox()
    inner.addElement(text.P(text="Speak slowly."))
    other.addElement(inner)
    notes.addElement(other)
    page.addElement(notes)
    made.presentation.addElement(page)
    made.save(tmp_path / "a.odp")
    assert sources(OpenDocumentFormat().read(tmp_path / "a.odp", "a")) == ["On a slide", "Speak slowly."]


def book(path):
    made = epub.EpubBook()
    made.set_identifier("id")
    made.set_title("A book & more")
    made.set_language("en")
    chapters = [epub.EpubHtml(title=title, file_name=name, lang="en", content=content) for title, name, content in (
        ("Two", "b.xhtml", "<h1>Second</h1><p>The <code>end</code>.</p>"),
        ("One", "a.xhtml", "<h1>First</h1><p>Some <b>bold</b> words<br/>&amp; an <img src='x' alt='Picture'/>.</p>"))]
    for chapter in chapters:
        made.add_item(chapter)
    made.toc = (epub.Link("a.xhtml", "First", "a"),)
    made.add_item(epub.EpubNcx())
    made.add_item(epub.EpubNav())
    made.spine = list(reversed(chapters))
    epub.write_epub(str(path), made)
    return path


def test_a_book_is_read_in_its_order_and_opened_again(tmp_path):
    form = EpubFormat("de")
    document = form.read(book(tmp_path / "a.epub"), "a.epub")
    assert sources(document)[:7] == [
        "A book & more", "One", "First", "Picture", "Some <b>bold</b> words<br/>& an <img src=\"x\" alt=\"Picture\"/>.",
        "Two", "Second"]  # fmt: skip
    new = epub.read_epub(translated(form, document, tmp_path / "b.epub"))
    assert new.title == "A BOOK & MORE" and new.get_metadata("DC", "language")[0][0] == "de"
    assert "SOME <b>BOLD</b> WORDS" in new.get_item_with_href("a.xhtml").get_content().decode()
    with zipfile.ZipFile(tmp_path / "b.epub") as opened:
        assert b' xml:lang="de"' in opened.read("EPUB/a.xhtml")
        assert opened.namelist()[0] == "mimetype" and opened.infolist()[0].compress_type == zipfile.ZIP_STORED
        for name in opened.namelist():
            if name.endswith(("xhtml", "ncx", "opf")):
                etree.fromstring(opened.read(name))


@pytest.mark.parametrize("form, make, name", [
    (OpenDocumentFormat, letter, "a.odt"), (EpubFormat, book, "a.epub")])  # fmt: skip
def test_what_is_not_translated_is_the_same_file(tmp_path, form, make, name):
    path = make(tmp_path / name)
    document = form().read(path, name)
    for targets in ({}, {source: source for source in sources(document)}):
        assert translated(form(), document, tmp_path / f"b{name}", targets).read_bytes() == path.read_bytes()


DOCBOOK = """<?xml version="1.0"?>
<!DOCTYPE article PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "docbookx.dtd">
<article xml:lang="en"><!-- c --><title>The <emphasis>first</emphasis> title</title><para>
  Run <command>ls -l</command> in the <guimenu>File</guimenu> menu<footnote><para>Only on Unix.</para></footnote>,
  then go on.<indexterm><primary>listing</primary></indexterm></para><?pi x?>
<itemizedlist><listitem><para><emphasis>All</emphasis></para></listitem></itemizedlist>
<programlisting>int a;</programlisting></article>
"""


def test_docbook(tmp_path):
    path = tmp_path / "a.dbk"
    path.write_text(DOCBOOK)
    form = DocBookFormat("de")
    document = form.read(path, "a")
    assert sources(document) == [
        "The <g1>first</g1> title", "Only on Unix.",
        "Run <x1/> in the <g2>File</g2> menu<x3/>, then go on.", "listing", "All",
    ]  # fmt: skip
    new = translated(form, document, tmp_path / "b.dbk").read_text()
    assert new == (
        DOCBOOK.replace('lang="en"', 'lang="de"').replace("The ", "THE ").replace("first", "FIRST")
        .replace(" title<", " TITLE<").replace("Run", "RUN").replace(" in the", " IN THE").replace("File", "FILE")
        .replace(" menu<", " MENU<").replace("Only on Unix.", "ONLY ON UNIX.")
        .replace(",\n  then go on.", ", THEN GO ON.")
        .replace("listing</pri", "LISTING</pri").replace("All", "ALL"))  # fmt: skip


def test_dita(tmp_path):
    path = tmp_path / "a.dita"
    path.write_text('<task id="t"><title>Install <ph>it</ph></title><taskbody><steps><step><cmd>Open <filepath>a.txt'
                    "</filepath> now.</cmd></step></steps><example>Text <ul><li>one</li></ul></example>"
                    "<codeblock>x y</codeblock><p translate='no'>Name</p></taskbody></task>")  # fmt: skip
    document = DitaFormat().read(path, "a")
    assert sources(document) == ["Install <g1>it</g1>", "Open <x1/> now.", "Text", "one"]
    assert ">TEXT <ul><li>ONE</li></ul><" in translated(DitaFormat(), document, tmp_path / "b.dita").read_text()


@pytest.mark.parametrize("form", [DitaFormat, DocBookFormat])
def test_other_xml_is_left_alone(tmp_path, form):
    path = tmp_path / "a.xml"
    path.write_text("<project><name>x</name></project>")
    with pytest.raises(UnsuitedError, match="a: not translated, a file of <project> is no D"):
        form().read(path, "a")


RULES = Rules(frozenset(("p", "fn")), frozenset(("code",)))
LEAVES = st.sampled_from(["word ", "Ende.", " ", "&lt;x1/&gt; ", "&amp;", "<br/>", "<code>a b</code>", "<!-- c -->",
                          "<?pi?>", "<![CDATA[x<y]]>", "<fn>Note <b>x</b></fn>", "\n", "<x1/>"])  # fmt: skip
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4).map("".join).flatmap(
    lambda inside: st.sampled_from([f"<p>{inside}</p>", f"<b>{inside}</b>", f"<i a='>'>{inside}</i>"])), max_leaves=14)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=st.lists(TREES, max_size=6).map("".join), random=st.randoms())
def test_any_tree_survives(tree, random):
    source = f"<doc>{tree}</doc>"
    found = xml_text.passages(source, RULES)
    assert replaced(source, xml_text.edits(source, found, [p.source for p in found])) == source
    targets = []
    for passage in found:
        assert inline_codes.broken(passage.source, passage.codes, passage.source) == []
        words = passage.source.split(" ")
        random.shuffle(words)
        targets.append(random.choice([passage.source + " y", " ".join(words), "X", None]))
    new = replaced(source, xml_text.edits(source, found, targets))
    before, after = etree.fromstring(source), etree.fromstring(new)
    for tag in ("br", "code", "fn", "b", "i", "p", "x1"):
        assert len(list(before.iter(tag))) == len(list(after.iter(tag)))


def packed(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return data.getvalue()


BOMB = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


@pytest.mark.parametrize("form, data, message", [
    (OpenDocumentFormat, b"no zip", "no OpenDocument file, or a damaged one"),
    (OpenDocumentFormat, packed({"a": ""}), r"not an OpenDocument file \(no content.xml\)"),
    (OpenDocumentFormat, packed({"content.xml": "<a"}), "broken XML"),
    (OpenDocumentFormat, packed({"content.xml": BOMB}), "document type"),
    (OpenDocumentFormat, packed({"content.xml": "<a>" * 10_000 + "</a>" * 10_000}), "broken XML|deep"),
    (OpenDocumentFormat, packed({"content.xml": "x", "META-INF/manifest.xml": "<encryption-data/>"}), "password"),
    (EpubFormat, b"no zip", "no e-book, or a damaged one"),
    (EpubFormat, packed({"mimetype": "x"}), "a ZIP file, but not an e-book"),
    (EpubFormat, packed({"META-INF/container.xml": '<c><rootfile full-path="x.opf"/></c>'}), "but not an e-book"),
    (EpubFormat, packed({"../x": "", "META-INF/container.xml": ""}), "leads out of the document"),
])  # fmt: skip
def test_what_is_hostile_or_broken_is_refused(tmp_path, form, data, message):
    path = tmp_path / f"a{form.suffixes[0]}"
    path.write_bytes(data)
    with pytest.raises(InputError, match=f"name: .*(?:{message})"):
        form().read(path, "name")
