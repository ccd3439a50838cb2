"""Synthesis: a glossary and an LLM in, sentence pairs that use its terms out, filtered, with a manifest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from mtpipe import __version__
from mtpipe.corpora.cleaning import LONGEST
from mtpipe.corpora.decontamination import SHARE
from mtpipe.corpora.deduplication import texts
from mtpipe.errors import ConfigError, GlossaryError, ModelError, amount
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Glossary, Term
from mtpipe.io import atomic, digest
from mtpipe.llm import WAITING
from mtpipe.llm.client import Caller
from mtpipe.synthesis.examples import Examples
from mtpipe.synthesis.filters import Filters
from mtpipe.synthesis.ledger import Ledger, Output
from mtpipe.synthesis.recipe import BACK_TRANSLATE, SynthesisOutcome, SynthesisRecipe
from mtpipe.synthesis.replies import Proposal, read
from mtpipe.synthesis.requests import Request, Writer
from mtpipe.tm.memory import Memories

__all__ = ["Back", "SynthesisOutcome", "SynthesisRecipe", "Tell", "synthesize"]
CHUNK = 32  # prompts between two lines of progress
_LONGEST_TERM = LONGEST // 4  # characters: a sentence around it must fit in as well

Tell = Callable[[str], None]


class Back(Protocol):
    """Translates target sentences, each with the term it was written for, into the source: (text, model's score).

    Texts are "" for what it can't translate; a score is the log-probability per token, None where it has none.
    """

    digest: str

    def translate(self, sentences: Sequence[tuple[str, Term]]) -> list[tuple[str, float | None]]: ...


def _nothing(message: str) -> None:
    """For those who want no progress."""


def synthesize(
    recipe: SynthesisRecipe, caller: Caller, tell: Tell = _nothing, back: Back | None = None
) -> SynthesisOutcome:
    """Writes recipe.out (segments JSON Lines), its manifest and what was refused.

    back: for way "back-translate" (`back_translation.translator(recipe)`). The same replies give the same pairs: an
    interrupted run is run again, and what was answered comes from the caller's cache. Raises ConfigError,
    GlossaryError or InputError for what can't run as asked, ModelError when not one pair was accepted and
    no answer is to come, OutputError.
    """
    work = _Synthesizer(recipe, caller, tell, back)
    pairs, rejected = Output(recipe.out), Output(recipe.refused)
    ledger = Ledger(recipe, work.terms, pairs, rejected)
    for number in range(1, recipe.rounds + 1):
        if ledger.needs() and not work.waiting and not (number > 1 and caller.is_spent):
            work.round(number, ledger)
    stopped = work.stopped(ledger)
    rejected.close()
    pairs.close(is_wanted=bool(ledger.kept))
    if not ledger.kept and not work.waiting:
        raise ModelError(_nothing_kept(ledger, recipe, stopped))
    manifest = work.manifest(ledger, stopped)
    atomic.write_json(recipe.manifest, manifest)
    return SynthesisOutcome(ledger.kept, ledger.short(), stopped, manifest)


class _Synthesizer:
    """What a synthesis works with, opened once; raises for what can't run before the LLM is asked."""

    def __init__(self, recipe: SynthesisRecipe, caller: Caller, tell: Tell, back: Back | None):
        self._recipe, self._caller, self._tell, self._back = recipe, caller, tell, back
        self.waiting = 0  # prompts whose answers are to come in a file
        languages = recipe.source_lang, recipe.target_lang
        if (recipe.way == BACK_TRANSLATE) != (back is not None):
            raise ConfigError("back-translation needs a translator, and nothing else does")
        self._glossary = load_glossary(recipe.glossary, *languages)
        self.terms, self._left_out = _usable(self._glossary)
        also = {lang: load_glossary(path, recipe.source_lang, lang) for lang, path in recipe.also.items()}
        self._also = {lang: glossary.digest[:16] for lang, glossary in also.items()}
        self._writer = Writer(recipe, also)
        self._memories = Memories.made_of(recipe.tm, *languages, recipe.folder / "tm")
        self._examples = Examples(self._memories, self._glossary)
        self._filters = Filters(self._glossary, (pair for path in recipe.exclude for pair in texts(path)),
                                recipe.min_score)  # fmt: skip

    def stopped(self, ledger: Ledger) -> str:
        """Why the LLM is asked no more although pairs are missing; "" where it was asked to the end."""
        if self.waiting:
            return f"{amount(self.waiting, 'prompt waits', 'prompts wait')} for an answer"
        return "max_calls or max_cost is reached" if ledger.needs() and self._caller.is_spent else ""

    def round(self, number: int, ledger: Ledger) -> None:
        """Asks for what is missing, a few prompts at a time."""
        needs = ledger.needs()
        known = {term: ledger.known(term) for term in needs}
        examples = {term: self._examples.of(term, self._recipe.shots) for term in needs}
        requests = list(self._writer.requests(needs, known, examples, number))
        for start in range(0, len(requests), CHUNK):
            chunk = requests[start : start + CHUNK]
            ledger.ask(item.term for request in chunk for item in request.items)
            self._take(chunk, ledger)
            refused = sum(ledger.refused.values())
            self._tell(f"round {number}: {start + len(chunk)} of {amount(len(requests), 'prompt')}, pairs kept: "
                       f"{ledger.kept}, "
                       f"refused: {refused}")  # fmt: skip

    def _take(self, requests: Sequence[Request], ledger: Ledger) -> None:
        replies = self._caller.complete([request.prompt for request in requests])
        self.waiting += sum(reply.fault == WAITING for reply in replies)
        proposals: list[Proposal] = []
        for request, reply in zip(requests, replies, strict=True):
            new, faults = read(request, reply, self._back is not None)
            proposals += new
            for fault in faults:
                ledger.note(fault)
        for proposal, pair, reason in self._filters.judged(self._whole(proposals), ledger.is_full):
            ledger.take(proposal, pair, reason)

    def _whole(self, proposals: Sequence[Proposal]) -> Sequence[Proposal]:
        """The proposals with both sides."""
        if self._back is None:
            return proposals
        translations = self._back.translate([(proposal.target, proposal.item.term) for proposal in proposals])
        return [replace(proposal, source=source, score=score)
                for proposal, (source, score) in zip(proposals, translations, strict=True)]

    def manifest(self, ledger: Ledger, stopped: str) -> dict[str, Any]:
        """How the pairs were made and what came of it; the same replies give the same but for the usage."""
        recipe = self._recipe
        settings = ("pairs_per_term", "way", "min_score", "shots", "domain", "terms_per_call", "pairs_per_call",
                    "rounds", "seed")  # fmt: skip
        glossary = self._glossary
        return {
            "mtpipe": __version__, "source_lang": recipe.source_lang, "target_lang": recipe.target_lang,
            "is_complete": not ledger.needs(), "stopped": stopped, **ledger.facts(), "left_out": self._left_out,
            "settings": {name: getattr(recipe, name) for name in settings},
            "llm": {"name": self._caller.name, "digest": self._caller.digest}, "prompts": self._writer.digests,
            "glossary": {"name": glossary.name, "digest": glossary.digest[:16], "terms": len(glossary.terms)},
            "also": self._also, "tm": self._memories.digest, "back": self._back.digest if self._back else "",
            "exclude": {path.name: digest.of_file(path) for path in recipe.exclude},
            "contamination": f"same words, or {SHARE} of the word trigrams of the longer",
            "out": {"name": recipe.out.name, "digest": digest.of_file(recipe.out) if ledger.kept else ""},
            "rejected": recipe.refused.name, "usage": self._caller.report(),
        }  # fmt: skip


def _usable(glossary: Glossary) -> tuple[list[Term], dict[str, str]]:
    """(the terms to ask for, why others are left out); raises GlossaryError when none is to be asked for."""
    terms, left_out = [], {}
    for term in glossary.terms:
        longest = max(len(term.source), len(term.target))
        if term.status == "forbidden":
            left_out[f"{term.source} = {term.target}"] = "a forbidden term: no pairs are written for it"
        elif longest > _LONGEST_TERM:
            left_out[f"{term.source} = {term.target}"] = (
                f"{longest} characters, {_LONGEST_TERM} fit into a sentence of a corpus; is it a term?")
        else:
            terms.append(term)
    if not terms:
        reasons = tuple(f"{name[:100]}: {why}" for name, why in left_out.items())
        raise GlossaryError(f"{glossary.name}: no term to ask for sentences with", reasons)
    return terms, left_out


def _nothing_kept(ledger: Ledger, recipe: SynthesisRecipe, stopped: str) -> str:
    why = ", ".join(f"{reason} {count}" for reason, count in ledger.refused.most_common())
    hint = f"{stopped}, raise it" if stopped and not ledger.proposed else "check whether this LLM suits the task"
    return (f"not one pair was kept of {ledger.proposed} that the LLM proposed, so {recipe.out} was not written: "
            f"{why or 'it was not asked'}; refused pairs are in {recipe.refused}: {hint}")  # fmt: skip
