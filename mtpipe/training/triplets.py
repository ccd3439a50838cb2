"""Triplets to train a refiner with: a source, a draft that misses terms, and what should have become of it.

Drafts come from a translator that is not told the terms, or from good text in which terms give way to others. Or the
other way round: what stands in good text must give way to others, so that a model learns to obey, not to know better.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

from mtpipe import plugins
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment, TermMatch
from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.io import atomic
from mtpipe.languages.tokenization import spans, words
from mtpipe.mt import Decoder
from mtpipe.postedit import ape_input
from mtpipe.postedit.editor import Editor, Tools
from mtpipe.terminology import checker
from mtpipe.terminology.inflected_match import evidence
from mtpipe.training import material
from mtpipe.training.material import AlignedPair, AnnotationCandidate, Pair

CHUNK = 8000  # pairs drafted and saved together
HYPOTHESES = 3
MOST_TERMS = 3

Tell = Callable[[str], None]
Candidates = list[AnnotationCandidate]


@dataclass(frozen=True, slots=True)
class TripletRecipe:
    """How to make triplets.

    farthest: edit distance (changed share of the words, 0…1) beyond which a draft and a reference teach to translate
    anew instead of to edit, and are left out. held: share of the drafts with every term that is kept. nbest: share of
    the pairs that give a triplet with another hypothesis; swapped: of those made of good text, the share in which the
    others are what is asked for. inputs: says what the pairs are, for a run that goes on.
    """

    source_lang: str
    target_lang: str
    out: Path
    glossary: Glossary | None = None
    farthest: float = 0.4
    held: float = 0.15
    nbest: float = 0.3
    swapped: float = 0.5
    seed: int = 1
    inputs: str = ""

    @property
    def settings(self) -> str:
        """What a run must share with the one it goes on from."""
        glossary = self.glossary.digest if self.glossary else ""
        return repr((self.source_lang, self.target_lang, glossary, self.farthest, self.held, self.nbest, self.swapped,
                     self.seed, self.inputs))  # fmt: skip


def make(pairs: Iterable[Pair], decoder: Decoder, lexicon: Lexicon, recipe: TripletRecipe,
         tell: Tell = lambda line: None) -> dict[str, int]:  # fmt: skip
    """Writes recipe.out, segments JSON Lines from easy (a word to change) to hard, and returns counts.

    Memory holds one chunk. A run that was interrupted goes on after its last chunk. Raises InputError where no pair
    gives a triplet, OutputError, ConfigError for the parts of another run.
    """
    if recipe.out.exists():
        raise OutputError(f"{recipe.out}: exists already; choose another --out, or remove it first")
    maker = _Maker(decoder, lexicon, recipe)
    with _TripletParts(recipe.out, f"{recipe.settings} {decoder.digest}") as parts:
        stream = islice(pairs, parts.counts["pairs"], None)
        while chunk := list(islice(stream, CHUNK)):
            parts.add(maker.triplets(chunk, parts.counts["pairs"]), len(chunk))
            tell(", ".join(f"{name} {count}" for name, count in sorted(parts.counts.items())))
        if not parts.counts["triplets"]:
            raise InputError(f"{parts.counts['pairs']} pairs gave no triplet: needed are drafts within --farthest of "
                             "their references, and terms; give more pairs, or a --model that suits them")  # fmt: skip
        parts.join()
    return dict(parts.counts)


class _Maker:
    """Drafts chunks of pairs and picks the terms that each draft should have had."""

    def __init__(self, decoder: Decoder, lexicon: Lexicon, recipe: TripletRecipe):
        self.decoder, self.lexicon, self.recipe, self.lang = decoder, lexicon, recipe, recipe.target_lang
        tools = Tools(recipe.source_lang, recipe.target_lang, None, lexicon)
        self.breaker: Editor = plugins.create("editor", "substitution", {"least": 0.0}, tools=tools)

    def triplets(self, pairs: Sequence[Pair], number: int) -> Iterator[dict[str, Any]]:
        """Rows of pairs, of which the first is the one called number."""
        rng = random.Random(f"{self.recipe.seed} {number}")
        items = material.align_pairs(pairs, self.lexicon, self.recipe.seed)
        if self.recipe.glossary:
            items = material.with_glossary_terms(items, self.recipe.glossary)
        segments = [_segment(str(number + k), item) for k, item in enumerate(items)]
        options = self.decoder.nbest(segments, HYPOTHESES)
        for segment, item, drafts in zip(segments, items, options, strict=True):
            others = rng.sample(drafts[1:], 1) if drafts[1:] and rng.random() < self.recipe.nbest else []
            for kind, draft in zip(("plain", "nbest"), drafts[:1] + others):
                yield from self._drafted(segment, item, draft, kind, rng)
        yield from self._rewritten(segments, items, options, rng)

    def _drafted(
        self, segment: Segment, item: AlignedPair, draft: str, kind: str, rng: random.Random
    ) -> Iterator[dict[str, Any]]:
        """The draft beside the reference, if it misses terms or is one of those kept without."""
        missed, held = self._sorted(segment, item, draft)
        if missed or rng.random() < self.recipe.held:
            terms = [_term(item, one) for one in _disjoint(missed, held, rng)]
            yield from self._row(segment, draft, segment.reference or "", terms, kind)

    def _rewritten(
        self, segments: Sequence[Segment], items: Sequence[AlignedPair], options: Sequence[Sequence[str]],
        rng: random.Random,
    ) -> Iterator[dict[str, Any]]:
        """Good text (the reference, or a draft that holds the terms) beside one in which some gave way to others."""
        pool: dict[tuple[int, bool, str], list[str]] = defaultdict(list)
        for form in sorted({one.form for item in items for one in item.candidates}):
            pool[_kind(form)].append(form)
        tasks = []
        for segment, item, drafts in zip(segments, items, options, strict=True):
            good = drafts[0] if drafts and rng.random() < 0.5 else segment.reference or ""
            held = self._sorted(segment, item, good)[1]
            candidates = _disjoint(held, [], rng)
            broken = candidates[: rng.choice((1, 1, 2))]
            matches = tuple(_match(segment, item, one, rng.choice(pool[_kind(one.form)])) for one in broken)
            if matches:
                own = [_term(item, one) for one in candidates]
                sources = {match.term.source for match in matches}  # a word that stands twice has one translation
                kept_terms = [term for term in own[len(broken) :] if term.source not in sources]
                tasks.append((replace(segment, draft=good, matches=matches), own, kept_terms))
        proposals = self.breaker.propose([segment for segment, _, _ in tasks])
        for (segment, own, kept_terms), texts in zip(tasks, proposals, strict=True):
            good, others = segment.draft or "", [match.term for match in segment.matches]
            for text in (text for text in texts[:1] if isinstance(text, str)):
                if rng.random() < self.recipe.swapped:
                    if all(evidence(term, text, self.lang) for term in others):  # it may have found no place for one
                        yield from self._row(segment, good, text, [*others, *kept_terms], "swapped")
                else:
                    yield from self._row(segment, text, good, own, "dropped")

    def _sorted(self, segment: Segment, item: AlignedPair, target: str) -> tuple[Candidates, Candidates]:
        """The item's candidates that target misses, and those that it holds; none in placeholders."""
        bare, _ = checker.without_codes(segment, target)
        source, blotted = inline_codes.plain_text(item.source), checker.without_codes(segment, item.source)[0]
        places = spans(source)
        missed, held = list[AnnotationCandidate](), list[AnnotationCandidate]()
        for one in item.candidates:
            start, end = places[one.first][0], places[one.last - 1][1]
            if source[start:end] == blotted[start:end]:
                (held if evidence(_term(item, one), bare, self.lang) else missed).append(one)
        return missed, held

    def _row(
        self, segment: Segment, draft: str, reference: str, terms: Sequence[Term], kind: str
    ) -> Iterator[dict[str, Any]]:
        """The triplet, unless it is too far, nothing at all, or has codes that do not go together."""
        source, terms = segment.source, list(dict.fromkeys(terms))  # a word said twice is one term
        if any(inline_codes.broken(source, segment.codes, text) for text in (draft, reference)):
            source, draft, reference = (inline_codes.plain_target(segment, text) for text in (source, draft, reference))
            bare = inline_codes.find(source)
            if any(inline_codes.broken(source, bare, text) for text in (draft, reference)):
                return
        distance = ape_input.distance(segment, draft, reference)
        missed = sum(not evidence(term, draft, self.lang) for term in terms)
        if not terms or not draft.strip() or distance > self.recipe.farthest or (
                not missed and kind in ("dropped", "swapped")):  # fmt: skip
            return
        entries = [{"source": term.source, "targets": list(term.targets), "forms": list(term.forms)} for term in terms]
        yield {
            "id": f"{segment.id}.{kind}", "source": source, "draft": draft, "reference": reference, "terms": entries,
            "missed": missed,
            "distance": round(distance, 3), "bucket": sum(distance >= least for least in ape_input.LEVELS) - 1,
        }  # fmt: skip


