"""Words of a draft that an edit drops without putting anything in their place, and words that an edit invents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.languages import negation
from mtpipe.languages.lemmatization import lemma

_KNOWN = 0.02  # share of a word's uses from which a translation counts


def lost_words(
    old: Sequence[str], new: Sequence[str], source: Sequence[str], lang: str, lexicon: Lexicon | None
) -> list[str]:
    """The words of a draft that are gone from an edit: what negates, and content words that translate the source.

    A word counts only where nothing came in its place, and none of its kind stands elsewhere. What translates nothing
    may go, and what is no negation only where there is a lexicon to tell.
    """
    left, folded = {lemma(word, lang) for word in new}, [word.casefold() for word in new]

    def is_elsewhere(word: str) -> bool:
        return lemma(word, lang) in left or any(word.casefold() in each for each in folded)

    return [word for word in _gone(old, new, lexicon) if negation.find(word) or (
        lexicon is not None and not is_elsewhere(word) and _is_translation(word, source, lexicon))]  # fmt: skip


def _gone(old: Sequence[str], new: Sequence[str], lexicon: Lexicon | None) -> Iterator[str]:
    """The words of each stretch that goes without a word instead; a function word between two changes is in both."""
    changes: list[list[int]] = []
    for tag, *change in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if changes and not any(_is_content(word, lexicon) for word in old[changes[-1][1] : change[0]]):
            changes[-1] = [changes[-1][0], change[1], changes[-1][2], change[3]]
        else:
            changes.append(change)
    for i1, i2, j1, j2 in changes:
        rest = {word.casefold() for word in old[i1:i2]}
        if not any(_is_content(word, lexicon) and word.casefold() not in rest for word in new[j1:j2]):
            yield from (word for word in old[i1:i2] if word.isalpha())


def _is_content(word: str, lexicon: Lexicon | None) -> bool:
    function_words = lexicon.fluency.function_words if lexicon is not None else ()
    return any(map(str.isalpha, word)) and word.casefold() not in function_words


def _is_translation(word: str, source: Sequence[str], lexicon: Lexicon) -> bool:
    return _is_content(word, lexicon) and any(max(lexicon.translation(each, word)) > _KNOWN for each in source)


def is_invented(word: str, source: Sequence[str], lexicon: Lexicon) -> bool:
    """Whether it is a content word that the lexicon knows and no word of the source is ever translated with."""
    return (_is_content(word, lexicon) and lexicon.knows(word)
            and not any(max(lexicon.translation(each, word)) > 0 for each in source))  # fmt: skip
