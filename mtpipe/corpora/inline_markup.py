"""Inline markup of bilingual files as literal codes: `<g1>…</g1>` around words, `<x2/>` alone, alike on both sides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lxml import etree

from mtpipe.corpora import Pair
from mtpipe.document import inline_codes

# TMX, XLIFF 1.2 and XLIFF 2 use different names for the same few things
_AROUND = frozenset({"g", "pc", "hi"})
_OPEN = frozenset({"bpt", "bx", "sc"})
_CLOSE = frozenset({"ept", "ex", "ec"})
_ALONE = frozenset({"ph", "x", "it", "ut"})


@dataclass(frozen=True, slots=True)
class Inline:
    """A code between texts: kind is "open", "close" or "alone"; key is alike for its counterpart on the other side.

    A "close" has its "open"'s key. text stands for an alone code where codes are dropped.
    """

    kind: str
    key: tuple[str, ...]
    text: str = ""


Piece = str | Inline


def pair(source: Sequence[Piece], target: Sequence[Piece]) -> Pair:
    """Both sides as texts: with codes, numbered as in the source, where both have the same ones; else without."""
    if len(source) == len(target) == 1:
        return plain(source), plain(target)
    for depth in (None, 1):  # the same links in another order, or at least as many links
        if _keys(source, depth) == _keys(target, depth):
            numbers = defaultdict(list)
            for number, code in enumerate(_starts(source), 1):
                numbers[code.key[:depth]].append(number)
            return _numbered(source, numbers, depth), _numbered(target, numbers, depth)
    return plain(source), plain(target)


def plain(pieces: Sequence[Piece]) -> str:
    """The text without its codes."""
    return "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)


def pieces(element: etree._Element) -> list[Piece]:
    """What a <seg>, <source> or <target> holds, every "open" with its "close".

    A native code that stands in the file (`<ph>&lt;br/&gt;</ph>`) and is one to `codes.find` remains as it is.
    """
    row: list[Piece] = []
    _walk(element, row)
    partners = _partners(row)
    for index, piece in enumerate(row):
        if isinstance(piece, str):
            continue
        other = partners.get(index)
        if other is None:
            row[index] = piece.text if _are_codes(piece.text) else Inline("alone", piece.key)
        elif piece.kind == "open":
            close = row[other]
            assert isinstance(close, Inline)
            if _are_codes(piece.text, close.text):
                row[index], row[other] = piece.text, close.text
            else:
                row[index], row[other] = replace(piece, text=""), Inline("close", piece.key)
    return row


def _walk(element: etree._Element, row: list[Piece]) -> None:
    row.append(element.text or "")
    for child in element:
        if isinstance(child, etree._Entity):
            row.append(child.text or "")
        elif isinstance(child.tag, str):
            _walk_code(child, etree.QName(child).localname, row)
        row.append(child.tail or "")


def _walk_code(child: etree._Element, name: str, row: list[Piece]) -> None:
    own = child.get("rid") or child.get("i") or child.get("startRef") or child.get("id") or ""
    text = "".join(map(str, child.itertext()))
    if name in _AROUND:
        key = ("around", child.get("x") or own)
        row.append(Inline("open", key))
        _walk(child, row)
        row.append(Inline("close", key))
    elif name in _OPEN or name in _CLOSE:
        row.append(Inline("open" if name in _OPEN else "close", ("around", own), text))
    elif name in _ALONE:
        row.append(Inline("alone", ("alone", child.get("x") or child.get("id") or text), text))
    elif name == "cp":  # a character XML can't hold
        row.append(" ")
    else:  # mrk, sub and what is not of the standard: its text counts
        _walk(child, row)


def _partners(row: Sequence[Piece]) -> dict[int, int]:
    """Index of each "open" → index of its "close", and the other way round."""
    partners, opened = {}, defaultdict(list)
    for index, piece in enumerate(row):
        if isinstance(piece, Inline) and piece.kind == "open":
            opened[piece.key].append(index)
        elif isinstance(piece, Inline) and piece.kind == "close" and opened[piece.key]:
            first = opened[piece.key].pop()
            partners[first], partners[index] = index, first
    return partners


def _are_codes(*texts: str) -> bool:
    """Is each text one whole code, and two of them a pair?"""
    joined = " ".join(texts)
    codes = inline_codes.find(joined)
    kinds = ["open", "close"] if len(texts) == 2 else ["alone"]
    return inline_codes.literals(joined, codes) == list(texts) and [code.kind for code in codes] == kinds


def _starts(row: Sequence[Piece]) -> list[Inline]:
    return [piece for piece in row if isinstance(piece, Inline) and piece.kind != "close"]


def _keys(row: Sequence[Piece], depth: int | None) -> Counter[tuple[str, ...]]:
    return Counter(code.key[:depth] for code in _starts(row))


def _numbered(row: Sequence[Piece], numbers: dict[tuple[str, ...], list[int]], depth: int | None) -> str:
    texts: list[str] = []
    used, opened = Counter[tuple[str, ...]](), defaultdict[tuple[str, ...], list[int]](list)
    for piece in row:
        if isinstance(piece, str):
            texts.append(piece)
        elif piece.kind == "close":
            texts.append(f"</g{opened[piece.key].pop()}>")
        else:
            key = piece.key[:depth]
            number = numbers[key][used[key]]
            used[key] += 1
            if piece.kind == "open":
                opened[piece.key].append(number)
            texts.append(f"<g{number}>" if piece.kind == "open" else f"<x{number}/>")
    return "".join(texts)
