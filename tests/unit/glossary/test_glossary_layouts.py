"""Glossaries as other programs and people export them: each is read right or refused, and what is left out is said."""

import openpyxl
import pytest

from mtpipe.errors import GlossaryError
from mtpipe.glossary.loading import load_glossary

TERMS = [("cell", "Zelle"), ("row", "Zeile")]


@pytest.fixture
def load(tmp_path):
    def load(name, content, *languages):
        path = tmp_path / name
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            book = openpyxl.Workbook()
            for row in content:
                book.active.append(row)
            book.save(path)
        return load_glossary(path, *(languages or ("en", "de")))

    return load


def pairs(glossary):
    return [(term.source, term.target) for term in glossary.terms]


@pytest.mark.parametrize("name, content", [
    ("g.csv", "cell,Zelle,EN,DE\nrow,Zeile,EN,DE\n"),
    ("g.csv", "cell;Zelle;en-US;de-DE\nrow;Zeile;en-US;de-DE\n"),
    ("g.tsv", "cell\tZelle\ten\tde\nrow\tZeile\ten\tde\n"),
    ("g.xlsx", [["cell", "Zelle", "EN", "DE"], ["row", "Zeile", "EN", "DE", None]]),
])  # fmt: skip
def test_deepls_four_columns(load, name, content):
    glossary = load(name, content)
    assert pairs(glossary) == TERMS and "read as DeepL's layout: source, target and their languages" in glossary.notes


def test_one_row_of_deepls_is_a_term(load):
    assert pairs(load("g.csv", "cell,Zelle,EN,DE\n")) == [("cell", "Zelle")]


def test_rows_of_other_languages_are_left_out_with_a_note(load):
    table = "cell,Zelle,EN,DE\nZeile,row,DE,EN\nrow,Zeile,EN,DE\ncell,cellule,EN,FR\n"
    glossary = load("g.csv", table)
    assert pairs(glossary) == TERMS
    assert "rows of other languages left out: 2 (DE → EN, EN → FR)" in glossary.notes
    with pytest.raises(GlossaryError, match="its rows are DE → EN, EN → DE, EN → FR, the job is en → cs"):
        load("g.csv", table, "en", "cs")


def test_a_header_of_languages_is_one(load):
    assert pairs(load("g.csv", "number,remark,EN,DE\n1,x,cell,Zelle\n2,x,row,Zeile\n")) == TERMS


@pytest.mark.parametrize("suffix", ["txt", "tab", "utf8"])
def test_omegats_comments_and_notes(load, suffix):
    glossary = load(f"g.{suffix}", "# of the project\ncell\tZelle\tof a table\n#row\tReihe\nrow\tZeile\n")
    assert pairs(glossary) == TERMS and glossary.terms[0].note == "of a table"
    assert "lines left out as comments, beginning with #: 2" in glossary.notes
    assert "no header: columns read as source, target, note" in glossary.notes


def test_elsewhere_only_a_line_of_one_cell_is_a_comment(load):
    glossary = load("g.csv", "# of the project\nsource,target\n#REF!,#BEZUG!\n")
    assert pairs(glossary) == [("#REF!", "#BEZUG!")]
    assert pairs(load("g.tsv", "#REF!\t#BEZUG!\n")) == [("#REF!", "#BEZUG!")]


def test_a_third_column_of_statuses_stays_one(load):
    assert load("g.txt", "cell\tZelle\nrow\tReihe\tforbidden\n").terms[1].status == "forbidden"


@pytest.mark.parametrize("name, content", [
    ("g.xlsx", [["ACME terms 2026"], [], ["Source", "Target", "Comment"], ["cell", "Zelle"], ["row", "Zeile", "x"]]),
    ("g.xlsx", [["ACME terms 2026", "v2"], ["English", "German"], ["cell", "Zelle"], ["row", "Zeile"]]),
    ("g.csv", "ACME terms 2026,\nsource,target\ncell,Zelle\nrow,Zeile\n"),
])  # fmt: skip
def test_titles_above_the_header(load, name, content):
    glossary = load(name, content)
    assert pairs(glossary) == TERMS
    assert any(note.startswith("lines above the header left out: 1 (ACME terms 2026") for note in glossary.notes)


@pytest.mark.parametrize("header", ["Term source,Term target", "Term Source;Term Target", "term_target,term_source"])
def test_headers_with_the_term_first(load, header):
    mark = ";" if ";" in header else ","
    rows = [row[::-1] for row in TERMS] if header.startswith("term_target") else TERMS
    assert pairs(load("g.csv", "\n".join([header, *map(mark.join, rows)]))) == TERMS


def test_terms_that_are_named_like_columns_far_below_stay_terms(load):
    rows = [(f"word {n}", f"Wort {n}") for n in range(20)] + [("source", "target")]
    assert pairs(load("g.csv", "\n".join(map(",".join, rows)))) == rows
