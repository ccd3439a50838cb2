"""What goes wrong around a job: an LLM's server, kill -9, a second job, a full disk."""

from __future__ import annotations

import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.hostile.outcome import JOB, LANGUAGES, SECONDS, command, counted, digests, failed, keep
from tests.benchmarks.hostile.seeds import TEXTS, WORD
from tests.benchmarks.interrupt import is_killed
from tests.support.llm_server import FAULTS, MODEL, LlmServer

LIMITS = (100, 1_000, 5_000, 20_000, 60_000, 200_000)  # bytes of a file, before the disk is full


def llm_faults() -> Counter[str]:
    """Each fault at every call of a post-edit job."""
    total = Counter[str]()
    for fault in FAULTS:
        with TemporaryDirectory() as name, LlmServer(lambda body: '{"target": "Zelle"}', then=fault) as server:
            folder = Path(name)
            draft = {"source": "A cell.", "draft": "Ein Feld.", "terms": [{"source": "cell", "target": "Zelle"}]}
            (folder / "d.jsonl").write_text(json.dumps(draft) + "\n")
            (folder / "c.toml").write_text("[calls]\ntimeout = 1\nretries = 0\nmax_wait = 0.1\nmax_failures = 9\n")
            before = digests(folder)
            failure, _ = command(["-c", str(folder / "c.toml"), "post-edit", str(folder / "d.jsonl"), "-o",
                                  str(folder / "o.jsonl"), *LANGUAGES, "--mt", "none", "--editors", "llm", "--llm",
                                  "openai", "--llm-option", f"base_url={server.url}", "--llm-option",
                                  f"model={MODEL}", "--quiet"], folder)  # fmt: skip
            inputs = {path: digest for path, digest in digests(folder).items() if path in before}
            total += counted(1, failure, is_overwritten=inputs != before)
    return total


def killed_jobs(kills: int, chance: random.Random) -> Counter[str]:
    """Kills of jobs over Word, HTML, XLIFF, PO and Markdown files, up to three a job, then finished and compared."""
    total = Counter[str]()
    with TemporaryDirectory() as name:
        source = _mixed(Path(name, "in"))
        before = digests(source)
        start = time.monotonic()
        expected = _outputs(source, Path(name, "undisturbed"))
        seconds = time.monotonic() - start
        while total["tried"] < kills:
            out = Path(name, f"job{total['tried']}")
            killed = attempts = 0
            while killed < min(3, kills - total["tried"]) and attempts < 9:
                killed += is_killed(_shell(source, out), chance.uniform(0.3, 1.0) * seconds)
                attempts += 1
            outputs = _outputs(source, out)
            failure = "" if outputs else "hung"
            total += counted(max(killed, 1), failure, _lost(outputs, expected), digests(source) != before)
            shutil.rmtree(out, ignore_errors=True)
    return total


def two_jobs() -> Counter[str]:
    """Two jobs at once: one does it all, the other says that it waits for none."""
    with TemporaryDirectory() as name:
        source, out = _mixed(Path(name, "in")), Path(name, "out")
        before, expected = digests(source), _outputs(source, Path(name, "undisturbed"))
        both = [subprocess.Popen(_shell(source, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                for _ in range(2)]  # fmt: skip
        errors = "".join(job.communicate(timeout=SECONDS)[1] for job in both)
        failure = "traceback" if "Traceback" in errors else ""
        return counted(1, failure, _lost(_outputs(source, out), expected), digests(source) != before)


def full_disk() -> Counter[str]:
    """Files may not grow over a limit, from a few bytes to nearly enough; without it the job then goes on."""
    total = Counter[str]()
    with TemporaryDirectory() as name:
        source = _mixed(Path(name, "in"))
        before, expected = digests(source), _outputs(source, Path(name, "undisturbed"))
        for limit in LIMITS:
            out = Path(name, f"out{limit}")
            job = subprocess.run(_shell(source, out), capture_output=True, text=True, timeout=SECONDS, check=False,
                                 preexec_fn=lambda limit=limit: _limited(limit))  # fmt: skip
            failure = "traceback" if "Traceback" in job.stderr else ""
            row = counted(1, failure, _lost(_outputs(source, out), expected), digests(source) != before)
            if failed(row):
                keep("full-disk", f"{job.stderr}\nlimit: {limit} bytes")
            total += row
    return total


def _lost(outputs: dict[str, str], expected: dict[str, str]) -> int:
    return sum(outputs.get(path) != digest for path, digest in expected.items())


def _limited(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _mixed(folder: Path) -> Path:
    folder.mkdir()
    shutil.copy(WORD, folder / "a.docx")
    for name in ("a.html", "a.xlf", "a.po", "a.md"):
        (folder / name).write_text(TEXTS[name], "utf-8")
    for number in range(40):
        (folder / f"t{number:02}.txt").write_text(f"Open cell {number}. Close the row {number}.\n")
    return folder


def _shell(source: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "mtpipe", "translate", str(source), "-o", str(out), *JOB, "--mt", "fake"]


def _outputs(source: Path, out: Path) -> dict[str, str]:
    """The digests of a job's outputs, done to its end; {} where it hung."""
    try:
        subprocess.run(_shell(source, out), capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {}
    return {path: digest for path, digest in digests(out).items() if not path.startswith(".mtpipe")}
