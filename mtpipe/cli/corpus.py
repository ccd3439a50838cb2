"""The commands on parallel text, `mtpipe corpus …`; loaded when one of them is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mtpipe.cli.options import ANY, FILE, FOLDER, as_json, languages, show
from mtpipe.errors import amount

PAGES = click.argument("source", metavar="SOURCE_DIR", type=FOLDER)
REFERENCE = click.argument("reference", metavar="REFERENCE_DIR", type=FOLDER)
SHARE = click.FloatRange(0, 1)


@click.group()
def corpus() -> None:
    """Prepare parallel text, learn from it and compare with it."""


@corpus.command()
@click.argument("pairs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@languages
@click.option("-o", "--out", type=ANY, required=True, help="Folder to write the lexicon to.")
@click.option("--exclude", type=FILE, help="Held-out sources: segments JSON Lines, or a line each.")
def lexicon(pairs: tuple[Path, ...], source_lang: str, target_lang: str, out: Path, exclude: Path | None) -> None:
    """Make an alignment lexicon of PAIRS: TMX, XLIFF, .po, .mo, TSV, segments, or folders of catalogues and pages."""
    from mtpipe.alignment.lexicon import Lexicon
    from mtpipe.corpora import deduplication

    banned = deduplication.sources(exclude) if exclude else ()
    corpus = deduplication.distinct(pairs, source_lang, target_lang, banned)
    learner = Lexicon(source_lang, target_lang)
    used = learner.learn(corpus)
    learner.save(out, {"pairs": used, "sources": [path.name for path in pairs], "excluded": len(set(banned))})
    click.echo(f"learned from {used} of {amount(len(corpus), 'distinct pair')}: {out}")


@corpus.command("help-pages")
@PAGES
@REFERENCE
@click.option("-o", "--out", type=ANY, required=True, help="Segments (.jsonl) or source TAB reference (.tsv).")
@click.option("--drafts", type=FOLDER, help="The same pages translated: their paragraphs become the drafts.")
def help_pages(source: Path, reference: Path, out: Path, drafts: Path | None) -> None:
    """Align the paragraphs of HTML pages that carry the same ids in two languages."""
    from mtpipe.corpora import deduplication
    from mtpipe.corpora.paired_html import segments

    click.echo(f"{amount(deduplication.write(out, segments(source, reference, drafts)), 'paragraph')}: {out}")


@corpus.command()
@PAGES
@REFERENCE
@click.argument("outputs", metavar="OUT_DIR...", nargs=-1, required=True, type=FOLDER)
@languages
@click.option("-g", "--glossary", type=FILE, required=True, help="Terms to count (CSV or TSV).")
@click.option("--subset", "subsets", type=FILE, multiple=True,
              help="List of documents to score separately; repeatable.")
@click.option("-o", "--out", type=ANY, help="JSON file to write all figures to.")
@click.option("--table", "table_file", type=ANY, help="Markdown file to write the table to.")
@click.option("--note", default="", help="Note that goes with the table.")
@as_json
def compare(
    source: Path, reference: Path, outputs: tuple[Path, ...], source_lang: str, target_lang: str, glossary: Path,
    subsets: tuple[Path, ...], out: Path | None, table_file: Path | None, note: str, as_json: bool,
) -> None:
    """Score translated HTML pages (OUT_DIR of `mtpipe translate`) against a human translation, by paragraph ids."""
    from mtpipe.corpora.paired_html import segments
    from mtpipe.evaluation import scoring
    from mtpipe.glossary.loading import load_glossary
    from mtpipe.report import scores

    names_by_subset = {path.stem.split(".")[0]: frozenset(path.read_text("utf-8").split()) for path in subsets}
    systems = {path.name: list(segments(source, reference, path)) for path in outputs}
    rows = list(scoring.score_subsets(systems, load_glossary(glossary, source_lang, target_lang), names_by_subset))
    jobs = {path.name: scores.job_facts(path, names_by_subset) for path in outputs}
    result = json.dumps({"rows": rows, "jobs": jobs}, ensure_ascii=False, indent=1)
    table = scores.table(rows, jobs, note)
    for path, text in ((out, result + "\n"), (table_file, table)):
        if path:
            scores.write(path, text)
    click.echo(result if as_json else table.rstrip())


@corpus.command()
@click.argument("inputs", metavar="[NAME=]PAIRS...", nargs=-1, required=True)
@languages
@click.option("-o", "--out", type=ANY, required=True, help="Folder for train, dev and test.jsonl and statistics.json.")
@click.option("--test-documents", type=FILE, help="List of documents for test.jsonl, one a line.")
@click.option("--dev-documents", type=FILE, help="List of documents for dev.jsonl, one a line.")
@click.option("--test-share", type=SHARE, help="Share of documents for testing [default: .01, 0 with a list].")
@click.option("--dev-share", type=SHARE, help="Share of documents for development [default: .01, 0 with a list].")
@click.option("--exclude", "excluded", type=FILE, multiple=True,
              help="More held-out texts, of both sides where the file has both: segments JSON Lines, TSV, or a source "
                   "each line.")
@click.option("--longest", type=click.IntRange(1), default=500, show_default=True, help="Characters of a side.")
@click.option("--packages", type=FILE, help="Table of packages and licences for the statistics (data/packages.tsv).")
@click.option("--lexicon", type=FOLDER,
              help="Leave out training pairs that, by this lexicon and their numbers, are not translations.")
@click.option("--rejected", type=ANY, help="JSON Lines file for samples of what was left out, with reasons.")
@click.option("--strict", is_flag=True, help="Exit with 1 if an input could not be read to its end.")
@as_json
@click.pass_context
def prepare(
    ctx: click.Context, inputs: tuple[str, ...], source_lang: str, target_lang: str, out: Path,
    test_documents: Path | None, dev_documents: Path | None, test_share: float | None, dev_share: float | None,
    excluded: tuple[Path, ...], longest: int, packages: Path | None, lexicon: Path | None, rejected: Path | None,
    strict: bool, as_json: bool,
) -> None:  # fmt: skip
    """Clean PAIRS and split them by document into train, dev and test.

    PAIRS: TMX, XLIFF, .po, .mo, TSV, segments JSON Lines, line-aligned files, or folders of catalogues and pages.
    NAME says where they are from; without it the file's own name does.
    """
    from mtpipe.alignment.lexicon import Lexicon
    from mtpipe.corpora import deduplication
    from mtpipe.corpora.prepare import Recipe
    from mtpipe.corpora.prepare import prepare as make
    from mtpipe.corpora.provenance import read_licences
    from mtpipe.corpora.split import Split, read_list

    test, dev = (read_list(path) if path else frozenset[str]() for path in (test_documents, dev_documents))
    shares = [(0 if listed else .01) if share is None else share
              for listed, share in ((test, test_share), (dev, dev_share))]  # fmt: skip
    banned = tuple(pair for path in excluded for pair in deduplication.texts(path))
    licences = read_licences(packages) if packages else {}
    recipe = Recipe(source_lang, target_lang, Split(test, dev, *shares), banned, longest, licences,
                    Lexicon.load(lexicon) if lexicon else None)
    facts = make(map(_origin, inputs), out, recipe, rejected,
                 lambda problem: click.echo(f"mtpipe: {problem}", err=True))  # fmt: skip
    left_out = ", ".join(f"{reason} {count}" for reason, count in facts["left_out"].items())
    parts = [f"{part}: {_size(amount)}" for part, amount in facts["parts"].items()]
    show(facts, as_json, [*parts, f"left out of {facts['read']} read: {left_out or 'nothing'}", f"written: {out}"])
    ctx.exit(1 if strict and facts["problems"] else 0)


@corpus.command()
@click.argument("path", metavar="PAIRS", type=click.Path(exists=True, path_type=Path))
@languages
@click.option("-o", "--out", type=ANY, required=True, help="Segments with references (.jsonl) or TSV.")
@click.option("--lexicon", type=FOLDER, required=True, help="Lexicon that tells pairs that are not translations.")
@click.option("--count", type=click.IntRange(1), default=500, show_default=True,
              help="Maximum number of pairs to write.")
@click.option("--fewest-words", type=click.IntRange(1), default=8, show_default=True,
              help="Minimum number of words in a source.")
def sample(
    path: Path, source_lang: str, target_lang: str, out: Path, lexicon: Path, count: int, fewest_words: int
) -> None:
    """Write a test set: sound pairs of a corpus or of a folder of manuals, evenly spread over it."""
    from mtpipe.alignment.lexicon import Lexicon
    from mtpipe.corpora import deduplication, pairs
    from mtpipe.corpora.sampling import sample as draw

    corpus_pairs = pairs(path, source_lang, target_lang)
    segments, left_out = draw(corpus_pairs, Lexicon.load(lexicon), count, out.stem, fewest_words)
    reasons = ", ".join(f"{reason} {number}" for reason, number in left_out.most_common())
    click.echo(f"{amount(deduplication.write(out, segments), 'pair')}: {out}; left out: {reasons or 'nothing'}")


@corpus.command("stats")
@click.argument("paths", metavar="PAIRS...", type=ANY, nargs=-1, required=True)
@click.option("-s", "--source-lang", default="en", show_default=True, help="Language, for files that hold several.")
@click.option("-t", "--target-lang", default="und", help="Language, for files that hold several.")
@as_json
def stats(paths: tuple[Path, ...], source_lang: str, target_lang: str, as_json: bool) -> None:
    """Count pairs, words, inline tags, documents and origins of PAIRS, any corpus `prepare` takes."""
    from mtpipe.corpora.statistics import count

    counted = {str(path): count(path, source_lang, target_lang, lambda error: click.echo(f"mtpipe: {error}", err=True))
               for path in paths}  # fmt: skip
    lines = []
    for path, facts in counted.items():
        lines.append(f"{path}: {_size(facts)}, {amount(facts['documents'], 'document')}")
        lines += [f"  {origin}: {pairs}" for origin, pairs in facts["origins"].items() if len(facts["origins"]) > 1]
    show(counted, as_json, lines)


def _size(facts: dict[str, Any]) -> str:
    words = f"{facts['source_words']} source and {amount(facts['target_words'], 'target word')}"
    return f"{amount(facts['pairs'], 'pair')}, {words}, {amount(facts['with_codes'], 'pair')} with inline tags"


def _origin(text: str) -> tuple[str, Path]:
    """("manuals", Path("a.tmx")) of "manuals=a.tmx"; of "a.tmx" the name is "a"."""
    name, equals, path = text.partition("=")
    if equals and not Path(text).exists():
        return name, Path(path)
    return Path(text).name.split(".")[0] or text, Path(text)
