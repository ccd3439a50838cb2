"""Answers held to a JSON schema while a local model writes them, and brought to their end within a number of tokens.

llguidance says which tokens may come next; it knows neither model nor library, so every local adapter uses this.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

import llguidance.hf
import numpy as np
from llguidance import LLMatcher, LLParserLimits, LLTokenizer
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from mtpipe.errors import ModelError

# no blanks that could go on for ever, no \uXXXX for what can be written as it is
_COMPACT: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": ",
                 "json_allowed_escapes": 'nrbtf\\"'}  # fmt: skip
# many forms in any order within counted stretches: a step may take seconds, at worst, rather than fail
_PATIENT = LLParserLimits(
    initial_lexer_fuel=20_000_000, step_lexer_fuel=20_000_000, max_lexer_states=2_000_000, verbose_errors=False
)
_LIMITS = {"maxItems": "array", "maxLength": "string"}
_MOST = 12  # 2 ** _MOST: the most items and characters that the shortest answer is looked for with
_SPARE = 16  # bytes: the last character of an open stretch, one beside each word


class Grammars:
    """What schemas mean in the tokens of one tokenizer; size: of the model's vocabulary, which may have more tokens."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, size: int, ends: Sequence[int]):
        try:
            self._tokens = llguidance.hf.from_tokenizer(tokenizer, n_vocab=size, eos_token=list(ends))
        except ValueError as error:
            where = tokenizer.name_or_path
            raise ModelError(f"{where}: its tokenizer can't constrain answers to a schema ({error})") from error

    def answer(self, schema: str, budget: int) -> Answer:
        """An answer to be written in at most budget tokens, its end included.

        Raises ValueError for a schema that can't be kept to, or not in so few tokens.
        """
        return Answer(self._tokens, json.loads(schema), budget)


class Answer:
    """The tokens of one answer so far, and which may be next.

    When just enough tokens are left for what the schema still demands, only the shortest way to its end stays open.
    That holds for schemas of one text; with several, an answer may end unfinished: `problem` tells.
    """

    def __init__(self, tokens: LLTokenizer, schema: Any, budget: int):
        self._tokenizer, self._schema, self._budget = tokens, schema, budget
        self._mask = np.zeros((tokens.vocab_size + 31) // 32, np.int32)
        self.restart()
        if self._matcher.is_error():
            raise ValueError(_broken(self._matcher))
        self._reserve = self._shortest() + _SPARE
        if budget < self._reserve:
            raise ValueError(f"the shortest answer that its schema takes may need {self._reserve} tokens, not {budget}")

    def restart(self) -> None:
        """Back to an answer without tokens."""
        self._matcher = self._start(self._schema)
        self.tokens: list[int] = []
        self._is_closing = False

    @property
    def is_over(self) -> bool:
        return self._matcher.is_stopped()

    @property
    def problem(self) -> str:
        """Why what there is so far is no whole answer; "" where it is one."""
        if self._matcher.is_error():
            return _broken(self._matcher)
        is_whole = self._matcher.is_stopped() or self._matcher.is_accepting()
        return "" if is_whole else f"the answer was cut off at {self._budget} tokens; raise max_tokens"

    def allowed(self) -> NDArray[np.bool_]:
        """[vocabulary] whether a token may be next; after the answer's end, only end symbols may."""
        if forced := self.forced():
            return np.arange(self._tokenizer.vocab_size) == forced[0]
        return self._bits(self._matcher)

    def forced(self) -> list[int]:
        """The next tokens where there is no choice, spelled as the tokenizer would."""
        return self._matcher.compute_ff_tokens()

    def take(self, token: int) -> bool:
        """Whether the token may be next: then it is."""
        if self._matcher.try_consume_tokens([token]) != 1:
            return False
        self.tokens.append(token)
        if not self._is_closing and self._budget - len(self.tokens) <= self._reserve:
            self._is_closing = True
            self._matcher = self._start(self._limited(self.tokens), self.tokens)
        return True

    def _bits(self, matcher: LLMatcher) -> NDArray[np.bool_]:
        matcher.unsafe_compute_mask_ptr(self._mask.ctypes.data, self._mask.nbytes)
        bits = np.unpackbits(self._mask.view(np.uint8), bitorder="little")
        return bits[: self._tokenizer.vocab_size].astype(bool)

    def _start(self, schema: Any, prefix: Sequence[int] = ()) -> LLMatcher:
        grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides=_COMPACT)
        matcher = LLMatcher(self._tokenizer, grammar, log_level=0, limits=_PATIENT)
        if prefix:
            matcher.consume_tokens(list(prefix))
        return matcher

    def _limited(self, prefix: Sequence[int]) -> Any:
        """The schema with as few items, then as few characters, as go on from what is said; itself where none do."""
        schema = self._schema
        for keyword in _LIMITS:
            def fits(limit: int) -> bool:
                matcher = self._start(_with_limit(schema, keyword, limit))
                return not matcher.is_error() and matcher.validate_tokens(list(prefix)) == len(prefix)

            if (least := _least(fits)) is not None:
                schema = _with_limit(schema, keyword, least)
        return schema

    def _shortest(self) -> int:
        """Bytes of a shortest answer: no way to write it takes more tokens."""
        matcher, tokens = self._start(self._limited(())), []
        while not matcher.is_stopped():
            tokens.append(int(np.flatnonzero(self._bits(matcher))[0]))
            if not matcher.consume_token(tokens[-1]):
                raise ValueError(_broken(matcher))
        return len(self._tokenizer.decode_bytes(tokens))


def _broken(matcher: LLMatcher) -> str:
    reason = " ".join(matcher.get_error().split())
    return f"the answer can't be constrained to its schema ({reason[:200]})"


def _least(fits: Callable[[int], bool]) -> int | None:
    """The smallest number that fits, where every greater one does, too."""
    top = next((1 << power for power in range(3, _MOST + 1) if fits(1 << power)), None)
    return top and bisect_left(range(top), True, key=fits)


def _with_limit(schema: Any, keyword: str, limit: int) -> Any:
    """The schema with that limit on every string or array in it."""
    if isinstance(schema, list):
        return [_with_limit(inner, keyword, limit) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    limited = {name: _with_limit(inner, keyword, limit) for name, inner in schema.items()}
    kinds = schema.get("type")
    if kinds == _LIMITS[keyword] or isinstance(kinds, list) and _LIMITS[keyword] in kinds:
        limited[keyword] = min(limit, schema.get(keyword, limit))
    return limited
