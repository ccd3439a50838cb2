"""Texts of programs in XML: Android's strings.xml, .NET's RESX and Apple's .stringsdict, edited in place."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mtpipe.document.segment import Code, Document
from mtpipe.errors import InputError, UnsuitedError
from mtpipe.formats.editing import inplace, xml
from mtpipe.formats.editing.inplace import Piece, PluralForm, Value
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.messages import icu, plural_categories
from mtpipe.formats.messages.catalogue import Keys
from mtpipe.io.xml_root import root_element

_ENTITY = re.compile(r"&(?:#(?:\d+|[xX][0-9A-Fa-f]+)|lt|gt|amp|quot|apos);")
_CDATA = re.compile(r"\s*<!\[CDATA\[((?:(?!\]\]>)[\s\S])*)\]\]>\s*")
_REFERENCE = re.compile(r"\s*[@?][\w:+./-]+\s*")
# Tags as they are, and such as were escaped; a protected element and an unescaped quotation mark stand for themselves.
_MARKUP = re.compile(r"<!--[\s\S]*?-->|<(?P<kept>\w+:g)\b[^<>]*(?:/>|>[\s\S]*?</(?P=kept)\s*>)|"
                     r"<(?P<close>/)?(?P<name>[\w:.-]+)[^<>]*>|"
                     r"&lt;(?P<ended>/)?(?P<tag>[A-Za-z][\w:.-]*)(?:\s(?:(?!&[lg]t;)[^<>])*)?/?&gt;|"
                     r"\\[\s\S]|(?P<quote>\")")
_ANDROID = re.compile(rf"{inplace.UTF16}|\\[\s\S]|\s+|{_ENTITY.pattern}")
_IN_CDATA = re.compile(rf"{inplace.UTF16}|\\[\s\S]")
_QUANTITY = re.compile(r"""\squantity\s*=\s*["'](\w+)""")
_PLURALS = ("NSStringLocalizedFormatKey", "zero", "one", "two", "few", "many", "other")
APPLE_VARIABLE = re.compile(r"%(?:\d+\$)?#@\w+@")
_MEANT = {"n": "\n", "t": "\t"}


class AndroidFormat:
    """Android string resources: strings, string arrays and plurals; translatable="false" is left alone."""

    suffixes = (".xml",)

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = (), target_lang: str = ""):
        self._keys, self._target_lang = Keys(include, exclude), target_lang

    def read(self, path: Path, name: str) -> Document:
        """Every string whose name is chosen; raises InputError, UnsuitedError for XML of another kind."""
        if not begins_with(path, "resources"):
            raise UnsuitedError(f"{name}: not translated, of XML files only Android's resources, DocBook, DITA, XLIFF "
                                "and Qt's are read")  # fmt: skip
        text, encoding = xml.read(path, name)
        values = (replace(_android(text, element), plural=self._plural(text, element, parents))
                  for element, parents in xml.elements(text, frozenset(("string", "item")))
                  if self._is_text(element, parents))
        return inplace.document(name, text, encoding, values)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place, and the plural forms that they need; raises OutputError."""
        inplace.write(document, path, _as_android, errors="xmlcharrefreplace")

    def _plural(self, text: str, element: Element, parents: Sequence[Element]) -> PluralForm | None:
        if not self._target_lang or element.attributes.get("quantity") != "other":
            return None
        start = max((parent.start for parent in parents if parent.name == "plurals"), default=element.start)
        present = _QUANTITY.findall(text, start, text.find("</plurals", element.end))
        name = text.index("other", element.start)
        return plural_categories.form(text, (element.start, element.end), name, present, self._target_lang)

    def _is_text(self, element: Element, parents: Sequence[Element]) -> bool:
        if len(parents) != (1 if element.name == "string" else 2) or parents[0].name != "resources":
            return False
        holder = element if element.name == "string" else parents[1]
        if holder.name not in ("string", "string-array", "plurals") or holder.attributes.get("translatable") == "false":
            return False
        return self._keys.fits(holder.attributes.get("name", ""))


class ResxFormat:
    """.NET resources: data without a type."""

    suffixes = (".resx", ".resw")

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = ()):
        self._keys = Keys(include, exclude)

    def read(self, path: Path, name: str) -> Document:
        """Every text whose name is chosen; raises InputError."""
        text, encoding = xml.read(path, name)
        return inplace.document(name, text, encoding, self._values(text))

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place; raises OutputError."""
        inplace.write(document, path, _as_xml, errors="xmlcharrefreplace")

    def _values(self, text: str) -> Iterator[Value]:
        for data, _ in xml.elements(text, frozenset(("data",))):
            key, value = data.attributes.get("name", ""), data.child("value") if data.name == "data" else None
            is_text = not data.attributes.keys() & {"type", "mimetype"} and not key.startswith((">>", "$this.Name"))
            if value and is_text and not value.children and self._keys.fits(key):
                start, end, is_cdata = _content(text, value)
                escapes = re.compile("(?!)") if is_cdata else _ENTITY
                meant, offsets = inplace.unescaped(text, start, end, escapes, lambda match: xml.unescaped(match[0]))
                yield Value(meant, offsets, icu.pieces(meant), kind="cdata" if is_cdata else "")


