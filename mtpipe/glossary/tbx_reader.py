"""Reads termbases: TBX v2 (martif) and v3 (DCA and DCT), and TMX as a glossary; one entry at a time, safely.

All three are entries that hold sections by language that hold terms; a data category is an element's name (DCT) or its
type attribute (v2, DCA), so that one reader serves them. Namespaces and the order of elements don't matter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from mtpipe.errors import GlossaryError, amount
from mtpipe.glossary.columns import column
from mtpipe.glossary.rows import Table, TermRow, clean, known_status, unsplit
from mtpipe.languages.tags import distance

_ROOTS = {"martif": "TBX v2", "tbx": "TBX v3", "TBX": "TBX v3", "tmx": "TMX"}
_ENTRIES = ("termEntry", "conceptEntry", "tu")
_SECTIONS = frozenset(("langSet", "langSec", "tuv"))
_TERMS = frozenset(("tig", "ntig", "termSec"))
_CODES = frozenset(("bpt", "ept", "ph", "it", "ut", "x", "bx", "ex"))  # what they hold is not the term's text
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_OWN = ("forms", "regex", "case_sensitive", "part_of_speech", "entry")  # of these the first that is there counts
_SAMPLE = 8  # languages named in a message

Facts = dict[str, list[str]]  # by column name


@dataclass(slots=True)
class _TermEntry:
    """An entry's terms in the two languages, as (text, facts), and what holds for all of it."""

    name: str
    line: int
    facts: Facts
    terms: tuple[list[tuple[str, Facts]], list[tuple[str, Facts]]]


@dataclass(slots=True)
class _Counts:
    """Counts of a termbase: entries by language, sections of another region that were used, unknown status words."""

    languages: Counter[str] = field(default_factory=Counter)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    one_sided: int = 0


def read(path: Path, languages: tuple[str, str]) -> Table:
    """The rows of a TBX or TMX file; memory grows with the terms of the two languages, not with the file.

    Raises GlossaryError for broken XML (with line and column), entities, other kinds of XML and other languages.
    """
    table, counts = Table(), _Counts()
    try:
        kind = _kind(path)
        for entry in _entries(path, languages, counts):
            _add(entry, table, counts)
    except etree.XMLSyntaxError as error:
        where = f"{path}:{error.lineno or 1}:{error.offset or 1}"
        raise GlossaryError(f"{where}: broken XML ({error.msg}) — export the termbase again") from error
    if not table.rows:
        sizes = [f"{lang} ({amount(count, 'entry', 'entries')})"
                 for lang, count in counts.languages.most_common(_SAMPLE)]  # fmt: skip
        there = f"there are: {', '.join(sizes)}" if sizes else "there are no terms in it at all"
        raise GlossaryError(f"{path}: no entry has terms in {languages[0]} and {languages[1]} — {there}")
    table.notes += [f"read as {kind}", *_notes(counts)]
    return table


def _kind(path: Path) -> str:
    """What the root element says it is; raises GlossaryError for anything else and for declared entities."""
    if not path.stat().st_size:
        raise GlossaryError(f"{path}: the file is empty — export the termbase again")
    _, root = next(_events(path, ("start",), None))
    name, document = _name(root), root.getroottree().docinfo
    if document.internalDTD is not None and (declared := next(document.internalDTD.iterentities(), None)) is not None:
        raise GlossaryError(f"{path}: it declares the entity &{declared.name}; which is not read, for safety —"
                            " write out the characters it stands for")  # fmt: skip
    if name not in _ROOTS:
        raise GlossaryError(f"{path}: <{name}> is not a supported termbase format — use TBX (<martif> or <tbx>) or TMX")
    return _ROOTS[name]


