"""Words a second of a job with repair against the same job without: one process, so that load changes both alike."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from mtpipe.config import Job
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


def sentence(words: int, without: float, with_repair: float) -> str:
    return (f"{words} source words: {words / without:.0f} a second without repair, {words / with_repair:.0f} with it; "
            f"ratio {without / with_repair:.2f} (processor time)")  # fmt: skip
