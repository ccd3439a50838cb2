"""Back-translation under a glossary: target sentences into the source, with the terms they were written for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from mtpipe.config import Job
from mtpipe.document import inline_codes
from mtpipe.document.inline_codes import plain_text
from mtpipe.document.segment import Segment
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Glossary, Term
from mtpipe.mt import Decoder
from mtpipe.pipeline import resources
from mtpipe.pipeline.steps import check, translate
from mtpipe.postedit.ladder import postedit
from mtpipe.synthesis.recipe import BACK_TRANSLATE, SynthesisRecipe
from mtpipe.terminology import checker
from mtpipe.terminology.inflected_match import evidence
from mtpipe.terminology.matcher import Matcher


def translator(recipe: SynthesisRecipe) -> BackTranslator | None:
    """What `stages.synthesize` needs for this recipe; None where it needs nothing. Raises MtpipeError."""
    return BackTranslator(recipe) if recipe.way == BACK_TRANSLATE else None


class BackTranslator:
    """The model of the reverse pair with its ladder of editors, under the glossary turned round."""

    def __init__(self, recipe: SynthesisRecipe):
        glossary = load_glossary(recipe.glossary, recipe.source_lang, recipe.target_lang)
        terms = (reverse(term) for term in glossary.terms if term.status != "forbidden")  # bans are of the target
        self._matcher = Matcher(Glossary.of(terms, recipe.target_lang, recipe.source_lang, glossary.name))
        self._lang = recipe.source_lang
        job = Job(recipe.glossary, recipe.out, recipe.target_lang, recipe.source_lang, model=recipe.model)
        with TemporaryDirectory() as scratch:
            self._tools = resources.load(job, Path(scratch))
        self.digest = self._tools.translator.digest

    def translate(self, sentences: Sequence[tuple[str, Term]]) -> list[tuple[str, float | None]]:
        """The sentences' translations, in order, with the term's source in them if that can be, "" for none; scores.

        A score is that of the words around the terms: a rare term is what the model can't expect, and was told.
        """
        segments = [Segment(str(n), text, codes=inline_codes.find(text), terms=(reverse(term),))
                    for n, (text, term) in enumerate(sentences)]
        tools = self._tools
        drafts = check(translate(self._matcher.find(segments), tools.translator), self._lang)
        done = postedit(drafts, tools.editors, self._lang, tools.translator)
        texts = [segment.target or "" for segment in done]
        if not hasattr(tools.translator, "score"):
            return [(text, None) for text in texts]
        plain = [(plain_text(segment.source), plain_text(text)) for segment, text in zip(done, texts, strict=True)]
        places = [self._places(segment, text) for segment, (_, text) in zip(done, plain, strict=True)]
        return list(zip(texts, cast(Decoder, tools.translator).score(plain, places), strict=True))

    def _places(self, segment: Segment, text: str) -> list[tuple[int, int]]:
        """Of the segment's terms in a text."""
        return [(one.start, one.end) for term in checker.required(segment) for one in evidence(term, text, self._lang)]


def reverse(term: Term) -> Term:
    """The term in the other direction: all its accepted targets are to be found, its sources to be used."""
    if term.status == "do-not-translate":
        return term
    return Term((*term.targets, *term.forms), term.sources, term.status, case_sensitive=term.case_sensitive,
                domain=term.domain, note=term.note, line=term.line)  # fmt: skip
