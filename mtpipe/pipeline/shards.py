"""merge(out): the reports and states of a job's shards as those of one job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from mtpipe.config.job import STATE
from mtpipe.errors import InputError
from mtpipe.pipeline import job_store, review
from mtpipe.pipeline.job_store import Store
from mtpipe.pipeline.report_union import ReportUnion
from mtpipe.pipeline.summary import LISTED, sentence_entry
from mtpipe.report.model import FILE, JobReport, SegmentEntry

_PATIENCE = 10.0  # seconds that it waits for a shard that is just beginning or ending


def merge(out: Path, elsewhere: Sequence[Path] = (), report_dir: Path | None = None) -> JobReport:
    """The report of the job that wrote to out in shards, which is then in report.json and report.html there, too.

    elsewhere: reports of shards that were done on other machines, files or the folders that hold them. report_dir: the
    folder that was given to the job, and gets the report. A shard that has no report is among its faults. Raises
    InputError where there is no shard or they are of several jobs, JobStateError while one of them is at work.
    """
    from mtpipe.report.page import write_report  # on use: Jinja2 is not needed until then

    folder = _state_folder(out)
    with job_store.locked(folder, _PATIENCE):
        parts = job_store.parts(folder)
        places = sorted({path.parent for path in (report_dir or folder / job_store.PARTS).glob(f"*-of-*/{FILE}")})
        reports = [JobReport.read(path / FILE) for path in places]
        reports += [JobReport.read(path / FILE if path.is_dir() else path) for path in elsewhere]
        report = _united(reports, out)
        if parts and not elsewhere:
            unique, reused = job_store.distinct(parts)
            report = replace(report, totals=replace(report.totals, unique_units=unique, reused=reused))
        job_store.take_over(folder, parts, is_kept=True)
        with Store(folder, is_locked=True) as store:
            if settings := store.settings():
                store.save_settings(settings | {"reports": (report_dir or folder).resolve()})
                report = _with_sentences(report, store, settings["target_lang"])
    write_report(report, report_dir or folder)
    return report


def _united(reports: Sequence[JobReport], out: Path) -> JobReport:
    """The reports of all shards as one, the documents in their order."""
    shards = {report.job.shard: report for report in reports if report.job.shard}
    counts = {name.partition("/")[2] for name in shards}
    if not shards:
        raise InputError(f"{out}: not the report of a shard; give what `mtpipe translate --shard` wrote to with --out")
    if len(counts) > 1:
        raise InputError(f"{out}: shards of {' and '.join(sorted(counts))}; give the reports of one job")
    signatures = {report.signature for report in shards.values()}
    if len(signatures) > 1:
        raise InputError(f"{out}: the shards were not done in the same way ({' and '.join(sorted(signatures))}); run "
                         "those again that differ")  # fmt: skip
    union = ReportUnion()
    count = int(counts.pop())
    names = [f"{number}/{count}" for number in range(1, count + 1)]
    for name in names:
        union.add(shards.get(name, _missing(name)))
    report = union.report(order(row.path for each in reports for row in each.documents))
    total = max(each.seconds.get("total", 0.0) for each in shards.values())
    return replace(report, job=replace(report.job, shard=""), seconds=report.seconds | {"total": total},
                   created=max(each.created for each in shards.values()))  # fmt: skip


def _with_sentences(report: JobReport, store: Store, lang: str) -> JobReport:
    """The report with the list of the sentences whose state is here: the reports of shards, in JSON, have none."""
    entries: list[SegmentEntry] = []
    terms = store.terms_by_number()
    for document in report.documents:
        if len(entries) < LISTED:
            segments = review.applied(store.segments(document.path, terms), store.edits(document.path), lang)
            entries += [sentence_entry(segment, document.path) for segment in segments[: LISTED - len(entries)]]
    left_out = {**report.left_out, "segments": report.totals.segments - len(entries)}
    return replace(report, segments=tuple(entries), left_out=left_out)


def order(names: Iterable[str]) -> list[str]:
    """The names of documents as a job that is not divided has them."""
    return sorted(names, key=lambda name: PurePosixPath(name).parts)


def _missing(name: str) -> JobReport:
    return JobReport(faults=(f"shard {name} has no report: run it with --shard {name}",))


def _state_folder(out: Path) -> Path:
    for folder in (out / STATE, out):
        if (folder / job_store.PARTS).is_dir():
            return folder
    return out / STATE
