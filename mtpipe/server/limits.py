"""What a request may cost: bytes and seconds of its body, as ASGI middleware before anything else is looked at."""

from __future__ import annotations

import asyncio
import json
from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mtpipe.server.settings import Limits


class TooLarge(Exception):
    """The body has more bytes than allowed."""


class TooSlow(Exception):
    """The body did not arrive in time."""


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
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        has_begun = False

        async def sent(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            if not declared.isdigit() or int(declared) > most:
                raise TooLarge
            await self._app(scope, _limited(receive, most, self._limits.upload), sent)
        except (TooLarge, TooSlow) as error:
            if not has_begun:
                status, reason = (413, f"the request is larger than {most} bytes") if isinstance(error, TooLarge) else (
                    408, f"the request did not arrive within {self._limits.upload:g} s")  # fmt: skip
                await _answer(send, status, reason)


def _limited(receive: Receive, most: int, seconds: float) -> Receive:
    end = monotonic() + seconds
    size, is_whole = 0, False

    async def limited() -> Message:
        nonlocal size, is_whole
        if is_whole:  # what comes now is a disconnection, whenever
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, end - monotonic()))
        except TimeoutError:
            raise TooSlow from None
        size += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if size > most:
            raise TooLarge
        return message

    return limited


async def _answer(send: Send, status: int, reason: str) -> None:
    body = json.dumps({"message": reason, "error": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
               (b"connection", b"close")]  # fmt: skip
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
