"""Workbooks (XLSX): cells of text, edited in place in the shared strings; formulas, numbers and names stay as they are.

A text that a formula or a list of choices compares with stays, and so do the headings of tables that formulas or pivot
tables refer to: else the workbook would count wrong. Other headings change in the table's definition as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import dirname, join, normpath

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import InputError
from mtpipe.formats.editing import package, xml
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.messages.catalogue import Keys
from mtpipe.formats.ooxml import paragraphs
from mtpipe.formats.ooxml.document import content_types
from mtpipe.formats.ooxml.paragraphs import Paragraph

_MAIN = re.compile(r"spreadsheetml\.(?:sheet|template)\.main\+xml$|ms-excel\.\w+\.macroEnabled\.main\+xml$")
_SHEET, _STRINGS = re.compile(r"spreadsheetml\.worksheet\+xml$"), re.compile(r"spreadsheetml\.sharedStrings\+xml$")
_TABLE, _PIVOT = re.compile(r"spreadsheetml\.table\+xml$"), re.compile(r"spreadsheetml\.pivotTable\+xml$")
_DRAWN = re.compile(r"officedocument\.drawing\+xml$|drawingml\.chart\+xml$|drawingml\.diagram(?:Data|Drawing)\+xml$")
_FORMULA = re.compile(r"<(?:\w+:)?(?:f|formula\d?|definedName)\b[^>]*>([^<]+)</")
_LITERAL = re.compile(r'"((?:[^"]|"")*)"')
_CELL = re.compile(r"([A-Z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class _SheetCell:
    """A cell of shared text: which one it shows, where it says so in its sheet, and whether it is to be translated."""

    index: int
    start: int
    end: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class _SheetPart:
    """A part of the package: what is to be translated in it, of a sheet its cells, of the strings their elements."""

    name: str
    text: str
    paragraphs: tuple[Paragraph, ...] = ()
    cells: tuple[_SheetCell, ...] = ()
    strings: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class _WorkbookSkeleton:
    path: Path
    parts: tuple[_SheetPart, ...]
    tables: tuple[tuple[str, str], ...]


class ExcelFormat:
    """XLSX, XLSM and XLTX: texts of cells, charts and drawings.

    include and exclude: globs of "sheet", "sheet.column" or "sheet.column.row", such as "Prices.C" or "*.A.1".
    """

    suffixes = (".xlsx", ".xlsm", ".xltx")

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = ()):
        self._keys = Keys(include, exclude)

    def read(self, path: Path, name: str) -> Document:
        """A segment for each text that is shown in a chosen cell; raises InputError."""
        with package.opened(path, name, "workbook") as opened:
            book = _Book(opened, name)
            refers = book.references()
            sheets = [self._sheet(*sheet) for sheet in book.sheets()]
            indexes = {cell.index for sheet in sheets for cell in sheet.cells if cell.is_chosen}
            sections = [*book.strings(indexes), *sheets]
            remaining = [replace(part, paragraphs=tuple(p for p in part.paragraphs if p.source not in refers))
                         for part in sections]  # fmt: skip
            count = sum(len(part.paragraphs) for part in sections) - sum(len(part.paragraphs) for part in remaining)
            parts = (*remaining, *book.drawings())
            tables = tuple((part, book.text(part)) for part in book.parts(_TABLE))
        segments = tuple(Segment(f"{name}#{n}", paragraph.source, codes=paragraph.codes)
                         for n, paragraph in enumerate((p for part in parts for p in part.paragraphs), 1))
        note = f"texts left as they are, since formulas, lists of choices or pivot tables refer to them: {count}"
        return Document(name, segments, _WorkbookSkeleton(path, parts, tables), (note,) if count else ())

    def write(self, document: Document, path: Path) -> None:
        """The workbook with its segments' targets in place; raises OutputError."""
        skeleton: _WorkbookSkeleton = document.skeleton
        targets = iter([segment.target for segment in document.segments])
        edits: dict[str, list[Edit]] = {}
        headings = _headings(skeleton.tables)
        new_headings = _renamed({s.source: s.target for s in document.segments if s.source in headings}, headings)
        for part in skeleton.parts:
            inside = [next(targets) for _ in part.paragraphs]
            inside = [new_headings.get(p.source) if p.source in headings else target
                      for p, target in zip(part.paragraphs, inside, strict=True)]
            edits[part.name] = paragraphs.edits(part.text, part.paragraphs, inside)
        _keep_the_rest(skeleton.parts, edits)
        changed = {part.name: replaced(part.text, sorted(edits[part.name])).encode()
                   for part in skeleton.parts if edits[part.name]}  # fmt: skip
        changed |= {part: new.encode() for part, text in skeleton.tables
                    if (new := _with_headings(text, new_headings)) != text}  # fmt: skip
        package.write(skeleton.path, changed, path)

    def _sheet(self, title: str, part: str, text: str) -> _SheetPart:
        cells: list[_SheetCell] = []
        inline: list[Paragraph] = []
        for element, _ in xml.elements(text, frozenset(("c",))):
            if element.name != "c":
                continue
            place = _CELL.fullmatch(element.attributes.get("r", ""))
            is_chosen = self._keys.fits(".".join((title, *(place.groups() if place else ()))))
            value = element.child("v")
            if element.attributes.get("t") == "s" and value and text[value.inner:value.outer].strip().isdecimal():
                index = int(text[value.inner:value.outer])
                cells.append(_SheetCell(index, value.inner, value.outer, is_chosen))
            elif (own := element.child("is")) and is_chosen:
                inline += paragraphs.within(text, own)
        return _SheetPart(part, text, tuple(inline), tuple(cells))


