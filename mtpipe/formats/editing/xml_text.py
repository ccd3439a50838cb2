"""Running text in XML documents: which elements hold it, as segments see it, and put back in its place.

Whatever has text of its own is a block of text; elements within it are inline tags, but for those that `Rules` names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code
from mtpipe.formats.editing import entries, xml
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.html.tags import core
from mtpipe.formats.messages import icu

_LETTER = re.compile(r"[^\W\d_]")
_SPACE = re.compile(r"\s+")
_OTHER = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_LITERAL = re.compile(r"</?[gx](\d{1,9})/?>")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a document type's elements are, by local name.

    blocks: text apart, also where they stand within other text. opaque: not to be translated. has_only_blocks: text
    outside blocks is none. is_opaque tells by an element's attributes.
    """

    blocks: frozenset[str]
    opaque: frozenset[str]
    has_only_blocks: bool = False
    is_opaque: Callable[[Element], bool] = lambda element: element.attributes.get("translate") == "no"


@dataclass(frozen=True, slots=True)
class Passage:
    """Text at text[start:end] that is translated together; markup: literal of a code → where it stands."""

    start: int
    end: int
    source: str
    codes: tuple[Code, ...]
    markup: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Item:
    """Text or markup at text[start:end]: kind is text, open, close, alone or mute (nothing that a reader sees)."""

    kind: str
    start: int
    end: int
    partner: int = -1


def passages(text: str, rules: Rules) -> list[Passage]:
    """Those of a checked text, in the order of their ends: what stands within another comes before it."""
    row: list[Passage] = []
    _collect(text, xml.tree(text), rules, row)
    return sorted(row, key=_by_end)


def edits(text: str, row: Sequence[Passage], targets: Sequence[str | None]) -> list[Edit]:
    """What to replace in text where there is a new text for a passage; in order, not overlapping."""
    replacements: list[Edit] = []
    for passage, target in zip(row, targets, strict=True):
        new = None if target is None or target == passage.source else _intact(passage, target)
        if new is None:
            continue
        inside: list[Edit] = []
        while replacements and replacements[-1][0] >= passage.start:
            inside.insert(0, replacements.pop())
        replacements.append((passage.start, passage.end, _rendered(text, passage, new, inside)))
    return replacements


def _intact(passage: Passage, target: str) -> str | None:
    piece = entries.MessagePiece(passage.source, passage.codes, ())
    return entries.intact(piece, _SPACE.sub(" ", target))


def _rendered(text: str, passage: Passage, target: str, inside: Sequence[Edit]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end in inline.occurrences(target, passage.markup):
        first, last = passage.markup[target[start:end]]
        within = [(s - first, e - first, new) for s, e, new in inside if first <= s and e <= last]
        pieces += (xml.escaped(target[position:start]), replaced(text[first:last], within))
        position = end
    return "".join((*pieces, xml.escaped(target[position:])))


def _collect(text: str, element: Element, rules: Rules, row: list[Passage]) -> None:
    if element.name in rules.opaque or rules.is_opaque(element):
        return
    if element.name in rules.blocks and rules.has_only_blocks or not rules.has_only_blocks and _has_text(text, element):
        items: list[_Item] = []
        _flow(text, element, rules, items, row)
        row += _passage(text, items)
        return
    for child in element.children:
        _collect(text, child, rules, row)


def _has_text(text: str, element: Element) -> bool:
    """Has the element text of its own, beside that of its children?"""
    position = element.inner
    for child in element.children:
        if _LETTER.search(_OTHER.sub("", text[position:child.start])):
            return True
        position = child.end
    return _LETTER.search(_OTHER.sub("", text[position:element.outer])) is not None


def _flow(text: str, element: Element, rules: Rules, items: list[_Item], row: list[Passage]) -> None:
    position = element.inner
    for child in element.children:
        items += _texts(text, position, child.start)
        position = child.end
        if child.name in rules.opaque or rules.is_opaque(child):
            is_seen = child.inner < child.outer and bool(text[child.inner:child.outer].strip())
            items.append(_Item("alone" if is_seen else "mute", child.start, child.end))
        elif _holds_block(child, rules):
            _collect(text, child, rules, row)
            items.append(_Item("mute", child.start, child.end))
        elif child.inner == child.end or not text[child.inner:child.outer].strip():
            items.append(_Item("mute" if _is_mark(child) else "alone", child.start, child.end))
        else:
            opening = len(items)
            items.append(_Item("open", child.start, child.inner))
            _flow(text, child, rules, items, row)
            items[opening] = _Item("open", child.start, child.inner, len(items))
            items.append(_Item("close", child.outer, child.end, opening))
    items += _texts(text, position, element.outer)


def _holds_block(element: Element, rules: Rules) -> bool:
    return element.name in rules.blocks or any(_holds_block(child, rules) for child in element.children)


def _is_mark(element: Element) -> bool:
    """Does an empty element stand for nothing that is seen, such as a bookmark or an anchor?"""
    return re.search("bookmark|anchor|reference-mark|index|soft-page", element.name) is not None


def _texts(text: str, start: int, end: int) -> Iterator[_Item]:
    """Text between elements, its blanks at both ends apart; comments and the like are mute."""
    for match in re.finditer(rf"(?s:{_OTHER.pattern})|(?:(?!<).)+|<", text[start:end], re.DOTALL):
        first, last = start + match.start(), start + match.end()
        if match[0].startswith("<"):
            yield _Item("alone" if match[0].startswith("<![") else "mute", first, last)
            continue
        stripped = match[0].strip()
        begin = first + len(match[0]) - len(match[0].lstrip())
        for low, high in ((first, begin), (begin, begin + len(stripped)), (begin + len(stripped), last)):
            if low < high:
                yield _Item("text", low, high)


def _passage(text: str, items: Sequence[_Item]) -> Iterator[Passage]:
    """The items without what is around their text, as a passage; none where there are no words."""
    filled = [0]  # items with content before each index
    for item in items:
        is_filled = item.kind == "alone" or item.kind == "text" and not text[item.start:item.end].isspace()
        filled.append(filled[-1] + is_filled)
    low, high = core(filled, {i: item.partner for i, item in enumerate(items) if item.kind in ("open", "close")})
    numbers = _LITERAL.findall(xml.unescaped(text[items[low].start:items[high - 1].end])) if low < high else []
    number = max(map(int, numbers), default=0)
    source, codes, markup, names = "", list[Code](), dict[str, tuple[int, int]](), dict[int, int]()
    for index, item in enumerate(items[low:high], low):
        if item.kind == "text":
            words = _SPACE.sub(" ", xml.unescaped(text[item.start:item.end]))
            source += words.lstrip(" ") if source.endswith(" ") else words
            continue
        if item.kind != "close":
            number += 1
            names[index] = number
        kind = "alone" if item.kind == "mute" else item.kind
        literal = {"open": "<g{}>", "close": "</g{}>", "alone": "<x{}/>"}[kind].format(
            names[item.partner if kind == "close" else index])
        codes.append(Code(len(source), len(source) + len(literal), kind))
        source += literal
        markup[literal] = item.start, item.end
    all_codes = tuple(icu.codes_between(source, codes))
    if inline.has_words(source, all_codes):
        yield Passage(items[low].start, items[high - 1].end, source, all_codes, markup)


def _by_end(passage: Passage) -> tuple[int, int]:
    return passage.end, -passage.start
