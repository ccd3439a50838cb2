"""Java .properties and Apple .strings: the values of keys, edited in place with the escapes of their kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtpipe.document.segment import Document
from mtpipe.errors import InputError
from mtpipe.formats.editing import inplace
from mtpipe.formats.editing.encoding import Encoding, read_text
from mtpipe.formats.editing.inplace import Piece, Value
from mtpipe.formats.messages import icu
from mtpipe.formats.messages.catalogue import Keys

_ENTRY = re.compile(
    r"^[ \t\f]*(?P<key>(?:\\.|[^\\=:\s#!])(?:\\.|[^\\=:\s])*)[ \t\f]*(?:[=:][ \t\f]*)?"
    r"(?P<value>(?:\\(?:\r\n|[\s\S])|[^\\\r\n])*)", re.MULTILINE)
_CONTINUED = r"\\(?:\r\n|\r|\n)[ \t\f]*"
_ESCAPE = re.compile(rf"{_CONTINUED}|{inplace.UTF16}|\\.")
_MESSAGE_ESCAPE = re.compile(rf"{_CONTINUED}|{inplace.UTF16}|\\.|''")
_SINGLE = re.compile(r"(?<!')'(?!')")
_MEANT = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_STRINGS = re.compile(
    r"/\*[\s\S]*?\*/|//[^\r\n]*|"
    r"(?P<key>\"(?:\\[\s\S]|[^\"\\])*\"|[\w.$/:-]+)\s*(?:=\s*\"(?P<value>(?:\\[\s\S]|[^\"\\])*)\"\s*)?;|\S")
_STRINGS_ESCAPE = re.compile(rf"{inplace.UTF16}|\\[0-7]{{3}}|\\[\s\S]")


class PropertiesFormat:
    """Java resource bundles in UTF-8 or, as Java once had them, ISO 8859-1; in MessageFormat texts '' is one '.

    What is not ASCII is written as \\u… unless the file itself has such characters in UTF-8.
    """

    suffixes = (".properties",)

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = ()):
        self._keys = Keys(include, exclude)

    def read(self, path: Path, name: str) -> Document:
        """Every value whose key is chosen; raises InputError."""
        text, encoding, notes = read_text(path, name)
        if not encoding.name.startswith("utf"):
            text, encoding, notes = path.read_bytes().decode("latin-1"), Encoding("latin-1"), ("iso8859-1",)
        kind = "plain" if encoding.name.startswith("utf") and not text.isascii() else "escaped"
        values = (_property(text, *match.span("value"), kind) for match in _ENTRY.finditer(text)
                  if self._keys.fits(match["key"]))
        return inplace.document(name, text, encoding, values, notes)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place; raises OutputError."""
        inplace.write(document, path, _as_property)


class StringsFormat:
    """Apple's Localizable.strings, in UTF-8 or UTF-16."""

    suffixes = (".strings",)

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = ()):
        self._keys = Keys(include, exclude)

    def read(self, path: Path, name: str) -> Document:
        """Every value whose key is chosen; raises InputError with file:line for what is no entry."""
        text, encoding, notes = read_text(path, name)
        return inplace.document(name, text, encoding, self._values(text, name), notes)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place; raises OutputError."""
        inplace.write(document, path, _as_string)

    def _values(self, text: str, name: str) -> Iterator[Value]:
        for match in _STRINGS.finditer(text):
            if match["key"] is None and not match[0].startswith(("/*", "//")):
                line = text.count("\n", 0, match.start()) + 1
                beginning = text[match.start():].split("\n", 1)[0][:40]
                raise InputError(f'{name}:{line}: {beginning!r} is not as expected ("key" = "value";); correct it')
            if match["value"] is not None and self._keys.fits(match["key"].strip('"')):
                meant, offsets = inplace.unescaped(text, *match.span("value"), _STRINGS_ESCAPE, _character)
                yield Value(meant, offsets, icu.pieces(meant))


def _property(text: str, start: int, end: int, kind: str) -> Value:
    is_message = "{" in text[start:end] and not _SINGLE.search(text, start, end)
    meant, offsets = inplace.unescaped(text, start, end, _MESSAGE_ESCAPE if is_message else _ESCAPE, _character)
    return Value(meant, offsets, icu.pieces(meant), kind=kind + (" message" if is_message else ""))


def _character(match: re.Match[str]) -> str:
    escape = match[0]
    if escape == "''":
        return "'"
    if escape[1] in "uU" and len(escape) > 2:
        return inplace.utf16(escape)
    if len(escape) == 4 and escape[1:].isdecimal():
        return chr(int(escape[1:], 8))
    return "" if escape[1] in "\r\n" else _MEANT.get(escape[1], escape[1])


def _as_property(text: str, value: Value, piece: Piece) -> str:
    text = text.replace("\\", "\\\\").replace("\t", "\\t")
    if "message" in value.kind:
        text = text.replace("'", "''")
    if "plain" in value.kind:
        return text
    units = text.encode("utf-16-be")
    codes = (int.from_bytes(units[i:i + 2]) for i in range(0, len(units), 2))
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)


def _as_string(text: str, value: Value, piece: Piece) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
