"""The tables of an mtpipe.toml beside [job]: how an LLM is called, and what the stages of a run do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from mtpipe.validation import AnyPath, File, Folder, Names, PathOrName, Paths, problem, settings

MASKS = ("numbers", "e-mails")
_MILLION = 1_000_000


def _price_list(prices: Any) -> Any:
    if not isinstance(prices, Mapping):
        raise problem('give a table, as [calls.prices] "<model>" = [<of 1M tokens sent>, <received>]')
    wrong = [repr(model) for model, price in prices.items() if not _is_price(price)]
    if wrong:
        raise problem(f"{', '.join(wrong)}: give two numbers, of a million tokens sent and received")
    return {model: tuple(map(float, price)) for model, price in prices.items()}


def _is_price(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2 and all(
        isinstance(part, (int, float)) and not isinstance(part, bool) and part >= 0 for part in value
    )  # fmt: skip


def _masks(names: tuple[str, ...]) -> tuple[str, ...]:
    if {*names} - {*MASKS}:
        raise problem(f"use some of {', '.join(MASKS)}")
    return names


def _patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise problem(f"{pattern!r} is not a valid regular expression ({error})") from error
    return patterns


Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Patterns = Annotated[Names, AfterValidator(_patterns)]


@settings("Invalid settings in [calls]")
class CallSettings:
    """How an LLM is called; raises ConfigError naming everything that is wrong.

    concurrency: calls of a server side by side. batch: prompts given to a local model at a time. timeout: seconds for
    a whole call. retries: of a call that failed, after waits that double, of max_wait seconds at most. max_failures:
    calls failed in a row that stop the job. max_calls, max_cost: of one run, 0 for no limit. prices: of a million
    tokens (sent, received), by the model's name or "*". mask: what of MASKS is hidden from the model. mask_names: a
    text file, each of its lines is hidden too.
    """

    concurrency: AtLeastOne = 4
    batch: AtLeastOne = 16
    timeout: Annotated[float, Field(gt=0)] = 120.0
    retries: Count = 4
    max_wait: Amount = 60.0
    max_failures: AtLeastOne = 5
    max_calls: Count = 0
    max_cost: Amount = 0.0
    prices: Annotated[Mapping[str, tuple[float, float]], BeforeValidator(_price_list)] = field(default_factory=dict)
    mask: Annotated[Names, AfterValidator(_masks)] = ()
    mask_names: File | None = None

    def price(self, model: str) -> tuple[float, float] | None:
        """Of one token sent and one received; None where no price is known."""
        price = self.prices.get(model) or self.prices.get("*")
        return (price[0] / _MILLION, price[1] / _MILLION) if price else None


@settings("Invalid settings in [protect]")
class ProtectSettings:
    """patterns: regular expressions of what must reach every translation as it is."""

    patterns: Patterns = ()


@settings("Invalid settings in [run]")
class RunSettings:
    """work: the folder of what the stages make for each other; None: <out>.work."""

    work: AnyPath | None = None


@settings("Invalid settings in [synthesize]")
class SynthesizeSettings:
    """What to ask for: pairs_per_term pairs of sentences that use each of the glossary's terms.

    way: "pairs", or "back-translate": the LLM writes target sentences and an MT model (model: its folder, None for the
    bundled one of the reverse pair) their sources, kept from min_score on (the model's own, log-probability per token;
    of the bundled German-English model's translations of unseen help pages those below have chrF2++ 43, the others 60).
    also: glossaries of the same source language by target language, whose translations of a term stand beside it in the
    prompt. tm: translation memories or parallel texts to take examples from; shots: how many a prompt shows. exclude:
    files of evaluation sets, nothing like their texts is kept. prompts: a folder of texts that replace those of
    mtpipe/prompts. domain: what the sentences are about. rounds: how often terms that got too few pairs are asked for.
    rejected: a file for refused pairs, None for one beside the others.
    """

    pairs_per_term: AtLeastOne = 10
    way: Literal["pairs", "back-translate"] = "pairs"
    model: AnyPath | None = None
    min_score: float = -0.8
    also: Mapping[str, AnyPath] = field(default_factory=dict)
    tm: Paths = ()
    shots: Count = 2
    exclude: Paths = ()
    prompts: Folder | None = None
    domain: str = ""
    terms_per_call: AtLeastOne = 4
    pairs_per_call: AtLeastOne = 8
    rounds: AtLeastOne = 3
    seed: int = 1
    rejected: AnyPath | None = None


@settings("Invalid settings in [finetune]")
class FinetuneSettings:
    """What `mtpipe finetune` takes, by the same names; pairs: parallel text beside what was synthesized, or triplets
    where the task is post-editing. teacher: a model folder whose translations replace the pairs' targets."""

    pairs: Paths = ()
    task: Literal["translate", "post-edit", "llm", "preference"] = "translate"
    generic: Paths = ()
    mix: Share = 0.9
    generic_times: AtLeastOne = 9
    dev: AnyPath | None = None
    exclude: Paths = ()
    base: PathOrName = ""
    parent: PathOrName = ""
    teacher: AnyPath | None = None
    teacher_share: Share = 0.9
    annotated: Share = 0.65
    swapped: Share = 0.35
    coded: Share = 0.4
    augmented: Share = 0.0
    steps: Count = 0
    minutes: Amount = 0.0
    patience: Count = 0
    evaluate_every: Count = 0
    batch_tokens: Annotated[int, Field(ge=256)] = 5000
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    guide: Amount = 0.3
    vocabulary: Annotated[int, Field(ge=300)] = 10_000
    shape: Mapping[str, int] = field(default_factory=dict)
    lora: Count = 0
    seed: int = 1


@settings("Invalid settings in [evaluate]")
class EvaluateSettings:
    """test: parallel texts that no training has seen, the references on their target side; metrics: () the usual;
    tags: whether inline tags count in what is compared."""

    test: Paths = ()
    metrics: Names = ()
    tags: bool = True
