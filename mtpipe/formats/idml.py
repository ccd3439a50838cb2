"""InDesign's interchange files (IDML): the paragraphs of the stories, edited in place; layout and styles stay.

A paragraph goes on until a line break element, over runs of different character styles; these are inline tags.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code, Document, Segment
from mtpipe.errors import InputError
from mtpipe.formats.editing import package, xml
from mtpipe.formats.editing.entries import MessagePiece, intact
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.messages import icu

_STORY = re.compile(r"""<idPkg:Story\b[^>]*\ssrc=["']([^"']+)["']""")
_PART = re.compile(r"(<\?.*?\?>|\t|\u2028)", re.DOTALL)  # what of a content stands alone
_END = "</CharacterStyleRange>"
_LINE = re.compile(r"\s*[\r\n]\s*")


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of a story at text[start:end]: kind is text, alone (within a content) or object (beside contents).

    run: the opening tag of its character style range and the properties in it. is_first, is_last: of its content.
    """

    kind: str
    start: int
    end: int
    text: str
    run: str
    is_first: bool = True
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class _StoryParagraph:
    """Text that is translated together at story[start:end]; marks: literal → what it stands for.

    run: the character style of text outside all codes; ends: those that the place begins and ends in; edges: what
    ends and begins the content that it begins and ends within.
    """

    start: int
    end: int
    source: str
    codes: tuple[Code, ...]
    marks: Mapping[str, _Run]
    run: str
    ends: tuple[str, str]
    edges: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _IdmlSkeleton:
    path: Path
    stories: tuple[tuple[str, str, tuple[_StoryParagraph, ...]], ...]


class IdmlFormat:
    """IDML: texts of all stories, also in tables and footnotes; master pages' own texts are stories, too."""

    suffixes = (".idml",)

    def read(self, path: Path, name: str) -> Document:
        """Every paragraph with its character styles as codes; raises InputError for damaged and dangerous files."""
        stories = []
        segments: list[Segment] = []
        with package.opened(path, name, "InDesign document") as opened:
            there = set(opened.namelist())
            if "designmap.xml" not in there:
                raise InputError(f"{name}: a ZIP file, but not an InDesign document (no designmap.xml)")
            for part in dict.fromkeys(_STORY.findall(package.part(opened, "designmap.xml", name))):
                if part in there:
                    text = package.part(opened, part, name)
                    inside = tuple(sorted(_paragraphs(text, xml.tree(text)), key=_by_end))
                    segments += (Segment(f"{name}#{n}", one.source, codes=one.codes)
                                 for n, one in enumerate(inside, len(segments) + 1))
                    stories.append((part, text, inside))
        return Document(name, tuple(segments), _IdmlSkeleton(path, tuple(stories)))

    def write(self, document: Document, path: Path) -> None:
        """The document with its segments' targets in place; raises OutputError."""
        skeleton: _IdmlSkeleton = document.skeleton
        targets = iter([segment.target for segment in document.segments])
        changed = {}
        for part, text, inside in skeleton.stories:
            if edits := _edits(text, inside, [next(targets) for _ in inside]):
                changed[part] = replaced(text, edits).encode()
        package.write(skeleton.path, changed, path)


def _edits(text: str, paragraphs: Sequence[_StoryParagraph], targets: Sequence[str | None]) -> list[Edit]:
    """What to replace in a story; in order, those in an object within its paragraph's."""
    edits: list[Edit] = []
    for paragraph, target in zip(paragraphs, targets, strict=True):
        new = None
        if target is not None and target != paragraph.source:
            new = intact(MessagePiece(paragraph.source, paragraph.codes, ()), _LINE.sub(" ", target))
        if new is not None:
            inside: list[Edit] = []
            while edits and edits[-1][0] >= paragraph.start:
                inside.insert(0, edits.pop())
            edits.append((paragraph.start, paragraph.end, _rendered(text, paragraph, new, inside)))
    return edits


def _rendered(text: str, paragraph: _StoryParagraph, target: str, inside: Sequence[Edit]) -> str:
    """The target as contents, in as many character style ranges as it needs."""
    pieces = [paragraph.edges[0]]
    current = paragraph.ends[0]
    runs = [paragraph.run]

    def add(content: str, run: str, is_text: bool = True) -> None:
        nonlocal current
        if content and run != current:
            pieces.extend((_END, run))
            current = run
        pieces.append(f"<Content>{content}</Content>" if content and is_text else content)

    position = 0
    for start, end in (*inline.occurrences(target, paragraph.marks), (len(target), len(target))):
        add(xml.escaped(target[position:start]), runs[-1])
        literal, position = target[start:end], end
        mark = paragraph.marks.get(literal)
        if literal.startswith("</"):
            runs.pop()
        elif mark is not None and mark.kind == "text":
            runs.append(mark.run)
        elif mark is not None:
            within = [(s - mark.start, e - mark.start, new)
                      for s, e, new in inside if mark.start <= s and e <= mark.end]
            add(replaced(text[mark.start:mark.end], within), mark.run if mark.kind == "object" else runs[-1],
                is_text=mark.kind == "alone")
    if current != paragraph.ends[1]:
        pieces += (_END, paragraph.ends[1])
    return "".join((*pieces, paragraph.edges[1]))


