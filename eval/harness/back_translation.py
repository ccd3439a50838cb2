"""Back-translation of what a language model wrote: how much is kept, why the rest is not, and how it reads.

The model's sentences are recorded; the bundled model of the reverse pair translates them, and people's judgement of its
translations is kept in eval/judged.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eval.harness import recordings, sample
from eval.harness.wmt23_data import Wmt23Task
from mtpipe.config import CallSettings
from mtpipe.errors import InputError, ModelError
from mtpipe.io import json_lines
from mtpipe.llm.client import Caller, open_llm
from mtpipe.synthesis import back_translation
from mtpipe.synthesis.generation import synthesize
from mtpipe.synthesis.recipe import BACK_TRANSLATE, SynthesisRecipe

PAIR = "de-en"
JUDGED = Path("eval/judged")
LABELS = ("good", "small errors", "wrong")
LEAST = (-0.8, -99.0)  # as it is set, and off


@dataclass(frozen=True, slots=True)
class Filtered:
    """What the filters made of the sentences at a minimum score; labels: of the kept ones, as people judged them."""

    least: float
    proposed: int
    kept: int
    refused: Mapping[str, int]
    labels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of each minimum score; waiting: prompts without a recorded answer."""

    filtered: Sequence[Filtered]
    waiting: int
    answers: Sequence[recordings.Row]


def answers_path(folder: Path) -> Path:
    return folder / f"back-translation.{PAIR}.jsonl.xz"


def outcome(task: Wmt23Task, folder: Path = recordings.FOLDER, requests: Path | None = None,
            judged: Path = JUDGED) -> Outcome:  # fmt: skip
    """A sentence for each of the first terms of the seed experiment, kept and refused; raises MtpipeError."""
    answers, labels = answers_path(folder), dict(_labels(judged / f"back-translation.{PAIR}.jsonl"))
    filtered, waiting = [], 0
    with TemporaryDirectory() as scratch:
        glossary, test = Path(scratch, "terms.csv"), sample.write(Path(scratch, "sample"), task)[1]
        terms = sample.terms(sample.segments(task), task.pair)[: sample.FIRST]
        with glossary.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["source", "target"], *([term.source, term.target] for term in terms)])
        for number, least in enumerate(LEAST):
            out = Path(scratch, f"{number}.jsonl")
            recipe = SynthesisRecipe(
                glossary=glossary, out=out, source_lang=PAIR[:2], target_lang=PAIR[-2:], pairs_per_term=1,
                terms_per_call=8, rounds=1, way=BACK_TRANSLATE, min_score=least, exclude=(test,),
            )  # fmt: skip
            options = {"model": recordings.MODEL, "answers": answers, "requests": requests}
            caller = open_llm("batch", options, CallSettings(), Path(scratch, "llm.sqlite"))
            filtered.append(_filtered(recipe, caller, labels))
            waiting = caller.usage.unanswered
    return Outcome(filtered, waiting, recordings.read(answers) if answers.is_file() else [])


def _filtered(recipe: SynthesisRecipe, caller: Caller, labels: Mapping[tuple[str, str], str]) -> Filtered:
    try:
        facts = synthesize(recipe, caller, back=back_translation.translator(recipe)).manifest
        rows = [row for _, row in json_lines.read(recipe.out)]
    except ModelError:  # not one was kept
        facts, rows = {"proposed": 0, "refused": {}}, list[dict[str, Any]]()
    texts = [(row["source"], row["reference"]) for row in rows]
    counts = Counter(labels.get(text, "") for text in texts)
    return Filtered(recipe.min_score, facts["proposed"], len(rows), facts["refused"], counts)


def _labels(path: Path) -> Iterator[tuple[tuple[str, str], str]]:
    """(translation, sentence) → how it was judged; raises InputError."""
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield (row["source"], row["reference"]), row["label"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: no judged translations ({error})") from error
