"""What training starts from: a model folder, a checkpoint, another pair's model, or random weights."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from transformers import MarianMTModel, PreTrainedModel

from mtpipe.errors import ConfigError
from mtpipe.models import registry
from mtpipe.training import families, marian, vocabulary
from mtpipe.training.dequantization import dequantize
from mtpipe.training.families import Checkpoint

RANDOM = "none"
_OPEN, _ARROW, _CLOSE = vocabulary.SYMBOLS
ANNOTATION = (_OPEN, f"{_ARROW} ", _CLOSE)  # a piece that starts a word is copied best behind a space
CODE = f"{_OPEN}{{}}{_CLOSE}"


@dataclass(frozen=True, slots=True)
class Start:
    """A checkpoint to train; is_own: over our own vocabulary, so that annotations, masks and the guide can be learnt.
    folder: the model folder of the same task that it comes from, None where it comes from anything else."""

    checkpoint: Checkpoint
    is_own: bool
    folder: Path | None = None


def load(
    base: str, parent: str, source_lang: str, target_lang: str, work: Path, texts: Callable[[], Iterable[str]],
    size: int = vocabulary.SIZE, seed: int = 1, shape: Mapping[str, int] = {}, is_first: bool = True,
    task: str = registry.TRANSLATE, positions: int = 0,
) -> Start:
    """The start for base (see `TrainingRecipe`); texts: of both languages, read only for a new vocabulary of size;
    shape: of a model of random weights, as in `marian.fresh`; is_first: false for further processes of one training,
    which find in work what the first one put there; task: what it is trained for, which a base of that task or, for
    other tasks, a translation model knows something of; positions: pieces that it must have room for.

    Raises ConfigError or ModelError for what can't be trained.
    """
    if parent and base != RANDOM:
        raise ConfigError(f"--parent starts a new pair: it goes with --base {RANDOM}, not with a base")
    folder = registry.find(source_lang, target_lang).folder if not base else Path(base)
    is_made = base == RANDOM or (folder / "model.json").is_file()
    base_model = registry.read(folder) if base != RANDOM and is_made else None
    if base_model and base_model.task != registry.TRANSLATE:
        base_model.serves(task)
    source_folder = folder if base_model and base_model.task == task else None
    if is_made and not is_first:
        return Start(families.load(work / "start", source_lang, target_lang), True, source_folder)
    if base_model:
        model, spm = dequantize(base_model), folder / "spm.model"
    elif base != RANDOM:
        start = Start(families.load(base, source_lang, target_lang), False)
        return replace(start, is_own=_is_own(start.checkpoint))
    else:
        spm = work / "spm.model"
        if not spm.is_file():
            vocabulary.train(texts(), spm, size, seed)
        model = _child(Path(parent), spm) if parent else marian.fresh(spm, seed, **shape)
    marian.save(marian.longer(model, positions), spm, work / "start", source_lang, target_lang)
    return Start(families.load(work / "start", source_lang, target_lang), True, source_folder)


def ready(start: Start, lora: int) -> PreTrainedModel:
    """The model to train: no dropout (a model that has not seen its data often enough needs none), attention that can
    be looked at, adapters of rank lora in place of all weights."""
    model = start.checkpoint.model
    model.set_attn_implementation("eager")
    for module in model.modules():
        if isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0  # type: ignore[assignment]
    if not lora:
        return model
    import peft  # only those who ask for adapters need it

    config = peft.LoraConfig(r=lora, lora_alpha=2 * lora, target_modules="all-linear", task_type="SEQ_2_SEQ_LM")
    return cast(PreTrainedModel, peft.get_peft_model(model, config))


def trained(start: Start, model: PreTrainedModel) -> Checkpoint:
    """The start's checkpoint with a copy of a trained model in it, adapters merged."""
    if hasattr(model, "peft_config"):
        model = copy.deepcopy(model).merge_and_unload()  # type: ignore[operator]
    return replace(start.checkpoint, model=_like(model, model.state_dict()))


def mean(model: PreTrainedModel, folders: Sequence[Path]) -> PreTrainedModel:
    """A model like model with the mean of the weights saved in folders."""
    states = [type(model).from_pretrained(folder).state_dict() for folder in folders]
    return _like(model, {name: sum(state[name] for state in states) / len(states) for name in states[0]})


def _like(model: PreTrainedModel, weights: dict[str, torch.Tensor]) -> PreTrainedModel:
    # a trainer leaves its mark on a model: a copy would go on computing in bfloat16
    copied = type(model)(model.config)
    copied.load_state_dict(weights)
    copied.generation_config = model.generation_config
    return copied.eval()


def facts(start: Start, task: str = registry.TRANSLATE) -> dict[str, Any]:
    """What model.json must say of the task, symbols and masks."""
    opening, arrow, closing = ANNOTATION
    own: dict[str, Any] = {"annotation": {"open": opening, "arrow": arrow, "close": closing}, "code": CODE}
    return ({} if task == registry.TRANSLATE else {"task": task}) | (own if start.is_own else {})


def _child(parent: Path, spm: Path) -> MarianMTModel:
    if (parent / "model.json").is_file():
        model, pieces = dequantize(registry.read(parent)), parent / "spm.model"
    else:
        # its languages are others: only its weights and its spelling are wanted
        model, pieces = MarianMTModel.from_pretrained(parent), parent / "source.spm"
    return model if pieces.read_bytes() == spm.read_bytes() else marian.descend(model, pieces, spm)


def _is_own(checkpoint: Checkpoint) -> bool:
    return all(symbol in checkpoint.source.vocabulary for symbol in vocabulary.SYMBOLS)
