"""Aligned plain text: line n of the source, the reference, the terms and each system's output belong together."""

from __future__ import annotations

import json
from pathlib import Path

from mtpipe.document.segment import Segment
from mtpipe.errors import InputError, amount
from mtpipe.evaluation.testsets import Outputs
from mtpipe.evaluation.testsets.terms import read_terms
from mtpipe.io.lines import numbered


class Lines:
    """A line a segment, UTF-8, packed or not; terms: a JSON list of {"source", "target"} or {"en", "de"} a line."""

    suffixes = (".txt",)

    def __init__(
        self, source_lang: str, target_lang: str, reference: Path | None = None, terms: Path | None = None
    ):
        self._langs = (source_lang, target_lang)
        self._reference = reference
        self._terms = terms

    def read(self, path: Path) -> list[Segment]:
        """The segments of a source file, called "<file>#<line>"; raises InputError for files of different length."""
        sources = read_lines(path)
        references = self._beside(path, sources, self._reference)
        terms = self._beside(path, sources, self._terms)
        return [
            Segment(f"{path.name}#{n}", source, reference=references[n - 1] if references else None,
                    terms=self._terms_of_line(terms[n - 1], n) if terms else ())
            for n, source in enumerate(sources, 1)
        ]  # fmt: skip

    def hypotheses(self, path: Path) -> list[Outputs]:
        return [Outputs(path, tuple(read_lines(path)))]

    def _beside(self, path: Path, sources: list[str], other: Path | None) -> list[str]:
        if other is None:
            return []
        texts = read_lines(other)
        if len(texts) != len(sources):
            problem = f"{other}: {amount(len(texts), 'line')}, but {path} has {len(sources)}"
            raise InputError(f"{problem}; aligned files need as many lines, an empty one for nothing")
        return texts

    def _terms_of_line(self, line: str, number: int) -> tuple:
        where = f"{self._terms}:{number}"
        try:
            value = json.loads(line) if line.strip() else None
        except ValueError as error:
            raise InputError(f"{where}: not JSON ({error}); give the line's terms as a list of objects") from error
        return read_terms(value, where, *self._langs)


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file without their ends, only "\\n" and "\\r\\n" being such; raises InputError with line."""
    return [line for _, line in numbered(path)]
