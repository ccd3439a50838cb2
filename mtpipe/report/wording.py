"""What the report says in words: the headline for who reads nothing else, and plain names for codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mtpipe.report.model import EditCounts, JobReport, MemoryMatches, TermCounts, TermResult, Totals

_FREQUENT = 25  # terms in the plot

KINDS = {
    "missing": "Term missing",
    "forbidden": "Forbidden term",
    "changed": "Altered tag or name",
    "altered": "Altered number, path, symbol or negation",
    "check": "Check failed",
    "untranslated": "Not translated",
    "suspected": "Possible hallucination",
    "repaired": "Repaired",
    "edited": "Edited by a person",
    "unchanged": "First draft, no errors",
}
EDITORS = {
    "draft": "First draft",
    "nbest": "MT alternatives (n-best)",
    "insertion": "Constrained decoding",
    "substitution": "Substitution by word alignment",
    "placement": "Best-effort insertion (please review)",
    "refiner": "Trained post-editor",
    "llm": "Language model",
    "person": "Edited by a person",
    "final": "Final",
}
REASONS = {
    "accepted": "accepted",
    "no-change": "the text stayed the same",
    "untranslated": "the text was not a translation",
    "term-missing": "the required term was still missing",
    "term-lost": "a correct term would be lost",
    "forbidden": "it would add a forbidden term",
    "overuse": "a term would occur more often than in the source",
    "code-lost": "a tag or placeholder would be lost",
    "altered": "a number, path, option, negation or the like would not be as in the source",
    "number-changed": "a number would change",
    "script": "it would mix scripts",
    "language": "it would add words that are not in the target language",
    "pasted": "it put the term behind an unchanged draft",
    "word-lost": "a word of the draft would go without anything in its place",
    "too-far": "it changed too much apart from the term",
    "length": "it was much longer or shorter",
    "repetition": "it repeated words",
    "commentary": "it was a comment, not a translation",
    "too-long": "the sentence and its draft were too long for the model",
    "empty": "the answer was empty",
    "format": "the answer did not have the requested format",
    "not-taken": "the language model rejected the request",
    "no-answer": "the language model did not answer; the next run tries again",
    "budget": "not sent: the budget is spent; a later run continues",
    "unsuitable": "the language model says that this term does not fit here",
    "uncertain": "a suggestion for people to review",
    "score": "the MT model scores it far below the draft",
}
STATES = {"written": "translated", "copied": "copied unchanged", "skipped": "skipped", "failed": "failed"}
STATUSES = {"preferred": "", "admitted": "", "forbidden": "forbidden", "do-not-translate": "do not translate"}
FOR_PAGE = {"kinds": KINDS, "editors": EDITORS, "reasons": REASONS, "states": STATES, "statuses": STATUSES}


def headline(report: JobReport) -> dict[str, Any]:
    """The page's first sentences and its verdict ("good", "review" or "bad")."""
    terms, totals = report.terms, report.totals
    # where the list of errors was cut, the pipeline's own count
    wrong = totals.to_review or totals.segments_with_errors or len({error.id for error in report.errors})
    findings = (_of_terms(terms), _of_repairs(terms), _of_errors(wrong, terms, totals))
    sentences = (*findings, _of_memory(report.tm), _of_documents(totals))
    verdict = "bad" if totals.failed else "review" if wrong else "good"
    title = {
        "bad": f"{count(totals.failed, 'document')} could not be translated",
        "review": f"{count(wrong, 'sentence')} to review",
        "good": "Nothing left to review",
    }[verdict]
    first, last = _ends(terms)
    return {
        "verdict": verdict, "title": title, "sentences": [text for text in sentences if text],
        "before": first, "after": last, "wrong": wrong,
    }  # fmt: skip


def steps(terms: TermCounts) -> list[dict[str, Any]]:
    """One row a step: its name, terms applied, their share, and what the steps before had (for the bar), in 0…1."""
    rows: list[dict[str, Any]] = []
    before = 0.0
    for step in terms.steps:
        success = step.success or 0.0
        rows.append({
            "name": EDITORS.get(step.step, step.step), "met": step.met, "success": success,
            "base": min(before, success) if rows else success, "gain": success - before if rows else 0.0,
            "is_final": step.step == "final",
        })  # fmt: skip
        before = success
    return rows


def judged(edits: EditCounts) -> list[dict[str, Any]]:
    """One row a repair method: how many of its edits were accepted, and the refused ones by reason, commonest first."""
    rows = []
    for editor in dict.fromkeys([*edits.accepted, *edits.refused]):
        refused = sorted(edits.refused.get(editor, {}).items(), key=lambda item: -item[1])
        reasons = [(REASONS.get(code, code), number) for code, number in refused]
        rows.append({
            "name": EDITORS.get(editor, editor), "accepted": edits.accepted.get(editor, 0), "reasons": reasons,
            "refused": sum(number for _, number in reasons),
        })  # fmt: skip
    return rows


