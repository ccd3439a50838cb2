"""Worker: takes documents window by window from their reading to their writing, with tools that are loaded once."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence, Set, Sized
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from mtpipe import plugins
from mtpipe.config import Job
from mtpipe.document import sentence_splitting
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError, JobStateError, MtpipeError, UnsuitedError
from mtpipe.io import object_store, process_memory
from mtpipe.pipeline import job_folder, stages, steps
from mtpipe.pipeline.job_document import JobDocument, state_of, units_of
from mtpipe.pipeline.job_folder import File, Window
from mtpipe.pipeline.job_store import DONE, Store, unit_key
from mtpipe.pipeline.progress import Meter
from mtpipe.pipeline.resources import Toolbox
from mtpipe.pipeline.review import applied
from mtpipe.pipeline.summary import Tally
from mtpipe.postedit.ladder import postedit
from mtpipe.report.model import JobInfo, JobReport, LlmUsage
from mtpipe.tm.pretranslation import recall

_SENTENCES = 2048  # of documents that are read together; some such batches are in hand at a time
_USAGE = ("calls", "cached", "failed", "unanswered", "tokens_in", "tokens_out", "seconds")


@dataclass(slots=True)
class _Batch:
    """Documents that are in memory together; is_last: of the window of that number.

    count: of their units, by key: those to be translated for it (order), those in hand for an earlier batch (shared),
    those finished, before that the reused ones.
    """

    number: int
    documents: list[JobDocument]
    is_last: bool
    count: int = 0
    order: Sequence[str] = ()
    shared: dict[str, Segment] = field(default_factory=dict)
    finished: dict[str, Segment] = field(default_factory=dict)
    reused: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.documents[0].file.name

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(document.file.size for document in self.documents)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Units of a batch that are translated together, by key; new: the keys of drafts that no store has."""

    batch: _Batch
    keys: list[str]
    new: dict[str, str]
    is_last: bool


