"""What a settings file must not say that merely lies in the current folder: it may have come with the documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLUGINS = ("mt", "editor", "format", "llm", "metric")
_HERE = "a settings file that merely lies in the current folder"
_OWN_SERVER = re.compile(r"https?://(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?(?:/.*)?")
_NO_CODE = f"{_HERE} can't name code to run; name the plug-in on the command line, or the file with --config"
_NO_SERVER = (f"{_HERE} can't send texts or keys to a server that is not this computer's; name it on the command line"
              " (--llm, --llm-option base_url=…), or the file with --config")  # fmt: skip


def refusals(data: Mapping[str, Any]) -> Iterator[str]:
    """Each setting of an mtpipe.toml that names code ("module:Class"), a server elsewhere, or a key for one."""
    yield from _code(data)
    yield from _servers(data)


def _code(data: Mapping[str, Any]) -> Iterator[str]:
    for name, key in (("job", "mt"), ("job", "llm"), ("job", "editors"), ("evaluate", "metrics")):
        value = _table(data, name).get(key, "")
        names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
        yield from (f"[{name}] {key} = {value!r}: {_NO_CODE}" for one in names if ":" in str(one))
    for kind in _PLUGINS:
        yield from (f'[{kind}."{name}"]: {_NO_CODE}' for name in _table(data, kind) if ":" in name)


def _servers(data: Mapping[str, Any]) -> Iterator[str]:
    plugins = _table(data, "llm")
    for name in plugins:
        options = _table(plugins, name)
        if not _is_own(options.get("base_url")):
            yield from (f"[llm.{name}] {key} = {value!r}: {_NO_SERVER}" for key, value in options.items()
                        if value and (key in ("base_url", "key_variable") or "://" in str(value)))
    if _table(data, "job").get("llm") == "openai" and not _is_own(_table(plugins, "openai").get("base_url")):
        yield f"[job] llm = 'openai': {_NO_SERVER}"


def _is_own(address: object) -> bool:
    return isinstance(address, str) and _OWN_SERVER.fullmatch(address) is not None


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The table of that name; none where something else has it, which is said elsewhere."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}
