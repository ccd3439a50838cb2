"""The job's report: report.json for machines, and one report.html for people that opens from disk without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from mtpipe.io import atomic
from mtpipe.report import wording

# what a run may leave out; a report at the end of hours of work must not fail for want of an empty list
_EMPTY: dict[str, Any] = {
    "mtpipe": "", "signature": "", "created": "", "seconds": {}, "documents": [], "per_term": [], "errors": [],
    "edited": [], "refusals": [], "notes": [],
    "left_out": {},  # entries of the lists above that were too many to keep
    "job": {"source": "", "out": "", "source_lang": "", "target_lang": "", "editors": []}
    | {"glossary": None, "model": None, "editors_left_out": {}, "tm": []},
    "totals": dict.fromkeys(
        "documents written copied skipped failed segments units unique_units words reused".split(), 0
    ),
    "terms": {"required": 0, "segments_with_terms": 0, "rungs": [], "forbidden_found": 0, "changed": 0},
    "tm": {"exact": 0, "context": 0, "flagged": 0},
    "llm": {"model": "", "cost": None}
    | dict.fromkeys("segments share waiting calls cached failed unanswered tokens_in tokens_out seconds".split(), 0),
    "edits": {"accepted": {}, "refused": {}},
}  # fmt: skip
_LISTS = ("documents", "per_term", "errors", "edited", "refusals", "notes")
# characters that reorder or hide text: file names and terms come from strangers
_CONTROLS = re.compile("[\u0000-\u0008\u000b-\u001f\u00ad\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def write_report(data: Mapping[str, Any], folder: Path) -> tuple[Path, Path]:
    """Writes report.json and report.html into folder and returns their paths; raises OutputError.

    data: as the pipeline builds it (documented in tests/test_report.py); absent parts are taken as empty.
    """
    full = _completed(data)
    text = json.dumps(full, ensure_ascii=False, indent=1)
    return _write(folder / "report.json", text + "\n"), _write(folder / "report.html", render(full))


def render(data: Mapping[str, Any]) -> str:
    """The page as one string: styles, script and data inside, nothing loaded from elsewhere."""
    full = _completed(data)
    return filled("page", {name: full[name] for name in _LISTS} | {"words": wording.FOR_PAGE}, data=full,
                  headline=wording.headline(full), ladder=wording.ladder(full["terms"]),
                  judged=wording.judged(full["edits"]), stages=wording.stages(full["seconds"]))  # fmt: skip


def filled(name: str, payload: Mapping[str, Any], **values: Any) -> str:
    """The page called name (template, script and style) with what its script lists and what its template shows."""
    script = _file("parts.js") + _file(f"{name}.js")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": wording.number, "percent": wording.percent, "shown": _shown}
    environment.filters["duration"] = wording.duration
    return environment.from_string(_file(f"{name}.html")).render(
        **values,
        style=Markup(_file("page.css")),
        script=Markup(script),
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        payload=Markup(embeddable(payload)),
    )


def embeddable(value: Any) -> str:
    """JSON that may stand inside a <script>: nothing in it ends the element or a line of script."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _completed(data: Mapping[str, Any]) -> dict[str, Any]:
    """data with every part that the page shows."""
    full = _EMPTY | dict(data)
    for name in ("job", "totals", "terms", "edits", "tm", "llm"):
        full[name] = _EMPTY[name] | dict(full[name])
    full["seconds"] = {"total": 0} | full["seconds"]
    full["left_out"] = dict.fromkeys(_LISTS, 0) | full["left_out"]
    return full


def _shown(text: object) -> str:
    """Text with its invisible and reordering characters made visible."""
    return _CONTROLS.sub(lambda match: f"[U+{ord(match.group()):04X}]", str(text))


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _write(path: Path, text: str) -> Path:
    """Writes all or nothing. A lone surrogate becomes \\udXXX, which JSON reads back as what it was."""
    with atomic.replacement(path, "free space or choose another --out") as part:
        part.write_bytes(text.encode("utf-8", "backslashreplace"))
    return path
