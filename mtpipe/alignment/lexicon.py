"""What a parallel corpus teaches the repair: which words translate which, the target's forms, its fluency.

Learnt from pairs alone, in any language pair; a folder that ships beside a model or stands alone. Its files are tables
that are mapped into memory; those of earlier versions, gzipped text, are read as well.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mtpipe.alignment import ibm_model1
from mtpipe.alignment.ngram_lm import MIN_COUNT, Fluency
from mtpipe.alignment.ngram_table import NgramTable
from mtpipe.errors import InputError, ModelError
from mtpipe.io import text_table
from mtpipe.io.text_table import TextTable
from mtpipe.languages.lemmatization import is_known, lemma
from mtpipe.languages.scripts import has_word_boundaries
from mtpipe.languages.tokenization import is_character, words

SHARD_CELLS = 6_000_000  # about a gigabyte at work
LONGEST = 80  # words; longer pairs teach little and cost their square
UNKNOWN = 0.5  # how often words are inflected, where nobody can tell
UNLIKE = 3  # times as long as the other side no translation is
MIN_LINK = 0.4  # expected count under which a link is noise
MIN_FORM = 2
_ENDING = 3  # letters that tell an inflected form from a dictionary form
_USUAL = 3  # a translation of a third of a word's uses is as good as one of all
_UNLIKELY = math.log(0.001)  # what a word counts whose translations are all missing
_ENDS = frozenset(".!?:…。！？：")

Pair = tuple[str, str]
Number = TypeVar("Number", int, float)
Value = TypeVar("Value")


class MappedTable(Mapping[str, Value]):
    """A part of a lexicon in a file, of which a value is read when it is asked for."""

    def __init__(self, path: Path, read: Callable[[str], Value]):
        self._path = path
        with _readable(path):
            self._table = TextTable(path)
        self._read = read
        self._known: dict[str, Value] = {}

    def get(self, word: str, default: Any = None) -> Any:  # quicker than Mapping's by an exception
        value = self._known.get(word)
        if value is None:
            with _readable(self._path):
                text = self._table.get(word)
                if text is None:
                    return default
                value = self._known[word] = self._read(text)
        return value

    def __getitem__(self, word: str) -> Value:
        value = self.get(word)
        if value is None:
            raise KeyError(word)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def rows(self) -> Iterator[str]:
        """All values as they are in the file, none of which stays in memory."""
        with _readable(self._path):
            yield from (text for _, text in self._table.records())


class Lexicon:
    """links[source lemma][target lemma] = expected count; forms[target lemma][form] = count; fluency of the target."""

    def __init__(self, source_lang: str, target_lang: str, folder: Path | None = None):
        self.source_lang = source_lang
        self.target_lang = target_lang
        self._folder = folder  # read on first use: a job without errors never needs it
        self._function_words: list[str] | None = None
        self._log_shares: dict[str, Mapping[str, float]] = {}

    @cached_property
    def links(self) -> Mapping[str, Mapping[str, float]]:
        return self._rows("links", float)

    @cached_property
    def forms(self) -> Mapping[str, Mapping[str, int]]:
        return self._rows("forms", int)

    def all_forms(self) -> Iterator[str]:
        """The forms of all words, as the corpus has them."""
        if isinstance(self.forms, MappedTable):
            for row in self.forms.rows():
                yield from row.split("\t")[::2]
        else:
            yield from chain.from_iterable(self.forms.values())

    @cached_property
    def _endings(self) -> Mapping[str, Mapping[str, int]]:
        """How many lemmas, and how many other forms, end with the same letters."""
        if isinstance(self.forms, MappedTable) and self._folder:
            return MappedTable(self._folder / "endings.table", partial(_row, int))
        endings: dict[str, dict[str, int]] = {}
        for word, forms in self.forms.items():
            _count(endings, word[-_ENDING:], "lemma")
            for form in forms:
                if form.casefold() != word:
                    _count(endings, form[-_ENDING:].casefold(), "form")
        return endings

    def ends_like_a_lemma(self, word: str) -> bool:
        """Whether words that end so are dictionary forms rather than inflected ones, as far as the corpus tells."""
        row = self._endings.get(word[-_ENDING:].casefold(), {})
        return row.get("lemma", 0) >= row.get("form", 0)

    @cached_property
    def inflection(self) -> float:
        """The share of the corpus' content words that are no dictionary forms; half where no dictionary tells."""
        if is_known("a", self.target_lang) is None:
            return UNKNOWN if has_word_boundaries(self.target_lang) else 0.0
        function_words = self.fluency.function_words
        content = {word: forms for word, forms in self.forms.items()
                   if word.isalpha() and not function_words & {word, *forms}}  # fmt: skip
        counts = [(form.casefold() == word, n) for word, forms in content.items() for form, n in forms.items()]
        total = sum(n for _, n in counts)
        return 1 - sum(n for is_bare, n in counts if is_bare) / total if total else UNKNOWN

    @cached_property
    def fluency(self) -> Fluency:
        return Fluency(self._counts(), self._function_words)

    def _counts(self) -> NgramTable | Mapping[str, int]:
        if self._folder is None:
            return {}
        path = self._folder / "fluency.tsv.gz"
        if path.exists():
            return _read_counts(path)
        path = self._folder / "ngrams.table"
        with _readable(path):
            return NgramTable(path)

    def _rows(self, name: str, number: Callable[[str], Number]) -> Mapping[str, Mapping[str, Number]]:
        if self._folder is None:
            return {}
        path = self._folder / f"{name}.tsv.gz"
        if not path.exists():
            return MappedTable(self._folder / f"{name}.table", partial(_row, number))
        table: dict[str, dict[str, Number]] = {}
        for word, other, cell in _lines(path):
            table.setdefault(word, {})[other] = number(cell)
        return table

    @cached_property
    def _totals(self) -> Mapping[str, float]:
        """Of each target word the sum of its links."""
        if isinstance(self.links, MappedTable) and self._folder:
            return MappedTable(self._folder / "totals.table", float)
        return _sums(self.links)

    def align(self, pairs: Sequence[Pair]) -> list[np.ndarray]:
        """For each (source, target) a matrix [target words × source words] of link weights (0…1); words as in
        `tokenization`. The batch itself is learnt from, so the same pair may align better in larger company.
        """
        matrices: list[np.ndarray] = []
        for shard in _shards(self._read(pairs)):
            cells, posteriors, _, _ = self._fit(shard)
            matrices += ibm_model1.matrices(
                cells, np.sqrt(posteriors)
            )  # a link only one direction is sure of counts too
        return matrices

    def coverage(self, source: str, target: str) -> tuple[float | None, float | None]:
        """How well each word of source has a usual translation in target, 0…1 in the mean, and the other way round.

        None where the lexicon knows no word of that side.
        """
        ours, theirs = ({lemma(word, lang) for word in words(text) if word[0].isalpha()}
                        for text, lang in ((source, self.source_lang), (target, self.target_lang)))  # fmt: skip
        totals = self._totals
        sides = (
            [(max((row.get(other, 0.0) for other in theirs), default=0.0), sum(row.values()))
             for row in (self.links.get(word) for word in ours) if row],
            [(max((self.links.get(word, {}).get(other, 0.0) for word in ours), default=0.0), total)
             for other in theirs if (total := totals.get(other))],
        )  # fmt: skip
        forth, back = ([min(1.0, _USUAL * best / total) for best, total in side] for side in sides)
        return sum(forth) / len(forth) if forth else None, sum(back) / len(back) if back else None

    def adequacy(self, source: str, targets: Sequence[str]) -> list[float]:
        """How well each of the targets answers for the words of source: over those that the lexicon knows, the mean log
        of the share of a word's uses that the likeliest word of the target translates; log .001 to 0, 0 where it knows
        none.

        IBM Model 1 (Brown et al. 1993) with the best link for the sum, from the source's side alone: the model's own
        score looks at the other.
        """
        ours = (lemma(word, self.source_lang) for word in words(source) if word[0].isalpha())
        rows = [row for word in ours if (row := self._shares(word))]
        lemmas = ({lemma(word, self.target_lang) for word in words(target)} for target in targets)
        return [sum(max((row[word] for word in theirs if word in row), default=_UNLIKELY) for row in rows)
                / max(1, len(rows)) for theirs in lemmas]  # fmt: skip

    def _shares(self, word: str) -> Mapping[str, float]:
        """The log share of the source word's uses that each of its translations has."""
        if (shares := self._log_shares.get(word)) is None:
            row = self.links.get(word, {})
            total = sum(row.values())
            shares = {other: max(_UNLIKELY, math.log(count / total)) for other, count in row.items()}
            self._log_shares[word] = shares
        return shares

    def translation(self, source: str, target: str) -> tuple[float, float]:
        """(share of the source word's uses that this target word translates, the same of the target word's): 0…1."""
        ours, theirs = lemma(source, self.source_lang), lemma(target, self.target_lang)
        row = self.links.get(ours, {})
        count = row.get(theirs, 0.0)
        return (count / sum(row.values()), count / self._totals[theirs]) if count else (0.0, 0.0)

    def knows(self, target: str) -> bool:
        """Whether the target word translates any word."""
        return bool(self._totals.get(lemma(target, self.target_lang)))

    def learn(self, pairs: Iterable[Pair]) -> int:
        """Adds what the pairs teach; returns how many were used. Memory holds one shard and the counts."""
        used, forms = 0, _Forms()
        self.links = links = {source: dict(row) for source, row in self.links.items()}
        for shard in _shards(item for item in self._read(pairs) if is_plausible(item[0], item[1])):
            cells, posteriors, word_pairs, vocabulary = self._fit(shard)
            counts = np.bincount(cells.pair, posteriors, minlength=len(word_pairs))
            names = list(vocabulary)
            for index in np.flatnonzero(counts >= 0.05):
                source, target = (names[i] for i in word_pairs[index])
                row = links.setdefault(source, {})
                row[target] = row.get(target, 0.0) + float(counts[index])
            self.__dict__.pop("_totals", None)
            for _, target_words, _, _ in shard:
                forms.add(target_words)
                self.fluency.learn([target_words])
            used += len(shard)
        self.links = {s: frequent for s, row in links.items() if (frequent := _above(row, MIN_LINK))}
        self._log_shares.clear()
        self.__dict__.pop("_totals", None)
        self.forms = forms.by_lemma(self.target_lang, self.forms)
        self.__dict__.pop("_endings", None)  # was made of the forms
        return used

    def _read(self, pairs: Iterable[Pair]) -> Iterator[tuple[list[str], list[str], list[str], list[str]]]:
        for source, target in pairs:
            ours, theirs = words(source), words(target)
            yield (ours, theirs, [lemma(word, self.source_lang) for word in ours],
                   [lemma(word, self.target_lang) for word in theirs])

    def _fit(self, shard: Sequence[tuple[list[str], list[str], list[str], list[str]]]):
        vocabulary: dict[str, int] = {}
        ids = [[np.array([vocabulary.setdefault(word, len(vocabulary)) for word in side], dtype=np.int64)
                for side in item[2:]] for item in shard]
        names = list(vocabulary)

        def known(sources: np.ndarray, targets: np.ndarray) -> ibm_model1.Known:
            pairs = [self.links.get(names[s], {}).get(names[t], 0.0) for s, t in zip(sources, targets)]
            by_source = [sum(self.links.get(names[s], {}).values()) for s in range(len(names))]
            by_target = [self._totals.get(name, 0.0) for name in names]
            return ibm_model1.Known(np.array(pairs), np.array(by_source)[sources], np.array(by_target)[targets])

        cells, posteriors, word_pairs = ibm_model1.align([i[0] for i in ids], [i[1] for i in ids], known)
        return cells, posteriors, word_pairs, vocabulary

    def save(self, folder: Path, about: Mapping[str, object], least: int = MIN_COUNT) -> None:
        """Writes the folder; about (sources, licences, number of pairs) goes into lexicon.json; least: how often words
        must have been seen in a row to be kept (3 instead of 2: two thirds of the size)."""
        folder.mkdir(parents=True, exist_ok=True)
        head = {"source_lang": self.source_lang, "target_lang": self.target_lang, **about,
                "function_words": sorted(self.fluency.function_words)}
        (folder / "lexicon.json").write_text(json.dumps(head, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        links = {s: {t: f"{n:.2g}" for t, n in row.items()} for s, row in self.links.items()}
        totals = _sums({s: {t: float(n) for t, n in row.items()} for s, row in links.items()})
        text_table.write(folder / "links.table", map(_cells, links.items()))
        text_table.write(folder / "totals.table", ((word, repr(total)) for word, total in totals.items()))
        text_table.write(folder / "forms.table", map(_cells, self.forms.items()))
        text_table.write(folder / "endings.table", map(_cells, self._endings.items()))
        self.fluency.write(folder / "ngrams.table", least)

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """The lexicon in folder; raises ModelError when it holds none."""
        head = folder / "lexicon.json"
        if not head.is_file():
            raise ModelError(f"{folder}: no lexicon here (lexicon.json is missing); make one from parallel text with "
                             f"'mtpipe corpus lexicon PAIRS.tsv --out {folder}'")
        try:
            about = json.loads(head.read_text(encoding="utf-8"))
            lexicon = cls(about["source_lang"], about["target_lang"], folder)
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{head}: not the header of a lexicon ({error!r}); make the lexicon again") from error
        lexicon._function_words = about.get("function_words")
        return lexicon


class _Forms:
    """Counts of words as they are written inside a sentence, where a capital means something."""

    def __init__(self) -> None:
        self._inside: Counter[str] = Counter()

    def add(self, sentence: Sequence[str]) -> None:
        self._inside.update(word for before, word in zip(sentence, sentence[1:])
                            if word[0].isalpha() and before not in _ENDS)

    def by_lemma(self, lang: str, known: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
        for row in known.values():
            self._inside.update(row)
        spelling: dict[str, str] = {}
        totals: Counter[str] = Counter()
        for word, count in self._inside.most_common():
            spelling.setdefault(word.casefold(), word)
            totals[word.casefold()] += count
        table: dict[str, dict[str, int]] = defaultdict(dict)
        for folded, count in totals.items():
            if count >= MIN_FORM:
                table[lemma(spelling[folded], lang)][spelling[folded]] = count
        return dict(table)


def _count(table: dict[str, dict[str, int]], key: str, column: str) -> None:
    row = table.setdefault(key, {})
    row[column] = row.get(column, 0) + 1


def _sums(links: Mapping[str, Mapping[str, float]]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for row in links.values():
        totals.update(row)  # shares of counts
    return totals


def _above(row: Mapping[str, float], least: float) -> dict[str, float]:
    floor = max(least, 0.002 * sum(row.values()))
    return {word: count for word, count in row.items() if count >= floor}


def is_plausible(source: Sequence[str], target: Sequence[str]) -> bool:
    """Whether these words can be a translation, and of a length that is worth aligning."""
    n, m = (len(text) - sum(map(is_character, text)) / 2 for text in (source, target))  # two characters make a word
    return 0 < n <= LONGEST and 0 < m <= LONGEST and n <= UNLIKE * (m + 1) and m <= UNLIKE * (n + 1)


def _shards(items: Iterable) -> Iterator[list]:
    shard, cells = [], 0
    for item in items:
        shard.append(item)
        cells += len(item[0]) * len(item[1])
        if cells > SHARD_CELLS:
            yield shard
            shard, cells = [], 0
    if shard:
        yield shard


def _cells(item: tuple[str, Mapping[str, object]]) -> tuple[str, str]:
    """(word, its row as one text)"""
    word, row = item
    return word, "\t".join(f"{other}\t{number}" for other, number in row.items())


def _row(number: Callable[[str], Number], text: str) -> dict[str, Number]:
    cells = text.split("\t")
    return dict(zip(cells[::2], map(number, cells[1::2]), strict=True))


def _lines(path: Path) -> Iterator[list[str]]:
    """Rows of two texts and a number."""
    with _readable(path), gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            row = line.rstrip("\n").split("\t")
            if len(row) != 3:
                raise ValueError(f"{len(row)} columns where 3 belong")
            float(row[-1])
            yield row


def _read_counts(path: Path) -> dict[str, int]:
    """Rows of a text and a number, a million of them, all at once: a loop over lines takes twice as long."""
    with _readable(path), gzip.open(path, "rb") as file:
        text = file.read().decode("utf-8")
        lines = text.count("\n")
        if text[-1:] not in ("", "\n") or text.count("\t") != lines:
            raise ValueError("other than two columns")
        cells = text.replace("\n", "\t").split("\t")
        counts = dict(zip(cells[0 : 2 * lines : 2], map(int, cells[1::2]), strict=True))
    return counts


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"{path}: a part of the lexicon can't be read ({error}); make the lexicon again") from error
