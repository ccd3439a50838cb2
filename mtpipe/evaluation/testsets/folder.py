"""A folder of documents of any format, as `mtpipe translate` reads and writes it: each block is a segment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError, UnsuitedError
from mtpipe.evaluation.testsets import Outputs

_BILINGUAL = ("jsonl", "po", "xliff")  # formats whose documents bring translations and references themselves


class Folder:
    """Block n of a document belongs to block n of the document of the same name in the other folders."""

    suffixes: tuple[str, ...] = ()

    def __init__(self, source_lang: str, target_lang: str, reference: Path | None = None):
        self._langs = {"source_lang": source_lang, "target_lang": target_lang}
        self._reference = reference

    def read(self, path: Path) -> list[Segment]:
        found = [replace(segment, draft=None, postedit=None) for _, segment in self._segments(path)]
        if self._reference is None:
            return found
        texts = dict(self._texts(self._reference))
        blocks, there = (Counter(name.rpartition("#")[0] for name in names)
                         for names in ([segment.id for segment in found], texts))  # fmt: skip
        for name, count in there.items():
            if blocks[name] != count:
                said = f"{self._reference / name}: {count} blocks, but {path / name} has {blocks[name] or 'none'}"
                raise InputError(f"{said}; references must be the same documents, block by block")
        return [replace(segment, reference=texts.get(segment.id) or None) for segment in found]

    def hypotheses(self, path: Path) -> list[Outputs]:
        texts = dict(self._texts(path))
        return [Outputs(path, tuple(texts.values()), tuple(texts))]

    def _texts(self, path: Path) -> Iterator[tuple[str, str | None]]:
        for name, segment in self._segments(path):
            yield segment.id, segment.target if name in _BILINGUAL else segment.source

    def _segments(self, path: Path) -> Iterator[tuple[str, Segment]]:
        """(format, segment) of the folder's documents in the order of their names; hidden files are none."""
        is_empty = True
        for file in sorted(path.rglob("*")):
            place = file.relative_to(path)
            name = plugins.format_name(file)
            if name is None or not file.is_file() or any(part.startswith(".") for part in place.parts):
                continue
            form = plugins.create("format", name, {}, **self._langs, existing="draft")
            with suppress(UnsuitedError):  # settings, say: a job copies them
                for segment in form.read(file, place.as_posix()).segments:
                    is_empty = False
                    yield name, segment
        if is_empty:
            raise InputError(f"{path}: no document with a text in this folder")
