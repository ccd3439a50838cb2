"""What to synthesize, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator

from mtpipe.config import SynthesizeSettings
from mtpipe.validation import AnyPath, problem, settings

BACK_TRANSLATE = "back-translate"


def _json_lines(path: Path) -> Path:
    if path.suffix != ".jsonl" or path.is_dir():
        raise problem("is not a .jsonl file; pairs are written as JSON Lines")
    return path


@settings("Invalid settings of a synthesis")
class SynthesisRecipe(SynthesizeSettings):
    """The settings of a synthesis with its glossary, languages and the file that the pairs go to."""

    glossary: AnyPath = field(kw_only=True)
    out: Annotated[AnyPath, AfterValidator(_json_lines)] = field(kw_only=True)
    source_lang: str = field(kw_only=True)
    target_lang: str = field(kw_only=True)

    @property
    def manifest(self) -> Path:
        """How the pairs were made, beside them."""
        return self.out.with_suffix(".manifest.json")

    @property
    def refused(self) -> Path:
        return self.rejected or self.out.with_suffix(".rejected.jsonl")

    @property
    def folder(self) -> Path:
        """What a run keeps for the next one: replies, memories made of parallel texts."""
        return self.out.with_name(f"{self.out.name}.mtpipe")


@dataclass(frozen=True, slots=True)
class SynthesisOutcome:
    """pairs: how many were kept; short: terms that got fewer than asked for, with how many; stopped: why the LLM was
    asked no more before all was asked for, "" if it was; manifest: as written beside the pairs."""

    pairs: int
    short: Mapping[str, int]
    stopped: str
    manifest: Mapping[str, Any]

    @property
    def is_complete(self) -> bool:
        return not self.short
