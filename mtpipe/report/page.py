"""The job's report on disk: report.json for machines, and one report.html for people that needs no network."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import resources
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemBytecodeCache, FunctionLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from mtpipe.io import atomic, user_cache
from mtpipe.report import wording
from mtpipe.report.model import FILE, DocumentResult, JobReport, SegmentEntry, to_dict

_MOST = 2000  # documents on the page
_LISTS = ("documents", "per_term", "errors", "edited", "refusals", "notes")
# characters that reorder or hide text: file names and terms come from strangers
_CONTROLS = re.compile("[\u0000-\u0008\u000b-\u001f\u00ad\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def write_report(report: JobReport, folder: Path) -> tuple[Path, Path]:
    """Writes report.json and report.html into folder and returns their paths; raises OutputError."""
    page = render(report, links(report, folder))
    return _write(folder / FILE, _json(report)), _write(folder / "report.html", [page])


def _json(report: JobReport) -> Iterator[str]:
    """report.json piece by piece, each document by itself: there may be millions."""
    yield "{"
    for number, (name, value) in enumerate(replace(report, documents=()).to_dict().items()):
        yield f'{"," * bool(number)}\n {json.dumps(name)}: '
        if name == "documents" and report.documents:
            for place, row in enumerate(report.documents):
                yield f'{"," if place else "["}\n  {_indented(to_dict(row), 2)}'
            yield "\n ]"
        else:
            yield _indented(value, 1)
    yield "\n}\n"


def _indented(value: Any, depth: int) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1).replace("\n", "\n" + " " * depth)


def _listed(documents: Sequence[DocumentResult]) -> list[DocumentResult]:
    """The documents that the page lists: where they are too many, first those in which there is something to do."""
    if len(documents) <= _MOST:
        return list(documents)
    first = list(islice((row for row in documents if _needs_attention(row)), _MOST))
    return first + list(islice((row for row in documents if not _needs_attention(row)), _MOST - len(first)))


def _needs_attention(row: DocumentResult) -> bool:
    return bool(row.state == "failed" or row.errors or row.untranslated or row.message or row.notes)


def links(report: JobReport, folder: Path) -> dict[str, str]:
    """The address of each written document that the page lists by its path, from a page in folder."""
    out, is_single = Path(report.job.out), Path(report.job.source).suffix and len(report.documents) == 1
    places = {row.path: out if is_single and not out.is_dir() else out / row.path
              for row in _listed(report.documents) if row.state == "written"}  # fmt: skip
    return {path: "./" + quote(Path(os.path.relpath(place.absolute(), folder.absolute())).as_posix(), errors="replace")
            for path, place in places.items()}  # fmt: skip


def render(report: JobReport, addresses: Mapping[str, str] = MappingProxyType({})) -> str:
    """The page as one string: styles, script and data inside, nothing loaded from elsewhere.

    addresses: of the written documents, by path.
    """
    report, count = replace(report, documents=_listed(report.documents)), len(report.documents)
    payload = {name: to_dict(getattr(report, name)) for name in _LISTS} | {
        "words": wording.FOR_PAGE, "links": dict(addresses), "sentences": [_row(entry) for entry in report.segments],
    }  # fmt: skip
    return filled("page", payload, data=report, headline=wording.headline(report), steps=wording.steps(report.terms),
                  judged=wording.judged(report.edits), frequent=wording.frequent(report.per_term),
                  stages=wording.stages(report.seconds),
                  total=report.seconds.get("total", 0),
                  left_out={name: report.left_out.get(name, 0) for name in (*_LISTS, "segments")}
                  | {"documents": count - len(report.documents)})  # fmt: skip


def _row(entry: SegmentEntry) -> list[Any]:
    """A sentence for the page's list of all, without names."""
    return [entry.id, entry.document, entry.source, entry.target, entry.draft, entry.kinds, entry.editor,
            entry.confidence, entry.source_spans]  # fmt: skip


def filled(name: str, payload: Mapping[str, Any], **values: Any) -> str:
    """The page called name (template, script and style) with what its script lists and what its template shows."""
    script = _file("parts.js") + _file(f"{name}.js")
    loader = FunctionLoader(_file)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        bytecode_cache=_compiled_templates(),
    )  # fmt: skip
    environment.filters |= {"number": wording.number, "percent": wording.percent, "shown": _legible}
    environment.filters |= {"duration": wording.duration, "count": wording.count}
    return environment.get_template(f"{name}.html").render(
        **values,
        style=Markup(_file("page.css")),
        script=Markup(script),
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        payload=Markup(embeddable(payload)),
    )


class _Compiled(FileSystemBytecodeCache):
    """Templates as compiled before; what can't be kept is compiled again."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _compiled_templates() -> _Compiled | None:
    """In the user's cache: to compile a page takes as long as to translate one. None where there is no such folder."""
    with suppress(OSError, RuntimeError):
        folder = user_cache.folder() / "templates"
        folder.mkdir(parents=True, exist_ok=True)
        return _Compiled(str(folder))
    return None


def embeddable(value: Any) -> str:
    """JSON that may stand inside a <script>: nothing in it ends the element or a line of script."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _legible(text: object) -> str:
    """Text with its invisible and reordering characters made visible."""
    return _CONTROLS.sub(lambda match: f"[U+{ord(match.group()):04X}]", str(text))


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _write(path: Path, pieces: Iterable[str]) -> Path:
    """Writes all or nothing. A lone surrogate becomes \\udXXX, which JSON reads back as what it was."""
    with atomic.replacement(path, "free space or choose another --out") as part:
        with part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.writelines(pieces)
    return path
