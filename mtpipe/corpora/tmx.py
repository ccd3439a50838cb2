"""Translation memory exchange files (TMX 1.1 to 1.4), read as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from mtpipe.corpora import Located, inline_markup, runs
from mtpipe.corpora.xml_stream import elements
from mtpipe.errors import InputError
from mtpipe.languages.tags import closest_variant

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# the names that tools give to the same property, without "x-" and case
_DOCUMENT = ("document", "file", "filename", "file-name", "source-file")
_PREVIOUS = ("prev", "previous", "context-pre", "previous-segment")
_FOLLOWING = ("next", "following", "context-post", "next-segment")


@dataclass(frozen=True, slots=True)
class TmxUnit:
    """One unit in two languages; inline codes are literal, white space is the file's.

    document, previous and following (the neighbours' sources), changed (YYYYMMDDThhmmssZ) and id are "" where the
    file does not say.
    """

    source: str
    target: str
    id: str = ""
    document: str = ""
    previous: str = ""
    following: str = ""
    changed: str = ""


def units(path: Path, source_lang: str, target_lang: str) -> Iterator[TmxUnit]:
    """The units with a text in both languages, matched by their leading subtags; .gz and .xz are unpacked.

    Raises InputError when there is none, and for damage, with line and byte, after all units before it.
    """
    is_empty, languages = True, dict[str, None]()
    for element in elements(path, "tu"):
        variants: dict[str, etree._Element] = {}
        for variant in element.findall("{*}tuv"):
            variants.setdefault(_language(variant), variant)
        source, target = (closest_variant(tuple(variants), lang) for lang in (source_lang, target_lang))
        if len(languages) < 20:
            languages |= dict.fromkeys(variants)
        if source is not None and target is not None and source != target:
            unit = _unit(element, variants[source], variants[target])
            if unit.source.strip() and unit.target.strip():
                is_empty = False
                yield unit
    if is_empty:
        raise InputError(f"{path}: no unit from {source_lang} into {target_lang}; its languages: "
                         f"{', '.join(languages) or 'none'}")  # fmt: skip


def located(path: Path, source_lang: str, target_lang: str) -> Iterator[Located]:
    """Pairs with the document the file names, else runs of neighbours."""
    for place, unit in runs(path.name, units(path, source_lang, target_lang)):
        yield unit.document or place, (unit.source, unit.target)


def _unit(element: etree._Element, source: etree._Element, target: etree._Element) -> TmxUnit:
    sides = [variant.find("{*}seg") for variant in (source, target)]
    texts = inline_markup.pair(*([] if side is None else inline_markup.pieces(side) for side in sides))
    properties = {}
    for prop in (*element.findall("{*}prop"), *source.findall("{*}prop"), *target.findall("{*}prop")):
        properties[(prop.get("type") or "").lower().removeprefix("x-")] = (prop.text or "").strip()
    document, previous, following = (
        next((properties[name] for name in names if properties.get(name)), "")
        for names in (_DOCUMENT, _PREVIOUS, _FOLLOWING)
    )
    dates = (holder.get(name) for name in ("changedate", "creationdate") for holder in (target, element))
    return TmxUnit(*texts, element.get("tuid") or "", document, previous, following, next(filter(None, dates), ""))


def _language(variant: etree._Element) -> str:
    return variant.get(_LANG) or variant.get("lang") or ""
