"""The commands on glossaries, `mtpipe glossary …`; part of cli.py, loaded when one of them is asked for."""

from __future__ import annotations

from pathlib import Path

import click

from mtpipe.cli import FILE, as_json, options, show

glossary_languages = options(
    click.option("-s", "--source-lang", metavar="LANG", help="Source language [default: as the file is named]."),
    click.option("-t", "--target-lang", metavar="LANG", help="Target language [default: as the file is named]."),
)


@click.group()
def glossary() -> None:
    """Look at glossaries."""


@glossary.command()
@click.argument("path", type=FILE)
@glossary_languages
@as_json
@click.pass_context
def validate(ctx: click.Context, path: Path, as_json: bool, **asked: str | None) -> None:
    """List what is wrong or suspicious in a glossary, row by row."""
    from dataclasses import asdict

    from mtpipe.glossary_lint import validate as find

    findings, terms = find(path, *_languages_or_name(ctx, path, asked))
    lines = [f"{path.name}:{f.line}: {f.level}: {f.message}" for f in findings]
    show([asdict(f) for f in findings], as_json, [*lines, *terms.notes, f"{len(terms.terms)} terms"])
    ctx.exit(int(any(f.level == "error" for f in findings)))


@glossary.command()
@click.argument("path", type=FILE)
@glossary_languages
@as_json
@click.pass_context
def stats(ctx: click.Context, path: Path, as_json: bool, **asked: str | None) -> None:
    """Count a glossary's terms by status, domain and length."""
    from mtpipe.glossary import Glossary
    from mtpipe.glossary_lint import stats as count

    counts = count(Glossary.read(path, *_languages_or_name(ctx, path, asked)))
    show(counts, as_json, [f"{name}: {value}" for name, value in counts.items()])


def _languages_or_name(ctx: click.Context, path: Path, asked: dict[str, str | None]) -> tuple[str, str]:
    """The languages as asked for, or as the glossary's file name says."""
    from mtpipe.glossary_header import named_languages

    said = asked["source_lang"] and asked["target_lang"] and (asked["source_lang"], asked["target_lang"])
    found = said or named_languages(path)
    if not found:
        raise click.UsageError(f"{path.name} does not say its languages; give --source-lang and --target-lang", ctx)
    return found
