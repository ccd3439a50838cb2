"""A real `mtpipe serve` or `mtpipe review` on loopback, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Served:
    url: str
    process: subprocess.Popen
    log: Path

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(60)


@contextmanager
def serving(folder: Path, *options: object, env: Mapping[str, str] = {}) -> Iterator[Served]:
    """Starts `mtpipe serve` with its state in folder; options as on the command line."""
    folder.mkdir(parents=True, exist_ok=True)
    with started(folder / "log.txt", "serve", "--port", 0, "--data", folder, *options, env=env) as served:
        yield served


@contextmanager
def started(log: Path, *words: object, env: Mapping[str, str] = {}) -> Iterator[Served]:
    """Starts `mtpipe` with these words, once it has said where it listens; what it prints goes to log."""
    command = [sys.executable, "-m", "mtpipe", *map(str, words)]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True, env=os.environ | dict(env))
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if address := re.search(r"at (http://\S+)", line):
            break
    else:
        raise AssertionError("".join(lines))
    try:
        yield Served(address[1], process, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        with log.open("a") as out:
            out.write(process.stderr.read())
        process.stderr.close()
