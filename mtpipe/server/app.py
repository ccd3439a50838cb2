"""The ASGI application: routes of all interfaces behind keys, limits, metrics and a log without texts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mtpipe import __version__
from mtpipe.server import deepl, libretranslate, schemas
from mtpipe.server.limits import REFUSED, BodyLimits
from mtpipe.server.plain_routes import add_post
from mtpipe.server.requests import ApiError, fields, text, texts
from mtpipe.server.service import LOG, Service, described, log_error
from mtpipe.server.settings import ServerSettings

_OPEN = ("/health",)  # answers without a key
_SCHEMES = ("DeepL-Auth-Key", "Bearer")


def create_app(settings: ServerSettings, origins: tuple[str, ...] = ()) -> FastAPI:
    """The application; origins: sites whose pages may call it (CORS), none by default."""
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        service.stop()

    about = "Terminology-aware machine translation: DeepL v2 and v3, LibreTranslate and /mtpipe/v1."
    app = FastAPI(title="mtpipe", version=__version__, description=about, lifespan=lifespan, docs_url=None,
                  redoc_url=None)  # fmt: skip
    app.state.service = service
    for router in (deepl.routes(service), libretranslate.routes(service), _own(service)):
        app.routes.extend(router.routes)  # an included router is asked anew, at each request, for what it has
    _errors(app)
    app.add_middleware(Watch, service=service)
    app.add_middleware(BodyLimits, limits=settings.limits)
    if origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["*"], allow_headers=["*"])
    return app


def _own(service: Service) -> APIRouter:
    router = APIRouter(tags=["mtpipe"])

    async def translate(request: Request) -> Response:
        """Translate texts; the answer has their terms, errors, edits, confidence and suggestions."""
        values = await fields(request)
        translations = await service.translate(
            texts(values, "text"), text(values, "source_lang", ""), text(values, "target_lang"),
            handling=text(values, "tag_handling", ""), glossary_id=text(values, "glossary_id", ""),
        )  # fmt: skip
        return JSONResponse({"translations": [described(each) for each in translations]})

    add_post(router, "/mtpipe/v1/translate", translate, schemas.TranslateWithEvidence)

    @router.get("/health")
    async def health() -> dict[str, Any]:
        """Whether the server translates, and between which languages."""
        pairs = ["-".join(pair) for pair in service.settings.pairs]
        state = {"status": "ok" if pairs else "no model", "version": __version__, "pairs": pairs}
        advice = "no model is installed; start the server with --model, see `mtpipe models list`"
        return state if pairs else state | {"message": advice}

    @router.get("/metrics")
    async def metrics() -> Response:
        """Counts and times for Prometheus."""
        service.metrics.waiting.set(service.engine.waiting)
        for state in ("queued", "translating", "done", "error"):
            service.metrics.documents.labels(state).set(len(service.store.documents(state)))
        return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _errors(app: FastAPI) -> None:
    """Every error is JSON with a message (error for LibreTranslate), and none tells a text."""

    def answer(request: Request, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        name = "error" if request.url.path in libretranslate.PATHS else "message"
        return JSONResponse({name: message}, status, headers)

    @app.exception_handler(ApiError)
    async def api_error(request: Request, error: ApiError) -> Response:
        return answer(request, error.status, error.message, error.headers)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        hints = {404: "no such call; see /openapi.json",
                 405: f"{request.method} is not what this call takes: use {headers.get('Allow', 'another method')}"}
        return answer(request, error.status_code, hints.get(error.status_code, str(error.detail)), headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(request, 400, "the request is not as expected; see /openapi.json")

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=400)


class Watch:
    """Keys are asked for, unexpected errors become 500, and each request is counted and logged without its text."""

    def __init__(self, app: ASGIApp, service: Service):
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        start, status = perf_counter(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        request = Request(scope, receive)
        try:
            if await _is_allowed(request, self._service.settings):
                await self._app(scope, _again(request), sent)
            else:
                name = "error" if scope["path"] in libretranslate.PATHS else "message"
                hint = "give a key: Authorization: DeepL-Auth-Key …"
                await JSONResponse({name: f"not authorised; {hint}"}, 403)(scope, receive, sent)
        except ClientDisconnect:
            status = status or 400
        except Exception as error:
            if REFUSED not in scope:
                log_error(error)
            if not status:
                await JSONResponse({"message": "internal error; the server's log names it"}, 500)(scope, receive, sent)
        self._count(scope, scope.get(REFUSED, status), perf_counter() - start)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._service.metrics.requests.labels(route, str(status)).inc()
        self._service.metrics.seconds.labels(route).observe(seconds)
        LOG.info("%s %s %s %.0f ms", scope["method"], route, status, seconds * 1000)


def _again(request: Request) -> Receive:
    """The request's messages, its body first where that was read already."""
    if not hasattr(request, "_body"):
        return request.receive

    async def receive() -> Message:
        return rest.pop() if rest else await request.receive()

    rest: list[Message] = [{"type": "http.request", "body": request._body, "more_body": False}]
    return receive


async def _is_allowed(request: Request, settings: ServerSettings) -> bool:
    if not settings.keys or request.url.path in _OPEN:
        return True
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme in _SCHEMES and settings.accepts(key.strip()):
        return True
    if request.url.path not in libretranslate.PATHS:
        return False
    try:
        return settings.accepts(text(await fields(request), "api_key", ""))
    except ApiError:
        return False
