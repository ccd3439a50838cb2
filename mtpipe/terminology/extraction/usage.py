"""How a glossary's terms fare in parallel text: where the source has them, do the translators use their targets?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError, amount
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology import checker
from mtpipe.terminology.inflected_match import Evidence
from mtpipe.terminology.matcher import Matcher

EXAMPLES = 3  # pairs that are kept to be looked at

Pair = tuple[str, str]


@dataclass(slots=True)
class TermUsage:
    """One term: in how many sources it was found, in how many of their targets, as what, and pairs that lack it.

    For a forbidden term met counts the targets that hold a banned word, and wrong holds such pairs.
    """

    term: Term
    count: int = 0
    met: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    wrong: list[Pair] = field(default_factory=list)

    @property
    def share(self) -> float:
        """met / count; 1 for a term that no source has."""
        return self.met / self.count if self.count else 1.0


def usage(pairs: Iterable[Pair], glossary: Glossary) -> list[TermUsage]:
    """The usage of each term, in glossary order; targets are judged as `mtpipe check` judges them.

    Raises InputError when no source has any of the terms.
    """
    matcher = Matcher(glossary)
    used = {term: TermUsage(term) for term in glossary.terms}
    for number, (source, target) in enumerate(pairs, 1):
        segment, = matcher.find([Segment(f"pair {number}", source, codes=inline_codes.find(source))])
        proof = checker.term_evidence(segment, target, glossary.target_lang)
        proof |= {match.term: checker.locate(segment, match.term, target, glossary.target_lang)
                  for match in segment.matches if match.term.status == "forbidden"}
        for term, evidence in proof.items():
            _add(used[term], evidence, source, target)
    if not any(use.count for use in used.values()):
        raise InputError(f"{glossary.name}: no source of the parallel text has any of its {len(used)} terms; is the "
                         "text of these languages, in this order?")
    return list(used.values())


def _add(use: TermUsage, evidence: list[Evidence], source: str, target: str) -> None:
    use.count += 1
    use.met += bool(evidence)
    use.forms.update({target[item.start : item.end] for item in evidence})
    if bool(evidence) == (use.term.status == "forbidden") and len(use.wrong) < EXAMPLES:
        use.wrong.append((source, target))


def urgency(use: TermUsage) -> tuple[bool, float, int]:
    """Sorts what is most wrong to the front: banned words that are used, then the terms that fare worst."""
    is_forbidden = use.term.status == "forbidden"
    return not (is_forbidden and use.met), use.share, -use.count


def is_below(use: TermUsage, limit: float) -> bool:
    """Whether the term needs a look: too few targets have it, no source does, or a banned word is used."""
    return bool(use.met) if use.term.status == "forbidden" else use.share < limit or not use.count


def row(use: TermUsage) -> dict[str, Any]:
    """The usage for JSON: how the translators said it, and pairs to look at."""
    return {"source": use.term.source, "targets": list(use.term.targets), "status": use.term.status,
            "line": use.term.line, "count": use.count, "met": use.met, "share": round(use.share, 3),
            "found": dict(use.forms.most_common(5)), "wrong": [list(pair) for pair in use.wrong]}  # fmt: skip


def line(row: Mapping[str, Any]) -> str:
    """A row for people; the pairs are indented below it."""
    forms = ", ".join(f"{form} {number}" for form, number in row["found"].items())
    state = "  forbidden" if row["status"] == "forbidden" else ""
    head = f"{row['share']:.2f}  {row['met']} of {row['count']}  {row['source']} → {' | '.join(row['targets'])}"
    return "\n".join((f"{head}{state}{forms and f'  ({forms})'}", *(f"      {s}  ⇒  {t}" for s, t in row["wrong"])))


def summary(used: Sequence[TermUsage]) -> str:
    """One line on all terms that are wanted."""
    required = [use for use in used if use.term.status != "forbidden"]
    count, met = sum(use.count for use in required), sum(use.met for use in required)
    absent = sum(not use.count for use in required)
    share = f"{met / count:.1%}" if count else "none"
    terms = f"{amount(len(required), 'term')}, {absent} in no source"
    return f"{terms}; {met} of {amount(count, 'source')} with the term in the target, {share}"
