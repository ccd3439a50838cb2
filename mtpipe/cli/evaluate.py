"""`mtpipe evaluate`; loaded when it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mtpipe.cli.options import ANY, FILE, as_json, languages, options, plugin_names, show

EXISTING = click.Path(exists=True, path_type=Path)

test_set = options(
    click.option("--test", type=EXISTING,
                 help="Test set: segments JSON Lines, TSV or CSV with a header, WMT's XML or JSON Lines [default: the "
                      "first system's own file]."),
    click.option("--source", type=EXISTING, help="Or its sources: aligned lines (also .gz), SGM, a folder."),
    click.option("--reference", type=EXISTING, help="The references to --source."),
    click.option("--terms", type=FILE, help="The terms to --source, a JSON list of {source, target} a line."),
    click.option("--layout", default="", metavar="NAME", shell_complete=plugin_names("testset"),
                 help="Layout of the test set's files, where their names don't tell; `mtpipe plugins` lists them."),
    click.option("--mode", type=click.Choice(["proper", "random", "noterm"]), default="proper", show_default=True,
                 help="Which terms of a shared task's test set count."),
    click.option("-g", "--glossary", type=FILE, help="Terms to count (CSV, TSV …), beside the segments' own."),
)  # fmt: skip
measuring = options(
    click.option("--metrics", metavar="NAMES", shell_complete=plugin_names("metric"),
                 help="Separated by commas [default: all that need no extra]."),
    click.option("--baseline", default="", metavar="NAME", help="System to test the others against [default: first]."),
    click.option("--bootstrap", "samples", type=click.IntRange(0), default=1000, show_default=True,
                 help="Samples for intervals and tests; 0 for none."),
    click.option("--seed", type=int, default=12345, show_default=True, help="Random seed of the samples."),
    click.option("--human", is_flag=True, help="Add a row for the references: the highest that term figures can be."),
    click.option("--tags/--no-tags", "has_tags", default=True, help="Whether inline tags count in what is compared."),
)  # fmt: skip
results = options(
    click.option("--name", default="", help="Name of the test set, for the page's title."),
    click.option("--html", type=ANY, help="Page with plots, failed terms and all segments side by side."),
    click.option("--csv", "csv_file", type=ANY, help="CSV file: a line for each system and metric."),
    click.option("--by-term", "term_file", type=ANY, help="CSV file: a line a term, how often each system has it."),
    click.option("--judged", "judged_file", type=FILE, help="Judged edits (JSON Lines of id, changes, label): how those"
                 " that the systems' files have as well were judged."),
    click.option("--table", "table_file", type=ANY, help="Markdown file to write the table to."),
    click.option("--note", default="", help="Note that goes with the table."),
)


@click.command()
@click.argument("systems", metavar="[NAME=]SYSTEM...", nargs=-1, required=True)
@languages
@test_set
@measuring
@results
@as_json
@click.pass_context
def evaluate(
    ctx: click.Context, systems: tuple[str, ...], source_lang: str, target_lang: str, test: Path | None,
    source: Path | None, reference: Path | None, terms: Path | None, layout: str, mode: str, glossary: Path | None,
    metrics: str | None, baseline: str, samples: int, seed: int, human: bool, has_tags: bool, name: str,
    html: Path | None, csv_file: Path | None, term_file: Path | None, judged_file: Path | None,
    table_file: Path | None, note: str, as_json: bool,
) -> None:
    """Score SYSTEMS' outputs for one test set, with confidence intervals and tests against a baseline.

    A SYSTEM is a file of translations (lines, JSON Lines, TSV, WMT's SGM or XML), a folder of documents, or a bilingual
    file; it is called NAME, or by its file, or by its job's folder, whose speed then goes into the table too.
    """
    from mtpipe.evaluation import comparison, side_by_side
    from mtpipe.evaluation.testsets.files import SetFiles
    from mtpipe.report import scores

    entries = [_entry(text) for text in systems]
    files = SetFiles(source_lang, target_lang, test, source, reference, terms, layout, mode)
    settings = comparison.Settings(source_lang, target_lang, options=ctx.obj.get("options", {}), baseline=baseline,
                                   samples=samples, seed=seed, with_human=human, has_tags=has_tags,
                                   **_metrics(metrics))  # fmt: skip
    result = comparison.compare_files(entries, files, settings, glossary)
    data = result.to_dict() | {"name": name, "note": note}
    jobs = {system: scores.job_facts(path if path.is_dir() else path.parent, {})
            for system, path in result.paths.items()}  # fmt: skip
    table = scores.table(data["systems"], jobs, note)
    if table_file:
        scores.write(table_file, table)
    if csv_file:
        scores.write(csv_file, scores.csv_lines(data["systems"]))
    if term_file:
        _, by_term = side_by_side.texts(result.systems, target_lang)
        scores.write(term_file, scores.term_lines(by_term, [system.name for system in result.systems]))
    if html:
        from mtpipe.report import evaluation

        scores.write(html, evaluation.render(data | side_by_side.details(result) | {"jobs": jobs}))
    judged = _judged(judged_file, result.paths) if judged_file else {}
    show(data | judged, as_json, [table.rstrip(), *scores.remarks(data), *judged.get("judged", {}).values(),
                                  data["signature"], *scores.signatures(data["systems"])])  # fmt: skip


def _judged(path: Path, systems: dict[str, Path]) -> dict[str, Any]:
    """How those edits of the systems' files were judged that somebody read, in words."""
    from mtpipe.evaluation import judged_edits

    labels = judged_edits.read(path)
    return {"judged": {
        name: f"{name}: {judged_edits.sentence(judged_edits.shares(labels, judged_edits.of_file(file)))}"
        for name, file in systems.items() if file.suffix == ".jsonl"
    }}  # fmt: skip


def _entry(text: str) -> tuple[str, Path]:
    """(name or "", path) of NAME=PATH or PATH; a path that is there may have = in it."""
    name, equals, path = text.partition("=")
    if Path(text).exists() or not equals:
        name, path = "", text
    if not Path(path).exists():
        raise click.BadParameter(f"no such file or folder: {path}", param_hint="SYSTEM")
    return name, Path(path)


def _metrics(names: str | None) -> dict[str, Any]:
    return {"metrics": [name.strip() for name in names.split(",") if name.strip()]} if names else {}
