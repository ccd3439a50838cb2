"""A campaign against mtpipe: damaged documents, hostile glossaries, faulty LLM servers, kill -9, two jobs, a full disk.

python -m tests.benchmarks.hostile [DOCUMENTS [GLOSSARIES [KILLS]]] prints a Markdown table (10000, 500 and 100 for a
full campaign) and exits with 1 where anything was lost, overwritten, hung or ended in a traceback. Cases are made from
a fixed seed; what fails is kept in out/hostile.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
from click.testing import CliRunner, Result

from mtpipe.cli.main import main as mtpipe
from tests.support.llm_server import FAULTS, MODEL, LlmServer

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "out" / "hostile"
WORD = ROOT / "tests" / "data" / "word" / "libreoffice-rich.docx"
SECONDS = 60  # for one job of BATCH small documents: more is a hang
BATCH = 20
HEALTHY = {"0.txt": "Open the cell.\n", "zz.txt": "Close the row.\n"}
JOB = ["-s", "en", "-t", "de", "--mt", "fake", "--editors", "", "--quiet"]
COLUMNS = ("tried", "survived", "lost", "overwritten", "hung", "tracebacks")
TEXTS = {
    "a.md": "# Cells\n\nOpen the **cell** and `run` [it](a.html).\n\n- one row\n- two rows\n",
    "a.html": "<html><body><h1>Cells</h1><p>Open the <b>cell</b> &amp; close it.</p><p>A row.</p></body></html>",
    "a.jsonl": '{"id": "1", "source": "Open the <b>cell</b>."}\n{"id": "2", "source": "A row."}\n',
    "a.srt": "1\n00:00:01,000 --> 00:00:02,000\nOpen the cell.\n\n2\n00:00:03,000 --> 00:00:04,000\nA row.\n",
    "a.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nOpen the cell.\n",
    "a.json": '{"title": "Open the cell", "inner": {"text": "A {count} row"}}',
    "a.arb": '{"@@locale": "en", "open": "Open the cell", "@open": {"description": "x"}}',
    "a.csv": "source,target\nOpen the cell,\nA row,\n",
    "a.xml": '<?xml version="1.0"?>\n<resources><string name="a">Open the cell %1$s</string></resources>\n',
    "a.resx": '<?xml version="1.0"?>\n<root><data name="a"><value>Open the cell</value></data></root>',
    "a.strings": '/* x */\n"open" = "Open the cell %@";\n',
    "a.properties": "open=Open the cell {0}\nrow=A row\\\n  goes on\n",
    "a.yaml": "en:\n  open: Open the cell\n  row: |\n    A row\n    goes on\n",
    "a.po": 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Open the cell"\nmsgstr ""\n',
    "a.xlf": '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file original="a" datatype="xml" '
             'source-language="en" target-language="de"><body><trans-unit id="1"><source>Open <g id="1">the</g> cell'
             "</source></trans-unit></body></file></xliff>",
    "a.ini": "[main]\nopen = Open the cell\n",
    "a.docbook": '<article xmlns="http://docbook.org/ns/docbook"><para>Open the cell.</para></article>',
    "a.txt": "Open the cell. Close the row.\n\nA new paragraph here.\n",
}
GLOSSARY = ("source,target,status,forms,regex\ncell,Zelle,,,\nrow|line,Zeile|Reihe,preferred,row=Zeile,\n"
            "x,Y,forbidden,,(a|aa)+b\n")  # fmt: skip
SPITE = (
    b"\0", b"\xff\xfe", b"\xed\xa0\xbd", b"\xf0\x9f\x94\x8e", b"<", b"&#xD800;", b"&a;" * 50, b"[" * 3000,
    b"{" * 3000, b"<a>" * 3000, b"(a|aa)+$", b"\r", b'"' * 7, b"\\" * 9, b"%s%n{}{{", b"\xe2\x80\xae", b"]]>",
    b"\xef\xbb\xbf", b"9" * 400, b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', b"x" * 20_000,
    b"\xe2\x9f\xa6" * 40,
)  # fmt: skip


class Hang(BaseException):
    """The time for a job is over."""


def main(documents: int = 400, glossaries: int = 100, kills: int = 10) -> int:
    chance = random.Random(11)
    rows = {
        "mutated documents": mutated_documents(documents, chance),
        "DOCX with one damaged part": damaged_parts(chance),
        "hostile glossaries": hostile_glossaries(glossaries, chance),
        "faults of an LLM's server": llm_faults(),
        "kill -9 of a mixed job": killed_jobs(kills, chance),
        "two jobs in one folder": two_jobs(),
        "full disk (file size limit)": full_disk(),
    }
    print("# Hostile input: what mtpipe survives\n\nMade by `make check-hostile`. Tried: documents, glossaries, faults")
    print("or kills. Lost: healthy documents not written, or outputs that differ from those of an undisturbed job.\n")
    print(f"| what | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}")
    for name, row in rows.items():
        print(f"| {name} | {' | '.join(str(row[column]) for column in COLUMNS)} |")
    return int(any(row[column] for row in rows.values() for column in COLUMNS[2:]))


def mutated_documents(count: int, chance: random.Random) -> Counter[str]:
    seeds = {**{name: text.encode() for name, text in TEXTS.items()}, "a.docx": WORD.read_bytes(), "a.xlsx": workbook()}
    cases = list(mutants(seeds, count, chance))
    return sum((document_job(cases[i : i + BATCH]) for i in range(0, count, BATCH)), Counter[str]())


def damaged_parts(chance: random.Random) -> Counter[str]:
    """Each part of a Word document is damaged in three ways: cut, shuffled, replaced."""
    with zipfile.ZipFile(WORD) as file:
        parts = {info.filename: file.read(info) for info in file.infolist()}
    cases = []
    for name, content in parts.items():
        for change in (content[: len(content) // 2], mutated(content, chance), b"\xff" * 99):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
                for other, original in parts.items():
                    file.writestr(other, change if other == name else original)
            cases.append((f"{len(cases)}.docx", packed.getvalue()))
    return sum((document_job(cases[i : i + BATCH]) for i in range(0, len(cases), BATCH)), Counter[str]())


def mutants(seeds: dict[str, bytes], count: int, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    names = list(seeds)
    for number in range(count):
        name = names[number % len(names)]
        yield f"{number:05}{Path(name).suffix}", mutated(seeds[name], chance)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One to four changes: bytes replaced, cut, doubled or put in."""
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(data) + 1), chance.choice((1, 2, 8, 64, 512))
        new = chance.choice((chance.choice(SPITE), b"", data[at : at + size] * 2, chance.randbytes(size)))
        data = data[:at] + new + data[at + chance.choice((0, size)) :]
        if chance.random() < 0.1:
            data = data[:at]
    return data


