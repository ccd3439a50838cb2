"""What a model must not see: hidden before a call behind placeholders such as [[NUMBER1]], put back after it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtpipe.errors import ConfigError
from mtpipe.llm import Reply
from mtpipe.llm.prompts import Prompt, template

# Of three digits or more, or of several parts (dates, amounts, versions): the small ones tell nothing, and the grammar
# of what they count hangs on them. E-mail addresses first, names next: both may have numbers in them.
_NUMBER = r"(?<![\w{%$#⟦.,])(?:\d+(?:[.,:/\-\u00a0\u202f]\d+)+|\d{3,})"
_E_MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_PLACEHOLDER = re.compile(r"\[\[(?:EMAIL|NAME|NUMBER)(\d+)\]\]")
_IN_SCHEMA = ("pattern", "const", "enum")  # where a schema quotes the texts


@dataclass(frozen=True, slots=True)
class Hidden:
    """A prompt as the model gets it, and what its placeholders stand for."""

    prompt: Prompt
    values: Mapping[str, str]

    def restored(self, reply: Reply) -> Reply:
        """The reply with the values in place; one that lost or made up any has a problem instead."""
        if not self.values or not reply.text:
            return reply
        placeholders = [match.group() for match in _PLACEHOLDER.finditer(reply.text)]
        own = {match.group() for match in _PLACEHOLDER.finditer(self.prompt.user)}
        unknown = sorted({*placeholders} - own)
        lost = list(_lacking(self.prompt.source, placeholders, self.values))
        if unknown or lost:
            faults = [f"{kind} {', '.join(names)}" for kind, names in (("lost", lost), ("made up", unknown)) if names]
            problem = f"the answer {' and '.join(faults)}, which hide private text from it"
            return replace(reply, text="", problem=problem)
        as_text = _in_json if self.prompt.schema else str
        text = _PLACEHOLDER.sub(lambda match: as_text(self.values.get(match.group(), match.group())), reply.text)
        return replace(reply, text=text)


class Mask:
    """Hides the kinds of text asked for (of settings.MASKS) and the names in a file, one a line; raises ConfigError."""

    def __init__(self, kinds: tuple[str, ...], names: Path | None):
        patterns = {"EMAIL": _E_MAIL if "e-mails" in kinds else "", "NAME": _either(_names(names)),
                    "NUMBER": _NUMBER if "numbers" in kinds else ""}  # fmt: skip
        alternatives = [f"(?P<{kind}>{pattern})" for kind, pattern in patterns.items() if pattern]
        self._pattern = re.compile("|".join(alternatives)) if alternatives else None

    def hide(self, prompt: Prompt) -> Hidden:
        """The same value gets the same placeholder all over the prompt, its schema included."""
        if self._pattern is None:
            return Hidden(prompt, {})
        # a text may have something of that shape in it already
        first = max((int(number) for number in _PLACEHOLDER.findall(prompt.system + prompt.user)), default=0) + 1
        names: dict[str, str] = {}

        def hidden(match: re.Match[str]) -> str:
            return names.setdefault(match.group(), f"[[{match.lastgroup}{first + len(names)}]]")

        user, system = self._pattern.sub(hidden, prompt.user), self._pattern.sub(hidden, prompt.system)
        source = self._pattern.sub(hidden, prompt.source)
        if not names:
            return Hidden(prompt, {})
        schema = json.dumps(_masked(json.loads(prompt.schema), names), ensure_ascii=False) if prompt.schema else ""
        filled = template("masked").fill(system=system, user=user)
        values = {name: value for value, name in names.items()}
        return Hidden(Prompt(filled.system, filled.user, schema, source), values)


def _lacking(source: str, placeholders: list[str], values: Mapping[str, str]) -> Iterator[str]:
    """Placeholders of source that are not in the answer; numbers may be written in the target language's way there."""
    there = Counter(_plainly(values[name]) for name in placeholders if name in values)
    for name in dict.fromkeys(match.group() for match in _PLACEHOLDER.finditer(source)):
        if name in values and not there[_plainly(values[name])]:
            yield name


def _plainly(value: str) -> str:
    """What a number has in common with the same one as other languages write it."""
    return re.sub(r"\D", "", value) if value[0].isdigit() else value


def _masked(schema: Any, names: Mapping[str, str], is_quote: bool = False, is_pattern: bool = False) -> Any:
    if isinstance(schema, dict):
        return {key: _masked(value, names, key in _IN_SCHEMA, key == "pattern") for key, value in schema.items()}
    if isinstance(schema, list):
        return [_masked(value, names, is_quote, is_pattern) for value in schema]
    if not isinstance(schema, str) or not is_quote:
        return schema
    for value in sorted(names, key=len, reverse=True):
        name = re.escape(names[value]) if is_pattern else names[value]
        # characters may be escaped in a pattern, and counts of its repetitions are no numbers of the text
        quoted = "".join(rf"\\?{re.escape(char)}" for char in value)
        schema = re.sub(rf"(?<![\w{{,]){quoted}(?!\w)", lambda _: name, schema)
    return schema


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _names(path: Path | None) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path else []
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: names to mask can't be read ({error}); give UTF-8 text, a name a line") from error
    return sorted({line.strip() for line in lines if line.strip()}, key=len, reverse=True)


def _either(names: list[str]) -> str:
    """Any of the names as a word, a genitive's s included."""
    return rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?=s?(?!\w))" if names else ""
