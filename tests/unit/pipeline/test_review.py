import csv
import json
import sqlite3

import openpyxl
import pytest
from click.testing import CliRunner
from lxml import etree

from mtpipe.cli.main import main
from mtpipe.config import Job
from mtpipe.errors import InputError
from mtpipe.pipeline import exchange, jobs, review
from mtpipe.pipeline.review_list import Query, ReviewList
from mtpipe.tm.store import TmFile
from tests.support.bilingual import spanish

KINDS = ("xliff", "xliff2", "tmx", "xlsx", "csv")


@pytest.fixture
def done(tmp_path):
    """A job of two documents with tags, placeholders, a term and equal sentences."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.html").write_text("<p>Open the <b>cell</b>.</p>\n<p>=SUM of {n} &amp; more. Done now.</p>")
    (tmp_path / "in" / "b.txt").write_text("Done now.\nClose the row.\n")
    (tmp_path / "in" / "c.bin").write_bytes(b"\0")
    (tmp_path / "g.csv").write_text("source,target\ncell,Zelle\n")
    jobs.run(job(tmp_path))
    return tmp_path


def job(folder):
    return Job(folder / "in", folder / "out", "en", "de", glossary=folder / "g.csv", mt="fake", editors=())


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def by_source(folder):
    return {row.source: row for row in review.sentences(review.state_folder(folder / "out"))[0]}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_exported_comes_back_the_same(done, kind):
    path = done / f"job{exchange.SUFFIXES[kind]}"
    assert run("export", done / "out", "--to", kind, "-o", path).exit_code == 0
    rows = review.sentences(review.state_folder(done / "out"))[0]
    assert exchange.read(path) == {row.id: row.target for row in rows}
    before = (done / "out" / "a.html").read_bytes()
    result = run("import", done / "out", path)
    assert result.exit_code == 0 and "0 sentences edited, 0 documents written again" in result.output
    assert (done / "out" / "a.html").read_bytes() == before


@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_reaches_document_report_and_memory(done, kind):
    path = done / f"job{exchange.SUFFIXES[kind]}"
    run("export", done / "out", "--to", kind, "-o", path)
    change(path, kind, "OPEN THE", "ÖFFNE DIE")
    result = run("import", done / "out", path, "--tm", done / "m.sqlite")
    assert result.exit_code == 0, result.output
    assert "1 sentence edited, 1 document written again" in result.output
    assert "1 sentence with errors, accepted as edited: a.html#1" in result.output  # CELL is no Zelle
    assert "<p>ÖFFNE DIE <b>CELL</b>.</p>" in (done / "out" / "a.html").read_text()
    report = json.loads((done / "out/.mtpipe/report.json").read_text())
    assert report["edits"]["accepted"]["person"] == 1 and report["totals"]["copied"] == 1
    assert [row["editor"] for row in report["edited"]] == ["person"]
    assert TmFile(done / "m.sqlite").count() == 1


def change(path, kind, old, new):
    if kind == "xlsx":
        book = openpyxl.load_workbook(path)
        for row in book.worksheets[0].iter_rows():
            row[4].value = row[4].value.replace(old, new)
        book.save(path)
    else:
        path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), -1 if kind == "csv" else 99))
    if kind == "csv":  # the draft's column has it, too
        lines = list(csv.reader(path.open(encoding="utf-8-sig", newline="")))
        assert [line[4].startswith(new) for line in lines].count(True) == 1


def test_equal_sentences_are_edited_one_by_one(done):
    rows = [row for row in review.sentences(review.state_folder(done / "out"))[0] if row.source == "Done now."]
    assert len(rows) == 2
    (done / "e.csv").write_text(f"id,target\n{rows[1].id},Fertig.\nnowhere#1,x\n")
    result = run("import", done / "out", done / "e.csv")
    assert "1 id not in the job: nowhere#1" in result.output
    assert "DONE NOW." in (done / "out" / "a.html").read_text() and "Fertig." in (done / "out" / "b.txt").read_text()


def test_the_next_run_keeps_edits_and_translates_nothing(done):
    row = by_source(done)["Close the row."]
    review.take_in(review.state_folder(done / "out"), {row.id: "Schließe die Zeile."})
    report = jobs.run(job(done))
    assert report.totals.reused == report.totals.unique_units
    assert "Schließe die Zeile." in (done / "out" / "b.txt").read_text()
    (done / "in" / "b.txt").write_text("Done now.\nClose the window.\n")
    report = jobs.run(job(done))
    assert "CLOSE THE WINDOW." in (done / "out" / "b.txt").read_text()
    assert [note.note for note in report.notes] == ["the source changed after it was edited by a person"]


def test_a_corrected_error_is_gone_from_the_report(done):
    row = by_source(done)["Open the <b>cell</b>."]
    assert row.errors == ("missing, expected Zelle (no accepted form)",) and row.confidence == 0.3679
    review.take_in(review.state_folder(done / "out"), {row.id: "Öffne die <b>Zelle</b>."})
    report = json.loads((done / "out/.mtpipe/report.json").read_text())
    assert report["errors"] == [] and report["terms"]["rungs"][-1]["met"] == 1
    row = by_source(done)["Open the <b>cell</b>."]
    assert row.is_edited and row.errors == () and row.target == "Öffne die <b>Zelle</b>."


def test_a_table_s_texts_are_no_formulas(done):
    run("export", done / "out", "--to", "xlsx", "-o", done / "j.xlsx")
    sheet = openpyxl.load_workbook(done / "j.xlsx").worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert cells and all(cell.data_type == "s" for cell in cells)


def test_xliff_is_what_others_read(done):
    from translate.storage import xliff

    run("export", done / "out", "--to", "xliff", "-o", done / "j.xlf")
    units = xliff.xlifffile.parsefile(str(done / "j.xlf")).units
    assert any("Close the row." == str(unit.source) and "CLOSE THE ROW." == str(unit.target) for unit in units)
    run("export", done / "out", "--to", "xliff2", "-o", done / "j2.xlf")
    root = etree.parse(done / "j2.xlf").getroot()
    ids = [unit.get("id") for file in root for unit in file]
    assert root.get("version") == "2.1" and all(" " not in id and "#" not in id for id in ids)


def test_decisions_and_alternatives_are_exported(done):
    folder = review.state_folder(done / "out")
    with ReviewList(folder) as sentences:
        first, second = (sentences.page(Query(text=text), 1).items[0] for text in ("cell", "close the row"))
        sentences.decide(first.n, 0, {"target": "Öffne die <b>Zelle</b>.", "status": "approved"})
        sentences.decide(second.n, 0, {"status": "rejected", "comment": "not this row"})
    for kind in ("xliff", "xliff2", "csv"):
        run("export", done / "out", "--to", kind, "-o", done / f"job.{kind}")
    unit = etree.parse(done / "job.xliff").find(f".//{{*}}trans-unit[@id='{first.segment.id}']")
    assert unit.get("approved") == "yes" and unit.find("{*}target").get("state") == "final"
    assert "".join(unit.find("{*}alt-trans/{*}target").itertext()) == "OPEN THE <b>CELL</b>."
    unit = etree.parse(done / "job.xliff").find(f".//{{*}}trans-unit[@id='{second.segment.id}']")
    assert unit.find("{*}note").text == "not this row"
    assert unit.find("{*}target").get("state") == "needs-review-translation"
    unit = etree.parse(done / "job.xliff2").find(f".//{{*}}unit[@name='{first.segment.id}']")
    match = unit.find(f"{{{exchange.MATCHES}}}matches/{{*}}match")
    assert unit.find("{*}segment").get("state") == "final" and match.get("ref") == "#s1"
    assert exchange.read(done / "job.csv") == {row.id: row.target for row in review.sentences(folder)[0]}
    (done / "job.xliff2").rename(done / "job2.xlf")
    assert exchange.read(done / "job2.xlf")[first.segment.id] == "Öffne die <b>Zelle</b>."


def test_what_a_repair_was_not_certain_of_is_exported_as_an_alternative(tmp_path):
    spanish().save(tmp_path / "lexicon", {}, 1)
    row = {"id": "x", "source": "The gizmo of the file", "draft": "El trasto y el cacharro del archivo",
           "terms": [{"source": "gizmo", "target": "chisme"}]}  # fmt: skip
    (tmp_path / "s.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (tmp_path / "c.toml").write_text("[editor.substitution]\nleast = 1.0\n")  # nothing is certain enough
    run("--config", tmp_path / "c.toml", "post-edit", tmp_path / "s.jsonl", "--out", tmp_path / "e.jsonl", "-s", "en",
        "-t", "es", "--mt", "none", "--lexicon", tmp_path / "lexicon", "--editors", "substitution")
    run("export", tmp_path / "e.jsonl", "--to", "xliff", "-o", tmp_path / "e.xlf")
    unit = etree.parse(tmp_path / "e.xlf").find(".//{*}trans-unit")
    assert unit.find("{*}target").text == row["draft"]
    assert unit.find("{*}target").get("state") == "needs-review-translation"
    suggestions = ["".join(other.itertext()) for other in unit.findall("{*}alt-trans/{*}target")]
    assert any("chisme" in text for text in suggestions)


def test_the_workbook_of_a_job_has_the_worst_first(done):
    result = run("report", done / "out", "--to", "xlsx")
    assert result.exit_code == 0 and result.output.startswith("5 sentences: ")
    rows = list(openpyxl.load_workbook(done / "out/.mtpipe/report.xlsx")["sentences"].values)
    assert len(rows) == 6 and rows[1][2] == "Open the <b>cell</b>."
    assert rows[1][5] == "missing, expected Zelle (no accepted form)"


def test_a_single_file_is_a_job_too(tmp_path):
    (tmp_path / "a.txt").write_text("Open it.\n")
    jobs.run(Job(tmp_path / "a.txt", tmp_path / "b.txt", "en", "de", mt="fake", editors=()))
    assert run("export", tmp_path / "b.txt", "--to", "csv").exit_code == 0
    path = tmp_path / "b.en-de.csv"
    path.write_text(path.read_text().replace("OPEN IT.", "Öffne es."))
    assert run("import", tmp_path / "b.txt", path).exit_code == 0
    assert (tmp_path / "b.txt").read_text() == "Öffne es.\n"


@pytest.mark.parametrize(("name", "content", "message"), [
    ("x.csv", "a,b\n", "it has no columns id and target"), ("x.xlf", "<a", "can't be read"),
    ("x.xlf", "<a/>", "not XLIFF 1.2 or 2, TMX, XLSX or CSV"), ("x.xlsx", "no zip", "can't be read"),
])  # fmt: skip
def test_other_files_are_named(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=f"{name}: .*{message}"):
        exchange.read(tmp_path / name)


def test_no_job_no_export(tmp_path):
    result = run("export", tmp_path)
    assert result.exit_code == 1 and "there is no job here; give the folder or file" in result.output


def test_a_job_of_another_version_is_left_as_it_is(done):
    path = done / "out/.mtpipe/job.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 3")
    result = run("export", done / "out")
    assert result.exit_code == 1 and "made by another version of mtpipe; run the same" in result.output
    assert sqlite3.connect(path).execute("SELECT count(*) FROM units").fetchone()[0] > 0


def test_sources_that_changed_are_not_overwritten(done):
    row = by_source(done)["Close the row."]
    (done / "in" / "b.txt").write_text("Something else.\n")
    with pytest.raises(InputError, match="b.txt: changed since it was translated; run the same `mtpipe translate`"):
        review.take_in(review.state_folder(done / "out"), {row.id: "x"})
