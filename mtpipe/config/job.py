"""Job: what one run translates, with what, to where."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, model_validator

from mtpipe import __version__, plugins
from mtpipe.config.tables import AtLeastOne, CallSettings, Count, Patterns
from mtpipe.document.checks import select
from mtpipe.errors import ConfigError
from mtpipe.io import digest
from mtpipe.io.object_store import is_remote, url
from mtpipe.validation import AnyPath, File, Files, Folder, is_from_file, problem, problems, settings, table

EDITORS = ("nbest", "substitution", "insertion", "refiner", "llm")
LAST_RESORT = "placement"
STATE = ".mtpipe"  # the folder of a job's state
PARTS = "parts"  # the folder in it of the states of shards and workers
_LANG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


def _language(tag: str) -> str:
    if not _LANG.fullmatch(tag):
        raise problem("is not a valid language code; use BCP 47 such as en or pt-BR")
    return tag


def _source(path: Path, info: ValidationInfo) -> Path:
    if not is_from_file(info) and not is_remote(path) and not path.exists():
        raise problem("does not exist")
    return path


def _plugin(kind: str, *others: str) -> AfterValidator:
    """A plug-in of that kind by name, or one of others."""

    def check(name: str) -> str:
        if ":" not in name and name not in others and not plugins.is_named(kind, name):
            available = filter(None, (*others, *plugins.names(kind)))
            raise problem(f"no such {kind} plug-in; available: {', '.join(available)}")
        return name

    return AfterValidator(check)


def _shard(value: Any) -> Any:
    """(3, 8) of "3/8"."""
    if isinstance(value, str):
        match = re.fullmatch(r"([0-9]+)/([0-9]+)", value) if value else None
        if value and not match:
            raise problem('is not a shard; give "number/count", such as 3/8')
        value = tuple(map(int, match.groups())) if match else None
    if value is not None and not 1 <= value[0] <= value[1]:
        raise problem(f"is not a shard: the number goes from 1 to the count, {value[1]}")
    return value


def _names(value: Any) -> Any:
    if isinstance(value, str):
        value = value.split(",")
    return tuple(name.strip() for name in value if name.strip()) if isinstance(value, (list, tuple)) else value


def _options(options: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    wrong = [text for key, values in options.items() for text in plugins.check_options(key, values)[1]]
    if wrong:
        raise problems(wrong)
    return options


def _calls(value: Any) -> Any:
    if isinstance(value, CallSettings):
        return value
    values, wrong = table(CallSettings, value, "[calls]")
    if wrong:
        raise problems(wrong)
    return CallSettings(**values)


def _checks(names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return select(names)
    except ConfigError as error:
        raise problem(str(error)) from error


Language = Annotated[str, AfterValidator(_language)]
Editors = Annotated[tuple[Annotated[str, _plugin("editor")], ...], BeforeValidator(_names)]
Options = Annotated[Mapping[str, Mapping[str, Any]], AfterValidator(_options)]


@settings("Invalid job settings")
class Job:
    """What to translate, with what, to where; raises ConfigError naming everything that is wrong.

    source: a folder or a file; out: a folder, or a file where source is one. mt: a translator, "none" where every
    segment brings a draft. model: a folder, None for the bundled one of the language pair. editors: the repair methods
    in order, None for EDITORS as far as the model and lexicon at hand support them. repair: "safe" leaves what is
    uncertain to people, "complete" guesses at last. options: keyword arguments of the
    plug-ins, as {"mt.ct2": {...}, "format.po": {...}}. tm: translation memories or parallel texts, the first counts
    most; tm_flagged: what becomes of exact matches that break the glossary. glossary_sheet and
    glossary_columns: where a workbook or table keeps its terms, as in `load_glossary`. other: what happens to files of
    no known format. units_per_chunk: saved together. window_bytes: of documents, in memory at a time. llm: a plug-in,
    "" for none. calls: how it is called, a CallSettings or a mapping; llm_cache: the file of its replies, None for one
    in the job's folder. fallback_model: a folder, of the model that makes drafts again that look hallucinated.
    follow_links: whether links to files outside the source folder are read, too. protect: regular expressions of what
    must reach the target as it is. checks: names of checks of the form of translations, ("all",) for all of CHECKS.
    source and out may be in an object store (s3://bucket/docs); state_dir: where the job keeps its state, which must be
    on a disk, by default beside what it writes, and for an object store in .mtpipe here.
    shard: (number, count) or "3/8", the part of the documents that is done here, None for all. engine: a plug-in that
    spreads the documents over workers; workers: how many, 0 for one a core.
    spacy: a trained spaCy pipeline whose lemmas find terms in the source, "" for mtpipe's own.
    """

    source: Annotated[AnyPath, AfterValidator(_source)]
    out: AnyPath
    source_lang: Language
    target_lang: Language
    glossary: File | None = None
    mt: Annotated[str, _plugin("mt", "none")] = "ct2"
    model: Folder | None = None
    lexicon: Folder | None = None
    spacy: str = ""
    editors: Editors | None = None
    repair: Literal["safe", "complete"] = "safe"
    options: Options = field(default_factory=dict)
    other: Literal["copy", "skip"] = "copy"
    report_dir: AnyPath | None = None
    tm: Files = ()
    tm_flagged: Literal["repair", "translate"] = "repair"
    glossary_sheet: str = ""
    glossary_columns: Mapping[str, str] = field(default_factory=dict)
    units_per_chunk: AtLeastOne = 1024
    window_bytes: AtLeastOne = 1 << 20
    llm: Annotated[str, _plugin("llm", "")] = ""
    llm_cache: AnyPath | None = None
    calls: Annotated[CallSettings, BeforeValidator(_calls)] = field(default_factory=CallSettings)
    gate: Literal["terms", "all", "score"] = "terms"
    gate_below: float | None = None
    prompts: Folder | None = None
    fallback_model: Folder | None = None
    follow_links: bool = False
    protect: Patterns = ()
    checks: Annotated[tuple[str, ...], BeforeValidator(_names), AfterValidator(_checks)] = ()
    shard: Annotated[tuple[int, int] | None, BeforeValidator(_shard)] = None
    state_dir: AnyPath | None = None
    engine: Annotated[str, _plugin("engine")] = "serial"
    workers: Count = 0

    @model_validator(mode="after")
    def _fits_together(self) -> Job:
        """Raises all that is wrong between settings that are right each."""
        wrong = []
        if self.source.resolve() == self.out.resolve():
            wrong.append(f"out {self.out} is the source itself; choose another place")
        if self.source.is_dir() and self.out.is_file():
            wrong.append(f"out {self.out} is a file but source {self.source} a folder; give a folder")
        if self.source_lang == self.target_lang:
            wrong.append(f"source_lang and target_lang are both {self.source_lang!r}")
        if (self.gate == "score") != (self.gate_below is not None):
            wrong.append("gate score and gate_below belong together, such as -1.5 (a log-probability, 0 at most)")
        elif self.gate != "terms" and not self.llm:
            wrong.append(f"gate is {self.gate!r}, but there is no LLM; give --llm")
        if wrong:
            raise problems(wrong)
        return self

    @property
    def methods(self) -> tuple[str, ...]:
        """The repair methods in order."""
        last = (LAST_RESORT,) if self.repair == "complete" else ()
        return EDITORS + last if self.editors is None else self.editors

    @property
    def is_single(self) -> bool:
        """Whether out is a file: source is one, and out says so by its suffix."""
        return self.source.is_file() and not self.out.is_dir() and self.out.suffix.lower() == self.source.suffix.lower()

    @property
    def folder(self) -> Path:
        """Where the job keeps its state."""
        if self.state_dir:
            return self.state_dir
        if is_remote(self.out):
            return Path(STATE) / digest.of_text(url(self.out))
        return self.out.with_name(f"{self.out.name}{STATE}") if self.is_single else self.out / STATE

    @property
    def state(self) -> Path:
        """Where this run of it keeps its own: a shard has a folder in that of the job."""
        return self.folder / PARTS / self.shard_name if self.shard else self.folder

    @property
    def shard_name(self) -> str:
        return "-of-".join(map(str, self.shard)) if self.shard else ""

    @property
    def writers(self) -> tuple[Path, ...]:
        """Where shards and workers of this job have their folders, of those that may be at work beside this one."""
        return tuple(dict.fromkeys((self.state / PARTS, self.folder / PARTS)))

    @property
    def memories(self) -> Path:
        """Where parallel texts given as translation memories become some."""
        return self.folder / "tm"

    @property
    def reports(self) -> Path:
        return self.report_dir / self.shard_name if self.report_dir else self.state

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
        facts = json.dumps([self.settings(), tools], sort_keys=True, default=str)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    def draft_digest(self, *tools: str) -> str:
        """Changes with whatever changes first drafts but sources and glossary; tools as for `digest`."""
        facts = [self.source_lang, self.target_lang, tools]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]

    def signature(self, model: str, glossary: str, lexicon: str, editors: Sequence[str], tm: str = "",
                  llm: str = "") -> str:  # fmt: skip
        """How the output was made, in one line of name:value parts; model, glossary, lexicon and tm are digests."""
        parts = {
            "langs": f"{self.source_lang}-{self.target_lang}",
            "mt": self.mt,
            "model": model or "-",
            "glossary": glossary or "-",
            "editors": "+".join(editors) or "-",
            "options": ",".join(f"{p}.{k}={v}" for p, table in sorted(self.options.items())
                                if not p.startswith("engine.") for k, v in table.items()),
            "lexicon": lexicon,
            "tm": tm,
            "llm": llm,
            "gate": self.gate if llm else "",
            "version": __version__,
        }
        return "|".join(f"{name}:{value}" for name, value in parts.items() if value)
