"""JSON catalogues of messages (i18next, react-intl, vue-i18n, Chrome …) and Flutter's ARB: strings edited in place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mtpipe.document.segment import Document
from mtpipe.errors import InputError
from mtpipe.formats.editing import inplace
from mtpipe.formats.editing.encoding import read_text
from mtpipe.formats.editing.inplace import Edit, Piece, PluralForm, Value
from mtpipe.formats.messages import catalogue, icu, plural_categories

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_ESCAPE = re.compile(rf"{inplace.UTF16}|\\.")
_OTHER = re.compile(r'"((?:[^"\\]|\\.)*)other"\s*:\s*\Z')
_OTHERS = ("_other", ".other")
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonFormat:
    """JSON: strings whose key path ("menu.file.open", "items.0.label") fits one of include and none of exclude.

    Without include, only a file that its name or folder shows to be a catalogue is translated (see `catalogue`).
    """

    suffixes = (".json",)

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = (), source_lang: str = "",
                 target_lang: str = ""):
        self._keys = catalogue.Keys(include, exclude)
        self._source_lang, self._target_lang = source_lang, target_lang

    def read(self, path: Path, name: str) -> Document:
        """Every string that is chosen, the branches of ICU plurals apart; raises InputError, UnsuitedError."""
        if not self._keys.include:
            catalogue.check_name(name, self._source_lang, "json.include='*'")
        return _read(path, name, self._keys.fits, self._target_lang)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place, all else byte for byte; raises OutputError."""
        inplace.write(document, path, _escaped)


class ArbFormat:
    """Flutter's Application Resource Bundles; @@locale follows the target language."""

    suffixes = (".arb",)

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = (), target_lang: str = ""):
        self._keys = catalogue.Keys(include, exclude)
        self._target_lang = target_lang

    def read(self, path: Path, name: str) -> Document:
        """Every message, without its attributes (@name); raises InputError."""
        return _read(path, name, lambda key: not key.startswith("@") and self._keys.fits(key))

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place, all else byte for byte; raises OutputError."""
        edits: list[Edit] = []
        if self._target_lang and inplace.is_translated(document):
            locale = json.dumps(self._target_lang.replace("-", "_"))
            edits = [(start, end, locale) for key, start, end in strings(document.skeleton.text) if key == "@@locale"]
        inplace.write(document, path, _escaped, edits)


def _read(path: Path, name: str, is_chosen: Callable[[str], bool], target_lang: str = "") -> Document:
    text, encoding, notes = read_text(path, name)
    if text.strip():
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"{name}:{error.lineno}:{error.colno}: not valid JSON: {error.msg}; correct it "
                             "there") from error
        except RecursionError as error:
            raise InputError(f"{name}: nested too deep for a catalogue of messages; leave it out") from error
    texts = list(strings(text))
    keys = {key for key, *_ in texts}
    remarks = catalogue.remarks(keys)
    values = (replace(_value(text, start, end), plural=_plural(text, key, start, end, keys, target_lang))
              for key, start, end in texts if is_chosen(key) and key not in remarks)  # fmt: skip
    return inplace.document(name, text, encoding, values, notes)


def _plural(text: str, key: str, start: int, end: int, keys: Collection[str], lang: str) -> PluralForm | None:
    """For "key_other" and "key.other" beside the same with "one" (i18next, Rails), and a target language."""
    match = _OTHER.search(text, max(0, start - 200), start) if lang and key.endswith(_OTHERS) else None
    stem = key.removesuffix("other")
    if match is None or f"{stem}one" not in keys:
        return None
    present = [name for name in plural_categories.NAMES if f"{stem}{name}" in keys]
    return plural_categories.form(text, (match.start(), end), match.end(1), present, lang, ",")


def strings(text: str) -> Iterator[tuple[str, int, int]]:
    """(key path, start, end) of each string that is a value, with its quotes; the text is valid JSON."""
    path: list[str | int] = []  # the keys and indices that lead to the next value
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "{[":
            path.append("" if token == "{" else 0)
        elif token in "}]":
            path.pop()
        elif token == ",":
            last = path[-1]
            path[-1] = last + 1 if isinstance(last, int) else ""
        elif token[0] == '"':
            if path and path[-1] == "":
                path[-1] = json.loads(token) or "\0"  # an empty key is one, too
            else:
                yield ".".join(map(str, path)), match.start(), match.end()


def _value(text: str, start: int, end: int) -> Value:
    meant, offsets = inplace.unescaped(text, start + 1, end - 1, _ESCAPE, lambda match: json.loads(f'"{match[0]}"'))
    meant = _SURROGATE.sub("\ufffd", meant)  # no engine takes a lone one
    has_escapes = text.isascii() and "\\u" in text
    kind = ("ascii" if has_escapes else "") + (" slash" if "\\/" in text[start:end] else "")
    return Value(meant, offsets, icu.pieces(meant), kind=kind)


def _escaped(text: str, value: Value, piece: Piece) -> str:
    spelled = json.dumps(text, ensure_ascii="ascii" in value.kind)[1:-1]
    return spelled.replace("/", "\\/") if "slash" in value.kind else spelled
