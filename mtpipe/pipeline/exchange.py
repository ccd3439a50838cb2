"""A job's sentences as files that people and CAT tools edit, and the edits back by id: XLIFF, TMX, XLSX, CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from lxml import etree

from mtpipe import __version__
from mtpipe.document import inline_codes
from mtpipe.document.segment import Code
from mtpipe.errors import InputError
from mtpipe.io import atomic
from mtpipe.pipeline.review import Sentence

XLIFF, XLIFF2 = "urn:oasis:names:tc:xliff:document:1.2", "urn:oasis:names:tc:xliff:document:2.0"
_XML = "{http://www.w3.org/XML/1998/namespace}"
MATCHES = "urn:oasis:names:tc:xliff:matches:2.0"
_HEADS = ("id", "document", "source", "draft", "target", "errors", "confidence", "alternatives", "status", "comment")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
Languages = tuple[str, str]


def write(rows: Sequence[Sentence], path: Path, kind: str, languages: Languages) -> None:
    """Writes rows as a file of that kind (of KINDS), all or nothing; raises InputError for what it can't hold."""
    try:
        with atomic.replacement(path) as part:
            KINDS[kind](rows, part, languages)
    except ValueError as error:
        raise InputError(f"{path}: a sentence holds characters that {kind} can't carry ({error}); use csv") from error


def read(path: Path) -> dict[str, str]:
    """The targets by id in a file that `write` made and people edited; raises InputError."""
    suffix = path.suffix.lower()
    try:
        if suffix in (".csv", ".xlsx"):
            return _read_table(path, suffix)
        root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    except (OSError, ValueError, etree.XMLSyntaxError, csv.Error, KeyError, BadZipFile) as error:
        raise InputError(f"{path}: can't be read ({error}); give what `mtpipe export` wrote, edited") from error
    name = etree.QName(root)
    if name.localname == "tmx":
        return _read_tmx(root)
    if name.namespace == XLIFF:
        return _read_xliff(root)
    if name.namespace == XLIFF2:
        return _read_xliff2(root)
    raise InputError(f"{path}: not XLIFF 1.2 or 2, TMX, XLSX or CSV; give what `mtpipe export` wrote, edited")


def _write_csv(rows: Sequence[Sentence], path: Path, languages: Languages) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(_HEADS)
        table.writerows(map(_cells, rows))


def _write_xlsx(rows: Sequence[Sentence], path: Path, languages: Languages) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("sentences")
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCDEFGHIJ", (24, 24, 60, 60, 60, 40, 11, 60, 11, 40)):
        sheet.column_dimensions[column].width = width
    sheet.append(_HEADS)
    for row in rows:
        cells = []
        for value in _cells(row):
            cell = openpyxl.cell.WriteOnlyCell(sheet, value)
            if isinstance(value, str):
                cell.data_type = "s"  # a text that begins with = is no formula
            cells.append(cell)
        sheet.append(cells)
    book.save(path)


def _cells(row: Sentence) -> list[str | float | None]:
    errors = "; ".join(row.errors)
    return [row.id, row.document, row.source, row.draft, row.target, errors, row.confidence,
            "\n".join(row.alternatives), row.status, row.comment]  # fmt: skip


def _read_table(path: Path, suffix: str) -> dict[str, str]:
    if suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
    else:
        book = openpyxl.load_workbook(path, read_only=True)
        lines = [["" if value is None else str(value) for value in line] for line in book.worksheets[0].values]
    heads = [head.strip().lower() for head in lines[0]] if lines else []
    if "id" not in heads or "target" not in heads:
        raise ValueError("it has no columns id and target")
    place, text = heads.index("id"), heads.index("target")
    return {line[place]: line[text] for line in lines[1:] if len(line) > max(place, text) and line[place]}


def _write_tmx(rows: Sequence[Sentence], path: Path, languages: Languages) -> None:
    root = etree.Element("tmx", version="1.4")
    etree.SubElement(root, "header", {
        "creationtool": "mtpipe", "creationtoolversion": __version__, "segtype": "sentence", "o-tmf": "mtpipe",
        "adminlang": "en", "srclang": languages[0], "datatype": "plaintext",
    })  # fmt: skip
    body = etree.SubElement(root, "body")
    for row in rows:
        if row.target is None:
            continue
        unit = etree.SubElement(body, "tu", tuid=row.id)
        for lang, text, codes in ((languages[0], row.source, row.codes), (languages[1], row.target, _codes(row))):
            variant = etree.SubElement(unit, "tuv", {f"{_XML}lang": lang})
            _fill(etree.SubElement(variant, "seg"), "ph", "x", text, codes, row)
    _save(root, path)


def _read_tmx(root: etree._Element) -> dict[str, str]:
    units = {unit.get("tuid", ""): unit.findall("tuv/seg") for unit in root.iter("tu")}
    return {id: _text(segs[1]) for id, segs in units.items() if id and len(segs) > 1}


