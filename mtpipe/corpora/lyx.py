"""LyX documents, as its manuals are: the paragraphs of the same document in two languages, aligned by layout.

A folder below which originals lie as `doc/Intro.lyx`, translations as `doc/de/Intro.lyx`. The format is described in
LyX's Development manual.
"""

from __future__ import annotations

import re
from pathlib import Path

from mtpipe.corpora.structure import HOLE, Block
from mtpipe.errors import InputError
from mtpipe.languages.tags import folder_names, is_same

_CHARACTERS = {"menuseparator": " > ", "ldots": "…", "endofsentence": ".", "nobreakdash": "-", "breakableslash": "/",
               "LyX": "LyX", "TeX": "TeX", "LaTeX": "LaTeX", "LaTeX2e": "LaTeX2e"}  # fmt: skip
_QUOTES = {"eld": "“", "erd": "”", "els": "‘", "ers": "’", "gld": "„", "grd": "“", "gls": "‚", "grs": "‘", "fld": "«",
           "frd": "»", "cld": "»", "crd": "«", "sld": "”", "srd": "”"}  # fmt: skip
_SPECIAL = re.compile(r"\\SpecialChar (\w+)")
_INLINE = frozenset({"Flex", "Text"})  # their layouts are words of the paragraph around
_APART = frozenset({"Foot", "Marginal", "Float", "Wrap", "Caption", "Box", "Tabular", "Branch"})
_SILENT = frozenset({"Index", "Note", "Argument", "IndexMacro", "Nomenclature"})
_VERBATIM = frozenset({"LyX-Code", "Verbatim"})  # layouts


def files(folder: Path, lang: str) -> dict[str, Path]:
    """Name → file of the documents in lang: in a folder named so, originals in `doc` or `examples`."""
    own = folder_names(lang) | ({"doc", "examples"} if is_same(lang, "en") else frozenset())
    return {path.name: path for path in sorted(folder.rglob("*.lyx")) if path.parent.name in own}


def blocks(path: Path) -> list[Block]:
    """The paragraphs of a document, in order; kinds are layouts. Raises InputError for what is no LyX document."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error}); save it with LyX 1.5 or later") from error
    if "\\begin_body" not in lines:
        raise InputError(f"{path}: no \\begin_body, so this is not a LyX document")
    reader = _LyxReader()
    for line in lines[lines.index("\\begin_body") + 1:]:
        reader.take(line)
    return reader.blocks


class _LyxReader:
    """A stack of the layouts and insets that are open: text counts where a layout is the innermost of them."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.open: list[tuple[str, list[str] | None]] = []  # layouts with their text, insets with None

    def take(self, line: str) -> None:
        if line.startswith("\\begin_inset "):
            self._begin(line.split()[1:])
        elif line.startswith("\\begin_layout"):
            self.open.append((line.partition(" ")[2], []))
        elif line in ("\\end_layout", "\\end_inset"):
            self._end()
        elif line == "\\backslash":
            self._say("\\")
        elif not line.startswith("\\") or line.startswith("\\SpecialChar"):
            self._say(_SPECIAL.sub(lambda match: _CHARACTERS.get(match[1], ""), line))

    def _begin(self, words: list[str]) -> None:
        if words[0] == "Quotes":
            self._say(_QUOTES.get(words[1], '"'))
        elif words[0] == "space":
            self._say(" ")
        elif words[0] not in _SILENT | _INLINE | _APART and words[:2] != ["CommandInset", "label"]:
            self._say(HOLE)
        self.open.append((words[0], None))

    def _say(self, text: str) -> None:
        if self.open and self.open[-1][1] is not None:
            self.open[-1][1].append(text)

    def _end(self) -> None:
        if not self.open:
            return
        kind, words = self.open.pop()
        if words is None:
            return
        around = self.open[-1][0] if self.open else ""
        text = " ".join("".join(words).split())
        if around in _INLINE and len(self.open) > 1 and (outer := self.open[-2][1]) is not None:
            outer.append(text)
        elif text and kind not in _VERBATIM and all(name in _APART for name, own in self.open if own is None):
            self.blocks.append(Block(kind, text))
