"""What a translation must not change, found in running text and looked for in targets.

Numbers, versions, paths, options, identifiers, keys, template tags, symbols and special spaces, and that something is
*not* so. A number may be written as the other language writes it (`numbers`), a combination of keys with its names of
the keys, a negation in any way (`negation`); all else must be there as it is. What inline codes hold (URLs, e-mail
addresses, placeholders, inline code) is checked with them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mtpipe.document import numbers
from mtpipe.languages import negation

NEGATION = "negation"
# endings of file names; a dot between two words alone may be a sentence's end without its space
_ENDINGS = (
    "avi bak bat bin bmp bz2 c cc cfg cmd conf cpp cs css csv db dll doc docx dot dotx eml eps epub exe gif gz h hpp "
    "htm html ico ini jar java jpeg jpg js json jsonl jsx lock log lua md mdx mkv mov mp3 mp4 mpg odb odf odg odp ods "
    "odt ogg otf otg otp ots ott pdf php pl png po pot ppt pptx properties ps py r rar rb rc rs rst rtf sh so sql svg "
    "tar tex tgz tif tiff toml ts tsv tsx ttf txt vb vbs wav webm webp wmf woff woff2 xhtml xlf xliff xls xlsx xml xsd "
    "xsl xslt yaml yml zip"
).replace(" ", "|")
_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,60}"
_KEYS = "Ctrl|Control|Alt|AltGr|Shift|Cmd|Command|Option|Meta|Super|Win|Windows|Fn|Strg|Umschalt|Mayús|Esc|Tab|⌘|⇧|⌥"
# each begins with a fixed character or after a boundary, and every repeat is bounded
_VERBATIM = {
    "template tag": r"<%.{1,200}?%>|\{\{\{[^{}]{1,200}\}\}\}|\[%.{1,200}?%\]|<\?.{1,200}?\?>|%\#@\w{1,60}@"
    r"|⟦[^⟦⟧]{0,40}⟧",
    "path": rf"(?<![A-Za-z0-9])[A-Za-z]:\\(?:[^\s\\/:*?\"<>|]{{1,80}}\\){{0,12}}[^\s\\/:*?\"<>|,;]{{0,80}}(?<![.)])"
    rf"|\\\\[\w.$-]{{1,60}}(?:\\[\w.$-]{{1,60}}){{1,12}}"
    rf"|(?<![\w/.])~(?:/[\w.@+-]{{1,80}}(?<![.])){{1,12}}"
    rf"|(?<![\w/.@-])(?:\.{{1,2}}/)?(?:[\w@+-][\w.@+-]{{0,60}}/){{0,8}}[\w@+-][\w.@+-]{{0,80}}"
    rf"\.(?i:{_ENDINGS})(?![\w/-])",
    "variable": rf"\$\$?{_NAME}(?:/[\w.@+-]{{1,80}}(?<![.])){{0,12}}",
    "option": r"(?<![\w-])--[A-Za-z][\w-]{0,60}(?:=[^\s,;)\]\ufffc]{1,80}(?<![.:]))?",
    "version": r"(?<![\w.,])(?!\d{1,2}\.\d{1,2}\.(?:19|20)\d\d(?!\d))"
    r"[vV]?\d{1,5}(?:\.\d{1,5}){2,5}(?:[-+][0-9A-Za-z.-]{1,30}(?<![.-]))?(?![\w,]*\d)",
    "identifier": rf"(?<![\w@$.-]){_NAME}(?:(?:\.|::|->){_NAME}){{2,8}}(?:\(\))?(?!\w)"
    rf"|(?<![\w@$-])(?:{_NAME}(?:\.|::|->)){{0,8}}{_NAME}\(\)"
    r"|(?<!\w)[A-Za-z0-9]{0,40}(?:[A-Za-z0-9]_{1,2}|(?<!\w)_{1,2}(?=[a-z]))[A-Za-z0-9][A-Za-z0-9_]{0,60}(?!\w)"
    r"|(?<![\w.])[a-z]{2,30}[A-Z][a-z]\w{0,60}(?!\w)",
}  # fmt: skip
_PATTERN = re.compile("|".join(f"(?P<{kind.replace(' ', '_')}>{pattern})" for kind, pattern in _VERBATIM.items()))
# of a spreadsheet; no invariant itself, for programs have functions in many languages
_FORMULA = re.compile(r"=[A-Z][A-Z0-9_.]{1,40}\((?:[^()\n]|\((?:[^()\n]|\([^()\n]{0,200}\)){0,200}\)){0,300}\)")
_COMBINATION = re.compile(rf"(?<!\w)(?:(?:{_KEYS}|[^\W\d_]{{2,12}})\s?\+\s?){{1,4}}(?:[^\W_]{{1,12}}|[^\w\s])")
_MODIFIER = re.compile(_KEYS)
_PRESSED = re.compile(rf"(?<!\w)(?:{_KEYS})\s?\+")
_SUSPECT = re.compile(r"[\d_$%\\~:(){}\[\]⟦+\u00a0\u2007\u202f›»·•\u2190-\U0010ffff]|\.\w|--|[a-z][A-Z]|<[%?]")
_SEPARATOR = re.compile(r"(?<=\s)[›»·•](?=\s)")  # of the steps of a path through menus or pages
_SPACES = frozenset("\u00a0\u2007\u202f")
_PICTURE = frozenset("\ufe0e\ufe0f\u200d")  # they choose how a symbol looks
_OF_TEXT = frozenset("°§№℃℉®™©℠−￼")  # symbols that languages replace by words or leave out


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must not change at text[start:end]; kind: number, version, path, variable, option, identifier, key,
    template tag, symbol, space or negation (the first of a text)."""

    kind: str
    start: int
    end: int
    text: str


