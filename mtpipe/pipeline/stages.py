"""The versions of a job's stages: what was made by another version of a stage is made again, and all else is kept.

Whoever changes what a stage makes of the same input raises its version. A change that leaves the results as they are
(a move, a new name, more speed) raises nothing, so that finished jobs stay finished.
"""

from __future__ import annotations

VERSIONS = {"match": 2, "translate": 10, "check": 6, "repair": 10, "write": 1}  # in the order in which they run


def versions(last: str) -> str:
    """The versions of the stages up to last, as a part of the keys of what they made."""
    names = list(VERSIONS)
    return " ".join(f"{name}:{VERSIONS[name]}" for name in names[: names.index(last) + 1])
