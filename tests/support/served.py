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
from time import sleep

PATIENCE = 300  # seconds that a busy machine may take


@dataclass
class Served:
    url: str
    process: subprocess.Popen
    log: Path

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


@contextmanager
def serving(folder: Path, *options: object, env: Mapping[str, str] = {}) -> Iterator[Served]:
    """Starts `mtpipe serve` with its state in folder; options as on the command line."""
    folder.mkdir(parents=True, exist_ok=True)
    with started(folder / "log.txt", "serve", "--port", 0, "--data", folder, *options, env=env) as served:
        yield served


@contextmanager
def started(log: Path, *words: object, env: Mapping[str, str] = {}) -> Iterator[Served]:
    """Starts `mtpipe` with these words, once it has said where it listens; all that it prints goes to log."""
    command = [sys.executable, "-m", "mtpipe", *map(str, words)]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | dict(env))
    try:
        yield Served(_address(process, log), process, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _address(process: subprocess.Popen, log: Path) -> str:
    """However long it takes; what is on the line after it must be there, too."""
    while not (address := re.search(r"at (http://\S+).*\n", log.read_text())):
        if process.poll() is not None:
            raise AssertionError(log.read_text())
        sleep(0.02)
    return address[1]
