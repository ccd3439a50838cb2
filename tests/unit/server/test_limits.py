import asyncio

import pytest

from mtpipe.server.limits import BodyLimits
from mtpipe.server.settings import Limits


async def echo(scope, receive, send):
    """Answers 200 when the whole body is there; any other error is its own."""
    try:
        while (await receive()).get("more_body"):
            pass
        status = 200
    except Exception:
        status = 500
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def answer(chunks, headers=(), path="/v2/translate", seconds=0.0):
    """The statuses sent for a body of these chunks, each after so many seconds."""
    sent, rest = [], list(chunks)

    async def receive():
        await asyncio.sleep(seconds)
        return {"type": "http.request", "body": rest.pop(0), "more_body": bool(rest)}

    async def send(message):
        sent.append(message)

    app = BodyLimits(echo, Limits(body=10, file=20, upload=0.2 if seconds else 300))  # a busy machine has time
    asyncio.run(app({"type": "http", "path": path, "headers": list(headers)}, receive, send))
    return [message["status"] for message in sent if "status" in message]


@pytest.mark.parametrize(("chunks", "headers", "path", "seconds", "status"), [
    ([b"12345", b"67890"], (), "/v2/translate", 0, 200),
    ([b"12345", b"678901"], (), "/v2/translate", 0, 413),
    ([b"1"], [(b"content-length", b"11")], "/v2/translate", 0, 413),
    ([b"1"], [(b"content-length", b"-1")], "/v2/translate", 0, 413),
    ([b"1" * 60_000], (), "/v2/document", 0, 200),
    ([b"1", b"2", b"3"], (), "/v2/translate", 0.15, 408),
])  # fmt: skip
def test_bodies_that_are_too_much(chunks, headers, path, seconds, status):
    assert answer(chunks, headers, path, seconds) == [status]
