"""The comparisons of the bench: each gives a Row; the sides of a ratio take turns, the machine's noise hits both."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import data
from tests.benchmarks.child import ROOT, printed, run

ROUNDS = 3
PAGES = 200
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


def folder_against_bare_loop(folder: Path) -> Row:
    """A job without glossary against one translate_batch call over the very lines that it gives to the model."""
    pages, lines = data.fill(folder / "in", PAGES), folder / "lines"
    recorder = "tests.benchmarks.child:Recording"
    run("job", source=pages, out=folder / "dry", editors=(), mt=recorder, options={f"mt.{recorder}": {"path": lines}})
    runs = alternate({
        "job": lambda k: run("job", source=pages, out=folder / f"job{k}", editors=()),
        "bare": lambda k: run("bare", lines=lines),
    })  # fmt: skip
    measured, last = ratio(runs, "bare", "job"), runs["job"][-1]
    details = walls(runs) | {
        "words": last["totals"]["words"], "lines": runs["bare"][0]["lines"], "units": last["totals"]["unique_units"],
        "words per second": round(last["totals"]["words"] / median(outcome["wall"] for outcome in runs["job"])),
        "load": round(last["load"], 2), "shares": shares(last),
    }  # fmt: skip
    name = "words per second of a folder job over those of a bare translate_batch loop"
    return Row(name, "≥ 0.95", measured, measured >= 0.95, f"{PAGES} pages of {data.source()[1]}", details)


def adapter_against_generate(folder: Path) -> Row:
    """The CTranslate2 adapter (int8) against transformers' generate (fp32) on the same weights and lines."""
    name, goal = "words per second of the adapter over those of transformers generate", "≥ 4"
    trained = Path(os.environ.get("HF_MODEL") or ROOT.parent / "shared/models/en-de-start").resolve()
    if not (trained / "hf").is_dir():
        why = "needs make bench HF_MODEL=a folder with hf/, ct2/ and spm.model"
        return Row(name, goal, None, None, "", {"not measured": why})
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
    return Row(name, goal, measured, measured >= 4, f"{len(texts)} sentences of {data.source()[1]}", details)


def share_of_matching(folder: Path) -> Row:
    """What a glossary of 100 000 entries costs: matching as a share of the job; checking and loading apart."""
    pages, terms = data.fill(folder / "in", PAGES), data.large_glossary(folder / "large.csv", 100_000)
    runs = alternate({
        "large": lambda k: run("job", source=pages, out=folder / f"large{k}", glossary=terms, editors=()),
    })  # fmt: skip
    parts = [o["seconds"]["match"] / o["wall"] for o in runs["large"]]
    last, measured = runs["large"][-1], median(parts)
    details = walls(runs) | {"check share": median(o["seconds"]["check"] / o["wall"] for o in runs["large"]),
                             "load": [round(o["load"], 2) for o in runs["large"]], "shares": shares(last),
                             "terms found": last["terms"]["required"], "peak MB": last["peak_memory"] >> 20}
    return Row("share of term matching, glossary of 100 000 entries", "≤ 0.05", measured, measured <= 0.05,
               f"{PAGES} pages of {data.source()[1]}", details)


def extra_of_repair(folder: Path) -> Row:
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
    return Row("extra wall time of repair", "≤ 0.25", measured, measured <= 0.25, where, details)


def growth_of_memory(folder: Path) -> Row:
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
    return Row("peak memory for 10× documents over 1×", "≤ 1.1", measured, measured <= 1.1, where, details)


COMPARISONS = {
    "folder": folder_against_bare_loop,
    "generate": adapter_against_generate,
    "matching": share_of_matching,
    "repair": extra_of_repair,
    "memory": growth_of_memory,
}
