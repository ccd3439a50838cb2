"""Around every call of an LLM: a cache, so that nothing is paid twice, retries, counts, limits."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Lock
from time import monotonic
from typing import Any

from mtpipe import plugins
from mtpipe.config import CallSettings
from mtpipe.errors import CallError, ConfigError
from mtpipe.llm import FAILED, LLM, REFUSED, UNASKED, Reply
from mtpipe.llm.cache import Cache, key
from mtpipe.llm.prompts import Prompt
from mtpipe.llm.pseudonymization import Mask

__all__ = ["FILE", "CallSettings", "Caller", "TokenUsage", "open_llm"]
FILE = "llm.sqlite"  # of a job's folder
_FIRST_WAIT = 1.0  # seconds before the first retry, at most


def open_llm(name: str, options: Mapping[str, Any], settings: CallSettings, cache: Path) -> Caller:
    """The LLM plug-in with care around it; options: of the plug-in. Raises ConfigError.

    cache: the SQLite file of replies, made where there is none.
    """
    return Caller(plugins.create("llm", name, options, timeout=settings.timeout), settings, cache)


@dataclass(slots=True)
class TokenUsage:
    """What a run asked of its LLM; cost is in the price table's currency, None where there is no price.

    calls: that went out, failed ones and retries included. cached: prompts that the cache answered. failed: calls that
    brought no answer. unanswered: prompts that no call, in the end, brought an answer to. seconds: waited.
    """

    calls: int = 0
    cached: int = 0
    failed: int = 0
    unanswered: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    seconds: float = 0.0


class Caller:
    """An LLM with the settings' care around it; cache: the SQLite file of replies, made where there is none."""

    def __init__(self, llm: LLM, settings: CallSettings, cache: Path):
        self._llm, self._settings, self._cache = llm, settings, Cache(cache)
        self._mask, self._price = Mask(settings.mask, settings.mask_names), settings.price(llm.name)
        if settings.max_cost and self._price is None:
            raise ConfigError(f"max_cost needs the price of {llm.name!r}: [calls.prices] {llm.name!r} = [1.5, 6] in "
                              "mtpipe.toml, of a million tokens sent and received")  # fmt: skip
        self.name, self.digest, self.is_remote = llm.name, llm.digest, llm.is_remote
        self.usage = TokenUsage(cost=None if self._price is None else 0.0)
        self._lock = Lock()
        self._turn = Lock()  # a translator and an editor may ask from two threads
        self._stopped = Event()
        self._not_before = 0.0  # on the monotonic clock
        self._failures = 0  # in a row

    @property
    def is_spent(self) -> bool:
        """Whether max_calls or max_cost is reached: complete() answers from the cache only from then on."""
        calls, cost = self._settings.max_calls, self._settings.max_cost
        return bool(calls and self.usage.calls >= calls or cost and (self.usage.cost or 0.0) >= cost)

    def complete(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One reply a prompt, in order; equal prompts are asked once. Raises CallError after max_failures in a row."""
        start = monotonic()
        hidden = [self._mask.hide(prompt) for prompt in prompts]
        keys = [key(one.prompt, self.digest) for one in hidden]
        unique = {name: one.prompt for name, one in zip(keys, hidden)}
        replies = self._cache.find(list(unique))
        self.usage.cached += len(replies)
        missing = {name: prompt for name, prompt in unique.items() if name not in replies}
        try:
            with self._turn:
                replies |= self._fetch(missing)
        finally:
            self.usage.seconds += monotonic() - start
        self.usage.unanswered += sum(bool(reply.fault) for reply in replies.values())
        return [one.restored(replies[name]) for name, one in zip(keys, hidden)]

    def report(self) -> dict[str, Any]:
        """The usage as report.json tells it."""
        return {"model": self.name, **asdict(self.usage), "seconds": round(self.usage.seconds, 3)}

    def _fetch(self, prompts: Mapping[str, Prompt]) -> dict[str, Reply]:
        self._stopped.clear()
        threads, size = (self._settings.concurrency, 1) if self.is_remote else (1, self._settings.batch)
        names = list(prompts)
        batches = [{name: prompts[name] for name in names[i : i + size]} for i in range(0, len(names), size)]
        with ThreadPoolExecutor(threads) as pool:
            futures = [pool.submit(self._work, batch) for batch in batches]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                self._stopped.set()
                pool.shutdown(cancel_futures=True)
        # what failed was submitted before all that is cancelled, so that its error comes first
        return {name: reply for future in futures for name, reply in future.result().items()}

    def _work(self, prompts: Mapping[str, Prompt]) -> dict[str, Reply]:
        try:
            return self._insist(prompts)
        except BaseException:
            self._stopped.set()  # calls under way may be paid for: they end and are kept, no others begin
            raise

    def _insist(self, prompts: Mapping[str, Prompt]) -> dict[str, Reply]:
        """Replies of one batch: what fails is asked again as often as the settings allow."""
        replies, retries = self._ask(prompts), 0
        while left := {name: prompts[name] for name, reply in replies.items() if reply.is_worth_retrying}:
            if any(replies[name].fault == FAILED for name in left):
                if retries == self._settings.retries:
                    break
                retries += 1
                self._wait(retries, max(replies[name].retry_after or 0.0 for name in left))
            replies |= self._ask(left)
        self._watch(replies.values())
        return replies

    def _ask(self, prompts: Mapping[str, Prompt]) -> dict[str, Reply]:
        """Asks once, within the budget; answers are kept before anything else happens."""
        self._stopped.wait(self._not_before - monotonic())
        granted = list(prompts)[: self._reserve(len(prompts))]
        replies = dict.fromkeys(prompts, Reply("", problem=self._why_unasked(), fault=UNASKED))
        if granted:
            answers = self._llm.complete([prompts[name] for name in granted])
            for name, reply in zip(granted, answers, strict=True):
                replies[name] = reply
                if not reply.fault:
                    self._cache.put(name, reply)
                self._count(reply)
        return replies

    def _reserve(self, count: int) -> int:
        """How many of so many calls may go out; they are counted already."""
        with self._lock:
            if self._stopped.is_set() or self.is_spent:
                return 0
            limit = self._settings.max_calls
            granted = min(count, limit - self.usage.calls) if limit else count
            self.usage.calls += granted
            return granted

    def _count(self, reply: Reply) -> None:
        with self._lock:
            self.usage.tokens_in += reply.tokens_in
            self.usage.tokens_out += reply.tokens_out
            self.usage.failed += reply.fault in (FAILED, REFUSED)
            if self._price is not None:
                cost = reply.tokens_in * self._price[0] + reply.tokens_out * self._price[1]
                self.usage.cost = (self.usage.cost or 0.0) + cost

    def _wait(self, retries: int, seconds: float) -> None:
        """Longer each time, and not equally long for all; what the server asks for holds for the others as well."""
        most = self._settings.max_wait
        with self._lock:
            self._not_before = max(self._not_before, monotonic() + min(seconds, most))
        self._stopped.wait(min(_FIRST_WAIT * 2 ** (retries - 1) * random.uniform(0.5, 1.0), most))

    def _watch(self, replies: Iterable[Reply]) -> None:
        """Stops the run when nothing but failures comes back."""
        for reply in replies:
            with self._lock:
                self._failures = self._failures + 1 if reply.fault == FAILED else 0
                if self._failures >= self._settings.max_failures:
                    raise CallError(
                        f"the LLM failed {self._failures} times in a row, last: {reply.problem}; what was answered is "
                        "kept: run the same command again to go on"
                    )

    def _why_unasked(self) -> str:
        limits = {"max_calls": self._settings.max_calls, "max_cost": self._settings.max_cost}
        reached = " and ".join(f"{name} {value}" for name, value in limits.items() if value)
        return f"budget spent ({reached}); raise it and run again to go on"
