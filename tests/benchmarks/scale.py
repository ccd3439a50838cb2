"""python -m tests.benchmarks.scale [DOCUMENTS] [KILLS]: engines and shards on many small documents, with faults.

Each row is a job that is disturbed and gone on with until it is done, under another number of workers each time; its
documents are compared with those of an undisturbed serial job, and what was translated is counted. Writes the table to
eval/scale.md; exits with 1 where a document is lost or differs. The translator is the fake one that ships.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from mtpipe.document.segment import Segment
from mtpipe.mt import Draft
from mtpipe.mt.fake import FakeTranslator

ROOT = Path(__file__).parents[2]
MT = "tests.benchmarks.scale:Logged"
SENTENCES = 20  # of a document, half of them in others as well
_NOUNS = ("cell", "row", "table", "page", "menu", "window", "chart", "style", "field", "macro")
_VERBS = ("Open", "Close", "Select", "Format", "Delete", "Insert", "Rename", "Print", "Copy", "Move")


class Logged(FakeTranslator):
    """Notes what it translates in the folder at log; the first process of all to note it in slow is slow."""

    def __init__(self, log: str, slow: str = ""):
        super().__init__()
        self._path = Path(log) / f"{os.getpid()}.{time.time_ns()}"
        self._is_slow = bool(slow) and _is_first(Path(slow))

    def translate(self, segments: Sequence[Segment]) -> list[Draft]:
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{segment.source}\n" for segment in segments)
        time.sleep(0.01 * len(segments) if self._is_slow else 0.0005 * len(segments))
        return super().translate(segments)


def _is_first(path: Path) -> bool:
    try:
        path.open("x").close()
    except FileExistsError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a disturbed job: documents that are not there, that differ, sentences translated more than once."""

    name: str
    events: str
    lost: int
    wrong: int
    doubled: int
    seconds: float
    faults: int


