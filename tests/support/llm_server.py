"""A server of chat completions on loopback that fails as it is told to: each fault is what real servers do at times.

    with LlmServer(answer, faults=["429", "", "reset"]) as server: ...   # the first call gets 429, the second an answer
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

MODEL = "scripted"
Answer = Callable[[dict[str, Any]], str]
PROSE = "Sure! Here is the translation you asked for."


class LlmServer:
    """answer: of a request's body, its JSON as text. faults: of the first calls, "" for none; later calls get `then`.
    first: the fault of each prompt's first call.

    takes: kinds of response_format that are not refused; ignores: those that are taken but not followed. pause: seconds
    before every answer. received: bodies, headers (names in lower case) and whether the answer was sent whole, in order
    of arrival.
    """

    def __init__(
        self, answer: Answer, faults: Sequence[str] = (), then: str = "", first: str = "", key: str = "",
        pause: float = 0.0, takes: Sequence[str] = ("json_schema", "json_object"), ignores: Sequence[str] = (),
    ):  # fmt: skip
        self.answer, self.faults, self.then, self.key, self.pause = answer, list(faults), then, key, pause
        self.first = first
        self.takes, self.ignores = takes, ignores
        self.received: list[dict[str, Any]] = []
        self.lock, self.closing = Lock(), Event()
        self.active = self.most = 0  # calls at a time
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.llm = self
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> LlmServer:
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def answered(self) -> list[str]:
        """What was asked in the calls that got a whole answer: the user's part of each."""
        return [said(call["body"]) for call in self.received if call["is_answered"]]


