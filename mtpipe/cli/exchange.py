"""`mtpipe export` and `mtpipe import`; part of cli.py, loaded when one of them is asked for."""

from __future__ import annotations

from pathlib import Path

import click

from mtpipe.cli.options import ANY, FILE, as_json, show
from mtpipe.errors import amount

JOB = click.argument("job", type=click.Path(exists=True, path_type=Path))


@click.command()
@JOB
@click.option("--to", "kind", type=click.Choice(["xliff", "xliff2", "tmx", "xlsx", "csv"]), default="xliff",
              show_default=True, help="XLIFF 1.2 or 2.1, TMX, a workbook, CSV.")  # fmt: skip
@click.option("-o", "--out", type=ANY, help="The file [default: named after the job].")
def export(job: Path, kind: str, out: Path | None) -> None:
    """Write the sentences of JOB (what `translate --out` wrote) for people and CAT tools to edit."""
    from mtpipe.pipeline import exchange, review

    rows, languages = review.sentences(review.state_folder(job))
    out = out or job.with_name(f"{job.stem or 'job'}.{'-'.join(languages)}{exchange.SUFFIXES[kind]}")
    exchange.write(rows, out, kind, languages)
    wrong = sum(bool(row.errors) for row in rows)
    click.echo(f"{amount(len(rows), 'sentence')}, {wrong} with errors: {out}")


@click.command("import")
@JOB
@click.argument("file", type=FILE)
@click.option("--tm", type=ANY, help="Translation memory that learns the edits; made where it is not there.")
@as_json
def import_edits(job: Path, file: Path, tm: Path | None, as_json: bool) -> None:
    """Put the edited targets of FILE into JOB and write documents and report again; errors are listed, not refused."""
    from dataclasses import asdict

    from mtpipe.pipeline import exchange, review
    from mtpipe.pipeline.job_store import Store

    folder, edits = review.state_folder(job), exchange.read(file)
    result = review.take_in(folder, edits)
    if tm and result.edited:
        with Store(folder) as store:
            review.learn(store, folder, set(result.edited), tm)
    lines = [f"{amount(len(result.edited), 'sentence')} edited, {amount(result.documents, 'document')} written again"]
    if result.errors:
        ids = " ".join(result.errors)
        lines.append(f"{amount(len(result.errors), 'sentence')} with errors, accepted as edited: {ids}")
    if result.unknown:
        lines.append(f"{amount(len(result.unknown), 'id')} not in the job: {' '.join(result.unknown[:10])}")
    show(asdict(result), as_json, [*lines, f"report: {folder / 'report.html'}"])
