"""Demonstrations: (source, draft, edited) triplets that show an LLM what post-editing is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtpipe.errors import ConfigError, InputError
from mtpipe.io import json_lines
from mtpipe.languages.tags import primary_subtag
from mtpipe.llm.answer import KEY, UNSUITABLE


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One triplet; terms: (source, target) of those that the draft lacks."""

    source: str
    draft: str
    edited: str
    terms: tuple[tuple[str, str], ...] = ()

    def values(self) -> dict[str, Any]:
        """As the prompt's text takes it."""
        terms = [{"source": source, "targets": [target]} for source, target in self.terms]
        answer = json.dumps({KEY: self.edited, UNSUITABLE: []}, ensure_ascii=False)
        return {"source": self.source, "draft": self.draft, "terms": terms, "answer": answer}


def read(path: Path, source_lang: str, target_lang: str) -> list[Demonstration]:
    """Those of a JSON Lines file that are of the languages: {"source", "draft", "postedit" or "reference", "terms"?}.

    terms: {source: target} or [{"source", "target" or "targets"}]. Rows without source_lang and target_lang are of any
    languages. Raises ConfigError with file:line.
    """
    languages = {"source_lang": primary_subtag(source_lang), "target_lang": primary_subtag(target_lang)}
    demonstrations = []
    try:
        for n, row in json_lines.read(path):
            if (demonstration := _demonstration(row)) is None:
                raise ConfigError(f'{path}:{n}: a demonstration needs the texts "source", "draft" and "postedit" (or '
                                  '"reference"), and "terms" as {source: target} if it has any')  # fmt: skip
            if all(primary_subtag(str(row.get(name, lang))) == lang for name, lang in languages.items()):
                demonstrations.append(demonstration)
    except InputError as error:
        raise ConfigError(f"{path}: the demonstrations can't be read ({error}); give JSON Lines in UTF-8") from error
    return demonstrations


def nearest(demonstrations: list[Demonstration], source: str, count: int) -> list[Demonstration]:
    """So many of them, those with the most similar sources; in the order of the file."""
    if len(demonstrations) <= count:
        return demonstrations
    from rapidfuzz import fuzz, process  # on use: only prompts with examples need it

    best = process.extract(source, [one.source for one in demonstrations], scorer=fuzz.ratio, limit=count)
    return [demonstrations[i] for i in sorted(place for _, _, place in best)]


def _demonstration(row: Mapping[str, Any]) -> Demonstration | None:
    texts = [row.get("source"), row.get("draft"), row.get("postedit", row.get("reference"))]
    filled = [text for text in texts if isinstance(text, str) and text.strip()]
    terms = _terms(row.get("terms") or {})
    return Demonstration(filled[0], filled[1], filled[2], terms) if len(filled) == 3 and terms is not None else None


def _terms(terms: Any) -> tuple[tuple[str, str], ...] | None:
    """The terms' pairs; None for what is none."""
    pairs = list(terms.items()) if isinstance(terms, dict) else []
    for item in terms if isinstance(terms, list) else []:
        targets = item.get("targets", item.get("target")) if isinstance(item, dict) else None
        pairs.append((item.get("source"), targets[0] if isinstance(targets, list) and targets else targets)
                     if isinstance(item, dict) else (None, None))  # fmt: skip
    is_sound = isinstance(terms, dict | list) and all(isinstance(text, str) for pair in pairs for text in pair)
    return tuple((source, target) for source, target in pairs) if is_sound else None
