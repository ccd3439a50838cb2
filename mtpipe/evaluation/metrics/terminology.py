"""Term metrics of the project's own, all by the evidence of `terminology.checker`; those of the shared tasks are in
wmt23.py and wmt25.py. Segments must have their matches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from mtpipe import __version__
from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import count_shares, rate, signature
from mtpipe.evaluation.metrics.string_based import Chrf
from mtpipe.glossary.model import Term
from mtpipe.languages.lemmatization import tokens
from mtpipe.terminology import checker
from mtpipe.terminology.inflected_match import Evidence

Places = frozenset[tuple[int, int]]  # of a term in the source

_NO_BASELINE = (
    "no baseline meets all terms of a segment; it is a translation without the glossary, or drafts with postedits"
)


class StrictTermSuccess:
    """Share of required terms in the targets, 0…1: whole words, compounds included, as often as in the source.

    A term's share is min(1, times in the target / times in the source). value is nan when no term is required.
    """

    name = "tsr_strict"
    needs_reference = False

    def __init__(self, target_lang: str):
        self._lang = target_lang

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return count_shares(
            [min(1.0, len(evidence[term]) / len(matches)) for term, matches in checker.required(segment).items()]
            for segment in segments
            for evidence in [checker.term_evidence(segment, segment.target or "", self._lang)]
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:words|{signature(self._lang)}")


class AllTerms:
    """Share of the segments with required terms whose targets hold each of them as often as the source does, 0…1.

    One miss spoils a segment for its reader.
    """

    name = "all_terms"
    needs_reference = False

    def __init__(self, target_lang: str):
        self._lang = target_lang

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return count_shares(
            [_has_all_terms(segment, segment.target or "", self._lang)] if checker.required(segment) else []
            for segment in segments
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:words|{signature(self._lang)}", "segments")


class ExclusiveTermSuccess(StrictTermSuccess):
    """Share of required terms in the targets, 0…1, where no words count for two terms.

    As tsr_strict, but each stretch of the target serves one term, and stretches do not overlap: *Tabelle* in
    *Pivot-Tabelle* is no *table* where both are asked for. Of all ways to share out the stretches, one that serves most
    occurrences counts. Terms on the same words of the source are alternatives and share theirs.
    """

    name = "tsr_exclusive"

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return count_shares(self._shares(segment) for segment in segments)

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:words|exclusive|{signature(self._lang)}")

    def _shares(self, segment: Segment) -> list[float]:
        required = checker.required(segment)
        evidence = checker.term_evidence(segment, segment.target or "", self._lang)
        places = {term: frozenset((match.start, match.end) for match in matches) for term, matches in required.items()}
        spans = {(item.start, item.end) for items in evidence.values() for item in items}
        takers = {span: {places[term] for term, items in evidence.items()
                         if any((item.start, item.end) == span for item in items)} for span in spans}  # fmt: skip
        served = Counter(_most_served([(*span, takers[span]) for span in sorted(spans)]))
        return [min(1.0, served[places[term]] / len(matches)) for term, matches in required.items()]


def _most_served(stretches: Sequence[tuple[int, int, set[Places]]]) -> tuple[Places, ...]:
    """The places that disjoint stretches (start, end, whose they may be; in order) serve at most, each as often as it
    has occurrences."""

    @lru_cache(None)
    def best(index: int, free_from: int, served: tuple[Places, ...]) -> tuple[Places, ...]:
        if index == len(stretches):
            return served
        start, end, takers = stretches[index]
        choices = [best(index + 1, free_from, served)]
        if start >= free_from:
            choices += [best(index + 1, end, _with(served, taker)) for taker in sorted(takers, key=sorted)
                        if served.count(taker) < len(taker)]  # fmt: skip
        return max(choices, key=len)

    return best(0, 0, ())


def _with(served: tuple[Places, ...], taker: Places) -> tuple[Places, ...]:
    """In one order, whatever came first: equal states are looked at once."""
    return tuple(sorted((*served, taker), key=sorted))


class ExactInflection:
    """Share of the terms' occurrences in the references whose very form, but for case, the targets have, 0…1.

    How often an inflected term is inflected as the reference's translator did: a right term in a wrong case counts for
    tsr_strict and not here. Only terms that the reference itself has are counted.
    """

    name = "exact_inflection"
    needs_reference = True

    def __init__(self, target_lang: str):
        self._lang = target_lang

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        rows = []
        for segment in segments:
            reference, target = (self._forms(segment, text or "") for text in (segment.reference, segment.target))
            hits = sum((forms & target[term]).total() for term, forms in reference.items())
            rows.append((hits, sum(forms.total() for forms in reference.values())))
        return np.array(rows, dtype=float).reshape(-1, 2)

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:forms|case:lc|{signature(self._lang)}",
                    none="no reference has a required term")  # fmt: skip

    def _forms(self, segment: Segment, text: str) -> dict[Term, Counter[str]]:
        evidence = checker.term_evidence(segment, text, self._lang)
        return {term: Counter(text[item.start : item.end].casefold() for item in items)
                for term, items in evidence.items()}  # fmt: skip


class Verbatim:
    """Share of the words of required terms' preferred targets that the segment's target holds unchanged but for case.

    0…1; to be compared with the references' own rate: far above it, terms are pasted where they should be inflected.
    Value is nan when no term is required.
    """

    name = "verbatim"
    needs_reference = False

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return count_shares(
            [
                word in words
                for term in checker.required(segment)
                for word in (token.casefold() for token, _, _ in tokens(term.target) if token[0].isalnum())
            ]
            for segment in segments
            for words in [{token.casefold() for token, _, _ in tokens(self._text(segment))}]
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"case:lc|mtpipe:{__version__}", "words")

    def _text(self, segment: Segment) -> str:
        return segment.target or ""


class ReferenceVerbatim(Verbatim):
    """The references' own rate, which that of a translation is to be compared with."""

    name = "verbatim_reference"
    needs_reference = True

    def _text(self, segment: Segment) -> str:
        return segment.reference or ""


