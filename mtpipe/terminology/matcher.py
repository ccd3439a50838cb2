"""Find a glossary's terms in sources, each match with the rule that found it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

from mtpipe.document.inline_codes import blotted
from mtpipe.document.segment import Segment, TermMatch
from mtpipe.glossary import term_regex
from mtpipe.glossary.model import Glossary, Term
from mtpipe.io import user_cache
from mtpipe.languages.lemmatization import COMPOUNDING, lemma
from mtpipe.languages.normalization import fold
from mtpipe.languages.scripts import has_word_boundaries
from mtpipe.languages.tags import primary_subtag
from mtpipe.languages.tokenization import MARKS
from mtpipe.terminology.inflected_match import is_acronym

_UNSPACED_TOKEN = re.compile(r"[A-Za-z0-9_]+|\S")
_LETTERS = rf"(?:[^\W_][{MARKS}]*)+"
# names of files (.dll too), addresses, numbers and keyboard shortcuts are one token; so are C++ and C#
_INSIDE = r"'(?=(?:t|ll)\b)|(?:_+|[.@\\~+&#])(?=[^\W_])(?<![a-z]\.(?=[A-Z]))|[,:/](?=\d)"
_ADDRESS = r"(?:https?|ftp|file)://\S*[\w/]"
_MEASURED = r"\d+(?:[.,]\d+)*(?=(?:[kcmµn]?m[²³]?|[kmµ]?g|[kmgtKMGT][bB]|km/h|mph|[kMG]?Hz|dpi|px|pt)\b)"
_SPACED_TOKEN, _HYPHENED_TOKEN = (
    re.compile(rf"{_ADDRESS}|{_MEASURED}|(?:(?<!\S)\.)?{_LETTERS}(?:(?:{inside}){_LETTERS})*[+#]*|[^\w\s]|_")
    for inside in (_INSIDE, rf"{_INSIDE}|-(?=[^\W_])")
)
_HYPHENED = COMPOUNDING | {"es"}  # their words may be parts of what a hyphen makes one word
_BETWEEN = "\x1f"  # the words of a phrase: no word has it
_KEPT, _WORDS = 4, 20_000  # glossaries in the user's cache, words of each with their lemmas
_PATIENCE = 3  # slow searches of a regex
_RULES = ("surface", "lemma", "regex")
_NOUNS = frozenset(("NOUN", "PROPN"))
_VERBAL = ("ed", "ing")  # endings of English forms that a noun does not take


class SourceToken(NamedTuple):
    """A word or mark of a text, where it stands, and what it is compared by: itself in small letters, its lemma.

    pos: its part of speech by the universal tags, "" where the reader knows none.
    """

    text: str
    start: int
    lower: str
    lemma: str
    pos: str = ""


Read = Callable[[str], Sequence[SourceToken]]


class Matcher:
    """Searches the terms of a glossary, and the segments' own, in source texts.

    A term matches at word boundaries by case-folded surface (exactly when case-sensitive, or an acronym) and by a lemma
    sequence equal on both sides; one with a regex by that alone. Longest match wins, then the leftmost; terms on one
    span all stay. read: tokens and lemmas of another tool than mtpipe's own.
    """

    def __init__(self, glossary: Glossary, read: Read | None = None):
        self._lang = glossary.source_lang
        self.read = read or self._tokens
        self.is_spaced = has_word_boundaries(self._lang)
        self.is_english = primary_subtag(self._lang) == "en"
        is_hyphened = primary_subtag(self._lang) in _HYPHENED
        self._token = (_HYPHENED_TOKEN if is_hyphened else _SPACED_TOKEN) if self.is_spaced else _UNSPACED_TOKEN
        self.known: dict[str, tuple[str, str]] = {}  # words of the glossary in small letters, their lemmas
        self._terms = _Search(self, glossary.terms, "" if read else glossary.origin)

    def find(self, segments: Sequence[Segment]) -> list[Segment]:
        """The segments with matches filled in, offsets into their sources; text inside codes is not matched."""
        own = _Search(self, tuple(dict.fromkeys(term for segment in segments for term in segment.terms)))
        known: dict[tuple, tuple[TermMatch, ...]] = {}  # documents repeat themselves
        for segment in segments:
            key = (segment.source, segment.codes, segment.terms)
            if key not in known:
                known[key] = self._matches(segment, own) if self._terms or segment.terms else ()
        return [replace(s, matches=known[s.source, s.codes, s.terms]) for s in segments]

    @property
    def slow_terms(self) -> tuple[Term, ...]:
        """Terms of the glossary whose regex took too long on some text: their matches may be incomplete."""
        return tuple(self._terms.slow)

    def _matches(self, segment: Segment, own: _Search) -> tuple[TermMatch, ...]:
        bare, places = blotted(segment.source, segment.codes)
        text, offsets = fold(bare)
        if not text.strip():
            return ()
        tokens = self.read(text)
        spans = self._terms.spans(text, tokens)
        if segment.terms:
            spans += own.spans(text, tokens, only=frozenset(segment.terms))
        return tuple(
            TermMatch(term, places[offsets[start]], places[offsets[end] - 1] + 1, rule)
            for start, end, term, rule in _longest(_own_first(spans, segment.terms))
        )

    def _tokens(self, text: str) -> list[SourceToken]:
        lang = self._lang
        make, known = SourceToken._make, self.known  # in half the time that the class itself takes
        return [make((word := match.group(), match.start(), *(known.get(word) or _forms(word, lang)), ""))
                for match in self._token.finditer(text)]  # fmt: skip


@lru_cache(maxsize=20_000)
def _forms(word: str, lang: str) -> tuple[str, str]:
    """The word in small letters and its lemma."""
    head, hyphen, last = word.rpartition("-")  # some languages keep E-Mails in one piece
    return word.lower(), (head.casefold() + hyphen + lemma(last, lang)).lower()


# terms by phrase, lengths of phrases by first word
_Tables = tuple[dict[str, int | tuple[int, ...]], dict[str, tuple[int, ...]]]


class _Phrases:
    """Sequences of words, each with the terms that it stands for; all those in a text are found at once.

    Kept in the least memory, as there may be millions: words as one text, the only term of a phrase as a number.
    """

    def __init__(self, tables: _Tables | None = None):
        self.tables: _Tables = tables or ({}, {})
        self._terms, self._lengths = self.tables
        self._kept: dict[tuple[int, ...], tuple[int, ...]] = {}  # those lengths, as there are few

    def add(self, words: Sequence[str], term: int) -> None:
        if not words:
            return
        key = _BETWEEN.join(words)
        terms = self._of(key)
        if term not in terms:
            self._terms[key] = (*terms, term) if terms else term
        lengths = self._lengths.get(words[0], ())
        if len(words) not in lengths:
            lengths = tuple(sorted((*lengths, len(words))))
            self._lengths[words[0]] = self._kept.setdefault(lengths, lengths)

    def find(self, words: Sequence[str], unlike: Sequence[str] = ()) -> list[tuple[int, int, int]]:
        """(first word, end, term) of each phrase in words; unlike: of those only where these are others."""
        places, count = list[tuple[int, int, int]](), len(words)
        for first, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                if (end := first + length) > count:
                    continue
                key = word if length == 1 else _BETWEEN.join(words[first:end])
                if key in self._terms and not (unlike and words[first:end] == unlike[first:end]):
                    places += [(first, end, term) for term in self._of(key)]
        return places

    def _of(self, key: str) -> tuple[int, ...]:
        terms = self._terms.get(key, ())
        return (terms,) if isinstance(terms, int) else terms


class _Search:
    """Phrase searches over one set of terms."""

    def __init__(self, matcher: Matcher, terms: tuple[Term, ...], origin: str = ""):
        self._terms = terms
        self._is_spaced, self._is_english = matcher.is_spaced, matcher.is_english
        self._read = lru_cache(maxsize=10_000)(matcher.read)  # of terms that occur
        self.slow: Counter[Term] = Counter()  # searches that took too long
        self._regexes = [term for term in terms if term.regex]
        self._lower, self._exact, self._lemma = _Phrases(), _Phrases(), _Phrases()
        if origin:
            name = f"matcher-{origin}"
            tables, matcher.known = user_cache.value(name, lambda: self._filled(matcher.read), most=_KEPT)
            self._lower, self._exact, self._lemma = map(_Phrases, tables)
        else:
            self._filled(matcher.read)

    def _filled(self, read: Read) -> tuple[list[_Tables], dict[str, tuple[str, str]]]:
        """The phrases of the terms, and the forms of some of their words."""
        words: dict[str, tuple[str, str]] = {}
        for index, term in enumerate(self._terms):
            for source in term.sources if not term.regex else ():
                tokens = self._add(index, fold(source)[0].strip(), term.case_sensitive, read)
                if len(words) < _WORDS:
                    words.update((token.text, (token.lower, token.lemma)) for token in tokens)
        return [phrases.tables for phrases in (self._lower, self._exact, self._lemma)], words

    def __bool__(self) -> bool:
        return bool(self._terms)

    def _add(self, index: int, source: str, is_exact: bool, read: Read) -> Sequence[SourceToken]:
        tokens = read(source)
        if is_exact or is_acronym(source):
            plural = [read(f"{source}s")] if is_acronym(source) and not is_exact else []
            for form in (tokens, *plural):
                self._exact.add([token.text for token in form], index)
            return tokens
        lower, lemmas = [token.lower for token in tokens], [token.lemma for token in tokens]
        self._lower.add(lower, index)
        if lemmas != lower:
            self._lemma.add(lemmas, index)
        return tokens

    def spans(
        self, text: str, tokens: Sequence[SourceToken], only: frozenset[Term] | None = None
    ) -> list[tuple[int, int, Term, str]]:
        lower, lemmas = [token.lower for token in tokens], [token.lemma for token in tokens]
        # a lemma need not be its own: French données → donnée, donnée → donner
        inflected = sorted({*self._lemma.find(lemmas), *(self._lower.find(lemmas, lower) if lemmas != lower else ())})
        searches = (
            (self._exact.find([token.text for token in tokens]), "surface"),
            (self._lower.find(lower), "surface"),
            (inflected, "lemma"),
        )
        spans = []
        for places, rule in searches:
            for first, end, index in places:
                if rule == "lemma" and not self._is_form(index, tokens[first:end]):
                    continue
                last = tokens[end - 1]
                spans.append((tokens[first].start, last.start + len(last.text), self._terms[index], rule))
        for term in self._regexes:
            spans += [(start, end, term, "regex") for start, end in self._regex_spans(term, text)]
        return [span for span in spans
                if (only is None or span[2] in only) and not (self._is_spaced and _is_within_word(text, *span[:2]))]

    def _is_form(self, index: int, words: Sequence[SourceToken]) -> bool:
        """Whether words with a term's lemmas are forms of it, and no other parts of speech: "sheet named" is no form of
        "sheet name". Of one word alone nobody can tell."""
        if len(words) == 1:
            return True
        folded = [fold(source)[0].strip() for source in self._terms[index].sources]
        read = [self._read(source) for source in folded if not is_acronym(source)]
        sources = [tokens for tokens in read if len(tokens) == len(words)]
        return not sources or any(map(self._are_alike, repeat(words), sources))

    def _are_alike(self, words: Sequence[SourceToken], term: Sequence[SourceToken]) -> bool:
        pairs = [(word, own) for word, own in zip(words, term, strict=True) if word.lower != own.lower]
        if all(word.pos and own.pos for word, own in pairs):
            return all(word.pos == own.pos or {word.pos, own.pos} <= _NOUNS for word, own in pairs)
        # a verb that begins a term may take any ending, and verbs after it; nouns take one of number only
        verbal = [word.lower.endswith(_VERBAL) and not own.lower.endswith(_VERBAL)
                  for word, own in zip(words, term, strict=True)]  # fmt: skip
        return not self._is_english or not any(verbal) or verbal[0]

    def _regex_spans(self, term: Term, text: str) -> list[tuple[int, int]]:
        """Of a term's regex; none of one that has been too slow _PATIENCE times, which is reported."""
        if self.slow[term] == _PATIENCE:
            return []
        try:
            return term_regex.spans(term.regex, text)
        except term_regex.SlowRegex:
            self.slow[term] += 1
            return []


