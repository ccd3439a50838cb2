"""From a checkpoint of transformers to a model folder of mtpipe; kept only when both translate alike."""

from __future__ import annotations

import copy
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import ctranslate2
import transformers
from ctranslate2.converters import TransformersConverter

from mtpipe import __version__
from mtpipe.errors import ConfigError, ModelError, OutputError
from mtpipe.languages import tags
from mtpipe.models import hub, registry
from mtpipe.training import parity
from mtpipe.training.families import Checkpoint

# bytes of a weight
QUANTIZATIONS = {"int8": 1.0, "int8_float32": 1.0, "int8_float16": 1.0, "int8_bfloat16": 1.0, "int16": 2.0,
                 "float16": 2.0, "bfloat16": 2.0, "float32": 4.0}  # fmt: skip
_SPARE = 64 << 20  # bytes beside the weights


class _InMemory(TransformersConverter):
    """Converts the model and tokenizer that are loaded already."""

    def __init__(self, checkpoint: Checkpoint):
        super().__init__(str(checkpoint.folder))
        self._checkpoint = checkpoint

    def load_model(self, *_: Any, **__: Any) -> transformers.PreTrainedModel:
        model = copy.deepcopy(self._checkpoint.model)  # the conversion quantises the very tensors it is given
        if model.config.model_type == "mbart":
            model.config.normalize_before = True  # always so, yet only the configurations of the first models say it
        return model

    def load_tokenizer(self, *_: Any, **__: Any) -> transformers.PreTrainedTokenizerBase:
        tokenizer = self._checkpoint.tokenizer
        tokenizer.bos_token = tokenizer.bos_token or tokenizer.cls_token  # CTranslate2 can't read a model without
        return tokenizer


def convert(
    checkpoint: Checkpoint, out: Path, *, quantization: str = "int8", lines: Sequence[str] = (), is_pair: bool = False,
    about: Mapping[str, Any] | None = None, on_step: Callable[[str], None] = lambda step: None,
) -> dict[str, Any]:
    """Writes the model folder out, which must not exist yet, and returns what its model.json says.

    lines: compared with transformers before the folder is accepted, by default `parity.lines_of()`. is_pair: the model
    is for the checkpoint's direction only, even if it knows others. about: further keys of model.json. Raises
    ModelError for a difference, OutputError where there is no room; then there is no folder.
    """
    if quantization not in QUANTIZATIONS:
        raise ConfigError(f"no such quantization {quantization!r}; available: {', '.join(QUANTIZATIONS)}")
    _check_room(checkpoint, out, quantization)
    lines = lines or parity.lines_of()
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as name:
            exact = Path(name) / "float32"
            on_step("converting")
            data = write(checkpoint, exact, "float32", facts(checkpoint, is_pair) | dict(about or {}))
            on_step(f"comparing {len(lines)} lines with transformers")
            checked = {"ctranslate2": ctranslate2.__version__, "transformers": transformers.__version__,
                       "float32": asdict(parity.check(checkpoint, exact, lines))}  # fmt: skip
            folder = exact
            if quantization != "float32":
                on_step(f"quantising to {quantization}")
                folder = Path(name) / "quantised"
                write(checkpoint, folder, quantization, data)
                checked[quantization] = asdict(parity.quantised(checkpoint, exact, folder, lines))
            data |= {"quantization": quantization, "checked": checked}
            _dump(folder, data)
            registry.seal(folder)
            os.replace(folder, out)
    except OSError as error:
        raise OutputError(f"{out}: can't be written ({error}); nothing is kept") from error
    return data


def _check_room(checkpoint: Checkpoint, out: Path, quantization: str) -> None:
    if out.exists():
        raise OutputError(f"{out}: exists already; choose another --out, or remove it first")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out.parent}: can't be made ({error}); choose another --out") from error
    weights = checkpoint.model.num_parameters()
    needed = int(weights * (4 + (QUANTIZATIONS[quantization] if quantization != "float32" else 0))) + _SPARE
    free = shutil.disk_usage(out.parent).free
    if free < needed:
        raise OutputError(f"{out.parent}: {free >> 20} MB free, {needed >> 20} MB needed (float32 to compare with,"
                          f" and {quantization}); make room or choose another --out")  # fmt: skip


def write(checkpoint: Checkpoint, folder: Path, quantization: str, data: dict[str, Any]) -> dict[str, Any]:
    """Writes the model folder without comparing anything; data is what its model.json says. Raises ModelError."""
    folder.mkdir()
    try:
        _InMemory(checkpoint).convert(str(folder / "ct2"), None, None if quantization == "float32" else quantization)
    except (RuntimeError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"{checkpoint.folder}: CTranslate2 can't convert it ({error})") from error
    source, target = checkpoint.source.spm, checkpoint.target.spm
    is_shared = source == target or source.read_bytes() == target.read_bytes()
    for path, name in ((source, "spm.model"),) if is_shared else ((source, "source.spm"), (target, "target.spm")):
        shutil.copyfile(path, folder / name)
    _dump(folder, data)
    return data


def facts(checkpoint: Checkpoint, is_pair: bool) -> dict[str, Any]:
    """What model.json says, but for how the folder was made."""
    symbols = {} if is_pair else dict(checkpoint.symbols)
    in_source = "{source}" if checkpoint.family.is_forced else "{target}"
    language_symbols = frozenset(symbols.values())
    any_source = bool(symbols) and checkpoint.family.model_type != "marian"
    data: dict[str, Any] = {
        "name": checkpoint.name,
        "source_lang": tags.ANY if any_source else checkpoint.source_lang,
        "target_lang": tags.ANY if symbols else checkpoint.target_lang,
        "max_tokens": checkpoint.max_tokens,
        "licence": hub.licence(checkpoint.folder),
        "origin": f"{checkpoint.family.name}, converted by mtpipe {__version__}",
        "source_start": [in_source if piece in language_symbols else piece for piece in checkpoint.source.start],
        "source_end": [in_source if piece in language_symbols else piece for piece in checkpoint.source.end],
        "target_start": ["{target}" if piece in language_symbols else piece for piece in checkpoint.target.start],
    }
    return data | ({"languages": symbols} if symbols else {})


def _dump(folder: Path, data: Mapping[str, Any]) -> None:
    (folder / "model.json").write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
