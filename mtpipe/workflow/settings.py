"""The tables [run], [synthesize], [finetune] and [evaluate] of an mtpipe.toml as values, all checked at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mtpipe import config
from mtpipe.config import Job
from mtpipe.errors import ConfigError
from mtpipe.models import registry
from mtpipe.synthesis.recipe import Recipe

ModelName = str  # a folder, or a name that is none
_PATHS = "tuple[Path, ...]"
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {  # what a setting may be in TOML, and how that is called
    "str": ((str,), "a text"), "int": ((int,), "a whole number"), "float": ((int, float), "a number"),
    "float | None": ((int, float), "a number"), "bool": ((bool,), "true or false"), "Path": ((str,), "a path"),
    "Path | None": ((str,), "a path"), "ModelName": ((str,), "a folder or a name"),
    _PATHS: ((str, list), "a list of files"), "tuple[str, ...]": ((list,), "a list of names"),
    "Mapping[str, int]": ((dict,), "a table"), "Mapping[str, Path]": ((dict,), "a table"),
}  # fmt: skip
_GIVEN = ("glossary", "out", "source_lang", "target_lang")  # of a synthesis, by the job
_MADE = ("work", "rejected")  # paths that need not be there
SHARED = ("source_lang", "target_lang", "glossary", "llm")  # of the job, with the commands of the stages


@dataclass(frozen=True, slots=True)
class FinetuneSettings:
    """What `mtpipe finetune` takes, by the same names; pairs: parallel text beside what was synthesized, or triplets
    where the task is post-editing."""

    pairs: tuple[Path, ...] = ()
    task: str = registry.TRANSLATE
    generic: tuple[Path, ...] = ()
    mix: float = 0.9
    generic_times: int = 9
    dev: Path | None = None
    exclude: tuple[Path, ...] = ()
    base: ModelName = ""
    parent: ModelName = ""
    annotated: float = 0.65
    swapped: float = 0.35
    coded: float = 0.4
    steps: int = 0
    minutes: float = 0.0
    patience: int = 0
    evaluate_every: int = 0
    batch_tokens: int = 5000
    learning_rate: float | None = None
    guide: float = 0.3
    vocabulary: int = 10_000
    shape: Mapping[str, int] = field(default_factory=dict)
    lora: int = 0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class EvaluateSettings:
    """test: parallel texts that no training has seen, the references on their target side; metrics: () the usual;
    tags: whether inline tags count in what is compared."""

    test: tuple[Path, ...] = ()
    metrics: tuple[str, ...] = ()
    tags: bool = True


@dataclass(frozen=True, slots=True)
class RunSettings:
    """work: the folder of what the stages make for each other; None: <out>.work."""

    work: Path | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """A configuration as a whole; a stage whose table is not there is None and left out."""

    path: Path
    job: Job
    work: Path
    synthesize: Recipe | None = None
    finetune: FinetuneSettings | None = None
    evaluate: EvaluateSettings | None = None

    @property
    def synthetic(self) -> Path:
        return self.work / "synthetic.jsonl"


STAGES: dict[str, Any] = {"run": RunSettings, "synthesize": Recipe, "finetune": FinetuneSettings,
                          "evaluate": EvaluateSettings}  # fmt: skip


def read(path: Path) -> Workflow:
    """The configuration at path, whose own paths are relative to it; raises ConfigError with all that is wrong."""
    settings, options = config.read(path)
    missing = [name for name in ("source", "out", "source_lang", "target_lang") if name not in settings]
    problems = [f"[job] {name} = …: is needed for a run" for name in missing]
    if "synthesize" in config.stage_tables(path):
        needed = ("glossary", "llm")
        problems += [f"[job] {name} = …: is needed to synthesize" for name in needed if name not in settings]
    given = tables(path, problems)
    _check_files(path, given)
    if given.get("finetune", {}).get("task", registry.TRANSLATE) != registry.TRANSLATE:
        raise ConfigError(f"{path}:\n  [finetune] task: a run trains the model that translates; train others with "
                          "`mtpipe finetune --task`")  # fmt: skip
    job = Job(**settings | {"options": options})
    found = {name: kind(**given[name]) for name, kind in STAGES.items() if name in given and name != "synthesize"}
    work = found["run"].work if "run" in found else None
    flow = Workflow(path, job, work or job.out.with_name(f"{job.out.name}.work"), None, found.get("finetune"),
                    found.get("evaluate"))  # fmt: skip
    if "synthesize" not in given:
        return flow
    assert job.glossary is not None
    asked = {"rejected": flow.work / "rejected.jsonl"} | given["synthesize"]
    recipe = Recipe(job.glossary, flow.synthetic, job.source_lang, job.target_lang, **asked)
    return replace(flow, synthesize=recipe)


def tables(path: Path, problems: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
    """The settings that each table of a stage gives, paths relative to the file resolved.

    Raises ConfigError with problems and with whatever is wrong in them.
    """
    wrong, found = list(problems), {}
    for name, table in config.stage_tables(path).items():
        takes = {item.name: str(item.type) for item in fields(STAGES[name])
                 if name != "synthesize" or item.name not in _GIVEN}  # fmt: skip
        if isinstance(table, dict):
            wrong += _problems(table, takes, name)
            found[name] = {key: _value(value, takes.get(key, ""), path.parent) for key, value in table.items()}
        else:
            wrong.append(f"{name} = {table!r}: make it a table [{name}]")
    if wrong:
        raise ConfigError("\n".join((f"{path}:", *(f"  {problem}" for problem in wrong))))
    return found


def _check_files(path: Path, given: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises ConfigError for files that are not there: better now than after hours of what comes before them."""
    named = [(f"[{name}] {key}", one) for name, table in given.items() for key, value in table.items()
             if key not in _MADE for one in (value if isinstance(value, tuple) else (value,))]  # fmt: skip
    lost = [f"{setting}: {one} is not there" for setting, one in named if isinstance(one, Path) and not one.exists()]
    if lost:
        raise ConfigError("\n".join((f"{path}:", *(f"  {text}" for text in lost))))


def _problems(table: Mapping[str, Any], takes: Mapping[str, str], name: str) -> Iterator[str]:
    for key, value in table.items():
        if key not in takes:
            yield f"[{name}] has no setting {key!r}; there are {', '.join(takes)}"
        elif not _fits(value, takes[key]):
            yield f"[{name}] {key} = {value!r}: give {_KINDS[takes[key]][1]}"


def _fits(value: Any, kind: str) -> bool:
    return isinstance(value, _KINDS[kind][0]) and (kind == "bool" or not isinstance(value, bool))


def _value(value: Any, kind: str, folder: Path) -> Any:
    """As the dataclass wants it; what does not fit is reported, and stays as it is."""
    if not kind or not _fits(value, kind):
        return value
    if kind in ("Path", "Path | None"):
        return folder / value
    if kind == "ModelName":
        return str(folder / value) if value and (folder / value).is_dir() else value
    if kind == _PATHS:
        return tuple(folder / name for name in ([value] if isinstance(value, str) else value))
    if kind == "Mapping[str, Path]":
        return {key: folder / name for key, name in value.items()}
    return tuple(value) if isinstance(value, list) else value
