"""Which words of a draft stand for a source term, and how the draft reads with the term in their place.

Whole words that are linked to the term, or the one part of a compound that is; what has grammar is left to the target
language's morphology. Each replacement has the features that its confidence is made of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rapidfuzz import fuzz

from mtpipe.alignment.lexicon import UNKNOWN, Lexicon
from mtpipe.alignment.term_slots import LONGER, TermSlot, places
from mtpipe.glossary.model import Term
from mtpipe.languages.lemmatization import COMPOUNDING, is_known, lemma
from mtpipe.languages.scripts import has_word_boundaries
from mtpipe.languages.tags import primary_subtag
from mtpipe.languages.tokenization import spans
from mtpipe.morphology import english
from mtpipe.morphology.agreement import Agreement
from mtpipe.morphology.english import SourceNoun
from mtpipe.morphology.inflection import doubt, like
from mtpipe.morphology.languages import morphology
from mtpipe.morphology.protocol import TermContext, Wording
from mtpipe.terminology.inflected_match import Evidence, evidence

_NEAR = 7  # words before and after that grammar may look at
_NEIGHBOURS = 3  # source words on either side that may be the other half of a compound
_KNOWN = 0.02  # share of a word's uses from which a translation counts
_USUAL = 0.5  # share of a target word's uses that translate the same word: no function word is so faithful
_BESIDE = 0.5  # link weight from which a word beside the term stands elsewhere
_SURE = 0.3  # share of both words' uses from which one is the other's usual translation
_RARER = 2  # times that a translation is more frequent than another that is less usual
_WEAK = 0.15  # link weight under which a word is hardly linked at all
_LINKED, _ELSEWHERE = 0.35, 0.1  # link weight and share of uses from which a word is another's translation
_COGNATE = 86  # similarity of a word and what it was borrowed from
_SPLITS, _LIKELY = 8, 3  # ways to take a compound apart: tried, and to be believed
_SHORT = 3  # letters of a word that may be an abbreviation
_PART = 4  # letters of a compound's part that no dictionary has, at least
_LONG = 12  # letters of what may be a compound, though no dictionary knows its parts
_MIDDLING = 10  # of what is one, if the dictionary knows parts
_FOREIGN = 3.0  # what is lost, where it is no translation of the term alone
_BEHIND = 2  # words behind a place among which none of the term's may stand
_ENDS = ".!?:…"


@dataclass(frozen=True, slots=True)
class Replacement:
    """target[start:end] gives way to text; words: the target's words that are replaced, for others to keep off."""

    term: Term
    start: int
    end: int
    text: str
    words: tuple[int, ...]
    features: tuple[float, ...]
    old: str = ""  # the lemma of what is replaced

    @property
    def is_foreign(self) -> bool:
        """Whether what goes seems to be no translation of the term alone."""
        return self.feature("other") >= _FOREIGN

    def feature(self, name: str) -> float:
        return self.features[FEATURES.index(name)] if self.features else 0.0


_Splice = tuple[int, int, str, tuple[int, ...], Wording]  # start, end, text, words, how it was worded

FEATURES = ("link", "translation", "back", "other", "uncovered", "thin", "margin", "certainty", "doubts",
            "part", "longer", "attested", "loose", "form", "strange", "crowd")  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlignedDraft:
    """A draft with all that its replacements are found by: texts, word spans, links [target × source], what stays."""

    source: str
    target: str
    ours: Sequence[tuple[int, int]]
    theirs: Sequence[tuple[int, int]]
    links: np.ndarray
    fixed: Collection[int]
    empty: Collection[int]

    def target_word(self, i: int) -> str:
        start, end = self.theirs[i]
        return self.target[start:end]

    def source_word(self, i: int) -> str:
        start, end = self.ours[i]
        return self.source[start:end]


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """One occurrence of a term in the source: the columns of its words, the words themselves, and those beside it that
    may be the other part of a compound."""

    columns: tuple[int, ...]
    words: tuple[str, ...]
    near: tuple[str, ...]
    middle: int = 0  # where in near the words after it begin


@dataclass(frozen=True, slots=True)
class _DraftSpan:
    """Words [first, last) with their head, or a part of the one word: what stays in front of and behind the part."""

    first: int
    last: int
    head: int
    old: str
    affixes: tuple[str, str] = ("", "")
    evidence: float = 0.0


