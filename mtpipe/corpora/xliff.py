"""XLIFF 1.2 and 2.x as parallel text: the units that have a translation, its segments apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from mtpipe.corpora import Located, inline_markup
from mtpipe.errors import InputError
from mtpipe.formats.editing import xml
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.xliff import units
from mtpipe.languages.tags import is_reversed

_PREFIX = re.compile(r"</?([\w.-]+):|\s([\w.-]+):[\w.-]+\s*=")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


def located(path: Path, source_lang: str, target_lang: str) -> Iterator[Located]:
    """Pairs of the translated units with their files' names, turned round if the file translates the other way.

    Raises InputError for other languages, for a damaged file, and when no unit is translated.
    """
    text, _ = xml.read(path, str(path))
    is_empty = True
    for unit in units.units(text, str(path)):
        if unit.is_header or not unit.is_translated:
            continue
        is_turned = is_reversed(*unit.languages, source_lang, target_lang, str(path)) if all(unit.languages) else False
        for part, translation in zip(unit.parts, unit.old_parts, strict=True):
            if translation is None:
                continue
            source, target = inline_markup.pair(_pieces(text, part), _pieces(text, translation))
            if source.strip() and target.strip():
                is_empty = False
                yield unit.document or path.name, (target, source) if is_turned else (source, target)
    if is_empty:
        raise InputError(f"{path}: no translated unit")


def _pieces(text: str, element: Element) -> list[inline_markup.Piece]:
    """The texts and codes of an element of a checked text."""
    markup = text[element.start:element.end]
    prefixes = {one or two for one, two in _PREFIX.findall(markup)} - {"xml", "xmlns"}
    scope = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in sorted(prefixes))
    return inline_markup.pieces(etree.fromstring(f"<unit{scope}>{markup}</unit>", _PARSER)[0])
