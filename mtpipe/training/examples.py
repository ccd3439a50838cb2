"""Training examples drawn from items: annotated and masked anew each time, as the translator will feed them."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from mtpipe.document import inline_codes
from mtpipe.document.segment import Code
from mtpipe.languages.tokenization import spans
from mtpipe.mt.term_annotation import Line
from mtpipe.training.material import AlignedPair, AnnotationCandidate, entries

Owners = list[int]  # for each character the word it belongs to; -1: none; -2 - k: the mask of code k
_NO_WORD = -1


@dataclass(frozen=True, slots=True)
class Shares:
    """How often an example is masked, annotated, given another term than its translation has, and changed as in
    `augmentation` (0…1)."""

    coded: float = 0.4
    annotated: float = 0.65
    swapped: float = 0.35
    augmented: float = 0.0


Augment = Callable[[AlignedPair, random.Random], AlignedPair]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Source and target as the model reads them, whose word each character is, and the links of the words."""

    source: str
    target: str
    source_owners: Owners
    target_owners: Owners
    links: tuple[tuple[int, tuple[int, ...]], ...]


class Drawer:
    """Draws examples; items lend each other their entries, so that a model learns to obey instead of to remember."""

    def __init__(
        self, items: Iterable[AlignedPair], annotation: tuple[str, str, str], code: str, shares: Shares = Shares(),
        augment: Augment | None = None,
    ):  # fmt: skip
        self.annotation, self.code, self.shares, self.augment = annotation, code, shares, augment
        self.pool: dict[tuple[int, bool, str], list[str]] = defaultdict(list)
        for form, count in sorted(entries(items).items()):
            if count > 1 and len(form) > 2:
                self.pool[_kind(form)].append(form)

    def draw(self, item: AlignedPair, rng: random.Random) -> Drawn:
        """One example of the item."""
        if self.augment and rng.random() < self.shares.augmented:
            item = self.augment(item, rng)
        candidates = self._candidates(item, rng) if item.candidates and rng.random() < self.shares.annotated else []
        target_text, target_spans = _words(item.target)
        if candidates and rng.random() < self.shares.swapped:
            target_text, target_spans, candidates = self._swap(target_text, target_spans, candidates, rng)
            return self._render(item, target_text, target_spans, (), candidates)
        if rng.random() < self.shares.coded and (numbers := _numbers(item)):
            return self._render(item, *_words(item.target, with_codes=True), numbers, candidates)
        return self._render(item, target_text, target_spans, (), candidates)

    def _candidates(self, item: AlignedPair, rng: random.Random) -> list[AnnotationCandidate]:
        """One to three candidates that share no word."""
        pool, candidates = list(item.candidates), list[AnnotationCandidate]()
        count = rng.choices((1, 2, 3), (5, 3, 2))[0]
        while pool and len(candidates) < count:
            one = rng.choices(pool, [candidate.weight for candidate in pool])[0]
            candidates.append(one)
            pool = [other for other in pool if (other.last <= one.first or one.last <= other.first)
                    and (other.end <= one.begin or one.end <= other.begin)]
        return sorted(candidates, key=lambda candidate: candidate.first)

    def _swap(
        self, text: str, places: list[tuple[int, int]], candidates: list[AnnotationCandidate], rng: random.Random
    ) -> tuple[str, list[tuple[int, int]], list[AnnotationCandidate]]:
        """Another entry of the same shape in place of one that stands in the target in its dictionary form."""
        for index, one in enumerate(candidates):
            start, end = places[one.begin][0], places[one.end - 1][1]
            others = self.pool.get(_kind(one.form), ())
            if text[start:end] == one.form and len(others) > 1 and start > 0:
                other = rng.choice(others)
                text = text[:start] + other + text[end:]
                moved = len(other) - (end - start)
                places = [(s, e) if e <= start else (start, start + len(other)) if s < end else (s + moved, e + moved)
                          for s, e in places]
                return text, places, [*candidates[:index], replace(one, form=other), *candidates[index + 1:]]
        return text, places, candidates

    def _render(
        self, item: AlignedPair, target: str, target_spans: Sequence[tuple[int, int]],
        numbers: Sequence[tuple[int, int]], candidates: Sequence[AnnotationCandidate],
    ) -> Drawn:
        """numbers: (source code, target code) that carry the same mask; empty where codes are not masked."""
        source, source_spans = _words(item.source, with_codes=bool(numbers))
        source_codes, target_codes = (inline_codes.find(text) if numbers else () for text in (source, target))
        masks = tuple((code.start, code.end, self.code.format(k)) for k, code in enumerate(source_codes, 1))
        marks = ((source_spans[c.first][0], source_spans[c.last - 1][1], c.form) for c in candidates)
        clear = tuple(mark for mark in marks if not any(s < mark[1] and mark[0] < e for s, e, _ in masks))
        line = Line(source, clear, masks)
        origins = line.origins(self.annotation)
        owners = _owners(source, source_spans, source_codes, range(len(source_codes)))
        target_line = Line(target, (), tuple((target_codes[t].start, target_codes[t].end, self.code.format(s + 1))
                                             for s, t in sorted(numbers, key=lambda pair: pair[1])))
        places = target_line.origins(None)
        order = [s for s, _ in sorted(numbers, key=lambda pair: pair[1])]
        target_owners = _owners(target, target_spans, target_codes, order)
        text = line.render(self.annotation)
        return Drawn(text, target_line.render(None), _only_kept(text, source, origins, owners),
                     [target_owners[place] for place in places[:-1]], item.links)


