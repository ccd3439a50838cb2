"""Formats that replace values within a text and leave all else as it is, byte for byte.

A format finds the values and knows how they are escaped; what in them is running text is for `icu` to say.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code, Document, Segment
from mtpipe.formats.editing.encoding import Encoding, write_text

Span = tuple[int, int]
Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """Running text of a value, text[start:end] of it, and how a segment sees it.

    is_icu: within a plural's branch or around a plural, where apostrophes can begin a quotation.
    """

    start: int
    end: int
    source: str
    codes: tuple[Code, ...]
    is_icu: bool = False


@dataclass(frozen=True, slots=True)
class PluralForm:
    """The plural form "other" at text[start:end] of a file, its name at name.

    missing: the forms that the target language needs and the file has not, to be written as this one behind it.
    """

    start: int
    end: int
    name: Span
    missing: tuple[str, ...]
    separator: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value as its reader sees it; text[i] begins at offsets[i] in the file, offsets has one entry more than text.

    pieces are in the order of their ends, those inside another's code before it. kept are the codes whose spelling is
    the file's own: all else is escaped on writing. kind is for the format's own use. plural: of a plural form that
    others may have to be made of.
    """

    text: str
    offsets: Sequence[int]
    pieces: tuple[Piece, ...]
    kept: frozenset[str] = frozenset()
    kind: str = ""
    plural: PluralForm | None = None


@dataclass(frozen=True, slots=True)
class ValueSkeleton:
    """A file's text and the values in it; each of their pieces is a segment."""

    text: str
    encoding: Encoding
    values: tuple[Value, ...]


# \uXXXX, or the two of a character beyond them
UTF16 = r"\\[uU](?:[dD][89abAB][0-9a-fA-F]{2}\\[uU][dD][c-fC-F][0-9a-fA-F]{2}|[0-9a-fA-F]{4})"
_QUOTING = re.compile(r"'(?=[{}#|]|\Z)")  # an apostrophe there would be the beginning of a quotation in ICU
Escape = Callable[[str, Value, Piece], str]


def document(name: str, text: str, encoding: Encoding, values: Iterable[Value], notes: Sequence[str] = ()) -> Document:
    """The document with a segment for every piece."""
    filled = tuple(value for value in values if value.pieces)
    pieces = (piece for value in filled for piece in value.pieces)
    segments = tuple(Segment(f"{name}#{n}", piece.source, codes=piece.codes) for n, piece in enumerate(pieces, 1))
    return Document(name, segments, ValueSkeleton(text, encoding, filled), tuple(notes))


def write(document: Document, path: Path, escape: Escape, edits: Iterable[Edit] = (), errors: str = "strict") -> None:
    """Writes the text with its segments' targets in place; raises OutputError.

    escape spells a target as the file does. edits are further replacements (start, end, new) outside the values.
    """
    skeleton: ValueSkeleton = document.skeleton
    targets = iter([segment.target for segment in document.segments])
    replacements: list[Edit] = list(edits)
    for value in skeleton.values:
        own = [(value.offsets[piece.start], value.offsets[piece.end], _spelling(new, value, piece, escape))
               for piece, new in changed(value, [next(targets) for _ in value.pieces])]
        replacements += own
        if own and value.plural:
            replacements.append(other_forms(skeleton.text, value.plural, own))
    write_text(replaced(skeleton.text, sorted(replacements)), skeleton.encoding, path, errors)


def is_translated(document: Document) -> bool:
    """Does any segment have a target?"""
    return any(segment.target is not None for segment in document.segments)


def changed(value: Value, targets: Sequence[str | None]) -> list[tuple[Piece, str]]:
    """The outermost pieces that have a new text, each with that text on one line, in order."""
    edits: list[tuple[Piece, str]] = []
    for piece, target in zip(value.pieces, targets, strict=True):
        inside: list[tuple[Piece, str]] = []
        while edits and edits[-1][0].start >= piece.start:
            inside.insert(0, edits.pop())
        if target is None or target == piece.source:
            edits += inside
            continue
        target = re.sub(r"\s*[\r\n]\s*", " ", target)
        if piece.is_icu and not _QUOTING.search(piece.source):
            target = _QUOTING.sub("''", target)
        for code in piece.codes:
            start, end = piece.start + code.start, piece.start + code.end
            within = [(p.start - start, p.end - start, new) for p, new in inside if start <= p.start and p.end <= end]
            if within:
                literal = piece.source[code.start:code.end]
                target = target.replace(literal, replaced(literal, within), 1)
        edits.append((piece, target))
    return edits


def rendered(value: Value, targets: Sequence[str | None]) -> str | None:
    """The value's text with its pieces' targets in place; None where there is no target at all."""
    if all(target is None for target in targets):
        return None
    return replaced(value.text, [(piece.start, piece.end, new) for piece, new in changed(value, targets)])


def replaced(text: str, edits: Iterable[Edit]) -> str:
    """text with each text[start:end] replaced; edits in order, not overlapping."""
    pieces: list[str] = []
    position = 0
    for start, end, new in edits:
        pieces += (text[position:start], new)
        position = end
    return "".join((*pieces, text[position:]))


def unescaped(text: str, start: int, end: int, escapes: re.Pattern[str],
              meaning: Callable[[re.Match[str]], str]) -> tuple[str, Sequence[int]]:
    """(text[start:end] with its escapes replaced by what they mean, offsets of each of its characters in text)."""
    pieces: list[str] = []
    offsets = array("L")
    for match in escapes.finditer(text, start, end):
        pieces.append(text[start:match.start()])
        offsets.extend(range(start, match.start()))
        character = meaning(match)
        if character == match[0]:
            offsets.extend(range(match.start(), match.end()))
        else:
            offsets.extend([match.start()] * len(character))
        pieces.append(character)
        start = match.end()
    if not pieces:
        return text[start:end], range(start, end + 1)
    offsets.extend(range(start, end + 1))
    return "".join((*pieces, text[start:end])), offsets


def utf16(escapes: str) -> str:
    r"""What \uXXXX or a pair of them means; a lone surrogate, which no engine takes, is U+FFFD."""
    return bytes.fromhex(re.sub(r"\\[uU]", "", escapes)).decode("utf-16-be", "replace")


def other_forms(text: str, plural: PluralForm, own: Sequence[Edit]) -> Edit:
    """What puts the missing forms behind the one that own edits translate; an empty edit where none is missing."""
    texts = []
    for form in plural.missing:
        edits = sorted([*own, (*plural.name, form)])
        moved = [(start - plural.start, end - plural.start, new) for start, end, new in edits]
        texts.append(plural.separator + replaced(text[plural.start:plural.end], moved))
    return plural.end, plural.end, "".join(texts)


def _spelling(new: str, value: Value, piece: Piece, escape: Escape) -> str:
    if not value.kept:
        return escape(new, value, piece)
    remaining = Counter(inline.literals(piece.source, piece.codes))
    return "".join(new[start:end] if is_kept else escape(new[start:end], value, piece)
                   for start, end, is_kept in _parts(new, value.kept, remaining))


def _parts(text: str, verbatim: frozenset[str], remaining: Counter[str]) -> Iterator[tuple[int, int, bool]]:
    """Spans of text, those of kept literals apart, as often as there are codes left of each."""
    position = 0
    for start, end in inline.occurrences(text, verbatim):
        remaining[text[start:end]] -= 1
        if remaining[text[start:end]] >= 0:
            yield position, start, False
            yield start, end, True
            position = end
    yield position, len(text), False
