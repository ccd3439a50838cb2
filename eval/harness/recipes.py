"""The evaluations of the Makefile as sequences of mtpipe commands: `python -m eval.harness recipe NAME`.

Each recipe is a function that yields the arguments of commands; `run` does them one after another. Exit code 4 (some
sentences untranslated, some terms short of pairs) goes on, as the report says so; any other failure ends the recipe.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.harness import parallel_text
from mtpipe.errors import MtpipeError

HELP = Path("data/cache/help/usr/share/libreoffice/help")
LARGE_NOTE = (
    "The bundled model saw nearly all of these paragraphs, with these translations, in training: only the rows heldout"
    " (60 pages kept out of all but its first 75 minutes of training, which may have seen some; glossary and repair"
    " were developed with them at hand) say how it translates new text."
)
TEAMS = ("tower", "CurTermNLLB", "duterm")
MORE_TEAMS = ("Erlendur", "EuroLLM-ft", "MarianMT-ft")
GOES_ON = (0, 4)

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recipe works: the language pair, the shared task's folder, and further corpora.

    budget, start: options of `mtpipe finetune`; systems: options of `python -m eval.harness own`.
    """

    pair: str = "en-de"
    wmt25: Path = Path("../shared/bench/wmt25-enes")
    corpora: Path = Path("../shared/corpora")
    budget: Sequence[str] = ("--minutes", "20")
    start: Sequence[str] = ()
    systems: Sequence[str] = ()

    @property
    def languages(self) -> tuple[str, ...]:
        return languages(self.pair)

    @property
    def corpus(self) -> Path:
        return Path("data/corpora") / self.pair

    @property
    def lexicon(self) -> Path:
        return Path("mtpipe/models") / self.pair / "lexicon"

    @property
    def glossary(self) -> Path:
        return Path("glossaries") / f"{self.pair}.office.csv"


def languages(pair: str) -> tuple[str, ...]:
    source_lang, _, target_lang = pair.partition("-")
    return "--source-lang", source_lang, "--target-lang", target_lang


def run(name: str, place: Place) -> None:
    """Does the commands of a recipe; raises MtpipeError naming the one that failed."""
    for command in RECIPES[name](place):
        words = [str(word) for word in command]
        print(f"$ {' '.join(words)}", file=sys.stderr)
        module, arguments = ("eval.harness", words[1:]) if words[0] == "eval.harness" else ("mtpipe", words)
        code = subprocess.run([sys.executable, "-m", module, *arguments]).returncode
        if code not in GOES_ON:
            raise MtpipeError(f"{' '.join(words)}: exit code {code}; see the message above, then run the recipe again")


def demo(place: Place) -> Iterator[Command]:
    """The demo's help pages: without glossary, first draft, repaired, against the human translation, with a page."""
    out, pages, reference = Path("out/eval-demo"), Path("data/demo/help"), Path("data/demo-reference/help")
    yield from _jobs(pages, out, place, "draft")
    systems = [out / name for name in ("plain", "draft", "repaired")]
    yield ("corpus", "compare", pages, reference, *systems, *place.languages, "--glossary", place.glossary,
           "--table", "eval/demo.md")  # fmt: skip
    for system in systems:
        yield "corpus", "help-pages", pages, reference, "--drafts", system, "--out", system / "paragraphs.jsonl"
    yield ("evaluate", *(system / "paragraphs.jsonl" for system in systems), *place.languages, "--glossary",
           place.glossary, "--human", "--name", "LibreOffice help, 380 paragraphs", "--html", out / "index.html")


def demo_large(place: Place) -> Iterator[Command]:
    """The whole help, with and without glossary."""
    out, pages = Path("out/demo-large"), HELP / "en-US"
    yield "translate", pages, "--out", out / "plain", *place.languages, "--editors", ""
    yield "translate", pages, "--out", out / "glossary", *place.languages, "--glossary", place.glossary
    yield ("corpus", "compare", pages, HELP / "de", out / "plain", out / "glossary", *place.languages, "--glossary",
           place.glossary, "--subset", "eval/heldout.en-de.txt", "--table", "eval/demo-large.md",
           "--out", "eval/results/demo-large.json", "--note", LARGE_NOTE)


