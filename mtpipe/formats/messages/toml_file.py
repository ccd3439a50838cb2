"""TOML catalogues of messages (Hugo's i18n, go-i18n): strings, in whatever style they are written, edited in place."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mtpipe.document.segment import Document
from mtpipe.errors import InputError
from mtpipe.formats.editing import inplace
from mtpipe.formats.editing.encoding import read_text, write_text
from mtpipe.formats.editing.inplace import Edit, Value
from mtpipe.formats.messages import catalogue, icu

_TOKEN = re.compile(r'"""(?:\\[\s\S]|[^\\])*?"{3,5}(?!")|\'\'\'[\s\S]*?\'{3,5}(?!\')|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|'
                    r"#[^\n]*|\[\[|\]\]|[\[\]{}=,.\n]|[^\s\[\]{}=,.#\"']+")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[^\S\n]*\n\s*|[\s\S])")
_MEANT = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}
_CONTROLS = re.compile("[\x00-\x1f\x7f]")


class TomlFormat:
    """TOML: strings whose key path ("menu.file.other") fits one of include and none of exclude.

    Without include, only a file that its name or folder shows to be a catalogue is translated.
    """

    suffixes = (".toml",)

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = (), source_lang: str = ""):
        self._keys = catalogue.Keys(include, exclude)
        self._source_lang = source_lang

    def read(self, path: Path, name: str) -> Document:
        """Every string that is chosen; raises InputError, UnsuitedError."""
        if not self._keys.include:
            catalogue.check_name(name, self._source_lang, "toml.include='*'")
        text, encoding, notes = read_text(path, name)
        try:
            meant = sorted(_texts(tomllib.loads(text.replace("\r\n", "\n"))))
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{name}: not valid TOML: {error}; correct it there") from error
        except RecursionError as error:
            raise InputError(f"{name}: nested too deep for a catalogue of messages; leave it out") from error
        texts = [(key, _value(text, start, end)) for key, start, end in _strings(text)]
        if sorted(value.text.replace("\r\n", "\n") for _, value in texts) != meant:
            raise InputError(f"{name}: TOML in a spelling that can't be edited in place; write its strings more simply")
        remarks = catalogue.remarks({key for key, _ in texts})
        values = (value for key, value in texts if self._keys.fits(key) and key not in remarks)
        return inplace.document(name, text, encoding, values, notes)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place, all else byte for byte; raises OutputError."""
        skeleton: inplace.ValueSkeleton = document.skeleton
        targets = iter([segment.target for segment in document.segments])
        edits: list[Edit] = []
        for value in skeleton.values:
            new_texts = [next(targets) for _ in value.pieces]
            if value.kind:
                new = inplace.rendered(value, new_texts)
                edits += [] if new in (None, value.text) else [_as_literal(skeleton.text, value, new or "")]
            else:
                edits += ((value.offsets[piece.start], value.offsets[piece.end], _escaped(new))
                          for piece, new in inplace.changed(value, new_texts))
        write_text(inplace.replaced(skeleton.text, sorted(edits)), skeleton.encoding, path)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _strings(text: str) -> Iterator[tuple[str, int, int]]:
    """(key path, start, end) of each string that is a value, with its quotes; the text is valid TOML."""
    table: list[str] = []
    parts: list[str] = []  # of the key that is being read
    around: list[tuple[str, list[str]]] = []  # open brackets with the keys that lead there
    is_key = True
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == "\n":
            if not around:
                is_key, parts = True, []
        elif is_key and not around and not parts and token in ("[", "[["):
            table, around = [], [("header", [])]
        elif around and around[-1][0] == "header":
            if token in ("]", "]]"):
                around, is_key = [], False
            elif token != "." and not token.startswith("#"):
                table.append(_key(token))
        elif token == "=":
            is_key = False
        elif is_key and token not in "{}[],.":
            parts += [] if token.startswith("#") else [_key(token)]
        elif token in ("{", "[", "[["):
            around += [(bracket, list(parts)) for bracket in token]
            is_key = token == "{"
        elif token in ("}", "]", "]]"):
            for _ in token:
                parts = around.pop()[1]
            is_key = False
        elif token == "," and around:
            is_key, parts = around[-1][0] == "{", list(around[-1][1])
        elif token[0] in "\"'":
            yield ".".join((*table, *parts)), match.start(), match.end()


def _key(token: str) -> str:
    return tomllib.loads(f"{token} = 1").popitem()[0]


def _value(text: str, start: int, end: int) -> Value:
    quote = text[start]
    width = 3 if text.startswith(quote * 3, start) and end - start >= 6 else 1
    first, last = start + width, end - width
    if width == 3 and (line := re.compile(r"\r?\n").match(text, first, last)):
        first = line.end()
    if quote == "'":
        return Value(text[first:last], range(first, last + 1), icu.pieces(text[first:last]), kind=f"{start} {end}")
    meant, offsets = inplace.unescaped(text, first, last, _ESCAPE, _character)
    return Value(meant, offsets, icu.pieces(meant))


def _character(match: re.Match[str]) -> str:
    escape = match[0]
    if escape[1] in "uUx" and len(escape) > 2:
        return chr(int(escape[2:], 16))
    return "" if escape[1].isspace() else _MEANT.get(escape[1], escape[1])


def _as_literal(text: str, value: Value, new: str) -> Edit:
    """The edit of a string without escapes; with them where the new text can't be spelled otherwise."""
    start, end = map(int, value.kind.split())
    if _CONTROLS.search(new.replace("\n", "")) or "'" in new:
        return start, end, f'"{_escaped(new)}"'
    return value.offsets[0], value.offsets[-1], new


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
