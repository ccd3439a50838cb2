"""Put accepted forms into a target and let their neighbours agree, as the lexicon's fluency judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TypeVar

from mtpipe import inflect
from mtpipe.editors.slots import Slot
from mtpipe.fluency import EDGE
from mtpipe.lemmas import lemma
from mtpipe.lexicon import Lexicon
from mtpipe.words import spans, words

T = TypeVar("T")
# log-odds that a change must win by: a function word lightly, an open one only on strong evidence, and a form of
# the term that bends otherwise than the words it replaces hardly ever
FUNCTION, OPEN, ODD = 1.5, 3.0, 4.0
CONTEXT = 2
MOST_FORMS, MOST_FUNCTION, MOST_OPEN = 4, 7, 4


class Agreement:
    """Chooses forms and neighbours; without a lexicon the term comes as the glossary has it."""

    def __init__(self, lexicon: Lexicon | None):
        self._lexicon = lexicon if lexicon is not None and lexicon.fluency else None
        self._fused = _contractions(self._lexicon) if self._lexicon else {}
        self._spread = {fused: pair for pair, fused in self._fused.items()}

    def rewrite(self, target: str, slots: Sequence[Slot], agree: bool) -> str:
        """target with each slot's words replaced; slots are disjoint, left to right. agree: neighbours may change."""
        read = spans(target)
        for slot in reversed(slots):
            target = self._replaced(target, read, slot, agree)
        return target

    def _replaced(self, target: str, read: Sequence[tuple[int, int]], slot: Slot, agree: bool) -> str:
        before = [target[start:end] for start, end in read[max(0, slot.first - 5) : slot.first]]
        old = [target[start:end] for start, end in read[slot.first : slot.last]]
        start = read[slot.first][0] if slot.first < len(read) else len(target)
        end = read[slot.last - 1][1] if old else start
        after = words(target[end : end + 200])
        is_first = not before or before[-1] in ".!?:…"
        if not agree or self._lexicon is None:
            form = inflect.like(slot.term.target, " ".join(old), is_first, self._lexicon)
            return _spliced(target, start, end, form)
        lead, form, trail = self._best(slot, old, before, after)
        form = inflect.like(form, " ".join(old), is_first, self._lexicon)
        if trail:
            last = end + spans(target[end : end + 200])[0][1]
            form, end = form + target[end : last - len(after[0])] + trail, last
        if lead:
            changed, new = lead
            start = read[slot.first - changed][0]
            form = " ".join([*new, form])
        return _spliced(target, start, end, form)

    def _best(
        self, slot: Slot, old: Sequence[str], before: Sequence[str], after: Sequence[str]
    ) -> tuple[tuple[int, list[str]] | None, str, str]:
        """((how many words before change, what they become) or None, form, the word after if it changes or "")."""
        assert self._lexicon is not None
        near, context = list(before[-3:]), ([EDGE, EDGE, *before[:-3]])[-CONTEXT:]
        leads = list(self._leads(near)) if old else [(near, 0.0)]
        trails = [(word, cost) for word, cost in self._alternatives(after[0])] if old and after else [("", 0.0)]
        beyond = [*after[1:], EDGE, EDGE][:CONTEXT] if after else [EDGE]
        score = self._lexicon.fluency.score
        tail = [*after[:1], *beyond]
        found = []
        for form, odd in self._forms(slot, old):
            inner = words(form)
            lead, gain = _fitting(leads, lambda near: score([*context, *near, *inner, *tail]),
                                  lambda near: score([*context, *near, *old, *tail]))
            edge, was = [*context, *lead, *inner][-CONTEXT:], [*context, *near, *old][-CONTEXT:]
            trail, more = _fitting(trails, lambda word: score([*edge, *filter(None, [word]), *beyond]),
                                   lambda word: score([*was, *filter(None, [word]), *beyond]))
            # neighbours count by how much better they fit, so that they can't sell a form that reads well by itself
            value = score([*context, *near, *inner, *tail]) - ODD * odd + gain + more
            found.append((value, lead, form, trail))
        _, lead, form, trail = max(found, key=lambda item: item[0])
        trail = "" if not trail or not after or trail == after[0] else trail
        if lead == near:
            return None, form, trail
        return (len(near), [inflect.like(lead[0], near[0], True, None), *lead[1:]]), form, trail

    def _forms(self, slot: Slot, old: Sequence[str]) -> list[tuple[str, float]]:
        assert self._lexicon is not None
        term = slot.term
        listed = [(form, 1.0) for form in term.forms]
        if term.case_sensitive or not old:
            return [(term.target, 0.0), *listed][:MOST_FORMS]
        return (inflect.variants(term.target, old, slot.is_bent, self._lexicon)[:MOST_FORMS] + listed)[: 2 * MOST_FORMS]

    def _leads(self, near: Sequence[str]) -> Iterator[tuple[list[str], float]]:
        """The words before in every agreeing guise, with its cost; contractions come apart and are made anew."""
        yield list(near), 0.0
        apart = [part for word in near for part in self._spread.get(word.casefold(), (word,))]
        fixed, loose = apart[:-2], apart[-2:]
        options = [self._alternatives(word) for word in loose]
        for choice in product(*options):
            changed = [a != b for (a, _), b in zip(choice, loose)]
            if not any(changed) or (changed[0] and not changed[-1] and not self._is_chain(loose)):
                continue
            yield self._joined([*fixed, *(word for word, _ in choice)]), sum(cost for _, cost in choice)

    def _is_chain(self, loose: Sequence[str]) -> bool:
        """An article may change over an adjective that stays ("la gran …"), nothing over a preposition."""
        assert self._lexicon is not None
        function = self._lexicon.fluency.function_words
        return loose[0].casefold() in function and loose[-1].casefold() not in function

    def _joined(self, read: Sequence[str]) -> list[str]:
        made: list[str] = []
        for word in read:
            fused = self._fused.get((made[-1].casefold(), word.casefold())) if made else None
            if fused:
                made[-1] = inflect.like(fused, made[-1], True, None)
            else:
                made.append(word)
        return made

    def _alternatives(self, word: str) -> list[tuple[str, float]]:
        """The word at no cost, then its other forms."""
        if not word.isalpha() or self._lexicon is None:
            return [(word, 0.0)]
        if word.casefold() in self._lexicon.fluency.function_words:
            return [(form, FUNCTION * (form != word)) for form in inflect.forms(word, self._lexicon)[:MOST_FUNCTION]]
        near = [form for form in inflect.forms(word, self._lexicon) if abs(len(form) - len(word)) <= 1]
        return [(form, OPEN * (form != word)) for form in near[:MOST_OPEN]]