class Campaign:
    """Jobs on one folder of documents."""

    def __init__(self, folder: Path, documents: int, kills: int):
        self.folder, self.documents, self.kills = folder, documents, kills
        self.source = folder / "in"
        self.segments, self.units = fill(self.source, documents)
        self._chance = random.Random(1)
        start = time.monotonic()
        self.run("serial", "--engine", "serial")
        self.seconds = time.monotonic() - start
        self._expected = digests(folder / "serial")
        state = folder / "serial/.mtpipe"
        self.state, self.report = (state.joinpath(name).stat().st_size for name in ("job.sqlite", "report.json"))

    def command(self, name: str, *options: str, slow: bool = False) -> list[str]:
        settings = {"log": str(self.folder / f"{name}.log"), **({"slow": str(self.folder / "slow")} if slow else {})}
        Path(settings["log"]).mkdir(exist_ok=True)
        path = self.folder / f"{name}.toml"
        lines = [f'[mt."{MT}"]', *(f"{key} = {json.dumps(value)}" for key, value in settings.items())]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        command = [sys.executable, "-m", "mtpipe", "--config", str(path), "translate", str(self.source), "--out"]
        return [*command, str(self.folder / name), "-s", "en", "-t", "de", "--mt", MT, "--editors", "", "--quiet",
                *options]  # fmt: skip

    def begin(self, name: str, *options: str, slow: bool = False, bytes_at_most: int = 0) -> subprocess.Popen[bytes]:
        def limit() -> None:
            if bytes_at_most:
                resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_at_most, bytes_at_most))

        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.Popen(self.command(name, *options, slow=slow), cwd=ROOT, env=environment, preexec_fn=limit,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # fmt: skip

    def run(self, name: str, *options: str, slow: bool = False) -> None:
        """A job to its end, undisturbed."""
        process = self.begin(name, *options, slow=slow)
        error = process.communicate()[1].decode()
        if process.returncode:
            raise RuntimeError(f"{name}: {error}")

    def outcome(self, name: str, events: str, start: float) -> Outcome:
        there = digests(self.folder / name)
        lines = Counter(line for path in (self.folder / f"{name}.log").iterdir()
                        for line in path.read_text(encoding="utf-8").splitlines())  # fmt: skip
        report = json.loads((self.folder / name / ".mtpipe/report.json").read_text())
        wrong = sum(there.get(path, digest) != digest for path, digest in self._expected.items())
        return Outcome(name, events, len(self._expected.keys() - there.keys()), wrong,
                       sum(lines.values()) - len(lines), time.monotonic() - start, len(report["faults"]))  # fmt: skip

    def killed(self, name: str, *options: str, heads: bool) -> Outcome:
        """Workers (or the command itself) killed at random, then resumed with another number of workers."""
        start, kills, resumes = time.monotonic(), 0, 0
        while True:
            workers = str(self._chance.randint(1, 4))
            process = self.begin(name, *options, "--workers", workers)
            while process.poll() is None and kills < self.kills:
                self._wait(name, process)
                victims = [process.pid] if heads else children(process.pid)
                if process.poll() is None and victims:
                    os.kill(self._chance.choice(victims), signal.SIGKILL)
                    kills += 1
            error = process.communicate()[1].decode()
            if process.returncode == 0:
                what = "commands" if heads else "workers"
                return self.outcome(name, f"{kills} {what} killed, {resumes} resumed", start)
            if process.returncode > 0:
                raise RuntimeError(f"{name}: {error}")
            resumes += 1

    def _wait(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Until some more documents were translated, as many as leave time for all the kills."""
        log = self.folder / f"{name}.log"
        step = self._chance.uniform(0.2, 1.0) * self.units * SENTENCES / self.kills
        before = sum(path.stat().st_size for path in log.iterdir())
        while process.poll() is None and sum(path.stat().st_size for path in log.iterdir()) < before + step:
            time.sleep(0.02)

    def sharded(self, name: str) -> Outcome:
        """Shards of 3 killed, those of 4 killed, those of 2 to their end, merged."""
        start, kills = time.monotonic(), 0
        for count in (3, 4):
            running = [self.begin(name, "--shard", f"{k}/{count}") for k in range(1, count + 1)]
            for process in running:
                self._wait(name, process)
                process.kill()
                kills += process.wait() < 0
                process.communicate()
        for process in [self.begin(name, "--shard", f"{k}/2") for k in (1, 2)]:
            error = process.communicate()[1].decode()
            if process.returncode:
                raise RuntimeError(f"{name}: {error}")
        subprocess.run([sys.executable, "-m", "mtpipe", "merge", str(self.folder / name)], check=True, cwd=ROOT,
                       capture_output=True)  # fmt: skip
        return self.outcome(name, f"{kills} shards killed (3, then 4), then 2 shards", start)

    def full_disk(self, name: str) -> Outcome:
        """A disk that takes no more than files of some size, then one that does."""
        start = time.monotonic()
        process = self.begin(name, "--engine", "processes", "--workers", "2", bytes_at_most=200_000)
        error = process.communicate()[1].decode()
        if process.returncode != 1 or "run the same command again" not in error:
            raise RuntimeError(f"{name}: exit code {process.returncode}, {error}")
        self.run(name, "--engine", "processes", "--workers", "2")
        return self.outcome(name, "no file over 200 kB, then no limit", start)

    def slow_worker(self, name: str) -> Outcome:
        """One worker of three takes twenty times as long for a sentence."""
        start = time.monotonic()
        self.run(name, "--engine", "processes", "--workers", "3", slow=True)
        return self.outcome(name, "one of three workers 20 times slower", start)


def fill(folder: Path, documents: int) -> tuple[int, int]:
    """Makes so many documents; their segments and the distinct ones."""
    chance = random.Random(0)
    common = [f"{verb} the {noun} {number}." for verb in _VERBS for noun in _NOUNS
              for number in range(documents // 50 + 1)]  # fmt: skip
    units = set()
    for n in range(documents):
        lines = [chance.choice(common) if k % 2 else f"Page {n} has the {chance.choice(_NOUNS)} {k}."
                 for k in range(SENTENCES)]  # fmt: skip
        units.update(lines)
        path = folder / f"{n // 1000:03}" / f"page{n:06}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return documents * SENTENCES, len(units)


def digests(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*.txt") if ".mtpipe" not in path.parts)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def children(pid: int) -> list[int]:
    """The worker processes of a command: its children that run this Python, but for the one that tracks resources."""
    result = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            words = path.with_name("cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if parent == pid and b"spawn_main" in words:
            result.append(int(path.parent.name))
    return result


def outcomes(campaign: Campaign) -> Iterator[Outcome]:
    processes = ("--engine", "processes")
    jobs: list[Callable[[], Outcome]] = [
        lambda: campaign.killed("processes", *processes, heads=False),
        lambda: campaign.killed("processes-head", *processes, heads=True),
        lambda: campaign.sharded("shards"),
        lambda: campaign.full_disk("full-disk"),
        lambda: campaign.slow_worker("slow-worker"),
    ]
    if find_spec("ray") and os.environ.get("SCALE_RAY"):
        jobs.append(lambda: campaign.killed("ray-head", "--engine", "ray", heads=True))
    for job in jobs:
        yield job()
        print("·", end="", file=sys.stderr, flush=True)


def main(documents: int = 5000, kills: int = 20) -> int:
    with TemporaryDirectory() as folder:
        campaign = Campaign(Path(folder), documents, kills)
        rows = list(outcomes(campaign))
        text = table(campaign, rows)
    print(text)
    (ROOT / "eval/scale.md").write_text(text, encoding="utf-8")
    return int(any(row.lost or row.wrong for row in rows))


def table(campaign: Campaign, rows: Sequence[Outcome]) -> str:
    about = (
        f'`make check-scale SCALE="{campaign.documents} {campaign.kills}"`: {campaign.documents} documents, '
        f"{campaign.segments} sentences, {campaign.units} of them distinct, the fake translator that ships; "
        f"undisturbed and serial {campaign.seconds:.0f} s. Doubled: sentences translated more than once, which is what "
        "was in hand when a process was killed, what two workers did at the same moment, and in shards what is in "
        f"documents of several. State: {campaign.state / campaign.segments:.0f} bytes a sentence, report: "
        f"{campaign.report / campaign.documents:.0f} bytes a document."
    )
    heads = ("job", "what happened to it", "documents lost", "different", "sentences doubled", "of all distinct",
             "told in the report", "seconds")  # fmt: skip
    lines = ["# Scale: faults", "", about, "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in rows:
        share = f"{row.doubled / campaign.units:.1%}"
        cells = (row.name, row.events, row.lost, row.wrong, row.doubled, share, row.faults, f"{row.seconds:.0f}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
