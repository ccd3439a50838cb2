"""Words a second of a job with repair: against the same job without, in one process, so that load changes both alike;
and against an earlier version's on the same drafts, each in a process of its own."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import mtpipe
from mtpipe.config import Job
from mtpipe.errors import InputError
from mtpipe.io import json_lines
from mtpipe.pipeline import jobs


def seconds(drafts: Path, source_lang: str, target_lang: str, repeat: int) -> tuple[int, float, float]:
    """(source words, processor seconds without repair, the same with it): the fastest of the runs."""
    rows = [{key: row[key] for key in ("id", "source", "terms") if key in row} for _, row in json_lines.read(drafts)]
    with TemporaryDirectory() as folder:
        source = Path(folder) / "sources.jsonl"
        json_lines.write(source, rows)
        times: dict[bool, list[float]] = {False: [], True: []}
        for run in range(repeat):
            for has_repair in times:
                options = {} if has_repair else {"editors": ()}
                job = Job(source=source, out=Path(folder) / f"{run}.{has_repair}", source_lang=source_lang,
                          target_lang=target_lang, **options)  # fmt: skip
                start = process_time()
                jobs.run(job)
                times[has_repair].append(process_time() - start)
    words = sum(len(row["source"].split()) for row in rows)
    return words, min(times[False]), min(times[True])


def repair_seconds(
    checkout: Path, drafts: Sequence[Path], source_lang: str, target_lang: str, options: Sequence[str] = ()
) -> float:
    """Processor seconds of `mtpipe post-edit` of drafts by a checkout, start-up included; raises InputError."""
    lexicon = checkout / "mtpipe" / "models" / f"{source_lang}-{target_lang}" / "lexicon"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(checkout), os.environ.get("PYTHONPATH", "")])}
    with TemporaryDirectory() as folder:
        together = Path(folder) / "drafts.jsonl"
        together.write_text("".join(path.read_text(encoding="utf-8") for path in drafts), encoding="utf-8")
        files = [str(together), "--out", f"{folder}/out.jsonl", "--lexicon", str(lexicon)]
        command = [sys.executable, "-m", "mtpipe", "post-edit", *files, "--mt", "none", "--quiet"]
        command += ["-s", source_lang, "-t", target_lang, *options]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise InputError(f"{checkout}: its repair failed: {done.stderr.strip()[-300:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def against(earlier: Path, drafts: Sequence[Path], source_lang: str, target_lang: str, repeat: int) -> str:
    """Words a second of the repair of drafts by an earlier checkout and by this one, in words."""
    here = Path(mtpipe.__file__).parents[1]
    variants = {"earlier": (earlier, ()), "safe": (here, ("--repair", "safe")),
                "complete": (here, ("--repair", "complete"))}  # fmt: skip
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(repeat):
        for name, (checkout, options) in variants.items():
            times[name].append(repair_seconds(checkout.resolve(), drafts, source_lang, target_lang, options))
    words = sum(len(row["source"].split()) for path in drafts for _, row in json_lines.read(path))
    speed = {name: words / min(each) for name, each in times.items()}
    return (f"{words} source words of drafts repaired: {speed['earlier']:.0f} a second by the earlier version, "
            f"{speed['safe']:.0f} now (ratio {speed['safe'] / speed['earlier']:.2f}), {speed['complete']:.0f} with "
            f"--repair complete ({speed['complete'] / speed['earlier']:.2f}); processor time, start-up included")


def sentence(words: int, without: float, with_repair: float) -> str:
    return (f"{words} source words: {words / without:.0f} a second without repair, {words / with_repair:.0f} with it; "
            f"ratio {without / with_repair:.2f} (processor time)")  # fmt: skip
