"""First drafts by an LLM: a prompt that adapts to each sentence, with similar pairs of the memories and its terms as
lines of a dictionary, which may chain several languages (Moslem et al. 2023, Lu et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from mtpipe.document import inline_codes
from mtpipe.document.segment import BUDGET, NO_ANSWER, Segment
from mtpipe.errors import ConfigError
from mtpipe.glossary.chain import DictionaryChain
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Term
from mtpipe.io import digest
from mtpipe.languages.tags import language_name
from mtpipe.llm import REFUSED, UNASKED, Reply
from mtpipe.llm.answer import KEY, fitted, text_of
from mtpipe.llm.client import Caller
from mtpipe.llm.prompts import Prompt, template
from mtpipe.mt import Draft
from mtpipe.tm.exchange import units
from mtpipe.tm.memory import Memories

_SCHEMA = {"type": "object", "properties": {KEY: {"type": "string"}}, "required": [KEY], "additionalProperties": False}


class LlmTranslator:
    """Translator by an LLM; raises ConfigError where there is none, or for a prompt that can't be used.

    pairs: how many units of the memories a prompt shows, at least as similar as `similar` (0…1). examples: a file of
    pairs (TMX, TSV, …) that stand before them in every prompt. terms: whether the
    sentence's terms stand in it as lines of a dictionary. also: glossaries into other languages, {"fr": "terms.csv"},
    whose terms such a line chains. context: whether the sentences before and after are shown. prompts: a folder with a
    translate.txt in place of mtpipe's own.
    """

    def __init__(
        self, source_lang: str, target_lang: str, llm: Caller | None = None, memories: Memories | None = None,
        prompts: Path | None = None, pairs: int = 3, similar: float = 0.5, examples: Path | None = None,
        terms: bool = True, also: Mapping[str, Path] | None = None, context: bool = False,
    ):  # fmt: skip
        if llm is None:
            raise ConfigError("translator 'llm' needs an LLM; give --llm")
        if pairs < 0 or not 0 <= similar <= 1:
            raise ConfigError("[mt.llm] pairs is 0 or more, similar from 0 to 1")
        self._llm, self._memories, self._template = llm, memories, template("translate", prompts)
        self._pairs, self._similar, self._has_terms, self._has_context = pairs, similar, terms, context
        self._examples = [{"source": unit.source, "target": unit.target}
                          for unit in (units(examples, source_lang, target_lang) if examples else ())]  # fmt: skip
        self._names = language_name(source_lang), language_name(target_lang)
        glossaries = {lang: load_glossary(Path(path), source_lang, lang) for lang, path in (also or {}).items()}
        self._chain = DictionaryChain(source_lang, target_lang, glossaries)

    @cached_property
    def digest(self) -> str:
        """Of the LLM, the prompt's text, the memories and what is shown."""
        memories = self._memories.digest if self._memories and self._pairs else ""
        parts = (self._llm.digest, self._template.digest, memories, self._pairs, self._similar, self._examples,
                 self._has_terms, self._chain.digest, self._has_context)  # fmt: skip
        return digest.of_text(repr(parts))

    def translate(self, segments: Sequence[Segment]) -> list[Draft]:
        """All asked at once; what was not answered this time is waiting."""
        prompts = [self.prompt(segment) for segment in segments]
        return [_draft(segment, reply) for segment, reply in zip(segments, self._llm.complete(prompts), strict=True)]

    def prompt(self, segment: Segment) -> Prompt:
        """What is asked for a segment."""
        previous, following = segment.context if self._has_context else ("", "")
        values: dict[str, Any] = {
            "source": segment.source, "previous": previous, "next": following,
            "placeholders": list(dict.fromkeys(inline_codes.literals(segment.source, segment.codes))),
            "similar": [*self._examples, *self._retrieved(segment)],
            "terms": [self._line(term) for term in _terms(segment)] if self._has_terms else [],
        }  # fmt: skip
        return self._template.fill(_SCHEMA, source_language=self._names[0], target_language=self._names[1],
                                   mark=self._template.mark(str(values)), **values)  # fmt: skip

    def _retrieved(self, segment: Segment) -> list[dict[str, str]]:
        matches = self._memories.similar(segment, self._pairs, self._similar) if self._memories and self._pairs else []
        return [{"source": match.source, "target": match.target} for match in matches]

    def _line(self, term: Term) -> dict[str, str]:
        return {"chain": self._chain.of(term), "allowed": ", ".join(term.targets[1:]), "domain": term.domain}


def _terms(segment: Segment) -> list[Term]:
    """Those to be used, once each, in the order of the text."""
    return list(dict.fromkeys(match.term for match in segment.matches if match.term.status != "forbidden"))


def _draft(segment: Segment, reply: Reply) -> Draft:
    if reply.fault and reply.fault != REFUSED:
        return Draft("", waiting=BUDGET if reply.fault == UNASKED else NO_ANSWER)
    text = text_of(reply.text) if reply.text.strip() else None
    if not text or not text.strip():
        return Draft("", notes=(f"No translation by the LLM: {reply.problem or 'its answer held none'}",))
    return Draft(fitted(text, segment.source))