class Overuse:
    """Share of required terms that the target uses more often than the source asks, 0…1, the lower the better.

    A repair that pastes, or a model that was taught to, says them where nobody asked. What is part of a longer term
    does not count, and terms of the same target may each use it. Human translations repeat a term for a pronoun now and
    then: compare with the references' rate.
    """

    name = "overuse"
    needs_reference = False

    def __init__(self, target_lang: str):
        self._lang = target_lang

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return count_shares(
            [_is_overused(term, evidence, required) for term in required]
            for segment in segments
            for evidence in [checker.term_evidence(segment, segment.target or "", self._lang)]
            for required in [{term: len(matches) for term, matches in checker.required(segment).items()}]
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:words|{signature(self._lang)}")


class Consistency:
    """Share of the occurrences of repeated terms that have their document's most frequent target for the term, 0…1.

    A term is repeated if a document's sources hold it more than once; the document is what an id says before "#".
    Inflections of a target are one, the accepted targets of a term are several; an occurrence with none of them agrees
    with no other. A segment's counts depend on the company it is counted in (Semenov and Bojar 2022).
    """

    name = "consistency"
    needs_reference = False

    def __init__(self, target_lang: str):
        self._lang = target_lang

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        uses: list[dict[tuple[str, Term], Counter[str]]] = [dict(self._uses(segment)) for segment in segments]
        totals: dict[tuple[str, Term], Counter[str]] = {}
        for own in uses:
            for key, targets in own.items():
                totals.setdefault(key, Counter()).update(targets)
        usual = {key: max((form for form in targets if form), key=lambda form: (targets[form], form), default="")
                 for key, targets in totals.items() if targets.total() > 1}  # fmt: skip
        return np.array([
            (sum(targets[usual[key]] for key, targets in own.items() if usual.get(key)),
             sum(targets.total() for key, targets in own.items() if key in usual))
            for own in uses
        ], dtype=float).reshape(-1, 2)  # fmt: skip

    def score(self, segments: Sequence[Segment]) -> Score:
        method = f"match:words|by:document|{signature(self._lang)}"
        return rate(self.name, self.counts(segments), method, none="no term is required twice in a document")

    def _uses(self, segment: Segment) -> Iterator[tuple[tuple[str, Term], Counter[str]]]:
        """((document, term), how often each of its targets stands for it, "" for those that none stands for)."""
        document = segment.id.rpartition("#")[0]
        for term, matches in checker.required(segment).items():
            targets = Counter[str]()
            for index, form in enumerate(term.targets):
                one = replace(term, targets=(form,), forms=() if index else term.forms)
                remaining = len(matches) - targets.total()
                targets[form] += min(remaining, len(checker.locate(segment, one, segment.target or "", self._lang)))
            targets[""] = len(matches) - targets.total()
            yield (document, term), targets


class _AlreadyRight:
    """What a glossary costs where it has nothing to mend: segments that had all their terms without it.

    baseline: targets by segment id, of the same system without the glossary; without one, the drafts of a set in
    which segments have a postedit: what the repair had before it.
    """

    def __init__(self, target_lang: str, baseline: Mapping[str, str] | None = None):
        self._lang = target_lang
        self._baseline = baseline
        self._method = f"baseline:{'drafts' if baseline is None else 'given'}|match:words|{signature(target_lang)}"

    def _baselines(self, segments: Sequence[Segment]) -> list[str | None]:
        """Each segment's baseline, None where there is none or it misses a term."""
        if self._baseline is not None:
            return [self._if_right(segment, self._baseline.get(segment.id)) for segment in segments]
        is_repaired = any(segment.postedit is not None for segment in segments)
        return [self._if_right(segment, segment.draft if is_repaired else None) for segment in segments]

    def _if_right(self, segment: Segment, text: str | None) -> str | None:
        is_right = text is not None and checker.required(segment) and _has_all_terms(segment, text, self._lang)
        return text if is_right else None


class RightChanged(_AlreadyRight):
    """Share of the segments whose baseline had every term that were changed all the same, 0…1."""

    name = "right_changed"
    needs_reference = False

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        baselines = zip(segments, self._baselines(segments), strict=True)
        return count_shares([] if old is None else [old != (segment.target or "")] for segment, old in baselines)

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), self._method, "segments", _NO_BASELINE)


