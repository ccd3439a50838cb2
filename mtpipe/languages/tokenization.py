"""Words of a text as character spans: the unit of alignments and windows; CJK characters stand alone."""

from __future__ import annotations

import re
import unicodedata

from mtpipe.languages.scripts import CJK, HANGUL

# what belongs to the letter before it and is no \w: accents, vowel signs, joiners; up to the last Indic block
MARKS = "\u00ad\u200c\u200d\u3099\u309a" + "".join(
    char for char in map(chr, range(0x300, 0x1B00)) if unicodedata.category(char) in ("Mn", "Mc")
)
_CHARACTER = re.compile(f"[{CJK}]")
_LETTERS = rf"(?:(?![{CJK}])\w[{MARKS}]*)+"
_WIDE = re.compile(f"[{CJK}{HANGUL}]")
_WIDE_LENGTH = 2.5  # one Chinese character says as much as so many Latin ones
# how many times as long a translation may be, beside a constant that matters for short ones
_RATIO, _SLACK = 2.2, 15
_WORD = re.compile(rf"[{CJK}][\u3099\u309a]?|{_LETTERS}(?:[-.·\u2010\u2011]{_LETTERS})*|[^\w\s]")


def spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each word and punctuation mark, in order."""
    return [match.span() for match in _WORD.finditer(text)]


def words(text: str) -> list[str]:
    """The words and punctuation marks themselves."""
    return _WORD.findall(text)


def is_character(word: str) -> bool:
    """Whether the word is a character of a script written without spaces, and so hardly a word by itself."""
    return _CHARACTER.match(word) is not None


def length(text: str) -> float:
    """Characters, Chinese, Japanese and Korean ones counted 2.5 times."""
    return len(text) + (_WIDE_LENGTH - 1) * len(_WIDE.findall(text))


def is_lopsided(one: str, other: str) -> bool:
    """Whether one text is too much longer than the other to be its translation."""
    shorter, longer = sorted((length(one), length(other)))
    return longer > _SLACK + _RATIO * shorter
