"""The syntax of PO files: entries with the places of their parts, so that a translation can be put in alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mtpipe.errors import InputError
from mtpipe.formats.editing.encoding import Encoding, read_declared

_DECLARED = re.compile(rb'"Content-Type:[^"\n]{0,80}charset=(?!CHARSET)([A-Za-z0-9_:.-]{1,40})')
_TOKEN = re.compile(r'(?P<comment>#[^\r\n]*)|(?P<keyword>msgctxt|msgid_plural|msgid|msgstr(?:\[\d{1,2}\])?)|'
                    r'(?P<string>"(?:[^"\\\r\n]|\\.)*+")|\s+')
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_SPELLED = {"\\": "\\\\", '"': '\\"'} | {char: f"\\{letter}" for letter, char in _ESCAPED.items()}
_SPECIAL = re.compile("[\\\\\"\n\t\r\a\b\f\v]")
_BREAK = re.compile(r"(?:[^\\ ]|\\.)*+ *")


@dataclass(slots=True)
class Part:
    """A string of an entry: keyword (msgid, msgstr[0] …), its value, and text[start:end] from keyword to last quote."""

    keyword: str
    value: str
    start: int
    end: int


@dataclass(slots=True)
class Entry:
    """A message; flags with the span of the comment they stand in, if there is one.

    begin: where the entry's first comment about a former msgid or its first keyword stands.
    """

    begin: int = -1
    parts: list[Part] = field(default_factory=list)
    flags: tuple[str, ...] = ()
    flags_at: tuple[int, int] | None = None

    def value(self, keyword: str) -> str | None:
        return next((part.value for part in self.parts if part.keyword == keyword), None)

    @property
    def msgid(self) -> str:
        return self.value("msgid") or ""

    @property
    def translations(self) -> list[Part]:
        return [part for part in self.parts if part.keyword.startswith("msgstr")]

    @property
    def is_header(self) -> bool:
        return not self.msgid and self.value("msgctxt") is None


def read(path: Path, name: str) -> tuple[str, Encoding, list[Entry]]:
    """(text, encoding, entries) of the PO file at path, called name; raises InputError."""
    text, encoding = read_declared(path, name, _DECLARED)
    return text, encoding, list(entries(text, name))


def entries(text: str, name: str) -> Iterator[Entry]:
    """The entries of a PO file called name, without obsolete ones (#~); raises InputError with its line."""
    position, entry = 0, Entry()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise InputError(f"{name}:{_line(text, position)}: neither a comment, a keyword nor a string in quotes: "
                             f"{text[position:position + 40].splitlines()[0]!r}; correct the line")
        position = token.end()
        if entry.translations and (token["comment"] or token["keyword"] in ("msgctxt", "msgid")):
            yield _checked(entry, text, name)
            entry = Entry()
        if token["comment"]:
            _note(entry, token)
        elif token["keyword"]:
            entry.begin = token.start() if entry.begin < 0 else entry.begin
            entry.parts.append(Part(token["keyword"], "", *token.span()))
        elif token["string"]:
            if not entry.parts:
                raise InputError(f"{name}:{_line(text, token.start())}: a string without a keyword before it")
            entry.parts[-1].value += unquoted(token["string"])
            entry.parts[-1].end = token.end()
    if entry.parts:
        yield _checked(entry, text, name)


def unquoted(string: str) -> str:
    """What a string in quotes stands for."""
    return _ESCAPE.sub(_unescaped, string[1:-1])


def quoted(keyword: str, value: str, newline: str, width: int) -> str:
    """keyword and value as gettext writes them: broken behind line feeds and, where width > 0, at spaces."""
    lines = [_SPECIAL.sub(lambda match: _SPELLED[match[0]], line) for line in re.findall(r"[^\n]*\n|[^\n]+", value)]
    whole = "".join(lines)
    if len(lines) < 2 and (not width or len(keyword) + len(whole) + 3 <= width):
        return f'{keyword} "{whole}"'
    broken = [f'"{piece}"' for line in lines for piece in (_broken(line, width - 2) if width else [line])]
    return newline.join((f'{keyword} ""', *broken))


def _broken(line: str, width: int) -> Iterator[str]:
    piece = ""
    for match in _BREAK.finditer(line):
        if piece and len(piece) + len(match[0].rstrip(" ")) > width:
            yield piece
            piece = ""
        piece += match[0]
    if piece:
        yield piece


def _unescaped(match: re.Match[str]) -> str:
    octal, hexadecimal, letter = match.groups()
    if letter:
        return _ESCAPED.get(letter, letter)
    return chr(int(octal, 8) if octal else int(hexadecimal, 16))


def _note(entry: Entry, token: re.Match[str]) -> None:
    comment = token["comment"]
    if comment.startswith(("#,", "#=")):
        entry.flags += tuple(flag.strip() for flag in comment[2:].split(",") if flag.strip())
        if comment[1] == ",":
            entry.flags_at = token.span()
    elif comment.startswith("#|") and entry.begin < 0:
        entry.begin = token.start()


def _checked(entry: Entry, text: str, name: str) -> Entry:
    keywords = [part.keyword for part in entry.parts]
    order = [word for word in ("msgctxt", "msgid", "msgid_plural") if word in keywords]
    plural = [f"msgstr[{n}]" for n in range(len(entry.translations))]
    forms = plural if "msgid_plural" in keywords else ["msgstr"]
    if keywords != order + forms or "msgid" not in order or not forms:
        raise InputError(f"{name}:{_line(text, entry.begin)}: an entry of {', '.join(keywords)}; msgid and msgstr, or "
                         "msgid, msgid_plural, msgstr[0], msgstr[1] … are expected")
    return entry


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
