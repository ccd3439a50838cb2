"""The bodies of requests, in JSON or as a form, as checked values; errors as answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class ApiError(Exception):
    """An answer that is not 200; message says what is wrong and what to do."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


async def fields(request: Request) -> dict[str, Any]:
    """The fields of a body in JSON or of a form (lists of texts there, "a[]" as "a") with those of the query.

    Raises ApiError for anything else.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    values: dict[str, Any] = dict(request.query_params)
    if not body:
        return values
    if kind == JSON or not kind and body.lstrip()[:1] == b"{":
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ApiError(400, "the body is not valid JSON") from error
        if not isinstance(data, dict):
            raise ApiError(400, "the body must be a JSON object")
        return values | data
    if kind in (FORM, ""):
        try:
            form = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=10_000)
        except ValueError as error:
            raise ApiError(400, "the body is not a form in UTF-8") from error
        return values | {name.removesuffix("[]"): value for name, value in form.items()}
    raise ApiError(415, f"content type {kind} is not supported; send {JSON} or {FORM}")


def text(values: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A field as one text; raises ApiError where it is another value, or missing and without a default."""
    value = values.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None or value == "":
        if default is None:
            raise ApiError(400, f"{name} is missing; /openapi.json has what a request needs")
        return default
    if not isinstance(value, str):
        raise ApiError(400, f"{name} must be a text")
    return _sound(value, name)


def texts(values: Mapping[str, Any], name: str) -> list[str]:
    """A field as texts: a list of them, or one; raises ApiError."""
    value = values.get(name)
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not value:
        raise ApiError(400, f"{name} is missing; give a text or a list of texts")
    if not all(isinstance(item, str) for item in value):
        raise ApiError(400, f"{name} must be a list of texts")
    return [_sound(item, name) for item in value]


def names(values: Mapping[str, Any], name: str) -> list[str]:
    """A field as names: a list, or one text with commas."""
    value = values.get(name)
    if not value:
        return []
    parts = [part for item in texts(values, name) for part in item.split(",")]
    return [part.strip() for part in parts if part.strip()]


def _sound(value: str, name: str) -> str:
    """A text that can be written; raises ApiError for half a surrogate pair."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ApiError(400, f"{name} is not valid Unicode") from error
    return value
