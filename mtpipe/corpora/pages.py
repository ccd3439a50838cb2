"""Manuals as HTML or DocBook files in two languages: the same files, their blocks aligned by structure.

Only the language in the path tells a file from its translation: `de/ch01.html` or `ch01.de.html`, also in packages
named by language (`debian-reference-de/…`). Inline markup is left out, listings and screens are no text.
"""

from __future__ import annotations

import re
from html.entities import html5
from pathlib import Path

from lxml import etree, html

from mtpipe.corpora.structure import Block
from mtpipe.errors import InputError
from mtpipe.io import compression
from mtpipe.languages.tags import folder_names

_HTML = (".html", ".htm", ".xhtml")
_DOCBOOK = (".docbook", ".xml")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | frozenset((
    "p", "li", "dt", "dd", "td", "th", "div", "caption", "figcaption", "blockquote", "ul", "ol", "dl", "table", "tr",
    "body", "section", "article", "para", "simpara", "title", "subtitle", "term", "entry", "listitem", "phrase",
    "segtitle", "seg", "varlistentry", "itemizedlist", "orderedlist", "variablelist", "textobject", "screeninfo",
))  # fmt: skip
_NO_TEXT = frozenset((
    "script", "style", "svg", "head", "nav", "pre", "screen", "programlisting", "literallayout", "synopsis",
    "cmdsynopsis", "bookinfo", "articleinfo", "indexterm", "imageobject", "remark", "comment", "math",
))  # fmt: skip
_SPACE = frozenset({"br", "hr", "img"})


def files(folder: Path, lang: str) -> dict[str, Path]:
    """Path with "*" for the language → file, of all files whose path names lang."""
    tags = sorted({form for tag in folder_names(lang) for form in (tag, tag.lower())}, key=len, reverse=True)
    tag_part = re.compile(rf"(?<=[/.-])({'|'.join(map(re.escape, tags))})(?=[/.-])")
    paths: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if compression.suffix(path) in _HTML + _DOCBOOK and path.is_file():
            name, count = tag_part.subn("*", f"/{path.relative_to(folder).as_posix()}")
            if count:
                paths.setdefault(name.lstrip("/"), path)
    return paths


def blocks(path: Path) -> list[Block]:
    """The blocks of an HTML or DocBook file, in order; kinds are element names.

    Raises InputError for what can't be parsed.
    """
    walk = _Walk()
    try:
        with compression.open_bytes(path) as file:
            data = file.read()
        if compression.suffix(path) in _HTML:
            root = html.document_fromstring(data, parser=html.HTMLParser(encoding=_encoding(data)))
        else:
            root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, recover=True, load_dtd=False))
    except (etree.LxmlError, *compression.BROKEN) as error:
        raise InputError(f"{path}: not readable as HTML or DocBook ({error})") from error
    if root is not None:
        walk.element(root)
        walk.end("")
    return walk.blocks


def _encoding(data: bytes) -> str:
    declaration = re.search(rb"(?:charset|encoding)\s*=\s*[\"']?([\w-]+)", data[:2000])
    return declaration[1].decode("ascii") if declaration else "utf-8"


class _Walk:
    """Texts in, blocks out: each element of a block kind ends the block before it."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.texts: list[str] = []

    def element(self, element: etree._Element) -> None:
        kind = etree.QName(element).localname.lower()
        if kind in _NO_TEXT:
            return
        is_block = kind in _BLOCKS
        inside = kind if is_block else ""
        if is_block:
            self.end(self.kind)
        before, self.kind = self.kind, inside or self.kind
        self.texts.append(" " if kind in _SPACE else element.text or "")
        for child in element:
            if isinstance(child, etree._Entity):
                self.texts.append(_entity(child.name))
            elif isinstance(child.tag, str):
                self.element(child)
            self.texts.append(child.tail or "")
        if is_block:
            self.end(kind)
        self.kind = before

    kind = ""

    def end(self, kind: str) -> None:
        text = " ".join("".join(self.texts).split())
        if text:
            self.blocks.append(Block(kind, text))
        self.texts = []


def _entity(name: str) -> str:
    """What an entity stands for: a character of HTML, else the program or key that KDE's handbooks name so."""
    return html5.get(f"{name};") or (name if not name.islower() else name.capitalize()).replace("-", " ")
