"""Regular expressions of a glossary, which may be anybody's: each search is bounded in time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

SECONDS = 1.0  # for the matches of one expression in one text
_PROBE_SECONDS = 0.2
_PROBE = 400  # characters


class SlowRegex(Exception):
    """A search took longer than it may."""


@cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """Raises ValueError for a pattern that is not a regular expression (Python's, as the package regex has them)."""
    import regex  # on use: few glossaries have any

    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from error


def spans(pattern: str, text: str, seconds: float = SECONDS) -> list[tuple[int, int]]:
    """(start, end) of each match that is not empty; raises SlowRegex."""
    try:
        places = [match.span() for match in compiled(pattern).finditer(text, timeout=seconds)]
    except TimeoutError:
        raise SlowRegex(pattern) from None
    return [(start, end) for start, end in places if end > start]


def is_slow(pattern: str) -> bool:
    """Whether texts made of the pattern's own characters take it too long: nested repetition does."""
    letters = dict.fromkeys([*(char for char in pattern if char.isalnum())][:8] + ["a", "1", " "])
    for text in (*(letter * _PROBE + "!" for letter in letters), "ab " * (_PROBE // 3) + "!"):
        try:
            spans(pattern, text, _PROBE_SECONDS)
        except SlowRegex:
            return True
    return False
