"""Tables of experiments in Markdown: conformance with the organisers of WMT25, rankings, subsets, stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

Row = Mapping[str, Any]

_TEXT = ("BLEU", "chrF2++", "chrf", "bleu", "right_chrf")
_SUBSETS = ("all", "unseen terms", "without terms", "random terms")
BY = {"organisers": "organisers' figures", "mtpipe": "team's output, our figures", "ours": "**mtpipe**",
      "reference": "human"}  # fmt: skip


def conformance(rows: Sequence[Row], problems: Sequence[str], limits: Mapping[str, float]) -> str:
    """Each file's figures beside the official ones, then whether all are near enough; limits: "each", "mean"."""
    names = ("BLEU", "chrF2++", "proper", "random")
    heads = ["pair", "team", "mode", *(head for name in names for head in (name, "official", "difference"))]
    lines = markdown(heads, [
        [row["pair"], row["team"], row["mode"], *(cell for name in names for cell in _compared(row, name))]
        for row in rows
    ], 3)  # fmt: skip
    lines += ["", "Absolute differences of the term success:", ""]
    lines += markdown(["items", "files", "largest", "mean", "limits"], [
        [items, str(len(sizes)), f"{max(sizes):.4f}", f"{sum(sizes) / len(sizes):.4f}",
         f"{limits['each']} each, {limits['mean']} on average" if items == "proper" else "shown only"]
        for items in ("proper", "random")
        for sizes in [[abs(row["difference"][items]) for row in rows if items in row["difference"]]] if sizes
    ])  # fmt: skip
    verdict = [f"- {problem}" for problem in problems] or ["All within the limits."]
    return "\n".join([*lines, "", *verdict]) + "\n"


def ranking(
    rows: Sequence[Row], places: Sequence[str], figures: Mapping[str, str], success: Callable[[Row], str], quality: str
) -> str:
    """A table for each place (the values of the keys in places), best term success first.

    figures: those shown, in order, with their headings; success, quality: the figures by which rows are ranked.
    """
    parts = []
    for place, group in groupby(rows, lambda row: [f"{key} {row[key]}" for key in places]):
        parts += [f"### {', '.join(place)}", "", *_ranked(list(group), figures, success, quality), ""]
    return "\n".join(parts)


def subsets(rows: Sequence[Row], figures: Mapping[str, str], before: Sequence[Row] = ()) -> str:
    """A table for each pair: every system on every subset; where a figure was another in before, by how much."""
    old = {_key(row): row["figures"] for row in before}
    parts = []
    for pair, group in groupby(rows, lambda row: row["pair"]):
        ordered = sorted(group, key=lambda row: _SUBSETS.index(row["subset"]))
        heads = ["subset", "system", "segments", *figures.values(), "LLM calls/1000", "seconds", "note"]
        parts += [f"### {pair}", "", *markdown(heads, [
            [row["subset"], row["system"], str(row.get("segments", "–")),
             *(_since(name, row["figures"].get(name), old.get(_key(row), {}).get(name)) for name in figures),
             *_cost(row), row["note"]]
            for row in ordered
        ], 2), ""]  # fmt: skip
    return "\n".join(parts)


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> list[str]:
    """The lines of a table; texts: how many columns are aligned to the left."""
    ruler = "|".join("---" if index < texts else "---:" for index in range(len(heads)))
    return [f"| {' | '.join(heads)} |", f"|{ruler}|", *(f"| {' | '.join(row)} |" for row in rows)]


def number(name: str, value: float | None) -> str:
    """A figure as tables show it: percentages with two decimals, rates with three, – for none."""
    return "–" if value is None else f"{value:.2f}" if name in _TEXT else f"{value:.3f}"


def _compared(row: Row, name: str) -> Iterator[str]:
    digits = 2 if name in _TEXT else 4
    yield f"{row['ours'][name]:.{digits}f}"
    has_official = name in row["official"]
    yield f"{row['official'][name]:.{digits}f}" if has_official else "–"
    yield f"{row['difference'][name]:+.{digits}f}" if has_official else "–"


def _ranked(
    rows: Sequence[Row], figures: Mapping[str, str], success: Callable[[Row], str], quality: str
) -> list[str]:
    ordered = sorted(rows, key=lambda row: -row["figures"].get(success(row), -1.0))
    ranked = [row for row in ordered if row["figures"] and row["by"] != "reference"]
    by_quality = sorted(ranked, key=lambda row: -row["figures"][quality])
    noted = any(row["note"] for row in rows)
    heads = ["#", f"# {figures[quality]}", "system", "by", *figures.values(), "LLM calls/1000", "seconds"]
    return markdown([*heads, *(["note"] if noted else [])], [
        [_place(row, ranked), _place(row, by_quality), row["system"], BY[row["by"]],
         *(number(name, row["figures"].get(name)) for name in figures),
         *_cost(row),
         *([row["note"]] if noted else [])]
        for row in ordered
    ], 4)  # fmt: skip


def _place(row: Row, ranked: Sequence[Row]) -> str:
    return next((str(place) for place, other in enumerate(ranked, 1) if other is row), "")


def _cost(row: Row) -> Iterator[str]:
    return (f"{row['cost'][name]:.0f}" if row["cost"] else "–" for name in ("calls_per_1000", "seconds"))


def _key(row: Row) -> tuple[str, str, str]:
    return row["pair"], row["subset"], row["system"]


def _since(name: str, value: float | None, old: float | None) -> str:
    text = number(name, value)
    if value is None or old is None or number(name, old) == text:
        return text
    return f"{text} ({'+' if value > old else '−'}{number(name, abs(value - old))})"
