"""What Debian's packages are, described in many languages: `Translation-en` beside `Translation-de`, apt's own lists.

Stanzas of both languages belong together by the digest of the English text, so no translation is of an older one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from mtpipe.corpora import Located, structure
from mtpipe.corpora.structure import Block
from mtpipe.languages.tags import folder_names

_DIGEST = "Description-md5:"
_TITLE = re.compile(r"Description-(?!md5)[\w-]+:")
_BULLET = re.compile(r"\s*[-*+o•·] +")


def files(folder: Path, lang: str) -> dict[str, Path]:
    """Path without the language → file of the descriptions in lang."""
    names = {f"Translation-{tag}" for tag in folder_names(lang)}
    return {path.parent.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("Translation-*"))
            if path.name in names}  # fmt: skip


def located(source: Path, target: Path) -> Iterator[Located]:
    """Titles, paragraphs and list entries of the packages that both files describe; documents are packages."""
    is_turned = source.stat().st_size < target.stat().st_size  # the smaller one is kept in memory
    large, small = (target, source) if is_turned else (source, target)
    kept = {digest: blocks for _, digest, blocks in _stanzas(small)}
    for package, digest, blocks in _stanzas(large):
        if other := kept.pop(digest, None):
            sides = (other, blocks) if is_turned else (blocks, other)
            yield from ((package, pair) for pair in structure.aligned(*sides) if pair[0] != pair[1])


def _stanzas(path: Path) -> Iterator[tuple[str, str, list[Block]]]:
    """(package, digest of the English description, its blocks)."""
    package = digest = ""
    parts: list[tuple[str, list[str]]] = []  # kind and lines
    with path.open(encoding="utf-8") as lines:
        for line in chain(lines, ["\n"]):
            if line.startswith("Package:"):
                package = line.partition(":")[2].strip()
            elif line.startswith(_DIGEST):
                digest = line.partition(":")[2].strip()
            elif title := _TITLE.match(line):
                parts = [("title", [line[title.end():]]), ("p", [])]
            elif not line.strip():
                texts = ((kind, " ".join(" ".join(part).split())) for kind, part in parts)
                if digest and parts:
                    yield package, digest, [Block(kind, text) for kind, text in texts if text]
                package, digest, parts = "", "", []
            elif line.strip() == ".":
                parts.append(("p", []))
            elif bullet := _BULLET.match(line):
                parts.append(("li", [line[bullet.end():]]))
            elif parts:
                parts[-1][1].append(line)