class _Book:
    """The parts of an open workbook; raises InputError where the package is none."""

    def __init__(self, opened: package.ZipFile, name: str):
        self._opened, self._name = opened, name
        self._types = content_types(opened, name, "workbook")
        if not self.parts(_MAIN):
            raise InputError(f"{name}: an Office file, but not a workbook; rename it by what it is")

    def parts(self, kind: re.Pattern[str]) -> list[str]:
        return [part for part, content_type in self._types if kind.search(content_type)]

    def text(self, part: str) -> str:
        return package.part(self._opened, part, self._name)

    def sheets(self) -> Iterator[tuple[str, str, str]]:
        """(title, part, text) of each worksheet, in the order of the workbook."""
        main = self.parts(_MAIN)[0]
        related = f"{dirname(main)}/_rels/{main.rpartition('/')[2]}.rels"
        try:
            relations = xml.elements(self.text(related), frozenset())
        except KeyError as error:
            raise InputError(f"{self._name}: a workbook without {related}; open and save it again") from error
        targets = {r.attributes.get("Id"): r.attributes.get("Target", "") for r, _ in relations}
        sheets = set(self.parts(_SHEET))
        for sheet, _ in xml.elements(self.text(main), frozenset()):
            key = next((value for name, value in sheet.attributes.items() if name.endswith(":id")), None)
            if sheet.name == "sheet" and key in targets:
                part = normpath(join("/" + dirname(main), targets[key])).lstrip("/")
                if part in sheets:
                    yield sheet.attributes.get("name", ""), part, self.text(part)

    def strings(self, indexes: set[int]) -> Iterator[_SheetPart]:
        """The shared strings with the wanted texts as paragraphs."""
        for part in self.parts(_STRINGS)[:1]:
            text = self.text(part)
            elements = tuple(e for e, _ in xml.elements(text, frozenset(("si",))) if e.name == "si")
            inside = (p for index in sorted(indexes) if index < len(elements)
                      for p in paragraphs.within(text, elements[index]))  # fmt: skip
            yield _SheetPart(part, text, tuple(inside), strings=elements)

    def drawings(self) -> Iterator[_SheetPart]:
        for part in self.parts(_DRAWN):
            text = self.text(part)
            yield _SheetPart(part, text, tuple(paragraphs.read(text)))

    def references(self) -> set[str]:
        """Texts that formulas compare with, and the headings of tables where formulas or pivot tables use them."""
        formulas = [xml.unescaped(formula) for part in self.parts(_SHEET) + self.parts(_MAIN)
                    for formula in _FORMULA.findall(self.text(part))]  # fmt: skip
        literals = [literal.replace('""', '"') for formula in formulas for literal in _LITERAL.findall(formula)]
        choices = {choice.strip() for literal in literals for choice in (literal, *literal.split(","))}
        if self.parts(_PIVOT) or any("[" in _LITERAL.sub("", formula) for formula in formulas):
            choices |= _headings([(part, self.text(part)) for part in self.parts(_TABLE)])
        return choices


def _columns(text: str) -> list[Element]:
    return [element for element, _ in xml.elements(text, frozenset()) if element.name == "tableColumn"]


def _headings(tables: Sequence[tuple[str, str]]) -> set[str]:
    return {column.attributes.get("name", "") for _, text in tables for column in _columns(text)}


def _renamed(targets: Mapping[str, str | None], headings: set[str]) -> dict[str, str]:
    """The new headings of tables by the old ones; none where two would become one, which Excel refuses."""
    new = {heading: target for heading, target in targets.items() if target and target != heading}
    all_new = [new.get(heading, heading).casefold() for heading in headings]
    return new if len(set(all_new)) == len(all_new) else {}


def _with_headings(text: str, new: dict[str, str]) -> str:
    edits = [(column.start, column.inner, xml.with_attributes(text[column.start:column.inner],
                                                              {"name": new[column.attributes["name"]]}))
             for column in _columns(text) if column.attributes.get("name") in new]  # fmt: skip
    return replaced(text, edits)


def _keep_the_rest(parts: Sequence[_SheetPart], edits: dict[str, list[Edit]]) -> None:
    """Gives cells that are left out a string of their own where theirs is translated for others."""
    shared = next((part for part in parts if part.strings), None)
    if shared is None:
        return
    starts = [(start, end) for start, end, _ in edits[shared.name]]
    changed = {i for i, e in enumerate(shared.strings) if any(e.start <= s and t <= e.end for s, t in starts)} \
        if any(not cell.is_chosen for part in parts for cell in part.cells) else set()
    own: dict[int, int] = {}
    for part in parts:
        for cell in part.cells:
            if cell.index in changed and not cell.is_chosen:
                number = own.setdefault(cell.index, len(shared.strings) + len(own))
                edits[part.name].append((cell.start, cell.end, str(number)))
    if own:
        behind = shared.strings[-1].end
        copies = "".join(shared.text[shared.strings[i].start:shared.strings[i].end] for i in own)
        edits[shared.name].append((behind, behind, copies))
        root = next(element for element, _ in xml.elements(shared.text, frozenset()))
        if "uniqueCount" in root.attributes:
            tag = xml.with_attributes(shared.text[root.start:root.inner],
                                      {"uniqueCount": str(len(shared.strings) + len(own))})
            edits[shared.name].append((root.start, root.inner, tag))
