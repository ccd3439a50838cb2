"""What to train and how: the settings of a fine-tuning, and what differs between tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mtpipe.document.segment import Segment
from mtpipe.glossary.model import Glossary
from mtpipe.models import registry
from mtpipe.training.batches import Batches
from mtpipe.training.development import Scores
from mtpipe.training.examples import Shares
from mtpipe.training.material import Pair
from mtpipe.training.starts import Start
from mtpipe.training.trainer import Plan

Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """What to train.

    task: one of `models.TASKS`; translation learns from pairs, post-editing from triplets (segments with draft,
    reference and terms). dev: of the same kind.
    base: a model folder, a checkpoint's folder or hub name, "" the bundled model of the pair, "none" random weights.
    parent: a model of another pair that a new one starts from. generic: text that the domain's is mixed with; mix: the
    domain's share of the examples; generic_times: generic pairs sampled for each of the domain's. shape: of a model of
    random weights, where it is to be another than `marian.SHAPE`. lora: rank of the adapters trained in place of all
    weights (0: all weights).
    """

    pairs: Sequence[Pair]
    source_lang: str
    target_lang: str
    out: Path
    base: str = ""
    parent: str = ""
    generic: Sequence[Pair] = ()
    mix: float = 0.9
    generic_times: int = 9
    dev: Sequence[Pair] = ()
    glossary: Glossary | None = None
    shares: Shares = Shares()
    vocabulary: int = 10_000
    shape: Mapping[str, int] = field(default_factory=dict)
    lora: int = 0
    plan: Plan = field(default_factory=Plan)
    task: str = registry.TRANSLATE
    triplets: Sequence[Segment] = ()
    dev_triplets: Sequence[Segment] = ()

    @property
    def kind(self) -> dict[str, str]:
        """What a run must share with the one that it goes on from."""
        names = ("source_lang", "target_lang", "base", "parent", "vocabulary", "shape", "lora", "task")
        return {name: str(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True)
class Ready:
    """measures: of a model folder on each development set, "domain" among them. characters: of one pass over the
    domain's targets. lines: as the model reads them, to compare its conversion with. has_guide: are links known?
    """

    batches: Batches
    measures: Mapping[str, Callable[[Path], Scores]]
    characters: float
    lines: Sequence[str]
    has_guide: bool


class TrainingTask(Protocol):
    """Examples of one recipe; positions: pieces that its texts may have, 0 for as many as the start has."""

    positions: int

    def texts(self) -> Iterator[str]:
        """All there is to learn a vocabulary from."""
        ...

    def ready(self, start: Start, work: Path, tell: Tell) -> Ready:
        """The examples for the start; work keeps what an interrupted run need not make again."""
        ...
