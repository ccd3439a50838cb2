"""Documents of lines (AsciiDoc, LaTeX): paragraphs at known places, edited in place and wrapped as they were."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code, Document, Segment
from mtpipe.formats.editing.encoding import Encoding, write_text
from mtpipe.formats.editing.entries import MessagePiece, intact
from mtpipe.formats.editing.inplace import Edit, Span, replaced
from mtpipe.formats.text import joined, wrapped

_WIDTH = 72  # columns of a paragraph whose lines are shorter
_BREAK = re.compile(r"\s*[\r\n]\s*")


@dataclass(frozen=True, slots=True)
class ProsePart:
    """Text whose lines stand at these spans; kind is for the format's own use."""

    spans: tuple[Span, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ProseSkeleton:
    """A file's text and its paragraphs; each is a segment."""

    text: str
    encoding: Encoding
    places: tuple[ProsePart, ...]


# What a target and the codes in it are as the format spells them: (segment, paragraph, target) → (spelling, codes).
Spell = Callable[[Segment, ProsePart, str], tuple[str, Sequence[Code]]]


def document(name: str, text: str, encoding: Encoding, paragraphs: Iterable[ProsePart],
             find: Callable[[str], Sequence[Code]], notes: tuple[str, ...] = ()) -> Document:
    """The document with a segment for every paragraph that has words beside its codes, which find finds."""
    segments: list[Segment] = []
    places: list[ProsePart] = []
    for paragraph in paragraphs:
        source = joined(text, paragraph.spans)
        codes = tuple(find(source))
        if inline.has_words(source, codes):
            segments.append(Segment(f"{name}#{len(segments) + 1}", source, codes=codes))
            places.append(paragraph)
    return Document(name, tuple(segments), ProseSkeleton(text, encoding, tuple(places)), notes)


def write(document: Document, path: Path, spell: Spell, edits: Iterable[Edit] = (),
          forbidden: re.Pattern[str] = re.compile("(?!)")) -> None:
    """Writes the text with its segments' targets in place; raises OutputError.

    edits are further replacements; no line of a wrapped paragraph begins with what is forbidden there.
    """
    skeleton: ProseSkeleton = document.skeleton
    replacements = list(edits)
    for segment, place in zip(document.segments, skeleton.places, strict=True):
        if segment.target is None or segment.target == segment.source:
            continue
        target = intact(MessagePiece(segment.source, segment.codes, ()), _BREAK.sub(" ", segment.target).strip())
        if target is None:
            continue
        spelling, codes = spell(segment, place, target)
        new = wrapped(spelling, codes, skeleton.text, place.spans, _WIDTH)
        new = re.sub(rf"[\r\n]+[ \t]*(?={forbidden.pattern})", " ", new)
        replacements.append((place.spans[0][0], place.spans[-1][1], new))
    write_text(replaced(skeleton.text, sorted(replacements)), skeleton.encoding, path)


def respelled(target: str, codes: Sequence[Code], spell: Callable[[str], str]) -> tuple[str, list[Code]]:
    """The target with what is between its codes as spell spells it; and its codes there."""
    whole, position = "", 0
    places: list[Code] = []
    for code in (*codes, Code(len(target), len(target))):
        whole += spell(target[position:code.start])
        places.append(Code(len(whole), len(whole) + code.end - code.start, code.kind))
        whole += target[code.start:code.end]
        position = code.end
    return whole, places[:-1]