def _paragraphs(text: str, element: Element) -> Iterator[_StoryParagraph]:
    """The paragraphs in an element of a story, with those in its tables, notes and frames."""
    for child in element.children:
        if child.name == "ParagraphStyleRange":
            row: list[_Run] = []
            for run in _runs(text, child):
                if run.kind == "cut":
                    yield from _paragraph(row)
                    row = []
                else:
                    row.append(run)
            yield from _paragraph(row)
            for inner in child.children:
                yield from (one for grandchild in inner.children for one in _paragraphs(text, grandchild))
        else:
            yield from _paragraphs(text, child)


def _runs(text: str, paragraph: Element) -> Iterator[_Run]:
    """The pieces of a paragraph style range; kind is cut where a paragraph ends, and no style range of characters."""
    for child in paragraph.children:
        if child.name != "CharacterStyleRange":
            if child.name != "Properties":
                yield _Run("cut", child.start, child.end, "", "")
            continue
        properties = child.child("Properties")
        run = text[child.start:child.inner] + (text[properties.start:properties.end] if properties else "")
        for item in child.children:
            if item.name == "Content":
                yield from _content(text, item, run)
            elif item.name == "Br":
                yield _Run("cut", item.start, item.end, "", "")
            elif item is not properties:
                yield _Run("object", item.start, item.end, "", run)


def _content(text: str, content: Element, run: str) -> Iterator[_Run]:
    """The texts of a content, with what stands alone in it; the first and the last one hold its tags."""
    parts = [part for part in _PART.split(text[content.inner:content.outer]) if part]
    position = content.inner
    for number, part in enumerate(parts):
        start = content.start if not number else position
        position += len(part)
        end = content.end if number == len(parts) - 1 else position
        if _PART.fullmatch(part):
            yield _Run("alone", position - len(part), position, part, run)
        else:
            yield _Run("text", start, end, xml.unescaped(part), run, not number, number == len(parts) - 1)


def _paragraph(row: Sequence[_Run]) -> Iterator[_StoryParagraph]:
    """The pieces as one text, without what stands alone at its ends; none where there are no words."""
    while row and row[0].kind != "text":
        row = row[1:]
    while row and row[-1].kind != "text":
        row = row[:-1]
    if not row or _is_split(row):
        return
    letters = Counter[str]()
    for one in row:
        letters[one.run] += len(one.text.strip()) if one.kind == "text" else 0
    main = letters.most_common(1)[0][0]
    source, number = "", 0
    codes: list[Code] = []
    marks: dict[str, _Run] = {}

    def add(literal: str, kind: str, run: _Run) -> None:
        nonlocal source
        codes.append(Code(len(source), len(source) + len(literal), kind))
        marks[literal] = run
        source += literal

    for index, one in enumerate(row):
        last, following = row[index - 1] if index else None, row[index + 1] if index + 1 < len(row) else None
        if one.kind != "text":
            number += 1
            add(f"<x{number}/>", "alone", one)
            continue
        is_styled = one.run != main
        if is_styled and not (last and last.kind == "text" and last.run == one.run):
            number += 1
            add(f"<g{number}>", "open", one)
        source += one.text
        if is_styled and not (following and following.kind == "text" and following.run == one.run):
            add(f"</g{number}>", "close", one)
    every = tuple(icu.codes_between(source, codes))
    if inline.has_words(source, every):
        edges = "" if row[0].is_first else "</Content>", "" if row[-1].is_last else "<Content>"
        ends = row[0].run, row[-1].run
        yield _StoryParagraph(row[0].start, row[-1].end, source, every, marks, main, ends, edges)


def _is_split(row: Sequence[_Run]) -> bool:
    """Does the text look like codes of its own?"""
    return any(re.search(r"</?[gx]\d+/?>", one.text) for one in row if one.kind == "text")


def _by_end(paragraph: _StoryParagraph) -> tuple[int, int]:
    return paragraph.end, -paragraph.start
