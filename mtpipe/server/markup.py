"""Texts of requests as segments, and back: plain lines, XML with tags to ignore, HTML fragments."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from mtpipe.document import inline_codes
from mtpipe.document.segment import Code, Segment
from mtpipe.formats.html.markup import extract, fill

_TAG = re.compile(r"<(/?)([A-Za-z_][\w:.-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(/?)>")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@dataclass(frozen=True, slots=True)
class Text:
    """The segments of a text; write puts their targets into its form, the source where there is none."""

    segments: tuple[Segment, ...]
    write: Callable[[Sequence[Segment]], str]


def plain(text: str) -> Text:
    """A segment a line; white space around lines stays."""
    lines = text.splitlines(keepends=True)
    places = [i for i, line in enumerate(lines) if line.strip()]
    segments = tuple(_segment(lines[i].strip()) for i in places)

    def write(translated: Sequence[Segment]) -> str:
        texts = list(lines)
        for i, segment in zip(places, translated, strict=True):
            texts[i] = _around(lines[i], segment.target or segment.source)
        return "".join(texts)

    return Text(segments, write)


def xml(text: str, ignore_tags: Collection[str] = ()) -> Text:
    """One segment whose tags are inline codes; elements of ignore_tags stay as they are, with what is in them."""
    core = text.strip()
    if not core:
        return Text((), lambda translated: text)
    spans = list(_ignored(core, frozenset(ignore_tags)))
    codes = [code for code in inline_codes.find(core)
             if not any(start < code.end and code.start < end for start, end in spans)]  # fmt: skip
    codes += [Code(start, end) for start, end in spans]
    segment = Segment("", core, codes=tuple(sorted(codes, key=lambda code: code.start)))
    return Text((segment,), lambda translated: _around(text, _as_xml(translated[0])))


def html(text: str) -> Text:
    """The segments of an HTML fragment: running text with its inline tags, and attributes that people read."""
    slots = extract(text)
    segments = tuple(Segment("", slot.source, codes=slot.codes) for slot in slots)
    return Text(segments, lambda translated: fill(text, slots, [segment.target for segment in translated]))


def _segment(text: str) -> Segment:
    return Segment("", text, codes=inline_codes.find(text))


def _around(text: str, core: str) -> str:
    """core with the white space around text."""
    start = len(text) - len(text.lstrip())
    return text[:start] + core + text[len(text.rstrip()) :]


def _as_xml(segment: Segment) -> str:
    """The target, well-formed where its source is: text escaped, and tags that got lost behind it."""
    target = segment.target
    if target is None:
        return segment.source
    pieces, position = [], 0
    for code in inline_codes.locate(segment.source, segment.codes, target):
        pieces += [_escaped(target[position : code.start]), target[code.start : code.end]]
        position = code.end
    pieces.append(_escaped(target[position:]))
    return "".join((*pieces, *inline_codes.broken(segment.source, segment.codes, target)))


def _escaped(text: str) -> str:
    return re.sub("[&<>]", lambda match: _ESCAPES[match[0]], text)


def _ignored(text: str, names: frozenset[str]) -> list[tuple[int, int]]:
    """The spans of the outermost elements of these names."""
    spans: list[tuple[int, int]] = []
    depth, start, name = 0, 0, ""
    for match in _TAG.finditer(text):
        closing, tag, empty = match.groups()
        if depth:
            if tag == name and not empty:
                depth += -1 if closing else 1
                if not depth:
                    spans.append((start, match.end()))
        elif tag in names and not closing:
            if empty:
                spans.append(match.span())
            else:
                depth, start, name = 1, match.start(), tag
    return spans
