"""Writes TBX: version 3 in DCT style (TBX-Basic), or version 2 (martif), streamed.

What TBX has no category for (forms, case, regex, do-not-translate) goes into ones of our own: in DCT elements of a
namespace of ours, in version 2 types that begin with "x-".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as etree  # which lets a tag have its prefix as it is

from mtpipe.glossary.model import Glossary, Term
from mtpipe.glossary.rows import unsplit

_ID = re.compile(r"[A-Za-z_][\w.-]*")  # what XML takes for an id
# category → its module in DCT (ours if none), its element in version 2
_CATEGORIES = {
    "subjectField": ("min", "descrip"), "definition": ("basic", "descrip"), "partOfSpeech": ("min", "termNote"),
    "administrativeStatus": ("min", "termNote"), "entry": ("mtpipe", "admin"),
}  # fmt: skip


_ROOTS = {
    "3": '<tbx type="TBX-Basic" style="dct" xml:lang="{}" xmlns="urn:iso:std:iso:30042:ed-2"'
    ' xmlns:min="http://www.tbxinfo.net/ns/min" xmlns:basic="http://www.tbxinfo.net/ns/basic"'
    ' xmlns:mtpipe="urn:mtpipe:tbx">',
    "2": '<martif type="TBX" xml:lang="{}">',
}
_NAMES = {
    "3": {"header": "tbxHeader", "entry": "conceptEntry", "lang": "langSec", "unit": "termSec"},
    "2": {"header": "martifHeader", "entry": "termEntry", "lang": "langSet", "unit": "tig"},
}


def write_termbase(glossary: Glossary, path: Path, version: str) -> None:
    """Writes the glossary as TBX version "3" or "2"; an entry holds a term and what is forbidden in its place."""
    dialect = _Dialect(version)
    root = _ROOTS[version].format(glossary.source_lang)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n')
        file.write(f"{_text(dialect.header(glossary.name or 'glossary'))}<text><body>\n")
        for concept in _concepts(glossary.terms):
            file.write(_text(dialect.entry(concept, glossary)))
        file.write(f"</body></text>\n</{root[1:].split()[0]}>\n")


@dataclass(slots=True)
class _Concept:
    terms: list[Term]
    identity: str  # for the id attribute, "" where it can't stand there
    own_name: str  # the entry's name where it is no id


def _concepts(terms: Sequence[Term]) -> Iterator[_Concept]:
    """Terms that are one entry: the same sources in one sense, accepted and forbidden targets."""
    used: set[str] = set()
    groups: dict[tuple[Any, ...], list[list[Term]]] = {}
    for term in terms:
        key = (term.entry, term.sources, term.domain, term.definition, term.part_of_speech)
        same = groups.setdefault(key, [])
        fits = same and len(same[-1]) == 1 and (same[-1][0].status == "forbidden") != (term.status == "forbidden")
        if fits:
            same[-1].append(term)
        else:
            same.append([term])
    for group in (group for same in groups.values() for group in same):
        name = group[0].entry
        is_id = bool(_ID.fullmatch(name)) and name not in used
        used.add(name)
        # "#7" is the reader's own count, which it will make again
        yield _Concept(group, name if is_id else "", "" if is_id or name.startswith("#") else name)


class _Dialect:
    """How version 3 (DCT) and version 2 write the same things."""

    def __init__(self, version: str):
        self._is_dct = version == "3"
        self._names = _NAMES[version]

    def header(self, title: str) -> etree.Element:
        header = etree.Element(self._names["header"])
        described = etree.SubElement(header, "fileDesc")
        _add(etree.SubElement(described, "titleStmt"), "title", title)
        _add(etree.SubElement(described, "sourceDesc"), "p", "written by mtpipe")
        return header

    def entry(self, concept: _Concept, glossary: Glossary) -> etree.Element:
        entry = etree.Element(self._names["entry"], {"id": concept.identity} if concept.identity else {})
        first = concept.terms[0]
        shared = {"subjectField": first.domain, "definition": first.definition, "entry": concept.own_name}
        self._categories(entry, shared)
        section = etree.SubElement(entry, self._names["lang"], {"xml:lang": glossary.source_lang})
        for source in first.sources:
            self._term(section, source, {"partOfSpeech": first.part_of_speech})
        section = etree.SubElement(entry, self._names["lang"], {"xml:lang": glossary.target_lang})
        for term in concept.terms:
            for place, target in enumerate(term.targets):
                self._term(section, target, _status(term, place) | _facts(term) if not place else _status(term, place),
                           term.note if not place else "")  # fmt: skip
        return entry

    def _term(self, section: etree.Element, text: str, facts: dict[str, str], note: str = "") -> None:
        unit = etree.SubElement(section, self._names["unit"])
        _add(unit, "term", text)
        self._categories(unit, facts)
        _add(unit, "note", note)

    def _categories(self, parent: etree.Element, facts: dict[str, str]) -> None:
        for name, text in facts.items():
            module, element = _CATEGORIES.get(name, ("mtpipe", "termNote"))
            if text and self._is_dct:
                etree.SubElement(parent, f"{module}:{name}").text = text
            elif text:
                kind = name if name in _CATEGORIES and module != "mtpipe" else f"x-{name}"
                etree.SubElement(parent, element, type=kind).text = text


def _add(parent: etree.Element, name: str, text: str) -> None:
    if text:
        etree.SubElement(parent, name).text = text


def _text(element: etree.Element) -> str:
    etree.indent(element, " ")
    return etree.tostring(element, encoding="unicode") + "\n"


def _facts(term: Term) -> dict[str, str]:
    """What holds for all of a term's targets; it stands at the first."""
    return {
        "partOfSpeech": term.part_of_speech, "forms": unsplit(term.forms), "regex": term.regex,
        "caseSensitive": "yes" if term.case_sensitive else "",
    }  # fmt: skip


def _status(term: Term, place: int) -> dict[str, str]:
    if term.status == "do-not-translate":
        return {"status": term.status}
    words = {"forbidden": "deprecated", "admitted": "admitted"}
    word = words.get(term.status, "admitted" if place else "preferred")
    return {"administrativeStatus": f"{word}Term-admn-sts"}
