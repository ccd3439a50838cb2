"""mtpipe corpus: lexicon, help-pages, compare; gather.py and report/scores.py behind them."""

import json
import re

import pytest
from click.testing import CliRunner

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.cli.main import main
from mtpipe.corpora import deduplication, paired_html
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.formats.jsonl import JsonLinesFormat
from mtpipe.glossary.model import Term

LANGUAGES = ["-s", "en", "-t", "de"]
PAGE = '<html><body><h1 id="hd_id1">{}</h1><p>no id</p><p id="par_id2">{}</p><p id="other">x</p></body></html>'
SOURCE = {"a.html": ("The cell", "Select  the <b>table</b>\n and the cell."), "sub/b.html": ("A table", "One more.")}
REFERENCE = {"a.html": ("Die Zelle", "Wählen Sie Tabelle und Zelle."), "sub/b.html": ("Eine Tabelle", "")}
OUTPUT = {"a.html": ("Die Zelle", "Wählen Sie die Tafel und die Zelle."), "sub/b.html": ("Eine Tafel", "Noch eins.")}


def run(*arguments):
    return CliRunner().invoke(main, ["corpus", *map(str, arguments)])


def pages(folder, texts):
    for name, paragraphs in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(PAGE.format(*paragraphs), encoding="utf-8")
    return folder


@pytest.fixture
def folders(tmp_path):
    named = zip(("en", "de", "out"), (SOURCE, REFERENCE, OUTPUT))
    return [pages(tmp_path / name, texts) for name, texts in named]


def test_distinct_pairs_once_in_one_order_without_the_excluded(tmp_path):
    rows = [f"cell {n}\tZelle {n}\n" for n in range(30)]
    (tmp_path / "a.tsv").write_text("".join(rows))
    (tmp_path / "b.tsv").write_text("".join(rows[10:]) + "cell 1\tFeld 1\n")
    both = [tmp_path / "a.tsv", tmp_path / "b.tsv"]
    found = deduplication.distinct(both, "en", "de")
    assert len(found) == 31 and ("cell 1", "Feld 1") in found
    assert found == deduplication.distinct(both, "en", "de") != sorted(found)
    kept = deduplication.distinct(both, "en", "de", ["Cell  1", "cell 2."])
    assert set(found) - set(kept) == {("cell 1", "Zelle 1"), ("cell 1", "Feld 1")}


def test_nothing_left_is_said(tmp_path):
    (tmp_path / "a.tsv").write_text("cell\tZelle\n")
    with pytest.raises(InputError, match="no pair in .*a.tsv that is not excluded"):
        deduplication.distinct([tmp_path / "a.tsv"], "en", "de", ["Cell"])


@pytest.mark.parametrize(
    "name, text, expected",
    [
        ("held.txt", "A cell.\nA row.\n", ["A cell.", "A row."]),
        ("held.tsv", "A cell.\tEine Zelle.\n", ["A cell."]),
        ("held.jsonl", '{"source": "A cell.", "reference": "x"}\n', ["A cell."]),
    ],
)
def test_held_out_sources(tmp_path, name, text, expected):
    (tmp_path / name).write_text(text)
    assert deduplication.sources(tmp_path / name) == expected


@pytest.mark.parametrize("line, message", [
    ('{"target": "x"}', 'a segment needs "source"'), ("[1]", "a JSON object is expected, not list"),
    ("A cell.", "not JSON ("),
])
def test_bad_held_out_segments_name_the_line(tmp_path, line, message):
    (tmp_path / "held.jsonl").write_text('{"source": "ok"}\n' + line + "\n")
    with pytest.raises(InputError, match=re.escape(f"held.jsonl:2: {message}")):
        deduplication.sources(tmp_path / "held.jsonl")


def test_lexicon_is_learnt_and_says_what_from(tmp_path):
    words = {"cell": "Zelle", "row": "Zeile", "table": "Tabelle", "sheet": "Blatt"}
    rows = [f"the {a} and the {b}\tdie {words[a]} und die {words[b]}\n" for a in words for b in words if a != b]
    (tmp_path / "pairs.tsv").write_text("".join(rows * 3))
    (tmp_path / "held.txt").write_text("The cell and the row\n")
    result = run("lexicon", tmp_path / "pairs.tsv", *LANGUAGES, "-o", tmp_path / "lexicon",
                 "--exclude", tmp_path / "held.txt")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.output == f"learned from 11 of 11 distinct pairs: {tmp_path / 'lexicon'}\n"
    about = json.loads((tmp_path / "lexicon" / "lexicon.json").read_text())
    assert {key: about[key] for key in ("source_lang", "target_lang", "pairs", "sources", "excluded")} == {
        "source_lang": "en", "target_lang": "de", "pairs": 11, "sources": ["pairs.tsv"], "excluded": 1,
    }  # fmt: skip
    links = Lexicon.load(tmp_path / "lexicon").links
    assert max(links["table"], key=links["table"].get) == "tabelle"


def test_help_pages_align_by_id(folders, tmp_path):
    source, reference, output = folders
    assert run("help-pages", source, reference, "-o", tmp_path / "new" / "pairs.jsonl").exit_code == 0
    rows = [json.loads(line) for line in (tmp_path / "new" / "pairs.jsonl").read_text().splitlines()]
    assert rows == [
        {"id": "a.html#hd_id1", "source": "The cell", "reference": "Die Zelle"},
        {"id": "a.html#par_id2", "source": "Select the table and the cell.",
         "reference": "Wählen Sie Tabelle und Zelle."},
        {"id": "sub/b.html#hd_id1", "source": "A table", "reference": "Eine Tabelle"},
    ]
    result = run("help-pages", source, reference, "--drafts", output, "-o", tmp_path / "pairs.tsv")
    assert result.output == f"3 paragraphs: {tmp_path / 'pairs.tsv'}\n"
    assert (tmp_path / "pairs.tsv").read_text().splitlines()[0] == "The cell\tDie Zelle"


