"""The command line: thin commands that parse, call one plain function and show what it returns.

Only this package prints and exits; all else is imported inside the bodies, for a fast --help.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mtpipe import __version__
from mtpipe.cli.options import (
    ANY,
    FILE,
    TERMS_MISSING,
    UNTRANSLATED,
    ErrorGroup,
    as_json,
    dry_run,
    languages,
    llm_options,
    repair,
    show,
    showing,
)

if TYPE_CHECKING:
    from mtpipe.config import SettingsFile

# groups in modules of their own, which take their options from here
_APART = {"corpus": "mtpipe.cli.corpus", "evaluate": "mtpipe.cli.evaluate",
          "finetune": "mtpipe.cli.finetune", "glossary": "mtpipe.cli.glossary", "models": "mtpipe.cli.models",
          "preferences": "mtpipe.cli.preferences", "run": "mtpipe.cli.run", "synthesize": "mtpipe.cli.synthesize",
          "tm": "mtpipe.cli.tm", "triplets": "mtpipe.cli.triplets"}  # fmt: skip


_STAGES = ("run", "synthesize", "finetune", "evaluate")  # commands with a table of their own
_SHARED = ("source_lang", "target_lang", "glossary", "llm")  # settings of the job that they take, too


class _Group(ErrorGroup):
    """The commands here and those of modules of their own, imported when one of them is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*self.commands, *_APART])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _APART:
            return super().get_command(ctx, name)
        return getattr(import_module(_APART[name]), name)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MTPIPE"})
@click.version_option(__version__, "-V", "--version", prog_name="mtpipe", message="%(prog)s %(version)s")
@click.option("-c", "--config", type=FILE, help="Settings [default: mtpipe.toml here, if there is one].")
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Translate whole folders of documents under a glossary.

    Settings: option, else MTPIPE_<COMMAND>_<OPTION>, else mtpipe.toml, else default.
    Exit codes: 1 error, 2 usage, 3 terms missing (--strict), 4 something left untranslated.
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
    job = {name: ",".join(value) if name == "editors" else value for name, value in file.job.items()}
    shared = {name: job[name] for name in _SHARED if name in job}
    stages = {name: dict(table) for name, table in file.stages.items()}
    metrics = stages.pop("evaluate", {}).get("metrics")  # the rest of it is about a run's own systems
    tables = {name: shared | {key: value for key, value in stages.get(name, {}).items() if not isinstance(value, dict)}
              for name in _STAGES}  # fmt: skip
    tables["evaluate"] |= {"metrics": ",".join(metrics)} if metrics else {}
    return {command: tables.get(command, job) for command in commands}


@main.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--out", type=ANY, required=True, help="Where the translated tree goes.")
@languages
@repair
@llm_options
@click.option("--mt", default="ct2", show_default=True, help="Translator plug-in.")
@click.option("--tm", type=FILE, multiple=True,
              help="Translation memory (`mtpipe tm import`), TMX or other pairs; repeatable, the first counts most.")
@click.option("--tm-flagged", type=click.Choice(["repair", "translate"]), default="repair", show_default=True,
              help="What to do with exact matches that break the glossary.")
@click.option("--other", type=click.Choice(["copy", "skip"]), default="copy", show_default=True,
              help="What to do with files of unknown types.")  # fmt: skip
@click.option("-f", "--format-option", "format_options", multiple=True, metavar="FORMAT.KEY=VALUE",
              help="Option of a format, such as po.fuzzy=false; `mtpipe formats` lists them.")  # fmt: skip
@showing
@dry_run
@click.pass_context
def translate(
    ctx: click.Context, format_options: tuple[str, ...], dry_run: bool, strict: bool, as_json: bool, quiet: bool,
    **settings: Any
) -> None:  # fmt: skip
    """Translate SOURCE, a folder or file; run again to resume or to apply a changed glossary."""
    from mtpipe.config import Job, with_format_options, with_llm

    options = with_format_options(ctx.obj.get("options", {}), format_options)
    _run(ctx, Job(**with_llm(ctx.obj | settings | {"options": options})), dry_run, strict, as_json, quiet)


@main.command("post-edit")
@click.argument("source", metavar="DRAFTS", type=FILE)
@click.option("-o", "--out", type=ANY, required=True, help="JSON Lines file for the edited segments.")
@languages
@repair
@llm_options
@click.option("--mt", help="Translator plug-in; \"none\": the lexicon alone, for drafts of fields that no model here "
              "knows [default: ct2 where a model covers the pair].")  # fmt: skip
