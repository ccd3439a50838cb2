"""transformers' Seq2SeqTrainer with what a translation model needs: token-budget batches, a guided alignment head,
a budget of minutes, memory that runs out, losses that are no number."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset
from transformers import (
    EarlyStoppingCallback,
    PreTrainedModel,
    PrinterCallback,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    TrainerCallback,
)
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from mtpipe.errors import ModelError
from mtpipe.training.batches import IGNORED, Batches, collate
from mtpipe.training.marian import silence_padding

LOG_STEPS = 25
_UNLIMITED = 10**9  # steps
_WARMUP_SHARE = 0.1  # of the plan at most: a short one would be over before its learning rate is reached
_NEVER = -1e4  # a logit
_NO_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory")


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. steps or minutes end it, whichever comes first (0: no limit); budget: tokens of a batch. warmup:
    steps until the learning rate is reached, or a tenth of the plan where that is less.

    guide: weight of the alignment loss beside the translation loss (0: off). patience: evaluations on the development
    set without a better chrF2++ after which training stops (0: never). evaluate_every: steps (0: to be found).
    is_bfloat16: compute in bfloat16 with weights in float32 (see `precision`).
    """

    steps: int = 0
    minutes: float = 0.0
    budget: int = 5000
    learning_rate: float = 6e-4
    warmup: int = 100
    smoothing: float = 0.1
    guide: float = 0.3
    evaluate_every: int = 500
    patience: int = 0
    keep: int = 4
    seed: int = 1
    is_padding_silent: bool = True
    is_bfloat16: bool = False


Measure = Callable[[PreTrainedModel], dict[str, float]]


