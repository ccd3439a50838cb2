"""What a job reports, as values: JobReport and its parts; `to_dict` gives report.json, `from_dict` reads it back."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from mtpipe.errors import InputError

FILE = "report.json"
_OPTIONAL = {"optional": True}  # left out of to_dict where it is None


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over all documents of a job; segments are sentences, a repeated one counts each time.

    altered: numbers, paths, symbols …; suspected: drafts with a sign of hallucination; to_review: sentences that have
    errors or are suspected; unsupported: files that were not translated for the reason in their message.
    """

    documents: int = 0
    written: int = 0
    copied: int = 0
    skipped: int = 0
    failed: int = 0
    segments: int = 0
    unique_units: int = 0
    reused: int = 0
    untranslated: int = 0
    words: int = 0
    segments_with_errors: int = 0
    altered: int = 0
    suspected: int = 0
    to_review: int = 0
    unsupported: int = 0
    units: int = 0


@dataclass(frozen=True, slots=True)
class StepResult:
    """The terms applied after a step (draft, a repair method, final); success: their share of the required, 0…1, None
    where none is required; segments: how many a repair method was shown."""

    step: str = field(metadata={"key": "rung"})
    met: int
    success: float | None
    segments: int | None = field(default=None, metadata=_OPTIONAL)


@dataclass(frozen=True, slots=True)
class TermCounts:
    """Terminology compliance: a term counts once for each sentence that needs it."""

    required: int = 0
    segments_with_terms: int = 0
    steps: tuple[StepResult, ...] = field(default=(), metadata={"key": "rungs"})
    forbidden_found: int = 0
    changed: int = 0

    @property
    def met(self) -> int:
        """How many of the required terms the final text has."""
        return self.steps[-1].met if self.steps else 0


@dataclass(frozen=True, slots=True)
class LlmUsage:
    """What the language model was sent: segments and their share of all (0…1), calls, tokens, cost, seconds."""

    model: str = ""
    cost: float | None = None
    segments: int = 0
    share: float = 0.0
    waiting: int = 0
    calls: int = 0
    cached: int = 0
    failed: int = 0
    unanswered: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class MemoryMatches:
    """Sentences with a match in the translation memory; flagged ones break the glossary and were not trusted."""

    exact: int = 0
    context: int = 0
    flagged: int = 0


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """A document: state is written, copied, skipped or failed; steps: terms applied after each step."""

    path: str
    state: str
    segments: int = 0
    words: int = 0
    required: int = 0
    met_draft: int = 0
    met: int = 0
    errors: int = 0
    untranslated: int = 0
    steps: dict[str, int] = field(default_factory=dict, metadata={"key": "rungs"})
    notes: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class TermResult:
    """How often a term was required and applied, in the draft and in the end."""

    source: str
    target: str
    status: str
    required: int = 0
    met_draft: int = 0
    met: int = 0
    segments: int = 0


