"""The parts of the bench: each gives its Rows; the sides of a ratio take turns, the machine's noise hits both."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import time
from typing import Any

from mtpipe.models import registry
from tests.benchmarks import data
from tests.benchmarks.child import ROOT, command, printed, run

ROUNDS = 3
PAGES = 50
TAGS = 4000
ARGOS = ROOT / "out/bench/argos"  # where `make bench-argos` installs it
PAGE = ROOT / "data/demo/help/text/swriter/guide/smarttags.html"
Runs = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison's outcome; measured is None where it could not be made, details says why or what stands behind."""

    name: str
    goal: str
    measured: float | None
    is_met: bool | None
    data: str
    details: dict[str, Any]


def alternate(sides: Mapping[str, Callable[[int], dict[str, Any]]], rounds: int = ROUNDS) -> Runs:
    """The outcomes of each side, a round after the other; a side gets the round's number."""
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, side in sides.items():
            made[name].append(side(number))
    return made


def ratio(runs: Runs, over: str, under: str) -> float:
    """The median over the rounds of the wall time of one side over that of the other."""
    return median(a["wall"] / b["wall"] for a, b in zip(runs[over], runs[under], strict=True))


def walls(runs: Runs) -> dict[str, list[float]]:
    return {f"wall {name}": [round(outcome["wall"], 2) for outcome in outcomes] for name, outcomes in runs.items()}


def shares(outcome: dict[str, Any]) -> dict[str, float]:
    """The stages' seconds as shares of the wall time without loading."""
    return {name: round(value / outcome["wall"], 4) for name, value in outcome["seconds"].items()
            if name not in ("load", "total")}


def folder_against_bare_loop(folder: Path) -> list[Row]:
    """A job without glossary against one translate_batch call over the very lines that it gives to the model; the same
    job with a vocabulary map against that call without."""
    pages, lines = data.fill(folder / "in", PAGES), folder / "lines"
    recorder, mapped = "tests.benchmarks.child:Recording", data.model_with_map(folder / "model")
    run("job", source=pages, out=folder / "dry", editors=(), mt=recorder, options={f"mt.{recorder}": {"path": lines}})
    runs = alternate({
        "job": lambda k: run("job", source=pages, out=folder / f"job{k}", editors=()),
        "bare": lambda k: run("bare", lines=lines),
        "mapped job": lambda k: run("job", source=pages, out=folder / f"mapped{k}", editors=(), model=mapped),
    })  # fmt: skip
    last = runs["job"][-1]
    words = last["totals"]["words"]
    details = walls(runs) | {
        "words": words, "lines": runs["bare"][0]["lines"], "units": last["totals"]["unique_units"],
        "words per second": {name: round(words / median(outcome["wall"] for outcome in outcomes))
                             for name, outcomes in runs.items()},
        "load": round(last["load"], 2), "shares": shares(last),
    }  # fmt: skip
    rows = []
    for side, about, goal in (("job", "", 0.97), ("mapped job", " with a vocabulary map", 1.2)):
        measured = ratio(runs, "bare", side)
        name = f"words per second of a folder job{about} over those of a bare translate_batch loop"
        more = details | {"CPU time of bare over that of the job": processor(runs, side)}
        where = f"{PAGES} pages of {data.source()[1]}"
        rows.append(Row(name, f"≥ {goal}", measured, measured >= goal, where, more))
        details = {}
    return rows


def processor(runs: Runs, side: str) -> float:
    """The same ratio in CPU time, which a busy machine changes less."""
    return median(a["cpu"] / b["cpu"] for a, b in zip(runs["bare"], runs[side], strict=True))


def engines(folder: Path, engine: str) -> list[Row]:
    """A whole command with an engine of two workers over one without, start included."""
    name, goal = f"speed of --engine {engine} with two workers over serial, start included", "≥ 0.95"
    if engine == "ray" and not find_spec("ray"):
        return [Row(name, goal, None, None, "", {"not measured": "needs mtpipe[ray]"})]
    pages = data.fill(folder / "in", PAGES)
    runs = alternate({
        "serial": lambda k: run("whole", source=pages, out=folder / f"serial{k}", editors=(), start=time()),
        engine: lambda k: run("whole", source=pages, out=folder / f"{engine}{k}", editors=(), start=time(),
                              engine=engine, workers=2),
    }, rounds=1)  # fmt: skip
    measured = ratio(runs, "serial", engine)
    details = walls(runs) | {"peak MB of a worker": runs[engine][-1]["peak_memory"] >> 20}
    return [Row(name, goal, measured, measured >= 0.95, f"{PAGES} pages of {data.source()[1]}", details)]


