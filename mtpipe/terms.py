"""Find a glossary's terms in sources and check them in targets, each match and verdict with its evidence.

The only module that uses spaCy: its tokenizers and PhraseMatcher search many terms at once.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import spacy
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.util import get_lang_class, get_words_and_spaces

from mtpipe import codes
from mtpipe.glossary import Glossary, Term
from mtpipe.lemmas import base, lemma, sequence, tokens
from mtpipe.segment import Segment, TermError, TermMatch

COMPOUNDING = frozenset("de nl sv da nb nn no is fi et hu".split())
UNSPACED = frozenset("zh ja th lo km my yue".split())
_UNSPACED_TOKEN = re.compile(r"[A-Za-z0-9_]+|\S")
_RULES = ("surface", "form", "lemma", "regex", "substring")
_LONG_COPY = 4  # a source of so many words that comes back unchanged was not translated


@dataclass(frozen=True, slots=True)
class Evidence:
    """An accepted form of a term found at target[start:end], and the rule that accepts it."""

    start: int
    end: int
    rule: str


class Matcher:
    """Searches the terms of a glossary, and the segments' own, in source texts.

    A term matches at word boundaries by case-folded surface (exactly when case-sensitive, or an acronym), by a lemma
    sequence equal on both sides, or by its regex. Longest match wins, then the leftmost; terms on one span all stay.
    pipeline: a trained spaCy pipeline whose lemmas are used instead of simplemma's.
    """

    def __init__(self, glossary: Glossary, pipeline: Language | None = None):
        self._lang = glossary.source_lang
        self._nlp = pipeline or _blank(self._lang)
        self._trained = pipeline is not None
        self._terms = _Search(self, glossary.terms)

    def find(self, segments: Sequence[Segment]) -> list[Segment]:
        """The segments with matches filled in, offsets into their sources; text inside codes is not matched."""
        own = _Search(self, tuple(dict.fromkeys(term for segment in segments for term in segment.terms)))
        return [replace(segment, matches=self._matches(segment, own)) for segment in segments]

    def _matches(self, segment: Segment, own: _Search) -> tuple[TermMatch, ...]:
        text, offsets = codes.plain(segment.source, segment.codes)
        if not text.strip():
            return ()
        doc = self.read(text)
        lemmas = self.lemmas(doc)
        found = self._terms.spans(text, doc, lemmas)
        if segment.terms:
            found += own.spans(text, doc, lemmas, only=frozenset(segment.terms))
        inside = [(code.start, code.end) for code in segment.codes if code.kind == "alone"]
        matches = []
        for start, end, term, rule in _longest(_own_first(found, segment.terms)):
            first, last = offsets[start], offsets[end - 1] + 1
            if not any(first < stop and begin < last for begin, stop in inside):
                matches.append(TermMatch(term, first, last, rule))
        return tuple(matches)

    def read(self, text: str) -> Doc:
        if self._trained:
            return self._nlp(text)
        if base(self._lang) in UNSPACED:
            words, spaces = get_words_and_spaces(_UNSPACED_TOKEN.findall(text), text)
            return Doc(self._nlp.vocab, words=words, spaces=spaces)
        return self._nlp.make_doc(text)

    def lemmas(self, doc: Doc) -> Doc:
        """A doc of the same tokens' lemmas, so that one kind of search serves both."""
        words = [t.lemma_.lower() for t in doc] if self._trained else [lemma(t.text, self._lang) for t in doc]
        return Doc(doc.vocab, words=words)


class _Search:
    """Phrase searches over one set of terms."""

    def __init__(self, matcher: Matcher, terms: tuple[Term, ...]):
        vocab = matcher.read("").vocab
        self._terms = terms
        self._lower, self._exact, self._lemma = (PhraseMatcher(vocab, attr=a) for a in ("LOWER", "ORTH", "LOWER"))
        self._regexes = [(re.compile(term.regex), term) for term in terms if term.regex]
        for index, term in enumerate(terms):
            for doc in map(matcher.read, term.sources):
                if term.case_sensitive or _is_acronym(doc.text):
                    self._exact.add(str(index), [doc])
                elif len(doc):
                    self._lower.add(str(index), [doc])
                    self._lemma.add(str(index), [matcher.lemmas(doc)])

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
        if only is None:
            return found
        return [span for span in found if span[2] in only]


def evidence(term: Term, target: str, lang: str) -> list[Evidence]:
    """Where target holds an accepted form of term (for a forbidden term: one of its banned forms), left to right.

    Rules: surface, form (listed), lemma, compound (languages that compound; half of a longer word), substring
    (languages written without spaces). Overlapping evidence is given once, the strictest rule first.
    """
    accepted = [(text, "surface") for text in term.targets] + [(text, "form") for text in term.forms]
    if base(lang) in UNSPACED:
        spans = [(s, e, "substring") for text, _ in accepted for s, e in _occurrences(text, target, term, whole=False)]
    else:
        spans = [(s, e, rule) for text, rule in accepted for s, e in _occurrences(text, target, term)]
        if not term.case_sensitive:
            spans += [(s, e, "lemma") for text, _ in accepted for s, e in _lemma_spans(text, target, lang)]
        if base(lang) in COMPOUNDING and term.status != "forbidden":
            spans += [(s, e, "compound") for text, _ in accepted for s, e in _compounds(text, target, lang)]
    kept: list[Evidence] = []
    for start, end, rule in spans:
        if not any(start < other.end and other.start < end for other in kept):
            kept.append(Evidence(start, end, rule))
    return sorted(kept, key=lambda item: item.start)