def altered(source: str, target: str, lang: str) -> list[Invariant]:
    """What the source has and a target in the language lang has not, left to right; both without their codes."""
    expected = find(source)
    if not expected:
        return []
    missing = _missing_literals([item for item in expected if item.kind not in ("number", "key", NEGATION)], target)
    missing += _missing_keys([item for item in expected if item.kind == "key"], target)
    missing += [item for item in expected if item.kind == NEGATION and not _is_negated(item, target, lang)]
    figures = [item for item in expected if item.kind == "number"]
    if figures:
        absent = numbers.missing(source, [(item.start, item.end) for item in figures], target, lang)
        missing += [item for item in figures if (item.start, item.end) in absent]
    return sorted(missing, key=_place)


@lru_cache(maxsize=4096)  # a draft's, and again with each candidate for its repair
def find(text: str) -> tuple[Invariant, ...]:
    """All invariants of a text without its codes, left to right, none inside another."""
    negative = negation.find(text)
    if not negative and not _SUSPECT.search(text):
        return ()
    items = [Invariant((match.lastgroup or "").replace("_", " "), *match.span(), match[0])
             for match in _PATTERN.finditer(text)]
    if _PRESSED.search(text):
        items += [Invariant("key", *match.span(), match[0]) for match in _COMBINATION.finditer(text)
                  if _is_pressed(match[0])]
    items += [Invariant("number", start, end, text[start:end]) for start, end in numbers.find(text)]
    if not text.isascii():
        items += [Invariant("symbol", i, i + 1, char) for i, char in enumerate(text) if is_symbol(char)]
        if "«" not in text and "‹" not in text:
            items += [Invariant("symbol", *match.span(), match[0]) for match in _SEPARATOR.finditer(text)]
        items += [Invariant("space", i, i + 1, char) for i, char in enumerate(text) if char in _SPACES
                  and text[i - 1 : i].isdigit()]
    items += [Invariant(NEGATION, *negative, text[slice(*negative)])] if negative else []
    apart: list[Invariant] = []
    for item in sorted(items, key=_leftmost_longest):
        if not apart or item.start >= apart[-1].end:
            apart.append(item)
    return tuple(apart)


def whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The formula around text[start:end], which means nothing in parts; (start, end) where there is none."""
    spans = (match.span() for match in _FORMULA.finditer(text)) if "=" in text else iter(())
    return next((span for span in spans if span[0] <= start and end <= span[1]), (start, end))


def _missing_literals(expected: Sequence[Invariant], target: str) -> list[Invariant]:
    surplus: Counter[str] = Counter()
    missing = []
    for item in expected:
        if item.text not in surplus:
            surplus[item.text] = _count(item, target)
        surplus[item.text] -= 1
        if surplus[item.text] < 0:
            missing.append(item)
    return missing


def _count(item: Invariant, target: str) -> int:
    if item.kind == "space":  # which of them is the language's affair
        return sum(char in _SPACES or char == "\u2009" for char in target)
    if item.kind in ("symbol", "template tag"):
        return target.count(item.text)
    literal = re.escape(item.text)
    before = r"(?<![A-Za-z0-9_])" if item.text[0].isalnum() else ""
    after = r"(?![A-Za-z0-9_])" if item.text[-1].isalnum() else ""
    return len(re.findall(f"{before}{literal}{after}", target))


def _is_negated(item: Invariant, target: str, lang: str) -> bool:
    """Whether target says so too; in a program's text the word itself does."""
    return negation.is_expressed(target, lang) or item.text in target


def _missing_keys(expected: Sequence[Invariant], target: str) -> list[Invariant]:
    """Combinations without one in the target that has as many keys and the same last one, if that is a character."""
    there = [_pressed(match[0]) for match in _COMBINATION.finditer(target)] if expected else []
    missing = []
    for item in expected:
        count, last = _pressed(item.text)
        match = next((keys for keys in there if keys[0] == count and (last is None or keys[1] == last)), None)
        if match is None:
            missing.append(item)
        else:
            there.remove(match)
    return missing


def _is_pressed(combination: str) -> bool:
    """Is one of the keys a modifier, and one not? Two modifiers alone are often one of several markings of systems."""
    modifiers = [_MODIFIER.fullmatch(key.strip()) is not None for key in combination.split("+")]
    return any(modifiers) and not all(modifiers)


def _pressed(combination: str) -> tuple[int, str | None]:
    """(number of keys, the last one where all languages write it alike: S, F5, +)."""
    *_, last = (key.strip() for key in combination.split("+"))
    is_alike = len(last) <= 1 or re.fullmatch(r"[Ff]\d{1,2}", last)
    return combination.count("+") + 1, last.casefold() if is_alike else None


def is_symbol(char: str) -> bool:
    """Whether it is a symbol that no language has words for, mathematical signs included."""
    return char > "~" and char not in _OF_TEXT and unicodedata.category(char) in ("So", "Sm")


def is_picture(char: str) -> bool:
    """Does it choose how the symbol before it looks, or join it with the next?"""
    return char in _PICTURE or "\U0001f3fb" <= char <= "\U0001f3ff"


def _leftmost_longest(item: Invariant) -> tuple[int, int]:
    return item.start, -item.end


def _place(item: Invariant) -> int:
    return item.start
