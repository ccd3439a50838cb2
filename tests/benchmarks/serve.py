"""`mtpipe serve` against the same work without it, by turns: python -m tests.benchmarks.serve [SENTENCES] (one a line).

words/s of 16 clients with one sentence a request over those of a folder job, and what each costs of the processor,
which the clients share; p95 of one sentence on an idle server over the model's own translate_batch of it. SENTENCES: by
default those of the quick sets of data/quick.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from socket import create_connection
from statistics import median, quantiles
from time import perf_counter, process_time
from urllib.parse import urlsplit

import mtpipe
from mtpipe.document import inline_codes, sentence_splitting
from mtpipe.models import registry
from mtpipe.mt.ct2 import CTranslate2Translator
from tests.support.served import Served, serving

PAIR = ("en", "de")
CLIENTS = 16
ROUNDS = 5
LATENCIES = 200  # sentences asked one by one
QUICK = Path(__file__).parents[2] / "data" / "quick"


class Client:
    """Asks for one sentence at a time over one connection; in Python, http.client alone would cost .3 ms a sentence."""

    def __init__(self, url: str):
        place = urlsplit(url)
        self._socket = create_connection((place.hostname, place.port))
        self._answers = self._socket.makefile("rb")
        self._head = f"POST /v2/translate HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"

    def ask(self, line: str) -> str:
        body = json.dumps({"text": [line], "source_lang": PAIR[0], "target_lang": PAIR[1]}).encode()
        self._socket.sendall(f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        status, *fields = iter(self._answers.readline, b"\r\n")
        size, = (int(field[16:]) for field in fields if field.lower().startswith(b"content-length: "))
        content = self._answers.read(size)
        if b" 200 " not in status:
            raise ValueError(f"{status!r}: {content!r}")
        return json.loads(content)["translations"][0]["text"]


def quick_sentences() -> list[str]:
    """The English sentences of the quick sets, each once."""
    texts = [json.loads(line)["source"] for path in sorted(QUICK.glob("en-*.jsonl"))
             for line in path.read_text(encoding="utf-8").splitlines()]  # fmt: skip
    spans = ((text, sentence_splitting.spans(text, inline_codes.find(text), "en")) for text in texts)
    return list(dict.fromkeys(text[start:end] for text, places in spans for start, end in places))


def seconds_of(process: int) -> float:
    """What a process has used of the processor."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(path: Path | None) -> None:
    lines = path.read_text(encoding="utf-8").splitlines() if path else quick_sentences()
    sentences = [line for line in lines if line.strip()]
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "server", "--pair", "-".join(PAIR)) as server:
        throughput(server, sentences, Path(folder))
        latency(server, sentences[:: max(1, len(sentences) // LATENCIES)])


def throughput(server: Served, sentences: list[str], folder: Path) -> None:
    """The clients and the job by turns."""
    pipe = mtpipe.Pipeline.load(*PAIR)
    (folder / "in.txt").write_text("\n\n".join(sentences) + "\n", encoding="utf-8")

    def ask(lines: list[str]) -> None:
        client = Client(server.url)  # a new one: the server closes what is idle while the job runs
        for line in lines:
            client.ask(line)

    def serve() -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:  # each asks for its own sentences
            list(pool.map(ask, (sentences[n::CLIENTS] for n in range(CLIENTS))))

    def run(number: int) -> None:
        pipe.translate_folder(folder / "in.txt", folder / str(number) / "out.txt")

    serve()  # loads
    run(-1)
    rounds = [(*_measured(lambda: run(number)), *_measured(serve, lambda: seconds_of(server.process.pid)))
              for number in range(ROUNDS)]  # fmt: skip
    words = sum(len(line.split()) for line in sentences)
    job, job_cpu, served, clients_cpu, server_cpu = (median(values) for values in zip(*rounds))
    ratio = median(row[0] / row[2] for row in rounds)
    print(f"job {words / job:.0f} words/s, {CLIENTS} clients {words / served:.0f} words/s: {ratio:.2f}", flush=True)
    a_sentence = 1000 / len(sentences)
    print(f"of the processor: job {job_cpu * a_sentence:.1f} ms a sentence, server {server_cpu * a_sentence:.1f} ms, "
          f"clients {clients_cpu * a_sentence:.1f} ms", flush=True)  # fmt: skip


def _measured(call: Callable[[], object], *others: Callable[[], float]) -> list[float]:
    """Seconds, and seconds of the processor: of this process and of others."""
    clocks = perf_counter, process_time, *others
    start = [clock() for clock in clocks]
    call()
    return [clock() - begun for clock, begun in zip(clocks, start)]


def latency(server: Served, sentences: list[str]) -> None:
    """One sentence at a time, asked of the server and of the model by turns."""
    translator = CTranslate2Translator(registry.find(*PAIR).folder, source_lang=PAIR[0], target_lang=PAIR[1])
    client = Client(server.url)
    times: tuple[list[float], list[float]] = ([], [])
    for line in sentences:
        for own, call in zip(times, (lambda: client.ask(line),
                                     lambda: translator.translate([mtpipe.Segment("1", line)]))):  # fmt: skip
            start = perf_counter()
            call()
            own.append((perf_counter() - start) * 1000)
    (served, alone), medians = (quantiles(own, n=20)[-1] for own in times), [median(own) for own in times]
    print(f"p95: server {served:.0f} ms, translate_batch {alone:.0f} ms: {served / alone:.2f} "
          f"(medians {medians[0]:.1f} and {medians[1]:.1f} ms)")  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
