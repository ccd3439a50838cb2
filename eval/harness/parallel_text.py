"""What the Makefile needs of parallel text: which packages a pair is made of, its domain's part, the quick set."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mtpipe.errors import InputError

PACKAGES = Path("data/cache/packages")
TABLES = Path("data/packages.tsv"), Path("data/manuals.tsv")
MANUALS = Path("data/cache/manuals")
DESCRIPTIONS = Path("data/cache/descriptions")
TESTS = Path("data/cache/tests")
PAIRS = ("en-de", "en-es", "en-cs", "de-en", "zh-en")
_HELP_FOLDER = "usr/share/libreoffice/help"


def package_names(pair: str, table: Path = TABLES[0]) -> list[str]:
    """The Debian packages for a pair: those with the texts of all languages, and those of one of the two."""
    languages = {"*", *pair.split("-")}
    with table.open(encoding="utf-8", newline="") as file:
        return [row["package"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                if row["languages"] in languages]  # fmt: skip


def package_folders(pair: str) -> list[Path]:
    """The unpacked packages that `mtpipe corpus prepare` reads; the English help is linked into the other language's.

    Raises InputError for one that is not there.
    """
    names = package_names(pair)
    if missing := [name for name in names if not (PACKAGES / name).is_dir()]:
        raise InputError(f"{PACKAGES}: {', '.join(missing)} not there; run make corpus PAIR={pair}")
    for name in names:
        if name.startswith("libreoffice-help-") and not name.endswith("-en-us"):
            link = PACKAGES / name / _HELP_FOLDER / "en-US"
            if not link.is_symlink() and not link.exists():
                link.symlink_to(Path("../../../../..") / "libreoffice-help-en-us" / _HELP_FOLDER / "en-US")
    return [PACKAGES / name for name in names if not name.endswith("-en-us")]


def outside_tests(pair: str) -> dict[str, list[str]]:
    """The packages of the test sets that no training text may hold anything of: a manual, a game, a handbook."""
    other = _other(pair)
    return {"manual": ["gimp-help-en", f"gimp-help-{'zh-cn' if other == 'zh' else other}"],
            "game": ["wesnoth-1.16-data"], "handbook": ["installation-guide-amd64"]}  # fmt: skip


def together(names: Sequence[str], folder: Path) -> Path:
    """The unpacked packages beside each other in folder, as hard links: what one document is of is in several."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in names:
        if not (PACKAGES / name).is_dir():
            raise InputError(f"{PACKAGES}: {name} not there; run make corpus")
        shutil.copytree(PACKAGES / name, folder / name, symlinks=True, copy_function=os.link)
    return folder


def more_corpora(pair: str, folder: Path) -> list[str]:
    """NAME=FILE of other corpora of the pair, called en-XX.<name>.…, whichever side English is on; and of what an LLM
    wrote, in the folder `synthetic` beside theirs: for the pair, and in many languages."""
    corpora = [f"{path.name.split('.')[1]}={path}" for path in sorted(folder.glob(f"en-{_other(pair)}.*"))]
    names = {"everyday": "multi.jsonl", "office": f"{pair}.office.jsonl"}
    files = {name: folder.parent / "synthetic" / file for name, file in names.items()}
    return corpora + [f"{name}={path}" for name, path in files.items() if path.is_file()]


def _other(pair: str) -> str:
    return next(lang for lang in pair.split("-") if lang != "en")


def split(train: Path, out: Path) -> Path:
    """Writes domain.jsonl (help pages and Python's documentation) and generic.jsonl (the rest) to out; returns out."""
    if not train.is_file():
        raise InputError(f"{train}: no such file; run make corpus first")
    out.mkdir(parents=True, exist_ok=True)
    for name, is_wanted in (("domain", _is_domain), ("generic", lambda row: not _is_domain(row))):
        _write(out / f"{name}.jsonl", _lines(train, is_wanted))
    return out


def quick_sets(corpora: Path = Path("data/corpora"), out: Path = Path("data/quick"), every: int = 4) -> None:
    """Every fourth held-out paragraph of each pair."""
    for pair in PAIRS:
        lines = (corpora / pair / "test.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        _write(out / f"{pair}.jsonl", iter(lines[::every]))


def _is_domain(row: dict[str, str]) -> bool:
    return any(mark in row.get("origin", "") for mark in ("-help-", "python-docs"))


def _lines(path: Path, is_wanted: Callable[[dict[str, str]], bool]) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        yield from (line for line in file if is_wanted(json.loads(line)))


def _write(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)
