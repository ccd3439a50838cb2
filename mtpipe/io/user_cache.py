"""The folder for what is quicker kept than made again: mtpipe in $XDG_CACHE_HOME or ~/.cache."""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path:
    """The folder, which need not be there; raises RuntimeError where the user has no home."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mtpipe"