def _fitting(
    choices: Sequence[tuple[T, float]], new: Callable[[T], float], old: Callable[[T], float]
) -> tuple[T, float]:
    """The choice that goes best with the new words, and its gain; choices are (value, cost), the first one stays
    unless another wins by its cost, both as such and against how it went with the old words: what would always have
    read better is none of our business."""
    stay = choices[0][0]
    base, before = new(stay), old(stay)
    gains = [min(gain := new(value) - base, gain - (old(value) - before)) - cost for value, cost in choices]
    best = max(range(len(choices)), key=lambda i: (gains[i], -i))
    return (choices[best][0], gains[best]) if gains[best] > 0 else (stay, 0.0)


def _spliced(target: str, start: int, end: int, text: str) -> str:
    """text in place of target[start:end], set off by spaces where words would run together."""
    left = " " if _runs_on(target[:start][-1:], text[:1]) else ""
    right = " " if _runs_on(text[-1:], target[end : end + 1]) else ""
    return target[:start] + left + text + right + target[end:]


def _runs_on(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and len(words(left + right)) == 1


def _contractions(lexicon: Lexicon) -> dict[tuple[str, str], str]:
    """(de, el) → del and their like: two frequent words hardly ever seen in a row, and a third made of both.

    The second must be one form of several (an article): those are what agreement exchanges.
    """
    fluency, lang = lexicon.fluency, lexicon.target_lang
    frequent = fluency.function_words
    families = {word: lemma(word, lang) for word in frequent}
    articles = [word for word in frequent
                if sum(other == families[word] for other in families.values()) >= 3]
    found = {}
    for first, second in product(sorted(frequent), sorted(articles)):
        expected = fluency.count(first) * fluency.count(second) / max(fluency.count(), 1)
        if expected < 50 or fluency.count(first, second) > 0.05 * expected or families[first] == families[second]:
            continue
        for word in frequent:
            if _is_contraction(word, first, second) and families[word] not in (families[first], families[second]):
                found[first, second] = word
    made = set(found.values())
    return {pair: word for pair, word in found.items() if pair[0] not in made}


def _is_contraction(word: str, first: str, second: str) -> bool:
    """Begins as the first, ends as the second, shorter than both, and no letter from elsewhere, in order."""
    if not (word[0] == first[0] and word[-1] == second[-1] and 1 < len(word) < len(first) + len(second)):
        return False
    if len(first) > 3:
        return False
    letters = iter(first + second)
    return all(letter in letters for letter in word)
