"""Requests and answers in files, in the format of OpenAI's Batch API: half the price, and no network where mtpipe runs.

A run writes the requests whose answers it lacks and leaves their segments waiting; the file goes to a service, its
result file comes back, and the same command goes on. Answers that are kept make a run repeatable without a model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.io import compression
from mtpipe.llm import REFUSED, WAITING, Reply, chat_completion, structured_output
from mtpipe.llm.chat_completion import NEXT
from mtpipe.llm.prompts import Prompt

URL = "/v1/chat/completions"
_FINAL = (400, 413, 422)  # HTTP statuses that the same request would get again
_SUFFIX = ".jsonl"


class BatchLLM:
    """An LLM that answers in files.

    model: its name at the service. requests: the file to write, None for none: only what is answered already counts.
    answers: a result file (.jsonl, also .xz or .gz), or a folder of such files; it need not be there yet. structured:
    how answers are held to their schema, one of chat_completion.NEXT and "text". extra_body: more fields of a request,
    "$schema" in it becomes the answer's schema. Raises ConfigError, and InputError for a damaged result file.
    """

    is_remote = False

    def __init__(
        self, model: str = "", requests: Path | None = None, answers: Path | None = None, temperature: float = 0.0,
        max_tokens: int = 2048, seed: int | None = None, structured: str = "json_schema",
        extra_body: Mapping[str, Any] | None = None,
    ):  # fmt: skip
        if structured not in (*NEXT, "text"):
            raise ConfigError(f"[llm.batch] structured = {structured!r}; use {', '.join([*NEXT, 'text'])}")
        if not model or answers is None:
            raise ConfigError("[llm.batch] needs the model's name at the service and the place of its answers: "
                              "model = \"…\", answers = \"answers.jsonl\"")  # fmt: skip
        self.name, self._mode, self._extra = model, structured, dict(extra_body or {})
        parameters = {"model": model, "temperature": temperature, "max_tokens": max_tokens, "seed": seed}
        self._parameters = {name: value for name, value in parameters.items() if value is not None}
        content = json.dumps([URL, self._parameters, self._extra, structured], sort_keys=True)
        self.digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        self._requests, self._place = requests, answers
        if self._requests and self._requests.resolve() in map(Path.resolve, _files(self._place)):
            raise ConfigError(f"[llm.batch] {requests} is both requests and answers; give two files")
        self._answers = _answers(self._place)
        self._written: set[str] = set()

    def complete(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """What has no answer yet goes to the file of requests, which a run begins anew."""
        bodies = [self._body(prompt) for prompt in prompts]
        names = [custom_id(body) for body in bodies]
        replies = [self._reply(prompt, self._answers.get(name)) for prompt, name in zip(prompts, names, strict=True)]
        waiting = [reply.fault == WAITING for reply in replies]
        self._write({n: body for n, body, is_waiting in zip(names, bodies, waiting, strict=True) if is_waiting})
        return replies

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        mode = self._mode if prompt.schema else "text"
        fields = chat_completion.request(prompt, mode, self._parameters)
        return fields | chat_completion.extra_fields(self._extra, prompt)

    def _reply(self, prompt: Prompt, row: Mapping[str, Any] | None) -> Reply:
        status, body = _response(row)
        if status in _FINAL:
            return Reply("", problem=f"{self._place}: HTTP {status}: {_message(body)}", fault=REFUSED)
        reply = chat_completion.answer(_attributes(body), str(self._place), self._parameters["max_tokens"])
        if status != 200 or reply.fault:
            where = f"its request is in {self._requests}" if self._requests else "nothing asks for it"
            return Reply("", problem=f"no answer in {self._place} yet; {where}", fault=WAITING)
        if not prompt.schema or not reply.text:
            return reply
        try:
            return Reply(structured_output.as_json(reply.text, prompt.schema), reply.tokens_in, reply.tokens_out)
        except ValueError as error:
            return Reply("", reply.tokens_in, reply.tokens_out, str(error))

    def _write(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        """Adds the requests that this run has not written; the first call takes away those of the run before."""
        new = {name: body for name, body in bodies.items() if name not in self._written}
        if self._requests is None:
            return
        try:
            if not self._written and not new:
                self._requests.unlink(missing_ok=True)
            if new:
                self._requests.parent.mkdir(parents=True, exist_ok=True)
                with self._requests.open("a" if self._written else "w", encoding="utf-8", newline="\n") as file:
                    file.writelines(_line(name, body) for name, body in new.items())
        except OSError as error:
            raise OutputError(f"{self._requests}: can't be written ({error.strerror}); check permissions and space"
                              ) from error  # fmt: skip
        self._written |= set(new)


def custom_id(body: Mapping[str, Any]) -> str:
    """The name of a request, by its content: the same question finds its answer in any file and any run."""
    return "mtpipe-" + hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]


def _line(name: str, body: Mapping[str, Any]) -> str:
    row = {"custom_id": name, "method": "POST", "url": URL, "body": body}
    return json.dumps(row, ensure_ascii=False) + "\n"


def _files(place: Path) -> list[Path]:
    if place.is_dir():
        return sorted(path for path in place.iterdir() if path.is_file() and compression.suffix(path) == _SUFFIX)
    return [place] if place.exists() else []


def _answers(place: Path) -> dict[str, dict[str, Any]]:
    """The rows of all result files by custom_id; of several for one request the first with an answer counts."""
    answers: dict[str, dict[str, Any]] = {}
    for path in _files(place):
        for name, row in _rows(path):
            if name not in answers or _response(answers[name])[0] != 200:
                answers[name] = row
    return answers


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    number = 0
    try:
        with compression.open_text(path) as lines:
            for number, line in enumerate(lines, 1):
                row = json.loads(line) if line.strip() else None
                if row is not None and not (isinstance(row, dict) and isinstance(row.get("custom_id"), str)):
                    raise ValueError("no object with a custom_id")
                if row is not None:
                    yield row["custom_id"], row
    except (ValueError, RecursionError, *compression.BROKEN) as error:
        raise InputError(f"{path}:{number}: not a result of the Batch API ({error}); fetch the file again") from error


def _response(row: Mapping[str, Any] | None) -> tuple[int, Any]:
    """(HTTP status, body) of a row; status 0 where there is no response, as of a request that expired."""
    response = (row or {}).get("response")
    if not isinstance(response, dict) or not isinstance(response.get("status_code"), int):
        return 0, None
    return response["status_code"], response.get("body")


def _message(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("message") if isinstance(error, dict) else error or "no reason given")[:300]


class _Fields(SimpleNamespace):
    """An object of JSON; what it lacks is None."""

    def __getattr__(self, name: str) -> None:
        return None


def _attributes(value: Any) -> Any:
    """value with its objects' fields as attributes."""
    if isinstance(value, dict):
        return _Fields(**{name: _attributes(inner) for name, inner in value.items()})
    return [_attributes(inner) for inner in value] if isinstance(value, list) else value
