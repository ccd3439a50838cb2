"""Numbers, paths, options and the like: false alarms on human translations, what drafts alter, and what it costs.

python -m eval.invariants sets: a table of the pairs' test sets and the demonstration. For each the share of human
translations with an error "altered", and in how many sentences the bundled model's translations alter something,
drafts without protection and with it.
python -m eval.invariants pages FOLDER [COUNT]: the same of COUNT pages (200) of LibreOffice's help, spread over
FOLDER/en-US, beside FOLDER/de; unreported: paragraphs of the written pages that alter what no error names.
python -m eval.invariants cost [ROUNDS]: words per second without any check or protection of invariants and with both,
in turn, as medians; to be run alone on the machine.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from mtpipe.config import Job
from mtpipe.corpora import paired_html
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.pipeline.jobs import run
from mtpipe.report.model import JobReport
from mtpipe.terminology import checker

PAIRS = ("en-de", "en-es", "en-cs", "de-en", "zh-en")
DEMO = Path("data/demo")
HEADER = ("| set | false alarms on human translations | segments | altered before | altered now | unreported |\n"
          "|---|---|---|---|---|---|")  # fmt: skip


def sets() -> None:
    """Prints the table, a row a test set."""
    print(HEADER)
    for pair in PAIRS:
        path = Path(f"data/quick/{pair}.jsonl")
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        alarms = false_alarms(((row["source"], row["reference"]) for row in rows if row.get("reference")), pair[3:])
        print(_row(pair, path, pair, alarms), flush=True)
    print(_row("demonstration", DEMO, "en-de"), flush=True)


def pages(folder: Path, count: int = 200) -> None:
    """Prints the row of so many help pages."""
    with tempfile.TemporaryDirectory() as name:
        source, reference, out = Path(name, "en-US"), Path(name, "de"), Path(name, "out")
        names = sorted(path.relative_to(folder / "en-US") for path in (folder / "en-US" / "text").rglob("*.html"))
        both = [page for page in names if (folder / "de" / page).is_file()]
        for page in both[:: max(1, len(both) // count)][:count]:
            for language, copies in (("en-US", source), ("de", reference)):
                (copies / page).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(folder / language / page, copies / page)
        human = ((segment.source, segment.reference or "") for segment in paired_html.segments(source, reference))
        row = _row(f"{count} help pages", source, "en-de", false_alarms(human, "de"), out)
        print(row, flush=True)


def cost(rounds: int = 9) -> None:
    """Prints the words per second of both ways, translated in turn, and their ratio."""
    speeds: dict[bool, list[float]] = {False: [], True: []}
    _speed(True)  # what is loaded once is loaded now
    for number in range(rounds):
        for is_on in (True, False) if number % 2 else (False, True):
            speeds[is_on].append(_speed(is_on))
    ratios = [with_them / without - 1 for without, with_them in zip(speeds[False], speeds[True], strict=True)]
    print(f"words/s by the clock, medians of {rounds} pairs of runs over {DEMO}: {median(speeds[False]):.0f} without"
          f" invariants, {median(speeds[True]):.0f} with them; ratio {median(ratios):+.1%}"
          f" ({min(ratios):+.1%} to {max(ratios):+.1%})")  # fmt: skip


def false_alarms(pairs: Iterable[tuple[str, str]], lang: str) -> str:
    """How many of the pairs' human translations in lang seem to alter an invariant."""
    flags = [bool(_altered(source, reference, lang)) for source, reference in pairs]
    return f"{sum(flags)} of {len(flags)} ({sum(flags) / len(flags):.2%})"


def translated(source: Path, out: Path, pair: str, is_protected: bool) -> JobReport:
    """The report of a job without a glossary: what a term holds is no invariant."""
    return run(Job(source, out, *pair.split("-"), options={"mt.ct2": {"protect": is_protected}}))


def _row(name: str, source: Path, pair: str, alarms: str = "–", out: Path | None = None) -> str:
    with tempfile.TemporaryDirectory() as folder:
        before = translated(source, Path(folder, "before"), pair, is_protected=False)
        after = translated(source, out or Path(folder, "after"), pair, is_protected=True)
    altered = [len({error.id for error in report.errors if error.kind == "altered"}) for report in (before, after)]
    segments = after.totals.segments
    unreported = str(sum(1 for _ in _unreported(source, out, after, pair[3:]))) if out else "–"
    return (f"| {name} | {alarms} | {segments} | {altered[0]} ({altered[0] / segments:.2%}) |"
            f" {altered[1]} ({altered[1] / segments:.2%}) | {unreported} |")  # fmt: skip


def _unreported(source: Path, out: Path, report: JobReport, lang: str) -> Iterator[tuple[str, str, str]]:
    """(page, altered invariant, paragraph) for each that none of the page's errors names."""
    named = defaultdict[str, set[str]](set)
    for error in report.errors:
        if error.kind in ("altered", "changed"):
            named[error.document] |= set(error.expected)
    for segment in paired_html.segments(source, out):
        page = segment.id.rpartition("#")[0]
        for text in _altered(segment.source, segment.reference or "", lang):
            if not any(text in literal for literal in named[page]):
                print(f"not reported: {page}: {text!r}: {segment.source} → {segment.reference}", file=sys.stderr)
                yield page, text, segment.source


def _altered(source: str, target: str, lang: str) -> list[str]:
    segment = Segment("", source, codes=inline_codes.find(source))
    return [item.text for item in checker.altered(segment, target, lang)]


def _speed(is_on: bool) -> float:
    with tempfile.TemporaryDirectory() as folder, _invariants(is_on):
        start = time.perf_counter()
        report = translated(DEMO, Path(folder, "out"), "en-de", is_on)
        return report.totals.words / (time.perf_counter() - start)


@contextmanager
def _invariants(is_on: bool) -> Iterator[None]:
    """The check of invariants on, or nowhere."""
    check: Callable[..., list] = checker.altered
    checker._errors.cache_clear()
    if not is_on:
        checker.altered = lambda segment, target, lang: []
    try:
        yield
    finally:
        checker.altered = check


def main(command: str, *arguments: str) -> None:
    {"sets": sets, "pages": lambda folder, count="200": pages(Path(folder), int(count)),
     "cost": lambda rounds="9": cost(int(rounds))}[command](*arguments)  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
