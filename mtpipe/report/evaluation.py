"""The page that compares systems: figures with intervals, quality against terms, failed terms, texts side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mtpipe.report import wording
from mtpipe.report.page import filled
from mtpipe.report.scores import is_significant

QUALITY = ("COMET", "COMETKiwi", "chrF2++", "chrF2", "BLEU")  # for the plot, the first that is there
TERMS = ("tsr_strict", "tsr_wmt25", "tsr_wmt23", "all_terms")
_LOWER = ("TER", "overuse", "right_changed", "metricx", "mqm")  # is better
_NEUTRAL = ("verbatim", "verbatim_reference")  # neither high nor low is
_MOST = 25_000_000  # characters of texts in one page: more is slow to open
ABOUT = {
    "BLEU": "n-grams shared with the reference, 0–100", "chrF2": "character n-grams shared with the reference, 0–100",
    "chrF2++": "character n-grams and words shared with the reference, 0–100",
    "TER": "edits needed for each 100 words of the reference; lower is better",
    "metricx": "MetricX's predictions, 0–25; lower is better", "mqm": "penalty of marked errors; lower is better",
    "COMET": "learnt quality, with reference", "COMETKiwi": "learnt quality, without reference",
    "tsr_strict": "required terms applied, whole words, as often as in the source, 0–1",
    "tsr_wmt25": "required terms applied as WMT25 counts them, substrings, 0–1",
    "tsr_wmt23": "required terms applied as WMT23 counts them, 0–1",
    "all_terms": "sentences with all their terms applied, 0–1",
    "verbatim": "words of terms exactly as in the glossary: far above the references' rate, terms are inserted "
                "without inflection",
    "verbatim_reference": "the same rate in the references",
    "overuse": "terms used more often than in the source; lower is better",
    "consistency": "one source term, one translation, 0–1",
    "right_changed": "sentences that had all terms without the glossary and were changed anyway; lower is better",
}  # fmt: skip


def render(data: Mapping[str, Any], most: int = _MOST) -> str:
    """The page as one string, nothing loaded from elsewhere.

    data: what `evaluation.comparison` describes and finds, with "name", "note" and "jobs". most: how many characters of
    texts the page may hold; segments beyond it are left out, those in which no system misses a term first, and counted.
    """
    embedded = _embedded(data["texts"], most)
    names = list(dict.fromkeys(name for row in data["systems"] for name in row["scores"]))
    rows = data["systems"]
    axes = {"x": _first(TERMS, names, rows), "y": _first(QUALITY, names, rows)}
    payload = {
        "systems": [{key: row[key] for key in ("system", "scores", "intervals", "p_values", "notes")} for row in rows],
        "texts": [_packed(text) for text in embedded], "terms": data["terms"], "grade": data["grade"], "axes": axes,
        "metrics": [{"name": name, "better": better(name), "about": ABOUT.get(name, "")} for name in names],
        "baseline": data["baseline"],
    }  # fmt: skip
    base = next(row for row in rows if row["system"] == data["baseline"])
    return filled(
        "evaluation", payload, data=data, metrics=names, about=ABOUT, axes=axes, headline=_headline(rows, axes),
        cells={row["system"]: [_cell(row, name, base, _digits(name, rows)) for name in names] for row in rows},
        best={name: _best(rows, name) for name in names}, left_out=len(data["texts"]) - len(embedded),
        embedded=len(embedded),
        steps=_job_steps(data["jobs"]), gaps=_gaps(rows),
    )  # fmt: skip


def better(name: str) -> int:
    """1 where more of the metric is better, -1 where less is, 0 where neither."""
    return 0 if name in _NEUTRAL else -1 if name in _LOWER else 1


def front(rows: Sequence[Mapping[str, Any]], x: str, y: str) -> list[str]:
    """The systems that no other beats in one of two metrics without losing in the other (Pareto), best in x first."""
    points = [(row["scores"][x] * better(x), row["scores"][y] * better(y), row["system"]) for row in rows
              if x and y and None not in (row["scores"].get(x), row["scores"].get(y))]  # fmt: skip
    return [name for a, b, name in sorted(points, reverse=True)
            if not any(c >= a and d >= b and (c, d) != (a, b) for c, d, _ in points)]  # fmt: skip


def _cell(row: Mapping[str, Any], name: str, base: Mapping[str, Any], digits: int) -> dict[str, str]:
    """A figure as the table shows it: its text, its interval, and whether it is better or worse than the baseline's."""
    value, interval = row["scores"].get(name), row["intervals"].get(name)
    cell = {"value": "–" if value is None else f"{value:.{digits}f}", "note": row["notes"].get(name, ""),
            "interval": "", "mark": "", "p": ""}  # fmt: skip
    if interval:
        cell["interval"] = f"{interval[0]:.{digits}f} – {interval[1]:.{digits}f}"
    if p_values := row["p_values"].get(name):
        cell["p"] = "; ".join(f"{kind}: p {_p(p)}" for kind, p in p_values.items())
    if is_significant(row, name):
        way = 1 if value > base["scores"][name] else -1
        judged = {1: "good", 0: "", -1: "bad"}[way * better(name)]
        cell["mark"] = f"{'up' if way > 0 else 'down'} {judged}"
    return cell


