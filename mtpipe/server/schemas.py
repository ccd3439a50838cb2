"""The bodies of requests as the OpenAPI description has them; `requests` reads them, in JSON or as forms."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from mtpipe.server.requests import FORM, JSON

MULTIPART = "multipart/form-data"


class TranslateTexts(BaseModel):
    """Texts to translate, of DeepL's interface."""

    text: list[str] | str = Field(description="One text or several; a form repeats the field.")
    target_lang: str = Field(description="Such as DE or EN-GB.")
    source_lang: str = Field("", description="Detected where it is not given.")
    glossary_id: str = ""
    tag_handling: Literal["", "xml", "html"] = ""
    ignore_tags: list[str] = Field([], description="XML elements that stay as they are, with what is in them.")
    formality: Literal["default", "prefer_more", "prefer_less"] = "default"


class TranslateWithEvidence(BaseModel):
    """Texts to translate, with terms, errors, edits, confidence and suggestions in the answer."""

    text: list[str] | str
    target_lang: str
    source_lang: str = ""
    glossary_id: str = ""
    tag_handling: Literal["", "xml", "html"] = ""


class DocumentUpload(BaseModel):
    """A document to translate."""

    file: bytes = Field(json_schema_extra={"format": "binary"})
    target_lang: str
    source_lang: str = ""
    filename: str = Field("", description="In the place of the file's own name.")
    glossary_id: str = ""


class DocumentKey(BaseModel):
    document_key: str


class Dictionary(BaseModel):
    """Entries of one language pair."""

    source_lang: str
    target_lang: str
    entries: str = Field(description="A source and a target term a line.")
    entries_format: Literal["tsv", "csv"] = "tsv"


class NewGlossary(Dictionary):
    """A glossary of one pair."""

    name: str


class NewMultilingualGlossary(BaseModel):
    """A glossary of several pairs."""

    name: str
    dictionaries: list[Dictionary]


class GlossaryChange(BaseModel):
    """Another name, entries to add, or both."""

    name: str = ""
    dictionaries: list[Dictionary] = []


class LibreTranslateTexts(BaseModel):
    """Texts to translate, of LibreTranslate's interface."""

    q: list[str] | str
    source: str = "auto"
    target: str
    format: Literal["text", "html"] = "text"
    api_key: str = ""


class Detection(BaseModel):
    q: list[str] | str
    api_key: str = ""


def body(model: type[BaseModel], *kinds: str) -> dict[str, Any]:
    """What a route's openapi_extra says of its body; kinds: media types, JSON and forms by default."""
    schema = model.model_json_schema()
    schema = _inlined(schema, schema.pop("$defs", {}))
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in kinds or (JSON, FORM)}}}


def _inlined(value: Any, definitions: dict[str, Any]) -> Any:
    """The schema without references, which would lead into the body and not into the description."""
    if isinstance(value, list):
        return [_inlined(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _inlined(definitions[value["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(item, definitions) for name, item in value.items()}