class Replacements:
    """Finds replacements by the target language's morphology; where it has none, or no answer, forms that the corpus
    attests must do."""

    def __init__(self, lexicon: Lexicon | None, source_lang: str, target_lang: str):
        self._morphology = morphology(target_lang, lexicon)
        self._agreement = Agreement(lexicon)
        self._lexicon = lexicon
        self._source_lang, self._lang = source_lang, target_lang

    def find(self, draft: AlignedDraft, term: Term, inside: Sequence[int], surface: str) -> list[Replacement]:
        """For one occurrence of a term (source words inside), unordered."""
        is_noun = self._morphology is None or self._morphology.part_of_speech(term.target) == "noun"
        is_bent = surface.casefold() not in (source.casefold() for source in term.sources)
        occurrence = _occurrence(draft, inside, surface)
        empty = [k for k in draft.empty if not self._is_usual(occurrence.words, draft.target_word(k))]
        draft = replace(draft, empty=empty)
        replacements = []
        for place in dict.fromkeys(self._places(draft, term, occurrence, is_noun)):
            if self._morphology is None and _is_form(place.old, term.target):
                continue  # the term is there already, in a form that no dictionary has
            worded = self._worded(draft, term, place, self._source(draft, inside, surface))
            splice = worded or self._attested(draft, term, place, is_bent)
            if splice:
                features = self._features(draft, term, place, splice[4], occurrence)
                replacements.append(Replacement(term, *splice[:4], features, lemma(place.old, self._lang)))
        # where a word surely translates the term, no other stands for it only because it has nothing else to stand for
        shares = [(each.feature("translation"), each.feature("back")) for each in replacements if not each.is_foreign]
        is_clear = any(forth == 1.0 or min(forth, back) > _USUAL for forth, back in shares)
        return [each for each in replacements if not is_clear or each.feature("translation") > _KNOWN]

    def at(self, draft: AlignedDraft, term: Term, first: int, last: int) -> Replacement | None:
        """Of the words [first, last), which a glossary forbids in the term's place."""
        index = self._head([draft.target_word(k) for k in range(first, last)])
        head = last - 1 if index is None else first + index
        place = _DraftSpan(first, last, head, draft.target_word(head))
        splice = self._worded(draft, term, place) or self._attested(draft, term, place, False)
        return Replacement(term, *splice[:4], ()) if splice else None

    def agrees(self, text: str, term: Term, is_bent: bool) -> bool:
        """Whether what stands before a noun fits it wherever a text has the term, as far as grammar knows its gender.

        is_bent: the source has the term in another form than the glossary, so that its number is not known.
        """
        if self._morphology is None or self._morphology.part_of_speech(term.target) != "noun":
            return True
        number = "" if is_bent or primary_subtag(self._source_lang) != "en" else english.number(term.source)
        return all(self._fits(text, item, number) for item in evidence(term, text, self._lang))

    def _fits(self, text: str, item: Evidence, number: str) -> bool:
        """Whether grammar leaves the words before a noun as they are when the noun replaces itself."""
        assert self._morphology is not None
        word_spans = spans(text)
        rows = [k for k, (start, end) in enumerate(word_spans) if start < item.end and item.start < end]
        draft = AlignedDraft("", text, (), word_spans, np.zeros((len(word_spans), 0)), (), ())
        noun = draft.target_word(rows[-1])
        before, after = tuple(self._around(draft, rows[-1], -1)), tuple(self._around(draft, rows[-1], 1))
        wordings = self._morphology.wordings(TermContext(noun, (noun,), before, after, number))
        return not wordings or wordings[0].before == before and not {"agreement", "number"} & {*wordings[0].doubts}

    def _worded(
        self, draft: AlignedDraft, term: Term, place: _DraftSpan, source: SourceNoun = SourceNoun()
    ) -> _Splice | None:
        """By grammar."""
        if self._morphology is None:
            return None
        phrase = self._phrase(draft, term, place, source)
        wordings = self._morphology.wordings(phrase)
        return self._spliced(draft, term, place, phrase, wordings[0]) if wordings else None

    def _attested(self, draft: AlignedDraft, term: Term, place: _DraftSpan, is_bent: bool) -> _Splice | None:
        """By what the corpus has beside one another."""
        if any(place.affixes):
            return None
        slot = TermSlot(term, place.first, place.last, 1.0, is_bent)
        reworded = self._agreement.reword(draft.target, slot)
        text = reworded.text
        start, stop = draft.theirs[place.first][0], len(draft.target) - draft.theirs[place.last - 1][1]
        front = next((i for i in range(start) if text[i : i + 1] != draft.target[i]), start)
        back = next((i for i in range(stop) if text[-1 - i : len(text) - i] != draft.target[-1 - i]), stop)
        words = tuple(k for k, (a, b) in enumerate(draft.theirs) if a < len(draft.target) - back and front < b)
        olds = [draft.target_word(k) for k in range(place.first, place.last) if k not in draft.empty]
        if self._morphology is not None:
            wording = Wording((), "", (), 0.3, ("attested",))
        else:
            rate = self._lexicon.inflection if self._lexicon is not None else UNKNOWN * has_word_boundaries(self._lang)
            corpus = self._lexicon if reworded.form not in term.forms else None
            wrong = doubt(reworded.form, term.target, olds, reworded.has_neighbours, self._lang, rate, corpus)
            wording = Wording((), "", (), 1 - wrong)
        return front, len(draft.target) - back, text[front : len(text) - back], words, wording

    def _source(self, draft: AlignedDraft, inside: Sequence[int], surface: str) -> SourceNoun:
        """What an English source tells of the noun that it has."""
        if primary_subtag(self._source_lang) != "en" or not surface.split() or not inside:
            return SourceNoun()
        words = [draft.source_word(i) for i in range(len(draft.ours))]
        is_whole = words[inside[-1]].casefold().endswith(surface.split()[-1].casefold())  # no "list" of "list-based"
        return english.noun(words, inside[0], inside[-1] + 1) if is_whole else SourceNoun()

    def _places(self, draft: AlignedDraft, term: Term, occurrence: _Occurrence, is_noun: bool) -> Iterator[_DraftSpan]:
        if not occurrence.columns:
            return
        copied = {draft.source_word(i) for i in range(len(draft.ours)) if i not in occurrence.columns}
        free = [k for k in range(len(draft.theirs)) if k not in draft.fixed and draft.target_word(k) not in copied]
        for k in free if is_noun and self._morphology is not None else ():
            yield from self._parts(draft, term, k, occurrence)
        slots = self._spread(draft, term, occurrence.columns, free)
        slots += places(term, draft.links, occurrence.columns, draft.fixed, draft.empty)
        words = {k for slot in slots for k in range(slot.first, slot.last)}
        loose = self._loose(draft, occurrence.columns) if is_noun else []
        slots += [TermSlot(term, k, k + 1, 0.0) for k in free if self._covers(occurrence.words, draft.target_word(k))]
        slots += [TermSlot(term, k, k + 1, 0.0) for k in free if k not in words and k not in draft.empty
                  and (k in loose or self._renders(occurrence.words, draft.target_word(k)) > _KNOWN)]  # fmt: skip
        for slot in slots:
            yield from self._whole(draft, term, slot, occurrence, is_noun)

    def _loose(self, draft: AlignedDraft, inside: Sequence[int]) -> list[int]:
        """The words that stand for no other word of the source, as far as anybody knows."""
        others = [i for i in range(len(draft.ours)) if i not in inside]
        others_words = tuple(part for i in others for part in {draft.source_word(i), *draft.source_word(i).split("-")})
        return [k for k in range(len(draft.theirs)) if k not in draft.fixed and k not in draft.empty
                and draft.target_word(k)[0].isalpha() and (not others or float(draft.links[k, others].max()) < _LINKED)
                and self._renders(others_words, draft.target_word(k)) < _ELSEWHERE]  # fmt: skip

    @staticmethod
    def _spread(draft: AlignedDraft, term: Term, inside: Sequence[int], free: Sequence[int]) -> list[TermSlot]:
        """From the first to the last of the words that each word of the term is linked to best."""
        rows = [k for k in free if k not in draft.empty]
        best = {max(rows, key=lambda k: float(draft.links[k, i])) for i in inside if rows}
        linked = sorted(k for k in best if float(draft.links[k, list(inside)].sum()) > 0.15)
        if len(linked) < 2 or linked[-1] - linked[0] > len(inside) + 1:
            return []
        if set(range(linked[0], linked[-1])) & set(draft.fixed):
            return []
        return [TermSlot(term, linked[0], linked[-1] + 1, 1.0)]

    def _whole(
        self, draft: AlignedDraft, term: Term, slot: TermSlot, occurrence: _Occurrence, is_noun: bool
    ) -> Iterator[_DraftSpan]:
        """The slot without function words and marks at its ends, and its head."""
        first, last, length = slot.first, slot.last, len(occurrence.columns)
        while first < last and first in draft.empty:
            first += 1
        while last > first and last - 1 in draft.empty:
            last -= 1
        if first == last or last - first > length + LONGER or any(
            not draft.target_word(k)[0].isalnum() for k in range(first, last)
        ):
            return
        heads = [k for k in range(first, last) if k not in draft.empty]
        chunk = heads[: next((i for i, k in enumerate(heads) if k - heads[0] != i), len(heads))]
        index = self._head([draft.target_word(k) for k in chunk])
        if is_noun and index is None:
            return
        head = chunk[-1 if index is None else index]
        if is_noun and length == 1 and first < head and self._head([draft.target_word(first)]) is None:
            first = head  # an adjective before it is another word's translation
        if self._is_all(occurrence, draft.target_word(head)) and not any(
            self._shares(occurrence.words, draft.target_word(k))[0] > _ELSEWHERE for k in heads if k != head
        ):
            first, last = head, head + 1  # what is beside the word is another's translation
        if tail := _tail(draft, term, last):
            first = head = last - tail
        if last in draft.empty and draft.target_word(last).casefold() == term.target.split()[-1].casefold():
            last += 1  # Guardar como → Grabar como
        end = draft.theirs[last - 1][1]
        is_hanging = draft.target[end : end + 2] in ("- ", "-,", "-/")
        yield _DraftSpan(first, last, head, draft.target_word(head), ("", "-") if is_hanging else ("", ""))

    def _is_all(self, occurrence: _Occurrence, word: str) -> bool:
        """Whether a word is known to be the usual translation of a term of one word, both ways; one that is no compound
        may be rare, if it translates nothing else."""
        forth, back = self._shares(occurrence.words, word)
        is_rare = forth > _KNOWN and back > 1 - _KNOWN and not (self._morphology and self._morphology.split(word))
        return len(occurrence.words) == 1 and (min(forth, back) > _SURE or is_rare)

    def _head(self, words: Sequence[str]) -> int | None:
        """Which of the words is the noun that the others belong to; the first where nobody knows grammar."""
        return self._morphology.head(words) if self._morphology is not None else 0

    def _parts(self, draft: AlignedDraft, term: Term, k: int, occurrence: _Occurrence) -> Iterator[_DraftSpan]:
        """Parts of the compound k that stand for the term, while the rest stands for words beside it."""
        word, inside = draft.target_word(k), occurrence.columns
        if len(word) < 6 or not word[0].isalpha() or primary_subtag(self._lang) == "de" and not word[0].isupper():
            return
        linked = [i for i in (inside[0] - 1, inside[-1] + 1) if 0 <= i < len(draft.ours) and draft.links[k, i] > 0.2
                  and len(draft.source_word(i)) > 3 and int(draft.links[:, i].argmax()) == k]  # fmt: skip
        own = float(draft.links[k, list(inside)].sum())
        whole = self._translates(occurrence.words, word)
        elsewhere = [draft.source_word(i) for i in range(len(draft.ours)) if i not in inside]
        for front, old, back in (*self._splits(word), *self._halves(word, occurrence)):
            rest = [each for each in (self._bare(front), back.lstrip("-")) if each]
            if _begins_or_ends(term.target, front.strip("-"), back.strip("-")):
                continue  # Reinigungsmittel → Waschmittel, not Waschmittelmittel
            bare = self._bare(old) if back else old
            if self._covers(occurrence.words, bare):  # the term's words one by one: what is beside is none of them
                yield _DraftSpan(k, k + 1, k, old.rstrip("-"), (front, back), 1.0)
                continue
            if any(self._is_more(draft, occurrence, each, self._pieces(each)) for each in (bare, *rest)):
                continue  # a compound of the term and more
            mine = self._renders(occurrence.words, bare)
            theirs = min(self._renders(occurrence.near, each) for each in rest)
            if any(self._translates(occurrence.words, each) >= max(_KNOWN, theirs) for each in rest):
                continue  # the compound as a whole is the term
            by_order = any((i > inside[-1]) == bool(back) for i in linked)
            # of as many parts as the term has words, the whole is the term, unless a neighbour has a part of it
            is_hyphened = word.count("-") >= len(occurrence.words) and mine > 0.1
            beside = 1.0 if is_hyphened else min(1.0, theirs * 3 + 0.4 * by_order)
            is_free = self._renders(elsewhere, old) < _KNOWN and self._in_order(occurrence, rest, back)
            is_more = self._is_more(draft, occurrence, word, [bare])
            beside = max(beside, float(is_more))
            evidence = beside * min(1.0, own * 1.5 + mine * 3 + 0.5 * is_free)
            is_split = is_more or theirs > _KNOWN or is_hyphened or by_order and max(own, mine) > _KNOWN
            is_sure = not whole or mine + theirs >= whole or len(rest) == 1 and self._is_other_half(
                draft, [k], occurrence, rest[0])  # fmt: skip
            if is_split and evidence > 0.15 and is_sure:
                yield _DraftSpan(k, k + 1, k, old.rstrip("-"), (front, back), evidence)

    def _in_order(self, occurrence: _Occurrence, rest: Sequence[str], back: str) -> bool:
        """Whether the word that the rest translates stands on the same side of the term as the rest does."""
        beside = occurrence.near[occurrence.middle :] if back else occurrence.near[: occurrence.middle]
        return any(self._translates(beside[:1] if back else beside[-1:], each) > _KNOWN for each in rest)

    def _splits(self, word: str) -> list[tuple[str, str, str]]:
        """(what stays in front, a part, what stays behind); hyphened words by their hyphens, names not at all."""
        assert self._morphology is not None
        if "-" in word:
            parts = word.split("-")
            ends = [(i, j) for i in range(len(parts)) for j in range(i + 1, len(parts) + 1) if j - i < len(parts)]
            return [("".join(f"{part}-" for part in parts[:i]), "-".join(parts[i:j]),
                     "".join(f"-{part}" for part in parts[j:])) for i, j in ends]  # fmt: skip
        if any(char.isupper() for char in word[1:]):
            return []
        pairs = list(self._morphology.split(word))[:_SPLITS]
        middles = [(front, middle, head) for rest, head in pairs[:_LIKELY] if len(rest) >= _LONG
                   for front, middle in self._morphology.split(self._bare(rest))[:1]]  # fmt: skip
        return [(front, head, "") for front, head in pairs] + [("", front, head) for front, head in pairs] + middles

    def _halves(self, word: str, occurrence: _Occurrence) -> list[tuple[str, str, str]]:
        """The same for what no dictionary takes apart: a front that surely translates the word before the term, and the
        rest."""
        before = occurrence.near[: occurrence.middle][-1:]
        if "-" in word or primary_subtag(self._lang) not in COMPOUNDING or not before or not self._morphology or (
            self._morphology.split(word)
        ):
            return []
        fronts = {word[:i]: self._translates(before, word[:i]) for i in range(_PART, len(word) - _PART)}
        best = max(fronts, key=lambda front: fronts[front], default="")
        return [(best, word[len(best) :], "")] if best and fronts[best] > _SURE else []

    def _pieces(self, word: str) -> set[str]:
        """The parts of a compound as words."""
        return {piece.strip("-") for front, old, back in self._splits(word)
                for piece in (self._bare(front), self._bare(old) if back else old, back) if piece}  # fmt: skip

    def _bare(self, front: str) -> str:
        """A compound's front without its linking element."""
        bare = front.strip("-")
        base_of = getattr(self._morphology, "front_base", None)
        return base_of(bare) or bare if base_of and bare and bare == front else bare

    def _translates(self, source_words: Sequence[str], word: str) -> float:
        """How surely a target word translates one of these source words, 0…1."""
        best = float(_is_cognate(source_words, word))
        for source_word in source_words:
            if self._lexicon is not None:
                forms = (word, word[:1].upper() + word[1:])
                best = max(best, *(max(self._lexicon.translation(source_word, form)) for form in forms))
        return best

    def _is_usual(self, source_words: Sequence[str], word: str) -> bool:
        """Whether a word that passes for a function word is hardly ever anything but the term's translation: uso."""
        forth, back = self._shares(source_words, word) if len(source_words) == 1 and word.isalpha() else (0.0, 0.0)
        return min(forth, back) > _KNOWN and (back > _USUAL or forth + back > 1)

    def _renders(self, source_words: Sequence[str], word: str) -> float:
        """The same, a compound by the worst of its parts."""
        best = self._translates(source_words, word)
        for front, head in self._morphology.split(word)[:_LIKELY] if self._morphology is not None else ():
            parts = self._bare(front), head.lstrip("-")
            best = max(best, min(self._translates(source_words, part) for part in parts))
        return best

    def _covers(self, source_words: Sequence[str], word: str) -> bool:
        """Whether a word is a compound of just the term's words, each translated by a part of its own, in order."""
        if self._morphology is None or len(source_words) < 2:
            return False
        for front, head in self._morphology.split(word)[:_SPLITS]:
            parts = self._bare(front), head.lstrip("-")
            halves = ((source_words[:i], source_words[i:]) for i in range(1, len(source_words)))
            if any(all(map(self._is_whole, sides, parts)) for sides in halves):
                return True
        return False

    def _half_covers(self, draft: AlignedDraft, occurrence: _Occurrence, word: str) -> bool:
        """Whether one part of a compound translates one of a term's two words, and nobody knows the other part as a
        translation of anything else: Datenlieferant for "data provider"."""
        if self._morphology is None or len(occurrence.words) != 2:
            return False
        elsewhere = [draft.source_word(i) for i in range(len(draft.ours)) if i not in occurrence.columns]
        first, second = ([each] for each in occurrence.words)
        for front, head in self._morphology.split(word)[:_LIKELY]:
            parts = self._bare(front), head.lstrip("-")
            shares = self._translates(first, parts[0]), self._translates(second, parts[1])
            free = parts[shares.index(min(shares))]
            if max(shares) > _SURE and self._renders(elsewhere, free) < _ELSEWHERE:
                return True
        return False

    def _is_whole(self, source_words: Sequence[str], word: str) -> bool:
        """Whether a word, or a compound's part, translates just these words."""
        if len(source_words) == 1:
            return self._translates(source_words, word) > _KNOWN
        return self._covers(source_words, word)

    def _phrase(self, draft: AlignedDraft, term: Term, place: _DraftSpan, source: SourceNoun) -> TermContext:
        before, after = self._around(draft, place.first, -1), self._following(draft, place.last - 1)
        return TermContext(term.target, (place.old,), tuple(before), tuple(after), source.number, place.affixes,
                           term.forms, source.has_determiner, source.is_verb)  # fmt: skip

    @staticmethod
    def _around(draft: AlignedDraft, place: int, step: int) -> list[str]:
        """The words next to a place up to a mark, in reading order."""
        words: list[str] = []
        k = place + step
        while 0 <= k < len(draft.theirs) and len(words) < _NEAR and draft.target_word(k)[0].isalnum():
            words.append(draft.target_word(k))
            k += step
        return words[::step]

    def _following(self, draft: AlignedDraft, place: int) -> list[str]:
        """The words behind a place; a comma and the two words after it where no other follows."""
        words = self._around(draft, place, 1)
        comma = place + 1 + len(words)
        is_clause = len(words) < 2 and comma + 1 < len(draft.theirs) and draft.target_word(comma) == ","
        return [*words, ",", *self._around(draft, comma, 1)[:2]] if is_clause else words

    def _spliced(
        self, draft: AlignedDraft, term: Term, place: _DraftSpan, phrase: TermContext, wording: Wording
    ) -> _Splice:
        same = _common(phrase.before, wording.before)
        changed = len(phrase.before) - same
        start = draft.theirs[place.first - changed][0]
        end = draft.theirs[place.last - 1][1]
        form = wording.form
        if not place.affixes[0]:
            is_first = place.first == 0 or draft.target_word(place.first - 1) in _ENDS
            old = draft.target[draft.theirs[place.first][0] : end]
            is_german = primary_subtag(self._lang) == "de"  # where a capital is no label's
            if not is_german and old[:1].islower() and form[1:].islower() and not term.case_sensitive:
                form = form[:1].lower() + form[1:]  # a heading's entry within a sentence
            form = like(form, old, is_first and not changed, None if is_german else self._lexicon)
        text = " ".join([*wording.before[same:], form])
        common_end = _common(phrase.after[::-1], wording.after[::-1])
        trail = len(phrase.after) - common_end
        new_words = wording.after[: len(wording.after) - common_end]
        if new_words or trail:
            end = draft.theirs[place.last - 1 + trail][1] if trail else end
            text = " ".join([text, *new_words]).replace(" ,", ",")
        words = tuple(range(place.first - changed, place.last + trail))
        return start, end, text, words, wording

    def _features(
        self, draft: AlignedDraft, term: Term, place: _DraftSpan, wording: Wording, occurrence: _Occurrence
    ) -> tuple[float, ...]:
        rows, columns = list(range(place.first, place.last)), list(occurrence.columns)
        is_part = any(place.affixes)
        total = max(float(draft.links[:, columns].sum()), 0.3)
        link = float(draft.links[np.ix_(rows, columns)].sum())
        used = {*rows, *draft.fixed, *draft.empty}
        others = [k for k in range(len(draft.theirs)) if k not in used]
        elsewhere = [max((float(draft.links[k, i]) for k in others), default=0.0) for i in columns]
        uncovered = max(elsewhere if len(columns) > 1 else [0.0])
        best_other = max((float(draft.links[k, columns].sum()) for k in others), default=0.0)
        word = place.old if is_part else draft.target_word(place.head)
        thin = sum(max(0.0, 1 - 3 * float(draft.links[rows, i].max())) for i in columns) if len(columns) > 1 else 0.0
        forth, back = self._shares(occurrence.words, word)
        if self._covers(occurrence.words, word) or _is_alike(word, term.target):
            # links go from word to word: a compound gets one of several
            forth, back, thin, uncovered = 1.0, 1.0, 0.0, 0.0
        elif self._half_covers(draft, occurrence, word):
            thin = uncovered = 0.0
        elif not is_part and max(forth, back) < _KNOWN:
            forth = self._renders(occurrence.words, word)
        is_name = all(word.isupper() and len(word) > 3 for word in occurrence.words) and not draft.source.isupper()
        is_copied_name = _is_name(draft, occurrence) and place.old in occurrence.words
        is_lost = is_copied_name or is_part and _is_copy(draft, rows) or _is_doubled(draft, term, rows)
        is_lost = is_lost or not is_part and self._is_half(draft, place, occurrence)
        lost = _FOREIGN * is_lost if is_lost or is_part else self._lost(draft, rows, link, occurrence)
        loose = self._loose(draft, occurrence.columns) if not is_part else []
        loose = loose if place.head in loose else []
        crowd = max(0.0, (len(loose) - 1) / 2) if self._morphology is None and max(forth, back) < _KNOWN else 0.0
        is_guess = link / total < _ELSEWHERE and forth < _KNOWN  # nothing speaks for a part but its place
        certainty, wrong = (wording.certainty, 0.0) if self._morphology is not None else (1.0, 1 - wording.certainty)
        return (link / total, forth, back, lost, uncovered, thin, (link - best_other) / total, certainty,
                len(wording.doubts) + 2.0 * is_name, place.evidence / (1 + is_guess) if is_part else 0.0,
                float(max(0, len(rows) - len(columns) - 1)), float("attested" in wording.doubts),
                1 / len(loose) if loose else 0.0, wrong, self._strangeness(draft, rows), crowd)  # fmt: skip

    def _strangeness(self, draft: AlignedDraft, rows: Sequence[int]) -> float:
        """The share of a draft's other words that nobody knows, but for one: of a draft that is no language, nothing is
        certain."""
        source = {draft.source_word(i).casefold() for i in range(len(draft.ours))}
        rest = [draft.target_word(k) for k in range(len(draft.theirs)) if k not in rows]
        # what has a capital may be a name
        long = [word for word in rest if len(word) > _SHORT and word.isalpha() and word.islower()]
        return max(0, sum(word not in source and self._is_strange(word) for word in long) - 1) / max(1, len(long))

    def _is_strange(self, word: str) -> bool:
        """Whether neither corpus nor dictionary has a word; what nobody can tell is not strange."""
        is_seen = self._lexicon is None or self._lexicon.fluency.count(word) > 0
        return not is_seen and is_known(word, self._lang) is False

    def _lost(self, draft: AlignedDraft, rows: Sequence[int], link: float, occurrence: _Occurrence) -> float:
        """How much of what goes stands for other words of the source: by links, or as a compound's part."""
        if len(rows) == 1 and self._covers(occurrence.words, draft.target_word(rows[0])):
            return _FOREIGN * _is_copy(draft, rows)
        lost = max(0.0, float(draft.links[[k for k in rows if k not in draft.empty]].sum()) - link)
        is_guess = link < _WEAK and self._renders(occurrence.words, draft.target_word(rows[-1])) < _KNOWN
        if _is_copy(draft, rows) or self._is_orphaned(draft, rows, occurrence, is_guess):
            lost = max(lost, _FOREIGN)
        for word in (draft.target_word(k) for k in rows) if self._morphology is not None else ():
            splits = [*self._splits(word), *self._halves(word, occurrence)]
            parts = {each for front, old, back in splits for each in (self._bare(front), old, back) if each}
            spare = [part.strip("-") for part in parts if self._renders(occurrence.words, part.strip("-")) < _KNOWN]
            theirs = max((self._translates(occurrence.near, part) for part in spare), default=0.0)
            lost = max(lost, theirs, 0.4 * ("-" in word and bool(spare)))
            if any(self._is_other_half(draft, rows, occurrence, part) for part in spare) or (
                self._is_anothers(draft, occurrence, word, spare)) or (
                self._is_more(draft, occurrence, word, parts)
            ):
                lost = _FOREIGN
        return lost

    def _is_orphaned(
        self, draft: AlignedDraft, rows: Sequence[int], occurrence: _Occurrence, is_guess: bool
    ) -> bool:
        """Whether a long word goes that may be a compound with a word beside the term, which stands nowhere else;
        is_guess: nothing but its place speaks for it, so that it need not be long."""
        word = draft.target_word(rows[0])
        if len(rows) > 1 or word[0].islower() or self._morphology is None or self._is_all(occurrence, word):
            return False
        if len(word) < _LONG and not (is_guess and len(word) >= _MIDDLING and self._morphology.split(word)):
            return False
        others = [k for k in range(len(draft.theirs)) if k not in rows]
        for i in (occurrence.columns[0] - 1, occurrence.columns[-1] + 1):
            near = draft.source_word(i) if 0 <= i < len(draft.ours) else ""
            if len(near) > 2 + (not is_guess) and near.isalpha() and self._is_content(near):
                if fuzz.ratio(near.casefold(), word[: len(near)].casefold()) >= _COGNATE:
                    return True  # Privilegietypen: a compound that nobody can take apart
                stands = max((float(draft.links[k, i]) for k in others), default=0.0)
                if stands < _BESIDE and self._is_missing(draft, near, others):
                    return True
        return False

    def _is_more(self, draft: AlignedDraft, occurrence: _Occurrence, word: str, parts: Iterable[str]) -> bool:
        """Whether a part of a compound alone is the usual translation of a term of one word, which the compound is
        much less often, nor that of a word that is not beside it."""
        elsewhere = [draft.source_word(i) for i in range(len(draft.ours)) if i not in occurrence.columns]
        elsewhere = [each for each in elsewhere if each not in (*occurrence.near, *occurrence.words)]
        if len(occurrence.words) != 1 or self._translates(elsewhere, word) > _KNOWN:
            return False
        least = max(_SURE, _RARER * self._shares(occurrence.words, word)[0])
        return any(self._shares(occurrence.words, part)[0] > least
                   for part in parts if part and len(word) - len(part) >= _PART)  # fmt: skip

    def _is_anothers(
        self, draft: AlignedDraft, occurrence: _Occurrence, word: str, parts: Iterable[str]
    ) -> bool:
        """Whether a part of a compound is another source word's usual translation, and the compound not the term's."""
        others = [draft.source_word(i) for i in range(len(draft.ours)) if i not in occurrence.columns]
        return not self._is_all(occurrence, word) and any(
            min(self._shares([each], part)) > _SURE
            for part in parts if len(part) >= _PART for each in others if each not in occurrence.words)  # fmt: skip

    def _is_other_half(
        self, draft: AlignedDraft, rows: Collection[int], occurrence: _Occurrence, part: str
    ) -> bool:
        """Whether a compound's part surely translates a word beside the term that stands nowhere else in the draft."""
        others = [k for k in range(len(draft.theirs)) if k not in rows]
        return any(self._translates([near], part) > _ELSEWHERE and self._is_missing(draft, near, others)
                   for near in occurrence.near)  # fmt: skip

    def _is_half(self, draft: AlignedDraft, place: _DraftSpan, occurrence: _Occurrence) -> bool:
        """Whether a word that nobody knows as the term's translation has one behind it that stands for nothing: the
        rest of what translates the term, as in "punto final"."""
        if len(occurrence.words) > 1 or max(self._shares(occurrence.words, draft.target_word(place.head))) > _KNOWN:
            return False
        is_german = primary_subtag(self._lang) == "de"  # where only a noun behind a noun may belong to it
        return any(k == place.last and (not is_german or draft.target_word(k)[0].isupper())
                   for k in self._loose(draft, occurrence.columns))  # fmt: skip

    def _is_missing(self, draft: AlignedDraft, source: str, rows: Iterable[int]) -> bool:
        """Whether the source has a word more often than these words of the draft, or parts of them, translate it."""
        uses = sum(draft.source_word(i) == source for i in range(len(draft.ours)))
        return uses > sum(self._renders([source], draft.target_word(k)) >= _KNOWN for k in rows)

    def _is_content(self, source: str) -> bool:
        """Whether a source word is more than a function word, by its usual translation."""
        row = self._lexicon.links.get(lemma(source, self._source_lang), {}) if self._lexicon else {}
        usual = max(row, key=lambda word: row[word], default="")
        return self._lexicon is None or usual not in self._lexicon.fluency.function_words

    def _shares(self, source_words: Sequence[str], word: str) -> tuple[float, float]:
        """How often the lexicon has the word as a translation of the term's, and the other way round."""
        if _is_cognate(source_words, word):
            return 1.0, 1.0
        forms = (word, word[:1].upper() + word[1:])
        if self._lexicon is None:
            return 0.0, 0.0
        pairs = [self._lexicon.translation(source_word, form) for source_word in source_words for form in forms]
        return max((there for there, _ in pairs), default=0.0), max((here for _, here in pairs), default=0.0)