def check(segment: Segment, lang: str, target: str | None = None) -> tuple[TermError, ...]:
    """What is wrong with target (default: the segment's) in the target language lang; () when nothing is.

    Each distinct matched term is judged once: missing, forbidden or changed; then codes, then whether it is a
    translation at all.
    """
    text = segment.target if target is None else target
    if _is_untranslated(segment, text):
        return (TermError("untranslated", None, (), text or "", "empty" if not (text or "").strip() else "copied"),)
    assert text is not None
    errors = list(_term_errors(segment, text, lang))
    for literal in codes.broken(segment.source, segment.codes, text):
        errors.append(TermError("changed", None, (literal,), "", "code"))
    return tuple(errors)


def required(segment: Segment) -> dict[Term, list[TermMatch]]:
    """The distinct terms that the segment's target must hold, with their matches."""
    terms: dict[Term, list[TermMatch]] = defaultdict(list)
    for match in segment.matches:
        if match.term.status != "forbidden":
            terms[match.term].append(match)
    return dict(terms)


def found(segment: Segment, target: str, lang: str) -> dict[Term, list[Evidence]]:
    """For each required term what target holds of it; empty lists are the unmet ones.

    Several terms on the same spans (two domains, say) are alternatives: one of them meets them all.
    """
    terms = required(segment)
    proof = {
        term: [item for demand in dict.fromkeys(_demand(segment, match) for match in matches)
               for item in evidence(demand, target, lang)]
        for term, matches in terms.items()
    }
    places = {term: frozenset((match.start, match.end) for match in matches) for term, matches in terms.items()}
    for term in [term for term, items in proof.items() if not items]:
        proof[term] = next((proof[other] for other in terms if places[other] == places[term] and proof[other]), [])
    return proof


def demand(segment: Segment, term: Term) -> Term:
    """The required term as the segment asks for it: do-not-translate items as they stand in the source."""
    return _demand(segment, required(segment)[term][0])


def _term_errors(segment: Segment, text: str, lang: str) -> Iterable[TermError]:
    proof = found(segment, text, lang)
    good = [item for items in proof.values() for item in items]
    for term, items in proof.items():
        if not items:
            wanted = demand(segment, term)
            kind = "changed" if term.status == "do-not-translate" else "missing"
            yield TermError(kind, term, wanted.targets + wanted.forms, "", "no accepted form")
    for term in dict.fromkeys(match.term for match in segment.matches if match.term.status == "forbidden"):
        for item in evidence(term, text, lang):
            if not any(ok.start <= item.start and item.end <= ok.end for ok in good):
                yield TermError("forbidden", term, term.targets, text[item.start : item.end], item.rule)


def _demand(segment: Segment, match: TermMatch) -> Term:
    """The term as this match asks for it: what must not be translated must come as it stands in the source."""
    if match.term.status != "do-not-translate":
        return match.term
    return replace(match.term, targets=(segment.source[match.start : match.end],), forms=(), case_sensitive=True)


def _is_untranslated(segment: Segment, text: str | None) -> bool:
    source, _ = codes.plain(segment.source, segment.codes)
    words = [token for token, _, _ in tokens(source) if token.isalpha()]
    if not words:
        return False
    if not text or not any(char.isalnum() for char in text):
        return True
    kept = sum(match.end - match.start for match in segment.matches if match.term.status == "do-not-translate")
    return len(words) >= _LONG_COPY and text.strip() == segment.source.strip() and kept < len(source) / 2


def _is_acronym(text: str) -> bool:
    """"IT" must not match "it"; a heading typed in capitals is longer."""
    return 2 <= len(text) <= 5 and text.isalpha() and text.isupper()


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


def _occurrences(text: str, target: str, term: Term, whole: bool = True) -> Iterable[tuple[int, int]]:
    pattern = r"\s+".join(map(re.escape, text.split()))
    if whole:
        pattern = rf"(?<!\w){pattern}(?!\w)"
    flags = 0 if term.case_sensitive else re.IGNORECASE
    return [match.span() for match in re.finditer(pattern, target, flags)] if pattern else []


def _lemma_spans(text: str, target: str, lang: str) -> Iterable[tuple[int, int]]:
    wanted = sequence(text, lang)
    read = tokens(target)
    have = [lemma(token, lang) for token, _, _ in read]
    return [
        (read[i][1], read[i + len(wanted) - 1][2])
        for i in range(len(have) - len(wanted) + 1)
        if wanted and tuple(have[i : i + len(wanted)]) == wanted
    ]


def _compounds(text: str, target: str, lang: str) -> Iterable[tuple[int, int]]:
    """Words that begin or end with the (single-word) form: "Tabelle" in "Pivottabellen" and "Tabellenzeile"."""
    if len(text) < 4 or not text.isalpha():
        return []
    stem = text.casefold()
    # a first half often loses its ending: Adresse → Adress-buch
    first = stem[:-1] if stem.endswith("e") and len(stem) > 4 else stem
    return [
        (start, end)
        for token, start, end in tokens(target)
        if len(token) >= len(stem) + 3
        and token.isalpha()
        and (token.casefold().startswith(first) or token.casefold().endswith(stem) or lemma(token, lang).endswith(stem))
    ]


def _blank(lang: str) -> Language:
    """spaCy's tokenizer for lang where it comes without further packages, else the multilingual one."""
    try:
        get_lang_class(base(lang))
        nlp = spacy.blank(base(lang))
    except ImportError:  # unknown to spaCy, or (ja, ko, th, vi) tied to a package that is not there
        nlp = spacy.blank("xx")
    nlp.max_length = sys.maxsize  # the limit is there for parsers; a tokenizer takes any line
    return nlp
