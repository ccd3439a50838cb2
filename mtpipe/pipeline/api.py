"""mtpipe from Python: load what a language pair needs once, then translate texts and folders with it.

>>> from mtpipe import Glossary, Pipeline, Term
>>> glossary = Glossary.of([Term(("cell",), ("CELL",))], "en", "de")
>>> pipe = Pipeline.load("en", "de", glossary=glossary, mt="fake")  # "fake" writes capitals; leave it out for a model
>>> segment, = pipe.translate(["Open the cell."])
>>> segment.target, segment.errors
('OPEN THE CELL.', ())
"""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain, islice
from os import PathLike
from pathlib import Path
from typing import Any

from mtpipe.config import Job
from mtpipe.config.tables import ProtectSettings
from mtpipe.document import inline_codes, sentence_splitting
from mtpipe.document.segment import Score, Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.evaluation import scoring
from mtpipe.glossary.model import Glossary
from mtpipe.models import registry
from mtpipe.pipeline import jobs, resources, steps
from mtpipe.pipeline.job_store import unit_key
from mtpipe.pipeline.jobs import Progress
from mtpipe.postedit.ladder import postedit
from mtpipe.report.model import GlossaryInfo, JobReport
from mtpipe.terminology.matcher import Matcher
from mtpipe.tm.pretranslation import recall

Location = str | PathLike[str]
_GIVEN = ("source", "out", "source_lang", "target_lang", "glossary")  # settings of a Job that are no keywords here


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Sentences of one text, in order; before and after: the text's sentences around them, None at its ends."""

    sentences: tuple[Segment, ...]
    before: Segment | None = None
    after: Segment | None = None

    def contexts(self) -> list[tuple[str, str]]:
        """The sources before and after each sentence, "" at the ends of the text."""
        around = [self.before, *self.sentences, self.after]
        sources = [segment.source if segment else "" for segment in around]
        return list(zip(sources, sources[2:]))


