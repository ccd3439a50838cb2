"""Xcode's string catalogues (.xcstrings): missing translations are added, marked as needing review.

A changed catalogue is written as Xcode writes it; one without a change is the same file. Plural forms are those that
the target language needs; variations by device stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtpipe.document.segment import Code, Document, Segment
from mtpipe.errors import InputError
from mtpipe.formats.editing import inplace
from mtpipe.formats.editing.encoding import Encoding, read_text, write_text
from mtpipe.formats.editing.inplace import Value
from mtpipe.formats.messages import icu, plural_categories
from mtpipe.formats.messages.xml_resources import APPLE_VARIABLE
from mtpipe.languages import tags


@dataclass(frozen=True, slots=True)
class _Unit:
    """A text of a key: form is its plural form, "" for none."""

    key: str
    form: str
    value: Value


@dataclass(frozen=True, slots=True)
class _XcstringsSkeleton:
    text: str
    encoding: Encoding
    catalogue: dict[str, Any]
    units: tuple[_Unit, ...]


class XcstringsFormat:
    """Xcode's .xcstrings: keys that the target language has no translation of; what is there stays."""

    suffixes = (".xcstrings",)

    def __init__(self, source_lang: str = "", target_lang: str = ""):
        self._source_lang, self._target_lang = source_lang, target_lang

    def read(self, path: Path, name: str) -> Document:
        """Every text without a translation; raises InputError."""
        text, encoding, notes = read_text(path, name)
        try:
            catalogue = json.loads(text)
            strings, language = catalogue["strings"].items(), str(catalogue["sourceLanguage"])
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{name}: not a string catalogue of Xcode ({error!r}); open and save it again") from error
        if self._source_lang and not tags.fits(language, self._source_lang):
            raise InputError(f"{name}: its language is {language}, not {self._source_lang}; correct it or translate it "
                             "in another job")  # fmt: skip
        units = tuple(_Unit(key, form, value) for key, entry in strings if isinstance(entry, dict)
                      for form, value in self._todo(key, entry, language) if value.pieces)  # fmt: skip
        pieces = (piece for unit in units for piece in unit.value.pieces)
        segments = tuple(Segment(f"{name}#{n}", piece.source, codes=piece.codes) for n, piece in enumerate(pieces, 1))
        return Document(name, segments, _XcstringsSkeleton(text, encoding, catalogue, units), notes)

    def write(self, document: Document, path: Path) -> None:
        """The catalogue with its segments' targets added; raises OutputError."""
        skeleton: _XcstringsSkeleton = document.skeleton
        rest = iter([segment.target for segment in document.segments])
        catalogue = deepcopy(skeleton.catalogue)
        for unit in skeleton.units:
            new = inplace.rendered(unit.value, [next(rest) for _ in unit.value.pieces])
            if new is not None:
                translation = {"stringUnit": {"state": "needs_review", "value": new}}
                places = catalogue["strings"][unit.key].setdefault("localizations", {})
                if unit.form:
                    place = places.setdefault(self._target_lang, {}).setdefault("variations", {})
                    place.setdefault("plural", {})[unit.form] = translation
                else:
                    places[self._target_lang] = translation
        end = "\n" * skeleton.text.endswith("\n")
        text = skeleton.text if catalogue == skeleton.catalogue else _spelled(catalogue) + end
        write_text(text, skeleton.encoding, path)

    def _todo(self, key: str, entry: dict[str, Any], language: str) -> Iterator[tuple[str, Value]]:
        """(plural form or "", text) of an entry without a translation."""
        places = entry.get("localizations") or {}
        is_left_out = entry.get("shouldTranslate") is False or entry.get("extractionState") == "stale"
        if is_left_out or self._target_lang in places:
            return
        source = places.get(language) or {"stringUnit": {"value": key}}
        if "stringUnit" in source:
            yield "", _value(source["stringUnit"].get("value") or key)
        forms = {form: one["stringUnit"].get("value") or "" for form, one in
                 ((source.get("variations") or {}).get("plural") or {}).items() if "stringUnit" in one}  # fmt: skip
        needed = plural_categories.of(self._target_lang or language)
        for form in plural_categories.NAMES:
            if forms and (form in needed or form == "zero" and form in forms):
                yield form, _value(forms.get(form) or forms.get("other") or next(iter(forms.values())))


def _value(text: str) -> Value:
    return Value(text, range(len(text) + 1), icu.pieces(text, [Code(*m.span()) for m in APPLE_VARIABLE.finditer(text)]))


def _spelled(value: Any, indent: str = "") -> str:
    """JSON as Xcode writes it: blanks around colons, keys in order, an empty line in what is empty."""
    if isinstance(value, dict):
        inner = f"{indent}  "
        rows = [f"{inner}{json.dumps(key, ensure_ascii=False)} : {_spelled(one, inner)}" for key, one in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(f"{indent}  {_spelled(one, indent + '  ')}" for one in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
