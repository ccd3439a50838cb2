"""From a model's hypotheses to drafts with every code in its place, the same for every engine.

A model that knows codes carries them as masks. For others the tags are taken out and put back where attention says
their words went; placeholders go through literally, and where they don't survive they are placed by guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from mtpipe.document import inline_codes, invariants, paired_marks
from mtpipe.document.segment import Code, Segment, TermMatch
from mtpipe.languages import tokenization
from mtpipe.mt import Draft, outer_symbols
from mtpipe.mt.term_annotation import Line, coded_line, plain_line
from mtpipe.terminology import checker

GUESS = "tag position uncertain"
LONGEST_LITERAL = 24  # characters of a placeholder that a model may be shown
_SHOUTED = r"[A-Z][A-Z0-9]+"
_ACRONYM = re.compile(rf"(?<![\w-])(?<![A-Z][ ])[A-Z][A-Z0-9]{{2,}}(?![\w-]|\s{_SHOUTED}(?!\w))")
LONGEST_WORD = 5000  # characters without a space: beyond, it is no language, Chinese included


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """text is None where the model's length limit came before its end.

    looked_at: what its words looked at, [words of text × words of the line], where that was asked for and is known.
    """

    text: str | None
    score: float
    notes: tuple[str, ...] = ()
    looked_at: np.ndarray | None = None


Options = Callable[[Sequence[Segment]], list[list[Draft]]]  # of segments their drafts, best first


class DraftModel(Protocol):
    """What drafts are made with."""

    def hypotheses(
        self, lines: Sequence[Line], sizes: Sequence[int], looks: Container[int] = ()
    ) -> list[list[Hypothesis]]:
        """For each line up to its size of hypotheses, best first, at least one; looks: lines that want looked_at."""
        ...

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[np.ndarray]:
        """As `Decoder.align`."""
        ...


def sparing(segments: Sequence[Segment], options: Options, lang: str) -> list[list[Draft]]:
    """The options of segments without their terms, and with them only where the best one misses one or breaks a code.

    What a model says of itself is better than what it is made to say: on the held-out pages of three bundled pairs by
    .3 to .5 BLEU and up to .4 chrF2++. lang: of the target.
    """
    drafts = options([replace(segment, matches=()) for segment in segments])
    wrong = [
        i for i, segment in enumerate(segments) if segment.matches and checker.check(segment, lang, drafts[i][0].text)
    ]
    for i, again in zip(wrong, options([segments[i] for i in wrong]), strict=True):
        drafts[i] = again
    return drafts


def hide_names(segment: Segment, is_known: Callable[[str], bool]) -> Segment:
    """The segment with the words as codes that have a letter which the model does not know (Łukasz, Champs-Élysées).

    They are names, mostly, and as such the same in the other language; from a letter's bytes a model makes others.
    """
    source = segment.source
    places: list[Code | TermMatch] = [*segment.codes, *segment.matches]
    codes = [Code(start, end) for start, end in tokenization.spans(source)
             if not source[start:end].isascii() and not _is_readable(source[start:end], is_known)
             and not any(place.start < end and start < place.end for place in places)]
    return replace(segment, codes=tuple(sorted((*segment.codes, *codes), key=_place))) if codes else segment


def _is_readable(word: str, is_known: Callable[[str], bool]) -> bool:
    """Whether each letter is known; of writing without letters each character may be a word."""
    return all(not char.isalpha() or tokenization.is_character(char) or is_known(char)
               for char in unicodedata.normalize("NFC", word))


def protecting(
    segments: Sequence[Segment], unprotected: list[list[Draft]], options: Options, others: Options, lang: str
) -> list[list[Draft]]:
    """The unprotected options of segments, and where the best one alters an invariant or lacks an acronym, those made
    with it as a code; behind what still does, the others of the segment.

    Only those: seen as it is, a number tells the model more than a mask does. Taken where they leave fewer errors, and
    never where the model did not write the lost one again: a number that alignment puts between words hides that what
    was said of it is lost.
    """
    protected = {i: coded for i, (segment, drafts) in enumerate(zip(segments, unprotected, strict=True))
                 if (coded := _protected(segment, drafts[0].text, lang)) is not None}
    wrong = []
    for i, again in zip(protected, options(list(protected.values())), strict=True):
        before, after = (_faults(segments[i], drafts[0].text, lang) for drafts in (unprotected[i], again))
        is_better = after < before and not again[0].is_filled
        unprotected[i] = again if is_better else unprotected[i]
        wrong += [i] if after or not is_better else []
    for i, more in zip(wrong, others([segments[i] for i in wrong]), strict=True):
        unprotected[i] = [*unprotected[i], *more]
    return unprotected


def pairing(
    segments: Sequence[Segment], drafts: list[list[Draft]], options: Options, lang: str
) -> list[list[Draft]]:
    """The drafts of segments; where the best one has a bracket or quotation mark without its other half and its source
    has none such, the first of the options without comes first, if it has no more faults."""
    lone = [i for i, segment in enumerate(segments) if _has_lone(segment, drafts[i][0].text) and not _has_lone(segment)]
    for i, more in zip(lone, options([segments[i] for i in lone]), strict=True):
        most = _faults(segments[i], drafts[i][0].text, lang)
        whole = [draft for draft in more if draft.text and not _has_lone(segments[i], draft.text)
                 and not draft.is_filled and _faults(segments[i], draft.text, lang) <= most]  # fmt: skip
        drafts[i] = whole[:1] + drafts[i]
    return drafts


def _has_lone(segment: Segment, target: str | None = None) -> bool:
    """Whether the target, or else the source, has a lone mark outside its codes."""
    source, codes = segment.source, segment.codes
    text, places = (source, codes) if target is None else (target, inline_codes.locate(source, codes, target))
    return paired_marks.has_lone(inline_codes.blotted(text, places)[0])


def _faults(segment: Segment, target: str, lang: str) -> int:
    return len(checker.check(segment, lang, target)) + len(_lost_acronyms(segment.source, target))


def _lost_acronyms(source: str, target: str) -> list[tuple[int, int]]:
    """Where source has an acronym (GIMP, CMYK) that target lacks. People keep 19 of 20; a model takes one that it has
    not seen for another. Words in capitals side by side shout, and are no acronyms."""
    return [match.span() for match in _ACRONYM.finditer(source) if match[0] not in target]


def _protected(segment: Segment, target: str, lang: str) -> Segment | None:
    """The segment with the invariants and acronyms that target lacks as codes, formulas as one; None where it lacks
    none. A lost negation is none to copy."""
    lost = checker.altered(segment, target, lang) if target else []
    lost = [item for item in lost if item.kind != invariants.NEGATION]
    spans = dict.fromkeys(invariants.whole(segment.source, item.start, item.end) for item in lost)
    spans |= dict.fromkeys(_lost_acronyms(segment.source, target) if target else [])
    taken: list[Code | TermMatch] = [*segment.codes, *segment.matches]
    codes: list[Code] = []
    for start, end in spans:
        if not any(place.start < end and start < place.end for place in (*taken, *codes)):
            codes.append(Code(start, end))
    return replace(segment, codes=tuple(sorted((*segment.codes, *codes), key=_place))) if codes else None


def _place(code: Code) -> int:
    return code.start


def make(segments: Sequence[Segment], sizes: Sequence[int], model: DraftModel, shape: str | None) -> list[list[Draft]]:
    """For each segment up to its size of drafts, best first, at least one; shape: of the masks the model knows, if any.

    Segments without a letter outside their codes are copied, symbols around a text stay around it. text "" where there
    is no translation.
    """
    frames = [outer_symbols.cut(segment) for segment in segments]
    drafts = _make([segment for _, segment, _ in frames], sizes, model, shape)
    return [[replace(draft, text=f"{before}{draft.text}{after}") if draft.text else draft for draft in options]
            for (before, _, after), options in zip(frames, drafts, strict=True)]


def _make(segments: Sequence[Segment], sizes: Sequence[int], model: DraftModel, shape: str | None) -> list[list[Draft]]:
    drafts = [[Draft(segment.source)] for segment in segments]
    todo = [i for i, segment in enumerate(segments) if _has_words(segment)]
    if shape:
        lines = [coded_line(segments[i], shape) for i in todo]
        options = model.hypotheses(lines, [sizes[i] for i in todo])
        for i, hypotheses in zip(todo, options, strict=True):
            drafts[i] = unmasked(segments[i], hypotheses, shape)
        todo = [i for i in todo if not drafts[i]]
    for is_bare in (False, True):
        now = [i for i in todo if is_bare or _goes_literally(segments[i])]
        subset = [segments[i] for i in now]
        looks = frozenset(k for k, segment in enumerate(subset) if _has_tags(segment) and not is_bare)
        lines = [plain_line(segment, is_bare) for segment in subset]
        options = model.hypotheses(lines, [sizes[i] for i in now], looks)
        for i, options_of_one in zip(now, _placed(subset, options, model, is_bare), strict=True):
            drafts[i] = options_of_one
        complete = {i for i in now if not inline_codes.broken(segments[i].source, segments[i].codes, drafts[i][0].text)}
        todo = [i for i in todo if i not in complete]
    return drafts


def unmasked(segment: Segment, hypotheses: Sequence[Hypothesis], shape: str) -> list[Draft]:
    """Drafts of the hypotheses in which every code came back intact, around words where it was, and not alone."""
    if not segment.codes:
        return [_draft(segment, hypothesis, hypothesis.text or "") for hypothesis in hypotheses]
    literals = inline_codes.literals(segment.source, segment.codes)
    drafts = []
    for hypothesis in hypotheses:
        text = inline_codes.unmask(hypothesis.text or "", literals, shape)
        text = text and inline_codes.spaced(segment.source, segment.codes, text)
        if text and _says_something(segment, text) and not _misses_codes(segment, text):
            drafts.append(_draft(segment, hypothesis, text))
    return drafts


def _misses_codes(segment: Segment, text: str) -> bool:
    """Whether a code is lost or out of place, or a pair around nothing: alignment then knows better than the model."""
    source, codes = segment.source, segment.codes
    return bool(inline_codes.broken(source, codes, text)) or inline_codes.hollow(source, codes, text)


def _says_something(segment: Segment, text: str) -> bool:
    bare = inline_codes.mask(text, inline_codes.locate(segment.source, segment.codes, text), " ")
    return any(char.isalnum() for char in bare)


def _placed(
    segments: Sequence[Segment], options: Sequence[Sequence[Hypothesis]], model: DraftModel, is_bare: bool
) -> list[list[Draft]]:
    """Drafts of hypotheses made without tags (bare: without any code), with the codes that they lack put back."""
    drafts = [[_draft(s, h, h.text or "") for h in hypotheses] for s, hypotheses in zip(segments, options, strict=True)]
    asks = [
        (i, k) for i, segment in enumerate(segments) if is_bare or _has_tags(segment)
        for k, hypothesis in enumerate(options[i])
        if hypothesis.text and inline_codes.broken(segment.source, segment.codes, hypothesis.text)
    ]  # fmt: skip
    unseen = [(i, k) for i, k in asks if options[i][k].looked_at is None]
    plains = [inline_codes.plain(segments[i].source, segments[i].codes)[0] for i, _ in unseen]
    pairs = [(plain, options[i][k].text or "") for plain, (i, k) in zip(plains, unseen, strict=True)]
    matrices = dict(zip(unseen, model.align(pairs), strict=True))
    for i, k in asks:
        matrix = matrices.get((i, k), options[i][k].looked_at)
        assert matrix is not None
        is_guess = is_bare or not matrix.any()
        places = matrix if matrix.any() else _diagonal(*matrix.shape)
        text = inline_codes.project(segments[i].source, segments[i].codes, options[i][k].text or "", places.tolist())
        draft = _draft(segments[i], options[i][k], text, (GUESS,) if is_guess else ())
        drafts[i][k] = replace(draft, is_filled=_lacks_words(segments[i], options[i][k].text or ""))
    return drafts


def _lacks_words(segment: Segment, text: str) -> bool:
    """Whether text lacks a code that stands for itself, unlike tags."""
    alone = [code for code in segment.codes if code.kind == "alone"]
    return bool(inline_codes.broken(segment.source, alone, text))


def _draft(segment: Segment, hypothesis: Hypothesis, text: str, notes: tuple[str, ...] = ()) -> Draft:
    """The text as a draft, with the white space around the source around it."""
    source = segment.source
    start, end = len(source) - len(source.lstrip()), len(source.rstrip())
    spaced = f"{source[:start]}{text.strip()}{source[end:]}" if text.strip() else ""
    return Draft(spaced, hypothesis.score, notes=hypothesis.notes + notes)


def _diagonal(rows: int, columns: int) -> np.ndarray:
    """An alignment for a pair that the model can't look at: words in order, each at its share of the way."""
    matrix = np.zeros((rows, columns), dtype=np.float32)
    if rows and columns:
        matrix[np.arange(rows), np.arange(rows) * columns // rows] = 1
    return matrix


def _has_words(segment: Segment) -> bool:
    """Whether anything outside its codes needs a translation: no letters, or only blobs of data, is copied."""
    words = plain_line(segment, is_bare=True).text.split()
    return any(len(word) < LONGEST_WORD and any(map(str.isalpha, word)) for word in words)


def _goes_literally(segment: Segment) -> bool:
    """Whether a model may be shown the codes that stand alone: from markup and long ones it only learns to stammer."""
    alone = (segment.source[code.start : code.end] for code in segment.codes if code.kind == "alone")
    return all(len(literal) <= LONGEST_LITERAL and not literal.startswith("<") for literal in alone)


def _has_tags(segment: Segment) -> bool:
    return any(code.kind != "alone" for code in segment.codes)
