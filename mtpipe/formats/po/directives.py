"""Format directives of program texts, by the flags of PO entries: what a translation must hold, as msgfmt -c checks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from mtpipe.document.segment import Code

_C = re.compile(r"%(?:\d{1,2}\$)?[-+ #0'I]*(?:\*(?:\d{1,2}\$)?|\d{1,4})?(?:\.(?:\*(?:\d{1,2}\$)?|\d{0,4}))?"
                r"(?:hh?|ll?|[LqjztwH]|I64|I32)?(?:<\w{1,20}>|[%diouxXeEfFgGaAcsCSpnm@])")
_GCC = re.compile(r"%(?:\d{1,2}\$)?[q#+wlz*.\d]*[%a-zA-Z<>'{}@]")
_PYTHON = re.compile(r"%(?:\([^()\n]{1,80}\))?[-+ #0]*(?:\*|\d{1,4})?(?:\.(?:\*|\d{0,4}))?[hlL]?[diouxXeEfFgGcrsa%]")
_BRACES = re.compile(r"\{\{|\}\}|\{(?:[^{}\n]|\{[^{}\n]*\})*\}")
_NUMBERS = re.compile(r"%%|%L?\d{1,2}|%n")
_TILDE = re.compile(r"~[\d,'#:@vV+-]*[A-Za-z%~&|;(){}\[\]<>^]")
_SHELL = re.compile(r"\$\{\w+\}|\$\w+")
_PERCENTS = re.compile(r"%\d{1,2}%|%\|[^|]{1,40}\||%%")
_ICU = re.compile(r"(\{\s*\w+\s*,\s*(?:plural|select|selectordinal|choice)\s*,).*", re.DOTALL)  # its texts follow
_NUMBERED = re.compile(r"%\d{1,2}\$")
_FLAGS = {
    "c": _C, "objc": _C, "php": _C, "perl": _C, "tcl": _C, "awk": _C, "javascript": _C, "lua": _C, "gcc-internal": _GCC,
    "gfc-internal": _GCC, "java-printf": _C, "ruby": re.compile(rf"%<\w+>[-+ #0\d.]*[a-zA-Z]|%\{{\w+\}}|{_C.pattern}"),
    "object-pascal": _C, "go": _C, "d": _C, "ocaml": _C, "modula2": _C, "python": _PYTHON, "python-brace": _BRACES,
    "perl-brace": _BRACES, "csharp": _BRACES, "java": _BRACES, "rust": _BRACES, "c++": _BRACES, "qt": _NUMBERS,
    "qt-plural": _NUMBERS, "kde": _NUMBERS, "kde-kuit": _NUMBERS, "ycp": _NUMBERS, "boost": _PERCENTS, "sh": _SHELL,
    "sh-printf": _C, "lisp": _TILDE, "scheme": _TILDE, "librep": _C, "elisp": _C, "smalltalk": _NUMBERS,
}  # fmt: skip
# What they stand for is named or numbered in the directive itself: their order is free.
_UNORDERED = frozenset(("python-brace", "perl-brace", "csharp", "java", "rust", "c++", "qt", "qt-plural", "kde",
                        "kde-kuit", "ycp", "boost", "sh", "smalltalk"))
_RENUMBERED = frozenset(("c", "objc", "php", "perl", "awk", "java-printf", "gcc-internal", "gfc-internal", "librep"))


def kind(flags: Iterable[str]) -> str:
    """The language whose directives an entry's flags say it has ("c" of "c-format"), "" for none."""
    return next((flag[:-7] for flag in flags if flag.endswith("-format") and flag[:-7] in _FLAGS), "")


def find(text: str, kind: str) -> tuple[Code, ...]:
    """All directives of that kind in text."""
    return tuple(Code(*match.span()) for match in _FLAGS[kind].finditer(text))


def fitted(target: str, source: str, kind: str) -> str:
    """target with directives as source has them, as far as that can be done safely.

    Per cent signs that are no directive of the source are doubled where the kind asks for that; directives that
    changed places are numbered.
    """
    expected = _listed(source, kind)
    if _FLAGS[kind].match("%%") and "%" not in _FLAGS[kind].sub("", source):
        target = _with_doubled(target, source, kind)
    present = _listed(target, kind)
    if kind not in _RENUMBERED or present == expected or Counter(present) != Counter(expected):
        return target
    if any(_NUMBERED.match(each) or "*" in each or each.endswith("m") for each in expected):
        return target
    free: dict[str, list[int]] = {}
    for number, each in enumerate(expected, 1):
        free.setdefault(each, []).append(number)
    return _FLAGS[kind].sub(
        lambda match: match[0] if match[0] == "%%" else f"%{free[match[0]].pop(0)}${match[0][1:]}", target)


def fits(target: str, source: str, kind: str) -> bool:
    """Would a program that formats target like source get what it expects?"""
    expected, present = _listed(source, kind), _listed(target, kind)
    if present and all(_NUMBERED.match(each) for each in present) and not any(map(_NUMBERED.match, expected)):
        numbered = {f"%{number}${each[1:]}" for number, each in enumerate(expected, 1)}
        return kind in _RENUMBERED and set(present) == numbered
    is_named = kind in _UNORDERED or any(each[1:2] in "({<" or _NUMBERED.match(each) for each in expected)
    if not is_named:
        return present == expected
    return Counter(present) == Counter(expected)


def _listed(text: str, kind: str) -> list[str]:
    """The directives that stand for a value, in order."""
    matches = (match[0] for match in _FLAGS[kind].finditer(text))
    return [_ICU.sub(r"\1", match) for match in matches if match not in ("%%", "{{", "}}", "~~", "~%")]


def _with_doubled(target: str, source: str, kind: str) -> str:
    expected = {match[0] for match in _FLAGS[kind].finditer(source)} | {"%%"}
    pieces: list[str] = []
    position = 0
    while (at := target.find("%", position)) >= 0:
        match = _FLAGS[kind].match(target, at)
        end = match.end() if match and match[0] in expected else at + 1
        pieces += (target[position:at], target[at:end] if match and match[0] in expected else "%%")
        position = end
    return "".join((*pieces, target[position:]))