def _is_within_word(text: str, start: int, end: int) -> bool:
    """Whether letters go on before or after the span: a regular expression may cut words."""
    return text[start - 1 : start + 1].isalpha() and start > 0 or end < len(text) and text[end - 1 : end + 1].isalpha()


def _own_first(matches: list[tuple[int, int, Term, str]], own: tuple[Term, ...]) -> list[tuple[int, int, Term, str]]:
    """Without the glossary's terms on spans for which the segment brings its own."""
    spans = {span[:2] for span in matches if span[2] in own}
    return [span for span in matches if span[2] in own or span[:2] not in spans]


def _longest(matches: list[tuple[int, int, Term, str]]) -> list[tuple[int, int, Term, str]]:
    best: dict[tuple[int, int, Term], str] = {}
    for start, end, term, rule in matches:
        key = (start, end, term)
        best[key] = min(best.get(key, rule), rule, key=_RULES.index)
    separate: list[tuple[int, int]] = []
    for start, end in sorted({key[:2] for key in best}, key=lambda span: (span[0] - span[1], span[0])):
        if not any(start < stop and begin < end for begin, stop in separate):
            separate.append((start, end))
    spans = frozenset(separate)
    return sorted(((s, e, t, rule) for (s, e, t), rule in best.items() if (s, e) in spans), key=lambda item: item[:2])
