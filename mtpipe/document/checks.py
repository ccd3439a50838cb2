"""Checks of the form of a translation, by name, as translators know them from pofilter and Weblate.

They judge what languages may rightly do otherwise, so none is on until it is asked for. Texts are without inline codes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from mtpipe.document import inline_codes, numbers, paired_marks
from mtpipe.document.segment import Segment, TermError
from mtpipe.errors import ConfigError, amount
from mtpipe.languages.scripts import is_unspaced
from mtpipe.languages.tags import primary_subtag

KIND = "check"  # of the errors
_END = re.compile(r"(?P<mark>\.\.\.|[.:;!?…。．：；！？؟۔।])[\s\"'“”‘’»«)\]）】」』\ufffc]*\Z")
_MARKS = str.maketrans("。．：；！？؟۔।", "..:;!??..")
_DOUBLED = re.compile(r"(?<!\w)([^\W\d_]{2,})\s+\1(?!\w)", re.IGNORECASE)
_URL = re.compile(r"(?:https?|ftp)://[^\s<>\"'“”）)]+")
_ACCELERATOR = re.compile(r"[&_](?=[^\W_])")
_ELLIPSIS = re.compile(r"\.{3}|…")
_WORDS = 3  # a sentence of so many that is left as it is was not translated


def check(segment: Segment, names: Iterable[str], lang: str) -> tuple[TermError, ...]:
    """An error, its rule the check's name, for each check of these that the segment's target fails."""
    target = segment.target or ""
    if not target.strip():
        return ()
    source = inline_codes.blotted(segment.source, segment.codes)[0]
    text = inline_codes.blotted(target, inline_codes.locate(segment.source, segment.codes, target))[0]
    return tuple(TermError(KIND, None, (), finding, name) for name in names
                 if (finding := CHECKS[name](source, text, primary_subtag(lang))))


def select(names: Iterable[str]) -> tuple[str, ...]:
    """The checks of these names, all of them for "all"; raises ConfigError for unknown ones."""
    selection = tuple(name.strip() for name in names if name.strip())
    selection = tuple(CHECKS) if selection == ("all",) else selection
    if unknown := [name for name in selection if name not in CHECKS]:
        raise ConfigError(f"no such check: {', '.join(unknown)}; available: all, {', '.join(CHECKS)}")
    return selection


def _end_punctuation(source: str, target: str, lang: str) -> str:
    ends = [match["mark"].translate(_MARKS).replace("...", "…") if (match := _END.search(text)) else ""
            for text in (source, target)]
    if lang in ("th", "lo", "km") and ends[1] == "" or lang == "el" and ends == ["?", ";"]:
        return ""
    return "" if ends[0] == ends[1] else f"ends with “{ends[1]}”, the source with “{ends[0]}”"


def _brackets(source: str, target: str, lang: str) -> str:
    counts = [Counter(paired_marks.brackets(text)) for text in (source, target)]
    odd = counts[1] - counts[0], counts[0] - counts[1]
    return "" if not any(odd) else f"brackets differ: {' '.join([*odd[0].elements(), *odd[1].elements()])}"


def _quotes(source: str, target: str, lang: str) -> str:
    is_lone = paired_marks.has_lone_quote(target) and not paired_marks.has_lone_quote(source)
    return "a quotation mark without its other half" if is_lone else ""


def _doubled_words(source: str, target: str, lang: str) -> str:
    if is_unspaced(lang) or _DOUBLED.search(source):
        return ""
    match = _DOUBLED.search(target)
    return f"“{match[0]}”" if match else ""


def _outer_space(source: str, target: str, lang: str) -> str:
    ends = [(text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]) for text in (source, target)]
    return "" if ends[0] == ends[1] else "white space at the beginning or end differs"


def _newlines(source: str, target: str, lang: str) -> str:
    counts = source.count("\n"), target.count("\n")
    return "" if counts[0] == counts[1] else f"{amount(counts[1], 'line break')}, {counts[0]} in the source"


def _numbers(source: str, target: str, lang: str) -> str:
    added = set(numbers.find(target))
    for language in numbers.LANGUAGES if added else ():  # the source may have them as words
        added &= numbers.missing(target, sorted(added), source, language)
    return ", ".join(target[start:end] for start, end in sorted(added))


def _urls(source: str, target: str, lang: str) -> str:
    return ", ".join(sorted(set(_URL.findall(target)) ^ set(_URL.findall(source))))


def _accelerators(source: str, target: str, lang: str) -> str:
    counts = [len(_ACCELERATOR.findall(text)) for text in (source, target)]
    return "" if counts[0] != 1 or counts[1] == 1 else f"{amount(counts[1], 'accelerator')}, 1 in the source"


def _ellipsis(source: str, target: str, lang: str) -> str:
    forms = [set(_ELLIPSIS.findall(text)) for text in (source, target)]
    return "" if not all(forms) or forms[0] == forms[1] else f"“{forms[1].pop()}”, the source has “{forms[0].pop()}”"


def _same_text(source: str, target: str, lang: str) -> str:
    words = [word for word in source.split() if word.isalpha()]
    return "the source itself" if source.strip() == target.strip() and len(words) >= _WORDS else ""


# (source, target, target language) → what is wrong, "" if nothing is
CHECKS: dict[str, Callable[[str, str, str], str]] = {
    "end-punctuation": _end_punctuation, "brackets": _brackets, "quotes": _quotes, "doubled-words": _doubled_words,
    "outer-space": _outer_space, "newlines": _newlines, "numbers": _numbers, "urls": _urls,
    "accelerators": _accelerators, "ellipsis": _ellipsis, "same-text": _same_text,
}  # fmt: skip
