"""Where the words that tags mark went in a translation: spans of source words → well-nested spans of target words.

Works for any alignment matrix, also an empty or nonsensical one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, zip_longest
from operator import itemgetter

from mtpipe.document.segment import Code
from mtpipe.languages import tokenization

Span = tuple[int, int]

_UNALIGNED = -0.25  # a target word aligned with nothing (an added article) joins its neighbours cheaply, no more


@dataclass(slots=True)
class Node:
    """A pair of tags around source words [first, last); a half that this sentence lacks is None.

    A span with a half missing goes on in the sentence before or after and keeps to its parent's edge.
    """

    opener: int | None
    closer: int | None
    first: int = 0
    last: int = 0
    children: list[Node] = field(default_factory=list)
    span: Span = (0, 0)  # of target words; start == end: a place between words

    @property
    def is_cut(self) -> bool:
        return self.opener is None or self.closer is None


class Alignment:
    """Row-wise alignment mass of target words over spans of source words; bad or missing figures count as zero."""

    def __init__(self, rows: list[list[float]], source_words: int):
        self.shape = len(rows), source_words
        self.sums: list[list[float]] = []
        nothing = [0.0] * (source_words + 1)  # shared: thousands of words without figures must not fill the memory
        for figures in rows:
            if not figures:
                self.sums.append(nothing)
                continue
            row = [min(x, 1e9) if x > 0 else 0.0 for x in figures[:source_words]]
            self.sums.append([0.0, *accumulate(row + [0.0] * (source_words - len(row)))])

    def scores(self, first: int, last: int) -> list[float]:
        """For each target word how much it belongs to source words [first, last): −1 not at all … 1 wholly.

        Falls back on the diagonal when no target word is aligned with them.
        """
        scores, best, best_mass = [], -1, 0.0
        for t, sums in enumerate(self.sums):
            mass = sums[last] - sums[first]
            if mass > best_mass:
                best, best_mass = t, mass
            scores.append(2 * mass / sums[-1] - 1 if sums[-1] > 0 else _UNALIGNED)
        if max(scores, default=1.0) > 0:
            return scores
        targets, sources = self.shape
        start = first * targets // max(sources, 1)
        end = max(start + 1, last * targets // max(sources, 1))
        columns = range(best, best + 1) if best >= 0 else range(start, end)
        return [1.0 if t in columns else -1.0 for t in range(targets)]

    def place(self, word: int) -> int:
        """The target word most aligned with a source word, or the one at the same share of the sentence."""
        targets, sources = self.shape
        mass, t = max(((sums[word + 1] - sums[word], -t) for t, sums in enumerate(self.sums)), default=(0.0, 0))
        return -t if mass > 0 else word * targets // max(sources, 1)


def place_tags(codes: Sequence[Code], source_words: list[Span], target_words: list[Span],
               alignment: Alignment) -> list[tuple[int, int]]:
    """(offset in the target, index of the code) of every "open" and "close", in an order that nests."""
    roots = _tree(codes, source_words)
    todo = [(roots, 0, len(target_words))]
    while todo:  # no recursion: hostile input may nest thousands deep
        siblings, low, high = todo.pop()
        _place_siblings(siblings, low, high, alignment)
        todo += [(node.children, *node.span) for node in siblings if node.children]
    return _halves(roots, target_words)


def merge_words(text: str, whole: Iterable[Span],
                alignment: Sequence[Sequence[float]]) -> tuple[list[Span], list[list[float]]]:
    """Word spans of text with each kept code as one word, and the alignment's rows summed accordingly."""
    pieces: list[tuple[Span, Sequence[float]]] = [(span, ()) for span in whole]
    pieces += [(span, alignment[t] if t < len(alignment) else ()) for t, span in enumerate(tokenization.spans(text))]
    spans: list[Span] = []
    rows: list[list[float]] = []
    for (start, end), row in sorted(pieces, key=itemgetter(0)):
        if spans and start < spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], end)
            rows[-1] = [x + y for x, y in zip_longest(rows[-1], row, fillvalue=0.0)]
        else:
            spans.append((start, end))
            rows.append(list(row))
    return spans, rows


