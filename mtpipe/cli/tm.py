"""The commands on translation memories, `mtpipe tm …`; loaded when one of them is used."""

from __future__ import annotations

from pathlib import Path

import click

from mtpipe.cli.options import ANY, FILE, as_json, languages, show
from mtpipe.errors import amount

MEMORY = click.argument("memory", type=FILE)


@click.group()
def tm() -> None:
    """Create, inspect, search and export translation memories."""


@tm.command("import")
@click.argument("pairs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@languages
@click.option("-o", "--out", type=ANY, required=True, help="The memory; what it holds already is kept.")
def import_pairs(pairs: tuple[Path, ...], source_lang: str, target_lang: str, out: Path) -> None:
    """Add PAIRS to a memory: TMX, TSV, XLIFF, catalogues, whatever `mtpipe corpus` reads."""
    from mtpipe.tm import exchange
    from mtpipe.tm.store import TmFile

    file = TmFile(out, (source_lang, target_lang), is_new=True)
    for path in pairs:
        new = file.add(exchange.units(path, source_lang, target_lang))
        click.echo(f"{path}: {amount(new, 'new unit')}")
    click.echo(f"{amount(file.count(), 'unit')}: {out}")


@tm.command()
@MEMORY
@as_json
def stats(memory: Path, as_json: bool) -> None:
    """Count what a memory holds."""
    from mtpipe.tm.store import TmFile

    counts = TmFile(memory).stats()
    show(counts, as_json, [f"{name}: {value}" for name, value in counts.items()])


@tm.command()
@MEMORY
@click.argument("text")
@click.option("-n", "--number", default=5, show_default=True, help="Maximum number of units to show.")
@click.option("--threshold", type=click.FloatRange(0.3, 1), default=0.7, show_default=True,
              help="Minimum similarity, 0 to 1.")
@as_json
def lookup(memory: Path, text: str, number: int, threshold: float, as_json: bool) -> None:
    """Show the units of a memory that are the same as TEXT or resemble it, best first."""
    from dataclasses import asdict

    from mtpipe.document import inline_codes
    from mtpipe.document.segment import Segment
    from mtpipe.tm.memory import Memories
    from mtpipe.tm.store import TmFile

    file = TmFile(memory)
    memories = Memories([memory], file.source_lang, file.target_lang)
    matches = memories.similar(Segment("", text, codes=inline_codes.find(text)), number, threshold)
    lines = [f"{match.score:4.0%} {match.kind}: {match.source}\n     {match.target}" for match in matches]
    show([asdict(match) for match in matches], as_json, lines or ["no similar unit"])


@tm.command()
@MEMORY
@click.argument("out", type=ANY)
def export(memory: Path, out: Path) -> None:
    """Write all units of a memory to OUT, TMX (.tmx) or source TAB target (.tsv)."""
    from mtpipe.tm.exchange import write
    from mtpipe.tm.store import TmFile
    from mtpipe.tm.units import TranslationUnit

    file = TmFile(memory)
    units = (TranslationUnit(hit.source, hit.target, changed=hit.changed) for hit in file.units())
    click.echo(f"{amount(write(units, out, file.source_lang, file.target_lang), 'unit')}: {out}")
