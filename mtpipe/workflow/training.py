"""The stage that trains, apart from the others since it needs torch; and its settings as the trainer's recipe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import transformers

from mtpipe import plugins
from mtpipe.config import FinetuneSettings
from mtpipe.corpora import deduplication
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.glossary.loading import load_glossary
from mtpipe.models import registry
from mtpipe.training import finetuning as stage
from mtpipe.training.development import TrainingOutcome
from mtpipe.training.distillation import distilled
from mtpipe.training.examples import Shares
from mtpipe.training.split import held_out
from mtpipe.training.trainer import Plan

# learning rates of models without weights to lose, with some that must learn something else, with some to keep
_NEW, _OTHER, _TRAINED = 6e-4, 4e-4, 2e-4
PATIENCE = 3


def train(
    settings: FinetuneSettings, languages: tuple[str, str], out: Path, glossary: Path | None,
    tell: Callable[[str], None], resume: bool = True,
) -> TrainingOutcome | None:
    """Trains a model into the folder out; None in processes that are not the first. Raises as `stages.finetune`."""
    transformers.logging.set_verbosity_error()  # its warnings are about what is done here on purpose
    if settings.task in ("llm", "preference"):
        return _tune(settings, languages, out, tell)
    job = recipe(settings, languages, out, glossary)
    if settings.teacher:
        job = _taught(job, settings.teacher, settings.teacher_share, tell)
    return stage.finetune(job, tell, resume)


def _tune(
    settings: FinetuneSettings, languages: tuple[str, str], out: Path, tell: Callable[[str], None]
) -> TrainingOutcome:
    """Adapters of a causal language model, or a refiner, from the rows of `mtpipe preferences`."""
    from mtpipe.training import language_model, refiner_preference  # only those who tune one need their libraries

    base = Path(settings.base)
    if settings.task == language_model.PREFERENCE and refiner_preference.is_refiner(base):
        dev = refiner_preference.read((settings.dev,), *languages) if settings.dev else ()
        return refiner_preference.tune(refiner_preference.RefinerRecipe(
            refiner_preference.read(settings.pairs, *languages), *languages, base, out, dev, settings.lora,
            settings.steps, settings.minutes, settings.learning_rate or refiner_preference.LEARNING_RATE, settings.seed,
        ), tell)  # fmt: skip
    tuning = language_model.TuningRecipe(
        language_model.read(settings.pairs), base, out, settings.task,
        language_model.read((settings.dev,)) if settings.dev else (), settings.lora or language_model.RANK,
        settings.steps, settings.minutes, settings.learning_rate or language_model.LEARNING_RATE, settings.seed,
    )  # fmt: skip
    return language_model.tune(tuning, tell)


def _taught(
    recipe: stage.TrainingRecipe, teacher: Path, share: float, tell: Callable[[str], None]
) -> stage.TrainingRecipe:
    """The recipe with the teacher's translations as targets; development text stays that of people."""
    if recipe.task != registry.TRANSLATE:
        raise ConfigError("--teacher teaches to translate; a post-editing model learns from triplets")
    translator = plugins.load("mt", "ct2")(teacher)
    pairs, dev = (list(recipe.pairs), list(recipe.dev)) if recipe.dev else held_out(recipe.pairs, lambda pair: pair[0])
    work = recipe.out.with_name(f"{recipe.out.name}.training")
    work.mkdir(parents=True, exist_ok=True)
    targets = work / f"teacher-{translator.digest[:8]}.jsonl"
    languages = recipe.source_lang, recipe.target_lang
    return replace(recipe, pairs=distilled(pairs, translator, languages, targets, share, tell), dev=dev)


def recipe(
    settings: FinetuneSettings, languages: tuple[str, str], out: Path, glossary: Path | None
) -> stage.TrainingRecipe:
    """The recipe with its corpora read; raises InputError and GlossaryError."""
    if not settings.pairs:
        raise InputError("there are no pairs to train on; name files of pairs, or synthesize pairs first")
    banned = [source for path in settings.exclude for source in deduplication.sources(path)]

    def pairs(paths: Sequence[Path]) -> list[tuple[str, str]]:
        return deduplication.distinct(paths, *languages, banned) if paths else []

    def triplets(paths: Sequence[Path]) -> list[Segment]:
        rows = plugins.load("format", "jsonl")(*languages).read_rows
        return [segment for path in paths for _, segment in rows(path) if segment.source not in kept_out]

    kept_out = frozenset(banned)
    is_editing = settings.task == registry.POST_EDIT
    usual = _NEW if settings.base == "none" else _OTHER if is_editing else _TRAINED
    dev = (settings.dev,) if settings.dev else ()
    plan = Plan(
        settings.steps, settings.minutes, settings.batch_tokens, settings.learning_rate or usual, guide=settings.guide,
        evaluate_every=settings.evaluate_every, seed=settings.seed,
        patience=settings.patience or (0 if settings.steps or settings.minutes else PATIENCE),
    )  # fmt: skip
    terms = load_glossary(glossary, *languages) if glossary else None
    return stage.TrainingRecipe(
        () if is_editing else pairs(settings.pairs), *languages, out, base=settings.base, parent=settings.parent,
        generic=pairs(settings.generic), mix=settings.mix, generic_times=settings.generic_times,
        dev=() if is_editing else pairs(dev), glossary=terms, task=settings.task,
        triplets=triplets(settings.pairs) if is_editing else (), dev_triplets=triplets(dev) if is_editing else (),
        shares=Shares(settings.coded, settings.annotated, settings.swapped, settings.augmented),
        vocabulary=settings.vocabulary, shape=settings.shape, lora=settings.lora, plan=plan,
    )  # fmt: skip