class _TripletParts:
    """The triplets so far: a file for each bucket, and how far they go, so that what was cut off is done again."""

    def __init__(self, out: Path, settings: str):
        self.out, self.folder, self.settings = out, out.with_name(f"{out.name}.parts"), settings
        self.counts: Counter[str] = Counter()
        self._files: list[IO[bytes]] = []

    def __enter__(self) -> _TripletParts:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            state = self.folder / "state.json"
            new = {"settings": self.settings, "sizes": []}
            state_before = json.loads(state.read_text("utf-8")) if state.is_file() else new
        except OSError as error:
            raise OutputError(f"{self.folder}: can't be made ({error.strerror}); choose another --out") from error
        if state_before.get("settings") != self.settings:
            raise ConfigError(f"{self.folder} holds a run with other pairs, model or options: choose another --out, or "
                              "remove the folder")  # fmt: skip
        self.counts.update(state_before.get("counts", {}))
        for bucket, size in enumerate(state_before["sizes"] or [0] * len(ape_input.LEVELS)):
            file = (self.folder / f"{bucket}.jsonl").open("ab")
            file.truncate(size)
            self._files.append(file)
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()

    def add(self, rows: Iterable[dict[str, Any]], pairs: int) -> None:
        """Saves the rows of so many pairs; raises OutputError."""
        counts = Counter(pairs=pairs)
        try:
            for row in rows:
                self._files[row["bucket"]].write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
                counts.update(("triplets", row["id"].rpartition(".")[2], f"bucket {row['bucket']}"))
                counts["missing terms"] += bool(row["missed"])
            self.counts += counts
            for file in self._files:
                file.flush()
            state = {"settings": self.settings, "sizes": [file.tell() for file in self._files], "counts": self.counts}
            atomic.write_json(self.folder / "state.json", state)
        except OSError as error:
            raise OutputError(f"{self.folder}: can't be written ({error}); make room and run it again") from error

    def join(self) -> None:
        """The buckets, easy to hard, become the one file; the folder goes."""
        try:
            with atomic.replacement(self.out) as path, path.open("wb") as whole:
                for file in self._files:
                    with open(file.name, "rb") as part:
                        shutil.copyfileobj(part, whole)
            shutil.rmtree(self.folder)
        except OSError as error:
            raise OutputError(f"{self.out}: can't be written ({error}); make room and run it again") from error


