"""YAML catalogues of messages (Rails and others): strings, in whatever style they are written, edited in place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from mtpipe.document.segment import Document
from mtpipe.errors import InputError
from mtpipe.formats.editing import inplace
from mtpipe.formats.editing.encoding import Encoding, read_text, write_text
from mtpipe.formats.editing.inplace import Edit, PluralForm, Value
from mtpipe.formats.messages import catalogue, icu, plural_categories

_STRING = "tag:yaml.org,2002:str"
_BLOCK = re.compile(r"[|>][^\n]*\n(?:[ \t]*\n)*( *)")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")  # anchor and tag
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class YamlScalar:
    """A string at text[start:end], in a style: "" (plain), ', ", | or >; plural: where it is Rails' form "other"."""

    key: str
    start: int
    end: int
    style: str
    value: Value
    plural: PluralForm | None = None


@dataclass(frozen=True, slots=True)
class _YamlSkeleton:
    """language: where the key stands that says what language all is in (Rails), (0, 0) where there is none."""

    text: str
    encoding: Encoding
    scalars: tuple[YamlScalar, ...]
    language: tuple[int, int]


class YamlFormat:
    """YAML: strings whose key path ("menu.file.0.title", without Rails' language) fits include and not exclude.

    Without include, only a file that its name, folder or top key (the source language) shows to be a catalogue is
    translated. That top key follows the target language.
    """

    suffixes = (".yml", ".yaml")

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = (), source_lang: str = "",
                 target_lang: str = ""):
        self._keys = catalogue.Keys(include, exclude)
        self._languages = source_lang, target_lang

    def read(self, path: Path, name: str) -> Document:
        """Every string that is chosen; raises InputError with file:line, UnsuitedError."""
        text, encoding, notes = read_text(path, name)
        try:
            roots = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
            language = self._language(roots)
            if not self._keys.include and language is None:
                catalogue.check_name(name, self._languages[0], "yaml.include='*'")
            strings = [scalar for root in roots if root for scalar in self._scalars(text, language or root)]
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
            raise InputError(f"{where}: not valid YAML: {error.problem}; correct it there") from error
        except (yaml.YAMLError, ValueError) as error:
            raise InputError(f"{name}: not valid YAML: {' '.join(str(error).split())[:200]}") from error
        except RecursionError as error:
            raise InputError(f"{name}: nested too deep for a catalogue of messages; leave it out") from error
        selection = tuple(scalar for scalar in strings if scalar.value.pieces and self._keys.fits(scalar.key))
        document = inplace.document(name, text, encoding, [scalar.value for scalar in selection], notes)
        key = roots[0].value[0][0] if language else None
        place = (key.start_mark.index, key.end_mark.index) if key else (0, 0)
        return Document(name, document.segments, _YamlSkeleton(text, encoding, selection, place), document.notes)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place; raises OutputError."""
        skeleton: _YamlSkeleton = document.skeleton
        targets = iter([segment.target for segment in document.segments])
        edits: list[Edit] = []
        if skeleton.language[1] and self._languages[1] and inplace.is_translated(document):
            edits.append((*skeleton.language, self._languages[1]))
        for scalar in skeleton.scalars:
            new = inplace.rendered(scalar.value, [next(targets) for _ in scalar.value.pieces])
            if new is not None and new != scalar.value.text:
                edits.append(edit(skeleton.text, scalar, new))
                if scalar.plural:
                    edits.append(inplace.other_forms(skeleton.text, scalar.plural, edits[-1:]))
        write_text(inplace.replaced(skeleton.text, sorted(edits)), skeleton.encoding, path)

    def _scalars(self, text: str, root: yaml.Node) -> Iterator[YamlScalar]:
        others = dict(_others(text, root, self._languages[1])) if self._languages[1] else {}
        for scalar in scalars(text, root, "", set()):
            yield replace(scalar, plural=others.get(scalar.start))

    def _language(self, roots: Sequence[yaml.Node | None]) -> yaml.Node | None:
        """What is under the top key that is the source language, where it is the only one."""
        root = roots[0] if len(roots) == 1 else None
        if isinstance(root, yaml.MappingNode) and len(root.value) == 1 and self._languages[0]:
            key, value = root.value[0]
            if str(key.value).lower().replace("_", "-") == self._languages[0].lower().replace("_", "-"):
                return value
        return None


def scalars(text: str, node: yaml.Node, key: str, visited: set[int]) -> Iterator[YamlScalar]:
    """The strings under a node with their key paths; what several aliases share comes once."""
    if id(node) in visited:
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from scalars(text, value, f"{key}.{name.value}" if key else str(name.value), visited)
    elif isinstance(node, yaml.SequenceNode):
        for n, value in enumerate(node.value):
            yield from scalars(text, value, f"{key}.{n}" if key else str(n), visited)
    elif node.tag == _STRING:
        end = node.end_mark.index
        properties = _PROPERTIES.match(text, node.start_mark.index, end)
        start = properties.end() if properties else node.start_mark.index
        style = node.style or ""
        offsets = range(len(node.value) + 1)  # of no use: a string is written as a whole
        yield YamlScalar(key, start, end, style, Value(node.value, offsets, icu.pieces(node.value)))


def _others(text: str, node: yaml.Node, lang: str) -> Iterator[tuple[int, PluralForm]]:
    """(where its text stands, the form) of each "other" on a line of its own beside a "one"."""
    if isinstance(node, yaml.MappingNode):
        forms = {str(key.value): (key, value) for key, value in node.value}
        if {"one", "other"} <= forms.keys() and not node.flow_style:
            key, value = forms["other"]
            start, end = key.start_mark.index, value.end_mark.index
            if value.tag == _STRING and value.style not in ("|", ">") and text.startswith("other", start):
                yield value.start_mark.index, plural_categories.form(text, (start, end), start, forms, lang)
        for _, value in node.value:
            yield from _others(text, value, lang)


def edit(text: str, scalar: YamlScalar, new: str) -> Edit:
    """What makes a string of text be new, in its style if it can be."""
    return scalar.start, scalar.end, _spelling(new, text[scalar.start:scalar.end], scalar.style)


def _spelling(new: str, old: str, style: str) -> str:
    """The string in the style of the old one if it can be, else in double quotes."""
    for spelled in _candidates(new, old, style):
        try:
            if yaml.safe_load(f"k: {spelled}" if style else f"k: [{spelled}]") == {"k": new if style else [new]}:
                return spelled
        except yaml.YAMLError:
            continue
    return json.dumps(new, ensure_ascii=_UNPRINTABLE.search(new) is not None) + _tail(old, style)


def _candidates(new: str, old: str, style: str) -> Iterator[str]:
    if not style:
        yield new
    elif style == "'":
        yield "'" + new.replace("'", "''") + "'"
    elif style in "|>":
        indent = match[1] if (match := _BLOCK.match(old)) else "  "
        header = old[:old.index("\n") + 1]
        lines = new.rstrip("\n").split("\n")
        between = "\n" if style == "|" else "\n\n"
        yield header + between.join(indent + line if line else "" for line in lines) + _tail(old, style)


def _tail(old: str, style: str) -> str:
    """The line ends behind a block, which are a part of it."""
    return old[len(old.rstrip("\r\n ")):] if style and style in "|>" else ""
