"""What a request may cost: bytes and seconds of its body, as ASGI middleware before anything else is looked at."""

from __future__ import annotations

import asyncio
import contextlib
import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mtpipe.server.settings import Limits

REFUSED = "refused"  # in the scope of a request whose body was not taken: the status of the answer
LINGER = 64 << 20  # bytes of a refused body that are read and thrown away, so that its sender reads the answer
_TOO_LARGE = 413, "the request is too large; see the server's limits"
_TOO_SLOW = 408, "the request did not arrive in time"


class Refused(Exception):
    """A body was not taken; it is answered already."""


class BodyLimits:
    """Answers 413 to large bodies and 408 to slow ones; documents may be larger than other requests."""

    def __init__(self, app: ASGIApp, limits: Limits):
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        # a form has some more bytes than the file in it
        most = self._limits.file + 65536 if scope["path"] == "/v2/document" else self._limits.body
        body = _Body(receive, most, self._limits.upload, scope)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > most:
            return await _answer(send, body, *_TOO_LARGE)
        has_begun = False

        async def sent(message: Message) -> None:
            nonlocal has_begun
            if has_begun or not body.refusal:  # whatever the application makes of a refused body is not the answer
                has_begun = True
                await send(message)

        try:
            await self._app(scope, body.receive, sent)
        except Exception:
            if not body.refusal:
                raise
        if body.refusal and not has_begun:
            await _answer(send, body, *body.refusal)


class _Body:
    """The messages of a body; refusal: (status, message) once there is too much of it or it takes too long."""

    def __init__(self, receive: Receive, most: int, seconds: float, scope: Scope):
        self.refusal: tuple[int, str] | None = None
        self._receive = receive
        self._most = most
        self._end = asyncio.get_running_loop().time() + seconds
        self._scope = scope
        self._size, self._is_whole = 0, False

    async def receive(self) -> Message:
        if self._is_whole:  # what comes now is a disconnection, whenever
            return await self._receive()
        try:
            message = await self._next()
        except TimeoutError:
            raise self._refused(*_TOO_SLOW) from None
        if self._size > self._most:
            raise self._refused(*_TOO_LARGE)
        return message

    async def drain(self) -> None:
        """Reads the rest and throws it away: a connection closed on unread bytes is reset, and the answer is lost with
        it (RFC 9112, section 9.6)."""
        with contextlib.suppress(TimeoutError):
            while not self._is_whole and self._size < self._most + LINGER:
                await self._next()

    async def _next(self) -> Message:
        async with asyncio.timeout_at(self._end):
            message = await self._receive()
        self._size += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        return message

    def _refused(self, status: int, message: str) -> Refused:
        self.refusal = status, message
        self._scope[REFUSED] = status
        return Refused(message)


async def _answer(send: Send, body: _Body, status: int, reason: str) -> None:
    text = json.dumps({"message": reason, "error": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode()),
               (b"connection", b"close")]  # fmt: skip
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text, "more_body": True})
    await body.drain()
    await send({"type": "http.response.body", "body": b""})
