"""mtpipe: terminology-aware machine translation for whole folders of documents.

    import mtpipe
    pipe = mtpipe.Pipeline.load("en", "de", glossary="glossary.csv")
    segments = pipe.translate(["Open the pivot table."])
    report = pipe.translate_folder("docs", "out")

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtpipe.config import Job
    from mtpipe.document.segment import Edit, Score, Segment, TermError, TermMatch
    from mtpipe.errors import MtpipeError
    from mtpipe.glossary.loading import load_glossary
    from mtpipe.glossary.model import Glossary, Term
    from mtpipe.pipeline.api import Pipeline, check, evaluate, post_edit
    from mtpipe.pipeline.jobs import Progress, plan, run
    from mtpipe.report.model import JobReport

__version__ = "0.1.0"
__all__ = [
    "Edit", "Glossary", "Job", "JobReport", "MtpipeError", "Pipeline", "Progress", "Score", "Segment", "Term",
    "TermError", "TermMatch", "check", "evaluate", "load_glossary", "plan", "post_edit", "run",
]  # fmt: skip

_HOMES = {
    "config": ("Job",), "document.segment": ("Edit", "Score", "Segment", "TermError", "TermMatch"),
    "errors": ("MtpipeError",), "glossary.loading": ("load_glossary",),
    "glossary.model": ("Glossary", "Term"),
    "pipeline.api": ("Pipeline", "check", "evaluate", "post_edit"),
    "pipeline.jobs": ("Progress", "plan", "run"), "report.model": ("JobReport",),
}  # fmt: skip
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"mtpipe.{_HOME[name]}"), name)
    raise AttributeError(f"module 'mtpipe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
