"""What every interface of the server does: choose a pair, translate texts, count, measure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from math import exp
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from mtpipe.document.segment import Segment
from mtpipe.errors import MtpipeError
from mtpipe.glossary.model import Glossary
from mtpipe.languages import identification, tags
from mtpipe.pipeline import steps
from mtpipe.server.documents import Documents
from mtpipe.server.engine import BatchEngine, Busy, Work
from mtpipe.server.markup import Text, html, plain, xml
from mtpipe.server.requests import ApiError
from mtpipe.server.settings import Pair, ServerSettings
from mtpipe.server.store import ServerStore

LOG = logging.getLogger(__name__)
RETRY = {"Retry-After": "1"}
_LARGE = 20_000  # characters of a request that would keep the others waiting while it is read and written
_DETECT = "", "auto"  # in the place of a source language
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated text with its segments; source_lang: the one that was given, or that it seems to be in."""

    text: str
    segments: tuple[Segment, ...]
    source_lang: str
    target_lang: str
    characters: int


@dataclass(frozen=True, slots=True)
class _Request:
    """Texts as segments, the pair of each, and the work of each pair."""

    texts: Sequence[str]
    parsed: list[Text]
    pairs: list[Pair]
    works: dict[Pair, Work]
    is_detected: bool


class Metrics:
    """What Prometheus reads; no texts, no keys."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("mtpipe_requests", "Requests by route and status", ["route", "status"],
                                registry=self.registry)  # fmt: skip
        self.seconds = Histogram("mtpipe_request_seconds", "Seconds to an answer", ["route"], registry=self.registry)
        self.characters = Counter("mtpipe_characters", "Characters translated", ["pair"], registry=self.registry)
        self.batches = Histogram("mtpipe_batch_requests", "Requests translated together", registry=self.registry,
                                 buckets=(1, 2, 4, 8, 16, 32, 64))  # fmt: skip
        self.waiting = Gauge("mtpipe_segments_waiting", "Segments before the model", registry=self.registry)
        self.documents = Gauge("mtpipe_documents", "Documents by state", ["state"], registry=self.registry)


class Service:
    """The engine, the documents and the state behind all routes; raises ApiError for what a client can mend."""

    def __init__(self, settings: ServerSettings):
        self.settings = settings
        self.metrics = Metrics()
        self.store = ServerStore(settings.data)
        self.engine = BatchEngine(settings, lambda requests, segments: self.metrics.batches.observe(requests))
        self.documents = Documents(settings, self.store, log_error)

    def stop(self) -> None:
        """Finishes what is running."""
        self.engine.stop()
        self.documents.stop()
        self.store.close()

    def pair(self, source_lang: str, target_lang: str, sample: str = "") -> Pair:
        """The pair for these languages; the source is found out from a sample of the text where it is not given."""
        available = self.settings.pairs
        if not available:
            raise ApiError(503, "no model is installed; start the server with --model, see `mtpipe models list`")
        source = None if source_lang.lower() in _DETECT else source_lang
        if source is None:
            choice = [pair[0] for pair in available if tags.primary_subtag(pair[1]) == tags.primary_subtag(target_lang)]
            detected = identification.language(sample)
            source = detected if detected in choice or len(set(choice)) > 1 else None
        pair = self.settings.pair(source, target_lang)
        if pair is None and source_lang.lower() in _DETECT:
            pair = self.settings.pair(None, target_lang)
        if pair is None:
            pairs = ", ".join("-".join(each) for each in available)
            raise ApiError(400, f"no model translates {source or '?'} into {target_lang}; available: {pairs}")
        return pair

    def glossary(self, glossary_id: str, pair: Pair) -> Glossary | None:
        """The client's glossary for the pair; None for no id. Raises ApiError."""
        if not glossary_id:
            return None
        client = self.store.glossary(glossary_id)
        if client is None:
            raise ApiError(404, f"no glossary {glossary_id}; list them with GET /v2/glossaries")
        glossary = client.of(pair)
        if glossary is None:
            have = ", ".join("-".join(each) for each in client.dictionaries)
            raise ApiError(400, f"glossary {glossary_id} has no {'-'.join(pair)}; it has: {have or 'nothing'}")
        return glossary

    def parsed(self, texts: Sequence[str], handling: str, ignore_tags: Sequence[str]) -> list[Text]:
        """The texts as segments; raises ApiError for too much of them or an unknown handling."""
        limits = self.settings.limits
        if len(texts) > limits.texts or sum(map(len, texts)) > limits.characters:
            raise ApiError(413, f"give at most {limits.texts} texts and {limits.characters} characters in a request")
        if handling not in ("", "xml", "html"):
            raise ApiError(400, f"tag_handling is {handling!r}; give xml or html")
        if handling == "xml":
            return [xml(text, ignore_tags) for text in texts]
        return [html(text) if handling == "html" else plain(text) for text in texts]

    async def translate(
        self, texts: Sequence[str], source_lang: str, target_lang: str, *, handling: str = "",
        ignore_tags: Sequence[str] = (), glossary_id: str = "",
    ) -> list[Translation]:
        """The translations of one request, in order; each text's language is found out where none is given."""
        characters = sum(map(len, texts))
        prepared = await _aside(characters, self._prepared, texts, source_lang, target_lang, handling, ignore_tags,
                                glossary_id)  # fmt: skip
        for work in prepared.works.values():
            self._submit(work)
        translated = {pair: await self._result(work.result) for pair, work in prepared.works.items()}
        self.store.count_characters(characters)
        return await _aside(characters, self._written, prepared, translated)

    def _prepared(
        self, texts: Sequence[str], source_lang: str, target_lang: str, handling: str, ignore_tags: Sequence[str],
        glossary_id: str,
    ) -> _Request:  # fmt: skip
        parsed = self.parsed(texts, handling, ignore_tags)
        if self.store.characters() + sum(map(len, texts)) > self.settings.limits.quota:
            raise ApiError(456, "the quota of characters is used up")
        pairs = [self.pair(source_lang, target_lang, text) for text in texts]
        works = {}
        for pair in dict.fromkeys(pairs):
            glossary = self.glossary(glossary_id, pair)
            segments = [segment for text, its in zip(parsed, pairs, strict=True) if its == pair
                        for segment in text.segments]  # fmt: skip
            works[pair] = Work(pair, segments, glossary.digest if glossary else "", glossary)
        return _Request(texts, parsed, pairs, works, source_lang.lower() in _DETECT)

    def _written(self, request: _Request, translated: Mapping[Pair, list[Segment]]) -> list[Translation]:
        rest = {pair: iter(segments) for pair, segments in translated.items()}
        translations = []
        for source, text, pair in zip(request.texts, request.parsed, request.pairs, strict=True):
            segments = [next(rest[pair]) for _ in text.segments]
            lang = _language(segments, pair[0]) if request.is_detected else pair[0]
            translations.append(Translation(text.write(segments), tuple(segments), lang, pair[1], len(source)))
            self.metrics.characters.labels("-".join(pair)).inc(len(source))
        return translations

    def add_document(self, name: str, content: bytes, pair: Pair, glossary_id: str) -> tuple[str, str]:
        """(id, key) of a queued document; raises ApiError."""
        self.glossary(glossary_id, pair)
        if len(self.store.documents("queued", "translating")) >= self.settings.limits.documents:
            raise ApiError(429, "too many documents are waiting; try again later", {"Retry-After": "10"})
        if self.store.characters() + len(content) > self.settings.limits.quota:
            raise ApiError(456, "the quota of characters is used up")
        try:
            id, key = self.documents.add(name, content, pair, glossary_id)
        except MtpipeError as error:
            raise ApiError(400, str(error)) from error
        self.store.count_characters(len(content))
        return id, key

    def _submit(self, work: Work) -> None:
        try:
            self.engine.submit(work)
        except Busy as error:
            raise ApiError(429, str(error), RETRY) from error

    async def _result(self, future: Future[list[Segment]]) -> list[Segment]:
        try:
            async with asyncio.timeout(self.settings.limits.answer):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            seconds = f"{self.settings.limits.answer:g} s"
            raise ApiError(503, f"no answer within {seconds}; send less at a time or try again", RETRY) from error
        except MtpipeError as error:
            raise ApiError(400, str(error)) from error


