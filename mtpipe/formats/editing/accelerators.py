"""Accelerator keys in program texts ("_File", "&Edit", "~View", "開く(_O)"): taken out of texts, put on translations."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from mtpipe.document.segment import Code
from mtpipe.languages.scripts import CJK, CJK_MARKS, HANGUL, SOUTH_EAST_ASIAN

MARKS = "_&~"
_LONGEST = 100  # characters: longer texts are no labels
_ENOUGH = 3, 0.005  # labels with a mark that make it this catalogue's, and which share of all texts
_WORD = re.compile(r"[^\W\d_]+")
_NAME = re.compile(r"\b[A-Z]+&[A-Z]\b")  # R&D, AT&T
_UNSPACED = re.compile(f"[{SOUTH_EAST_ASIAN}{CJK}{CJK_MARKS}{HANGUL}]")
_APPENDED = re.compile(r"\s?\(([_&~])\w\)")  # how East Asian translations add a key
# What is no key in a text that stands alone: R&D is a name, &amp; and &#9; are characters, ~/bin is a place, MY_HOME
# and get_name( are identifiers.
_NOT_KEYS = {
    "&": re.compile(r"\b[A-Z]+&[A-Z]\b|&#?\w+;|[?]\w+=|&&"),
    "~": re.compile(r"~[/\d]|`"),
    "_": re.compile(r"[A-Z\d]_[A-Z\d]|__|_\w*\(|[/<>=$%`{@]|[a-z]\.[a-z]|`"),
}  # fmt: skip
_MOST_WORDS = 12  # of a text that stands alone; menus are short
_ENDING = re.compile(r"\s*(?:\.{3}|…|[:：])?\s*\Z")


@dataclass(frozen=True, slots=True)
class Key:
    """mark stood before letter ("" where there was no key); is_doubled: the text spells a plain mark twice."""

    mark: str
    letter: str
    is_doubled: bool


def words(texts: Iterable[str]) -> frozenset[str]:
    """The catalogue's words: what tells "E_xit" from "file_name"."""
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text))


def marks(texts: Sequence[str]) -> str:
    """The marks that these texts use for their keys: LibreOffice's have two."""
    enough = max(min(_ENOUGH[0], len(texts) / 10), len(texts) * _ENOUGH[1])
    return "".join(mark for mark in MARKS if sum(_begins_word(text, mark) for text in texts) >= max(1, enough))


def without_key(text: str, codes: Sequence[Code], marks: str,
                known: Collection[str]) -> tuple[str, tuple[Code, ...], Key | None]:
    """(text without its key's mark and with plain marks single, its codes there, the key; None for no marks at all)."""
    is_free = [True] * len(text)
    for code in codes:
        is_free[code.start:code.end] = [False] * (code.end - code.start)
    for mark in marks:
        places = [at for at in _places(text, mark, known) if is_free[at]]
        doubled = [match.start() for match in re.finditer(re.escape(mark * 2), text) if is_free[match.start()]]
        single = sum(text[at] == mark for at in range(len(text)) if is_free[at]) - 2 * len(doubled)
        if places and single == 1 or doubled:
            break
    else:
        return text, tuple(codes), None
    key = Key(mark, text[places[0] + 1] if places and single == 1 else "", bool(doubled))
    own = range(0)  # "(_F)" behind a text is nothing but its key
    if key.letter:
        appended = next((match for match in _APPENDED.finditer(text) if places[0] in range(*match.span())), None)
        own = range(*appended.span()) if appended else range(places[0], places[0] + 1)
    gone = frozenset((*doubled, *own))
    rest = "".join(character for i, character in enumerate(text) if i not in gone)
    moved = tuple(replace(code, start=code.start - sum(at < code.start for at in gone),
                          end=code.end - sum(at < code.start for at in gone)) for code in codes)
    return rest, moved, key


