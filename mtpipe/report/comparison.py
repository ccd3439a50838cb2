"""A comparison of systems as files side by side: a table in Markdown, JSON, and the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtpipe.report import evaluation, scores


def write(data: Mapping[str, Any], findings: Mapping[str, Any], folders: Mapping[str, Path], path: Path) -> None:
    """Writes path.md, path.json and path.html; raises OutputError.

    data and findings: as `evaluation.comparison` describes and finds; folders: of the systems' jobs, for their speed.
    """
    jobs = {name: scores.job_facts(folder, {}) for name, folder in folders.items()}
    scores.write(path.with_suffix(".md"), scores.table(data["systems"], jobs, data.get("note", "")))
    scores.write(path.with_suffix(".json"), json.dumps(data, ensure_ascii=False, indent=1) + "\n")
    scores.write(path.with_suffix(".html"), evaluation.render({"note": "", **data, **findings, "jobs": jobs}))
