"""python -m tests.benchmarks.hostile [--documents N] [--modelled N] [--glossaries N] [--kills N]: the whole campaign.

Prints a Markdown table and exits with 1 where anything was lost, overwritten, hung or ended in a traceback. Cases are
made from a fixed seed; what fails is kept in out/hostile.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable

from tests.benchmarks.hostile import faults, inputs
from tests.benchmarks.hostile.outcome import COLUMNS, failed
from tests.benchmarks.hostile.seeds import documents

MEMORY = 12 << 30  # more is a failure, not the end of the machine
ABOUT = """# Hostile input: what mtpipe survives

Made by `make check-hostile`. Tried: documents ({documents} sound ones of {suffixes} file types, each damaged many
times), glossaries, faults or kills. Lost: sound documents not written, files that the report is silent about, or
outputs that differ from those of an undisturbed job.
"""


def main(documents: int, modelled: int, glossaries: int, kills: int) -> int:
    """1 where anything failed, else 0; prints the table."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    trials: dict[str, Callable[[random.Random], Counter[str]]] = {
        "mutated documents": lambda chance: inputs.mutated_documents(documents, chance),
        "mutated documents, translated by a bundled model":
            lambda chance: inputs.mutated_documents(modelled, chance, "ct2"),
        "documents with one damaged ZIP part": inputs.damaged_parts,
        "hostile glossaries": lambda chance: inputs.hostile_glossaries(glossaries, chance),
        "faults of an LLM's server": lambda chance: faults.llm_faults(),
        "kill -9 of a mixed job": lambda chance: faults.killed_jobs(kills, chance),
        "two jobs in one folder": lambda chance: faults.two_jobs(),
        "full disk (file size limit)": lambda chance: faults.full_disk(),
    }  # fmt: skip
    rows = {}
    for name, trial in trials.items():
        start = time.monotonic()
        rows[name] = trial(random.Random(name))
        print(f"{name}: {dict(rows[name])}, {time.monotonic() - start:.0f} s", file=sys.stderr)
    _print(rows)
    return int(any(map(failed, rows.values())))


def _print(rows: dict[str, Counter[str]]) -> None:
    suffixes = {name.rpartition(".")[2] for name in documents()}
    print(ABOUT.format(documents=len(documents()), suffixes=len(suffixes)))
    print(f"| what | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}")
    for name, row in rows.items():
        print(f"| {name} | {' | '.join(str(row[column]) for column in COLUMNS)} |")


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.benchmarks.hostile")
    for option, default in (("documents", 10_000), ("modelled", 300), ("glossaries", 500), ("kills", 100)):
        parser.add_argument(f"--{option}", type=int, default=default, help=f"how many [default: {default}]")
    sys.exit(main(**vars(parser.parse_args())))
