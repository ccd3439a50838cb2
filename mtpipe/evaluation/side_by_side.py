"""What a page shows of compared systems: which terms fail where, and each segment with all its translations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from mtpipe.document.segment import Segment
from mtpipe.evaluation.comparison import Comparison, System
from mtpipe.glossary.model import Term
from mtpipe.terminology import checker

Span = tuple[int, int]


def details(comparison: Comparison) -> dict[str, Any]:
    """What a page shows beyond the figures: "texts" and "terms" as `texts` lists them, "grade": by which metric."""
    segments, terms = texts(comparison.systems, comparison.settings.target_lang)
    return {"texts": segments, "terms": terms, "grade": comparison.grade}


def texts(systems: Sequence[System], lang: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(segments, terms) as a page lists them; lang is the target's.

    A segment has "id", "source", "spans" (its terms in the source), "terms" (their numbers in the list of terms),
    "reference", and for each system "outputs": {"text", "found" (spans), "missing" (numbers of terms), "grade"}.
    A term has "source", "target", "needed" (segments) and "missing" (segments, by system).
    """
    numbers: dict[Term, int] = {}
    terms: list[dict[str, Any]] = []
    segments = []
    for index, first in enumerate(systems[0].segments):
        for term in (required := list(checker.required(first))):
            if term not in numbers:
                numbers[term] = len(numbers)
                terms.append({"source": term.source, "target": term.target, "needed": 0, "missing": [0] * len(systems)})
            terms[numbers[term]]["needed"] += 1
        outputs = [_output(system, index, numbers, lang) for system in systems]
        for at, output in enumerate(outputs):
            for number in output["missing"]:
                terms[number]["missing"][at] += 1
        segments.append({"id": first.id, "source": first.source, "spans": _spans(first), "outputs": outputs,
                         "terms": [numbers[term] for term in required], "reference": first.reference})
    return segments, terms


def _output(system: System, index: int, numbers: Mapping[Term, int], lang: str) -> dict[str, Any]:
    segment, grade = system.segments[index], float(system.grades[index])
    text = segment.target or ""
    evidence = checker.term_evidence(segment, text, lang)
    spans = sorted({(item.start, item.end) for items in evidence.values() for item in items})
    return {"text": text, "found": spans, "missing": [numbers[term] for term, items in evidence.items() if not items],
            "grade": None if isnan(grade) else round(grade, 3)}  # fmt: skip


def _spans(segment: Segment) -> list[Span]:
    return sorted({(match.start, match.end) for match in segment.matches if match.term.status != "forbidden"})
