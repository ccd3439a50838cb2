"""What morphology says of words: analyses, and the one Protocol that every language's resource answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Analysis:
    """One grammatical reading of a word; "" where a feature has no meaning or is not known.

    pos: "noun", "adjective", "determiner" or "verb". gender: m, f, n. number: s, p. case: n, g, d, a (nominative,
    genitive, dative, accusative), l, i (locative, instrumental).
    """

    lemma: str
    pos: str = "noun"
    gender: str = ""
    number: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True)
class TermContext:
    """A place where a term replaces words: old gives way to term, between the words before and after it.

    number: of the source term, "s", "p" or "" where it is not known; has_determiner: whether an article or the like
    stands before it there; is_verb: whether it is a verb there. affixes: (what stays of a compound's front, of its
    end), of which old is the rest; both "" where whole words are replaced. forms: of the term, as the glossary lists
    them.
    """

    term: str
    old: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    number: str = ""
    affixes: tuple[str, str] = ("", "")
    forms: tuple[str, ...] = ()
    has_determiner: bool = False
    is_verb: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """How a phrase may read: the words before and after that it has now, the form of the term between them.

    certainty (0…1): the share of this wording among all that the grammar allows. doubts: names of what is not known.
    """

    before: tuple[str, ...]
    form: str
    after: tuple[str, ...]
    certainty: float = 1.0
    doubts: tuple[str, ...] = ()


class Morphology(Protocol):
    """The grammar of one language."""

    def analyse(self, word: str) -> Sequence[Analysis]:
        """All readings of a form; empty where the word is not known."""
        ...

    def inflect(self, lemma: str, reading: Analysis) -> str:
        """The form of lemma with the features of reading; "" where it is not known."""
        ...

    def head(self, words: Sequence[str]) -> int | None:
        """Which of the words of a phrase is the noun that the others belong to; None where none is one."""
        ...

    def split(self, compound: str) -> Sequence[tuple[str, str]]:
        """The ways to take a compound apart, as (front with its linking element, head), likeliest first."""
        ...

    def compound(self, front: str, head: str) -> str:
        """The compound of a term or word in its dictionary form and the form of a head."""
        ...

    def part_of_speech(self, term: str) -> str:
        """Of a term in its dictionary form: "noun", "adjective", "verb" or ""."""
        ...

    def wordings(self, phrase: TermContext) -> Sequence[Wording]:
        """How the phrase reads with the term in it, likeliest first; empty where grammar does not allow the term."""
        ...
