"""Scores that other programs or people gave to translations: MetricX's predictions, error spans as MQM has them.

They are found by the texts themselves, source and translation, so one file may hold any number of systems.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtpipe import __version__
from mtpipe.document.segment import Score, Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.metrics import count_shares, rate
from mtpipe.io import compression, digest, json_lines

_VALUES = ("prediction", "score")  # what the number is called
_COLUMNS = ("source", "target", "category", "severity")
_MARK = re.compile(r"</?v>")
_SPAN = re.compile(r"<v>(.*?)</v>", re.S)

Texts = tuple[str, str]  # source, translation


@dataclass(frozen=True, slots=True)
class ErrorSpan:
    """What a rater marked: the words ("" for none), in the target or, as for omissions, in the source."""

    category: str
    severity: str
    text: str
    rater: str = ""

    @property
    def penalty(self) -> float:
        """Freitag et al. (2021): major 5, a non-translation 25, minor 1, minor punctuation .1, anything else 0."""
        category, severity = self.category.casefold(), self.severity.casefold()
        if category.startswith("non-translation"):
            return 25.0
        if severity in ("major", "critical"):
            return 5.0
        if severity == "minor":
            return 0.1 if category == "fluency/punctuation" else 1.0
        return 0.0


def read_scores(path: Path) -> dict[Texts, float]:
    """Of JSON Lines with source, hypothesis (or target) and prediction (or score), as MetricX writes them.

    Raises InputError.
    """
    scores = {}
    for number, row in json_lines.read(path):
        value = next((row[name] for name in _VALUES if isinstance(row.get(name), int | float)), None)
        target = row.get("hypothesis", row.get("target"))
        if value is None or not isinstance(row.get("source"), str) or not isinstance(target, str):
            raise InputError(f"{path}:{number}: a row needs source, hypothesis and a number called prediction or score")
        scores[_key(row["source"], target)] = float(value)
    return scores


def read_error_spans(path: Path) -> dict[Texts, list[ErrorSpan]]:
    """Of the tab-separated ratings of WMT's metrics task: source and target with <v>…</v> around the error, category,
    severity, rater. Texts rated without an error are there with no span. Raises InputError."""
    spans: dict[Texts, list[ErrorSpan]] = {}
    try:
        with compression.open_text(path) as lines:
            for number, row in enumerate(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), 2):
                if lacking := [name for name in _COLUMNS if not isinstance(row.get(name), str)]:
                    raise InputError(f"{path}:{number}: no column {', '.join(lacking)}; ratings are tab-separated with "
                                     f"{', '.join(_COLUMNS)} and a line of names")  # fmt: skip
                texts = _key(_MARK.sub("", row["source"]), _MARK.sub("", row["target"]))
                spans.setdefault(texts, []).append(_span(row))
    except (ValueError, *compression.BROKEN) as error:
        raise InputError(f"{path}: can't be read ({error}); give ratings in UTF-8") from error
    return spans


def _span(row: dict[str, str]) -> ErrorSpan:
    marked = _SPAN.search(row["target"]) or _SPAN.search(row["source"])
    return ErrorSpan(row["category"], row["severity"], marked[1] if marked else "", row.get("rater") or "")


class MetricX:
    """Mean of MetricX's predictions (Juraska 2024), 0…25, low is good; scores: JSON Lines, one file or more."""

    name = "metricx"
    needs_reference = False

    def __init__(self, scores: Path | Sequence[Path]):
        paths = _paths(scores)
        self._scores = {texts: value for path in paths for texts, value in read_scores(path).items()}
        self._method = _method(paths)

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return _counts(segments, self._scores)

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), self._method, "segments", "no segment has a score in the file")


class Mqm:
    """Mean MQM penalty of a segment over its raters, the lower the better; ratings: tab-separated, one file or more."""

    name = "mqm"
    needs_reference = False

    def __init__(self, ratings: Path | Sequence[Path]):
        paths = _paths(ratings)
        spans: dict[Texts, list[ErrorSpan]] = defaultdict(list)
        for path in paths:
            for texts, marks in read_error_spans(path).items():
                spans[texts] += marks
        self._scores = {texts: _penalty(each) for texts, each in spans.items()}
        self._method = _method(paths)

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return _counts(segments, self._scores)

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), self._method, "segments", "no segment was rated in the file")


def _penalty(spans: Iterable[ErrorSpan]) -> float:
    """The mean of the raters' sums."""
    by_rater: dict[str, float] = defaultdict(float)
    for span in spans:
        by_rater[span.rater] += span.penalty
    return sum(by_rater.values()) / len(by_rater)


def _counts(segments: Sequence[Segment], scores: dict[Texts, float]) -> np.ndarray:
    """Segments without a score are left out."""
    return count_shares(list(_score(segment, scores)) for segment in segments)


def _score(segment: Segment, scores: dict[Texts, float]) -> Iterator[float]:
    value = scores.get(_key(segment.source, segment.target or ""))
    if value is not None:
        yield value


def _key(source: str, target: str) -> Texts:
    return source.strip(), target.strip()


def _paths(value: Path | Sequence[Path]) -> list[Path]:
    return [value] if isinstance(value, Path) else list(value)


def _method(paths: Sequence[Path]) -> str:
    return f"files:{'+'.join(digest.of_file(path)[:8] for path in paths)}|mtpipe:{__version__}"
