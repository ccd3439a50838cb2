"""manifest.json of a run: versions, and for each stage the digests it was done from, time, costs."""

from __future__ import annotations

import hashlib
import json
import platform
from datetime import datetime, timezone
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from mtpipe import __version__
from mtpipe.errors import InputError
from mtpipe.io import atomic
from mtpipe.io import digest as file_digests

FILE = "manifest.json"
_PACKAGES = ("ctranslate2", "sentencepiece", "simplemma", "spacy", "sacrebleu", "torch", "transformers", "openai")


class Manifest:
    """The manifest at path, as the last run left it; raises InputError for a file that is none."""

    def __init__(self, path: Path):
        self.path = path
        self.stages: dict[str, dict[str, Any]] = {}
        if path.is_file():
            try:
                records = json.loads(path.read_text("utf-8"))["stages"]
                self.stages = {name: dict(stage) for name, stage in records.items()}
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise InputError(f"{path}: not a manifest of a run ({error!r}); remove it to start over") from error

    def put(self, name: str, **record: Any) -> None:
        """Replaces a stage's record and writes the file; raises OutputError."""
        self.stages[name] = record | {"at": datetime.now(timezone.utc).isoformat(timespec="seconds")}
        data = {"mtpipe": __version__, "code": code_digest(), "python": platform.python_version(),
                "packages": _versions(), "stages": self.stages}  # fmt: skip
        atomic.write_json(self.path, data)


@cache
def code_digest() -> str:
    """Of the package's own modules, of the record and of what is quick to measure again."""
    total = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def digest(path: Path | None) -> str:
    """Of a file or of a folder's files; "-" for None. Raises InputError for what is not there."""
    if path is None:
        return "-"
    try:
        files = sorted(inner for inner in path.rglob("*") if inner.is_file()) if path.is_dir() else [path]
        stats = [file.stat() for file in files]
        digests = {str(file.relative_to(path)): _content(file, stat.st_mtime_ns, stat.st_size)
                   for file, stat in zip(files, stats, strict=True)}  # fmt: skip
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}); check the path") from error
    return fingerprint(digests) if path.is_dir() else digests["."]


@cache
def _content(path: Path, changed: int, size: int) -> str:
    """changed, size: so that a file that was written anew is read anew, and no other."""
    return file_digests.of_file(path)


def fingerprint(settings: Any) -> str:
    """A digest of settings: of a mapping, a list or a value of them."""
    return file_digests.of_text(json.dumps(settings, sort_keys=True, default=str))


def _versions() -> dict[str, str]:
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
