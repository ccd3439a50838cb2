"""This process's memory: how much it has needed, and when Python looks for what of it is garbage."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def peak() -> int | None:
    """The most bytes it has held in memory so far; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource  # on use: Unix only

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


@contextmanager
def uncollected() -> Iterator[None]:
    """Keeps Python from looking for garbage while many objects are made that all stay: a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
