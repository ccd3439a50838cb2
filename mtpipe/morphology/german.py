"""German: noun phrases that agree, compounds with their linking elements, endings of adjectives and regular verbs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product
from math import exp

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.alignment.ngram_lm import EDGE
from mtpipe.languages.lemmatization import is_known, lemma
from mtpipe.morphology.german_nouns import CELLS, Noun, Nouns, compounds
from mtpipe.morphology.protocol import Analysis, TermContext, Wording

_ALL = tuple((case, number, gender) for case, number in CELLS for gender in "mfn")
# endings of dies-, by case: masculine, feminine, neuter, plural
_STRONG = {"n": ("er", "e", "es", "e"), "g": ("es", "er", "es", "er"),
           "d": ("em", "er", "em", "en"), "a": ("en", "e", "es", "e")}  # fmt: skip
_ARTICLE = {"n": ("der", "die", "das", "die"), "g": ("des", "der", "des", "der"),
            "d": ("dem", "der", "dem", "den"), "a": ("den", "die", "das", "die")}  # fmt: skip
_DER_WORDS = ("dies", "jed", "jen", "welch", "manch", "solch", "all")
_EIN_WORDS = ("ein", "kein", "mein", "dein", "sein", "ihr", "unser", "euer", "eur")
_CONTRACTIONS = {
    "im": ("in", "dem"), "am": ("an", "dem"), "zum": ("zu", "dem"), "zur": ("zu", "der"), "vom": ("von", "dem"),
    "beim": ("bei", "dem"), "ins": ("in", "das"), "ans": ("an", "das"), "fürs": ("für", "das"),
    "aufs": ("auf", "das"), "ums": ("um", "das"), "durchs": ("durch", "das"), "unterm": ("unter", "dem"),
}  # fmt: skip
_USUAL = {pair: word for word, pair in _CONTRACTIONS.items() if word in "im am zum zur vom beim ins ans".split()}
_GOVERNED = {
    **dict.fromkeys("aus bei mit nach seit von zu gegenüber ab entsprechend gemäß samt".split(), "d"),
    **dict.fromkeys("durch für gegen ohne um pro per".split(), "a"),
    **dict.fromkeys("wegen während trotz statt anstatt innerhalb außerhalb aufgrund mithilfe anhand bezüglich "
                    "hinsichtlich anstelle unterhalb oberhalb".split(), "g"),
    **dict.fromkeys("in an auf über unter vor hinter neben zwischen".split(), "da"),
}  # fmt: skip
# nominative, accusative, dative, genitive
_RELATIVE = {"m": ("der", "den", "dem", "dessen"), "f": ("die", "die", "der", "deren"),
             "n": ("das", "das", "dem", "dessen")}  # fmt: skip
# behind which a singular needs no article, or a dative plural shows: ohne Ordner
_BARE = frozenset("ohne mit pro per ab um nach zu bei seit von aus in an".split())
_SUBJECTS = frozenset("ich du er wir man es sie Sie".split())
_PRIOR = {"n": 0.35, "a": 0.35, "d": 0.2, "g": 0.1}  # of the cases where nothing tells them apart
_TEMPER = 0.5  # of the fluency: endings of rare words are few
_SWAY = 3.0  # log-odds that the fluency may shift a choice by at most: grammar knows better
_AND = ("und", "oder", "sowie")
_NUMERALS = frozenset("zwei drei vier fünf sechs sieben acht neun zehn elf zwölf mehr weniger".split())
# what may stand between a determiner and the adjective after it
_INSERTED = frozenset("sich bereits noch nicht schon gerade jeweils zuvor automatisch neu sehr ganz hier dort".split())
# nouns that govern the accusative with their preposition
_DIRECTED = ("zugriff", "verweis", "hinweis", "bezug", "antwort", "auswirkung", "einfluss", "blick", "wechsel", "link")
_MODIFIERS = 3  # adjectives and the determiner before a noun, at most
_ADJECTIVE_ENDINGS = ("en", "em", "er", "es", "e")
_LINKED_BY_S = ("ung", "heit", "keit", "schaft", "ion", "tät", "ing", "tum", "ling")
_LINKS = ("", "s", "n", "en", "es", "er", "e", "ens")
_USUAL_LINKS = ("", "s", "n", "en", "es", "e")
_FEW = 2  # compounds that tell a linking element
_LONGER = 4  # letters of a head that tells it
_UNLINKED = ("gabe", "nahme", "zeige", "frage", "hilfe")  # made of verbs: Ausgabegerät, Anzeigetafel
_LEAST_PART = 3
_VERB_ENDINGS = ("en", "ern", "eln")

Cell = tuple[str, str, str]  # case, number, gender


@dataclass(frozen=True, slots=True)
class _Premodifiers:
    """What stands before a noun: preposition, determiner and adjectives, and how many words they are."""

    preposition: str
    determiner: str
    adjectives: tuple[str, ...]
    words: tuple[str, ...]


class German:
    """Morphology of German; lexicon: what the corpus attests serves words that no dictionary has."""

    def __init__(self, lexicon: Lexicon | None = None):
        self._lexicon = lexicon
        self._nouns = Nouns(lexicon)

    def analyse(self, word: str) -> list[Analysis]:
        """Readings as a noun (gender, number, case), and as an adjective or a verb as far as the dictionary goes."""
        analyses = [Analysis(noun.lemma, "noun", noun.gender, number, case)
                    for noun in self._nouns.of_form(word) for case, number in noun.cells(word)]  # fmt: skip
        if word[:1].islower():
            pos = "verb" if _is_verb(word) else "adjective" if _stem(word) else ""
            analyses += [Analysis(lemma(word, "de"), pos)] if pos else []
        return analyses

    def inflect(self, lemma: str, reading: Analysis) -> str:
        if reading.pos == "adjective":
            index = 3 if reading.number == "p" else "mfn".index(reading.gender or "m")
            return (_stem(lemma) or lemma) + _STRONG[reading.case or "n"][index]
        noun = self._nouns.of_lemma(lemma)[0]
        return next(iter(noun.forms.get((reading.case or "n", reading.number or "s"), ())), "")

    def part_of_speech(self, term: str) -> str:
        head = term.split()[-1]
        if head[:1].isupper() or not head[:1].isalpha():
            return "noun"
        if " " in term:
            return ""
        is_infinitive = head.endswith(_VERB_ENDINGS) and lemma(head, "de") == head.casefold()
        return "verb" if is_infinitive and not _is_participle(head) else "adjective"

    def head(self, words: Sequence[str]) -> int | None:
        return next((i for i in range(len(words) - 1, -1, -1) if words[i][:1].isupper()), None)

    def split(self, compound: str) -> list[tuple[str, str]]:
        """Hyphens first; else where both sides are nouns, the front with a linking element or less its last letter."""
        if "-" in compound.strip("-"):
            parts = compound.split("-")
            return [("-".join(parts[:i]) + "-", "-".join(parts[i:])) for i in range(1, len(parts))]
        return self._pairs(compound, True)

    @lru_cache(maxsize=10_000)
    def _pairs(self, compound: str, is_outer: bool) -> list[tuple[str, str]]:
        """is_outer: whether the parts may be compounds themselves."""
        pairs = []
        for i in range(_LEAST_PART, len(compound) - _LEAST_PART + 1):
            front, head = compound[:i], compound[i:]
            if not is_outer and len(head) <= _LEAST_PART:
                continue
            is_compound = is_outer and len(head) > 7 and bool(self._pairs(head, False))
            is_head = is_compound or self._nouns.is_noun(_capital(head))
            if is_head and (base := self.front_base(front, is_outer)):
                # linking elements are not part of heads: Arbeits|platz, and long known parts are likelier
                pairs.append((len(base) + len(head) - 2 * (len(front) != len(base)), front, head))
        return [(front, head) for _, front, head in sorted(pairs, reverse=True)]

    def front_base(self, front: str, is_outer: bool = True) -> str:
        """The dictionary form of a compound's front; "" where it is none. is_outer: whether it may be a compound."""
        bare = front.rstrip("-")
        for link in _LINKS:
            base = bare[: len(bare) - len(link)] if link and bare.endswith(link) else bare if not link else ""
            for word in (base, f"{base}e") if len(base) >= _LEAST_PART else ():
                if self._nouns.is_noun(_capital(word)):
                    return word
        return bare if is_outer and len(bare) > 7 and self._pairs(bare, False) else ""

    def compound(self, front: str, head: str) -> str:
        """front: a term in its dictionary form; the parts are hyphenated where one is foreign, a name or has several
        words, else joined with the linking element that the corpus or the front's ending demands."""
        if head.startswith("-"):
            joint = f"{front}s" if front.endswith(_LINKED_BY_S) and self._is_native(front) else front.replace(" ", "-")
            return joint + head
        if not self._is_native(front):
            return f"{front.replace(' ', '-')}-{_capital(head)}"
        return self._linked(front) + head[:1].lower() + head[1:]

    def _is_native(self, word: str) -> bool:
        if not word.isalpha() or word.isupper() or any(char.isupper() for char in word[1:]):
            return False
        if word.casefold().endswith(("ung", "heit", "keit", "schaft")):
            return True
        if is_known(word, "de"):
            return not is_known(word, "en")
        return len(word) > _LONGER + _LEAST_PART and any(map(self._is_native_pair, self._pairs(word, True)[:1]))

    @staticmethod
    def _is_native_pair(pair: tuple[str, str]) -> bool:
        """Whether a compound's parts are no foreign words: Malspitze, but not Datafield."""
        return all(bool(is_known(part, "de")) and not is_known(part, "en") for part in map(_capital, pair))

    def _linked(self, word: str) -> str:
        """The word as the front of a compound."""
        folded = word.casefold()
        if folded.endswith(_LINKED_BY_S):
            return f"{word}s"
        attested = self._fronts if self._lexicon is not None else {}
        counts = {link: compounds(folded + link) + attested.get(folded + link, 0) for link in _USUAL_LINKS}
        if folded.endswith(_UNLINKED) and not any(attested.get(folded + link) for link in _USUAL_LINKS):
            return word
        if max(counts.values()) >= _FEW:
            return word + max(counts, key=lambda link: counts[link])
        front, head = next(iter(self._pairs(word, True)), ("", ""))
        if len(head) > _LONGER:
            return front + self._linked(head)  # as its own last part
        if folded.endswith("e") and len(folded) > 3:
            return f"{word}n"
        return word

    @cached_property
    def _fronts(self) -> dict[str, int]:
        """How many compounds of the corpus have this front, with its linking element."""
        counts: dict[str, int] = defaultdict(int)
        assert self._lexicon is not None
        for word in self._lexicon.all_forms():
            if len(word) >= 9 and word[:1].isupper() and word.isalpha():
                for i in range(4, len(word) - 3):
                    if word[i:] in self._heads:
                        counts[word[:i].casefold()] += 1
        return counts

    @cached_property
    def _heads(self) -> frozenset[str]:
        """Nouns of the corpus, small as they stand in compounds."""
        assert self._lexicon is not None
        return frozenset(word.lower() for word in self._lexicon.all_forms() if word[:1].isupper() and len(word) >= 4)

    def wordings(self, phrase: TermContext) -> list[Wording]:
        pos = self.part_of_speech(phrase.term)
        if phrase.affixes == ("", "-"):  # "Erneuerungs- und …": the head comes later
            form = self._linked(phrase.term) if self._is_native(phrase.term) else phrase.term
            return [Wording(phrase.before, form, phrase.after)] if pos == "noun" else []
        if phrase.affixes[1]:  # the head stays: nothing else changes
            form = self.compound(phrase.term, phrase.affixes[1]) if pos == "noun" else ""
            front = phrase.affixes[0]
            joined = self._behind(front, form)
            return [Wording(phrase.before, joined, phrase.after)] if form else []
        if pos == "noun":
            return self._nominal(phrase)
        if pos == "adjective" and len(phrase.old) == 1:
            return self._adjectival(phrase)
        if pos == "verb" and len(phrase.old) == 1:
            return self._verbal(phrase)
        return []

    @staticmethod
    def _goes_on(before: Sequence[str]) -> bool:
        """Whether a phrase goes on behind these words in a case that they do not show: "mit Maus und …"."""
        last, word = ("", "", *before)[-2:]
        return word in _AND and last[:1].isupper()

    @staticmethod
    def _is_nominal(before: Sequence[str]) -> bool:
        """Whether a determiner or preposition shows that a noun follows: "in der Liste" for "listed"."""
        word = before[-1].casefold() if before else ""
        return word in _GOVERNED or word in _CONTRACTIONS or _is_determiner(word)

    @staticmethod
    def _behind(front: str, form: str) -> str:
        """A compound behind what stays of another's front: small, but with a hyphen where it has one itself."""
        if not front or front.endswith("-"):
            return front + form
        is_plain = form.isalpha() and form[1:].islower()
        return front + form[:1].lower() + form[1:] if is_plain else f"{front}-{form}"

    def _nominal(self, phrase: TermContext) -> list[Wording]:
        if phrase.is_verb and (_is_infinitive(phrase.old[-1]) or not self._is_nominal(phrase.before)):
            return []  # "zum Einrichten": no noun for an action
        if not phrase.before and _is_imperative(phrase.old[-1], phrase.after):
            return []
        attributes, head, tail = _parts_of_term(phrase.term)
        old = _capital(phrase.old[-1]) if phrase.affixes[0] else phrase.old[-1]
        olds = self._nouns.of_form(old)
        if not olds:
            return []
        listed = [form.split()[len(attributes)] for form in phrase.forms
                  if len(form.split()) == len(phrase.term.split())]  # fmt: skip
        news = tuple(noun.with_plural(listed) for noun in self._nouns.of_lemma(head))
        if phrase.affixes[0]:
            fronted = phrase.affixes[0] + head if phrase.affixes[0].endswith("-") else (
                phrase.affixes[0] + head[:1].lower() + head[1:])  # fmt: skip
            news = tuple(noun.with_front(fronted[: len(fronted) - len(head)]) for noun in news)
        is_plural_only = news[0].lemma in news[0].forms.get(("n", "p"), ()) and ("n", "s") not in news[0].forms
        group, coordinate = self._group(phrase.before), self._coordinate(phrase.before)
        cells, doubts = self._cells(olds, old, self._number(phrase, group), group)
        if doubts and group.determiner in _ARTICLE["n"] and len(group.words) == len(phrase.before) > 1:
            own = self._group(phrase.before[1:])  # ", die aktuelle Pakete enthalten": a pronoun
            own_cells, own_doubts = self._cells(olds, old, self._number(phrase, own), own)
            if not own_doubts:
                group, cells, doubts = own, own_cells, own_doubts
        if doubts[:1] == ("agreement",) and not group.determiner and any(
            noun.gender == news[0].gender and not noun.is_guessed for noun in olds
        ):  # whatever the words before agree with, it is not the noun
            cells = [(case, number, news[0].gender) for case, number, _ in cells]
        if len(group.words) == len(phrase.before) and group.determiner and _is_finite(phrase.after[:1]) and not (
            any(case in "na" for case, _, _ in cells)
        ):  # "Der Lampe ist …": the draft's article is wrong
            cells, doubts = [("n", "s", "")], ("agreement",)
        priors = self._priors(phrase, group)
        if coordinate and (shared := [cell for cell in cells if cell[0] in coordinate[1]]):
            cells = shared
        weights: dict[tuple[tuple[str, ...], str], float] = defaultdict(float)
        for case, number, gender in cells:
            for noun in news[:1]:  # the usual gender, where there are several
                forms = noun.living((case, "p" if is_plural_only else number))
                for rank, form in enumerate(forms[:2]):
                    before = self._agreeing(group, case, number, noun.gender, gender)
                    over = coordinate[0] if coordinate and not group.words else group
                    inner = [self._adjective(word, over, case, number, noun.gender) for word in attributes]
                    weight = priors[case] / (1 + 9 * rank)
                    weights[before, " ".join([*inner, form, *tail])] += weight
        if attributes and not group.words and phrase.before[-1:] and phrase.before[-1] in _AND and not coordinate:
            doubts = (*doubts, "case")  # that of a phrase before
        if news[0].is_guessed and group.words:
            doubts = (*doubts, "guessed")
        is_bare = not phrase.affixes[0] and any(
            noun.gender == "n" and noun.lemma == old and ("n", "s") in noun.forms for noun in olds)
        if is_bare and _is_infinitive(old):
            doubts = (*doubts, "verb")  # "das Lesen"
        wordings = self._ranked(phrase, group, weights, doubts)
        was = {gender for _, _, gender in cells} if {number for _, number, _ in cells} == {"s"} else set()
        return [self._related(wording, was, news[0].gender) for wording in wordings]

    @staticmethod
    def _related(wording: Wording, was: set[str], now: str) -> Wording:
        """With the pronoun of a relative clause right behind in the new gender: der Raum, der → das Space, das."""
        at = wording.after.index(",") if "," in wording.after else 0
        mark, pronoun, following = [*wording.after, "", "", ""][at : at + 3]
        if mark != "," or len(was) != 1 or now in was or not was <= _RELATIVE.keys():
            return wording
        if cases := _GOVERNED.get(pronoun):  # ", in dem …"
            governed = {_RELATIVE[now]["nadg".index(case)] for case in cases for gender in was
                        if _RELATIVE[gender]["nadg".index(case)] == following}  # fmt: skip
            return replace(wording, after=(*wording.after[:-1], *governed)) if len(governed) == 1 else wording
        forms = [new for gender in was for old, new in zip(_RELATIVE[gender], _RELATIVE[now]) if old == pronoun]
        is_clear = len(set(forms)) == 1 or following[:1].islower() and following not in ("die", "das")
        if len(set(forms)) > 1:  # the subject of its clause, or another word is
            forms = forms[_begins_subject(following) :]
        doubts = wording.doubts if is_clear or following in _SUBJECTS else (*wording.doubts, "pronoun")
        after = (*wording.after[: at + 1], *forms[:1], *wording.after[at + 2 :])
        return replace(wording, after=after, doubts=doubts) if forms else wording

    def _coordinate(self, before: Sequence[str]) -> tuple[_Premodifiers, frozenset[str]] | None:
        """What stands before the noun that a conjunction joins with this one, and the cases it may have: "einer älteren
        Version oder …"; None where nothing is joined or the noun before has no determiner to tell."""
        if len(before) < 2 or before[-1] not in _AND:
            return None
        group = self._group(before[:-2])
        cells = [cell for noun in self._nouns.of_form(before[-2]) for cell in noun.cells(before[-2])
                 if self._allows(group, (*cell, noun.gender))]  # fmt: skip
        cases = frozenset(case for case, _ in cells)
        return (group, cases) if cells and (group.determiner or len(cases) == 1) else None

    def _priors(self, phrase: TermContext, group: _Premodifiers) -> dict[str, float]:
        """How likely the cases are: a subject begins a sentence, a determiner right after a noun begins a genitive."""
        priors = dict(_PRIOR)
        governor = phrase.before[: -len(group.words) - 1][-1:] if group.preposition else ()
        if governor and governor[0].casefold().removesuffix("en").removesuffix("e").endswith(_DIRECTED):
            return priors | {"d": 0.02}  # Zugriff auf …
        place = len(phrase.before) - len(group.words) - 1
        if not group.words and not group.preposition and not self._goes_on(phrase.before):
            priors |= {"d": 0.02, "g": 0.005}  # what shows no case has none that something must show
        if place < 0:
            priors = {"n": 1.0, "a": 0.03, "d": 0.005, "g": 0.005}
        elif group.determiner and not group.preposition and phrase.before[place][:1].isupper():
            behind = {"g": 1.0, "d": 0.005, "a": 0.1, "n": 0.05 if place > 1 else 0.35}
            priors |= behind if self._nouns.of_form(phrase.before[place]) and place else {}
        return priors

    @staticmethod
    def _number(phrase: TermContext, group: _Premodifiers) -> str:
        """Of the source, but that a noun without an article behind a preposition is a plural where the source has one
        with an article, or says nothing of its number: "for a folder", "für Ordner"."""
        is_bare = not group.words and group.preposition and group.preposition not in _BARE
        is_many = is_bare and not phrase.affixes[0] and (not phrase.number or phrase.has_determiner)
        return "p" if is_many else phrase.number

    def _cells(
        self, olds: Sequence[Noun], old: str, wanted_number: str, group: _Premodifiers
    ) -> tuple[list[Cell], tuple[str, ...]]:
        """The readings that the words around and the old noun allow, and what had to be overlooked for them."""
        of_noun = {(*cell, noun.gender) for noun in olds for cell in noun.cells(old)}
        around = [cell for cell in _ALL if self._allows(group, cell)]
        doubts: tuple[str, ...] = ()
        cells = [cell for cell in around if cell in of_noun]
        if not cells:  # the draft's own words do not agree, or the old noun is of another gender than known
            cells = [cell for cell in around if any(cell[:2] == each[:2] for each in of_noun)]
            cells = cells or (around if group.determiner else sorted(of_noun)) or around
            doubts = ("agreement",)
        of_number = [cell for cell in cells if cell[1] == wanted_number]
        if wanted_number and not of_number:
            doubts = (*doubts, "number")
        return of_number or cells, doubts

    def _group(self, before: Sequence[str]) -> _Premodifiers:
        """The determiner, adjectives and preposition right before a noun."""
        words: list[str] = []
        determiner, rest = "", list(before)
        while rest and len(words) < _MODIFIERS and _stem(rest[-1]) and not _is_determiner(rest[-1]) and (
            (rest[-1].islower() or len(rest) == 1 and self._begins_phrase(rest[0]))
            and not _is_verb(rest[-1]) and rest[-1] not in _GOVERNED
        ):
            words.insert(0, rest.pop())
        if words and rest[-1:] and rest[-1] in _INSERTED and rest[-2:-1] and (
            _is_determiner(rest[-2]) or rest[-2].casefold() in _CONTRACTIONS
        ):
            words.insert(0, rest.pop())  # "im sich öffnenden …"
        if rest and (_is_determiner(rest[-1]) or rest[-1].casefold() in _CONTRACTIONS):
            determiner = rest.pop()
        if len(rest) > 1 and (rest[-1].isdigit() or rest[-1].casefold() in _NUMERALS):
            rest.pop()  # "mit 256 Farben"
        preposition = rest[-1].casefold() if rest and rest[-1].casefold() in _GOVERNED else ""
        modifiers = ([determiner] if determiner else []) + words
        return _Premodifiers(preposition, determiner, tuple(words), tuple(modifiers))

    @staticmethod
    def _begins_phrase(word: str) -> bool:
        """Whether a word with a capital is an adjective at the start of a sentence or title."""
        return word[1:].islower() and bool(is_known(word.lower(), "de")) and lemma(word.lower(), "de") != word.lower()

    def _allows(self, group: _Premodifiers, cell: Cell) -> bool:
        case, number, gender = cell
        governed = _GOVERNED.get(group.preposition, "ndga")
        determiner = group.determiner.casefold()
        if determiner in _CONTRACTIONS:
            determiner, governed = _CONTRACTIONS[determiner][1], "ngda"
        if case not in governed:
            return False
        if determiner and determiner != _declined(determiner, cell):
            return False
        return all(word.casefold() == self._adjective(word, group, case, number, gender).casefold()
                   for word in group.adjectives)  # fmt: skip

    def _agreeing(self, group: _Premodifiers, case: str, number: str, gender: str, was: str) -> tuple[str, ...]:
        """The words before the noun in the gender of another; as they are where it is the same."""
        if gender == was or number == "p" or not group.words:
            return group.words
        words = []
        if determiner := group.determiner:
            folded = determiner.casefold()
            if folded in _CONTRACTIONS:
                preposition, _ = _CONTRACTIONS[folded]
                article = _article(case, number, gender)
                form = _USUAL.get((preposition, article), f"{preposition} {article}")
            else:
                form = _declined(folded, (case, number, gender))
            words.append(_capital(form) if determiner[:1].isupper() else form)
        words += [self._adjective(word, group, case, number, gender) for word in group.adjectives]
        return tuple(words)

    def _adjective(self, word: str, group: _Premodifiers, case: str, number: str, gender: str) -> str:
        stem = _stem(word)
        if not stem:
            return word
        index = 3 if number == "p" else "mfn".index(gender)
        determiner = group.determiner.casefold()
        kind = _kind(determiner)
        if kind == "der" or kind == "ein" and (number == "p" or case in "gd"):
            is_e = number == "s" and (case == "n" or case == "a" and gender != "m")
            ending = "e" if is_e else "en"
        elif kind == "ein":
            ending = {"m": "er", "f": "e", "n": "es"}[gender] if case == "n" or gender != "m" else "en"
        else:
            ending = "en" if case == "g" and number == "s" and gender != "f" else _STRONG[case][index]
        return stem + ending

    def _adjectival(self, phrase: TermContext) -> list[Wording]:
        """The new adjective with the old one's ending."""
        old, stem = phrase.old[0], _stem(phrase.term) or phrase.term
        if old[:1].isupper() and phrase.before and not old[:1].islower() and self._nouns.of_form(old) and (
            not phrase.after or not phrase.after[0][:1].isupper()
        ):
            return []  # a noun, and nothing after it that an adjective could stand beside
        if is_known(old.lower(), "de") is False and not _stem(old):
            return []
        ending = next((each for each in _ADJECTIVE_ENDINGS if old.endswith(each)), "")
        base = lemma(old, "de")
        if ending and not (old[: -len(ending)].casefold().startswith(base[:4]) or phrase.after[:1]):
            ending = ""
        if base == old.casefold():
            ending = ""
        form = phrase.term if not ending else stem + ending
        return [Wording(phrase.before, form, phrase.after)]

    def _verbal(self, phrase: TermContext) -> list[Wording]:
        """The new verb as the old one: infinitives, and endings of regular verbs that the dictionary knows."""
        old, base = phrase.old[0], lemma(phrase.old[0].lower(), "de")
        is_noun = old[:1].isupper() and bool(phrase.before)
        if old.casefold() == base:
            form = _capital(phrase.term) if is_noun else phrase.term
            return [Wording(phrase.before, form, phrase.after)] if base.endswith("n") else []
        if is_noun:
            return []
        stem, new = _verb_stem(base), _verb_stem(phrase.term)
        if not stem or not new:
            return []
        for prefix, ending in product(("", "ge"), ("t", "et", "te", "ten", "en", "end", "ende", "enden", "e")):
            participle = f"{prefix}{stem}{ending}" == old.casefold()
            if participle:
                inflected = new + ("et" if ending == "t" and new.endswith(("t", "d")) else ending)
                own = "ge" if prefix or ending in ("t", "et") and self._takes_ge(phrase) else ""
                for form in dict.fromkeys((f"{own}{inflected}", inflected)):
                    if lemma(form, "de") == phrase.term.casefold():
                        return [Wording(phrase.before, form, phrase.after)]
        return []

    @staticmethod
    def _takes_ge(phrase: TermContext) -> bool:
        return not phrase.term.startswith(("be", "er", "ver", "zer", "ent", "emp", "ge", "miss")) and (
            not phrase.term.endswith("ieren"))  # fmt: skip

    def _ranked(
        self, phrase: TermContext, group: _Premodifiers, weights: dict[tuple[tuple[str, ...], str], float],
        doubts: tuple[str, ...],
    ) -> list[Wording]:
        """The wordings by their weight and by how they read after the words before them."""
        if not weights:
            return []
        rated = []
        for (before, form), weight in weights.items():
            lead = phrase.before[: len(phrase.before) - len(group.words)]
            rated.append((weight, self._fluency(lead, before, form, phrase.after), (*lead, *before), form))
        best = max(fluency for _, fluency, _, _ in rated)
        swayed = [(weight * exp(max(-_SWAY, _TEMPER * (fluency - best))), before, form)
                  for weight, fluency, before, form in rated]  # fmt: skip
        total = sum(rate for rate, _, _ in swayed)
        return [Wording(before, form, phrase.after, rate / total, doubts)
                for rate, before, form in sorted(swayed, key=lambda item: -item[0])]  # fmt: skip

    def _fluency(self, lead: Sequence[str], before: Sequence[str], form: str, after: Sequence[str]) -> float:
        """The log-probability of the words in their place."""
        if self._lexicon is None or not self._lexicon.fluency:
            return 0.0
        spread = [part for word in before for part in word.split()]
        context = ([EDGE, EDGE, *lead])[-2:]
        words = [*context, *spread, *form.split(), *after[:1]]
        return self._lexicon.fluency.score(words)