def document_job(cases: list[tuple[str, bytes]]) -> Counter[str]:
    """A job of these documents between two healthy ones."""
    with TemporaryDirectory() as name:
        source, out = Path(name, "in"), Path(name, "out")
        source.mkdir()
        for path, content in [*((path, text.encode()) for path, text in HEALTHY.items()), *cases]:
            (source / path).write_bytes(content)
        before = digests(source)
        outcome = command(["translate", str(source), "-o", str(out), *JOB, "--json"], source)
        row = Counter(tried=len(cases), hung=int(outcome == "hung"), tracebacks=int(outcome == "traceback"))
        row["lost"] = sum(not (out / path).is_file() or (out / path).read_text() != text.upper()
                          for path, text in HEALTHY.items())  # fmt: skip
        row["overwritten"] = int(digests(source) != before)
        row["survived"] = len(cases) if not any(row[column] for column in COLUMNS[2:]) else 0
        return row


def hostile_glossaries(count: int, chance: random.Random) -> Counter[str]:
    total = Counter[str]()
    table = GLOSSARY.encode()
    seeds = {"g.csv": table, "g.tsv": table.replace(b",", b"\t"), "g.xlsx": workbook()}
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.txt").write_text("Open the cell, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! Close the row.\n")
        for path, content in mutants(seeds, count, chance):
            glossary = folder / path
            glossary.write_bytes(content)
            before = digests(folder)
            commands = (["glossary", "validate", str(glossary), "-s", "en", "-t", "de"],
                        ["translate", str(folder / "a.txt"), "-o", str(folder.parent / f"{folder.name}.txt"), "-g",
                         str(glossary), *JOB, "--dry-run"])  # fmt: skip
            outcomes = [command(arguments, folder) for arguments in commands]
            row = Counter(tried=1, hung=int("hung" in outcomes), tracebacks=int("traceback" in outcomes),
                          overwritten=int(digests(folder) != before))  # fmt: skip
            total += row + Counter(survived=int(sum(row.values()) == 1))
            glossary.unlink()
    return total


