"""What of HTML is text to translate, and how it is put back: for HTML files and for HTML inside Markdown."""

from __future__ import annotations

import html
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mtpipe.document import inline_codes as inline
from mtpipe.document.segment import Code
from mtpipe.formats.editing.inplace import Edit, Span, replaced
from mtpipe.formats.html.tags import Attribute, HtmlToken, attributes, core, tokens

_BLOCKS = frozenset("""
    address area article aside audio base basefont blockquote body button canvas caption center col colgroup dd details
    dialog dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header
    hgroup hr html iframe input label legend li link main map menu menuitem meta nav noembed noframes noscript object
    ol optgroup option p param plaintext pre script search section select source style summary table tbody td template
    textarea tfoot th thead title tr track ul video xmp""".split())
_OPAQUE = frozenset("code kbd samp var pre script style textarea svg math xmp listing template".split())
# Elements without an end tag: an element on the right ends the one on the left when that is the innermost one.
_ENDED_BY = {
    "li": {"li"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "td": {"td", "th", "tr"}, "th": {"td", "th", "tr"},
    "tr": {"tr"}, "option": {"option", "optgroup"},
    "p": _BLOCKS - {"button", "input", "label", "map", "area", "noscript", "object", "select", "video", "audio"},
}
_TEXT_ATTRIBUTES = frozenset("alt title placeholder aria-label aria-description aria-placeholder summary".split())
_TEXT_METAS = frozenset("""description keywords abstract subject title og:title og:description og:site_name
    twitter:title twitter:description""".split())
_MAY_HAVE_TEXT = re.compile("|".join(sorted(_TEXT_ATTRIBUTES | {"content", "value"})), re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_BLANK = r"(?:[ \t\r\n\f\xa0]|&nbsp;|&#160;|&#[xX][aA]0;)+"
_BLANK_START, _BLANK_END = re.compile(_BLANK), re.compile(rf"{_BLANK}\Z")
_SENTENCE_END = (".", "!", "?", ":", ";", "…", "。", "！", "？", "：")


@dataclass(frozen=True, slots=True)
class HtmlSlot:
    """A translatable place text[start:end]: running text (quote None) or an attribute's value in quote ("" for none).

    tags: start and end of each inline markup in it, in one row; escaped: entity spellings that stay as they are because
    they look like it.
    """

    start: int
    end: int
    source: str
    codes: tuple[Code, ...]
    quote: str | None = None
    tags: array[int] = field(default_factory=lambda: array("Q"))
    escaped: tuple[str, ...] = ()


def extract(text: str) -> list[HtmlSlot]:
    """All translatable places, in order; an attribute inside running text comes before that text."""
    slots: list[HtmlSlot] = []
    opaque = _opaque_elements(text, page := list(tokens(text)))
    run: list[HtmlToken] = []
    skipped_to = 0
    for token in page:
        if token.start < skipped_to:
            continue
        is_block = token.name in _BLOCKS
        end = opaque.get(token.start)
        if end is not None:
            skipped_to = end
            token = HtmlToken("code", token.start, end, token.name)
        elif token.kind in ("open", "void") and _MAY_HAVE_TEXT.search(text, token.start, token.end):
            slots += _attribute_slots(text, token)
        if is_block or token.name == "br" and _ends_line(text, run):
            slots += _text_slot(text, run)
            run = []
        else:
            run.append(token)
    return sorted(slots + _text_slot(text, run), key=_by_place)


def _by_place(slot: HtmlSlot) -> tuple[int, int]:
    """Attributes stand within the text they belong to and are read first."""
    return slot.end, -slot.start


def fill(text: str, slots: Sequence[HtmlSlot], targets: Sequence[str | None], edits: Iterable[Edit] = ()) -> str:
    """text with the targets in their slots; what has none, or its source, is byte for byte the same.

    edits are further replacements (start, end, new) outside the slots.
    """
    changed = [(slot, target) for slot, target in zip(slots, targets, strict=True)
               if target is not None and target != slot.source]
    values = sorted((slot.start, slot.end, _as_value(slot, target))
                    for slot, target in changed if slot.quote is not None)
    starts = [start for start, *_ in values]
    texts: list[Edit] = []
    outside: list[Edit] = []
    position = 0
    for slot, target in changed:
        if slot.quote is None:
            low, high = bisect_left(starts, slot.start), bisect_left(starts, slot.end)
            texts.append((slot.start, slot.end, _as_markup(text, slot, target, values[low:high])))
            outside += values[position:low]
            position = high
    return replaced(text, sorted((*texts, *outside, *values[position:], *edits)))


def _opaque_elements(text: str, page: Iterable[HtmlToken]) -> dict[int, int]:
    """Start of each element that must not be translated → its end, as far as browsers would see one."""
    ends: dict[int, int] = {}
    stack: list[tuple[str, int, bool]] = []
    is_open: dict[str, int] = {}

    def pop(end: int) -> str:
        name, start, is_opaque = stack.pop()
        is_open[name] -= 1
        if is_opaque:
            ends[start] = end
        return name

    for token in page:
        if token.kind == "open":
            while stack and token.name in _ENDED_BY.get(stack[-1][0], ()):
                pop(token.start)
            stack.append((token.name, token.start, _is_opaque(text, token)))
            is_open[token.name] = is_open.get(token.name, 0) + 1
        elif token.kind == "void" and _is_opaque(text, token):
            ends[token.start] = token.end
        elif token.kind == "close" and is_open.get(token.name):
            while stack[-1][0] != token.name:
                pop(token.start)
            pop(token.end)
    for name, start, is_opaque in stack:
        if is_opaque and name in _BLOCKS:  # an inline element that is never closed is a slip, not a wish
            ends[start] = len(text)
    return ends


def _is_opaque(text: str, token: HtmlToken) -> bool:
    if token.name in _OPAQUE:
        return True
    tag = text[token.start:token.end].lower()
    return "translate" in tag and any(
        name == "translate" and value.strip().lower() == "no"
        or name == "class" and "notranslate" in value.lower().split()
        for name, value, *_ in attributes(text, token))


def _attribute_slots(text: str, token: HtmlToken) -> Iterator[HtmlSlot]:
    row = list(attributes(text, token))
    by_name = {attribute.name: attribute.value.lower() for attribute in row}
    for attribute in row:
        if _is_text(token.name, attribute, by_name) and _LETTER.search(attribute.value):
            source = _SPACE.sub(" ", attribute.value).strip()
            slot_codes = tuple(Code(code.start, code.end) for code in inline.find(source))
            if inline.has_words(source, slot_codes):
                yield HtmlSlot(attribute.start, attribute.end, source, slot_codes, attribute.quote)


def _is_text(element: str, attribute: Attribute, by_name: dict[str, str]) -> bool:
    if attribute.name == "content":
        return element == "meta" and (by_name.get("name") or by_name.get("property")) in _TEXT_METAS
    if attribute.name == "value":
        return element == "input" and by_name.get("type") in ("button", "submit", "reset")
    return attribute.name in _TEXT_ATTRIBUTES and element not in ("link", "style")


def _ends_line(text: str, run: list[HtmlToken]) -> bool:
    """Does a <br> after this run separate sentences? Else it is a code within one."""
    for token in reversed(run):
        if token.name == "br":
            return True
        content = text[token.start:token.end].rstrip() if token.kind == "text" else ""
        if content:
            return content.endswith(_SENTENCE_END)
    return True


def _text_slot(text: str, run: list[HtmlToken]) -> list[HtmlSlot]:
    """The run without the markup around its text, as a slot; [] when it has no words."""
    if not any(token.kind == "text" and _LETTER.search(text, token.start, token.end) for token in run):
        return []
    kinds = _kinds(run)
    run, kinds = _trimmed(text, run, kinds)
    tags = array("Q", (place for token in run if token.kind != "text" for place in (token.start, token.end)))
    literals = {text[start:end] for start, end in _spans(tags)}
    escaped: set[str] = set()
    source, codes = "", []
    for token, kind in zip(run, kinds, strict=True):
        if token.kind != "text":
            codes.append(Code(len(source), len(source) + token.end - token.start, kind))
            source += text[token.start:token.end]
            continue
        words = _SPACE.sub(" ", html.unescape(text[token.start:token.end].replace("\0", "")))
        for piece, piece_codes in _pieces(words if source else words.lstrip(" \xa0"), literals, escaped):
            shift = len(source)
            codes += [Code(code.start + shift, code.end + shift, "alone") for code in piece_codes]
            source += piece
    if not inline.has_words(source, codes):
        return []
    first, last = run[0], run[-1]
    start, end = first.start, last.end
    if first.kind == "text" and (blank := _BLANK_START.match(text, start, first.end)):
        start = blank.end()
    if last.kind == "text" and (blank := _BLANK_END.search(text, last.start, end)):
        end = blank.start()
    source = source.rstrip(" \xa0") if last.kind == "text" else source
    return [HtmlSlot(start, end, source, tuple(codes), None, tags, tuple(sorted(escaped)))]


def _spans(tags: Sequence[int]) -> list[Span]:
    return list(zip(tags[::2], tags[1::2], strict=True))


def _pieces(text: str, literals: set[str], escaped: set[str]) -> Iterator[tuple[str, Sequence[Code]]]:
    """Unescaped text with its placeholders; what looks like the markup around it is escaped and a code of its own."""
    position = 0
    for start, end in inline.occurrences(text, literals):
        yield text[position:start], inline.find(text[position:start])
        spelling = html.escape(text[start:end], quote=False)
        escaped.add(spelling)
        yield spelling, (Code(0, len(spelling)),)
        position = end
    yield text[position:], inline.find(text[position:])


def _kinds(run: list[HtmlToken]) -> list[str]:
    """open/close for tags that pair up within the run, alone for all others."""
    partner = inline.partners(run)
    return [token.kind if i in partner else "alone" for i, token in enumerate(run)]


def _trimmed(text: str, run: list[HtmlToken], kinds: list[str]) -> tuple[list[HtmlToken], list[str]]:
    """The run without blank text, lone tags and empty elements at its ends, and without tags around all of it."""
    partner = inline.pairs([Code(token.start, token.end, kind) for token, kind in zip(run, kinds, strict=True)])
    partner |= {closer: opener for opener, closer in partner.items()}
    filled = [0]  # tokens with content before each index: what an element without any holds can be told at once
    for token in run:
        has_content = token.kind == "code" or token.kind == "text" and text[token.start:token.end].strip(" \t\r\n\f")
        filled.append(filled[-1] + bool(has_content))
    low, high = core(filled, partner)
    return run[low:high], kinds[low:high]


def _as_value(slot: HtmlSlot, target: str) -> str:
    value = target.replace("&", "&amp;").replace("<", "&lt;")
    if slot.quote == "":
        return '"' + value.replace('"', "&quot;") + '"'
    return value.replace('"', "&quot;") if slot.quote == '"' else value.replace("'", "&#39;")


def _as_markup(text: str, slot: HtmlSlot, target: str, values: Sequence[Edit]) -> str:
    """The target escaped outside its tags, the tags with their translated attributes."""
    tags = {text[start:end]: (start, end) for start, end in reversed(_spans(slot.tags))}
    has_nbsp = "&nbsp;" in text[slot.start:slot.end]
    pieces: list[str] = []
    position = 0

    def escape(part: str) -> str:
        part = html.escape(part, quote=False)
        return part.replace("\xa0", "&nbsp;") if has_nbsp else part

    for start, end in inline.occurrences(target, (*tags, *slot.escaped)):
        pieces.append(escape(target[position:start]))
        tag = target[start:end]
        if tag in tags:
            first, last = tags[tag]
            tag = replaced(tag, [(s - first, e - first, value) for s, e, value in values if first <= s and e <= last])
        pieces.append(tag)
        position = end
    return "".join((*pieces, escape(target[position:])))
