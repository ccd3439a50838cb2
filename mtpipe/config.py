"""Job: one run's settings, their defaults and validation; reads mtpipe.toml."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtpipe import __version__, plugins
from mtpipe.errors import ConfigError

FILE = "mtpipe.toml"
OTHER = ("copy", "skip")
FLAGGED = ("repair", "translate")
GATES = ("terms", "all", "score")
EDITORS = ("nbest", "substitution", "insertion", "placement", "refiner", "llm")
_PATHS = ("source", "out", "glossary", "model", "lexicon", "report_dir", "llm_cache", "prompts", "fallback_model")
_LANG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_OPTION_PATHS = (("editor.refiner", "model"), ("metric.quality", "lexicon"))
_PATH_OR_NAME = (("metric.comet", "model"), ("metric.cometkiwi", "model"))  # of the hub
_PLUGINS = ("mt", "editor", "format", "llm", "metric")
STAGES = ("run", "synthesize", "finetune", "evaluate")  # tables of stages, read by mtpipe.workflow


@dataclass(frozen=True, slots=True)
class Job:
    """What to translate, with what, to where; raises ConfigError naming everything that is wrong.

    source: a folder or a file; out: a folder, or a file where source is one. mt: a translator, "none" where every
    segment brings a draft. model: a folder, None for the bundled one of the language pair. editors: the repair ladder
    in order, None for EDITORS as far as the model and lexicon at hand support them. options: keyword arguments of the
    plug-ins, as {"mt.ct2": {...}, "format.po": {...}}. tm: translation memories or parallel texts, the first counts
    most; tm_flagged: what becomes of exact matches that break the glossary, one of FLAGGED. glossary_sheet and
    glossary_columns: where a workbook or table keeps its terms, as in `Glossary.read`. other: what happens to files of
    no known format. units_per_chunk: saved together. window_bytes: of documents, in memory at a time. llm: a plug-in,
    "" for none. calls: how it is called, as in `calls.CallSettings`; llm_cache: the file of its replies, None for one
    in the job's folder. fallback_model: a folder, of the model that makes drafts again that look hallucinated.
    """

    source: Path
    out: Path
    source_lang: str
    target_lang: str
    glossary: Path | None = None
    mt: str = "ct2"
    model: Path | None = None
    lexicon: Path | None = None
    editors: tuple[str, ...] | None = None
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    other: str = "copy"
    report_dir: Path | None = None
    tm: tuple[Path, ...] = ()
    tm_flagged: str = "repair"
    glossary_sheet: str = ""
    glossary_columns: Mapping[str, str] = field(default_factory=dict)
    units_per_chunk: int = 1024
    window_bytes: int = 1 << 20
    llm: str = ""
    llm_cache: Path | None = None
    calls: Mapping[str, Any] = field(default_factory=dict)
    gate: str = "terms"
    gate_below: float | None = None
    prompts: Path | None = None
    fallback_model: Path | None = None

    def __post_init__(self) -> None:
        for name in _PATHS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, Path):
                object.__setattr__(self, name, Path(value))
        object.__setattr__(self, "tm", tuple(map(Path, [self.tm] if isinstance(self.tm, (str, Path)) else self.tm)))
        if self.editors is not None and not isinstance(self.editors, tuple):
            given = self.editors.split(",") if isinstance(self.editors, str) else self.editors
            object.__setattr__(self, "editors", tuple(name.strip() for name in given if name.strip()))
        problems = self._problems()
        if problems:
            raise ConfigError("\n".join(("the job can't run as asked:", *(f"  {problem}" for problem in problems))))

    @property
    def is_single(self) -> bool:
        """Whether out is a file: source is one, and out says so by its suffix."""
        return self.source.is_file() and not self.out.is_dir() and self.out.suffix.lower() == self.source.suffix.lower()

    @property
    def folder(self) -> Path:
        """Where the job keeps its state."""
        return self.out.with_name(f"{self.out.name}.mtpipe") if self.is_single else self.out / ".mtpipe"

    @property
    def memories(self) -> Path:
        """Where parallel texts given as translation memories become some."""
        return self.folder / "tm"

    @property
    def reports(self) -> Path:
        return self.report_dir or self.folder

    def settings(self) -> dict[str, Any]:
        """What changes the output, beside the sources, glossary and model: goes into every unit's key."""
        return {
            "languages": [self.source_lang, self.target_lang],
            "editors": self.editors,
            "options": {key: dict(self.options[key]) for key in sorted(self.options) if key.startswith("editor.")},
        }

    def digest(self, *tools: str) -> str:
        """Changes with whatever changes the output but sources and glossary; tools: digests of the model and so on,
        and the versions of what works with them."""
        said = json.dumps([self.settings(), tools], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def draft_digest(self, *tools: str) -> str:
        """Changes with whatever changes first drafts but sources and glossary; tools as for `digest`."""
        said = [self.source_lang, self.target_lang, tools]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    def signature(self, model: str, glossary: str, lexicon: str, editors: Sequence[str], tm: str = "",
                  llm: str = "") -> str:  # fmt: skip
        """How the output was made, in one line of name:value parts; model, glossary, lexicon and tm are digests."""
        parts = {
            "langs": f"{self.source_lang}-{self.target_lang}",
            "mt": self.mt,
            "model": model or "-",
            "glossary": glossary or "-",
            "editors": "+".join(editors) or "-",
            "options": ",".join(f"{p}.{k}={v}" for p, table in sorted(self.options.items()) for k, v in table.items()),
            "lexicon": lexicon,
            "tm": tm,
            "llm": llm,
            "gate": self.gate if llm else "",
            "version": __version__,
        }
        return "|".join(f"{name}:{value}" for name, value in parts.items() if value)

    def _problems(self) -> list[str]:
        problems = []
        if not self.source.exists():
            problems.append(f"source {self.source} does not exist")
        elif self.source.resolve() == self.out.resolve():
            problems.append(f"out {self.out} is the source itself; choose another place")
        if self.source.is_dir() and self.out.is_file():
            problems.append(f"out {self.out} is a file but source {self.source} a folder; give a folder")
        for name in ("source_lang", "target_lang"):
            if not _LANG.fullmatch(getattr(self, name) or ""):
                problems.append(f"{name} {getattr(self, name)!r} is no language code; use BCP 47 such as en or pt-BR")
        if self.source_lang and self.source_lang == self.target_lang:
            problems.append(f"source_lang and target_lang are both {self.source_lang!r}")
        folders = "model", "lexicon", "prompts", "fallback_model"
        for name, kind in (("glossary", Path.is_file), *((name, Path.is_dir) for name in folders)):
            path = getattr(self, name)
            if path is not None and not kind(path):
                problems.append(f"{name} {path} is not a {'file' if kind is Path.is_file else 'folder'}")
        problems += [f"tm {path} is not a file" for path in self.tm if not path.is_file()]
        if self.tm_flagged not in FLAGGED:
            problems.append(f"tm_flagged is {self.tm_flagged!r}; use {' or '.join(FLAGGED)}")
        problems += [f"no editor plug-in {name!r}; known: {', '.join(plugins.names('editor'))}"
                     for name in self.editors or () if ":" not in name and name not in plugins.names("editor")]
        if self.llm and ":" not in self.llm and self.llm not in plugins.names("llm"):
            problems.append(f"no llm plug-in {self.llm!r}; known: {', '.join(plugins.names('llm'))}")
        problems += self._gate_problems()
        for key in self.options:
            table, _, name = key.partition(".")
            if ":" not in name and name not in (known := plugins.names(table)):
                problems.append(f"no {table} plug-in {name!r} to give options to; known: {', '.join(known)}")
        if self.other not in OTHER:
            problems.append(f"other is {self.other!r}; use {' or '.join(OTHER)}")
        if self.units_per_chunk < 1 or self.window_bytes < 1:
            problems.append("units_per_chunk and window_bytes must be 1 or more")
        return problems

    def _gate_problems(self) -> list[str]:
        if self.gate not in GATES:
            return [f"gate is {self.gate!r}; use {', '.join(GATES)}"]
        if (self.gate == "score") != (self.gate_below is not None):
            return ["gate score and gate_below belong together, such as -1.5 (a log-probability, 0 at most)"]
        is_idle = self.gate != "terms" and not self.llm
        return [f"gate is {self.gate!r}, but there is no LLM; give --llm"] if is_idle else []


def read(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The [job] settings and plug-in options of an mtpipe.toml; paths in it are relative to it. Raises ConfigError."""
    data = _toml(path)
    job = data.get("job", {})
    fields = settings_names()
    tables = ("job", "calls", *_PLUGINS, *STAGES)
    problems = [f"[{name}] is unknown; there are {', '.join(tables)}" for name in data if name not in tables]
    problems += [f"[job] has no setting {name!r}; there are {', '.join(fields)}" for name in job if name not in fields]
    options = {}
    for kind in _PLUGINS:
        for name, table in data.get(kind, {}).items():
            if isinstance(table, dict):
                options[f"{kind}.{name}"] = table
            else:
                problems.append(f"[{kind}] {name} = … : options belong into a table [{kind}.<plug-in>]")
    calls = data.get("calls", {})
    if not isinstance(calls, dict):
        problems.append(f"calls = {calls!r}: make it a table [calls]")
    if problems:
        raise ConfigError("\n".join((f"{path}:", *(f"  {problem}" for problem in problems))))
    for name in _PATHS:
        if name in job:
            job[name] = str(path.parent / job[name])
    if "tm" in job:
        job["tm"] = [str(path.parent / name) for name in ([job["tm"]] if isinstance(job["tm"], str) else job["tm"])]
    for name, key in (*_OPTION_PATHS, *_PATH_OR_NAME):
        given = options.get(name, {}).get(key)
        if isinstance(given, str) and ((name, key) in _OPTION_PATHS or (path.parent / given).exists()):
            options[name][key] = str(path.parent / given)
    if "mask_names" in calls:
        calls["mask_names"] = str(path.parent / calls["mask_names"])
    return job | ({"calls": calls} if calls else {}), options


def stage_tables(path: Path) -> dict[str, Any]:
    """The tables of STAGES that an mtpipe.toml has, as they stand; raises ConfigError."""
    return {name: table for name, table in _toml(path).items() if name in STAGES}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: can't be read ({error})") from error


def with_format_options(options: Mapping[str, Mapping[str, Any]], given: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The plug-in options with those given as "name.key=value", the value as in TOML or plain text; ConfigError."""
    merged = {name: dict(table) for name, table in options.items()}
    usage = "format.key=value, such as po.fuzzy=false"
    for text in given:
        name, _, setting = text.partition(".")
        merged.setdefault(f"format.{name}", {}).update(_parsed(setting, text, usage))
    return merged


def with_llm(settings: Mapping[str, Any]) -> dict[str, Any]:
    """settings of a file and of cli.llm_options as those of a Job: limits in calls, what its LLM takes in options."""
    given = dict(settings)
    limits = {name: value for name in ("max_calls", "max_cost") if (value := given.pop(name, None)) is not None}
    texts, name = given.pop("llm_options", ()), f"llm.{given.get('llm')}"
    if texts and not given.get("llm"):
        raise ConfigError("there are LLM options but no LLM: name one with --llm")
    options = {key: dict(table) for key, table in given.get("options", {}).items()}
    for text in texts:
        options.setdefault(name, {}).update(_parsed(text, text, "key=value, such as model=qwen3"))
    return given | {"calls": {**given.get("calls", {}), **limits}, "options": options}


def _parsed(setting: str, text: str, usage: str) -> dict[str, Any]:
    """A setting given as key=value on the command line."""
    match = re.fullmatch(r"(\w+)=(.*)", setting, re.DOTALL)
    if match is None:
        raise ConfigError(f"option {text!r}: give it as {usage}")
    key, value = match.groups()
    try:
        return {key: tomllib.loads(f"value = {value}")["value"]}
    except tomllib.TOMLDecodeError:
        return {key: value}


def settings_names() -> list[str]:
    return [name for name in Job.__dataclass_fields__ if name not in ("options", "calls")]


def folder_digest(folder: Path | None) -> str:
    """Of the names and contents of a folder's files; "" for None."""
    if folder is None:
        return ""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            total.update(f"{path.relative_to(folder)} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()[:16]