def _write_xliff(rows: Sequence[Sentence], path: Path, languages: Languages) -> None:
    root = etree.Element(f"{{{XLIFF}}}xliff", nsmap=_default(XLIFF), version="1.2")
    for document, sentences in _by_document(rows):
        file = etree.SubElement(root, f"{{{XLIFF}}}file", {
            "original": document, "source-language": languages[0], "target-language": languages[1],
            "datatype": "plaintext", "tool-id": "mtpipe",
        })  # fmt: skip
        head = etree.SubElement(file, f"{{{XLIFF}}}header")
        etree.SubElement(head, f"{{{XLIFF}}}tool", {"tool-id": "mtpipe", "tool-name": "mtpipe"})
        body = etree.SubElement(file, f"{{{XLIFF}}}body")
        for row in sentences:
            approved = {"approved": "yes"} if row.status == "approved" else {}
            unit = etree.SubElement(body, f"{{{XLIFF}}}trans-unit",
                                    {"id": row.id, f"{_XML}space": "preserve", **approved})  # fmt: skip
            _fill(etree.SubElement(unit, f"{{{XLIFF}}}source"), f"{{{XLIFF}}}ph", "id", row.source, row.codes, row)
            if row.target is not None:
                target = etree.SubElement(unit, f"{{{XLIFF}}}target", state=_state(row))
                _fill(target, f"{{{XLIFF}}}ph", "id", row.target, _codes(row), row)
            for error in row.errors:
                etree.SubElement(unit, f"{{{XLIFF}}}note", {"from": "mtpipe", "priority": "1"}).text = error
            if row.comment:
                etree.SubElement(unit, f"{{{XLIFF}}}note", {"from": "reviewer"}).text = row.comment
            for origin, text, quality in _alternatives(row):
                other = etree.SubElement(unit, f"{{{XLIFF}}}alt-trans", {
                    "origin": origin, **({} if quality is None else {"match-quality": f"{quality * 100:.0f}%"})
                })  # fmt: skip
                _fill(etree.SubElement(other, f"{{{XLIFF}}}target"), f"{{{XLIFF}}}ph", "id", text,
                      inline_codes.locate(row.source, row.codes, text), row)  # fmt: skip
    _save(root, path)


def _state(row: Sentence) -> str:
    """The state of a target in XLIFF 1.2."""
    if row.status == "approved":
        return "final"
    return "needs-review-translation" if row.errors or row.status == "rejected" else "translated"


def _alternatives(row: Sentence) -> list[tuple[str, str, float | None]]:
    """(origin, text, the model's confidence): the draft, and what else the model or a repair method suggested."""
    others: list[tuple[str, str, float | None]] = [
        ("mtpipe suggestion", text, None) for text in dict.fromkeys(row.alternatives)
        if text not in ("", row.target, row.draft)
    ]
    if row.draft is None or row.draft == row.target and row.confidence is None:
        return others
    return [("mtpipe draft", row.draft, row.confidence), *others]


def _read_xliff(root: etree._Element) -> dict[str, str]:
    units = {unit.get("id", ""): unit.find(f"{{{XLIFF}}}target") for unit in root.iter(f"{{{XLIFF}}}trans-unit")}
    return {id: _text(target) for id, target in units.items() if id and target is not None}


def _text(node: etree._Element) -> str:
    """The text in a node, that of its inline elements included."""
    return "".join(map(str, node.itertext()))


def _write_xliff2(rows: Sequence[Sentence], path: Path, languages: Languages) -> None:
    root = etree.Element(f"{{{XLIFF2}}}xliff", {"version": "2.1", "srcLang": languages[0], "trgLang": languages[1]},
                         nsmap=_default(XLIFF2) | {"mtc": MATCHES})  # fmt: skip
    for number, (document, sentences) in enumerate(_by_document(rows), 1):
        file = etree.SubElement(root, f"{{{XLIFF2}}}file", id=f"f{number}", original=document)
        for place, row in enumerate(sentences, 1):
            _unit2(file, place, row)
    _save(root, path)


