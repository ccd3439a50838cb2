"""Examples changed into what corpora lack and users' texts hold: titles and text in capitals, sentences without their
end mark, slips of the keyboard, numbers and identifiers never seen before, placeholders in their stead.

As in the training of the students of the Bergamot project; here the word links of a pair go along.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from mtpipe.document import inline_codes
from mtpipe.languages.tags import primary_subtag
from mtpipe.languages.tokenization import spans, words
from mtpipe.training.material import AlignedPair

PLACEHOLDERS = ("%s", "%d", "{0}", "{name}", "%(count)s", "${value}")
SHORTEST_SLIP = 5  # letters of a word that a slip of the keyboard leaves readable
_CASED = frozenset(("en",))  # languages that write titles with capitals
_END = re.compile(r"\s*[.!?…。！？]+$")
_IDENTIFIER = re.compile(r"(?=.*\d)\w.+|[^\W_]+(?:_[^\W_]+)+|[a-z]+[A-Z]\w*")
_LETTERS = "aeiou", "bcdfghjklmnpqrstvwxz"

Edit = tuple[int, int, str]  # text[start:end] becomes this
Edits = tuple[Sequence[Edit], Sequence[Edit]]  # of source and target


class Augmenter:
    """Changes an item in one way at random; one that has inline codes, or nothing to change so, stays as it is."""

    def __init__(self, source_lang: str, target_lang: str):
        has_titles = primary_subtag(source_lang) in _CASED and primary_subtag(target_lang) not in _CASED
        kinds: list[Callable[[AlignedPair, random.Random], AlignedPair]] = [
            _in_capitals, _without_end, _with_slip, _with_another_copy, _with_placeholder
        ]  # fmt: skip
        self._kinds = [*kinds, _as_title] if has_titles else kinds

    def __call__(self, item: AlignedPair, rng: random.Random) -> AlignedPair:
        if inline_codes.find(item.source) or inline_codes.find(item.target):
            return item
        return rng.choice(self._kinds)(item, rng)


def _in_capitals(item: AlignedPair, rng: random.Random) -> AlignedPair:
    """Both sides; no term is annotated, whose dictionary form is not in capitals."""
    return _recased(item, item.source.upper(), item.target.upper())


def _as_title(item: AlignedPair, rng: random.Random) -> AlignedPair:
    """The source as a heading, where every word has a capital."""
    capital = [(start, start + 1, item.source[start].upper()) for start, _ in spans(item.source)]
    return _recased(item, _edited(item.source, capital), item.target)


def _recased(item: AlignedPair, source: str, target: str) -> AlignedPair:
    counts = [len(words(text)) for text in (item.source, source, item.target, target)]
    return replace(item, source=source, target=target, candidates=()) if counts[::2] == counts[1::2] else item


def _without_end(item: AlignedPair, rng: random.Random) -> AlignedPair:
    ends = [_END.search(text) for text in (item.source, item.target)]
    if not all(end and end.start() for end in ends):
        return item
    source, target = ([(end.start(), end.end(), "")] for end in ends if end)
    return _changed(item, (source, target))


def _with_slip(item: AlignedPair, rng: random.Random) -> AlignedPair:
    """One word of the source with two letters changed over, one left out or one written twice; never its first."""
    places = [(start, end) for start, end in spans(item.source)
              if end - start >= SHORTEST_SLIP and item.source[start:end].isalpha()
              and item.source[start + 1:end].islower()]  # fmt: skip
    if not places:
        return item
    start, end = rng.choice(places)
    place = rng.randrange(start + 1, end - 1)
    one, other = item.source[place], item.source[place + 1]
    slip = rng.choice((other + one, other, one + one + other))
    return _changed(item, ([(place, place + 2, slip)], ()))


def _with_another_copy(item: AlignedPair, rng: random.Random) -> AlignedPair:
    """A number or an identifier that both sides share, replaced by another of the same shape."""
    copied = _copied(item)
    return _put(item, word, _invented(word, rng)) if copied and (word := rng.choice(copied)) else item


def _with_placeholder(item: AlignedPair, rng: random.Random) -> AlignedPair:
    copied = _copied(item)
    return _put(item, rng.choice(copied), rng.choice(PLACEHOLDERS)) if copied else item


def _put(item: AlignedPair, word: str, new: str) -> AlignedPair:
    source, target = ([(start, end, new) for start, end in spans(text) if text[start:end] == word]
                      for text in (item.source, item.target))  # fmt: skip
    return _changed(item, (source, target))


def _copied(item: AlignedPair) -> list[str]:
    """The numbers of two digits and more, and the identifiers, that stand once on both sides."""
    ours, theirs = words(item.source), words(item.target)
    return [word for word in ours if (_IDENTIFIER.fullmatch(word) or word.isdecimal() and len(word) > 1)
            and ours.count(word) == theirs.count(word) == 1]  # fmt: skip


def _invented(word: str, rng: random.Random) -> str:
    """A word of the same shape: a digit for a digit, a vowel for a vowel, a consonant for a consonant."""
    chars = []
    for place, char in enumerate(word):
        letters = next((some for some in _LETTERS if char.lower() in some), "")
        if char.isdecimal() and char.isascii():
            char = str(rng.randrange(1 if place == 0 else 0, 10))
        elif letters and not word.isdecimal():
            new = rng.choice(letters)
            char = new.upper() if char.isupper() else new
        chars.append(char)
    return "".join(chars)


def _changed(item: AlignedPair, edits: Edits) -> AlignedPair:
    """The item with its texts edited; links go to the words that stand there now, candidates with a new word go."""
    texts = item.source, item.target
    source, target = (_edited(text, some) for text, some in zip(texts, edits, strict=True))
    ours, theirs = (_moved(text, some, new) for text, some, new in zip(texts, edits, (source, target), strict=True))
    links = tuple((place, tuple(dict.fromkeys(one for i in sources for one in ours[i])))
                  for j, sources in item.links for place in theirs[j])  # fmt: skip
    fresh = [{k for k, span in enumerate(spans(text)) if any(s < span[1] and span[0] < e for s, e, _ in some)}
             for text, some in zip(texts, edits, strict=True)]  # fmt: skip
    candidates = tuple(
        replace(one, first=ours[one.first][0], last=ours[one.last - 1][-1] + 1, begin=theirs[one.begin][0],
                end=theirs[one.end - 1][-1] + 1)
        for one in item.candidates
        if fresh[0].isdisjoint(range(one.first, one.last)) and fresh[1].isdisjoint(range(one.begin, one.end))
    )  # fmt: skip
    return replace(item, source=source, target=target, links=tuple(link for link in links if link[1]),
                   candidates=candidates)  # fmt: skip


def _edited(text: str, edits: Sequence[Edit]) -> str:
    pieces, place = [], 0
    for start, end, new in edits:
        pieces += [text[place:start], new]
        place = end
    return "".join([*pieces, text[place:]])


def _moved(text: str, edits: Sequence[Edit], new: str) -> list[tuple[int, ...]]:
    """For each word of the text the words of the new text that stand in its place."""
    after = spans(new)
    places = []
    for start, end in spans(text):
        first = start + sum(len(put) - (e - s) for s, e, put in edits if e <= start)
        last = end + sum(len(put) - (e - s) for s, e, put in edits if s < end)
        places.append(tuple(k for k, (s, e) in enumerate(after) if s < last and first < e))
    return places
