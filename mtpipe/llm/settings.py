"""CallSettings: the [calls] table of an mtpipe.toml, validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from mtpipe.errors import ConfigError

MASKS = ("numbers", "e-mails")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class CallSettings:
    """How an LLM is called; raises ConfigError naming everything that is wrong.

    concurrency: calls of a server side by side. batch: prompts given to a local model at a time. timeout: seconds for
    a whole call. retries: of a call that failed, after waits that double, of max_wait seconds at most. max_failures:
    calls failed in a row that stop the job. max_calls, max_cost: of one run, 0 for no limit. prices: of a million
    tokens (sent, received), by the model's name or "*". mask: what of MASKS is hidden from the model. mask_names: a
    text file, each of its lines is hidden too.
    """

    concurrency: int = 4
    batch: int = 16
    timeout: float = 120.0
    retries: int = 4
    max_wait: float = 60.0
    max_failures: int = 5
    max_calls: int = 0
    max_cost: float = 0.0
    prices: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    mask: tuple[str, ...] = ()
    mask_names: Path | None = None

    def __post_init__(self) -> None:
        values = [(item.name, item.type, getattr(self, item.name)) for item in fields(self)]
        problems = [problem for named in values for problem in _problems(*named)]
        if problems:
            raise ConfigError("\n".join(("[calls] can't be used as it is:", *(f"  {text}" for text in problems))))
        object.__setattr__(self, "mask", (self.mask,) if isinstance(self.mask, str) else tuple(self.mask))
        object.__setattr__(self, "mask_names", Path(self.mask_names) if self.mask_names else None)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> CallSettings:
        """The settings of a [calls] table; those that it does not name have their defaults."""
        known = [item.name for item in fields(cls)]
        unknown = [name for name in table if name not in known]
        if unknown:
            raise ConfigError(f"[calls] has no setting {', '.join(unknown)}; there are {', '.join(known)}")
        return cls(**table)

    def price(self, model: str) -> tuple[float, float] | None:
        """Of one token sent and one received; None where no price is known."""
        found = self.prices.get(model) or self.prices.get("*")
        return (found[0] / _MILLION, found[1] / _MILLION) if found else None


def _problems(name: str, kind: Any, value: Any) -> list[str]:
    if name == "prices":
        return _price_problems(value)
    if name == "mask":
        given = [value] if isinstance(value, str) else value
        return [f"mask = {value!r}: use some of {', '.join(MASKS)}"] if {*given} - {*MASKS} else []
    if name == "mask_names":
        return [f"mask_names {value} is not a file"] if value and not Path(value).is_file() else []
    if type(value) is not int and (kind == "int" or type(value) is not float):
        return [f"{name} = {value!r}: give a {'whole ' if kind == 'int' else ''}number"]
    if name == "timeout" and not value > 0:
        return [f"timeout = {value}: give more than 0 seconds"]
    least = 1 if name in ("concurrency", "batch", "max_failures") else 0
    return [] if value >= least else [f"{name} = {value}: give {least} or more"]


def _price_problems(prices: Any) -> list[str]:
    if not isinstance(prices, Mapping):
        return [f"prices = {prices!r}: give a table, as [calls.prices] \"<model>\" = [<of 1M tokens sent>, <received>]"]
    return [
        f"prices: {model!r} = {price!r}: give two numbers, of a million tokens sent and received"
        for model, price in prices.items()
        if not (isinstance(price, (list, tuple)) and len(price) == 2 and all(_is_price(part) for part in price))
    ]


def _is_price(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
