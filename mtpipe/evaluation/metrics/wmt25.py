"""Term success as the WMT 2025 terminology task counted it: in sentences (track 1) and in documents (track 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from mtpipe import __version__
from mtpipe.document.segment import Score, Segment
from mtpipe.evaluation.metrics import count_shares, rate, signature
from mtpipe.glossary.model import Term
from mtpipe.languages import lemmatization
from mtpipe.languages.normalization import unaccented
from mtpipe.languages.tags import primary_subtag

_CAPITAL_NOUNS = {"de", "lb"}
_STEPS = 3  # from an inflected form to a lemma that is its own


class Wmt25TermSuccess:
    """Share of term items found in the targets, 0…1, micro-averaged, as track 1 counted them.

    An item counts if its lower-cased source or that one's lemmas are a substring of the segment's source or of its
    lemmas; it is met if one of its targets is one of the target's, likewise. Substrings, so "Rate" is met by "Raten"
    and by "Beratung". The task lemmatised by stanza, this by simplemma, so single items differ
    (`make eval-wmt25` says how much). Items are the segment's own terms and its matches; value is nan without any.
    """

    name = "tsr_wmt25"
    needs_reference = False

    def __init__(self, source_lang: str, target_lang: str):
        self._langs = (source_lang, target_lang)

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        source_lang, target_lang = self._langs
        return count_shares(
            [
                any(holds(segment.target or "", form, target_lang) for form in term.targets)
                for term in items(segment)
                if any(holds(segment.source, form, source_lang) for form in term.sources)
            ]
            for segment in segments
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:substring|{signature(*self._langs)}")


class Wmt25DocumentTermSuccess:
    """Mean share of each term's occurrences that the targets have, 0…1, as track 2 counted whole documents.

    An item counts if its source is a substring of the segment's and one of its targets of the reference; its share is
    min(1, occurrences of all its targets / occurrences of its source). All lower-cased, nothing lemmatised; a term
    inside another one counts for both. value is nan without items.
    """

    name = "tsr_wmt25_documents"
    needs_reference = True

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        return count_shares(
            [share for term in items(segment) for share in _shares(segment, term)] for segment in segments
        )

    def score(self, segments: Sequence[Segment]) -> Score:
        return rate(self.name, self.counts(segments), f"match:occurrences|case:lc|mtpipe:{__version__}")


def _shares(segment: Segment, term: Term) -> Iterable[float]:
    """The share of the term's occurrences, nothing where the term does not count."""
    source, target, reference = (text.lower() for text in (segment.source, segment.target or "",
                                                           segment.reference or ""))  # fmt: skip
    forms = [form.lower() for form in term.targets]
    in_source = source.count(term.source.lower())
    if in_source and any(form in reference for form in forms):
        yield min(1.0, sum(target.count(form) for form in forms) / in_source)


def items(segment: Segment) -> Iterable[Term]:
    """The distinct terms that the segment brings or in which the glossary's were found, banned ones left out."""
    terms = (*segment.terms, *(match.term for match in segment.matches))
    return dict.fromkeys(term for term in terms if term.status != "forbidden")


def holds(text: str, form: str, lang: str) -> bool:
    """Is a form, or are its lemmas, a substring of a text or of its lemmas?"""
    return form.lower() in text.lower() or _term_lemmas(form, lang) in lemmas(text, lang)


def _term_lemmas(form: str, lang: str) -> str:
    """A word by itself with a capital is a name to a tagger, and its own lemma, but where all nouns have one."""
    is_name = form[:1].isupper() and form.isalpha() and primary_subtag(lang) not in _CAPITAL_NOUNS
    return _folded(form) if is_name else lemmas(form, lang)


@lru_cache(maxsize=20_000)
def lemmas(text: str, lang: str) -> str:
    """Of all words of a text, folded, with a space between."""
    return _folded(" ".join(_last_lemma(token, lang) for token, _, _ in lemmatization.tokens(text)))


def _last_lemma(word: str, lang: str) -> str:
    """The lemma of the lemma: Spanish estados → estado → estar, so that the plural meets the singular."""
    for _ in range(_STEPS):
        word = lemmatization.lemma(word, lang)
    return word


def word_lemma(word: str, lang: str) -> str:
    """As `lemmas` has it."""
    return _folded(_last_lemma(word, lang))


def _folded(text: str) -> str:
    """Lower-cased without accents: a dictionary has no compound's umlaut (Pläne → Plan) and no misspelt word."""
    return unaccented(text.lower())
