"""Translation memories before MT: what was translated already, word by word the same or similar."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError, OutputError
from mtpipe.io import atomic, digest
from mtpipe.io.lock import Lock
from mtpipe.tm.keys import adapted, key, masked
from mtpipe.tm.store import Hit, TmFile

THRESHOLD = 0.7  # of similarity, from which a unit is worth showing
_NEARLY = 0.99  # what only looks the same (other codes) is no exact match
_PATIENCE = 24 * 3600.0  # seconds that a process waits for another one to make the same memory
_MAGIC = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Match:
    """A unit for a segment; kind: "context" (same text and neighbours), "exact" (same text) or "fuzzy".

    score: 0…1, the share of letters in common, 1 but for fuzzy ones. target has the segment's codes, of a fuzzy match
    the unit's own. memory: the name of its file.
    """

    source: str
    target: str
    kind: str
    score: float
    memory: str
    changed: str = ""


class Memories:
    """Several memories as one, the first of them counting most; raises InputError or ConfigError for what is none.

    names: what matches call them, their files' names by default.
    """

    def __init__(self, paths: Sequence[Path], source_lang: str, target_lang: str, names: Sequence[str] = ()):
        self._names = names or [path.name for path in paths]
        self.files = [TmFile(path, (source_lang, target_lang)) for path in paths]

    @classmethod
    def made_of(
        cls, paths: Sequence[Path], source_lang: str, target_lang: str, folder: Path, existing: Path | None = None
    ) -> Memories:
        """Memories, and those that TMX or other parallel texts become: once, in folder, if not in existing."""
        languages, place = (source_lang, target_lang), existing or folder
        files = [path if is_memory(path) else _imported(path, languages, folder, place) for path in paths]
        return cls(files, *languages, [path.name for path in paths])

    def __bool__(self) -> bool:
        return bool(self.files)

    @property
    def digest(self) -> str:
        """Changes with what the memories hold; "" without any."""
        return "+".join(file.digest for file in self.files)

    def exact(self, segment: Segment, previous: int = 0, following: int = 0) -> list[Match]:
        """Matches of the very text, codes put in place; those with both neighbours (`key`s, 0 for none) first."""
        number = key(masked(segment.source, segment.codes))
        if not number:
            return []
        matches = []
        for name, file in zip(self._names, self.files, strict=True):
            for hit in file.find(number, previous, following):
                target = adapted(segment, hit.source, hit.target)
                if target is not None:
                    kind = "context" if hit.neighbours == 2 else "exact"
                    matches.append(Match(hit.source, target, kind, 1.0, name, hit.changed))
        return sorted(matches, key=_without_context)

    def similar(self, segment: Segment, n: int, threshold: float = THRESHOLD) -> list[Match]:
        """Up to n units that resemble the segment, best first, none twice; the exact ones are among them."""
        text = masked(segment.source, segment.codes).casefold()
        matches = {(match.source, match.target): match for match in self.exact(segment)}
        for name, file in zip(self._names, self.files, strict=True):
            for hit, score in _scored(text, file.search(text, threshold), threshold):
                matches.setdefault((hit.source, hit.target),
                                   Match(hit.source, hit.target, "fuzzy", score, name, hit.changed))  # fmt: skip
        return sorted(matches.values(), key=_worst_last)[:n]


def is_memory(path: Path) -> bool:
    """Whether the file is a memory as `mtpipe tm import` makes them (rather than TMX, TSV, …); raises InputError."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}); check the path and its permissions") from error


def _imported(path: Path, languages: tuple[str, str], folder: Path, existing: Path) -> Path:
    """The memory of a file's pairs, in the folder existing or else made in folder, by one of several processes."""
    name = f"{digest.of_file(path)}.sqlite"
    from mtpipe.tm.exchange import units  # on use: most memories were made before

    if (existing / name).exists():
        return existing / name
    with _lock(folder):
        if not (folder / name).exists():
            with atomic.replacement(folder / name) as part, closing(TmFile(part, languages, is_new=True)) as memory:
                memory.add(units(path, *languages))
    return folder / name


def _lock(folder: Path) -> Lock:
    try:
        return Lock(folder, _PATIENCE)
    except OSError as error:
        raise OutputError(f"{folder}: no memory can be made here ({error}); check its permissions") from error


def _scored(text: str, hits: Sequence[Hit], threshold: float) -> list[tuple[Hit, float]]:
    from rapidfuzz import fuzz, process  # on use: most jobs have no memory

    texts = [masked(hit.source, inline.find(hit.source)).casefold() for hit in hits]
    scored = process.extract(text, texts, scorer=fuzz.ratio, score_cutoff=100 * threshold, limit=None)
    return [(hits[place], min(score / 100, _NEARLY)) for _, score, place in scored]


def _without_context(match: Match) -> bool:
    return match.kind != "context"


def _worst_last(match: Match) -> float:
    return -match.score
