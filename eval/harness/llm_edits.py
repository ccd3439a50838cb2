"""Recorded edits of a language model taken through the repair chain and the guard: what calls gain, what is refused.

The model was asked once, with the project's own prompt, for every draft with errors; here its answers come from a file.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.harness.repair import METRICS
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Segment
from mtpipe.evaluation.scoring import evaluate
from mtpipe.io import json_lines
from mtpipe.languages.tokenization import spans
from mtpipe.postedit import guard
from mtpipe.postedit.confidence import CERTAIN
from mtpipe.postedit.editor import Candidate, Tools, Unusable
from mtpipe.postedit.ladder import postedit
from mtpipe.postedit.lexical_substitution import Substitution
from mtpipe.terminology import checker

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)  # of the segments with errors that the LLM sees
SEEDS = (1, 2, 3)  # of the random orders


class Recorded:
    """Editor that proposes what is recorded for a segment, by its id; as long as the draft is as it was."""

    def __init__(self, candidates: Mapping[str, Sequence[Candidate]], ids: Iterable[str] | None = None):
        self._candidates, self._ids = candidates, None if ids is None else set(ids)

    def propose(self, segments: Sequence[Segment]) -> list[Sequence[Candidate]]:
        return [self._candidates.get(segment.id, ()) if segment.postedit is None and (
            self._ids is None or segment.id in self._ids) else () for segment in segments]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answered:
    """The drafts up to the last one that was answered, the answers, and what substitution proposes, by id."""

    segments: Sequence[Segment]
    answers: Mapping[str, str]
    substitutions: Mapping[str, Sequence[Candidate]]
    source_lang: str
    lang: str
    lexicon: Lexicon

    @classmethod
    def of(
        cls, segments: Sequence[Segment], answers: Mapping[str, str], lang: str, lexicon: Lexicon, source_lang: str
    ) -> Answered:
        last = max(i for i, segment in enumerate(segments) if segment.id in answers)
        seen = segments[: last + 1]
        wrong = [segment for segment in seen if segment.errors]
        proposals = Substitution(Tools(source_lang, lang, lexicon=lexicon)).propose(wrong)
        by_id = {segment.id: candidates for segment, candidates in zip(wrong, proposals, strict=True)}
        return cls(seen, answers, by_id, source_lang, lang, lexicon)

    def wrong(self) -> list[Segment]:
        return [segment for segment in self.segments if segment.errors]

    def confidence(self, segment: Segment) -> float:
        """Of the repair without an LLM, the uncertain one where a part of it is; 0 where a term has none."""
        candidates = self.substitutions[segment.id]
        best = next((each for each in candidates if isinstance(each, Unusable)), next(iter(candidates), ""))
        text = best.text if isinstance(best, Unusable) else str(best)
        is_whole = bool(text) and not checker.check(segment, self.lang, text)
        return getattr(best, "confidence", None) or 0.0 if is_whole else 0.0

    def repaired(self, ids: Iterable[str]) -> list[Segment]:
        """The chain with the LLM for these segments first, and certain replacements for all that it leaves."""
        answers = {id: (text,) for id, text in self.answers.items()}
        methods = [("llm", Recorded(answers, ids)), ("substitution", Recorded(self.substitutions))]
        return postedit(self.segments, methods, self.lang, lexicon=self.lexicon)


def read(path: Path) -> dict[str, str]:
    """The edits by the id of their draft."""
    return {row["id"]: row["edit"] for _, row in json_lines.read(path)}


def calls_table(answered: Answered) -> str:
    """Markdown: success, chrF2++ and BLEU by how many segments the LLM sees, the least certain first or at random."""
    wrong = answered.wrong()
    by_need = [segment.id for segment in sorted(wrong, key=lambda one: (answered.confidence(one), -len(one.errors)))]
    uncertain = sum(answered.confidence(segment) < CERTAIN for segment in wrong)
    lines = [f"{len(answered.segments)} drafts, {len(wrong)} with errors, {uncertain} without a certain repair.",
             "Success, chrF2++, BLEU by what the LLM sees, the rest by certain replacements:", "",
             "| of those with errors | calls per 1 000 segments | least certain first | random order (mean of three) |",
             "|---:|---:|---|---|"]  # fmt: skip
    known: dict[tuple[str, ...], tuple[float, ...]] = {}
    for share in sorted({*SHARES, uncertain / len(wrong)}):
        count = round(share * len(wrong))
        chosen = _scores(answered, by_need[:count], known)
        others = [_scores(answered, random.Random(seed).sample(by_need, count), known) for seed in SEEDS]
        mean = [sum(values) / len(others) for values in zip(*others)]
        calls = 1000 * count / len(answered.segments)
        lines.append(f"| {share:.0%} | {calls:.0f} | {_words(chosen)} | {_words(mean)} |")
    return "\n".join(lines) + "\n"


def _scores(
    answered: Answered, ids: Sequence[str], known: dict[tuple[str, ...], tuple[float, ...]]
) -> tuple[float, ...]:
    key = tuple(sorted(ids))
    if key not in known:
        scores = evaluate(answered.repaired(ids), answered.source_lang, answered.lang, METRICS)
        known[key] = tuple(score.value for score in scores)
    return known[key]


def _words(values: Sequence[float]) -> str:
    return f"{values[0]:.3f}, {values[1]:.1f}, {values[2]:.1f}"


# answers that are worse than the right one: (segment, right answer, another segment's answer, chance) → text
_Damage = Callable[[Segment, str, str, random.Random], str]


def _without_word(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    words = answer.split()
    del words[chance.randrange(len(words))]
    return " ".join(words)


def _without_half(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    return answer[: len(answer) // 2]


def _pasted(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    return f"{segment.target} {', '.join(error.expected[0] for error in segment.errors)}"


def _twice(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    return f"{answer} {answer}"


def _with_source(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    return f"{answer} ({segment.source})"


def _letters(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    place = chance.choice(spans(answer) or [(0, 0)])
    word = "".join(chance.choices("bcdfgklmnprstvxz", k=max(4, place[1] - place[0])))
    return answer[: place[0]] + word + answer[place[1] :]


DAMAGES: dict[str, _Damage] = {
    "the source as it is": lambda segment, answer, other, chance: segment.source,
    "another segment's answer": lambda segment, answer, other, chance: other,
    "the first half": _without_half, "the terms behind the draft": _pasted, "the answer twice": _twice,
    "the source behind it": _with_source, "a word of letters by chance": _letters, "a word left out": _without_word,
}  # fmt: skip


def refusals_table(answered: Answered, wrong: set[str]) -> str:
    """Markdown: the verdicts on right answers, and how many answers damaged in each way are let through."""
    segments = {segment.id: segment for segment in answered.wrong()}
    right = {id: text for id, text in answered.answers.items() if id not in wrong and id in segments}

    def verdict(id: str, text: str) -> str:
        return guard.judge(segments[id], text, answered.lang, lexicon=answered.lexicon)

    verdicts = {id: verdict(id, text) for id, text in right.items()}
    refused = {id: reason for id, reason in verdicts.items() if reason != guard.ACCEPTED}
    by_reason = "; ".join(f"{reason}: {count}" for reason, count in Counter(refused.values()).most_common())
    share = len(refused) / len(right)
    lines = [f"Right answers: {len(right)}, refused: {len(refused)} ({share:.1%}) {by_reason}".rstrip(),
             *(f"- {id}: {reason}" for id, reason in refused.items()), "",
             "| worse answers, made of the right ones | let through |", "|---|---:|"]  # fmt: skip
    ids = list(right)
    for name, damage in DAMAGES.items():
        texts = [damage(segments[id], right[id], right[ids[i - 1]], random.Random(id)) for i, id in enumerate(ids)]
        passed = sum(verdict(id, text) == guard.ACCEPTED for id, text in zip(ids, texts, strict=True))
        lines.append(f"| {name} | {passed} of {len(ids)} |")
    return "\n".join(lines) + "\n"
