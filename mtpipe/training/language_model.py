"""Causal language models tuned with adapters: to post-edit as was accepted, or to prefer it to what was refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import peft
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from mtpipe.errors import ConfigError, InputError, ModelError
from mtpipe.io import json_lines
from mtpipe.llm.chat_template import Chat
from mtpipe.llm.prompts import Prompt
from mtpipe.training import preference_optimization
from mtpipe.training.development import Scores, TrainingOutcome
from mtpipe.training.preference_optimization import Course, optimize
from mtpipe.training.split import held_out

LLM, PREFERENCE = TASKS = ("llm", "preference")
RANK, LEARNING_RATE = 8, 2e-4
_IGNORED = -100  # a label that is no part of an answer

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of `mtpipe preferences`: what was asked, the answer that was accepted, and a worse one."""

    prompt: Prompt
    better: str
    worse: str


@dataclass(frozen=True, slots=True)
class TuningRecipe:
    """What to tune and how. base: folder of a causal LM; rank: of the adapters; steps: 0 for one pass over the choices;
    minutes: 0 for no limit."""

    choices: Sequence[Choice]
    base: Path
    out: Path
    task: str = LLM
    dev: Sequence[Choice] = ()
    rank: int = RANK
    steps: int = 0
    minutes: float = 0.0
    learning_rate: float = LEARNING_RATE
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _TokenizedAnswer:
    """Tokens of a prompt with an answer, and where the answer begins."""

    ids: list[int]
    start: int


def read(paths: Sequence[Path]) -> list[Choice]:
    """The choices in files that `mtpipe preferences` wrote; raises InputError."""
    return [_choice(row, f"{path}:{number}") for path in paths for number, row in json_lines.read(path)]


def tune(recipe: TuningRecipe, tell: Tell = lambda line: None) -> TrainingOutcome:
    """Trains adapters on the base and writes recipe.out, the model with the adapters merged, which `hf` serves and
    ct2-transformers-converter converts; the adapters themselves are in <out>.training/adapter.

    Task "llm" learns the accepted answers, "preference" by CPO (Xu et al. 2024) also to tell them from the worse ones.
    Raises InputError for too few choices, ConfigError and ModelError for a base that can't be tuned.
    """
    choices, dev = (list(recipe.choices), list(recipe.dev)) if recipe.dev else held_out(recipe.choices, _question)
    base, chat = _load(recipe.base)
    config = peft.LoraConfig(r=recipe.rank, lora_alpha=2 * recipe.rank, target_modules="all-linear",
                             task_type="CAUSAL_LM")  # fmt: skip
    torch.manual_seed(recipe.seed)
    model = peft.get_peft_model(base, config)
    before = _measure(model, chat, dev)
    tell(f"before: {before}")
    schedule = Course(recipe.steps, recipe.minutes, recipe.learning_rate, recipe.seed)
    optimize(model, choices, lambda batch: _loss(model, chat, batch, recipe.task == PREFERENCE), schedule, tell)
    after = _measure(model, chat, dev)
    tell(f"after: {after}")
    model.save_pretrained(str(recipe.out.with_name(f"{recipe.out.name}.training") / "adapter"))
    cast(Any, model).merge_and_unload().save_pretrained(recipe.out)
    AutoTokenizer.from_pretrained(recipe.base, local_files_only=True).save_pretrained(recipe.out)
    return TrainingOutcome(recipe.out, {"development": (before, after)})


def _choice(row: dict[str, Any], where: str) -> Choice:
    texts = [row.get(name) for name in ("system", "user", "chosen", "rejected")]
    if not all(isinstance(text, str) for text in texts):
        raise InputError(f"{where}: no system, user, chosen and rejected; give what `mtpipe preferences` writes")
    system, user, better, worse = map(str, texts)
    return Choice(Prompt(system, user), _answer(better), _answer(worse))


def _answer(text: str) -> str:
    """As the prompt asks for it."""
    return json.dumps({"target": text, "unsuitable": []}, ensure_ascii=False)


def _question(choice: Choice) -> str:
    return choice.prompt.user


def _load(folder: Path) -> tuple[PreTrainedModel, Chat]:
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no folder of a causal language model; name one by --base")
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype="float32", local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder}: not a causal language model ({str(error).splitlines()[0][:200]})") from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)  # type: ignore[arg-type]
    return model, Chat(folder, model.config.get_text_config().vocab_size)


def _loss(model: Any, chat: Chat, batch: Sequence[Choice], is_preference: bool) -> Tensor:
    better, counts = _log_likelihoods(model, [_text(chat, one.prompt, one.better) for one in batch])
    if not is_preference:
        return -(better.sum() / counts.sum())
    worse, _ = _log_likelihoods(model, [_text(chat, one.prompt, one.worse) for one in batch])
    return preference_optimization.loss(better, counts, worse)


@torch.no_grad()
def _measure(model: Any, chat: Chat, choices: Sequence[Choice]) -> Scores:
    """nll: of a token of the accepted answers; preferred: share of choices whose accepted answer is the likelier."""
    model.eval()
    total, tokens, preferred = 0.0, 0.0, 0
    for one in choices:
        values, counts = _log_likelihoods(model, [_text(chat, one.prompt, text) for text in (one.better, one.worse)])
        total, tokens = total - values[0].item(), tokens + counts[0].item()
        preferred += bool(values[0] / counts[0] > values[1] / counts[1])
    return {"nll": total / tokens, "preferred": preferred / len(choices)}


def _log_likelihoods(model: Any, texts: Sequence[_TokenizedAnswer]) -> tuple[Tensor, Tensor]:
    """[texts]: of each answer, and how many tokens it has."""
    longest = max(len(text.ids) for text in texts)
    ids = torch.tensor([text.ids + [0] * (longest - len(text.ids)) for text in texts], device=model.device)
    mask = torch.tensor([[1] * len(text.ids) + [0] * (longest - len(text.ids)) for text in texts], device=model.device)
    labels = ids.clone()
    for row, text in enumerate(texts):
        labels[row, : text.start] = _IGNORED
        labels[row, len(text.ids) :] = _IGNORED
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
    is_answer = labels[:, 1:] != _IGNORED
    tokens = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)
    return (tokens * is_answer).sum(1), is_answer.sum(1)


def _text(chat: Chat, prompt: Prompt, answer: str) -> _TokenizedAnswer:
    try:
        ids, _ = chat.read(prompt)
    except ValueError as error:
        raise InputError(f"a choice can't be learnt from: {error}") from error
    return _TokenizedAnswer(ids + chat.answer_ids(answer), len(ids))
