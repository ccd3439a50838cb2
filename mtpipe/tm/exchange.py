"""Parallel text of any kind as units of a translation memory, and a memory's units as TMX or TSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lxml import etree

from mtpipe import __version__
from mtpipe.corpora import located, tmx
from mtpipe.document import inline_codes
from mtpipe.document.segment import Code
from mtpipe.errors import InputError
from mtpipe.io import atomic, compression
from mtpipe.tm.units import TranslationUnit

SUFFIXES = (".tmx", ".tsv")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TAGS = {"open": "bpt", "close": "ept", "alone": "ph"}


def units(path: Path, source_lang: str, target_lang: str) -> Iterator[TranslationUnit]:
    """The units of a TMX file with what it says of them, the pairs of all else that `corpora.pairs` reads.

    Raises InputError for what can't be read, after the units before it.
    """
    if path.is_file() and compression.suffix(path) == ".tmx":
        for unit in tmx.units(path, source_lang, target_lang):
            yield TranslationUnit(unit.source, unit.target, unit.previous, unit.following, unit.changed)
    else:
        for _, (source, target) in located(path, source_lang, target_lang):
            yield TranslationUnit(source, target)


def write(units: Iterable[TranslationUnit], path: Path, source_lang: str, target_lang: str) -> int:
    """Writes units as TMX 1.4 or TSV, by the suffix, all or nothing; returns how many.

    Raises InputError for another suffix and for what the format can't hold, OutputError where path can't be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: can't write {suffix or 'a file without suffix'}; use {' or '.join(SUFFIXES)}")
    try:
        with atomic.replacement(path) as part:
            return _write_tmx(units, part, source_lang, target_lang) if suffix == ".tmx" else _write_tsv(units, part)
    except ValueError as error:
        raise InputError(f"{path}: a unit holds characters that XML can't carry ({error}); export it as TSV") from error


def _write_tsv(units: Iterable[TranslationUnit], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for count, unit in enumerate(units, 1):
            file.write("\t".join(" ".join(text.split()) for text in (unit.source, unit.target)) + "\n")
    return count


def _write_tmx(units: Iterable[TranslationUnit], path: Path, source_lang: str, target_lang: str) -> int:
    count = 0
    attributes = {"srclang": source_lang, "adminlang": "en", "datatype": "plaintext", "segtype": "sentence"}
    attributes |= {"o-tmf": "mtpipe", "creationtool": "mtpipe", "creationtoolversion": __version__}
    with etree.xmlfile(str(path), encoding="utf-8") as file:
        file.write_declaration()
        with file.element("tmx", version="1.4"):
            file.write(etree.Element("header", attributes), "\n")
            with file.element("body"):
                for count, unit in enumerate(units, 1):
                    file.write(_element(unit, source_lang, target_lang), "\n")
    return count


def _element(unit: TranslationUnit, source_lang: str, target_lang: str) -> etree._Element:
    element = etree.Element("tu", {"changedate": unit.changed} if unit.changed else {})
    for name, text in (("x-previous", unit.previous), ("x-next", unit.following)):
        if text:
            etree.SubElement(element, "prop", type=name).text = text
    own = inline_codes.find(unit.source)
    target_codes = inline_codes.locate(unit.source, own, unit.target)
    for lang, text, codes in ((source_lang, unit.source, own), (target_lang, unit.target, target_codes)):
        segment = etree.SubElement(etree.SubElement(element, "tuv", {_LANG: lang}), "seg")
        _fill(segment, text, codes)
    return element


def _fill(segment: etree._Element, text: str, codes: Sequence[Code]) -> None:
    """Puts the text into the segment, its codes as inline elements that hold them literally."""
    numbers = {index: number for number, pair in enumerate(inline_codes.pairs(codes).items(), 1) for index in pair}
    position, last = 0, None
    for index, code in enumerate(codes):
        _append(segment, last, text[position : code.start])
        # half a pair, whose other half is in another sentence, stands alone
        tag = _TAGS[code.kind] if index in numbers else "ph"
        last = etree.SubElement(segment, tag, {"i": str(numbers[index])} if index in numbers else {})
        last.text = text[code.start : code.end]
        position = code.end
    _append(segment, last, text[position:])


def _append(segment: etree._Element, last: etree._Element | None, text: str) -> None:
    if last is None:
        segment.text = text
    else:
        last.tail = text
