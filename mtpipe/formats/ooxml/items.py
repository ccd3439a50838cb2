"""A paragraph of an Office document as a row of items: texts with their formats, what stands alone, what marks words.

Runs break anywhere, also within words; an item knows how to stand alone when its run is taken apart.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mtpipe.formats.editing import xml
from mtpipe.formats.editing.xml import Element

WORD = frozenset(("http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                  "http://purl.oclc.org/ooxml/wordprocessingml/main"))
DRAWING = frozenset(("http://schemas.openxmlformats.org/drawingml/2006/main",
                     "http://purl.oclc.org/ooxml/drawingml/main"))
SHEET = frozenset(("http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                   "http://purl.oclc.org/ooxml/spreadsheetml/main"))
NAMESPACES = WORD | DRAWING | SHEET
_WRAPS = frozenset("hyperlink smartTag customXml dir bdo".split())  # elements around runs
_TRACKED = frozenset("ins moveTo".split())
_DELETED = frozenset("del moveFrom rPh phoneticPr".split())  # a reading aid (rPh) is of the old text
_SILENT = frozenset("""proofErr lastRenderedPageBreak softHyphen rPr pPr instrText delText delInstrText endParaRPr
    """.split())
_SHOWN = frozenset("fld sym oMath oMathPara ruby fldSimple sdt pgNum dayLong monthLong yearLong subDoc".split())
_CHOSEN = frozenset("date dropDownList comboBox picture docPartList docPartObj checkbox dataBinding".split())
# Differences of format that nobody sees, or that come of typing and correcting.
_UNSEEN = re.compile(r"<(\w+:)?(?:lang|noProof|webHidden|spacing|kern|rStyle w:val=\"Hyperlink\")\b[^>]*/>|"
                     r"<(\w+:)?(rPrChange)\b.*?</(\w+:)?rPrChange>|<(\w+:)?(?:ins|del|moveTo|moveFrom)\b[^>]*/>",
                     re.DOTALL)
_UNSEEN_ATTRIBUTES = frozenset("lang altLang dirty err noProof smtClean smtId bmk".split())
_HIDDEN = re.compile(r"<\w+:(?:vanish|specVanish)(?!\s[^>]*=\"(?:0|false|off)\")[^>]*/>")
_LINK = re.compile(r"\s*HYPERLINK\b")
_LISTING = re.compile(r"\s*(?:TOC|TOA|INDEX|RD|BIBLIOGRAPHY)\b")  # fields whose result is text to translate
_SENTENCE_END = re.compile(r"[.!?:;…。！？：]\s*$")


@dataclass(frozen=True, slots=True)
class RunItem:
    """text[start:end] of the part; before and after make it stand alone where it is a part of a run.

    kind: text, alone, open, close, cut (no text goes across), gone (dropped with the next change), field (part of
    one, only while reading). run: the run's tag and format; key: its visible format. is_shown: an alone item that its
    reader sees as text. is_mark: open and close of a tracked change, dropped as well.
    """

    kind: str
    start: int
    end: int
    before: str = ""
    after: str = ""
    text: str = ""
    run: str = ""
    key: str = ""
    is_shown: bool = False
    is_mark: bool = False


def items(part: str, paragraph: Element) -> list[RunItem]:
    """The items of a paragraph, its fields put together, cut where no pair of tags may be separated from its half."""
    return _closed(_together(_fields(part, list(_content(part, paragraph)))))


def partners(row: Sequence[RunItem]) -> dict[int, int]:
    """Index of each open item → index of its close, and back."""
    partner: dict[int, int] = {}
    stack: list[int] = []
    for i, item in enumerate(row):
        if item.kind == "open":
            stack.append(i)
        elif item.kind == "close" and stack:
            partner[i] = stack.pop()
            partner[partner[i]] = i
    return partner


def _content(part: str, parent: Element) -> Iterator[RunItem]:
    for child in parent.children:
        if child.namespace in NAMESPACES and child.name == "r":
            yield from _run(part, child)
        elif child.namespace in NAMESPACES and child.name in _SILENT:
            yield RunItem("gone", child.start, child.end)
        elif child.namespace in NAMESPACES and child.name in _DELETED:
            yield RunItem("gone", child.start, child.end, is_mark=True)
        elif (inner := _wrapped(child)) is not None:
            is_mark = child.name in _TRACKED
            skipped = [c.end for c in inner.children if c.name.endswith("Pr")]
            first = max([inner.inner, *skipped])
            yield RunItem("open", child.start, first, is_mark=is_mark)
            yield from _content(part, inner)
            yield RunItem("close", inner.outer, child.end, is_mark=is_mark)
        elif child.namespace in SHEET and child.name == "t":
            yield RunItem("text", child.start, child.end, text=xml.unescaped(part[child.inner:child.outer]),
                          run=f"<{child.prefix}{':' * bool(child.prefix)}r>")
        else:
            is_break = child.namespace in DRAWING and child.name == "br"
            yield RunItem("alone", child.start, child.end, text="\n" * is_break, is_shown=child.name in _SHOWN)


def _wrapped(element: Element) -> Element | None:
    """The element that holds the runs which element wraps; None where it stands for itself."""
    if element.namespace not in NAMESPACES or not element.children:
        return None
    if element.name in _WRAPS or element.name in _TRACKED:
        return element
    properties = element.child("sdtPr")
    if element.name == "sdt" and not (properties and any(c.name in _CHOSEN for c in properties.children)):
        return element.child("sdtContent")
    return None


def _run(part: str, run: Element) -> Iterator[RunItem]:
    """The items of a run, each with what it needs to be a run of its own."""
    properties = run.child("rPr")
    content = [child for child in run.children if child is not properties]
    look = part[properties.start:properties.end] if properties else ""
    key = _look(part, properties) if properties else ""
    prefix = f"{run.prefix}:" if run.prefix else ""
    opening = f"<{prefix}r>{look}"
    if not content or _HIDDEN.search(look):
        yield RunItem("alone" if content else "gone", run.start, run.end)
        return
    for n, child in enumerate(content):
        is_first, is_last = n == 0, n == len(content) - 1
        before, after = "" if is_first else opening, "" if is_last else f"</{prefix}r>"
        start, end = run.start if is_first else child.start, run.end if is_last else child.end
        kind, text = _child(part, child)
        yield RunItem(kind, start, end, before, after, text, opening, key, child.name in _SHOWN)


def _look(part: str, properties: Element) -> str:
    """What is to be seen of a run's format."""
    attributes = sorted(item for item in properties.attributes.items() if item[0] not in _UNSEEN_ATTRIBUTES)
    return f"{attributes or ''}{_UNSEEN.sub('', part[properties.inner:properties.outer])}"


