"""The commands on glossaries, `mtpipe glossary …`; loaded when one of them is used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mtpipe.cli.options import ANY, FILE, FOLDER, as_json, languages, options, show
from mtpipe.errors import amount

glossary_languages = options(
    click.option("-s", "--source-lang", metavar="LANG", help="Source language [default: from the file name]."),
    click.option("-t", "--target-lang", metavar="LANG", help="Target language [default: from the file name]."),
    click.option("--sheet", default="", help="Sheet of a workbook, name or number [default: the first that fits]."),
    click.option("--column", "columns", multiple=True, metavar="NAME=COLUMN",
                 help="Column of a table by its header, letter or number, such as source=B; repeatable."),
)  # fmt: skip


@click.group()
def glossary() -> None:
    """Check glossaries, convert them, and find terms for them."""


@glossary.command()
@click.argument("path", type=FILE)
@glossary_languages
@as_json
@click.pass_context
def validate(ctx: click.Context, path: Path, as_json: bool, **settings: Any) -> None:
    """List the errors and warnings of a glossary, row by row or entry by entry."""
    from dataclasses import asdict

    from mtpipe.glossary.loading import validate as find

    findings, terms = find(path, *_languages_or_name(ctx, path, settings), **_table(ctx, settings))
    entries = [f"entry {f.entry}: " if f.entry else "" for f in findings]
    lines = [f"{path.name}:{f.line}: {entry}{f.level}: {f.message}" for f, entry in zip(findings, entries)]
    show([asdict(f) for f in findings], as_json, [*lines, *terms.notes, amount(len(terms.terms), "term")])
    ctx.exit(int(any(f.level == "error" for f in findings)))


@glossary.command()
@click.argument("path", type=FILE)
@glossary_languages
@as_json
@click.pass_context
def stats(ctx: click.Context, path: Path, as_json: bool, **settings: Any) -> None:
    """Count a glossary's terms by status, domain and length."""
    from mtpipe.glossary.loading import load_glossary
    from mtpipe.glossary.validation import stats as count

    counts = count(load_glossary(path, *_languages_or_name(ctx, path, settings), **_table(ctx, settings)))
    show(counts, as_json, [f"{name}: {value}" for name, value in counts.items()])


@glossary.command()
@click.argument("path", metavar="IN", type=FILE)
@click.argument("out", type=ANY)
@glossary_languages
@click.option("--tbx-version", type=click.Choice(["3", "2"]), default="3", show_default=True,
              help="Dialect of a TBX file.")
@click.option("--skip-bad-rows", is_flag=True, help="Leave out what can't be read instead of stopping.")
@click.pass_context
def convert(
    ctx: click.Context, path: Path, out: Path, tbx_version: str, skip_bad_rows: bool, **settings: Any
) -> None:
    """Write the glossary IN (CSV, TSV, XLSX, TBX or TMX) as OUT, by its suffix: .csv, .tsv, .xlsx or .tbx."""
    from mtpipe.glossary.loading import load_glossary
    from mtpipe.glossary.writer import write

    languages = _languages_or_name(ctx, path, settings)
    if out.resolve() == path.resolve():
        raise click.UsageError(f"OUT is the glossary {path} itself; give another file", ctx)
    terms = load_glossary(path, *languages, skip_bad_rows=skip_bad_rows, **_table(ctx, settings))
    write(terms, out, tbx_version)
    for note in terms.notes:
        click.echo(f"{path.name}: {note}", err=True)
    click.echo(f"{amount(len(terms.terms), 'term')}: {out}")


PAIRS = click.argument("pairs", metavar="PAIRS...", nargs=-1, required=True, type=ANY)
corpus = options(
    click.option("--exclude", type=FILE, help="Held-out sources: segments JSON Lines, or a line each."),
    click.option("--documents", multiple=True, default=["*"], metavar="PATTERN",
                 help="Only pairs of these documents, such as 'text/*'; repeatable."),
)  # fmt: skip


@glossary.command()
@PAIRS
@languages
@corpus
@click.option("-o", "--out", type=ANY, required=True, help="CSV or TSV file for the candidates.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--min-count", type=click.IntRange(2), default=5, show_default=True,
              help="Minimum number of pairs that have a term.")
