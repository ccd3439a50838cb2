"""Jobs that are disturbed and gone on with until they are done, on one folder of documents."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.scale import translation_log
from tests.benchmarks.scale.documents import digests, fill
from tests.benchmarks.scale.translation_log import Doubled

ROOT = Path(__file__).parents[3]
_POLL = 0.05  # seconds
_DISK, _LIMIT = "1200k", 200_000  # of a disk that becomes full; of a file, where no disk can be made


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a disturbed job: documents that are not there, that differ, sentences translated more than once.

    state: bytes a sentence; report: bytes a document; peak: bytes, of the largest process.
    """

    name: str
    events: str
    lost: int
    different: int
    doubled: Doubled
    seconds: float
    faults: int
    peak: int
    state: float
    report: float


class Campaign:
    """Documents in folder, in which each job gets an output of its own; mt: one of `translation_log`."""

    def __init__(self, folder: Path, documents: int, kills: int, mt: str = translation_log.FAKE):
        self.folder, self.documents, self.kills, self.mt = folder, documents, kills, mt
        self.source = folder / "in"
        self.filled = fill(self.source, documents)
        self.expected = self.filled.expected
        self._chance = random.Random(1)

    def serial(self) -> Outcome:
        """Undisturbed; the others are compared with what a real model makes here, which cannot be known before."""
        start = time.monotonic()
        self.run("serial", "--engine", "serial")
        if self.mt != translation_log.FAKE:
            self.expected = dict(digests(self.folder / "serial"))
        return self.outcome("serial", "undisturbed", start)

    def killed(self, name: str, *options: str, victims: Sequence[str]) -> Outcome:
        """Workers, commands or both ("worker", "command") killed at random; a command goes on under another count."""
        start, kills, resumes = time.monotonic(), dict.fromkeys(victims, 0), 0
        while True:
            process = self.begin(name, *options, "--workers", str(self._chance.randint(1, 4)))
            while process.poll() is None and sum(kills.values()) < self.kills:
                self.wait(name, process)
                victim = self._chance.choice(victims)
                pids = [process.pid] if victim == "command" else workers(process.pid)
                if process.poll() is None and pids:
                    kill(self._chance.choice(pids))
                    kills[victim] += 1
            error = process.communicate()[1].decode()
            if process.returncode == 0:
                events = ", ".join(f"{count} {victim}s killed" for victim, count in kills.items())
                return self.outcome(name, f"{events}, {resumes} resumed under other counts", start)
            if process.returncode > 0:
                raise RuntimeError(f"{name}: {error}")
            resumes += 1

    def sharded(self, name: str = "shards") -> Outcome:
        """Shards of 3 killed, those of 4 killed, those of 2 to their end, merged."""
        start, kills = time.monotonic(), 0
        for count in (3, 4):
            running = [self.begin(name, "--shard", f"{k}/{count}") for k in range(1, count + 1)]
            for process in running:
                self.wait(name, process, 8)
                process.kill()
                kills += process.wait() < 0
                process.communicate()
        for process in [self.begin(name, "--shard", f"{k}/2") for k in (1, 2)]:
            error = process.communicate()[1].decode()
            if process.returncode:
                raise RuntimeError(f"{name}: {error}")
        subprocess.run([sys.executable, "-m", "mtpipe", "merge", str(self.folder / name)], check=True, cwd=ROOT,
                       capture_output=True)  # fmt: skip
        return self.outcome(name, f"{kills} shards killed (of 3, then of 4), then 2 shards", start)

    def full_disk(self, name: str = "full-disk") -> Outcome:
        """A disk that is too small for the job, then one that is not."""
        start = time.monotonic()
        options = ("--engine", "processes", "--workers", "2")
        with disk(self.folder / name) as is_disk:
            process = self.begin(name, *options, bytes_at_most=0 if is_disk else _LIMIT)
            error = process.communicate()[1].decode()
            if process.returncode != 1 or "run the same command again" not in error:
                raise RuntimeError(f"{name}: exit code {process.returncode}, {error}")
            translation_log.reopen(self.folder / f"{name}.log")
            if is_disk:
                subprocess.run(["mount", "-o", "remount,size=50%", str(self.folder / name)], check=True)
            self.run(name, *options)
            events = f"a disk of {_DISK}, then a larger one" if is_disk else f"no file over {_LIMIT} bytes, then any"
            return self.outcome(name, events, start)

    def slow_worker(self, name: str = "slow-worker") -> Outcome:
        """One worker of three takes many times as long for a sentence."""
        start = time.monotonic()
        self.run(name, "--engine", "processes", "--workers", "3", slow=True)
        return self.outcome(name, "one of three workers sleeps 10 ms a sentence", start)

    # jobs

    def run(self, name: str, *options: str, slow: bool = False, address: str = "") -> None:
        """A job to its end, undisturbed; address: of a Ray cluster."""
        process = self.begin(name, *options, slow=slow, address=address)
        error = process.communicate()[1].decode()
        if process.returncode:
            raise RuntimeError(f"{name}: {error}")

    def begin(
        self, name: str, *options: str, slow: bool = False, bytes_at_most: int = 0, address: str = ""
    ) -> subprocess.Popen[bytes]:
        def limit() -> None:
            if bytes_at_most:
                resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_at_most, bytes_at_most))

        cluster = {"RAY_ADDRESS": address} if address else {}
        return subprocess.Popen(self._command(name, *options, slow=slow), cwd=ROOT, env=environment() | cluster,
                                preexec_fn=limit, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # fmt: skip

    def _command(self, name: str, *options: str, slow: bool) -> list[str]:
        settings = {"log": str(self.folder / f"{name}.log"), **({"slow": str(self.folder / "slow")} if slow else {})}
        Path(settings["log"]).mkdir(exist_ok=True)
        path = self.folder / f"{name}.toml"
        lines = [f'[mt."{self.mt}"]', *(f"{key} = {json.dumps(value)}" for key, value in settings.items())]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        command = [sys.executable, "-m", "mtpipe", "--config", str(path), "translate", str(self.source), "--out"]
        return [*command, str(self.folder / name), "-s", "en", "-t", "de", "--mt", self.mt, "--editors", "", "--quiet",
                *options]  # fmt: skip

    def wait(self, name: str, process: subprocess.Popen[bytes], steps: int = 0) -> None:
        """Until so much more was translated as leaves time for all the kills (or is one of so many steps)."""
        step = self._chance.uniform(0.2, 1.0) * self.filled.size / (steps or self.kills)
        before = self._translated(name)
        while process.poll() is None and self._translated(name) < before + step:
            time.sleep(_POLL)

    def _translated(self, name: str) -> int:
        return sum(path.stat().st_size for path in (self.folder / f"{name}.log").iterdir())

    def outcome(self, name: str, events: str, start: float) -> Outcome:
        seconds = time.monotonic() - start
        out, missing, different = self.folder / name, set(self.expected), 0
        for path, digest in digests(out):
            missing.discard(path)
            different += self.expected.get(path, digest) != digest
        state, path = out / ".mtpipe/job.sqlite", out / ".mtpipe/report.json"
        report = json.loads(path.read_text(encoding="utf-8"))
        outcome = Outcome(
            name, events, len(missing), different, translation_log.doubled(self.folder / f"{name}.log"), seconds,
            len(report["faults"]), report["peak_memory"] or 0, state.stat().st_size / self.filled.segments,
            path.stat().st_size / self.documents,
        )  # fmt: skip
        if not out.is_mount():
            shutil.rmtree(out)
        return outcome


@contextmanager
def disk(folder: Path) -> Iterator[bool]:
    """A small disk at folder, where this may be done; whether it was."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(folder)]
    is_disk = bool(shutil.which("mount")) and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield is_disk
    finally:
        if is_disk:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def workers(pid: int) -> list[int]:
    """The worker processes of a command: its children that run this Python, but for the one that tracks resources."""
    return [child for child, parent, command in processes() if parent == pid and b"spawn_main" in command]


def processes() -> Iterator[tuple[int, int, bytes]]:
    """(id, id of the parent, command) of all processes."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            yield int(path.parent.name), parent, path.with_name("cmdline").read_bytes()
        except (OSError, ValueError):
            continue


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it was quicker
