"""`python -m eval.harness …`: the shared tasks and our own comparisons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mtpipe.cli.options import ANY, FILE, FOLDER, ErrorGroup, languages, llm_options, options

_DIR = click.argument("folder", metavar="DIR", type=FOLDER)
_WMT25 = {"proper": "success, proper", "random": "success, random", "chrF2++": "chrF2++", "BLEU": "BLEU"}
_WMT23 = {"lemma_regex": "lemma_regex", "chrf": "chrF2", "comet": "COMET", "regex": "regex", "fuzzy90": "fuzzy90",
          "lemma_fuzzy90": "lemma_fuzzy90"}  # fmt: skip
_OWN = {"bleu": "BLEU", "chrf": "chrF2++", "tsr_strict": "tsr_strict", "all_terms": "all_terms", "verbatim": "verbatim",
        "right_changed": "right_changed", "right_chrf": "right_chrF2++"}  # fmt: skip
_systems = options(
    click.option("-o", "--out", type=ANY, required=True, help="Folder of the jobs; what is in it is used again."),
    click.option("--model", type=FOLDER, help="Translation model [default: the bundled one of each pair]."),
    click.option("--refiner", type=FOLDER, help="Post-editing model [default: the one beside the model, if any]."),
    llm_options,
)
_results = options(
    click.option("--table", "table_file", type=ANY, help="Markdown file for the tables."),
    click.option("--json", "json_file", type=ANY, help="JSON file to write all figures to."),
)
_recorded = options(
    click.option("--recorded", type=ANY, default=Path("eval/recorded"), show_default=True, help="Of the recordings."),
    click.option("--requests", type=ANY, help="Where prompts go that no recording answers [default: nowhere]."),
    click.option("--table", "table_file", type=ANY, help="Markdown file for the tables."),
)
_comet = click.option("--comet", default="", metavar="CHECKPOINT", help="For COMET [default: left out].")


@click.group(cls=ErrorGroup)
@click.pass_context
def harness(ctx: click.Context) -> None:
    """Our systems on the shared tasks' test sets and on our own."""
    ctx.obj = {}  # the commands' settings are their options: no mtpipe.toml is read


@harness.command()
@_DIR
@_systems
@_results
@click.option("--conformance", "conformance_file", type=ANY, help="Markdown file: do we count as the organisers do?")
@click.option("--only-conformance", is_flag=True, help="Translate nothing.")
@click.pass_context
def wmt25(
    ctx: click.Context, folder: Path, table_file: Path | None, json_file: Path | None, conformance_file: Path | None,
    only_conformance: bool, **systems: Any
) -> None:
    """Score the teams of the WMT25 terminology task in DIR, a clone of its repository, and rank ours among them.

    Exits with 1 if our figures for the teams' outputs are not the organisers'.
    """
    from eval.harness import tables as report
    from eval.harness import wmt25 as task
    from eval.harness.wmt25_data import tasks

    entries = tasks(folder)
    rows = list(task.conformance(entries, _tell))
    problems = task.problems(rows)
    text = report.conformance(rows, problems, {"each": task.EACH, "mean": task.MEAN})
    _save(conformance_file, text)
    if not only_conformance:
        setup = _setup(ctx, **systems)
        ranked = [row for each in entries for row in task.ranking(each, setup, _tell)]
        table = report.ranking(ranked, ("track", "pair", "mode"), _WMT25,
                               lambda row: "random" if row["mode"] == "random" else "proper", "chrF2++")  # fmt: skip
        _save(table_file, table)
        _save(json_file, json.dumps({"conformance": rows, "ranking": ranked}, ensure_ascii=False, indent=1) + "\n")
        text = f"{table}\n{text}"
    click.echo(text.rstrip())
    ctx.exit(1 if problems else 0)


@harness.command()
@_DIR
@_systems
@_results
@_comet
@click.option("--every", type=click.IntRange(1), default=1, show_default=True,
              help="Translate one of so many segments: an estimate, and said to be one.")  # fmt: skip
