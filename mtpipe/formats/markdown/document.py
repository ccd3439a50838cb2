"""Markdown: paragraphs, headings, list items and table cells; code and definitions stay as they are.

Of the front matter, the YAML strings whose keys front_matter names are translated, such as "title,description".

A translated paragraph is written on one line behind its own list or quote marks; all else stays byte for byte.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown_it.token import Token

from mtpipe.document import inline_codes
from mtpipe.document.segment import Code, Document, Segment
from mtpipe.errors import InputError
from mtpipe.formats.editing.encoding import NEWLINE, read_text, write_text
from mtpipe.formats.editing.inplace import Edit, rendered, replaced
from mtpipe.formats.html.markup import HtmlSlot, extract, fill
from mtpipe.formats.markdown.inline import LIMIT, InlineParser, MarkdownMark
from mtpipe.formats.messages import yaml_file
from mtpipe.formats.messages.catalogue import Keys
from mtpipe.formats.messages.yaml_file import YamlScalar

_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n(?=\S)(?:.*\n)*?\1[ \t]*(?:\n|\Z)")
_YAML_FRONT = re.compile(r"---[ \t]*(?:\r\n|\r|\n)(?=\S)((?:.*(?:\r\n|\r|\n))*?)---[ \t]*(?:\r|\n|\Z)")
_LETTER = re.compile(r"[^\W\d_]")
_SPACE = re.compile(r"[ \t]*\n[ \t]*")
# Lines of a paragraph that CommonMark takes for text and other dialects for markup: they stay, and text ends there.
_MARKUP_LINE = re.compile(
    r"^[ \t]*(?:(?::::|!!!|\?\?\?|\[![A-Za-z]+\]|\*\[[^\]\n]+\]:|\[TOC\]).*|\{[%{].*[%}]\}[ \t]*|\\(?:begin|end)\{.*)$|"
    r"^[ \t]*\$\$(?:(?!\n[ \t]*\n)[^$])*(?:\$\$[ \t]*$|\Z)", re.MULTILINE)
# What begins such a line without being text: a footnote's or definition's mark, a task's box.
_MARKUP_START = re.compile(r"^[ \t]*\[\^[^\]\s]{1,80}\]:[ \t]+|^:[ \t]{1,3}(?=\S)|\A\[[ xX]\][ \t]+", re.MULTILINE)
# A target that begins like one of these would begin a block of another kind.
_BLOCK_START = re.compile(
    r"(?:\#{1,6}|[-+*]|\d{1,9}[.)])(?:\s|$)|>|`{3}|~{3}|:{3}|=+\s*$|(?:[-*_][ \t]*){3,}$|\||<(?=[A-Za-z/!?])|"
    r"\[[^\]]*\]:|:[ \t]|!!!|\?\?\?|\$\$")


@dataclass(frozen=True, slots=True)
class _MarkdownPlace:
    """One segment's place text[start:end]; kind: heading, paragraph (a block begins there), cell or rest."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class _HtmlBlock:
    """HTML at text[start:end] with its slots, each a segment."""

    start: int
    end: int
    slots: tuple[HtmlSlot, ...]


@dataclass(frozen=True, slots=True)
class _FrontText:
    """A string of the front matter, which begins at start."""

    start: int
    scalar: YamlScalar


@dataclass(frozen=True, slots=True)
class MarkdownSkeleton:
    """A text, its places and HTML blocks, and the references that it defines."""

    text: str
    parts: tuple[_Part, ...]
    env: dict[str, Any]


_Part = _MarkdownPlace | _HtmlBlock | _FrontText
_Located = tuple[_Part, list[tuple[str, tuple[Code, ...]]]]