def llm_faults() -> Counter[str]:
    """Each fault at every call of a post-edit job."""
    total = Counter[str]()
    for fault in FAULTS:
        with TemporaryDirectory() as name, LlmServer(lambda body: '{"target": "Zelle"}', then=fault) as server:
            folder = Path(name)
            draft = {"source": "A cell.", "draft": "Ein Feld.", "terms": [{"source": "cell", "target": "Zelle"}]}
            (folder / "d.jsonl").write_text(json.dumps(draft) + "\n")
            (folder / "c.toml").write_text("[calls]\ntimeout = 1\nretries = 0\nmax_wait = 0.1\nmax_failures = 9\n")
            before = digests(folder)
            outcome = command(["-c", str(folder / "c.toml"), "post-edit", str(folder / "d.jsonl"), "-o",
                               str(folder / "o.jsonl"), "-s", "en", "-t", "de", "--mt", "none", "--editors", "llm",
                               "--llm", "openai", "--llm-option", f"base_url={server.url}", "--llm-option",
                               f"model={MODEL}", "--quiet"], folder)  # fmt: skip
            inputs = {path: digest for path, digest in digests(folder).items() if path in before}
            row = Counter(tried=1, hung=int(outcome == "hung"), tracebacks=int(outcome == "traceback"),
                          overwritten=int(inputs != before))  # fmt: skip
            total += row + Counter(survived=int(sum(row.values()) == 1))
    return total