def said(body: dict[str, Any]) -> str:
    return body["messages"][-1]["content"]


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    llm: LlmServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # of clients that were killed
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def log_message(self, *args: object) -> None:
        """Says nothing: tests have their own output."""

    def do_GET(self) -> None:
        self.send(200, json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]}))

    def do_POST(self) -> None:
        llm = self.server.llm
        length = int(self.headers["Content-Length"])
        content = self.rfile.read(length)
        if len(content) < length:
            return  # the client was killed
        body = json.loads(content)
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = {"body": body, "headers": headers, "is_answered": False}
        with llm.lock:
            is_known = said(body) in [said(other["body"]) for other in llm.received]
            llm.received.append(call)
            fault = llm.faults.pop(0) if llm.faults else "" if is_known and llm.first else llm.first or llm.then
            llm.active += 1
            llm.most = max(llm.most, llm.active)
        if llm.pause:
            llm.closing.wait(llm.pause)
        try:
            call["is_answered"] = self._respond(body, fault)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client was killed or has given up
        finally:
            with llm.lock:
                llm.active -= 1

    def _respond(self, body: dict[str, Any], fault: str) -> bool:
        """Whether the answer went out as it should."""
        llm = self.server.llm
        kind = body.get("response_format", {}).get("type", "")
        if llm.key and self.headers["Authorization"] != f"Bearer {llm.key}":
            return self.error(401, f"Incorrect API key provided: {self.headers['Authorization']}")
        if self.path != "/v1/chat/completions":
            return self.error(404, f"no such path: {self.path}")
        if body["model"] != MODEL:
            return self.error(404, f"The model {body['model']!r} does not exist", code="model_not_found")
        if fault:
            return FAULTS[fault](self, body)
        if kind and kind not in llm.takes:
            return self.error(400, f"'response_format.type' : value {kind!r} is not supported")
        self.send(200, completion(PROSE if kind in llm.ignores else llm.answer(body)))
        return True

    def send(self, status: int, text: str, **headers: str) -> bool:
        content = text.encode()
        self.head(status, len(content), **headers)
        self.wfile.write(content)
        return False

    def head(self, status: int, length: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(length), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def error(self, status: int, message: str, code: str | None = None, **headers: str) -> bool:
        error = {"message": message, "type": "error", "param": None, "code": code}
        return self.send(status, json.dumps({"error": error}), **headers)

    def good(self, body: dict[str, Any]) -> bytes:
        return completion(self.server.llm.answer(body)).encode()

    def reset(self, body: dict[str, Any]) -> bool:
        """Half of the answer, then RST."""
        content = self.good(body)
        self.head(200, len(content))
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        return False

    def hang(self, body: dict[str, Any]) -> bool:
        self.server.llm.closing.wait(60)
        self.close_connection = True
        return False

    def drip(self, body: dict[str, Any]) -> bool:
        """A byte every now and then: no single read takes long."""
        content = self.good(body)
        self.head(200, len(content))
        for i in range(len(content)):
            self.wfile.write(content[i : i + 1])
            self.wfile.flush()
            if self.server.llm.closing.wait(0.1):
                return False
        return True


def completion(text: str | None, end: str = "stop", **message: Any) -> str:
    choice = {"index": 0, "finish_reason": end, "message": {"role": "assistant", "content": text} | message}
    return _whole([choice])


def _whole(choices: list[dict[str, Any]], tokens: int = 100) -> str:
    usage = {"prompt_tokens": tokens, "completion_tokens": tokens // 5, "total_tokens": 120}
    return json.dumps({"id": "1", "object": "chat.completion", "created": int(time.time()), "model": MODEL,
                       "choices": choices, "usage": usage})  # fmt: skip


def _twice(handler: _Handler, body: dict[str, Any]) -> bool:
    text = handler.server.llm.answer(body)
    handler.send(200, completion(f"{text}\n{text}"))
    return True


FAULTS: dict[str, Callable[[_Handler, dict[str, Any]], bool]] = {
    "429": lambda handler, body: handler.error(429, "Too many requests", Retry_After="0.2"),
    "429 date": lambda handler, body: handler.error(429, "Later", Retry_After=formatdate(time.time() + 1, usegmt=True)),
    "429 for an hour": lambda handler, body: handler.error(429, "Too many requests", Retry_After="3600"),
    "quota": lambda handler, body: handler.error(429, "You exceeded your quota", code="insufficient_quota"),
    "500": lambda handler, body: handler.error(500, "Internal error"),
    "503": lambda handler, body: handler.send(503, "<html>overloaded</html>", Content_Type="text/html"),
    "hang": _Handler.hang,
    "reset": _Handler.reset,
    "slow drip": _Handler.drip,
    "truncated JSON": lambda handler, body: handler.send(200, handler.good(body).decode()[:-40]),
    "empty body": lambda handler, body: handler.send(200, ""),
    "HTML": lambda handler, body: handler.send(200, "<html>log in</html>", Content_Type="text/html"),
    "empty choices": lambda handler, body: handler.send(200, _whole([])),
    "no content": lambda handler, body: handler.send(200, completion(None)),
    "cut off": lambda handler, body: handler.send(200, completion('{"target": "Die', "length")),
    "broken answer": lambda handler, body: handler.send(200, completion('{"target": "Die')),
    "refusal": lambda handler, body: handler.send(200, completion(None, refusal="I can't help with that.")),
    "prose": lambda handler, body: handler.send(200, completion(PROSE)),
    "wrong schema": lambda handler, body: handler.send(200, completion('{"translation": 7}')),
    "duplicate answers": _twice,
    "deep body": lambda handler, body: handler.send(200, "[" * 100_000),
    "deep answer": lambda handler, body: handler.send(200, completion('{"target": ' + "[" * 100_000)),
    "half a character": lambda handler, body: handler.send(200, completion('{"target": "a\\ud83d"}')),
    "redirect": lambda handler, body: handler.send(307, "", Location="http://localhost:9/v1/chat/completions"),
    "too long": lambda handler, body: handler.error(400, "This model's maximum context length is 8 tokens"),
    "bad request": lambda handler, body: handler.error(400, "The moon is in the wrong phase"),
}
