"""`mtpipe finetune`; loaded when it is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mtpipe.cli.options import ANY, FILE, FOLDER, as_json, languages

PATH = click.Path(exists=True, path_type=Path)
SHARE = click.FloatRange(0, 1)


@click.command()
@click.argument("pairs", metavar="PAIRS...", nargs=-1, required=True, type=PATH)
@languages
@click.option("--task", type=click.Choice(["translate", "post-edit", "llm", "preference"]), default="translate",
              show_default=True, help="What the model is for; post-edit: PAIRS are triplets (`mtpipe triplets`), for "
              "the refiner; llm, preference: PAIRS are those of `mtpipe preferences`, for a causal language model "
              "(--base), or for a refiner (preference).")  # fmt: skip
@click.option("-o", "--out", type=ANY, required=True, help="Model folder to write; checkpoints go to OUT.training.")
@click.option("--base", default="", metavar="MODEL", help="Model folder, checkpoint folder or hub name to start from; "
              "\"none\" for random weights [default: the bundled model of the pair].")  # fmt: skip
@click.option("--parent", default="", metavar="MODEL", help="With --base none: another pair's model to start from.")
@click.option("--teacher", type=FOLDER,
              help="Model folder that translates the sources of PAIRS: its translations are learnt from instead of "
                   "theirs (distillation).")
@click.option("--teacher-share", type=SHARE, default=0.9, show_default=True,
              help="Share of its translations that are learnt from, the surest ones.")  # fmt: skip
@click.option("--generic", type=PATH, multiple=True,
              help="General pairs to mix in, so that general text keeps its quality; repeatable.")  # fmt: skip
@click.option("--mix", type=SHARE, default=0.9, show_default=True, help="Share of PAIRS in the mix.")
@click.option("--generic-times", type=click.IntRange(1), default=9, show_default=True,
              help="Generic pairs sampled for each of PAIRS.")  # fmt: skip
@click.option("--dev", type=FILE, help="Development pairs [default: 5 % of PAIRS, at most 300].")
@click.option("--exclude", type=FILE, multiple=True, help="Held-out sources never to train on; repeatable.")
@click.option("-g", "--glossary", type=FILE, help="Terms to annotate wherever both sides hold them.")
@click.option("--annotated", type=SHARE, default=0.65, show_default=True, help="Share of lines with annotated terms.")
@click.option("--swapped", type=SHARE, default=0.35, show_default=True,
              help="Share of these in which a term is given another translation, to teach obedience.")  # fmt: skip
@click.option("--coded", type=SHARE, default=0.4, show_default=True,
              help="Share of lines with placeholders for inline tags.")  # fmt: skip
@click.option("--augmented", type=SHARE, default=0.0, show_default=True,
              help="Share of lines in capitals, as a title, without their end mark, with a typing error, another "
              "number or identifier, or a placeholder.")  # fmt: skip
@click.option("--steps", type=click.IntRange(0), default=0, help="Stop after so many steps.")
@click.option("--minutes", type=click.FloatRange(0), default=0.0, help="Stop after so many minutes of training.")
@click.option("--patience", type=click.IntRange(0), default=0, help="Stop after so many evaluations without a gain.")
@click.option("--evaluate-every", type=click.IntRange(0), default=0,
              help="Steps [default: about those of one pass over PAIRS, 25 to 500].")  # fmt: skip
@click.option("--batch-tokens", type=click.IntRange(256), default=5000, show_default=True, help="Tokens of a batch.")
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True),
              help="The highest [default: 0.0006 for a new model, 0.0002 for a trained one].")  # fmt: skip
@click.option("--guide", type=click.FloatRange(0), default=0.3, show_default=True,
              help="Weight of the alignment loss.")  # fmt: skip
@click.option("--vocabulary", type=click.IntRange(300), default=10_000, show_default=True,
              help="Pieces of a new vocabulary (--base none).")  # fmt: skip
@click.option("--shape", "shape", multiple=True, metavar="NAME=N",
              help="Dimension of a model from random weights, such as d_model=512; repeatable.")  # fmt: skip
@click.option("--lora", type=click.IntRange(0), default=0, metavar="RANK", help="Train adapters of this rank only.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--restart", is_flag=True, help="Don't go on from an interrupted run's checkpoint.")
@as_json
def finetune(
    source_lang: str, target_lang: str, out: Path, glossary: Path | None, shape: tuple[str, ...], restart: bool,
    as_json: bool, **settings: Any
) -> None:
    """Train a model on PAIRS (TMX, XLIFF, PO, TSV, JSON Lines …) and write a checked model folder.

    Without --steps or --minutes training stops by --patience (then 3 unless given). An interrupted run goes on.
    """
    from mtpipe.config import FinetuneSettings
    from mtpipe.training.development import table
    from mtpipe.workflow.training import train

    recipe = FinetuneSettings(**settings, shape=dict(map(_named_number, shape)))
    outcome = train(recipe, (source_lang, target_lang), out, glossary, lambda line: click.echo(line, err=True),
                    not restart)  # fmt: skip
    if outcome is None:  # not the first process of several
        return
    if outcome.warning:
        click.echo(outcome.warning, err=True)
    facts = {name: {"before": before, "after": after} for name, (before, after) in outcome.scores.items()}
    click.echo(json.dumps({"folder": str(out), "scores": facts}) if as_json else table(outcome))


def _named_number(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not number.isdecimal():
        raise click.BadParameter(f"{text!r}: give NAME=N, such as d_model=512", param_hint="--shape")
    return name, int(number)
