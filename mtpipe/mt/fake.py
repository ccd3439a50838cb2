"""A translator without a model, for tests and for trying a job out: answers from a table, else upper-cases words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mtpipe.document.segment import Segment
from mtpipe.languages import tokenization
from mtpipe.mt import Draft


class FakeTranslator:
    """Translates what replies says (source → target, a list for an n-best list), the rest into capitals.

    Codes stay as they are. calls records the sources of each call of `translate`; a Decoder as well: it scores a
    target by the share of its words that are in capitals and aligns words in order.
    """

    def __init__(self, replies: Mapping[str, str | Sequence[str]] | None = None, digest: str = "fake"):
        self.digest = digest
        self.calls: list[list[str]] = []
        self._replies = {k: [v] if isinstance(v, str) else list(v) for k, v in (replies or {}).items()}

    def translate(self, segments: Sequence[Segment]) -> list[Draft]:
        self.calls.append([segment.source for segment in segments])
        options = [self._options(segment) for segment in segments]
        return [Draft(best, score=-1.0, alternatives=tuple(rest)) for best, *rest in options]

    def nbest(self, segments: Sequence[Segment], n: int) -> list[list[str]]:
        return [self._options(segment)[:n] for segment in segments]

    def complete(self, segments: Sequence[Segment], prefixes: Sequence[str]) -> list[Draft]:
        """The prefix and as many words of the translation as it is short of."""
        drafts = []
        for segment, prefix in zip(segments, prefixes, strict=True):
            rest = self._options(segment)[0].split()[len(prefix.split()) :]
            drafts.append(Draft(" ".join([prefix, *rest]).strip()))
        return drafts

    def score(self, pairs: Sequence[tuple[str, str]], skip: Sequence[Sequence[tuple[int, int]]] = ()) -> list[float]:
        return [sum(word.isupper() for word in target.split()) / max(1, len(target.split())) - 1 for _, target in pairs]

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[np.ndarray]:
        shapes = [(len(tokenization.words(target)), len(tokenization.words(source))) for source, target in pairs]
        return [np.eye(*shape, dtype=np.float32) for shape in shapes]

    def _options(self, segment: Segment) -> list[str]:
        return self._replies.get(segment.source) or [_capitals(segment)]


def _capitals(segment: Segment) -> str:
    pieces, position = [], 0
    for code in segment.codes:
        pieces += [segment.source[position : code.start].upper(), segment.source[code.start : code.end]]
        position = code.end
    return "".join([*pieces, segment.source[position:].upper()])