def _segment(name: str, item: AlignedPair) -> Segment:
    return Segment(name, item.source, reference=item.target, codes=inline_codes.find(item.source))


def _disjoint(
    first: Sequence[AnnotationCandidate], rest: Sequence[AnnotationCandidate], rng: random.Random
) -> Candidates:
    """Up to MOST_TERMS of first, and one of rest now and then, that share no word; the weightier the likelier."""
    count = rng.choices(range(1, MOST_TERMS + 1), (5, 3, 2))[0]
    order = [*_shuffled(first, rng)[:count], *_shuffled(rest, rng)[: rng.random() < 0.5 or not first]]
    disjoint: list[AnnotationCandidate] = []
    for one in order:
        if all((one.last <= other.first or other.last <= one.first)
               and (one.end <= other.begin or other.end <= one.begin) for other in disjoint):
            disjoint.append(one)
    return disjoint


def _shuffled(candidates: Sequence[AnnotationCandidate], rng: random.Random) -> list[AnnotationCandidate]:
    """In a random order in which weighty ones tend to come first (Efraimidis and Spirakis 2006)."""
    keys = {number: rng.random() ** (1 / max(one.weight, 0.01)) for number, one in enumerate(candidates)}
    return [candidates[number] for number in sorted(keys, key=lambda number: -keys[number])]


def _term(item: AlignedPair, one: AnnotationCandidate) -> Term:
    source, target = words(inline_codes.plain_text(item.source)), inline_codes.plain_text(item.target)
    places = spans(target)
    surface = target[places[one.begin][0] : places[one.end - 1][1]]
    return Term((" ".join(source[one.first : one.last]),), (one.form,), forms=(surface,) if surface != one.form else ())


def _match(segment: Segment, item: AlignedPair, one: AnnotationCandidate, other: str) -> TermMatch:
    """The candidate's place in the source, asking for another term."""
    text, offsets = inline_codes.plain(segment.source, segment.codes)
    places = spans(text)
    start, end = places[one.first][0], places[one.last - 1][1]
    return TermMatch(Term((text[start:end],), (other,)), offsets[start], offsets[end - 1] + 1)


def _kind(form: str) -> tuple[int, bool, str]:
    """Entries of one kind can stand for each other: as many words, the same case, the same last letter."""
    return form.count(" "), form[:1].isupper(), form[-1:]
