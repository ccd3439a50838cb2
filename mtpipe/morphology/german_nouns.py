"""German nouns with gender and all case forms: from the package german-nouns where it is installed, else by rule."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.util import find_spec
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.io import user_cache
from mtpipe.io.text_table import TextTable
from mtpipe.languages.lemmatization import is_known, lemma

_CASES = {"nominativ": "n", "genitiv": "g", "dativ": "d", "akkusativ": "a"}
CELLS = tuple((case, number) for number in "sp" for case in "ngda")
# what a noun's ending says of its gender, the longer endings first
_GENDERS = (
    ("f", ("schaft", "heit", "keit", "ation", "tion", "sion", "ung", "tät", "enz", "anz", "ik", "ei", "ie", "ur")),
    ("n", ("chen", "lein", "ment", "tum", "ing", "um")),
    ("m", ("ismus", "ling", "ator", "ant", "ent", "ist", "or", "er", "ig")),
)
_LEAST_HEAD = 3  # letters of a compound's head
_FEW = 3  # articles seen beside a noun before they tell its gender


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun with the forms of each (case, number); is_guessed: by its ending or by articles seen beside it."""

    lemma: str
    gender: str
    forms: Mapping[tuple[str, str], tuple[str, ...]]
    is_guessed: bool = False

    def cells(self, form: str) -> list[tuple[str, str]]:
        """The (case, number) that a form stands for."""
        folded = form.casefold()
        cells = [cell for cell in self.forms if any(folded == each.casefold() for each in self.living(cell))]
        return cells or [cell for cell, forms in self.forms.items() if folded in map(str.casefold, forms)]

    def living(self, cell: tuple[str, str]) -> tuple[str, ...]:
        """The forms of a (case, number), the usual one first, without the dative in -e, which is no longer written."""
        forms = self.forms.get(cell, ())
        return tuple(form for form in forms if cell != ("d", "s") or not any(
            form != other and form.startswith(other) and form.endswith("e") for other in forms))

    def with_front(self, front: str) -> Noun:
        """The compound that has this noun as its head."""
        new_forms = {cell: tuple(_joined(front, form) for form in forms) for cell, forms in self.forms.items()}
        return Noun(_joined(front, self.lemma), self.gender, new_forms, self.is_guessed)

    def with_plural(self, listed: Iterable[str]) -> Noun:
        """The noun with the plural among forms that somebody listed: one that no singular has, or the only one."""
        cells = {number: {form for (_, each), forms in self.forms.items() if each == number for form in forms}
                 for number in "sp"}  # fmt: skip
        others = sorted({*listed} - {self.lemma}, key=len)
        is_lone = len(others) == 1 and others[0] not in cells["p"]
        plurals = [form for form in others if is_lone or form not in cells["s"]]
        if not plurals:
            return self
        plural = plurals[0]
        dative = plural if plural[-1:] in ("n", "s", "a") else f"{plural}n"
        new_forms = {("n", "p"): (plural,), ("g", "p"): (plural,), ("d", "p"): (dative,), ("a", "p"): (plural,)}
        return replace(self, forms={**self.forms, **new_forms})

    def cased_as(self, word: str) -> Noun:
        """The noun with the capitals that a word has inside, as names of functions have: SmartTag."""
        new_forms = {cell: tuple(_cased(form, word) for form in forms) for cell, forms in self.forms.items()}
        return Noun(_cased(self.lemma, word), self.gender, new_forms, self.is_guessed)


