"""Learning to translate: pairs, general ones mixed in, terms annotated and codes masked anew each time."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mtpipe import plugins
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.inline_codes import plain_text
from mtpipe.document.segment import Segment
from mtpipe.io import atomic
from mtpipe.mt import Draft
from mtpipe.training import batches, development, examples, material, starts
from mtpipe.training.augmentation import Augmenter
from mtpipe.training.batches import Source
from mtpipe.training.development import Scores
from mtpipe.training.material import AlignedPair
from mtpipe.training.split import split
from mtpipe.training.starts import Start
from mtpipe.training.task import Ready, Tell, TrainingRecipe

PARITY_LINES = 40


@dataclass(frozen=True, slots=True)
class Stuff:
    """Items to train with and to measure with."""

    domain: list[AlignedPair]
    generic: list[AlignedPair]
    dev: list[AlignedPair]
    generic_dev: list[AlignedPair]


class TranslationTask:
    """The task of a recipe's pairs; raises InputError for too few."""

    positions = 0

    def __init__(self, recipe: TrainingRecipe):
        self.recipe = recipe
        self.parts = split(recipe.pairs, recipe.dev, recipe.generic, recipe.generic_times, recipe.plan.seed)

    def texts(self) -> Iterator[str]:
        for pair in self.parts.domain + self.parts.generic:
            yield from pair

    def ready(self, start: Start, work: Path, tell: Tell) -> Ready:
        recipe, stuff = self.recipe, self._stuff(start, work, tell)
        shares = recipe.shares if start.is_own else examples.Shares(0, 0, 0, recipe.shares.augmented)
        augment = Augmenter(recipe.source_lang, recipe.target_lang)
        drawer = examples.Drawer([*stuff.domain, *stuff.generic], starts.ANNOTATION, starts.CODE, shares, augment)
        mix = recipe.mix if stuff.generic else 1.0
        encode = batches.PieceEncoder(start.checkpoint.source, start.checkpoint.target)
        return Ready(
            batches.Batches([Source(stuff.domain, mix), Source(stuff.generic, 1 - mix)], drawer, encode,
                            recipe.plan.budget, recipe.plan.seed),
            self._measures(stuff), sum(len(item.target) for item in stuff.domain) / mix,
            [item.source for item in stuff.dev[:PARITY_LINES]], start.is_own,
        )  # fmt: skip

    def _stuff(self, start: Start, work: Path, tell: Tell) -> Stuff:
        """The split's items, from work where an interrupted run left them."""
        recipe, parts = self.recipe, self.parts
        terms = recipe.glossary.digest if recipe.glossary else ""
        digest = hashlib.sha256(repr((parts, terms, recipe.source_lang, recipe.target_lang)).encode()).hexdigest()
        path = work / "items.pickle"
        if path.is_file():
            with path.open("rb") as file:
                stored, stuff = pickle.load(file)
            if stored == digest:
                return stuff
        tell(f"aligning {sum(map(len, parts))} pairs")
        lexicon = self._lexicon(start)
        lexicon.save(work / "lexicon", {"pairs": len(parts.domain) + len(parts.generic)})
        items = material.align_pairs([pair for part in parts for pair in part], lexicon, recipe.plan.seed)
        if recipe.glossary:
            items = material.with_glossary_terms(items, recipe.glossary)
        ends = [sum(map(len, parts[:k])) for k in range(len(parts) + 1)]
        stuff = Stuff(*(items[first:last] for first, last in zip(ends, ends[1:])))
        with atomic.replacement(path) as part, part.open("wb") as file:
            pickle.dump((digest, stuff), file, protocol=5)
        return stuff

    def _lexicon(self, start: Start) -> Lexicon:
        """The base's lexicon with what the pairs add, or one of the pairs alone."""
        recipe, shipped = self.recipe, start.folder / "lexicon" if start.folder else None
        has_one = shipped is not None and shipped.is_dir()
        lexicon = Lexicon.load(shipped) if shipped and has_one else Lexicon(recipe.source_lang, recipe.target_lang)
        pairs = self.parts.domain + self.parts.generic
        lexicon.learn((plain_text(source), plain_text(target)) for source, target in pairs)
        return lexicon

    def _measures(self, stuff: Stuff) -> dict[str, Callable[[Path], Scores]]:
        pool = sorted({form for form in material.entries([*stuff.domain, *stuff.generic])})
        sets = {"domain": stuff.dev, "generic": stuff.generic_dev}
        return {name: partial(self._measure, development.prepare(items, pool)) for name, items in sets.items() if items}

    def _measure(self, of: development.Development, folder: Path) -> Scores:
        return development.measure(of, folder, _translate, self.recipe.target_lang)


def _translate(folder: Path, segments: Sequence[Segment]) -> list[Draft]:
    return plugins.load("mt", "ct2")(folder, annotate="always").translate(segments)