def test_written_segments_keep_their_terms(tmp_path):
    terms = (Term(("cell",), ("Zelle", "Feld"), forms=("Zellen",)),)
    written = Segment("1", "A cell.", draft="Ein Ding.", reference="Eine Zelle.", terms=terms)
    deduplication.write(tmp_path / "s.jsonl", [written])
    (segment,) = JsonLinesFormat().read(tmp_path / "s.jsonl", "s.jsonl").segments
    assert (segment.terms, segment.draft, segment.reference) == (terms, "Ein Ding.", "Eine Zelle.")


def test_a_page_that_was_not_translated_counts_as_empty(folders):
    source, reference, output = folders
    (output / "sub/b.html").unlink()
    drafts = [segment.draft for segment in paired_html.segments(source, reference, output)]
    assert drafts == ["Die Zelle", "Wählen Sie die Tafel und die Zelle.", ""]


def test_folders_of_other_pages_are_refused(folders, tmp_path):
    source, reference, _ = folders
    other = pages(tmp_path / "other", {"c.html": ("x", "y")})
    result = run("help-pages", source, reference, "--drafts", other, "-o", tmp_path / "x.tsv")
    assert result.exit_code == 1
    assert f"{other}: none of the 2 HTML pages of {source} is here" in result.output


@pytest.fixture
def glossary(tmp_path):
    (tmp_path / "g.csv").write_text("source,target\ntable,Tabelle\ncell,Zelle\n")
    return tmp_path / "g.csv"


def test_compare_scores_systems_subsets_and_the_human(folders, glossary, tmp_path):
    source, reference, output = folders
    (tmp_path / "held.en-de.txt").write_text("sub/b.html\n")
    right = pages(tmp_path / "right", REFERENCE)
    into = ["-o", tmp_path / "eval" / "r.json", "--table", tmp_path / "t.md", "--note", "Beware."]
    result = run("compare", source, reference, output, right, *LANGUAGES, "-g", glossary,
                 "--subset", tmp_path / "held.en-de.txt", *into)  # fmt: skip
    assert result.exit_code == 0, result.output
    rows = json.loads((tmp_path / "eval" / "r.json").read_text())["rows"]
    figures = {(row["set"], row["system"]): (row["segments"], row["scores"]["tsr_strict"]) for row in rows}
    assert figures == {
        ("all", "out"): (3, 0.5), ("all", "right"): (3, 1.0), ("all", "human"): (3, 1.0),
        ("held", "out"): (1, 0.0), ("held", "right"): (1, 1.0), ("held", "human"): (1, 1.0),
    }  # fmt: skip
    scores = {(row["set"], row["system"]): row["scores"] for row in rows}
    assert scores["all", "right"]["chrF2++"] == pytest.approx(100)
    assert scores["all", "out"]["chrF2++"] < 90
    lines = (tmp_path / "t.md").read_text().splitlines()
    assert lines[0].startswith("| set | system | segments | BLEU | chrF2++ | tsr_wmt25 | tsr_strict | all_terms |")
    assert len(lines) == 10 and lines[-1] == "Beware."
    assert lines[3].startswith("| all | right | 3 | 100.00 | 100.00 | 1.000 | 1.000 |")
    assert result.output.splitlines() == lines


def test_compare_takes_steps_speed_and_memory_from_the_job(folders, glossary, tmp_path):
    source, reference, _ = folders
    out = tmp_path / "job"
    asked = ["translate", source, "-o", out, *LANGUAGES, "-g", glossary, "--mt", "fake", "--editors", "", "-q"]
    assert CliRunner().invoke(main, [str(argument) for argument in asked]).exit_code == 0
    (tmp_path / "held.txt").write_text("sub/b.html\n")
    result = run("compare", source, reference, out, *LANGUAGES, "-g", glossary, "--subset", tmp_path / "held.txt",
                 "--json")  # fmt: skip
    job = json.loads(result.output)["jobs"]["job"]
    report = json.loads((out / ".mtpipe" / "report.json").read_text())
    final = report["terms"]["rungs"][-1]
    assert job["steps"]["all"]["final"] == pytest.approx(final["success"], abs=1e-4)
    assert set(job["steps"]) == {"all", "held"} and list(job["steps"]["held"]) == ["draft", "final"]
    assert job["words"] == report["totals"]["words"] and job["words_per_second"] > 0
    assert job["peak_memory"] > 2**20


@pytest.mark.parametrize(
    "content, problem",
    [("{", "not a report of mtpipe"), ('{"totals": {}}', "not a report of mtpipe (no seconds)")],
)
def test_a_damaged_job_report_is_named(folders, glossary, content, problem):
    source, reference, output = folders
    (output / ".mtpipe").mkdir()
    (output / ".mtpipe" / "report.json").write_text(content)
    result = run("compare", source, reference, output, *LANGUAGES, "-g", glossary)
    assert result.exit_code == 1
    assert str(output / ".mtpipe" / "report.json") in result.output and problem in result.output


def test_a_subset_of_other_documents_is_refused(folders, glossary, tmp_path):
    source, reference, output = folders
    (tmp_path / "held.txt").write_text("c.html\n")
    result = run("compare", source, reference, output, *LANGUAGES, "-g", glossary, "--subset", tmp_path / "held.txt")
    assert result.exit_code == 1
    assert "subset 'held': none of its 1 documents is among the compared" in result.output
