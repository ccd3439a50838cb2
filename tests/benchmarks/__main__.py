"""python -m tests.benchmarks [PART …]: measures, prints each part when it is done, writes eval/bench.md and its JSON.

With names of parts only those are made, and nothing is written. BENCH_PAGES: another number of pages.
"""

from __future__ import annotations

import compileall
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.benchmarks import comparisons
from tests.benchmarks.child import ROOT
from tests.benchmarks.comparisons import PARTS, Row


def main(names: Sequence[str]) -> int:
    if unknown := set(names) - PARTS.keys():
        print(f"no such part: {', '.join(unknown)}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    comparisons.PAGES = int(os.environ.get("BENCH_PAGES", comparisons.PAGES))
    compileall.compile_dir(ROOT / "mtpipe", quiet=1)  # as pip leaves it, whatever the environment says of bytecode
    print(introduction(), flush=True)
    rows: list[Row] = []
    for name in names or PARTS:
        start = monotonic()
        with TemporaryDirectory() as folder:
            made = PARTS[name](Path(folder))
        print("\n".join(map(section, made)), f"({name}: {monotonic() - start:.0f} s)", sep="\n", flush=True)
        rows += made
    if not names:
        (ROOT / "eval/bench.md").write_text(page(rows), encoding="utf-8")
        figures = {"machine": machine(), "rounds": comparisons.ROUNDS, "rows": [asdict(row) for row in rows]}
        path = ROOT / "eval/results/bench.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def machine() -> str:
    """The class of machine, not its name."""
    cores, flags = len(os.sched_getaffinity(0)), " ".join(instructions()) or "none of the known flags"
    return f"{platform.system()} {platform.machine()}, {cores} cores, {processor()} ({flags})"


def instructions() -> list[str]:
    """Of the processor's flags those that CTranslate2's speed depends on."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    flags = next((line.split() for line in text.splitlines() if line.startswith("flags")), [])
    return [flag for flag in ("sse4_1", "avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8") if flag in flags]


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def introduction() -> str:
    return (
        f"`make bench` on {machine()}: ratios of wall times, medians of {comparisons.ROUNDS} rounds in which the sides "
        "take turns, each run in a process of its own, mtpipe compiled as pip installs it; loading of model and "
        "glossary is left out and given apart.\n"
    )


def page(rows: Sequence[Row]) -> str:
    """The rows as a page of Markdown, with what stands behind each figure."""
    lines = [
        "# Bench", "", introduction(), "| what | goal | measured | met | data |", "|---|---|---|---|---|",
        *(f"| {row.name} | {row.goal} | {figure(row)} | {answer(row)} | {row.data or '–'} |" for row in rows), "",
    ]  # fmt: skip
    return "\n".join([*lines, *map(section, rows)])


def section(row: Row) -> str:
    """One row with its details."""
    lines = [f"## {row.name[0].upper()}{row.name[1:]}", "", f"{figure(row)}, goal {row.goal}; {row.data or '–'}", ""]
    return "\n".join([*lines, *(f"- {name}: {shown(value)}" for name, value in row.details.items()), ""])


def figure(row: Row) -> str:
    return "not measured" if row.measured is None else f"{row.measured:.3f}"


def answer(row: Row) -> str:
    return {True: "yes", False: "no", None: "–"}[row.is_met]


def shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