class MarkdownFormat:
    """CommonMark with tables, strikethrough, footnotes, task lists, math; front matter by its keys."""

    suffixes: tuple[str, ...] = (".md", ".markdown")

    def __init__(self, front_matter: str | Sequence[str] = ()) -> None:
        self._parser = InlineParser()
        self._keys = Keys(front_matter)

    def read(self, path: Path, name: str) -> Document:
        """Every text block with its inline markup as codes; raises InputError."""
        text, encoding, notes = read_text(path, name)
        segments, skeleton = self.read_text(text, name)
        if any(len(segment.source) > LIMIT for segment in segments):
            notes += (f"a paragraph of over {LIMIT} characters: only placeholders were protected in it",)
        return Document(name, tuple(segments), (skeleton, encoding), notes)

    def write(self, document: Document, path: Path) -> None:
        """The text with its segments' targets in place, escaped where they would be markup; raises OutputError."""
        skeleton, encoding = document.skeleton
        write_text(self.written_text(skeleton, iter(document.segments)), encoding, path)

    def read_text(self, text: str, name: str, count: int = 0) -> tuple[list[Segment], MarkdownSkeleton]:
        """(segments, skeleton) of a text, numbered after count others of the document called name."""
        env: dict[str, Any] = {}
        segments: list[Segment] = []
        parts: list[_Part] = []
        for part, texts in (*self._front_matter(text, name), *self._parts(text, env)):
            parts.append(part)
            segments += (Segment(f"{name}#{n}", source, codes=inside)
                         for n, (source, inside) in enumerate(texts, count + len(segments) + 1))
        return segments, MarkdownSkeleton(text, tuple(parts), {"references": env.get("references", {})})

    def written_text(self, skeleton: MarkdownSkeleton, rest: Iterator[Segment]) -> str:
        """The text with the targets of its segments, which are the next ones of rest."""
        edits: list[tuple[int, int, str]] = []
        for part in skeleton.parts:
            if isinstance(part, _HtmlBlock):
                targets = [_on_one_line(next(rest).target) for _ in part.slots]
                block = skeleton.text[part.start:part.end]
                edits.append((part.start, part.end, fill(block, part.slots, targets)))
                continue
            if isinstance(part, _FrontText):
                new = rendered(part.scalar.value, [_on_one_line(next(rest).target) for _ in part.scalar.value.pieces])
                if new is not None and new != part.scalar.value.text:
                    edits.append(_moved(yaml_file.edit(skeleton.text[part.start:], part.scalar, new), part.start))
                continue
            segment = next(rest)
            if segment.target is not None and segment.target != segment.source:
                edits.append((part.start, part.end, self.rendered(segment, part.kind, skeleton.env)))
        return replaced(skeleton.text, edits)

    def _front_matter(self, text: str, name: str) -> Iterator[_Located]:
        """The strings of the front matter, if it is YAML, whose keys are asked for."""
        front = _YAML_FRONT.match(text) if self._keys.include else None
        if front is None:
            return
        try:
            root = yaml.compose(front[1], Loader=yaml.SafeLoader)
            strings = list(yaml_file.scalars(front[1], root, "", set())) if root else []
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"{name}: its front matter is not valid YAML: {reason}") from error
        for scalar in strings:
            if scalar.value.pieces and self._keys.fits(scalar.key):
                yield _FrontText(front.start(1), scalar), [(piece.source, piece.codes) for piece in scalar.value.pieces]

    def _parts(self, text: str, env: dict[str, Any]) -> Iterator[_Located]:
        starts = [0, *(match.end() for match in NEWLINE.finditer(text)), len(text)]
        body = NEWLINE.sub("\n", text)
        front = _FRONT_MATTER.match(body)
        hidden = body[:front.end()].count("\n") if front else 0
        if front:
            body = "\n" * hidden + body[front.end():]
        body = self.common_markdown(body)
        kind = ""
        after = 0  # where the next cell of a table row may begin
        for token in self._parser.blocks.parse(body, env):
            if token.type == "html_block" and token.level == 0 and token.map:
                start, end = starts[token.map[0]], starts[token.map[1]]
                slots = tuple(extract(text[start:end]))
                if slots:
                    yield _HtmlBlock(start, end, slots), [(slot.source, slot.codes) for slot in slots]
            elif token.type.endswith("_open"):
                kind = {"heading_open": "heading", "th_open": "cell", "td_open": "cell"}.get(token.type, "paragraph")
                after = starts[token.map[0]] if token.type == "tr_open" and token.map else after
            elif token.type == "inline" and token.content and token.map:
                content = token.content
                if kind == "cell":
                    content = content.replace("|", "\\|")
                    at = text.find(content, after, starts[token.map[1]])
                    lines = [(0, -1 if _LETTER.search(text, after, at) else at)]
                    after = at + len(content) if at >= 0 else after
                else:
                    lines = _positions(text, starts, token)
                if min(line[1] for line in lines) >= 0:
                    for place, content_text in self._places(content, kind, lines, env):
                        yield place, [content_text]

    def _places(self, content: str, kind: str, lines: list[tuple[int, int]],
                env: dict[str, Any]) -> Iterator[tuple[_MarkdownPlace, tuple[str, tuple[Code, ...]]]]:
        """The pieces of a block between hard line breaks and lines of markup."""
        marks, breaks = self._parser.marks(content, env)
        cuts = sorted([*breaks, *(match.span() for match in _MARKUP_LINE.finditer(content)),
                       *(match.span() for match in _MARKUP_START.finditer(content)), (len(content), len(content))])
        position = 0
        for cut, cut_end in cuts:
            inside = [mark for mark in marks if position <= mark.start and mark.end <= cut]
            marks = [mark for mark in marks if mark.start >= cut_end]
            trimmed = _trimmed(content, inside, position, cut) if cut > position else None
            if trimmed:
                start, end, inside = trimmed
                source, codes = _joined(content, inside, start, end)
                if inline_codes.has_words(source, codes):
                    begins_line = not content[:start].rpartition("\n")[2].strip()
                    place = kind if kind != "paragraph" or begins_line else "rest"
                    yield _MarkdownPlace(_mapped(lines, start), _mapped(lines, end - 1) + 1, place), (source, codes)
            position = max(position, cut_end)

    def common_markdown(self, body: str) -> str:
        """body, with a blank line in place of each that a dialect reads otherwise."""
        return body

    def rendered(self, segment: Segment, kind: str, env: dict[str, Any]) -> str:
        """A segment's target as it is written; kind: heading, paragraph (a block begins there), cell or rest."""
        target = (_on_one_line(segment.target) or "").strip()
        if self._markup(segment.source, env) != self._markup(target, env):
            target = _escaped(segment, target)
        if kind == "cell":
            target = re.sub(r"(?<!\\)\|", r"\\|", target)
        if kind == "heading":
            target = re.sub(r"(?<=\s)(#+)$", r"\\\1", target)
        if kind == "paragraph" and (match := _BLOCK_START.match(target)) and not _begins_with_code(segment, target):
            number = re.match(r"\d+", match[0])
            target = target[:number.end()] + "\\" + target[number.end():] if number else "\\" + target
        if target.endswith("\\") and not segment.source.endswith("\\"):
            target += "\\"  # else it would break the line, or escape what follows
        return target

    def _markup(self, text: str, env: dict[str, Any]) -> Counter[tuple[str, str]]:
        return Counter((mark.literal, mark.kind) for mark in self._parser.marks(text, env)[0])


