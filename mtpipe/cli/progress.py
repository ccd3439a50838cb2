"""How a job's progress is shown: a bar on a terminal, plain lines in a log, nothing when quiet; always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtpipe.pipeline.jobs import Progress

_SECONDS = 5.0  # between two lines in a log


@contextmanager
def display(is_quiet: bool) -> Iterator[Callable[[Progress], object]]:
    """A function to hand to a job as its on_progress."""
    if is_quiet:
        yield _nothing
    elif sys.stderr.isatty():
        with _bar() as update:
            yield update
    else:
        yield _lines()


def _nothing(progress: Progress) -> None:
    """Quiet."""


def _lines() -> Callable[[Progress], object]:
    last = -_SECONDS

    def show(progress: Progress) -> None:
        nonlocal last
        if monotonic() - last >= _SECONDS or progress.done == progress.files:
            last = monotonic()
            print(_line(progress), file=sys.stderr, flush=True)

    return show


@contextmanager
def _bar() -> Iterator[Callable[[Progress], object]]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn
    from rich.progress import Progress as Bar
    from rich.progress import TextColumn, TimeRemainingColumn

    percent, what = TextColumn("{task.percentage:>3.0f} %"), TextColumn("{task.description}")
    with Bar(BarColumn(), percent, TimeRemainingColumn(), what, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def show(progress: Progress) -> None:
            text = f"{progress.done}/{progress.files} {progress.path}"
            bar.update(task, completed=progress.share, description=escape(text))

        yield show


def _line(progress: Progress) -> str:
    return f"{progress.share:4.0%}  {progress.done}/{progress.files} files  {progress.path}"
