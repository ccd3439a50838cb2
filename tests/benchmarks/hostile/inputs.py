"""Damaged documents and hostile glossaries, in jobs of this process."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from warnings import catch_warnings, simplefilter

import openpyxl

from tests.benchmarks.hostile.outcome import JOB, LANGUAGES, command, counted, digests, failed
from tests.benchmarks.hostile.seeds import documents, mutated

BATCH = 50  # documents a job
HEALTHY = (("0.txt", b"Open the cell.\n"), ("zz.txt", b"Close the row.\n"))
GLOSSARY = ("source,target,status,forms,regex\ncell,Zelle,,,\nrow|line,Zeile|Reihe,preferred,row=Zeile,\n"
            "x,Y,forbidden,,(a|aa)+b\n")  # fmt: skip
GLOSSARIES = {
    "g.csv": GLOSSARY, "g.tsv": GLOSSARY.replace(",", "\t"), "deepl.csv": "cell,Zelle,EN,DE\nrow,Zeile,EN,DE\n",
    "omegat.txt": "# a comment\ncell\tZelle\tof a table\nrow\tZeile\n",
    "g.tbx": '<?xml version="1.0"?><martif type="TBX" xml:lang="en"><text><body><termEntry id="1">'
             '<langSet xml:lang="en"><tig><term>cell</term></tig></langSet>'
             '<langSet xml:lang="de"><tig><term>Zelle</term></tig></langSet></termEntry></body></text></martif>',
    "g.tmx": '<?xml version="1.0"?><tmx version="1.4"><header srclang="en" segtype="phrase" datatype="x" '
             'adminlang="en" creationtool="x" creationtoolversion="1" o-tmf="x"/><body><tu><tuv xml:lang="en">'
             '<seg>cell</seg></tuv><tuv xml:lang="de"><seg>Zelle</seg></tuv></tu></body></tmx>',
}  # fmt: skip
Case = tuple[str, bytes]  # a file's name and content


def mutated_documents(count: int, chance: random.Random, mt: str = "fake") -> Counter[str]:
    """So many damaged documents, the formats in turn."""
    return jobs(mutants(documents(), count, chance), mt)


def damaged_parts(chance: random.Random) -> Counter[str]:
    """Each part of each ZIP document in turn: cut, mutated, replaced by what is no text, gone, twice, its CRC wrong."""
    cases: list[Case] = []
    for name, content in documents().items():
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as file:
                parts = [(info.filename, file.read(info)) for info in file.infolist()]
            changes = (part for i in range(len(parts)) for part in _damages(parts, i, chance))
            cases += [(f"{len(cases) + n}{Path(name).suffix}", changed) for n, changed in enumerate(changes)]
    return jobs(cases)


def hostile_glossaries(count: int, chance: random.Random) -> Counter[str]:
    """Damaged glossaries of each kind, validated and used by a job."""
    total = Counter[str]()
    seeds = {name: text.encode() for name, text in GLOSSARIES.items()} | {"g.xlsx": _workbook()}
    with TemporaryDirectory() as name:
        folder = Path(name)
        text = folder / "a.txt"
        text.write_text("Open the cell, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! Close the row.\n")
        for path, content in mutants(seeds, count, chance):
            glossary = folder / path
            glossary.write_bytes(content)
            before = digests(folder)
            failure = command(["glossary", "validate", str(glossary), *LANGUAGES], folder)[0] or command(
                ["translate", str(text), "-o", f"{folder}.txt", "-g", str(glossary), *JOB, "--mt", "fake", "-n"], folder
            )[0]  # fmt: skip
            total += counted(1, failure, is_overwritten=digests(folder) != before)
            glossary.unlink()
    return total


def mutants(seeds: dict[str, bytes], count: int, chance: random.Random) -> Iterator[Case]:
    names = list(seeds)
    for number in range(count):
        name = names[number % len(names)]
        content = seeds[name]
        is_inside = zipfile.is_zipfile(io.BytesIO(content)) and chance.random() < 0.7
        yield f"{number:05}{Path(name).suffix}", (_mutated_part if is_inside else mutated)(content, chance)


def jobs(cases: Iterable[Case], mt: str = "fake") -> Counter[str]:
    """Jobs over all cases, some at a time; the parts of a job that fails each again, to know which of them it was."""
    rest, total = list(cases), Counter[str]()
    while rest:
        batch, rest = rest[:BATCH], rest[BATCH:]
        total += _narrowed(batch, mt)
    return total


def _narrowed(batch: list[Case], mt: str) -> Counter[str]:
    row = _job(batch, mt)
    if not failed(row) or len(batch) == 1:
        return row
    half = len(batch) // 2
    parts = _narrowed(batch[:half], mt) + _narrowed(batch[half:], mt)
    return parts if failed(parts) else row


def _job(cases: list[Case], mt: str) -> Counter[str]:
    """A job of these documents between two healthy ones; lost: healthy ones, and what the report is silent about."""
    expected = _healthy_outputs(mt)
    with TemporaryDirectory() as name:
        source, out = Path(name, "in"), Path(name, "out")
        source.mkdir()
        for path, content in (*HEALTHY, *cases):
            (source / path).write_bytes(content)
        before = digests(source)
        failure, printed = _translate(source, out, mt)
        rows = json.loads(printed)["documents"] if printed else []
        lost = len(before) - len(rows) if not failure else 0
        outputs = digests(out)
        lost += sum(outputs.get(path) != digest for path, digest in expected.items())
        return counted(len(cases), failure, lost, digests(source) != before)


@cache
def _healthy_outputs(mt: str) -> dict[str, str]:
    """The digests of what becomes of the healthy documents alone."""
    with TemporaryDirectory() as name:
        source, out = Path(name, "in"), Path(name, "out")
        source.mkdir()
        for path, content in HEALTHY:
            (source / path).write_bytes(content)
        _translate(source, out, mt)
        return {path: digest for path, digest in digests(out).items() if not path.startswith(".mtpipe")}


def _translate(source: Path, out: Path, mt: str) -> tuple[str, str]:
    glossary = source.with_name("g.csv")
    glossary.write_text(GLOSSARY)
    return command(["translate", str(source), "-o", str(out), "-g", str(glossary), "--checks", "all", *JOB, "--mt", mt,
                    "--json"], source)  # fmt: skip


def _damages(parts: list[Case], i: int, chance: random.Random) -> Iterator[bytes]:
    content = parts[i][1]
    for change in (content[: len(content) // 2], mutated(content, chance), b"\xff" * 99):
        yield _packed([*parts[:i], (parts[i][0], change), *parts[i + 1 :]])
    yield _packed(parts[:i] + parts[i + 1 :])
    yield _packed([*parts, parts[i]])
    whole = _packed(parts, zipfile.ZIP_STORED)
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        info = file.infolist()[i]
    at = info.header_offset + 30 + len(info.filename.encode()) + info.file_size // 2
    yield whole[:at] + b"\x07" + whole[at + 1 :]


def _mutated_part(content: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        parts = [(info.filename, file.read(info)) for info in file.infolist()]
    i = chance.randrange(len(parts))
    return _packed([*parts[:i], (parts[i][0], mutated(parts[i][1], chance)), *parts[i + 1 :]])


def _packed(parts: list[Case], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as file, catch_warnings():
        simplefilter("ignore")  # of names that are there twice
        for name, part in parts:
            file.writestr(name, part)
    return content.getvalue()


def _workbook() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in (["source", "target"], ["cell", "Zelle"], ["row", "Zeile"]):
        book.active.append(row)
    book.save(content)
    return content.getvalue()
