"""A lossless HTML tokenizer: every character of the text is in exactly one token, however broken the markup is.

Follows the HTML standard where it matters (raw text elements, comments, quoted attributes), in linear time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_RAW_TEXT = frozenset("script style textarea title xmp iframe noembed noframes".split())
_MARKUP = re.compile(r"<(?=[A-Za-z/!?%])")
_NAME = re.compile(r"</?([A-Za-z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"""[\s/]*(?:(?P<end>>)|(?P<name>[^\s/>][^\s/>=]*)"""
                        r"""(?:\s*=\s*(?P<value>"[^"]*"|'[^']*'|[^\s>]+)?)?)""")
# What begins markup that is neither tag nor text → what ends it; the first that fits.
_OTHER = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?php", "?>"), ("<?=", "?>"), ("<%", "%>"), ("<", ">"))


class HtmlToken(NamedTuple):
    """text[start:end]; kind: text, open, close, void (an element without content) or other (comment, script …)."""

    kind: str
    start: int
    end: int
    name: str = ""


class Attribute(NamedTuple):
    """An attribute with its unescaped value, which stands at text[start:end], inside quote ("" if unquoted)."""

    name: str
    value: str
    start: int
    end: int
    quote: str


def tokens(text: str) -> Iterator[HtmlToken]:
    """The tokens of text, in order and without gaps."""
    position, size = 0, len(text)
    while position < size:
        match = _MARKUP.search(text, position)
        start = match.start() if match else size
        if start > position:
            yield HtmlToken("text", position, start)
        if start == size:
            return
        tag_name = _NAME.match(text, start)
        if tag_name is None:
            position = _end_of_other(text, start)
            yield HtmlToken("other", start, position)
            continue
        position = _end_of_tag(text, tag_name.end())
        if position < 0:  # the file ends within the tag: what browsers drop is not touched
            yield HtmlToken("other", start, size)
            return
        name = tag_name[1].lower()
        if text[start + 1] == "/":
            yield HtmlToken("close", start, position, name)
        elif name in VOID or text.endswith("/>", start, position):
            yield HtmlToken("void", start, position, name)
        else:
            yield HtmlToken("open", start, position, name)
            if name in _RAW_TEXT or name == "plaintext":
                end = _end_of_raw(text, position, name)
                if end > position:
                    yield HtmlToken("text" if name == "title" else "other", position, end)
                position = end


def attributes(text: str, token: HtmlToken) -> Iterator[Attribute]:
    """The attributes of an open or void tag."""
    match = _NAME.match(text, token.start)
    position = match.end() if match else token.end
    while (match := _ATTRIBUTE.match(text, position)) and not match["end"]:
        position = match.end()
        value = match["value"] or ""
        quote = value[0] if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1 else ""
        start, end = match.span("value") if value else (position, position)
        inside = (start + 1, end - 1) if quote else (start, end)
        yield Attribute(match["name"].lower(), html.unescape(text[slice(*inside)]), *inside, quote)


def core(filled: Sequence[int], partner: Mapping[int, int]) -> tuple[int, int]:
    """Where a run's content begins and ends, without what is empty at its ends and without pairs around all of it.

    filled: how many items with content stand before each item, and in all. partner: for each half of a pair, the other.
    """
    low, high = 0, len(filled) - 1
    while low < high:
        first, last = partner.get(low, low), partner.get(high - 1, high - 1)
        if filled[first + 1] == filled[low]:
            low = first + 1
        elif filled[high] == filled[last]:
            high = last
        elif first == high - 1 and first > low:
            low, high = low + 1, high - 1
        else:
            break
    return low, high


def _end_of_tag(text: str, position: int) -> int:
    """Index behind the tag's ">", −1 if there is none."""
    if text.startswith(">", position):
        return position + 1
    while match := _ATTRIBUTE.match(text, position):
        position = match.end()
        if match["end"]:
            return position
    return -1


def _end_of_other(text: str, start: int) -> int:
    if text.startswith(("<!-->", "<!--->"), start):
        return text.index(">", start) + 1
    for begin, end in _OTHER:
        if text.startswith(begin, start):
            at = text.find(end, start + len(begin))
            return at + len(end) if at >= 0 else len(text)
    return len(text)


def _end_of_raw(text: str, position: int, name: str) -> int:
    if name == "plaintext":
        return len(text)
    match = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, position)
    return match.start() if match else len(text)
