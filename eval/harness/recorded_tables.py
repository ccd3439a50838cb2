"""Markdown of the experiments that rest on recorded answers: every figure with its 95 % interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan

from eval.harness import adaptive, back_translation, recordings, seed, wmt25_llm
from eval.harness.tables import markdown, number
from mtpipe.evaluation.comparison import Measure, System

_ABOUT = """# The paper's experiment on a fixed sample of WMT23

`make eval-seed`: for each pair 150 segments that ask for terms, drawn by a seed before anything was translated. A
language model wrote two sentence pairs for each of 150 of their terms; the bundled model was fine-tuned on them (.9)
and on nine times as many general pairs (.1); drafts that miss terms were post-edited by the language model, which was
asked again at most twice where the guard refused; it saw no reference. Its answers and the models' drafts are recorded
(those for English-Czech of weights that were trained further since); guard, repair and metrics are the code that prints
this table, the prompts those that were asked. In brackets: 95 % intervals by bootstrap over segments.

The bundled models know no such text (medicine, linguistics, novels): most drafts are no language at all, and the guard
lets an edit change little beside the terms. What stands around the terms stays poor, above all in Chinese-English, and
the gain in chrF2++ and BLEU is mostly that of the terms themselves. What 300 pairs teach depends on the number of
updates (a first run of 140 steps had its learning rate warm up over 100 of them and taught nothing); they cost 10 to 15
chrF2++ of general text (`mtpipe finetune` prints it), so that fine-tuning pays only where that does not matter."""

_PROMPTS = """# Prompts that adapt to the sentence

`make eval-seed`: WMT23 German-English, translated by a language model through `mtpipe translate --mt llm`'s own prompts
(`mtpipe/llm/translation.py`): nothing but the text; one pair, the same for all; the nearest pairs of a memory; the
sentence's terms as lines of a dictionary, also with French (a glossary that the model wrote). One variant was answered
whole before the next, without sight of the sample's references. In brackets: 95 % intervals by bootstrap over
segments.

One and the same model answered all variants: it had met the sentences in the ones before, and their terms in writing
the French glossary, so differences may be smaller than those of a model that starts anew. Many terms of the task are no
translations of their source (*Fluoridspiegel = elevated serum fluoride concentrations*, *Fall = case report*): they
were taken from the references, so obeying them lifts every figure, and a reader would not always thank for it."""

_BACK = """# Back-translation of what a language model wrote

`make eval-seed`: for the first 100 terms of the seed experiment's German-English sample a language model wrote an
English sentence each; the bundled English-German model translated it, under the glossary turned round, and was repaired
without LLM; the filters of `mtpipe synthesize --way back-translate` refused what is unfit. The German sentences were
read one by one (`eval/judged/back-translation.de-en.jsonl`), by the language model, which had seen the scores: *good*
(grammatical, and says what the English says), *small errors* (a wrong ending, gender or spelling), *wrong*.

The score is of the words around the terms. It was of all words until November 22: nothing was kept, since no model
expects a word such as *Hautatrophie* that it was told to use. What is left is what the small model can translate at
all. The pairs are too few for a fine-tuning of their own (200 are needed)."""

_NAMES = {"tsr_strict": "terms used", "tsr_wmt23": "organisers' lemma count", "tsr_wmt25": "success",
          "chrF2++": "chrF2++", "BLEU": "BLEU"}  # fmt: skip


def experiment(outcomes: Sequence[seed.Outcome]) -> str:
    """The seed experiment: a table for each pair, and the stages' means beside what was published."""
    parts = []
    for outcome in outcomes:
        heads = ["stage", *_names(outcome.stages[0].system), "terms used, taught ones only", "LLM calls/1000"]
        rows = [[stage.system.name, *_figures(stage.system), number("share", stage.taught),
                 f"{stage.repair.cost['calls_per_1000']:.0f}"] for stage in outcome.stages]  # fmt: skip
        parts += [f"### {outcome.task.pair}", "", *markdown(heads, rows), "", _about(outcome), ""]
    return "\n".join([_ABOUT, "", *_means(outcomes), "", *parts])