def cold_start(folder: Path) -> list[Row]:
    """The command on one page, from the start of Python to the translated page, and to its end."""
    runs = alternate({"start": lambda k: command(PAGE, folder / f"out{k}" / PAGE.name, glossary=data.OFFICE)}, rounds=5)
    measured = median(outcome["wall"] for outcome in runs["start"])
    details = {
        "seconds to the page": [round(outcome["wall"], 2) for outcome in runs["start"]],
        "seconds to the end of the command": [round(outcome["end"], 2) for outcome in runs["start"]],
        "CPU seconds": [round(outcome["cpu"], 2) for outcome in runs["start"]],
    }  # fmt: skip
    name = "seconds of a cold start, from the command to the first translated page"
    where = f"{PAGE.relative_to(ROOT)}, bundled en-de model, office glossary, repair"
    return [Row(name, "≤ 0.8", measured, measured <= 0.8, where, details)]


def growth_with_tags(folder: Path) -> list[Row]:
    """Peak memory of one document of ten times the inline tags, beyond that of a document without any."""
    peaks = {}
    for tags in (0, TAGS, 10 * TAGS):
        place = folder / str(tags)
        place.mkdir()
        lines = [f"<p>Open the <b>cell {n}</b> and the <i>row</i>.</p>" for n in range(tags // 4)]
        (place / "page.html").write_text("\n".join(["<p>Open it.</p>", *lines]))
        outcome = run("whole", source=place, out=folder / f"out{tags}", mt="fake", editors=(), start=time())
        peaks[tags] = outcome["peak_memory"]
    own = {tags: peaks[tags] - peaks[0] for tags in (TAGS, 10 * TAGS)}
    measured = own[10 * TAGS] / max(1, own[TAGS])
    details = {f"{tags} tags": f"{peak >> 20} MB" for tags, peak in peaks.items()}
    details["bytes a tag"] = str(own[10 * TAGS] // (10 * TAGS))
    name = "memory beyond the program's for 10× inline tags in one document over 1×"
    return [Row(name, "–", measured, None, "one HTML document, the fake translator", details)]


def adapter_against_generate(folder: Path) -> list[Row]:
    """The CTranslate2 adapter (int8) against transformers' generate (fp32) on the same weights and lines."""
    name, goal = "words per second of the adapter over those of transformers generate", "≥ 4"
    trained = Path(os.environ.get("HF_MODEL") or ROOT.parent / "shared/models/en-de-start").resolve()
    if not (trained / "hf").is_dir():
        why = "needs make bench HF_MODEL=a folder with hf/, ct2/ and spm.model"
        return [Row(name, goal, None, None, "", {"not measured": why})]
    model, texts = data.converted_model(folder / "model", trained), data.sentences(200)
    runs = alternate({
        "adapter": lambda k: run("adapter", folder=model, lines=texts),
        "generate": lambda k: printed(
            [sys.executable, "tests/benchmarks/generate.py", str(trained), "4"], json.dumps(texts)
        ),
    })  # fmt: skip
    measured = ratio(runs, "generate", "adapter")
    pairs = zip(runs["adapter"][0]["texts"], runs["generate"][0]["texts"], strict=True)
    details = walls(runs) | {"weights": trained.name, "same texts": sum(a == b for a, b in pairs) / len(texts),
                             "versions": runs["generate"][0]["versions"], "precision": "int8 against fp32, beam 4"}
    return [Row(name, goal, measured, measured >= 4, f"{len(texts)} sentences of {data.source()[1]}", details)]


def job_against_argos(folder: Path) -> list[Row]:
    """A job on a text file of sentences, files and report included, against Argos Translate, line by line as
    LibreTranslate calls it, on the same model."""
    name, goal = "words per second of a folder job over those of Argos Translate", "≥ 1"
    if not (ARGOS / "argostranslate").is_dir():
        return [Row(name, goal, None, None, "", {"not measured": "needs make bench-argos"})]
    lines, model = data.sentences(300), registry.find("en", "de").folder
    (folder / "in").mkdir()
    (folder / "in/lines.txt").write_text("\n\n".join(lines), encoding="utf-8")
    path = os.pathsep.join(filter(None, (str(ARGOS), os.environ.get("PYTHONPATH"))))
    runs = alternate({
        "job": lambda k: run("job", source=folder / "in", out=folder / f"out{k}", editors=()),
        "argos": lambda k: printed([sys.executable, "tests/benchmarks/argos.py", str(model), str(folder / f"p{k}")],
                                   json.dumps(lines), PYTHONPATH=path),
    })  # fmt: skip
    measured = ratio(runs, "argos", "job")
    details = walls(runs) | {"first line by Argos Translate": runs["argos"][0]["texts"][0]}
    return [Row(name, goal, measured, measured >= 1, f"{len(lines)} sentences of {data.source()[1]}", details)]


def share_of_matching(folder: Path) -> list[Row]:
    """What a glossary of 100 000 entries costs: matching as a share of the job; checking and loading apart."""
    pages, terms = data.fill(folder / "in", PAGES), data.large_glossary(folder / "large.csv", 100_000)
    with terms.open("a", encoding="utf-8") as table:  # a file that has never been read before
        table.write(f"{folder.name},Ordner\n")
    runs = alternate({
        "large": lambda k: run("job", source=pages, out=folder / f"large{k}", glossary=terms, editors=()),
    })  # fmt: skip
    parts = [o["seconds"]["match"] / o["wall"] for o in runs["large"]]
    last, measured = runs["large"][-1], median(parts)
    details = walls(runs) | {"check share": median(o["seconds"]["check"] / o["wall"] for o in runs["large"]),
                             "load": [round(o["load"], 2) for o in runs["large"]], "shares": shares(last),
                             "terms found": last["terms"]["required"], "peak MB": last["peak_memory"] >> 20}
    where = f"{PAGES} pages of {data.source()[1]}"
    first, *again = (outcome["load"] for outcome in runs["large"])
    load = median(again)
    return [
        Row("share of term matching, glossary of 100 000 entries", "≤ 0.02", measured, measured <= 0.02, where,
            details),
        Row("seconds that loading it takes again, model and all", "≤ 1", load, load <= 1, where, {"first": first}),
    ]


def extra_of_repair(folder: Path) -> list[Row]:
    """The default ladder against none, where one segment in ten misses a term."""
    pages, model = data.fill(folder / "in", PAGES), data.model_without_annotation(folder / "model")
    settings = {"source": pages, "model": model}
    dry = run("job", out=folder / "dry", glossary=data.OFFICE, editors=(), **settings)
    missing = [(error["id"], error["term"]) for error in dry["errors"] if error["kind"] == "missing"]
    segments = dry["totals"]["segments"]
    terms, wrong = data.unmet_glossary(folder / "unmet.csv", missing, segments // 10)
    settings["glossary"] = terms
    runs = alternate({
        "draft": lambda k: run("job", out=folder / f"draft{k}", editors=(), **settings),
        "repair": lambda k: run("job", out=folder / f"repair{k}", **settings),
    })  # fmt: skip
    measured, last = ratio(runs, "repair", "draft") - 1, runs["repair"][-1]
    details = walls(runs) | {"share of segments that miss a term": round(wrong / segments, 3), "segments": segments,
                             "shares": shares(last), "success": [rung["success"] for rung in last["terms"]["rungs"]]}
    where = f"{PAGES} pages of {data.source()[1]}, the bundled model without its term annotations"
    return [Row("extra wall time of repair", "≤ 0.15", measured, measured <= 0.15, where, details)]


def growth_of_memory(folder: Path) -> list[Row]:
    """Peak memory of a job on ten times the documents, every sentence of them another, over that on one time."""
    outcomes = {
        copies: run("job", source=data.fill(folder / f"in{copies}", PAGES // 2, copies), out=folder / f"out{copies}",
                    glossary=data.OFFICE)
        for copies in (1, 10)
    }  # fmt: skip
    peaks = {copies: outcome["peak_memory"] for copies, outcome in outcomes.items()}
    measured = peaks[10] / peaks[1]
    details = {f"{copies}×": f"{peaks[copies] >> 20} MB, {outcome['totals']['documents']} documents, "
                             f"{outcome['totals']['unique_units']} units, {outcome['wall']:.0f} s"
               for copies, outcome in outcomes.items()}  # fmt: skip
    where = f"{PAGES // 2} pages of {data.source()[1]}, with glossary and repair"
    return [Row("peak memory for 10× documents over 1×", "≤ 1.05", measured, measured <= 1.05, where, details)]


PARTS: dict[str, Callable[[Path], list[Row]]] = {
    "folder": folder_against_bare_loop,
    "matching": share_of_matching,
    "repair": extra_of_repair,
    "start": cold_start,
    "memory": growth_of_memory,
    "tags": growth_with_tags,
    "processes": partial(engines, engine="processes"),
    "ray": partial(engines, engine="ray"),
    "generate": adapter_against_generate,
    "argos": job_against_argos,
}
