"""What an English source says of a term's occurrence: whether a verb stands there, and how many things are meant.

By the words beside it; where those do not tell, it is a noun.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtpipe.languages.lemmatization import is_known, lemma

_DETERMINERS = frozenset("a an the one each every this that another these those all both any some no its his her their "
                         "my your our".split())  # fmt: skip
_MODALS = frozenset("can could may might must shall should will would cannot".split())
_OBJECTS = ("you", "it", "them")
_ENDS = frozenset(".:!?;•*–—")
_REACH = 3  # words before a noun among which its determiner stands
# what may follow a noun that stands for itself; before other words it is the first part of a name for something else
_CLOSED = frozenset("of in on at to for from with by as into onto over under about without within between through "
                    "and or but nor than then if when while where that which who whose so because is are was were be "
                    "been has have had do does did can could may might must shall should will would not it you they we "
                    "he she also only always never again here there now".split())  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceNoun:
    """The number of a source noun, "s", "p" or "" where it is not known; whether a determiner stands before it; whether
    it is a verb after all."""

    number: str = ""
    has_determiner: bool = False
    is_verb: bool = False


def is_verb(words: Sequence[str], at: int) -> bool:
    """Whether the word at a place of a sentence is surely a verb, or a participle."""
    word = words[at].casefold()
    before = words[at - 1].casefold() if at else ""
    after = words[at + 1].casefold() if at + 1 < len(words) else ""
    if before in _DETERMINERS or not word.isalpha():
        return False
    if before in _MODALS or word.endswith("ed") and lemma(word, "en") not in (word, word[:-1]):
        return True
    is_clear = before == "to" or word.endswith("ing") or not before or before in _ENDS
    return is_clear and (after in _DETERMINERS or after in _OBJECTS)


def noun(words: Sequence[str], first: int, last: int) -> SourceNoun:
    """What the sentence tells of the noun words[first:last]; before another noun a singular may stand for many."""
    form = number(words[last - 1])
    if form == "s" and _is_attribute(words, last):
        form = ""
    return SourceNoun(form, _has_determiner(words, first), last - first == 1 and is_verb(words, first))


def number(noun: str) -> str:
    """"p" of a noun, or several words that end with one, in a form that is not its lemma, else "s"."""
    last = noun.split()[-1]
    return "p" if last.casefold().endswith("s") and lemma(last, "en") != last.casefold() else "s"


def _is_attribute(words: Sequence[str], last: int) -> bool:
    """Whether the words before a place belong to a noun that follows: "printer" in "printer devices"."""
    after = words[last] if last < len(words) else ""
    if not after.isalpha() or after.casefold() in _CLOSED or after.casefold() in _DETERMINERS:
        return False
    return not (after.casefold().endswith(("ed", "ing", "ly")) or is_known(after, "en") is False)


def _has_determiner(words: Sequence[str], first: int) -> bool:
    return any(word.casefold() in _DETERMINERS for word in words[max(0, first - _REACH) : first])
