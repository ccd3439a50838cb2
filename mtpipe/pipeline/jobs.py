"""run(job): a folder in, the same folder translated out, with a report; draft(job) only translates, for a run to come;
plan(job) only says what a run would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from mtpipe import __version__, plugins
from mtpipe.config import Job
from mtpipe.config.job import STATE
from mtpipe.io import object_store, process_memory
from mtpipe.pipeline import job_folder, job_store, resources
from mtpipe.pipeline.engines import PORTION, Assignment, Engine
from mtpipe.pipeline.job_folder import File
from mtpipe.pipeline.job_store import Store
from mtpipe.pipeline.progress import Meter, OnProgress, Progress
from mtpipe.pipeline.report_union import ReportUnion
from mtpipe.pipeline.resources import Toolbox
from mtpipe.pipeline.worker import Worker
from mtpipe.report.model import JobReport, to_dict

__all__ = ["OnProgress", "Progress", "draft", "plan", "run"]
_PATIENCE = 3600.0  # seconds that one shard waits for another to take over the work of earlier ones


def run(job: Job, on_progress: OnProgress | None = None, tools: Toolbox | None = None) -> JobReport:
    """Does the job, or what is left of it, and returns its report, which is in report.json and report.html, too.

    tools: as loaded before. Raises MtpipeError when it can't go on; finished units and documents are kept, and the same
    job goes on from there.
    """
    start = perf_counter()
    if job.shard:
        job = replace(job, units_per_chunk=min(job.units_per_chunk, PORTION))
    files = job_folder.files(job)
    options = job.options.get(f"engine.{job.engine}", {})
    engine: Engine = plugins.create("engine", job.engine, options, workers=job.workers, tools=tools)
    engine.load(job)
    union = ReportUnion()
    with _at_work(job) as peers:
        with closing(engine.map(Assignment(job, files, peers, Meter(files, on_progress)))) as reports:
            for report in reports:
                union.add(report)
        report = _united(job, union, files)
    from mtpipe.report.page import write_report  # on use: the documents are there before Jinja2 is

    seconds = report.seconds | {"total": round(perf_counter() - start, 3)}
    peak = max(report.peak_memory or 0, process_memory.peak() or 0)
    report = replace(_stamped(report), seconds=seconds, peak_memory=peak or None)
    for path in write_report(report, job.reports):
        _keep_remote(job, path)
    return report


def draft(job: Job, on_progress: OnProgress | None = None) -> dict[str, int]:
    """Translates what has no draft yet and keeps it for `run`, whatever its editors; no document is written.

    Returns the totals of what was read. Raises MtpipeError when it can't go on; drafts made so far are kept.
    """
    files = job_folder.files(job)
    job = replace(job, editors=())
    tools, union = resources.load(job, job.memories), ReportUnion()
    with _at_work(job) as peers, Store(job.state, peers, is_part=bool(job.shard), is_locked=True) as store:
        for _, report in Worker(job, tools, store, Meter(files, on_progress)).draft(_windows(files, job)):
            union.add(report)
    totals = union.report().totals
    return {name: getattr(totals, name) for name in ("documents", "failed", "segments", "unique_units")}


def plan(job: Job) -> dict[str, Any]:
    """What run would do, with nothing written: documents, words, terms found, units, and the tools it would use."""
    files = job_folder.files(job)
    units: set[str] = set()
    union = ReportUnion()
    with TemporaryDirectory() as scratch:
        worker = Worker(job, resources.load(job, Path(scratch)), None)
        for keys, report in worker.plan(_windows(files, job)):
            units.update(keys)
            union.add(report)
        union.add(worker.report())
    report = union.report()
    totals = to_dict(report.totals) | {"unique_units": len(units), "terms_found": report.terms.required}
    totals.pop("untranslated")
    totals |= {f"tm_{kind}": count for kind, count in to_dict(report.tm).items() if job.tm}
    problems = [row.message for row in report.documents if row.message]
    return {"job": to_dict(report.job), "signature": report.signature, "totals": totals, "problems": problems}


def _windows(files: Sequence[File], job: Job) -> Iterator[job_folder.Window]:
    return job_folder.windows(files, job.window_bytes, job.window_bytes // 8)


@contextmanager
def _at_work(job: Job) -> Iterator[tuple[Path, ...]]:
    """Holds the lock of the job's state, with the job's settings kept there; gives the folders of its peers.

    What shards of another count and workers that were killed have finished is taken over into the job's own store:
    by the whole job, or by the first of the shards for all of them.
    """
    with job_store.locked(job.state):
        _fetch_state(job)
        others = [part for part in job_store.parts(job.folder) if not _is_sibling(part, job)]
        if job.shard:
            with job_store.locked(job.folder, _PATIENCE):
                others = [part for part in others if part.is_dir()]
                job_store.take_over(job.folder, others)
                if (job.folder / job_store.FILE).exists():
                    with Store(job.folder, is_locked=True):
                        pass  # it ends as one plain file, which every shard may read
        else:
            job_store.take_over(job.folder, others)
        if job.shard:
            job_store.take_over(job.state, job_store.parts(job.state))
        with Store(job.state, is_part=bool(job.shard), is_locked=True) as store:
            store.save_settings(_settings(job))
        yield (job.folder,) if job.shard else ()
        if not job.shard:
            _keep_remote(job, job.state / job_store.FILE)


def _fetch_state(job: Job) -> None:
    """Of a job that writes to an object store, where another machine did some of it before."""
    path, kept = job.state / job_store.FILE, job.out / STATE / job_store.FILE
    if object_store.is_remote(job.out) and not job.shard and not path.exists() and object_store.is_object(kept):
        object_store.fetch(kept, path)


def _keep_remote(job: Job, path: Path) -> None:
    """Puts a file of the job's state or report beside what it wrote to an object store."""
    if object_store.is_remote(job.out):
        name = Path(job_store.PARTS, job.shard_name) if job.shard else Path()
        object_store.put(path, job.out / STATE / name / path.name)


