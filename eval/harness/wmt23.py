"""The WMT23 terminology task: our systems beside the organisers' table of results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eval.harness.figures import Row, row, score, with_targets
from eval.harness.systems import Setup, Tell, lacking, translate
from eval.harness.wmt23_data import MODES, Wmt23Task
from mtpipe.document.segment import Segment

SUCCESS = ("regex", "fuzzy90", "lemma_regex", "lemma_fuzzy90")


def counted_items(task: Wmt23Task, mode: str) -> str:
    """Whose items are counted in a mode, as the denominators of the official figures tell.

    Without terms those of "proper"; with random ones too, but for ZH-EN.
    """
    return "random" if mode == "random" and task.source_lang == "zh" else "proper"


def figures(task: Wmt23Task, segments: Sequence[Segment], comet: str = "") -> dict[str, float]:
    """chrF2, COMET where there is a checkpoint, and the four success rates on the items that are segments' terms."""
    langs = (task.source_lang, task.target_lang)
    learnt = {"comet": score("comet", segments, langs, model=comet)} if comet else {}
    rates = {mode: score("tsr_wmt23", segments, langs, mode=mode) for mode in SUCCESS}
    return {"chrf": score("chrf2", segments, langs)} | learnt | rates


def fitting(task: Wmt23Task) -> tuple[list[str], list[str]]:
    """(official rows whose rates are whole numbers of the items that we count, those whose are not).

    All that can be checked without the systems' outputs: that it is the same items. Rows that don't fit were
    scored on another set of lines.
    """
    items = task.count("proper")
    fit: list[str] = []
    unfit: list[str] = []
    for mode in ("proper", "noterm"):
        for system, official in task.official[mode].items():
            hits = [official[name] * items for name in SUCCESS]
            (fit if all(abs(hit - round(hit)) < 1e-4 for hit in hits) else unfit).append(f"{system} ({mode})")
    return fit, unfit


def table(task: Wmt23Task, setup: Setup, tell: Tell, comet: str = "") -> Iterator[Row]:
    """Rows of the organisers' systems, ours and the references (`figures.row`), placed by "pair" and "mode"."""
    for mode in MODES:
        place = {"pair": task.pair, "mode": mode}
        for system, official in task.official[mode].items():
            yield row(place, system, "organisers", official)
        items = task.segments(counted_items(task, mode))
        for number, ours in enumerate(setup.systems()):
            if ours.has_terms == (mode == "noterm"):  # without terms there is nothing to annotate or repair
                continue
            if note := lacking(ours, task.source_lang, task.target_lang):
                yield row(place, ours.name, "ours", {}, note=note)
                continue
            tell(f"{task.pair}, {mode} terms: {ours.name}")
            folder = setup.out / f"{task.pair}.{mode}" / str(number)
            run = translate(ours, task.segments(mode), task.source_lang, task.target_lang, folder)
            yield row(place, ours.name, "ours", figures(task, with_targets(items, run.targets), comet), run.cost)
        human = with_targets(items, [segment.reference for segment in items])
        yield row(place, "the references", "reference", figures(task, human, comet))
