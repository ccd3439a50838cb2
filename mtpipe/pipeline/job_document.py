"""A document as a job reads it: its sentences, the units they are, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from mtpipe.document.segment import Document, Segment
from mtpipe.pipeline.job_folder import File


@dataclass(slots=True)
class JobDocument:
    """A file of a job: its document as read and the sentences of each of its segments; keys are those of the sentences.

    state: written, copied, skipped or failed, as message says; digest: of the file; copy: of one that is in an object
    store, which lives until the document is written.
    """

    file: File
    state: str = "written"
    message: str = ""
    document: Document | None = None
    parts: list[list[Segment]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    digest: str = ""
    copy: Path | None = None

    @property
    def sentences(self) -> list[Segment]:
        return list(chain.from_iterable(self.parts))

    def finished(self, units: Mapping[str, Segment]) -> list[Segment]:
        """The sentences with what became of their units."""
        return [_finished(sentence, units[key]) for sentence, key in zip(self.sentences, self.keys, strict=True)]


def units_of(documents: Iterable[JobDocument]) -> dict[str, Segment]:
    """The distinct sentences of all documents by key, each as it first occurs, with its neighbours.

    These are no part of the key: one sentence is one unit, whatever it stands beside.
    """
    units: dict[str, Segment] = {}
    for document in documents:
        sentences = document.sentences
        sources = ["", *(sentence.source for sentence in sentences), ""]
        for key, sentence, before, after in zip(document.keys, sentences, sources, sources[2:], strict=False):
            if key not in units:
                units[key] = replace(sentence, notes=(), context=(before, after))
    return units


def state_of(unit: Segment) -> str:
    """failed, checked or repaired: how a finished unit is kept; waiting: what is there of it, to be taken up again."""
    if unit.is_waiting:
        return "waiting"
    if any(error.kind == "untranslated" for error in unit.errors):
        return "failed"
    return "checked" if unit.postedit is None else "repaired"


def _finished(sentence: Segment, unit: Segment) -> Segment:
    return replace(
        sentence, draft=unit.draft, score=unit.score, postedit=unit.postedit, errors=unit.errors, edits=unit.edits,
        notes=sentence.notes + unit.notes,
    )  # fmt: skip
