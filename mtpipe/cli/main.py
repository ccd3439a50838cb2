"""The command line: thin commands that parse, call one plain function and show what it returns.

Only this package prints and exits; all else is imported inside the bodies, for a fast --help.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mtpipe import __version__
from mtpipe.cli.options import (
    ANY,
    FILE,
    FOLDER,
    SOURCE,
    TERMS_MISSING,
    ErrorGroup,
    as_json,
    dry_run,
    form_checks,
    languages,
    llm_options,
    plugin_names,
    protect,
    repair,
    show,
    showing,
    spread,
)

if TYPE_CHECKING:
    from mtpipe.config import SettingsFile
    from mtpipe.report.model import JobReport

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to look for any takes longer than to read the settings
# groups in modules of their own, which take their options from here
_APART = {"corpus": "mtpipe.cli.corpus", "evaluate": "mtpipe.cli.evaluate",
          "export": "mtpipe.cli.exchange", "import": "mtpipe.cli.exchange:import_edits",
          "finetune": "mtpipe.cli.finetune", "glossary": "mtpipe.cli.glossary", "models": "mtpipe.cli.models",
          "preferences": "mtpipe.cli.preferences", "report": "mtpipe.cli.report",
          "review": "mtpipe.cli.review", "run": "mtpipe.cli.run",
          "serve": "mtpipe.cli.serve",
          "synthesize": "mtpipe.cli.synthesize", "tm": "mtpipe.cli.tm", "triplets": "mtpipe.cli.triplets"}  # fmt: skip


_STAGES = ("run", "synthesize", "finetune", "evaluate")  # commands with a table of their own
_LISTED = 20  # messages shown of a job
_SHARED = ("source_lang", "target_lang", "glossary", "llm")  # settings of the job that they take, too


class _Group(ErrorGroup):
    """The commands here and those of modules of their own, imported when one of them is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*self.commands, *_APART])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _APART:
            return super().get_command(ctx, name)
        module, _, attribute = _APART[name].partition(":")
        return getattr(import_module(module), attribute or name)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MTPIPE"})
