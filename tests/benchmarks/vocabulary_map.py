"""Vocabulary maps: `python -m tests.benchmarks.vocabulary_map [PAIR[=PARALLEL TEXT] …]` prints what they give and cost.

A copy of each bundled model is given a map, of its lexicon or of the text; both translate the pair's quick set in
turns, in one process on one thread. The ratio of words a CPU second is the median over the rounds. Terms are counted in
drafts made with the glossary, as a job makes them: plain first, annotated where one is missing.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import sacrebleu

from mtpipe.corpora import deduplication
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.glossary.loading import load_glossary
from mtpipe.models import registry
from mtpipe.mt import vocabulary_map
from mtpipe.mt.ct2 import CTranslate2Translator
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher
from tests.benchmarks.child import ROOT

PAIRS = ("en-de", "en-es", "en-cs", "de-en")  # without parallel text there is none for Chinese
ROUNDS = 5
HEAD = ("pair", "words/s, times", "sentences alike", "chrF2++", "with map", "terms used", "with map")


def row(what: str, folder: Path) -> list[str]:
    pair, _, text = what.partition("=")
    languages = tuple(pair.split("-"))
    rows = [json.loads(line) for line in (ROOT / f"data/quick/{pair}.jsonl").read_text(encoding="utf-8").splitlines()]
    segments = [Segment(str(k), row["source"], codes=inline_codes.find(row["source"])) for k, row in enumerate(rows)]
    glossary = load_glossary(ROOT / f"glossaries/{pair}.office.csv", *languages)
    shutil.copytree(registry.find(*languages).folder, folder)
    vocabulary_map.write(folder, pairs=deduplication.distinct([Path(text)], *languages) if text else ())
    both = [CTranslate2Translator(folder, threads=1, vmap=is_mapped) for is_mapped in (False, True)]
    seconds: list[list[float]] = []
    for number in range(ROUNDS + 1):
        times, texts = zip(*(_timed(translator, segments) for translator in both))
        if number:
            seconds.append(list(times))
    matched = Matcher(glossary).find(segments)
    terms = [_terms_used(translator, matched, languages[1]) for translator in both]
    scores = [sacrebleu.corpus_chrf(some, [[row["reference"] for row in rows]], word_order=2).score for some in texts]
    same = sum(one == other for one, other in zip(*texts)) / len(rows)
    return [pair, f"{median(plain / fast for plain, fast in seconds):.2f}", f"{same:.0%}",
            *(f"{score:.2f}" for score in scores), *(f"{share:.3f}" for share in terms)]  # fmt: skip


def _timed(translator: CTranslate2Translator, segments: Sequence[Segment]) -> tuple[float, list[str]]:
    start = process_time()
    drafts = translator.translate(segments)
    return process_time() - start, [draft.text for draft in drafts]


def _terms_used(translator: CTranslate2Translator, segments: Sequence[Segment], lang: str) -> float:
    drafts = translator.translate(segments)
    missed = sum(len(checker.check(segment, lang, draft.text)) for segment, draft in zip(segments, drafts))
    return 1 - missed / sum(len(segment.matches) for segment in segments)


def main(pairs: Sequence[str]) -> None:
    print(f"| {' | '.join(HEAD)} |\n|---{'|---:' * (len(HEAD) - 1)}|")
    for pair in pairs or PAIRS:
        with TemporaryDirectory() as name:
            print(f"| {' | '.join(row(pair, Path(name) / 'model'))} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
