"""mtpipe: terminology-aware machine translation for whole folders of documents.

    import mtpipe
    report = mtpipe.translate("docs", "out", source_lang="en", target_lang="de", glossary="glossary.csv")
    print(report["terms"]["rungs"])

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtpipe.config import Job
    from mtpipe.document.segment import Segment
    from mtpipe.errors import MtpipeError
    from mtpipe.glossary.model import Glossary, Term
    from mtpipe.pipeline.jobs import Progress, plan, run

__version__ = "0.1.0"
__all__ = ["Glossary", "Job", "MtpipeError", "Progress", "Segment", "Term", "plan", "run", "translate"]

_HOMES = {
    "Glossary": "glossary.model", "Job": "config", "MtpipeError": "errors", "Progress": "pipeline.jobs",
    "Segment": "document.segment", "Term": "glossary.model", "plan": "pipeline.jobs", "run": "pipeline.jobs",
}  # fmt: skip


def translate(
    source: str, out: str, *, source_lang: str, target_lang: str,
    on_progress: Callable[[Progress], object] | None = None, **settings: Any,
) -> dict[str, Any]:
    """Translates a folder or file into out and returns the report; settings are those of `Job`. Raises MtpipeError."""
    from mtpipe.config import Job
    from mtpipe.pipeline.jobs import run

    return run(Job(source, out, source_lang, target_lang, **settings), on_progress)  # type: ignore[arg-type]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"mtpipe.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'mtpipe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