def rows(outcomes: Sequence[seed.Outcome], prompted: adaptive.Outcome, back: back_translation.Outcome) -> str:
    """A row for each thing that a language model is asked for: the command, a figure, and its caveat."""
    generic, tuned, llm, repaired, _, without = (
        [stages[i] for stages in (outcome.stages for outcome in outcomes)] for i in range(len(seed.STAGES))
    )  # fmt: skip
    pairs = sum(2 * outcome.taught for outcome in outcomes)
    kept, off = back.filtered[0], back.filtered[-1]
    first, dictionary, chained = (prompted.systems[i] for i in (0, 3, 4))
    table = [
        ("synthesise pairs", "`make seed-drafts PAIR=…`",
         f"{pairs} pairs for {pairs // 2} terms of {len(outcomes)} language pairs",
         "terms of WMT23's lists, some wrong or inflected; some sentences were asked for again"),
        ("mixed fine-tuning", "`make seed-drafts PAIR=…`, `make eval-seed`",
         f"taught terms used {_mean_taught(generic)} → {_mean_taught(tuned)} without annotation",
         "a few hundred steps on small models; general text loses 10 to 15 chrF2++"),
        ("constrained post-editing", "`make eval-seed`",
         f"lemma count {_mean(tuned, 'tsr_wmt23')} → {_mean(llm, 'tsr_wmt23')}, chrF2++ {_mean(tuned, 'chrF2++')} → "
         f"{_mean(llm, 'chrF2++')}; then repair {_mean(repaired, 'tsr_wmt23')}, {_mean(repaired, 'chrF2++')}; without "
         f"LLM {_mean(without, 'tsr_wmt23')}, {_mean(without, 'chrF2++')}",
         "drafts are hardly language; over 1 000 calls for 1 000 segments"),
        ("back-translation", "`mtpipe synthesize --way back-translate`, `make eval-seed`",
         f"{kept.kept} of {kept.proposed} sentences kept, {_usable(kept)} of them usable as read; without the score "
         f"{off.kept} and {_usable(off)}", "too few for a fine-tuning of their own; read by the model that wrote them"),
        ("adaptive prompts", "`mtpipe translate --mt llm`, `make eval-seed`",
         f"zero-shot {_of(first, 'tsr_wmt23')}, {_of(first, 'chrF2++')} chrF2++; with nearest pairs "
         f"{_of(prompted.systems[2], 'tsr_wmt23')}, {_of(prompted.systems[2], 'chrF2++')}",
         f"{prompted.segments} segments; one model answered all variants; the intervals overlap"),
        ("chained dictionaries", "`[mt.llm] also = …`, `make eval-seed`",
         f"dictionary lines {_of(dictionary, 'tsr_wmt23')}, {_of(dictionary, 'chrF2++')} chrF2++; chained with French "
         f"{_of(chained, 'tsr_wmt23')}, {_of(chained, 'chrF2++')}",
         "the terms are the references' own; the chain adds nothing that can be measured"),
        ("preference (CPO)", "`mtpipe finetune --task preference`, `make eval-preference`",
         "[eval/preference.md](preference.md)", "tiny models and made-up sentences; own loss, without `trl`"),
        ("LoRA", "`mtpipe finetune --task llm`, `make eval-preference`", "[eval/preference.md](preference.md)",
         "random weights: it shows that the code learns"),
    ]  # fmt: skip
    return "\n".join(["### The rows", "", *markdown(["row", "command", "figure", "caveat"], table, 4), ""])


def _usable(each: back_translation.Filtered) -> int:
    return sum(each.labels.get(label, 0) for label in ("good", "small errors"))


def _of(system: System, name: str) -> str:
    return _figure(name, system.measures[name].score.value)


def _mean(stages: Sequence[seed.Stage], name: str) -> str:
    values = [stage.system.measures[name].score.value for stage in stages]
    return _figure(name, sum(values) / len(values))


def _mean_taught(stages: Sequence[seed.Stage]) -> str:
    return number("share", sum(stage.taught for stage in stages) / len(stages))


