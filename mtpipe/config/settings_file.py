"""mtpipe.toml: its tables read and checked together, before anything is done with them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtpipe import plugins
from mtpipe.config import implicit
from mtpipe.config.job import Job
from mtpipe.config.tables import (
    CallSettings,
    EvaluateSettings,
    FinetuneSettings,
    ProtectSettings,
    RunSettings,
    SynthesizeSettings,
)
from mtpipe.errors import ConfigError
from mtpipe.validation import failure, table

NAME = "mtpipe.toml"
STAGES: dict[str, Any] = {"run": RunSettings, "synthesize": SynthesizeSettings, "finetune": FinetuneSettings,
                          "evaluate": EvaluateSettings}  # fmt: skip
_PLUGINS = ("mt", "editor", "format", "llm", "metric")
_TABLES = ("job", "calls", "protect", *_PLUGINS, *STAGES)


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What an mtpipe.toml says, its paths resolved: settings of a Job, of [calls], of plug-ins ("mt.ct2") and stages;
    only those that it gives."""

    path: Path
    job: Mapping[str, Any] = field(default_factory=dict)
    calls: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def for_job(self) -> dict[str, Any]:
        """The keyword arguments of a Job."""
        return {**self.job, "options": self.options, **({"calls": self.calls} if self.calls else {})}


def read(path: Path, is_named: bool = True) -> SettingsFile:
    """The settings of an mtpipe.toml; raises ConfigError with all that is wrong in it.

    is_named: whether the user named the file. One that merely lies in the current folder names no code to run,
    no server elsewhere and no key (`implicit`).
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: can't be read ({error}); correct it or name another file with --config") from error
    problems = [f"[{name}]: no such table; available: {', '.join(_TABLES)}" for name in data if name not in _TABLES]
    if not is_named:
        problems += implicit.refusals(data)
        if problems:  # nothing of what is named is loaded
            raise failure(str(path), problems)
    job, wrong = table(Job, data.get("job", {}), "[job]", path.parent, without=("options", "calls"))
    protect, wrong_patterns = table(ProtectSettings, data.get("protect", {}), "[protect]", path.parent)
    problems += wrong_patterns
    job = {**job, **({"protect": protect["patterns"]} if protect else {})}
    calls, more = table(CallSettings, data.get("calls", {}), "[calls]", path.parent)
    problems += wrong + more
    options = {}
    for key, values in _plugin_tables(data, problems):
        options[key], wrong = plugins.check_options(key, values, path.parent)
        problems += wrong
    stages = {}
    for name in (name for name in STAGES if name in data):
        stages[name], wrong = table(STAGES[name], data[name], f"[{name}]", path.parent)
        problems += wrong
    if problems:
        raise failure(str(path), problems)
    return SettingsFile(path, job, calls, options, stages)


def _plugin_tables(data: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[str, Any]]:
    for kind in _PLUGINS:
        tables = data.get(kind, {})
        if not isinstance(tables, dict):
            problems.append(f"{kind} = {tables!r}: options belong into a table [{kind}.<plug-in>]")
            continue
        for name, values in tables.items():
            if isinstance(values, dict):
                yield f"{kind}.{name}", values
            else:
                problems.append(f"[{kind}] {name} = {values!r}: options belong into a table [{kind}.<plug-in>]")