@click.pass_context
def wmt23(
    ctx: click.Context, folder: Path, table_file: Path | None, json_file: Path | None, comet: str, every: int,
    **systems: Any
) -> None:
    """Translate the sets of the WMT23 terminology task in DIR and rank our systems in the organisers' table."""
    from dataclasses import replace

    from eval.harness import tables as report
    from eval.harness import wmt23 as task
    from eval.harness.wmt23_data import tasks

    setup, entries = _setup(ctx, **systems), [replace(each, every=every) for each in tasks(folder)]
    rows = [row for each in entries for row in task.table(each, setup, _tell, comet)]
    notes = [_fitting(each.pair, *task.fitting(each)) for each in entries]
    part = [_part(every, entries)] if every > 1 else []
    table = report.ranking(rows, ("pair", "mode"), _WMT23, lambda row: "lemma_regex", "chrf")
    table = "\n".join([*part, table + "\n".join(notes), ""])
    _save(table_file, table)
    _save(json_file, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    click.echo(table.rstrip())


@harness.command()
@click.argument("sets", metavar="PAIR=SEGMENTS...", nargs=-1, required=True)
@_systems
@_results
@click.option("--glossaries", type=FOLDER, default=Path("glossaries"), show_default=True,
              help="Folder with <pair>.office.csv, the terms of each set.")  # fmt: skip
@click.option("--lists", type=FOLDER, default=Path("eval"), show_default=True,
              help="Folder with unseen-terms.<pair>.txt, terms that training left out.")  # fmt: skip
@click.option("--results", type=ANY, help="Folder for <signature>.json; what was there of the same files is replaced.")
@click.pass_context
def own(
    ctx: click.Context, sets: tuple[str, ...], table_file: Path | None, json_file: Path | None, glossaries: Path,
    lists: Path, results: Path | None, **systems: Any
) -> None:
    """Our systems on our own test sets, such as en-cs=test.jsonl: the whole and the subsets always to be looked at."""
    from time import perf_counter

    from eval.harness import own as task
    from eval.harness import results as archive
    from eval.harness import tables as report

    start, setup = perf_counter(), _setup(ctx, **systems)
    tests = [_test_set(text, glossaries, lists) for text in sets]
    rows = [row for test in tests for row in task.table(test, setup, _tell)]
    before = archive.rows(results, task.files(tests)) if results else []
    if results:
        origin = archive.made_with(task.model_folders(tests, setup), task.files(tests))
        _tell(f"written: {archive.write(results, origin, rows, perf_counter() - start)}")
    table = report.subsets(rows, _OWN, before)
    _save(table_file, report.subsets(rows, _OWN))
    _save(json_file, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    click.echo(table.rstrip())


@harness.command()
@_DIR
@_recorded
@click.option("--pair", "pairs", multiple=True, metavar="PAIR", help="Only this language pair; repeatable.")
def seed(folder: Path, recorded: Path, requests: Path | None, table_file: Path | None, pairs: tuple[str, ...]) -> None:
    """The paper's experiment on the WMT23 terminology task in DIR: the terms used after each stage, by recordings.

    Without --pair also the row of everything that was asked of a language model.
    """
    from eval.harness import adaptive, back_translation, recorded_tables
    from eval.harness import seed as task
    from eval.harness.wmt23_data import tasks

    outcomes, tests = [], {each.pair: each for each in tasks(folder)}
    for each in tests.values():
        if not pairs or each.pair in pairs:
            _tell(each.pair)
            unanswered = requests / f"{each.pair}.post-edit.jsonl" if requests else None
            outcomes.append(task.outcome(each, recorded, unanswered))
    table = recorded_tables.experiment(outcomes)
    if not pairs:
        prompted = adaptive.outcome(tests[adaptive.PAIR], recorded)
        back = back_translation.outcome(tests[back_translation.PAIR], recorded)
        table += "\n" + recorded_tables.rows(outcomes, prompted, back)
    _save(table_file, table)
    click.echo(table.rstrip())


@harness.command("seed-drafts")
@_DIR
@click.option("--pair", required=True, metavar="PAIR", help="Language pair, such as de-en.")
@click.option("--model", type=FOLDER, required=True, help="The model fine-tuned on synthetic pairs.")
@click.option("-o", "--out", type=ANY, required=True, help="Folder of the jobs.")
@click.option("--recorded", type=ANY, default=Path("eval/recorded"), show_default=True, help="Where drafts are kept.")
def seed_drafts(folder: Path, pair: str, model: Path, out: Path, recorded: Path) -> None:
    """Translate the seed experiment's segments by the bundled and the fine-tuned model and keep the drafts."""
    from eval.harness import seed as task
    from eval.harness.wmt23_data import tasks

    test = next(each for each in tasks(folder) if each.pair == pair)
    click.echo(f"written: {task.record_drafts(test, model, out, recorded)}")


@harness.command()
@_DIR
@_recorded
def adaptive(folder: Path, recorded: Path, requests: Path | None, table_file: Path | None) -> None:
    """Translation by an LLM with prompts that adapt to the sentence, on WMT23 in DIR, by recordings."""
    from eval.harness import adaptive as task
    from eval.harness import recorded_tables
    from eval.harness.wmt23_data import tasks

    test = next(each for each in tasks(folder) if each.pair == task.PAIR)
    table = recorded_tables.prompts(task.outcome(test, recorded, requests))
    _save(table_file, table)
    click.echo(table.rstrip())


@harness.command("back-translation")
@_DIR
@_recorded
def back_translation(folder: Path, recorded: Path, requests: Path | None, table_file: Path | None) -> None:
    """What is kept of sentences that an LLM wrote and the bundled model translated back, on WMT23's terms in DIR."""
    from eval.harness import back_translation as task
    from eval.harness import recorded_tables
    from eval.harness.wmt23_data import tasks

    test = next(each for each in tasks(folder) if each.pair == task.PAIR)
    table = recorded_tables.back_translations(task.outcome(test, recorded, requests))
    _save(table_file, table)
    click.echo(table.rstrip())


@harness.command("wmt25-llm")
@_DIR
@_recorded
def wmt25_llm(folder: Path, recorded: Path, requests: Path | None, table_file: Path | None) -> None:
    """What an LLM adds to the repair of a team's WMT25 drafts in DIR, at how many calls, by recordings."""
    from eval.harness import recorded_tables
    from eval.harness import wmt25_llm as task

    table = recorded_tables.calls(task.outcome(folder, recorded, requests))
    _save(table_file, table)
    click.echo(table.rstrip())


@harness.command()
@click.argument("results", type=FOLDER, default=Path("eval/results"))
@click.option("--strict", is_flag=True, help="Exit with 1 where something has changed.")
@click.pass_context
def check(ctx: click.Context, results: Path, strict: bool) -> None:
    """Warn of committed RESULTS that were made by other code, models, glossaries or test sets than those here."""
    from eval.harness import results as archive
    from mtpipe.models.registry import BUNDLED

    warnings = []
    for path in archive.find(results):
        origin = archive.load(path)["made_with"]
        models = {name: BUNDLED / name for name in origin["models"]}
        warnings.append(archive.warning(path, archive.changed(origin, models)))
    for warning in filter(None, warnings):
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{warnings.count('')} of {len(warnings)} results in {results} are up to date")
    ctx.exit(1 if strict and any(warnings) else 0)


def _test_set(text: str, glossaries: Path, lists: Path) -> Any:
    from eval.harness.own import TestSet

    pair, _, path = text.partition("=")
    source_lang, _, target_lang = pair.partition("-")
    unseen, glossary = lists / f"unseen-terms.{pair}.txt", glossaries / f"{pair}.office.csv"
    for needed in (Path(path), glossary):
        if not target_lang or not needed.is_file():
            raise click.BadParameter(f"{text!r}: {needed} is no file; give PAIR=SEGMENTS such as en-cs=test.jsonl")
    return TestSet(source_lang, target_lang, Path(path), glossary, unseen if unseen.is_file() else None)


def _setup(ctx: click.Context, out: Path, model: Path | None, refiner: Path | None, **llm: Any) -> Any:
    from eval.harness.systems import Setup
    from mtpipe.config import with_llm

    settings = with_llm({**ctx.obj, **llm}) if llm["llm"] else {}
    llm_settings = {key: value for key, value in settings.items() if key in ("llm", "options", "calls")}
    return Setup(out, {"model": model} if model else {}, refiner, llm_settings)


def _part(every: int, tasks: Sequence[Any]) -> str:
    counts = ", ".join(f"{task.pair} {len(task.segments('noterm'))}" for task in tasks)
    return (f"**An estimate: our figures and the references' are of every {every}th segment only ({counts}), the "
            "organisers' of all.**\n")  # fmt: skip


def _fitting(pair: str, fit: Sequence[str], unfit: Sequence[str]) -> str:
    """What can be said of our items without the systems' outputs."""
    others = f"; not those of {', '.join(unfit)}" if unfit else ""
    return (f"{pair}: the official rates are whole numbers of the items counted here for {len(fit)} of "
            f"{len(fit) + len(unfit)} systems and modes{others}")  # fmt: skip


def _save(path: Path | None, text: str) -> None:
    from mtpipe.report.scores import write

    if path:
        write(path, text)


def _tell(line: str) -> None:
    click.echo(line, err=True)


@harness.command()
@click.argument("paths", metavar="DRAFTS...", nargs=-1, required=True, type=FILE)
@languages
@click.option("--lexicon", type=FOLDER, required=True, help="What links words: a folder of `mtpipe corpus lexicon`.")
@click.option("--repair", "chain", type=click.Choice(["safe", "complete"]), default="safe", show_default=True)
@click.option("--part", type=click.Choice(["all", "development", "held-out"]), default="all", show_default=True)
@click.option("--edits", "edits_file", type=ANY, help="JSON Lines file for the edits, to be read and judged.")
@click.option("--judged", "judged_file", type=FILE, help="Judged edits: shares of those that this code makes as well.")
@click.option("--table", "table_file", type=ANY, help="Markdown file to write the table to.")
def repair(
    paths: Sequence[Path], source_lang: str, target_lang: str, lexicon: Path, chain: str, part: str,
    edits_file: Path | None, judged_file: Path | None, table_file: Path | None,
) -> None:
    """Repair the terms in files of DRAFTS without model or LLM, and score them before and after."""
    from eval.harness import repair as task
    from mtpipe.alignment.lexicon import Lexicon
    from mtpipe.evaluation import judged_edits

    links, rows, repaired = Lexicon.load(lexicon), {}, []
    for path in paths:
        before = task.part(task.drafts(path, source_lang, target_lang), part)
        after = task.repaired(before, source_lang, target_lang, links, chain)
        rows[path.stem] = task.figures(before, after, source_lang, target_lang)
        repaired += after
    text = task.table(rows)
    if judged_file:
        labels, edits = judged_edits.read(judged_file), judged_edits.of_segments(repaired)
        text += f"\n{judged_edits.sentence(judged_edits.shares(labels, edits))}\n"
    if edits_file:
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in task.edits(repaired)]
        edits_file.write_text("".join(lines), encoding="utf-8")
    _save(table_file, text)
    click.echo(text.rstrip())


@harness.command("llm-edits")
@click.argument("drafts", type=FILE)
@click.argument("answers", type=FILE)
@languages
@click.option("--lexicon", type=FOLDER, required=True, help="What links words: a folder of `mtpipe corpus lexicon`.")
@click.option("--wrong", default="", metavar="IDS", help="Answers that are not right, by reading: ids, commas.")
@click.option("--calls", "calls_file", type=ANY, help="Markdown file: quality by what the LLM sees.")
@click.option("--refusals", "refusals_file", type=ANY, help="Markdown file: what the guard makes of them.")
@click.option("--earlier", type=FOLDER, help="A checkout of an earlier version, whose guard is compared with.")
def llm_edits(
    drafts: Path, answers: Path, source_lang: str, target_lang: str, lexicon: Path, wrong: str,
    calls_file: Path | None, refusals_file: Path | None, earlier: Path | None,
) -> None:
    """Take ANSWERS, recorded edits of DRAFTS by an LLM, through the repair chain and the guard; no LLM is asked."""
    from eval.harness import llm_edits as task
    from eval.harness import repair as repairs
    from mtpipe.alignment.lexicon import Lexicon

    segments = repairs.drafts(drafts, source_lang, target_lang)
    answered = task.Answered.of(segments, task.read(answers), target_lang, Lexicon.load(lexicon), source_lang)
    if calls_file:
        _save(calls_file, text := task.calls_table(answered))
        click.echo(text)
    if refusals_file:
        judge = task.checkout_judge(earlier, drafts, source_lang, target_lang) if earlier else None
        _save(refusals_file, text := task.refusals_table(answered, set(wrong.split(",")), judge))
        click.echo(text.rstrip())


@harness.command("repair-speed")
@click.argument("drafts", type=FILE, nargs=-1, required=True)
@languages
@click.option("--repeat", type=click.IntRange(1), default=3, show_default=True, help="Runs; the fastest one counts.")
@click.option("--earlier", type=FOLDER, help="A checkout of an earlier version, whose repair is compared with.")
def repair_speed(
    drafts: Sequence[Path], source_lang: str, target_lang: str, repeat: int, earlier: Path | None
) -> None:
    """Translate the sources of DRAFTS with the bundled model, with repair and without; print the ratio of speeds.

    With --earlier the DRAFTS themselves are repaired, by that version and by this one.
    """
    from eval.harness import repair_speed as task

    if earlier:
        click.echo(task.against(earlier, drafts, source_lang, target_lang, repeat))
    else:
        for path in drafts:
            click.echo(task.sentence(*task.seconds(path, source_lang, target_lang, repeat)))


@harness.command("client-drafts")
@click.argument("pairs", type=FILE)
@click.argument("terms", type=FILE)
@languages
@click.option("--every", type=click.IntRange(2), default=6, show_default=True, help="One of so many pairs is a draft.")
@click.option("-o", "--out", type=ANY, required=True, help="Folder: drafts.jsonl, and rest.tsv for a lexicon.")
def client_drafts(pairs: Path, terms: Path, source_lang: str, target_lang: str, every: int, out: Path) -> None:
    """Make drafts of human translations (PAIRS: TSV) whose terms a client wants otherwise (TERMS: a glossary)."""
    from eval.harness import client_drafts as task

    click.echo(f"{task.write(pairs, terms, source_lang, target_lang, every, out)} drafts: {out / 'drafts.jsonl'}")


@harness.command("wmt25-segments")
@click.argument("data", metavar="FULL_DATA", type=FILE)
@click.argument("outputs", metavar="SUBMISSION", type=FILE)
@languages
@click.option("--mode", type=click.Choice(["proper", "random", "noterm"]), default="proper", show_default=True,
              help="Which of the test set's terms to ask for.")  # fmt: skip
@click.option("-o", "--out", type=ANY, required=True, help="Segments (.jsonl).")
def wmt25_segments(data: Path, outputs: Path, source_lang: str, target_lang: str, mode: str, out: Path) -> None:
    """Put a WMT25 terminology test set and a team's outputs together as segments with drafts."""
    from eval.harness.wmt25_data import segments
    from mtpipe.corpora import deduplication

    click.echo(f"{deduplication.write(out, segments(data, outputs, source_lang, target_lang, mode))} segments: {out}")


@harness.command()
@click.argument("name", type=click.Choice(["corpus", "demo", "demo-large", "finetune", "llm-drafts", "model", "outside",
                                           "repair", "train-model", "train-refiner"]))  # fmt: skip
@click.option("--pair", default="en-de", show_default=True, metavar="PAIR", help="Language pair, such as en-cs.")
@click.option("--wmt25", type=ANY, help="Folder of the WMT25 terminology task.")
@click.option("--corpora", type=ANY, help="Folder of further parallel text, en-XX.<name>.tsv.xz.")
@click.option("--budget", default="", help="Options of `mtpipe finetune` in one string, such as '--minutes 20'.")
@click.option("--start", default="", help="The same: what training starts from.")
@click.option("--systems", default="", help="Options of the command own in one string.")
def recipe(name: str, pair: str, wmt25: Path | None, corpora: Path | None, **options: str) -> None:
    """Do the commands of an evaluation or a training, one after another."""
    import shlex

    from eval.harness import recipes

    values = {"wmt25": wmt25, "corpora": corpora, **{key: shlex.split(text) for key, text in options.items()}}
    recipes.run(name, recipes.Place(pair, **{key: value for key, value in values.items() if value}))


@harness.command()
@click.argument("pair")
def packages(pair: str) -> None:
    """List the Debian packages with parallel text for PAIR, those of the outside tests last."""
    from eval.harness import parallel_text

    names = [name for table in parallel_text.TABLES for name in parallel_text.package_names(pair, table)]
    names += [name for packages in parallel_text.outside_tests(pair).values() for name in packages]
    click.echo("\n".join(dict.fromkeys(names)))


@harness.command("quick-sets")
def quick_sets() -> None:
    """Take every fourth held-out paragraph of each pair (after `make corpus` for each) into data/quick."""
    from eval.harness import parallel_text

    parallel_text.quick_sets()


@harness.command("seed-sample")
@_DIR
@click.option("-o", "--out", type=ANY, required=True, help="Folder for <pair>.csv, <pair>.jsonl, <pair>.set.jsonl.")
@click.option("--corpora", type=FOLDER, help="Folder with en-XX.<name>.tsv.xz: <pair>.generic.jsonl is drawn from it.")
def seed_sample(folder: Path, out: Path, corpora: Path | None) -> None:
    """Draw the seed experiment's segments and terms from the WMT23 terminology task in DIR."""
    from eval.harness import sample
    from eval.harness.wmt23_data import tasks

    for task in tasks(folder):
        paths = [*sample.write(out, task), sample.write_set(out, task)]
        if corpora:
            paths.append(sample.write_generic(out, corpora, task.pair))
        click.echo(f"written: {', '.join(map(str, paths))}")


@harness.command("record")
@click.argument("requests", type=FILE)
@click.argument("answers", type=FILE)
@click.option("-o", "--out", type=ANY, required=True, help="Recording (.jsonl.xz); what it has is kept.")
@click.option("--family", required=True, help="Of the model that answered.")
@click.option("--date", required=True, metavar="YYYY-MM-DD", help="When it answered.")
@click.option("--test", type=FILE,
              help="Segments (.jsonl) whose sources, drafts and references are left out of what is kept.")  # fmt: skip
def record(requests: Path, answers: Path, out: Path, family: str, date: str, test: Path | None) -> None:
    """Keep ANSWERS ({"custom_id", "content"} a line) to the REQUESTS of `--llm batch` as a recording."""
    from eval.harness import recordings

    texts = recordings.texts(map(json.loads, test.read_text(encoding="utf-8").splitlines())) if test else {}
    added, lacking = recordings.record(requests, answers, out, family, date, texts)
    click.echo(f"{added} answers added, {lacking} requests without an answer: {out}")


@harness.command("seen-terms")
@click.argument("paths", metavar="OUTPUTS...", nargs=-1, required=True, type=FILE)
@languages
@click.option("--sample", type=FILE, required=True, help="Parallel text: JSON as WMT26 hands it out, TMX, TSV …")
def seen_terms(paths: Sequence[Path], source_lang: str, target_lang: str, sample: Path) -> None:
    """Term success of segments with drafts, apart for the terms that a SAMPLE of parallel text has and lacks."""
    from eval.harness import sample_bitext as task
    from eval.harness.repair import drafts
    from eval.harness.tables import markdown, number

    langs = source_lang, target_lang
    pairs = task.read(sample, langs)
    rows = [[path.stem, name, *(number(metric, value) for metric, value in figures.items())] for path in paths
            for name, figures in task.rates(drafts(path, *langs), pairs, langs).items()]  # fmt: skip
    click.echo("\n".join(markdown(["system", "terms", *task.METRICS], rows, 2)))


@harness.command("sample-glossary")
@click.argument("sample", metavar="SAMPLE", type=FILE)
@languages
@click.option("-o", "--out", type=ANY, required=True, help="Glossary (.csv).")
@click.option("--top", type=click.IntRange(1), help="Only so many, the surest [default: all].")
def sample_glossary(sample: Path, source_lang: str, target_lang: str, out: Path, top: int | None) -> None:
    """Write the terms that a SAMPLE of parallel text shows, for a task that brings no glossary."""
    import csv

    from eval.harness import sample_bitext as task

    langs = source_lang, target_lang
    terms = task.glossary(task.read(sample, langs), langs, top)
    with out.open("w", encoding="utf-8", newline="") as file:
        rows = [["source", "target"], *([term.source, term.target] for term in terms)]
        csv.writer(file, lineterminator="\n").writerows(rows)
    click.echo(f"{len(terms)} terms: {out}")
