"""What the bench works on: help pages, as many as asked for, and glossaries made from their words."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

from mtpipe import plugins
from mtpipe.document.sentence_splitting import split
from mtpipe.models import registry
from tests.benchmarks.child import ROOT

OFFICE = ROOT / "glossaries/en-de.office.csv"
_LARGE = ROOT / "data/cache/help/usr/share/libreoffice/help/en-US/text"
_TEXT = re.compile(r"(?<=>)[^<>]*[A-Za-z]{3}[^<>]*(?=<)")
_END = re.compile(r"(?<=[a-z])(?=\. |[.:;]?\s*$)")


def source() -> tuple[list[Path], str]:
    """The pages at hand, shuffled once and for all, and what they are."""
    folder, name = (_LARGE, "LibreOffice help") if _LARGE.is_dir() else (ROOT / "data/demo/help", "data/demo/help")
    pages = sorted(folder.rglob("*.html"))
    random.Random(1).shuffle(pages)
    return pages, f"{name} ({len(pages)} pages)"


def fill(folder: Path, pages: int, copies: int = 1) -> Path:
    """Pages into the folder; where there are too few, and for more copies, again with every sentence changed."""
    found, _ = source()
    numbered = islice(((page, k) for k in count() for page in found), pages)
    chosen = [(page, 100 * c + k) for page, k in numbered for c in range(copies)]
    for page, k in chosen:
        path = folder / str(k) / page.parent.name / page.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_changed(page.read_text(encoding="utf-8"), k), encoding="utf-8")
    return folder


def _changed(page: str, k: int) -> str:
    """The page with a number at the end of every sentence; 0 leaves it as it is."""
    return _TEXT.sub(lambda match: _END.sub(f" {k}", match.group()), page) if k else page


def sentences(number: int) -> list[str]:
    """So many distinct sentences without codes, of four words or more."""
    reader = plugins.create("format", "html", {}, source_lang="en", target_lang="de")
    found: dict[str, None] = {}
    for page in source()[0]:
        parts = chain.from_iterable(split(segment, "en", "de") for segment in reader.read(page, page.name).segments)
        found.update((part.source, None) for part in parts if not part.codes and part.source.count(" ") > 2)
        if len(found) >= number:
            break
    return list(found)[:number]


def large_glossary(path: Path, entries: int) -> Path:
    """The office glossary and pairs of the pages' words, distinct, as many as asked for."""
    pages, _ = source()
    text = " ".join(_TEXT.findall(" ".join(page.read_text(encoding="utf-8") for page in pages[:500])))
    vocabulary = sorted(set(re.findall(r"\b[a-z]{3,20}\b", text)))
    office = OFFICE.read_text(encoding="utf-8").splitlines()
    chance = random.Random(1)
    made: dict[str, str] = {}
    while len(made) < entries - (len(office) - 1):
        first, second, third = (chance.choice(vocabulary) for _ in range(3))
        made.setdefault(f"{first} {second}", f"{third.capitalize()}{second}")
    columns = office[0].count(",") - 1
    rows = (f"{source},{target}{',' * columns}" for source, target in made.items())
    path.write_text("\n".join([*office, *rows]) + "\n", encoding="utf-8")
    return path


def unmet_glossary(path: Path, unmet: Iterable[tuple[str, str]], wanted: int) -> tuple[Path, int]:
    """Terms of the office glossary that so many segments miss, from (segment, term), and how many miss one."""
    segments: dict[str, set[str]] = {}
    for segment, term in unmet:
        segments.setdefault(term, set()).add(segment)
    chosen: list[str] = []
    wrong: set[str] = set()
    for term in sorted(segments, key=lambda term: (-len(segments[term]), term)):
        if len(wrong | segments[term]) <= wanted * 1.05:
            chosen.append(term)
            wrong |= segments[term]
    head, *rows = OFFICE.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([head, *(row for row in rows if row.split(",")[0] in chosen)]) + "\n", encoding="utf-8")
    return path, len(wrong)


def model_without_annotation(folder: Path) -> Path:
    """The bundled model as one that was never taught terms, whose drafts miss many."""
    bundled = registry.find("en", "de", None).folder
    folder.mkdir()
    for path in bundled.iterdir():
        if path.name != "model.json":
            (folder / path.name).symlink_to(path)
    _describe(folder, json.loads((bundled / "model.json").read_text(encoding="utf-8")) | {"annotation": None})
    return folder


def model_with_map(folder: Path) -> Path:
    """A copy of the bundled model, given a vocabulary map by the command."""
    shutil.copytree(registry.find("en", "de", None).folder, folder)
    command = [sys.executable, "-m", "mtpipe", "models", "vmap", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return folder


def converted_model(folder: Path, trained: Path) -> Path:
    """A model folder around the ct2/ and spm.model beside a Hugging Face model."""
    folder.mkdir()
    for name in ("ct2", "spm.model"):
        (folder / name).symlink_to(trained / name)
    _describe(folder, {"name": trained.name, "source_lang": "en", "target_lang": "de", "max_tokens": 256})
    return folder


def _describe(folder: Path, head: dict[str, Any]) -> None:
    (folder / "model.json").write_text(json.dumps(head), encoding="utf-8")
