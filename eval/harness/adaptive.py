"""Translation by a language model whose prompts adapt to each sentence: what the pairs and dictionary lines bring.

The model's answers are recorded. The sample is drawn by a seed; the memory holds the rest of the test set, so that
nearest pairs are of the same field, sometimes of the same text.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eval.harness import recordings
from eval.harness.replay import PROMPTS
from eval.harness.wmt23_data import Wmt23Task
from mtpipe.config import CallSettings
from mtpipe.document.segment import Segment
from mtpipe.evaluation.comparison import Settings, System, compare
from mtpipe.glossary.model import Glossary
from mtpipe.llm.client import open_llm
from mtpipe.llm.translation import LlmTranslator
from mtpipe.pipeline.steps import translate
from mtpipe.terminology.matcher import Matcher
from mtpipe.tm.memory import Memories

PAIR, SEED, SEGMENTS = "de-en", 17, 40
CHAINED = "fr"  # the language that the model wrote a glossary of the sample's terms in
METRICS = ("tsr_strict", "tsr_wmt23", "chrf", "bleu")
NEAREST = 3


@dataclass(frozen=True, slots=True)
class Variant:
    """What a prompt shows; examples: pairs drawn by the seed, the same for all; nearest: pairs of the memory."""

    name: str
    examples: int = 0
    nearest: int = 0
    has_terms: bool = False
    is_chained: bool = False


VARIANTS = (
    Variant("zero-shot"),
    Variant("one-shot: the same pair for all", 1),
    Variant(f"fuzzy: the {NEAREST} nearest pairs", nearest=NEAREST),
    Variant("dictionary lines", has_terms=True),
    Variant("chained dictionary lines (French)", has_terms=True, is_chained=True),
    Variant("nearest pairs and chained dictionary lines", 0, NEAREST, True, True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """The variants' outputs with their figures; waiting: prompts without a recorded answer, of each."""

    systems: Sequence[System]
    waiting: Sequence[int]
    segments: int
    terms: int
    units: int
    answers: Sequence[recordings.Row]


def paths(folder: Path) -> tuple[Path, Path]:
    """Of the answers and of the glossary into the chained language."""
    return folder / f"adaptive.{PAIR}.jsonl.xz", folder / f"adaptive.{PAIR[:2]}-{CHAINED}.csv"


def sample(task: Wmt23Task, count: int = SEGMENTS) -> list[Segment]:
    """Segments that ask for proper terms, in the set's order."""
    eligible = [segment for segment in task.segments("proper") if segment.terms]
    drawn = random.Random(f"{SEED} {task.pair} adaptive").sample(range(len(eligible)), min(count, len(eligible)))
    return [eligible[index] for index in sorted(drawn)]


def rest(task: Wmt23Task, segments: Sequence[Segment]) -> list[Segment]:
    """What the memory holds: all other segments."""
    sampled = {segment.id for segment in segments}
    return [segment for segment in task.segments("noterm") if segment.id not in sampled]


def outcome(task: Wmt23Task, folder: Path = recordings.FOLDER, requests: Path | None = None) -> Outcome:
    """requests: a folder for the prompts that the recording does not answer, a file for each variant."""
    answers = paths(folder)[0]
    segments = Matcher(Glossary.of((), task.source_lang, task.target_lang)).find(sample(task))
    systems: dict[str, list[Segment]] = {}
    waiting = []
    with TemporaryDirectory() as scratch:
        others = rest(task, segments)
        pairs = _pairs_file(Path(scratch, "rest.tsv"), others)
        memories = Memories.made_of([pairs], task.source_lang, task.target_lang, Path(scratch))
        for number, variant in enumerate(VARIANTS, 1):
            translator, usage = _translator(variant, task, memories, folder, Path(scratch),
                                            requests / f"{number}.jsonl" if requests else None)  # fmt: skip
            systems[variant.name] = translate(segments, translator)
            waiting.append(usage.unanswered)
    figures = compare(systems, Settings(task.source_lang, task.target_lang, METRICS))
    rows = recordings.read(answers) if answers.is_file() else []
    count = sum(len(segment.terms) for segment in segments)
    return Outcome(figures, waiting, len(segments), count, len(others), rows)


def _pairs_file(path: Path, segments: Sequence[Segment]) -> Path:
    path.write_text("".join(f"{segment.source}\t{segment.reference}\n" for segment in segments), encoding="utf-8")
    return path


def _translator(
    variant: Variant, task: Wmt23Task, memories: Memories, folder: Path, scratch: Path, requests: Path | None
) -> tuple[LlmTranslator, Any]:
    """A variant's translator, and what its model was asked."""
    answers, glossary = paths(folder)
    options = {"model": recordings.MODEL, "answers": answers, "requests": requests}
    llm = open_llm("batch", options, CallSettings(), scratch / "llm.sqlite")
    drawn = random.Random(f"{SEED} {task.pair} one pair").sample(rest(task, sample(task)), variant.examples)
    examples = _pairs_file(scratch / "examples.tsv", drawn) if drawn else None
    also = {CHAINED: glossary} if variant.is_chained else {}
    translator = LlmTranslator(task.source_lang, task.target_lang, llm, memories, PROMPTS, variant.nearest, 0.0,
                               examples, variant.has_terms, also)  # fmt: skip
    return translator, llm.usage
