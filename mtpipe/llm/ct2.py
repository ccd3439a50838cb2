"""A causal language model that CTranslate2 runs, with the tokenizer's files beside it; answers keep to their schema.

CTranslate2 lets nobody in between its scores and its choice: it writes freely until the schema forbids a token, the
best (or a drawn) allowed one is put there by the scores of that place, and it goes on from there. That is the same as
choosing among allowed tokens all along.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np

from mtpipe.errors import ConfigError, ModelError
from mtpipe.io import digest
from mtpipe.llm import Reply, local_batching
from mtpipe.llm.chat_template import Chat
from mtpipe.llm.prompts import Prompt

_SCORES = 1 << 25  # numbers kept while a batch is written: scores of the whole vocabulary, for each token
_HOW = ("convert one with `ct2-transformers-converter --model FOLDER --output_dir FOLDER --copy_files tokenizer.json"
        " tokenizer_config.json`, and chat_template.jinja where there is one")  # fmt: skip


class CTranslate2LLM:
    """A folder made by a converter of CTranslate2 from a decoder-only model, with tokenizer.json copied into it.

    device: auto, cpu or cuda. compute_type: auto is int8 on a CPU, float16 on a GPU. threads: 0 for the library's
    choice. batch_size: prompts at a time. max_tokens: of an answer. temperature: 0 takes the likeliest token. context:
    in tokens, 0 for what the tokenizer says, if it does. template_options: what its chat template asks for. Raises
    ConfigError or ModelError.
    """

    is_remote = False

    def __init__(
        self, model: str = "", *, device: str = "auto", compute_type: str = "auto", threads: int = 0,
        batch_size: int = 8, max_tokens: int = 512, temperature: float = 0.0, seed: int = 0, context: int = 0,
        template_options: Mapping[str, Any] | None = None,
    ):  # fmt: skip
        if not model:
            raise ConfigError("[llm.ct2] needs the folder of a model: model = \"…\"")
        if batch_size < 1 or temperature < 0 or threads < 0:
            raise ConfigError("[llm.ct2] batch_size must be 1 or more, temperature and threads 0 or more")
        folder = Path(model)
        vocabulary = _vocabulary(folder)
        device = ("cuda" if ctranslate2.get_cuda_device_count() else "cpu") if device == "auto" else device
        if compute_type == "auto":
            compute_type = "float16" if device == "cuda" else "int8"
        try:
            self._model = ctranslate2.Generator(
                str(folder), device=device, compute_type=compute_type, intra_threads=threads
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{folder}: CTranslate2 can't load it ({error}); {_HOW}") from error
        self._chat = Chat(folder, len(vocabulary), (), context, max_tokens, template_options)
        known = self._chat.vocabulary
        if vocabulary[: len(known)] != known:
            raise ModelError(f"{folder}: the tokenizer's tokens are not those of vocabulary.json; copy tokenizer.json"
                             " of the very model that was converted")  # fmt: skip
        self._batch_size, self._temperature, self._seed = batch_size, temperature, seed
        self._size = len(vocabulary)
        self.name = folder.name
        parameters = [digest.of_folder(folder), self._chat.template, compute_type, max_tokens, temperature, seed,
                      context, dict(template_options or {}), batch_size if temperature else 0]  # fmt: skip
        self.digest = digest.of_text(json.dumps(parameters, sort_keys=True))

    def complete(self, prompts: Sequence[Prompt]) -> list[Reply]:
        return local_batching.complete(self._chat, prompts, self._batch_size, self._write)

    def _write(self, batch: Sequence[local_batching.OpenPrompt]) -> None:
        ctranslate2.set_random_seed(self._seed)
        draw = np.random.default_rng(self._seed)
        try:
            while rows := [one for one in batch if not one.advance().is_over]:
                self._go_on(rows, draw)
        except RuntimeError as error:
            if "out of memory" not in str(error):
                raise
            raise MemoryError(self._model.device) from error

    def _go_on(self, rows: Sequence[local_batching.OpenPrompt], draw: np.random.Generator) -> None:
        """Each answer up to its end or to where a token was put by hand."""
        steps, is_held = max(one.budget - len(one.written) for one in rows), any(one.answer for one in rows)
        if is_held:
            steps = min(steps, max(8, _SCORES // (self._size * len(rows))))
        refused: dict[int, int] = {}  # row → step

        def is_enough(result: Any) -> bool:
            one = rows[result.batch_id]
            if not one.is_over and not one.offer(result.token_id):
                refused[result.batch_id] = result.step
            return result.batch_id in refused or one.is_over

        results = self._model.generate_batch(
            [self._chat.tokens(one.ids + one.written) for one in rows], max_length=steps, callback=is_enough,
            include_prompt_in_result=False, return_logits_vocab=is_held, end_token=list(self._chat.ends),
            sampling_topk=0 if self._temperature else 1, sampling_temperature=self._temperature or 1.0,
        )  # fmt: skip
        for row, step in refused.items():
            scores = results[row].logits[0][step].to_device(ctranslate2.Device.cpu).to(ctranslate2.DataType.float32)
            allowed = np.where(rows[row].allowed(self._size), np.array(scores)[: self._size], -np.inf)
            if self._temperature:
                allowed = allowed / self._temperature + draw.gumbel(size=allowed.shape)
            rows[row].offer(int(allowed.argmax()))


def _vocabulary(folder: Path) -> list[str]:
    path = folder / "vocabulary.json"
    if not (folder / "model.bin").is_file() or not path.is_file():
        reason = "no such folder" if not folder.is_dir() else "no model.bin and vocabulary.json of CTranslate2 in it"
        raise ModelError(f"{folder}: {reason}; {_HOW}")
    try:
        return list(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ModelError(f"{path}: broken ({error}); {_HOW}") from error
