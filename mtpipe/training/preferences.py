"""Preference pairs out of a finished job: the accepted edit of a sentence beside what the guard refused, for DPO and
the like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.io import json_lines
from mtpipe.languages.tags import language_name
from mtpipe.llm.prompts import template
from mtpipe.pipeline.job_store import FILE, Store
from mtpipe.terminology.inflected_match import evidence

UNEDITED = "unedited"  # why a draft is the worse text
# what no text was judged for, or not for its own sake
_NO_TEXT = frozenset("no-change empty format too-long not-taken no-answer budget".split())


def preferences(
    folder: Path, source_lang: str, target_lang: str, prompts: Path | None = None
) -> Iterator[dict[str, Any]]:
    """{"prompt", "system", "user", "chosen", "rejected", "source", "draft", "terms", "editor", "rejected_editor",
    "reason"} of each pair; the prompt is its system and user texts together.

    folder: of a job's state (<out>/.mtpipe or <out>.mtpipe). chosen is a sentence's post-edit, rejected its draft or a
    refused edit; sentences of which no edit was accepted have no pair. prompts: as the LLM editor's. Raises InputError.
    """
    if not (folder / FILE).is_file():
        raise InputError(f"{folder}: there is no job here ({FILE} is missing); give <out>/.mtpipe or <out>.mtpipe")
    text = template("post-edit", prompts)
    names = language_name(source_lang), language_name(target_lang)
    with Store(folder) as store:
        for unit in store.edited():
            accepted = [edit.editor for edit in unit.edits if edit.is_accepted]
            if not accepted or unit.postedit is None or unit.draft is None:
                continue
            fields = _fields(unit, target_lang)
            prompt = text.fill(None, **fields, source_language=names[0], target_language=names[1], mark="", previous="",
                               next="", demonstrations=[], similar=[], refused=[])  # fmt: skip
            for rejected, editor, reason in _rejected(unit):
                yield {
                    "prompt": f"{prompt.system}\n\n{prompt.user}", "system": prompt.system, "user": prompt.user,
                    "chosen": unit.postedit, "rejected": rejected,
                    "source": unit.source, "draft": unit.draft, "terms": fields["terms"], "editor": accepted[-1],
                    "rejected_editor": editor, "reason": reason,
                }  # fmt: skip


def write(path: Path, pairs: Iterator[dict[str, Any]]) -> int:
    """The pairs as JSON Lines; how many there were."""
    return json_lines.write(path, pairs)


def _rejected(unit: Segment) -> Iterator[tuple[str, str, str]]:
    """(text, its editor, reason) of each text that was not chosen."""
    earlier = {unit.postedit, ""}
    texts = [(unit.draft or "", "draft", UNEDITED)]
    texts += [(edit.after, edit.editor, edit.reason) for edit in unit.edits
              if not edit.is_accepted and edit.reason not in _NO_TEXT]  # fmt: skip
    for text, editor, reason in texts:
        if text not in earlier:
            earlier.add(text)
            yield text, editor, reason


def _fields(unit: Segment, lang: str) -> dict[str, Any]:
    """What the draft is to be edited for, as the prompt's text takes it."""
    codes = inline_codes.find(unit.source)
    unmet = [term for term in unit.terms if not evidence(term, unit.draft or "", lang)]
    banned = [term for term in unit.terms if term.status == "forbidden" and term not in unmet]
    return {
        "source": unit.source, "draft": unit.draft,
        "placeholders": list(dict.fromkeys(inline_codes.literals(unit.source, codes))),
        "terms": [{"source": term.source, "targets": list(term.targets)} for term in unmet
                  if term.status in ("preferred", "admitted")],
        "names": [term.target for term in unmet if term.status == "do-not-translate"],
        "forbidden": [term.target for term in banned],
        "negations": [],
        "codes": inline_codes.broken(unit.source, codes, unit.draft or ""),
    }  # fmt: skip
