"""The reimplemented system's experiment: term use after each stage, on our held-out sets and on WMT23's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from eval.harness.figures import Row, row, score, with_targets
from eval.harness.own import TestSet, untagged
from eval.harness.systems import Setup, System, Tell, lacking, translate
from eval.harness.wmt23_data import Task
from mtpipe.document.segment import Segment
from mtpipe.errors import ModelError
from mtpipe.glossary.model import Glossary
from mtpipe.models import registry
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher

HELD_OUT, WMT23 = "held-out", "WMT23"
SYSTEM = "DCU-TU-TR"  # the organisers' name of the reimplemented system
# share of the terms used, mean of the three pairs, as its authors counted (Moslem et al. 2023)
PUBLISHED = {"generic model": 0.3667, "after all stages": 0.7288}
NO_TUNED = "not configured: no model in {}; make eval-seed trains it on an LLM's sentences (LLM_BASE_URL, LLM_MODEL)"


def stages(setup: Setup, tuned: Path, langs: tuple[str, str]) -> list[System]:
    """From the generic model on; each later stage has those before, but for the ones that are not configured."""
    plain, annotated, repaired, _, with_llm = setup.systems()
    note = _lack_of(tuned, langs)
    ours = {} if note else {"model": tuned}
    steps = [("+ annotated decode", annotated), ("+ no-LLM ladder", repaired), ("+ LLM", with_llm)]
    return [
        replace(plain, name="generic"),
        replace(plain, name="+ fine-tuned on synthetic mix", settings={**plain.settings, **ours}, lacking=note),
        *(replace(step, name=name, settings={**step.settings, **ours}) for name, step in steps),
    ]  # fmt: skip


def table(
    tests: Sequence[TestSet], tasks: Sequence[Task], tuned: Path, setup: Setup, tell: Tell, comet: str = ""
) -> Iterator[Row]:
    """Rows placed by "set" and "pair" (`figures.row`): each stage, and for WMT23 what is known of the other system.

    tuned: a folder with a model folder for each pair, <source>-<target>, which may be missing.
    """
    for test in tests:
        place = {"set": HELD_OUT, "pair": test.pair, "segments": len(segments := test.segments())}
        yield from _stages(place, segments, test.langs, test.glossary, tuned, setup, tell, comet)
    for task in tasks:
        langs = (task.source_lang, task.target_lang)
        matched = Matcher(Glossary.of((), *langs)).find(task.segments("proper"))
        place = {"set": WMT23, "pair": task.pair, "segments": len(matched)}
        yield from _stages(place, matched, langs, None, tuned, setup, tell, comet)
        for name, mode in (("generic model", "noterm"), ("after all stages", "proper")):
            if given := task.official[mode].get(SYSTEM):
                known = {"chrf": given["chrf"], "comet": given["comet"], "lemma_regex": given["lemma_regex"]}
                yield row(place, f"{SYSTEM}: {name}", "organisers", known)


def _stages(
    place: Row, segments: Sequence[Segment], langs: tuple[str, str], glossary: Path | None, tuned: Path, setup: Setup,
    tell: Tell, comet: str
) -> Iterator[Row]:
    for number, system in enumerate(stages(setup, tuned / place["pair"], langs)):
        if note := lacking(system, *langs):
            yield row(place, system.name, "ours", {}, note=note)
            continue
        tell(f"{place['set']} {place['pair']}: {system.name}")
        folder = setup.out / f"{place['set']}.{place['pair']}" / str(number)
        run = translate(system, segments, *langs, folder, glossary)
        done = [untagged(segment) for segment in with_targets(segments, run.targets)]
        yield row(place, system.name, "ours", _figures(done, langs, comet), run.cost)


def _figures(segments: Sequence[Segment], langs: tuple[str, str], comet: str) -> dict[str, float]:
    """lemma_regex counts the items of the segments, or the terms that the glossary has for them."""
    asked = [segment if segment.terms else replace(segment, terms=tuple(checker.required(segment)))
             for segment in segments]  # fmt: skip
    learnt = {"comet": score("comet", segments, langs, model=comet)} if comet else {}
    return {"chrf": score("chrf2", segments, langs), "lemma_regex": score("tsr_wmt23", asked, langs),
            "tsr_strict": score("tsr_strict", segments, langs)} | learnt  # fmt: skip


def _lack_of(tuned: Path, langs: tuple[str, str]) -> str:
    try:
        registry.find(*langs, tuned)
    except ModelError:
        return NO_TUNED.format(tuned)
    return ""
