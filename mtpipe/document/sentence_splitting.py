"""Split segments into sentences before translation and join their targets again, losing no character between them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from sentencex import segment as split_text

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code, Segment, TermMatch
from mtpipe.languages.scripts import CJK, CJK_MARKS
from mtpipe.languages.tags import primary_subtag

_CODE = "Ꙍ", "ꙍ"  # a capital and a small letter nobody writes, in the place of codes
_LETTER = re.compile(rf"[^\W\d_{_CODE[0]}{_CODE[1]}]")
_CJK = re.compile(f"[{CJK}{CJK_MARKS}]")
_NUMBER = re.compile(r"\s*[(\[]?\d{1,3}[.)\]]+\s*")  # begins the item that follows it
_OPENING = "“‘„«‹(["
_SPACED = "\u2e80"  # the scripts before it put spaces between sentences
_WINDOW = 20_000
_Span = tuple[int, int]
_Item = TypeVar("_Item", Code, TermMatch)


def spans(text: str, codes: Sequence[Code], lang: str) -> list[_Span]:
    """(start, end) of each sentence of text in language lang (BCP 47), in order, only white space between them.

    No sentence ends inside a code; closing tags belong to the sentence before, opening ones to the one after. A piece
    without a letter (a list number, a lone tag) is no sentence of its own. Unknown languages are split like English.
    """
    plain, offsets = inline.plain(text, codes)
    if not plain.strip():
        return [(0, len(text))] if text else []
    tags = [code for code in codes if code.kind != "alone"]
    tag_starts = [code.start for code in tags]
    sentences: list[_Span] = []
    start = _skip_space(text, 0)
    for before, right in _breaks(_masked(plain, codes), lang):
        last, first = offsets[before - 1] + 1, offsets[right]
        between = tags[bisect_left(tag_starts, last):bisect_left(tag_starts, first)]
        end = _end_of_closing(between, last)
        sentences.append((start, end))
        start = _skip_space(text, end)
    sentences.append((start, len(text.rstrip())))
    return sentences


def split(segment: Segment, lang: str, target_lang: str = "") -> list[Segment]:
    """The sentences of a segment as segments "<id>.<k>", k from 1; the segment itself where it is one sentence.

    A segment with a draft is split only when its draft has as many sentences, code by code the same; else it is kept.
    """
    places = spans(segment.source, segment.codes, lang)
    if len(places) < 2:
        return [segment]
    fields = {"draft": segment.draft, "postedit": segment.postedit, "reference": segment.reference}
    carried = {name: text for name, text in fields.items() if text is not None}
    pieces = {name: _pieces(segment, text, target_lang or lang, len(places)) for name, text in carried.items()}
    if any(pieces[name] is None for name in ("draft", "postedit") if name in pieces):
        return [segment]
    sentences = []
    codes = iter(_shares(segment.codes, places))
    matches = iter(_shares(segment.matches, places))
    for k, (start, end) in enumerate(places):
        draft, postedit, reference = (parts[k] if (parts := pieces.get(name)) else None for name in fields)
        sentences.append(replace(
            segment, id=f"{segment.id}.{k + 1}", source=segment.source[start:end], draft=draft, postedit=postedit,
            reference=reference, alternatives=(), score=None, errors=(), edits=(), notes=segment.notes if not k else (),
            codes=tuple(_shifted(next(codes), -start)), matches=tuple(_shifted(next(matches), -start))))
    if any(text is not None and inline.broken(part.source, part.codes, text)
           for part in sentences for text in (part.draft, part.postedit)):
        return [segment]
    return sentences


def join(segment: Segment, sentences: Sequence[Segment]) -> Segment:
    """The segment with what became of its sentences: targets joined by the white space that stood between them.

    A sentence without a target contributes its source; without any target the segment has none either.
    """
    if len(sentences) == 1 and sentences[0].id == segment.id:
        return sentences[0]
    starts = _starts(segment.source, [part.source for part in sentences])
    joined = replace(
        segment,
        matches=tuple(match for part, start in zip(sentences, starts, strict=True)
                      for match in _shifted(part.matches, start)),
        errors=tuple(error for part in sentences for error in part.errors),
        edits=tuple(edit for part in sentences for edit in part.edits),
        notes=tuple(dict.fromkeys((*segment.notes, *(note for part in sentences for note in part.notes)))),
        origin=sentences[0].origin if len({part.origin for part in sentences}) == 1 else segment.origin,
        score=_mean_score(sentences))
    if all(part.target is None for part in sentences):
        return replace(joined, draft=None, postedit=None)
    drafts = [part.source if part.draft is None else part.draft for part in sentences]
    draft = _joined(segment, sentences, starts, drafts)
    if all(part.postedit is None for part in sentences):
        return replace(joined, draft=draft, postedit=None)
    targets = [part.source if part.target is None else part.target for part in sentences]
    return replace(joined, draft=draft, postedit=_joined(segment, sentences, starts, targets))


def _masked(plain: str, codes: Sequence[Code]) -> str:
    """plain with each alone code as one capitalised word: nothing in it ends a sentence, and it may begin one."""
    pieces: list[str] = []
    position = removed = 0
    for code in codes:
        if code.kind != "alone":
            removed += code.end - code.start
            continue
        start, end = code.start - removed, code.end - removed
        pieces += (plain[position:start], _CODE[0] + _CODE[1] * (end - start - 1))
        position = end
    return "".join((*pieces, plain[position:]))


def _breaks(masked: str, lang: str) -> list[_Span]:
    """(end of a sentence, start of the next one) for every break between two pieces that have letters."""
    breaks: list[_Span] = []
    position = end = 0
    has_word = False  # in the running sentence
    for piece in _scan(masked, primary_subtag(lang) or "en"):
        is_number = _NUMBER.fullmatch(piece) is not None
        start = position + len(piece) - len(piece.lstrip())
        if start == end > 1 and masked[end - 1] in _OPENING and masked[end - 2].isspace():
            # sentencex leaves a sentence's opening quotation mark with the one before
            start, end = end - 1, end - 1
            while end and masked[end - 1].isspace():
                end -= 1
        # com.sun.star is one name: without a space only scripts that write none begin a sentence
        is_apart = start > end or max(masked[end - 1 : start + 1], default="") > _SPACED
        if has_word and is_apart and (is_number or _LETTER.search(piece)):
            breaks.append((end, start))
            has_word = False
        has_word = has_word or _LETTER.search(piece) is not None
        if piece.strip():
            end = position + len(piece.rstrip())
        position += len(piece)
    return breaks if has_word else breaks[:-1]


def _scan(text: str, lang: str) -> Iterator[str]:
    """Lossless pieces of text; in windows, since sentencex takes quadratic time over unclosed quotation marks."""
    begun = position = 0  # where the running piece and the window begin
    while position < len(text):
        window = text[position:position + _WINDOW]
        pieces = split_text(lang, window)
        is_last = position + len(window) == len(text)
        if not is_last and len(pieces) > 1:
            pieces = pieces[:-1]  # it may go on behind the window
        elif not is_last:
            # nobody's sentence: it ends at the last space, or a book without full stops would go on as one piece
            cut = max(window.rfind(space) for space in " \t\n") + 1
            pieces = [window[:cut]] if cut else []
            position += 0 if cut else len(window)
        for piece in pieces:
            position += len(piece)
            yield text[begun:position]
            begun = position


def _end_of_closing(between: Iterable[Code], last: int) -> int:
    """Where the sentence that ends at last really ends: behind the tags that close something opened before."""
    depth = 0
    for code in between:
        if code.kind == "open":
            depth += 1
        elif depth:
            depth -= 1
        else:
            last = code.end
    return last


def _skip_space(text: str, position: int) -> int:
    match = re.compile(r"\s*").match(text, position)
    return match.end() if match else position


def _shares(items: Sequence[_Item], places: Sequence[_Span]) -> list[list[_Item]]:
    """The items of each span, in one pass."""
    shares: list[list[_Item]] = []
    index = 0
    for start, end in places:
        share: list[_Item] = []
        while index < len(items) and items[index].start < end:
            if items[index].start >= start and items[index].end <= end:
                share.append(items[index])
            index += 1
        shares.append(share)
    return shares


def _shifted(items: Iterable[_Item], by: int) -> list[_Item]:
    return [replace(item, start=item.start + by, end=item.end + by) for item in items]


def _pieces(segment: Segment, text: str, lang: str, count: int) -> list[str] | None:
    places = spans(text, inline.locate(segment.source, segment.codes, text), lang)
    return [text[start:end] for start, end in places] if len(places) == count else None


def _starts(text: str, pieces: Iterable[str]) -> list[int]:
    """Where pieces that follow each other with only white space between begin in text."""
    starts, position = [], 0
    for piece in pieces:
        position = _skip_space(text, position)
        starts.append(position)
        position += len(piece)
    return starts


def _joined(segment: Segment, sentences: Sequence[Segment], starts: Sequence[int], targets: Sequence[str]) -> str:
    base, pieces = segment.source, [part.source for part in sentences]
    drafts = [part.draft or "" for part in sentences]
    if segment.draft is not None and "".join(segment.draft.split()) == "".join("".join(drafts).split()):
        base, pieces, starts = segment.draft, drafts, _starts(segment.draft, drafts)  # a draft has its own spaces
    result: list[str] = []
    position = 0
    for k, (piece, start, target) in enumerate(zip(pieces, starts, targets, strict=True)):
        gap = base[position:start]
        # Chinese and Japanese need no space between sentences, their translations do.
        was_cjk, is_cjk = _is_cjk(base[start - 1:start]), _is_cjk(targets[k - 1][-1:]) or _is_cjk(target[:1])
        if k and not gap and was_cjk and not is_cjk:
            gap = " "
        result += (gap, target)
        position = start + len(piece)
    return "".join((*result, base[position:]))


def _is_cjk(character: str) -> bool:
    return _CJK.match(character) is not None


def _mean_score(sentences: Sequence[Segment]) -> float | None:
    """The drafts' scores weighted by length; None when one has none."""
    weights = [len(part.draft or "") for part in sentences]
    scores = [part.score for part in sentences if part.score is not None]
    if len(scores) < len(sentences) or not sum(weights):
        return None
    return sum(score * weight for score, weight in zip(scores, weights, strict=True)) / sum(weights)