@click.version_option(__version__, "-V", "--version", prog_name="mtpipe", message="%(prog)s %(version)s")
@click.option("-c", "--config", type=FILE, help="Settings [default: mtpipe.toml here, if there is one].")
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Translate whole folders of documents under a glossary.

    Settings: option, else MTPIPE_<COMMAND>_<OPTION>, else mtpipe.toml, else default.
    Exit codes: 1 error, 2 usage, 3 errors remain (--strict), 4 something not read, not translated or waiting.
    """
    path = config or Path("mtpipe.toml")
    ctx.obj = {}  # settings of the file that have no option of their own
    if path.is_file():
        from mtpipe.config import read

        file = read(path, is_named=config is not None)
        ctx.obj = file.for_job
        ctx.default_map = _defaults(main.list_commands(ctx), file)


def _defaults(commands: list[str], file: SettingsFile) -> dict[str, dict[str, Any]]:
    """The options of each command that a settings file gives."""
    job = {name: ",".join(value) if name in ("editors", "checks") else value for name, value in file.job.items()}
    shared = {name: job[name] for name in _SHARED if name in job}
    stages = {name: dict(table) for name, table in file.stages.items()}
    metrics = stages.pop("evaluate", {}).get("metrics")  # the rest of it is about a run's own systems
    tables = {name: shared | {key: value for key, value in stages.get(name, {}).items() if not isinstance(value, dict)}
              for name in _STAGES}  # fmt: skip
    tables["evaluate"] |= {"metrics": ",".join(metrics)} if metrics else {}
    return {command: tables.get(command, job) for command in commands}


@main.command()
@click.argument("source", type=SOURCE)
@click.option("-o", "--out", type=ANY, required=True, help="Folder or file for the translations, or s3://….")
@languages
@repair
@llm_options
@click.option("--mt", default="ct2", show_default=True, shell_complete=plugin_names("mt"), help="Translator plug-in.")
@click.option("--tm", type=FILE, multiple=True,
              help="Translation memory (`mtpipe tm import`), TMX or other pairs; repeatable, the first counts most.")
@click.option("--tm-flagged", type=click.Choice(["repair", "translate"]), default="repair", show_default=True,
              help="What to do with exact matches that break the glossary.")
@click.option("--other", type=click.Choice(["copy", "skip"]), default="copy", show_default=True,
              help="What to do with files of unknown types.")  # fmt: skip
@click.option("-f", "--format-option", "format_options", multiple=True, metavar="FORMAT.KEY=VALUE",
              help="Option of a format, such as po.fuzzy=false; `mtpipe formats` lists them.")  # fmt: skip
@click.option("--follow-links", is_flag=True, help="Read links to files outside SOURCE, too.")
@spread
@showing
@dry_run
@click.pass_context
def translate(
    ctx: click.Context, format_options: tuple[str, ...], dry_run: bool, strict: bool, as_json: bool, quiet: bool,
    **settings: Any
) -> None:  # fmt: skip
    """Translate SOURCE, a folder or file (also s3://…); run again to resume or to apply a changed glossary."""
    from mtpipe.config import Job, with_format_options, with_llm

    options = with_format_options(ctx.obj.get("options", {}), format_options)
    _run(ctx, Job(**with_llm(ctx.obj | settings | {"options": options})), dry_run, strict, as_json, quiet)


@main.command("post-edit")
@click.argument("source", metavar="DRAFTS", type=SOURCE)
@click.option("-o", "--out", type=ANY, required=True, help="JSON Lines file for the edited segments, or a folder.")
@languages
@repair
@llm_options
@click.option("--mt", shell_complete=plugin_names("mt"), help="Translator plug-in; \"none\": repair with the lexicon "
              "only [default: ct2 where a model covers the language pair].")  # fmt: skip
@spread
@showing
@dry_run
@click.pass_context
def post_edit(ctx: click.Context, dry_run: bool, strict: bool, as_json: bool, quiet: bool, **settings: Any) -> None:
    """Repair the terms in DRAFTS (segments JSON Lines, a file or a folder of them), whoever made them; drafts without
    errors stay untouched."""
    from mtpipe.config import Job, with_llm
    from mtpipe.models import registry

    has_model = settings["model"] or registry.covers(settings["source_lang"], settings["target_lang"])
    settings["mt"] = settings["mt"] or ("ct2" if has_model else "none")
    job = Job(**with_llm(ctx.obj | settings))
    _run(ctx, job, dry_run, strict, as_json, quiet)


@main.command()
@click.argument("path", metavar="SEGMENTS", type=FILE)
@languages
@click.option("-g", "--glossary", type=FILE, help="Terms to check (CSV or TSV), beside the segments' own.")
@form_checks
@protect
@click.option("--strict", is_flag=True, help="Exit with 3 if there are errors.")
@as_json
@click.pass_context
def check(ctx: click.Context, strict: bool, as_json: bool, **settings: Any) -> None:
    """Check bilingual SEGMENTS (JSON Lines): terms, inline tags, and numbers, paths, options and the like."""
    from mtpipe.cli import results
    from mtpipe.pipeline.bilingual import review

    report = review(**settings | {"checks": settings["checks"].split(",")})
    show(report.to_dict(), as_json, [*map(results.error, report.errors), results.terms(report.terms)])
    ctx.exit(TERMS_MISSING if strict and results.has_errors(report) else 0)


@main.command()
@click.argument("out", type=FOLDER)
@click.argument("reports", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--report-dir", type=FOLDER, help="Where the shards' reports are, and the joint one goes.")
@click.option("--strict", is_flag=True, help="Exit with 3 if errors remain.")
@as_json
@click.pass_context
def merge(
    ctx: click.Context, out: Path, reports: tuple[Path, ...], report_dir: Path | None, strict: bool, as_json: bool
) -> None:
    """Join what `translate --shard` or `post-edit --shard` wrote to OUT: one report, one state for export and import.

    REPORTS: report.json files of shards that were done on other machines.
    """
    from mtpipe.cli import results
    from mtpipe.config.job import STATE
    from mtpipe.pipeline.shards import merge as merged

    report = merged(out, reports, report_dir)
    _warn(report)
    page = (report_dir or out / STATE) / "report.html"
    show(report.to_dict(), as_json, list(results.lines(report, out, page)))
    ctx.exit(results.exit_code(report, strict))


@main.command("plugins")
@as_json
def list_plugins(as_json: bool) -> None:
    """List the plug-ins that settings can name."""
    from mtpipe.plugins import PLUGINS, names

    table = {kind: names(kind) for kind in PLUGINS}
    show(table, as_json, [f"{kind}: {', '.join(plugins)}" for kind, plugins in table.items()])


@main.command("formats")
@as_json
def list_formats(as_json: bool) -> None:
    """List the document formats, their options, and what an extra would add."""
    from mtpipe.plugins import formats

    rows = formats()
    lines = []
    for row in rows:
        defaults = " ".join(f"{key}={value}" for key, value in row["options"].items())
        lines.append(f"{row['name']:<11}{' '.join(row['suffixes']):<30} {row['needs'] or row['about']}")
        lines += [f"{'':<11}options: {defaults}"] if defaults else []
    show(rows, as_json, lines)


def _run(ctx: click.Context, job: Any, dry_run: bool, strict: bool, as_json: bool, quiet: bool) -> None:
    from mtpipe.cli import progress, results
    from mtpipe.pipeline import jobs

    if dry_run:
        plan = jobs.plan(job)
        show(plan, as_json, [f"{name}: {value}" for name, value in plan["totals"].items()])
        return
    with progress.display(quiet) as on_progress:
        report = jobs.run(job, on_progress)
    _warn(report)
    requests = job.options.get("llm.batch", {}).get("requests") if report.llm.waiting else None
    advice = [f"Requests: {requests}; send them, save the answers, then run the same command again"] if requests else []
    show(report.to_dict(), as_json, [*results.lines(report, job.out, job.reports / "report.html"), *advice])
    ctx.exit(results.exit_code(report, strict))


def _warn(report: JobReport) -> None:
    """What a report has to say beside its figures."""
    for path in report.stale:
        click.echo(f"mtpipe: {path}: its source file no longer exists; delete it if you don't need it", err=True)
    messages = [*report.faults, *(row.message for row in report.documents if row.message)]
    for message in messages[:_LISTED]:
        click.echo(f"mtpipe: {message}", err=True)
    if len(messages) > _LISTED:
        click.echo(f"mtpipe: {len(messages) - _LISTED} more with messages: see the report", err=True)
