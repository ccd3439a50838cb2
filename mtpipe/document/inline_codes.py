"""Inline codes: take them out of a text, mask them, check them in a target and put them back where their words went.

A code is a literal substring of the source; targets hold the same literals. Pure functions over values.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right, insort_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Protocol

from mtpipe.document.placeholders import find
from mtpipe.document.segment import Code
from mtpipe.document.tag_projection import Alignment, Span, merge_words, place_tags
from mtpipe.languages import tokenization

__all__ = ["blotted", "broken", "find", "has_words", "literals", "locate", "mask", "occurrences", "pairs", "plain",
           "plain_target", "plain_text", "project", "protect", "unmask"]  # fmt: skip

_BLOT = "\ufffc"  # stands for each character of a code; a token by itself in every language
_NO_BREAK = re.compile("([0-9]+(?:[.,][0-9]+)*)([\u00a0\u202f\u2007])(?=\\S)")
_LETTER = re.compile(r"[^\W\d_]")


class Coded(Protocol):
    """What has a source text with codes: a segment, or a piece of a file that becomes one."""

    @property
    def source(self) -> str: ...

    @property
    def codes(self) -> Sequence[Code]: ...


def literals(text: str, codes: Iterable[Code]) -> list[str]:
    """The codes' own text, in their order."""
    return [text[code.start:code.end] for code in codes]


def protect(text: str, codes: Sequence[Code], patterns: Iterable[re.Pattern[str]]) -> tuple[Code, ...]:
    """The codes, and as ones that stand alone what the patterns match beside them."""
    more: list[Code] = []
    for pattern in patterns:
        for match in pattern.finditer(text):
            start, end = match.span()
            if start < end and not any(code.start < end and start < code.end for code in (*codes, *more)):
                more.append(Code(start, end))
    return tuple(sorted((*codes, *more), key=_start)) if more else tuple(codes)


def _start(code: Code) -> int:
    return code.start


def has_words(text: str, codes: Iterable[Code]) -> bool:
    """Is there a letter outside the codes, anything to translate?"""
    position = 0
    for code in codes:
        if _LETTER.search(text, position, code.start):
            return True
        position = code.end
    return _LETTER.search(text, position) is not None


def pairs(codes: Sequence[Code]) -> dict[int, int]:
    """Index of each "open" → index of its "close"; one without the other (cut by a sentence end) is not in it."""
    closed_by, stack = {}, []
    for index, code in enumerate(codes):
        if code.kind == "open":
            stack.append(index)
        elif code.kind == "close" and stack:
            closed_by[stack.pop()] = index
    return closed_by


class Tag(Protocol):
    """What opens, closes or stands alone, by name."""

    @property
    def kind(self) -> str: ...

    @property
    def name(self) -> str: ...


def partners(tags: Sequence[Tag]) -> dict[int, int]:
    """Index of each tag with a partner of its name → the partner's, both ways; what stays open inside has none."""
    partner: dict[int, int] = {}
    stack: list[int] = []
    is_open: Counter[str] = Counter()
    for i, tag in enumerate(tags):
        if tag.kind == "open":
            stack.append(i)
            is_open[tag.name] += 1
        elif tag.kind == "close" and is_open[tag.name]:
            while True:
                opener = stack.pop()
                is_open[tags[opener].name] -= 1
                if tags[opener].name == tag.name:
                    break
            partner[opener], partner[i] = i, opener
    return partner


def plain(text: str, codes: Iterable[Code]) -> tuple[str, Sequence[int]]:
    """(text without "open" and "close" codes, offsets); offsets[i] is plain character i's index in text.

    Alone codes stay. offsets has len(plain) + 1 entries, the last one is len(text).
    """
    pieces, offsets, position = [], array("L"), 0
    for code in codes:
        if code.kind != "alone":
            pieces.append(text[position:code.start])
            offsets.extend(range(position, code.start))
            position = code.end
    pieces.append(text[position:])
    offsets.extend(range(position, len(text) + 1))
    return "".join(pieces), offsets


def plain_text(text: str) -> str:
    """text without the tags that `find` sees in it; placeholders stay."""
    return plain(text, find(text))[0]