def _unit2(file: etree._Element, place: int, row: Sentence) -> None:
    # ids of units are NMTOKENs; the sentence's own is the unit's name
    unit = etree.SubElement(file, f"{{{XLIFF2}}}unit", {"id": f"u{place}", "name": row.id})
    texts = list(dict.fromkeys(row.source[code.start : code.end] for code in row.codes))
    if others := _alternatives(row):
        matches = etree.SubElement(unit, f"{{{MATCHES}}}matches")
        for origin, text, quality in others:
            score = {} if quality is None else {"matchQuality": f"{quality * 100:.1f}"}
            match = etree.SubElement(matches, f"{{{MATCHES}}}match", {"ref": "#s1", "origin": origin, **score})
            _data(match, texts)
            _texts2(match, row, text, texts)
    notes = [(error, {"category": "error", "priority": "1"}) for error in row.errors]
    notes += [(row.comment, {"category": "comment"})] * bool(row.comment)
    if notes:
        parent = etree.SubElement(unit, f"{{{XLIFF2}}}notes")
        for words, names in notes:
            etree.SubElement(parent, f"{{{XLIFF2}}}note", names).text = words
    _data(unit, texts)
    state = "final" if row.status == "approved" else "initial" if row.errors or row.target is None else "translated"
    segment = etree.SubElement(unit, f"{{{XLIFF2}}}segment", {"id": "s1", "state": state})
    _texts2(segment, row, row.target, texts)


def _data(parent: etree._Element, texts: Sequence[str]) -> None:
    """The texts of the inline tags, which elements name by their places in it."""
    if texts:
        data = etree.SubElement(parent, f"{{{XLIFF2}}}originalData")
        for index, text in enumerate(texts, 1):
            etree.SubElement(data, f"{{{XLIFF2}}}data", id=f"d{index}").text = text


def _texts2(parent: etree._Element, row: Sentence, target: str | None, data: Sequence[str]) -> None:
    """The source and a target of a sentence as elements of a segment or match."""
    codes = inline_codes.locate(row.source, row.codes, target or "")
    for name, words, places in (("source", row.source, row.codes), ("target", target, codes)):
        if words is not None:
            node = etree.SubElement(parent, f"{{{XLIFF2}}}{name}", {f"{_XML}space": "preserve"})
            _fill(node, f"{{{XLIFF2}}}ph", "id", words, places, row, data)


def _read_xliff2(root: etree._Element) -> dict[str, str]:
    edits: dict[str, str] = {}
    for unit in root.iter(f"{{{XLIFF2}}}unit"):
        data = {node.get("id", ""): node.text or "" for node in unit.iter(f"{{{XLIFF2}}}data")}
        targets = unit.findall(f"{{{XLIFF2}}}segment/{{{XLIFF2}}}target")
        if targets and unit.get("name"):
            edits[unit.get("name", "")] = "".join(_text2(target, data) for target in targets)
    return edits


def _text2(node: etree._Element, data: Mapping[str, str]) -> str:
    parts = [node.text or ""]
    for child in node:
        parts += [data.get(child.get("dataRef", ""), ""), _text2(child, data), child.tail or ""]
    return "".join(parts)


def _codes(row: Sentence) -> tuple[Code, ...]:
    return inline_codes.locate(row.source, row.codes, row.target or "")


def _fill(
    node: etree._Element, tag: str, number: str, text: str, codes: Sequence[Code], row: Sentence,
    data: Sequence[str] | None = None,
) -> None:
    """The text in node with an element for each code, numbered by its place in the source.

    The element holds the code's text; with data it names it there instead.
    """
    literals = [row.source[code.start : code.end] for code in row.codes]
    last: etree._Element | None = None
    position = 0
    for code in codes:
        literal = text[code.start : code.end]
        _append(node, last, text[position : code.start])
        place = literals.index(literal)
        literals[place] = "\0"  # the next one of the same text is another
        last = etree.SubElement(node, tag, {number: str(place + 1)})
        if data is None:
            last.text = literal
        else:
            last.set("dataRef", f"d{data.index(literal) + 1}")
        position = code.end
    _append(node, last, text[position:])


def _append(node: etree._Element, last: etree._Element | None, text: str) -> None:
    if _ILLEGAL.search(text):
        raise ValueError(f"U+{ord(_ILLEGAL.search(text)[0]):04X}")  # type: ignore[index]
    if last is None:
        node.text = (node.text or "") + text
    else:
        last.tail = (last.tail or "") + text


def _default(namespace: str) -> Any:
    """The map of a namespace without a prefix, which lxml's types do not know."""
    return {None: namespace}


def _by_document(rows: Sequence[Sentence]) -> list[tuple[str, list[Sentence]]]:
    documents: dict[str, list[Sentence]] = {}
    for row in rows:
        documents.setdefault(row.document, []).append(row)
    return list(documents.items())


def _save(root: etree._Element, path: Path) -> None:
    etree.ElementTree(root).write(path, encoding="UTF-8", xml_declaration=True, pretty_print=False)


KINDS: dict[str, Callable[[Sequence[Sentence], Path, Languages], None]] = {
    "xliff": _write_xliff, "xliff2": _write_xliff2, "tmx": _write_tmx, "xlsx": _write_xlsx, "csv": _write_csv,
}  # fmt: skip
SUFFIXES = {"xliff": ".xlf", "xliff2": ".xlf", "tmx": ".tmx", "xlsx": ".xlsx", "csv": ".csv"}
