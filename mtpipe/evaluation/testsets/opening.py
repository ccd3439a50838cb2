"""From what a user names to segments: the test set, and each system's outputs put to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.evaluation.testsets import Layout, Outputs, layout_name, put_together
from mtpipe.io import compression

_APART = ("lines", "sgm", "folder")  # whose references are files of their own


@dataclass(frozen=True, slots=True)
class Asked:
    """Where the test set is.

    test: a file (or folder) with everything, else source, with reference and terms beside it. layout: of the test set,
    found out by the file's name where it is "". mode: which of its sets of terms counts.
    """

    source_lang: str
    target_lang: str
    test: Path | None = None
    source: Path | None = None
    reference: Path | None = None
    terms: Path | None = None
    layout: str = ""
    mode: str = "proper"


def open_test_set(asked: Asked) -> list[Segment]:
    """The segments with their references and terms; raises InputError or ConfigError."""
    if (asked.test is None) == (asked.source is None):
        raise ConfigError("the test set is either one file (--test) or aligned files (--source, --reference, --terms)")
    beside = {"reference": asked.reference, "terms": asked.terms}
    path = asked.test or asked.source
    assert path is not None
    name = asked.layout or layout_name(path)
    if name not in _APART and (given := [f"--{key}" for key, value in beside.items() if value]):
        raise ConfigError(f"{path} holds the whole test set ({name}); leave out {' and '.join(given)}")
    segments = _layout(name, asked).read(path)
    if not any(segment.source.strip() for segment in segments):
        raise InputError(f"{path}: no segment in it")
    return segments


def open_systems(
    entries: Sequence[tuple[str, Path]], segments: Sequence[Segment], asked: Asked
) -> dict[str, tuple[Path, list[Segment]]]:
    """Where each system's outputs are, and the segments as it translated them, by its name.

    entries: names ("" for the one that the file says or has) and files or folders. Raises InputError for outputs that
    are not for these segments, ConfigError for two systems of one name.
    """
    found: dict[str, tuple[Path, list[Segment]]] = {}
    for name, path in entries:
        several = _outputs(path, asked)
        for outputs in several:
            said = outputs.system or _name(path)
            called = f"{name}.{said}" if name and len(several) > 1 else name or said
            if called in found:
                raise ConfigError(f"{path}: there is a system {called!r} already; name it, as NAME={path}")
            found[called] = path, put_together(segments, outputs)
    return found


def as_test_set(path: Path, asked: Asked) -> list[Segment]:
    """The segments of a system's own bilingual file, without its translations."""
    return [replace(s, draft=None, postedit=None) for s in _layout("bilingual", asked).read(path)]


def _outputs(path: Path, asked: Asked) -> list[Outputs]:
    return _layout("bilingual" if _is_bilingual(path, asked) else layout_name(path), asked).hypotheses(path)


def _is_bilingual(path: Path, asked: Asked) -> bool:
    """Whether the file is read as a document that has its own test set with it."""
    return asked.test is None and asked.source is None and path.is_file() and plugins.format_name(path) is not None


def _layout(name: str, asked: Asked) -> Layout:
    offered: dict[str, Any] = {"source_lang": asked.source_lang, "target_lang": asked.target_lang, "mode": asked.mode,
                               "reference": asked.reference, "terms": asked.terms}  # fmt: skip
    return plugins.create("testset", name, {}, **offered)


def _name(path: Path) -> str:
    """What a system is called by its file, or by its job's folder."""
    if path.is_dir() or (path.parent / ".mtpipe" / "report.json").is_file():
        return (path if path.is_dir() else path.parent).resolve().name
    return compression.stem(path)
