"""The review page: one job's sentences to read, edit, approve and reject, for browsers on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mtpipe.document import inline_codes
from mtpipe.errors import MtpipeError
from mtpipe.pipeline import review, review_list
from mtpipe.pipeline.review_list import Conflict, Item, ReviewList, TermCount, Unknown
from mtpipe.report import wording

_SHOWN = 50  # sentences in the answer to an action
_LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
_POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
           "form-action 'none'; frame-ancestors 'none'")  # fmt: skip
_HEADERS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store"}  # fmt: skip
_KINDS = {**wording.KINDS, "suspected": "Possible hallucination", "low": "Low confidence",
          "suggestion": "Has a suggestion", "commented": "Has a comment"}  # fmt: skip
_FILES = {"/": ("text/html", ["server/review.html"]),
          "/review.js": ("text/javascript", ["report/parts.js", "server/review.js"]),
          "/review.css": ("text/css", ["report/page.css", "server/review.css"])}  # fmt: skip
_M = TypeVar("_M", bound=BaseModel)


class Filter(BaseModel):
    """Which sentences to show, in which order: those after or before sentence n."""

    kind: str = ""
    status: Literal["", "open", "approved", "rejected", "edited"] = ""
    document: str = ""
    term: int | None = None
    text: str = ""
    order: Literal["worst", "confidence", "document"] = "worst"
    after: int | None = None
    before: int | None = None
    size: int = Field(25, ge=1, le=200)


class Check(BaseModel):
    """A target of a sentence that is still being typed."""

    n: int
    target: str = Field(max_length=100_000)


class Decision(BaseModel):
    """What to change of a sentence that is at this version; what is None stays."""

    n: int
    version: int
    target: str | None = Field(None, max_length=100_000)
    status: Literal["", "approved", "rejected"] | None = None
    comment: str | None = Field(None, max_length=10_000)


class Equal(BaseModel):
    """A sentence to approve with all that are equal."""

    n: int
    version: int


class Undo(BaseModel):
    action: int


class Reviewing:
    """A list under review; when it is closed or asked to, documents, report and memory are written again."""

    def __init__(self, folder: Path, tm: Path | None = None):
        self.list = ReviewList(folder)
        self.tm = tm
        self._folder = folder
        self._is_changed = bool(self.list.unwritten())
        self._writing = asyncio.Lock()

    def changed(self, action: int, numbers: Sequence[int]) -> dict[str, Any]:
        """The answer to an action on these sentences, with the first of them as they are now."""
        self._is_changed = True
        items = self.list.items(numbers[:_SHOWN])
        return {"action": action, "count": len(numbers), **described(items, self.list), **self.progress()}

    def progress(self) -> dict[str, Any]:
        statuses, kinds = self.list.counts()
        return {"statuses": statuses, "kinds": kinds, "unwritten": len(self.list.unwritten())}

    async def prepare(self) -> None:
        """Makes what the first screen can do without and what nobody should wait for later, little by little: indexes,
        and, by a check of some other text, the dictionaries."""
        for _ in self.list.complete():
            await asyncio.sleep(0)
        query = review_list.Query(kind="missing")
        items = self.list.page(query, 1).items or self.list.page(replace(query, kind=""), 1).items
        for item in items:
            await asyncio.to_thread(self.list.check, item, f"{item.segment.source} .")

    async def write(self) -> dict[str, Any]:
        """Writes what is not written yet, in a thread: other requests are answered in between."""
        async with self._writing:
            if not self._is_changed:
                return {"documents": 0, "memory": 0}
            self._is_changed = False
            try:
                return await asyncio.to_thread(self._write)
            except BaseException:
                self._is_changed = True
                raise

    def _write(self) -> dict[str, Any]:
        documents = self.list.unwritten()
        for _ in review.rewrite(self.list, self._folder, documents):
            pass
        ids = self.list.reviewed() if self.tm else set()
        if self.tm and ids:
            review.learn(self.list, self._folder, ids, self.tm)
        return {"documents": len(documents), "memory": len(ids)}


def create_app(
    reviewing: Reviewing, on_written: Callable[[dict[str, Any]], object] = lambda counts: None,
    on_error: Callable[[MtpipeError], object] = lambda error: None,
) -> Starlette:
    """The application; on_written is told what was written at its end, on_error why that could not be."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.gather(*app.state.preparing)
        try:
            on_written(await reviewing.write())
        except MtpipeError as error:
            on_error(error)
        finally:
            reviewing.list.__exit__()

    routes = [Route(path, _file(media, names)) for path, (media, names) in _FILES.items()]
    middleware = [Middleware(TrustedHostMiddleware, allowed_hosts=_LOOPBACK),
                  Middleware(GZipMiddleware, minimum_size=2000, compresslevel=3), Middleware(Guard)]  # fmt: skip
    app = Starlette(routes=[*routes, *_reading(reviewing), *_acting(reviewing)], lifespan=lifespan,
                    middleware=middleware, exception_handlers=_HANDLERS)  # fmt: skip
    app.state.preparing = []
    return app


