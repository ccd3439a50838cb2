"""From the files that a user names to segments: the test set, and each system's outputs put to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError
from mtpipe.evaluation.testsets import Layout, Outputs, layout_name, with_outputs
from mtpipe.io import compression

_WITH_FILES_BESIDE = ("lines", "sgm", "folder")  # layouts whose references are files of their own


@dataclass(frozen=True, slots=True)
class SetFiles:
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

    @property
    def is_named(self) -> bool:
        """Whether there is a test set beside the systems' own files."""
        return self.test is not None or self.source is not None


def read_test_set(files: SetFiles) -> list[Segment]:
    """The segments with their references and terms; raises InputError or ConfigError."""
    if (files.test is None) == (files.source is None):
        raise ConfigError("the test set is either one file (--test) or aligned files (--source, --reference, --terms)")
    beside = {"reference": files.reference, "terms": files.terms}
    path = files.test or files.source
    assert path is not None
    name = files.layout or layout_name(path)
    if name not in _WITH_FILES_BESIDE and (options := [f"--{key}" for key, value in beside.items() if value]):
        raise ConfigError(f"{path} holds the whole test set ({name}); leave out {' and '.join(options)}")
    segments = _layout(name, files).read(path)
    if not any(segment.source.strip() for segment in segments):
        raise InputError(f"{path}: no segment in it")
    return segments


def read_systems(
    entries: Sequence[tuple[str, Path]], segments: Sequence[Segment], files: SetFiles
) -> dict[str, tuple[Path, list[Segment]]]:
    """Where each system's outputs are, and the segments as it translated them, by its name.

    entries: names ("" for the one that the file says or has) and files or folders. Raises InputError for outputs that
    are not for these segments, ConfigError for two systems of one name.
    """
    systems: dict[str, tuple[Path, list[Segment]]] = {}
    for name, path in entries:
        outputs_of_file = _outputs(path, files)
        for outputs in outputs_of_file:
            own_name = outputs.system or _name(path)
            system = f"{name}.{own_name}" if name and len(outputs_of_file) > 1 else name or own_name
            if system in systems:
                raise ConfigError(f"{path}: there is a system {system!r} already; name it, as NAME={path}")
            systems[system] = path, with_outputs(segments, outputs)
    return systems


def as_test_set(path: Path, files: SetFiles) -> list[Segment]:
    """The segments of a system's own bilingual file, without its translations."""
    return [replace(s, draft=None, postedit=None) for s in _layout("bilingual", files).read(path)]


def _outputs(path: Path, files: SetFiles) -> list[Outputs]:
    is_own_test_set = not files.is_named and path.is_file() and plugins.format_name(path) is not None
    return _layout("bilingual" if is_own_test_set else layout_name(path), files).hypotheses(path)


def _layout(name: str, files: SetFiles) -> Layout:
    offered: dict[str, Any] = {"source_lang": files.source_lang, "target_lang": files.target_lang, "mode": files.mode,
                               "reference": files.reference, "terms": files.terms}  # fmt: skip
    return plugins.create("testset", name, {}, **offered)


def _name(path: Path) -> str:
    """What a system is called by its file, or by its job's folder."""
    if path.is_dir() or (path.parent / ".mtpipe" / "report.json").is_file():
        return (path if path.is_dir() else path.parent).resolve().name
    return compression.stem(path)
