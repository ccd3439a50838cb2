"""Manuals as HTML, DocBook or Mallard files in two languages: the same files, their blocks aligned by structure.

Only the language in the path tells a file from its translation: `de/ch01.html` or `ch01.de.html`, also in packages
named by language (`debian-reference-de/…`); an English original may lie without one, or in `C`, as GNOME's help does.
Inline markup is left out, listings and screens are no text.
"""

from __future__ import annotations

import codecs
import re
from html.entities import html5
from pathlib import Path

from lxml import etree, html

from mtpipe.corpora.structure import HOLE, Block
from mtpipe.errors import InputError
from mtpipe.io import compression
from mtpipe.languages.tags import folder_names, is_same

_HTML = (".html", ".htm", ".xhtml")
_XML = (".docbook", ".xml", ".page")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | frozenset((
    "p", "li", "dt", "dd", "td", "th", "div", "caption", "figcaption", "blockquote", "ul", "ol", "dl", "table", "tr",
    "body", "section", "article", "para", "simpara", "title", "subtitle", "term", "entry", "listitem", "phrase",
    "segtitle", "seg", "varlistentry", "itemizedlist", "orderedlist", "variablelist", "textobject", "screeninfo",
    "page", "info", "desc", "item", "list", "steps", "terms", "note", "example", "figure", "media", "links",
))  # fmt: skip
_NO_TEXT = frozenset((
    "script", "style", "svg", "head", "nav", "pre", "screen", "programlisting", "literallayout", "synopsis",
    "cmdsynopsis", "bookinfo", "articleinfo", "indexterm", "imageobject", "remark", "comment", "math",
    "credit", "license", "revision",
))  # fmt: skip
_BETWEEN = {"guiseq": " > ", "menuchoice": " > ", "keyseq": "+", "keycombo": "+"}  # their children
_REFERENCES = frozenset({"xref", "link"})  # if empty, they stand for a title of another place
_SPACE = frozenset({"br", "hr", "img"})


def files(folder: Path, lang: str) -> dict[str, Path]:
    """Path without the language → file, of all files whose path names lang, and of English ones that name none."""
    tags = {form for tag in folder_names(lang) for form in (tag, tag.lower())}
    is_original = is_same(lang, "en")
    named = "|".join(sorted(map(re.escape, tags | ({"C"} if is_original else set())), key=len, reverse=True))
    language = re.compile(rf"(?:/translations)?[/.-](?:{named})(?=[/.-])")
    paths: dict[str, Path] = {}
    unnamed: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if compression.suffix(path) in _HTML + _XML and path.is_file():
            name, count = language.subn("", f"/{path.relative_to(folder).as_posix()}")
            if count:
                paths.setdefault(name, path)
            elif is_original:
                unnamed[name] = path
    return unnamed | paths


def blocks(path: Path) -> list[Block]:
    """The blocks of an HTML, DocBook or Mallard file, in order; kinds are element names.

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
        raise InputError(f"{path}: not readable as HTML, DocBook or Mallard ({error})") from error
    if root is not None:
        walk.element(root)
        walk.end("")
    return walk.blocks


def _encoding(data: bytes) -> str:
    declaration = re.search(rb"(?:charset|encoding)\s*=\s*[\"']?([\w-]+)", data[:2000])
    try:
        return codecs.lookup(declaration[1].decode("ascii")).name if declaration else "utf-8"
    except LookupError:
        return "utf-8"


class _Walk:
    """Texts in, blocks out: each element of a block kind ends the block before it."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.texts: list[str] = []

    def element(self, element: etree._Element) -> None:
        kind = _kind(element)
        if kind in _NO_TEXT:
            return
        if kind in _REFERENCES and not "".join(map(str, element.itertext())).strip():
            self.texts.append(HOLE)
            return
        is_block = kind in _BLOCKS
        inside = kind if is_block else ""
        if is_block:
            self.end(self.kind)
        before, self.kind = self.kind, inside or self.kind
        self.texts.append(" " if kind in _SPACE else element.text or "")
        for number, child in enumerate(element):
            if number and kind in _BETWEEN:
                self.texts.append(_BETWEEN[kind])
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


def _kind(element: etree._Element) -> str:
    """The name without its namespace; not etree.QName, which refuses what HTML's parser lets pass as a name."""
    return str(element.tag).rpartition("}")[2].lower()


def _entity(name: str) -> str:
    """What an entity stands for: a character of HTML, else the program or key that KDE's handbooks name so."""
    return html5.get(f"{name};") or (name if not name.islower() else name.capitalize()).replace("-", " ")
