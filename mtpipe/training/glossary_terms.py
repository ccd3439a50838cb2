"""A glossary's terms in training items: what is found in the source and stands in the target becomes a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mtpipe.document.segment import Segment
from mtpipe.glossary.model import Glossary
from mtpipe.languages.tokenization import spans
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher
from mtpipe.training.material import Candidate, Item, plain

_WEIGHT = 4.0  # the user's terms come first


def add(items: Sequence[Item], glossary: Glossary) -> list[Item]:
    """The items, with a candidate for each of the glossary's terms that both sides hold; it displaces those beside."""
    found = Matcher(glossary).find([Segment(str(n), plain(item.source)) for n, item in enumerate(items)])
    return [_with(item, segment, glossary.target_lang) for item, segment in zip(items, found, strict=True)]


def _with(item: Item, segment: Segment, target_lang: str) -> Item:
    if not segment.matches:
        return item
    target = plain(item.target)
    ours, theirs = spans(segment.source), spans(target)
    proofs = {term: list(proof) for term, proof in checker.found(segment, target, target_lang).items()}
    made = []
    for match in segment.matches:
        proof = proofs.get(match.term)
        if proof:
            evidence = proof.pop(0)
            first, last = _words(ours, match.start, match.end)
            begin, end = _words(theirs, evidence.start, evidence.end)
            made.append(Candidate(first, last, begin, end, match.term.target, _WEIGHT, True))
    others = (one for one in item.candidates
              if not any(one.first < term.last and term.first < one.last for term in made))
    return replace(item, candidates=(*made, *others)) if made else item


def _words(places: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    touched = [number for number, (first, last) in enumerate(places) if first < end and start < last]
    return touched[0], touched[-1] + 1
