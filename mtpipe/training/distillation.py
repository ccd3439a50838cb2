"""Sequence-level distillation (Kim and Rush, 2016): a small model learns from the translations of a big one.

The teacher translates the sources forward; what it is least sure of, and what is unfit to train on, is left out. Its
translations are kept beside the training's checkpoints, so that an interrupted run asks it for the rest only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from mtpipe.corpora import cleaning
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.io import json_lines
from mtpipe.mt import Translator
from mtpipe.training.material import Pair

SHARE = 0.9  # of the translations, the surest first
_BATCH = 512  # sources: what an interruption can lose

Tell = Callable[[str], object]


def distilled(
    pairs: Sequence[Pair], teacher: Translator, languages: tuple[str, str], store: Path, share: float = SHARE,
    tell: Tell = lambda line: None,
) -> list[Pair]:
    """The pairs' distinct sources with the teacher's translations, the best share of them.

    store: a JSON Lines file of {"source", "draft", "score"}, begun or complete; it belongs to this teacher. Raises
    InputError when nothing is left.
    """
    sources = list(dict.fromkeys(source for source, _ in pairs))
    drafts = {row["source"]: (row["draft"], row["score"]) for row in _rows(store)}
    missing = [source for source in sources if source not in drafts]
    if missing:
        tell(f"the teacher translates {len(missing)} sources")
    for source, draft, score in _translated(missing, teacher, store):
        drafts[source] = draft, score
    left_out: Counter[str] = Counter()
    fit: list[tuple[float, Pair]] = []
    for source in sources:
        draft, score = drafts[source]
        if reason := cleaning.fault((source, draft), *languages):
            left_out[reason] += 1
        else:
            fit.append((score, (source, draft)))
    least = sorted((score for score, _ in fit), reverse=True)[:max(1, int(share * len(fit)))]
    surest = [pair for score, pair in fit if score >= least[-1]] if fit else []
    left_out["unsure"] = len(fit) - len(surest)
    reasons = ", ".join(f"{reason} {count}" for reason, count in left_out.most_common() if count)
    tell(f"learning from {len(surest)} of the teacher's translations; left out: {reasons or 'nothing'}")
    if not surest:
        raise InputError(f"{store}: no translation of the teacher is fit to learn from ({reasons}); "
                         "does it translate these languages?")  # fmt: skip
    return surest


def _translated(sources: Sequence[str], teacher: Translator, store: Path) -> Iterator[tuple[str, str, float]]:
    """(source, draft, log-probability per token) of each, written to store batch by batch."""
    waiting = iter(sources)
    while batch := list(islice(waiting, _BATCH)):
        segments = [Segment(str(number), source, codes=inline_codes.find(source))
                    for number, source in enumerate(batch)]  # fmt: skip
        drafts = teacher.translate(segments)
        rows = [(source, draft.text, draft.score if draft.score is not None else 0.0)
                for source, draft in zip(batch, drafts, strict=True)]  # fmt: skip
        with store.open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(json_lines.text({"source": source, "draft": draft, "score": score})
                            for source, draft, score in rows)
        yield from rows


def _rows(store: Path) -> Iterator[json_lines.Row]:
    """The rows of an earlier run; a last line that was cut short is written anew."""
    if not store.is_file():
        return
    text = store.read_text(encoding="utf-8", errors="replace")
    whole, _, rest = text.rpartition("\n")
    if rest:
        store.write_text(whole + "\n" * bool(whole), encoding="utf-8")
    yield from (json_lines.parse(line, f"{store}:{number}") for number, line in enumerate(whole.splitlines(), 1))
