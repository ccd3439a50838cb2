"""The interface of DeepL's API v2 and v3, as its clients and Weblate use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from mtpipe import plugins
from mtpipe.errors import InputError
from mtpipe.languages import tags
from mtpipe.server import schemas
from mtpipe.server.plain_routes import add_post
from mtpipe.server.requests import ApiError, fields, names, text, texts
from mtpipe.server.service import Service
from mtpipe.server.settings import Pair
from mtpipe.server.store import ClientGlossary, DocumentRow, Entries, entries_of, tsv_of

_VARIANTS = {  # of the languages to translate into
    "en": (("EN-GB", "English (British)"), ("EN-US", "English (American)")),
    "pt": (("PT-BR", "Portuguese (Brazilian)"), ("PT-PT", "Portuguese (European)")),
    "zh": (("ZH", "Chinese"), ("ZH-HANS", "Chinese (simplified)")),
}
_FORMALITIES = "default", "prefer_more", "prefer_less"  # the models know none
_STATES = {"new": "queued", "queued": "queued", "translating": "translating", "done": "done", "error": "error"}


def routes(service: Service) -> APIRouter:
    """The routes, which take JSON or forms."""
    router = APIRouter(tags=["DeepL"])
    store = service.store

    async def translate(request: Request) -> Response:
        """Translate texts; tag_handling (xml or html), ignore_tags and glossary_id are supported."""
        values = await fields(request)
        sources = texts(values, "text")
        target = text(values, "target_lang")
        _check_formality(values)
        translations = await service.translate(
            sources, text(values, "source_lang", ""), target, handling=text(values, "tag_handling", ""),
            ignore_tags=names(values, "ignore_tags"), glossary_id=text(values, "glossary_id", ""),
        )  # fmt: skip
        return JSONResponse({"translations": [
            {"text": each.text, "detected_source_language": tags.primary_subtag(each.source_lang).upper(),
             "billed_characters": each.characters} for each in translations
        ]})  # fmt: skip

    add_post(router, "/v2/translate", translate, schemas.TranslateTexts)

    @router.get("/v2/languages")
    async def languages(request: Request) -> list[dict[str, Any]]:
        """The languages of the installed models; type=target for those to translate into."""
        values = await fields(request)
        side = text(values, "type", "source")
        if side not in ("source", "target"):
            raise ApiError(400, f"type is {side!r}; give source or target")
        place = 0 if side == "source" else 1
        side_languages = dict.fromkeys(tags.primary_subtag(pair[place]) for pair in service.settings.pairs)
        variants = _VARIANTS if place else {}
        return [{"language": code, "name": name, "supports_formality": False} for lang in side_languages
                for code, name in variants.get(lang, [(lang.upper(), tags.english_name(lang))])]  # fmt: skip

    @router.get("/v2/usage")
    async def usage() -> dict[str, int]:
        """Characters translated so far, and the limit."""
        return {"character_count": store.characters(), "character_limit": service.settings.limits.quota}

    _documents(router, service)
    _glossaries(router, service)
    _multilingual(router, service)
    return router


def _documents(router: APIRouter, service: Service) -> None:
    @router.post("/v2/document", openapi_extra=schemas.body(schemas.DocumentUpload, schemas.MULTIPART))
    async def upload(request: Request) -> dict[str, str]:
        """Queue a document (multipart form: file, target_lang, source_lang, glossary_id)."""
        try:
            form = await request.form(max_files=1, max_fields=50)
        except MultiPartException as error:
            raise ApiError(400, f"the form is broken: {error.message}") from error
        file = form.get("file")
        values = {name: value for name, value in form.items() if isinstance(value, str)}
        if not isinstance(file, UploadFile):
            raise ApiError(400, "file is missing; send it in a multipart form")
        content = await file.read()
        if len(content) > service.settings.limits.file:
            raise ApiError(413, f"documents may have {service.settings.limits.file} bytes at most")
        _check_formality(values)
        sample = content[:20_000].decode("utf-8", "replace")
        pair = service.pair(text(values, "source_lang", ""), text(values, "target_lang"), sample)
        name = text(values, "filename", "") or file.filename or ""
        glossary_id = (names(values, "glossary_ids") or [text(values, "glossary_id", "")])[0]
        id, key = service.add_document(name, content, pair, glossary_id)
        return {"document_id": id, "document_key": key}

    @router.post("/v2/document/{id}", openapi_extra=schemas.body(schemas.DocumentKey))
    async def status(id: str, request: Request) -> dict[str, Any]:
        """State of a document: queued, translating, done or error."""
        row = await _row(service, id, request)
        state = {"document_id": row.id, "status": _STATES[row.state]}
        if row.state == "error":
            return state | {"error_message": row.message}
        more = {"billed_characters": row.characters} if row.state == "done" else {"seconds_remaining": 1}
        return state | more

    @router.post("/v2/document/{id}/result", openapi_extra=schemas.body(schemas.DocumentKey))
    async def result(id: str, request: Request) -> Response:
        """The translated document."""
        row = await _row(service, id, request)
        path = service.documents.result(row)
        if row.state != "done" or not path.is_file():
            raise ApiError(404 if row.state == "done" else 503, f"the document is not there: {row.state}")
        return FileResponse(path, filename=plugins.output_name(row.name), media_type="application/octet-stream")


async def _row(service: Service, id: str, request: Request) -> DocumentRow:
    row = service.store.document(id, text(await fields(request), "document_key"))
    if row is None:
        raise ApiError(404, "no such document, or another document_key")
    return row


def _glossaries(router: APIRouter, service: Service) -> None:
    store = service.store

    @router.get("/v2/glossary-language-pairs")
    async def pairs() -> dict[str, Any]:
        """The language pairs that glossaries can be created for."""
        return {"supported_languages": [{"source_lang": source, "target_lang": target}
                                        for source, target in service.settings.pairs]}  # fmt: skip

    @router.post("/v2/glossaries", status_code=201, openapi_extra=schemas.body(schemas.NewGlossary))
    async def create(request: Request) -> dict[str, Any]:
        """Create a glossary of one language pair from TSV or CSV entries."""
        values = await fields(request)
        pair, entries = _dictionary(service, values)
        return _single(store.save_glossary(text(values, "name"), {pair: entries}))

    @router.get("/v2/glossaries")
    async def all_of_them() -> dict[str, Any]:
        """All glossaries."""
        return {"glossaries": [_single(each) for each in store.glossaries() if each.dictionaries]}

    @router.get("/v2/glossaries/{id}")
    async def one(id: str) -> dict[str, Any]:
        """A glossary's name, pair and number of entries."""
        return _single(_glossary(service, id))

    @router.get("/v2/glossaries/{id}/entries")
    async def entries(id: str) -> Response:
        """A glossary's entries as TSV."""
        first = next(iter(_glossary(service, id).dictionaries.values()), {})
        return PlainTextResponse(tsv_of(first), media_type="text/tab-separated-values; charset=utf-8")

    @router.delete("/v2/glossaries/{id}", status_code=204)
    @router.delete("/v3/glossaries/{id}", status_code=204)
    async def delete(id: str) -> Response:
        """Delete a glossary."""
        if not store.delete_glossary(id):
            raise ApiError(404, f"no glossary {id}")
        return Response(status_code=204)


