"""Find a glossary's terms in sources, each match with the rule that found it.

The only module that uses spaCy: its tokenizers and PhraseMatcher search many terms at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace

import spacy
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.util import get_lang_class, get_words_and_spaces

from mtpipe.document.inline_codes import blotted
from mtpipe.document.segment import Segment, TermMatch
from mtpipe.glossary.model import Glossary, Term
from mtpipe.languages.lemmatization import lemma
from mtpipe.languages.normalization import fold
from mtpipe.languages.scripts import has_word_boundaries
from mtpipe.languages.tags import primary_subtag
from mtpipe.terminology.inflected_match import is_acronym

_UNSPACED_TOKEN = re.compile(r"[A-Za-z0-9_]+|\S")
_RULES = ("surface", "lemma", "regex")


class Matcher:
    """Searches the terms of a glossary, and the segments' own, in source texts.

    A term matches at word boundaries by case-folded surface (exactly when case-sensitive, or an acronym) and by a lemma
    sequence equal on both sides; one with a regex by that alone. Longest match wins, then the leftmost; terms on one
    span all stay.
    pipeline: a trained spaCy pipeline whose lemmas are used instead of simplemma's.
    """

    def __init__(self, glossary: Glossary, pipeline: Language | None = None):
        self._lang = glossary.source_lang
        self._nlp = pipeline or _blank(self._lang)
        self._trained = pipeline is not None
        self.is_spaced = has_word_boundaries(self._lang)
        self._terms = _Search(self, glossary.terms)

    def find(self, segments: Sequence[Segment]) -> list[Segment]:
        """The segments with matches filled in, offsets into their sources; text inside codes is not matched."""
        own = _Search(self, tuple(dict.fromkeys(term for segment in segments for term in segment.terms)))
        found: dict[tuple, tuple[TermMatch, ...]] = {}  # documents repeat themselves
        for segment in segments:
            key = (segment.source, segment.codes, segment.terms)
            if key not in found:
                found[key] = self._matches(segment, own) if self._terms or segment.terms else ()
        return [replace(s, matches=found[s.source, s.codes, s.terms]) for s in segments]

    def _matches(self, segment: Segment, own: _Search) -> tuple[TermMatch, ...]:
        bare, places = blotted(segment.source, segment.codes)
        text, offsets = fold(bare)
        if not text.strip():
            return ()
        doc = self.read(text)
        lemmas = self.lemmas(doc)
        found = self._terms.spans(text, doc, lemmas)
        if segment.terms:
            found += own.spans(text, doc, lemmas, only=frozenset(segment.terms))
        return tuple(
            TermMatch(term, places[offsets[start]], places[offsets[end] - 1] + 1, rule)
            for start, end, term, rule in _longest(_own_first(found, segment.terms))
        )

    def read(self, text: str) -> Doc:
        if self._trained:
            return self._nlp(text)
        if not self.is_spaced:
            words, spaces = get_words_and_spaces(_UNSPACED_TOKEN.findall(text), text)
            return Doc(self._nlp.vocab, words=words, spaces=spaces)
        return self._nlp.make_doc(text)

    def lemmas(self, doc: Doc) -> Doc:
        """A doc of the same tokens' lemmas, so that one kind of search serves both."""
        return Doc(doc.vocab, words=[t.lemma_.lower() if self._trained else self._lemma(t.text) for t in doc])

    def _lemma(self, word: str) -> str:
        head, hyphen, last = word.rpartition("-")  # some tokenizers keep E-Mails in one piece
        return head.casefold() + hyphen + lemma(last, self._lang)


class _Search:
    """Phrase searches over one set of terms."""

    def __init__(self, matcher: Matcher, terms: tuple[Term, ...]):
        vocab = matcher.read("").vocab
        self._terms = terms
        self._is_spaced = matcher.is_spaced
        self._lower, self._exact, self._lemma = (PhraseMatcher(vocab, attr=a) for a in ("LOWER", "ORTH", "LOWER"))
        self._regexes = [(re.compile(term.regex), term) for term in terms if term.regex]
        for index, term in enumerate(terms):
            for source in term.sources if not term.regex else ():
                self._add(str(index), fold(source)[0].strip(), term.case_sensitive, matcher)

    def __bool__(self) -> bool:
        return bool(self._terms)

    def _add(self, key: str, source: str, is_exact: bool, matcher: Matcher) -> None:
        doc = matcher.read(source)
        if is_exact or is_acronym(source):
            plural = [matcher.read(f"{source}s")] if is_acronym(source) and not is_exact else []
            self._exact.add(key, [doc, *plural])
        elif len(doc):
            lemmas = matcher.lemmas(doc)
            self._lower.add(key, [doc])
            # a lemma need not be its own: French données → donnée, donnée → donner
            is_same = [token.text for token in lemmas] == [token.lower_ for token in doc]
            self._lemma.add(key, [lemmas] if is_same else [lemmas, doc])

    def spans(
        self, text: str, doc: Doc, lemmas: Doc, only: frozenset[Term] | None = None
    ) -> list[tuple[int, int, Term, str]]:
        searches = ((self._exact, doc, "surface"), (self._lower, doc, "surface"), (self._lemma, lemmas, "lemma"))
        found = []
        for search, read, rule in searches:
            for key, first, last in search(read) if len(search) else ():
                term = self._terms[int(doc.vocab.strings[key])]
                end = doc[last - 1]
                found.append((doc[first].idx, end.idx + len(end), term, rule))
        for pattern, term in self._regexes:
            found += [(m.start(), m.end(), term, "regex") for m in pattern.finditer(text) if m.end() > m.start()]
        return [span for span in found
                if (only is None or span[2] in only) and not (self._is_spaced and _is_within_word(text, *span[:2]))]


def _is_within_word(text: str, start: int, end: int) -> bool:
    """Whether letters go on before or after the span: the tokenizers cut "cannot" and "don't"."""
    return text[start - 1 : start + 1].isalpha() and start > 0 or end < len(text) and text[end - 1 : end + 1].isalpha()


def _own_first(found: list[tuple[int, int, Term, str]], own: tuple[Term, ...]) -> list[tuple[int, int, Term, str]]:
    """Without the glossary's terms on spans for which the segment brings its own."""
    spans = {span[:2] for span in found if span[2] in own}
    return [span for span in found if span[2] in own or span[:2] not in spans]


def _longest(found: list[tuple[int, int, Term, str]]) -> list[tuple[int, int, Term, str]]:
    best: dict[tuple[int, int, Term], str] = {}
    for start, end, term, rule in found:
        key = (start, end, term)
        best[key] = min(best.get(key, rule), rule, key=_RULES.index)
    kept: list[tuple[int, int]] = []
    for start, end in sorted({key[:2] for key in best}, key=lambda span: (span[0] - span[1], span[0])):
        if not any(start < stop and begin < end for begin, stop in kept):
            kept.append((start, end))
    spans = frozenset(kept)
    return sorted(((s, e, t, rule) for (s, e, t), rule in best.items() if (s, e) in spans), key=lambda item: item[:2])


def _blank(lang: str) -> Language:
    """spaCy's tokenizer for lang where it comes without further packages, else the multilingual one."""
    try:
        get_lang_class(primary_subtag(lang))
        nlp = spacy.blank(primary_subtag(lang))
    except ImportError:  # unknown to spaCy, or (ja, ko, th, vi) tied to a package that is not there
        nlp = spacy.blank("xx")
    nlp.max_length = sys.maxsize  # the limit is there for parsers; a tokenizer takes any line
    return nlp
