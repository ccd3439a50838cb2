"""Documents of clients: jobs on disk that a thread works off by turns, and that survive a restart."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path, PurePath
from time import monotonic, time

from mtpipe import plugins
from mtpipe.errors import InputError, MtpipeError
from mtpipe.pipeline.api import Pipeline
from mtpipe.pipeline.progress import Progress
from mtpipe.server.engine import Pipelines
from mtpipe.server.settings import Pair, ServerSettings
from mtpipe.server.store import DocumentRow, ServerStore

_WRITES = 0.99  # the share from which on a document is only to be written
_SWEEP = 60.0  # seconds between looks for documents that are too old


class Interrupted(Exception):
    """The server stops; what is done of the document is kept."""


class TurnOver(Interrupted):
    """It is another document's turn."""


class Documents:
    """Translates what is queued in the store; a document stays until it is settings.keep seconds old.

    One that takes longer than settings.turn seconds waits while the others have their turn, and goes on then.
    """

    def __init__(self, settings: ServerSettings, store: ServerStore, on_error: Callable[[Exception], object]):
        self._settings = settings
        self._store = store
        self._on_error = on_error
        self._folder = settings.data / "documents"
        self._had: set[str] = set()  # ids of the documents that had their turn in this round
        self._wakes = threading.Event()
        self._stops = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mtpipe-documents", daemon=True)
        self._thread.start()

    def add(self, name: str, content: bytes, pair: Pair, glossary_id: str) -> tuple[str, str]:
        """(id, key) of a document that is on disk and queued; raises InputError for a type that is not translated."""
        name = PurePath(name.replace("\\", "/")).name or "document"
        if name.startswith(".") or plugins.format_name(PurePath(name)) is None:
            supported, suffix = " ".join(sorted(plugins.SUFFIXES)), PurePath(name).suffix or "unknown"
            raise InputError(f"files of type {suffix} are not translated; supported: {supported}")
        id, key = self._store.add_document(name, pair, glossary_id, len(content))
        folder = self._folder / id / "in"
        folder.mkdir(parents=True)
        (folder / name).write_bytes(content)
        self._store.set_document(id, "queued")
        self._wakes.set()
        return id, key

    def result(self, row: DocumentRow) -> Path:
        return self._folder / row.id / "out" / row.name

    def stop(self) -> None:
        """Finishes the document at work, if that takes no longer than the grace; the others stay queued."""
        self._stops.set()
        self._wakes.set()
        self._thread.join(self._settings.grace)
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        pipelines = Pipelines(self._settings)
        while not self._stops.is_set():
            self._wakes.clear()
            self._sweep()
            row = self._next()
            if row is None:
                self._wakes.wait(_SWEEP)
                continue
            self._had.add(row.id)
            self._store.set_document(row.id, "translating")
            try:
                self._translate(row, pipelines)
            except TurnOver:
                continue
            except Interrupted:
                return
            except MtpipeError as error:
                self._store.set_document(row.id, "error", str(error))
            except Exception as error:
                self._on_error(error)
                self._store.set_document(row.id, "error", "internal error; the server's log names it")

    def _next(self) -> DocumentRow | None:
        """The oldest document that has not had its turn."""
        waiting = self._store.documents("translating", "queued")
        if all(row.id in self._had for row in waiting):
            self._had.clear()
        return next((row for row in waiting if row.id not in self._had), None)

    def _translate(self, row: DocumentRow, pipelines: Pipelines) -> None:
        pair = row.source, row.target
        client = self._store.glossary(row.glossary) if row.glossary else None
        glossary = client.of(pair) if client else None
        pipe: Pipeline = pipelines.get(pair, glossary.digest if glossary else "", glossary)
        folder = self._folder / row.id
        report = pipe.translate_folder(folder / "in" / row.name, folder / "out" / row.name, self._turn())
        if report.totals.failed:
            raise InputError(report.documents[0].message)
        self._store.set_document(row.id, "done")

    def _turn(self) -> Callable[[Progress], None]:
        """Looks, whenever something is done, whether the document may go on; reading it anew takes none of its time."""
        end = 0.0

        def look(progress: Progress) -> None:
            nonlocal end
            if self._is_over.is_set():
                raise Interrupted
            if 0 < progress.share < _WRITES:
                end = end or monotonic() + self._settings.turn
                if monotonic() >= end and len(self._store.documents("translating", "queued")) > 1:
                    raise TurnOver

        return look

    def _sweep(self) -> None:
        for id in self._store.delete_documents(time() - self._settings.keep):
            shutil.rmtree(self._folder / id, ignore_errors=True)
