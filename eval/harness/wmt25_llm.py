"""What a language model adds to the repair of WMT25 drafts, and at how many calls: recorded answers, a fixed sample."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.harness import recordings, replay
from eval.harness.wmt25_data import segments
from mtpipe.document.segment import Segment
from mtpipe.evaluation.comparison import Settings, System, compare

SEED, SEGMENTS = 17, 200
LANGS = "en", "es"
TEAM = "duterm"
METRICS = ("tsr_wmt25", "tsr_strict", "chrf", "bleu")
# how much is asked of the LLM: what comes before it and after it
CHAINS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "safe repair, no LLM": ("substitution",),
    "complete repair, no LLM": ("substitution", "placement"),
    "safe repair, LLM for the rest, then guesses": ("substitution", "llm", "placement"),
    "LLM first, then complete repair": ("llm", "substitution", "placement"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The chains' outputs with their figures and costs, in the order of CHAINS."""

    systems: Sequence[System]
    repairs: Sequence[replay.Repair]
    answers: Sequence[recordings.Row]


def sample(folder: Path, team: str = TEAM, count: int = SEGMENTS) -> list[Segment]:
    """The team's term-free drafts of the sampled segments, all of which ask for terms; raises InputError."""
    name = "".join(LANGS)
    data, outputs = folder / f"full_data.{name}.jsonl", folder / "submissions" / f"{team}.{name}.noterm.jsonl"
    eligible = [segment for segment in segments(data, outputs, *LANGS, "proper") if segment.terms]
    drawn = random.Random(f"{SEED} {name}").sample(range(len(eligible)), min(count, len(eligible)))
    return [eligible[index] for index in sorted(drawn)]


def answers_path(folder: Path) -> Path:
    return folder / f"wmt25.{'-'.join(LANGS)}.jsonl.xz"


def outcome(folder: Path, recorded: Path = recordings.FOLDER, requests: Path | None = None) -> Outcome:
    """requests: a folder for the prompts that the recording does not answer, a file for each chain."""
    kept, lexicon, segments = answers_path(recorded), replay.bundled_lexicon(LANGS), sample(folder)
    drafts = replay.checked(segments, LANGS)
    with TemporaryDirectory() as scratch:
        answers = Path(scratch) / "answers.jsonl"
        if kept.is_file():
            recordings.whole(kept, answers, texts(segments))
        repairs = [replay.repaired(drafts, LANGS, chain, lexicon, answers,
                                   requests / f"{number}.jsonl" if requests else None)
                   for number, chain in enumerate(CHAINS.values())]  # fmt: skip
    systems = dict(zip(CHAINS, (repair.segments for repair in repairs), strict=True))
    return Outcome(compare(systems, Settings(*LANGS, METRICS)), repairs,
                   recordings.read(kept) if kept.is_file() else [])  # fmt: skip


def texts(segments: Sequence[Segment]) -> dict[str, str]:
    """What of the task stands in requests: sources and drafts."""
    sources = {segment.id: segment.source for segment in segments}
    return sources | {segment.id + recordings.DRAFT: segment.draft or "" for segment in segments}