class StringsdictFormat:
    """Apple's .stringsdict: the plural forms of each variable, and the texts around them."""

    suffixes = (".stringsdict",)

    def __init__(self, include: str | Sequence[str] = (), exclude: str | Sequence[str] = (), target_lang: str = ""):
        self._keys, self._target_lang = Keys(include, exclude), target_lang

    def read(self, path: Path, name: str) -> Document:
        """Every text whose key is chosen; raises InputError."""
        text, encoding = xml.read(path, name)
        values = (replace(_localised(text, element), plural=self._plural(text, element, forms))
                  for root in xml.tree(text).children
                  for key, element, forms in _plural_texts(text, root) if self._keys.fits(key))  # fmt: skip
        return inplace.document(name, text, encoding, values)

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place; raises OutputError."""
        inplace.write(document, path, _as_xml, errors="xmlcharrefreplace")

    def _plural(self, text: str, element: Element, forms: Sequence[str]) -> PluralForm | None:
        start = text.rfind("<key", 0, element.start)
        if not self._target_lang or not re.match(r"<key>\s*other\s*<", text[start:]):
            return None
        return plural_categories.form(text, (start, element.end), text.index("other", start), forms, self._target_lang)


def _plural_texts(text: str, element: Element,
                  path: tuple[str, ...] = ()) -> Iterator[tuple[str, Element, Sequence[str]]]:
    """(key path, string, the keys beside it) of the formats and plural forms in a <dict>."""
    key = ""
    keys = [text[child.inner:child.outer].strip() for child in element.children if child.name == "key"]
    for child in element.children:
        if child.name == "key":
            key = xml.unescaped(text[child.inner:child.outer])
        elif child.name == "dict":
            yield from _plural_texts(text, child, (*path, key))
        elif child.name == "string" and key in _PLURALS and not child.children:
            yield ".".join((*path, key)), child, keys


def _localised(text: str, element: Element) -> Value:
    meant, offsets = inplace.unescaped(text, element.inner, element.outer, _ENTITY, lambda m: xml.unescaped(m[0]))
    return Value(meant, offsets, icu.pieces(meant, [Code(*match.span()) for match in APPLE_VARIABLE.finditer(meant)]))


def begins_with(path: Path, root: str) -> bool:
    """Is the file's first element one of that name? Said without reading all of it."""
    try:
        return root_element(path)[0] == root
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}; check the file and its permissions") from error


def _content(text: str, element: Element) -> tuple[int, int, bool]:
    """(start, end, is it a CDATA section) of an element's text."""
    match = _CDATA.fullmatch(text, element.inner, element.outer)
    return (*match.span(1), True) if match else (element.inner, element.outer, False)


def _android(text: str, element: Element) -> Value:
    start, end, is_cdata = _content(text, element)
    if _REFERENCE.fullmatch(text, start, end):
        return Value("", (start,), ())
    if is_cdata:
        meant, offsets = inplace.unescaped(text, start, end, _IN_CDATA, _character)
        return Value(meant, offsets, icu.pieces(meant), kind="cdata")
    begin, stop = start, end
    if len(text[start:end].strip()) > 1 and re.fullmatch(r'\s*"(?:\\[\s\S]|[^"\\])*"\s*', text[start:end]):
        begin, stop = text.index('"', start) + 1, text.rindex('"', start, end)
    meant, places = "", array("L")
    tags: list[tuple[int, int, str, str]] = []
    verbatim: set[str] = set()
    for match in (*_MARKUP.finditer(text, begin, stop), None):
        if match and match[0][0] == "\\":
            continue
        plain, offsets = inplace.unescaped(text, begin, match.start() if match else stop, _ANDROID, _character)
        meant += plain
        places.extend(offsets if match is None else offsets[:-1])
        if match:
            tags.append((len(meant), len(meant) + len(match[0]), match["name"] or match["tag"] or "", _kind(match)))
            verbatim.add(match[0])
            meant += match[0]
            places.extend(range(match.start(), match.end()))
            begin = match.end()
    return Value(meant, places, icu.pieces(meant, icu.paired(tags)), frozenset(verbatim))


def _kind(match: re.Match[str]) -> str:
    if match["close"] or match["ended"]:
        return "close"
    is_tag = (match["name"] or match["tag"]) and not match[0].endswith(("/>", "/&gt;"))
    return "open" if is_tag else "alone"


def _character(match: re.Match[str]) -> str:
    escape = match[0]
    if escape[0] == "&":
        return xml.unescaped(escape)
    if escape[0] != "\\":
        return " "
    if len(escape) > 2:
        return inplace.utf16(escape)
    return _MEANT.get(escape[1], escape[1])


def _as_android(text: str, value: Value, piece: Piece) -> str:
    spelled = re.sub(r"(['\"\\])", r"\\\1", text)
    if spelled.startswith(("@", "?")):
        spelled = "\\" + spelled
    return _as_xml(spelled, value, piece)


def _as_xml(text: str, value: Value, piece: Piece) -> str:
    if value.kind == "cdata":
        return text.replace("]]>", "]] >")
    return xml.escaped(text)
