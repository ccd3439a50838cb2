"""LibreOffice help: the same HTML pages in every language, their paragraphs aligned by id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import html

from mtpipe.corpora import Located, inline_markup
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError

_ID = re.compile(r"(par|hd|tit)_\w+")
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6")
# what is typed or shown as it is: the words inside are no text to translate
_VERBATIM_TAGS = frozenset({"code", "kbd", "img"})
_VERBATIM_CLASSES = frozenset({"input", "code", "literal", "keycode", "switch"})
_NO_TEXT = frozenset({"script", "style", "svg"})


def segments(source: Path, reference: Path, output: Path | None = None) -> Iterator[Segment]:
    """A segment "page#paragraph" for each paragraph that the pages of both folders hold, white space folded.

    output: a folder of the same pages translated, whose paragraphs become the drafts; one it lacks is an empty draft.
    Raises InputError when reference or output has none of source's pages.
    """
    pages = [path.relative_to(source) for path in sorted(source.rglob("*.html"))]
    for folder in (reference, output) if output else (reference,):
        if not any((folder / page).is_file() for page in pages):
            raise InputError(f"{folder}: none of the {len(pages)} HTML pages of {source} is here")
    for page in pages:
        if not (reference / page).is_file():
            continue
        theirs = paragraphs(reference / page)
        drafts = paragraphs(output / page) if output and (output / page).is_file() else {}
        for key, text in paragraphs(source / page).items():
            if text and theirs.get(key):
                draft = drafts.get(key, "") if output else None
                yield Segment(f"{page.as_posix()}#{key}", text, draft=draft, reference=theirs[key])


def located(source: Path, target: Path) -> Iterator[Located]:
    """Pairs of the paragraphs that the pages of both folders hold; inline tags are literal codes, documents pages."""
    for page in sorted(path.relative_to(source) for path in source.rglob("*.html")):
        if (target / page).is_file():
            theirs = _blocks(target / page)
            for key, block in _blocks(source / page).items():
                if key in theirs:
                    both = inline_markup.pair(_pieces(block, source.name), _pieces(theirs[key], target.name))
                    one, other = (" ".join(text.split()) for text in both)
                    if one and other:
                        yield page.as_posix(), (one, other)


def paragraphs(path: Path) -> dict[str, str]:
    """Text of each paragraph and heading with an id; of those with the same id the first."""
    return {name: " ".join(block.text_content().split()) for name, block in _blocks(path).items()}


def _blocks(path: Path) -> dict[str, html.HtmlElement]:
    tree = html.parse(str(path), html.HTMLParser(encoding="utf-8"))
    blocks: dict[str, html.HtmlElement] = {}
    for element in tree.iter(*_BLOCKS):
        name = element.get("id") or ""
        if _ID.fullmatch(name):
            blocks.setdefault(name, element)
    return blocks


def _pieces(element: html.HtmlElement, lang: str) -> list[inline_markup.Piece]:
    """Texts and codes; links into the pages of lang have keys without it, so that they match other languages'."""
    row: list[inline_markup.Piece] = [element.text or ""]
    for child in element:
        tag = child.tag if isinstance(child.tag, str) else ""
        kind = (child.get("class") or "").strip() if tag else ""
        text = "".join(child.itertext()) if tag else ""
        if tag in _VERBATIM_TAGS or (kind in _VERBATIM_CLASSES and text.strip()):
            row.append(inline_markup.Inline("alone", (tag, kind, text.strip()), text))
        elif not text.strip() and child.find(".//img") is None:
            row.append(text or " " * (tag == "br"))
        elif tag and tag not in _NO_TEXT:
            key = tag, kind, (child.get("href") or "").rpartition(f"/{lang}/")[2]
            row += (inline_markup.Inline("open", key), *_pieces(child, lang), inline_markup.Inline("close", key))
        row.append(child.tail or "")
    return row
