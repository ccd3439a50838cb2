"""INI files of messages (Joomla and others): the values of keys, bare or in double quotes, edited in place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtpipe.document.segment import Document
from mtpipe.formats.editing import inplace
from mtpipe.formats.editing.encoding import read_text
from mtpipe.formats.editing.inplace import Piece, Value
from mtpipe.formats.messages import catalogue, icu

_LINE = re.compile(
    r"^[ \t]*(?:\[(?P<section>[^\]\r\n]+)\]|(?P<key>[^\s;#=:\[][^=:\r\n]*?)[ \t]*[=:][ \t]*"
    r"(?:\"(?P<quoted>(?:\\.|[^\"\\\r\n])*)\"[ \t]*|(?P<bare>[^\r\n]*?)[ \t]*))(?=\r|\n|\Z)", re.MULTILINE)
_ESCAPE = re.compile(r"\\[\"\\]")
_NOTHING = re.compile(r"(?!)")


class IniFormat:
    """INI: values whose key ("section.key") fits one of include and none of exclude.

    Without include, only a file that its name or folder shows to be a catalogue is translated.
    """

    suffixes = (".ini",)

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = (), source_lang: str = ""):
        self._keys = catalogue.Keys(include, exclude)
        self._source_lang = source_lang

    def read(self, path: Path, name: str) -> Document:
        """Every value that is chosen; raises InputError, UnsuitedError."""
        if not self._keys.include:
            catalogue.check_name(name, self._source_lang, "ini.include='*'")
        text, encoding, notes = read_text(path, name)
        return inplace.document(name, text, encoding, self._values(text), notes)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place, all else byte for byte; raises OutputError."""
        inplace.write(document, path, _escaped)

    def _values(self, text: str) -> Iterator[Value]:
        section = ""
        for match in _LINE.finditer(text):
            if match["section"]:
                section = match["section"].strip() + "."
            elif self._keys.fits(section + match["key"]):
                kind = "bare" if match["quoted"] is None else "quoted"
                escapes = _ESCAPE if kind == "quoted" else _NOTHING
                meant, offsets = inplace.unescaped(text, *match.span(kind), escapes, lambda escape: escape[0][1])
                yield Value(meant, offsets, icu.pieces(meant), kind=kind)


def _escaped(text: str, value: Value, piece: Piece) -> str:
    return re.sub(r"([\"\\])", r"\\\1", text) if value.kind == "quoted" else text
