"""A causal language model of transformers on this machine, CPU or GPU; answers keep to their schema by construction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
)

from mtpipe.errors import ConfigError, ModelError
from mtpipe.io import digest
from mtpipe.llm import Reply, local_batching
from mtpipe.llm.chat_template import Chat
from mtpipe.llm.prompts import Prompt
from mtpipe.models import hub

_DTYPES = ("auto", "float32", "bfloat16", "float16")


class TransformersLLM:
    """A folder or hub name of a causal LM; of the hub only what was fetched before, unless download allows more.

    device: auto, cpu, cuda, cuda:1 … dtype: auto is the weights' own on a GPU, float32 on a CPU. batch_size: prompts at
    a time. max_tokens: of an answer. temperature: 0 takes the likeliest token. context: in tokens, 0 for the model's
    own. template_options: what its chat template asks for. Raises ConfigError or ModelError.
    """

    is_remote = False

    def __init__(
        self, model: str = "", *, device: str = "auto", dtype: str = "auto", batch_size: int = 8,
        max_tokens: int = 512, temperature: float = 0.0, seed: int = 0, context: int = 0, download: bool = False,
        template_options: Mapping[str, Any] | None = None,
    ):  # fmt: skip
        if not model:
            raise ConfigError("[llm.hf] needs the folder or hub name of a model: model = \"…\"")
        if dtype not in _DTYPES:
            raise ConfigError(f"[llm.hf] dtype = {dtype!r}; use one of {', '.join(_DTYPES)}")
        if batch_size < 1 or temperature < 0:
            raise ConfigError("[llm.hf] batch_size must be 1 or more, temperature 0 or more")
        folder = hub.folder_of(model, download)
        self._device = _device(device)
        self._model: Any
        self._model, ends = _model(folder, self._device, dtype)
        config = self._model.config.get_text_config()
        own = context or getattr(config, "max_position_embeddings", 0)
        self._chat = Chat(folder, config.vocab_size, ends, own, max_tokens, template_options)
        sampling = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
        self._model.generation_config = GenerationConfig(
            eos_token_id=list(self._chat.ends), pad_token_id=self._chat.ends[0], **sampling
        )
        self._batch_size, self._temperature, self._seed = batch_size, temperature, seed
        self.name = Path(model).name if Path(model).is_dir() else model
        parameters = [digest.of_folder(folder), self._chat.template, str(self._model.dtype), max_tokens, temperature,
                      seed, context, dict(template_options or {}), batch_size if temperature else 0]  # fmt: skip
        self.digest = digest.of_text(json.dumps(parameters, sort_keys=True))

    def complete(self, prompts: Sequence[Prompt]) -> list[Reply]:
        return local_batching.complete(self._chat, prompts, self._batch_size, self._write)

    @torch.inference_mode()
    def _write(self, batch: Sequence[local_batching.OpenPrompt]) -> None:
        longest, end = max(len(one.ids) for one in batch), self._chat.ends[0]
        ids = [[end] * (longest - len(one.ids)) + one.ids for one in batch]
        mask = [[0] * (longest - len(one.ids)) + [1] * len(one.ids) for one in batch]
        torch.manual_seed(self._seed)
        try:
            tokens = self._model.generate(
                input_ids=torch.tensor(ids, device=self._device), max_new_tokens=max(one.budget for one in batch),
                attention_mask=torch.tensor(mask, device=self._device),
                logits_processor=LogitsProcessorList([_Held(batch, longest)]),
            )  # fmt: skip
        except RuntimeError as error:
            if not _is_memory(error):
                raise
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            raise MemoryError(str(self._device)) from error
        for one, row in zip(batch, tokens.tolist(), strict=True):
            if not one.is_over:  # nothing was asked for after the last token
                one.offer(row[-1])


class _Held(LogitsProcessor):
    """Leaves to each answer of a batch the tokens that it may go on with; start: the length of the prompts."""

    def __init__(self, batch: Sequence[local_batching.OpenPrompt], start: int):
        self._batch, self._start = batch, start

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Any:
        for one, last in zip(self._batch, input_ids[:, -1].tolist(), strict=True):
            if input_ids.shape[1] > self._start and not one.is_over:
                one.offer(last)
        allowed = np.stack([one.allowed(scores.shape[1]) for one in self._batch])
        return scores.masked_fill(torch.from_numpy(~allowed).to(scores.device), -torch.inf)


def _device(name: str) -> torch.device:
    try:
        device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"[llm.hf] device = {name!r} can't be used here ({reason}); use auto or cpu") from error
    return device


def _model(folder: Path, device: torch.device, dtype: str) -> tuple[PreTrainedModel, list[int]]:
    """The model on its device, and the tokens that end its answers."""
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder}: not a transformers model ({str(error).splitlines()[0][:200]})") from error
    kinds = config.architectures or ["?"]
    if config.is_encoder_decoder or not any("ForCausalLM" in kind or "LMHead" in kind for kind in kinds):
        raise ModelError(f"{folder}: {', '.join(kinds)} is not a causal language model; give"
                         " one whose config.json says …ForCausalLM") from None  # fmt: skip
    weights = "float32" if dtype == "auto" and device.type == "cpu" else dtype
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder, config=config, dtype=weights, local_files_only=True, output_loading_info=True
        )
        model, missing = loaded[0].to(device).eval(), sorted(loaded[1]["missing_keys"])
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = f"out of memory on {device}; give a smaller dtype" if _is_memory(error) else str(error).splitlines()[0]
        raise ModelError(f"{folder}: the model can't be loaded ({reason[:200]})") from error
    if missing:
        raise ModelError(f"{folder}: the weights of {', '.join(missing[:3])} are missing; bring all files of the model")
    ends = model.generation_config.eos_token_id
    return model, ends if isinstance(ends, list) else [] if ends is None else [ends]


def _is_memory(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)