def described(translation: Translation) -> dict[str, Any]:
    """A translation as /mtpipe/v1 tells it: each segment with its terms, errors, edits, confidence and suggestions."""
    return {
        "text": translation.text, "source_lang": translation.source_lang, "target_lang": translation.target_lang,
        "characters": translation.characters, "segments": [_segment(segment) for segment in translation.segments],
    }  # fmt: skip


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "source": segment.source, "draft": segment.draft, "target": segment.target,
        "confidence": None if segment.score is None else round(exp(min(0.0, segment.score)), 4),
        "terms": [{"source": match.term.source, "targets": list(match.term.targets), "status": match.term.status,
                   "start": match.start, "end": match.end, "rule": match.rule} for match in segment.matches],
        "errors": [{"kind": error.kind, "term": error.term.source if error.term else None, "found": error.found,
                    "expected": list(error.expected), "rule": error.rule} for error in segment.errors],
        "edits": [{"editor": edit.editor, "before": edit.before, "after": edit.after, "reason": edit.reason}
                  for edit in segment.edits],
        "suggestions": list(segment.alternatives), "notes": list(segment.notes),
    }  # fmt: skip


def _language(segments: Sequence[Segment], lang: str) -> str:
    """The language that segments taken for lang are in: another one where all of them were left as they are for it."""
    others = {steps.other_language(segment, lang) for segment in segments}
    return others.pop() or lang if len(others) == 1 else lang


async def _aside(characters: int, function: Callable[..., _T], *arguments: Any) -> _T:
    """The function's result; of large texts it is made in a thread, with other requests in between."""
    return await asyncio.to_thread(function, *arguments) if characters > _LARGE else function(*arguments)


def log_error(error: BaseException) -> None:
    """Where an unexpected error came from; not its message, which may hold a text."""
    trace = error.__traceback__
    places = []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    LOG.error("internal error: %s at %s", type(error).__name__, " < ".join(reversed(places[-8:])))
