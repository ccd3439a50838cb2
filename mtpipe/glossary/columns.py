"""What a glossary's header and file name say: which column is what, and between which languages it translates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mtpipe.errors import GlossaryError

COLUMNS = ("source", "target", "status", "forms", "case_sensitive", "domain", "note", "regex", "part_of_speech",
           "definition", "entry")

_WORDS = {
    "source": "source, source term, source text, src, term, original",
    "target": "target, target term, target text, tgt, targets, translation, translations, translated term",
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
_CODES = frozenset(
    "aa ab af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cs cv cy da de dv dz ee el en eo es et "
    "eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi hr ht hu hy ia id ie ig is it ja jv ka kg kk kl km kn ko ks ku "
    "kw ky la lb lg li ln lo lt lu lv mg mi mk ml mn mr ms mt my nb nd ne nl nn no nr nv ny oc om or os pa pl ps pt qu "
    "rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug "
    "uk ur uz ve vi vo wa wo xh yi yo za zh zu".split()
)
_NAMES = {
    name: code
    for code, names in (
        pair.split("=")
        for pair in (
            "ar=arabic bg=bulgarian ca=catalan cs=czech da=danish,dansk de=german,deutsch el=greek en=english,englisch "
            "es=spanish,español et=estonian fa=persian fi=finnish,suomi fr=french,français he=hebrew hi=hindi "
            "hr=croatian hu=hungarian,magyar id=indonesian it=italian,italiano ja=japanese,日本語 ko=korean,한국어 "
            "lt=lithuanian lv=latvian nl=dutch,nederlands no=norwegian,norsk pl=polish,polski pt=portuguese,português "
            "ro=romanian,română ru=russian,русский sk=slovak sl=slovenian sr=serbian sv=swedish,svenska "
            "tr=turkish,türkçe uk=ukrainian,українська vi=vietnamese zh=chinese,中文"
        ).split()
    )
    for name in names.split(",")
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_](?:[A-Za-z]{4}|[A-Za-z]{2}|\d{3}))?")
_ASIDE = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")  # "source (en)"
_FILE_NAME = re.compile(r"([a-z]{2,3}(?:[-_][A-Z]\w+)?)[-_]([a-z]{2,3}(?:[-_][A-Z]\w+)?)(?=\.)")
_SAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl", "cmn": "zh"}


@dataclass(frozen=True, slots=True)
class Header:
    """columns: column names by position; languages: what the header says, or None; unused: cells not understood."""

    columns: dict[int, str]
    width: int
    languages: tuple[str, ...] | None = None
    unused: tuple[str, ...] = ()

    def check(self, path: Path, line: int, wanted: tuple[str, str]) -> list[str]:
        """Notes on the languages; raises GlossaryError when they are not the job's."""
        assert self.languages is not None
        if not {"source", "target"} <= set(self.columns.values()):
            raise GlossaryError(
                f"{path}:{line}: the header says {' → '.join(self.languages)}, the job is {wanted[0]} → {wanted[1]} —"
                " use a glossary of these languages (or name the columns source and target if these are terms)"
            )
        return _variants(self.languages, wanted, "the header")


def read_header(cells: Sequence[str], wanted: tuple[str, str]) -> Header | None:
    """The header that cells are, by column names or language codes in any order; None when they are a row of terms."""
    columns: dict[int, str] = {}
    languages: dict[int, str] = {}
    for index, cell in enumerate(cells):
        name = column(cell)
        code = _NAMES.get(_word(cell), cell.strip())
        if name and name not in columns.values():
            columns[index] = name
        elif is_language(code, wanted):
            languages[index] = code
    named = set(columns.values()) & {"source", "target"}
    said = None
    if not named and len(set(languages.values())) > 1:
        places = [_closest(languages, lang) for lang in wanted]
        columns |= {i: name for i, name in zip(places, ("source", "target"), strict=True) if i is not None}
        said = tuple(languages.values()) if None in places else tuple(languages[i] for i in places if i is not None)
    elif "source" not in named or not {"target", "status"} & set(columns.values()):
        return None
    unused = (cell.strip() for i, cell in enumerate(cells) if i not in columns and cell.strip())
    return Header(columns, len(cells), said, tuple(unused))


def column(word: str) -> str | None:
    """The column that a header cell or a termbase's data category names; None when it is none of COLUMNS."""
    return _COLUMN.get(_word(word))


def language_name(lang: str) -> str:
    """The English name of a language with its tag, "German (de-AT)"; the tag alone where no name is known."""
    base = lang.replace("_", "-").split("-")[0].lower()
    name = next((name for name, code in _NAMES.items() if code == _SAME.get(base, base)), "")
    return f"{name.capitalize()} ({lang})" if name else lang


def named_languages(path: Path) -> tuple[str, str] | None:
    """The languages in a name such as en-fr.office.csv; None when it says none."""
    match = _FILE_NAME.match(path.name)
    return (match[1], match[2]) if match and all(is_language(code, ()) for code in match.groups()) else None


def check_file_name(path: Path, wanted: tuple[str, str]) -> list[str]:
    """Notes on the languages in a name such as en-fr.office.csv; raises GlossaryError when they are not the job's."""
    match = _FILE_NAME.match(path.name)
    if not match or not all(is_language(code, wanted) for code in match.groups()):
        return []
    said = (match.group(1), match.group(2))
    # "pt-br.csv" names one language
    is_one = is_same(said[0], wanted[1]) and not is_same(said[1], wanted[0])
    if is_one or all(is_same(code, lang) for code, lang in zip(said, wanted, strict=True)):
        return [] if is_one else _variants(said, wanted, "the file name")
    raise GlossaryError(
        f"{path}: its name says {said[0]} → {said[1]}, the job is {wanted[0]} → {wanted[1]} — use a glossary of these"
        " languages, or rename the file if it is one"
    )


def base(lang: str) -> str:
    """The primary language subtag: "de" of "de-AT"."""
    return re.split("[-_]", lang)[0].lower()


def is_same(one: str, other: str) -> bool:
    """Whether two codes name one language, whatever the region."""
    return _SAME.get(base(one), base(one)) == _SAME.get(base(other), base(other))


def is_language(code: str, wanted: Sequence[str]) -> bool:
    """Whether code is a language code: ISO 639-1 with or without a region or script, or one of the job's."""
    return bool(_LANGUAGE.fullmatch(code)) and (base(code) in _CODES or base(code) in map(base, wanted))


@cache
def distance(code: str, lang: str) -> int | None:
    """How far a text's code is from the language asked for: 0 the same, 1 it covers it (de for de-AT), 2 it is one of
    its regions, 3 another region; None for another language."""
    have, want = (re.split("[-_]", text.lower()) for text in (code, lang))
    if not is_same(code, lang):
        return None
    if have[1:] == want[1:]:
        return 0
    return 1 if have[1:] == want[1 : len(have)] else 2 if want[1:] == have[1 : len(want)] else 3


def _word(cell: str) -> str:
    return re.sub(r"[\s_-]+", " ", _ASIDE.sub("", cell).strip()).casefold()


def _closest(languages: dict[int, str], lang: str) -> int | None:
    """The position of the first column that is closest to lang."""
    away = {i: far for i, code in languages.items() if (far := distance(code, lang)) is not None}
    return min(away, key=away.__getitem__, default=None)


def _variants(said: Sequence[str], wanted: Sequence[str], where: str) -> list[str]:
    pairs = [(a, b) for a, b in zip(said, wanted, strict=True) if "-" in a + b and a.replace("_", "-") != b]
    return [f"{where} says {a}, the job {b}: taken as the same language" for a, b in pairs]
