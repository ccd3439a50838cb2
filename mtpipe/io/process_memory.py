"""How much memory this process has needed."""

from __future__ import annotations

import sys


def peak() -> int | None:
    """The most bytes it has held in memory so far; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource  # on use: Unix only

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
