"""run(job): a folder in, the same folder translated out, with a report; draft(job) only translates, for a run to come;
plan(job) only says what a run would do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from mtpipe import __version__, plugins
from mtpipe.config import Job
from mtpipe.document import sentence_splitting
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError, JobStateError, MtpipeError, UnsuitedError
from mtpipe.io import process_memory
from mtpipe.pipeline import job_folder, resources, stages, steps
from mtpipe.pipeline.job_folder import File
from mtpipe.pipeline.job_store import DONE, Store, unit_key
from mtpipe.pipeline.reading import Reading, state_of, units_of
from mtpipe.pipeline.resources import Toolbox
from mtpipe.pipeline.review import applied
from mtpipe.pipeline.summary import Tally
from mtpipe.postedit.ladder import postedit
from mtpipe.report.model import JobInfo, JobReport, to_dict
from mtpipe.tm.pretranslation import recall

__all__ = ["Progress", "draft", "plan", "run"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: share (0…1) of its bytes, name of the document it is at, files done of all."""

    share: float
    path: str
    done: int
    files: int


OnProgress = Callable[[Progress], object]


def run(job: Job, on_progress: OnProgress | None = None, tools: Toolbox | None = None) -> JobReport:
    """Does the job, or what is left of it, and returns its report, which is in report.json and report.html, too.

    tools: as loaded before. Raises MtpipeError when it can't go on; finished units and documents are kept, and the same
    job goes on from there.
    """
    from mtpipe.report.page import write_report  # on use: Jinja2 is not needed until then

    start = perf_counter()
    files = job_folder.files(job)
    work = _Work(job, files, on_progress, job.memories, tools)
    with Store(job.folder) as store:
        store.save_settings(_settings(job))
        for readings in work.windows():
            units = work.finish(readings, store)
            for reading in readings:
                work.write(reading, units, store)
        names = {file.name for file in files}
        stale = tuple(str(job.out / path) for path in store.paths() if path not in names and (job.out / path).is_file())
    report = replace(work.report(perf_counter() - start), stale=stale)
    write_report(report, job.reports)
    return report


def draft(job: Job, on_progress: OnProgress | None = None) -> dict[str, int]:
    """Translates what has no draft yet and keeps it for `run`, whatever its editors; no document is written.

    Returns the totals of what was read. Raises MtpipeError when it can't go on; drafts made so far are kept.
    """
    files = job_folder.files(job)
    work = _Work(replace(job, editors=()), files, on_progress, job.memories)
    with Store(job.folder) as store:
        for readings in work.windows():
            work.draft(readings, store)
    totals = work.report(0.0).totals
    return {name: getattr(totals, name) for name in ("documents", "failed", "segments", "unique_units")}


def plan(job: Job) -> dict[str, Any]:
    """What run would do, with nothing written: documents, words, terms found, units, and the tools it would use."""
    files = job_folder.files(job)
    keys: set[str] = set()
    with TemporaryDirectory() as scratch:
        work = _Work(job, files, None, Path(scratch))
        for readings in work.windows():
            for reading in readings:
                keys.update(reading.keys)
                work.count(reading, reading.sentences)
    report = work.report(0.0)
    totals = to_dict(report.totals) | {"unique_units": len(keys), "terms_found": report.terms.required}
    totals.pop("untranslated")
    totals |= {f"tm_{kind}": count for kind, count in to_dict(report.tm).items() if job.tm}
    problems = [row.message for row in report.documents if row.message]
    return {"job": to_dict(report.job), "signature": report.signature, "totals": totals, "problems": problems}


def _settings(job: Job) -> dict[str, Any]:
    """What reading and writing the documents again needs."""
    names = ("source_lang", "target_lang", "glossary_sheet", "protect", "checks")
    return {name: getattr(job, name) for name in names} | {
        "source": job.source.resolve(), "out": job.out.resolve(), "is_single": job.is_single,
        "reports": job.reports.resolve(),
        "glossary": job.glossary.resolve() if job.glossary else None, "glossary_columns": dict(job.glossary_columns),
        "options": {key: dict(table) for key, table in job.options.items() if key.startswith("format.")},
    }  # fmt: skip


