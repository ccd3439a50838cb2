"""The last rung: an LLM is asked for the segments that are still wrong, or for those that a gate lets through.

It sees the source, the draft, only what is wrong with it, a few examples, and, in later rounds, why its answers were
refused. Texts go between marks that occur in none of them, so that none can end its own and speak for the program.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from mtpipe.document import inline_codes
from mtpipe.document.invariants import NEGATION
from mtpipe.document.segment import Edit, Segment
from mtpipe.errors import ConfigError
from mtpipe.glossary.model import Term
from mtpipe.io import digest
from mtpipe.languages.scripts import has_word_boundaries
from mtpipe.languages.tags import language_name
from mtpipe.llm import REFUSED, UNASKED, Reply
from mtpipe.llm.answer import KEY, UNSUITABLE, fitted, text_of, unsuitable
from mtpipe.llm.prompts import FOLDER, Prompt, template
from mtpipe.llm.term_pattern import pattern
from mtpipe.postedit.demonstrations import nearest, read
from mtpipe.postedit.editor import UNCERTAIN, Candidate, Tools, Unusable
from mtpipe.terminology import checker
from mtpipe.tm.memory import THRESHOLD, Memories

NAME = "llm"
# why there is no candidate; after these, asking again in this run would change nothing:
BUDGET, NO_ANSWER, NOT_TAKEN, TOO_LONG = "budget", "no-answer", "not-taken", "too-long"
_FINAL = BUDGET, NO_ANSWER, NOT_TAKEN, TOO_LONG, UNSUITABLE
EMPTY, FORMAT = "empty", "format"
_TEXT = "post-edit"
_KEPT = 2000  # characters of an answer that was no use


class LlmEditor:
    """Editor by an LLM; raises ConfigError where there is none, or for a prompt that can't be used.

    gate: which segments without errors it gets: none ("terms"), "all", or those whose "score" (log-probability per
    word piece) is under gate_below. retries: after answers that were refused. shots: demonstrations shown; pairs: of
    the memories, at least as similar as `similar`. context: whether the sentences before and after are shown. longest:
    characters of a prompt; examples and context are left out of a longer one, and what is too long then is not asked.
    prompts: a folder with a post-edit.txt, a post-edit.jsonl (demonstrations) or both in place of mtpipe's own.
    """

    def __init__(
        self, tools: Tools, memories: Memories | None = None, gate: str = "terms", gate_below: float | None = None,
        prompts: Path | None = None, retries: int = 2, shots: int = 2, pairs: int = 3, similar: float = THRESHOLD,
        context: bool = True, longest: int = 24_000,
    ):  # fmt: skip
        if tools.llm is None:
            raise ConfigError("repair method 'llm' needs an LLM; give --llm")
        if gate == "score" and tools.decoder is None:
            raise ConfigError("gate 'score' needs a model that scores drafts; give --model")
        self.rounds = 1 + retries
        self._tools, self._llm, self._memories = tools, tools.llm, memories
        self._gate, self._below = gate, gate_below
        self._template = template(_TEXT, prompts)
        self._examples = _folder(prompts) / f"{_TEXT}.jsonl"
        self._known = read(self._examples, tools.source_lang, tools.target_lang)
        self._shots, self._pairs, self._similar, self._context = shots, pairs, similar, context
        self._longest = longest
        self._names = language_name(tools.source_lang), language_name(tools.target_lang)

    @cached_property
    def digest(self) -> str:
        """Of the LLM, the prompt's text, the demonstrations, the memories and the gate."""
        examples = hashlib.sha256(self._examples.read_bytes()).hexdigest()
        memories = self._memories.digest if self._memories else ""
        parts = (self._llm.digest, self._template.digest, examples, memories, self._gate, self._below)
        return digest.of_text(repr(parts))

    def wants(self, segments: Sequence[Segment]) -> list[bool]:
        """Of segments without errors, what the gate lets through: never texts without words or a person's own."""
        able = [i for i, segment in enumerate(segments) if self._gate != "terms" and _is_open(segment)]
        if self._below is not None:
            scores = self._scores([segments[i] for i in able])
            able = [i for i, score in zip(able, scores, strict=True) if score < self._below]
        eligible = frozenset(able)
        return [i in eligible for i in range(len(segments))]

    def propose(self, segments: Sequence[Segment]) -> list[list[Candidate]]:
        """One candidate for each, all asked at once; none where an earlier round found that there will be none."""
        proposed: list[list[Candidate]] = [[] for _ in segments]
        prompts: dict[int, Prompt] = {}
        for i, segment in enumerate(segments):
            if not any(edit.reason in _FINAL for edit in _refused(segment)):
                if (prompt := self._prompt(segment)) is None:
                    proposed[i] = [Unusable("", TOO_LONG)]
                else:
                    prompts[i] = prompt
        # a budget may end within the batch: what no repair is sure of comes first, then what has most errors
        order = sorted(prompts, key=lambda i: (_suggested(segments[i]), -len(segments[i].errors)))
        for i, reply in zip(order, self._llm.complete([prompts[i] for i in order]), strict=True):
            proposed[i] = _candidates(segments[i], reply)
        return proposed

    def _prompt(self, segment: Segment) -> Prompt | None:
        """With all there is to show, or without examples and context; None where even that is too long."""
        schema = self._schema(segment)
        for is_full in (True, False):
            prompt = self._filled(segment, schema, is_full)
            if len(prompt.system) + len(prompt.user) + len(prompt.schema) <= self._longest:
                return prompt
        return None

    def _filled(self, segment: Segment, schema: dict[str, Any], is_full: bool) -> Prompt:
        previous, following = segment.context if is_full and self._context else ("", "")
        values: dict[str, Any] = {
            "source": segment.source, "draft": segment.target, "previous": previous, "next": following,
            "placeholders": list(dict.fromkeys(inline_codes.literals(segment.source, segment.codes))),
            "demonstrations": [one.values() for one in nearest(self._known, segment.source, self._shots) if is_full],
            "similar": self._retrieved(segment) if is_full else [],
            "refused": [{"text": edit.after, "reason": edit.reason} for edit in _refused(segment)],
            **_wrong(segment),
        }
        return self._template.fill(schema, source_language=self._names[0], target_language=self._names[1],
                                   mark=self._template.mark(str(values)), **values)  # fmt: skip

    def _retrieved(self, segment: Segment) -> list[dict[str, str]]:
        matches = self._memories.similar(segment, self._pairs, self._similar) if self._memories and self._pairs else []
        return [{"source": match.source, "target": match.target} for match in matches]

    def _schema(self, segment: Segment) -> dict[str, Any]:
        """Of the answer: with every unmet term in it, where all that the term may look like is known."""
        text: dict[str, Any] = {"type": "string"}
        unmet = [error.term for error in segment.errors if error.kind in ("missing", "changed") and error.term]
        texts, draft = segment.source + (segment.target or ""), segment.target or ""
        demands = [checker.demand(segment, term) for term in unmet]
        if demands and min(texts) >= " " and all(map(self._is_fixed, demands)):  # a pattern has no control characters
            forms = [self._forms(term) for term in demands]
            # counted repeats are a burden to servers' grammars; a local model that knows no end needs them
            most = 0 if self._llm.is_remote else 2 * len(draft) + 40
            text["pattern"] = pattern(forms, self._tools.target_lang, most, quotes='"' in texts or "\\" in texts)
        properties = {KEY: text, UNSUITABLE: {"type": "array", "items": {"type": "string"}}}
        return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}

    def _is_fixed(self, term: Term) -> bool:
        """Whether a term has no forms but those listed: names, and languages that inflect nothing."""
        is_name = term.status == "do-not-translate" or term.case_sensitive
        return is_name or not has_word_boundaries(self._tools.target_lang)

    @staticmethod
    def _forms(term: Term) -> list[str]:
        """The accepted forms as they may stand: small or with a capital."""
        forms = term.targets + term.forms
        if term.status == "do-not-translate" or term.case_sensitive:
            return list(forms)
        return list(dict.fromkeys(cased for form in forms for cased in (form, form[:1].upper() + form[1:])))

    def _scores(self, segments: Sequence[Segment]) -> list[float]:
        """Of the drafts, as their translator gave them or else the model does."""
        assert self._tools.decoder is not None
        unscored = [segment for segment in segments if segment.score is None]
        pairs = [(inline_codes.plain(segment.source, segment.codes)[0],
                  inline_codes.plain_target(segment, segment.target or "")) for segment in unscored]
        new_scores = iter(self._tools.decoder.score(pairs) if unscored else [])
        return [next(new_scores) if segment.score is None else segment.score for segment in segments]