def killed_jobs(kills: int, chance: random.Random) -> Counter[str]:
    """Kills of jobs over Word, HTML, XLIFF, PO and Markdown files, each job then finished and compared."""
    total = Counter[str](tried=kills)
    with TemporaryDirectory() as name:
        source = mixed(Path(name, "in"))
        before = digests(source)
        start = time.monotonic()
        wanted = finished(source, Path(name, "undisturbed"))
        seconds, done = time.monotonic() - start, 0
        while done < kills:
            out = Path(name, f"job{done}")
            for _ in range(min(3, kills - done)):
                job = subprocess.Popen(shell(source, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    job.wait(chance.uniform(0.3, 1.0) * seconds)
                except subprocess.TimeoutExpired:
                    job.kill()
                    job.wait()
                done += 1
            outputs = finished(source, out)
            total["lost"] += lost(outputs, wanted)
            total["hung"] += int(not outputs)
            total["overwritten"] += int(digests(source) != before)
            shutil.rmtree(out, ignore_errors=True)
    total["survived"] = kills if not any(total[column] for column in COLUMNS[2:]) else 0
    return total


def two_jobs() -> Counter[str]:
    """Two jobs at once: one does it all, the other says that it waits for none."""
    with TemporaryDirectory() as name:
        source, out = mixed(Path(name, "in")), Path(name, "out")
        before, wanted = digests(source), finished(source, Path(name, "undisturbed"))
        jobs = [subprocess.Popen(shell(source, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                for _ in range(2)]  # fmt: skip
        errors = [job.communicate(timeout=5 * SECONDS)[1] for job in jobs]
        outputs = finished(source, out)
        row = Counter(tried=1, lost=lost(outputs, wanted), overwritten=int(digests(source) != before),
                      tracebacks=sum("Traceback" in text for text in errors))  # fmt: skip
        return row + Counter(survived=int(sum(row.values()) == 1))


def full_disk() -> Counter[str]:
    """Files may not grow over a limit, from a few bytes to nearly enough; without it the job then goes on."""
    total = Counter[str]()
    with TemporaryDirectory() as name:
        source = mixed(Path(name, "in"))
        before, wanted = digests(source), finished(source, Path(name, "undisturbed"))
        for limit in (100, 1_000, 5_000, 20_000, 60_000, 200_000):
            out = Path(name, f"out{limit}")
            job = subprocess.run(shell(source, out), capture_output=True, text=True, timeout=5 * SECONDS, check=False,
                                 preexec_fn=lambda limit=limit: limited(limit))  # fmt: skip
            outputs = finished(source, out)
            row = Counter(tried=1, lost=lost(outputs, wanted), overwritten=int(digests(source) != before),
                          tracebacks=int("Traceback" in job.stderr))  # fmt: skip
            if row["tracebacks"]:
                keep("full-disk", job.stderr)
            total += row + Counter(survived=int(sum(row.values()) == 1))
    return total


def lost(outputs: dict[str, str], wanted: dict[str, str]) -> int:
    return sum(outputs.get(path) != digest for path, digest in wanted.items())


def limited(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def mixed(folder: Path) -> Path:
    folder.mkdir()
    shutil.copy(WORD, folder / "a.docx")
    for name in ("a.html", "a.xlf", "a.po", "a.md"):
        (folder / name).write_text(TEXTS[name], "utf-8")
    for number in range(40):
        (folder / f"t{number:02}.txt").write_text(f"Open cell {number}. Close the row {number}.\n")
    return folder


def shell(source: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "mtpipe", "translate", str(source), "-o", str(out), *JOB]


def finished(source: Path, out: Path) -> dict[str, str]:
    """The digests of a job's outputs, done to its end; {} where it hung."""
    try:
        subprocess.run(shell(source, out), capture_output=True, timeout=5 * SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {}
    return {path: digest for path, digest in digests(out).items() if not path.startswith(".mtpipe")}


def command(arguments: list[str], inputs: Path) -> str:
    """"hung", "traceback" or "", of a command in this process; what fails is kept with its inputs."""
    try:
        result = in_time(lambda: CliRunner().invoke(mtpipe, arguments))
    except Hang:
        keep(inputs.name, f"hung: {arguments}\n{traceback.format_exc()}", inputs)
        return "hung"
    if result.exception and not isinstance(result.exception, SystemExit):
        keep(inputs.name, "".join(traceback.format_exception(result.exception)), inputs)
        return "traceback"
    return ""


def in_time(act: Callable[[], Result]) -> Result:
    def stop(number: int, frame: object) -> None:
        raise Hang

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        return act()
    finally:
        signal.alarm(0)


def keep(name: str, text: str, inputs: Path | None = None) -> None:
    folder = KEPT / f"{len(list(KEPT.glob('*'))) if KEPT.is_dir() else 0}-{name}"
    folder.mkdir(parents=True)
    (folder / "what.txt").write_text(text, "utf-8", "replace")
    if inputs:
        shutil.copytree(inputs, folder / "inputs")
    print(f"kept: {folder}: {text.splitlines()[-1][:200]}", file=sys.stderr)


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}  # fmt: skip


def workbook() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in (["source", "target"], ["cell", "Zelle"], ["row", "Zeile"]):
        book.active.append(row)
    book.save(content)
    return content.getvalue()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
