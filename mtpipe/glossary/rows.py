"""From rows to terms: checks every row, joins the rows of one source, and collects all that is wrong in one go."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from mtpipe.errors import GlossaryError
from mtpipe.glossary import term_regex
from mtpipe.glossary.model import STATUSES, Term

# spelled without case, spaces, hyphens and underscores; the …admnsts words are TBX's administrativeStatus
_STATUS_WORDS = {
    "preferred": "preferred preferredterm preferredtermadmnsts standardizedterm standardizedtermadmnsts legalterm "
    "legaltermadmnsts regulatedterm regulatedtermadmnsts approved mandatory required",
    "admitted": "admitted admittedterm admittedtermadmnsts allowed accepted permitted",
    "forbidden": "forbidden deprecated deprecatedterm deprecatedtermadmnsts superseded supersededterm "
    "supersededtermadmnsts obsolete prohibited banned notrecommended donotuse",
    "do-not-translate": "donottranslate dnt untranslatable nottranslatable nontranslatable",
}
_STATUS = {word: status for status, words in _STATUS_WORDS.items() for word in words.split()}
_BOOLEANS = {
    **dict.fromkeys(("yes", "y", "true", "t", "1", "x", "on"), True),
    **dict.fromkeys(("no", "n", "false", "f", "0", "", "off"), False),
}
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")  # soft hyphen, zero-width space, word joiner, BOM
_CLEAN = re.compile("(?:[!-~]+(?: [!-~]+)*)?")  # most texts
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_BAR = re.compile(r"(\\*)\|")


class Remark(NamedTuple):
    """A message ("what — what to do") on a line, and of the entry there if it has a name."""

    line: int
    what: str
    entry: str = ""

    def at(self, name: str) -> str:
        """As one line of text, with the file's name."""
        return f"{name}:{self.line}: {f'entry {self.entry}: ' if self.entry else ''}{self.what}"


@dataclass(frozen=True, slots=True)
class TermRow:
    """A glossary file's row: cells by column name (source, target, status, …) and the line it starts in.

    Rows of one entry ("" counts as one) may be one term, those of two never are.
    """

    line: int
    cells: Mapping[str, str]

    @property
    def entry(self) -> str:
        return clean(self.cells.get("entry", ""))


Line = tuple[int, list[str] | str]  # (first line, cells), or (first line, what is wrong there)


@dataclass(slots=True)
class Table:
    """A file's rows, remarks on what is no row, and notes on what was detected."""

    rows: list[TermRow] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Parsed:
    """One row as a term, whether its status was written there, what is wrong with it and what was mended."""

    term: Term
    is_explicit: bool
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class Build:
    """What rows amount to: terms, problems of bad rows, warnings of rows mended or joined."""

    terms: list[Term] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)

    def summary(self) -> tuple[str, ...]:
        """One line on the warnings, none when there are none."""
        if not self.warnings:
            return ()
        first = min(self.warnings)
        place = f"entry {first.entry}" if first.entry else f"line {first.line}"
        count = len(self.warnings)
        return (f"warnings: {count} (mtpipe glossary validate shows all), the first in {place}: {first.what}",)


def assemble(rows: Iterable[TermRow]) -> Build:
    """The terms of rows; rows with one source, domain and entry become one term, its preferred target first."""
    build = Build()
    groups: dict[tuple[str, str, str], list[Parsed]] = {}
    for row in rows:
        parts = {name: split(row.cells.get(name, "")) for name in ("source", "target", "forms")}
        parsed = _parse(parts["source"], parts["target"], parts["forms"], row.cells, row.line)
        build.problems += [Remark(row.line, problem, row.entry) for problem in parsed.problems]
        build.warnings += [Remark(row.line, warning, row.entry) for warning in parsed.warnings]
        if not parsed.problems:
            key = (parsed.term.source, parsed.term.domain.casefold(), row.entry)
            groups.setdefault(key, []).append(parsed)
    for group in groups.values():
        build.terms += [group[0].term] if len(group) == 1 else _merge(group, build)
    build.terms.sort(key=lambda term: term.line)
    return build


