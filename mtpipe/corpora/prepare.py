"""Corpora into train, dev and test files: cleaned, split by document, each pair once, nothing held out in training.

Pairs wait on disk in files by the first digits of their digests: one file at a time is sorted, which shuffles it and
puts duplicates side by side, so memory does not grow with the corpora. The order depends on the pairs alone.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from mtpipe import __version__
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.corpora import Pair, cleaning, located, parallelism, provenance
from mtpipe.corpora.decontamination import SHARE, HeldOut, words
from mtpipe.corpora.split import PARTS, Split
from mtpipe.corpora.statistics import Amount, Origin
from mtpipe.errors import InputError, OutputError
from mtpipe.io import atomic, process_memory

_SAMPLES = 100  # rejected pairs that are kept to look at, for each reason and origin
_BUCKET_DIGITS = 2  # 256 files


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to prepare: languages (BCP 47), the split, pairs to keep out of training beside it, and the longest side.

    exclude: (source, target or ""). longest is in characters, codes left out and Chinese and Japanese ones counted 2.5
    times. licences: of origins. lexicon: scores training pairs, `parallelism.fault`; without one they are not scored.
    """

    source_lang: str
    target_lang: str
    split: Split
    exclude: tuple[Pair, ...] = ()
    longest: int = cleaning.LONGEST
    licences: Mapping[str, str] = field(default_factory=dict)
    lexicon: Lexicon | None = None


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """A pair on its way: id is "<document>#<n>", origin the name of the input."""

    id: str
    source: str
    reference: str
    origin: str

    def line(self, **more: str) -> str:
        row = {"id": self.id, "source": self.source, "reference": self.reference, "origin": self.origin}
        return json.dumps(more | row, ensure_ascii=False) + "\n"


