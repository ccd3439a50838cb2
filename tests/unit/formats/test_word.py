import io
import shutil
import struct
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from mtpipe.document import inline_codes
from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.formats.ooxml.word import WordFormat
from mtpipe.mt.fake import FakeTranslator

DATA = Path(__file__).parents[2] / "data" / "word"
NAMESPACES = ('xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
              'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"')
TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml"
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
RELATIONS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
Target="word/document.xml"/></Relationships>"""


def package(body, extra=(), types=TYPES):
    """A Word document with that body."""
    data = io.BytesIO()
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>'
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", types)
        made.writestr("_rels/.rels", RELATIONS)
        made.writestr("word/document.xml", document)
        for name, content in extra:
            made.writestr(name, content)
    return data.getvalue()


def read(data, tmp_path, **options):
    path = tmp_path / "in.docx"
    path.write_bytes(data)
    return WordFormat(**options).read(path, "doc")


def written(document, targets, tmp_path):
    path = tmp_path / "out.docx"
    segments = tuple(replace(s, draft=t) for s, t in zip(document.segments, targets, strict=True))
    WordFormat().write(replace(document, segments=segments), path)
    return path.read_bytes()


def capitals(document):
    return [draft.text for draft in FakeTranslator().translate(document.segments)]


def body(data):
    text = parts(data)["word/document.xml"].decode()
    return text[text.index("<w:body>") + 8:text.index("</w:body>")]


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def python_docx():
    made = docx.Document()
    made.add_heading("A title & more", 0)
    paragraph = made.add_paragraph("Some ")
    paragraph.add_run("bo").bold = True
    paragraph.add_run("ld").bold = True
    paragraph.add_run(" words.\tBehind a tab\nand a break.")
    table = made.add_table(1, 2)
    table.cell(0, 0).text = "Outer cell"
    table.cell(0, 1).add_table(1, 1).cell(0, 0).text = "Inner cell"
    made.sections[0].header.paragraphs[0].text = "The header"
    made.sections[0].footer.paragraphs[0].text = "The footer"
    made.core_properties.title = "Kept"
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


FILES = {path.stem: path.read_bytes() for path in sorted(DATA.glob("*.docx"))} | {"python-docx": python_docx()}


def p(*runs):
    return f"<w:p>{''.join(runs)}</w:p>"


def r(text, look="", **kinds):
    inner = "".join(f"<w:{kind}/>" for kind in kinds)
    said = f'<w:t xml:space="preserve">{escape(text)}</w:t>' if text else ""
    return f"<w:r>{f'<w:rPr>{look}</w:rPr>' if look else ''}{inner}{said}</w:r>"


B, ITALIC = "<w:b/>", "<w:i/>"
FIELD = ('<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> {} </w:instrText></w:r>'
         '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>{}</w:t></w:r>'
         '<w:r><w:fldChar w:fldCharType="end"/></w:r>')


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_translated_is_the_same_file(name, tmp_path):
    document = read(FILES[name], tmp_path)
    assert len(document.segments) > 5
    assert written(document, [None] * len(document.segments), tmp_path) == FILES[name]
    assert written(document, [segment.source for segment in document.segments], tmp_path) == FILES[name]


@pytest.mark.parametrize("name", FILES)
def test_every_text_is_translated_and_all_else_is_kept(name, tmp_path):
    document = read(FILES[name], tmp_path)
    result = written(document, capitals(document), tmp_path)
    before, after = parts(FILES[name]), parts(result)
    assert list(before) == list(after)
    touched = {part for part in before if before[part] != after[part]}
    assert touched <= {part for part in before if part.startswith("word/") and "comments" not in part}
    assert not any(part.startswith(("word/styles", "word/settings", "word/_rels", "docProps")) for part in touched)
    again = read(result, tmp_path)
    assert [segment.source for segment in again.segments] == capitals(document)
    docx.Document(io.BytesIO(result))
    for part in touched:
        old, new = etree.fromstring(before[part]), etree.fromstring(after[part])
        for tag in ("p", "tbl", "drawing", "hyperlink", "footnoteReference", "fldChar", "bookmarkStart",
                    "commentReference", "tab", "br", "sdt"):
            assert len(list(old.iter(f"{{*}}{tag}"))) == len(list(new.iter(f"{{*}}{tag}"))), tag


def test_libreoffices_document_is_read_whole(tmp_path):
    found = [segment.source for segment in read(FILES["libreoffice-rich"], tmp_path).segments]
    assert found == [
        "Introduction", "Introduction",
        "This paragraph has <g1>bold words</g1>, a <g2>link to the <g3>home</g3> page</g2> and a note<x4/>. Another "
        "sentence follows.",
        "An endnote<x1/> is here, with a comment<x2/> and a line<x3/>break.", "The new report was changed.",
        "Words in the text box", "Words in the text box", "Text before the box <x1/> and after the box.",
        "Name of the product", "Inner cell text", "First item of the list", "Second item: <x1/> or later", "Name:",
        "Ada <ada@example.org> & others", "Annual report of the company", "Page <x1/> of <x2/>",
        "The footnote explains <g1>everything</g1>.", "The endnote text."]


READ = [
    ("runs of one format are one text", p(r("He"), r("llo "), r("you")), ["Hello you"]),
    ("what nobody sees is no format", p(r("A "), r("b", '<w:lang w:val="en-US"/>'), "<w:proofErr w:type='x'/>",
                                        r(" c", "<w:noProof/>")), ["A b c"]),
    ("the most letters are the main format", p(r("A "), r("long bold text", B), r(" b")),
     ["<g1>A</g1> long bold text <g2>b</g2>"]),
    ("a format is one pair across a bookmark",
     p(r("a "), r("b", B), '<w:bookmarkStart w:id="1" w:name="x"/>', r("c", B), r(" dd")), ["a <g1>b<x2/>c</g1> dd"]),
    ("all in one format", p(r("Bold", B)), ["Bold"]),
    ("blanks take no format of their own", p(r("one two", B), r(" "), r("three", B)), ["one two three"]),
    ("tabs and breaks behind sentences part texts", p(r("A:"), "<w:r><w:tab/><w:t>b.</w:t><w:br/><w:t>c</w:t></w:r>"),
     ["A:", "b.", "c"]),
    ("other breaks are codes", p("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t></w:r>"), ["a<x1/>b"]),
    ("literals that the text itself has", p(r("write <g1> or "), r("x", ITALIC), r(" now")),
     ["write <g1> or <g2>x</g2> now"]),
    ("fields stand for themselves", p(r("Page "), FIELD.format("PAGE", "3"), r(" of the text")),
     ["Page <x1/> of the text"]),
    ("links' texts are text", p(r("See "), FIELD.format('HYPERLINK "u"', "the page"), r(" now")),
     ["See <g1>the page</g1> now"]),
    ("links of their own", p('<w:hyperlink r:id="a">' + r("x", '<w:rStyle w:val="L"/>') + "</w:hyperlink>", r(" y")),
     ["<g1>x</g1> y"]),
    ("a link with a tab in it parts texts", p('<w:hyperlink w:anchor="a">' + r("x") + r("", tab=1) + r("y z")
                                              + "</w:hyperlink>"), ["x", "y z"]),
    ("content controls",
     "<w:sdt><w:sdtPr/><w:sdtContent>" + p(
         r("Block "), "<w:sdt><w:sdtPr><w:alias/></w:sdtPr><w:sdtContent>", r("inline"), "</w:sdtContent></w:sdt>",
         "<w:sdt><w:sdtPr><w:date/></w:sdtPr><w:sdtContent>", r("May"), "</w:sdtContent></w:sdt>", r("!"))
     + "</w:sdtContent></w:sdt>", ["Block <g1>inline</g1><x2/>!"]),
    ("tracked changes as if accepted", p(r("a "), '<w:ins w:id="1">' + r("new ") + "</w:ins>", '<w:del w:id="2"><w:r>'
                                         "<w:delText>old</w:delText></w:r></w:del>", r("b")), ["a new b"]),
    ("hidden text", p(r("a "), r("no", "<w:vanish/>"), r("b")), ["a <x1/>b"]),
    ("no words", p(r("12 %")) + p() + "<w:p/>" + p(r("", tab=1)), []),
    ("hyphens", p("<w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b c</w:t><w:softHyphen/><w:t>d</w:t></w:r>"),
     ["a\u2011b cd"]),
    ("entities and blanks", p("<w:r><w:t> a &amp; b &#xe4; </w:t></w:r>"), ["a & b ä"]),
]  # fmt: skip


@pytest.mark.parametrize("content, expected", [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_segments(content, expected, tmp_path):
    document = read(package(content), tmp_path)
    assert [segment.source for segment in document.segments] == expected
    result = written(document, capitals(document), tmp_path)
    assert [segment.source for segment in read(result, tmp_path).segments] == capitals(document)


def t(text):
    return f'<w:t xml:space="preserve">{text}</w:t>'


WRITTEN = [
    ("runs merge, formats stay", p(r("He"), r("llo "), r("you", B)), ["<g1>du</g1> hallo"],
     p(f"<w:r><w:rPr>{B}</w:rPr>{t('du')}</w:r><w:r>{t(' hallo')}</w:r>")),
    ("blanks at the ends stay", p(r(" a ", B)), ["x"], p(f"<w:r><w:rPr>{B}</w:rPr>{t(' x ')}</w:r>")),
    ("a run is taken apart and closed again",
     p(f"<w:r><w:rPr>{ITALIC}</w:rPr>{t('a')}<w:tab/>{t('b')}</w:r>"), ["x", None],
     p(f"<w:r><w:rPr>{ITALIC}</w:rPr>{t('x')}</w:r><w:r><w:rPr>{ITALIC}</w:rPr><w:tab/>{t('b')}</w:r>")),
    ("behind a tab", p(f"<w:r>{t('a')}<w:tab/>{t('b')}</w:r>"), [None, "x"],
     p(f"<w:r>{t('a')}<w:tab/></w:r><w:r>{t('x')}</w:r>")),
    ("codes move with their words", p(r("a "), "<w:r><w:drawing/></w:r>", r(" b"), '<w:hyperlink r:id="h">' + r("c")
     + "</w:hyperlink>"), ["<g2>z</g2> <x1/> y"],
     p('<w:hyperlink r:id="h">' + r("z") + "</w:hyperlink>", r(" "), "<w:r><w:drawing/></w:r>", r(" y"))),
    ("lost and doubled codes come back once", p(r("a "), r("b", B), "<w:r><w:drawing/></w:r>", r(" c")), ["x <g1>y"],
     None),
    ("deleted text goes", p(r("a "), '<w:del w:id="1"><w:r><w:delText>o</w:delText></w:r></w:del>', r("b")), ["x"],
     p(r("x"))),
    ("signs of XML", p(r("a")), ["<b> & 'c'\x07"], p(f"<w:r>{t('&lt;b&gt; &amp; ' + repr('c'))}</w:r>")),
    ("hyphens", p(r("a")), ["b\u2011c"], p(f"<w:r>{t('b')}<w:noBreakHyphen/>{t('c')}</w:r>")),
    ("a text box in a paragraph that changes", p(r("a "), "<w:r><w:pict><w:txbxContent>" + p(r("box"))
     + "</w:txbxContent></w:pict></w:r>", r(" b")), ["Kasten", "x <x1/> y"],
     p(r("x "), "<w:r><w:pict><w:txbxContent>" + p(r("Kasten")) + "</w:txbxContent></w:pict></w:r>", r(" y"))),
    ("a text box alone", p(r("a "), "<w:r><w:pict><w:txbxContent>" + p(r("box"))
     + "</w:txbxContent></w:pict></w:r>", r(" b")), ["Kasten", None],
     p(r("a "), "<w:r><w:pict><w:txbxContent>" + p(r("Kasten")) + "</w:txbxContent></w:pict></w:r>", r(" b"))),
]  # fmt: skip


@pytest.mark.parametrize("content, targets, expected", [case[1:] for case in WRITTEN], ids=[c[0] for c in WRITTEN])
def test_written_paragraphs(content, targets, expected, tmp_path):
    result = body(written(read(package(content), tmp_path), targets, tmp_path))
    if expected is None:
        assert result.count("<w:drawing/>") == 1 and result.count(B) == 1
        etree.fromstring(f"<w:body {NAMESPACES}>{result}</w:body>")
    else:
        assert result == expected


LOOKS = st.sampled_from(["", B, ITALIC, B + ITALIC])
TEXTS = st.text(alphabet="ab .<&>é", min_size=1, max_size=6)
LEAVES = st.one_of(
    st.builds(r, TEXTS, LOOKS), st.builds(r, TEXTS, LOOKS), st.just(r("", tab=1)),
    st.just("<w:r><w:br/><w:t>x</w:t></w:r>"), st.just('<w:bookmarkStart w:id="1" w:name="b"/>'),
    st.just("<w:r><w:drawing/></w:r>"), st.just("<w:proofErr/>"),
    st.just(FIELD.format("PAGE", "1")), st.just('<w:r><w:fldChar w:fldCharType="end"/></w:r>'),
    st.just('<w:r><w:t>y</w:t><w:fldChar w:fldCharType="begin"/><w:t>z</w:t></w:r>'),
    st.just("<w:r><w:rPr><w:b/></w:rPr></w:r>"), st.just('<w:del w:id="1"><w:r><w:delText>q</w:delText></w:r></w:del>'))


def nested(leaves):
    inner = st.lists(leaves, max_size=4).map("".join)
    return leaves | st.one_of(
        inner.map(lambda x: f'<w:hyperlink r:id="h">{x}</w:hyperlink>'),
        inner.map(lambda x: f'<w:ins w:id="2">{x}</w:ins>'),
        inner.map(lambda x: f"<w:sdt><w:sdtPr/><w:sdtContent>{x}</w:sdtContent></w:sdt>"),
        inner.map(lambda x: f"<w:r><w:t>k</w:t><w:pict><w:txbxContent>{p(x)}</w:txbxContent></w:pict><w:t>m</w:t>"
                            "</w:r>"),
        inner.map(lambda x: FIELD.format("HYPERLINK", "l").replace("<w:r><w:t>l</w:t></w:r>", x)))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.lists(st.recursive(LEAVES, nested, max_leaves=8), max_size=8), random=st.randoms())
def test_any_paragraph_survives(content, random, tmp_path):
    data = package(p(*content))
    document = read(data, tmp_path)
    assert written(document, [None] * len(document.segments), tmp_path) == data
    for segment in document.segments:
        assert inline_codes.broken(segment.source, segment.codes, segment.source) == []
    targets = []
    for target in capitals(document):  # as they should be, lost, doubled, shuffled
        words = target.split(" ")
        random.shuffle(words)
        targets.append(random.choice([target, target, "X", target + " " + target, " ".join(words), None]))
    result = body(written(document, targets, tmp_path))
    etree.fromstring(f"<w:body {NAMESPACES}>{result}</w:body>")
    before = body(data)
    for tag in ("<w:drawing/>", "<w:tab/>", "<w:br/>", "<w:bookmarkStart ", "<w:hyperlink ", "<w:sdt>", "<w:fldChar ",
                "<w:txbxContent>"):
        assert result.count(tag) == before.count(tag)


def test_a_shuffled_text_keeps_its_formats(tmp_path):
    document = read(package(p(r("a text "), r("bold", B), r(" c"))), tmp_path)
    result = body(written(document, ["<g1>fett</g1> x"], tmp_path))
    assert result == p(f"<w:r><w:rPr>{B}</w:rPr>{t('fett')}</w:r>", r(" x"))


def test_tracked_changes_are_said_or_refused(tmp_path):
    data = package(p(r("a "), '<w:ins w:id="1" w:author="x">' + r("b") + "</w:ins>"))
    assert read(data, tmp_path).notes == (
        "1 tracked change: translated as if accepted, translated paragraphs no longer show them",)
    with pytest.raises(InputError, match="doc: has 1 tracked change; accept or reject them first, or"):
        read(data, tmp_path, tracked="refuse")
    with pytest.raises(ConfigError, match="docx.tracked is 'maybe'; use accept or refuse"):
        WordFormat(tracked="maybe")


@pytest.mark.parametrize("kind", [
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
])  # fmt: skip
def test_templates_and_documents_with_macros(kind, tmp_path):
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    document = read(package(p(r("a")), types=TYPES.replace(main, kind)), tmp_path)
    assert [segment.source for segment in document.segments] == ["a"]


def test_a_size_that_lies_is_noticed(tmp_path):
    data = package(p(r("a")), [("word/media/x.png", bytes(range(256)) * 99)])
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4) + 4)
    at = data.index(b"PK\x01\x02", at + 4) + 24
    document = read(data[:at] + struct.pack("<I", 5) + data[at + 4:], tmp_path)
    with pytest.raises(OutputError, match="can't be written: Bad CRC-32"):
        written(document, ["x"], tmp_path)


def encrypted(data):
    """The package with the flag for encryption on its first file."""
    at = data.index(b"PK\x01\x02") + 8
    return data[:at] + struct.pack("<H", 1) + data[at + 2:]


WRONG = [
    (b"", "doc: no Word document, or a damaged one"),
    (b"PK\x03\x04 and so on", "doc: no Word document, or a damaged one"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "doc: protected by a password, or in the format of Office 97"),
    (package(p(r("a")))[:-40], "doc: no Word document, or a damaged one"),
    (package("<w:p>"), "doc: word/document.xml: broken XML"),
    (package(p(r("a")), [("../../etc/x", "y")]), "holds a file called '../../etc/x', which leads out of the document"),
    (package(p(r("a")), [("C:\\x", "y")]), "leads out of the document"),
    (package(p(r("a")), [("/x", "y")]), "leads out of the document"),
    (package(p(r("a")), [("word/media/x.png", bytes(3_000_000))]), r"word/media/x.png would unpack to 3,000,000 bytes"),
    (encrypted(package(p(r("a")))), "doc: protected by a password"),
    (package(p(r("a")), types="<Types/>"), "doc: an Office file, but no Word document"),
    (package(p(r("a")), types="<Types>"), r"doc: \[Content_Types\].xml: broken XML"),
    (package(p(r("a"))).replace(b"[Content_Types]", b"[Content_Typos]"), "doc: a ZIP file, but no Word document"),
    (package(p(r("a")), types='<!DOCTYPE a [<!ENTITY b "c">]><Types/>'), "has a document type"),
]  # fmt: skip


@pytest.mark.parametrize("data, message", WRONG)
def test_wrong_files_are_refused(data, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(data, tmp_path)


def test_damaged_bytes_are_refused_or_read(tmp_path):
    data = FILES["libreoffice-help"]
    for at in range(0, len(data), 401):
        changed = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]
        try:
            document = read(changed, tmp_path)
        except InputError as error:
            assert str(error).startswith("doc: ")
        else:
            assert written(document, [None] * len(document.segments), tmp_path) == changed


def test_what_can_not_be_read_or_written_is_said(tmp_path):
    with pytest.raises(InputError, match="doc: can't be read: No such file"):
        WordFormat().read(tmp_path / "absent", "doc")
    document = read(package(p(r("a"))), tmp_path)
    with pytest.raises(OutputError, match="can't be written: No such file"):
        WordFormat().write(document, tmp_path / "no" / "out.docx")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
@pytest.mark.parametrize("name", FILES)
def test_libreoffice_opens_what_is_written(name, tmp_path):
    document = read(FILES[name], tmp_path)
    written(document, capitals(document), tmp_path)
    subprocess.run(["soffice", "--headless", "--convert-to", "fodt", "--outdir", tmp_path, tmp_path / "out.docx"],
                   check=True, capture_output=True, timeout=120)  # fmt: skip
    text = (tmp_path / "out.fodt").read_text()
    assert [target for target in capitals(document) if "<" not in target and escape(target) not in text] == []
