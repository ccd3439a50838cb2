"""python -m tests.benchmarks.review [SENTENCES]: the review page on a job of so many (50,000), made with a fake model.

Seconds from the start of the command to the first sentences, and the slowest and the median of each action over HTTP;
with Playwright and a Chromium, until the browser shows them, too.
"""

from __future__ import annotations

import random
import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import requests

from mtpipe.config import Job
from mtpipe.pipeline import jobs
from tests.support.served import Served, started

WORDS = "open close the cell row chart menu of a sheet and save every table range value before after it".split()
TERMS = "source,target\ncell,Zelle\nrow,ROW\nchart,CHART\nmenu,MENU\ntable range,Bereich\nsheet,SHEET\n"
REPEATS = 30


def make_job(folder: Path, sentences: int) -> Path:
    """A job of so many sentences in documents of 500; one in seven repeats another, half have a term."""
    choice = random.Random(3)
    (folder / "in").mkdir(parents=True)
    (folder / "g.csv").write_text(TERMS)
    lines = [f"Line {n}: {' '.join(choice.choices(WORDS, k=12))}, {n} times." for n in range(sentences * 6 // 7)]
    lines += choice.choices(lines, k=sentences - len(lines))
    for start in range(0, sentences, 500):
        path = folder / "in" / f"{start // 500:04}.txt"
        path.write_text("\n".join(lines[start : start + 500]) + "\n")
    jobs.run(Job(folder / "in", folder / "out", "en", "de", glossary=folder / "g.csv", mt="fake", editors=()))
    return folder / "out"


def actions(served: Served) -> dict[str, Callable[[], Any]]:
    """What a reviewer does, each as a call."""
    session = requests.Session()
    choice = random.Random(5)
    last: dict[str, int] = {}

    def get(**params: Any) -> Any:
        answer = session.get(f"{served.url}/api/sentences", params=params)
        answer.raise_for_status()
        return answer.json()

    def post(path: str, **body: Any) -> Any:
        answer = session.post(f"{served.url}/api/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    total = get(size=1)["total"]
    items = {n: session.get(f"{served.url}/api/sentences/{n}").json()["items"][0]
             for n in choice.sample(range(total), 5 * REPEATS)}  # fmt: skip
    rest = iter(items.values())

    def decide(**changes: Any) -> None:
        item = next(rest)
        last["action"] = post("decide", n=item["n"], version=0, **changes)["action"]

    edge = get()["items"][-1]["n"]
    term = session.get(f"{served.url}/api/terms").json()[0]["n"]
    return {
        "first page, worst first": get, "next page": lambda: get(after=edge),
        "filter: term missing": lambda: get(kind="missing"), "filter: one term": lambda: get(term=term),
        "filter: open, a document": lambda: get(status="open", document="0007.txt"),
        "search a word": lambda: get(text="chart menu"), "least confident first": lambda: get(order="confidence"),
        "live check": lambda: post("check", n=choice.randrange(total), target="Öffne die Zelle und den Bereich."),
        "approve": lambda: decide(status="approved"), "edit": lambda: decide(target="Öffne die Zelle."),
        "comment": lambda: decide(comment="look again"), "undo": lambda: post("undo", action=last["action"]),
        "approve equal ones": lambda: equal(post, next(rest)),
    }  # fmt: skip


def equal(post: Callable[..., Any], item: dict[str, Any]) -> None:
    post("equal", n=item["n"], version=0)


def measure(served: Served) -> None:
    print("\n| action | median, ms | slowest of 30, ms |\n|---|---:|---:|")
    for name, act in actions(served).items():
        times = []
        for _ in range(1 if name == "undo" else REPEATS):
            start = perf_counter()
            act()
            times.append((perf_counter() - start) * 1000)
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} |")


def in_browser(served: Served) -> str:
    """Seconds until a browser that runs already shows the first sentences."""
    program = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return "not measured (make test-browser installs Playwright)"
    if program is None:
        return "not measured (no chromium)"
    with sync_playwright() as driver, driver.chromium.launch(executable_path=program, args=["--no-sandbox"]) as browser:
        page = browser.new_page()
        start = perf_counter()
        page.goto(served.url)
        page.wait_for_selector("#list li textarea")
        return f"{perf_counter() - start:.2f} s"


def main(sentences: int) -> None:
    with TemporaryDirectory() as scratch:
        out = make_job(Path(scratch), sentences)
        start = perf_counter()
        with started(Path(scratch) / "log.txt", "review", out, "--port", 0) as served:
            listening = perf_counter() - start
            requests.get(f"{served.url}/api/job").raise_for_status()
            requests.get(f"{served.url}/api/sentences").raise_for_status()
            print(f"{sentences:,} sentences: command to address {listening:.2f} s, "
                  f"to the first sentences {perf_counter() - start:.2f} s")  # fmt: skip
            print(f"browser, from the address to the first sentences: {in_browser(served)}")
            measure(served)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
