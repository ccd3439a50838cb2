"""`mtpipe run`; loaded when it is used."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from mtpipe.cli.options import FILE, UNTRANSLATED, as_json, dry_run, show


@click.command()
@click.argument("config", type=FILE, default=Path("mtpipe.toml"))
@click.option("--from", "first", default="", metavar="STAGE",
              help="Stage to begin with, on the results of the stages before it.")
@click.option("--until", "last", default="", metavar="STAGE", help="Stage to end with.")
@click.option("--again", is_flag=True, help="Run the stages even if nothing has changed.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@dry_run
@as_json
@click.pass_context
def run(
    ctx: click.Context, config: Path, first: str, last: str, again: bool, quiet: bool, dry_run: bool,
    as_json: bool,
) -> None:
    """Run the stages of CONFIG [default: mtpipe.toml]: synthesize, finetune, translate, post-edit, evaluate.

    A stage whose inputs are unchanged is skipped; manifest.json says what was made from what. Exit code 4: something
    was left untranslated, or waits for the LLM.
    """
    from mtpipe import workflow
    from mtpipe.cli import progress
    from mtpipe.workflow import manifest, settings, steps

    flow = settings.read(config, is_named=_is_named(ctx))
    earlier = manifest.Manifest(flow.work / manifest.FILE)
    if dry_run:
        planned = list(workflow.plan(steps.Steps(flow).stages(), earlier, first, last))
        show(dict(planned), as_json, [f"{name}: {reason or 'unchanged'}" for name, reason in planned])
        return
    with progress.display(quiet) as on_progress:
        stages = steps.Steps(flow, _tell, on_progress).stages()
        outcome = workflow.run(stages, earlier, first, last, again, _tell)
    lines = [f"{name}: {stage['state']} {stage.get('facts', {}).get('incomplete', '')}".rstrip()
             for name, stage in outcome.stages.items()]  # fmt: skip
    show(outcome.stages, as_json, [*lines, *_outcome(flow.work), f"manifest: {outcome.path}"])
    edited = outcome.stages.get("post-edit", {})
    totals = edited.get("facts", {}).get("totals", {})
    if edited.get("state") == "incomplete" or totals.get("failed") or totals.get("untranslated"):
        ctx.exit(UNTRANSLATED)


def _is_named(ctx: click.Context) -> bool:
    """Whether the user named the configuration: else it merely lies in the current folder."""
    return ctx.get_parameter_source("config") is not ParameterSource.DEFAULT


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _outcome(work: Path) -> list[str]:
    table = work / "evaluation.md"
    return [table.read_text("utf-8").rstrip(), f"page: {table.with_suffix('.html')}"] if table.is_file() else []