def _moved(edit: Edit, shift: int) -> Edit:
    return edit[0] + shift, edit[1] + shift, edit[2]


def _on_one_line(target: str | None) -> str | None:
    return target if target is None else re.sub(r"\s*[\r\n]\s*", " ", target)


def _positions(text: str, starts: list[int], token: Token) -> list[tuple[int, int]]:
    """(offset in the content, offset in text) of each of its lines; (…, −1) for one that isn't found."""
    lines, position = [], 0
    first = token.map[0] if token.map else 0
    for n, line in enumerate(token.content.split("\n")):
        words = line.strip()
        at = text.rfind(words, starts[first + n], starts[first + n + 1])
        lines.append((position + line.find(words), at))
        position += len(line) + 1
    return lines


def _mapped(lines: list[tuple[int, int]], offset: int) -> int:
    content_at, text_at = lines[bisect_right(lines, offset, key=_first) - 1]
    return text_at + offset - content_at


def _first(line: tuple[int, int]) -> int:
    return line[0]


def _trimmed(content: str, marks: list[MarkdownMark], start: int,
             end: int) -> tuple[int, int, list[MarkdownMark]] | None:
    """The span without blanks and without the pairs around all of it; None when nothing is left."""
    marks = list(marks)
    while True:
        start += len(content[start:end]) - len(content[start:end].lstrip())
        end -= len(content[start:end]) - len(content[start:end].rstrip())
        if start >= end:
            return None
        if not (marks and marks[0].start == start and marks[-1].end == end and marks[0].kind == "open"):
            return start, end, marks
        kinds = [Code(mark.start, mark.end, mark.kind) for mark in marks]
        if (
            inline_codes.pairs(kinds).get(0) != len(marks) - 1
            or marks[-1].literal != content[marks[-1].start : marks[-1].end]
        ):
            return start, end, marks
        start, end, marks = marks[0].end, marks[-1].start, marks[1:-1]


def _joined(content: str, marks: list[MarkdownMark], start: int, end: int) -> tuple[str, tuple[Code, ...]]:
    """The span on one line, and its codes."""
    source, codes = "", []
    for mark in marks:
        source += _SPACE.sub(" ", content[start:mark.start])
        literal = _SPACE.sub(" ", mark.literal)
        codes.append(Code(len(source), len(source) + len(literal), mark.kind))
        source += literal
        start = mark.end
    return source + _SPACE.sub(" ", content[start:end]), tuple(codes)


def _escaped(segment: Segment, target: str) -> str:
    """The target with what Markdown would read as markup escaped outside its codes."""
    pieces, position = [], 0
    for code in (*inline_codes.locate(segment.source, segment.codes, target), Code(len(target), len(target))):
        pieces.append(re.sub(r"(?<!\\)([\\`*_\[\]<~]|&(?=\S))", r"\\\1", target[position:code.start]))
        pieces.append(target[code.start:code.end])
        position = code.end
    return "".join(pieces)


def _begins_with_code(segment: Segment, target: str) -> bool:
    return any(code.start == 0 for code in inline_codes.locate(segment.source, segment.codes, target))
