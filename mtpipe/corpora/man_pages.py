"""Manual pages that po4a translated: the same macros in every language, so that their paragraphs align.

A folder below which pages lie as systems install them: `…/man/man1/cp.1.gz` (English), `…/man/de/man1/cp.1.gz`. The
original may be in another package than its translation.
"""

from __future__ import annotations

import re
from pathlib import Path
from unicodedata import normalize

from mtpipe.corpora.structure import Block
from mtpipe.errors import InputError
from mtpipe.io import compression
from mtpipe.languages.tags import folder_names, is_same

_SECTION = re.compile(r"man[1-9]\w*")
# paragraphs end at these; what stands on the line of a heading is its text
_BREAKS = frozenset(("PP", "P", "LP", "TP", "TQ", "IP", "HP", "RS", "RE", "br", "sp", "UR", "UE", "in", "ti", "ad"))
_HEADINGS = frozenset({"SH", "SS"})
_FONTS = frozenset({"B", "I", "R", "BI", "IB", "BR", "RB", "IR", "RI", "SM", "SB"})
_VERBATIM = {"nf": "fi", "EX": "EE", "TS": "TE", "EQ": "EN", "PS": "PE", "de": ".", "ig": "."}
_ARGUMENT = re.compile(r'"((?:[^"]|"")*)"|((?:\\ |\S)+)')
_NAMED: dict[str, str] = {
    "aq": "'", "dq": '"', "lq": "“", "rq": "”", "oq": "‘", "cq": "’", "em": "—", "en": "–", "hy": "-", "bu": "•",
    "co": "©", "rs": "\\", "ha": "^", "ti": "~", "ga": "`", "+-": "±", "mu": "×", "->": "→", "<=": "≤",
    ">=": "≥", "de": "°", "Do": "$", "lB": "[", "rB": "]", "at": "@", "sh": "#", "ss": "ß",
}  # fmt: skip
_ESCAPES = (
    (re.compile(r"\\[(]:(.)|\\\[:(.)\]"), lambda match: normalize("NFC", f"{match[1] or match[2]}\u0308")),
    (re.compile(r"\\f(?:\[[^]]*\]|\(..|.)"), ""), (re.compile(r"\\[sm](?:[-+]?\d+|\[[^]]*\])"), ""),
    (re.compile(r"\\(?:[&:/,%|^c!)]|\Z)"), ""), (re.compile(r"\\[ ~0]"), " "), (re.compile(r"\\-"), "-"),
    (re.compile(r"\\(?:\(|\[)(\w\w|[-+*]\w?)\]?"), lambda match: _NAMED.get(match[1], "")), (re.compile(r"\\\*\S"), ""),
    (re.compile(r"\\[e\\]"), "\\\\"), (re.compile(r"\\(['`])"), r"\1"),
)  # fmt: skip


def files(folder: Path, lang: str) -> dict[str, Path]:
    """Name ("man1/cp.1") → file of the pages in lang, below any folder `man`."""
    own = folder_names(lang)
    is_original = is_same(lang, "en")
    paths = {}
    for path in sorted(folder.rglob("man*/*")):
        place = path.parent.parent.name
        if _SECTION.fullmatch(path.parent.name) and (place in own or (is_original and place == "man")):
            paths[f"{path.parent.name}/{path.name.removesuffix('.gz')}"] = path
    return paths


def blocks(path: Path) -> list[Block]:
    """The headings, tags and paragraphs of a page; none of a page of another macro package (mdoc).

    Raises InputError for what is not UTF-8.
    """
    page = _Page()
    try:
        with compression.open_text(path) as lines:
            for line in lines:
                page.take(line.rstrip("\r\n"))
    except (UnicodeDecodeError, *compression.BROKEN) as error:
        raise InputError(f"{path}: not a manual page in UTF-8 ({error}); convert it") from error
    page.end()
    return page.blocks


class _Page:
    """Lines in, blocks out: macros end paragraphs, fonts and comments say nothing."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.lines: list[str] = []
        self.kind = "p"
        self.until = ""  # the macro that ends what is not read

    def take(self, line: str) -> None:
        if self.until:
            self.until = "" if line.startswith(f".{self.until}") else self.until
        elif line.startswith((".", "'")):
            self._macro(line[1:].strip())
        elif line.strip():
            self._text(line)
        else:
            self.end()

    def end(self, kind: str = "p") -> None:
        """Ends the block; the next one is of the kind."""
        text = " ".join(" ".join(self.lines).split())
        if text:
            self.blocks.append(Block(self.kind, text))
        self.lines, self.kind = [], kind

    def _macro(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        if name in _VERBATIM:
            self.end()
            self.until = _VERBATIM[name]
        elif name in _FONTS:
            words = [plain(quoted or bare) for quoted, bare in _ARGUMENT.findall(rest)]
            self._text(("" if len(name) == 2 and name not in ("SM", "SB") else " ").join(words))
        elif name in _HEADINGS:
            self.end(name)
            self._text(" ".join(quoted or bare for quoted, bare in _ARGUMENT.findall(rest)))
            if self.lines:
                self.end()
        elif name in _BREAKS:
            self.end("tag" if name in ("TP", "TQ") else "p")

    def _text(self, line: str) -> None:
        text = plain(line)
        if text.strip():
            self.lines.append(text)
            if self.kind in ("tag", *_HEADINGS):  # one line, then what it is about
                self.end()


def plain(text: str) -> str:
    """The text without roff's escapes."""
    for pattern, replacement in _ESCAPES:
        text = pattern.sub(replacement, text)
    return text
