"""The review page: one job's sentences to read, edit, approve and reject, for browsers on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

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

    def warm_up(self) -> Callable[[], object]:
        """A check of some other text, for a thread: it loads the dictionaries, which nobody should wait for."""
        query = review_list.Query(kind="missing")
        items = self.list.page(query, 1).items or self.list.page(replace(query, kind=""), 1).items
        return lambda: [self.list.check(item, f"{item.segment.source} .") for item in items]

    async def write(self) -> dict[str, Any]:
        """Writes what is not written yet, a document after the other, with other requests in between."""
        async with self._writing:
            if not self._is_changed:
                return {"documents": 0, "memory": 0}
            self._is_changed = False
            documents = self.list.unwritten()
            try:
                for _ in review.rewrite(self.list, self._folder, documents):
                    await asyncio.sleep(0)
                ids = self.list.reviewed() if self.tm else set()
                if self.tm and ids:
                    review.learn(self.list, self._folder, ids, self.tm)
            except BaseException:
                self._is_changed = True
                raise
            return {"documents": len(documents), "memory": len(ids)}


def create_app(
    reviewing: Reviewing, on_written: Callable[[dict[str, Any]], object] = lambda counts: None,
    on_error: Callable[[MtpipeError], object] = lambda error: None,
) -> FastAPI:
    """The application; on_written is told what was written at its end, on_error why that could not be."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(asyncio.to_thread(reviewing.warm_up()))
        yield
        await warming
        try:
            on_written(await reviewing.write())
        except MtpipeError as error:
            on_error(error)
        finally:
            reviewing.list.__exit__()

    app = FastAPI(title="mtpipe review", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    for path, (media, names) in _FILES.items():
        app.add_api_route(path, _file(media, names), methods=["GET"])
    _reading(app, reviewing)
    _acting(app, reviewing)
    _errors(app)
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=3)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_LOOPBACK)
    return app


def _file(media: str, names: list[str]) -> Callable[[], Awaitable[Response]]:
    text = "".join(resources.files("mtpipe").joinpath(name).read_text(encoding="utf-8") for name in names)

    async def answer() -> Response:
        return Response(text, media_type=media)

    return answer


def _reading(app: FastAPI, reviewing: Reviewing) -> None:
    sentences = reviewing.list

    @app.get("/api/job")
    async def job() -> dict[str, Any]:
        settings = sentences.job_settings
        documents = [{"path": path, "sentences": number, "open": left} for path, number, left in sentences.documents()]
        return {"source_lang": settings["source_lang"], "target_lang": settings["target_lang"], "out": settings["out"],
                "memory": str(reviewing.tm or ""), "documents": documents, **reviewing.progress(),
                "words": {**wording.FOR_PAGE, "kinds": _KINDS}}  # fmt: skip

    @app.get("/api/sentences")
    async def page(
        kind: str = "", status: Literal["", "open", "approved", "rejected", "edited"] = "", document: str = "",
        term: int | None = None, text: str = "", order: Literal["worst", "confidence", "document"] = "worst",
        after: int | None = None, before: int | None = None, size: int = Query(25, ge=1, le=200),
    ) -> dict[str, Any]:  # fmt: skip
        query = review_list.Query(kind, status, document, term, text, order)
        part = sentences.page(query, size, after, before)
        return {"total": part.total, "first": part.first, **described(part.items, sentences)}

    @app.get("/api/sentences/{n}")
    async def one(n: int) -> dict[str, Any]:
        items = sentences.items([n])
        if not items:
            raise Unknown(f"no sentence {n}")
        return described(items, sentences)

    @app.get("/api/terms")
    async def terms() -> list[dict[str, Any]]:
        return [_entry(count) for count in sentences.terms()]

    @app.post("/api/check")
    async def check(body: Check) -> dict[str, Any]:
        items = sentences.items([body.n])
        if not items:
            raise Unknown(f"no sentence {body.n}")
        return {"errors": _errors_of(items[0], sentences.check(items[0], body.target)),
                "codes": _spans(items[0], body.target)}  # fmt: skip


def _acting(app: FastAPI, reviewing: Reviewing) -> None:
    sentences = reviewing.list

    @app.post("/api/decide")
    async def decide(body: Decision) -> dict[str, Any]:
        changes = body.model_dump(include={"target", "status", "comment"}, exclude_none=True)
        return reviewing.changed(*sentences.decide(body.n, body.version, changes))

    @app.post("/api/equal")
    async def equal(body: Equal) -> dict[str, Any]:
        return reviewing.changed(*sentences.decide_equal(body.n, body.version))

    @app.post("/api/undo")
    async def undo(body: Undo) -> dict[str, Any]:
        return reviewing.changed(*sentences.undo(body.action))

    @app.post("/api/write")
    async def write() -> dict[str, Any]:
        counts = await reviewing.write()
        return {**counts, **reviewing.progress()}


def _errors(app: FastAPI) -> None:
    """Errors are JSON with a message; requests that pages of other sites can send are refused."""

    @app.exception_handler(Conflict)
    async def conflict(request: Request, error: Conflict) -> Response:
        return JSONResponse({"message": str(error), "n": error.item.n}, 409)

    @app.exception_handler(Unknown)
    async def unknown(request: Request, error: Unknown) -> Response:
        return JSONResponse({"message": str(error)}, 404)

    @app.exception_handler(MtpipeError)
    async def failure(request: Request, error: MtpipeError) -> Response:
        return JSONResponse({"message": str(error)}, 500)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        places = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        return JSONResponse({"message": places}, 422)

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        origin = request.headers.get("origin")
        is_json = request.headers.get("content-type", "").partition(";")[0].strip() == "application/json"
        is_foreign = bool(origin) and urlsplit(origin or "").netloc != request.headers.get("host")
        if is_foreign or request.method == "POST" and not is_json:
            return JSONResponse({"message": "only this page may change the job"}, 403)
        response = await call_next(request)
        response.headers.update(_HEADERS)
        return response


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
