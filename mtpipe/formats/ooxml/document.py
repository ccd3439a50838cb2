"""What Word documents and presentations have in common: parts with paragraphs, edited in place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import InputError
from mtpipe.formats.editing import package, xml_text
from mtpipe.formats.editing.inplace import replaced
from mtpipe.formats.editing.xml_text import Passage, Rules
from mtpipe.formats.ooxml import paragraphs
from mtpipe.formats.ooxml.paragraphs import Paragraph
from mtpipe.languages import tags
from mtpipe.languages.scripts import is_right_to_left

_CORE = "docProps/core.xml"
_PROPERTIES = Rules(frozenset(("title", "subject", "description", "keywords")), frozenset(), has_only_blocks=True)
_WORD_LANGUAGE = re.compile(r'(<w:lang\b[^>]*?\sw:val=")([^"]*)')
_DRAWING_LANGUAGE = re.compile(r'(<a:(?:rPr|endParaRPr|defRPr)\b[^>]*?\slang=")([^"]*)')


@dataclass(frozen=True, slots=True)
class Kind:
    """label: in messages. types: patterns of the content types with text, in reading order, the main part's first.

    without: what a part's name must not contain. is_main_read: whether the main part has text itself. styles: the
    types of parts without text that say its language.
    """

    label: str
    types: tuple[re.Pattern[str], ...]
    without: str = "/glossary/"
    is_main_read: bool = True
    styles: re.Pattern[str] = re.compile(r"wordprocessingml\.styles\+xml$")


@dataclass(frozen=True, slots=True)
class PackageSkeleton:
    """The package it was read from, its text of each part and the paragraphs in it; each paragraph is a segment.

    properties: the part with the document's title and description, and the passages to translate. styles: the texts of
    parts without paragraphs that say the language.
    """

    path: Path
    parts: tuple[tuple[str, str, tuple[Paragraph, ...]], ...]
    properties: tuple[str, str, tuple[Passage, ...]]
    styles: tuple[tuple[str, str], ...]


def read(path: Path, name: str, kind: Kind, has_properties: bool = False) -> Document:
    """Every paragraph with its formats as codes; raises InputError for damaged, locked and dangerous files."""
    parts = []
    styles = []
    segments: list[Segment] = []
    with package.opened(path, name, kind.label) as opened:
        for part, content_type in content_types(opened, name, kind.label):
            order = _order(part, content_type, kind)
            if order is not None:
                parts.append((order, part))
            if kind.styles.search(content_type):
                styles.append((part, package.part(opened, part, name)))
        if not any(order[0] == 0 for order, _ in parts):
            raise InputError(f"{name}: an Office file, but no {kind.label}; rename it by what it is")
        read_parts = [part for order, part in sorted(parts) if order[0] or kind.is_main_read]
        texts = {part: package.part(opened, part, name) for part in read_parts}
        core = package.part(opened, _CORE, name) if has_properties and _CORE in opened.namelist() else ""
    sections = []
    for part, text in texts.items():
        inside = tuple(paragraphs.read(text))
        segments += (Segment(f"{name}#{n}", paragraph.source, codes=paragraph.codes)
                     for n, paragraph in enumerate(inside, len(segments) + 1))
        sections.append((part, text, inside))
    passages = tuple(xml_text.passages(core, _PROPERTIES)) if core else ()
    segments += (Segment(f"{name}#{n}", passage.source, codes=passage.codes)
                 for n, passage in enumerate(passages, len(segments) + 1))
    return Document(name, tuple(segments), PackageSkeleton(path, tuple(sections), (_CORE, core, passages),
                                                           tuple(styles)))


def write(document: Document, path: Path, languages: tuple[str, str] = ("", "")) -> None:
    """The document with its segments' targets in place, and saying that it is in their language; raises OutputError.

    languages: source and target; what says that it is in the source's says so of the target's, if that is given.
    """
    skeleton: PackageSkeleton = document.skeleton
    targets = iter([segment.target for segment in document.segments])
    old = dict((part, text) for part, text, _ in skeleton.parts) | dict(skeleton.styles)
    new = dict(old)
    for part, text, inside in skeleton.parts:
        if edits := paragraphs.edits(text, inside, [next(targets) for _ in inside]):
            new[part] = replaced(text, edits)
    if new != old and languages[1]:
        new = {part: _in_language(text, *languages) for part, text in new.items()}
    part, core, passages = skeleton.properties
    old[part], new[part] = core, replaced(core, xml_text.edits(core, passages, list(targets)))
    package.write(skeleton.path, {part: text.encode() for part, text in new.items() if text != old[part]}, path)


def _in_language(text: str, source_lang: str, target_lang: str) -> str:
    """text with what says that it is in the source language saying the target's, as Word and PowerPoint do."""
    name = tags.with_territory(target_lang)
    is_east_asian = tags.primary_subtag(target_lang) in ("zh", "ja", "ko")
    kind = "eastAsia" if is_east_asian else "bidi" if is_right_to_left(target_lang) else "val"

    def changed(match: re.Match[str]) -> str:
        return f"{match[1]}{name}" if not source_lang or tags.is_same(match[2], source_lang) else match[0]

    text = _DRAWING_LANGUAGE.sub(changed, text)
    if kind == "val":
        return _WORD_LANGUAGE.sub(changed, text)
    return re.sub(rf'(<w:lang\b[^>]*?\sw:{kind}=")[^"]*', rf"\g<1>{name}", text)


def content_types(opened: package.ZipFile, name: str, label: str) -> list[tuple[str, str]]:
    """(part, content type) of all parts that are there and say theirs."""
    try:
        types = etree.fromstring(package.part(opened, "[Content_Types].xml", name).encode(), package.parser())
    except KeyError as error:
        raise InputError(f"{name}: a ZIP file, but no {label} (no [Content_Types].xml)") from error
    there = set(opened.namelist())
    overrides = ((o.get("PartName", "").lstrip("/"), o.get("ContentType", "")) for o in types.iterfind("{*}Override"))
    return [(part, content_type) for part, content_type in overrides if part in there]


def _order(part: str, content_type: str, kind: Kind) -> tuple[int, list[int | str]] | None:
    rank = next((rank for rank, pattern in enumerate(kind.types) if pattern.search(content_type)), None)
    if rank is None or kind.without in part:
        return None
    return rank, [int(n) if n.isdigit() else n for n in re.split(r"(\d+)", part)]
