"""Contrastive preference optimization (Xu et al. 2024): what was accepted becomes likelier, and likelier than worse."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from mtpipe.errors import ModelError

BATCH = 8
_BETA = 0.1  # how much a preference counts: Xu et al. (2024)
_TOLD = 25  # steps between two lines of progress

Tell = Callable[[str], None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Course:
    """steps: 0 for one pass over the choices; minutes: 0 for no limit."""

    steps: int
    minutes: float
    learning_rate: float
    seed: int


def loss(better: Tensor, counts: Tensor, worse: Tensor) -> Tensor:
    """Of log-likelihoods [choices] of accepted texts, which have so many tokens, and of worse ones."""
    return -(better.sum() / counts.sum()) - logsigmoid(_BETA * (better - worse)).mean()


def optimize(
    model: Any, choices: Sequence[_T], loss_of: Callable[[Sequence[_T]], Tensor], schedule: Course, tell: Tell
) -> None:
    """Trains what of the model is to be trained; raises ModelError where the loss is no number."""
    steps = schedule.steps or -(-len(choices) // BATCH)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=schedule.learning_rate)
    batches, start = _batches(choices, schedule.seed), monotonic()
    model.train()
    for step in range(1, steps + 1):
        value = loss_of(next(batches))
        if not torch.isfinite(value):
            raise ModelError(f"the loss is no number at step {step}; give a lower --learning-rate")
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % _TOLD == 0:
            tell(f"step {step} of {steps}: loss {value.item():.3f}")
        if schedule.minutes and monotonic() - start > 60 * schedule.minutes:
            return


def _batches(choices: Sequence[_T], seed: int) -> Iterator[list[_T]]:
    """Of all choices in a new order each time, without end."""
    rng = random.Random(seed)
    while True:
        order = rng.sample(list(choices), len(choices))
        yield from (order[i : i + BATCH] for i in range(0, len(order), BATCH))
