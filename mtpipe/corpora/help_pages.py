"""LibreOffice help: the same HTML pages in every language, their paragraphs aligned by id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import html

from mtpipe.errors import InputError

_ID = re.compile(r"(par|hd|tit)_?\w+")
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6")


def pairs(source: Path, target: Path) -> Iterator[tuple[str, str, str]]:
    """(id "page#paragraph", source, target) for each paragraph that both folders' pages hold, white space folded.

    Raises InputError when no page of the source folder is in the target folder.
    """
    pages = [path.relative_to(source) for path in sorted(source.rglob("*.html"))]
    shared = [page for page in pages if (target / page).is_file()]
    if not shared:
        raise InputError(f"{target}: none of the {len(pages)} HTML pages of {source} is here")
    for page in shared:
        theirs = paragraphs(target / page)
        for name, text in paragraphs(source / page).items():
            if text and theirs.get(name):
                yield f"{page.as_posix()}#{name}", text, theirs[name]


def paragraphs(path: Path) -> dict[str, str]:
    """Text of each paragraph and heading with an id; of those with the same id the first."""
    tree = html.parse(str(path), html.HTMLParser(encoding="utf-8"))
    found: dict[str, str] = {}
    for element in tree.iter(*_BLOCKS):
        name = element.get("id") or ""
        if _ID.fullmatch(name) and name not in found:
            found[name] = " ".join(element.text_content().split())
    return found