def _folder(prompts: Path | None) -> Path:
    return prompts if prompts and (prompts / f"{_TEXT}.jsonl").is_file() else FOLDER


def _is_open(segment: Segment) -> bool:
    return bool(segment.target) and not segment.origin and inline_codes.has_words(segment.source, segment.codes)


def _refused(segment: Segment) -> list[Edit]:
    """What was refused of this editor since its last accepted edit, to be said to it."""
    own = [edit for edit in segment.edits if edit.editor == NAME and edit.before == (segment.target or "")]
    return [edit for edit in own if not edit.is_accepted]


def _suggested(segment: Segment) -> float:
    """How sure a repair method was of what it suggested for a segment; 0 where none had a suggestion."""
    suggestions = (edit for edit in segment.edits if edit.reason == UNCERTAIN and edit.before == segment.target)
    return max((edit.confidence or 0.0 for edit in suggestions), default=0.0)


def _wrong(segment: Segment) -> dict[str, Any]:
    """The errors as the prompt's text takes them: terms to use, names to keep, texts to avoid, codes to put right,
    negations to say."""
    missing = [error.term for error in segment.errors if error.kind == "missing" and error.term]
    return {
        "terms": [{"source": term.source, "targets": list(term.targets), "domain": term.domain} for term in missing],
        "names": [error.expected[0] for error in segment.errors if error.kind == "changed" and error.term],
        "forbidden": list(dict.fromkeys(error.found for error in segment.errors if error.kind == "forbidden")),
        "codes": [error.expected[0] for error in segment.errors
                  if error.kind in ("changed", "altered") and not error.term and error.rule != NEGATION],
        "negations": [error.expected[0] for error in segment.errors if error.rule == NEGATION],
    }


def _candidates(segment: Segment, reply: Reply) -> list[Candidate]:
    """The answer, and before it the terms that the LLM says mean something else here."""
    sources = {error.term.source for error in segment.errors if error.term}
    doubted = [source for source in unsuitable(reply.text) if source in sources] if not reply.fault else []
    candidate = _candidate(segment, reply)
    if not doubted:
        return [candidate]
    note = Unusable(", ".join(doubted), UNSUITABLE)
    return [note] if candidate == segment.target else [note, candidate]


def _candidate(segment: Segment, reply: Reply) -> Candidate:
    if reply.fault:
        return Unusable(reply.problem, {UNASKED: BUDGET, REFUSED: NOT_TAKEN}.get(reply.fault, NO_ANSWER))
    if not reply.text.strip():
        return Unusable(reply.problem, EMPTY)
    text = text_of(reply.text)
    return Unusable(reply.text[:_KEPT], FORMAT) if text is None else fitted(text, segment.target or "")
