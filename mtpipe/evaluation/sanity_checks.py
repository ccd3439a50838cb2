"""What the user of a test set should look at before believing its figures: empty texts, copies, other languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mtpipe.document.segment import Segment
from mtpipe.languages import lemmatization
from mtpipe.languages.tags import is_same
from mtpipe.languages.tokenization import words

_SAMPLE = 200  # segments that are looked at for their language
_DOUBT = 0.6  # share of the references' share of known words below which a language is doubted
_LITTLE = 0.5  # share of known words below which it is where there is no reference


def check_systems(systems: Mapping[str, Sequence[Segment]], languages: tuple[str, str]) -> dict[str, list[str]]:
    """What is odd about each system's translations: empty or copied ones, another language, another system's."""
    remarks: dict[str, list[str]] = {}
    first_with: dict[tuple[str | None, ...], str] = {}
    for name, segments in systems.items():
        remarks[name] = _check_targets(segments, languages)
        same = first_with.setdefault(tuple(segment.target for segment in segments), name)
        if same != name:
            remarks[name].append(f"its translations are the same as those of {same}")
    return remarks


def check_test_set(segments: Sequence[Segment], languages: tuple[str, str]) -> list[str]:
    """What is odd about a test set: no references or some missing, sources or references in another language."""
    references = [segment.reference for segment in segments if segment.reference is not None]
    remarks = [] if references else ["no segment has a reference"]
    if 0 < len(references) < len(segments):
        remarks = [f"segments without a reference: {len(segments) - len(references)} of {len(segments)}"]
    remarks += _check_language("the sources", [segment.source for segment in segments], [], languages[::-1])
    return remarks + _check_language("the references", references, [], languages)


def _check_targets(segments: Sequence[Segment], languages: tuple[str, str]) -> list[str]:
    texts = [segment for segment in segments if segment.source.strip()]
    empty = sum(not (segment.target or "").strip() for segment in texts)
    copied = sum((s.target or "").strip() == s.source.strip() for s in texts if _must_change(s.source))
    remarks = [f"empty translations, which count as such: {empty} of {len(texts)}"] if empty else []
    remarks += [f"translations that are the source unchanged: {copied} of {len(texts)}"] if copied else []
    references = [segment.reference or "" for segment in segments]
    return remarks + _check_language("the translations", [s.target or "" for s in segments], references, languages)


def _check_language(
    what: str, texts: Sequence[str], references: Sequence[str], languages: tuple[str, str]
) -> list[str]:
    """Are the texts in the target language? By the share of words that its dictionary, and the source's, know."""
    source, target = languages
    share, other, usual = _known_share(texts, target), _known_share(texts, source), _known_share(references, target)
    if share is None:
        return []
    if other is not None and not is_same(source, target) and other > share + 0.1:
        return [f"{what} look like {source} rather than {target} ({other:.0%} of the words known, {share:.0%})"]
    if usual and share < _DOUBT * usual:
        return [f"{what} hardly look like {target}: {share:.0%} of the words known, {usual:.0%} of the references'"]
    if usual is None and share < _LITTLE:
        return [f"{what} hardly look like {target}: {share:.0%} of the words known"]
    return []


def _known_share(texts: Sequence[str], lang: str) -> float | None:
    """The share of words that the language's dictionary knows, in a sample; None where there is none to tell by."""
    step = max(1, len(texts) // _SAMPLE)
    sample = [word for text in texts[::step] for word in words(text) if word.isalpha()]
    lookups = [lemmatization.is_known(word, lang) for word in sample]
    return float(np.mean([bool(is_known) for is_known in lookups])) if lookups and None not in lookups else None


def _must_change(text: str) -> bool:
    """Whether a text is so long that its translation must differ from it."""
    return sum(word.isalpha() and word.islower() for word in words(text)) > 3