def _occurrence(draft: AlignedDraft, inside: Sequence[int], surface: str) -> _Occurrence:
    words = [part for part in re.split(r"[\s-]+", surface) if part]
    known = {word.casefold() for word in words}
    first, last = min(inside, default=0), max(inside, default=-1)
    near: list[list[str]] = [[], []]
    for i in range(max(0, first - _NEIGHBOURS), min(len(draft.ours), last + _NEIGHBOURS + 1)):
        parts = draft.source_word(i).split("-")
        own = next((n for n, part in enumerate(parts) if part.casefold() in known), len(parts)) if i in inside else 0
        for n, part in enumerate(parts):
            if (i not in inside or part.casefold() not in known) and len(part) > 2 and part[0].isalpha():
                near[i > last or i in inside and n > own].append(part)
    return _Occurrence(tuple(inside), tuple(words), (*near[0], *near[1]), len(near[0]))


def _is_cognate(source_words: Iterable[str], word: str) -> bool:
    return len(word) > 2 and any(fuzz.ratio(each.casefold(), word.casefold()) >= _COGNATE for each in source_words)


def _is_form(word: str, term: str) -> bool:
    """Whether a word looks like a form of a term of one word: the same but for an ending."""
    same = _common(word.casefold(), term.casefold())
    return same >= max(4, len(term) - 2) and same >= len(word) - 3 and word.casefold() != term.casefold()


