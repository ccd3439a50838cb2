"""Committed results: what they were made with, and what of that has changed since."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from eval.harness.figures import Row
from mtpipe.errors import InputError, OutputError
from mtpipe.io import digest

_ROOT = Path(__file__).parents[2]
# modules that can't change a figure
_SHOWING = ("mtpipe.cli", "mtpipe.report", "eval.harness.results", "eval.harness.cli", "eval.harness.__main__")
_DIGITS = 4
_LISTED = 8

Origin = dict[str, dict[str, str]]


def made_with(models: Mapping[str, Path], files: Iterable[Path]) -> Origin:
    """{"code", "models", "files"}: digests of the modules in use now, of model folders by name, of files by path."""
    names = [name for name in sys.modules
             if name.startswith(("mtpipe", "eval.harness")) and not name.startswith(_SHOWING)]  # fmt: skip
    paths = {Path(str(path)) for name in names if (path := getattr(sys.modules[name], "__file__", None))}
    return {
        "code": {path.relative_to(_ROOT).as_posix(): _digest(path) for path in sorted(paths)},
        "models": {name: digest.of_folder(folder) for name, folder in sorted(models.items())},
        "files": {path.as_posix(): _digest(path) for path in sorted(files)},
    }


def signature(origin: Origin) -> str:
    return hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:16]


def write(folder: Path, origin: Origin, rows: Sequence[Row], seconds: float) -> Path:
    """Puts <signature>.json in place of the results there are of the same files; raises OutputError."""
    path = folder / f"{signature(origin)}.json"
    data = {"created": datetime.now(timezone.utc).isoformat(timespec="seconds"), "seconds": round(seconds),
            "made_with": origin, "rows": [_rounded(row) for row in rows]}  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in find(folder, origin["files"]):
            old.unlink()
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: can't be written ({error.strerror}); check permissions and space") from error
    return path


def find(folder: Path, files: Iterable[str] = ()) -> list[Path]:
    """The results in a folder; with files, those made of files of these names."""
    names = set(files)
    return [path for path in sorted(folder.glob("*.json"))
            if (origin := load(path).get("made_with")) and (not names or set(origin["files"]) == names)]  # fmt: skip


def rows(folder: Path, files: Iterable[Path]) -> list[Row]:
    """The rows of the results made of these files; [] where there are none."""
    return [row for path in find(folder, map(str, files)) for row in load(path)["rows"]]


def load(path: Path) -> dict[str, Any]:
    """A result as written; raises InputError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a result of `make eval` ({error}); make it again") from error
    return data if isinstance(data, dict) else {}


def changed(origin: Origin, models: Mapping[str, Path], root: Path = Path()) -> list[str]:
    """What is no longer as it was: modules, models (by name, with their folders of now) and files under root."""
    now = {
        "code": {name: _digest(_ROOT / name) for name in origin["code"]},
        "models": {name: digest.of_folder(folder) for name, folder in models.items()},
        "files": {name: _digest(root / name) for name in origin["files"]},
    }
    return [name for kind, digests in origin.items() for name, digest in digests.items()
            if now[kind].get(name) != digest]  # fmt: skip


def warning(path: Path, names: Sequence[str]) -> str:
    """The warning about a result that is out of date; "" where nothing has changed."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    text = f"{path}: made before {', '.join(names[:_LISTED])}{more} changed; `make eval` makes it anew"
    return text if names else ""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else ""


def _rounded(row: Row) -> Row:
    return {**row, **{key: {name: round(value, _DIGITS) for name, value in row[key].items()}
                      for key in ("figures", "cost")}}  # fmt: skip
