"""Documents of clients: jobs on disk that a thread works off, one after the other, and that survive a restart."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path, PurePath
from time import time

from mtpipe import plugins
from mtpipe.errors import InputError, MtpipeError
from mtpipe.pipeline.api import Pipeline
from mtpipe.server.engine import Pipelines
from mtpipe.server.settings import Pair, ServerSettings
from mtpipe.server.store import DocumentRow, ServerStore

_SWEEP = 60.0  # seconds between looks for documents that are too old


class Interrupted(Exception):
    """The server stops; what is done of the document is kept."""


class Documents:
    """Translates what is queued in the store; a document stays until it is settings.keep seconds old."""

    def __init__(self, settings: ServerSettings, store: ServerStore, on_error: Callable[[Exception], object]):
        self._settings = settings
        self._store = store
        self._on_error = on_error
        self._folder = settings.data / "documents"
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
            for row in self._store.documents("translating", "queued"):
                if self._stops.is_set():
                    return
                self._store.set_document(row.id, "translating")
                try:
                    self._translate(row, pipelines)
                except Interrupted:
                    return
                except MtpipeError as error:
                    self._store.set_document(row.id, "error", str(error))
                except Exception as error:
                    self._on_error(error)
                    self._store.set_document(row.id, "error", "internal error; the server's log names it")
            self._wakes.wait(_SWEEP)

    def _translate(self, row: DocumentRow, pipelines: Pipelines) -> None:
        pair = row.source, row.target
        client = self._store.glossary(row.glossary) if row.glossary else None
        glossary = client.of(pair) if client else None
        pipe: Pipeline = pipelines.get(pair, glossary.digest if glossary else "", glossary)
        folder = self._folder / row.id
        report = pipe.translate_folder(folder / "in" / row.name, folder / "out" / row.name, self._look)
        if report.totals.failed:
            raise InputError(report.documents[0].message)
        self._store.set_document(row.id, "done")

    def _look(self, progress: object) -> None:
        if self._is_over.is_set():
            raise Interrupted

    def _sweep(self) -> None:
        for id in self._store.delete_documents(time() - self._settings.keep):
            shutil.rmtree(self._folder / id, ignore_errors=True)