def _is_sibling(part: Path, job: Job) -> bool:
    """Whether the part is a shard of the very same count."""
    return bool(job.shard) and part.name.partition("-of-")[2] == str(job.shard and job.shard[1])


def _united(job: Job, union: ReportUnion, files: Sequence[File]) -> JobReport:
    """The report of all workers, whose stores become part of the job's; stale: of a whole job only."""
    report = union.report()
    if workers := job_store.parts(job.state):
        unique, reused = job_store.distinct(workers)
        report = replace(report, totals=replace(report.totals, unique_units=unique, reused=reused))
        job_store.take_over(job.state, workers)
    if job.shard:
        shard = "/".join(map(str, job.shard))
        return replace(report, job=replace(report.job, shard=shard))
    with Store(job.state, is_locked=True) as store:
        beside = store.paths_beside(file.name for file in files)
        stale = tuple(str(job.out / path) for path in beside if (job.out / path).is_file())
    return replace(report, stale=stale)


def _stamped(report: JobReport) -> JobReport:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return replace(report, mtpipe=__version__, created=now)


def _settings(job: Job) -> dict[str, Any]:
    """What reading and writing the documents again needs."""
    names = ("source_lang", "target_lang", "glossary_sheet", "protect", "checks")
    return {name: getattr(job, name) for name in names} | {
        "source": _absolute(job.source), "out": _absolute(job.out), "is_single": job.is_single,
        "reports": job.reports.resolve(),
        "glossary": job.glossary.resolve() if job.glossary else None, "glossary_columns": dict(job.glossary_columns),
        "options": {key: dict(table) for key, table in job.options.items() if key.startswith("format.")},
    }  # fmt: skip


def _absolute(path: Path) -> Path:
    return path if object_store.is_remote(path) else path.resolve()