class RightChrf(_AlreadyRight):
    """chrF2++ of the targets less that of the baseline, over the segments whose baseline had every term."""

    name = "right_chrF2++"
    needs_reference = True

    def score(self, segments: Sequence[Segment]) -> Score:
        baselines = zip(segments, self._baselines(segments), strict=True)
        pairs = [(segment, old) for segment, old in baselines if old is not None]
        method = f"segments:{len(pairs)}|{self._method}"
        if not pairs:
            return Score(self.name, float("nan"), method, _NO_BASELINE)
        chrf = Chrf()
        after = chrf.score([segment for segment, _ in pairs])
        before = chrf.score([replace(segment, draft=old, postedit=None) for segment, old in pairs])
        return Score(self.name, after.value - before.value, f"{method}|{after.signature}")


def _has_all_terms(segment: Segment, text: str, lang: str) -> bool:
    """Whether text holds each required term as often as the segment's source does."""
    evidence = checker.term_evidence(segment, text, lang)
    return all(len(evidence[term]) >= len(matches) for term, matches in checker.required(segment).items())


def _is_overused(term: Term, evidence: dict[Term, list[Evidence]], required: dict[Term, int]) -> bool:
    spans = {other: [(item.start, item.end) for item in items] for other, items in evidence.items()}
    everything = [span for places in spans.values() for span in places]
    alone = [(start, end) for start, end in spans[term]
             if not any(s <= start and end <= e and e - s > end - start for s, e in everything)]
    return len(alone) > sum(count for other, count in required.items() if set(spans[other]) & set(spans[term]))
