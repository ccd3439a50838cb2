"""What a job works with, loaded once: glossary and matcher, translator, lexicon and the ladder of editors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mtpipe import plugins
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.config import Job
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Glossary
from mtpipe.io import process_memory
from mtpipe.io.digest import of_folder
from mtpipe.io.object_store import shown
from mtpipe.languages.tags import primary_subtag
from mtpipe.llm.client import FILE as CACHE
from mtpipe.llm.client import Caller, open_llm
from mtpipe.models import registry
from mtpipe.models.registry import Model
from mtpipe.mt import Decoder, Draft, Translator
from mtpipe.pipeline import stages
from mtpipe.postedit.editor import Editor, Tools
from mtpipe.report.model import GlossaryInfo, JobInfo, LlmInfo, MemoryInfo, ModelInfo
from mtpipe.terminology.matcher import Matcher
from mtpipe.terminology.spacy_tokens import reader
from mtpipe.tm.memory import Memories


@dataclass(frozen=True, slots=True)
class Toolbox:
    """settings is the digest in units' keys, drafting the one in drafts'; described: the job as the report tells it."""

    matcher: Matcher
    memories: Memories
    translator: Translator
    fallback: Translator | None
    lexicon: Lexicon | None
    llm: Caller | None
    editors: tuple[tuple[str, Editor], ...]
    settings: str
    drafting: str
    signature: str
    described: JobInfo


class NoTranslator:
    """For jobs whose segments all bring their drafts."""

    digest = "none"

    def translate(self, segments: Sequence[Segment]) -> list[Draft]:
        if segments:
            raise InputError(f"{segments[0].id}: there is no draft and the job has no model; add a draft or a --model")
        return []


def cores() -> int:
    """Of the machine, as far as this process may use them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@process_memory.uncollected()
def load(job: Job, scratch: Path, glossary: Glossary | None = None, threads: int = 0) -> Toolbox:
    """Raises ConfigError, GlossaryError or ModelError for what can't be loaded; memories are made in scratch.

    glossary: instead of the job's file. threads: of a local model, 0 for one a core; the options of the job come first.
    """
    if glossary is None:
        glossary = Glossary.of((), job.source_lang, job.target_lang)
    if job.glossary:
        glossary = load_glossary(job.glossary, job.source_lang, job.target_lang, sheet=job.glossary_sheet,
                                 columns=job.glossary_columns)  # fmt: skip
    memories = Memories.made_of(job.tm, job.source_lang, job.target_lang, scratch, job.memories)
    llm = _llm(job, scratch)
    with ThreadPoolExecutor(1) as thread:  # a model is read from the disk while a dictionary of lemmas is
        loading = thread.submit(_translator, job, job.mt, job.model, threads, llm, memories)
        matcher = Matcher(glossary, reader(job.spacy) if job.spacy else None)
        translator, model = loading.result()
    fallback, other = _translator(job, "ct2", job.fallback_model, threads) if job.fallback_model else (None, None)
    engine = "+".join(each.digest for each in (translator, fallback) if each)
    folder = job.lexicon or (model.lexicon if model else _bundled_lexicon(job))
    lexicon = _lexicon(folder, job) if folder else None
    decoder = cast(Decoder, translator) if hasattr(translator, "complete") else None
    left_out: dict[str, str] = {}
    tools = Tools(job.source_lang, job.target_lang, decoder, lexicon, llm)
    editors = tuple(_editors(job, tools, memories, left_out))
    digest = of_folder(folder)
    names = [name for name, _ in editors]
    rungs = [f"{name}:{editor.digest}" if hasattr(editor, "digest") else name for name, editor in editors]
    return Toolbox(
        matcher=matcher,
        memories=memories,
        translator=translator,
        fallback=fallback,
        lexicon=lexicon,
        llm=llm,
        editors=editors,
        settings=job.digest(stages.versions("repair"), engine, digest, *rungs),
        drafting=job.draft_digest(stages.versions("translate"), engine),
        signature=job.signature(engine, glossary.digest[:16] if glossary.terms else "", digest, rungs,
                                memories.digest, llm.name if llm else ""),  # fmt: skip
        described=JobInfo(
            source=shown(job.source), out=shown(job.out), source_lang=job.source_lang, target_lang=job.target_lang,
            editors=tuple(names), editors_left_out=left_out,
            glossary=GlossaryInfo(glossary.name, glossary.digest[:16], len(glossary.terms), tuple(glossary.notes)),
            model=ModelInfo(model.name if model else job.mt, translator.digest, bool(model and model.annotation),
                            bool(model and model.code), getattr(translator, "compute_type", "")),
            fallback=other.name if other else "",
            llm=LlmInfo(job.llm, llm.name) if llm else None,
            tm=tuple(MemoryInfo(path.name, file.digest, file.count())
                     for path, file in zip(job.tm, memories.files, strict=True)),
        ),
    )  # fmt: skip


def _bundled_lexicon(job: Job) -> Path | None:
    """Of the language pair's bundled model, where a job without a model of its own has a use for it."""
    if job.mt not in ("none", "llm") or not registry.covers(job.source_lang, job.target_lang):
        return None
    return registry.find(job.source_lang, job.target_lang).lexicon


def _lexicon(folder: Path, job: Job) -> Lexicon:
    lexicon = Lexicon.load(folder)
    own, languages = (lexicon.source_lang, lexicon.target_lang), (job.source_lang, job.target_lang)
    if [primary_subtag(lang) for lang in own] != [primary_subtag(lang) for lang in languages]:
        pair, job_pair = "-".join(own), "-".join(languages)
        raise ConfigError(f"{folder}: a lexicon of {pair}, the job is {job_pair}; give another --lexicon")
    return lexicon


def _translator(
    job: Job, name: str, folder: Path | None, threads: int, llm: Caller | None = None, memories: Memories | None = None
) -> tuple[Translator, Model | None]:
    if name == "none":
        return NoTranslator(), None
    options = job.options.get(f"mt.{name}", {})
    offered = {"threads": threads} if threads else {}
    translator = plugins.create(
        "mt", name, options, source_lang=job.source_lang, target_lang=job.target_lang, **offered,
        llm=llm, memories=memories, prompts=job.prompts,
        folder=lambda: registry.find(job.source_lang, job.target_lang, folder).folder,
    )  # fmt: skip
    return translator, getattr(translator, "model", None)


def _llm(job: Job, scratch: Path) -> Caller | None:
    """With its replies in the job's folder; a plan leaves nothing there, so it opens a cache in scratch."""
    if not job.llm:
        return None
    cache = job.llm_cache or (job.folder if scratch == job.memories else scratch) / CACHE
    return open_llm(job.llm, job.options.get(f"llm.{job.llm}", {}), job.calls, cache)


def _editors(job: Job, tools: Tools, memories: Memories, left_out: dict[str, str]) -> list[tuple[str, Editor]]:
    """The ladder; rungs that the job did not ask for by name go to left_out where their tools are not at hand."""
    ladder = []
    explicit = job.editors if job.editors is not None else ("llm",) if job.llm else ()
    for name in job.methods:
        plugins.load("editor", name)  # what can't be loaded at all is an error, asked for or not
        options = job.options.get(f"editor.{name}", {})
        try:
            editor = plugins.create("editor", name, options, tools=tools, memories=memories, gate=job.gate,
                                    gate_below=job.gate_below, prompts=job.prompts)  # fmt: skip
            ladder.append((name, editor))
        except ConfigError as error:
            if name in explicit:
                raise
            left_out[name] = str(error)
    return ladder
