"""Mozilla's Fluent (.ftl): messages, their attributes and the variants of selectors, edited in place.

Terms ("-brand-name") and placeables stay as they are, and so does text around a selector.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

from fluent.syntax import FluentParser, ast

from mtpipe.document.segment import Code, Document
from mtpipe.errors import InputError
from mtpipe.formats.editing import inplace
from mtpipe.formats.editing.encoding import read_text
from mtpipe.formats.editing.inplace import Piece, Value
from mtpipe.formats.messages import icu
from mtpipe.formats.messages.catalogue import Keys

_WRAP = re.compile(r"\n\s*")
_SPECIAL = re.compile(r"[{}]|^\s*[\[*.]")


class FluentFormat:
    """FTL: messages whose id ("menu-open", "menu-open.label") fits one of include and none of exclude."""

    suffixes = (".ftl",)

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = ()):
        self._keys = Keys(include, exclude)

    def read(self, path: Path, name: str) -> Document:
        """Every text that is chosen; raises InputError with file:line for what is no Fluent."""
        text, encoding, notes = read_text(path, name)
        return inplace.document(name, text, encoding, self._values(text, name), notes)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place, all else byte for byte; raises OutputError."""
        inplace.write(document, path, _escaped)

    def _values(self, text: str, name: str) -> Iterator[Value]:
        body = text.replace("\r\n", " \n")  # the parser counts characters of normalised lines
        for entry in FluentParser(with_spans=True).parse(body).body:
            if isinstance(entry, ast.Junk):
                line = body.count("\n", 0, _span(entry)[0]) + 1
                why = entry.annotations[0].message if entry.annotations else "not as expected"
                raise InputError(f"{name}:{line}: not valid Fluent: {why}; correct it there")
            for key, pattern in _patterns(entry) if isinstance(entry, ast.Message) else ():
                if self._keys.fits(key):
                    yield from _of(body, pattern)


def _patterns(message: ast.Message) -> Iterator[tuple[str, ast.Pattern]]:
    if message.value:
        yield message.id.name, message.value
    for attribute in message.attributes:
        yield f"{message.id.name}.{attribute.id.name}", attribute.value


def _of(text: str, pattern: ast.Pattern) -> Iterator[Value]:
    """The pattern's text; where there is a selector, the texts of its variants instead."""
    selectors = [element.expression for element in pattern.elements if isinstance(element, ast.Placeable)
                 and isinstance(element.expression, ast.SelectExpression)]  # fmt: skip
    if selectors:
        for variant in (variant for selector in selectors for variant in selector.variants):
            yield from _of(text, variant.value)
        return
    meant, offsets, codes = "", array("L"), list[Code]()
    for element in pattern.elements:
        start, end = _span(element)
        if isinstance(element, ast.TextElement):
            words, places = inplace.unescaped(text, start, end, _WRAP, lambda match: " ")
        else:
            words, places = text[start:end], range(start, end + 1)
            codes.append(Code(len(meant), len(meant) + len(words)))
        meant += words
        offsets.extend(places[:-1])
    offsets.append(_span(pattern.elements[-1])[1])
    tags = sorted([*codes, *_between(meant, codes)], key=lambda code: code.start)
    verbatim = frozenset(meant[code.start:code.end] for code in codes)
    yield Value(meant, offsets, icu.pieces(meant, tags), verbatim)


def _span(node: ast.BaseNode) -> tuple[int, int]:
    assert isinstance(node, ast.SyntaxNode) and node.span is not None  # the parser was asked for them
    return node.span.start, node.span.end


def _between(text: str, codes: Sequence[Code]) -> Iterator[Code]:
    """HTML tags that are no part of placeables."""
    for code in icu.html_tags(text):
        if all(code.end <= other.start or other.end <= code.start for other in codes):
            yield code


def _escaped(text: str, value: Value, piece: Piece) -> str:
    return _SPECIAL.sub(lambda match: f'{{ "{match[0].strip()}" }}', text)
