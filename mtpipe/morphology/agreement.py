"""Put accepted forms into a target and let their neighbours agree, as the lexicon's fluency judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.alignment.ngram_lm import EDGE
from mtpipe.alignment.term_slots import TermSlot
from mtpipe.languages.lemmatization import lemma
from mtpipe.languages.tokenization import spans, words
from mtpipe.morphology import inflection

_Rating = Callable[[Sequence[str]], float]
# log-odds that a change must win by: a function word lightly, an open one only on strong evidence, and a form of
# the term that bends otherwise than the words it replaces hardly ever
FUNCTION, OPEN, ODD = 1.5, 3.0, 4.0
CONTEXT = 2
MOST_FORMS, MOST_FUNCTION, MOST_OPEN = 4, 7, 4


@dataclass(frozen=True, slots=True)
class Rewording:
    """A text with a term in it; form: the term's; has_neighbours: whether words beside it changed as well."""

    text: str
    form: str
    has_neighbours: bool


class Agreement:
    """Chooses forms and neighbours; without a lexicon the term comes as the glossary has it."""

    def __init__(self, lexicon: Lexicon | None):
        self._lexicon = lexicon

    @cached_property
    def _fused(self) -> dict[tuple[str, str], str]:
        return _contractions(self._lexicon) if self._lexicon else {}

    @cached_property
    def _spread(self) -> dict[str, tuple[str, str]]:
        return {fused: pair for pair, fused in self._fused.items()}

    def rewrite(self, target: str, slots: Sequence[TermSlot], agree: bool) -> str:
        """target with each slot's words replaced; slots are disjoint, left to right. agree: neighbours may change."""
        word_spans = spans(target)
        for slot in reversed(slots):
            target = self._replaced(target, word_spans, slot, agree).text
        return target

    def reword(self, target: str, slot: TermSlot) -> Rewording:
        """The same for one slot, its neighbours agreeing, with what became of the term."""
        return self._replaced(target, spans(target), slot, True)

    def _replaced(self, target: str, word_spans: Sequence[tuple[int, int]], slot: TermSlot, agree: bool) -> Rewording:
        before = [target[start:end] for start, end in word_spans[max(0, slot.first - 5) : slot.first]]
        old = [target[start:end] for start, end in word_spans[slot.first : slot.last]]
        start = word_spans[slot.first][0] if slot.first < len(word_spans) else len(target)
        end = word_spans[slot.last - 1][1] if old else start
        after = words(target[end : end + 200])
        is_first = not before or before[-1] in ".!?:…"
        if not agree or self._lexicon is None:
            form = inflection.like(slot.term.target, " ".join(old), is_first, self._lexicon)
            return Rewording(_spliced(target, start, end, form), form, False)
        lead, form, trail = self._best(slot, old, before, after)
        form = inner = inflection.like(form, " ".join(old), is_first, self._lexicon)
        if trail:
            last = end + spans(target[end : end + 200])[0][1]
            form, end = form + target[end : last - len(after[0])] + trail, last
        if lead:
            changed, new = lead
            start = word_spans[slot.first - changed][0]
            form = " ".join([*new, form])
        return Rewording(_spliced(target, start, end, form), inner, bool(lead or trail))

    def _best(
        self, slot: TermSlot, old: Sequence[str], before: Sequence[str], after: Sequence[str]
    ) -> tuple[tuple[int, list[str]] | None, str, str]:
        """((how many words before change, what they become) or None, form, the word after if it changes or "")."""
        assert self._lexicon is not None
        near, context = list(before[-3:]), ([EDGE, EDGE, *before[:-3]])[-CONTEXT:]
        leads = list(self._leads(near)) if old else [_Choice(near)]
        trails = self._trails(after[0]) if old and after else [_Choice([])]
        beyond = [*after[1:], EDGE, EDGE][:CONTEXT] if after else [EDGE]
        score = self._lexicon.fluency.score
        tail = [*after[:1], *beyond]
        options = []
        for form, odd in self._forms(slot, old):
            inner = words(form)
            lead, gain = _fitting(leads, lambda near: score([*context, *near, *inner, *tail]),
                                  lambda near: score([*context, *near, *old, *tail]))
            edge, was = [*context, *lead, *inner][-CONTEXT:], [*context, *near, *old][-CONTEXT:]
            trail, more = _fitting(trails, lambda next_: score([*edge, *next_, *beyond]),
                                   lambda next_: score([*was, *next_, *beyond]))
            # neighbours count by how much better they fit, so that they can't sell a form that reads well by itself
            value = score([*context, *near, *inner, *tail]) - ODD * odd + gain + more
            options.append((value, lead, form, trail))
        _, lead, form, trail = max(options, key=lambda item: item[0])
        changed = trail[0] if trail and trail[0] != after[0] else ""
        if lead == near:
            return None, form, changed
        # what stays in front keeps its own spacing: "(la" must not become "( el"
        same = next((i for i, (a, b) in enumerate(zip(near, lead)) if a != b), min(len(near), len(lead)))
        first = inflection.like(lead[same], near[same], True, None)
        return (len(near) - same, [first, *lead[same + 1 :]]), form, changed

    def _forms(self, slot: TermSlot, old: Sequence[str]) -> list[tuple[str, float]]:
        assert self._lexicon is not None
        term = slot.term
        listed = [(form, 1.0) for form in term.forms]
        if term.case_sensitive or not old:
            return [(term.target, 0.0), *listed][:MOST_FORMS]
        return (inflection.variants(term.target, old, slot.is_bent, self._lexicon)[:MOST_FORMS] + listed)[
            : 2 * MOST_FORMS
        ]

    def _leads(self, near: Sequence[str]) -> Iterator[_Choice]:
        """The words before in every agreeing guise; contractions come apart and are made anew."""
        yield _Choice(list(near))
        apart = [part for word in near for part in self._spread.get(word.casefold(), (word,))]
        fixed, loose = apart[:-2], apart[-2:]
        for choice in product(*(self._alternatives(word) for word in loose)):
            costs = tuple(cost for _, cost in choice)
            if not any(costs) or (costs[0] and not costs[-1] and not self._is_chain(loose)):
                continue
            yield _Choice(self._joined([*fixed, *(word for word, _ in choice)]), tuple(w for w, _ in choice), costs)

    def _trails(self, word: str) -> list[_Choice]:
        return [_Choice([form], (form,) if cost else (), (cost,) if cost else ())
                for form, cost in self._alternatives(word)]

    def _is_chain(self, loose: Sequence[str]) -> bool:
        """An article may change over an adjective that stays ("la gran …"), nothing over a preposition or a mark."""
        assert self._lexicon is not None
        function = self._lexicon.fluency.function_words
        return loose[0].casefold() in function and loose[-1].isalpha() and loose[-1].casefold() not in function

    def _joined(self, parts: Sequence[str]) -> list[str]:
        joined: list[str] = []
        for word in parts:
            fused = self._fused.get((joined[-1].casefold(), word.casefold())) if joined else None
            if fused:
                joined[-1] = inflection.like(fused, joined[-1], True, None)
            else:
                joined.append(word)
        return joined

    def _alternatives(self, word: str) -> list[tuple[str, float]]:
        """The word at no cost, then its other forms."""
        if not word.isalpha() or self._lexicon is None:
            return [(word, 0.0)]
        if word.casefold() in self._lexicon.fluency.function_words:
            return [(form, FUNCTION * (form != word)) for form in inflection.forms(word, self._lexicon)[:MOST_FUNCTION]]
        near = [form for form in inflection.forms(word, self._lexicon) if abs(len(form) - len(word)) <= 1]
        return [(form, OPEN * (form != word)) for form in near[:MOST_OPEN]]


