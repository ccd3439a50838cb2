"""What training examples are drawn from: pairs with their word links, and the spans of each that can be annotated.

A glossary's terms that both sides hold are candidates as well, and displace those beside them.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.inline_codes import plain_text
from mtpipe.document.segment import Segment
from mtpipe.glossary.model import Glossary
from mtpipe.languages.lemmatization import lemma
from mtpipe.languages.stop_words import stop_words
from mtpipe.languages.tokenization import spans, words
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher

MIN_LINK = 0.3
LONGEST_SOURCE = 3  # words of a candidate; CJK: characters
LONGEST_TARGET = 4
_BATCH = 20_000  # pairs aligned at a time
_GLOSSARY_WEIGHT = 4.0  # the user's terms come first

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class AnnotationCandidate:
    """Source words first…last (last excluded) that the target words begin…end translate.

    form: the target's dictionary form, as a glossary would have it. weight: how much an annotation of it teaches.
    is_entry: the same two phrases are a whole pair of the corpus elsewhere (a button, a heading).
    """

    first: int
    last: int
    begin: int
    end: int
    form: str
    weight: float
    is_entry: bool


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """A pair, the links of its words ((target word, source words), …; words of the texts without tags), candidates."""

    source: str
    target: str
    links: tuple[tuple[int, tuple[int, ...]], ...]
    candidates: tuple[AnnotationCandidate, ...]


def align_pairs(pairs: Sequence[Pair], lexicon: Lexicon, seed: int = 1) -> list[AlignedPair]:
    """The items of pairs, in order; the lexicon must have learnt from them or from text of their kind.

    Seconds for a thousand pairs, two minutes for 200 000. Memory: about a kilobyte a pair.
    """
    linked = [(pair, links) for pair, links in zip(pairs, _links(pairs, lexicon), strict=True)]
    finder = _Finder(linked, lexicon)
    rng = random.Random(seed)
    return [AlignedPair(*pair, links, finder.candidates(pair, links, rng)) for pair, links in linked]


def with_glossary_terms(items: Sequence[AlignedPair], glossary: Glossary) -> list[AlignedPair]:
    """The items, with a candidate for each of the glossary's terms that both sides hold; it displaces those beside."""
    segments = Matcher(glossary).find([Segment(str(n), plain_text(item.source)) for n, item in enumerate(items)])
    return [_with_terms(item, segment, glossary.target_lang) for item, segment in zip(items, segments, strict=True)]


def _with_terms(item: AlignedPair, segment: Segment, target_lang: str) -> AlignedPair:
    if not segment.matches:
        return item
    target = plain_text(item.target)
    ours, theirs = spans(segment.source), spans(target)
    proofs = {term: list(proof) for term, proof in checker.term_evidence(segment, target, target_lang).items()}
    candidates = []
    for match in segment.matches:
        proof = proofs.get(match.term)
        if proof:
            evidence = proof.pop(0)
            first, last = _touched(ours, match.start, match.end)
            begin, end = _touched(theirs, evidence.start, evidence.end)
            candidates.append(AnnotationCandidate(first, last, begin, end, match.term.target, _GLOSSARY_WEIGHT, True))
    others = (one for one in item.candidates
              if not any(one.first < term.last and term.first < one.last for term in candidates))
    return replace(item, candidates=(*candidates, *others)) if candidates else item


