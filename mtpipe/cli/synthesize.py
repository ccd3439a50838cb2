"""`mtpipe synthesize`; loaded when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mtpipe.cli.options import ANY, FILE, FOLDER, UNTRANSLATED, as_json, languages, llm_options, show
from mtpipe.errors import amount

COUNT = click.IntRange(1)


@click.command()
@click.argument("glossary", type=FILE)
@languages
@click.option("-o", "--out", type=ANY, required=True, help="JSON Lines file for the pairs; a manifest goes beside it.")
@llm_options
@click.option("-p", "--pairs-per-term", type=COUNT, default=10, show_default=True, help="Pairs to get for each term.")
@click.option("--way", type=click.Choice(["pairs", "back-translate"]), default="pairs", show_default=True,
              help="Have the LLM write both sides, or the target only and a model translate it back.")  # fmt: skip
@click.option("--model", type=FOLDER, help="Model that translates back [default: the bundled one of the reverse pair].")
@click.option("--min-score", type=float, default=-0.8, show_default=True,
              help="Minimum score of a translation back: log-probability per token.")  # fmt: skip
@click.option("--also", multiple=True, metavar="LANG=FILE",
              help="Glossary into another language, whose terms stand in the prompt as well; repeatable.")  # fmt: skip
@click.option("--tm", type=FILE, multiple=True, help="Memory, TMX or other pairs to take examples from; repeatable.")
@click.option("--shots", type=click.IntRange(0), default=2, show_default=True, help="Examples that a prompt shows.")
@click.option("--exclude", type=FILE, multiple=True,
              help="Evaluation set (segments, or source TAB reference): nothing like it is kept; repeatable.")
@click.option("--prompts", type=FOLDER,
              help="Folder of prompts in place of mtpipe's own: synthesize.txt, synthesize-target.txt, "
                   "synthesize-wishes.txt.")
@click.option("--domain", default="", help="What the sentences are to be about.")
@click.option("--terms-per-call", type=COUNT, default=4, show_default=True)
@click.option("--pairs-per-call", type=COUNT, default=8, show_default=True)
@click.option("--rounds", type=COUNT, default=3, show_default=True, help="How often to ask for what is missing.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--rejected", type=ANY, help="JSON Lines file for refused pairs, with reasons [default: beside --out].")
@as_json
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_context
def synthesize(ctx: click.Context, as_json: bool, quiet: bool, also: tuple[str, ...], **options: Any) -> None:
    """Have an LLM write sentence pairs that use the terms of GLOSSARY, for `mtpipe finetune`.

    Pairs are checked strictly, and more are requested for terms with too few. Run again to continue: no answer is
    paid for twice. Exit code 4: some terms have fewer pairs than requested.
    """
    from mtpipe.config import CallSettings, with_llm
    from mtpipe.llm.client import FILE as CACHE
    from mtpipe.llm.client import open_llm
    from mtpipe.synthesis import back_translation
    from mtpipe.synthesis import generation as stage

    names = [name for name in stage.SynthesisRecipe.__dataclass_fields__ if name in options]
    glossaries = dict(map(_language_file, also))
    recipe = stage.SynthesisRecipe(**{name: options.pop(name) for name in names}, also=glossaries)
    settings = with_llm(ctx.obj | options)
    name = settings.get("llm")
    if not name:
        raise click.UsageError("name the LLM that writes: --llm openai --llm-option base_url=… --llm-option model=…")
    cache = settings.get("llm_cache") or recipe.folder / CACHE
    caller = open_llm(name, settings["options"].get(f"llm.{name}", {}), CallSettings(**settings["calls"]),
                      Path(cache))  # fmt: skip
    outcome = stage.synthesize(recipe, caller, lambda line: click.echo(line, err=True) if not quiet else None,
                               back_translation.translator(recipe))  # fmt: skip
    files = f"written: {recipe.out}, {recipe.manifest}, {recipe.refused}"
    show(outcome.manifest, as_json, [*_lines(outcome.manifest), files])
    ctx.exit(0 if outcome.is_complete else UNTRANSLATED)


def _lines(facts: Mapping[str, Any]) -> list[str]:
    usage = facts["usage"]
    cost = "" if usage["cost"] is None else f", cost {usage['cost']:.2f}"
    lines = [f"{amount(facts['pairs'], 'pair')} for {amount(facts['terms'], 'term')}, of {facts['proposed']} proposed",
             f"LLM: {amount(usage['calls'], 'call')}, {usage['cached']} prompts answered before, "
             f"{usage['tokens_in']} tokens in, {usage['tokens_out']} out{cost}"]  # fmt: skip
    for reason, count in facts["refused"].items():
        sample = facts["samples"][reason][0]
        text = sample.get("reply") or f"{sample['source']} | {sample['reference']}"
        lines.append(f"refused, {reason}: {count}, such as {text[:90]!r}")
    lines += [f"left out: {term[:60]}: {why}" for term, why in facts["left_out"].items()]
    if short := facts["short"]:
        worst = sorted(short.items(), key=_by_count)[:5]
        terms = ", ".join(f"{term} ({count})" for term, count in worst)
        why = f": {facts['stopped']}" if facts["stopped"] else ""
        lines.append(f"incomplete{why}: {amount(len(short), 'term')} with fewer than "
                     f"{facts['settings']['pairs_per_term']} pairs: {terms}{', …' * (len(short) > 5)}")  # fmt: skip
    return lines


def _by_count(item: tuple[str, int]) -> int:
    return item[1]


def _language_file(text: str) -> tuple[str, Path]:
    lang, equals, path = text.partition("=")
    if not (lang and equals and Path(path).is_file()):
        raise click.BadParameter(f"{text!r}: give LANG=FILE, such as cs=glossary.en-cs.csv", param_hint="--also")
    return lang, Path(path)