def _tail(draft: AlignedDraft, term: Term, last: int) -> int:
    """How many words before a place belong to it because they end as the term does but for its head: área de trabajo →
    espacio de trabajo; 0 where no more than one word is the same."""
    tail = [word.casefold() for word in term.target.split()[1:]]
    start = last - len(tail)
    same = [draft.target_word(k).casefold() for k in range(start, last)] if start > 0 else []
    return len(tail) + 1 if len(tail) > 1 and same == tail and start - 1 not in draft.empty else 0


def _is_name(draft: AlignedDraft, occurrence: _Occurrence) -> bool:
    """Whether an occurrence has capitals within a source that writes most words small."""
    others = [draft.source_word(i) for i in range(1, len(draft.ours)) if i not in occurrence.columns]
    small = sum(word[:1].islower() for word in others)
    return 0 not in occurrence.columns and all(word[:1].isupper() for word in occurrence.words) and (
        small > len(others) / 2)  # fmt: skip


def _begins_or_ends(term: str, front: str, back: str) -> bool:
    folded = term.casefold()
    return bool(front) and folded.startswith(front.casefold()) or bool(back) and folded.endswith(back.casefold())


def _is_alike(word: str, term: str) -> bool:
    """Whether a word of the draft is a slip of the pen, or a near relative, of a long term of one word."""
    return " " not in term and len(term) >= _LONG and fuzz.ratio(word.casefold(), term.casefold()) >= _COGNATE


