"""What commands share: options, exit codes, how errors and results are shown."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any, NoReturn

import click

from mtpipe.errors import MtpipeError

TERMS_MISSING, UNTRANSLATED, INTERRUPTED, TERMINATED = 3, 4, 130, 143
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
ANY = click.Path(path_type=Path)


class _AnySource(click.Path):
    """A file or folder that there is, or the address of one in an object store."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return Path(value) if "://" in str(value) else super().convert(value, param, ctx)


SOURCE = _AnySource(exists=True, path_type=Path)


class Terminated(KeyboardInterrupt):
    """SIGTERM came: the same end as Ctrl+C."""


def _terminate(number: int, frame: object) -> NoReturn:
    raise Terminated


class ErrorGroup(click.Group):
    """Turns the user's errors into one clean message; everything else keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        if current_thread() is main_thread():
            signal.signal(signal.SIGTERM, _terminate)
        try:
            return super().invoke(ctx)
        except MtpipeError as error:
            click.echo(f"mtpipe: {error}", err=True)
            ctx.exit(1)
        except ModuleNotFoundError as error:
            from mtpipe.plugins import lacking

            needed = lacking(error)
            if needed is None:
                raise
            click.echo(f"mtpipe: this command needs {needed}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt as stop:
            click.echo("mtpipe: interrupted; what was finished is kept, run the same command again to go on", err=True)
            ctx.exit(TERMINATED if isinstance(stop, Terminated) else INTERRUPTED)


def show(data: Any, as_json: bool, lines: list[str]) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=1) if as_json else "\n".join(lines))


def options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def plugin_names(kind: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Completes the last of a kind's plug-in names, several of them separated by commas."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        from mtpipe.plugins import names

        before, comma, start = incomplete.rpartition(",")
        return [f"{before}{comma}{name}" for name in names(kind) if name.startswith(start)]

    return complete


languages = options(
    click.option("-s", "--source-lang", required=True, metavar="LANG", help="Language of the source (BCP 47)."),
    click.option("-t", "--target-lang", required=True, metavar="LANG", help="Language to translate into."),
)
protect = click.option("--protect", multiple=True, metavar="REGEX",
                       help="What must reach the target as it is, such as \"[A-Z]{2}-\\d+\"; repeatable.")
form_checks = click.option("--checks", default="", metavar="NAMES",
                           help="Checks of punctuation, spaces, brackets and so on, separated by commas, or all.")
repair = options(
    click.option("-g", "--glossary", type=FILE, help="Terms to use (CSV, TSV, XLSX, TBX or TMX)."),
    click.option("--model", type=FOLDER, help="Model folder [default: the bundled one of the language pair]."),
    click.option("--fallback-model", type=FOLDER, help="Model that translates again where a draft looks hallucinated."),
    click.option("--spacy", default="", metavar="PIPELINE",
                 help="Trained spaCy pipeline whose lemmas find terms in the source, such as en_core_web_sm [default: "
                      "a dictionary of lemmas]."),
    click.option("--lexicon", type=FOLDER, help="Alignment lexicon [default: the model's own]."),
    click.option("--editors", metavar="NAMES", shell_complete=plugin_names("editor"),
                 help="Repair methods in order, separated by commas; \"\" for none."),
    click.option("--repair", type=click.Choice(["safe", "complete"]), default="safe", show_default=True,
                 help="safe: leave uncertain edits to people, with a suggestion; complete: insert terms at best "
                      "effort."),
    click.option("--gate", type=click.Choice(["terms", "all", "score"]), default="terms", show_default=True,
                 help="Sentences for the LLM: those with errors; all; or also those with a low model score."),
    click.option("--gate-below", type=float, help="Limit for --gate score: log-probability per token, such as -1.5."),
    click.option("--prompts", type=FOLDER, help="Folder with a post-edit.txt or post-edit.jsonl (demonstrations)."),
    form_checks,
    protect,
    click.option("--report-dir", type=ANY, help="Where the report goes [default: the job's folder]."),
)
llm_options = options(
    click.option("--llm", default="", metavar="NAME", shell_complete=plugin_names("llm"),
                 help="LLM plug-in, such as openai [default: none]."),
    click.option("--llm-option", "llm_options", multiple=True, metavar="KEY=VALUE",
                 help="Option of the LLM, such as base_url=http://localhost:8080/v1; repeatable."),
    click.option("--llm-cache", type=ANY, help="SQLite file for its replies [default: in the job's folder]."),
    click.option("--max-calls", type=click.IntRange(0),
                 help="Maximum number of LLM calls in this run; 0 for no limit."),
    click.option("--max-cost", type=click.FloatRange(0),
                 help="Maximum cost of the calls, in the currency of [calls.prices]; 0 for no limit."),
)  # fmt: skip
spread = options(
    click.option("--shard", default="", metavar="I/N", help="Only part I of N of the documents, such as 3/8; "
                 "`mtpipe merge` joins the reports."),
    click.option("--engine", default="serial", show_default=True, shell_complete=plugin_names("engine"),
                 help="Where the work is done: serial, processes, ray."),
    click.option("--state-dir", type=ANY, help="Where the job keeps its state [default: .mtpipe in OUT]."),
    click.option("--workers", type=click.IntRange(0), default=0, help="How many, of engines that have any [default: "
                 "one a core]."),
)  # fmt: skip
showing = options(
    click.option("--strict", is_flag=True, help="Exit with 3 if errors remain."),
    click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout."),
    click.option("-q", "--quiet", is_flag=True, help="No progress."),
)
dry_run = click.option("-n", "--dry-run", is_flag=True, help="Show what would be done, write nothing.")
as_json = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")