def model(place: Place) -> Iterator[Command]:
    """The held-out pages of the pair: plain, annotated, repaired."""
    out = _emptied(Path("out/eval-model") / place.pair)
    (out / "source").mkdir(parents=True)
    shutil.copy(place.corpus / "test.jsonl", out / "source")
    yield from _jobs(out / "source", out, place, "annotated")
    yield ("evaluate", *(out / name / "test.jsonl" for name in ("plain", "annotated", "repaired")), *place.languages,
           "--glossary", place.glossary, "--human", "--no-tags", "--table", f"eval/model.{place.pair}.md")
    yield ("eval.harness", "own", f"{place.pair}={place.corpus / 'test.jsonl'}", "--out", out / "own",
           *place.systems, "--table", f"eval/subsets.{place.pair}.md")  # fmt: skip


def finetune(place: Place) -> Iterator[Command]:
    """A user's job: the messages of LyX as a TMX, 200 terms found in it, the en-de model adapted in four minutes."""
    out = _emptied(Path("out/eval-finetune"))
    yield "tm", "import", "data/cache/packages/lyx-common", "--out", out / "memory.sqlite", *place.languages
    yield "tm", "export", out / "memory.sqlite", out / "lyx.tmx"
    yield ("glossary", "extract", out / "lyx.tmx", *place.languages, "--min-count", "3", "--top", "200",
           "--out", out / "terms.csv")  # fmt: skip
    yield ("finetune", out / "lyx.tmx", "--glossary", out / "terms.csv", "--minutes", "4", *place.languages,
           "--out", out / "model")  # fmt: skip


def repair(place: Place) -> Iterator[Command]:
    """Other teams' WMT25 EN-ES drafts repaired without model or LLM."""
    out, pair = Path("out/wmt25-repair"), languages("en-es")
    yield ("corpus", "lexicon", *sorted(place.corpora.glob("en-es.*.tsv.xz")), *pair, "--out", out / "lexicon")
    for team in TEAMS:
        yield _team_segments(place, team, out)
        yield ("post-edit", out / f"{team}.jsonl", "--mt", "none", "--lexicon", out / "lexicon", *pair,
               "--out", out / f"{team}.repaired.jsonl", "--quiet")  # fmt: skip
    files = [out / f"{team}{kind}.jsonl" for team in TEAMS for kind in ("", ".repaired")]
    yield "evaluate", *files, *pair, "--table", "eval/wmt25-repair.md"


def llm_drafts(place: Place) -> Iterator[Command]:
    """The drafts of three more teams, for the benchmark of what is left for an LLM (after `repair`)."""
    for team in MORE_TEAMS:
        yield _team_segments(place, team, Path("out/wmt25-repair"))


def train_model(place: Place) -> Iterator[Command]:
    """A model like the bundled one of the pair, from its corpus; continues where it was."""
    out = Path("out/models") / place.pair
    texts = parallel_text.split(place.corpus / "train.jsonl", out.with_name(f"{place.pair}.texts"))
    parent = Path("mtpipe/models") / ("de-en" if place.pair == "zh-en" else "en-de")
    start = place.start or ("--base", "none", *(("--parent", parent) if place.pair != "en-de" else ()))
    yield ("finetune", texts / "domain.jsonl", "--generic", texts / "generic.jsonl", "--mix", ".29", "--generic-times",
           "100", "--dev", place.corpus / "dev.jsonl", *place.languages, "--out", out, *start, *place.budget)


def train_refiner(place: Place) -> Iterator[Command]:
    """A post-editing model for the pair, from the help of its corpus; continues where it was."""
    out = Path("out/models") / place.pair
    texts = parallel_text.split(place.corpus / "train.jsonl", out.with_name(f"{place.pair}.texts"))
    if not (texts / "triplets.jsonl").is_file():
        yield ("triplets", texts / "domain.jsonl", *place.languages, "--exclude", place.corpus / "test.jsonl",
               "--exclude", place.corpus / "dev.jsonl", "--out", texts / "triplets.jsonl")  # fmt: skip
    yield ("finetune", "--task", "post-edit", texts / "triplets.jsonl", *place.languages,
           "--out", out.with_name(f"{place.pair}.refiner"), *place.budget)  # fmt: skip


