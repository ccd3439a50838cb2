"""Spellings that count as one where terms are compared: white space, hyphens, quotes, invisible marks, accents.

Texts that go on to a reader are never folded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from mtpipe.languages.tokenization import MARKS

_SAME = {
    **dict.fromkeys("\u2010\u2011\u2013\ufe63", "-"),
    **dict.fromkeys("\u2018\u2019\u02bc\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
    **{chr(wide): chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},  # ＵＳＢ
}
_TABLE = str.maketrans(_SAME)
_SPACE = r"[ \t-\r\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_GONE = "\u00ad\u200b\u200e\u200f\u2060\ufeff"  # soft hyphen, marks of direction and of places to break at
_VARIANT = re.compile(rf"{_SPACE}{{2,}}|(?! ){_SPACE}|\.\.\.|[{_GONE}]+|\w[{MARKS}]+")


@lru_cache(maxsize=1024)
def fold(text: str) -> tuple[str, Sequence[int]]:
    """(text in the one spelling, offsets): its character i stands for text[offsets[i]:offsets[i + 1]]."""
    folded = text if text.isascii() else text.translate(_TABLE)  # one character for one
    if not _VARIANT.search(folded):
        return folded, range(len(text) + 1)
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    for match in _VARIANT.finditer(folded):
        new = _plainest(match.group())
        pieces += (folded[position : match.start()], new)
        offsets += range(position, match.start())
        is_same_length = len(new) == match.end() - match.start()
        offsets += range(*match.span()) if is_same_length else [match.start()] * len(new)
        position = match.end()
    return "".join((*pieces, folded[position:])), (*offsets, *range(position, len(text) + 1))


def unaccented(text: str) -> str:
    """text without its letters' accents: Pläne → Plane, ñ → n."""
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def _plainest(variant: str) -> str:
    if variant == "...":
        return "…"
    if variant.isspace():
        return " "
    return "".join(char for char in unicodedata.normalize("NFC", variant) if char not in _GONE)