async def _body(request: Request, model: type[_M]) -> _M:
    return model.model_validate_json(await request.body())


def _file(media: str, names: list[str]) -> Callable[[Request], Awaitable[Response]]:
    text = "".join(resources.files("mtpipe").joinpath(name).read_text(encoding="utf-8") for name in names)

    async def answer(request: Request) -> Response:
        return Response(text, media_type=media)

    return answer


def _reading(reviewing: Reviewing) -> list[Route]:
    sentences = reviewing.list

    async def job(request: Request) -> Response:
        settings = sentences.job_settings
        documents = [{"path": path, "sentences": number, "open": left} for path, number, left in sentences.documents()]
        return JSONResponse({
            "source_lang": settings["source_lang"], "target_lang": settings["target_lang"], "out": settings["out"],
            "memory": str(reviewing.tm or ""), "documents": documents, **reviewing.progress(),
            "words": {**wording.FOR_PAGE, "kinds": _KINDS},
        })  # fmt: skip

    async def page(request: Request) -> Response:
        chosen = Filter.model_validate(dict(request.query_params))
        query = review_list.Query(**chosen.model_dump(exclude={"after", "before", "size"}))
        part = sentences.page(query, chosen.size, chosen.after, chosen.before)
        if not request.app.state.preparing:  # now that something is there to read
            request.app.state.preparing.append(asyncio.create_task(reviewing.prepare()))
        return JSONResponse({"total": part.total, "first": part.first, **described(part.items, sentences)})

    async def one(request: Request) -> Response:
        return JSONResponse(described([_item(sentences, request.path_params["n"])], sentences))

    async def terms(request: Request) -> Response:
        return JSONResponse([_entry(count) for count in sentences.terms()])

    async def check(request: Request) -> Response:
        body = await _body(request, Check)
        item = _item(sentences, body.n)
        return JSONResponse({"errors": _errors_of(item, sentences.check(item, body.target)),
                             "codes": _spans(item, body.target)})  # fmt: skip

    return [Route("/api/job", job), Route("/api/sentences", page), Route("/api/sentences/{n:int}", one),
            Route("/api/terms", terms), Route("/api/check", check, methods=["POST"])]  # fmt: skip


def _item(sentences: ReviewList, n: int) -> Item:
    items = sentences.items([n])
    if not items:
        raise Unknown(f"no sentence {n}")
    return items[0]


