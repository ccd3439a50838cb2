"""Test sets and systems' outputs on disk: one layout a module, all behind `Layout`; both meet in `with_outputs`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from mtpipe.document.segment import Segment
from mtpipe.errors import InputError, amount
from mtpipe.io import compression

SHOWN = 5  # ids named in a message
LAYOUTS = {".jsonl": "rows", ".tsv": "rows", ".csv": "rows", ".sgm": "sgm", ".sgml": "sgm", ".xml": "sgm",
           ".xlf": "bilingual", ".xliff": "bilingual", ".po": "bilingual"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outputs:
    """What one system gave for a test set.

    texts: one a segment, in the test set's order unless ids say for which; None where it gave nothing.
    sources: what it translated, where the file tells; where these are the test set's in order, ids don't matter.
    path: where it stands. system is "" where only the file is named.
    """

    path: Path
    texts: tuple[str | None, ...]
    ids: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    system: str = ""


class Layout(Protocol):
    """How test sets lie in files; constructors take what they need of source_lang, target_lang, mode, reference, terms.

    mode: which of the test set's terms count, where it has several sets of them ("proper", "random", "noterm").
    reference, terms: files beside the one that is read, where the layout has files for them.
    """

    suffixes: tuple[str, ...]

    def read(self, path: Path) -> list[Segment]:
        """The segments, with reference and terms where there are any; raises InputError naming file and line."""
        ...

    def hypotheses(self, path: Path) -> list[Outputs]:
        """What each system in the file gave, in the file's order; raises InputError naming file and line."""
        ...


def layout_name(path: Path) -> str:
    """The name of the layout whose files look like path; aligned lines where nothing says otherwise."""
    return "folder" if path.is_dir() else LAYOUTS.get(compression.suffix(path), "lines")


def with_outputs(segments: Sequence[Segment], outputs: Outputs) -> list[Segment]:
    """The test set's segments with a system's texts as their drafts; a text that is not there is an empty one.

    Raises InputError where the outputs are not for these segments: another number of them, unknown or repeated ids,
    other sources.
    """
    sources = [_one_line(segment.source) for segment in segments]
    is_in_order = not outputs.ids or [_one_line(source) for source in outputs.sources] == sources
    if is_in_order and len(outputs.texts) != len(segments):
        problem = f"{outputs.path}: {amount(len(outputs.texts), 'translation')} for {amount(len(segments), 'segment')}"
        raise InputError(f"{problem}; give a system's output for this test set, a line each (an empty one for none)")
    ids = [segment.id for segment in segments] if is_in_order else outputs.ids
    refuse_repeated(outputs.path, ids)
    text_of = dict(zip(ids, outputs.texts, strict=True))
    source_of = dict(zip((segment.id for segment in segments), sources, strict=True))
    if unknown := [name for name in ids if name not in source_of]:
        problem = f"{outputs.path}: ids that are not in the test set: {len(unknown)} of {len(ids)} ({_list(unknown)})"
        raise InputError(f"{problem}; give outputs for this test set")
    if other := [name for name, source in zip(ids, outputs.sources) if _one_line(source) != source_of[name]]:
        count = f"{len(other)} of {len(ids)} ({_list(other)})"
        problem = f"{outputs.path}: sources that differ from the test set's: {count}"
        raise InputError(f"{problem}; systems must have translated the same text")
    return [replace(segment, draft=text_of.get(segment.id) or "", postedit=None) for segment in segments]


def refuse_repeated(path: Path, ids: Sequence[str]) -> None:
    """Raises InputError naming the ids that stand more than once."""
    if repeated := [item for item, times in Counter(ids).items() if times > 1]:
        raise InputError(f"{path}: repeated ids: {_list(repeated)}; each segment needs its own")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
