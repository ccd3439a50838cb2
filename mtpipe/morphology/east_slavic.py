"""Russian and Ukrainian: noun phrases that agree, adjectives and verbs, by the dictionaries of pymorphy3.

The packages are optional (extras morphology-ru and morphology-uk); words that no dictionary has are inflected as the
known ones that end like them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import exp
from typing import Any

import pymorphy3

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.alignment.ngram_lm import EDGE
from mtpipe.morphology.protocol import Analysis, TermContext, Wording

_CASES = {"n": "nomn", "g": "gent", "d": "datv", "a": "accs", "i": "ablt", "l": "loct"}
_GENDERS = {"m": "masc", "f": "femn", "n": "neut"}
_AGREEING = ("ADJF", "PRTF")
_VERBAL = tuple("pres past futr impr sing plur 1per 2per 3per masc femn neut".split())
_GOVERNED = {
    "ru": {**dict.fromkeys("без для до из от у около после кроме вместо относительно посредством среди".split(), "g"),
           **dict.fromkeys("к ко по благодаря согласно".split(), "d"),
           **dict.fromkeys("между над перед".split(), "i"), **dict.fromkeys("о об при".split(), "l"),
           **dict.fromkeys("в во на".split(), "al"), **dict.fromkeys("за под".split(), "ai"),
           **dict.fromkeys("с со".split(), "ig"), **dict.fromkeys("через про сквозь".split(), "a")},
    "uk": {**dict.fromkeys("без для до із з зі від біля після крім замість щодо серед".split(), "gi"),
           **dict.fromkeys("завдяки згідно".split(), "dg"), **dict.fromkeys("між над перед".split(), "i"),
           **dict.fromkeys("при по".split(), "l"), **dict.fromkeys("в у на о об".split(), "alg"),
           **dict.fromkeys("за під".split(), "ai"), **dict.fromkeys("через про крізь".split(), "a")},
}  # fmt: skip
_RELATIVE = {"ru": "который", "uk": "який"}
_PRIOR = 0.05  # of a case that the place speaks against, where the form could be that
_TEMPER, _SWAY = 0.5, 3.0  # of the fluency, and the log-odds that it may shift a choice by at most
_MODIFIERS = 3  # adjectives before a noun, at most

Cell = tuple[str, str, str]  # case, number, gender


class EastSlavic:
    """Morphology of Russian or Ukrainian (lang); lexicon: its text tells which of several readings is meant."""

    def __init__(self, lang: str, lexicon: Lexicon | None = None):
        self._lang, self._lexicon = lang, lexicon
        self._analyser = pymorphy3.MorphAnalyzer(lang=lang)
        self._parses = lru_cache(maxsize=20_000)(self._analyser.parse)

    def analyse(self, word: str) -> list[Analysis]:
        """Readings as a noun, an adjective or a verb, the likeliest first."""
        return [Analysis(parse.normal_form, pos, *_features(parse)) for parse in self._parses(word)
                if (pos := _part_of_speech(parse)) and parse.is_known]  # fmt: skip

    def inflect(self, lemma: str, reading: Analysis) -> str:
        cell = (reading.case or "n", reading.number or "s", reading.gender)
        for parse in self._parses(lemma):
            if _part_of_speech(parse) == reading.pos and parse.normal_form == parse.word:
                return self._form(lemma, parse, cell) or ""
        return ""

    def part_of_speech(self, term: str) -> str:
        words = term.split()
        if self.head(words) is not None:
            return "noun"
        return _part_of_speech(self._parses(words[0])[0]) if len(words) == 1 else ""

    def head(self, words: Sequence[str]) -> int | None:
        """Which of the words of a phrase is its noun; None where none is."""
        if len(words) == 1 and not _is_inflected(words[0]):
            return 0
        nouns = [i for i, word in enumerate(words) if self._nouns(word)]
        clear = [i for i in nouns if not self._declinable(words[i])]  # "нової версії": both may be nouns
        return next(iter([*clear, *nouns[-1:], *(i for i, word in enumerate(words) if not _is_inflected(word))]), None)

    def split(self, compound: str) -> list[tuple[str, str]]:
        """By hyphens."""
        parts = compound.split("-")
        return [("-".join(parts[:i]) + "-", "-".join(parts[i:])) for i in range(1, len(parts)) if all(parts)]

    def compound(self, front: str, head: str) -> str:
        return f"{front.replace(' ', '-')}-{head.lstrip('-')}"

    def wordings(self, phrase: TermContext) -> list[Wording]:
        pos = self.part_of_speech(phrase.term)
        if phrase.affixes[1]:  # the end of what a hyphen joins stays, and with it the grammar
            form = self.compound(phrase.term, phrase.affixes[1]) if pos == "noun" and phrase.affixes[1] != "-" else ""
            return [Wording(phrase.before, phrase.affixes[0] + form, phrase.after)] if form else []
        if pos == "noun":
            return [replace(each, form=phrase.affixes[0] + each.form) for each in self._nominal(phrase)]
        return {"adjective": self._adjectival, "verb": self._verbal}.get(pos, _nothing)(phrase)

    def _nominal(self, phrase: TermContext) -> list[Wording]:
        words = phrase.term.split()
        head = self.head(words)
        olds = self._nouns(phrase.old[-1])
        assert head is not None
        if not olds:
            return []
        noun = next((parse for parse in self._nouns(words[head]) if "n" == _features(parse)[2]), None)
        gender = _features(noun)[0] if noun is not None else "m"
        count = self._modifier_count(phrase.before)
        lead, modifiers = phrase.before[: len(phrase.before) - count], phrase.before[len(phrase.before) - count :]
        cells, doubts = self._cells(olds, phrase, lead, modifiers)
        if noun is not None and not noun.is_known:
            doubts = (*doubts, "guessed") if modifiers else doubts
        weights: dict[tuple[tuple[str, ...], str], float] = defaultdict(float)
        cases: dict[tuple[tuple[str, ...], str], str] = {}
        for (case, number, _), weight in sorted(cells.items(), key=lambda item: -item[1]):
            is_plural = number == "p" or noun is not None and "Pltm" in noun.tag.grammemes
            cell = case, "p" if is_plural else "s", gender
            animacy = "anim" if noun is not None and "anim" in noun.tag.grammemes else "inan"
            before = [self._agreeing(word, cell, animacy) for word in modifiers]
            inner = [self._agreeing(word, cell, animacy) for word in words[:head]]
            form = " ".join([*inner, self._form(words[head], noun, cell), *words[head + 1 :]])
            key = (*lead, *before), self._listed(phrase, cell) or form
            weights[key] += weight
            cases.setdefault(key, case)
        was = {cell[2] for cell in cells}
        is_single = {cell[1] for cell in cells} == {"s"}
        ranked = self._ranked(phrase, weights, doubts)
        return [self._related(each, was, gender, cases[each.before, each.form]) if is_single else each
                for each in ranked]

    def _listed(self, phrase: TermContext, cell: Cell) -> str:
        """The form that the glossary lists for a plural in the nominative, where it has one."""
        if cell[:2] != ("n", "p"):
            return ""
        return next((form for form in phrase.forms if len(form.split()) == len(phrase.term.split()) and any(
            _features(parse)[1:] == ("p", "n") for parse in self._nouns(form.split()[-1]))), "")  # fmt: skip

    def _cells(
        self, olds: Sequence[Any], phrase: TermContext, lead: Sequence[str], modifiers: Sequence[str]
    ) -> tuple[dict[Cell, float], tuple[str, ...]]:
        """The readings of the old noun that its place allows, with how likely they are, and what was overlooked."""
        weights: dict[Cell, float] = defaultdict(float)
        for parse in olds:
            gender, number, case = _features(parse)
            weights[case, number, gender] += parse.score
        doubts: tuple[str, ...] = ()
        governed = _GOVERNED[self._lang].get(lead[-1].casefold(), "") if lead else ""
        for is_allowed in (
            lambda cell: all(self._agrees(word, cell) for word in modifiers),
            lambda cell: not governed or cell[0] in governed,
        ):
            allowed = {cell: weight for cell, weight in weights.items() if is_allowed(cell)}
            doubts = doubts if allowed else (*doubts, "agreement")
            weights = defaultdict(float, allowed) if allowed else weights
        of_number = {cell: weight for cell, weight in weights.items() if cell[1] == phrase.number}
        if phrase.number and not of_number:
            doubts = (*doubts, "number")
        unlikely = self._unlikely(lead)
        return {cell: weight * (_PRIOR if cell[0] in unlikely else 1.0)
                for cell, weight in (of_number or weights).items()}, doubts  # fmt: skip

    def _unlikely(self, lead: Sequence[str]) -> str:
        """The cases that the word before speaks against: no object without a verb, no subject right after one."""
        if not lead:
            return "a"
        is_verb = any(parse.tag.POS in ("VERB", "INFN", "GRND") and "tran" in parse.tag.grammemes for parse in
                      self._parses(lead[-1])[:1])  # fmt: skip
        return "n" if is_verb else ""

    def _modifier_count(self, before: Sequence[str]) -> int:
        """How many words right before a noun are adjectives, participles or pronouns that agree with it."""
        count = 0
        while count < min(_MODIFIERS, len(before)) and self._declinable(before[-1 - count]):
            count += 1
        return count

    def _agrees(self, word: str, cell: Cell) -> bool:
        case, number, gender = cell
        readings = map(_features, self._declinable(word))
        return any(each[1:] == (number, case) and (number == "p" or each[0] in ("", gender)) for each in readings)

    def _agreeing(self, word: str, cell: Cell, animacy: str) -> str:
        """An adjective in the case, number and gender of a noun; a word that is none as it is."""
        parses = self._declinable(word)
        if not parses:
            return word
        case, number, gender = cell
        features = {_CASES[case], "plur" if number == "p" else _GENDERS[gender]}
        form = parses[0].inflect(features | {animacy}) if case == "a" else None  # what lives is other as an object
        form = form or parses[0].inflect(features)
        return _like(form.word, word) if form is not None else word

    def _declinable(self, word: str) -> list[Any]:
        """The readings as an adjective, participle or pronoun that agrees, where none is likelier."""
        parses = self._parses(word) if _is_inflected(word) else []
        adjectives = [parse for parse in parses if parse.tag.POS in _AGREEING]
        return adjectives if adjectives and adjectives[0].score >= parses[0].score else []

    def _nouns(self, word: str) -> list[Any]:
        """The readings as a noun, where none is likelier."""
        parses = self._parses(word) if _is_inflected(word) else []
        nouns = [parse for parse in parses if parse.tag.POS == "NOUN" and _features(parse)[2]]
        return nouns if nouns and nouns[0].score >= parses[0].score else []

    def _form(self, word: str, parse: Any, cell: Cell) -> str:
        """A noun, or what is declined like one, in a case and number."""
        if parse is None or not _is_inflected(word):
            return word
        case, number, gender = cell
        single = "sing" if self._lang == "ru" else _GENDERS.get(gender or _features(parse)[0], "masc")
        form = parse.inflect({_CASES[case], "plur" if number == "p" else single})
        return _like(form.word, word) if form is not None else word

    def _related(self, wording: Wording, was: set[str], now: str, case: str) -> Wording:
        """With the pronoun or participle of a clause right behind, or the verb in the past, in the new gender."""
        after = list(wording.after)
        if now in was or not after:
            return wording
        at = 1 if after[0] == "," else 0
        for parse in self._parses(after[at]) if at < len(after) and _is_inflected(after[at]) else ():
            is_pronoun = at == 1 and parse.normal_form == _RELATIVE[self._lang]
            is_participle = at == 1 and parse.tag.POS == "PRTF"
            is_past = at == 0 and parse.tag.POS in ("VERB", "PRTS") and _features(parse)[1] == "s"
            if (is_pronoun or is_past or is_participle) and _features(parse)[0] in was:
                form = parse.inflect({_GENDERS[now], *((_CASES[case],) if is_participle else ())})
                if form is not None:
                    return replace(wording, after=(*after[:at], _like(form.word, after[at]), *after[at + 1 :]))
        return wording

    def _adjectival(self, phrase: TermContext) -> list[Wording]:
        """The new adjective in the case, number and gender of the old one."""
        weights: dict[tuple[tuple[str, ...], str], float] = defaultdict(float)
        for parse in self._declinable(phrase.old[0]):
            gender, number, case = _features(parse)
            animacy = "anim" if "anim" in parse.tag.grammemes else "inan"
            form = self._agreeing(phrase.term, (case, number, gender or "m"), animacy)
            weights[phrase.before, form] += parse.score
        return self._ranked(phrase, weights, ())

    def _verbal(self, phrase: TermContext) -> list[Wording]:
        """The new verb in the tense, person and number of the old one; nothing where its aspect has no such form."""
        base = next((parse for parse in self._parses(phrase.term) if _part_of_speech(parse) == "verb"), None)
        for parse in self._parses(phrase.old[0])[:1]:
            if base is None or _part_of_speech(parse) != "verb":
                continue
            wanted = {name for name in _VERBAL if name in parse.tag.grammemes}
            forms = [form.word for form in base.lexeme
                     if wanted <= form.tag.grammemes and "incl" not in form.tag.grammemes] if wanted else [base.word]
            if forms:
                return [Wording(phrase.before, _like(forms[0], phrase.term), phrase.after)]
        return []

    def _ranked(
        self, phrase: TermContext, weights: dict[tuple[tuple[str, ...], str], float], doubts: tuple[str, ...]
    ) -> list[Wording]:
        """The wordings by their weight and by how they read in their place."""
        if not weights:
            return []
        fluency = {key: self._fluency(*key, phrase.after) for key in weights}
        best = max(fluency.values())
        rated = {key: weight * exp(max(-_SWAY, _TEMPER * (fluency[key] - best))) for key, weight in weights.items()}
        total = sum(rated.values()) or 1.0
        return [Wording(before, form, phrase.after, rate / total, doubts)
                for (before, form), rate in sorted(rated.items(), key=lambda item: -item[1])]  # fmt: skip

    def _fluency(self, before: Sequence[str], form: str, after: Sequence[str]) -> float:
        if self._lexicon is None or not self._lexicon.fluency:
            return 0.0
        return self._lexicon.fluency.score([*[EDGE, EDGE, *before][-3:], *form.split(), *after[:1]])


class Russian(EastSlavic):
    """EastSlavic for Russian."""

    def __init__(self, lexicon: Lexicon | None = None):
        super().__init__("ru", lexicon)


class Ukrainian(EastSlavic):
    """EastSlavic for Ukrainian."""

    def __init__(self, lexicon: Lexicon | None = None):
        super().__init__("uk", lexicon)


def _nothing(phrase: TermContext) -> list[Wording]:
    return []


def _features(parse: Any) -> tuple[str, str, str]:
    """(gender, number, case) of a parse, "" for what it does not say."""
    tag = parse.tag.grammemes
    gender = next((short for short, name in _GENDERS.items() if name in tag), "")
    case = next((short for short, name in _CASES.items() if name in tag), "")
    if not case and ("loc2" in tag or "gen2" in tag or "gen1" in tag):
        case = "l" if "loc2" in tag else "g"
    return gender, "p" if "plur" in tag else "s", case


def _part_of_speech(parse: Any) -> str:
    pos = parse.tag.POS
    return {"NOUN": "noun", "VERB": "verb", "INFN": "verb", **dict.fromkeys(_AGREEING, "adjective")}.get(pos, "")


def _is_inflected(word: str) -> bool:
    """Whether a word is of the language and no abbreviation or name of a function."""
    return word.isalpha() and not word.isascii() and not any(char.isupper() for char in word[1:])


def _like(form: str, word: str) -> str:
    """The form with the word's capital, and with ё only where the word spells it."""
    form = form if "ё" in word.casefold() else form.replace("ё", "е")
    return form[:1].upper() + form[1:] if word[:1].isupper() else form
