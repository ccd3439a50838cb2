"""Settings given on the command line, joined with those of a file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from mtpipe import plugins
from mtpipe.errors import ConfigError
from mtpipe.validation import failure


def with_format_options(options: Mapping[str, Mapping[str, Any]], flags: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The plug-in options with those of flags, "name.key=value", the value as in TOML or plain text; ConfigError."""
    merged = {name: dict(table) for name, table in options.items()}
    usage, problems = "format.key=value, such as po.fuzzy=false", []
    for text in flags:
        name, _, setting = text.partition(".")
        values, wrong = plugins.check_options(f"format.{name}", _parsed(setting, text, usage))
        merged.setdefault(f"format.{name}", {}).update(values)
        problems += wrong
    if problems:
        raise failure("Invalid --format-option", problems)
    return merged


def with_llm(settings: Mapping[str, Any]) -> dict[str, Any]:
    """settings of a file and of cli.llm_options as those of a Job: limits in calls, what its LLM takes in options."""
    merged = dict(settings)
    limits = {name: value for name in ("max_calls", "max_cost") if (value := merged.pop(name, None)) is not None}
    texts, name = merged.pop("llm_options", ()), f"llm.{merged.get('llm')}"
    if texts and not merged.get("llm"):
        raise ConfigError("there are LLM options but no LLM: name one with --llm")
    options = {key: dict(table) for key, table in merged.get("options", {}).items()}
    for text in texts:
        options.setdefault(name, {}).update(_parsed(text, text, "key=value, such as model=qwen3"))
    return merged | {"calls": {**merged.get("calls", {}), **limits}, "options": options}


def _parsed(setting: str, text: str, usage: str) -> dict[str, Any]:
    """A setting of the command line, key=value."""
    match = re.fullmatch(r"(\w+)=(.*)", setting, re.DOTALL)
    if match is None:
        raise ConfigError(f"option {text!r}: give it as {usage}")
    key, value = match.groups()
    try:
        return {key: tomllib.loads(f"value = {value}")["value"]}
    except tomllib.TOMLDecodeError:
        return {key: value}