@dataclass(frozen=True, slots=True)
class EditCounts:
    """Accepted edits by repair method, and refused ones by method and reason."""

    accepted: dict[str, int] = field(default_factory=dict)
    refused: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """An error that is left; source_spans: [start, end] of its term in the source, in code points."""

    id: str
    document: str
    kind: str
    term: str | None
    expected: tuple[str, ...]
    found: str
    rule: str
    source: str
    draft: str | None
    postedit: str | None
    source_spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TermPair:
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class EditedEntry:
    """A sentence that repair methods changed; editor: their names, joined by +."""

    id: str
    document: str
    editor: str
    source: str
    draft: str | None
    postedit: str | None
    terms: tuple[TermPair, ...] = ()
    source_spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A sentence as it is in the end; draft: None where the target is the draft. kinds: of its errors, "suspected";
    editor: who changed it, joined by +; confidence: the model's of its draft, 0…1."""

    id: str
    document: str
    source: str
    target: str | None
    draft: str | None
    kinds: tuple[str, ...]
    editor: str
    confidence: float | None
    source_spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A proposal that the guard or its own method refused."""

    id: str
    editor: str
    candidate: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """A warning about a sentence (id) or a document (path)."""

    note: str
    id: str | None = field(default=None, metadata=_OPTIONAL)
    path: str | None = field(default=None, metadata=_OPTIONAL)


@dataclass(frozen=True, slots=True)
class GlossaryInfo:
    name: str
    digest: str
    terms: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """annotation: whether the model knows term annotations; code: whether it knows a symbol for placeholders;
    compute_type: of its arithmetic, such as int8."""

    name: str
    digest: str
    annotation: bool | None = None
    code: bool | None = None
    compute_type: str = ""


@dataclass(frozen=True, slots=True)
class MemoryInfo:
    name: str
    digest: str
    units: int


@dataclass(frozen=True, slots=True)
class LlmInfo:
    """name: of the plug-in; model: what it calls."""

    name: str
    model: str


@dataclass(frozen=True, slots=True)
class JobInfo:
    """The job and what it worked with; editors_left_out: repair methods that are not enabled, and why; shard: such as
    "3/8", where this is a part of it only."""

    source: str = ""
    out: str = ""
    source_lang: str = ""
    target_lang: str = ""
    editors: tuple[str, ...] = ()
    glossary: GlossaryInfo | None = None
    model: ModelInfo | None = None
    editors_left_out: dict[str, str] = field(default_factory=dict)
    tm: tuple[MemoryInfo, ...] = ()
    fallback: str = ""
    llm: LlmInfo | None = None
    shard: str = ""


@dataclass(frozen=True, slots=True)
class JobReport:
    """What a job did; seconds by stage and in total, peak_memory in bytes.

    left_out: how many entries of errors, edited, refusals, notes and segments were too many to keep. stale: outputs of
    an earlier run whose sources are gone. documents and those entries: of a job just done they lie on the disk.
    segments: sentences for the page, not in report.json; the job's database has them all. faults: what happened to
    workers on the way, such as one that ended early.
    """

    mtpipe: str = ""
    signature: str = ""
    created: str = ""
    job: JobInfo = JobInfo()
    stale: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory: int | None = None
    totals: Totals = Totals()
    terms: TermCounts = TermCounts()
    llm: LlmUsage = LlmUsage()
    tm: MemoryMatches = MemoryMatches()
    documents: Sequence[DocumentResult] = ()
    per_term: tuple[TermResult, ...] = ()
    edits: EditCounts = EditCounts()
    errors: Sequence[ErrorEntry] = ()
    edited: Sequence[EditedEntry] = ()
    refusals: Sequence[Refusal] = ()
    notes: Sequence[Note] = ()
    segments: Sequence[SegmentEntry] = ()
    left_out: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """What report.json holds: plain values only."""
        values = to_dict(replace(self, segments=()))
        del values["segments"]
        return {**values, "refusals_left_out": self.left_out.get("refusals", 0)}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> JobReport:
        """The report that to_dict gave; absent parts are empty, unknown ones left out. Raises KeyError, TypeError."""
        report: JobReport = _value(JobReport, data)
        return report

    @staticmethod
    def read(path: Path) -> JobReport:
        """The report in a report.json; raises InputError for another file."""
        try:
            return JobReport.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path}: not a report of mtpipe ({error!r}); run the job again") from error


def to_dict(value: Any) -> Any:
    """Dataclasses as dicts, tuples as lists, all the way down."""
    if value is None or isinstance(value, (str, int, float)):  # the most of it
        return value
    if is_dataclass(value):
        pairs = ((part, getattr(value, part.name)) for part in fields(value))
        return {_key(part): to_dict(inner) for part, inner in pairs
                if inner is not None or "optional" not in part.metadata}  # fmt: skip
    if isinstance(value, Mapping):
        return {key: to_dict(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [to_dict(inner) for inner in value]
    return value


def _key(part: Field[Any]) -> str:
    return str(part.metadata.get("key", part.name))


_hints = cache(get_type_hints)


def _value(kind: Any, data: Any) -> Any:
    """data as a value of the type kind."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        kinds = [one for one in inner if one is not types.NoneType]
        return None if data is None else _value(kinds[0], data)
    if origin in (tuple, Sequence):
        return tuple(_value(inner[0], item) for item in data)
    if origin is dict:
        return {key: _value(inner[1], item) for key, item in data.items()}
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return data
    if not isinstance(data, Mapping):
        raise TypeError(f"{kind.__name__} from {type(data).__name__}")
    hints = _hints(kind)
    return kind(**{part.name: _value(hints[part.name], data[_key(part)]) for part in fields(kind)
                   if _key(part) in data or (part.default is MISSING and part.default_factory is MISSING)})  # fmt: skip