def _is_doubled(draft: AlignedDraft, term: Term, rows: Sequence[int]) -> bool:
    """Whether another word of a term of several stands right behind its place already: conexiones de red a redes …"""
    tail = {word.casefold().rstrip("s") for word in term.target.split()[1:] if len(word) > _SHORT - 1}
    goes = {draft.target_word(k).casefold().rstrip("s") for k in rows}
    after = range(rows[-1] + 1, min(rows[-1] + 1 + _BEHIND, len(draft.theirs)))
    behind = (draft.target_word(k) for k in after if k not in draft.empty)
    return any(word.casefold().removesuffix("es").rstrip("s") in tail - goes and word.isalpha() for word in behind)


def _is_copy(draft: AlignedDraft, rows: Sequence[int]) -> bool:
    """Whether words stand in the source as well, and so does one beside them or they are joined of several: a name, or
    a text that nobody translated."""
    copied = {draft.source_word(i) for i in range(len(draft.ours))}
    target_words = [draft.target_word(k) for k in range(len(draft.theirs))]
    sides = target_words[max(0, rows[0] - 2) : rows[0]][::-1], target_words[rows[-1] + 1 : rows[-1] + 3]
    beside = [next((word for word in side if word[0].isalnum()), "") for side in sides]  # "Colors/Exposure"
    words = [draft.target_word(k) for k in rows]
    return all(word in copied for word in words) and any(
        [*(not word.isalnum() for word in words), *(word in copied and len(word) > 2 for word in beside)])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
