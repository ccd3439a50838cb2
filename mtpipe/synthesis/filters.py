"""What a pair must pass to be kept: one chain of checks, each with the reason it gives.

Those that any corpus is cleaned by (`corpora.clean`), then what matters for pairs that an LLM made up around a term.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from mtpipe.corpora.cleaning import fault, tidied
from mtpipe.corpora.decontamination import HeldOut
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment, TermError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.languages.lemmatization import is_known, tokens
from mtpipe.llm.prompts import Prompt
from mtpipe.mt.hallucination import flags
from mtpipe.synthesis.replies import Pair, Proposal
from mtpipe.terminology import checker
from mtpipe.terminology.inflected_match import Evidence
from mtpipe.terminology.matcher import Matcher

SURPLUS = "more pairs than requested"
MOST_USES = 2  # of its term, in a sentence
_KNOWN = 0.5  # of the words outside terms, the share that the dictionary of the language must have
_FEWEST = 3  # words by which a language can be told
_LABEL = re.compile(r"(?i)^(?:n\s*=?\s*)?\d{1,3}[.):]\s|^(?:as an ai|i am sorry|i'm sorry|"
                    r"i can(?:no|')t (?:help|assist|comply|provide|write|do that|fulfill?))\b|"
                    r"^(?:source|target|translation|sentence|pair|here (?:is|are)|sure|certainly)\b[^.!?]{0,40}:")
_MARKUP = re.compile(r"```|^\s*[-*#>]\s|\*\*|[{}]\s*\"|\"\s*:\s*\"")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "»": "«", "「": "」", "'": "'"}
_GROUPED = re.compile(r"(?<=\d)[.,:'’\s](?=\d)")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class PairCandidate:
    """A tidied pair, its source with matches; held: what the target holds of each required term."""

    proposal: Proposal
    segment: Segment
    target: str
    held: dict[Term, list[Evidence]]

    @property
    def term(self) -> Term:
        return self.proposal.item.term

    @property
    def places(self) -> list[tuple[int, int]]:
        """Of the term in the source."""
        return [(match.start, match.end) for match in self.segment.matches if match.term == self.term]


class Filters:
    """The chain; what it lets through it remembers, to refuse what is nearly the same later on.

    excluded: texts of evaluation sets, (source, target), a side "" where there is none. least_score: that a machine's
    own work must have, as the model sees it: log-probability per token.
    """

    def __init__(self, glossary: Glossary, excluded: Iterable[Pair] = (), least_score: float = -inf):
        self._languages = glossary.source_lang, glossary.target_lang
        self._matcher = Matcher(glossary)
        self._excluded, self._kept = (HeldOut(), HeldOut()), (HeldOut(), HeldOut())
        for pair in excluded:
            _hold(self._excluded, pair)
        self._least_score = least_score
        self._prompt: tuple[Prompt | None, HeldOut] = None, HeldOut()
        self._checks: dict[str, Callable[[PairCandidate], bool]] = {
            "no sentence": self._is_no_sentence,
            "unknown words": self._is_gibberish,
            "source lacks the term": _lacks_source,
            "target lacks the term": _lacks_target,
            "another term wrong": self._breaks_glossary,
            "term over-repeated": _repeats,
            "numbers differ": _differs_in_numbers,
            "altered": self._alters,
            "repetition": self._goes_round,
            "doubtful translation": self._is_doubtful,
            "contamination": self._is_excluded,
            "near-duplicate": self._is_known,
            "echo": self._is_echo,
        }

    def judged(
        self, proposals: Sequence[Proposal], is_full: Callable[[Term], bool] = lambda term: False
    ) -> Iterator[tuple[Proposal, Pair, str]]:
        """Each proposal, in order, with its pair tidied and the reason that refuses it; "" keeps it.

        is_full: whether a term needs no more; asked when it comes to that.
        """
        pairs = [tidied(proposal.source, proposal.target) for proposal in proposals]
        segments = self._matcher.find([Segment("", source, codes=inline_codes.find(source)) for source, _ in pairs])
        for proposal, pair, segment in zip(proposals, pairs, segments, strict=True):
            reason = self._reason(proposal, pair, segment) or SURPLUS * is_full(proposal.item.term)
            if not reason:
                _hold(self._kept, pair)
            yield proposal, pair, reason

    def _reason(self, proposal: Proposal, pair: Pair, segment: Segment) -> str:
        if any(map(_is_commentary, (proposal.source, proposal.target))):
            return "commentary"
        if reason := fault(pair, *self._languages):
            return reason
        evidence = checker.term_evidence(segment, pair[1], self._languages[1])
        candidate = PairCandidate(proposal, segment, pair[1], evidence)
        return next((name for name, is_unfit in self._checks.items() if is_unfit(candidate)), "")

    def _is_no_sentence(self, candidate: PairCandidate) -> bool:
        """Is there nothing beside the term? Such a pair is the glossary's entry again."""
        return not all(_outside(text, spans) for text, spans in _sides(candidate))

    def _is_gibberish(self, candidate: PairCandidate) -> bool:
        """Are too few words of a side in the dictionary of its language?"""
        for (text, spans), lang in zip(_sides(candidate), self._languages, strict=True):
            words = _outside(text, spans)
            known = [is_known(word, lang) for word in words]
            if len(words) >= _FEWEST and None not in known and sum(map(bool, known)) < _KNOWN * len(words):
                return True
        return False

    def _breaks_glossary(self, candidate: PairCandidate) -> bool:
        return any(error.kind != "altered" for error in self._errors(candidate))

    def _alters(self, candidate: PairCandidate) -> bool:
        """Is a path, a name of a variable, a key … of the source another one in the target, or missing?"""
        return any(error.kind == "altered" for error in self._errors(candidate))

    def _errors(self, candidate: PairCandidate) -> tuple[TermError, ...]:
        return checker.check(candidate.segment, self._languages[1], candidate.target)

    def _goes_round(self, candidate: PairCandidate) -> bool:
        """Does a side repeat itself where the other does not?"""
        texts = candidate.segment.source, candidate.target
        ways = ((*texts, *self._languages), (*reversed(texts), *reversed(self._languages)))
        return any("repetition" in flags(Segment("", text, draft=other, codes=inline_codes.find(text)), *languages)
                   for text, other, *languages in ways)

    def _is_doubtful(self, candidate: PairCandidate) -> bool:
        score = candidate.proposal.score
        return score is not None and score < self._least_score

    def _is_excluded(self, candidate: PairCandidate) -> bool:
        return _has_like(self._excluded, candidate)

    def _is_known(self, candidate: PairCandidate) -> bool:
        return _has_like(self._kept, candidate)

    def _is_echo(self, candidate: PairCandidate) -> bool:
        """Does a side say again what the prompt says: an example, a rule, a wish?"""
        prompt = candidate.proposal.request.prompt
        if self._prompt[0] != prompt:
            lines, terms = HeldOut(), {item.term for item in candidate.proposal.request.items}
            for line in f"{prompt.system}\n{prompt.user}".splitlines():
                if any(_names(line, term) for term in terms):  # a short sentence around a long term is no echo of it
                    continue
                for text in (line, line.partition(": ")[2]):  # with and without the language or the number before it
                    lines.add(text)
            self._prompt = prompt, lines
        return _has_like((self._prompt[1], self._prompt[1]), candidate)


