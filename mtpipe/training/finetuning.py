"""Fine-tuning: parallel text and a model in, a checked model folder out; also training from scratch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from accelerate import PartialState
from safetensors import SafetensorError
from transformers import PreTrainedModel

from mtpipe.errors import ConfigError, OutputError
from mtpipe.models import registry
from mtpipe.training import conversion, curve, families, precision, starts
from mtpipe.training.development import Scores, TrainingOutcome, line
from mtpipe.training.postediting import PostEditing
from mtpipe.training.starts import Start
from mtpipe.training.task import Ready, TrainingRecipe, TrainingTask
from mtpipe.training.trainer import Plan, TranslationTrainer, checkpoints
from mtpipe.training.translation import TranslationTask

__all__ = ["TrainingRecipe", "finetune"]

TASKS: dict[str, Callable[[TrainingRecipe], TrainingTask]] = {
    registry.TRANSLATE: TranslationTask, registry.POST_EDIT: PostEditing,
}  # fmt: skip
CHARACTERS = 4  # of a piece, about
_NEEDED_SPACE = 20  # copies of the weights: checkpoints hold the optimiser's state as well

Tell = Callable[[str], None]


def _nothing(message: str) -> None:
    """For those who want no progress."""


def finetune(recipe: TrainingRecipe, tell: Tell = _nothing, resume: bool = True) -> TrainingOutcome | None:
    """Trains as the recipe says and writes the model folder; checkpoints, curve and lexicon are in <out>.training.

    A run that was interrupted goes on where its last checkpoint was. Under `accelerate launch` each process trains on
    batches of its own and the first one does the rest: the others get None. Raises InputError for a corpus too small,
    ConfigError for a run of another kind to go on from, ModelError for what can't be trained and for a loss that is no
    number, OutputError where the disk is too small.
    """
    processes = PartialState(cpu=not torch.cuda.is_available())
    with processes.main_process_first():
        work = _work_folder(recipe, resume or not processes.is_main_process)
        start, ready = _prepared(recipe, work, processes.is_main_process, tell)

    def measure_all(folder: Path) -> dict[str, Scores]:
        return {name: measure(folder) for name, measure in ready.measures.items()}

    before: dict[str, Scores] = {}
    if recipe.base != starts.RANDOM and processes.is_main_process:
        before = measure_all(start.folder or _write(recipe, start, start.checkpoint.model, work / "base"))
        tell(f"before: {line(before)}")

    def measure(model: PreTrainedModel, name: str = "latest") -> Scores:
        return ready.measures["domain"](_write(recipe, start, model, work / name))

    model = starts.ready(start, recipe.lora)
    _train(_trainer(recipe, start, model, ready, work, measure, tell), work)
    if not processes.is_main_process:
        return None
    best = _best(model, checkpoints(work / "checkpoints"), measure, tell)
    folder = _accept(recipe, start, best, ready.lines, work, tell)
    after = measure_all(folder)
    tell(f"after: {line(after)}")
    if (work / "curve.csv").is_file():
        curve.plot(work / "curve.csv", work / "curve.svg")
    return TrainingOutcome(recipe.out, {name: (before.get(name, {}), after[name]) for name in ready.measures})


def _prepared(recipe: TrainingRecipe, work: Path, is_first: bool, tell: Tell) -> tuple[Start, Ready]:
    task = TASKS[recipe.task](recipe)
    start = starts.load(recipe.base, recipe.parent, recipe.source_lang, recipe.target_lang, work, task.texts,
                        recipe.vocabulary, recipe.plan.seed, recipe.shape, is_first, recipe.task,
                        task.positions)  # fmt: skip
    _check_space(work, start)
    return start, task.ready(start, work, tell)


def _work_folder(recipe: TrainingRecipe, resume: bool) -> Path:
    out = recipe.out
    if out.exists():
        raise OutputError(f"{out}: exists already; choose another --out, or remove it first")
    work = out.with_name(f"{out.name}.training")
    if not resume:
        shutil.rmtree(work, ignore_errors=True)
    try:
        work.mkdir(parents=True, exist_ok=True)
        path = work / "recipe.json"
        earlier = json.loads(path.read_text("utf-8")) if path.is_file() else recipe.kind
        path.write_text(json.dumps(earlier), "utf-8")
    except OSError as error:
        raise OutputError(f"{work}: can't be made ({error.strerror}); choose another --out") from error
    changed = [f"{name} {earlier.get(name)!r}, not {value!r}" for name, value in recipe.kind.items()
               if earlier.get(name) != value]  # fmt: skip
    if changed:
        raise ConfigError(f"{work} holds a training with {', '.join(changed)}: choose another --out, or --restart")
    return work


def _trainer(
    recipe: TrainingRecipe, start: Start, model: PreTrainedModel, ready: Ready, work: Path,
    measure: Callable[[PreTrainedModel], Scores], tell: Tell,
) -> TranslationTrainer:
    plan = _paced(recipe.plan, ready.characters)
    guide = plan.guide if ready.has_guide else 0
    numbers = precision.choose(model, guide > 0)
    tell(str(numbers))
    plan = replace(plan, is_padding_silent=start.is_own and not recipe.lora, guide=guide,
                   is_bfloat16=numbers.is_bfloat16)  # fmt: skip
    return TranslationTrainer(model, ready.batches, plan, work / "checkpoints", measure,
                              [curve.Curve(work / "curve.csv"), curve.Teller(tell)])  # fmt: skip


def _paced(plan: Plan, characters: float) -> Plan:
    """The plan, with an evaluation for about each pass over the domain's examples where it says nothing else."""
    steps = int(characters / CHARACTERS / plan.budget)
    return plan if plan.evaluate_every else replace(plan, evaluate_every=min(500, max(25, steps)))


