import datetime
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.errors import GlossaryError
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Glossary, Term
from mtpipe.glossary.writer import write


@pytest.fixture
def book(tmp_path):
    def book(name="t.xlsx", **sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, rows in sheets.items():
            sheet = made.create_sheet(title.replace("_", " "))
            for row in rows:
                sheet.append(row)
        made.save(tmp_path / name)
        return tmp_path / name

    return book


def repacked(path, **parts):
    """The workbook with other contents of parts, by the end of their names."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            data = old.read(item)
            new.writestr(item.filename, next((parts[k] for k in parts if f"{k}." in item.filename), data))
        if "extra" in parts:
            new.writestr(*parts["extra"])
    path.write_bytes(out.getvalue())
    return path


HEADER = ["English", "German", "Status", "Remarks"]
TERMS = [HEADER, ["table", "Tabelle", None, "see x"], [], ["row", "Zeile", "admitted"]]


def test_the_first_sheet_with_a_header_is_read(book):
    glossary = load_glossary(book(Read_me=[["How to use this"]], Terms=TERMS, Old=TERMS[:2]), "en", "de")
    assert glossary.terms == (
        Term(("table",), ("Tabelle",), note="see x", line=2), Term(("row",), ("Zeile",), "admitted", line=4)
    )  # fmt: skip
    assert "read as XLSX, sheet “Terms” of 3: Read me, Terms, Old" in glossary.notes


@pytest.mark.parametrize("sheet", ["Old", "old", "3"])
def test_a_sheet_is_chosen_by_name_or_number(book, sheet):
    path = book(Read_me=[["x"]], Terms=TERMS, Old=TERMS[:2])
    assert len(load_glossary(path, "en", "de", sheet=sheet).terms) == 1


@pytest.mark.parametrize("columns", [
    {"source": "B", "target": "D"}, {"source": "2", "target": "4"}, {"source": "wort (EN)", "target": "Wort (DE)"},
    {"source": "b", "target": "Wort (DE)", "note": "A"},
])
def test_columns_are_chosen_by_letter_number_or_header(book, columns):
    rows = [["Nr", "Wort (EN)", "Quelle", "Wort (DE)", "Domain"], [7, "table", "DIN", "Tabelle", "office"]]
    by_place = not any("(" in cell for cell in columns.values())
    glossary = load_glossary(book(Terms=rows[by_place:]), "en", "de", columns=columns)
    term = Term(("table",), ("Tabelle",), domain="" if by_place else "office", line=1 if by_place else 2)
    assert [t.note for t in glossary.terms] == (["7"] if "note" in columns else [""])
    assert (glossary.terms[0].sources, glossary.terms[0].targets, glossary.terms[0].domain, glossary.terms[0].line) == (
        term.sources, term.targets, term.domain, term.line)  # fmt: skip


def test_columns_of_a_text_table_are_chosen_the_same_way(tmp_path):
    (tmp_path / "t.csv").write_text("id;Begriff;Übersetzung\n1;table;Tabelle\n")
    columns = {"source": "Begriff", "target": "C"}
    glossary = load_glossary(tmp_path / "t.csv", "en", "de", columns=columns)
    assert glossary.terms == (Term(("table",), ("Tabelle",), line=2, entry="1"),)


def test_cells_of_all_kinds_are_text(book):
    rows = [["source", "target", "case sensitive", "note"], [2024.0, 1.5, True, datetime.date(2026, 1, 2)]]
    term = load_glossary(book(Terms=rows), "en", "de").terms[0]
    assert (term.source, term.target, term.case_sensitive) == ("2024", "1.5", True) and "2026-01-02" in term.note


def test_a_text_that_looks_like_a_formula_stays_one(tmp_path):
    glossary = Glossary.of([Term(("=SUM(A1)",), ("=1+1", "#N/A"))], "en", "de")
    path = write(glossary, tmp_path / "t.xlsx")
    assert load_glossary(path, "en", "de").terms[0].targets == ("=1+1", "#N/A")
    assert {cell.data_type for row in openpyxl.load_workbook(path).active.iter_rows(max_col=2) for cell in row} == {"s"}


@pytest.mark.parametrize("target, message", [
    ("x\x01y", "line 3: target of “long” contains the character U+0001 — remove it"),
    ("x" * 40_000, "line 3: target of “long” has 40000 characters, 32767 fit — shorten it"),
])
def test_what_a_workbook_can_not_hold_is_said_before_anything_is_written(tmp_path, target, message):
    with pytest.raises(GlossaryError) as caught:
        write(Glossary.of([Term(("long",), (target,), line=3)], "en", "de"), tmp_path / "t.xlsx")
    assert caught.value.problems == (message,) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("options, message", [
    ({"sheet": "None"}, "no such sheet 'None'; available: Read me, Terms"),
    ({"columns": {"source": "Englisch", "target": "B"}}, "source = 'Englisch': no such column; available: Eng"),
    ({"columns": {"source": "A", "quelle": "B"}}, "no such column 'quelle'; available: source, target"),
    ({"columns": {"source": "A"}}, "no column given for target"),
    ({"columns": {"source": "A", "target": "ZZ"}}, "target = 'ZZ': no such column"),
    ({"sheet": "2", "columns": {"source": "0", "target": "B"}}, "source = '0': no such column"),
])  # fmt: skip
def test_what_can_not_be_chosen_is_said_with_what_there_is(book, options, message):
    with pytest.raises(GlossaryError) as caught:
        load_glossary(book(Read_me=[["English", "German"]], Terms=TERMS), "en", "de", **options)
    assert message in str(caught.value)


def test_languages_of_the_header_must_be_the_jobs(book):
    with pytest.raises(GlossaryError, match="t.xlsx:1: the header states English → German|en → de, the job is en → fr"):
        load_glossary(book(Terms=TERMS), "en", "fr")


def test_sheets_are_for_workbooks_and_columns_for_tables(tmp_path):
    (tmp_path / "t.csv").write_text("a1;X\n")
    with pytest.raises(GlossaryError, match="only workbooks"):
        load_glossary(tmp_path / "t.csv", "en", "de", sheet="1")
    with pytest.raises(GlossaryError, match="a termbase has no columns"):
        load_glossary(tmp_path / "t.tbx", "en", "de", columns={"source": "A"})


@pytest.mark.parametrize("content, message", [
    (b"", "the file is empty — save it as .xlsx"), (b"hello", "not a workbook — save it as .xlsx"),
    (b"\xd0\xcf\x11\xe0" * 9, "an old .xls or a workbook with a password — save it as .xlsx without one"),
    (b"PK\x05\x06" + bytes(18), "a zip archive but no .xlsx workbook"),
])  # fmt: skip
def test_files_that_are_no_workbook(tmp_path, content, message):
    (tmp_path / "t.xlsx").write_bytes(content)
    with pytest.raises(GlossaryError, match=message):
        load_glossary(tmp_path / "t.xlsx", "en", "de")


BOMB = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize("parts, message", [
    ({"sheet1": b"<worksheet>" + b" " * (40 << 20) + b"</worksheet>"}, "refused as a zip bomb"),
    ({"sheet1": BOMB}, "sheet1.xml has a DOCTYPE, which no workbook needs: refused"),
    ({"sheet1": BOMB.decode().encode("utf-16")}, "sheet1.xml has a DOCTYPE"),
    ({"sheet1": b"<worksheet><sheetData><row><c>"}, "a broken workbook"),
    ({"workbook": b"<nothing/>"}, "a broken workbook"),
    ({"styles": b"<styleSheet"}, "a broken workbook"),
    ({"extra": ("../../etc/passwd", b"x")}, r"contains the path '../../etc/passwd': refused"),
    ({"extra": ("/etc/passwd", b"x")}, r"contains the path '/etc/passwd': refused"),
])  # fmt: skip
def test_hostile_workbooks_are_refused(book, parts, message):
    with pytest.raises(GlossaryError, match=message):
        load_glossary(repacked(book(Terms=TERMS), **parts), "en", "de")


def test_a_column_formatted_to_the_last_row_is_not_walked_to_its_end(book):
    path = book(Terms=TERMS)
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in range(5, 60_000))
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    repacked(path, sheet1=text.replace("</sheetData>", f"{rows}</sheetData>").encode())
    assert len(load_glossary(path, "en", "de").terms) == 2


@settings(max_examples=100)
@given(place=st.integers(0, 1 << 20), new=st.binary(min_size=1, max_size=4), part=st.sampled_from(
    ["", "sheet1", "workbook", "styles", "sharedStrings", "workbook.xml.rels", "[Content_Types]"]))
def test_damaged_workbooks_are_read_or_refused_and_nothing_else(tmp_path_factory, place, new, part):
    path = tmp_path_factory.mktemp("xlsx") / "t.xlsx"
    write(Glossary.of([Term(("table",), ("Tabelle",)), Term(("row",), ("Zeile",))], "en", "de"), path)
    with zipfile.ZipFile(path) as archive:
        inside = next((archive.read(name) for name in archive.namelist() if part and part in name), b"")
    data = inside or path.read_bytes()
    damaged = data[: place % len(data)] + new + data[place % len(data) + len(new) :]
    if inside:
        repacked(path, **{part: damaged})
    else:
        path.write_bytes(damaged)
    try:
        load_glossary(path, "en", "de")
    except GlossaryError as error:
        assert "t.xlsx" in str(error)
