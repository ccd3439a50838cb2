"""Routes whose functions read the request and make the response themselves: FastAPI describes them and does no more."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from mtpipe.server import schemas

Answer = Callable[[Request], Coroutine[Any, Any, Response]]


class _PlainRoute(APIRoute):
    def get_route_handler(self) -> Answer:
        return self.endpoint


def add_post(router: APIRouter, path: str, answer: Answer, body: type[BaseModel]) -> None:
    """A route for POST, with an object in JSON for an answer; body: what the description says of the request's."""
    router.add_api_route(path, answer, methods=["POST"], response_model=dict[str, Any],
                         openapi_extra=schemas.body(body), route_class_override=_PlainRoute)  # fmt: skip
