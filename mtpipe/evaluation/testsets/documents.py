"""Documents of any format that mtpipe reads: bilingual files (segments, XLIFF, PO …) and folders of documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError, UnsuitedError
from mtpipe.evaluation.testsets import Outputs, refuse_repeated

_BILINGUAL = ("jsonl", "po", "xliff")  # formats whose documents bring translations and references themselves


class Bilingual:
    """What a document says of its segments is the test set, the translations in it are one system's."""

    suffixes = (".xlf", ".xliff", ".po")

    def __init__(self, source_lang: str, target_lang: str):
        self._langs = {"source_lang": source_lang, "target_lang": target_lang}

    def read(self, path: Path) -> list[Segment]:
        return [replace(segment, draft=None, postedit=None) for segment in self._segments(path)]

    def hypotheses(self, path: Path) -> list[Outputs]:
        segments = self._segments(path)
        return [Outputs(path, tuple(s.target for s in segments), tuple(s.id for s in segments),
                        tuple(s.source for s in segments))]  # fmt: skip

    def _segments(self, path: Path) -> list[Segment]:
        name = plugins.format_name(path)
        if name is None:
            raise InputError(f"{path}: no format reads {path.suffix or 'such'} files; give segments as .jsonl")
        segments = _segments(name, path, path.name, self._langs)
        refuse_repeated(path, [segment.id for segment in segments])
        return segments


class Folder:
    """Block n of a document belongs to block n of the document of the same name in the other folders."""

    suffixes: tuple[str, ...] = ()

    def __init__(self, source_lang: str, target_lang: str, reference: Path | None = None):
        self._langs = {"source_lang": source_lang, "target_lang": target_lang}
        self._reference = reference

    def read(self, path: Path) -> list[Segment]:
        segments = [replace(segment, draft=None, postedit=None) for _, segment in self._segments(path)]
        if self._reference is None:
            return segments
        texts = dict(self._texts(self._reference))
        blocks, reference_blocks = (Counter(name.rpartition("#")[0] for name in names)
                                    for names in ([segment.id for segment in segments], texts))  # fmt: skip
        for name, count in reference_blocks.items():
            if blocks[name] != count:
                problem = f"{self._reference / name}: {count} blocks, but {path / name} has {blocks[name] or 'none'}"
                raise InputError(f"{problem}; references must be the same documents, block by block")
        return [replace(segment, reference=texts.get(segment.id) or None) for segment in segments]

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
            with suppress(UnsuitedError):  # settings, say: a job copies them
                for segment in _segments(name, file, place.as_posix(), self._langs):
                    is_empty = False
                    yield name, segment
        if is_empty:
            raise InputError(f"{path}: no document with a text in this folder")


def _segments(name: str, path: Path, place: str, langs: dict[str, str]) -> list[Segment]:
    """The segments of a document; existing translations are drafts: they are what is to be looked at."""
    return list(plugins.create("format", name, {}, **langs, existing="draft").read(path, place).segments)