class _Work:
    """A job at work: its tools, its counts and where it stands."""

    def __init__(
        self, job: Job, files: list[File], on_progress: OnProgress | None, scratch: Path, tools: Toolbox | None = None
    ):
        self._job = job
        self._seconds: dict[str, float] = {}
        with self._timed("load"):
            self._tools = tools or resources.load(job, scratch)
        self._tally = Tally([name for name, _ in self._tools.editors])
        self._formats: dict[str, Any] = {}
        # the first is small, so that the translator is soon at work
        self._windows = job_folder.windows(files, job.window_bytes, job.window_bytes // 8)
        self._read_ahead: list[Reading] = []
        self._on_progress = on_progress or (lambda progress: None)
        self._bytes = sum(file.size for file in files) or 1
        self._files = len(files)
        self._done = 0
        self._bytes_done = 0
        self._share = 0.0

    def windows(self) -> Iterator[list[Reading]]:
        """The readings of each window, their terms matched."""
        while readings := self.look_ahead():
            self._read_ahead = []
            yield readings

    def look_ahead(self) -> list[Reading]:
        """Reads the next window, so that it is there when it is needed; [] after the last."""
        if not self._read_ahead:
            self._read_ahead = self.match([self.read(file) for file in next(self._windows, ())])
        return self._read_ahead

    def read(self, file: File) -> Reading:
        """A document that can't be read becomes a failed reading: the others go on."""
        self._report_progress(file.name)
        if file.problem:
            return Reading(file, "failed", file.problem)
        if file.leads_out:
            return Reading(file, "skipped", f"{file.path}: a link out of the folder; --follow-links reads it")
        if file.format is None:
            return self._other(file, job_folder.unsupported(file))
        with self._timed("read"):
            try:
                document = self._format(file).read(file.path, file.name)
                digest = hashlib.sha256(file.path.read_bytes()).hexdigest()
                languages = self._job.source_lang, self._job.target_lang
                parts = [sentence_splitting.split(segment, *languages) for segment in document.segments]
            except UnsuitedError as error:
                return self._other(file, str(error))
            except InputError as error:
                return Reading(file, "failed", str(error))
            except OSError as error:
                return Reading(file, "failed", f"{file.path}: can't be read ({error.strerror}); check its permissions")
            except Exception as error:  # a damaged file may break a reader anywhere: the others go on
                return Reading(file, "failed", f"{file.path}: can't be read ({_reason(error)}); it may be damaged")
        return Reading(file, "written", "", document, parts, digest=digest)

    def _other(self, file: File, message: str = "") -> Reading:
        """A file that is not translated; one that was asked for by its own name is a failure."""
        if self._job.source.is_file():
            return Reading(file, "failed", message)
        return Reading(file, "copied" if self._job.other == "copy" else "skipped", message)

    def match(self, readings: list[Reading]) -> list[Reading]:
        """The readings with the terms of their sentences found, drafts recalled and their keys made."""
        keeps_flagged = self._job.tm_flagged == "repair"
        with self._timed("match"):
            for reading in readings:
                sentences = steps.protect(reading.sentences, self._job.protect)
                sentences = self._tools.matcher.find(sentences)
                sentences = recall(sentences, self._tools.memories, self._job.target_lang, keeps_flagged)
                rest = iter(steps.leave_other_languages(sentences, self._job.source_lang))
                reading.parts = [list(islice(rest, len(part))) for part in reading.parts]
                reading.keys = [unit_key(sentence, self._tools.settings) for sentence in reading.sentences]
        return readings

    def finish(self, readings: list[Reading], store: Store) -> dict[str, Segment]:
        """The finished unit of every key: taken from the store, or made chunk by chunk and kept there.

        A chunk is saved whole or not at all, so a job that was interrupted goes on with the very same chunks.
        """
        units = units_of(readings)
        done = {key: segment for key, (state, segment) in store.load(units).items() if state in DONE}
        new = store.first_seen(units)
        self._tally.count(unique_units=len(new), reused=len(new & done.keys()))
        size = sum(reading.file.size for reading in readings)
        todo = {key: unit for key, unit in units.items() if key not in done}
        for drafts in self.drafts(todo, store):
            done |= self._edited(drafts, store)
            self._report_progress(readings[0].file.name, size * len(done) / len(units))
        return done

    def draft(self, readings: list[Reading], store: Store) -> None:
        """Only the drafts of the readings' units, into the store."""
        units, done = units_of(readings), 0
        self._tally.count(unique_units=len(store.first_seen(units)))
        size = sum(reading.file.size for reading in readings)
        for drafts in self.drafts(units, store):
            done += len(drafts)
            self._report_progress(readings[0].file.name, size * done / len(units))
        for reading in readings:
            self.count(reading, reading.sentences)
        self._bytes_done += size

    def drafts(self, units: dict[str, Segment], store: Store) -> Iterator[dict[str, Segment]]:
        """The units with their drafts, chunk by chunk: those that the store has, what is new comes to it."""
        settings = self._tools.drafting
        keys = {key: unit_key(unit, settings) for key, unit in units.items() if unit.draft is None}
        kept = store.drafted({name: units[key] for key, name in keys.items()})
        known = units | {key: kept[name] for key, name in keys.items() if name in kept}
        order, size = list(units), self._job.units_per_chunk
        chunks = [order[i : i + size] for i in range(0, len(order), size)]
        sources = [[known[key] for key in chunk] for chunk in chunks]
        with closing(steps.translate_ahead(sources, self._tools.translator, self.look_ahead)) as coming:
            for chunk, waiting in zip(chunks, coming, strict=True):
                with self._timed("translate"):  # what the other stages did not cover
                    drafted = dict(zip(chunk, waiting.result(), strict=True))
                    new = [key for key in chunk if key in keys and keys[key] not in kept]
                    drafted |= zip(new, self._credible([drafted[key] for key in new]), strict=True)
                    store.save_drafts((keys[key], drafted[key]) for key in new)
                yield drafted

    def _credible(self, drafts: list[Segment]) -> list[Segment]:
        return steps.fall_back(drafts, self._job.source_lang, self._job.target_lang, self._tools.fallback)

    def _edited(self, drafts: dict[str, Segment], store: Store) -> dict[str, Segment]:
        with self._timed("check"):
            checked = steps.check(list(drafts.values()), self._job.target_lang)
        tools = self._tools
        edited = postedit(checked, tools.editors, self._job.target_lang, tools.translator, self._seconds, tools.lexicon)
        done = dict(zip(drafts, edited, strict=True))
        store.save((key, state_of(segment), segment) for key, segment in done.items())
        return done

    def write(self, reading: Reading, units: dict[str, Segment], store: Store) -> None:
        """Puts the result in its place, unless it is there already, and counts it."""
        edits = store.edits(reading.file.name)
        remarks = store.remarks(reading.file.name)
        finished = applied(reading.finished(units), edits, self._job.target_lang, remarks)
        with self._timed("write"):
            try:
                if reading.state == "copied":
                    job_folder.copy(reading.file)
                elif reading.state == "written":
                    self._write_document(reading, finished, store, edits)
            except JobStateError:
                raise
            except MtpipeError as error:
                reading.state, reading.message = "failed", str(error)
            except Exception as error:  # a document that can't be put together: the others go on
                reading.state = "failed"
                reading.message = f"{reading.file.out}: can't be written ({_reason(error)}); report this as a bug"
        self.count(reading, finished)
        self._done += 1
        self._bytes_done += reading.file.size
        self._report_progress(reading.file.name)

    def _write_document(
        self, reading: Reading, finished: list[Segment], store: Store, edits: dict[str, tuple[str, str]]
    ) -> None:
        assert reading.document is not None
        file = reading.file
        options = str(self._job.options.get(f"format.{file.format}", {}))
        settings = self._job.digest(stages.versions("write"), options)
        made_from = " ".join((reading.digest, settings, *reading.keys, *(str(edit) for edit in sorted(edits.items()))))
        digest = hashlib.sha256(made_from.encode()).hexdigest()
        was_written = file.out.is_file() and store.is_finished(file.name, digest)
        if was_written and store.is_intact(file.name, file.out):
            return
        store.save_sentences(file.name, zip(reading.sentences, reading.keys, strict=True))
        rest = iter(finished)
        segments = tuple(
            sentence_splitting.join(segment, list(islice(rest, len(part))))
            for segment, part in zip(reading.document.segments, reading.parts, strict=True)
        )
        document = replace(reading.document, segments=segments)
        write = partial(self._format(file).write, document)
        if was_written and not job_folder.is_cut_off(file.out, write):
            reading.message = f"{file.out}: changed since it was written and left so; delete it to get it again"
            return
        job_folder.place(file.out, write)
        if not any(segment.is_waiting for segment in finished):
            store.finish(file.name, digest, file.out)

    def count(self, reading: Reading, finished: list[Segment]) -> None:
        notes = reading.document.notes if reading.document else ()
        finished = steps.review(finished, self._job.checks, self._job.target_lang)
        self._tally.add(reading.file.name, reading.state, finished, notes, reading.message)

    def report(self, total: float) -> JobReport:
        counted = self._tally.report()
        return replace(
            counted,
            mtpipe=__version__,
            signature=self._tools.signature,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            job=self._described(),
            seconds={name: round(value, 3) for name, value in (self._seconds | {"total": total}).items()},
            peak_memory=process_memory.peak(),
            llm=replace(counted.llm, **self._tools.llm.report()) if self._tools.llm else counted.llm,
        )

    def _described(self) -> JobInfo:
        """The job as the report tells it, with what became known on the way."""
        info, slow = self._tools.described, self._tools.matcher.slow_terms
        notes = [f"the regex of “{term.source}” took too long on some sentences: matches of it may be missing"
                 for term in slow]  # fmt: skip
        if not info.glossary or not notes:
            return info
        return replace(info, glossary=replace(info.glossary, notes=(*info.glossary.notes, *notes)))

    def _format(self, file: File) -> Any:
        assert file.format is not None
        if file.format not in self._formats:
            self._formats[file.format] = plugins.create(
                "format", file.format, self._job.options.get(f"format.{file.format}", {}),
                source_lang=self._job.source_lang, target_lang=self._job.target_lang,
            )  # fmt: skip
        return self._formats[file.format]

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self._seconds[stage] = self._seconds.get(stage, 0.0) + perf_counter() - start

    def _report_progress(self, path: str, bytes_more: float = 0.0) -> None:
        # all may be translated long before the last document is written
        most = 1.0 if self._done == self._files else 0.99
        self._share = max(self._share, min(most, (self._bytes_done + bytes_more) / self._bytes))
        self._on_progress(Progress(self._share, path, self._done, self._files))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")[:200]
