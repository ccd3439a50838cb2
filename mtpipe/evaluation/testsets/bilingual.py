"""Bilingual documents of any format that `mtpipe` reads: segments JSON Lines, XLIFF, PO …"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.testsets import Outputs, refuse_repeated


class Bilingual:
    """What a document says of its segments is the test set, the translations in it are one system's."""

    suffixes = (".xlf", ".xliff", ".po")

    def __init__(self, source_lang: str, target_lang: str):
        self._langs = {"source_lang": source_lang, "target_lang": target_lang}

    def read(self, path: Path) -> list[Segment]:
        return [replace(segment, draft=None, postedit=None) for segment in self._segments(path)]

    def hypotheses(self, path: Path) -> list[Outputs]:
        found = self._segments(path)
        return [Outputs(path, tuple(s.target for s in found), tuple(s.id for s in found),
                        tuple(s.source for s in found))]  # fmt: skip

    def _segments(self, path: Path) -> list[Segment]:
        name = plugins.format_name(path)
        if name is None:
            raise InputError(f"{path}: no format reads {path.suffix or 'such'} files; give segments as .jsonl")
        # what a bilingual document holds already is what is to be looked at
        form = plugins.create("format", name, {}, **self._langs, existing="draft")
        segments = list(form.read(path, path.name).segments)
        refuse_repeated(path, [segment.id for segment in segments])
        return segments