def _multilingual(router: APIRouter, service: Service) -> None:
    store = service.store

    @router.post("/v3/glossaries", status_code=201, openapi_extra=schemas.body(schemas.NewMultilingualGlossary))
    async def create(request: Request) -> dict[str, Any]:
        """Create a glossary of several language pairs."""
        values = await fields(request)
        return _several(store.save_glossary(text(values, "name"), _dictionaries(service, values)))

    @router.get("/v3/glossaries")
    async def all_of_them() -> dict[str, Any]:
        """All glossaries with their dictionaries."""
        return {"glossaries": [_several(each) for each in store.glossaries()]}

    @router.get("/v3/glossaries/{id}")
    async def one(id: str) -> dict[str, Any]:
        """A glossary and its dictionaries."""
        return _several(_glossary(service, id))

    @router.patch("/v3/glossaries/{id}", openapi_extra=schemas.body(schemas.GlossaryChange))
    async def change(id: str, request: Request) -> dict[str, Any]:
        """Rename a glossary, or add entries to its dictionaries."""
        glossary, values = _glossary(service, id), await fields(request)
        added = _dictionaries(service, values) if "dictionaries" in values else {}
        merged = {pair: {**glossary.dictionaries.get(pair, {}), **entries} for pair, entries in added.items()}
        return _several(store.save_glossary(text(values, "name", ""), merged, id))

    @router.put("/v3/glossaries/{id}/dictionaries", openapi_extra=schemas.body(schemas.Dictionary))
    async def replace(id: str, request: Request) -> dict[str, Any]:
        """Put a dictionary in the place of the pair's own."""
        _glossary(service, id)
        pair, entries = _dictionary(service, await fields(request))
        store.save_glossary(None, {pair: entries}, id)
        return _counted(pair, entries)

    @router.get("/v3/glossaries/{id}/entries")
    async def entries(id: str, request: Request) -> dict[str, Any]:
        """The entries of one pair."""
        pair = _pair(service, await fields(request))
        own = _glossary(service, id).dictionaries.get(pair)
        if own is None:
            raise ApiError(404, f"glossary {id} has no {'-'.join(pair)}")
        return {"dictionaries": [{"source_lang": pair[0], "target_lang": pair[1], "entries": tsv_of(own),
                                  "entries_format": "tsv"}]}  # fmt: skip

    @router.delete("/v3/glossaries/{id}/dictionaries", status_code=204)
    async def delete(id: str, request: Request) -> Response:
        """Delete the dictionary of one pair."""
        pair = _pair(service, await fields(request))
        if not store.delete_glossary(id, pair):
            raise ApiError(404, f"glossary {id} has no {'-'.join(pair)}")
        return Response(status_code=204)


