"""mtpipe preferences: what the guard accepted and refused in a job, as pairs to learn from."""

from __future__ import annotations

from pathlib import Path

import click

from mtpipe.cli.options import ANY, FOLDER, as_json, languages, options, show
from mtpipe.errors import amount

prompts = options(click.option("--prompts", type=FOLDER, help="Folder with a post-edit.txt [default: mtpipe's own]."))


@click.command()
@click.argument("job", type=FOLDER)
@click.option("-o", "--out", type=ANY, required=True, help="JSON Lines file for the pairs.")
@languages
@prompts
@as_json
def preferences(job: Path, out: Path, as_json: bool, source_lang: str, target_lang: str, prompts: Path | None) -> None:
    """Write pairs of a chosen and a rejected edit from JOB, the folder of its state (<out>/.mtpipe or <out>.mtpipe).

    Each has "prompt", "chosen" and "rejected", as preference training (DPO) takes them, and what was refused
    and why.
    """
    from mtpipe.training.preferences import preferences, write

    count = write(out, preferences(job, source_lang, target_lang, prompts))
    show({"pairs": count, "out": str(out)}, as_json, [f"{amount(count, 'pair')}: {out}"])