def corpus(place: Place) -> Iterator[Command]:
    """Training data of the pair from the packages at hand: cleaned, without anything held out, split."""
    sources = parallel_text.package_folders(place.pair)
    manuals = parallel_text.together(parallel_text.package_names(place.pair, parallel_text.TABLES[1]),
                                     parallel_text.MANUALS / place.pair)  # fmt: skip
    yield from _outside_tests(place)
    held_out = [word for name in parallel_text.outside_tests(place.pair)
                for word in ("--exclude", _outside(place, name) / "all.jsonl")]  # fmt: skip
    more = parallel_text.more_corpora(place.pair, place.corpora)
    yield ("corpus", "prepare", *sources, f"manuals={manuals}", f"descriptions={parallel_text.DESCRIPTIONS}", *more,
           *place.languages, "--out", place.corpus,
           "--test-documents", f"eval/heldout.{place.pair}.txt", "--dev-documents", "eval/development.txt",
           *held_out, "--lexicon", place.lexicon,
           "--packages", "data/packages.tsv", "--rejected", place.corpus / "rejected.jsonl")  # fmt: skip


def outside(place: Place) -> Iterator[Command]:
    """Texts unlike those of the training: another program's manual, a game, a handbook, each without a glossary."""
    yield from _outside_tests(place)
    out = _emptied(Path("out/eval-outside") / place.pair)
    (out / "source").mkdir(parents=True)
    names = list(parallel_text.outside_tests(place.pair))
    for name in names:
        test = _outside(place, name) / "test.jsonl"
        if test.is_file():
            shutil.copy(test, out / "source" / f"{name}.jsonl")
    yield ("translate", out / "source", "--out", out / "plain", *place.languages, "--editors", "", "--quiet",
           *place.systems)  # fmt: skip
    for name in names:
        yield ("evaluate", out / "plain" / f"{name}.jsonl", *place.languages, "--no-tags", "--metrics", "bleu,chrf",
               "--table", f"eval/outside.{name}.{place.pair}.md")  # fmt: skip


def _outside_tests(place: Place) -> Iterator[Command]:
    """Of each: test.jsonl, and all.jsonl to keep out of training."""
    for name, packages in parallel_text.outside_tests(place.pair).items():
        folder = _outside(place, name)
        sources = parallel_text.together(packages, folder / "packages")
        for file, count, fewest in (("all", 1_000_000, 2), ("test", 500 if name == "manual" else 200, 8)):
            yield ("corpus", "sample", sources, *place.languages, "--lexicon", place.lexicon, "--count", str(count),
                   "--fewest-words", str(fewest), "--out", folder / f"{file}.jsonl")  # fmt: skip


def _outside(place: Place, name: str) -> Path:
    return parallel_text.TESTS / place.pair / name


RECIPES: dict[str, Callable[[Place], Iterator[Command]]] = {
    "demo": demo, "demo-large": demo_large, "model": model, "finetune": finetune, "repair": repair,
    "llm-drafts": llm_drafts, "corpus": corpus, "train-model": train_model, "train-refiner": train_refiner,
    "outside": outside,
}  # fmt: skip


def _jobs(source: Path, out: Path, place: Place, first_draft: str) -> Iterator[Command]:
    """A folder translated without the glossary, with it but not repaired, and repaired."""
    terms = "--glossary", place.glossary
    yield "translate", source, "--out", out / "plain", *place.languages, "--editors", "", "--quiet"
    yield "translate", source, "--out", out / first_draft, *place.languages, *terms, "--editors", "", "--quiet"
    yield "translate", source, "--out", out / "repaired", *place.languages, *terms, "--quiet"


def _team_segments(place: Place, team: str, out: Path) -> Command:
    return ("eval.harness", "wmt25-segments", place.wmt25 / "full_data.enes.jsonl",
            place.wmt25 / "submissions" / f"{team}.enes.noterm.jsonl", *languages("en-es"),
            "--out", out / f"{team}.jsonl")  # fmt: skip


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder
