"""The reimplemented system's experiment on a fixed sample of WMT23: synthetic pairs, mixed fine-tuning, post-editing.

Answers of the language model and drafts of the fine-tuned models are recorded, so that the figures can be made again
anywhere; what comes between (prompts, guard, checks, repairs, metrics) is the code of now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval.harness import drafts, recordings, replay, sample
from eval.harness.figures import with_targets
from eval.harness.systems import OwnSystem, translate
from eval.harness.wmt23_data import Wmt23Task
from mtpipe.document.segment import Segment
from mtpipe.evaluation.comparison import Settings, System, compare
from mtpipe.glossary.model import Term

METRICS = ("tsr_strict", "tsr_wmt23", "chrf", "bleu")
# share of the terms used, mean of the three pairs, as its authors counted (Moslem et al. 2023)
PUBLISHED = {"generic model": 0.3667, "after all stages": 0.7288}
OTHERS = {"DCU-TU-TR": (("generic model", "noterm"), ("after all stages", "proper")),
          "opuscat-terms": (("", "proper"),)}  # fmt: skip
GENERIC, TUNED, ANNOTATED, REPAIRED = "generic", "tuned", "annotated", "repaired"
STAGES = {
    "generic model": GENERIC, "+ fine-tuned on synthetic mix": TUNED, "+ LLM for missing terms": "llm",
    "+ LLM, then repair without it": "all", "fine-tuned, terms annotated": ANNOTATED,
    "fine-tuned, annotated, repaired without LLM": REPAIRED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage's outputs with their figures; taught: share of the terms used of those that got synthetic pairs."""

    system: System
    taught: float
    repair: replay.Repair


@dataclass(frozen=True, slots=True)
class Outcome:
    """A pair's stages, how many terms were taught and asked for, and what is known of other systems."""

    task: Wmt23Task
    segments: int
    terms: int
    taught: int
    stages: Sequence[Stage]
    answers: Sequence[recordings.Row]

    @property
    def others(self) -> Iterator[tuple[str, Mapping[str, float]]]:
        for system, runs in OTHERS.items():
            for name, mode in runs:
                if figures := self.task.official[mode].get(system):
                    yield f"{system}: {name}".rstrip(": "), figures


def paths(folder: Path, pair: str) -> tuple[Path, Path]:
    """Of the answers and of the drafts."""
    return folder / f"seed.{pair}.jsonl.xz", folder / f"seed.{pair}.drafts.jsonl.xz"


def record_drafts(task: Wmt23Task, model: Path, out: Path, folder: Path) -> Path:
    """Translates the sample by the bundled and by the fine-tuned model and keeps the drafts; raises MtpipeError."""
    langs, segments = (task.source_lang, task.target_lang), sample.segments(task)
    plain = {"editors": ()}
    systems = {
        GENERIC: OwnSystem(GENERIC, False, plain), TUNED: OwnSystem(TUNED, False, {**plain, "model": model}),
        ANNOTATED: OwnSystem(ANNOTATED, True, {**plain, "model": model}),
        REPAIRED: OwnSystem(REPAIRED, True, {"model": model, "repair": "complete"}),
    }  # fmt: skip
    runs = {name: translate(system, segments, *langs, out / f"{task.pair}.{name}") for name, system in systems.items()}
    texts = {name: {segment.id: segment.target or "" for segment in run.segments} for name, run in runs.items()}
    path = paths(folder, task.pair)[1]
    drafts.write(path, texts)
    return path


def outcome(task: Wmt23Task, folder: Path = recordings.FOLDER, requests: Path | None = None) -> Outcome:
    """The stages of a pair from its recordings; requests: the file for prompts that they do not answer."""
    answers, kept = paths(folder, task.pair)
    langs, segments, known = (task.source_lang, task.target_lang), sample.segments(task), drafts.read(kept)
    lexicon = replay.bundled_lexicon(langs)
    repairs = {name: replay.Repair(replay.checked(drafts.on(segments, known.get(name, {}), kept), langs))
               for name in (GENERIC, TUNED, ANNOTATED, REPAIRED)}  # fmt: skip
    repairs["llm"] = replay.repaired(repairs[TUNED].segments, langs, ["llm"], lexicon, answers, requests)
    rest = replay.repaired(repairs["llm"].segments, langs, replay.REST, lexicon)
    repairs["all"] = replace(repairs["llm"], segments=rest.segments)
    taught = sample.terms(segments, task.pair)
    systems = {name: repairs[key].segments for name, key in STAGES.items()}
    settings = Settings(*langs, METRICS)
    shares = compare({name: _asked_for(outputs, taught) for name, outputs in systems.items()},
                     replace(settings, metrics=("tsr_strict",), samples=0))  # fmt: skip
    stages = [Stage(system, share.measures["tsr_strict"].score.value, repairs[STAGES[system.name]])
              for system, share in zip(compare(systems, settings), shares, strict=True)]  # fmt: skip
    count = sum(len(segment.terms) for segment in segments)
    return Outcome(task, len(segments), count, len(taught), stages, recordings.read(answers))


def _asked_for(segments: Sequence[Segment], terms: Sequence[Term]) -> list[Segment]:
    """The segments as outputs in which only these terms count."""
    wanted = {(term.source, term.target) for term in terms}
    return [replace(segment, matches=tuple(match for match in segment.matches
                                           if (match.term.source, match.term.target) in wanted))
            for segment in with_targets(segments, [segment.target for segment in segments])]  # fmt: skip
