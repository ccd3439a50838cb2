"""A local model's tokenizer and chat template: prompts become token ids, token ids become text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from mtpipe.errors import ConfigError, ModelError
from mtpipe.llm.constrained_decoding import Answer, Grammars
from mtpipe.llm.prompts import Prompt

_NO_LIMIT = 10**9  # transformers' number for "not said" is greater


class Chat:
    """What the tokenizer files of a folder say; size: of the model's vocabulary, context: in tokens, 0 where unknown.

    Without a chat template a prompt is what to do, an empty line, what to do it with, and a line end: plain text to be
    continued. options: values that the template asks for, such as enable_thinking. Raises ModelError.
    """

    def __init__(self, folder: Path, size: int, ends: Sequence[int] = (), context: int = 0, max_tokens: int = 512,
                 options: Mapping[str, Any] | None = None):  # fmt: skip
        if max_tokens < 1:
            raise ConfigError(f"max_tokens is {max_tokens}; use 1 or more")
        self._tokenizer = _tokenizer(folder)
        if len(self._tokenizer) > size:
            raise ModelError(f"{folder}: the tokenizer has {len(self._tokenizer)} tokens, the model {size}; use"
                             " files of the same model")  # fmt: skip
        own = self._tokenizer.eos_token_id
        self.ends = tuple(dict.fromkeys([*ends, *([] if own is None else [own])]))
        if not self.ends:
            raise ModelError(f"{folder}: neither model nor tokenizer says which token ends an answer (eos_token)")
        limit = self._tokenizer.model_max_length
        self._context = context or (limit if limit < _NO_LIMIT else 0)
        self._max_tokens, self._options = max_tokens, dict(options or {})
        self._grammars = Grammars(self._tokenizer, size, self.ends)
        self.template = str(self._tokenizer.chat_template or "")
        special = [str(token) for token in self._tokenizer.added_tokens_decoder.values() if token.special]
        self._special = sorted(special, key=len, reverse=True)

    def read(self, prompt: Prompt) -> tuple[list[int], int]:
        """A prompt's tokens, and how many its answer may have; raises ValueError for one longer than the context."""
        ids = self._ids(self._plain(prompt.system), self._plain(prompt.user))
        room = self._context - len(ids) if self._context else self._max_tokens
        if room < 1:
            raise ValueError(f"the prompt is {len(ids)} tokens long, the model's context {self._context}; give shorter"
                             " segments or fewer examples, or a model with a longer context")  # fmt: skip
        return ids, min(room, self._max_tokens)

    def answer(self, prompt: Prompt, budget: int) -> Answer | None:
        """The prompt's answer to be held to its schema, None for free text; raises ValueError as `Grammars.answer`."""
        return self._grammars.answer(prompt.schema, budget) if prompt.schema else None

    @property
    def vocabulary(self) -> list[str]:
        return self.tokens(range(len(self._tokenizer)))

    def tokens(self, ids: Sequence[int]) -> list[str]:
        return [str(token) for token in self._tokenizer.convert_ids_to_tokens(list(ids))]

    def answer_ids(self, text: str) -> list[int]:
        """The tokens of an answer with the one that ends it, to learn from."""
        return [*self._tokenizer.encode(text, add_special_tokens=False), self.ends[0]]

    def text(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False).strip()

    def _ids(self, system: str, user: str) -> list[int]:
        if not self.template:
            return self._tokenizer.encode("\n\n".join(part for part in (system, user) if part) + "\n")
        turns = [{"role": "system", "content": system}] if system else []
        turns.append({"role": "user", "content": user})
        try:
            return self._rendered(turns)
        except jinja2.TemplateError:  # some templates know no system's turn
            return self._rendered([{"role": "user", "content": f"{system}\n\n{user}".strip()}])

    def _rendered(self, turns: list[dict[str, str]]) -> list[int]:
        text = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False, **self._options)
        return self._tokenizer.encode(str(text), add_special_tokens=False)  # the template has written them

    def _plain(self, text: str) -> str:
        """text in which the model's control tokens are none: a document could end the user's turn with one."""
        for token in self._special:
            if token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text


def _tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # whatever a dozen formats' readers raise for files that are missing or broken
        reason = (str(error).strip().splitlines() or [""])[0]
        raise ModelError(f"{folder}: no tokenizer can be read there ({reason[:200]}); a folder of a local model has"
                         " tokenizer.json and tokenizer_config.json beside the weights") from error  # fmt: skip
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ModelError(f"{folder}: its tokenizer has no tokenizer.json, without which answers can't be held to a"
                         " schema; save it with transformers once more (use_fast=True)")  # fmt: skip
    return tokenizer
