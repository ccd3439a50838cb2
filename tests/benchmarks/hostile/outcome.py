"""What becomes of one command or job of the campaign: counted, and kept with its inputs where it fails."""

from __future__ import annotations

import hashlib
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from mtpipe.cli.main import main as mtpipe

ROOT = Path(__file__).parents[3]
FAILURES = ROOT / "out" / "hostile"
COLUMNS = ("tried", "survived", "lost", "overwritten", "hung", "tracebacks")
LANGUAGES = ["-s", "en", "-t", "de"]
JOB = [*LANGUAGES, "--editors", "", "--quiet"]
CPU_SECONDS, SECONDS = 60, 600  # of processor time, and by the clock where a machine does other things, too


class Hang(BaseException):
    """The time for a command is over."""


def command(arguments: list[str], inputs: Path) -> tuple[str, str]:
    """("hung", "traceback" or "", what it printed) of a command in this process; what fails is kept with its inputs."""
    try:
        result = _in_time(lambda: CliRunner().invoke(mtpipe, arguments))
    except Hang:
        keep(inputs.name, f"{traceback.format_exc()}\nhung: {arguments}", inputs)
        return "hung", ""
    if result.exception and not isinstance(result.exception, SystemExit):
        keep(inputs.name, "".join(traceback.format_exception(result.exception)), inputs)
        return "traceback", ""
    return "", result.stdout


def counted(tried: int, failure: str, lost: int = 0, is_overwritten: bool = False) -> Counter[str]:
    """The row of what was tried at once: all of it survived, or none."""
    row = Counter(lost=lost, overwritten=int(is_overwritten), hung=int(failure == "hung"),
                  tracebacks=int(failure == "traceback"))  # fmt: skip
    return row + Counter(tried=tried, survived=0 if failed(row) else tried)


def failed(row: Counter[str]) -> bool:
    return any(row[column] for column in COLUMNS[2:])


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}  # fmt: skip


def keep(name: str, text: str, inputs: Path | None = None) -> None:
    """Keeps a failure in out/hostile; text: what it said, the point last."""
    folder = FAILURES / f"{len(list(FAILURES.glob('*'))) if FAILURES.is_dir() else 0:03}-{name}"
    folder.mkdir(parents=True)
    (folder / "what.txt").write_text(text, "utf-8", "replace")
    if inputs:
        shutil.copytree(inputs, folder / "inputs")
    print(f"{folder}: {text.splitlines()[-1][:200]}", file=sys.stderr)


def _in_time(act: Callable[[], Result]) -> Result:
    def stop(number: int, frame: object) -> None:
        raise Hang

    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, stop)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    signal.alarm(SECONDS)
    try:
        return act()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