def plain_target(source: Coded, target: str) -> str:
    """target without the "open" and "close" codes of its source, wherever they stand in it."""
    return plain(target, locate(source.source, source.codes, target))[0]


def blotted(text: str, codes: Sequence[Code]) -> tuple[str, Sequence[int]]:
    """(text without tags and with its other codes blotted out, the place of each character in text)."""
    if not codes:
        return text, range(len(text) + 1)
    pieces, position = [], 0
    for code in codes:
        if code.kind == "alone":
            pieces += [text[position : code.start], _BLOT * (code.end - code.start)]
            position = code.end
    return plain("".join((*pieces, text[position:])), codes)


def mask(text: str, codes: Iterable[Code], shape: str) -> str:
    """text with code k (from 1) replaced by shape.format(k)."""
    pieces: list[str] = []
    position = 0
    for number, code in enumerate(codes, 1):
        pieces += (text[position:code.start], shape.format(number))
        position = code.end
    return "".join((*pieces, text[position:]))


def unmask(text: str, code_literals: Sequence[str], shape: str) -> str | None:
    """text with each mask replaced by its code, or None when one is lost, doubled or unknown."""
    before, after = (re.escape(part) for part in shape.split("{}"))
    parts = re.split(rf"{before}\s{{0,3}}(\d{{1,6}})\s{{0,3}}{after}", text)
    numbers = [int(number) for number in parts[1::2]]
    if sorted(numbers) != list(range(1, len(code_literals) + 1)):
        return None
    parts[1::2] = [code_literals[number - 1] for number in numbers]
    return "".join(parts)


def spaced(source: str, codes: Sequence[Code], target: str) -> str:
    """target with the spaces beside its codes where the source has them.

    A code glued to a word or another code is set off if the source sets it off (words of unspaced scripts may touch
    it); spaces on the inner side of a tag move to its outer side if the source has none there: "* file*" would be no
    emphasis. A no-break space behind a number comes back where the target has the number and a space.
    """
    apart = {(source[c.start:c.end], c.kind): (source[:c.start][-1:].isspace(), source[c.end:c.end + 1].isspace())
             for c in codes}
    located = locate(source, codes, target)
    for number in reversed(range(len(located))):
        code = located[number]
        literal, before, after = target[code.start:code.end], target[:code.start], target[code.end:]
        is_after_space, is_before_space = apart.get((literal, code.kind), (False, False))
        if code.kind == "open" and not is_before_space and after.strip() and after[0].isspace():
            after = after.lstrip()
            before += " " if _is_glued(before[-1:]) else ""
        if code.kind == "close" and not is_after_space and before.strip() and before[-1].isspace():
            before = before.rstrip()
            after = f" {after}" if _is_glued(after[:1]) else after
        before += " " if is_after_space and _is_glued(before[-1:]) else ""
        last = located[number - 1] if number else code
        is_apart = apart.get((target[last.start:last.end], last.kind), (False, False))[1]
        before += " " if is_after_space and is_apart and last.end == code.start else ""
        after = f" {after}" if is_before_space and _is_glued(after[:1]) else after
        target = f"{before}{literal}{after}"
    for match in _NO_BREAK.finditer(source):
        figure = re.escape(match[1])
        target = re.sub(rf"(?<![\d.,]){figure} (?=\S)", lambda place: place[0][:-1] + match[2], target, count=1)
    return target


def _is_glued(char: str) -> bool:
    return char.isalnum() and char < "\u2e80"


