"""Recorded answers of a language model: what was asked, what it answered, which model it was and when.

A recording is a result file of the Batch API with more fields, so `--llm batch --llm-option answers=FILE` replays it:
an answer is found by the digest of its request. Texts of a shared task's test set, which may not be passed on, stand
in the kept request as «id»; with the test set at hand the request is whole again.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mtpipe.errors import InputError
from mtpipe.io import atomic
from mtpipe.llm.batch import custom_id

FOLDER = Path("eval/recorded")
MODEL = "claude"  # as requests name it

Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    """The rows of a recording; raises InputError."""
    try:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except (OSError, ValueError, lzma.LZMAError) as error:
        raise InputError(f"{path}: not a recording ({error}); record it again") from error


def record(
    requests: Path, answers: Path, out: Path, family: str, date: str, texts: Mapping[str, str] = {}
) -> tuple[int, int]:
    """Adds the answered requests to the recording out: (how many were added, how many still lack an answer).

    requests: as `--llm batch` writes them. answers: JSON Lines {"custom_id", "content"}. family: of the model that
    answered; date: ISO. texts: of a test set by id, to be left out of the kept requests. Raises InputError.
    """
    rows = {row["custom_id"]: row for row in read(out)} if out.is_file() else {}
    contents = {row["custom_id"]: row["content"] for row in _lines(answers)}
    asked = {row["custom_id"]: row["body"] for row in _lines(requests)}
    if unknown := contents.keys() - asked.keys():
        raise InputError(f"{answers}: {len(unknown)} answers to no request in {requests}, such as {min(unknown)}")
    for name, content in contents.items():
        rows[name] = {"custom_id": name, "model_family": family, "date": date, "request": _without(asked[name], texts),
                      "response": _response(content)}  # fmt: skip
    with atomic.replacement(out) as part, lzma.open(part, "wt", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows.values())
    return len(contents), len(asked.keys() - rows.keys())


def altered(rows: Iterable[Row], texts: Mapping[str, str] = {}) -> list[str]:
    """The custom_ids of rows whose request is not the one that the digest names; texts: as for `record`."""
    return [row["custom_id"] for row in rows if custom_id(_with(row["request"], texts)) != row["custom_id"]]


def sentence(rows: Iterable[Row]) -> str:
    """What a table that rests on recordings must say."""
    known = list(rows)
    families = ", ".join(sorted({row["model_family"] for row in known}))
    dates = ", ".join(sorted({row["date"] for row in known}))
    return f"{len(known)} recorded answers of {families}, {dates}, replayed by the digest of the request."


def _lines(path: Path) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no JSON Lines ({error})") from error


def _response(content: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    body = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    return {"status_code": 200, "body": body}


def _without(body: Row, texts: Mapping[str, str]) -> Row:
    """The longest text first, so that none is cut by a shorter one within it."""
    ordered = sorted(texts.items(), key=lambda item: -len(item[1]))
    return _replaced(body, {text: f"«{name}»" for name, text in ordered if text})


def _with(body: Row, texts: Mapping[str, str]) -> Row:
    return _replaced(body, {f"«{name}»": text for name, text in texts.items()})


def _replaced(body: Row, changes: Mapping[str, str]) -> Row:
    messages = []
    for message in body["messages"]:
        content = message["content"]
        if message["role"] == "user":
            for old, new in changes.items():
                content = content.replace(old, new)
        messages.append({**message, "content": content})
    return {**body, "messages": messages}
