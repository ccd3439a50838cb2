"""Signs that a translation has left its source: what detectors without another model look for in it.

"repetition" | "length" | "off-target" | "copied" | "numbers" | "unreadable" | "low-score"
After Raunak et al. 2021 (oscillating n-grams) and Guerreiro et al. 2023, who found the model's own score the best sign.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from operator import eq

from mtpipe.document.segment import Segment
from mtpipe.languages import identification
from mtpipe.languages.tokenization import is_character, is_lopsided, words
from mtpipe.terminology import checker

KINDS = ("repetition", "length", "off-target", "copied", "numbers", "unreadable", "low-score")
UNREADABLE = "\ufffd"  # what becomes of a character that a model began in bytes and did not end
LOW_SCORE = -2.0  # log-probability per token; the bundled en-de model's drafts of 444 unseen sentences are above -1.3
_NGRAM, _TIMES = 4, 2  # the commonest n-gram comes so many times more than the source's commonest one
_CHARACTERS = 2  # of a script without spaces make a word
_IN_A_ROW = 3  # times the same word
_COPIED, _LONG_COPY = 0.8, 4  # share of the target's words that are the source's, of so many words or more
_NUMBER = re.compile(r"\d+(?:[.,:'\u2019\u00a0\u202f]\d+)*")
_SPELLED = 2  # digits: a shorter number may be a word on the other side


def flags(segment: Segment, source_lang: str, target_lang: str) -> tuple[str, ...]:
    """The KINDS of signs in the segment's target, beside its codes; () for an empty one, which hallucinates nothing.

    The model's score counts for a draft only, not for what an editor made of it.
    """
    target = segment.target or ""
    output, source = (checker.without_codes(segment, text)[0].replace("\ufffc", " ")
                      for text in (target, segment.source))  # fmt: skip
    ours, theirs = words(source), words(output)
    if not theirs:
        return ()
    is_draft = segment.postedit is None and segment.score is not None
    signs = {
        "repetition": _repeats(ours, theirs),
        "length": is_lopsided(source, output),
        "off-target": identification.is_other_script(output, target_lang)
        or identification.is_other_language(output, target_lang),
        "copied": _is_copied(segment, ours, theirs),
        "numbers": _numbers(source) != _numbers(output),
        "unreadable": UNREADABLE in target and UNREADABLE not in segment.source,
        "low-score": is_draft and (segment.score or 0.0) < LOW_SCORE,
    }
    return tuple(kind for kind in KINDS if signs[kind])


def _repeats(source: Sequence[str], target: Sequence[str]) -> bool:
    """Does the target go round in circles where the source does not?"""
    most, run = _most(target), _longest_run(target)
    return (most >= _TIMES and most >= _most(source) + _TIMES
            or run >= _IN_A_ROW and run >= _longest_run(source) + 1)  # fmt: skip


def _most(tokens: Sequence[str]) -> int:
    n = _NGRAM * (_CHARACTERS if 2 * sum(map(is_character, tokens)) > len(tokens) else 1)
    grams = list(zip(*(tokens[i:] for i in range(n))))
    return max(Counter(grams).values()) if len(set(grams)) < len(grams) else min(1, len(grams))


def _longest_run(tokens: Sequence[str]) -> int:
    if not any(map(eq, tokens, tokens[1:])):
        return min(1, len(tokens))
    longest = run = 0
    for before, word in zip(("", *tokens), tokens):
        run = run + 1 if word == before and word.isalpha() else 1
        longest = max(longest, run)
    return longest


def _is_copied(segment: Segment, source: Sequence[str], target: Sequence[str]) -> bool:
    """Are most of the target's words the source's own, those of terms that stay as they are left out?"""
    untranslated = {word for match in segment.matches if match.term.status == "do-not-translate"
                    for word in words(segment.source[match.start : match.end])}  # fmt: skip
    letters = [word for word in target if word.isalpha() and word not in untranslated]
    return len(letters) >= _LONG_COPY and sum(word in set(source) for word in letters) >= _COPIED * len(letters)


def _numbers(text: str) -> set[str]:
    """The digits of each number, however it is punctuated, but for those that may be spelled out."""
    numbers = (re.sub(r"\D", "", number) for number in _NUMBER.findall(unicodedata.normalize("NFKC", text)))
    return {digits for digits in numbers if len(digits) >= _SPELLED}