def _touched(places: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    touched = [number for number, (first, last) in enumerate(places) if first < end and start < last]
    return touched[0], touched[-1] + 1


def entries(items: Iterable[AlignedPair]) -> Counter[str]:
    """The dictionary forms that are entries, with how often they can be annotated."""
    return Counter(candidate.form for item in items for candidate in item.candidates if candidate.is_entry)


def _links(pairs: Sequence[Pair], lexicon: Lexicon) -> Iterator[tuple[tuple[int, tuple[int, ...]], ...]]:
    for start in range(0, len(pairs), _BATCH):
        batch = [(plain_text(source), plain_text(target)) for source, target in pairs[start:start + _BATCH]]
        for matrix in lexicon.align(batch):
            yield tuple(_rows(matrix))


def _rows(matrix: np.ndarray) -> Iterator[tuple[int, tuple[int, ...]]]:
    if not matrix.size:
        return
    best = matrix.max(axis=1)
    for row in np.flatnonzero(best >= MIN_LINK):
        columns = np.flatnonzero(matrix[row] >= max(MIN_LINK, 0.6 * best[row]))
        yield int(row), tuple(int(column) for column in columns)


class _Finder:
    """Finds candidates by the words' links; what a phrase is usually translated with comes from all pairs."""

    def __init__(self, linked: Sequence[tuple[Pair, tuple]], lexicon: Lexicon):
        self.source_lang, self.target_lang = lexicon.source_lang, lexicon.target_lang
        self.source_stops, self.target_stops = stop_words(self.source_lang), stop_words(self.target_lang)
        self.forms = lexicon.forms
        self.entry_forms: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.phrases: dict[str, Counter[str]] = defaultdict(Counter)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.totals: Counter[str] = Counter()
        for (source, target), links in linked:
            ours, theirs = words(plain_text(source)), words(plain_text(target))
            keys = self._key(ours, self.source_lang), self._key(theirs, self.target_lang)
            if len(ours) <= LONGEST_SOURCE and len(theirs) <= LONGEST_TARGET and all(map(_is_word, ours + theirs)):
                self.entry_forms[keys][" ".join(theirs)] += 1
            for first, last, begin, end in self._spans(ours, theirs, links):
                ours_key, theirs_key = self._key(ours[first:last], self.source_lang), self._key(
                    theirs[begin:end], self.target_lang)
                self.phrases[theirs_key][" ".join(theirs[begin:end])] += 1
                self.counts[ours_key, theirs_key] += 1
                self.totals[ours_key] += 1

    def candidates(self, pair: Pair, links: tuple, rng: random.Random) -> tuple[AnnotationCandidate, ...]:
        ours, theirs = words(plain_text(pair[0])), words(plain_text(pair[1]))
        candidates = []
        for first, last, begin, end in self._spans(ours, theirs, links):
            keys = self._key(ours[first:last], self.source_lang), self._key(theirs[begin:end], self.target_lang)
            is_entry = keys in self.entry_forms
            if self.counts[keys] < 2 and not is_entry and rng.random() < 0.5:
                continue  # half of what is aligned only once is noise
            surface = theirs[begin:end]
            form = self._form(keys, surface)
            if surface[0].islower() and form[:1].isupper() and form[1:].islower() and rng.random() < 0.6:
                form = form[0].lower() + form[1:]  # "Open" of a button, "open" of a glossary
            share = self.counts[keys] / max(1, self.totals[keys[0]])
            weight = (1.15 - share) * (2 if is_entry else 1) * (1.5 if last - first > 1 else 1)
            candidates.append(AnnotationCandidate(first, last, begin, end, form, round(weight, 2), is_entry))
        return tuple(candidates)

    def _form(self, keys: tuple[str, str], surface: Sequence[str]) -> str:
        if keys in self.entry_forms:
            return self.entry_forms[keys].most_common(1)[0][0]
        if len(surface) > 1:
            return self.phrases[keys[1]].most_common(1)[0][0]
        spelt = [form for form in self.forms.get(keys[1], ()) if form.casefold() == keys[1]]
        return spelt[0] if spelt else surface[0]

    def _spans(self, ours: Sequence[str], theirs: Sequence[str], links: tuple) -> Iterator[tuple[int, int, int, int]]:
        """Phrase pairs consistent with the links, content words at their ends, less than the whole pair."""
        forward: dict[int, set[int]] = defaultdict(set)
        backward = {j: set(sources) for j, sources in links}
        for j, sources in links:
            for i in sources:
                forward[i].add(j)
        for first in range(len(ours)):
            for last in range(first + 1, min(first + LONGEST_SOURCE, len(ours)) + 1):
                if not _is_word(ours[last - 1]):
                    break
                span = self._span(first, last, ours, theirs, forward, backward)
                if span:
                    yield first, last, *span

    def _span(
        self, first: int, last: int, ours: Sequence[str], theirs: Sequence[str], forward: dict[int, set[int]],
        backward: dict[int, set[int]],
    ) -> tuple[int, int] | None:
        edges = (ours[first].casefold(), ours[last - 1].casefold())
        if not self.source_stops.isdisjoint(edges) or (last - first == 1 and len(edges[0]) < 2):
            return None
        reached = set().union(*(forward.get(i, ()) for i in range(first, last)))
        if not reached or any(not forward.get(i) and ours[i].casefold() not in self.source_stops
                              for i in range(first, last)):
            return None
        begin, end = min(reached), max(reached) + 1
        if end - begin > LONGEST_TARGET or (last - first, end - begin) == (len(ours), len(theirs)):
            return None
        phrase = theirs[begin:end]
        if not all(map(_is_word, phrase)) or not self.target_stops.isdisjoint(
                (phrase[0].casefold(), phrase[-1].casefold())):
            return None
        span = range(first, last)
        is_consistent = all(i in span for j in range(begin, end) for i in backward.get(j, ()))
        return (begin, end) if is_consistent else None

    def _key(self, tokens: Sequence[str], lang: str) -> str:
        return " ".join(lemma(token, lang) for token in tokens)


def _is_word(token: str) -> bool:
    return token[0].isalpha() and (len(token) > 1 or token > "\u2e80")
