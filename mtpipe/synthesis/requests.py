"""What the LLM is asked for: terms by terms a prompt, each sentence with wishes of its own, in a fixed random order."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import lcm
from pathlib import Path
from typing import Any

from mtpipe.corpora.cleaning import LONGEST
from mtpipe.errors import ConfigError
from mtpipe.glossary.chain import DictionaryChain
from mtpipe.glossary.model import Glossary, Term
from mtpipe.languages.tags import language_name
from mtpipe.llm.prompts import Prompt, Template, template
from mtpipe.synthesis.examples import Example, spread
from mtpipe.synthesis.recipe import BACK_TRANSLATE, SynthesisRecipe

KINDS = ("register", "length", "form")
Wish = tuple[str, str, str]  # one of each of KINDS
_SHOWN = 3  # sentences that a prompt shows as there already, of each term
_SHORTEST = 4  # characters of a sentence


@dataclass(frozen=True, slots=True)
class SentenceRequest:
    """One sentence asked for: a term and what the sentence should be like."""

    term: Term
    wish: Wish


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt and the items it asks for, the first of them as n = 1; round: from 1."""

    items: tuple[SentenceRequest, ...]
    round: int
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class TermHistory:
    """What there is already of a term: sentences, how many were requested, why others were refused."""

    written: Sequence[str] = ()
    requests: int = 0
    refused: Sequence[str] = ()


class Writer:
    """Turns needs into requests. glossaries: of `recipe.also`, by language."""

    def __init__(self, recipe: SynthesisRecipe, glossaries: Mapping[str, Glossary]):
        self._recipe = recipe
        self._is_one_sided = recipe.way == BACK_TRANSLATE
        self._text = template("synthesize-target" if self._is_one_sided else "synthesize", recipe.prompts)
        wishes = template("synthesize-wishes", recipe.prompts)
        self.digests = {Path(text.name).stem: text.digest for text in (self._text, wishes)}
        self._wishes = _wishes(wishes)
        self._chain = DictionaryChain(recipe.source_lang, recipe.target_lang, glossaries)

    def requests(
        self, needs: Mapping[Term, int], known: Mapping[Term, TermHistory], examples: Mapping[Term, Sequence[Example]],
        number: int,
    ) -> Iterator[Request]:
        """The requests of round number: each round asks for half as many pairs a prompt, in case it was too much."""
        size = max(1, self._recipe.pairs_per_call >> number - 1)
        terms = list(needs)
        for start in range(0, len(terms), self._recipe.terms_per_call):
            group = terms[start : start + self._recipe.terms_per_call]
            rows = [[SentenceRequest(term, self._wish(term, known[term].requests + i)) for i in range(needs[term])]
                    for term in group]  # fmt: skip
            items = [item for row in zip_longest(*rows) for item in row if item]
            for first in range(0, len(items), size):
                chosen = tuple(items[first : first + size])
                yield Request(chosen, number, self._prompt(chosen, known, examples, number))

    def _prompt(
        self, items: Sequence[SentenceRequest], known: Mapping[Term, TermHistory],
        examples: Mapping[Term, Sequence[Example]], number: int,
    ) -> Prompt:
        terms = list(dict.fromkeys(item.term for item in items))
        return self._text.fill(
            _schema(len(items), self._is_one_sided),
            source_language=language_name(self._recipe.source_lang),
            target_language=language_name(self._recipe.target_lang),
            domain=self._recipe.domain, round=number,
            terms=[{"chain": self._chain.of(term), "allowed": ", ".join(term.targets[1:]), "about": _about(term)}
                   for term in terms],
            items=[dict(zip(KINDS, item.wish), term=terms.index(item.term) + 1) for item in items],
            examples=spread([examples.get(term, ()) for term in terms])[: self._recipe.shots],
            written=[text for term in terms for text in known[term].written[-_SHOWN:]],
            refused=list(dict.fromkeys(line for term in terms for line in known[term].refused)),
        )  # fmt: skip

    def _wish(self, term: Term, number: int) -> Wish:
        """Wish number (from 0) of a term: every list in its own order, so that all combinations come in turn."""
        rng = random.Random(f"{self._recipe.seed} {term.source} {term.target}")
        turn = number // lcm(*map(len, self._wishes))  # lists with a common divisor: shifted when all came round
        orders = [rng.sample(texts, len(texts)) for texts in self._wishes]
        register, length, form = (order[(number + turn * i) % len(order)] for i, order in enumerate(orders))
        return register, length, form


def _wishes(text: Template) -> list[list[str]]:
    """The wishes of each of KINDS; raises ConfigError for lines that are none and kinds without any."""
    wishes: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for number, line in enumerate(text.text.splitlines(), 1):
        kind, _, wish = (part.strip() for part in line.partition(":"))
        if wish and kind in wishes:
            wishes[kind].append(wish)
        elif line.strip() and not line.startswith("#"):
            kinds = ", ".join(KINDS)
            raise ConfigError(f"{text.name}:{number}: not a wish; a line is one of {kinds}, a colon and a text")
    if empty := [kind for kind, texts in wishes.items() if not texts]:
        raise ConfigError(f"{text.name}: no line begins with '{empty[0]}:'; there must be one at least")
    return list(wishes.values())


def _about(term: Term) -> str:
    facts = (term.part_of_speech, term.domain, term.definition, term.note)
    spelled = f"also spelled {', '.join(term.sources[1:])}" if term.sources[1:] else ""
    untranslated = "keep it as it is in both languages" if term.status == "do-not-translate" else ""
    return "; ".join(" ".join(fact.split()) for fact in (*facts, spelled, untranslated) if fact)


def _schema(count: int, is_one_sided: bool) -> dict[str, Any]:
    text = {"type": "string", "minLength": _SHORTEST, "maxLength": LONGEST}
    fields = {"n": {"type": "integer"}} | ({} if is_one_sided else {"source": text}) | {"target": text}
    item = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    pairs = {"type": "array", "items": item, "minItems": count, "maxItems": count}
    return {"type": "object", "properties": {"pairs": pairs}, "required": ["pairs"], "additionalProperties": False}