def term_of_item(item: Mapping[str, Any], where: str) -> Term:
    """The term of a segment file's {"source" | "sources", "target" | "targets", "status"?, "forms"?, …}.

    Several sources, targets and forms are lists, and `|` is a character like any other. where: file:line or segment id,
    for the message of the GlossaryError that names all that is wrong.
    """
    sources, targets = _listed(item, "sources", "source"), _listed(item, "targets", "target")
    names = ("status", "case_sensitive", "domain", "note", "regex", "part_of_speech", "definition")
    cells = {name: str(item[name]) for name in names if item.get(name) is not None}
    parsed = _parse(sources, targets, _listed(item, "forms"), cells, 0)
    if parsed.problems:
        raise GlossaryError(f"{where}: invalid term {json.dumps(dict(item), ensure_ascii=False)}", parsed.problems)
    return parsed.term


def split(cell: str) -> Sequence[str]:
    r"""The cell's parts: `|` separates them, `\|` is the character, `\\|` a part that ends with a backslash."""
    if "|" not in cell:
        return (cell,)
    parts, position = [""], 0
    for bar in _BAR.finditer(cell):
        slashes = len(bar[1])
        parts[-1] += cell[position : bar.start()] + "\\" * (slashes // 2) + "|" * (slashes % 2)
        parts += [""] * (1 - slashes % 2)
        position = bar.end()
    return [*parts[:-1], parts[-1] + cell[position:]]


def unsplit(parts: Sequence[str]) -> str:
    """The cell that split takes apart into these parts."""
    bars = [_BAR.sub(r"\1\1\\|", part) for part in parts]
    ends = [len(part) - len(part.rstrip("\\")) for part in bars[:-1]]
    return "".join(part + part[len(part) - end :] + "|" for part, end in zip(bars, ends)) + "".join(bars[-1:])


def clean(text: str) -> str:
    """The text in NFC, without invisible characters, its white space runs single spaces and none at the ends."""
    if _CLEAN.fullmatch(text):
        return text
    return _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def _parse(
    sources: Sequence[str], targets: Sequence[str], forms: Sequence[str], cells: Mapping[str, str], line: int
) -> Parsed:
    problems: list[str] = []
    warnings: list[str] = []
    source, target, form = (_cleaned(parts, warnings) for parts in (sources, targets, forms))
    status = _status(cells.get("status", ""), source == target, problems)
    is_explicit = bool(cells.get("status", "").strip())
    case_sensitive = _boolean(cells.get("case_sensitive", ""), problems)
    regex = _regex(cells.get("regex", ""), problems)
    if not source:
        problems.append("no source term — fill it in or delete the row")
    elif status == "do-not-translate":
        if not is_explicit:
            warnings.append(f"“{source[0]}” is its own target: treated as do-not-translate (otherwise set preferred)")
        if target and target != source:
            problems.append(f"“{source[0]}” is do-not-translate but has the target “{target[0]}” — drop one of the two")
        target = source
    elif not target:
        problems.append(f"no target for “{source[0]}” — fill it in, or set the status do-not-translate")
    domain, part_of_speech, entry = (clean(cells.get(name, "")) for name in ("domain", "part_of_speech", "entry"))
    note, definition = (cells.get(name, "").strip() for name in ("note", "definition"))
    term = Term(
        source, target, status, form, case_sensitive, domain, note, regex, line, part_of_speech, definition, entry
    )
    return Parsed(term, is_explicit, tuple(problems), tuple(warnings))


def known_status(word: str) -> str:
    """The status that a word of a table or termbase means; "" for none and for unknown ones."""
    return _STATUS.get(re.sub(r"[\s_-]+", "", word).casefold(), "") if word else ""


def _status(word: str, is_its_own_target: bool, problems: list[str]) -> str:
    if not word.strip():
        return "do-not-translate" if is_its_own_target else "preferred"
    status = known_status(word)
    if not status:
        problems.append(f"unknown status “{word.strip()}” — use one of: {', '.join(STATUSES)}")
    return status or "preferred"


def _boolean(word: str, problems: list[str]) -> bool:
    if not word:
        return False
    value = _BOOLEANS.get(word.strip().casefold())
    if value is None:
        problems.append(f"case_sensitive is “{word.strip()}” — write yes or no")
    return bool(value)


def _regex(pattern: str, problems: list[str]) -> str:
    pattern = pattern.strip()
    if not pattern:
        return ""
    try:
        term_regex.compiled(pattern)
    except ValueError as error:
        problems.append(f"invalid regex “{pattern}” ({error}) — correct it or leave the cell empty")
    return pattern


def _merge(group: list[Parsed], build: Build) -> list[Term]:
    """The terms of one source and domain: one with the accepted targets, one with the forbidden ones, or one kept."""
    accepted = [item for item in group if item.term.status in ("preferred", "admitted")]
    # stable: in the file's order, but the explicitly preferred leads and what is only admitted comes last
    accepted.sort(key=lambda item: (item.term.status == "admitted", not item.is_explicit))
    accepted = _without_rivals(accepted, build)
    names = [item for item in group if item.term.status == "do-not-translate"]
    if accepted and names:
        first, second = sorted((accepted[0].term, names[0].term), key=lambda term: term.line)
        what = f"“{first.source}” is {second.status} here and {first.status} in line {first.line} — keep one of the two"
        build.problems.append(Remark(second.line, what, second.entry))
        accepted, names = (accepted, []) if first is accepted[0].term else ([], names)
    targets = {target: item.term.line for item in accepted + names for target in item.term.targets}
    banned = [item for item in group if item.term.status == "forbidden" and not _is_allowed(item, targets, build)]
    return [_joined(items, build) for items in (accepted, names, banned) if items]


def _without_rivals(accepted: list[Parsed], build: Build) -> list[Parsed]:
    preferred = [item for item in accepted if item.is_explicit and item.term.status == "preferred"]
    rivals = [item for item in preferred[1:] if item.term.target != preferred[0].term.target]
    for item in rivals:
        term, first = item.term, preferred[0].term
        what = f"“{term.source}” has the preferred “{term.target}” here and “{first.target}” in line {first.line}"
        what += " — make one of them admitted or give each its domain"
        build.problems.append(Remark(term.line, what, term.entry))
    return [item for item in accepted if not any(item is rival for rival in rivals)]


def _is_allowed(item: Parsed, targets: Mapping[str, int], build: Build) -> bool:
    both = [target for target in item.term.targets if target in targets]
    for target in both:
        what = f"“{target}” is forbidden for “{item.term.source}” here and required in line {targets[target]}"
        build.problems.append(Remark(item.term.line, f"{what} — drop one of the two", item.term.entry))
    return bool(both)


def _joined(items: list[Parsed], build: Build) -> Term:
    leader, *others = (item.term for item in items)
    for term in others:
        how = "repeats" if set(term.targets) <= set(leader.targets) else "is joined as a synonym to"
        what = f"“{term.source}” → “{term.target}” {how} line {leader.line}"
        build.warnings.append(Remark(term.line, what, term.entry))
    terms = [leader, *others]
    return replace(
        leader,
        sources=_chained(term.sources for term in terms),
        targets=_chained(term.targets for term in terms),
        forms=_chained(term.forms for term in terms),
        case_sensitive=all(term.case_sensitive for term in terms),
        note="\n".join(_chained((term.note,) for term in terms if term.note)),
        definition="\n".join(_chained((term.definition,) for term in terms if term.definition)),
        regex=next((term.regex for term in terms if term.regex), ""),
        part_of_speech=next((term.part_of_speech for term in terms if term.part_of_speech), ""),
    )


def _chained(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _listed(item: Mapping[str, Any], *names: str) -> list[str]:
    values = [item[name] for name in names if item.get(name) is not None]
    return [str(part) for value in values for part in (value if isinstance(value, (list, tuple)) else [value])]


def _cleaned(parts: Sequence[str], warnings: list[str]) -> tuple[str, ...]:
    texts = tuple(map(clean, parts))
    if len(texts) == 1 and texts[0] == parts[0]:
        return texts if texts[0] else ()
    warnings += [
        f"spaces at the ends, line breaks or invisible characters removed from “{part}”"
        for part, text in zip(parts, texts, strict=True)
        if part != text
    ]
    return tuple(dict.fromkeys(text for text in texts if text))
