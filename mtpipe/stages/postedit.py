"""The repair ladder: each rung sees only segments with errors, the guard judges every candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter

from mtpipe import codes, guard, terms
from mtpipe.editors import Editor
from mtpipe.mt import Translator
from mtpipe.segment import Edit, Segment, TermError

Scores = tuple[float, float]  # of the text to be replaced, of the candidate
Score = Callable[[Sequence[tuple[str, str]]], list[float]]


def postedit(
    segments: Sequence[Segment],
    editors: Iterable[tuple[str, Editor]],
    lang: str,
    translator: Translator | None = None,
    seconds: dict[str, float] | None = None,
) -> list[Segment]:
    """Checked segments with post-edits, edits and the errors that remain; those without errors come back as they are.

    On each rung the first candidate that the guard accepts and that leaves no error becomes the post-edit, else the
    accepted one that leaves the fewest; the next rung works on what is still wrong. translator: its model score is
    one of the guard's rules, if it has `score`. seconds: gets the wall time of each editor.
    """
    done = list(segments)
    score = _remembered(getattr(translator, "score", None))
    for name, editor in editors:
        start = perf_counter()
        wrong = [i for i, segment in enumerate(done) if is_editable(segment)]
        if wrong:
            chosen = [done[i] for i in wrong]
            trials = [
                _Trial(segment, name, iter(candidates), lang)
                for segment, candidates in zip(chosen, editor.propose(chosen), strict=True)
            ]
            _settle(trials, score)
            for i, trial in zip(wrong, trials, strict=True):
                done[i] = trial.result()
        if seconds is not None:
            seconds[name] = seconds.get(name, 0.0) + perf_counter() - start
    return done


def is_editable(segment: Segment) -> bool:
    """Whether there is something wrong and something there to edit."""
    return bool(segment.errors) and all(error.kind != "untranslated" for error in segment.errors)


class _Trial:
    """One segment on one rung: goes through its candidates and remembers the best one accepted."""

    def __init__(self, segment: Segment, editor: str, candidates: Iterator[str], lang: str):
        self.segment = segment
        self._editor = editor
        self._candidates = candidates
        self._lang = lang
        self._refused: list[Edit] = []
        self._best: tuple[str, tuple[TermError, ...]] | None = None

    def advance(self) -> str | None:
        """The next candidate that every rule but the model score lets through; None when there are no more."""
        if self._best and not self._best[1]:
            return None
        for candidate in self._candidates:
            if self._is_allowed(candidate, None):
                return candidate
        return None

    def settle(self, candidate: str, scores: Scores | None) -> None:
        if scores is not None and not self._is_allowed(candidate, scores):
            return
        errors = terms.check(self.segment, self._lang, candidate)
        if self._best is None or len(errors) < len(self._best[1]):
            self._best = candidate, errors

    def result(self) -> Segment:
        edits = self.segment.edits + tuple(self._refused)
        if self._best is None:
            return replace(self.segment, edits=edits)
        text, errors = self._best
        accepted = Edit(self._editor, self.segment.target or "", text, guard.ACCEPTED)
        return replace(self.segment, postedit=text, errors=errors, edits=(*edits, accepted))

    def _is_allowed(self, candidate: str, scores: Scores | None) -> bool:
        reason = guard.judge(self.segment, candidate, self._lang, scores=scores)
        if reason != guard.ACCEPTED:
            self._refused.append(Edit(self._editor, self.segment.target or "", candidate, reason))
        return reason == guard.ACCEPTED


def _settle(trials: Sequence[_Trial], score: Score | None) -> None:
    """Advances all trials side by side, so that the model scores a batch and only what it must."""
    while hopeful := [(trial, text) for trial in trials if (text := trial.advance()) is not None]:
        for (trial, text), scores in zip(hopeful, _scores(hopeful, score), strict=True):
            trial.settle(text, scores)


def _scores(hopeful: Sequence[tuple[_Trial, str]], score: Score | None) -> list[Scores | None]:
    if score is None:
        return [None] * len(hopeful)
    sources = [codes.plain(trial.segment.source, trial.segment.codes)[0] for trial, _ in hopeful]
    after = score([(source, _plain(trial.segment, text)) for source, (trial, text) in zip(sources, hopeful)])
    # a log-probability is 0 at most: what is good enough against that is so against any draft
    doubtful = [i for i, figure in enumerate(after) if figure < -guard.Limits().score_drop]
    asked = [(sources[i], hopeful[i][0].segment) for i in doubtful]
    drafts = score([(source, _plain(segment, segment.target or "")) for source, segment in asked])
    before = dict(zip(doubtful, drafts, strict=True))
    return [(before.get(i, 0.0), figure) for i, figure in enumerate(after)]


def _remembered(score: Score | None) -> Score | None:
    """score without asking twice: a draft is compared with each of its candidates."""
    known: dict[tuple[str, str], float] = {}

    def remembered(pairs: Sequence[tuple[str, str]]) -> list[float]:
        assert score is not None
        new = list(dict.fromkeys(pair for pair in pairs if pair not in known))
        known.update(zip(new, score(new), strict=True))
        return [known[pair] for pair in pairs]

    return remembered if score is not None else None


def _plain(segment: Segment, target: str) -> str:
    return codes.plain(target, codes.locate(segment.source, segment.codes, target))[0]
