"""Kill a translation job with SIGKILL at random moments, resume it, and compare with an undisturbed run.

python -m tests.benchmarks.interrupt [KILLS]: exits with 1 when a file differs.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "mtpipe", "translate", str(ROOT / "data/demo"), "--source-lang", "en", "--target-lang",
           "de", "--glossary", str(ROOT / "glossaries/en-de.office.csv"), "--quiet", "--out"]  # fmt: skip


def main(kills: int = 50) -> int:
    chance = random.Random(1)
    with TemporaryDirectory() as folder:
        start = time.monotonic()
        expected = run(Path(folder, "undisturbed"))
        seconds = time.monotonic() - start
        done = jobs = wrong = 0
        while done < kills:
            jobs += 1
            out = Path(folder, f"job{jobs}")
            while done < kills and is_killed([*COMMAND, str(out)], chance.uniform(0.05, 0.7 * seconds)):
                done += 1
            found = run(out)
            wrong += found != expected
            print(f"{done} kills, {jobs} jobs, {len(found)} files, {wrong} jobs with a difference", flush=True)
    return int(wrong > 0)


def run(out: Path) -> dict[str, bytes]:
    """The job to its end; every file it wrote but its own state."""
    subprocess.run([*COMMAND, str(out)], check=True, capture_output=True)
    files = (path for path in out.rglob("*") if path.is_file() and ".mtpipe" not in path.parts)
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(files)}


def is_killed(command: Sequence[str], after: float) -> bool:
    """Whether the job was still running when it was killed, so many seconds after its start."""
    job = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        job.wait(after)
        return False
    except subprocess.TimeoutExpired:
        job.kill()
        job.wait()
        return True


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