@dataclass(frozen=True, slots=True)
class _Choice:
    """words as they would stand; forms and costs of those that may change, () and () where all stay."""

    words: list[str]
    forms: tuple[str, ...] = ()
    costs: tuple[float, ...] = ()


def _fitting(choices: Sequence[_Choice], new: _Rating, old: _Rating) -> tuple[list[str], float]:
    """The words that go best with the new words of the term, and their gain; the first choice stays unless another
    wins by its cost, both as such and against how it went with the old words: what would always have read better is
    none of our business. So is a word that only comes along with one that must change."""
    stay = choices[0].words
    base, before = new(stay), old(stay)
    gains = [new(choice.words) - base for choice in choices]
    against = [gain - (old(choice.words) - before) for gain, choice in zip(gains, choices)]
    known = {choice.forms: value for choice, value in zip(choices, against)}
    best, best_gain = stay, 0.0
    for choice, gain, relative in zip(choices, gains, against):
        net = min(gain, relative) - sum(choice.costs)
        if net > best_gain and all(relative - rest > cost for cost, rest in _without(choice, choices, known)):
            best, best_gain = choice.words, net
    return best, best_gain


def _without(
    choice: _Choice, choices: Sequence[_Choice], known: dict[tuple[str, ...], float]
) -> Iterator[tuple[float, float]]:
    """For each changed word of several its cost, and the relative gain of the same choice with that word as it was."""
    if sum(cost > 0 for cost in choice.costs) < 2:
        return
    unchanged = {
        i: form for other in choices for i, (form, cost) in enumerate(zip(other.forms, other.costs)) if not cost
    }
    for i, cost in enumerate(choice.costs):
        restored = (*choice.forms[:i], unchanged.get(i, choice.forms[i]), *choice.forms[i + 1 :])
        if cost and restored in known and restored != choice.forms:
            yield cost, known[restored]


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
    contractions = {}
    for first, second in product(sorted(frequent), sorted(articles)):
        expected = fluency.count(first) * fluency.count(second) / max(fluency.count(), 1)
        if expected < 50 or fluency.count(first, second) > 0.05 * expected or families[first] == families[second]:
            continue
        for word in frequent:
            if _is_contraction(word, first, second) and families[word] not in (families[first], families[second]):
                contractions[first, second] = word
    fused = set(contractions.values())
    return {pair: word for pair, word in contractions.items() if pair[0] not in fused}


def _is_contraction(word: str, first: str, second: str) -> bool:
    """Begins as the first, ends as the second, shorter than both, and no letter from elsewhere, in order."""
    if not (word[0] == first[0] and word[-1] == second[-1] and 1 < len(word) < len(first) + len(second)):
        return False
    if len(first) > 3:
        return False
    letters = iter(first + second)
    return all(letter in letters for letter in word)