def prepare(
    inputs: Iterable[tuple[str, Path]], out: Path, recipe: Recipe, rejected: Path | None = None,
    on_problem: Callable[[str], object] = lambda problem: None,
) -> dict[str, Any]:
    """Writes train.jsonl, dev.jsonl, test.jsonl and statistics.json into out and returns the statistics.

    inputs: (origin, path) of corpora. Damage in one is told to on_problem, what comes before it counts. rejected: a
    file for samples of what was left out. Raises InputError when an input file gives nothing or no pair is left for
    training, OutputError when out can't be written; the files there are only replaced when all is done.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".prepare-") as scratch, ExitStack() as files:
            work = _Preparation(Path(scratch), files, recipe, on_problem)
            for origin, path in inputs:
                work.read(origin, path)
            amounts = {part: work.write(part) for part in ("test", "dev", "train")}
            if not amounts["train"].pairs:
                raise InputError(f"no pair is left for training of {sum(o.read for o in work.origins.values())} read; "
                                 f"left out: {dict(work.left_out())}")  # fmt: skip
            files.close()
            result = work.statistics(amounts)
            text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
            (work.scratch / "statistics.json").write_text(text, "utf-8")
            for name in (*(f"{part}.jsonl" for part in amounts), "statistics.json"):
                atomic.commit(work.scratch / name, out / name)
            if rejected:
                rejected.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(work.scratch / "rejected.jsonl", rejected)
    except OSError as error:
        raise OutputError(f"{error.filename or out}: can't be written ({error.strerror}); check free space and "
                          f"permissions and run again; what was in {out} is still there") from error  # fmt: skip
    return result


class _Preparation:
    """The files and counts of one preparation."""

    def __init__(self, scratch: Path, files: ExitStack, recipe: Recipe, on_problem: Callable[[str], object]):
        self.scratch, self.files, self.recipe, self.on_problem = scratch, files, recipe, on_problem
        self.origins: dict[str, Origin] = {}
        self.problems: list[str] = []
        self.buckets: dict[str, IO[str]] = {}
        self.held_rows: dict[str, list[tuple[CorpusRow, str | None]]] = {"test": [], "dev": []}
        self.held_out = HeldOut(), HeldOut()  # by side
        self.numbers = Counter[str]()
        self.samples = Counter[tuple[str, str]]()
        self.rejected = self._open("rejected.jsonl")
        for pair in recipe.exclude:
            for side, text in zip(self.held_out, pair, strict=True):
                side.add(text)

    def read(self, origin: str, path: Path) -> None:
        """Sends the input's pairs to where they wait."""
        own_counts = Origin(provenance.version(path), self.recipe.licences.get(origin))
        counts = self.origins.setdefault(origin, own_counts)
        before = counts.read
        try:
            for document, pair in located(path, self.recipe.source_lang, self.recipe.target_lang, self._note):
                counts.read += 1
                self._take(document, cleaning.tidied(*pair), origin)
        except InputError as error:
            if counts.read == before and not path.is_dir():
                raise
            self._note(error)

    def write(self, part: str) -> Amount:
        """Writes a part's file; training comes last, when all that is held out is known."""
        amount = Amount()
        with (self.scratch / f"{part}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
            for row in self._mixed() if part == "train" else self._in_order(part):
                amount.add((row.source, row.reference))
                self.origins[row.origin].kept[part] += 1
                file.write(row.line())
        return amount

    def left_out(self) -> Counter[str]:
        return sum((origin.left_out for origin in self.origins.values()), Counter[str]())

    def statistics(self, amounts: dict[str, Amount]) -> dict[str, Any]:
        recipe, split = self.recipe, self.recipe.split
        return {
            "mtpipe": __version__, "source_lang": recipe.source_lang, "target_lang": recipe.target_lang,
            "parts": {part: asdict(amounts[part]) for part in PARTS},
            "read": sum(origin.read for origin in self.origins.values()),
            "left_out": dict(self.left_out().most_common()),
            "tags_dropped": sum(origin.tags_dropped for origin in self.origins.values()),
            "origins": {name: origin.facts() for name, origin in sorted(self.origins.items())},
            "settings": {
                "longest": recipe.longest,
                "contamination": f"same words, or {SHARE} of the word trigrams of the longer",
                "excluded": len(recipe.exclude), "test_documents": len(split.test), "dev_documents": len(split.dev),
                "test_share": split.test_share, "dev_share": split.dev_share,
            },
            "problems": self.problems, "peak_memory": process_memory.peak(),
        }  # fmt: skip

    def _take(self, document: str, pair: Pair, origin: str) -> None:
        part = self.recipe.split.part(document)
        if part == "train":
            for piece in cleaning.sentences(pair, self.recipe.source_lang, self.recipe.target_lang):
                self._take_for_training(document, piece, origin)
        else:  # what is unfit is held out as well
            reason, pair = self._judged(pair, origin)
            self.held_rows[part].append((self._row(document, pair, origin), reason))

    def _row(self, document: str, pair: Pair, origin: str) -> CorpusRow:
        self.numbers[document] += 1
        return CorpusRow(f"{document}#{self.numbers[document]}", *pair, origin)

    def _take_for_training(self, document: str, pair: Pair, origin: str) -> None:
        reason, pair = self._judged(pair, origin)
        if not reason and self.recipe.lexicon:
            reason = parallelism.fault(pair, self.recipe.lexicon)
        row = self._row(document, pair, origin)
        if reason:
            self._reject(row, reason)
        else:
            digest = blake2b("\0".join(pair).casefold().encode(), digest_size=10).hexdigest()
            name = digest[:_BUCKET_DIGITS]
            bucket = self.buckets.get(name) or self.buckets.setdefault(name, self._open(name))
            bucket.write(f"{digest}\t{row.line()}")

    def _judged(self, pair: Pair, origin: str) -> tuple[str | None, Pair]:
        """(why it is unfit, the pair); a pair whose tags alone are at fault goes on without them."""
        languages = self.recipe.source_lang, self.recipe.target_lang
        reason = cleaning.fault(pair, *languages, self.recipe.longest)
        if reason in ("placeholder parity", "broken markup"):
            bare = cleaning.without_tags(pair)
            if bare != pair and not cleaning.fault(bare, *languages, self.recipe.longest):
                self.origins[origin].tags_dropped += 1
                return None, bare
        return reason, pair

    def _in_order(self, part: str) -> Iterator[CorpusRow]:
        """The part's rows with distinct sources, then all its texts are held out of what comes later."""
        keys = set[str]()
        for row, reason in self.held_rows[part]:
            key = words(row.source)
            reason = reason or ("single word" if len(key) < 2 else "duplicate" if " ".join(key) in keys else None)
            reason = reason or ("contamination" if self._is_held_out(row) else None)
            keys.add(" ".join(key))
            if reason:
                self._reject(row, reason)
            else:
                yield row
        for row, _ in self.held_rows[part]:
            self.held_out[0].add(row.source)
            self.held_out[1].add(row.reference)

    def _mixed(self) -> Iterator[CorpusRow]:
        """The training rows in the order of their digests, each pair once, the first that was read."""
        for name in sorted(self.buckets):
            self.buckets[name].flush()
            with (self.scratch / name).open(encoding="utf-8", newline="\n") as file:
                lines = sorted((line.partition("\t")[::2] for line in file), key=itemgetter(0))
            before = ""
            for digest, line in lines:
                row = CorpusRow(**json.loads(line))
                reason = "duplicate" if digest == before else "contamination" if self._is_held_out(row) else None
                before = digest
                if reason:
                    self._reject(row, reason)
                else:
                    yield row

    def _is_held_out(self, row: CorpusRow) -> bool:
        return self.held_out[0].has_like(row.source) or self.held_out[1].has_like(row.reference)

    def _reject(self, row: CorpusRow, reason: str) -> None:
        self.origins[row.origin].left_out[reason] += 1
        self.samples[row.origin, reason] += 1
        if self.samples[row.origin, reason] <= _SAMPLES:
            self.rejected.write(row.line(reason=reason))

    def _note(self, error: InputError) -> None:
        self.problems.append(str(error))
        self.on_problem(str(error))

    def _open(self, name: str) -> IO[str]:
        return self.files.enter_context((self.scratch / name).open("w", encoding="utf-8", newline="\n"))