def _parts_of_term(term: str) -> tuple[list[str], str, list[str]]:
    """The adjectives of a term of several words, the noun they belong to, and what follows it and keeps its form:
    Zeitpunkt | der Buchung."""
    words = term.split()
    heads = (i for i, word in enumerate(words[:-1]) if word[:1].isupper() and words[i + 1][:1].islower())
    at = next(heads, len(words) - 1)
    return words[:at], words[at], words[at + 1 :]


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _begins_subject(word: str) -> bool:
    return word in _SUBJECTS or word in ("der", "jeder", "dieser", "ein", "kein", "Ihr", "ihr")


def _article(case: str, number: str, gender: str) -> str:
    return _ARTICLE[case][3 if number == "p" else "mfn".index(gender)]


def _is_determiner(word: str) -> bool:
    return bool(_kind(word.casefold()))


def _kind(determiner: str) -> str:
    """"der" or "ein" by the endings that adjectives have after it; "" for what is no determiner."""
    if determiner in ("der", "die", "das", "dem", "den", "des") or determiner in _CONTRACTIONS:
        return "der"
    match = re.fullmatch(r"(\w+?)(e|er|es|em|en)?", determiner)
    stem, ending = (match[1], match[2]) if match else ("", None)
    if stem in _DER_WORDS and ending:
        return "der"
    if stem in _EIN_WORDS or determiner in _EIN_WORDS:
        return "ein"
    return ""


