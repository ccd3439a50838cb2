"""The terms of one segment as test sets write them in JSON, whatever they call the two sides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mtpipe.errors import InputError
from mtpipe.glossary.model import Term
from mtpipe.glossary.rows import term_of_item
from mtpipe.languages.tags import primary_subtag


def read_terms(value: Any, where: str, source_lang: str, target_lang: str) -> tuple[Term, ...]:
    """The terms of {source: target(s)}, or of a list of {"source", "target"} or {"<source_lang>", "<target_lang>"}.

    None has no terms. Shared tasks' items are taken to the letter, {"source", "target"} as in segments JSON Lines.
    where: file:line, for the error about anything else: InputError, or GlossaryError for a term.
    """
    if value is None:
        return ()
    if isinstance(value, Mapping):
        value = [{source_lang: source, target_lang: target} for source, target in value.items()]
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        problem = f"terms that are not objects: {json.dumps(value, ensure_ascii=False)[:100]}"
        raise InputError(f'{where}: {problem}; give [{{"source": …, "target": …}}] or {{source: target}}')
    return tuple(term for item in value if (term := _term(item, where, source_lang, target_lang)))


def _term(item: Mapping[str, Any], where: str, source_lang: str, target_lang: str) -> Term | None:
    """The term of an item; None where a side is there but empty, as in some of WMT25's: it asks for nothing."""
    if "source" in item or "sources" in item:
        is_untranslated = item.get("target", item.get("targets")) in (item.get("source"), [item.get("source")])
        return term_of_item({"status": "do-not-translate"} | dict(item) if is_untranslated else item, where)
    sides = [item.get(lang, item.get(primary_subtag(lang))) for lang in (source_lang, target_lang)]
    if any(side is None for side in sides):
        problem = f"{where}: a term needs both sides: {json.dumps(item, ensure_ascii=False)[:200]}"
        raise InputError(f'{problem}; call them "source" and "target", or "{source_lang}" and "{target_lang}"')
    sources, targets = (_texts(side) for side in sides)
    return Term(sources, targets) if sources and targets else None


def _texts(value: Any) -> tuple[str, ...]:
    """The text or texts of a side."""
    values = value if isinstance(value, list) else [value]
    return tuple(text.strip() for text in values if isinstance(text, str) and text.strip())
