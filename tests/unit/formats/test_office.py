"""Presentations and workbooks: made by python-pptx and openpyxl, translated, opened by them again."""

import io
import re
import zipfile
from dataclasses import replace

import openpyxl
import pptx
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.worksheet.table import Table
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from mtpipe.document import inline_codes
from mtpipe.errors import InputError
from mtpipe.formats.ooxml.excel import ExcelFormat
from mtpipe.formats.ooxml.powerpoint import PowerPointFormat
from mtpipe.mt.fake import FakeTranslator


def saved(made, path):
    made.save(path)
    return path


def translated(form, document, path, targets=None):
    drafts = [draft.text for draft in FakeTranslator().translate(document.segments)]
    drafts = [targets.get(s.source) for s in document.segments] if targets is not None else drafts
    form.write(replace(document, segments=tuple(
        replace(segment, draft=draft) for segment, draft in zip(document.segments, drafts, strict=True))), path)
    return path


def sources(document):
    return [segment.source for segment in document.segments]


def presentation(path):
    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[1])
    slide.shapes.title.text = "A title & more"
    body = slide.placeholders[1].text_frame
    body.text = "First point"
    paragraph = body.add_paragraph()
    paragraph.add_run().text = "Some text that is longer than the rest "
    bold = paragraph.add_run()
    bold.text, bold.font.bold = "bold", True
    link = paragraph.add_run()
    link.text, link.hyperlink.address = " and a link", "https://example.org/"
    paragraph.add_run().text = " here."
    paragraph.add_line_break()
    paragraph.add_run().text = "Second line."
    table = slide.shapes.add_table(1, 2, 0, 0, Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Name", "42"
    data = CategoryChartData()
    data.categories = ["East"]
    data.add_series("Sales", (1.0,))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, Inches(2), Inches(2), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Sales by region"
    slide.notes_slide.notes_text_frame.text = "Speak slowly."
    return saved(made, path)


def test_a_presentation_is_read_whole_and_opened_again(tmp_path):
    path = presentation(tmp_path / "a.pptx")
    document = PowerPointFormat().read(path, "a.pptx")
    assert sources(document) == [
        "A title & more", "First point",
        "Some text that is longer than the rest <g1>bold</g1> <g2>and a link</g2> here.", "Second line.",
        "Name", "Sales by region", "Speak slowly.",
    ]  # fmt: skip
    new = pptx.Presentation(translated(PowerPointFormat(), document, tmp_path / "b.pptx"))
    shapes = {shape.name: shape for shape in new.slides[0].shapes}
    runs = shapes["Content Placeholder 2"].text_frame.paragraphs[1].runs
    assert [(run.text.upper() == run.text, run.font.bold, run.hyperlink.address) for run in runs if run.text.strip()] \
        == [(True, None, None), (True, True, None), (True, None, "https://example.org/"), (True, None, None),
            (True, None, None)]  # fmt: skip
    assert new.slides[0].shapes.title.text == "A TITLE & MORE"
    assert new.slides[0].notes_slide.notes_text_frame.text == "SPEAK SLOWLY."


def test_a_presentation_that_is_not_translated_is_the_same_file(tmp_path):
    path = presentation(tmp_path / "a.pptx")
    PowerPointFormat().write(PowerPointFormat().read(path, "a.pptx"), tmp_path / "b.pptx")
    assert (tmp_path / "b.pptx").read_bytes() == path.read_bytes()


def test_parts_without_a_new_text_keep_their_bytes(tmp_path):
    path = presentation(tmp_path / "a.pptx")
    new = translated(PowerPointFormat(), PowerPointFormat().read(path, "a"), tmp_path / "b.pptx", {"Name": "Nom"})
    with zipfile.ZipFile(path) as one, zipfile.ZipFile(new) as other:
        changed = [name for name in one.namelist() if one.read(name) != other.read(name)]
    assert changed == ["ppt/slides/slide1.xml"]


def workbook(path):
    """By xlsxwriter, with shared strings; openpyxl writes texts into their cells."""
    with xlsxwriter.Workbook(path) as made:
        sheet, other = made.add_worksheet("Prices"), made.add_worksheet("Codes")
        rows = [["Name", "Price"], ["Blue chair", 12.5], ["Red chair", "=B2*2"], ["=A2", "Yes"], ["Two\nlines", "Yes"]]
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        sheet.write_formula("C1", '=IF(B4="Yes","In stock",0)')
        sheet.write_rich_string("D1", "Some text ", made.add_format({"bold": True}), "bold", " words")
        other.write_column(0, 0, ["Blue chair", "Only here"])
    return path


def test_a_workbook_is_read_and_opened_again(tmp_path):
    path = workbook(tmp_path / "a.xlsx")
    document = ExcelFormat().read(path, "a.xlsx")
    assert sources(document) == ["Name", "Price", "Blue chair", "Red chair", "Two<x1/>lines",
                                 "Some text <g1>bold</g1> <g2>words</g2>", "Only here"]  # fmt: skip
    said = "texts left as they are, since formulas, lists of choices or pivot tables refer to them: 1"
    assert document.notes == (said,)
    new = openpyxl.load_workbook(translated(ExcelFormat(), document, tmp_path / "b.xlsx"))
    values = {cell.coordinate: cell.value for row in new["Prices"].iter_rows() for cell in row if cell.value}
    assert values.pop("D1") == "SOME TEXT BOLD WORDS"
    assert values == {"A1": "NAME", "B1": "PRICE", "A2": "BLUE CHAIR", "B2": 12.5, "A3": "RED CHAIR", "B3": "=B2*2",
                      "A4": "=A2", "B4": "Yes", "A5": "TWO\nLINES", "B5": "Yes", "C1": '=IF(B4="Yes","In stock",0)'}


def test_a_workbook_that_is_not_translated_is_the_same_file(tmp_path):
    path = workbook(tmp_path / "a.xlsx")
    document = ExcelFormat().read(path, "a.xlsx")
    for targets in ({}, {source: source for source in sources(document)}):
        assert translated(ExcelFormat(), document, tmp_path / "b.xlsx", targets).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("options, expected", [
    ({"include": "Codes"}, ["Blue chair", "Only here"]),
    ({"exclude": "Codes,*.A.1,*.D"}, ["Price", "Blue chair", "Red chair", "Two<x1/>lines"]),
    ({"include": ["Prices.B"]}, ["Price"]),
])  # fmt: skip
def test_sheets_columns_and_cells_are_chosen(tmp_path, options, expected):
    path = workbook(tmp_path / "a.xlsx")
    assert sources(ExcelFormat(**options).read(path, "a.xlsx")) == expected


def test_a_cell_left_out_keeps_the_text_that_it_shares_with_others(tmp_path):
    form = ExcelFormat(exclude="Codes")
    path = workbook(tmp_path / "a.xlsx")
    new = openpyxl.load_workbook(translated(form, form.read(path, "a.xlsx"), tmp_path / "b.xlsx"))
    assert (new["Prices"]["A2"].value, new["Codes"]["A1"].value) == ("BLUE CHAIR", "Blue chair")


def table(path, formula="=B2*2"):
    made = openpyxl.Workbook()
    for row in (["Name", "Price"], ["chair", 1], ["Total", formula]):
        made.active.append(row)
    made.active.add_table(Table(displayName="Table1", ref="A1:B2"))
    return saved(made, path)


def test_headings_of_a_table_change_with_its_definition(tmp_path):
    path = translated(ExcelFormat(), ExcelFormat().read(table(tmp_path / "a.xlsx"), "a"), tmp_path / "b.xlsx")
    sheet = openpyxl.load_workbook(path).active
    assert [column.name for column in sheet.tables["Table1"].tableColumns] == ["NAME", "PRICE"] == \
        [cell.value for cell in sheet[1]]


def test_headings_that_formulas_refer_to_stay(tmp_path):
    path = table(tmp_path / "a.xlsx", "=SUM(Table1[Price])")
    assert sources(ExcelFormat().read(path, "a")) == ["chair", "Total"]


def test_two_headings_never_become_one(tmp_path):
    document = ExcelFormat().read(table(tmp_path / "a.xlsx"), "a")
    path = translated(ExcelFormat(), document, tmp_path / "b.xlsx", {"Name": "X", "Price": "x", "chair": "Stuhl"})
    sheet = openpyxl.load_workbook(path).active
    assert [cell.value for cell in sheet[1]] == ["Name", "Price"] and sheet["A2"].value == "Stuhl"


TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{}</Types>"""
OVERRIDE = '<Override PartName="/{}" ContentType="application/vnd.openxmlformats-officedocument.{}+xml"/>'
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def slide(path, body):
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("[Content_Types].xml", TYPES.format(OVERRIDE.format(
            "ppt/p.xml", "presentationml.presentation.main") + OVERRIDE.format("s.xml", "presentationml.slide")))
        made.writestr("ppt/p.xml", "<p/>")
        made.writestr("s.xml", f'<s xmlns:a="{DRAWING}"><a:p>{body}</a:p></s>')
    return path


LOOKS = ["", '<a:rPr lang="en-US" dirty="0"/>', '<a:rPr b="1"/>', '<a:rPr><a:latin typeface="x"/></a:rPr>']
RUNS = st.builds(lambda text, look: f"<a:r>{look}<a:t>{text}</a:t></a:r>", st.text("ab .é", min_size=1, max_size=6),
                 st.sampled_from(LOOKS))  # fmt: skip
OTHERS = st.sampled_from(['<a:br/>', '<a:fld id="{1}" type="slidenum"><a:t>1</a:t></a:fld>', '<a:br><a:rPr/></a:br>'])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(row=st.lists(RUNS | OTHERS, max_size=7), random=st.randoms())
def test_any_paragraph_of_a_slide_survives(tmp_path, row, random):
    body = "<a:pPr/>" + "".join(row) + "<a:endParaRPr/>"
    path = slide(tmp_path / "a.pptx", body)
    document = PowerPointFormat().read(path, "a")
    targets = {}
    for segment in document.segments:
        assert inline_codes.broken(segment.source, segment.codes, segment.source) == []
        words = segment.source.upper().replace("<G", "<g").replace("</G", "</g").replace("<X", "<x").split(" ")
        random.shuffle(words)
        targets[segment.source] = random.choice([" ".join(words), "X", None])
    with zipfile.ZipFile(translated(PowerPointFormat(), document, tmp_path / "b.pptx", targets)) as new:
        written = new.read("s.xml").decode()
    etree.fromstring(written)
    for tag in ("<a:br", "<a:fld", "<a:pPr/>", "<a:endParaRPr/>"):
        assert written.count(tag) == body.count(tag)
    assert not re.search(r"<a:t [^>]", written)


@pytest.mark.parametrize("form", [PowerPointFormat, ExcelFormat])
@pytest.mark.parametrize("make, message", [
    (lambda path: path.write_bytes(b"no zip"), "no (?:presentation|workbook), or a damaged one"),
    (lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9), "protected by a password"),
    (lambda path: zipfile.ZipFile(path, "w").close(), r"a ZIP file, but no (?:presentation|workbook)"),
    (lambda path: path.write_bytes(packed({"[Content_Types].xml": TYPES.format("")})), "an Office file, but no"),
    (lambda path: path.write_bytes(packed({"../x": ""})), "leads out of the document"),
    (lambda path: path.write_bytes(packed({"x": "0" * (9 << 20)})), "zip bomb"),
    (lambda path: path.write_bytes(packed({"[Content_Types].xml": "<a"})), "broken XML"),
    (lambda path: path.write_bytes(packed({"[Content_Types].xml": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'})), "type"),
])  # fmt: skip
def test_what_is_hostile_or_broken_is_refused(tmp_path, form, make, message):
    path = tmp_path / f"a{form.suffixes[0]}"
    make(path)
    with pytest.raises(InputError, match=f"name: .*{message}"):
        form().read(path, "name")


def packed(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return data.getvalue()