def _events(path: Path, events: tuple[str, ...], tags: Sequence[str] | None) -> Iterator[tuple[str, Any]]:
    yield from etree.iterparse(
        str(path), events=events, tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _entries(path: Path, languages: tuple[str, str], counts: _Counts) -> Iterator[_TermEntry]:
    for _, element in _events(path, ("end",), [f"{{*}}{tag}" for tag in _ENTRIES]):
        counts.entries += 1
        name = element.get("id") or element.get("tuid") or f"#{counts.entries}"
        if (broken := next(element.iter(etree.Entity), None)) is not None:
            raise GlossaryError(f"{path}:{element.sourceline}: entry {name} contains the undeclared entity"
                                f" {broken.text} — write the character itself")  # fmt: skip
        facts = _facts(element)
        terms = _of_languages(element, languages, counts)
        yield _TermEntry((facts.get("entry") or [name])[0], element.sourceline or 0, facts, terms)
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _of_languages(
    entry: etree._Element, languages: tuple[str, str], counts: _Counts
) -> tuple[list[tuple[str, Facts]], list[tuple[str, Facts]]]:
    """The entry's terms in the sections that are closest to each language of the job."""
    sections: dict[str, list[etree._Element]] = {}
    for section in entry:
        if _name(section) in _SECTIONS:
            sections.setdefault(section.get(_LANG) or section.get("lang") or "?", []).append(section)
    counts.languages.update(sections.keys())
    terms = []
    for lang in languages:
        away = {tag: far for tag in sections if (far := distance(tag, lang)) is not None}
        nearest = [tag for tag, far in away.items() if far == min(away.values())]
        counts.taken.update((tag, lang) for tag in nearest if away[tag])
        terms.append([term for tag in nearest for section in sections[tag] for term in _terms(section)])
    return terms[0], terms[1]


def _terms(section: etree._Element) -> Iterator[tuple[str, Facts]]:
    """(text, facts) of each term of a language's section; the section's own facts go to the first."""
    shared = _facts(section)
    for node in [child for child in section if _name(child) in _TERMS] or [section]:
        for term in node.iter("{*}term", "{*}seg"):
            facts = _facts(node) if node is not section else {}
            for name, texts in shared.items():
                facts[name] = texts + facts.get(name, [])
            shared = {}
            if text := clean(_text(term)):
                yield text, facts
            break


def _facts(node: etree._Element) -> Facts:
    """The texts of a node's data categories by column, those of its groups included, of its sections not."""
    facts: Facts = defaultdict(list)
    for child in node:
        name = _name(child)
        if name.endswith("Grp"):
            for known, texts in _facts(child).items():
                facts[known] += texts
        elif name not in _SECTIONS and name not in _TERMS and name not in ("term", "seg"):
            known = column(_category(child.get("type") or name)) or ""
            text = _text(child).strip()
            if text and known not in ("", "source", "target"):
                facts[known].append(text)
    return facts


def _category(word: str) -> str:
    """A category's own name: subjectField of x-subjectField, caseSensitive of mtpipe:caseSensitive."""
    return word.rpartition(":")[2].removeprefix("x-")


def _add(entry: _TermEntry, table: Table, counts: _Counts) -> None:
    """The entry's rows: one of the accepted targets, one of the forbidden ones."""
    sources, targets = entry.terms
    if not sources or not targets:
        counts.one_sided += 1
        return
    ranked = [(_rank(facts, counts), text, facts) for text, facts in targets]
    groups = {
        "accepted": [item for item in ranked if item[0] != "forbidden"],
        "forbidden": [item for item in ranked if item[0] == "forbidden"],
    }
    ordered = sorted(sources, key=lambda term: _ORDER[_rank(term[1], counts)])
    facts = [entry.facts, *(facts for _, facts in ordered)]
    for group in filter(None, groups.values()):
        group.sort(key=lambda item: _ORDER[item[0]])
        cells = _cells([*facts, *(facts for _, _, facts in group)])
        cells |= {"source": unsplit([text for text, _ in ordered]), "target": unsplit([text for _, text, _ in group])}
        cells |= {"status": group[0][0], "entry": entry.name}
        if group[0][0] == "do-not-translate":
            cells["target"] = cells["source"]
        table.rows.append(TermRow(entry.line, cells))


_ORDER = {"do-not-translate": 0, "preferred": 1, "": 2, "admitted": 3, "forbidden": 4}


def _rank(facts: Mapping[str, list[str]], counts: _Counts) -> str:
    """The term's status; words that mean none of ours (a process status, say) are counted and left alone."""
    words = facts.get("status", ())
    ranks = [known_status(word) for word in words]
    counts.statuses.update(word for word, rank in zip(words, ranks, strict=True) if not rank)
    return max(filter(None, ranks), key=list(_ORDER).index, default="")


def _cells(facts: Sequence[Mapping[str, list[str]]]) -> dict[str, str]:
    cells = {}
    for name in dict.fromkeys(name for part in facts for name in part if name != "status"):
        texts = list(dict.fromkeys(text for part in facts for text in part.get(name, ())))
        cells[name] = texts[0] if name in _OWN else ("; " if name == "domain" else "\n").join(texts)
    return cells


def _notes(counts: _Counts) -> Iterator[str]:
    yield f"{amount(counts.entries, 'entry', 'entries')}, {counts.one_sided} of them not in both languages"
    for (tag, lang), count in sorted(counts.taken.items()):
        yield f"{tag} treated as {lang} in {amount(count, 'entry', 'entries')}"
    for word, count in counts.statuses.most_common(_SAMPLE):
        yield f"status “{word}” is not known: ignored for {amount(count, 'term')}"


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]  # five times as fast as QName


def _text(element: etree._Element) -> str:
    """The element's text, without what its inline codes hold."""
    parts = [element.text or ""]
    for child in element:
        parts += ["" if _name(child) in _CODES else _text(child), child.tail or ""]
    return "".join(parts)
