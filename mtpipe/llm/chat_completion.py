"""Chat completions as OpenAI's API has them: what a request says, and what the answer to one means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mtpipe.llm import FAILED, Reply, structured_output
from mtpipe.llm.prompts import Prompt, template

# How an answer is held to its schema, and what is tried next where the server does not take it; the last is prose with
# a plea for JSON.
NEXT = {"json_schema": "bare_schema", "bare_schema": "json_object", "json_object": "text"}
_MOST_TOKENS = 10**9  # of one call, in and out
_BARRED = ("pattern", "minLength", "maxLength", "minItems", "maxItems")  # left out of a bare schema


def request(prompt: Prompt, mode: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request; mode: how the answer is held to the prompt's schema, one of NEXT and "text"."""
    fields = dict(parameters)
    schema = json.loads(prompt.schema) if prompt.schema else None
    if schema and mode.endswith("schema"):
        shape = schema if mode == "json_schema" else _bare(schema)
        named_schema = {"name": "answer", "strict": True, "schema": shape}
        fields["response_format"] = {"type": "json_schema", "json_schema": named_schema}
    elif schema:
        prompt = template("json").fill(system=prompt.system, user=prompt.user, shape=prompt.schema)
        if mode == "json_object":
            fields["response_format"] = {"type": "json_object"}
    roles = {"system": prompt.system, "user": prompt.user}
    return fields | {"messages": [{"role": role, "content": text} for role, text in roles.items() if text]}


def extra_fields(extra: Mapping[str, Any], prompt: Prompt) -> dict[str, Any]:
    """The user's own fields of a request; "$schema" in them becomes the prompt's schema, without one they are left out.
    """
    schema = json.loads(prompt.schema) if prompt.schema else None
    fields = {name: value for name, value in extra.items() if schema or "$schema" not in json.dumps(value)}
    return _with_schema(fields, schema)


def answer(completion: Any, where: str, most: object) -> Reply:
    """The text of a completion, which may be anything: nobody checked it; most: the tokens that it was limited to.

    A reply with a fault: it is no answer at all. where: it comes from, for messages.
    """
    try:
        usage, choices = completion.usage, completion.choices
        tokens = (_count(usage.prompt_tokens), _count(usage.completion_tokens)) if usage else (0, 0)
        if not choices:
            return Reply("", *tokens, problem=f"{where}: the answer is empty (no choices)", fault=FAILED,
                         retry_after=0.0)  # fmt: skip
        message, end = choices[0].message, choices[0].finish_reason
        refusal, text = getattr(message, "refusal", None), structured_output.plain(message.content or "")
    except (AttributeError, TypeError, LookupError):
        problem = f"{where}: the answer is not a chat completion; does base_url end in /v1?"
        return Reply("", problem=problem, fault=FAILED, retry_after=0.0)
    if not structured_output.is_text(text):
        return Reply("", *tokens, problem=f"the answer has half a character (a lone surrogate): {ascii(text)[:80]}")
    if refusal or end == "content_filter":
        return Reply("", *tokens, problem=f"the model refuses to answer: {_legible(refusal or 'content filter')}")
    if end == "length":
        return Reply("", *tokens, problem=f"the answer was cut off at {most} tokens; raise max_tokens of the LLM")
    return Reply(text, *tokens, "" if text else f"the answer is empty (finish_reason {end})")


def _legible(text: object) -> str:
    return str(text).encode("utf-8", "backslashreplace").decode()


def _count(tokens: object) -> int:
    """A number of tokens as a server tells it; 0 for what can't be one."""
    return tokens if isinstance(tokens, int) and 0 <= tokens <= _MOST_TOKENS else 0


def _bare(schema: Any) -> Any:
    if isinstance(schema, dict):  # a property may be called like what is barred, but is a schema itself
        return {n: _bare(value) for n, value in schema.items() if n not in _BARRED or isinstance(value, dict)}
    return [_bare(value) for value in schema] if isinstance(schema, list) else schema


def _with_schema(value: Any, schema: Any) -> Any:
    """value with the schema in place of "$schema"."""
    if isinstance(value, dict):
        return {name: _with_schema(inner, schema) for name, inner in value.items()}
    return schema if value == "$schema" else value