def calls(outcome: wmt25_llm.Outcome) -> str:
    """Quality over calls."""
    heads = ["chain", *_names(outcome.systems[0]), "LLM calls/1000"]
    rows = [[system.name, *_figures(system), f"{repair.cost['calls_per_1000']:.0f}"]
            for system, repair in zip(outcome.systems, outcome.repairs, strict=True)]  # fmt: skip
    count = len(outcome.repairs[0].segments)
    waiting = sum(repair.waiting for repair in outcome.repairs)
    note = (f"{count} segments of WMT25 EN-ES, drawn by seed {wmt25_llm.SEED}; drafts of {wmt25_llm.TEAM} without "
            f"terms. {recordings.sentence(outcome.answers)}{_lacking(waiting)}.")  # fmt: skip
    return "\n".join([*markdown(heads, rows), "", note, ""])


def prompts(outcome: adaptive.Outcome) -> str:
    """What each kind of adaptive prompt brings."""
    rows = [[system.name, *_figures(system)] for system in outcome.systems]
    note = (f"{outcome.segments} segments with {outcome.terms} terms, drawn by seed {adaptive.SEED}; the memory holds "
            f"the other {outcome.units} of the set. {recordings.sentence(outcome.answers)}"
            f"{_lacking(sum(outcome.waiting))}.")  # fmt: skip
    return "\n".join([_PROMPTS, "", *markdown(["prompt", *_names(outcome.systems[0])], rows), "", note, ""])


def back_translations(outcome: back_translation.Outcome) -> str:
    """Written, kept and why not, and how what is kept reads."""
    labels = back_translation.LABELS
    rows = [[f"{each.least}" if each.least > -10 else "off", str(each.proposed), str(each.kept),
             ", ".join(f"{reason} {count}" for reason, count in each.refused.items()) or "–",
             *(str(each.labels.get(label, 0)) for label in labels), str(each.labels.get("", 0))]
            for each in outcome.filtered]  # fmt: skip
    heads = ["minimum score", "written", "kept", "refused", *(f"kept: {label}" for label in labels), "kept: not judged"]
    note = f"{recordings.sentence(outcome.answers)}{_lacking(outcome.waiting)}."
    return "\n".join([_BACK, "", *markdown(heads, rows), "", note, ""])


def _names(system: System) -> list[str]:
    return [_NAMES.get(name, name) for name in system.measures]


def _figures(system: System) -> Iterable[str]:
    return (_with_interval(name, measure) for name, measure in system.measures.items())


def _with_interval(name: str, measure: Measure) -> str:
    value = _figure(name, measure.score.value)
    if isnan(measure.low):
        return value
    return f"{value} ({_figure(name, measure.low)}–{_figure(name, measure.high)})"


def _figure(name: str, value: float) -> str:
    return f"{value:.1f}" if name in ("chrF2++", "BLEU") else f"{value:.3f}"


def _means(outcomes: Sequence[seed.Outcome]) -> list[str]:
    """The stages' mean over the pairs, and the published means."""
    names = list(outcomes[0].stages[0].system.measures)
    rows = []
    for stages in zip(*(outcome.stages for outcome in outcomes), strict=True):
        values = [[stage.system.measures[name].score.value for stage in stages] for name in names]
        means = [_figure(name, sum(column) / len(column)) for name, column in zip(names, values, strict=True)]
        rows.append([stages[0].system.name, *means])
    pairs = ", ".join(outcome.task.pair for outcome in outcomes)
    known = ", ".join(f"{name} {100 * share:.2f} %" for name, share in seed.PUBLISHED.items())
    return [f"### mean of {pairs}", "", *markdown(["stage", *(_NAMES.get(name, name) for name in names)], rows), "",
            f"Published, mean of the three pairs on the whole sets: {known} of the terms used."]  # fmt: skip


def _about(outcome: seed.Outcome) -> str:
    waiting = sum(stage.repair.waiting for stage in outcome.stages[:3])
    others = "; ".join(f"{name} {figures['lemma_regex']:.3f} (chrF2 {figures['chrf']:.1f})"
                       for name, figures in outcome.others)  # fmt: skip
    return (f"{outcome.segments} segments, {outcome.terms} terms; synthetic pairs for {outcome.taught} of them. "
            f"{recordings.sentence(outcome.answers)}{_lacking(waiting)}. Organisers' lemma count on the whole set: "
            f"{others}.")  # fmt: skip


def _lacking(waiting: int) -> str:
    return f"; {waiting} prompts of this code have no recorded answer" if waiting else ""
