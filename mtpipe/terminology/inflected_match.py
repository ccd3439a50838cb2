"""Does a target hold a term? Every accepted form of it that stands there, and the rule that accepts it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mtpipe.glossary.model import Term
from mtpipe.languages.lemmatization import COMPOUNDING, is_known, keys, lemma, tokens
from mtpipe.languages.normalization import fold
from mtpipe.languages.scripts import has_word_boundaries
from mtpipe.languages.tags import primary_subtag

_PARTICLES = {  # of verbs that come apart, the longer ones first: zurück before zu
    "de": "zusammen herunter herüber zurück weiter wieder heraus herauf hinein hinaus hinzu unter durch nach fest fort "
          "frei über auf aus vor ein her hin los mit weg bei dar ab an um zu",
    "nl": "samen terug binnen onder over door voor mee toe uit aan weg neer bij na om op af in",
}
_HANGING = re.compile(r"(?<!\w)(\w{3,40})-(?=[\s,/])")
_NEAR = 60  # characters in which the other compound must come
_CLAUSE_GOES_ON = frozenset("und oder sowie en of".split())

Span = tuple[int, int]
Token = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Evidence:
    """An accepted form of a term found at target[start:end], and the rule that accepts it."""

    start: int
    end: int
    rule: str


def evidence(term: Term, target: str, lang: str) -> list[Evidence]:
    """Where target holds an accepted form of term (for a forbidden term: one of its banned forms), left to right.

    Rules: surface, form (listed), lemma, separated (German and Dutch verbs that come apart: the verb's place),
    compound (languages that compound; half of a longer word), substring (languages written without spaces).
    Overlapping evidence is given once, the strictest rule first.
    """
    return list(_evidence(term, target, lang))


@lru_cache(maxsize=4096)  # the guard asks again for each candidate what the draft has
def _evidence(term: Term, target: str, lang: str) -> tuple[Evidence, ...]:
    text, offsets = fold(target)
    accepted: list[Span] = []
    rules: dict[Span, str] = {}
    for span, rule in _spans(term, text, primary_subtag(lang)):
        if not any(span[0] < end and start < span[1] for start, end in accepted):
            accepted.append(span)
            rules[span] = rule
    return tuple(Evidence(offsets[start], offsets[end], rules[start, end]) for start, end in sorted(accepted))


def is_acronym(text: str) -> bool:
    """"IT" must not match "it"; a heading typed in capitals is longer."""
    return 2 <= len(text) <= 5 and text.isalpha() and text.isupper()


def _spans(term: Term, target: str, lang: str) -> Iterator[tuple[Span, str]]:
    listed = [(fold(form)[0].strip(), rule) for forms, rule in ((term.targets, "surface"), (term.forms, "form"))
              for form in forms]
    accepted = [(form, rule) for form, rule in listed if form]
    is_unspaced = not has_word_boundaries(lang)
    for form, rule in accepted:
        yield from ((span, "substring" if is_unspaced else rule) for span in _occurrences(form, target, term, lang))
    bending = [form for form, _ in accepted if not is_acronym(form)]
    if is_unspaced or term.case_sensitive:
        return
    for form in bending:
        yield from ((span, "lemma") for span in _lemma_spans(form, target, lang))
    for form in bending if lang == "de" else ():
        yield from ((span, "lemma") for span in _with_s(form, target))
    for form in bending:
        yield from ((span, "separated") for span in _separated(form, target, lang))
    if lang in COMPOUNDING and term.status != "forbidden":
        for form in bending:
            yield from ((span, "compound") for span in _compounds(form, target, lang))
            yield from ((span, "compound") for span in _elliptic(form, target, lang))


def _occurrences(form: str, target: str, term: Term, lang: str) -> Iterator[Span]:
    flags = 0 if term.case_sensitive or is_acronym(form) else re.IGNORECASE
    return (match.span() for match in _pattern(form, not has_word_boundaries(lang), flags).finditer(target))


def _with_s(form: str, target: str) -> Iterator[Span]:
    """The genitive or the loan plural of a German noun: dictionaries do not know those of new words."""
    if form[:1].isupper() and form[-1].isalpha() and form[-1] not in "sxzß":
        yield from (match.span() for match in _pattern(f"{form}s", False, 0).finditer(target))


@lru_cache(maxsize=5000)
def _pattern(form: str, is_unspaced: bool, flags: int) -> re.Pattern[str]:
    before, after = _edges(form[0], form[-1], len(form) == 1, is_unspaced)
    return re.compile(before + re.escape(form) + ("s?" if is_acronym(form) else "") + after, flags)


def _edges(first: str, last: str, is_letter: bool, is_unspaced: bool) -> tuple[str, str]:
    """Patterns of a form's ends: no letter beside its letters, no decimals behind its digits, no C in C++."""
    before, after = r"(?<!\w)", r"(?!\w)"
    if is_unspaced:  # but for words in Latin letters
        before = r"(?<![A-Za-z0-9])" if first.isascii() and first.isalnum() else ""
        after = r"(?![A-Za-z0-9])" if last.isascii() and last.isalnum() else ""
    if last.isdigit():
        return before, after + r"(?![.,]\d)"
    return before, after + (r"(?![+#])" if is_letter else "")


@lru_cache(maxsize=512)
def _tokens_with_keys(target: str, lang: str) -> tuple[tuple[Token, frozenset[str]], ...]:
    return tuple((token, keys(token[0], lang)) for token in tokens(target))


def _lemma_spans(form: str, target: str, lang: str) -> Iterator[Span]:
    keys_of_form = [keys(token, lang) for token, _, _ in tokens(form)]
    have = _tokens_with_keys(target, lang)
    before, after = map(re.compile, _edges(form[0], form[-1], len(form) == 1, False))
    for i in range(len(have) - len(keys_of_form) + 1):
        if keys_of_form and all(known & have[i + k][1] for k, known in enumerate(keys_of_form)):
            start, end = have[i][0][1], have[i + len(keys_of_form) - 1][0][2]
            if before.match(target, start) and after.match(target, end):
                yield start, end


def _separated(form: str, target: str, lang: str) -> Iterator[Span]:
    """The place of "Melden" in "Melden Sie sich an." for "anmelden"."""
    if lang not in _PARTICLES or not form.islower() or not form.endswith("n"):
        return
    particle, verb = form.split() if form.count(" ") == 1 else _apart(form, lang)
    if not particle:
        return
    have = _tokens_with_keys(target, lang)
    for i, ((_, start, end), known) in enumerate(have):
        if verb in known and _ends_clause(particle, have[i + 1 :]):
            yield start, end


def _apart(verb: str, lang: str) -> tuple[str, str]:
    return next(((particle, verb[len(particle) :]) for particle in _PARTICLES[lang].split()
                 if verb.startswith(particle) and len(verb) >= len(particle) + 4), ("", ""))


def _ends_clause(particle: str, after: Sequence[tuple[Token, frozenset[str]]]) -> bool:
    """Whether the particle comes in the same sentence, before a mark, a conjunction or the end."""
    for i, ((token, _, _), _) in enumerate(after):
        if token in ".!?;:":
            return False
        if token.casefold() == particle:
            follower = after[i + 1][0][0] if i + 1 < len(after) else "."
            if not follower[0].isalnum() or follower.casefold() in _CLAUSE_GOES_ON:
                return True
    return False


def _compounds(form: str, target: str, lang: str) -> Iterator[Span]:
    """Words that begin or end with the (single-word) form: "Tabelle" in "Pivottabellen" and "Tabellenzeile"."""
    if len(form) < 3 or not form.isalpha():
        return
    stem = form.casefold()
    if len(form) == 3:
        yield from _short_heads(stem, target, lang)
        return
    # a first half often loses its ending: Adresse → Adress-buch
    first = stem[:-1] if stem.endswith("e") and len(stem) > 4 else stem
    is_noun = lang == "de" and form[0].isupper()  # and so are its compounds: no Tisch in praktisch
    for (token, start, end), _ in _tokens_with_keys(target, lang):
        if len(token) < len(stem) + 3 or not token.isalpha() or (is_noun and not token[0].isupper()):
            continue
        folded = token.casefold()
        if folded.startswith(first) or folded.endswith(stem) or lemma(token, lang).endswith(stem):
            yield start, end


def _short_heads(stem: str, target: str, lang: str) -> Iterator[Span]:
    """Words that end with a form of three letters after a word that the dictionary knows: no Ort in Antwort."""
    for (token, start, end), _ in _tokens_with_keys(target, lang):
        rest = token[:-3]
        if token[:1].isupper() and token.casefold().endswith(stem) and len(rest) >= 4 and (
            is_known(rest, lang) or rest.endswith("s") and is_known(rest[:-1], lang)
        ):
            yield start, end


def _elliptic(form: str, target: str, lang: str) -> Iterator[Span]:
    """The place of "Kopf-" in "Kopf- oder Fußzeilen" for "Kopfzeile": its second half comes with a later word."""
    stem = form.casefold()
    for match in _HANGING.finditer(target):
        half = match[1].casefold()
        rest = stem[len(half) :]
        if not (stem.startswith(half) and len(rest) >= 3):
            continue
        later = (known for (_, start, _), known in _tokens_with_keys(target, lang)
                 if match.end() < start < match.end() + _NEAR)
        if any(key.endswith(rest) for known in later for key in known):
            yield match.span()