class TranslationTrainer(Seq2SeqTrainer):
    """Trains a transformers encoder-decoder on Batches; measure(model) gives {"chrf": …, …} on development text."""

    def __init__(self, model: PreTrainedModel, batches: Batches, plan: Plan, folder: Path, measure: Measure,
                 callbacks: list[TrainerCallback]):  # fmt: skip
        self.batches, self.plan, self.measure = batches, plan, measure
        self.tokens, self.started = 0, time.monotonic()
        self.spent = 0.0  # seconds of the runs that this one resumes
        self.elapsed = 0.0  # share of the plan's minutes
        self._losses: dict[str, float] = {}
        self.module = model
        batches.progress = self._current_progress
        super().__init__(
            model, args=_arguments(plan, folder), train_dataset=_Endless(), eval_dataset=_Endless(),
            callbacks=[_Minutes(self), _Padding(self), *callbacks, *_patience(plan)],
        )  # fmt: skip
        self.remove_callback(PrinterCallback)  # a library prints nothing

    def get_train_dataloader(self) -> DataLoader:
        logged = next((row for row in reversed(self.state.log_history) if "tokens" in row), {})
        self.tokens, self.spent = int(logged.get("tokens", 0)), logged.get("seconds", 0.0)
        self.started = time.monotonic()
        config: Any = self.module.config
        stream = _Stream(self.batches, config.pad_token_id, config.decoder_start_token_id, self.plan.guide > 0,
                         self.plan.seed + 1000 * self.state.global_step + self.args.process_index)
        return DataLoader(stream, batch_size=None)

    def create_scheduler(self, num_training_steps: int, optimizer=None):
        """Linear warm-up, half a cosine down to 2 % over the steps or minutes given."""
        optimizer = optimizer or self.optimizer
        assert optimizer is not None
        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate)
        return self.lr_scheduler

    def _rate(self, step: int) -> float:
        return learning_rate_share(step, self.progress(step), self.plan.warmup)

    def progress(self, step: int) -> float:
        """How much of the plan is done, 0…1."""
        return max(step / (self.plan.steps or _UNLIMITED), self.elapsed)

    def _current_progress(self) -> float:
        return self.progress(self.state.global_step)

    def look_at_the_clock(self) -> None:
        """Several processes go by the first one's clock: they must take the same steps."""
        self.elapsed = self._broadcast(self.seconds / (60 * self.plan.minutes)) if self.plan.minutes else 0.0

    def _broadcast(self, value: Any) -> Any:
        """What the first process says."""
        return broadcast_object_list([value])[0] if self.args.world_size > 1 else value

    @property
    def seconds(self) -> float:
        """Seconds of training, interrupted runs' included, evaluations not."""
        return self.spent + time.monotonic() - self.started

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        padding: Any = self.module.config.pad_token_id
        guide, labels = inputs.pop("guide", None), inputs.pop("labels")
        outputs = model(**inputs, output_attentions=guide is not None, use_cache=False)
        loss, translation = smoothed(outputs.logits, labels, self.plan.smoothing, padding)
        tokens = int((labels != IGNORED).sum())
        self._count(tokens, nll=float(translation))
        if guide is not None:
            alignment = _alignment(outputs.cross_attentions[-1][:, 0], guide)
            self._count(0, align=float(alignment.detach()))
            loss = loss + self.plan.guide * alignment
        if not torch.isfinite(loss):
            raise NotANumber(self.state.global_step)
        return (loss, outputs) if return_outputs else loss

    def training_step(self, model, inputs, num_items_in_batch=None):
        """A step that runs out of memory is done in halves, and later batches are smaller."""
        try:
            return super().training_step(model, dict(inputs), num_items_in_batch)
        except RuntimeError as error:
            lines = len(inputs["input_ids"])
            if lines == 1 or not any(phrase in str(error).lower() for phrase in _NO_MEMORY):
                raise
        model.zero_grad(set_to_none=True)
        gc.collect()
        self.batches.budget = max(256, self.batches.budget // 2)
        self.callback_handler.on_log(self.args, self.state, self.control, {"smaller_batches": self.batches.budget})
        halves = ({name: value[part] for name, value in inputs.items()}
                  for part in (slice(None, lines // 2), slice(lines // 2, None)))
        return sum(self.training_step(model, half, num_items_in_batch) for half in halves) / 2

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        started = time.monotonic()
        measured = self.measure(self.module) if self.is_world_process_zero() else None
        scores = {f"eval_{name}": value for name, value in self._broadcast(measured).items()}
        self.module.train()
        self.log(scores)
        self.started += time.monotonic() - started  # the minutes are of training
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, scores)
        return scores

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        if "loss" in logs:
            seconds = time.monotonic() - self._losses.pop("since", self.started)
            tokens = self._losses.pop("tokens", 0.0)
            steps = self._losses.pop("steps", 1.0)
            logs |= {name: round(total / steps, 4) for name, total in self._losses.items()}
            logs |= {"tokens": self.tokens, "seconds": round(self.seconds, 1),
                     "tokens_per_second": round(tokens / max(seconds, 1e-9))}  # fmt: skip
            self._losses = {"since": time.monotonic()}
        super().log(logs, *args, **kwargs)

    def _count(self, tokens: int, **losses: float) -> None:
        self.tokens += tokens
        for name, value in {**losses, "tokens": tokens, "steps": 1 if tokens else 0}.items():
            self._losses[name] = self._losses.get(name, 0.0) + value


class NotANumber(ModelError):
    """The loss is no number any more; what was saved before is good."""

    def __init__(self, step: int):
        super().__init__(f"the loss of step {step} is not a number: training stopped, the checkpoints before it are "
                         "kept; resume with a lower --learning-rate, and look for odd pairs in the corpus")


def learning_rate_share(step: int, done: float, warmup: int) -> float:
    """Of the highest learning rate at a step (from 0), when so much of the plan (0…1) is done: see `Plan.warmup`."""
    warm = min(1.0, max((step + 1) / max(1, warmup), done / _WARMUP_SHARE))
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def smoothed(logits: torch.Tensor, labels: torch.Tensor, smoothing: float, padding: int) -> tuple:
    """(label-smoothed cross-entropy, plain negative log-likelihood), means over the labelled tokens.

    <pad> is outside the softmax: CTranslate2's models can't put it out.
    """
    mask = labels != IGNORED
    scores = logits[mask].float()
    scores[:, padding] = _NEVER
    logs = functional.log_softmax(scores, -1)
    nll = -logs.gather(1, labels[mask][:, None]).mean()
    uniform = (logs[:, padding] - logs.sum(-1)).mean() / (logs.shape[1] - 1)
    return (1 - smoothing) * nll + smoothing * uniform, nll.detach()


def checkpoints(folder: Path) -> list[Path]:
    """The complete checkpoints in folder, oldest first; one that was killed while saving lacks its state."""
    folders = [path for path in folder.glob(f"{PREFIX_CHECKPOINT_DIR}-*") if (path / "trainer_state.json").is_file()]
    return sorted(folders, key=lambda path: int(path.name.rsplit("-", 1)[1]))


def _alignment(attention: torch.Tensor, guide: torch.Tensor) -> torch.Tensor:
    is_linked = guide.sum(-1) > 0
    return -(guide * torch.log(attention.float() + 1e-6)).sum(-1)[is_linked].mean() if is_linked.any() else guide.sum()


def _arguments(plan: Plan, folder: Path) -> Seq2SeqTrainingArguments:
    has_gpu = torch.cuda.is_available()
    return Seq2SeqTrainingArguments(
        output_dir=str(folder), max_steps=plan.steps or _UNLIMITED, learning_rate=plan.learning_rate,
        bf16=plan.is_bfloat16, use_cpu=not has_gpu, optim="adamw_torch_fused", adam_beta2=0.98, adam_epsilon=1e-9,
        weight_decay=0.01, max_grad_norm=1.0, eval_strategy="steps", eval_steps=plan.evaluate_every,
        save_strategy="steps", save_steps=plan.evaluate_every, save_total_limit=plan.keep, logging_steps=LOG_STEPS,
        seed=plan.seed, disable_tqdm=True, report_to=[], remove_unused_columns=False, label_smoothing_factor=0.0,
        ignore_data_skip=True, logging_nan_inf_filter=False, dataloader_pin_memory=has_gpu,
        load_best_model_at_end=plan.patience > 0, metric_for_best_model="eval_chrf", greater_is_better=True,
    )  # fmt: skip


def _patience(plan: Plan) -> list[TrainerCallback]:
    return [EarlyStoppingCallback(plan.patience)] if plan.patience else []


class _Endless(IterableDataset):
    """Stands where Trainer wants a data set; the batches come from get_train_dataloader."""

    def __iter__(self) -> Iterator:
        return iter(())


class _Stream(IterableDataset):
    def __init__(self, batches: Batches, padding: int, start: int, has_guide: bool, seed: int):
        self.batches, self.padding, self.start, self.has_guide = batches, padding, start, has_guide
        batches.seed = seed

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        for batch in self.batches:
            arrays = collate(batch, self.padding, self.start, self.has_guide)
            yield {name: torch.from_numpy(array) for name, array in arrays.items()}


class _Minutes(TrainerCallback):
    """Ends training, with an evaluation and a checkpoint, when the plan's minutes are over."""

    def __init__(self, trainer: TranslationTrainer):
        self.trainer = trainer

    def on_step_end(self, args, state, control, **kwargs):
        self.trainer.look_at_the_clock()
        if self.trainer.progress(state.global_step) >= 1:
            control.should_training_stop = control.should_save = control.should_evaluate = True


class _Padding(TrainerCallback):
    def __init__(self, trainer: TranslationTrainer):
        self.trainer = trainer

    def on_optimizer_step(self, args, state, control, **kwargs):
        if self.trainer.plan.is_padding_silent:
            silence_padding(self.trainer.module)
