"""PHP arrays of messages (Laravel, CodeIgniter and others): the strings that are values, edited in place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtpipe.document.segment import Code, Document
from mtpipe.formats.editing import inplace
from mtpipe.formats.editing.encoding import read_text
from mtpipe.formats.editing.inplace import Piece, Value
from mtpipe.formats.messages import catalogue, icu

_TOKEN = re.compile(
    r"//[^\r\n]*|#(?!\[)[^\r\n]*|/\*[\s\S]*?\*/|"
    r"<<<\s*(?P<quote>['\"]?)(?P<mark>\w+)(?P=quote)[^\S\n]*\n[\s\S]*?\n\s*(?P=mark)\b|"
    r"'(?:\\[\s\S]|[^'\\])*'|\"(?:\\[\s\S]|[^\"\\])*\"|\barray\s*\(|=>|\w+|[^\s]")
_ESCAPES = {"'": re.compile(r"\\[\\']"),
            '"': re.compile(r"\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|u\{[0-9a-fA-F]{1,6}\}|[\s\S])")}  # fmt: skip
_MEANT = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "e": "\x1b", "f": "\f"}
# Laravel's :name, and variables in double quotes
_NAMED = re.compile(r"(?<![\w:]):[A-Za-z_]\w*")
_VARIABLE = re.compile(r"\{\$[^{}]*\}|\$\{[^{}]*\}|\$[A-Za-z_]\w*(?:\[[^\]]*\]|->\w+)?")


class PhpFormat:
    """PHP files that return or fill an array of messages; keys and code stay.

    Without include (globs of "menu.file"), only a file that its name or folder shows to be a catalogue is translated.
    """

    suffixes = (".php",)

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = (), source_lang: str = ""):
        self._keys = catalogue.Keys(include, exclude)
        self._source_lang = source_lang

    def read(self, path: Path, name: str) -> Document:
        """Every value that is chosen; raises InputError, UnsuitedError."""
        if not self._keys.include:
            catalogue.check_name(name, self._source_lang, "php.include='*'")
        text, encoding, notes = read_text(path, name)
        values = (_value(text, start, end) for key, start, end in _strings(text) if self._keys.fits(key))
        return inplace.document(name, text, encoding, values, notes)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place, all else byte for byte; raises OutputError."""
        inplace.write(document, path, _escaped)


def _strings(text: str) -> Iterator[tuple[str, int, int]]:
    """(key path, start, end) of each string that is a value in an array, or is assigned to one of its keys."""
    tokens = [m for m in _TOKEN.finditer(text, max(text.find("<?php"), 0) + 5)
              if not m[0].startswith(("//", "/*", "#", "<<<"))]  # fmt: skip
    around: list[tuple[str, str]] = []  # open brackets with the key that leads there
    key = last = ""
    for before, match, after in zip([None, *tokens], tokens, [*tokens[1:], None]):
        token, following, preceding = match[0], after[0] if after else "", before[0] if before else ""
        if token in ("[", "(", "{") or token.startswith("array"):
            is_array = token == "[" and (preceding in ("return", "=", "=>", ",") or _opens(preceding))
            around.append(("array" if is_array or token.startswith("array") else token, key))
            key = ""
        elif token in ("]", ")", "}") and around:
            key = around.pop()[1]
        elif token == "," and around:
            key = ""
        elif token[0] in "\"'":
            is_in_array = bool(around) and around[-1][0] == "array"
            if following == "=>":
                key = _bare(token)
            elif following == "]" and around and around[-1][0] == "[":
                last = _bare(token)  # $lang['key'] = 'value';
            elif following in (",", "]", ")") and is_in_array and (preceding in ("=>", ",") or _opens(preceding)):
                path = [k for kind, k in around if kind == "array" and k]
                yield ".".join((*path, key) if key else path), match.start(), match.end()
            elif preceding == "=" and following == ";":
                yield last, match.start(), match.end()


def _opens(token: str) -> bool:
    return token == "[" or token.startswith("array")


def _bare(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def _value(text: str, start: int, end: int) -> Value:
    quote = text[start]
    meant, offsets = inplace.unescaped(text, start + 1, end - 1, _ESCAPES[quote], _character)
    names = [Code(*match.span()) for match in _NAMED.finditer(meant)]
    variables = [Code(*match.span()) for match in _VARIABLE.finditer(meant)] if quote == '"' else []
    codes = [*icu.html_tags(meant), *names, *variables]
    tags: list[Code] = []
    for code in sorted(codes, key=lambda code: (code.start, -code.end)):
        if not tags or tags[-1].end <= code.start:
            tags.append(code)
    verbatim = frozenset(meant[code.start:code.end] for code in variables)
    return Value(meant, offsets, icu.pieces(meant, tags), verbatim, kind=quote)


def _character(match: re.Match[str]) -> str:
    escape = match[0][1:]
    if escape[0] in "01234567":
        return chr(int(escape, 8))
    if escape[0] in "xu" and len(escape) > 1:
        return chr(int(escape.strip("xu{}"), 16))
    return escape if escape in "\\'\"$" else _MEANT.get(escape, match[0])


def _escaped(text: str, value: Value, piece: Piece) -> str:
    if value.kind == "'":
        return re.sub(r"(['\\])", r"\\\1", text)
    return re.sub(r"([\"\\$])", r"\\\1", text)
