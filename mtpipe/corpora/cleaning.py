"""What makes a pair unfit to learn from: one chain of checks, each with the reason it gives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from mtpipe.corpora import Pair
from mtpipe.document import inline_codes, sentence_splitting
from mtpipe.document.segment import Code
from mtpipe.formats.editing.accelerators import without_keys
from mtpipe.languages import identification
from mtpipe.languages.scripts import CJK
from mtpipe.languages.tokenization import is_lopsided, length

LONGEST = 500
LONG = 140  # characters: what is shorter is not split
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\x00-\x08\x0e-\x1f\x7f]")
_SYMBOLS = re.compile("[⟦⟧⇒]")
_WORD = re.compile(rf"[{CJK}]|[^\W\d_{CJK}]+")


def tidied(source: str, target: str) -> Pair:
    """Both texts without invisible characters and key marks, white space folded."""
    source, target = (" ".join(_INVISIBLE.sub("", text).split()) for text in (source, target))
    source, target = without_keys(source, target)
    return source.strip(), target.strip()


def fault(pair: Pair, source_lang: str, target_lang: str, longest: int = LONGEST) -> str | None:
    """The first reason why a tidied pair is unfit, one of REASONS; None for a good one.

    longest: characters of one side, codes left out and Chinese and Japanese ones counted 2.5 times.
    """
    if not all(pair):
        return "empty"
    if any(map(_SYMBOLS.search, pair)):
        return "annotation symbols"
    codes = [inline_codes.find(text) for text in pair]
    texts = [inline_codes.mask(text, own, "").strip() if own else text for text, own in zip(pair, codes, strict=True)]
    if not all(map(_WORD.search, texts)):
        return "no words"
    if pair[0] == pair[1]:
        return "source = target"
    if max(map(length, texts)) > longest:
        return "too long"
    if is_lopsided(*texts):
        return "length ratio"
    for check, name in _LANGUAGE.items():
        if check(texts[0], source_lang) or check(texts[1], target_lang):
            return name
    return _code_fault(pair, codes)


def sentences(pair: Pair, source_lang: str, target_lang: str) -> list[Pair]:
    """The sentences of a long pair where both sides have equally many, of like lengths; else the pair itself.

    Models translate sentence by sentence, and paragraphs are longer than what they are trained on.
    """
    if max(map(len, pair)) < LONG:
        return [pair]
    sides = [[text[start:end] for start, end in sentence_splitting.spans(text, inline_codes.find(text), lang)]
             for text, lang in zip(pair, (source_lang, target_lang), strict=True)]  # fmt: skip
    pieces = list(zip(*sides)) if len(sides[0]) == len(sides[1]) else [pair]
    return [pair] if any(is_lopsided(*piece) for piece in pieces) else pieces


def without_tags(pair: Pair) -> Pair:
    """Both texts without their paired tags."""
    source, target = (" ".join(inline_codes.plain_text(text).split()) for text in pair)
    return source, target


def _code_fault(pair: Pair, codes: list[tuple[Code, ...]]) -> str | None:
    source, target = (Counter(inline_codes.literals(text, own)) for text, own in zip(pair, codes, strict=True))
    if source != target:
        return "placeholder parity"
    return "broken markup" if inline_codes.broken(pair[0], codes[0], pair[1]) else None


_LANGUAGE: dict[Callable[[str, str], bool], str] = {
    identification.is_other_script: "wrong script", identification.is_other_language: "wrong language",
}  # fmt: skip
# in the order of the checks; the last two are found among the pairs, not in one
REASONS = ("empty", "annotation symbols", "no words", "source = target", "too long", "length ratio",
           *_LANGUAGE.values(), "placeholder parity", "broken markup", "duplicate", "contamination")  # fmt: skip
