"""A CTranslate2 model made from a Marian one back into weights that can be trained: bundled models ship no others."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from transformers import MarianMTModel

from mtpipe.errors import ModelError
from mtpipe.models import ct2_weights
from mtpipe.models.registry import Model
from mtpipe.training import marian

# linear layers that CTranslate2 stacks: the projections of queries, keys and values
_SELF = {"linear_0": ("q_proj", "k_proj", "v_proj"), "linear_1": ("out_proj",)}
_CROSS = {"linear_0": ("q_proj",), "linear_1": ("k_proj", "v_proj"), "linear_2": ("out_proj",)}


def dequantize(model: Model) -> MarianMTModel:
    """The model with float32 weights, int8 ones scaled back: within a half step of what they were.

    Raises ModelError for a folder of another architecture than our own, whose checkpoint is needed instead.
    """
    path = model.folder / "ct2" / "model.bin"
    refusal = ModelError(f"{model.folder}: only Marian models over one spm.model, as mtpipe trains them, can be "
                         "trained from a model folder; give the transformers checkpoint it was converted from")
    try:
        arrays = _read(path)
        spm = model.folder / "spm.model"
        if not spm.is_file() or float(arrays["decoder/start_from_zero_embedding"]) != 1:
            raise refusal
        layers = {side: len({name.split("/")[1] for name in arrays if name.startswith(f"{side}/layer_")})
                  for side in ("encoder", "decoder")}  # fmt: skip
        hidden, size = (arrays["decoder/layer_0/ffn/linear_0/weight"].shape[axis] for axis in (0, 1))
        converted = marian.fresh(
            spm, d_model=size, encoder_layers=layers["encoder"], decoder_layers=layers["decoder"],
            encoder_ffn_dim=hidden, decoder_ffn_dim=hidden, encoder_attention_heads=int(arrays["encoder/num_heads"]),
            decoder_attention_heads=int(arrays["decoder/num_heads"]),
        )  # fmt: skip
        state = dict(_parameters(arrays, converted.config.vocab_size))
        missing = set(converted.load_state_dict(state, strict=False).missing_keys)
    except (KeyError, IndexError, RuntimeError, struct.error) as error:
        raise refusal from error
    if any("embed_positions" not in name and name not in _TIED for name in missing):
        raise refusal
    converted.tie_weights()
    marian.silence_padding(converted)
    return converted


_TIED = frozenset(("model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight",
                   "final_logits_bias"))


def _read(path: Path) -> ct2_weights.Arrays:
    """The variables of a model.bin, quantised ones scaled back."""
    arrays = ct2_weights.arrays(path.read_bytes(), str(path))
    return {name: array.astype(np.float32) / arrays[f"{name}_scale"].reshape(-1, *[1] * (array.ndim - 1))
            if f"{name}_scale" in arrays else array for name, array in arrays.items()}


def _parameters(arrays: ct2_weights.Arrays, size: int) -> Iterator[tuple[str, torch.Tensor]]:
    """The arrays by their names in MarianMTModel."""
    pieces = arrays["decoder/embeddings/weight"]
    yield "model.shared.weight", torch.from_numpy(np.vstack([pieces, np.zeros((size - len(pieces), pieces.shape[1]))]))
    for name, array in arrays.items():
        side, layer, *rest = name.split("/")
        if not layer.startswith("layer_") or name.endswith("_scale"):
            continue
        start = f"model.{side}.layers.{layer.removeprefix('layer_')}"
        if rest[0] == "ffn":
            kind = "final_layer_norm" if rest[1] == "layer_norm" else f"fc{int(rest[1][-1]) + 1}"
            yield f"{start}.{kind}.{_tensor(rest[2])}", torch.tensor(array)
            continue
        block, parts = ("self_attn", _SELF) if rest[0] == "self_attention" else ("encoder_attn", _CROSS)
        if rest[1] == "layer_norm":
            yield f"{start}.{block}_layer_norm.{_tensor(rest[2])}", torch.tensor(array)
            continue
        for projection, part in zip(parts[rest[1]], np.split(array, len(parts[rest[1]])), strict=True):
            yield f"{start}.{block}.{projection}.{_tensor(rest[2])}", torch.tensor(part)


def _tensor(name: str) -> str:
    return {"gamma": "weight", "beta": "bias"}.get(name, name)