class Pipeline:
    """Translator, glossary, memories and repair methods of one language pair, loaded once.

    Use it from one thread at a time.
    """

    def __init__(self, job: Job, tools: resources.Toolbox):
        self._job = job
        self._tools = tools
        self._origin: Pipeline | None = None

    @classmethod
    def load(
        cls, source_lang: str, target_lang: str, *, glossary: Glossary | Location | None = None,
        model: Location | None = None, tm: Location | Sequence[Location] = (), llm: str = "", **settings: Any,
    ) -> Pipeline:
        """Loads all that translating from source_lang into target_lang (BCP 47) needs.

        glossary: a Glossary or a file; model: a folder, by default the bundled model; tm: translation memories or
        parallel texts; llm: a plug-in. settings: the others of a `Job`, such as mt, editors, options, calls.
        Raises MtpipeError for settings that are wrong and for what can't be loaded.

        >>> Pipeline.load("en", "de", mt="fake", editor="nbest")
        Traceback (most recent call last):
        ...
        mtpipe.errors.ConfigError: no such setting: 'editor'; available: ...
        """
        names = [setting.name for setting in fields(Job) if setting.name not in _GIVEN]
        for name in settings:
            if name not in names:
                raise ConfigError(f"no such setting: {name!r}; available: {', '.join(sorted(names))}")
        folder = Path(tempfile.mkdtemp(prefix="mtpipe-"))
        try:
            (folder / "in").mkdir()
            # as the caller has them: a Job turns paths into Paths and says what is none
            options: dict[str, Any] = {"model": model, "tm": tm, "llm": llm, **settings}
            options["glossary"] = None if isinstance(glossary, Glossary) else glossary
            job = Job(folder / "in", folder / "out", source_lang, target_lang, **options)
            terms = _of_the_pair(glossary, job) if isinstance(glossary, Glossary) else None
            pipe = cls(job, resources.load(job, job.memories, terms))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(pipe, shutil.rmtree, folder, ignore_errors=True)
        return pipe

    @property
    def languages(self) -> tuple[str, str]:
        """The source and target language."""
        return self._job.source_lang, self._job.target_lang

    def with_glossary(self, glossary: Glossary) -> Pipeline:
        """The same pipeline under another glossary of the pair; nothing else is loaded again."""
        terms = _of_the_pair(glossary, self._job)
        info = GlossaryInfo(terms.name, terms.digest[:16], len(terms.terms), tuple(terms.notes))
        described = replace(self._tools.described, glossary=info)
        part = f"|glossary:{info.digest if terms.terms else '-'}"
        signature = re.sub(r"\|glossary:[^|]*", part, self._tools.signature)
        matcher = Matcher(terms, self._tools.matcher.read)
        tools = replace(self._tools, matcher=matcher, described=described, signature=signature)
        other = Pipeline(self._job, tools)
        other._origin = self  # whose folder it uses
        return other

    def translate(self, texts: Iterable[str | Segment]) -> list[Segment]:
        """A Segment for each text, in order: `.target`, what is wrong with it in `.errors`, repairs in `.edits`.

        Placeholders and tags in a string ({name}, <b>) are kept; a long text is translated sentence by sentence.
        A Segment keeps its draft, where it has one, and its own terms. Raises ConfigError for what is no text.

        >>> pipe = Pipeline.load("en", "de", mt="fake")
        >>> [segment.target for segment in pipe.translate(["Save {name}.", "Done."])]
        ['SAVE {name}.', 'DONE.']
        """
        segments = _segments(texts)
        parts = [sentence_splitting.split(segment, *self.languages) for segment in segments]
        finished = iter(self.translate_excerpts([Excerpt(tuple(chain.from_iterable(parts)))])[0])
        return [sentence_splitting.join(segment, list(islice(finished, len(part))))
                for segment, part in zip(segments, parts, strict=True)]  # fmt: skip

    def translate_excerpts(self, excerpts: Sequence[Excerpt]) -> list[list[Segment]]:
        """The finished sentences of each excerpt, all translated together; what one says is no context of another."""
        sentences = self._prepared(excerpts)
        contexts = [context for excerpt in excerpts for context in excerpt.contexts()]
        keys = [unit_key(sentence, self._tools.settings) for sentence in sentences]
        units: dict[str, Segment] = {}
        for key, sentence, context in zip(keys, sentences, contexts, strict=True):
            units.setdefault(key, replace(sentence, notes=(), context=context))
        done = dict(zip(units, self._finished(list(units.values())), strict=True))
        finished = iter([_with(sentence, done[key]) for key, sentence in zip(keys, sentences, strict=True)])
        return [list(islice(finished, len(excerpt.sentences))) for excerpt in excerpts]

    def post_edit(self, segments: Iterable[Segment]) -> list[Segment]:
        """The segments with their drafts repaired where terms are wrong; raises InputError for one without a draft."""
        drafts = _segments(segments)
        for segment in drafts:
            if segment.draft is None:
                raise InputError(f"{segment.id}: no draft to post-edit; give Segment(…, draft=…) or use translate")
        return self.translate(drafts)

    def translate_folder(
        self, source: Location, out: Location, on_progress: Callable[[Progress], object] | None = None
    ) -> JobReport:
        """Translates a folder or file into out, or what is left of it, and returns the report (also report.html there).

        on_progress: called with a Progress now and then. Raises MtpipeError; the same call goes on from there.
        """
        places: dict[str, Any] = {"source": source, "out": out}
        job = replace(self._job, **places)
        described = replace(self._tools.described, source=str(job.source), out=str(job.out))
        return jobs.run(job, on_progress, replace(self._tools, described=described))

    def _prepared(self, excerpts: Sequence[Excerpt]) -> list[Segment]:
        """All their sentences with their terms, and with the drafts that need no translator."""
        tools, (source_lang, target_lang) = self._tools, self.languages
        sentences = [sentence for excerpt in excerpts for sentence in excerpt.sentences]
        matched = iter(tools.matcher.find(steps.protect(sentences, self._job.protect)))
        keeps_flagged = self._job.tm_flagged == "repair"
        recalled = [sentence for excerpt in excerpts for sentence in recall(
            list(islice(matched, len(excerpt.sentences))), tools.memories, target_lang, keeps_flagged,
            excerpt.before, excerpt.after)]  # fmt: skip
        return steps.leave_other_languages(recalled, source_lang)

    def _finished(self, units: list[Segment]) -> list[Segment]:
        tools, (source_lang, target_lang) = self._tools, self.languages
        new = [i for i, unit in enumerate(units) if unit.draft is None]
        drafts = steps.translate(units, tools.translator)
        for i, draft in zip(new, steps.fall_back([drafts[i] for i in new], source_lang, target_lang, tools.fallback)):
            drafts[i] = draft
        checked = steps.check(drafts, target_lang)
        return postedit(checked, tools.editors, target_lang, tools.translator, lexicon=tools.lexicon)


