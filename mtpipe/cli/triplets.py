"""`mtpipe triplets`; loaded when it is used."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from mtpipe.cli.options import ANY, FILE, FOLDER, as_json, languages, show

SHARE = click.FloatRange(0, 1)


@click.command()
@click.argument("corpora", metavar="PAIRS...", nargs=-1, required=True,
                type=click.Path(exists=True, path_type=Path))  # fmt: skip
@languages
@click.option("-o", "--out", type=ANY, required=True, help="JSON Lines file for the triplets, easy to hard.")
@click.option("-g", "--glossary", type=FILE, help="Terms to ask for wherever both sides hold them.")
@click.option("--model", type=FOLDER, help="Model folder that drafts [default: the bundled one of the language pair].")
@click.option("--lexicon", type=FOLDER, help="Alignment lexicon [default: the model's own].")
@click.option("--exclude", type=FILE, multiple=True, help="Held-out sources: nothing like them is used; repeatable.")
@click.option("--most", type=click.IntRange(1), help="Maximum number of pairs to use.")
@click.option("--farthest", type=SHARE, default=0.4, show_default=True,
              help="Leave out what is farther from its draft: changed share of the words.")  # fmt: skip
@click.option("--held", type=SHARE, default=0.15, show_default=True, help="Share of drafts with all terms to keep.")
@click.option("--nbest", type=SHARE, default=0.3, show_default=True,
              help="Share of pairs with a second triplet, of another hypothesis.")  # fmt: skip
@click.option("--swapped", type=SHARE, default=0.5, show_default=True,
              help="Of the triplets made of good text, the share that asks for a term other than the right one.")
@click.option("--threads", type=click.IntRange(0), default=0, help="For drafting [default: all cores].")
@click.option("--seed", type=int, default=1, show_default=True)
@as_json
def triplets(
    corpora: tuple[Path, ...], source_lang: str, target_lang: str, glossary: Path | None, model: Path | None,
    lexicon: Path | None, exclude: tuple[Path, ...], most: int | None, threads: int, as_json: bool,
    **recipe: Path | float,
) -> None:
    """Make triplets (source, draft, reference) of PAIRS for `finetune --task post-edit`.

    Drafts are the model's without terms, and good text in which terms gave way to others. An interrupted run goes on.
    """
    from mtpipe import plugins
    from mtpipe.alignment.lexicon import Lexicon
    from mtpipe.errors import ConfigError
    from mtpipe.glossary.loading import load_glossary
    from mtpipe.models import registry
    from mtpipe.training import triplets as stage

    base = registry.find(source_lang, target_lang, model)
    folder = lexicon or base.lexicon
    if folder is None:
        raise ConfigError(f"{base.folder}: no lexicon beside the model; give --lexicon")
    terms = load_glossary(glossary, source_lang, target_lang) if glossary else None
    decoder = plugins.create("mt", "ct2", {"threads": threads}, folder=base.folder, source_lang=source_lang,
                             target_lang=target_lang)  # fmt: skip
    inputs = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in (*corpora, *exclude)]
    settings = stage.TripletRecipe(source_lang, target_lang, glossary=terms, inputs=repr((inputs, most)),
                                   **recipe)  # type: ignore[arg-type]
    pairs = islice(_pairs(corpora, exclude, source_lang, target_lang), most)
    counts = stage.make(pairs, decoder, Lexicon.load(folder), settings, lambda line: click.echo(line, err=True))
    show(counts, as_json, [f"{name}: {count}" for name, count in sorted(counts.items())])


def _pairs(
    corpora: tuple[Path, ...], exclude: tuple[Path, ...], source_lang: str, target_lang: str
) -> Iterator[tuple[str, str]]:
    """The pairs one after another, but for those whose source says the same as an excluded one."""
    from mtpipe.corpora import deduplication, pairs
    from mtpipe.corpora.decontamination import HeldOut

    held_out = HeldOut()
    for path in exclude:
        for source in deduplication.sources(path):
            held_out.add(source)
    for path in corpora:
        yield from (pair for pair in pairs(path, source_lang, target_lang) if not held_out.has_like(pair[0]))
