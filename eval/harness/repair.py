"""Repair of drafts whoever made them, without model or LLM: what it gains, what it leaves, what readers said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mtpipe import plugins
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Segment
from mtpipe.evaluation.scoring import evaluate
from mtpipe.glossary.model import Glossary
from mtpipe.pipeline.steps import check
from mtpipe.postedit.editor import Tools
from mtpipe.postedit.ladder import postedit
from mtpipe.terminology.matcher import Matcher

CHAINS = {"safe": ("substitution",), "complete": ("substitution", "placement")}
METRICS = ("tsr_wmt25", "chrf", "bleu")
PARTS = ("all", "development", "held-out")


def number(segment_id: str) -> int:
    """Of a segment in its test set, the same for all teams' drafts of it."""
    return int(segment_id.rpartition("#")[2])


def part(segments: Sequence[Segment], name: str) -> list[Segment]:
    """Even numbers are for development, odd ones are held out."""
    remainders = {"development": (0,), "held-out": (1,)}.get(name, (0, 1))
    return [segment for segment in segments if number(segment.id) % 2 in remainders]


def drafts(path: Path, source_lang: str, target_lang: str) -> list[Segment]:
    """The checked segments of a file of drafts, their terms found."""
    reader = plugins.create("format", "jsonl", {}, source_lang=source_lang, target_lang=target_lang, existing="draft")
    matcher = Matcher(Glossary.of((), source_lang, target_lang))
    return check(matcher.find(reader.read(path, path.name).segments), target_lang)


def repaired(
    segments: Sequence[Segment], source_lang: str, target_lang: str, lexicon: Lexicon, chain: str
) -> list[Segment]:
    tools = Tools(source_lang, target_lang, lexicon=lexicon)
    methods = [(name, plugins.create("editor", name, {}, tools=tools)) for name in CHAINS[chain]]
    return postedit(segments, methods, target_lang, lexicon=lexicon)


def figures(before: Sequence[Segment], after: Sequence[Segment], source_lang: str, target_lang: str) -> dict[str, Any]:
    """The scores of drafts and edits (name → (draft, edited)) and how many segments were edited, left, spoiled."""
    scores = [evaluate(part, source_lang, target_lang, METRICS) for part in (before, after)]
    return {
        **{name: (one.value, other.value) for name, one, other in zip(METRICS, *scores, strict=True)},
        "segments": len(after),
        "wrong": sum(bool(segment.errors) for segment in before),
        "edited": sum(segment.postedit is not None for segment in after),
        "left": sum(bool(segment.errors) for segment in after),
        "right_changed": sum(not old.errors and old.target != new.target for old, new in zip(before, after)),
    }


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown: a row for each file of drafts and their mean gain."""
    lines = ["| drafts | success | chrF2++ | BLEU | with errors | edited | left to people | right ones changed |",
             "|---|---|---|---|---:|---:|---:|---:|"]  # fmt: skip
    for name, row in rows.items():
        tsr, chrf, bleu = (row[key] for key in METRICS)
        lines.append(f"| {name} | {tsr[0]:.3f} → {tsr[1]:.3f} | {chrf[0]:.1f} → {chrf[1]:.1f} | {bleu[0]:.1f} → "
                     f"{bleu[1]:.1f} | {row['wrong']} | {row['edited']} | {row['left']} | {row['right_changed']} |")
    gains = [sum(row[key][1] - row[key][0] for row in rows.values()) / len(rows) for key in METRICS[1:]]
    success = sum(row["tsr_wmt25"][1] for row in rows.values()) / len(rows)
    lines.append(f"| mean | {success:.3f} | {gains[0]:+.2f} | {gains[1]:+.2f} | | | | |")
    return "\n".join(lines) + "\n"


def edits(segments: Iterable[Segment]) -> list[dict[str, Any]]:
    """The accepted edits, for people to read."""
    rows = []
    for segment in segments:
        if segment.postedit is not None:
            sure = [edit.confidence for edit in segment.edits if edit.is_accepted]
            rows.append({"id": segment.id, "source": segment.source, "draft": segment.draft, "edit": segment.postedit,
                         "terms": [[term.source, term.target] for term in segment.terms], "confidence": sure[-1]})
    return rows