def with_key(target: str, codes: Sequence[Code], key: Key) -> str:
    """target with its plain marks doubled if the source's were, and with the key.

    On the same letter at the beginning of a word, on that letter, or on the first letter of the first word; behind
    the text, as "(_F)", in scripts that are not typed letter by letter.
    """
    is_free = [True] * len(target)
    for code in codes:
        is_free[code.start:code.end] = [False] * (code.end - code.start)
    place = _best(target, is_free, key.letter) if key.letter else None
    pieces = [c * 2 if key.is_doubled and free and c == key.mark else c for c, free in zip(target, is_free)]
    if place is not None:
        pieces[place] = key.mark + pieces[place]
    elif key.letter:
        end = _ENDING.search(target)
        assert end is not None
        pieces.insert(end.start(), f"({key.mark}{key.letter.upper()})")
    return "".join(pieces)


def without_keys(source: str, target: str) -> tuple[str, str]:
    """Both texts of a pair that stands alone without the mark of a key; what only looks like one stays."""
    for sign in MARKS:
        if sign not in source and sign not in target:
            continue
        ours, theirs = (_mark(text, sign) for text in (source, target))
        if (ours or theirs) and not _is_identifier(source, ours, target, theirs):
            source, target = (_cut(text, mark) for text, mark in ((source, ours), (target, theirs)))
    return source, target


def _mark(text: str, sign: str) -> re.Match[str] | None:
    """The only place of the sign in a short text that could be a key."""
    if len(text.split()) > _MOST_WORDS:
        return None
    appended = [match for match in _APPENDED.finditer(text) if match[1] == sign]
    places = appended or list(re.finditer(rf"{sign}(?=[^\W_])", text))
    is_other = not appended and _NOT_KEYS[sign].search(text)
    return places[0] if len(places) == 1 and text.count(sign) == 1 and not is_other else None


def _is_identifier(source: str, ours: re.Match[str] | None, target: str, theirs: re.Match[str] | None) -> bool:
    """Is the marked word alike in both languages, or marked inside in one of them only: my_name?"""
    if ours and theirs:
        pair = _marked_word(source, ours), _marked_word(target, theirs)
        return pair[0] == pair[1] and not pair[0].startswith(ours[0]) and "_" in pair[0]
    text, mark = (source, ours) if ours else (target, theirs)
    assert mark
    return mark[0] == "_" and text[:mark.start()][-1:].isalnum()


def _marked_word(text: str, mark: re.Match[str]) -> str:
    before, after = text[:mark.start()].split(" "), text[mark.start():].split(" ")
    return before[-1] + after[0]


def _cut(text: str, mark: re.Match[str] | None) -> str:
    return text[:mark.start()] + text[mark.end():] if mark else text


def _begins_word(text: str, mark: str) -> bool:
    if len(text) > _LONGEST or "\n" in text or text.count(mark) != 1:
        return False
    return re.search(rf"(?<![\w'\"`]){mark}(?=[^\W_])(?!\w{{1,31}};)", text) is not None


def _places(text: str, mark: str, vocabulary: Collection[str]) -> list[int]:
    """Where a key may be: at a mark before a word, or within what would be a word without it."""
    if len(text) > _LONGEST or "\n" in text or mark == "&" and _NAME.search(text):
        return []
    places = []
    for match in re.finditer(rf"(?<!['\"`{mark}]){mark}(?=[^\W_])(?!\w{{1,31}};)", text):
        before = re.search(r"\w*\Z", text[:match.start()])
        after = re.match(r"\w*", text[match.end():])
        assert before is not None and after is not None
        word = before[0] + after[0]
        if not before[0] or word.isalpha() and (mark == "&" or word.istitle() or word.lower() in vocabulary):
            places.append(match.start())
    return places


def _best(target: str, is_free: Sequence[bool], letter: str) -> int | None:
    places = [i for i, free in enumerate(is_free) if free and target[i].isalnum()]
    same = [i for i in places if target[i].casefold() == letter.casefold()]
    first = [i for i in places if not (i and target[i - 1].isalnum())]
    typed = [i for i in first if not _UNSPACED.match(target[i])]
    return next(iter([i for i in same if i in first] or same or typed), None)
