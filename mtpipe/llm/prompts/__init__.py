"""Prompts: the texts in prompts/*.txt filled in, and what replies must look like. Pure functions of strings.

A text is a Jinja template of two parts with a line "---" between: what the model is told, what it is given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtpipe.errors import ConfigError
from mtpipe.io import digest

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent
_SEPARATOR = "\n---\n"


@dataclass(frozen=True, slots=True)
class Prompt:
    """system: what to do; user: what to do it with; schema: of the answer, JSON schema as JSON, "" for free text.

    source: the text whose numbers, addresses and names must come back where they are masked, "" for none.
    """

    system: str
    user: str
    schema: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt's text; digest is that of the text, for signatures and keys of caches."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        return digest.of_text(self.text)

    def mark(self, values: str) -> str:
        """What makes the marks of the text others than any in what is said: nothing, or a number."""
        names = "|".join(set(re.findall(r"<(\w+)\{\{ *mark", self.text)))
        if not re.search(rf"(?i)</?\s*(?:{names})\b", values):
            return ""
        return next(f"-{n}" for n in range(2, len(values)) if f"-{n}" not in values)

    def fill(self, schema: Mapping[str, Any] | None = None, **values: Any) -> Prompt:
        """values: of the text, `source` is that of the prompt. Raises ConfigError naming a template that is none."""
        try:
            system, separator, user = _environment().from_string(self.text).render(values).partition(_SEPARATOR)
        except Exception as error:  # a template is a program: it may raise anything
            raise ConfigError(f"prompt {self.name}: {error}; it can use {', '.join(sorted(values))}") from error
        if not separator:
            raise ConfigError(f"prompt {self.name}: there is no line '---' between its two parts; it can use "
                              f"{', '.join(sorted(values))}")  # fmt: skip
        schema_text = json.dumps(schema, ensure_ascii=False) if schema else ""
        return Prompt(system.strip(), user.strip(), schema_text, str(values.get("source", "")))


def template(name: str, folder: Path | None = None) -> Template:
    """The text <name>.txt of folder where it has one, else the one that mtpipe brings; raises ConfigError."""
    for place in (folder, FOLDER):
        path = place / f"{name}.txt" if place else None
        if path and path.is_file():
            try:
                return Template(str(path), path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise ConfigError(f"{path}: the prompt can't be read ({error}); give UTF-8 text") from error
    known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.txt")))
    raise ConfigError(f"there is no prompt {name!r}; there are {known}")


@cache
def _environment() -> Environment:
    from jinja2 import StrictUndefined  # on use: a job without a language model needs no prompt
    from jinja2.sandbox import SandboxedEnvironment

    # a user's template runs no code of Python's; it is plain text for a model, not HTML: nothing is escaped; delimiters
    # in what is filled in are the callers' concern
    return SandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
