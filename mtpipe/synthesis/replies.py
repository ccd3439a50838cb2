"""What an LLM answered, as proposals: whole or broken off JSON, in a fence or among prose, is read for its objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mtpipe.llm import Reply
from mtpipe.synthesis.requests import Request, SentenceRequest

NO_ANSWER, NO_PAIRS, WRONG_KEYS = "no answer", "no pairs in the answer", "wrong keys"
TOO_FEW = "fewer pairs than requested"
Pair = tuple[str, str]
_DECODER = json.JSONDecoder()
_KEPT = 2000  # characters of a reply that was no use


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pair as the LLM wrote it; source is "" until a machine has translated the target back, score is that one's."""

    item: SentenceRequest
    request: Request
    source: str
    target: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A reply, or an object in it, that is no pair; text: what there is of it."""

    reason: str
    request: Request
    text: str


def read(request: Request, reply: Reply, is_one_sided: bool) -> tuple[list[Proposal], list[Fault]]:
    """The pairs of a reply, and what is wrong with it; objects without a good n go by their place in the reply."""
    if reply.problem:
        return [], [Fault(NO_ANSWER, request, reply.problem)]
    names = ("target",) if is_one_sided else ("source", "target")
    proposals, faults = [], []
    for place, value in enumerate(_objects(reply.text)):
        texts = [value.get(name) for name in names]
        item = _item(value.get("n"), place, request.items)
        if item is None or not all(isinstance(text, str) for text in texts):
            faults.append(Fault(WRONG_KEYS, request, json.dumps(value, ensure_ascii=False)[:_KEPT]))
        else:
            source, target = ("", *texts) if is_one_sided else texts
            proposals.append(Proposal(item, request, str(source), str(target)))
    if not proposals and not faults:
        faults.append(Fault(NO_PAIRS, request, reply.text[:_KEPT]))
    elif len(proposals) + len(faults) < len(request.items):
        missing = len(request.items) - len(proposals) - len(faults)
        faults.append(Fault(TOO_FEW, request, f"{missing} of {len(request.items)} missing"))
    return proposals, faults


def _item(number: Any, place: int, items: Sequence[SentenceRequest]) -> SentenceRequest | None:
    is_number = isinstance(number, int | str) and str(number).isascii() and str(number).isdecimal()
    index = int(number) - 1 if is_number and len(str(number)) < 5 else place
    return items[index] if 0 <= index < len(items) else items[place] if place < len(items) else None


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The innermost JSON objects of a text, in order; what breaks off does not spoil those before it."""
    position = 0
    while (start := text.find("{", position)) >= 0:
        try:
            value, position = _DECODER.raw_decode(text, start)
            yield from list(_leaves(value))
        except (ValueError, RecursionError):
            position = start + 1


def _leaves(value: Any) -> Iterator[dict[str, Any]]:
    """value itself, if it is an object that holds no list or object, else the objects in it."""
    parts = value.values() if isinstance(value, dict) else value
    inner = [part for part in parts if isinstance(part, dict | list)]
    if isinstance(value, dict) and not inner:
        yield value
    for part in inner:
        yield from _leaves(part)
