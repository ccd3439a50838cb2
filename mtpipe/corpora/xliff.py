"""XLIFF 1.2 and 2.x: the units that have a translation, read as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from mtpipe.corpora import Located, Pair, inline_markup
from mtpipe.corpora.xml_stream import elements
from mtpipe.errors import InputError
from mtpipe.languages.tags import is_reversed

# states of a target that is none yet
_UNDONE = frozenset({"initial", "new", "needs-translation", "needs-adaptation", "needs-l10n"})
_CATALOGUE_HEADER = "x-gettext-domain-header"
_UNIT = {"1": "trans-unit", "2": "unit"}


def located(path: Path, source_lang: str, target_lang: str) -> Iterator[Located]:
    """Pairs of the translated units with their files' names, turned round if the file translates the other way.

    Raises InputError for other languages, when no unit is translated, and for damage after the pairs before it.
    """
    is_empty = True
    for element in elements(path, _UNIT[_version(path)]):
        place, tags = _whereabouts(element)
        is_turned = is_reversed(*tags, source_lang, target_lang, str(path)) if all(tags) else False
        for source, target in _pairs(element):
            if source.strip() and target.strip():
                is_empty = False
                yield place or path.name, (target, source) if is_turned else (source, target)
    if is_empty:
        raise InputError(f"{path}: no translated unit")


def _version(path: Path) -> str:
    for element in elements(path, "xliff", when="start"):
        return "2" if element.get("version", "").startswith("2") else "1"
    raise InputError(f"{path}: no <xliff> element, so no XLIFF file")


def _whereabouts(unit: etree._Element) -> tuple[str, tuple[str, str]]:
    """(document, (source language, target language)), "" for what the file does not say."""
    said: dict[str, str] = {}
    for ancestor in unit.iterancestors():
        for name in ("original", "source-language", "target-language", "srcLang", "trgLang"):
            if ancestor.get(name):
                said.setdefault(name, ancestor.get(name, ""))
    return said.get("original", ""), (said.get("source-language") or said.get("srcLang") or "",
                                      said.get("target-language") or said.get("trgLang") or "")  # fmt: skip


def _pairs(unit: etree._Element) -> Iterator[Pair]:
    """The unit itself in 1.2, its segments in 2.x."""
    for holder in unit.findall("{*}segment") or [unit]:
        source, target = holder.find("{*}source"), holder.find("{*}target")
        if source is None or target is None:
            continue
        state = holder.get("state") or target.get("state") or ""
        if state not in _UNDONE and unit.get("restype") != _CATALOGUE_HEADER:
            yield inline_markup.pair(inline_markup.pieces(source), inline_markup.pieces(target))