def _words(text: str, with_codes: bool = False) -> tuple[str, list[tuple[int, int]]]:
    """(text, spans of its words); words are always counted in the text without tags."""
    codes = inline_codes.find(text)
    bare, offsets = inline_codes.plain(text, codes)
    places = spans(bare)
    return (text, [(offsets[s], offsets[e - 1] + 1) for s, e in places]) if with_codes else (bare, places)


def _numbers(item: AlignedPair) -> list[tuple[int, int]]:
    """Which target code carries which source code's mask; [] when their literals differ."""
    ours, theirs = (inline_codes.literals(text, inline_codes.find(text)) for text in (item.source, item.target))
    if not ours or Counter(ours) != Counter(theirs):
        return []
    free: dict[str, list[int]] = defaultdict(list)
    for number, literal in enumerate(ours):
        free[literal].append(number)
    return [(free[literal].pop(0), number) for number, literal in enumerate(theirs)]


def _owners(text: str, places: Sequence[tuple[int, int]], codes: Sequence[Code], numbers: Sequence[int]) -> Owners:
    """Whose each character is, with one more for the end; numbers: the mask of each code."""
    owners = [_NO_WORD] * (len(text) + 1)
    for word, (start, end) in enumerate(places):
        owners[start:end] = [word] * (end - start)
    for code, number in zip(codes, numbers, strict=True):
        owners[code.start:code.end] = [-2 - number] * (code.end - code.start)
    return owners


def _only_kept(text: str, source: str, origins: Sequence[int], owners: Owners) -> Owners:
    """Owners of the rendered text; what an annotation adds belongs to no word: links point at the source term."""
    owned: Owners = []
    reached = 0
    for place, char in zip(origins[:-1], text, strict=True):
        owner = owners[place]
        if owner <= -2:  # a mask stands at its code's start
            owned.append(owner)
        elif place >= reached and source[place] == char:
            owned.append(owner)
            reached = place + 1
        else:
            owned.append(_NO_WORD)
    return owned


def _kind(form: str) -> tuple[int, bool, str]:
    """Entries of one kind can stand for each other: as many words, the same case, the same ending."""
    return form.count(" "), form[:1].isupper(), form[-2:]


def owner_of(piece: tuple[int, int], owners: Owners) -> int:
    """The first word (or mask) that a piece's characters belong to; -1: none."""
    return next((owner for owner in owners[piece[0]:piece[1]] if owner != _NO_WORD), _NO_WORD)


def piece_links(drawn: Drawn, sources: Sequence[tuple[int, int]], targets: Sequence[tuple[int, int]]) -> list:
    """[(target piece, [source pieces])] for the spans of a drawn example's pieces, from the links of its words."""
    by_owner: dict[int, list[int]] = defaultdict(list)
    for number, piece in enumerate(sources):
        by_owner[owner_of(piece, drawn.source_owners)].append(number)
    links = dict(drawn.links)
    links_of_pieces = []
    for number, piece in enumerate(targets):
        owner = owner_of(piece, drawn.target_owners)
        reached = (owner,) if owner <= -2 else links.get(owner, ()) if owner >= 0 else ()
        origin = [source for word in reached for source in by_owner.get(word, ())]
        if origin:
            links_of_pieces.append((number, origin))
    return links_of_pieces
