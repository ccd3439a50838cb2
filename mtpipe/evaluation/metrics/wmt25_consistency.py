"""Consistency of terms as the WMT 2025 terminology task counted it: against what a system itself mostly writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import rate, signature
from mtpipe.evaluation.metrics.wmt25 import holds, items, lemmas, word_lemma
from mtpipe.glossary.model import Term
from mtpipe.languages.tokenization import words

Pseudoreference = Literal["frequent", "first", "predefined"]
_LEAST = 0.3  # weight of a link between two words
_LONGEST = 400  # words of a text that is aligned


class Wmt25Consistency:
    """Share of term occurrences whose translation is the term's pseudo-reference, 0…1.

    An occurrence is an item of a segment. Its translation is one of the item's targets, if the output has one by its
    lemmas, else the words that the lexicon links to the source term; lemmas, lower-cased. The pseudo-reference of a
    source term is its most frequent translation in all segments, its first one, or the predefined target where that
    occurs; what is not translated agrees with nothing. average: over occurrences ("micro") or over pseudo-references
    ("macro"). The task aligned by a commercial model and a neural aligner; lexicon: a folder of `mtpipe corpus
    lexicon`, without which only the items' own targets are seen. An item counts once a segment, so documents (track 2)
    are to be given by sentences, as the task's were.
    """

    name = "consistency_wmt25"
    needs_reference = False

    def __init__(
        self, source_lang: str, target_lang: str, lexicon: Path | None = None,
        pseudoreference: Pseudoreference = "frequent", average: Literal["micro", "macro"] = "micro",
    ):  # fmt: skip
        self._langs, self._kind, self._average = (source_lang, target_lang), pseudoreference, average
        self._lexicon = Lexicon.load(lexicon) if lexicon else None

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        """Depend on the company in which a segment is counted."""
        uses = list(self._uses(segments))
        chosen = self._chosen([use for own in uses for use in own])
        groups = Counter(chosen[term.source] for own in uses for term, _ in own)
        weigh = {group: 1 / (size * len(groups)) for group, size in groups.items()} if self._average == "macro" else {}
        rows = []
        for own in uses:
            weights = [(weigh.get(chosen[term.source], 1.0), chosen[term.source] == text) for term, text in own]
            rows.append((sum(weight for weight, agrees in weights if agrees), sum(weight for weight, _ in weights)))
        return np.array(rows, dtype=float).reshape(-1, 2)

    def score(self, segments: Sequence[Segment]) -> Score:
        aligner = "lexicon" if self._lexicon else "none"
        method = f"pseudoreference:{self._kind}|average:{self._average}|aligner:{aligner}|{signature(*self._langs)}"
        return rate(self.name, self.counts(segments), method, unit="weights" if self._average == "macro" else "items")

    def _chosen(self, uses: Sequence[tuple[Term, str]]) -> dict[str, str]:
        """The pseudo-reference of each source term; a text that no translation is where it has none."""
        texts: dict[str, list[str]] = {}
        predefined: dict[str, list[str]] = {}
        for term, text in uses:
            texts.setdefault(term.source, []).append(text)
            predefined.setdefault(term.source, []).append(lemmas(term.target, self._langs[1]))
        chosen = {}
        for source, own in texts.items():
            best = {
                "frequent": max(sorted(set(own)), key=own.count), "first": own[0],
                "predefined": next((text for text in own if text in predefined[source]), ""),
            }[self._kind]  # fmt: skip
            chosen[source] = best or f"\0{source}"
        return chosen

    def _uses(self, segments: Sequence[Segment]) -> Iterator[list[tuple[Term, str]]]:
        """The items of each segment with their translations, "" for none."""
        listed = [[(term, self._listed(term, segment.target or "")) for term in items(segment)] for segment in segments]
        open_ones = [number for number, own in enumerate(listed) if not all(text for _, text in own)]
        matrices = self._aligned([segments[number] for number in open_ones])
        for number, matrix in zip(open_ones, matrices, strict=True):
            listed[number] = [(term, text or self._linked(term, segments[number], matrix))
                              for term, text in listed[number]]  # fmt: skip
        yield from listed

    def _listed(self, term: Term, target: str) -> str:
        lang = self._langs[1]
        return next((lemmas(form, lang) for form in term.targets if holds(target, form, lang)), "")

    def _aligned(self, segments: Sequence[Segment]) -> Sequence[np.ndarray | None]:
        pairs = [(segment.source, segment.target or "") for segment in segments]
        able = [i for i, pair in enumerate(pairs) if self._lexicon and all(0 < len(words(t)) <= _LONGEST for t in pair)]
        matrices = self._lexicon.align([pairs[i] for i in able]) if self._lexicon and able else []
        by_place = dict(zip(able, matrices, strict=True))
        return [by_place.get(i) for i in range(len(pairs))]

    def _linked(self, term: Term, segment: Segment, matrix: np.ndarray | None) -> str:
        """The target words whose best link goes to the term's place in the source."""
        if matrix is None or not matrix.size:
            return ""
        source = [word_lemma(word, self._langs[0]) for word in words(segment.source)]
        wanted = [word_lemma(word, self._langs[0]) for word in words(term.source)]
        starts = [i for i in range(len(source) - len(wanted) + 1) if wanted and source[i : i + len(wanted)] == wanted]
        places = range(starts[0], starts[0] + len(wanted)) if starts else range(0)
        best, weights = matrix.argmax(axis=1), matrix.max(axis=1)
        linked = [word for j, word in enumerate(words(segment.target or "")) if best[j] in places
                  and weights[j] >= _LEAST and word[0].isalnum()]  # fmt: skip
        return " ".join(word_lemma(word, self._langs[1]) for word in linked)
