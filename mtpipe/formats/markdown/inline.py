"""Inline markup of Markdown with its positions: what in a paragraph is a code, and where it is cut into lines.

markdown-it-py decides what is markup (CommonMark, tables, strikethrough); its rules are wrapped to note positions,
which its tokens don't have.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkLabel
from markdown_it.rules_inline import (
    StateInline,
    autolink,
    backtick,
    emphasis,
    entity,
    escape,
    html_inline,
    image,
    link,
    newline,
    strikethrough,
)

from mtpipe.document import inline_codes
from mtpipe.formats.html.tags import VOID, tokens

LIMIT = 100_000  # characters of one paragraph that are parsed; some of the parser's rules take quadratic time
_OPAQUE = frozenset("code kbd samp var script style svg math".split())
_RULES: dict[str, Callable[[StateInline, bool], bool]] = {
    "newline": newline, "escape": escape, "backticks": backtick, "strikethrough": strikethrough.tokenize,
    "emphasis": emphasis.tokenize, "link": link, "image": image, "autolink": autolink, "html_inline": html_inline,
    "entity": entity,
}
# Markup of common dialects that CommonMark doesn't know: math, footnote references, attributes, short codes.
_DIALECTS = re.compile(
    r"\$\$[^$\n]{1,500}\$\$|(?<![\\$\w])\$(?=[^\s$])[^$\n]{0,500}(?<=[^\s\\$])\$(?![\w$])|\[\^[^\]\s]{1,80}\]|"
    r"\{[#.:][^{}\n]{1,100}\}|\{\{[<%][^{}\n]{1,200}[%>]\}\}|(?<![\w:]):[a-z0-9_+-]{2,30}:(?![\w:])")


@dataclass(frozen=True, slots=True)
class MarkdownMark:
    """Markup at content[start:end]; literal is what stands for it, name what it pairs by ("" for none)."""

    start: int
    end: int
    literal: str
    kind: str = "alone"
    name: str = ""


class InlineParser:
    """Finds the marks of a paragraph's content; env holds the document's link references (markdown-it's)."""

    def __init__(self) -> None:
        self.blocks = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
        self._inline = MarkdownIt("commonmark").enable("strikethrough")
        for name, rule in _RULES.items():
            self._inline.inline.ruler.at(name, _noting(name, rule))
        self._inline.inline.ruler2.disable("fragments_join")

    def marks(self, content: str, env: dict[str, Any]) -> tuple[list[MarkdownMark], list[tuple[int, int]]]:
        """(marks in order, not overlapping and well nested; spans of hard line breaks)."""
        if len(content) > LIMIT:
            return _placeholders(content), []
        marks: list[MarkdownMark] = []
        breaks: list[tuple[int, int]] = []
        for token in self._inline.inline.parse(content, self._inline, env, []):
            for start, end, literal in token.meta.get("marks", ()):
                if token.type == "hardbreak":
                    breaks.append((start, end))
                    continue
                kind = ("close", "alone", "open")[token.nesting + 1]
                name = token.type.removesuffix("_open").removesuffix("_close") if kind != "alone" else ""
                if token.type == "image":
                    kind, name = ("open" if literal == "![" else "close"), "image"
                elif token.type in ("strong_open", "strong_close"):  # its token stands on the inner of two characters
                    start, end = (start - 1, end) if kind == "open" else (start, end + 1)
                    literal = content[start:end]
                elif token.type == "html_inline":
                    kind, name = _html_kind(literal)
                elif literal.startswith("<"):  # <https://…> makes a link's tokens, too
                    kind, name = "alone", ""
                elif token.type == "text":
                    continue
                marks.append(MarkdownMark(start, end, literal, kind, name))
        others = _placeholders(content)
        others += [MarkdownMark(*match.span(), match[0]) for match in _DIALECTS.finditer(content)]
        return _nested(_without_overlaps(content, marks, others), content), breaks


def _placeholders(content: str) -> list[MarkdownMark]:
    return [MarkdownMark(code.start, code.end, content[code.start:code.end]) for code in inline_codes.find(content)]


def _noting(name: str, rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """The rule, noting (start, end, literal) in meta["marks"] of the tokens it makes."""

    def note(state: StateInline, silent: bool) -> bool:
        start, first = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if silent or len(state.tokens) == first:
            return True
        text = state.src[start:state.pos]
        new = state.tokens[first:]
        if name in ("emphasis", "strikethrough"):
            position = state.pos
            for token in reversed(new):
                if token.type != "text" or position <= start:
                    break
                token.meta["marks"] = [(position - len(token.content), position, token.content)]
                position -= len(token.content)
        elif name in ("link", "image"):
            opening = (start, start + len("![" if name == "image" else "["))
            label_end = parseLinkLabel(state, opening[1] - 1, name == "link")
            closing = state.src[label_end:state.pos]
            if closing in ("]", "][]"):  # the label is the reference: a translated text needs it beside it
                closing = f"][{state.src[opening[1]:label_end]}]"
            marks = [(*opening, state.src[slice(*opening)]), (label_end, state.pos, closing)]
            if name == "image":
                new[-1].meta["marks"] = marks
            else:
                opener = next(token for token in new if token.type == "link_open")
                opener.meta["marks"], new[-1].meta["marks"] = marks[:1], marks[1:]
        elif new[-1].type not in ("softbreak", "text") and (new[-1].type, new[-1].content) != ("text_special", text):
            new[-1].meta["marks"] = [(start, state.pos, text)]
        return True

    return note


def _html_kind(literal: str) -> tuple[str, str]:
    token = next(tokens(literal))
    if token.kind not in ("open", "close") or token.name in VOID:
        return "alone", ""
    return token.kind, f"<{token.name}>"


def _without_overlaps(content: str, marks: list[MarkdownMark], others: list[MarkdownMark]) -> list[MarkdownMark]:
    """All marks but those within a longer one; when one half of a pair goes, the other one is dropped as unpaired."""
    outermost: list[MarkdownMark] = []
    for mark in sorted(marks + others, key=_leftmost_longest):
        if outermost and mark.start < outermost[-1].end:
            # a role or placeholder that begins earlier swallows the markup in it; one that only touches goes itself
            continue
        outermost.append(mark)
    return outermost


def _leftmost_longest(mark: MarkdownMark) -> tuple[int, int]:
    return mark.start, -mark.end


def _nested(marks: list[MarkdownMark], content: str) -> list[MarkdownMark]:
    """The marks with kinds that nest; elements like <code> … </code> as one mark, halves without partner alone."""
    partner = inline_codes.partners(marks)
    groups, lone = _groups(marks, partner)
    result: list[MarkdownMark] = []
    i = 0
    while i < len(marks):
        mark, last = marks[i], groups.get(i, i)
        if partner.get(i, -1) > i and _is_opaque(mark):
            last = partner[i]
            mark = MarkdownMark(mark.start, marks[last].end, content[mark.start:marks[last].end])
        elif last > i:
            mark = MarkdownMark(mark.start, marks[last].end, content[mark.start:marks[last].end], mark.kind)
        result.append(replace(mark, kind="alone") if i in lone or mark.kind != "alone" and i not in partner else mark)
        i = last + 1
    return result


def _is_opaque(mark: MarkdownMark) -> bool:
    return mark.name[1:-1] in _OPAQUE or mark.name.startswith("<") and 'translate="no"' in mark.literal


def _are_one(marks: list[MarkdownMark], partner: dict[int, int], i: int) -> bool:
    """Do delimiters i and i + 1 touch and consist of the same character?"""
    a, b = marks[i], marks[i + 1]
    return a.end == b.start and i in partner and i + 1 in partner and a.literal[-1:] == b.literal[:1] in ("*", "_")


def _groups(marks: list[MarkdownMark], partner: dict[int, int]) -> tuple[dict[int, int], set[int]]:
    """(first → last of delimiters that touch, like ***, and are one mark; indices of marks that stand alone then).

    Two delimiters of the same character at one place can't be told apart in a target. Where their partners touch as
    well they are one pair; else they and their partners are no pairs.
    """
    groups: dict[int, int] = {}
    first = 0
    for i in range(1, len(marks) + 1):
        if i == len(marks) or not _are_one(marks, partner, i - 1):
            if first < i - 1:
                groups[first] = i - 1
            first = i
    spans = set(groups.items())
    lone: set[int] = set()
    for low, high in spans:
        others = [partner[i] for i in range(high, low - 1, -1)]
        is_mirrored = others == list(range(others[0], others[-1] + 1)) and (others[0], others[-1]) in spans
        if not is_mirrored or len({marks[i].kind for i in range(low, high + 1)}) > 1:
            lone |= {*range(low, high + 1), *others}
    return groups, lone
