"""Texts of catalogues as pieces to translate: lines that belong together, codes, accelerator keys; and back.

What a message has around its pieces (white space, list markers, tags around all of it) stays where it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code, Segment
from mtpipe.formats.editing import accelerators
from mtpipe.formats.editing.accelerators import Key
from mtpipe.formats.editing.inplace import Value, rendered
from mtpipe.formats.messages import icu
from mtpipe.formats.text import Span, blocks, joined, wrapped

_MASK = "\ue000"


@dataclass(frozen=True, slots=True)
class MessagePiece:
    """A source to translate, with its codes; it stands at these spans (one a line) of the message's text."""

    source: str
    codes: tuple[Code, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A text with its inline codes as literals, without its accelerator key; [] pieces where it has no words.

    value: of a text with ICU plurals, whose branches are pieces of their own.
    """

    text: str
    codes: tuple[Code, ...]
    key: Key | None
    pieces: tuple[MessagePiece, ...]
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """With what a catalogue marks accelerator keys ("" for not at all), and its words."""

    marks: str = ""
    words: Collection[str] = ()


def message(text: str, markup: Sequence[Code] = (), labels: Labels = Labels()) -> Message:
    """The message of a text whose markup (well nested) is known; placeholders in between are found."""
    if icu.has_plural(text):
        return _with_branches(text, markup)
    codes, key = merged(text, markup), None
    if labels.marks:
        text, codes, key = accelerators.without_key(text, codes, labels.marks, labels.words)
    pieces = tuple(piece for spans in blocks(_masked(text, codes, "x")) if (piece := _piece(text, codes, spans)))
    return Message(text, codes, key, pieces)


def filled(message: Message, targets: Sequence[str]) -> str | None:
    """The message's text with a target a piece; None where it can't have all its codes then."""
    if message.value is not None:
        whole = [intact(piece, target) for piece, target in zip(message.pieces, targets, strict=True)]
        return rendered(message.value, whole) or message.text if None not in whole else None
    parts: list[str] = []
    position = 0
    every = frozenset(inline.literals(message.text, message.codes))
    for piece, new in zip(message.pieces, targets, strict=True):
        others = every - set(inline.literals(piece.source, piece.codes))
        target = intact(piece, _without(new, every, others).strip())
        if target is None:
            return None
        inside = inline.locate(piece.source, piece.codes, target)
        parts += (message.text[position:piece.spans[0][0]], wrapped(target, inside, message.text, piece.spans))
        position = piece.spans[-1][1]
    text = "".join((*parts, message.text[position:]))
    if inline.broken(message.text, message.codes, text):
        return None
    codes = inline.locate(message.text, message.codes, text)
    return accelerators.with_key(text, codes, message.key) if message.key else text


def _with_branches(text: str, markup: Sequence[Code]) -> Message:
    tags = markup or icu.html_tags(text)
    inside = icu.pieces(text, tags)
    pieces = tuple(MessagePiece(piece.source, piece.codes, ((piece.start, piece.end),)) for piece in inside)
    codes = tuple(icu.codes_between(text, tags))
    return Message(text, codes, None, pieces, Value(text, range(len(text) + 1), inside))


def intact(piece: MessagePiece, target: str) -> str | None:
    """target, with the source's codes put back by guess where it lost, doubled or crossed some; None if that fails."""
    if not inline.broken(piece.source, piece.codes, target):
        return target
    text = inline.plain_target(piece, target)
    mended = inline.project(piece.source, piece.codes, text, ())
    return None if inline.broken(piece.source, piece.codes, mended) else mended


def _without(text: str, every: Collection[str], others: Collection[str]) -> str:
    """text without what reads as a code that stands elsewhere in the message."""
    strays = [span for span in inline.occurrences(text, every) if text[slice(*span)] in others] if others else []
    for start, end in reversed(strays):
        text = text[:start] + text[end:]
    return text


class Slot(Protocol):
    """What is written at once: messages, and what the file has for the pieces of each."""

    @property
    def messages(self) -> Sequence[Message]: ...

    @property
    def drafts(self) -> Sequence[list[str | None]]: ...


S = TypeVar("S", bound=Slot)


def to_write(slots: Sequence[S], segments: Iterable[Segment]) -> list[tuple[S, list[list[str | None]]]]:
    """(slot, targets of its messages' pieces) for what is to be written: all that changed, and then also what has no
    piece to be translated; nothing where nothing changed."""
    rest = iter(segments)
    targets = [[[next(rest).target for _ in message.pieces] for message in slot.messages] for slot in slots]
    is_old = [new == list(slot.drafts) for slot, new in zip(slots, targets, strict=True)]
    if all(is_old):
        return []
    return [(slot, new) for slot, new, is_same in zip(slots, targets, is_old, strict=True)
            if not is_same or not any(message.pieces for message in slot.messages)]  # fmt: skip


def drafts(source: Message, target: Message) -> list[str | None] | None:
    """What an existing translation says for each piece; None where it is not made of as many."""
    same = len(source.pieces) == len(target.pieces)
    return [piece.source for piece in target.pieces] if same else None


def merged(text: str, markup: Sequence[Code]) -> tuple[Code, ...]:
    """The markup and the placeholders found beside it; placeholders that cross its pairs are none themselves."""
    if not markup:
        return inline.find(text)
    masked = _masked(text, markup, _MASK)
    placeholders = [code for code in inline.find(masked) if _MASK not in masked[code.start:code.end]]
    partner = {placeholders[a].start: placeholders[b].start for a, b in inline.pairs(placeholders).items()}
    return uncrossed((*markup, *placeholders), partner)


def uncrossed(codes: Iterable[Code], soft: Mapping[int, int]) -> tuple[Code, ...]:
    """The codes in order, with soft pairs (start of one half → start of the other) that cross others made "alone".

    The other pairs are well nested among themselves.
    """
    partner = {**soft, **{closer: opener for opener, closer in soft.items()}}
    crossing: set[int] = set()
    stack: list[int] = []
    ordered = sorted(codes, key=lambda code: code.start)
    for code in ordered:
        other = partner.get(code.start)
        if code.kind == "open":
            stack.append(code.start)
        elif code.kind == "close" and other is None:
            while stack[-1] in partner:
                crossing |= {stack[-1], partner[stack.pop()]}
            stack.pop()
        elif code.kind == "close" and stack[-1:] == [other]:
            stack.pop()
        elif code.kind == "close" and code.start not in crossing:
            crossing |= {code.start, partner[code.start]}
            stack.remove(partner[code.start])
    return tuple(replace(code, kind="alone") if code.start in crossing else code for code in ordered)


def _masked(text: str, codes: Sequence[Code], letter: str) -> str:
    """text with its codes as words of the same length."""
    pieces: list[str] = []
    position = 0
    for code in codes:
        pieces += (text[position:code.start], letter * (code.end - code.start))
        position = code.end
    return "".join((*pieces, text[position:]))


def _piece(text: str, codes: Sequence[Code], spans: tuple[Span, ...]) -> MessagePiece | None:
    """The block at spans without tags around all of it; None when it has no words."""
    inside = [code for code in codes if any(start <= code.start and code.end <= end for start, end in spans)]
    partner = inline.pairs(inside)
    low, high = 0, len(inside)
    begin, end = spans[0][0], spans[-1][1]
    while partner.get(low) == high - 1 and inside[low].start == begin and inside[high - 1].end == end:
        begin = inside[low].end + _blanks(text[inside[low].end:inside[high - 1].start])
        end = inside[high - 1].start - _blanks(text[begin:inside[high - 1].start][::-1])
        low, high = low + 1, high - 1
    spans = ((begin, spans[0][1]), *spans[1:]) if len(spans) > 1 else ((begin, end),)
    spans = (*spans[:-1], (spans[-1][0], end))
    if any(start >= stop for start, stop in spans):
        return None
    source = joined(text, spans)
    codes_inside, shift = [], 0
    for number, (start, stop) in enumerate(spans):
        shift = len(joined(text, spans[:number + 1])) - stop
        codes_inside += [replace(code, start=code.start + shift, end=code.end + shift)
                         for code in inside[low:high] if start <= code.start and code.end <= stop]
    return MessagePiece(source, tuple(codes_inside), spans) if inline.has_words(source, codes_inside) else None


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip())
