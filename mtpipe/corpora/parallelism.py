"""Is one text the translation of the other? What a lexicon and the numbers on both sides say of a pair."""

from __future__ import annotations

import re
from collections import Counter

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.corpora import Pair
from mtpipe.languages import identification
from mtpipe.languages.tokenization import words

LEAST_COVERAGE = 0.25  # of the words the lexicon knows, both directions in the mean
FEWEST_WORDS = 5  # a shorter side says too little about itself
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_SEPARATORS = re.compile(r"[.,:\s]")
_FEW = frozenset("0123456789") | {"10", "11", "12"}  # may be written as words


def fault(pair: Pair, lexicon: Lexicon) -> str | None:
    """Why the pair is hardly a translation; None where nothing speaks against it."""
    if not _have_same_numbers(*pair):
        return "other numbers"
    if min(len(words(text)) for text in pair) < FEWEST_WORDS:
        return None
    languages = lexicon.source_lang, lexicon.target_lang
    if any(identification.is_other_language(text, lang) for text, lang in zip(pair, languages, strict=True)):
        return "wrong language"
    shares = [share for share in lexicon.coverage(*pair) if share is not None]
    return "unlike by the lexicon" if shares and sum(shares) / len(shares) < LEAST_COVERAGE else None


def _have_same_numbers(source: str, target: str) -> bool:
    ours, theirs = (Counter(_SEPARATORS.sub("", number) for number in _NUMBER.findall(text))
                    for text in (source, target))  # fmt: skip
    return all(number in _FEW for number in (ours - theirs) + (theirs - ours))
