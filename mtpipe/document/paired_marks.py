"""Brackets and quotation marks come in pairs."""

from __future__ import annotations

_WIDE = str.maketrans("（）［］｛｝【】", "()[]{}[]")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))
_QUOTES = frozenset('"„“”«»「」『』＂')  # languages turn them about: their number tells


def brackets(text: str) -> str:
    """The brackets of text, in order, wide ones as narrow ones."""
    return "".join(char for char in text.translate(_WIDE) if char in "()[]{}")


def has_lone(text: str) -> bool:
    """Whether a bracket or a double quotation mark of text lacks its other half."""
    marks = brackets(text)
    return has_lone_quote(text) or any(marks.count(left) != marks.count(right) for left, right in _PAIRS)


def has_lone_quote(text: str) -> bool:
    """Whether a double quotation mark of text lacks its other half."""
    return sum(char in _QUOTES for char in text) % 2 == 1
