"""`mtpipe serve` against the same work without it, paired: python -m tests.benchmarks.serve SENTENCES (one a line).

words/s of 16 clients with one sentence a request over a folder job's; p95 of one sentence on an idle server over the
model's own translate_batch of it.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import requests

import mtpipe
from mtpipe.models import registry
from mtpipe.mt.ct2 import CTranslate2Translator
from tests.support.served import serving

PAIR = ("en", "de")
CLIENTS = 16


def main(path: Path) -> None:
    sentences = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    words = sum(len(line.split()) for line in sentences)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "server", "--pair", "-".join(PAIR)) as server:
        session = requests.Session()
        with ThreadPoolExecutor(4) as pool:  # loads
            list(pool.map(lambda line: ask(requests.Session(), server.url, line), sentences[:8]))
        pipe = mtpipe.Pipeline.load(*PAIR)
        (Path(folder) / "in.txt").write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
        start = perf_counter()
        pipe.translate_folder(Path(folder) / "in.txt", Path(folder) / "out.txt")
        job = words / (perf_counter() - start)
        sessions = [requests.Session() for _ in range(CLIENTS)]
        start = perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:  # each client asks for its own sentences, one by one
            list(pool.map(lambda n: [ask(sessions[n], server.url, line) for line in sentences[n::CLIENTS]],
                          range(CLIENTS)))  # fmt: skip
        served = words / (perf_counter() - start)
        print(f"job {job:.0f} words/s, {CLIENTS} clients {served:.0f} words/s: {served / job:.2f}")
        latency(session, server.url, sentences[:60])


def latency(session: requests.Session, url: str, sentences: list[str]) -> None:
    """p95 of one sentence at a time, asked of the server and of the model by turns."""
    translator = CTranslate2Translator(registry.find(*PAIR).folder, source_lang=PAIR[0], target_lang=PAIR[1])
    seconds: tuple[list[float], list[float]] = ([], [])
    for line in sentences:
        for times, call in zip(seconds, (lambda: ask(session, url, line),
                                         lambda: translator.translate([mtpipe.Segment("1", line)]))):  # fmt: skip
            start = perf_counter()
            call()
            times.append(perf_counter() - start)
    served, alone = (quantiles(times, n=20)[-1] for times in seconds)
    print(f"p95: server {served * 1000:.0f} ms, translate_batch {alone * 1000:.0f} ms: {served / alone:.2f}")


def ask(session: requests.Session, url: str, line: str) -> str:
    body = {"text": [line], "source_lang": PAIR[0], "target_lang": PAIR[1]}
    answer = session.post(f"{url}/v2/translate", json=body)
    answer.raise_for_status()
    return answer.json()["translations"][0]["text"]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
