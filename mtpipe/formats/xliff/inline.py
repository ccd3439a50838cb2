"""The content of an XLIFF source or target as text with inline codes, and back: 1.2's g x bx ex bpt ept ph it mrk and
2.x's pc ph sc ec cp mrk sm em, whatever they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code
from mtpipe.formats.editing import entries, xml
from mtpipe.formats.editing.xml import Element

_WRAPPERS = frozenset(("g", "pc", "mrk"))
_OPENERS = {"bx": "rid", "bpt": "rid", "sc": "id", "sm": "id"}  # and the attribute that names the pair, else id
_CLOSERS = {"ex": "rid", "ept": "rid", "ec": "startRef", "em": "startRef"}
_SECTION = re.compile(r"<!\[CDATA\[(.*?)\]\]>|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_WRAP = re.compile(r"[ \t]*[\r\n]\s*")
Name = tuple[str, str, str]  # element, id and which part of it: what makes a code of the target one of the source


@dataclass(frozen=True, slots=True)
class Content:
    """text with its codes as literals; markup: literal → the XML it stands for; names: what the literals are."""

    text: str
    codes: tuple[Code, ...]
    markup: Mapping[str, str]
    names: Mapping[Name, str]
    has_cdata: bool = False


@dataclass(slots=True)
class _ContentParts:
    """The content taken apart: (text, None, "") or (markup, its name, kind) in order."""

    items: list[tuple[str, Name | None, str]] = field(default_factory=list)
    has_cdata: bool = False


def content(text: str, element: Element, keeps_space: bool,
            source_literals: Mapping[Name, str] | None = None) -> Content:
    """What element holds in the file's text; known: the literals of codes that are the same as in the source."""
    parts = _ContentParts()
    _collect(text, element, parts, keeps_space)
    plain = "".join(item for item, name, _ in parts.items if name is None)
    names, markup = dict(source_literals or {}), dict[str, str]()
    whole, codes, halves = "", [], dict[tuple[str, str], int]()
    pairs: dict[int, int] = {}
    for item, name, kind in parts.items:
        if name is None:
            whole += item
            continue
        literal = source_literals.get(name) if source_literals else None
        literal = literal or _spelled(item, markup, plain)
        names[name], markup[literal] = literal, item
        if name[2] == "begins":
            halves[name[:2]] = len(whole)
        if name[2] == "ends" and name[:2] in halves:
            pairs[halves.pop(name[:2])] = len(whole)
        codes.append(Code(len(whole), len(whole) + len(literal), kind))
        whole += literal
    paired = set(pairs) | set(pairs.values())
    lone = [Code(c.start, c.end) if name and name[2] in ("begins", "ends") and c.start not in paired else c
            for c, name in zip(codes, (name for _, name, _ in parts.items if name), strict=True)]
    return Content(whole, entries.uncrossed(lone, pairs), markup, names, parts.has_cdata)


def as_xml(target: str, source: Content) -> str:
    """A target with the literals of source as XML."""
    pieces: list[str] = []
    position = 0
    for start, end in inline.occurrences(target, source.markup):
        pieces += (_escaped(target[position:start], source.has_cdata), source.markup[target[start:end]])
        position = end
    return "".join((*pieces, _escaped(target[position:], source.has_cdata)))


def is_protected(element: Element) -> bool:
    """Does the element mark text that must not be translated?"""
    return element.attributes.get("translate") == "no" or element.attributes.get("mtype") == "protected"


def _collect(text: str, element: Element, parts: _ContentParts, keeps_space: bool) -> None:
    position = element.inner
    for child in element.children:
        _collect_text(text[position:child.start], parts, keeps_space)
        name, number = child.name, child.attributes.get("id", "")
        if name in _WRAPPERS and child.inner < child.outer and not is_protected(child):
            number = number or child.attributes.get("mid", "")
            parts.items.append((text[child.start:child.inner], (name, number, "open"), "open"))
            _collect(text, child, parts, keeps_space)
            parts.items.append((text[child.outer:child.end], (name, "", "close"), "close"))
        elif name in _OPENERS:
            number = child.attributes.get(_OPENERS[name], number)
            parts.items.append((text[child.start:child.end], (_pair(name), number, "begins"), "open"))
        elif name in _CLOSERS:
            number = child.attributes.get(_CLOSERS[name], number)
            parts.items.append((text[child.start:child.end], (_pair(name), number, "ends"), "close"))
        else:
            markup = text[child.start:child.end]
            parts.items.append((markup, (name, number, "" if number else markup), "alone"))
        position = child.end
    _collect_text(text[position:element.outer], parts, keeps_space)


def _pair(name: str) -> str:
    return {"bx": "x", "ex": "x", "bpt": "pt", "ept": "pt", "sc": "c", "ec": "c", "sm": "m", "em": "m"}[name]


def _collect_text(raw: str, parts: _ContentParts, keeps_space: bool) -> None:
    position = 0
    for section in _SECTION.finditer(raw):
        parts.items.append((_read(raw[position:section.start()], keeps_space), None, ""))
        if section[1] is not None:
            parts.has_cdata = True
            parts.items.append((_unwrapped(section[1], keeps_space), None, ""))
        else:
            parts.items.append((section[0], ("", "", section[0]), "alone"))
        position = section.end()
    parts.items.append((_read(raw[position:], keeps_space), None, ""))


def _read(raw: str, keeps_space: bool) -> str:
    return xml.unescaped(_unwrapped(raw, keeps_space))


def _unwrapped(raw: str, keeps_space: bool) -> str:
    return raw.replace("\r\n", "\n") if keeps_space else _WRAP.sub(" ", raw)


def _spelled(markup: str, markup_of: Mapping[str, str], plain: str) -> str:
    """A literal for markup, on one line and like nothing else in the text."""
    literal = _WRAP.sub(" ", markup)
    while literal in plain or markup_of.get(literal, markup) != markup:
        literal = f"{literal[:-1]} {literal[-1]}"
    return literal


def _escaped(text: str, as_cdata: bool) -> str:
    if as_cdata and re.search("[&<>]", text):
        return f"<![CDATA[{xml.legal(text).replace(']]>', ']]]]><![CDATA[>')}]]>"
    return xml.escaped(text)