def _names(line: str, term: Term) -> bool:
    """Whether a line of a prompt is the term's entry: both sides in one line."""
    return term.source in line and term.target in line and (term.source != term.target or " = " in line)


def _lacks_source(candidate: PairCandidate) -> bool:
    return not candidate.places


def _lacks_target(candidate: PairCandidate) -> bool:
    return not candidate.held[candidate.term]


def _repeats(candidate: PairCandidate) -> bool:
    """Is the term there more often than a sentence needs it, or more often in the target than in the source?"""
    uses = len(candidate.places)
    return uses > MOST_USES or len(candidate.held[candidate.term]) > uses


def _differs_in_numbers(candidate: PairCandidate) -> bool:
    """Numbers outside terms, however they are punctuated; a term may bring some of its own."""
    source, target = (Counter(_numbers(_blanked(text, spans))) for text, spans in _sides(candidate))
    return source != target


def _sides(candidate: PairCandidate) -> tuple[tuple[str, list[tuple[int, int]]], tuple[str, list[tuple[int, int]]]]:
    """(text, places of terms in it) of source and target."""
    held = [(item.start, item.end) for items in candidate.held.values() for item in items]
    matched = [(match.start, match.end) for match in candidate.segment.matches]
    return (candidate.segment.source, matched), (candidate.target, held)


def _outside(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """The words outside the terms and codes."""
    blank = _blanked(text, [*spans, *((code.start, code.end) for code in inline_codes.find(text))])
    return [token for token, _, _ in tokens(blank) if token.isalpha()]


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def _numbers(text: str) -> list[str]:
    return _NUMBER.findall(_GROUPED.sub("", unicodedata.normalize("NFKC", text)))


def _is_commentary(text: str) -> bool:
    """Is it an answer that talks, or one in quotes, a list or a fence?"""
    stripped = text.strip()
    first, last = stripped[:1], stripped[1:][-1:]
    is_quoted = last and _QUOTES.get(first) == last and not {first, last} & set(stripped[1:-1])
    return bool("\n" in stripped or is_quoted or _LABEL.search(stripped) or _MARKUP.search(stripped))


def _hold(sides: tuple[HeldOut, HeldOut], pair: Pair) -> None:
    for index, text in zip(sides, pair, strict=True):
        index.add(text)


def _has_like(sides: tuple[HeldOut, HeldOut], candidate: PairCandidate) -> bool:
    return sides[0].has_like(candidate.segment.source) or sides[1].has_like(candidate.target)
