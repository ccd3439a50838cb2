"""What a parallel corpus teaches the repair: which words translate which, the target's forms, its fluency.

Learnt from pairs alone, in any language pair; a folder of small gzip files that ships beside a model or stands alone.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np

from mtpipe.alignment import ibm_model1
from mtpipe.alignment.ngram_lm import MIN_COUNT, Fluency
from mtpipe.errors import InputError, ModelError
from mtpipe.languages.lemmatization import lemma
from mtpipe.languages.tokenization import is_character, words

SHARD_CELLS = 6_000_000  # about a gigabyte at work
LONGEST = 80  # words; longer pairs teach little and cost their square
UNLIKE = 3  # times as long as the other side no translation is
MIN_LINK = 0.4  # expected count under which a link is noise
MIN_FORM = 2
_ENDING = 3  # letters that tell an inflected form from a dictionary form
_USUAL = 3  # a translation of a third of a word's uses is as good as one of all
_ENDS = frozenset(".!?:…。！？：")

Pair = tuple[str, str]


class Lexicon:
    """links[source lemma][target lemma] = expected count; forms[target lemma][form] = count; fluency of the target."""

    def __init__(self, source_lang: str, target_lang: str, folder: Path | None = None):
        self.source_lang = source_lang
        self.target_lang = target_lang
        self._folder = folder  # read on first use: a job without errors never needs it
        self._function_words: list[str] | None = None
        self._totals: Counter[str] | None = None

    @cached_property
    def links(self) -> dict[str, dict[str, float]]:
        table: dict[str, dict[str, float]] = {}
        for source, target, count in self._rows("links"):
            table.setdefault(source, {})[target] = float(count)
        return table

    @cached_property
    def forms(self) -> dict[str, dict[str, int]]:
        table: dict[str, dict[str, int]] = {}
        for word, form, count in self._rows("forms"):
            table.setdefault(word, {})[form] = int(count)
        return table

    @cached_property
    def _endings(self) -> tuple[Counter[str], Counter[str]]:
        """How many lemmas, and how many other forms, end with the same letters."""
        lemmas = Counter(word[-_ENDING:] for word in self.forms)
        return lemmas, Counter(form[-_ENDING:].casefold() for word, forms in self.forms.items()
                               for form in forms if form.casefold() != word)  # fmt: skip

    def ends_like_a_lemma(self, word: str) -> bool:
        """Whether words that end so are dictionary forms rather than inflected ones, as far as the corpus tells."""
        lemmas, forms = self._endings
        return lemmas[word[-_ENDING:].casefold()] >= forms[word[-_ENDING:].casefold()]

    @cached_property
    def fluency(self) -> Fluency:
        counts = _counts(self._folder / "fluency.tsv.gz") if self._folder else {}
        return Fluency(counts, self._function_words)

    def _rows(self, name: str) -> Iterator[list[str]]:
        return _lines(self._folder / f"{name}.tsv.gz") if self._folder else iter(())

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
        totals = self._target_totals()
        sides = (
            [(max((row.get(other, 0.0) for other in theirs), default=0.0), sum(row.values()))
             for row in (self.links.get(word) for word in ours) if row],
            [(max((self.links.get(word, {}).get(other, 0.0) for word in ours), default=0.0), totals[other])
             for other in theirs if totals[other]],
        )  # fmt: skip
        forth, back = ([min(1.0, _USUAL * best / total) for best, total in side] for side in sides)
        return sum(forth) / len(forth) if forth else None, sum(back) / len(back) if back else None

    def translation(self, source: str, target: str) -> tuple[float, float]:
        """(share of the source word's uses that this target word translates, the same of the target word's): 0…1."""
        ours, theirs = lemma(source, self.source_lang), lemma(target, self.target_lang)
        row = self.links.get(ours, {})
        count = row.get(theirs, 0.0)
        return (count / sum(row.values()), count / self._target_totals()[theirs]) if count else (0.0, 0.0)

    def learn(self, pairs: Iterable[Pair]) -> int:
        """Adds what the pairs teach; returns how many were used. Memory holds one shard and the counts."""
        used, forms = 0, _Forms()
        for shard in _shards(item for item in self._read(pairs) if is_plausible(item[0], item[1])):
            cells, posteriors, word_pairs, vocabulary = self._fit(shard)
            counts = np.bincount(cells.pair, posteriors, minlength=len(word_pairs))
            names = list(vocabulary)
            for index in np.flatnonzero(counts >= 0.05):
                source, target = (names[i] for i in word_pairs[index])
                row = self.links.setdefault(source, {})
                row[target] = row.get(target, 0.0) + float(counts[index])
            self._totals = None
            for _, target_words, _, _ in shard:
                forms.add(target_words)
                self.fluency.learn([target_words])
            used += len(shard)
        self.links = {s: frequent for s, row in self.links.items() if (frequent := _above(row, MIN_LINK))}
        self._totals = None
        self.forms = forms.by_lemma(self.target_lang, self.forms)
        self.__dict__.pop("_endings", None)
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
            totals = self._target_totals()
            by_target = [totals[name] for name in names]
            return ibm_model1.Known(np.array(pairs), np.array(by_source)[sources], np.array(by_target)[targets])

        cells, posteriors, word_pairs = ibm_model1.align([i[0] for i in ids], [i[1] for i in ids], known)
        return cells, posteriors, word_pairs, vocabulary

    def _target_totals(self) -> Counter[str]:
        if self._totals is None:
            self._totals = Counter()
            for row in self.links.values():
                self._totals.update(row)
        return self._totals

    def save(self, folder: Path, about: Mapping[str, object], least: int = MIN_COUNT) -> None:
        """Writes the folder; about (sources, licences, number of pairs) goes into lexicon.json; least: how often words
        must have been seen in a row to be kept (3 instead of 2: two thirds of the size)."""
        folder.mkdir(parents=True, exist_ok=True)
        head = {"source_lang": self.source_lang, "target_lang": self.target_lang, **about,
                "function_words": sorted(self.fluency.function_words)}
        (folder / "lexicon.json").write_text(json.dumps(head, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        _write(folder / "links.tsv.gz", ((s, t, f"{n:.2g}") for s, row in self.links.items() for t, n in row.items()))
        _write(folder / "forms.tsv.gz", ((w, f, str(n)) for w, row in self.forms.items() for f, n in row.items()))
        _write(folder / "fluency.tsv.gz", self.fluency.rows(least))

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

    def by_lemma(self, lang: str, known: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
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


def _above(row: dict[str, float], least: float) -> dict[str, float]:
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


def _write(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    # no name and time inside: the same lexicon is the same file
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        for row in rows:
            packed.write(("\t".join(row) + "\n").encode())


def _lines(path: Path) -> Iterator[list[str]]:
    """Rows of two texts and a number."""
    with _readable(path), gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            row = line.rstrip("\n").split("\t")
            if len(row) != 3:
                raise ValueError(f"{len(row)} columns where 3 belong")
            float(row[-1])
            yield row


def _counts(path: Path) -> dict[str, int]:
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
