"""What a glossary's header and file name say: which column is what, and between which languages it translates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtpipe.errors import GlossaryError
from mtpipe.languages import tags

COLUMNS = ("source", "target", "status", "forms", "case_sensitive", "domain", "note", "regex", "part_of_speech",
           "definition", "entry")

_WORDS = {
    "source": "source, source term, term source, source text, src, term, original",
    "target": "target, target term, term target, target text, tgt, targets, translation, translations, translated term",
    "status": "status, term status, administrative status, administrativestatus, usage, usage status, usagestatus, "
    "normative authorization, normativeauthorization",
    "forms": "forms, target forms, inflections, inflected forms, variants",
    "case_sensitive": "case sensitive, casesensitive, case sensitivity, match case, case",
    "domain": "domain, subject, subject field, subjectfield, field, category",
    "note": "note, notes, comment, comments, remark, remarks, description, usage note, usagenote",
    "regex": "regex, source regex, pattern, regular expression",
    "part_of_speech": "part of speech, partofspeech, pos, word class",
    "definition": "definition, definitions, meaning",
    "entry": "entry, entry id, entryid, id, term id, concept, concept id",
}
_COLUMN = {word: column for column, words in _WORDS.items() for word in words.split(", ")}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_](?:[A-Za-z]{4}|[A-Za-z]{2}|\d{3}))?")
_ASIDE = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")  # "source (en)"
_FILE_NAME = re.compile(r"([a-z]{2,3}(?:[-_][A-Z]\w+)?)[-_]([a-z]{2,3}(?:[-_][A-Z]\w+)?)(?=\.)")


@dataclass(frozen=True, slots=True)
class Header:
    """columns: column names by position; languages: what the header says, or None; unused: cells not understood."""

    columns: dict[int, str]
    width: int
    languages: tuple[str, ...] | None = None
    unused: tuple[str, ...] = ()

    def check(self, path: Path, line: int, languages: tuple[str, str]) -> list[str]:
        """Notes on the languages; raises GlossaryError when they are not the job's."""
        assert self.languages is not None
        if not {"source", "target"} <= set(self.columns.values()):
            raise GlossaryError(
                f"{path}:{line}: the header states {' → '.join(self.languages)}, the job is {' → '.join(languages)} —"
                " use a glossary of these languages (or name the columns source and target if these are terms)"
            )
        return _variants(self.languages, languages, "the header")


def read_header(cells: Sequence[str], job_languages: tuple[str, str]) -> Header | None:
    """The header that cells are, by column names or language codes in any order; None when they are a row of terms."""
    columns: dict[int, str] = {}
    languages: dict[int, str] = {}
    for index, cell in enumerate(cells):
        name = column(cell)
        code = tags.from_name(_word(cell)) or cell.strip()
        if name and name not in columns.values():
            columns[index] = name
        elif is_language(code, job_languages):
            languages[index] = code
    sides = set(columns.values()) & {"source", "target"}
    stated = None
    if not sides and len(set(languages.values())) > 1:
        places = [_closest(languages, lang) for lang in job_languages]
        columns |= {i: name for i, name in zip(places, ("source", "target"), strict=True) if i is not None}
        stated = tuple(languages.values()) if None in places else tuple(languages[i] for i in places if i is not None)
    elif "source" not in sides or not {"target", "status"} & set(columns.values()):
        return None
    unused = (cell.strip() for i, cell in enumerate(cells) if i not in columns and cell.strip())
    return Header(columns, len(cells), stated, tuple(unused))


def column(word: str) -> str | None:
    """The column that a header cell or a termbase's data category names; None when it is none of COLUMNS."""
    return _COLUMN.get(_word(word))


def named_languages(path: Path) -> tuple[str, str] | None:
    """The languages in a name such as en-fr.office.csv; None when it says none."""
    match = _FILE_NAME.match(path.name)
    return (match[1], match[2]) if match and all(is_language(code, ()) for code in match.groups()) else None


def check_file_name(path: Path, languages: tuple[str, str]) -> list[str]:
    """Notes on the languages in a name such as en-fr.office.csv; raises GlossaryError when they are not the job's."""
    match = _FILE_NAME.match(path.name)
    if not match or not all(is_language(code, languages) for code in match.groups()):
        return []
    stated = (match.group(1), match.group(2))
    # "pt-br.csv" names one language
    is_one = tags.is_same(stated[0], languages[1]) and not tags.is_same(stated[1], languages[0])
    if is_one or all(tags.is_same(code, lang) for code, lang in zip(stated, languages, strict=True)):
        return [] if is_one else _variants(stated, languages, "the file name")
    raise GlossaryError(
        f"{path}: its name states {stated[0]} → {stated[1]}, the job is {' → '.join(languages)} — use a glossary of"
        " these languages, or rename the file if it is one"
    )


def is_language(code: str, languages: Sequence[str]) -> bool:
    """Whether code is a language code: ISO 639-1 with or without a region or script, or one of the job's."""
    if not _LANGUAGE.fullmatch(code):
        return False
    primary = tags.primary_subtag(code)
    return tags.is_two_letter_code(primary) or primary in map(tags.primary_subtag, languages)


def _word(cell: str) -> str:
    return re.sub(r"[\s_-]+", " ", _ASIDE.sub("", cell).strip()).casefold()


def _closest(languages: dict[int, str], lang: str) -> int | None:
    """The position of the first column that is closest to lang."""
    away = {i: far for i, code in languages.items() if (far := tags.distance(code, lang)) is not None}
    return min(away, key=away.__getitem__, default=None)


def _variants(stated: Sequence[str], languages: Sequence[str], where: str) -> list[str]:
    pairs = [(a, b) for a, b in zip(stated, languages, strict=True) if "-" in a + b and a.replace("_", "-") != b]
    return [f"{where} states {a}, the job {b}: treated as the same language" for a, b in pairs]
