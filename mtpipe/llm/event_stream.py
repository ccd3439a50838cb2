"""Answers sent as events although a whole one was asked for: `transformers serve` knows no other way."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

_EVENT, _LAST = "data:", "[DONE]"


def whole(body: Any) -> Any:
    """The completion whose parts are a body of server-sent events; any other body as it is.

    Raises ValueError where the parts are garbled or do not come to an end.
    """
    if not isinstance(body, str) or not body.lstrip().startswith(_EVENT):
        return body
    events = [line.removeprefix(_EVENT).strip() for line in body.splitlines() if line.startswith(_EVENT)]
    parts = [json.loads(event) for event in events if event != _LAST]
    if not all(isinstance(part, dict) for part in parts):
        raise ValueError("events that are not objects")
    choices = [choice for part in parts for choice in part.get("choices") or ()]
    ends = [choice["finish_reason"] for choice in choices if choice.get("finish_reason")]
    if not ends:
        raise ValueError("the events break off")
    text = "".join((choice.get("delta") or {}).get("content") or "" for choice in choices)
    spent: dict[str, int] = next((part["usage"] for part in reversed(parts) if part.get("usage")), {})
    usage = {name: spent.get(name) for name in ("prompt_tokens", "completion_tokens")}
    return SimpleNamespace(
        usage=SimpleNamespace(**usage),
        choices=[SimpleNamespace(message=SimpleNamespace(content=text), finish_reason=ends[-1])],
    )
