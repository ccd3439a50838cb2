"""The commands on parallel text, `mtpipe corpus …`; part of cli.py, loaded when one of them is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mtpipe.cli import ANY, FILE, FOLDER, as_json, languages

PAGES = click.argument("source", metavar="SOURCE_DIR", type=FOLDER)
REFERENCE = click.argument("reference", metavar="REFERENCE_DIR", type=FOLDER)


@click.group()
def corpus() -> None:
    """Learn from parallel text and compare with it."""


@corpus.command()
@click.argument("pairs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@languages
@click.option("-o", "--out", type=ANY, required=True, help="Folder of the lexicon.")
@click.option("--exclude", type=FILE, help="Held-out sources: segments JSON Lines, or a line each.")
def lexicon(pairs: tuple[Path, ...], source_lang: str, target_lang: str, out: Path, exclude: Path | None) -> None:
    """Make an alignment lexicon of PAIRS: TSV files, .mo catalogues or folders of them."""
    from mtpipe.corpora import gather
    from mtpipe.lexicon import Lexicon

    banned = gather.sources(exclude) if exclude else ()
    found = gather.distinct(pairs, source_lang, target_lang, banned)
    learnt = Lexicon(source_lang, target_lang)
    used = learnt.learn(found)
    learnt.save(out, {"pairs": used, "sources": [path.name for path in pairs], "excluded": len(set(banned))})
    click.echo(f"learnt from {used} of {len(found)} distinct pairs: {out}")


@corpus.command("help-pages")
@PAGES
@REFERENCE
@click.option("-o", "--out", type=ANY, required=True, help="Segments (.jsonl) or source TAB reference (.tsv).")
@click.option("--drafts", type=FOLDER, help="The same pages translated: their paragraphs become the drafts.")
def help_pages(source: Path, reference: Path, out: Path, drafts: Path | None) -> None:
    """Align the paragraphs of HTML pages that carry the same ids in two languages."""
    from mtpipe.corpora import gather
    from mtpipe.corpora.help_pages import segments

    click.echo(f"{gather.write(out, segments(source, reference, drafts))} paragraphs: {out}")


@corpus.command()
@PAGES
@REFERENCE
@click.argument("outputs", metavar="OUT_DIR...", nargs=-1, required=True, type=FOLDER)
@languages
@click.option("-g", "--glossary", type=FILE, required=True, help="Terms to count (CSV or TSV).")
@click.option("--subset", "subsets", type=FILE, multiple=True, help="List of documents to score apart; repeatable.")
@click.option("-o", "--out", type=ANY, help="JSON file for all figures.")
@click.option("--table", "table_file", type=ANY, help="Markdown file for the table.")
@click.option("--note", default="", help="What readers of the table should know.")
@as_json
def compare(
    source: Path, reference: Path, outputs: tuple[Path, ...], source_lang: str, target_lang: str, glossary: Path,
    subsets: tuple[Path, ...], out: Path | None, table_file: Path | None, note: str, as_json: bool,
) -> None:
    """Score translated HTML pages (OUT_DIR of `mtpipe translate`) against a human translation, by paragraph ids."""
    from mtpipe.corpora.help_pages import segments
    from mtpipe.glossary import Glossary
    from mtpipe.report import scores
    from mtpipe.stages import evaluate

    chosen = {path.stem.split(".")[0]: frozenset(path.read_text("utf-8").split()) for path in subsets}
    systems = {path.name: list(segments(source, reference, path)) for path in outputs}
    rows = list(evaluate.compare(systems, Glossary.read(glossary, source_lang, target_lang), chosen))
    jobs = {path.name: scores.job_facts(path, chosen) for path in outputs}
    result = json.dumps({"rows": rows, "jobs": jobs}, ensure_ascii=False, indent=1)
    table = scores.table(rows, jobs, note)
    for path, text in ((out, result + "\n"), (table_file, table)):
        if path:
            scores.write(path, text)
    click.echo(result if as_json else table.rstrip())


@corpus.command()
@click.argument("data", metavar="FULL_DATA", type=FILE)
@click.argument("outputs", metavar="SUBMISSION", type=FILE)
@languages
@click.option("--mode", type=click.Choice(["proper", "random", "noterm"]), default="proper", show_default=True,
              help="Which of the test set's terms to ask for.")  # fmt: skip
@click.option("-o", "--out", type=ANY, required=True, help="Segments (.jsonl).")
def wmt25(data: Path, outputs: Path, source_lang: str, target_lang: str, mode: str, out: Path) -> None:
    """Put a WMT25 terminology test set and a team's outputs together as segments with drafts."""
    from mtpipe.corpora import gather
    from mtpipe.corpora.wmt25 import segments

    click.echo(f"{gather.write(out, segments(data, outputs, source_lang, target_lang, mode))} segments: {out}")
