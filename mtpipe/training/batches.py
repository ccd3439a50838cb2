"""Endless batches of drawn examples by a token budget, sorted by both lengths: little padding, little waste."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mtpipe.training.examples import Drawn, piece_links
from mtpipe.training.families import TokenizerSide

POOL = 48_000  # examples sorted together: fewer leave batches half padding
LONGEST = (150, 120)  # pieces of source and target in training; longer pairs are left out
IGNORED = -100  # the label of padding, as torch's losses have it

Links = list[tuple[int, list[int]]]


@dataclass(frozen=True, slots=True)
class EncodedExample:
    """Piece ids of source and target, end symbols included, and which source pieces a target piece comes from."""

    source: list[int]
    target: list[int]
    links: Links

    @property
    def size(self) -> int:
        return max(len(self.source), len(self.target))


Encode = Callable[[Drawn], EncodedExample | None]


@dataclass(frozen=True, slots=True)
class Source:
    """Items that are drawn share times as often as those of a source of share 1.

    opens: how much of the training (0…1) goes by before any is drawn.
    """

    items: Sequence[Any]
    share: float = 1.0
    opens: float = 0.0


class Draws(Protocol):
    """Makes an example of an item, as `examples.Drawer`."""

    def draw(self, item: Any, rng: random.Random) -> Drawn: ...


class PieceEncoder:
    """Examples as a checkpoint's two sides read them; limits: the most ids of source and target."""

    def __init__(self, source: TokenizerSide, target: TokenizerSide, limits: tuple[int, int] = LONGEST):
        self.source, self.target, self.limits = source, target, limits

    def __call__(self, drawn: Drawn) -> EncodedExample | None:
        """None for an example that is empty or longer than the limits; ends are linked to ends."""
        ours, places = _encoded(self.source, drawn.source)
        theirs, target_places = _encoded(self.target, drawn.target)
        if not places or not target_places or len(ours) > self.limits[0] or len(theirs) > self.limits[1]:
            return None
        before = len(self.source.start), len(self.target.start)
        links = [(j + before[1], [i + before[0] for i in sources])
                 for j, sources in piece_links(drawn, places, target_places)]  # fmt: skip
        return EncodedExample(ours, theirs, [*links, (len(theirs) - 1, [len(ours) - 1])])


def _encoded(side: TokenizerSide, text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """The ids of a text with those around it, and the spans of its own pieces."""
    # one text at a time: SentencePiece starts threads for a list
    encoding = side.sentencepiece.encode(text, return_type="offset_mapping")
    return side.ids([*side.start, *encoding["pieces"], *side.end]), encoding["offsets"]


class Batches:
    """Iterates without end over lists of examples; the same seed and progress give the same batches.

    budget: tokens of a batch, padding included, on its longer side. progress: how much of the training is done (0…1),
    to be set by who trains.
    """

    progress: Callable[[], float] = staticmethod(lambda: 0.0)

    def __init__(self, sources: Sequence[Source], drawer: Draws, encode: Encode, budget: int, seed: int):
        self.sources = [source for source in sources if source.items]
        self.drawer, self.encode, self.budget, self.seed = drawer, encode, budget, seed

    def __iter__(self) -> Iterator[list[EncodedExample]]:
        rng = random.Random(self.seed)
        streams = [_endless(source.items, rng) for source in self.sources]
        size = min(POOL, 8 * sum(len(source.items) for source in self.sources))
        if any(source.opens for source in self.sources):
            size = min(size, POOL // 16)  # what opens meanwhile must not wait for long
        while True:
            weights = self._weights()
            examples = (self.drawer.draw(next(stream), rng) for stream in rng.choices(streams, weights, k=size))
            pool = [example for example in map(self.encode, examples) if example]
            if not pool:
                return
            batches = list(self.cut(pool))
            rng.shuffle(batches)
            yield from batches

    def _weights(self) -> list[float]:
        """The shares of the sources that are open; the first to open is so from the start."""
        reached = max(self.progress(), min(source.opens for source in self.sources))
        return [source.share if source.opens <= reached else 0.0 for source in self.sources]

    def cut(self, pool: list[EncodedExample]) -> Iterator[list[EncodedExample]]:
        """The pool's examples in batches of like lengths."""
        batch: list[EncodedExample] = []
        longest = 0
        for example in sorted(pool, key=lambda one: (len(one.target), len(one.source))):
            longest = max(longest, example.size)
            if batch and longest * (len(batch) + 1) > self.budget:
                yield batch
                batch, longest = [], example.size
            batch.append(example)
        if batch:
            yield batch


def collate(batch: Sequence[EncodedExample], padding: int, start: int, has_guide: bool = True) -> dict[str, np.ndarray]:
    """Arrays by the names of the transformers models' arguments, and guide [batch × target × source]: where the
    alignment head should look, rows summing to 1, or 0 where nothing is known."""
    lines, width, height = len(batch), max(len(e.source) for e in batch), max(len(e.target) for e in batch)
    ids = np.full((lines, width), padding)
    labels = np.full((lines, height), IGNORED)
    before = np.full((lines, height), padding)
    guide = np.zeros((lines, height, width), np.float32) if has_guide else None
    for k, example in enumerate(batch):
        ids[k, :len(example.source)] = example.source
        labels[k, :len(example.target)] = example.target
        before[k, 1:len(example.target)] = example.target[:-1]
        before[k, 0] = start
        for target, sources in example.links if guide is not None else ():
            guide[k, target, sources] = 1 / len(sources)  # type: ignore[index]
    attended = np.arange(width) < np.array([[len(example.source)] for example in batch])
    arrays = {"input_ids": ids, "attention_mask": attended.astype(np.int64), "labels": labels,
              "decoder_input_ids": before}  # fmt: skip
    return arrays if guide is None else {**arrays, "guide": guide}


def _endless(items: Sequence[Any], rng: random.Random) -> Iterator[Any]:
    order = list(range(len(items)))
    while True:
        rng.shuffle(order)
        for number in order:
            yield items[number]
