"""Machine translation engines: one adapter a file, all behind `Translator`; those that can look inside: `Decoder`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from mtpipe.document.segment import Segment


@dataclass(frozen=True, slots=True)
class Draft:
    """A translation of one segment, best first; codes are back in the text.

    score: log-probability per target token. alternatives: the rest of the n-best list. notes: what the reader of the
    report must know (split at the model's length limit, tag position uncertain). is_filled: whether alignment put in a
    code that stands for itself, which the model did not write. text "" means it could not be done; waiting: one of
    segment.WAITING where it may be done another time.
    """

    text: str
    score: float | None = None
    alternatives: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_filled: bool = False
    waiting: str = ""


class Translator(Protocol):
    """Turns segments (sentences with their term matches and codes) into drafts, in order, one each.

    A job calls translate in a thread of its own, while editors may use the translator in another.
    """

    digest: str

    def translate(self, segments: Sequence[Segment]) -> list[Draft]: ...


class Decoder(Translator, Protocol):
    """A translator whose model can also be asked about texts it did not write; texts are plain, without codes."""

    def nbest(self, segments: Sequence[Segment], n: int) -> list[list[str]]:
        """Up to n different translations of each segment, best first; codes are in the text."""
        ...

    def complete(self, segments: Sequence[Segment], prefixes: Sequence[str]) -> list[Draft]:
        """Translations that begin with the given prefixes (plain text, whole words)."""
        ...

    def score(self, pairs: Sequence[tuple[str, str]], skip: Sequence[Sequence[tuple[int, int]]] = ()) -> list[float]:
        """Log-probability per target token of each (source, target); skip: spans of each target that do not count."""
        ...

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[NDArray[Any]]:
        """For each (source, target) a matrix [target words × source words] of weights; words as `tokenization`."""
        ...