class Nouns:
    """Nouns by form; lexicon: its text tells gender and plural of nouns that no dictionary has."""

    def __init__(self, lexicon: Lexicon | None = None):
        self._lexicon = lexicon
        self._readings = lru_cache(maxsize=20_000)(self._find)

    def of_form(self, form: str) -> tuple[Noun, ...]:
        """The nouns that have this form; of a compound the known head decides. Empty for what seems to be no noun."""
        return self._readings(form)

    def of_lemma(self, word: str) -> tuple[Noun, ...]:
        """The nouns with this dictionary form, else those with this plural, else one made by rule."""
        nouns = [noun for noun in self.of_form(word) if noun.lemma.casefold() == word.casefold()]
        certain = tuple(noun for noun in nouns if not noun.is_guessed)
        of_plural = tuple(noun for noun in self.of_form(word) if not noun.is_guessed and ("n", "p") in noun.cells(word))
        return certain or of_plural or tuple(nouns) or (self._guessed(word),)

    def is_noun(self, word: str) -> bool:
        """Whether a dictionary has the word, or the corpus has it with a capital."""
        is_closed = self._lexicon is not None and word.casefold() in self._lexicon.fluency.function_words
        return bool(_entries(word)) or not is_closed and (self._count(word) > 1 or bool(is_known(_capital(word), "de")))

    def _find(self, form: str) -> tuple[Noun, ...]:
        nouns = self._look_up(form)
        has_capitals = "-" not in form and any(char.isupper() for char in form[1:])
        return tuple(noun.cased_as(form) for noun in nouns) if has_capitals else nouns

    def _look_up(self, form: str) -> tuple[Noun, ...]:
        if nouns := _entries(form):
            return nouns
        front, hyphen, head = form.rpartition("-")
        if hyphen and head:
            return tuple(noun.with_front(front + "-") for noun in self.of_form(_capital(head)))
        for start in range(2, len(form) - _LEAST_HEAD + 1):  # the longest head
            heads = _entries(_capital(form[start:]))
            if heads and (len(form) - start > _LEAST_HEAD or self.is_noun(form[:start])):
                return tuple(noun.with_front(form[:start]) for noun in heads)
        base = lemma(form, "de")
        return (self._guessed(_capital(base) if base != form.casefold() else form),) if form[:1].isupper() else ()

    def _guessed(self, word: str) -> Noun:
        gender, is_sure = self._gender(word)
        plural = self._plural(word, gender)
        dative = plural if plural[-1:] in "ns" or plural[-1:] == "a" else f"{plural}n"
        genitive = (word,) if gender == "f" or word[-1:] in "sxzß" else (f"{word}s", word)
        single = {"n": (word,), "g": genitive, "d": (word,), "a": (word,)}
        many = {"n": (plural,), "g": (plural,), "d": (dative,), "a": (plural,)}
        forms = {(case, number): (single if number == "s" else many)[case] for case, number in CELLS}
        return Noun(word, gender, forms, not is_sure)

    def _gender(self, word: str) -> tuple[str, bool]:
        """The gender by the articles that the corpus has beside the word, else by its ending; whether that is sure."""
        counts = {"m": 0, "f": 0, "n": 0}
        if self._lexicon is not None:
            count = self._lexicon.fluency.count
            counts["m"] = count("der", word) + count("den", word) + count("einen", word)
            counts["n"] = 2 * count("das", word)
            counts["f"] = count("die", word) + count("eine", word) + count("einer", word) + count("zur", word)
        best, next_best = sorted(counts, key=lambda gender: -counts[gender])[:2]
        if counts[best] >= _FEW and counts[best] > 3 * counts[next_best]:
            return best, True
        for gender, endings in _GENDERS:
            if word.casefold().endswith(endings):
                return gender, True
        is_loan = bool(is_known(word, "en"))
        return ("f", False) if word.endswith("e") and not is_loan else ("m", False)

    def _plural(self, word: str, gender: str) -> str:
        if attested := self._attested_plurals(word):
            return max(attested, key=self._count)
        folded = word.casefold()
        endings = ("n",) if folded.endswith(("e", "ie")) else ("en",) if gender == "f" else (
            ("", "s") if folded.endswith(("er", "el", "en", "chen", "lein")) else ("s", "e", "en"))  # fmt: skip
        attested_forms = [word + ending for ending in endings if ending and self._count(word + ending)]
        return max(attested_forms, key=self._count) if attested_forms else word + endings[0]

    def _attested_plurals(self, word: str) -> list[str]:
        """The forms of the corpus that an umlaut or an ending of plurals alone tells from the word: Felder, Blätter."""
        forms = self._lexicon.forms.get(lemma(word, "de"), ()) if self._lexicon is not None else ()
        plain = word.casefold().translate(_UMLAUTS)
        return [form for form in forms
                if form.casefold().translate(_UMLAUTS) in {plain + ending for ending in ("e", "er")}]  # fmt: skip

    def _count(self, word: str) -> int:
        return self._lexicon.fluency.count(word) if self._lexicon is not None else 0