def _acting(reviewing: Reviewing) -> list[Route]:
    sentences = reviewing.list

    async def decide(request: Request) -> Response:
        body = await _body(request, Decision)
        changes = body.model_dump(include={"target", "status", "comment"}, exclude_none=True)
        return JSONResponse(reviewing.changed(*sentences.decide(body.n, body.version, changes)))

    async def equal(request: Request) -> Response:
        body = await _body(request, Equal)
        return JSONResponse(reviewing.changed(*sentences.decide_equal(body.n, body.version)))

    async def undo(request: Request) -> Response:
        body = await _body(request, Undo)
        return JSONResponse(reviewing.changed(*sentences.undo(body.action)))

    async def write(request: Request) -> Response:
        counts = await reviewing.write()
        return JSONResponse({**counts, **reviewing.progress()})

    actions = {"decide": decide, "equal": equal, "undo": undo, "write": write}
    return [Route(f"/api/{name}", action, methods=["POST"]) for name, action in actions.items()]


async def _conflict(request: Request, error: Exception) -> Response:
    assert isinstance(error, Conflict)
    return JSONResponse({"message": str(error), "n": error.item.n}, 409)


async def _unknown(request: Request, error: Exception) -> Response:
    return JSONResponse({"message": str(error)}, 404)


async def _failure(request: Request, error: Exception) -> Response:
    return JSONResponse({"message": str(error)}, 500)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    places = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())
    return JSONResponse({"message": places}, 422)


_HANDLERS = {Conflict: _conflict, Unknown: _unknown, MtpipeError: _failure, ValidationError: _invalid}


class Guard:
    """Requests that pages of other sites can send are refused, and no answer may be used but by this page."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        origin = headers.get("origin")
        is_json = headers.get("content-type", "").partition(";")[0].strip() == "application/json"
        is_foreign = bool(origin) and urlsplit(origin or "").netloc != headers.get("host")
        if is_foreign or scope["method"] == "POST" and not is_json:
            return await JSONResponse({"message": "only this page may change the job"}, 403)(scope, receive, send)
        await self._app(scope, receive, sent)


def described(items: list[Item] | tuple[Item, ...], sentences: ReviewList) -> dict[str, Any]:
    """The items for the page, and the entries of their terms by number; offsets count code points."""
    counts = {n: sentences.term(n) for n in {n for item in items for n in item.terms}}
    return {"items": [_described(item) for item in items],
            "terms": {n: _entry(count) for n, count in counts.items() if count}}  # fmt: skip


def _described(item: Item) -> dict[str, Any]:
    segment = item.segment
    return {
        "n": item.n, "id": segment.id, "document": item.document, "source": segment.source,
        "codes": [[code.start, code.end] for code in segment.codes],
        "matches": [[match.start, match.end, n] for n, match in zip(item.terms, segment.matches, strict=True)],
        "draft": segment.draft, "draft_codes": _spans(item, segment.draft or ""),
        "target": item.target, "target_codes": _spans(item, item.target),
        "errors": _errors_of(item, item.errors), "notes": segment.notes, "confidence": item.confidence,
        "suggestions": [{"text": text, "codes": _spans(item, text)} for text in item.suggestions[:9]],
        "repairs": [edit.editor for edit in segment.edits if edit.is_accepted], "status": item.status,
        "comment": item.comment, "version": item.version, "is_edited": item.is_edited, "equal": item.equal,
    }  # fmt: skip


def _spans(item: Item, text: str) -> list[list[int]]:
    codes = inline_codes.locate(item.segment.source, item.segment.codes, text)
    return [[code.start, code.end] for code in codes]


def _errors_of(item: Item, errors: tuple[Any, ...]) -> list[dict[str, Any]]:
    numbers = {match.term: n for n, match in zip(item.terms, item.segment.matches, strict=True)}
    return [{"kind": error.kind, "term": error.term.source if error.term else None, "n": numbers.get(error.term),
             "expected": error.expected, "found": error.found, "rule": error.rule} for error in errors]  # fmt: skip


def _entry(count: TermCount) -> dict[str, Any]:
    term = count.term
    return {"n": count.n, "sources": term.sources, "targets": term.targets, "forms": term.forms, "status": term.status,
            "domain": term.domain, "note": term.note, "definition": term.definition,
            "sentences": count.sentences, "missing": count.missing}  # fmt: skip
