"""python -m tests.benchmarks.serve_faults [REQUESTS]: so many (1,000) bad requests to a server with a fake model.

Broken JSON, wrong types, bodies of 50 MB, slow bodies and dropped connections; answers by status, whether the server is
still there and answers, and its memory before and after. Exits with 1 for a crash, a 5xx, a request without an answer
or memory that is more than 10 % up.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from tests.support.served import Served, serving

PATHS = ("/v2/translate", "/translate", "/detect", "/v2/glossaries", "/v3/glossaries", "/v2/document", "/nowhere",
         "/mtpipe/v1/translate", "/v2/document/x", "/v3/glossaries/x/dictionaries")  # fmt: skip
VALUES = (None, 3, "", "de", [], ["a"], [None], {"a": 1}, "x" * 999, "\ud800", [[]], True)
NAMES = ("text", "target_lang", "source_lang", "q", "source", "target", "entries", "name", "dictionaries", "text[]")
KINDS = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/x", "")


def wrong(server: Served, choice: random.Random) -> str:
    """Fields of wrong types, in JSON that may be cut off."""
    body = json.dumps({choice.choice(NAMES): choice.choice(VALUES) for _ in range(choice.randrange(4))}).encode()
    body = body[: choice.randrange(len(body) + 1)] if choice.random() < 0.4 else body
    method = choice.choice(("POST", "GET", "PUT", "PATCH", "DELETE"))
    headers = {"Content-Type": choice.choice(KINDS)}
    answer = requests.request(method, server.url + choice.choice(PATHS), data=body, headers=headers, timeout=120)
    return str(answer.status_code)


def huge(server: Served, choice: random.Random) -> str:
    """A body of 50 MB."""
    try:
        answer = requests.post(server.url + choice.choice(PATHS), data=b"x" * (50 << 20), timeout=120,
                               headers={"Content-Type": choice.choice(KINDS[:2])})  # fmt: skip
    except requests.ConnectionError:
        return "closed"  # it has answered and does not read the rest
    return str(answer.status_code)


def _connect(server: Served) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=120)
    connection.sendall(b"POST /v2/translate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                       b"Content-Length: 60\r\n\r\n")  # fmt: skip
    return connection


def slow(server: Served, choice: random.Random) -> str:
    """A body in pieces."""
    with _connect(server) as connection:
        for piece in (b'{"text": ["a"], ', b'"source_lang": "EN", ', b'"target_lang": "DE"}   '):
            connection.sendall(piece)
            time.sleep(choice.random() / 4)
        return connection.recv(12).decode().rpartition(" ")[2]


def dropped(server: Served, choice: random.Random) -> str:
    """A connection that ends within its body."""
    with _connect(server) as connection:
        connection.sendall(b'{"text": ["a"], '[: choice.randrange(16)])
    return "dropped"


def memory(server: Served) -> float:
    """MiB that the server has in memory."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20)


def main(number: int) -> int:
    choice = random.Random(11)
    kinds: list[Callable[[Served, random.Random], str]] = [wrong] * 90 + [huge] * 2 + [slow] * 3 + [dropped] * 5
    options = ("--mt", "fake", "--pair", "en-de", "--editors", "")
    with TemporaryDirectory() as folder, serving(Path(folder), *options) as server:
        body = {"text": ["Done."], "source_lang": "EN", "target_lang": "DE"}
        for kind in [wrong] * 50 + [huge, slow, dropped]:  # what is loaded on use is loaded
            kind(server, choice)
        requests.post(f"{server.url}/v2/translate", json=body, timeout=120).raise_for_status()
        before, answers, lost = memory(server), Counter[str](), 0
        for _ in range(number):
            try:
                answers[choice.choice(kinds)(server, choice)] += 1
            except (OSError, requests.RequestException) as error:
                lost += 1
                print(f"no answer: {error}", file=sys.stderr)
        last = requests.post(f"{server.url}/v2/translate", json=body, timeout=120)
        after = memory(server)
        is_alive = server.process.poll() is None and last.json()["translations"][0]["text"] == "DONE."
    print(f"{number:,} requests: {dict(sorted(answers.items()))}, {lost} without an answer; "
          f"{'alive' if is_alive else 'CRASHED'}; memory {before:.0f} → {after:.0f} MiB ({after / before - 1:+.1%})")
    is_bad = not is_alive or lost or after > 1.1 * before or any(status.startswith("5") for status in answers)
    return int(bool(is_bad))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