@showing
@dry_run
@click.pass_context
def post_edit(ctx: click.Context, dry_run: bool, strict: bool, as_json: bool, quiet: bool, **settings: Any) -> None:
    """Repair the terms in DRAFTS (segments JSON Lines), whoever made them; drafts without errors stay untouched."""
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
@click.option("--strict", is_flag=True, help="Exit with 3 if there are errors.")
@as_json
@click.pass_context
def check(ctx: click.Context, strict: bool, as_json: bool, **asked: Any) -> None:
    """Check the terms and codes of bilingual SEGMENTS (JSON Lines)."""
    from mtpipe.pipeline.bilingual import review

    report = review(**asked)
    show(report, as_json, [_error_line(error) for error in report["errors"]] + [_terms_line(report)])
    ctx.exit(TERMS_MISSING if strict and _is_wanting(report) else 0)


@main.command("plugins")
@as_json
def list_plugins(as_json: bool) -> None:
    """List the plug-ins that settings can name."""
    from mtpipe.plugins import PLUGINS, names

    known = {kind: names(kind) for kind in PLUGINS}
    show(known, as_json, [f"{kind}: {', '.join(found)}" for kind, found in known.items()])


@main.command("formats")
@as_json
def list_formats(as_json: bool) -> None:
    """List the document formats, their options, and what an extra would add."""
    from mtpipe.plugins import formats

    rows = formats()
    lines = []
    for row in rows:
        given = " ".join(f"{key}={value}" for key, value in row["options"].items())
        lines.append(f"{row['name']:<11}{' '.join(row['suffixes']):<30}{row['needs'] or row['about']}")
        lines += [f"{'':<11}options: {given}"] if given else []
    show(rows, as_json, lines)


def _run(ctx: click.Context, job: Any, dry_run: bool, strict: bool, as_json: bool, quiet: bool) -> None:
    from mtpipe.cli import progress
    from mtpipe.pipeline import jobs

    if dry_run:
        planned = jobs.plan(job)
        show(planned, as_json, [f"{name}: {value}" for name, value in planned["totals"].items()])
        return
    with progress.shown(quiet) as on_progress:
        report = jobs.run(job, on_progress)
    for message in (row["message"] for row in report["documents"] if row["message"]):
        click.echo(f"mtpipe: {message}", err=True)
    where = f"report: {job.reports / 'report.html'}"
    memory = [_memory_line(report)] if job.tm else []
    asked = [_llm_line(report)] if job.llm else []
    show(report, as_json, [_documents_line(report, job), *memory, _terms_line(report), *asked, where])
    if report["totals"]["failed"] or report["totals"]["untranslated"]:
        ctx.exit(UNTRANSLATED)
    ctx.exit(TERMS_MISSING if strict and _is_wanting(report) else 0)


def _documents_line(report: dict[str, Any], job: Any) -> str:
    totals = report["totals"]
    counts = ", ".join(f"{totals[name]} {name}" for name in ("written", "copied", "skipped", "failed") if totals[name])
    return f"documents: {counts}; {totals['segments']} sentences, {totals['untranslated']} untranslated: {job.out}"


def _memory_line(report: dict[str, Any]) -> str:
    found = report["tm"]
    used = found["exact"] + found["context"]
    more = f"; {found['flagged']} more broke the glossary and were not trusted" if found["flagged"] else ""
    return f"translation memory: {used} sentences, {found['context']} of them in the same context{more}"


def _terms_line(report: dict[str, Any]) -> str:
    terms = report["terms"]
    if not terms["required"]:
        return "terms: none in these sources"
    rungs = " → ".join(f"{rung['rung']} {rung['met']}" for rung in terms["rungs"])
    more = f"; {terms['forbidden_found']} forbidden, {terms['changed']} changed"
    return f"terms: {terms['rungs'][-1]['met']} of {terms['required']} met ({rungs}){more}"


def _llm_line(report: dict[str, Any]) -> str:
    used = report["llm"]
    cost = "" if used["cost"] is None else f", cost {used['cost']:.4f}"
    calls = f"{used['calls']} calls, {used['cached']} answers from the cache, {used['failed']} failed"
    tokens = f"{used['tokens_in']} + {used['tokens_out']} tokens{cost}"
    waiting = f"; {used['waiting']} wait for a run with more budget or an answer" if used["waiting"] else ""
    return f"LLM: {used['segments']} sentences ({used['share']:.1%}), {calls}, {tokens}{waiting}"


def _error_line(error: dict[str, Any]) -> str:
    expected = f"; expected {' | '.join(error['expected'][:5])}" if error["expected"] else ""
    found = f"; found {error['found']!r}" if error["found"] else ""
    return f"{error['id']}: {error['kind']} {error['term'] or ''}{expected}{found} ({error['rule']})"


def _is_wanting(report: dict[str, Any]) -> bool:
    return any(row["errors"] for row in report["documents"])
