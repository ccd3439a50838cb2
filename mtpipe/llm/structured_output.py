"""What a model said, read strictly as the JSON that was asked for; models that can't be held to a schema say more."""

from __future__ import annotations

import json
import re
from typing import Any

from jsonschema import Draft202012Validator

_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```\w*\n(.*?)\n?```\Z", re.DOTALL)


class Prose(ValueError):
    """There is no JSON: the model does not know that it should write some."""


def plain(text: str) -> str:
    """text without the thoughts that some models put before it."""
    return _THOUGHTS.sub("", text).strip()


def as_json(text: str, schema: str) -> str:
    """The JSON of an answer that fits schema, patterns aside: whether those are met is the guard's to say.

    It may stand in a Markdown fence or be repeated word for word; a list that it leaves out is an empty one: servers
    that hold no model to a schema forget what there is nothing to say of. Raises Prose where there is none and
    ValueError where it is broken or of another shape.
    """
    answer = _FENCE.sub(r"\1", plain(text)).strip()
    if answer[:1] not in ("{", "["):
        raise Prose(f"the answer is not JSON: {answer[:80]!r}")
    values = _values(answer)
    if not is_text(json.dumps(values, ensure_ascii=False)):
        raise ValueError(f"the answer has half a character (a lone surrogate): {ascii(answer)[:80]}")
    if any(value != values[0] for value in values):
        raise ValueError(f"there are {len(values)} different answers in one: {answer[:80]!r}")
    shape = json.loads(schema)
    value = _with_lists(values[0], shape)
    for error in Draft202012Validator(shape).iter_errors(value):
        if error.validator != "pattern":
            raise ValueError(f"the answer does not match its schema: {error.message[:160]}")
    return json.dumps(value, ensure_ascii=False)


def is_text(text: str) -> bool:
    """Whether text can be written in UTF-8: JSON lets halves of characters through."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _with_lists(value: Any, shape: Any) -> Any:
    if not isinstance(value, dict) or not value:
        return value
    properties = shape.get("properties", {})
    lists: dict[str, Any] = {name: [] for name, one in properties.items() if one.get("type") == "array"}
    return lists | value


def _values(text: str) -> list[Any]:
    """The JSON values that stand one after the other in text."""
    values, rest = [], text
    while rest:
        try:
            value, end = json.JSONDecoder().raw_decode(rest)
        except json.JSONDecodeError as error:
            raise ValueError(f"the answer is broken JSON ({error}): {text[-80:]!r}") from error
        except RecursionError as error:
            raise ValueError(f"the answer is JSON nested too deep: {text[:80]!r}") from error
        values.append(value)
        rest = rest[end:].lstrip()
    return values
