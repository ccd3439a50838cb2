"""The number format and attention kernel that train fastest on this machine: measured, not guessed from its name.

bfloat16 halves the time of a step where the processor computes in it (AVX-512-BF16, AMX, GPUs) and takes eight times as
long where it does not; kernels differ by less, in either direction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from transformers import PreTrainedModel

ROUNDS = 3
MOST = 15  # seconds
_LINES, _PIECES = 8, 24  # of the batch that is measured with: fractions of a second a step on two cores
_WORTH = 0.9  # of the time of the first option, float32: what is hardly faster is not worth fewer digits

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Precision:
    """is_bfloat16: compute matrix products in bfloat16; attention: transformers' name of the kernel; seconds: of a step
    with each option that was measured."""

    is_bfloat16: bool
    attention: str
    seconds: Mapping[str, float]

    def __str__(self) -> str:
        times = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in self.seconds.items())
        return f"precision: {'bfloat16' if self.is_bfloat16 else 'float32'}, attention: {self.attention} ({times})"


def choose(model: PreTrainedModel, has_guide: bool, clock: Clock = time.perf_counter) -> Precision:
    """The fastest for a step of the model; with a guide only the eager kernel, which shows where the model looks.

    Takes a few seconds, and leaves the model with the chosen kernel and without gradients.
    """
    kernels = ["eager", "sdpa"] if not has_guide and model._supports_sdpa else ["eager"]
    options = [(is_bfloat16, kernel) for is_bfloat16 in (False, True) for kernel in kernels]
    names = {f"{'bfloat16' if is_bfloat16 else 'float32'} {kernel}": (is_bfloat16, kernel)
             for is_bfloat16, kernel in options}  # fmt: skip
    if torch.cuda.is_available():
        model.to(torch.device("cuda"))  # type: ignore[arg-type]
    before = model.training
    model.train()
    seconds = timed({name: partial(_step, model, *option) for name, option in names.items()}, clock)
    best = fastest(seconds)
    model.train(before)
    model.zero_grad(set_to_none=True)
    model.set_attn_implementation(names[best][1])
    return Precision(*names[best], seconds)


def timed(steps: Mapping[str, Callable[[], None]], clock: Clock, rounds: int = ROUNDS) -> dict[str, float]:
    """The least seconds of each step over the rounds, after one that counts for nothing; taken in turns, so that a
    busy moment does not fall on one of them alone. No round begins after MOST seconds, but there is always one."""
    seconds = dict.fromkeys(steps, float("inf"))
    since = clock()
    for number in range(rounds + 1):
        if number > 1 and clock() - since > MOST:
            break
        for name, step in steps.items():
            started = clock()
            step()
            if number:
                seconds[name] = min(seconds[name], clock() - started)
    return seconds


def fastest(seconds: Mapping[str, float]) -> str:
    """The fastest option, the first one unless another takes clearly less."""
    first, best = next(iter(seconds)), min(seconds, key=lambda name: seconds[name])
    return best if seconds[best] < _WORTH * seconds[first] else first


def _step(model: PreTrainedModel, is_bfloat16: bool, kernel: str) -> None:
    """Forward and backward over a batch of arbitrary pieces."""
    model.set_attn_implementation(kernel)
    ids = torch.arange(_LINES * _PIECES).reshape(_LINES, _PIECES) % model.config.vocab_size
    ids = ids.to(model.device)
    with torch.autocast(model.device.type, torch.bfloat16, enabled=is_bfloat16):
        logits = model(input_ids=ids, decoder_input_ids=ids, use_cache=False).logits
    logits.float().logsumexp(-1).mean().backward()
    if ids.is_cuda:
        torch.cuda.synchronize()