def _p(value: float) -> str:
    return f"= {value:.3f}" if value >= 0.0015 else "≈ 0.001"


def _digits(name: str, rows: Sequence[Mapping[str, Any]]) -> int:
    return 2 if any(abs(row["scores"].get(name) or 0) > 1 for row in rows) else 3


def _best(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    """The system with the best figure; none where that is not said, or for the references."""
    scored = [(row["scores"][name] * better(name), row["system"]) for row in rows
              if row["scores"].get(name) is not None and row["system"] != "human"]  # fmt: skip
    return max(scored)[1] if len(scored) > 1 and better(name) else ""


def _headline(rows: Sequence[Mapping[str, Any]], axes: Mapping[str, str]) -> list[str]:
    """The page's first sentences."""
    machines = [row for row in rows if row["system"] != "human"]
    sentences = []
    for axis, what in (("y", "Best translations by"), ("x", "Most terms applied by")):
        name = axes[axis]
        if name and len(machines) > 1 and (best := _best(rows, name)):
            value = next(row["scores"][name] for row in rows if row["system"] == best)
            sentences.append(f"{what} {name}: {best} ({value:.{_digits(name, rows)}f}).")
    ahead = [name for name in front(machines, axes["x"], axes["y"])]
    if len(ahead) > 1:
        sentences.append(f"No system beats {', '.join(ahead[:-1])} and {ahead[-1]} in one without losing in the other.")
    elif ahead and len(machines) > 1:
        sentences.append(f"{ahead[0]} is ahead in both.")
    return sentences


def _first(preferred: Iterable[str], names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """The first of the preferred metrics that has figures; "" where none has."""
    return next((name for name in preferred if name in names
                 and any(row["scores"].get(name) is not None for row in rows)), "")  # fmt: skip


def _embedded(texts: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """The segments that the page holds, in their order."""
    sizes = [sum(len(output["text"]) + 40 for output in text["outputs"]) + len(text["source"]) for text in texts]
    order = sorted(range(len(texts)), key=lambda at: not any(output["missing"] for output in texts[at]["outputs"]))
    places: list[int] = []
    size = 0
    for at in order:
        size += sizes[at]
        if size > most and places:
            break
        places.append(at)
    return [texts[at] for at in sorted(places)]


def _packed(text: Mapping[str, Any]) -> dict[str, Any]:
    outputs = [[output["text"], output["found"], output["missing"], output["grade"]] for output in text["outputs"]]
    return dict(text) | {"outputs": outputs}


def _job_steps(jobs: Mapping[str, Mapping[str, Any] | None]) -> list[dict[str, Any]]:
    """How the terms of each job got there: a row for each step of its repair, with what was there before."""
    rows = []
    for name, job in jobs.items():
        shares = job["steps"].get("all", {}) if job else {}
        before = 0.0
        steps: list[dict[str, Any]] = []
        for step, share in shares.items():
            steps.append({"name": wording.EDITORS.get(step, step), "share": share, "base": min(before, share) if steps
                          else share, "gain": max(0.0, share - before) if steps else 0.0})  # fmt: skip
            before = share
        if job and steps:
            rows.append({"system": name, "steps": steps, "seconds": wording.stages(job["seconds"]),
                         "total": job["seconds"]["total"], "words": job["words"]})  # fmt: skip
    return rows


def _gaps(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    notes: dict[str, list[str]] = {}
    for row in rows:
        for name, note in row["notes"].items():
            notes.setdefault(f"{name}: {note}", []).append(row["system"])
    return [note if len(systems) == len(rows) else f"{note} ({', '.join(systems)})" for note, systems in notes.items()]