def _tree(codes: Sequence[Code], source_words: list[Span]) -> list[Node]:
    starts, ends = [start for start, _ in source_words], [end for _, end in source_words]
    level: list[Node] = []
    above: list[tuple[list[Node], Node, int]] = []
    removed = 0
    for index, code in enumerate(codes):
        if code.kind == "alone":
            continue
        at = code.start - removed
        removed += code.end - code.start
        if code.kind == "open":
            node = Node(index, None, first=bisect_right(ends, at), last=len(source_words))
            above.append((level, node, at))
            level = node.children
            continue
        if above:
            level, node, start = above.pop()
        else:  # opened in an earlier sentence: it marks all so far
            level, node, start = [], Node(None, None, children=level), -1
        node.closer, node.last = index, bisect_left(starts, at)
        if start == at or node.last <= node.first:
            node.first = node.last = bisect_left(starts, at)
        level.append(node)
    for level, node, _ in reversed(above):
        level.append(node)
    return level


def _halves(roots: list[Node], target_words: list[Span]) -> list[tuple[int, int]]:
    halves: list[tuple[int, int]] = []
    edges = (target_words[0][0], target_words[-1][1]) if target_words else (0, 0)
    todo: list[tuple[int, int] | tuple[Node, Span, Span]] = []
    todo += [(node, (0, len(target_words)), edges) for node in reversed(roots)]
    while todo:
        step = todo.pop()
        if len(step) == 2:  # the way back up
            halves.append(step)
            continue
        node, (_, high), parent = step
        first, last = node.span
        start = target_words[first][0] if first < high else parent[1]
        end = target_words[last - 1][1] if first < last else start
        if node.opener is not None:
            halves.append((start, node.opener))
        if node.closer is not None:
            todo.append((end, node.closer))
        todo += [(child, node.span, (start, end)) for child in reversed(node.children)]
    return halves


def _place_siblings(siblings: list[Node], low: int, high: int, alignment: Alignment) -> None:
    is_free = [True] * (high - low)
    # Spans cut by the sentence's edge first: they have no choice. Places between words last: they take no words.
    for node in sorted(siblings, key=_rigidity):
        if node.first == node.last and not node.is_cut:
            node.span = _between(node.first, low, high, siblings, alignment)
            continue
        scores = alignment.scores(node.first, node.last)[low:high] if node.first < node.last else [-1.0] * (high - low)
        start, end = _best_run(scores, is_free, node.opener is None, node.closer is None)
        if start == end and not node.is_cut:
            node.span = _between(node.first, low, high, siblings, alignment)
            continue
        is_free[start:end] = [False] * (end - start)
        node.span = low + start, low + end
    siblings.sort(key=_by_span)


def _rigidity(node: Node) -> int:
    if node.is_cut:
        return 0
    return 1 if node.first < node.last else 2


def _by_span(node: Node) -> tuple[int, int]:
    return node.span


def _best_run(scores: list[float], is_free: list[bool], at_start: bool, at_end: bool) -> tuple[int, int]:
    """The run of free words with the highest total; empty when no word is worth it. at_*: must touch that edge."""
    size = len(scores)
    best, best_run = 0.0, (size, size) if at_end else (0, 0)
    if at_end:
        total = 0.0
        for start in range(size - 1, -1, -1):
            if not is_free[start]:
                break
            total += scores[start]
            if total > best:
                best, best_run = total, (start, size)
        return best_run
    total, start = 0.0, 0
    for i in range(size):
        if not is_free[i]:
            if at_start:
                break
            total, start = 0.0, i + 1
            continue
        if total <= 0 and not at_start:
            total, start = 0.0, i
        total += scores[i]
        if total > best:
            best, best_run = total, (start, i + 1)
    return best_run


def _between(word: int, low: int, high: int, siblings: list[Node], alignment: Alignment) -> tuple[int, int]:
    """A place in [low, high] before the target word that source word went to, moved out of siblings' spans."""
    sources = alignment.shape[1]
    place = alignment.place(word) if word < sources else alignment.shape[0]
    place = min(max(place, low), high)
    for node in siblings:
        if node.span[0] < place < node.span[1]:
            place = node.span[1]
            break
    return place, place
