"""Recorded answers of a language model: what was asked, what it answered, which model it was and when.

A recording is a result file of the Batch API with more fields, and `--llm batch --llm-option answers=FILE` replays it:
an answer is found by the digest of its request. Texts of a shared task, which may not be passed on, are left out: they
stand in a request as «name», and an answer that edits one of them is kept as its changes. `whole` puts them back.
"""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import accumulate
from pathlib import Path
from typing import Any

from mtpipe.errors import InputError
from mtpipe.io import atomic
from mtpipe.llm.batch import custom_id

FOLDER = Path("eval/recorded")
MODEL = "claude"  # as requests name it
DRAFT = "/draft"  # ends the names of texts that answers edit
REFERENCE = "/reference"  # and those of references, as pairs of a memory stand in requests

_PIECE = re.compile(r"\w+|\s+|[^\w\s]")

Row = dict[str, Any]
Texts = Mapping[str, str]  # of a shared task, by name


def read(path: Path) -> list[Row]:
    """The rows of a recording; raises InputError."""
    try:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except (OSError, ValueError, lzma.LZMAError) as error:
        raise InputError(f"{path}: not a recording ({error}); record it again") from error


def record(requests: Path, answers: Path, out: Path, family: str, date: str, texts: Texts = {}) -> tuple[int, int]:
    """Adds the answered requests to the recording out: (how many were added, how many still lack an answer).

    requests: as `--llm batch` writes them. answers: JSON Lines {"custom_id", "content"}. family: of the model that
    answered; date: ISO. texts: to be left out. Raises InputError.
    """
    rows = {row["custom_id"]: row for row in read(out)} if out.is_file() else {}
    contents = {row["custom_id"]: row["content"] for row in _lines(answers)}
    bodies = {row["custom_id"]: row["body"] for row in _lines(requests)}
    if unknown := contents.keys() - bodies.keys():
        raise InputError(f"{answers}: {len(unknown)} answers to no request in {requests}, such as {min(unknown)}")
    for name, content in contents.items():
        request = _without(bodies[name], texts)
        rows[name] = {"custom_id": name, "model_family": family, "date": date, "request": request,
                      **_answer(content, _draft(request, texts))}  # fmt: skip
    write(out, rows.values())
    return len(contents), len(bodies.keys() - rows.keys())


def write(path: Path, rows: Iterable[Row]) -> None:
    """Raises OutputError."""
    with atomic.replacement(path) as part, lzma.open(part, "wt", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def whole(path: Path, out: Path, texts: Texts) -> Path:
    """The recording with its shared task's texts as a plain result file; raises InputError where one is missing."""
    rows = [{**row, **_response(_restored(row, texts, path))} if "changes" in row else row for row in read(path)]
    atomic.write_text(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return out


def altered(rows: Iterable[Row], texts: Texts = {}) -> list[str]:
    """The custom_ids of rows whose request is not the one that the digest names."""
    return [row["custom_id"] for row in rows if custom_id(_with(row["request"], texts)) != row["custom_id"]]


def texts(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What of a shared task's segments ({"id", "source", "draft"?, "reference"?}) may stand in requests, by name."""
    named = {}
    for row in rows:
        named[row["id"]] = row["source"]
        ends = {DRAFT: row.get("draft"), REFERENCE: row.get("reference")}
        named |= {row["id"] + end: text for end, text in ends.items() if text is not None}
    return named


def sentence(rows: Iterable[Row]) -> str:
    """What a table that rests on recordings must say."""
    listed = list(rows)
    families = ", ".join(sorted({row["model_family"] for row in listed}))
    dates = ", ".join(sorted({row["date"] for row in listed}))
    return f"{len(listed)} recorded answers of {families}, {dates}, replayed by the digest of the request"


def _lines(path: Path) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no JSON Lines ({error})") from error


def _answer(content: str, draft: tuple[str, str] | None) -> Row:
    """The answer as a response, or as its changes of a draft (name, text) that may not be passed on."""
    if draft is None:
        return _response(content)
    reply = json.loads(content)
    return {"draft": draft[0], "changes": changes(draft[1], reply.pop("target")), "rest": reply}


def changes(old: str, new: str) -> list[tuple[int, int, str]]:
    """What makes new of old, exactly: (start, end, text in its place) by words, spaces and signs."""
    ours, theirs = (_PIECE.findall(text) for text in (old, new))
    places = [0, *accumulate(map(len, ours))]
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    return [(places[i1], places[i2], "".join(theirs[j1:j2])) for tag, i1, i2, j1, j2 in matcher.get_opcodes()
            if tag != "equal"]  # fmt: skip


def _draft(request: Row, texts: Texts) -> tuple[str, str] | None:
    user = request["messages"][-1]["content"]
    return next(((name, text) for name, text in texts.items() if name.endswith(DRAFT) and f"«{name}»" in user), None)


def _restored(row: Row, texts: Texts, path: Path) -> str:
    if row["draft"] not in texts:
        raise InputError(f"{path}: answer {row['custom_id']} edits {row['draft']}; the shared task's data lack it")
    target = texts[row["draft"]]
    for start, end, text in reversed(row["changes"]):
        target = target[:start] + text + target[end:]
    return json.dumps({"target": target, **row["rest"]}, ensure_ascii=False)


def _response(content: str) -> Row:
    message = {"role": "assistant", "content": content}
    body = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    return {"response": {"status_code": 200, "body": body}}


def _without(body: Row, texts: Texts) -> Row:
    """The longest text first, so that none is cut by a shorter one within it."""
    ordered = sorted(texts.items(), key=lambda item: -len(item[1]))
    return _replaced(body, {f">{text}<": f">«{name}»<" for name, text in ordered if text})


def _with(body: Row, texts: Texts) -> Row:
    return _replaced(body, {f">«{name}»<": f">{text}<" for name, text in texts.items()})


def _replaced(body: Row, replacements: Mapping[str, str]) -> Row:
    messages = []
    for message in body["messages"]:
        content = message["content"]
        if message["role"] == "user":
            for old, new in replacements.items():
                content = content.replace(old, new)
        messages.append({**message, "content": content})
    return {**body, "messages": messages}