def _declined(determiner: str, cell: Cell) -> str:
    """A determiner in another case, number or gender."""
    case, number, gender = cell
    index = 3 if number == "p" else "mfn".index(gender)
    if determiner in ("der", "die", "das", "dem", "den", "des"):
        return _ARTICLE[case][index]
    for stem in (*_DER_WORDS, *sorted(_EIN_WORDS, key=len, reverse=True)):
        if determiner == stem or determiner.startswith(stem) and determiner[len(stem) :] in _ADJECTIVE_ENDINGS:
            is_bare = stem in _EIN_WORDS and (case == "n" and index in (0, 2) or case == "a" and index == 2)
            if stem == "euer" and not is_bare:
                stem = "eur"
            return stem if is_bare else stem + _STRONG[case][index]
    return determiner


def _stem(word: str) -> str:
    """An adjective's stem; "" for what ends as no adjective, bare ones included."""
    for ending in _ADJECTIVE_ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)]
    return ""


def _is_verb(word: str) -> bool:
    base = lemma(word, "de")
    return base == word.casefold() and base.endswith("en") and bool(is_known(word, "de")) and not _is_participle(word)


def _is_finite(words: Sequence[str]) -> bool:
    """Whether a verb follows that a subject may have: no infinitive."""
    return any(word.islower() and lemma(word, "de").endswith("n") and lemma(word, "de") != word
               and not _is_participle(word) and not _is_determiner(word) for word in words)  # fmt: skip


def _is_infinitive(noun: str) -> bool:
    word = noun.lower()
    return word.endswith(_VERB_ENDINGS) and lemma(word, "de") == word and bool(is_known(word, "de"))


def _is_imperative(word: str, after: Sequence[str]) -> bool:
    """Whether a sentence's first word may be a verb form, and what follows can be no noun's attribute: Liste alle …"""
    base = lemma(word.lower(), "de")
    is_object = bool(after) and after[0] in ("alle", "die", "das", "den", "Sie", "sich")
    return is_object and base != word.lower() and base.endswith("n") and not word.lower().endswith("en")


def _is_participle(word: str) -> bool:
    return bool(re.search(r"(^|\w)ge\w+(en|t)$", word)) and lemma(word, "de") != word.casefold()


def _verb_stem(infinitive: str) -> str:
    return infinitive[:-2] if infinitive.endswith("en") else infinitive[:-1] if infinitive.endswith("n") else ""
