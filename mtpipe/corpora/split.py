"""Which documents are for training, which for development and testing: by list, else by a hash of the name."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from mtpipe.errors import InputError

PARTS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Split:
    """Documents named in test or dev go there, of the others the given shares (0 to 1), the rest to training.

    A name without its run ("memory.tmx" for "memory.tmx@7") stands for the whole file.
    """

    test: frozenset[str] = frozenset()
    dev: frozenset[str] = frozenset()
    test_share: float = 0
    dev_share: float = 0

    def part(self, document: str) -> str:
        """One of PARTS, the same in every run."""
        names = {document, document.rpartition("@")[0] or document}
        for part, listed in (("test", self.test), ("dev", self.dev)):
            if names & listed:
                return part
        place = int.from_bytes(blake2b(document.encode(), digest_size=6).digest(), "big") / 256**6
        if place < self.test_share:
            return "test"
        return "dev" if place < self.test_share + self.dev_share else "train"


def read_list(path: Path) -> frozenset[str]:
    """The documents of a list, one a line; raises InputError when it is empty or not UTF-8."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a list in UTF-8, a document a line ({error})") from error
    names = frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    if not names:
        raise InputError(f"{path}: no document named; give one a line")
    return names
