"""LibreOffice help: the same HTML pages in every language, their paragraphs aligned by id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import html

from mtpipe.errors import InputError
from mtpipe.segment import Segment

_ID = re.compile(r"(par|hd|tit)_?\w+")
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6")


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


def paragraphs(path: Path) -> dict[str, str]:
    """Text of each paragraph and heading with an id; of those with the same id the first."""
    tree = html.parse(str(path), html.HTMLParser(encoding="utf-8"))
    found: dict[str, str] = {}
    for element in tree.iter(*_BLOCKS):
        name = element.get("id") or ""
        if _ID.fullmatch(name) and name not in found:
            found[name] = " ".join(element.text_content().split())
    return found
