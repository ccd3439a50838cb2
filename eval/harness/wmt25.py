"""The WMT25 terminology task: do we count as its organisers do, and where do our systems stand among the teams?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import nan

from eval.harness.figures import Row, row, score, with_targets
from eval.harness.systems import Run, Setup, Tell, lacking, translate
from eval.harness.wmt25_data import ITEMS, MODES, Wmt25Task
from mtpipe import plugins
from mtpipe.document.segment import Segment

# of our figures, what the organisers call them
OFFICIAL = {"BLEU": "bleu4", "chrF2++": "chrf2++", "proper": "proper_term_success_rate",
            "random": "random_term_success_rate"}  # fmt: skip
EACH, MEAN = 0.01, 0.004  # the success on proper terms may differ by so much: lemmas are another lemmatiser's
DECIMALS = 2  # of BLEU and chrF2++ that must be equal


def figures(task: Wmt25Task, by_items: Mapping[str, Sequence[Segment]]) -> dict[str, float]:
    """BLEU, chrF2++ and the success on each kind of items; by_items: the translation with these items as terms."""
    langs = (task.source_lang, task.target_lang)
    rates = {items: _success(task, items, segments) for items, segments in by_items.items()}
    text = next(iter(by_items.values()))
    tokenize = {"tokenize": "zh"} if task.target_lang == "zh" else {}
    return {"BLEU": score("bleu", text, langs, **tokenize), "chrF2++": score("chrf", text, langs)} | rates


def _success(task: Wmt25Task, items: str, segments: Sequence[Segment]) -> float:
    """As the track counted it, items that ask for nothing included; nan without items."""
    name = "tsr_wmt25" if task.track == 1 else "tsr_wmt25_documents"
    offered = {"source_lang": task.source_lang, "target_lang": task.target_lang}
    met, asked = plugins.create("metric", name, {}, **offered).counts(segments).sum(axis=0) + task.unasked(items)
    return float(met / asked) if asked else nan


def conformance(tasks: Sequence[Wmt25Task], tell: Tell = lambda line: None) -> Iterator[Row]:
    """A row {"track", "pair", "team", "mode", "ours", "official", "difference"} for each file with official figures.

    tell gets a line for each as it is done: our figures, and by how much they differ.
    """
    for task in tasks:
        for team, mode in sorted(task.submissions, key=lambda key: (key[0].casefold(), key[1])):
            scores = task.official.get(mode, {}).get(team, {})
            official = {name: scores[key] for name, key in OFFICIAL.items() if scores.get(key, -1) >= 0}
            if official:
                ours = figures(task, {items: task.translated(team, mode, items) for items in ITEMS})
                difference = {name: ours[name] - value for name, value in official.items()}
                text = ", ".join(f"{name} {ours[name]:.4g} ({value:+.4f})" for name, value in difference.items())
                tell(f"track {task.track} {task.pair}, {team}, {mode} terms: {text}")
                yield {"track": task.track, "pair": task.pair, "team": team, "mode": mode, "ours": ours,
                       "official": official, "difference": difference}  # fmt: skip


def problems(rows: Sequence[Row]) -> list[str]:
    """Where we do not count as the organisers do; [] where we do."""
    texts = []
    for each in rows:
        ours, official = each["ours"], each["official"]
        where = f"{each['pair']} {each['team']} {each['mode']}"
        texts += [f"{where}: {name} {ours[name]:.2f}, officially {official[name]:.2f}" for name in ("BLEU", "chrF2++")
                  if name in official and round(ours[name], DECIMALS) != round(official[name], DECIMALS)]  # fmt: skip
        if abs(each["difference"].get("proper", 0.0)) > EACH:
            texts.append(f"{where}: term success {ours['proper']:.4f}, officially {official['proper']:.4f}")
    if (average := mean(rows, "proper")) > MEAN:
        texts.append(f"term success differs by {average:.4f} on average, more than {MEAN}")
    return texts


def mean(rows: Sequence[Row], name: str) -> float:
    """The mean absolute difference of a figure over the rows that have it officially; 0 where none has."""
    sizes = [abs(each["difference"][name]) for each in rows if name in each["difference"]]
    return sum(sizes) / len(sizes) if sizes else 0.0


def ranking(task: Wmt25Task, setup: Setup, tell: Tell) -> Iterator[Row]:
    """Rows of all teams and of our systems in every mode (`figures.row`), placed by "track", "pair" and "mode"."""
    for mode in MODES:
        place = {"track": task.track, "pair": task.pair, "mode": mode}
        scores = task.official.get(mode, {})
        for team in task.teams:
            figures_of = scores.get(team, {})
            official = {name: figures_of[key] for name, key in OFFICIAL.items() if figures_of.get(key, -1) >= 0}
            if official:
                yield row(place, team, "organisers", official)
            elif (team, mode) in task.submissions:
                tell(f"track {task.track} {task.pair}, {mode} terms: {team}")
                outputs = {items: task.translated(team, mode, items) for items in ITEMS}
                yield row(place, team, "mtpipe", figures(task, outputs))
        for number, system in enumerate(setup.systems()):
            if system.has_terms == (mode == "noterm"):  # without terms there is nothing to annotate or repair
                continue
            if note := lacking(system, task.source_lang, task.target_lang):
                yield row(place, system.name, "ours", {}, note=note)
                continue
            tell(f"track {task.track} {task.pair}, {mode} terms: {system.name}")
            folder = setup.out / f"track{task.track}.{task.pair}.{mode}" / str(number)
            run = translate(system, task.segments(mode), task.source_lang, task.target_lang, folder)
            yield row(place, system.name, "ours", figures(task, _with_items(task, run)), run.cost)


def _with_items(task: Wmt25Task, run: Run) -> dict[str, list[Segment]]:
    return {items: with_targets(task.segments(items), run.targets) for items in ITEMS}
