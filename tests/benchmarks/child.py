"""One measured run in a process of its own: python -m tests.benchmarks.child TASK SPEC prints what it took as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time, sleep, time
from typing import Any

from mtpipe.config import Job
from mtpipe.document.segment import Segment
from mtpipe.models import registry
from mtpipe.mt.ct2 import CTranslate2Translator
from mtpipe.mt.term_annotation import Line
from mtpipe.pipeline import jobs, resources

ROOT = Path(__file__).parents[2]


def run(task: str, **spec: Any) -> dict[str, Any]:
    """What the task says of itself; spec: keyword arguments of its function below, as JSON takes them."""
    command = [sys.executable, "-m", "tests.benchmarks.child", task, json.dumps(spec, default=str)]
    return printed(command)


def printed(command: Sequence[str], text: str = "", **environment: str) -> dict[str, Any]:
    """The JSON object in the last line that the command prints, given text; raises RuntimeError with what it said."""
    result = subprocess.run(command, input=text, capture_output=True, text=True, cwd=ROOT,
                            env=os.environ | environment)  # fmt: skip
    if result.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} … failed:\n{result.stderr}")
    return json.loads(result.stdout.splitlines()[-1])


class Recording(CTranslate2Translator):
    """Keeps the lines that it is given, as the model reads them, in the file at path."""

    def __init__(self, folder: Path, *, path: str):
        super().__init__(folder)
        self._path = Path(path)

    def _encode(self, lines: Sequence[Line]) -> list[list[str]]:
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line.render(self.model.annotation)) + "\n" for line in lines)
        return super()._encode(lines)


def job(source: str, out: str, **settings: Any) -> dict[str, Any]:
    """A translation job; wall and cpu leave out the loading of model, glossary and lexicon's head, which load is."""
    task = Job(Path(source), Path(out), "en", "de", **settings)
    start = perf_counter()
    tools = resources.load(task, task.memories)
    load = perf_counter() - start
    start, before = perf_counter(), process_time()
    report = jobs.run(task, tools=tools)
    wall, cpu = perf_counter() - start, process_time() - before
    data = report.to_dict()
    parts = {name: data[name] for name in ("seconds", "totals", "peak_memory", "terms", "errors")}
    return parts | {"wall": wall, "load": load, "cpu": cpu}


def command(source: Path, target: Path, glossary: Path) -> dict[str, Any]:
    """`mtpipe translate` on one file: seconds to the written target (wall) and to the end, CPU seconds of all of it."""
    line = [sys.executable, "-m", "mtpipe", "translate", str(source), "--out", str(target.parent), "--quiet",
            "-s", "en", "-t", "de", "--glossary", str(glossary)]  # fmt: skip
    before, start, wall = os.times(), perf_counter(), 0.0
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            wall = wall or (perf_counter() - start) * target.exists()
            sleep(0.002)
    end, after = perf_counter() - start, os.times()
    if process.returncode:
        raise RuntimeError(f"{' '.join(line)} failed")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": wall or end, "end": end, "cpu": cpu}


def whole(source: str, out: str, start: float, **settings: Any) -> dict[str, Any]:
    """A translation job with all that comes before it; wall is since start, on the clock of the one who asks."""
    report = jobs.run(Job(Path(source), Path(out), "en", "de", **settings))
    return {"wall": time() - start, "cpu": process_time(), "faults": report.faults, "peak_memory": report.peak_memory,
            "load": report.seconds.get("load", 0.0)}  # fmt: skip


def bare(lines: str) -> dict[str, Any]:
    """The lines of a file through encode, one translate_batch and decode, with the settings of the adapter."""
    texts = [json.loads(line) for line in Path(lines).read_text(encoding="utf-8").splitlines()]
    adapter = CTranslate2Translator(registry.find("en", "de", None).folder)
    source, target, engine = adapter._source._sentencepiece, adapter._target._sentencepiece, adapter._ct2
    start, before = perf_counter(), process_time()
    pieces = [[*line, *adapter._end] for line in source.encode(texts, return_type=str)]
    results = engine.translate_batch(
        pieces, beam_size=adapter._beam_size, disable_unk=True, max_input_length=0,
        max_decoding_length=adapter.model.max_tokens, **adapter._batch,
    )  # fmt: skip
    target.decode([result.hypotheses[0] for result in results])
    return {"wall": perf_counter() - start, "cpu": process_time() - before, "lines": len(texts)}


def adapter(folder: str, lines: list[str]) -> dict[str, Any]:
    """The lines through the adapter."""
    translator = CTranslate2Translator(folder)
    start = perf_counter()
    drafts = translator.translate([Segment(str(i), line) for i, line in enumerate(lines)])
    return {"wall": perf_counter() - start, "texts": [draft.text for draft in drafts]}


TASKS: dict[str, Callable[..., dict[str, Any]]] = {"job": job, "whole": whole, "bare": bare, "adapter": adapter}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))))
