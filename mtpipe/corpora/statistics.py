"""How much parallel text there is and where it is from: counted row by row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mtpipe.corpora import Pair, located, segments
from mtpipe.corpora.decontamination import words
from mtpipe.document import inline_codes
from mtpipe.errors import InputError
from mtpipe.io import compression


@dataclass(slots=True)
class Amount:
    """Pairs, the words of both sides (codes left out, Chinese by character), and the pairs with inline codes."""

    pairs: int = 0
    source_words: int = 0
    target_words: int = 0
    with_codes: int = 0

    def add(self, pair: Pair) -> None:
        self.pairs += 1
        self.source_words += len(words(pair[0]))
        self.target_words += len(words(pair[1]))
        self.with_codes += bool(inline_codes.find(pair[0]))


@dataclass(slots=True)
class Origin:
    """What came from one input: pairs read, taken by part, and left out by reason; version and licences if known."""

    version: str | None = None
    licences: str | None = None
    read: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    tags_dropped: int = 0

    def facts(self) -> dict[str, Any]:
        return {"version": self.version, "licences": self.licences, "read": self.read,
                "kept": dict(self.kept), "left_out": dict(self.left_out.most_common()),
                "tags_dropped": self.tags_dropped}  # fmt: skip


def count(
    path: Path, source_lang: str, target_lang: str, on_problem: Callable[[InputError], object]
) -> dict[str, Any]:
    """{"pairs", "source_words", "target_words", "with_codes", "documents", "origins": {name: pairs}} of a corpus.

    Damage is told to on_problem; what comes before it counts.
    """
    amount, documents, origins = Amount(), set[str](), defaultdict[str, int](int)
    try:
        for document, origin, pair in _rows(path, source_lang, target_lang, on_problem):
            amount.add(pair)
            documents.add(document)
            origins[origin] += 1
    except InputError as error:
        on_problem(error)
    return asdict(amount) | {"documents": len(documents), "origins": dict(sorted(origins.items()))}


def _rows(
    path: Path, source_lang: str, target_lang: str, on_problem: Callable[[InputError], object]
) -> Iterator[tuple[str, str, Pair]]:
    if path.is_file() and compression.suffix(path) == ".jsonl":
        for document, pair, row in segments.finished(path):
            yield document, str(row.get("origin") or path.name), pair
    else:
        for document, pair in located(path, source_lang, target_lang, on_problem):
            yield document, path.name, pair
