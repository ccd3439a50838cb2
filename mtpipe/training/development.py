"""How good a model is while it trains, and what training changed: its conversion translates the development text,
plain and annotated; the scores of each set before and after make a table."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mtpipe import plugins
from mtpipe.document.inline_codes import plain_text
from mtpipe.document.segment import Segment, TermMatch
from mtpipe.glossary.model import Term
from mtpipe.languages.tokenization import spans, words
from mtpipe.mt import Draft
from mtpipe.training.material import AlignedPair, AnnotationCandidate

MAX_TERMS = 3  # a segment
GENERIC_LOSS = 1.0  # chrF2++ that generic text may lose before it has to be said aloud

Scores = dict[str, float]
Translate = Callable[[Path, Sequence[Segment]], list[Draft]]


@dataclass(frozen=True, slots=True)
class Development:
    """Development segments: all bare, those with terms of their references, those with a term of another meaning."""

    bare: tuple[Segment, ...]
    annotated: tuple[Segment, ...]
    swapped: tuple[Segment, ...]


def prepare(items: Sequence[AlignedPair], pool: Sequence[str], seed: int = 1) -> Development:
    """The development set of items; pool: terms that a swapped segment may ask for instead of the right one."""
    rng = random.Random(seed)
    bare, annotated, swapped = [], [], []
    for number, item in enumerate(items):
        segment = Segment(str(number), plain_text(item.source), reference=plain_text(item.target))
        bare.append(segment)
        matches = _matches(item, segment)
        if matches:
            annotated.append(replace(segment, matches=matches))
        if matches and (other := _other(rng.choice(matches), item.target, pool, rng)):
            swapped.append(replace(segment, matches=(other,)))
    return Development(tuple(bare), tuple(annotated), tuple(swapped))


def measure(development: Development, folder: Path, translate: Translate, target_lang: str) -> Scores:
    """How the model in folder does; 0…100, shares 0…1.

    chrf, bleu: of all, bare; *_bare, *_annotated: of those with terms, without and with annotation; terms_bare, terms:
    strict term success of these; obeyed: that of terms other than the reference's, translations never seen together.
    """
    scores: Scores = {}
    without = tuple(replace(segment, matches=()) for segment in development.annotated)
    for name, segments, inputs in (
        ("", development.bare, development.bare), ("_bare", development.annotated, without),
        ("_annotated", development.annotated, development.annotated),
    ):  # fmt: skip
        translations = _translated(segments, inputs, folder, translate)
        if translations:
            scores |= {f"{metric}{name}": _score(metric, translations) for metric in ("chrf", "bleu")}
        if translations and name:
            strict = _score("tsr_strict", translations, target_lang=target_lang)
            scores["terms" + name.removesuffix("_annotated")] = strict
    if development.swapped:
        translations = _translated(development.swapped, development.swapped, folder, translate)
        scores["obeyed"] = _score("tsr_strict", translations, target_lang=target_lang)
    return {name: round(value, 4) for name, value in scores.items()}


def _score(metric: str, segments: Sequence[Segment], **languages: str) -> float:
    return plugins.create("metric", metric, languages).score(segments).value


def _translated(
    segments: Sequence[Segment], inputs: Sequence[Segment], folder: Path, translate: Translate
) -> list[Segment]:
    drafts = translate(folder, inputs) if inputs else []
    return [replace(segment, draft=draft.text) for segment, draft in zip(segments, drafts, strict=True)]


def _matches(item: AlignedPair, segment: Segment) -> tuple[TermMatch, ...]:
    """The item's best candidates, entries and longer ones first, as terms of the dictionary form."""
    places = spans(segment.source)
    matches: list[tuple[AnnotationCandidate, TermMatch]] = []
    target = words(segment.reference or "")
    for one in sorted(item.candidates, key=lambda c: (not c.is_entry, c.first - c.last, -c.weight)):
        if len(matches) < MAX_TERMS and all(one.last <= other.first or other.last <= one.first for other, _ in matches):
            start, end = places[one.first][0], places[one.last - 1][1]
            surface = " ".join(target[one.begin:one.end])
            term = Term((segment.source[start:end],), (one.form,), forms=(surface,))
            matches.append((one, TermMatch(term, start, end)))
    return tuple(match for _, match in sorted(matches, key=_by_place))


def _by_place(pair: tuple[AnnotationCandidate, TermMatch]) -> int:
    return pair[0].first


def _other(match: TermMatch, target: str, pool: Sequence[str], rng: random.Random) -> TermMatch | None:
    """The match with another entry of the same ending as its target; None where the pool has none."""
    form = match.term.target
    others = [other for other in pool if other[-2:] == form[-2:] and other.casefold()[:4] not in target.casefold()]
    return replace(match, term=Term(match.term.sources, (rng.choice(others),))) if others else None


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """A trained model folder and how the base and it do on each development set: name → (before, after)."""

    folder: Path
    scores: dict[str, tuple[Scores, Scores]]

    @property
    def generic_loss(self) -> float:
        """chrF2++ that the model lost on generic text; 0 where there was none."""
        before, after = self.scores.get("generic", ({}, {}))
        return before["chrf"] - after["chrf"] if before else 0.0

    @property
    def warning(self) -> str:
        """What must be said aloud; "" if nothing."""
        if self.generic_loss <= GENERIC_LOSS:
            return ""
        return (f"generic text lost {self.generic_loss:.1f} chrF2++: give more generic text, a lower mix or learning "
                "rate, or fewer steps")  # fmt: skip


def table(outcome: TrainingOutcome) -> str:
    """The outcome as a Markdown table: a row for each set, before and after."""
    names = list(dict.fromkeys(key for _, after in outcome.scores.values() for key in after))
    rows = [f"| text | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    for text, (before, after) in outcome.scores.items():
        for when, scores in (("before", before), ("after", after)):
            rows += [f"| {text}, {when} | {' | '.join(_cell(scores.get(name)) for name in names)} |"] if scores else []
    return "\n".join(rows)


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if value <= 1 else f"{value:.2f}"


def line(scores: Mapping[str, Scores]) -> str:
    """The scores of all sets in a line."""
    return "; ".join(f"{name} " + " ".join(f"{key} {value:.2f}" for key, value in each.items())
                     for name, each in scores.items())