_UMLAUTS = str.maketrans("äöü", "aou")


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _cased(form: str, word: str) -> str:
    """The form with the letters of word as far as both are the same word."""
    least = min(len(form), len(word))
    same = next((i for i in range(least) if form[i].casefold() != word[i].casefold()), least)
    return word[:same] + form[same:]


def _joined(front: str, form: str) -> str:
    return front + (form if front.endswith("-") else form[:1].lower() + form[1:])


@lru_cache(maxsize=20_000)
def _entries(form: str) -> tuple[Noun, ...]:
    """The dictionary's nouns with this form, those with the same capitals only: a verb is no noun."""
    rows, index, columns = _dictionary()
    places = map(int, index.get(form.lower(), "").split()) if index is not None else ()
    cells = csv.reader(rows[place : rows.find(b"\n", place)].decode() for place in places)
    noun_groups = [_noun(row, columns) for row in cells]
    nouns = [noun for several in noun_groups for noun in several if noun.cells(form)]
    return tuple(nouns) if form[:1].isupper() else ()


@lru_cache(maxsize=20_000)
def compounds(front: str) -> int:
    """How many of the dictionary's words begin with a front (in small letters) and go on with a noun."""
    _, index, _ = _dictionary()
    if index is None:
        return 0
    rests = (key[len(front) :] for key in index.starting(front))
    return sum(len(rest) > _LEAST_HEAD and rest in index for rest in rests)


def _noun(row: list[str], columns: Mapping[str, int]) -> Iterable[Noun]:
    """One noun for each gender: a row has up to four, and the forms of each in columns of their own."""
    if "Substantiv" not in row[columns["pos"]] or not row[0][:1].isupper():
        return []
    genders = [(row[columns["genus"]], "")] + [(row[columns[f"genus {n}"]], str(n)) for n in range(1, 5)]
    return [Noun(row[0], gender, _forms(row, columns, n)) for gender, n in genders if gender in ("m", "f", "n")]


def _forms(row: list[str], columns: Mapping[str, int], n: str) -> Mapping[tuple[str, str], tuple[str, ...]]:
    forms = {}
    for name, case in _CASES.items():
        for number in ("singular", "plural"):
            names = [f"{name} {number}", f"{name} {number} {n}" if n else "", f"{name} {number}*"]
            if number == "plural" or not n:
                names += [f"{name} {number} {k}" for k in (1, 2)]
            cells = [row[columns[key]] for key in names if key in columns and columns[key] < len(row)]
            if distinct := tuple(dict.fromkeys(form for form in cells if form and form != "—")):
                forms[case, number[0]] = distinct
    return forms


@cache
def _dictionary() -> tuple[bytes | mmap, TextTable | None, dict[str, int]]:
    """The rows as they lie on disk, where those of a lower-case form begin (forms in order), the columns; nothing where
    there is no dictionary."""
    files = _files()
    if not files:
        return b"", None, {}
    nouns, forms = files
    with nouns.open("rb") as file:
        rows = mmap(file.fileno(), 0, access=ACCESS_READ)
        head = file.readline().decode().rstrip()

    def index() -> dict[str, str]:
        ends = np.flatnonzero(np.frombuffer(nouns.read_bytes(), dtype=np.uint8) == ord("\n"))
        starts = [str(end + 1) for end in ends.tolist()]
        pairs = (line.partition("\t")[::2] for line in sorted(_lines(forms)))
        return {form: "\t".join(starts[int(number)] for number in numbers.split("\t")) for form, numbers in pairs}

    name = f"german-forms.{len(rows)}.{forms.stat().st_size}"
    return rows, user_cache.table(name, index), {name: i for i, name in enumerate(head.split(","))}


def _files() -> tuple[Path, Path] | None:
    """The dictionary's rows, and the numbers of those of each form."""
    spec = find_spec("german_nouns")
    folder = Path(next(iter(spec.submodule_search_locations or ("",)))) if spec else Path()
    files = folder / "nouns.csv", folder / "index.txt"
    return files if all(map(Path.is_file, files)) else None


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
