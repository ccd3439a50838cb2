"""One side of a parallel corpus as the search for terms sees it: lemmas, which words mean something, spellings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from heapq import nlargest
from itertools import pairwise

from mtpipe.document import inline_codes
from mtpipe.languages.lemmatization import lemma
from mtpipe.languages.scripts import has_word_boundaries
from mtpipe.languages.stop_words import stop_words
from mtpipe.languages.tokenization import spans, words

FREE = 60  # words with the most different neighbours are looked at as function words …
AT_EDGE = 0.02  # … and are ones if hardly a short text begins or ends with them: labels do with "value", not with "of"
UNSPACED_WORDS = 2  # characters of a script without spaces that stand for one word
_SENTENCE = re.compile(r"[.!?。！？]['\")\]»”]?$")
_TAIL = re.compile(r"[\s.:…：。]+$")
_HOLE = "|"
_BREAKS = frozenset(".!?:;…()[]\"“”„«»'-–—/|>→。！？：；（）「」《》")

Gram = tuple[int, int, str]  # (first word, word after the last, its lemmas)


class Side:
    """The texts of one language, without codes; `lemmas[i]` are those of text i's words (as in `tokenization`).

    min_count: how often the words of a term, and each two in a row, must occur. max_words: of a term.
    """

    def __init__(self, texts: Sequence[str], lang: str, min_count: int, max_words: int):
        self.lang = lang
        self.texts = [plain(text) for text in texts]
        tokens = [words(text) for text in self.texts]
        self.lemmas = [[lemma(word, lang) for word in text] for text in tokens]
        self._unit = 1 if has_word_boundaries(lang) else UNSPACED_WORDS
        self.longest = max_words * self._unit
        counts = Counter(word for text in self.lemmas for word in text)
        twos = Counter(two for text in self.lemmas for two in pairwise(text))
        self.function_words = _function_words(counts, twos, self.lemmas, self.longest) | stop_words(lang)
        self._frequent = frozenset(word for word, count in counts.items() if count >= min_count and is_word(word))
        self._together = frozenset(two for two, count in twos.items() if count >= min_count)
        self._spellings = _spellings(self.texts, tokens)

    def grams(self, index: int) -> Iterator[Gram]:
        """What may be a term in text index: words that are frequent together, none of the grammar at either end."""
        text = self.lemmas[index]
        for start, first in enumerate(text):
            if first not in self._frequent or first in self.function_words:
                continue
            for end in range(start + 1, min(start + self.longest, len(text)) + 1):
                last = text[end - 1]
                if last not in self._frequent or end - start > 1 and (text[end - 2], last) not in self._together:
                    break
                if last not in self.function_words and not (end - start == 1 and len(first) == 1):
                    yield start, end, " ".join(text[start:end])

    def label(self, index: int) -> str:
        """The lemmas of the whole text if it is a term's length, "" if not; marks at its end don't count."""
        text = self.lemmas[index]
        size = len(words(_TAIL.sub("", self.texts[index]))) if len(text) <= self.longest + 3 else 0
        return next((key for start, end, key in self.grams(index) if (start, end) == (0, size)), "") if size else ""

    def size(self, key: str) -> float:
        """The length of a gram in words of a language that has them."""
        return (key.count(" ") + 1) / self._unit

    def spelling(self, index: int, start: int, end: int) -> str:
        """The words start…end of text index, each with the capitals that it has inside sentences."""
        text, places = self.texts[index], _places(self.texts[index])
        pieces: list[str] = []
        for (begin, stop), following in zip(places[start:end], [*places[start + 1 : end], None], strict=True):
            word = text[begin:stop]
            pieces.append(self._spellings.get(word.casefold(), word))
            pieces.append(" " if following and following[0] > stop else "")
        return "".join(pieces)


@lru_cache(maxsize=64)
def _places(text: str) -> list[tuple[int, int]]:
    return spans(text)


def plain(text: str) -> str:
    """text without tags, its other codes replaced by a mark that no term crosses."""
    pieces: list[str] = []
    position = 0
    for code in inline_codes.find(text):
        pieces += (text[position : code.start], _HOLE if code.kind == "alone" else "")
        position = code.end
    return "".join((*pieces, text[position:]))


def is_word(word: str) -> bool:
    """Whether a term may hold this word: it has letters."""
    return any(map(str.isalpha, word))


def _function_words(
    counts: Counter[str], twos: Iterable[tuple[str, str]], texts: Iterable[list[str]], longest: int
) -> set[str]:
    """The words with the most neighbours on both sides, but for those that short texts begin or end with."""
    left, right, edge = Counter[str](), Counter[str](), Counter[str]()
    for one, two in twos:
        left[two] += 1
        right[one] += 1
    for text in texts:
        tokens = [word for word in text[: longest * 2] if is_word(word)]
        if 0 < len(tokens) <= longest:
            edge.update({tokens[0], tokens[-1]})
    freest = nlargest(min(FREE, len(counts) // 10), filter(is_word, counts), key=lambda w: min(left[w], right[w]))
    return {word for word in freest if edge[word] <= AT_EDGE * counts[word]}


def _spellings(texts: Sequence[str], tokenized: Sequence[Sequence[str]]) -> dict[str, str]:
    """Case-folded word → its commonest spelling inside sentences, where a capital means something."""
    inside = Counter(word for text, tokens in zip(texts, tokenized, strict=True) if _SENTENCE.search(text)
                     for before, word in pairwise(tokens) if before not in _BREAKS and is_word(word))
    return {word.casefold(): word for word, _ in reversed(inside.most_common())}
