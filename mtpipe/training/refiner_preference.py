"""A refiner, an encoder-decoder, tuned to prefer edits that were accepted to drafts and edits that were refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.evaluation.testsets.terms import read_terms
from mtpipe.glossary.model import Glossary
from mtpipe.io import json_lines
from mtpipe.models import registry
from mtpipe.mt.term_annotation import Line
from mtpipe.postedit import ape_input
from mtpipe.terminology.matcher import Matcher
from mtpipe.training import batches, conversion, preference_optimization, starts, vocabulary
from mtpipe.training.batches import EncodedExample
from mtpipe.training.development import Scores, TrainingOutcome
from mtpipe.training.examples import Drawn
from mtpipe.training.postediting import PARITY_LINES, PostEditing
from mtpipe.training.preference_optimization import Course, optimize
from mtpipe.training.split import held_out
from mtpipe.training.starts import Start

LEARNING_RATE = 1e-4

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Preference:
    """A row of `mtpipe preferences`: what a refiner reads, the accepted text, and a worse one."""

    segment: Segment
    better: str
    worse: str


@dataclass(frozen=True, slots=True)
class RefinerRecipe:
    """What to tune and how. base: folder of a refiner; lora: rank of adapters, 0 for all weights; steps: 0 for one pass
    over the preferences; minutes: 0 for no limit."""

    preferences: Sequence[Preference]
    source_lang: str
    target_lang: str
    base: Path
    out: Path
    dev: Sequence[Preference] = ()
    lora: int = 0
    steps: int = 0
    minutes: float = 0.0
    learning_rate: float = LEARNING_RATE
    seed: int = 1


def is_refiner(folder: Path) -> bool:
    """Whether it is a model folder of mtpipe, rather than a causal language model."""
    return (folder / "model.json").is_file()


def read(paths: Sequence[Path], source_lang: str, target_lang: str) -> list[Preference]:
    """The preferences in files that `mtpipe preferences` wrote; raises InputError."""
    rows = [(row, f"{path}:{number}") for path in paths for number, row in json_lines.read(path)]
    preferences = [_preference(row, where, source_lang, target_lang) for row, where in rows]
    matched = Matcher(Glossary.of((), source_lang, target_lang)).find([one.segment for one in preferences])
    return [replace(one, segment=segment) for one, segment in zip(preferences, matched, strict=True)]


def tune(recipe: RefinerRecipe, tell: Tell = lambda line: None) -> TrainingOutcome:
    """Trains the base by CPO (Xu et al. 2024) and writes recipe.out, a checked refiner.

    Raises InputError for too few preferences, ConfigError and ModelError for a base that is no refiner of mtpipe.
    """
    work = recipe.out.with_name(f"{recipe.out.name}.training")
    work.mkdir(parents=True, exist_ok=True)
    registry.read(recipe.base).serves(registry.POST_EDIT)
    start = starts.load(str(recipe.base), "", recipe.source_lang, recipe.target_lang, work, list, seed=recipe.seed,
                        task=registry.POST_EDIT, positions=PostEditing.positions)  # fmt: skip
    if not start.is_own:
        raise ConfigError(f"{recipe.base}: not a refiner that mtpipe trained; make one with --task post-edit")
    preferences, dev = list(recipe.preferences), list(recipe.dev)
    if not dev:
        preferences, dev = held_out(preferences, _source)
    choices, dev_choices = ([*_encoded(ones, start)] for ones in (preferences, dev))
    if not choices or not dev_choices:
        raise InputError("all preferences are too long to learn from: give sentences")
    torch.manual_seed(recipe.seed)
    model = starts.ready(start, recipe.lora)
    before = _measure(model, start, dev_choices)
    tell(f"before: {before}")
    schedule = Course(recipe.steps, recipe.minutes, recipe.learning_rate, recipe.seed)
    optimize(model, choices, lambda batch: _loss(model, start, batch), schedule, tell)
    after = _measure(model, start, dev_choices)
    tell(f"after: {after}")
    lines = [_line(one.segment) for one in dev[:PARITY_LINES]]
    about = {**starts.facts(start, registry.POST_EDIT), "name": recipe.out.name, "origin": "tuned by mtpipe finetune"}
    conversion.convert(starts.trained(start, model), recipe.out, lines=lines, is_pair=True, about=about, on_step=tell)
    return TrainingOutcome(recipe.out, {"development": (before, after)})


def _preference(row: dict[str, Any], where: str, source_lang: str, target_lang: str) -> Preference:
    texts = [row.get(name) for name in ("source", "draft", "chosen", "rejected")]
    if not all(isinstance(text, str) for text in texts):
        raise InputError(f"{where}: no source, draft, chosen and rejected; give what `mtpipe preferences` writes")
    source, draft, better, worse = map(str, texts)
    terms = read_terms(row.get("terms"), where, source_lang, target_lang)
    return Preference(Segment(where, source, draft=draft, codes=inline_codes.find(source), terms=terms), better, worse)


def _source(preference: Preference) -> str:
    return json.dumps([preference.segment.source, preference.segment.draft])


def _line(segment: Segment) -> str:
    return ape_input.revision(segment, starts.ANNOTATION, starts.CODE).render(starts.ANNOTATION)


def _encoded(preferences: Sequence[Preference], start: Start) -> Iterator[tuple[EncodedExample, EncodedExample]]:
    """The two examples of each preference that the model can read."""
    checkpoint = start.checkpoint
    encode = batches.PieceEncoder(checkpoint.source, checkpoint.target, (checkpoint.max_tokens, vocabulary.LONGEST))
    for one in preferences:
        better, worse = (encode(_drawn(one.segment, text)) for text in (one.better, one.worse))
        if better and worse:
            yield better, worse


def _drawn(segment: Segment, text: str) -> Drawn:
    line = Line(text, (), ape_input.masks(segment, text, starts.CODE))
    return Drawn(_line(segment), line.render(starts.ANNOTATION), [], [], ())


def _loss(model: Any, start: Start, batch: Sequence[tuple[EncodedExample, EncodedExample]]) -> Tensor:
    better, counts = _log_likelihoods(model, start, [one for one, _ in batch])
    worse, _ = _log_likelihoods(model, start, [other for _, other in batch])
    return preference_optimization.loss(better, counts, worse)


@torch.no_grad()
def _measure(model: Any, start: Start, choices: Sequence[tuple[EncodedExample, EncodedExample]]) -> Scores:
    """nll: of a token of the accepted texts; preferred: share of the choices whose accepted text is the likelier."""
    model.eval()
    total = tokens = 0.0
    preferred = 0
    for pair in choices:
        values, counts = _log_likelihoods(model, start, pair)
        total, tokens = total - values[0].item(), tokens + counts[0].item()
        preferred += bool(values[0] / counts[0] > values[1] / counts[1])
    return {"nll": round(total / tokens, 4), "preferred": round(preferred / len(choices), 4)}


def _log_likelihoods(model: Any, start: Start, examples: Sequence[EncodedExample]) -> tuple[Tensor, Tensor]:
    """[examples]: of each target, and how many tokens it has."""
    padding = start.checkpoint.pad_id
    arrays = batches.collate(examples, padding, start.checkpoint.decoder_start_id, False)
    inputs = {name: torch.from_numpy(array).to(model.device) for name, array in arrays.items()}
    labels = inputs.pop("labels")
    logits = model(**inputs, use_cache=False).logits.float()
    logits[..., padding] = float("-inf")  # as in training: CTranslate2's models can't put it out
    is_text = labels != batches.IGNORED
    tokens = logits.log_softmax(-1).gather(-1, labels.clamp(min=0)[..., None]).squeeze(-1)
    return (tokens.masked_fill(~is_text, 0.0)).sum(1), is_text.sum(1)
