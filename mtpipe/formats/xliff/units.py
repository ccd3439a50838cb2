"""The units of XLIFF 1.2 (trans-unit) and 2.x (segment): what is translated in them, and how a target is put in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mtpipe.errors import InputError
from mtpipe.formats.editing import xml
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.editing.xml import Element

_NAMESPACE = "urn:oasis:names:tc:xliff:document:"
_WHOLE = frozenset(("trans-unit", "unit"))
_UNTRANSLATED = ("new", "needs-translation", "needs-l10n", "initial")
_LOCKED = ("final", "signed-off")
_PO_HEADER = "x-gettext-domain-header"
# 2.x knows no "needs review": translated is what comes before reviewed.
_STATES_1 = {"state": "needs-review-translation", "state-qualifier": "mt-suggestion"}
_STATES_2 = {"state": "translated", "subState": "mtpipe:machine-translated"}


@dataclass(frozen=True, slots=True)
class XliffUnit:
    """What has one target: parts are the elements of the source that are translated apart (itself, or its mrk "seg").

    old_parts: what is there of the target for each part. frame is the element around the parts, end where a target
    would come; states_at the element that says the state (None: the target itself), stated_at that of the languages.
    document: the file that the unit is of, as it says; is_header: a PO header, no text.
    """

    frame: Element
    source: Element
    target: Element | None
    parts: tuple[Element, ...]
    old_parts: tuple[Element | None, ...]
    end: int
    languages: tuple[str, str]
    is_translatable: bool
    is_translated: bool
    is_locked: bool
    keeps_space: bool
    states_at: Element | None
    stated_at: Element
    document: str = ""
    is_header: bool = False

    def kept(self, text: str) -> list[str | None]:
        """What (XML) an incomplete target has already for each part."""
        if self.is_translated or len(self.parts) == 1:
            return [None] * len(self.parts)
        return [text[old.inner:old.outer] if old and _is_filled(text, old) else None for old in self.old_parts]

    def edits(self, text: str, values: Sequence[str], is_copied: bool) -> Iterator[Edit]:
        """What puts the parts' targets (XML) in place; is_copied: there was nothing to translate."""
        inner = [(part.start, part.end, _around(text, part, value)) if part is not self.frame
                 else (part.inner, part.outer, value) for part, value in zip(self.parts, values, strict=True)]
        shift = self.frame.inner
        moved = [(start - shift, end - shift, value) for start, end, value in inner]
        content = replaced(text[shift:self.frame.outer], moved)
        states = {"state": "translated"} if is_copied else _STATES_2 if self.states_at else _STATES_1
        if self.states_at is not None:
            tag = text[self.states_at.start:self.states_at.inner]
            yield self.states_at.start, self.states_at.inner, xml.with_attributes(tag, states)
            states = {}
        written_at = self.target or self.source
        prefix = f"{written_at.prefix}:" if written_at.prefix else ""
        if self.target is None:
            begin = xml.with_attributes(f"<{prefix}target>", states)
            start = self.source.start
            while text[start - 1].isspace():
                start -= 1
            yield self.end, self.end, f"{text[start:self.source.start]}{begin}{content}</{prefix}target>"
            return
        begin = re.sub(r"\s*/?>\Z", ">", text[self.target.start:self.target.inner])
        yield self.target.start, self.target.end, f"{xml.with_attributes(begin, states)}{content}</{prefix}target>"


def units(text: str, name: str) -> Iterator[XliffUnit]:
    """The units of a checked text with something in their source, in order; raises InputError for another XML file."""
    is_root = True
    for element, around in xml.elements(text, _WHOLE):
        if is_root and (element.name != "xliff" or element.namespace and not element.namespace.startswith(_NAMESPACE)):
            raise InputError(f"{name}: not XLIFF but a file of <{element.name}>; rename it or leave it out")
        is_root = False
        if element.namespace != (around[0].namespace if around else element.namespace):
            continue
        if element.name == "trans-unit":
            yield from _unit_1(text, element, around)
        elif element.name == "unit":
            yield from _units_2(text, element, around)