class Worker:
    """Does what it is given of a job, and reports of each window what it holds and what it took since the last one.

    seconds: that loading took. store: None for a plan, which keeps nothing.
    """

    def __init__(self, job: Job, tools: Toolbox, store: Store | None, meter: Meter | None = None, seconds: float = 0.0):
        self._job, self._tools = job, tools
        self._kept = store
        self._meter = meter or Meter()
        self._seconds = {"load": seconds}
        self._usage = LlmUsage()
        self._formats: dict[str, Any] = {}
        self._flushing: job_folder.Flushing
        self._scratch: TemporaryDirectory[str] | None = None
        self._tally = self._new_tally()

    @property
    def _store(self) -> Store:
        assert self._kept is not None
        return self._kept

    def run(self, windows: Iterator[Window]) -> Iterator[tuple[int, JobReport]]:
        """(number, report) of each window, in order, its documents being written.

        The next documents are read and begun while these are being translated; windows may say in is_ready whether
        there are any by now. An empty window has no report.
        """
        with job_folder.Flushing() as self._flushing:
            for batch, drafts, is_whole in self._drafts(windows):
                batch.finished |= self._edited(drafts)
                self._meter.at(batch.name, batch.size * len(batch.finished) / max(1, batch.count))
                if is_whole:
                    units = self._whole(batch)
                    with self._store.together():
                        for document in batch.documents:
                            self.write(document, units)
                    if batch.is_last:
                        yield batch.number, self.report()

    def draft(self, windows: Iterator[Window]) -> Iterator[tuple[int, JobReport]]:
        """As run, only translates and keeps the drafts."""
        for batch, drafts, is_whole in self._drafts(windows):
            batch.finished |= drafts
            self._meter.at(batch.name, batch.size * len(batch.finished) / max(1, batch.count))
            if is_whole:
                self._whole(batch)
                for document in batch.documents:
                    self.count(document, document.sentences)
                self._meter.past(batch.size)
                yield batch.number, self.report()

    def plan(self, windows: Iterator[Window]) -> Iterator[tuple[list[str], JobReport]]:
        """(keys of the units, report) of documents as they are before anything is done."""
        for batch in filter(None, self._read(windows)):
            for document in batch.documents:
                self.count(document, document.sentences)
            yield [key for document in batch.documents for key in document.keys], self.report()

    def _read(self, windows: Iterator[Window], in_hand: Sized = ()) -> Iterator[_Batch | None]:
        """Documents with terms matched, no more at a time than have some thousands of sentences; None where that would
        mean to wait for a window while something is in hand."""
        coming = deque[File]()
        number = 0
        while True:
            if not coming:
                if in_hand and not getattr(windows, "is_ready", True):
                    yield None
                    continue
                window = next(windows, None)
                if window is None:
                    return
                number, coming = window[0], deque(window[1])
            documents, count = list[JobDocument](), 0
            while coming and count < _SENTENCES:
                documents.append(self.read(coming.popleft()))
                count += sum(map(len, documents[-1].parts))
            if documents:
                yield _Batch(number, self.match(documents), not coming)

    def read(self, file: File) -> JobDocument:
        """A document that can't be read becomes a failed one: the others go on."""
        self._meter.at(file.name)
        if file.problem:
            return JobDocument(file, "failed", file.problem)
        if file.leads_out:
            return JobDocument(file, "skipped", f"{file.path}: a link out of the folder; --follow-links reads it")
        if file.format is None:
            return self._other(file, job_folder.unsupported(file))
        with self._timed("read"):
            try:
                path = self._local(file)
                document = self._format(file).read(path, file.name)
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                languages = self._job.source_lang, self._job.target_lang
                parts = [sentence_splitting.split(segment, *languages) for segment in document.segments]
            except UnsuitedError as error:
                return self._other(file, str(error))
            except InputError as error:
                return JobDocument(file, "failed", str(error))
            except OSError as error:
                message = f"{file.path}: can't be read ({error.strerror}); check its permissions"
                return JobDocument(file, "failed", message)
            except Exception as error:  # a damaged file may break a reader anywhere: the others go on
                return JobDocument(file, "failed", f"{file.path}: can't be read ({_reason(error)}); it may be damaged")
        copy = None if path is file.path else path
        return JobDocument(file, "written", "", document, parts, digest=digest, copy=copy)

    def _local(self, file: File) -> Path:
        """The file on a disk; of one in an object store a copy."""
        if not object_store.is_remote(file.path):
            return file.path
        self._scratch = self._scratch or TemporaryDirectory()
        path = Path(self._scratch.name, hashlib.sha256(file.name.encode()).hexdigest()[:16], file.path.name)
        object_store.fetch(file.path, path)
        return path

    def _other(self, file: File, message: str = "") -> JobDocument:
        """A file that is not translated; one that was asked for by its own name is a failure."""
        file = job_folder.as_it_is(file)
        if self._job.source.is_file():
            return JobDocument(file, "failed", message)
        return JobDocument(file, "copied" if self._job.other == "copy" else "skipped", message)

    def match(self, documents: list[JobDocument]) -> list[JobDocument]:
        """The documents with the terms of their sentences found, drafts recalled and their keys made."""
        keeps_flagged = self._job.tm_flagged == "repair"
        with self._timed("match"):
            for document in documents:
                sentences = steps.protect(document.sentences, self._job.protect)
                sentences = self._tools.matcher.find(sentences)
                sentences = recall(sentences, self._tools.memories, self._job.target_lang, keeps_flagged)
                rest = iter(steps.leave_other_languages(sentences, self._job.source_lang))
                document.parts = [list(islice(rest, len(part))) for part in document.parts]
                document.keys = [unit_key(sentence, self._tools.settings) for sentence in document.sentences]
        return documents

    def _drafts(self, windows: Iterator[Window]) -> Iterator[tuple[_Batch, dict[str, Segment], bool]]:
        """(batch, units of it with their drafts, whether they are its last ones), in order, chunk by chunk: drafts that
        a store has by then, what is new comes to it.

        A chunk is saved whole or not at all, so a job that was interrupted goes on with the very same chunks.
        """
        chunks = deque[_Chunk]()
        with closing(steps.translate_ahead(self._chunks(windows, chunks), self._tools.translator)) as coming:
            for waiting in coming:
                chunk = chunks.popleft()
                with self._timed("translate"):  # what the other stages did not cover
                    drafted = dict(zip(chunk.keys, waiting.result(), strict=True))
                    drafted |= zip(chunk.new, self._credible([drafted[key] for key in chunk.new]), strict=True)
                    answered = ((name, drafted[key]) for key, name in chunk.new.items())
                    self._store.save_drafts((name, unit) for name, unit in answered if not unit.is_waiting)
                yield chunk.batch, drafted, chunk.is_last

    def _chunks(self, windows: Iterator[Window], chunks: deque[_Chunk]) -> Iterator[list[Segment] | None]:
        """The units of each chunk, which comes to chunks, one at least of each batch; None where there is none now."""
        settings, size = self._tools.drafting, self._job.units_per_chunk
        for batch in self._read(windows, chunks):
            if batch is None:
                yield None
                continue
            units = self._begun(batch, {key for chunk in chunks for key in chunk.batch.order})
            order = batch.order = list(units)
            for i in range(0, max(1, len(order)), size):
                chunk = {key: units.pop(key) for key in order[i : i + size]}
                keys = {key: unit_key(unit, settings) for key, unit in chunk.items() if unit.draft is None}
                # looked up when its turn comes: others may have translated some of it meanwhile
                drafts = self._store.drafted({name: chunk[key] for key, name in keys.items()})
                new = {key: name for key, name in keys.items() if name not in drafts}
                chunks.append(_Chunk(batch, list(chunk), new, i + size >= len(order)))
                yield [drafts.get(keys.get(key, ""), unit) for key, unit in chunk.items()]

    def _begun(self, batch: _Batch, in_hand: Set[str]) -> dict[str, Segment]:
        """The units that are to be translated for a batch: no store has them, none of those in hand is one."""
        units = units_of(batch.documents)
        batch.count = len(units)
        batch.shared = {key: units.pop(key) for key in in_hand & units.keys()}
        rows = self._store.load(units)
        batch.finished = {key: segment for key, (state, segment) in rows.items() if state in DONE}
        batch.reused = frozenset(batch.finished)
        return {key: unit for key, unit in units.items() if key not in batch.reused}

    def _whole(self, batch: _Batch) -> dict[str, Segment]:
        """All units of a batch, which are counted, those with it that came with the batches before."""
        batch.finished |= {key: segment for key, (_, segment) in self._store.load(batch.shared).items()}
        new = self._store.first_seen(batch.finished, batch.reused)
        self._tally.count(unique_units=len(new), reused=len(new & batch.reused))
        return batch.finished

    def _credible(self, drafts: list[Segment]) -> list[Segment]:
        return steps.fall_back(drafts, self._job.source_lang, self._job.target_lang, self._tools.fallback)

    def _edited(self, drafts: dict[str, Segment]) -> dict[str, Segment]:
        with self._timed("check"):
            checked = steps.check(list(drafts.values()), self._job.target_lang)
        tools = self._tools
        edited = postedit(checked, tools.editors, self._job.target_lang, tools.translator, self._seconds, tools.lexicon)
        finished = dict(zip(drafts, edited, strict=True))
        self._store.save((key, state_of(segment), segment) for key, segment in finished.items())
        return finished

    def write(self, document: JobDocument, units: dict[str, Segment]) -> None:
        """Puts the result in its place, unless it is there already, and counts it."""
        edits = self._store.edits(document.file.name)
        remarks = self._store.remarks(document.file.name)
        finished = applied(document.finished(units), edits, self._job.target_lang, remarks)
        sizes, document.parts = list(map(len, document.parts)), []  # a document may be large, and finished has them all
        with self._timed("write"):
            try:
                if document.state == "copied" and job_folder.copy(document.file):
                    self._flushing.add(document.file.out)
                elif document.state == "written":
                    self._write_document(document, finished, sizes, edits)
            except JobStateError:
                raise
            except MtpipeError as error:
                document.state, document.message = "failed", str(error)
            except Exception as error:  # a document that can't be put together: the others go on
                document.state = "failed"
                document.message = f"{document.file.out}: can't be written ({_reason(error)}); report this as a bug"
        if document.copy:
            document.copy.unlink()
        self.count(document, finished)
        self._meter.finish(document.file)

    def _write_document(
        self, item: JobDocument, finished: list[Segment], sizes: list[int], edits: dict[str, tuple[str, str]]
    ) -> None:
        """sizes: how many of the finished sentences each segment of the document has."""
        assert item.document is not None
        file, store = item.file, self._store
        options = str(self._job.options.get(f"format.{file.format}", {}))
        settings = self._job.digest(stages.versions("write"), options)
        made_from = " ".join((item.digest, settings, *item.keys, *(str(edit) for edit in sorted(edits.items()))))
        digest = hashlib.sha256(made_from.encode()).hexdigest()
        was_written = job_folder.is_there(file.out) and store.is_finished(file.name, digest)
        if was_written and store.is_intact(file.name, file.out):
            return
        store.save_sentences(file.name, zip(finished, item.keys, strict=True))
        rest = iter(finished)
        segments = tuple(
            sentence_splitting.join(segment, list(islice(rest, size)))
            for segment, size in zip(item.document.segments, sizes, strict=True)
        )
        document = replace(item.document, segments=segments)
        write = partial(self._format(file).write, document)
        if was_written and not job_folder.is_cut_off(file.out, write):
            item.message = (f"{file.out}: changed since mtpipe wrote it, so it was not overwritten; "
                            "delete it to have it written again")  # fmt: skip
            return
        job_folder.place(file.out, write)
        self._flushing.add(file.out)
        if not any(segment.is_waiting for segment in finished):
            store.finish(file.name, digest, file.out)

    def count(self, document: JobDocument, finished: list[Segment]) -> None:
        notes = document.document.notes if document.document else ()
        finished = steps.review(finished, self._job.checks, self._job.target_lang)
        self._tally.add(document.file.name, document.state, finished, notes, document.message)

    def report(self) -> JobReport:
        """What was counted, and what it took, since the last report."""
        counted, self._tally = self._tally.report(), self._new_tally()
        seconds, self._seconds = self._seconds, {}
        return replace(counted, signature=self._tools.signature, job=self._described(), seconds=seconds,
                       peak_memory=process_memory.peak(), llm=self._llm_usage(counted.llm))  # fmt: skip

    def _llm_usage(self, counted: LlmUsage) -> LlmUsage:
        if not self._tools.llm:
            return counted
        before = self._usage
        self._usage = now = LlmUsage(**self._tools.llm.report())
        cost = None if now.cost is None else now.cost - (before.cost or 0.0)
        more = {name: getattr(now, name) - getattr(before, name) for name in _USAGE}
        return replace(counted, model=now.model, cost=cost, **more)

    def _new_tally(self) -> Tally:
        return Tally([name for name, _ in self._tools.editors])

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


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")[:200]
