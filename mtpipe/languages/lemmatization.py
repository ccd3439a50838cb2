"""Lemmas of single words, offline, by simplemma; a language it does not know has words for lemmas."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from mtpipe.languages.tags import primary_subtag
from mtpipe.languages.tokenization import MARKS

if TYPE_CHECKING:
    from simplemma import Lemmatizer
    from simplemma.strategies import DictionaryLookupStrategy

_TOKEN = re.compile(rf"(?:\w[{MARKS}]*)+|[^\w\s]")
COMPOUNDING = frozenset("de nl sv da nb nn no is fi et hu".split())
_COMPOUND, _HEAD = 9, 4  # letters at least of a compound, of each of its halves
# languages whose newest words, mostly English ones, have a plural in -s
_PLURAL_S = frozenset("en es fr pt".split())
_PLURAL = re.compile("[^\\W\\d_]{2}[^siu\\W]s$")
_ENDINGS = (("ies", "y"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss"))
_ALIASES = {"no": "nb", "sr": "hbs", "hr": "hbs", "bs": "hbs"}


def tokens(text: str) -> list[tuple[str, int, int]]:
    """(token, start, end) of each run of word characters and each other mark; hyphenated words come apart."""
    return [(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def lemma(word: str, lang: str) -> str:
    """The case-folded lemma of word; word itself, case-folded, where the language or the word is unknown."""
    # numbers never end: they must not fill the cache
    return _lemma(word, lang) if word.isalpha() else word.casefold()


@lru_cache(maxsize=20_000)
def _lemma(word: str, lang: str) -> str:
    code = _code(lang)
    if not _has_dictionary(code):
        return word.casefold()
    spelling = word if not word.isupper() or len(word) < 4 else word.capitalize()
    lemma = _lemmatizer().lemmatize(spelling, code).casefold()
    return lemma if lemma != word.casefold() or word.isupper() else _guessed(word, code)


def _guessed(word: str, code: str) -> str:
    """The lemma of a word that may be too new for the dictionary: tooltips, Spanish plugins, Dropdownlisten."""
    folded = word.casefold()
    if code in _PLURAL_S and _PLURAL.search(folded) and not is_known(word, code):
        ending = next(((old, new) for old, new in _ENDINGS if code == "en" and folded.endswith(old)), ("s", ""))
        return folded.removesuffix(ending[0]) + ending[1]
    if code in COMPOUNDING and len(word) >= _COMPOUND and not is_known(word, code):
        for start in range(_HEAD, len(word) - _HEAD):  # the longest head that is a word, which inflects
            head = folded[start:]
            if is_known(head, code):
                return folded[:start] + lemma(head.capitalize() if word[0].isupper() else head, code)
    return folded


@lru_cache(maxsize=10_000)
def keys(word: str, lang: str) -> frozenset[str]:
    """What an inflection of word may have in common with it: both case-folded, both words' lemmas.

    A lemma need not be its own (French données → donnée, donnée → donner), and a verb with the capital of a
    sentence's start may pass for a noun (German Melden → Melde).
    """
    return frozenset((word.casefold(), lemma(word, lang), lemma(word.lower(), lang)))


def sequence(text: str, lang: str) -> tuple[str, ...]:
    """The lemmas of text's tokens, punctuation included."""
    return tuple(lemma(token, lang) for token, _, _ in tokens(text))


@lru_cache(maxsize=10_000)
def is_known(word: str, lang: str) -> bool | None:
    """Whether the language's dictionary has word, as it is or with a capital or without; None: no dictionary."""
    code = _code(lang)
    if not _has_dictionary(code):
        return None
    return _lookup().get_lemma(unicodedata.normalize("NFC", word), code) is not None


def _code(lang: str) -> str:
    """The language as simplemma names it."""
    code = primary_subtag(lang)
    return _ALIASES.get(code, code)


@cache
def _has_dictionary(code: str) -> bool:
    from mtpipe.languages.dictionaries import SUPPORTED_LANGUAGES  # on use: simplemma takes a while to import

    return code in SUPPORTED_LANGUAGES


@cache
def _lemmatizer() -> Lemmatizer:
    from simplemma import Lemmatizer
    from simplemma.strategies import DefaultStrategy

    from mtpipe.languages.dictionaries import Dictionaries

    return Lemmatizer(lemmatization_strategy=DefaultStrategy(greedy=True, dictionary_factory=Dictionaries()))


@cache
def _lookup() -> DictionaryLookupStrategy:
    from simplemma.strategies import DictionaryLookupStrategy

    from mtpipe.languages.dictionaries import Dictionaries

    return DictionaryLookupStrategy(Dictionaries())
