"""README and docs: the commands that they show run, the files that they link to are there."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from tests.support import format_table

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?m)((?:^<!--.*-->\n)?)^```(\w*)\n(.*?)^```$", re.DOTALL)
GUIDE = """# Getting started

Open the *pivot table* and choose a data source.
The toolbar shows {count} commands.

Click `Apply`, then save the spreadsheet.
"""
TERMS = "source,target\npivot table,Pivot-Tabelle\ndata source,Datenquelle\ntoolbar,Symbolleiste\n" \
        "spreadsheet,Tabellendokument\n"
PAIRS = [("Open the pivot table.", "Öffnen Sie die Pivot-Tabelle."),
         ("Close the toolbar.", "Schließen Sie die Leiste."),
         ("Save the spreadsheet.", "Speichern Sie das Tabellendokument.")]  # fmt: skip


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def commands(page):
    """(command, exit code that it is said to have) of the page's console blocks."""
    for _, kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in text.splitlines() if kind == "console" else []:
            if line.startswith("$ mtpipe "):
                command, _, comment = line[2:].partition("  # ")
                code = re.search(r"exit code (\d)", comment)
                yield command, int(code[1]) if code else 0


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What the pages' commands work on."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "guide.md").write_text(GUIDE)
    (tmp_path / "terms.csv").write_text(TERMS)
    rows = [{"id": str(n), "source": source, "draft": target, "reference": target.replace("Leiste", "Symbolleiste")}
            for n, (source, target) in enumerate(PAIRS)]  # fmt: skip
    (tmp_path / "segments.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "memory.tsv").write_text("".join(f"{source}\t{target}\n" for source, target in PAIRS))
    for suffix, side in (("en", 0), ("de", 1)):
        (tmp_path / f"test.{suffix}").write_text("".join(f"{pair[side]}\n" for pair in PAIRS))
    (tmp_path / "ours.txt").write_text("".join(f"{target.replace('Öffnen', 'Öffne')}\n" for _, target in PAIRS))
    (tmp_path / "theirs.txt").write_text("".join(f"{target}\n" for _, target in PAIRS))
    return tmp_path


@pytest.mark.parametrize("page", [page for page in PAGES if any(commands(page))], ids=name_of)
def test_commands_of_a_page_run(page, folder):
    for command, code in commands(page):
        result = CliRunner().invoke(main, shlex.split(command)[1:])
        assert result.exit_code == code, f"{command}\n{result.output}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_is_not_run_says_why(page):
    for comment, kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        assert kind != "bash" or comment.startswith("<!-- not run: "), text


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files(page):
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    links = [link.partition("#") for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [path for path, _, _ in links if path and not (page.parent / path).exists()]
    assert not missing


def test_the_readme_is_short():
    assert len(PAGES[0].read_text(encoding="utf-8").splitlines()) <= 150


def test_the_command_table_of_the_docs_names_every_command():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in main.commands if f"mtpipe {name}" not in text] == []


def test_the_table_of_formats_is_that_of_the_code():
    page = format_table.PAGE.read_text(encoding="utf-8")
    assert format_table.with_table(page) == page, "run `make docs`"