def _child(part: str, child: Element) -> tuple[str, str]:
    """(kind, text) of an element in a run; the text of a field item says what it does."""
    if child.namespace not in NAMESPACES:
        return "alone", ""
    if child.name == "t":
        text = xml.unescaped(part[child.inner:child.outer])
        is_kept = child.namespace in DRAWING or child.attributes.get("xml:space") == "preserve"
        return "text", text if is_kept else text.strip(" \t\r\n")
    if child.name == "noBreakHyphen":
        return "text", "\u2011"
    if child.name == "fldChar":
        kinds = (value for key, value in child.attributes.items() if key.endswith("fldCharType"))
        return "field", next(kinds, "")
    if child.name == "instrText":
        return "field", "instruction " + xml.unescaped(part[child.inner:child.outer])
    if child.name in _SILENT:
        return "gone", ""
    if child.name in ("tab", "ptab"):
        return "cut", ""
    if child.name in ("br", "cr"):
        is_line = all(value == "textWrapping" for key, value in child.attributes.items() if key.endswith("type"))
        return ("alone", "\n") if is_line else ("cut", "")
    return "alone", ""


def _fields(part: str, row: list[RunItem]) -> list[RunItem]:
    """Each field that begins and ends in the paragraph as one item, a link's as a pair around its text.

    What is left of others (a table of contents goes over many paragraphs) cuts.
    """
    result: list[RunItem] = []
    begins: list[int] = []
    for item in row:
        if item.kind != "field":
            result.append(item)
            continue
        if item.text == "begin":
            begins.append(len(result))
        result.append(item)
        if item.text == "end" and begins:
            first = begins.pop()
            result[first:] = _field(result[first:])
    return [replace(item, kind="cut") if item.kind == "field" else item for item in result]


def _field(row: list[RunItem]) -> list[RunItem]:
    depth = 0
    for item in row:
        depth += {"open": 1, "close": -1}.get(item.kind, 0)
        if depth < 0:
            return row
    if depth:
        return row
    first, last = row[0], row[-1]
    instruction = "".join(item.text[12:] for item in row if item.text.startswith("instruction "))
    separate = next((i for i, item in enumerate(row) if item.kind == "field" and item.text == "separate"), None)
    if _LISTING.match(instruction):
        return row
    if _LINK.match(instruction) and separate is not None:
        middle = row[separate]
        return [RunItem("open", first.start, middle.end, first.before, middle.after, run=middle.run),
                *row[separate + 1:-1], RunItem("close", last.start, last.end, last.before, last.after, run=last.run)]
    is_shown = separate is not None
    return [RunItem("alone", first.start, last.end, first.before, last.after, run=last.run, is_shown=is_shown)]


def _together(row: Sequence[RunItem]) -> list[RunItem]:
    """The row with bookmarks, anchors and the like that follow each other as one item."""
    result: list[RunItem] = []
    for item in row:
        last = result[-1] if result else None
        is_mute = item.kind == "alone" and not (item.text or item.is_shown)
        if is_mute and last and last.kind == "alone" and not (last.text or last.is_shown):
            result[-1] = replace(last, end=item.end, after=item.after, run=item.run)
        else:
            result.append(item)
    return result


def _closed(row: list[RunItem]) -> list[RunItem]:
    """The row with line breaks behind sentences and unpaired tags as cuts, and tags around any cut as cuts, too."""
    partner = partners(row)
    cuts: set[int] = set()
    sentence = ""
    for i, item in enumerate(row):
        is_break = item.kind == "alone" and item.text == "\n"
        if item.kind == "cut" or item.kind in ("open", "close") and i not in partner or \
                is_break and (not sentence.strip() or _SENTENCE_END.search(sentence)):
            cuts.add(i)
        sentence = "" if is_break or item.kind == "cut" else sentence + item.text if item.kind == "text" else sentence
    inner = sorted(cuts)
    for i, j in partner.items():
        at = bisect_right(inner, i)
        if i < j and at < len(inner) and inner[at] < j:
            cuts |= {i, j}
    return [replace(item, kind="cut") if i in cuts else item for i, item in enumerate(row)]