def frequent(terms: Sequence[TermResult]) -> list[dict[str, Any]]:
    """The terms that most sentences need: how often, applied at the end and in the draft, as shares of the first."""
    rows = sorted((term for term in terms if term.required), key=lambda term: -term.required)[:_FREQUENT]
    most = rows[0].required if rows else 1
    return [{"source": term.source, "target": term.target, "required": term.required, "met": term.met,
             "width": term.required / most, "applied": term.met / most, "draft": term.met_draft / most}
            for term in rows]  # fmt: skip


def stages(seconds: Mapping[str, float]) -> list[tuple[str, float, float]]:
    """(stage, seconds, share of the longest) in the order they ran, without the total."""
    stage_names = {"read": "Reading", "match": "Finding terms", "translate": "Translating", "check": "Checking"}
    names = stage_names | EDITORS | {"write": "Writing"}
    longest = max((value for name, value in seconds.items() if name != "total"), default=0) or 1
    return [(names.get(name, name), value, value / longest) for name, value in seconds.items() if name != "total"]


def number(value: float) -> str:
    """1234567 as 1,234,567."""
    return f"{value:,.0f}"


def percent(share: float | None) -> str:
    """0.9876 as 98.8 %; never 100 % for less than all, nor 0 % for more than nothing."""
    if share is None:
        return "–"
    figure = f"{share * 100:.0f}" if share in (0, 1) else f"{min(max(share, 0.001), 0.999) * 100:.1f}"
    return f"{figure}\u00a0%"


def duration(seconds: float) -> str:
    """4 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if whole < 3600:
        return f"{minutes} min {rest} s" if minutes else f"{whole} s"
    return f"{minutes // 60} h {minutes % 60} min"


def count(amount: int, one: str, many: str = "") -> str:
    """1 term, 2 terms, 1,000 terms."""
    return f"{number(amount)} {one if amount == 1 else many or one + 's'}"


def _of_terms(terms: TermCounts) -> str:
    if not terms.required:
        return "No glossary terms in the source."
    _, last = _ends(terms)
    if terms.met == terms.required == 1:
        return "The required term was applied."
    if terms.met == terms.required:
        return f"All {number(terms.required)} required terms were applied."
    return f"{number(terms.met)} of {number(terms.required)} required terms were applied ({percent(last)})."


def _of_repairs(terms: TermCounts) -> str:
    first, last = _ends(terms)
    if first is None or not terms.required:
        return ""
    gained = terms.steps[-1].met - terms.steps[0].met
    if gained <= 0:
        if first == 1:
            return "It was in the first draft." if terms.required == 1 else "All were in the first draft."
        return "Repairs added none."
    return f"The first draft had {percent(first)}; {count(gained, 'term was', 'terms were')} fixed automatically."


def _of_errors(wrong: int, terms: TermCounts, totals: Totals) -> str:
    parts = [count(terms.forbidden_found, "forbidden term")] * bool(terms.forbidden_found)
    parts += [count(terms.changed, "altered tag or name", "altered tags or names")] * bool(terms.changed)
    names = "altered number, path, symbol or negation", "altered numbers, paths, symbols or negations"
    parts += [count(totals.altered, *names)] * bool(totals.altered)
    parts += [count(totals.suspected, "possible hallucination")] * bool(totals.suspected)
    if not wrong:
        return ""
    verdict = count(wrong, "sentence needs review", "sentences need review")
    last = f" and {parts[-1]}" if parts[1:] else ""
    return f"{verdict}, including {', '.join(parts[:-1] or parts)}{last}." if parts else f"{verdict}."


def _of_memory(matches: MemoryMatches) -> str:
    used = matches.exact + matches.context
    text = f"{count(used, 'sentence comes', 'sentences come')} from the translation memory" if used else ""
    if used and matches.context:
        text += f" ({number(matches.context)} in the same context)"
    if matches.flagged:
        verb = "was" if matches.flagged == 1 else "were"
        broken = count(matches.flagged, "match breaks", "matches break")
        text += f"{'; ' if text else ''}{broken} the glossary and {verb} not trusted"
    return f"{text}." if text else ""


def _of_documents(totals: Totals) -> str:
    parts = [f"{number(totals.written)} of {count(totals.documents, 'document')} translated"]
    others = ((totals.copied, "copied unchanged"), (totals.skipped, "skipped"), (totals.failed, "failed"))
    parts += [f"{number(amount)} {words}" for amount, words in others if amount]
    return ", ".join(parts) + "."


def _ends(terms: TermCounts) -> tuple[float | None, float | None]:
    steps = terms.steps
    return (steps[0].success, steps[-1].success) if steps and terms.required else (None, None)