def language_edits(text: str, element: Element, lang: str) -> list[Edit]:
    """What makes the element that says the languages say the target's, if it doesn't."""
    name = "trgLang" if element.name == "xliff" else "target-language"
    if not lang or element.attributes.get(name):
        return []
    return [(element.start, element.inner, xml.with_attributes(text[element.start:element.inner], {name: lang}))]


def _unit_1(text: str, unit: Element, around: Sequence[Element]) -> Iterator[XliffUnit]:
    source, target = unit.child("source"), unit.child("target")
    file = next((element for element in around if element.name == "file"), around[0])
    if source is None or not text[source.inner:source.outer].strip():
        return
    segmented = unit.child("seg-source") or source
    parts = tuple(_segments(segmented)) or (source,)
    is_whole = parts == (source,)
    old = {part.attributes.get("mid"): part for part in _segments(target)} if target else {}
    old_parts = (target,) if is_whole else tuple(old.get(part.attributes.get("mid")) for part in parts)
    state = target.attributes.get("state", "") if target else ""
    is_header = unit.attributes.get("restype") == _PO_HEADER
    is_filled = is_whole or not old or all(_is_filled(text, part) for part in old_parts)
    yield XliffUnit(
        source if is_whole else segmented, source, target, parts, old_parts, segmented.end,
        languages=(file.attributes.get("source-language", ""), file.attributes.get("target-language", "")),
        is_translatable=(_inherited("translate", source, unit, *reversed(around)) != "no"
                         and not is_header and not _is_held(unit)),
        is_translated=_is_filled(text, target) and is_filled and state not in _UNTRANSLATED,
        is_locked=unit.attributes.get("approved") == "yes" or state in _LOCKED or _says(unit, "confirmed"),
        keeps_space=_inherited("xml:space", source, unit, *reversed(around)) == "preserve",
        states_at=None, stated_at=file, document=file.attributes.get("original", ""), is_header=is_header)


def _units_2(text: str, unit: Element, around: Sequence[Element]) -> Iterator[XliffUnit]:
    file = next((element for element in around if element.name == "file"), around[0])
    for segment in unit.children:
        source, target = segment.child("source"), segment.child("target")
        if segment.name != "segment" or source is None or not text[source.inner:source.outer].strip():
            continue
        state = segment.attributes.get("state", "")
        yield XliffUnit(
            source, source, target, (source,), (target,), source.end,
            languages=(around[0].attributes.get("srcLang", ""), around[0].attributes.get("trgLang", "")),
            is_translatable=_inherited("translate", unit, *reversed(around)) != "no",
            is_translated=_is_filled(text, target) and state not in _UNTRANSLATED,
            is_locked=state in _LOCKED,
            keeps_space=_inherited("xml:space", source, segment, unit, *reversed(around)) == "preserve",
            states_at=segment, stated_at=around[0], document=file.attributes.get("original", ""))


def _segments(element: Element) -> Iterator[Element]:
    """The mrk elements that segment the content, wherever they stand in it."""
    for child in element.children:
        if child.name == "mrk" and child.attributes.get("mtype") == "seg":
            yield child
        else:
            yield from _segments(child)


def _around(text: str, part: Element, value: str) -> str:
    if part.inner == part.end:  # an empty mrk
        return text[part.start:part.end]
    return f"{text[part.start:part.inner]}{value}{text[part.outer:part.end]}"


def _is_held(unit: Element) -> bool:
    """Is the unit, or a segment of it, locked in the words of a CAT tool?"""
    segments = [inner for child in unit.children if child.name == "seg-defs" for inner in child.children]
    return any(_says(element, "locked") for element in (unit, *segments))


def _says(element: Element, what: str) -> bool:
    """Has the element an attribute of that local name that says yes?"""
    return any(name.rpartition(":")[2] == what and value.lower() in ("true", "1", "yes", what)
               for name, value in element.attributes.items())


def _is_filled(text: str, target: Element | None) -> bool:
    return target is not None and bool(text[target.inner:target.outer].strip())


def _inherited(attribute: str, *elements: Element) -> str:
    return next((element.attributes[attribute] for element in elements if attribute in element.attributes), "")
