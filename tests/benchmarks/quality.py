"""What the light estimate of quality sees: `python -m tests.benchmarks.quality EN-DE.jsonl`, its correlation with
chrF2++.

The bundled model translates the segments; a row also for other sentences' translations, which should be told apart.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import pearsonr, spearmanr

from mtpipe import plugins
from mtpipe.evaluation.metrics import by_segment
from mtpipe.evaluation.metrics.reference_free import Quality
from mtpipe.evaluation.metrics.string_based import Chrf
from mtpipe.models import registry
from mtpipe.mt.ct2 import CTranslate2Translator
from mtpipe.pipeline.steps import translate

LANGUAGES = {"source_lang": "en", "target_lang": "de"}


def main(path: Path) -> None:
    read = plugins.create("format", "jsonl", {}, **LANGUAGES).read(path, path.name).segments
    segments = translate(read, CTranslate2Translator(registry.find("en", "de").folder))
    chrf = Chrf().grades(segments)
    print(f"{len(segments)} sentences of {path}: the estimate against sentence chrF2++\n")
    print("| estimate by | median | of shuffled translations | Pearson | Spearman |\n|---|---:|---:|---:|---:|")
    moved = [replace(one, draft=other.draft) for one, other in zip(segments, [*segments[1:], segments[0]])]
    for name, use_scores in (("lexicon and n-grams", False), ("these and the model's score", True)):
        metric = Quality("en", "de", use_scores=use_scores)
        found = by_segment(metric, segments)
        known = ~np.isnan(found)
        shuffled = "–" if use_scores else f"{np.nanmedian(by_segment(metric, moved)):.2f}"
        measures = [measure(found[known], chrf[known])[0] for measure in (pearsonr, spearmanr)]
        print(f"| {name} | {np.nanmedian(found):.2f} | {shuffled} | {measures[0]:.2f} | {measures[1]:.2f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
