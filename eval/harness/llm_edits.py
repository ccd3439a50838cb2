"""Recorded edits of a language model taken through the repair chain and the guard: what calls gain, what is refused.

The model was asked once, with the project's own prompt, for every draft with errors; here its answers come from a file.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.harness import damage
from eval.harness.repair import METRICS
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.scoring import evaluate
from mtpipe.io import json_lines
from mtpipe.postedit import guard
from mtpipe.postedit.confidence import CERTAIN
from mtpipe.postedit.editor import Candidate, Tools, Unusable
from mtpipe.postedit.ladder import postedit
from mtpipe.postedit.lexical_substitution import Substitution
from mtpipe.terminology import checker

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)  # of the segments with errors that the LLM sees
SEEDS = (1, 2, 3)  # of the random orders

_VERDICTS = Path(__file__).parents[1] / "guard_verdicts.py"

Judge = Callable[[Sequence[tuple[str, str]]], list[str]]  # (id of a draft, text in its place) → a guard's verdicts


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


def refusals_table(answered: Answered, wrong: set[str], earlier: Judge | None = None) -> str:
    """Markdown: the verdicts on right answers, and how many answers damaged in each way are let through.

    wrong: answers that are not right. earlier: another version's guard, to be compared with.
    """
    segments = {segment.id: segment for segment in answered.wrong()}
    right = {id: text for id, text in answered.answers.items() if id not in wrong and id in segments}

    def now(texts: Sequence[tuple[str, str]]) -> list[str]:
        return [guard.judge(segments[id], text, answered.lang, lexicon=answered.lexicon) for id, text in texts]

    judges = {"now": now, **({"the first version's": earlier} if earlier else {})}
    lines = []
    for name, judge in judges.items():
        verdicts = dict(zip(right, judge(list(right.items())), strict=True))
        refused = {id: reason for id, reason in verdicts.items() if reason != guard.ACCEPTED}
        by_reason = "; ".join(f"{reason}: {count}" for reason, count in Counter(refused.values()).most_common())
        lines += [f"Right answers, the guard {name}: {len(right)}, refused: {len(refused)} "
                  f"({len(refused) / len(right):.1%}) {by_reason}".rstrip(),
                  *(f"- {id}: {reason}" for id, reason in refused.items())]  # fmt: skip
    heads = "".join(f" {name} |" for name in judges)
    lines += ["", f"| worse answers let through, made of the right ones |{heads}", "|---|" + "---:|" * len(judges)]
    lines += [f"| {name} | {row}" for name, row in _let_through(segments, right, list(judges.values()))]
    return "\n".join(lines) + "\n"


def _let_through(
    segments: Mapping[str, Segment], right: Mapping[str, str], judges: Sequence[Judge]
) -> Iterator[tuple[str, str]]:
    """(kind of damage, the rest of its row), all texts judged at once."""
    all_texts = ((name, damage.texts(name, segments, right)) for name in damage.DAMAGES)
    made = {name: texts for name, texts in all_texts if texts}
    texts = [item for texts in made.values() for item in texts.items()]
    verdicts = [iter(judge(texts)) for judge in judges]
    for name, texts_by_id in made.items():
        passed = [sum(verdict == guard.ACCEPTED for verdict in islice(of_judge, len(texts_by_id)))
                  for of_judge in verdicts]  # fmt: skip
        yield name, " ".join(f"{count} of {len(texts_by_id)} |" for count in passed)


def checkout_judge(checkout: Path, drafts: Path, source_lang: str, target_lang: str) -> Judge:
    """The guard of another checkout of mtpipe, in a process of its own."""

    def judge(texts: Sequence[tuple[str, str]]) -> list[str]:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "texts.jsonl"
            json_lines.write(path, ({"id": id, "text": text} for id, text in texts))
            command = [sys.executable, str(_VERDICTS), str(drafts), str(path), source_lang, target_lang]
            done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(checkout)}, capture_output=True,
                                  text=True, check=False)  # fmt: skip
        if done.returncode:
            raise InputError(f"{checkout}: its guard could not be asked: {done.stderr.strip().splitlines()[-1]}")
        return done.stdout.split()

    return judge
