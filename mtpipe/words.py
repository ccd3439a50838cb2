"""Words of a text as character spans: the unit of alignments and windows; CJK characters stand alone."""

from __future__ import annotations

import re

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_WORD = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}])\w)+(?:[-.·](?:(?![{_CJK}])\w)+)*|[^\w\s]")


def spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each word and punctuation mark, in order."""
    return [match.span() for match in _WORD.finditer(text)]


def words(text: str) -> list[str]:
    """The words and punctuation marks themselves."""
    return _WORD.findall(text)
