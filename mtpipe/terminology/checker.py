"""Check targets: terms that are missing or forbidden, what was changed or altered, each verdict with its evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from mtpipe.document import inline_codes, invariants
from mtpipe.document.invariants import Invariant
from mtpipe.document.segment import Code, Segment, TermError, TermMatch
from mtpipe.glossary.model import Term
from mtpipe.languages.lemmatization import tokens
from mtpipe.terminology.inflected_match import Evidence, evidence

_KEPT = 1 << 12  # verdicts: editors, guard and ladder look at the same candidates
_LONG_COPY = 4  # a source of so many words that comes back unchanged was not translated


def check(segment: Segment, lang: str, target: str | None = None) -> tuple[TermError, ...]:
    """What is wrong with target (default: the segment's) in the target language lang; () when nothing is.

    Whether it is a translation at all; each distinct matched term once: missing, forbidden or changed; inline codes;
    invariants.
    """
    text = (segment.target if target is None else target) or ""
    return _errors(segment.source, segment.codes, segment.matches, text, lang)


@lru_cache(_KEPT)
def _errors(
    source: str, codes: tuple[Code, ...], matches: tuple[TermMatch, ...], text: str, lang: str
) -> tuple[TermError, ...]:
    """The errors of one text, which is checked once."""
    segment = Segment("", source, matches, codes=codes)
    if rule := _untranslated(segment, text):
        return (TermError("untranslated", None, (), text, rule),)
    errors = list(_term_errors(segment, text, lang))
    for literal in inline_codes.broken(segment.source, segment.codes, text):
        errors.append(TermError("changed", None, (literal,), "", "code"))
    errors += (TermError("altered", None, (item.text,), "", item.kind) for item in altered(segment, text, lang))
    return tuple(errors)


def altered(segment: Segment, target: str, lang: str) -> list[Invariant]:
    """The invariants that target lacks, at their places in the source.

    What a glossary's term holds is the term's affair, and what an inline code holds the code's.
    """
    bare, places = inline_codes.blotted(segment.source, segment.codes)
    lost = invariants.altered(bare, without_codes(segment, target)[0], lang) if invariants.find(bare) else []
    placed = (replace(item, start=places[item.start], end=places[item.end - 1] + 1) for item in lost)
    return [item for item in placed
            if not any(match.start < item.end and item.start < match.end for match in segment.matches)]


def required(segment: Segment) -> dict[Term, list[TermMatch]]:
    """The distinct terms that the segment's target must hold, with their matches."""
    terms: dict[Term, list[TermMatch]] = defaultdict(list)
    for match in segment.matches:
        if match.term.status != "forbidden":
            terms[match.term].append(match)
    return dict(terms)


def term_evidence(segment: Segment, target: str, lang: str) -> dict[Term, list[Evidence]]:
    """For each required term what target holds of it, outside its codes; empty lists are the unmet ones.

    Several terms on the same spans (two domains, say) are alternatives: one of them meets them all.
    """
    terms = required(segment)
    proof = {
        term: [item for required_term in dict.fromkeys(_demand(segment, match) for match in matches)
               for item in locate(segment, required_term, target, lang)]
        for term, matches in terms.items()
    }
    places = {term: frozenset((match.start, match.end) for match in matches) for term, matches in terms.items()}
    for term in [term for term, items in proof.items() if not items]:
        proof[term] = next((proof[other] for other in terms if places[other] == places[term] and proof[other]), [])
    return proof


def locate(segment: Segment, term: Term, target: str, lang: str) -> list[Evidence]:
    """The evidence of term in a target of this segment: across its tags, not in its placeholders."""
    bare, places = without_codes(segment, target)
    return [Evidence(places[item.start], places[item.end - 1] + 1, item.rule) for item in evidence(term, bare, lang)]


def without_codes(segment: Segment, target: str) -> tuple[str, Sequence[int]]:
    """(a target of this segment without tags and with other codes blotted out, each character's place in target)."""
    return inline_codes.blotted(target, inline_codes.locate(segment.source, segment.codes, target))


def demand(segment: Segment, term: Term) -> Term:
    """The required term as the segment asks for it: do-not-translate items as they stand in the source."""
    return _demand(segment, required(segment)[term][0])


def surface(segment: Segment, match: TermMatch) -> str:
    """What the source has at the match, without tags."""
    inside = [Code(code.start - match.start, code.end - match.start, code.kind) for code in segment.codes
              if match.start <= code.start and code.end <= match.end]
    return inline_codes.plain(segment.source[match.start : match.end], inside)[0]


def _term_errors(segment: Segment, text: str, lang: str) -> Iterable[TermError]:
    proof = term_evidence(segment, text, lang)
    good = [item for items in proof.values() for item in items]
    for term, items in proof.items():
        if not items:
            required_term = demand(segment, term)
            kind = "changed" if term.status == "do-not-translate" else "missing"
            yield TermError(kind, term, required_term.targets + required_term.forms, "", "no accepted form")
    for term in dict.fromkeys(match.term for match in segment.matches if match.term.status == "forbidden"):
        for item in locate(segment, term, text, lang):
            if not any(ok.start <= item.start and item.end <= ok.end for ok in good):
                yield TermError("forbidden", term, term.targets, text[item.start : item.end], item.rule)


def _demand(segment: Segment, match: TermMatch) -> Term:
    """The term as this match asks for it: what must not be translated as in the source (or the glossary: a heading
    may shout, a plural may be none in the other language)."""
    if match.term.status != "do-not-translate":
        return match.term
    targets = dict.fromkeys((surface(segment, match), *match.term.targets))
    return replace(match.term, targets=tuple(targets), case_sensitive=True)


def _untranslated(segment: Segment, target: str) -> str:
    """Why target is no translation: "empty", "no words" or "copied"; "" when it is one or there is nothing to say."""
    source, _ = inline_codes.blotted(segment.source, segment.codes)
    if not any(token.isalpha() for token, _, _ in tokens(source)):
        return ""
    text, _ = without_codes(segment, target)
    if not any(char.isalnum() for char in text):
        return "no words" if target.strip() else "empty"
    if text.strip() != source.strip():
        return ""
    names_length = sum(match.end - match.start for match in segment.matches if match.term.status == "do-not-translate")
    # Ctrl+Shift+Alt+F and com.sun.star.util are single words
    is_long = sum(sum(map(str.isalpha, word)) > 1 for word in source.split()) >= _LONG_COPY
    return "copied" if is_long and names_length < len(source) / 2 else ""