def occurrences(text: str, code_literals: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Spans of the literals in text, left to right, the longest one where several begin."""
    vocabulary = frozenset(code_literals) - {""}
    if not vocabulary:
        return
    lengths = sorted({len(literal) for literal in vocabulary}, reverse=True)
    position = 0
    for match in re.finditer("[" + re.escape("".join(sorted({literal[0] for literal in vocabulary}))) + "]", text):
        start = match.start()
        if start < position:
            continue
        for length in lengths:
            if (literal := text[start:start + length]) in vocabulary:
                position = start + len(literal)  # which the text's end may have made shorter
                yield start, position
                break


def locate(source: str, codes: Sequence[Code], target: str) -> tuple[Code, ...]:
    """The source's codes where they stand in target, with the kinds they have there."""
    if not codes:
        return ()
    nesting = _Nesting(source, codes)
    return tuple(Code(start, end, nesting.step(target[start:end]))
                 for start, end in occurrences(target, literals(source, codes)))


def broken(source: str, codes: Sequence[Code], target: str) -> list[str]:
    """Literals lost, doubled or wrongly nested in target, in source order; empty when the codes are intact.

    A literal that is ordinary text elsewhere in the source may occur in the target up to as often as in the source.
    """
    if not codes:
        return []
    expected = literals(source, codes)
    readings = [source[start:end] for start, end in occurrences(source, expected)]
    most = Counter(readings)
    least = Counter(expected) & most  # codes that touch may read as others: only what can be found again is asked for
    literals_there = [target[start:end] for start, end in occurrences(target, expected)]
    counts = Counter(literals_there)
    wrong = [literal for literal in least
             if not least[literal] <= counts[literal] <= most[literal]]
    if wrong or literals_there in (expected, readings):
        return wrong
    nesting = _Nesting(source, codes)
    for literal in literals_there:
        nesting.step(literal)
    return nesting.wrong()


def hollow(source: str, codes: Sequence[Code], target: str) -> bool:
    """Whether tags that stand around words of the source stand around none in the target, where all of them are."""
    return bool(_filled(source, codes) - _filled(target, locate(source, codes, target)))


def _filled(text: str, codes: Sequence[Code]) -> Counter[str]:
    """How often each opening tag stands around words, be there other tags between."""
    closed_by = pairs(codes)
    if not closed_by:
        return Counter()
    gaps = (text[left.end:right.start] for left, right in zip(codes, codes[1:]))
    words = [0, *accumulate(any(map(str.isalnum, gap)) for gap in gaps)]  # gaps with words before each code
    return Counter(text[codes[opener].start:codes[opener].end]
                   for opener, closer in closed_by.items() if words[closer] > words[opener])  # fmt: skip


class _Nesting:
    """Follows a target's codes, literal by literal, and knows which halves of pairs end up out of place."""

    def __init__(self, source: str, codes: Sequence[Code]):
        texts = literals(source, codes)
        closed_by = pairs(codes)
        self.couples = {(texts[opener], texts[closer]) for opener, closer in closed_by.items()}
        self.uncertain = self._uncertain(source, codes, texts)
        closers = set(closed_by.values())
        certain = [(i, code.kind) for i, code in enumerate(codes) if texts[i] not in self.uncertain]
        self.opening = {texts[i] for i, kind in certain if kind == "open"}
        self.ends = [texts[i] for i, kind in certain if kind == "close" and i not in closers]
        self.begins = [texts[i] for i, kind in certain if kind == "open" and i not in closed_by]
        self.stack: list[str] = []
        self.ended = 0
        self.misplaced: list[str] = []

    def _uncertain(self, source: str, codes: Sequence[Code], texts: list[str]) -> set[str]:
        """Literals that are only counted: alone codes, text that looks like a code, and the other halves of both."""
        counts = Counter(texts)
        occurring = Counter(source[start:end] for start, end in occurrences(source, texts))
        uncertain = {text for text, code in zip(texts, codes, strict=True) if code.kind == "alone"}
        uncertain |= {text for text in counts if occurring[text] != counts[text]}
        while more := {text for couple in self.couples for text in couple if uncertain & set(couple)} - uncertain:
            uncertain |= more
        return uncertain

    def step(self, literal: str) -> str:
        """The kind of the next code."""
        if literal in self.uncertain:
            return "alone"
        if self.stack and (self.stack[-1], literal) in self.couples:
            self.stack.pop()
            return "close"
        if not self.stack and self.ends[self.ended:self.ended + 1] == [literal]:
            self.ended += 1
            return "close"
        if literal in self.opening:
            self.stack.append(literal)
            return "open"
        self.misplaced.append(literal)
        return "close"

    def wrong(self) -> list[str]:
        """Halves that closed nothing and those never closed; [] when all is as in the source."""
        left_open = [] if self.stack == self.begins else self.stack or self.begins
        return list(dict.fromkeys(self.misplaced + self.ends[self.ended:] + left_open))


def project(source: str, codes: Sequence[Code], target_plain: str, alignment: Sequence[Sequence[float]]) -> str:
    """target_plain with the source's codes put back where the words they marked went, each once and well nested.

    target_plain is the translation of `plain(source, codes)[0]`; alignment is a matrix of target words × source words
    (`words.spans` of the two plain texts) in any scale and may be empty. Alone codes that target_plain kept stay
    where they are, surplus ones are dropped, lost ones go where the word before them went.
    """
    text, _ = plain(source, codes)
    expected = literals(source, codes)
    source_words = tokenization.spans(text)
    target_words, rows = merge_words(target_plain, list(occurrences(target_plain, expected)), alignment)
    moved = Alignment(rows, len(source_words))
    events = [(position, 0, expected[index])
              for position, index in place_tags(codes, source_words, target_words, moved)]
    surplus, lost = _surplus_and_lost(codes, expected, text, target_plain)
    offsets = _plain_offsets(codes)
    gaps = [(offsets[index], offsets[index] + len(expected[index])) for index in lost]
    is_lost = [any(start < gone_end and gone_start < end for gone_start, gone_end in gaps)
               for start, end in source_words]
    for index in lost:
        event = _insertion(source, codes[index], offsets[index], source_words, is_lost, moved, target_words)
        insort_right(events, event, key=_by_place)
    characters = list(target_plain)
    for start, end in surplus:
        is_between_spaces = target_plain[start - 1:start] == " " and target_plain[end:end + 1] in ("", " ")
        characters[start - is_between_spaces:end] = [""] * (end - start + is_between_spaces)
    pieces: list[str] = []
    position = 0
    for at, _, literal in events:
        pieces += (*characters[position:at], literal)
        position = at
    return "".join((*pieces, *characters[position:]))


def _plain_offsets(codes: Sequence[Code]) -> list[int]:
    """Where each code stands in the plain text."""
    offsets, removed = [], 0
    for code in codes:
        offsets.append(code.start - removed)
        removed += 0 if code.kind == "alone" else code.end - code.start
    return offsets


def _by_place(event: tuple[int, int, str]) -> tuple[int, int]:
    return event[:2]


def _surplus_and_lost(codes: Sequence[Code], expected: list[str], text: str,
                      target: str) -> tuple[list[Span], list[int]]:
    """(spans in target of code literals the source has no use for, indices of alone codes that target lacks)."""
    need = Counter(literal for literal, code in zip(expected, codes, strict=True) if code.kind == "alone")
    allowed = Counter(text[start:end] for start, end in occurrences(text, expected)) | need
    surplus, counts = [], Counter[str]()
    for start, end in occurrences(target, expected):
        literal = target[start:end]
        if counts[literal] < allowed[literal]:
            counts[literal] += 1
        else:
            surplus.append((start, end))
    lost = []
    for index, code in enumerate(codes):
        if code.kind == "alone":
            if counts[expected[index]] <= 0:
                lost.append(index)
            counts[expected[index]] -= 1
    return surplus, lost


def _insertion(source: str, code: Code, offset: int, source_words: list[Span], is_lost: Sequence[bool],
               moved: Alignment, target_words: list[Span]) -> tuple[int, int, str]:
    """(offset in the target, order among codes there, text) that puts back a code the translation lost."""
    literal = source[code.start:code.end]
    after = bisect_left(source_words, (offset + len(literal), 0))
    before = bisect_right(source_words, (offset, 0)) - 1
    while after < len(source_words) and is_lost[after]:
        after += 1
    while before >= 0 and is_lost[before]:
        before -= 1
    if not target_words:
        return 0, 1, literal
    if before >= 0:
        space = " " if source[code.start - 1:code.start].isspace() else ""
        return target_words[moved.place(before)][1], 1, space + literal
    space = " " if source[code.end:code.end + 1].isspace() else ""
    place = target_words[moved.place(after)][0] if after < len(source_words) else target_words[0][0]
    return place, -1, literal + space
