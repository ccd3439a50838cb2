"""A CTranslate2 model made from a Marian one back into weights that can be trained: bundled models ship no others."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from transformers import MarianMTModel

from mtpipe.errors import ModelError
from mtpipe.models.registry import Model
from mtpipe.training import marian

_VERSION = 6  # of the format of model.bin
_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
# linear layers that CTranslate2 stacks: the projections of queries, keys and values
_SELF = {"linear_0": ("q_proj", "k_proj", "v_proj"), "linear_1": ("out_proj",)}
_CROSS = {"linear_0": ("q_proj",), "linear_1": ("k_proj", "v_proj"), "linear_2": ("out_proj",)}

Arrays = dict[str, np.ndarray]


def thaw(model: Model) -> MarianMTModel:
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
        made = marian.fresh(
            spm, d_model=size, encoder_layers=layers["encoder"], decoder_layers=layers["decoder"],
            encoder_ffn_dim=hidden, decoder_ffn_dim=hidden, encoder_attention_heads=int(arrays["encoder/num_heads"]),
            decoder_attention_heads=int(arrays["decoder/num_heads"]),
        )  # fmt: skip
        state = dict(_named(arrays, made.config.vocab_size))
        left = set(made.load_state_dict(state, strict=False).missing_keys)
    except (KeyError, IndexError, RuntimeError, struct.error) as error:
        raise refusal from error
    if any("embed_positions" not in name and name not in _TIED for name in left):
        raise refusal
    made.tie_weights()
    marian.silence_padding(made)
    return made


_TIED = frozenset(("model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight",
                   "final_logits_bias"))


def _read(path: Path) -> Arrays:
    """The variables of a model.bin, quantised ones scaled back."""
    with path.open("rb") as file:
        (version,) = _unpack(file, "I")
        if version != _VERSION:
            raise ModelError(f"{path}: format version {version}, {_VERSION} is expected; convert the model again")
        _string(file)
        _unpack(file, "I")
        (count,) = _unpack(file, "I")
        found: Arrays = {}
        for _ in range(count):
            name = _string(file)
            (rank,) = _unpack(file, "B")
            shape = _unpack(file, f"{rank}I")
            kind, size = _unpack(file, "BI")
            found[name] = np.frombuffer(file.read(size), _TYPES[kind]).reshape(shape)
    return {name: array.astype(np.float32) / found[f"{name}_scale"].reshape(-1, *[1] * (array.ndim - 1))
            if f"{name}_scale" in found else array for name, array in found.items()}


def _named(arrays: Arrays, size: int) -> Iterator[tuple[str, torch.Tensor]]:
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


def _unpack(file: BinaryIO, form: str) -> tuple:
    return struct.unpack(f"<{form}", file.read(struct.calcsize(f"<{form}")))


def _string(file: BinaryIO) -> str:
    (length,) = _unpack(file, "H")
    return file.read(length)[:-1].decode("utf-8")
