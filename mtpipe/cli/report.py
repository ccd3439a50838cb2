"""`mtpipe report`; part of cli.py, loaded when it is asked for."""

from __future__ import annotations

from pathlib import Path

import click

from mtpipe.cli.options import ANY
from mtpipe.errors import amount


@click.command()
@click.argument("job", type=click.Path(exists=True, path_type=Path))
@click.option("--to", "kind", type=click.Choice(["xlsx"]), default="xlsx", show_default=True, help="A workbook.")
@click.option("-o", "--out", type=ANY, help="The file [default: report.xlsx beside report.html].")
def report(job: Path, kind: str, out: Path | None) -> None:
    """Write the report of JOB (what `translate --out` wrote) with all its sentences as a workbook, the worst first."""
    from mtpipe.pipeline.review import report_folder, state_folder
    from mtpipe.pipeline.review_list import ReviewList
    from mtpipe.report import workbook
    from mtpipe.report.model import FILE, JobReport

    folder = state_folder(job)
    with ReviewList(folder) as sentences:
        reports = report_folder(sentences, folder)
        path = out or reports / f"report.{kind}"
        rows = ((item.segment.id, item.document, item.segment.source, item.segment.draft, item.target,
                 "; ".join(item.problems), item.confidence, item.status or ("edited" if item.is_edited else ""),
                 item.comment) for item in sentences.worst_first())  # fmt: skip
        workbook.write(JobReport.read(reports / FILE), rows, path)
        number = sentences.counts()[0].get("all", 0)
    click.echo(f"{amount(number, 'sentence')}: {path}")