@click.option("--max-words", type=click.IntRange(1, 8), default=4, show_default=True,
              help="Maximum number of words in a term.")
@click.option("--min-share", type=click.FloatRange(0, 1), default=0.3, show_default=True,
              help="Minimum share of the pairs with a term that have its translation.")
@click.option("--top", type=click.IntRange(1), help="How many to write [default: all].")
@click.option("--known", type=FILE, help="Glossary whose terms are left out.")
@click.option("--domain", default="", help="For the domain column.")
@click.option("--lexicon", "lexicon_folder", type=FOLDER, help="For the word links [default: learned from PAIRS].")
def extract(
    pairs: tuple[Path, ...], source_lang: str, target_lang: str, exclude: Path | None, documents: tuple[str, ...],
    out: Path, force: bool, top: int | None, known: Path | None, domain: str, lexicon_folder: Path | None,
    **limits: Any,
) -> None:
    """Find bilingual terms in PAIRS (parallel text of any kind): a glossary to curate, the best candidates first."""
    from mtpipe.alignment.lexicon import Lexicon
    from mtpipe.corpora import deduplication
    from mtpipe.glossary.loading import load_glossary
    from mtpipe.terminology.extraction import candidates, sheet

    banned = deduplication.sources(exclude) if exclude else ()
    located = deduplication.in_documents(pairs, source_lang, target_lang, banned, documents)
    left_out = load_glossary(known, source_lang, target_lang) if known else None
    lexicon = Lexicon.load(lexicon_folder) if lexicon_folder else None
    terms = candidates.extract(located, source_lang, target_lang, known=left_out, lexicon=lexicon, **limits)[:top]
    sheet.write(terms, out, domain, force)
    click.echo(f"{amount(len(terms), 'candidate')} from {amount(len(located), 'distinct pair')}: {out}")


@glossary.command()
@click.argument("path", metavar="GLOSSARY", type=FILE)
@PAIRS
@glossary_languages
@corpus
@click.option("--below", type=click.FloatRange(0, 1), default=1.0, show_default=True,
              help="Only terms with a smaller share of targets that have them.")
@as_json
@click.pass_context
def usage(
    ctx: click.Context, path: Path, pairs: tuple[Path, ...], exclude: Path | None, documents: tuple[str, ...],
    below: float, as_json: bool, **settings: Any,
) -> None:
    """Show how PAIRS use a GLOSSARY: how often targets have a term of their source, and what they have instead."""
    from mtpipe.corpora import deduplication
    from mtpipe.glossary.loading import load_glossary
    from mtpipe.terminology.extraction import usage as judge

    names = _languages_or_name(ctx, path, settings)
    banned = deduplication.sources(exclude) if exclude else ()
    located = deduplication.in_documents(pairs, *names, banned, documents)
    used = judge.usage((pair for _, pair in located), load_glossary(path, *names, **_table(ctx, settings)))
    rows = [judge.row(use) for use in sorted(used, key=judge.urgency) if judge.is_below(use, below)]
    show(rows, as_json, [*map(judge.line, rows), judge.summary(used)])


def _table(ctx: click.Context, settings: dict[str, Any]) -> dict[str, Any]:
    """The options of the reader."""
    columns: Sequence[str] = settings["columns"]
    for text in columns:
        if "=" not in text:
            raise click.UsageError(f"--column {text!r}: give it as NAME=COLUMN, such as source=B", ctx)
    return {"sheet": settings["sheet"], "columns": dict(text.split("=", 1) for text in columns)}


def _languages_or_name(ctx: click.Context, path: Path, settings: dict[str, Any]) -> tuple[str, str]:
    """The languages of the options, or those of the glossary's file name."""
    from mtpipe.glossary.columns import named_languages

    languages = settings["source_lang"], settings["target_lang"]
    pair = languages if all(languages) else named_languages(path)
    if not pair:
        raise click.UsageError(f"the name of {path.name} does not tell its languages; give --source-lang and "
                               "--target-lang", ctx)  # fmt: skip
    return pair
