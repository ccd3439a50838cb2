"""Brackets and quotation marks come in pairs."""

from __future__ import annotations

_WIDE = str.maketrans("（）［］｛｝【】", "()[]{}[]")
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_QUOTES = frozenset('"„“”«»「」『』＂')  # languages turn them about: their number tells


def has_lone(text: str) -> bool:
    """Whether a bracket or a double quotation mark of text lacks its other half."""
    plain = text.translate(_WIDE)
    return has_lone_quote(text) or any(plain.count(left) != plain.count(right) for left, right in _BRACKETS)


def has_lone_quote(text: str) -> bool:
    """Whether a double quotation mark of text lacks its other half."""
    return sum(char in _QUOTES for char in text) % 2 == 1
