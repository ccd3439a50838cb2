"""What Word documents and presentations have in common: parts with paragraphs, edited in place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import InputError
from mtpipe.formats.editing import package
from mtpipe.formats.editing.inplace import replaced
from mtpipe.formats.ooxml import paragraphs
from mtpipe.formats.ooxml.paragraphs import Paragraph


@dataclass(frozen=True, slots=True)
class Kind:
    """label: in messages. types: patterns of the content types with text, in reading order, the main part's first.

    without: what a part's name must not contain. is_main_read: whether the main part has text itself.
    """

    label: str
    types: tuple[re.Pattern[str], ...]
    without: str = "/glossary/"
    is_main_read: bool = True


@dataclass(frozen=True, slots=True)
class PackageSkeleton:
    """The package it was read from, its text of each part and the paragraphs in it; each paragraph is a segment."""

    path: Path
    parts: tuple[tuple[str, str, tuple[Paragraph, ...]], ...]


def read(path: Path, name: str, kind: Kind) -> Document:
    """Every paragraph with its formats as codes; raises InputError for damaged, locked and dangerous files."""
    parts = []
    segments: list[Segment] = []
    with package.opened(path, name, kind.label) as opened:
        for part, content_type in content_types(opened, name, kind.label):
            order = _order(part, content_type, kind)
            if order is not None:
                parts.append((order, part))
        if not any(order[0] == 0 for order, _ in parts):
            raise InputError(f"{name}: an Office file, but no {kind.label}; rename it by what it is")
        read_parts = [part for order, part in sorted(parts) if order[0] or kind.is_main_read]
        texts = {part: package.part(opened, part, name) for part in read_parts}
    sections = []
    for part, text in texts.items():
        inside = tuple(paragraphs.read(text))
        segments += (Segment(f"{name}#{n}", paragraph.source, codes=paragraph.codes)
                     for n, paragraph in enumerate(inside, len(segments) + 1))
        sections.append((part, text, inside))
    return Document(name, tuple(segments), PackageSkeleton(path, tuple(sections)))


def write(document: Document, path: Path) -> None:
    """The document with its segments' targets in place; raises OutputError."""
    skeleton: PackageSkeleton = document.skeleton
    targets = iter([segment.target for segment in document.segments])
    changed = {}
    for part, text, inside in skeleton.parts:
        if edits := paragraphs.edits(text, inside, [next(targets) for _ in inside]):
            changed[part] = replaced(text, edits).encode("utf-8")
    package.write(skeleton.path, changed, path)


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
