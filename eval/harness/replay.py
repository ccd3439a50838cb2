"""Post-editing by a language model whose answers are recorded: the same guard, editor and checks as in a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.harness.recordings import FOLDER, MODEL
from mtpipe import plugins
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.config import CallSettings
from mtpipe.document.segment import Segment
from mtpipe.glossary.model import Glossary
from mtpipe.llm.client import open_llm
from mtpipe.models import registry
from mtpipe.pipeline.steps import check
from mtpipe.postedit.editor import Tools
from mtpipe.postedit.ladder import postedit
from mtpipe.terminology.matcher import Matcher

PROMPTS = FOLDER / "prompts"  # the prompts as they were asked: with others no answer would be found
REST = ("substitution", "placement")  # repair methods that need no model: after the LLM, for what it leaves

Langs = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Repair:
    """Segments after repair; calls: prompts that the LLM answered; waiting: those that no recording answers."""

    segments: list[Segment]
    calls: int = 0
    waiting: int = 0

    @property
    def cost(self) -> dict[str, float]:
        return {"calls_per_1000": 1000 * self.calls / max(1, len(self.segments))}


def checked(segments: Sequence[Segment], langs: Langs) -> list[Segment]:
    """The segments with their own terms found and their drafts checked."""
    return check(Matcher(Glossary.of((), *langs)).find(segments), langs[1])


def bundled_lexicon(langs: Langs) -> Lexicon | None:
    """Of the pair's bundled model."""
    folder = registry.find(*langs).lexicon
    return Lexicon.load(folder) if folder else None


def repaired(
    segments: Sequence[Segment], langs: Langs, methods: Sequence[str], lexicon: Lexicon | None,
    answers: Path | None = None, requests: Path | None = None,
) -> Repair:
    """Checked segments after these repair methods, in order.

    answers: a recording, for "llm" among them; requests: the file for prompts that it does not answer.
    """
    with TemporaryDirectory() as folder:
        options = {"model": MODEL, "answers": answers, "requests": requests}
        llm = open_llm("batch", options, CallSettings(), Path(folder) / "llm.sqlite") if "llm" in methods else None
        tools = Tools(*langs, lexicon=lexicon, llm=llm)
        editors = [(name, plugins.create("editor", name, _options(name), tools=tools)) for name in methods]
        outcome = postedit(segments, editors, langs[1], lexicon=lexicon)
        waiting = llm.usage.unanswered if llm else 0
        return Repair(outcome, llm.usage.calls - waiting if llm else 0, waiting)


def _options(name: str) -> dict[str, object]:
    return {"prompts": PROMPTS, "context": False} if name == "llm" else {}
