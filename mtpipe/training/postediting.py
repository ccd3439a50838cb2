"""Learning to edit: triplets, easy ones first, as `revision` writes them for the editor at work."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.glossary.model import Glossary
from mtpipe.mt.term_annotation import Line
from mtpipe.postedit import ape_input, guard
from mtpipe.postedit.editor import Candidate, Editor, Tools
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher
from mtpipe.training import batches, starts, vocabulary
from mtpipe.training.batches import Source
from mtpipe.training.development import Scores
from mtpipe.training.examples import Drawn
from mtpipe.training.split import held_out
from mtpipe.training.starts import Start
from mtpipe.training.task import Ready, Tell, TrainingRecipe
from mtpipe.training.translation import PARITY_LINES

OPENED = 0.6  # share of the training after which the hardest triplets are drawn as well
_CHUNK = 2000  # triplets matched together


class PostEditing:
    """The task of a recipe's triplets; a glossary's terms join theirs wherever the reference holds them.

    Raises InputError for a triplet without its texts or terms, and for too few; ConfigError for pairs.
    """

    positions = 512  # source and draft together

    def __init__(self, recipe: TrainingRecipe):
        self.recipe = recipe
        if recipe.pairs or recipe.generic:
            raise ConfigError("post-editing is learnt from triplets alone: give no --generic; 'mtpipe triplets PAIRS' "
                              "makes triplets of pairs")  # fmt: skip
        for segment in (*recipe.triplets, *recipe.dev_triplets):
            _refuse_partial(segment, has_glossary=recipe.glossary is not None)
        triplets, dev = (list(recipe.triplets), list(recipe.dev_triplets))
        if not dev:
            triplets, dev = held_out(triplets, _source)
        banned = {_source(segment) for segment in dev}
        self.triplets = [segment for segment in triplets if _source(segment) not in banned]
        if not self.triplets:
            raise InputError("no triplet is left to train on: all are development text too; give more")
        self.dev = [segment for segment in self._matched(dev) if segment.errors]
        if not self.dev:
            raise InputError("no draft of the development triplets lacks a term: nothing to edit; give other --dev")

    def texts(self) -> Iterator[str]:
        for segment in self.triplets:
            yield from (segment.source, segment.reference or "")

    def ready(self, start: Start, work: Path, tell: Tell) -> Ready:
        if not start.is_own:
            raise ConfigError("a refiner needs a vocabulary with mtpipe's symbols: start from a model that mtpipe "
                              "trained, or with --base none")  # fmt: skip
        plan, checkpoint = self.recipe.plan, start.checkpoint
        limits = checkpoint.max_tokens, vocabulary.LONGEST
        encode = batches.PieceEncoder(checkpoint.source, checkpoint.target, limits)
        levels: list[list[Drawn]] = [[] for _ in ape_input.LEVELS]
        for segment in self._matched(self.triplets):
            levels[ape_input.level(segment)].append(_example(segment))
        fitting = [[example for example in level if encode(example)] for level in levels]
        fitting_count, count = sum(map(len, fitting)), sum(map(len, levels))
        tell(f"{fitting_count} triplets, easy to hard {', '.join(str(len(level)) for level in fitting)}; "
             f"{count - fitting_count} longer than {limits[0]} pieces (target: {limits[1]}) left out")  # fmt: skip
        if not fitting_count:
            raise InputError("all triplets are too long to train on: give sentences")
        is_timed = bool(plan.steps or plan.minutes)  # else nobody knows how far training is
        opens = [OPENED * number / (len(levels) - 1) if is_timed else 0.0 for number in range(len(levels))]
        sources = [Source(level, len(level), opened) for level, opened in zip(fitting, opens, strict=True)]
        return Ready(
            batches.Batches(sources, _AsTheyAre(), encode, plan.budget, plan.seed), {"domain": self._measure},
            sum(len(example.target) for level in fitting for example in level),
            [_example(segment).source for segment in self.dev[:PARITY_LINES]], False,
        )  # fmt: skip

    def _matched(self, segments: Sequence[Segment]) -> Iterator[Segment]:
        """The segments with the terms that their references hold, and what their drafts lack of them."""
        lang = self.recipe.target_lang
        matcher = Matcher(self.recipe.glossary or Glossary.of((), self.recipe.source_lang, lang))
        for first in range(0, len(segments), _CHUNK):
            for segment in matcher.find(segments[first : first + _CHUNK]):
                proofs = checker.term_evidence(segment, segment.reference or "", lang)
                present = {term for term, proof in proofs.items() if proof}
                matched = replace(segment, matches=tuple(match for match in segment.matches if match.term in present))
                yield replace(matched, errors=checker.check(matched, lang))

    def _measure(self, folder: Path) -> Scores:
        """How far the drafts get: chrF2++ and BLEU before and after, strict term success, share of edits accepted."""
        lang = self.recipe.target_lang
        refiner: Editor = plugins.create("editor", "refiner", {"model": str(folder)},
                                         tools=Tools(self.recipe.source_lang, lang))  # fmt: skip
        edited = [_edited(segment, texts, lang) for segment, texts in zip(self.dev, refiner.propose(self.dev))]
        scores = {"accepted": sum(segment.postedit is not None for segment in edited) / len(edited)}
        for name, segments in (("", edited), ("_draft", self.dev)):
            for key, metric in (("chrf", "chrf"), ("bleu", "bleu"), ("terms", "tsr_strict")):
                scorer = plugins.create("metric", metric, {"target_lang": lang} if key == "terms" else {})
                scores[key + name] = scorer.score(segments).value
        return {name: round(value, 4) for name, value in scores.items()}


def _refuse_partial(segment: Segment, has_glossary: bool) -> None:
    texts = {"draft": segment.draft, "reference": segment.reference, "source": segment.source}
    lacking = [name for name, text in texts.items() if not (text or "").strip()]
    if lacking or not (segment.terms or has_glossary):
        raise InputError(f"{segment.id}: a triplet needs {' and '.join(lacking) or 'terms'}; make triplets with "
                         "'mtpipe triplets PAIRS', or give segments with source, draft, reference and terms")


def _source(segment: Segment) -> str:
    return segment.source


def _example(segment: Segment) -> Drawn:
    """The triplet as the model reads it; a code that the reference lacks is one that the model learns to lose."""
    source = ape_input.revision(segment, starts.ANNOTATION, starts.CODE)
    target = segment.reference or ""
    line = Line(target, (), ape_input.masks(segment, target, starts.CODE))
    return Drawn(source.render(starts.ANNOTATION), line.render(starts.ANNOTATION), [], [], ())


class _AsTheyAre:
    """Draws what was made once and for all."""

    def draw(self, item: Drawn, rng: random.Random) -> Drawn:
        return item


def _edited(segment: Segment, candidates: Sequence[Candidate], lang: str) -> Segment:
    texts = (text for text in candidates if isinstance(text, str))
    accepted = (text for text in texts if guard.judge(segment, text, lang) == guard.ACCEPTED)
    return replace(segment, postedit=next(accepted, None))
