"""What a refiner brings: `python -m tests.benchmarks.refiner MODEL TEST.jsonl GLOSSARY [NOTE]` edits the drafts of
TEST with
the model folder MODEL, alone and on each place of the ladder, and prints a table in Markdown with the note below."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from mtpipe.config import Job
from mtpipe.models import registry
from mtpipe.pipeline import jobs
from mtpipe.pipeline.bilingual import score

LADDER = ("nbest", "substitution", "insertion", "placement")
METRICS = ("chrf", "bleu", "tsr_strict", "tsr_wmt25")
DRAFT, ANNOTATED = "drafts that no one told the terms", "drafts of annotated sources"
LADDERS: dict[str, tuple[str, ...]] = {
    "nothing": (), "refiner": ("refiner",), "ladder": LADDER, "refiner, ladder": ("refiner", *LADDER),
    "nbest, refiner, rest": ("nbest", "refiner", *LADDER[1:]), "ladder, refiner": (*LADDER, "refiner"),
}  # fmt: skip


def main(refiner: Path, test: Path, glossary: Path, note: str = "") -> None:
    model = registry.read(refiner)
    pair = model.source_lang, model.target_lang
    options = {"editor.refiner": {"model": str(refiner)}}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        plain = work / "plain.jsonl"
        jobs.run(Job(test, plain, *pair, editors=()))
        rows = []
        for drafts, source in ((DRAFT, plain), (ANNOTATED, test)):
            for number, (ladder, editors) in enumerate(LADDERS.items()):
                out = work / f"{source.stem}-{number}" / "out.jsonl"
                report = jobs.run(Job(source, out, *pair, glossary=glossary, editors=editors, options=options))
                rows.append([drafts, ladder, *_scores(out, pair, glossary), *_edits(report, editors)])
    heads = ["drafts", "editors", *METRICS, "seconds of the editors", "refiner: accepted", "refused"]
    print("\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)))
    if note:
        print(f"\n{note}")


def _scores(path: Path, pair: tuple[str, str], glossary: Path) -> list[str]:
    found = score(path, *pair, glossary=glossary, metrics=METRICS, has_tags=False)
    return [f"{one.value:.3f}" if one.name.startswith("tsr") else f"{one.value:.2f}" for one in found]


def _edits(report: dict[str, Any], editors: tuple[str, ...]) -> list[str]:
    seconds = sum(report.seconds.get(name, 0.0) for name in editors)
    refused = Counter(report.edits.refused.get("refiner", {}))
    reasons = ", ".join(f"{reason} {count}" for reason, count in refused.most_common())
    accepted = report.edits.accepted.get("refiner", 0)
    return [f"{seconds:.1f}", *((str(accepted), reasons or "–") if "refiner" in editors else ("–", "–"))]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), *sys.argv[4:])
