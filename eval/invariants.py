"""Numbers, paths, options and the like: false alarms on human translations, and what drafts alter.

python -m eval.invariants prints a table: of each pair's test set the share of human translations with an error
"altered", then in how many sentences the bundled models' translations alter something without and with protection,
and the words per second of processor time of both; the same for the demonstration folder.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from mtpipe.config import Job
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.pipeline.jobs import run
from mtpipe.report.model import JobReport
from mtpipe.terminology import checker

PAIRS = ("en-de", "en-es", "en-cs", "de-en", "zh-en")
DEMO = Path("data/demo")


def false_alarms(path: Path, lang: str) -> tuple[int, int]:
    """(segments with a human translation, those of them in which an invariant seems altered)."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    pairs = [(row["source"], row["reference"]) for row in rows if row.get("reference")]
    flagged = [checker.altered(Segment("", source, codes=inline_codes.find(source)), reference, lang)
               for source, reference in pairs]
    return len(pairs), sum(map(bool, flagged))


def translated(source: Path, pair: str, protect: bool) -> tuple[JobReport, float]:
    """The report of a job of its own, and its words per second of processor time."""
    source_lang, target_lang = pair.split("-")
    with tempfile.TemporaryDirectory() as folder:
        job = Job(source, Path(folder) / "out", source_lang, target_lang,
                  glossary=Path(f"glossaries/{pair}.office.csv"), options={"mt.ct2": {"protect": protect}})  # fmt: skip
        start = time.process_time()
        report = run(job)
        return report, report.totals.words / (time.process_time() - start)


def _row(name: str, source: Path, pair: str, human: str) -> str:
    translated(source, pair, True)  # what is loaded once is loaded now
    (before, unprotected), (after, protected) = (translated(source, pair, protect) for protect in (False, True))
    altered = [len({error.id for error in report.errors if error.kind == "altered"}) for report in (before, after)]
    segments = before.totals.segments
    return (f"| {name} | {human} | {segments} | {altered[0]} | {altered[1]} ({altered[1] / segments:.2%}) |"
            f" {unprotected:.0f} → {protected:.0f} ({protected / unprotected - 1:+.1%}) |")  # fmt: skip


def main() -> None:
    """Prints the table, a row a test set."""
    print("| set | false alarms on human translations | segments | altered before | altered now | words/s |")
    print("|---|---|---|---|---|---|")
    for pair in PAIRS:
        path = Path(f"data/quick/{pair}.jsonl")
        count, flagged = false_alarms(path, pair.split("-")[1])
        print(_row(pair, path, pair, f"{flagged} of {count} ({flagged / count:.2%})"), flush=True)
    print(_row("demonstration", DEMO, "en-de", "–"), flush=True)


if __name__ == "__main__":
    main()
