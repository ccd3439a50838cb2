"""A configuration as a whole: the job and the stages of an mtpipe.toml, checked before anything is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtpipe import config
from mtpipe.config import EvaluateSettings, FinetuneSettings, Job, SettingsFile
from mtpipe.models import registry
from mtpipe.synthesis.recipe import SynthesisRecipe
from mtpipe.validation import failure

_OUTPUTS = ("work", "rejected")  # paths that need not be there


@dataclass(frozen=True, slots=True)
class Workflow:
    """A configuration as a whole; a stage whose table is not there is None and left out."""

    path: Path
    job: Job
    work: Path
    synthesize: SynthesisRecipe | None = None
    finetune: FinetuneSettings | None = None
    evaluate: EvaluateSettings | None = None

    @property
    def synthetic(self) -> Path:
        return self.work / "synthetic.jsonl"


def read(path: Path, is_named: bool = True) -> Workflow:
    """The configuration at path, whose own paths are relative to it; raises ConfigError with all that is wrong.

    is_named: as in `config.read`.
    """
    file = config.read(path, is_named)
    problems = [*_missing(file), *_lost(file.stages)]
    if file.stages.get("finetune", {}).get("task", registry.TRANSLATE) != registry.TRANSLATE:
        problems.append("[finetune] task: a run trains the model that translates; train others with "
                        "`mtpipe finetune --task`")  # fmt: skip
    if problems:
        raise failure(str(path), problems)
    job = Job(**file.for_job)
    work = file.stages.get("run", {}).get("work") or job.out.with_name(f"{job.out.name}.work")
    stages = file.stages
    return Workflow(
        path, job, work,
        _synthesis(job, work, stages["synthesize"]) if "synthesize" in stages else None,
        FinetuneSettings(**stages["finetune"]) if "finetune" in stages else None,
        EvaluateSettings(**stages["evaluate"]) if "evaluate" in stages else None,
    )  # fmt: skip


def _synthesis(job: Job, work: Path, table: Mapping[str, Any]) -> SynthesisRecipe:
    assert job.glossary is not None
    return SynthesisRecipe(glossary=job.glossary, out=work / "synthetic.jsonl", source_lang=job.source_lang,
                           target_lang=job.target_lang, **{"rejected": work / "rejected.jsonl", **table})  # fmt: skip


def _missing(file: SettingsFile) -> Iterator[str]:
    needed = {name: "for a run" for name in ("source", "out", "source_lang", "target_lang")}
    if "synthesize" in file.stages:
        needed |= dict.fromkeys(("glossary", "llm"), "to synthesize")
    yield from (f"[job] {name} = …: is needed {why}" for name, why in needed.items() if name not in file.job)


def _lost(stages: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Files that are not there: better said now than after hours of what comes before them."""
    for name, table in stages.items():
        for key, value in table.items():
            paths = value if isinstance(value, tuple) else value.values() if isinstance(value, dict) else (value,)
            yield from (f"[{name}] {key}: {path} is not there" for path in paths
                        if key not in _OUTPUTS and isinstance(path, Path) and not path.exists())  # fmt: skip
