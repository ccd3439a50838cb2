"""Our ways to translate a test set, from a plain decode to the LLM, each a job of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mtpipe import plugins
from mtpipe.config import EDITORS, Job
from mtpipe.document.segment import Segment
from mtpipe.errors import ModelError, OutputError
from mtpipe.models.registry import find
from mtpipe.pipeline import jobs
from mtpipe.report.model import JobReport

Tell = Callable[[str], None]

NO_LLM = "not configured: --llm (LLM_BASE_URL and LLM_MODEL of make)"
_NO_REFINER = "not configured: --refiner (a model by `mtpipe finetune --task post-edit`)"


@dataclass(frozen=True, slots=True)
class OwnSystem:
    """A row of a table. settings: of its jobs, beside languages and places; lacking: what it would need, "" if it runs.

    has_terms: whether it is given the terms.
    """

    name: str
    has_terms: bool
    settings: Mapping[str, Any] = field(default_factory=dict)
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is at hand. out: where jobs go; settings: of every job, such as model; refiner: a model, None for none.

    llm: the settings of a job that name one, as `config.with_llm` gives them.
    """

    out: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    refiner: Path | None = None
    llm: Mapping[str, Any] = field(default_factory=dict)

    def systems(self) -> list[OwnSystem]:
        """Plain, annotated, repaired without LLM, and what goes beyond that, configured or not."""
        ladder = tuple(name for name in EDITORS if name not in ("refiner", "llm"))
        drafts = {**self.settings, "editors": ()}
        refiner = {"editor.refiner": {"model": str(self.refiner)}} if self.refiner else {}
        options = self.settings.get("options", {})
        return [
            OwnSystem("plain", False, drafts),
            OwnSystem("annotated", True, drafts),
            OwnSystem("repaired", True, self.settings),
            OwnSystem("repaired + refiner", True,
                      {**self.settings, "editors": (*ladder, "refiner"), "options": {**options, **refiner}}),
            OwnSystem("repaired + LLM", True,
                      {**self.settings, **self.llm, "options": {**options, **self.llm.get("options", {})},
                       "llm_cache": self.out / "llm.sqlite"}, "" if self.llm.get("llm") else NO_LLM),
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A system's translation of a test set: segments with drafts and postedits in its order, and its job's report."""

    system: OwnSystem
    segments: Sequence[Segment]
    report: JobReport

    @property
    def targets(self) -> list[str | None]:
        return [segment.target for segment in self.segments]

    @property
    def cost(self) -> dict[str, float]:
        """Seconds of the job, and LLM calls and segments with an LLM for every 1000 segments."""
        calls, segments = self.report.llm.calls, self.report.llm.segments
        total = max(1, len(self.segments))
        return {"seconds": self.report.seconds["total"], "calls_per_1000": 1000 * calls / total,
                "asked_per_1000": 1000 * segments / total}  # fmt: skip


def lacking(system: OwnSystem, source_lang: str, target_lang: str) -> str:
    """Why the system can't translate the pair here; "" where it can."""
    try:
        model = find(source_lang, target_lang, system.settings.get("model"))
    except ModelError as error:
        return str(error).split(" (")[0]
    has_refiner = "editor.refiner" in system.settings.get("options", {}) or (model.folder / "refiner").is_dir()
    if "refiner" in (system.settings.get("editors") or ()) and not has_refiner:
        return _NO_REFINER
    return system.lacking


def translate(
    system: OwnSystem, segments: Sequence[Segment], source_lang: str, target_lang: str, place: Path,
    glossary: Path | None = None,
) -> Run:
    """Runs the system's job in place; terms are the segments' own and the glossary's, if it is to have terms."""
    source = place / "source" / "test.jsonl"
    _write(source, segments if system.has_terms else [replace(segment, terms=()) for segment in segments])
    out = place / "out"
    job = Job(source.parent, out, source_lang, target_lang, glossary=glossary if system.has_terms else None,
              **system.settings)  # fmt: skip
    report = jobs.run(job)
    form = plugins.create("format", "jsonl", {}, source_lang=source_lang, target_lang=target_lang)
    outputs = form.read(out / source.name, source.name).segments
    translations = [replace(segment, draft=output.draft, postedit=output.postedit)
                    for segment, output in zip(segments, outputs, strict=True)]  # fmt: skip
    return Run(system, translations, report)


def _write(path: Path, segments: Sequence[Segment]) -> None:
    rows = ({"id": s.id, "source": s.source, "terms": [{"source": term.source, "targets": list(term.targets)}
                                                       for term in s.terms]} for s in segments)  # fmt: skip
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: can't be written ({error.strerror}); check permissions and space") from error
