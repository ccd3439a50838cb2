"""XML as text to be edited in place: where its elements stand, what is in them, and whether it may be read at all.

A file is first checked by a real parser; then its tags can be found by a simple pattern, with their places in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from mtpipe.errors import InputError
from mtpipe.formats.editing.encoding import Encoding, read_declared

DECLARED = re.compile(rb"""\A\s{0,9}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9_:.-]{1,40})""")
_TOKEN = re.compile(r"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*)?>|"""
                    r"""<(?P<close>/)?(?P<name>[^\s/>!?]+)(?P<rest>(?:[^"'>]++|"[^"]*+"|'[^']*+')*+)>""", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(r"&(?:#([xX][0-9A-Fa-f]+|\d+)|(lt|gt|amp|quot|apos));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST = 250


@dataclass(slots=True)
class Element:
    """An element at text[start:end], its content at text[inner:outer]; attributes by their name as written.

    name is local, namespace what its prefix stands for. A self-closing tag has inner == outer == end. An element that
    `elements` has only just begun has end 0.
    """

    name: str
    namespace: str
    prefix: str
    attributes: dict[str, str]
    start: int
    inner: int
    outer: int = 0
    end: int = 0
    children: list[Element] = field(default_factory=list)

    def child(self, name: str) -> Element | None:
        """The first child of that name in the element's own namespace."""
        return next((c for c in self.children if c.name == name and c.namespace == self.namespace), None)


def read(path: Path, name: str) -> tuple[str, Encoding]:
    """The text of a well-formed file without entities of its own, calling it name; raises InputError."""
    text, encoding = read_declared(path, name, DECLARED)
    _Check(text, encoding, name).run()
    return text, encoding


def elements(text: str, whole: frozenset[str]) -> Iterator[tuple[Element, tuple[Element, ...]]]:
    """The elements of a checked text with those around them, outermost first.

    Elements whose local name is in whole come once, with all their children; the others when they begin, as only they
    can be told about. Nothing of what has gone by is kept.
    """
    stack: list[Element] = []
    scopes: list[dict[str, str]] = [{"": "", "xml": "xml"}]
    tree = 0  # depth of the element that is to come as a whole, 0 for none
    for token in _TOKEN.finditer(text):
        if token["close"]:
            element = stack.pop()
            scopes.pop()
            element.outer, element.end = token.span()
            if tree == len(stack) + 1:
                tree = 0
                yield element, tuple(stack)
        elif token["name"]:
            element, scope = _begun(token, scopes[-1])
            if tree:
                stack[-1].children.append(element)
            elif element.end or element.name not in whole:
                yield element, tuple(stack)
            if not element.end:
                stack.append(element)
                scopes.append(scope)
                tree = tree or (len(stack) if element.name in whole else 0)


def tree(text: str) -> Element:
    """The root of a checked text, with all that is in it."""
    name = next(token["name"] for token in _TOKEN.finditer(text) if token["name"])
    return next(element for element, _ in elements(text, frozenset((name.rpartition(":")[2],))))


def _begun(token: re.Match[str], scope: dict[str, str]) -> tuple[Element, dict[str, str]]:
    """The element of a start tag, and the prefixes known within it."""
    attributes = {key: unescaped(one or two) for key, one, two in _ATTRIBUTE.findall(token["rest"])}
    if "xmlns" in token["rest"]:
        declared = {key[6:]: uri for key, uri in attributes.items() if key == "xmlns" or key.startswith("xmlns:")}
        scope = scope | declared
    prefix, _, name = token["name"].rpartition(":")
    element = Element(name, scope.get(prefix, ""), prefix, attributes, *token.span())
    if token["rest"].endswith("/"):
        element.outer = element.end = element.inner
    return element, scope


def unescaped(text: str) -> str:
    """Character references and the five entities replaced by what they stand for."""
    return _REFERENCE.sub(_character, text) if "&" in text else text


def legal(text: str) -> str:
    """text without the characters that XML can't hold."""
    return _ILLEGAL.sub("", text)


def escaped(text: str) -> str:
    """Text as the content of an element; characters that XML can't hold are dropped."""
    return legal(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def with_attributes(tag: str, values: dict[str, str]) -> str:
    """A start tag with attributes set: in their place where it has them, else at its end."""
    for name, value in values.items():
        spelling = escaped(value).replace('"', "&quot;")
        old = re.search(rf"""(?<=\s){re.escape(name)}\s*=\s*(?:"[^"]*"|'[^']*')""", tag)
        if old:
            tag = f'{tag[:old.start()]}{name}="{spelling}"{tag[old.end():]}'
        else:
            end = re.search(r"\s*/?>\Z", tag)
            assert end is not None
            tag = f'{tag[:end.start()]} {name}="{spelling}"{tag[end.start():]}'
    return tag


def _character(match: re.Match[str]) -> str:
    number, name = match.groups()
    if name:
        return _ENTITIES[name]
    return chr(int(number[1:], 16) if number[0] in "xX" else int(number))


class _Check:
    """Expat over the whole text, in portions; refuses what could make a small file large or look elsewhere."""

    def __init__(self, text: str, encoding: Encoding, name: str):
        self._text, self._encoding, self._name = text, encoding, name
        self._depth = 0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.SkippedEntityHandler = self._refuse_unknown
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close

    def run(self) -> None:
        portion = 1 << 20
        try:
            for start in range(0, len(self._text), portion):
                self._parser.Parse(self._text[start:start + portion].encode(), False)
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise InputError(f"{self._name}: broken XML at byte {self._byte(self._parser.ErrorByteIndex)} (line "
                             f"{error.lineno}): {expat.ErrorString(error.code)}; correct it there") from error

    def _byte(self, index: int) -> int:
        """The place in the file of a place in its text as UTF-8."""
        before = self._text.encode()[:index].decode("utf-8", "ignore")
        return len(self._encoding.bom) + len(before.encode(self._encoding.name))

    def _refuse_entity(self, entity: str, *declared: object) -> None:
        raise InputError(f"{self._name}: declares the entity {entity!r} (line {self._parser.CurrentLineNumber}); "
                         "documents with entities of their own are not read, for safety: write the text itself")

    def _refuse_unknown(self, entity: str, is_parameter: bool) -> None:
        raise InputError(f"{self._name}: uses the entity {entity!r} (line {self._parser.CurrentLineNumber}), which is "
                         "not defined in the file; write the character itself")

    def _open(self, tag: str, attributes: object) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise InputError(f"{self._name}: elements more than {_DEEPEST} deep (line "
                             f"{self._parser.CurrentLineNumber}); this is not a document to translate")

    def _close(self, tag: str) -> None:
        self._depth -= 1
