"""The interface of LibreTranslate: translate, detect, languages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from mtpipe.languages import identification, tags
from mtpipe.server import schemas
from mtpipe.server.plain_routes import add_post
from mtpipe.server.requests import ApiError, fields, text, texts
from mtpipe.server.service import Service

_SURE, _UNSURE = 90.0, 0.0  # confidence of a language that was detected, and of none
PATHS = ("/translate", "/detect", "/languages")


def routes(service: Service) -> APIRouter:
    """The routes, which take JSON or forms."""
    router = APIRouter(tags=["LibreTranslate"])

    async def translate(request: Request) -> Response:
        """Translate q, a text or a list of texts; format text or html."""
        values = await fields(request)
        # a form has no other way to give one text than a list of one
        is_list = isinstance(values.get("q"), list) and "json" in request.headers.get("content-type", "")
        source, form = text(values, "source", "auto"), text(values, "format", "text")
        if form not in ("text", "html"):
            raise ApiError(400, f"format is {form!r}; give text or html")
        translations = await service.translate(
            texts(values, "q"), source, text(values, "target"), handling="html" if form == "html" else ""
        )
        results = [each.text for each in translations]
        answer: dict[str, Any] = {"translatedText": results if is_list else results[0]}
        if source == "auto":
            languages = (tags.primary_subtag(each.source_lang) for each in translations)
            detected = [{"confidence": _SURE, "language": lang} for lang in languages]
            answer["detectedLanguage"] = detected if is_list else detected[0]
        return JSONResponse(answer)

    add_post(router, "/translate", translate, schemas.LibreTranslateTexts)

    @router.post("/detect", openapi_extra=schemas.body(schemas.Detection))
    async def detect(request: Request) -> list[dict[str, Any]]:
        """Detect the language of q."""
        sample = " ".join(texts(await fields(request), "q"))
        language = identification.language(sample)
        return [{"confidence": _SURE if language else _UNSURE, "language": language or "en"}]

    @router.get("/languages")
    async def languages() -> list[dict[str, Any]]:
        """The source languages, each with those that it can be translated into."""
        targets: dict[str, list[str]] = {}
        for source, target in service.settings.pairs:
            targets.setdefault(tags.primary_subtag(source), []).append(tags.primary_subtag(target))
        return [{"code": code, "name": tags.english_name(code), "targets": into} for code, into in targets.items()]

    return router
