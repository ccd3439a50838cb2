"""The values that flow through the pipeline; never mutated, `dataclasses.replace` makes the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtpipe.glossary.model import Term


SUGGESTED = "term missing: "  # how the note of a segment begins for which a repair method has a suggestion only


@dataclass(frozen=True, slots=True)
class Code:
    """An inline tag or placeholder at source[start:end] that must reach the target as it is.

    kind: "open" and "close" for the two halves of a pair that marks words (`<b>`, `**`),
    "alone" for what stands for itself (`{name}`, `%s`, a URL, inline code).
    """

    start: int
    end: int
    kind: str = "alone"


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A glossary term found at source[start:end]; rule says how: surface, form, lemma, regex or substring."""

    term: Term
    start: int
    end: int
    rule: str = "surface"


@dataclass(frozen=True, slots=True)
class TermError:
    """Why a target is not accepted.

    kind: "missing" (no accepted form), "forbidden" (a banned form is present), "changed" (a do-not-translate item
    or a protected code is not intact), "altered" (a number, path, option … is not as in the source), "untranslated"
    (nothing usable came out).
    term is None for codes and untranslated segments; expected holds the accepted forms or the code, found what was
    seen instead, rule the check that failed.
    """

    kind: str
    term: Term | None
    expected: tuple[str, ...]
    found: str = ""
    rule: str = ""


# reasons of an editor or translator that was not heard this time, and may be another time
BUDGET, NO_ANSWER = WAITING = ("budget", "no-answer")


@dataclass(frozen=True, slots=True)
class Edit:
    """One proposal of a repair method; reason: "accepted", the guard's code for why it was refused, or the method's own
    for why there is none ("uncertain": a suggestion for people). errors: what was wrong with before, of an accepted
    edit. confidence: 0…1, None where the method knows none."""

    editor: str
    before: str
    after: str
    reason: str
    errors: tuple[TermError, ...] = ()
    confidence: float | None = None

    @property
    def is_accepted(self) -> bool:
        return self.reason == "accepted"


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text to translate, with all that is known about it so far.

    id is "<relative path>#<n>", and "<relative path>#<n>.<k>" for sentence k of it; stable across stages.
    codes are spans of source. terms are the segment's own (segments JSON Lines) and join the glossary.
    score is the draft's length-normalised log-probability. origin: "tm-exact", "tm-context" or "tm-flagged" for drafts
    out of a translation memory, "" for all others. notes are warnings that belong in the report. context: the sources
    before and after it in its document, "" at the ends; of a sentence that occurs again, where it occurs first.
    """

    id: str
    source: str
    matches: tuple[TermMatch, ...] = ()
    draft: str | None = None
    postedit: str | None = None
    errors: tuple[TermError, ...] = ()
    codes: tuple[Code, ...] = ()
    terms: tuple[Term, ...] = ()
    reference: str | None = None
    score: float | None = None
    alternatives: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    notes: tuple[str, ...] = ()
    origin: str = ""
    context: tuple[str, str] = ("", "")

    @property
    def target(self) -> str | None:
        return self.draft if self.postedit is None else self.postedit

    @property
    def is_waiting(self) -> bool:
        """Whether an editor is still to be heard, so that the segment is not finished."""
        return any(edit.reason in WAITING for edit in self.edits)


def is_editable(errors: Sequence[TermError]) -> bool:
    """Whether there is something wrong and something there to edit."""
    return bool(errors) and all(error.kind != "untranslated" for error in errors)


@dataclass(frozen=True, slots=True)
class Document:
    """A read file: path relative to the job's folder, its segments, and a skeleton only its format understands.

    notes say what was detected or given up while reading (encoding, skipped parts).
    """

    path: str
    segments: tuple[Segment, ...]
    skeleton: Any = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """A metric's figure with the signature that says how it was computed.

    value is nan where there is nothing to compute it from; note then says why, and else what its reader must know.
    """

    name: str
    value: float
    signature: str = ""
    note: str = ""
