"""Which pairs train and which only measure: the same in every run, nothing measured with is ever trained on."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from mtpipe.errors import InputError
from mtpipe.languages.tokenization import words
from mtpipe.training.material import Pair

DEV_SHARE, DEV_MOST, DEV_LEAST = 0.05, 300, 10  # of the pairs, when no development text is given


_T = TypeVar("_T")


class TrainingSplit(NamedTuple):
    """Pairs of the domain and generic ones, to train with and to measure with."""

    domain: list[Pair]
    generic: list[Pair]
    dev: list[Pair]
    generic_dev: list[Pair]


def split(
    pairs: Sequence[Pair], dev: Sequence[Pair] = (), generic: Sequence[Pair] = (), generic_times: int = 9, seed: int = 1
) -> TrainingSplit:
    """Holds out a share of pairs where no dev is given, and of generic; samples generic_times generic pairs for each
    of the domain's. Raises InputError for too few pairs."""
    domain, dev = (list(pairs), list(dev)) if dev else held_out(pairs, _source)
    banned = {_key(source) for source, _ in dev}
    others = [pair for pair in generic if _key(pair[0]) not in banned]
    random.Random(seed).shuffle(others)
    rest, generic_dev = held_out(others, _source) if others else ([], [])
    banned |= {_key(source) for source, _ in generic_dev}
    domain = [pair for pair in domain if _key(pair[0]) not in banned]
    if not domain:
        raise InputError("no pair is left to train on: all are development text too; give more parallel text")
    return TrainingSplit(domain, rest[:generic_times * len(domain)], dev, generic_dev)


def held_out(examples: Sequence[_T], source: Callable[[_T], str]) -> tuple[list[_T], list[_T]]:
    """(kept, held out), by a hash of the source: the same in every run, equal sources on the same side.

    Raises InputError for too few."""
    count = min(DEV_MOST, int(DEV_SHARE * len(examples)))
    if count < DEV_LEAST:
        least = int(DEV_LEAST / DEV_SHARE)
        raise InputError(f"too few pairs for training: {len(examples)}, at least {least} are needed; "
                         "give more, or development text of their kind (--dev)")
    ordered = sorted(examples, key=lambda one: hashlib.sha256(_key(source(one)).encode()).digest())
    last = _key(source(ordered[count - 1]))
    while count < len(ordered) and _key(source(ordered[count])) == last:
        count += 1
    return ordered[count:], ordered[:count]


def _source(pair: Pair) -> str:
    return pair[0]


def _key(text: str) -> str:
    return " ".join(words(text)).casefold()