def _train(trainer: TranslationTrainer, work: Path) -> None:
    saved = checkpoints(work / "checkpoints")
    try:
        trainer.train(resume_from_checkpoint=str(saved[-1]) if saved else None)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"{work}: can't be written ({error}); make room and run the same command again: it goes on "
                          "from the last checkpoint") from error  # fmt: skip


def _write(recipe: TrainingRecipe, start: Start, model: PreTrainedModel, folder: Path) -> Path:
    """A model folder to measure with, as it will be in the end but unchecked."""
    shutil.rmtree(folder, ignore_errors=True)
    trained = starts.trained(start, model)
    facts = conversion.facts(trained, is_pair=True) | starts.facts(start, recipe.task)
    conversion.write(trained, folder, "int8", facts)
    return folder


def _best(
    latest: PreTrainedModel, saved: Sequence[Path], measure: Callable[[PreTrainedModel, str], Scores], tell: Tell
) -> PreTrainedModel:
    """The last weights, or the mean of the last two or more checkpoints: what does best on the development text."""
    options = {"last": latest}
    for count in range(2, len(saved) + 1) if not hasattr(latest, "peft_config") else ():
        options[f"mean of {count}"] = starts.mean(latest, saved[-count:])
    worth = {name: _worth(measure(model, "candidate")) for name, model in options.items()}
    best = max(worth, key=lambda name: worth[name])
    tell(f"weights: {best} ({', '.join(f'{name} {value:.2f}' for name, value in worth.items())})")
    return options[best]


def _worth(scores: Scores) -> float:
    """chrF2++ plain and annotated, and points for terms: what a user of terms would choose by."""
    return scores["chrf"] + scores.get("chrf_annotated", 0.0) + 20 * scores.get("terms", 0.0)


def _accept(
    recipe: TrainingRecipe, start: Start, model: PreTrainedModel, lines: Sequence[str], work: Path, tell: Tell
) -> Path:
    """The model folder, held to transformers' own output for lines, with the lexicon beside it."""
    final = starts.trained(start, model)
    families.save(final, work / "final")
    about = {**starts.facts(start, recipe.task), "name": recipe.out.name, "origin": "trained by mtpipe finetune"}
    conversion.convert(final, recipe.out, lines=lines, is_pair=True, about=about, on_step=tell)
    if (work / "lexicon").is_dir():
        shutil.copytree(work / "lexicon", recipe.out / "lexicon")
    return recipe.out


def _check_space(work: Path, start: Start) -> None:
    needed = _NEEDED_SPACE * 4 * start.checkpoint.model.num_parameters()
    free = shutil.disk_usage(work).free
    if free < needed:
        raise OutputError(f"{work}: {free >> 20} MB free, about {needed >> 20} MB needed for checkpoints; make room")
