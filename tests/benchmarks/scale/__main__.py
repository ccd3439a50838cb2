"""python -m tests.benchmarks.scale [--documents N] [--kills N] [--jobs NAME,…] [--model] [--to FILE]: the campaign.

Writes a table of the jobs and what became of them; exits with 1 where a document is lost, or differs from what the fake
translator makes of it (with --model: from what an undisturbed job made), or a sentence was translated needlessly.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.scale import ray_nodes, translation_log
from tests.benchmarks.scale.campaign import Campaign, Outcome

_HEADS = (
    "job", "what happened to it", "documents lost", "different", "sentences doubled: in hand at a kill",
    "by two at once", "needlessly", "of all distinct", "told in the report", "peak MB", "seconds",
)  # fmt: skip


def jobs(campaign: Campaign) -> dict[str, Callable[[], Outcome]]:
    """All jobs by name."""
    processes = ("--engine", "processes")
    return {
        "serial": campaign.serial,
        "workers": lambda: campaign.killed("workers", *processes, victims=("worker",)),
        "commands": lambda: campaign.killed("commands", *processes, victims=("command",)),
        "mixed": lambda: campaign.killed("mixed", *processes, victims=("worker", "command")),
        "shards": campaign.sharded,
        "full-disk": campaign.full_disk,
        "slow-worker": campaign.slow_worker,
        **({"ray-nodes": lambda: ray_nodes.disturbed(campaign)} if find_spec("ray") else {}),
    }


def main(documents: int, kills: int, names: Sequence[str], mt: str, to: Path | None) -> int:
    with TemporaryDirectory(prefix="mtpipe-scale-") as folder:
        campaign = Campaign(Path(folder), documents, kills, mt)
        rows = []
        for name, job in jobs(campaign).items():
            if name in names or (not names and name != "mixed"):
                rows.append(job())
                print(rows[-1], file=sys.stderr, flush=True)
    text = table(campaign, rows)
    print(text)
    if to:
        to.write_text(text, encoding="utf-8")
    return int(any(row.lost or row.different or row.doubled.needless for row in rows))


def table(campaign: Campaign, rows: Sequence[Outcome]) -> str:
    model = "the fake translator that ships" if campaign.mt == translation_log.FAKE else "the bundled model"
    state, report = (max(getattr(row, name) for row in rows) for name in ("state", "report"))
    about = (
        f"{campaign.documents} documents, {campaign.filled.segments} sentences, {campaign.filled.units} of them "
        f"distinct, {model}, {campaign.kills} kills a job. Doubled: translated more than once, since the first "
        "translation was in one of the last two portions of a process that was killed, or was not saved yet when "
        "another process looked for it; needlessly: a store that it looked into had it. State: "
        f"{state:.0f} bytes a sentence, report: {report:.0f} bytes a document."
    )
    lines = ["# Scale: faults", "", f"Made by `make {os.environ.get('TARGET', 'check-scale')}`: {about}", "",
             f"| {' | '.join(_HEADS)} |", "|---" * len(_HEADS) + "|"]  # fmt: skip
    for row in rows:
        twice = row.doubled
        cells = (row.name, row.events, row.lost, row.different, twice.in_hand, twice.at_once, twice.needless,
                 f"{twice.total / campaign.filled.units:.1%}", row.faults, row.peak >> 20, f"{row.seconds:.0f}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.benchmarks.scale")
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--jobs", default="", help="names, comma-separated; all but mixed")
    parser.add_argument("--model", action="store_true", help="the bundled model instead of the fake translator")
    parser.add_argument("--to", type=Path)
    arguments = parser.parse_args()
    mt = translation_log.MODEL if arguments.model else translation_log.FAKE
    names = [name for name in arguments.jobs.split(",") if name]
    sys.exit(main(arguments.documents, arguments.kills, names, mt, arguments.to))