def check(segments: Iterable[Segment], glossary: Glossary, *, protect: Sequence[str] = ()) -> list[Segment]:
    """The segments with the glossary's terms found in their sources and the errors of their targets; none is edited.

    protect: regular expressions of what must be in the target as it is in the source. Raises ConfigError.

    >>> from mtpipe import Glossary, Segment, Term, check
    >>> glossary = Glossary.of([Term(("cell",), ("Zelle",))], "en", "de")
    >>> segment, = check([Segment("1", "Open the cell.", draft="Öffnen Sie das Feld.")], glossary)
    >>> [(error.kind, error.term.source, error.expected) for error in segment.errors]
    [('missing', 'cell', ('Zelle',))]
    """
    terms = _glossary(glossary)
    coded = [_with_codes(segment) for segment in _segments(segments)]
    settings: dict[str, Any] = {"patterns": protect}  # whatever the caller gave
    matched = Matcher(terms).find(steps.protect(coded, ProtectSettings(**settings).patterns))
    return steps.check(matched, terms.target_lang)


def post_edit(segments: Iterable[Segment], glossary: Glossary, **settings: Any) -> list[Segment]:
    """The segments' drafts, whoever made them, with the glossary's terms repaired; drafts without errors stay.

    settings: as for `Pipeline.load`; without a model for the pair, the methods that need none are used.
    To repair more than once, load a Pipeline and call its post_edit: loading takes longer than a few repairs.
    """
    terms = _glossary(glossary)
    languages = terms.source_lang, terms.target_lang
    if "mt" not in settings and not settings.get("model") and not registry.covers(*languages):
        settings["mt"] = "none"
    return Pipeline.load(*languages, glossary=terms, **settings).post_edit(segments)


def evaluate(
    segments: Iterable[Segment], metrics: Sequence[str] = ("bleu", "chrf"), *, glossary: Glossary | None = None,
    source_lang: str = "", target_lang: str = "", options: dict[str, dict[str, Any]] | None = None,
) -> list[Score]:
    """A Score for each metric, in order: of the segments' targets, against their references and their terms.

    The languages are the glossary's, or are given: tokenization and term matching depend on them. options: of metrics,
    as {"metric.comet": {"model": …}}. Raises ConfigError for an unknown metric, InputError where nothing is translated.

    >>> from mtpipe import Segment, evaluate
    >>> score, = evaluate([Segment("1", "A cell.", draft="Eine Zelle.", reference="Eine Zelle.")], ["chrf"])
    >>> score.name, score.value
    ('chrF2++', 100.0)
    """
    if isinstance(metrics, str) or not all(isinstance(name, str) for name in metrics):
        raise ConfigError(f'metrics is {metrics!r}; give a list of names, such as ["bleu", "chrf"]')
    texts = [_with_codes(segment) for segment in _segments(segments)]
    if glossary is not None:
        terms = _glossary(glossary)
        texts = Matcher(terms).find(texts)
        source_lang, target_lang = source_lang or terms.source_lang, target_lang or terms.target_lang
    return scoring.evaluate(texts, source_lang or "und", target_lang or "und", metrics, options or {})


def _of_the_pair(glossary: Glossary, job: Job) -> Glossary:
    pair, languages = (glossary.source_lang, glossary.target_lang), (job.source_lang, job.target_lang)
    if pair != languages:
        raise ConfigError(f"the glossary is {'-'.join(pair)}, the pipeline {'-'.join(languages)}; give one of the pair")
    return glossary


def _glossary(value: object) -> Glossary:
    if not isinstance(value, Glossary):
        raise ConfigError(f"glossary is {value!r}; give a Glossary, such as mtpipe.load_glossary(path, 'en', 'de')")
    return value


def _segments(texts: Iterable[str | Segment]) -> list[Segment]:
    """Segments as they are, strings as segments 1, 2, … with their placeholders; raises ConfigError for others."""
    if isinstance(texts, (str, bytes, Segment)) or not isinstance(texts, Iterable):
        raise ConfigError(f"texts is {type(texts).__name__}; give a list of strings or Segments")
    segments = []
    for n, text in enumerate(texts, 1):
        if not isinstance(text, (str, Segment)):
            raise ConfigError(f"text {n} is {type(text).__name__}; give a string or a Segment")
        segments.append(_with_codes(Segment(str(n), text)) if isinstance(text, str) else text)
    return segments


def _with_codes(segment: Segment) -> Segment:
    return segment if segment.codes else replace(segment, codes=inline_codes.find(segment.source))


def _with(sentence: Segment, unit: Segment) -> Segment:
    return replace(
        sentence, draft=unit.draft, score=unit.score, postedit=unit.postedit, errors=unit.errors, edits=unit.edits,
        alternatives=unit.alternatives, notes=sentence.notes + unit.notes,
    )  # fmt: skip
