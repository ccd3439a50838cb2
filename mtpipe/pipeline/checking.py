"""Every segment's errors: unmet and forbidden terms, codes that are not intact, what was not translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mtpipe.document.segment import Segment
from mtpipe.terminology import checker


def check(segments: Sequence[Segment], lang: str) -> list[Segment]:
    """The segments with errors of their targets in the target language lang; nothing else changes."""
    return [replace(segment, errors=checker.check(segment, lang)) for segment in segments]