def _glossary(service: Service, id: str) -> ClientGlossary:
    glossary = service.store.glossary(id)
    if glossary is None:
        raise ApiError(404, f"no glossary {id}")
    return glossary


def _pair(service: Service, values: Mapping[str, Any]) -> Pair:
    source, target = text(values, "source_lang"), text(values, "target_lang")
    return service.pair(source, target)


def _dictionary(service: Service, values: Mapping[str, Any]) -> tuple[Pair, Entries]:
    pair = _pair(service, values)
    try:
        return pair, entries_of(text(values, "entries"), text(values, "entries_format", "tsv"))
    except InputError as error:
        raise ApiError(400, str(error)) from error


def _dictionaries(service: Service, values: Mapping[str, Any]) -> dict[Pair, Entries]:
    items = values.get("dictionaries")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise ApiError(400, "dictionaries must be a list of objects")
    return dict(_dictionary(service, item) for item in items)


def _single(glossary: ClientGlossary) -> dict[str, Any]:
    """As v2 has it: with its first dictionary."""
    pair, entries = next(iter(glossary.dictionaries.items()), (("", ""), {}))
    return {"glossary_id": glossary.id, "name": glossary.name, "ready": True, "creation_time": glossary.created,
            **_counted(pair, entries)}  # fmt: skip


def _several(glossary: ClientGlossary) -> dict[str, Any]:
    rows = [_counted(pair, entries) for pair, entries in glossary.dictionaries.items()]
    return {"glossary_id": glossary.id, "name": glossary.name, "creation_time": glossary.created, "dictionaries": rows}


def _counted(pair: Pair, entries: Entries) -> dict[str, Any]:
    return {"source_lang": pair[0], "target_lang": pair[1], "entry_count": len(entries)}


def _check_formality(values: Mapping[str, Any]) -> None:
    formality = text(values, "formality", "default")
    if formality not in _FORMALITIES:
        known = ", ".join(_FORMALITIES)
        raise ApiError(400, f"'formality' is not supported by the models: it is {formality!r}; give {known} or none")
