"""Triplets: what they hold, their order, how an interrupted run goes on, what no triplet can be made of."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.formats.jsonl import JsonLinesFormat
from mtpipe.glossary.model import Glossary, Term
from mtpipe.mt.fake import FakeTranslator
from mtpipe.postedit import ape_input
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher
from mtpipe.training import triplets
from mtpipe.training.triplets import TripletRecipe, make
from tests.support.bilingual import english_spanish, spanish

PAIRS = [*english_spanish(150, seed=3), ("Open the <b>table</b> {x}.", "Abra la <b>tabla</b> {x}."),
         ("Close the <b>file</b> now.", "Cierre ahora el archivo.")]  # fmt: skip
SYMBOLS = ("⟦", "⇒ ", "⟧")


def wrong(target):
    """As a translator might put it that knows other words."""
    return target.replace("tabla", "mesa").replace("archivo", "documento").replace("celda", "casilla")


DECODER = FakeTranslator({source: [wrong(target), target.lower()] for source, target in PAIRS})


def recipe(out, **changes):
    return TripletRecipe("en", "es", out, **changes)


def read(path):
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return rows, [segment for _, segment in JsonLinesFormat("en", "es").read_rows(path)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("triplets") / "triplets.jsonl"
    counts = make(iter(PAIRS), DECODER, spanish(), recipe(out, held=0.5, nbest=1.0))
    return counts, *read(out), out


def test_all_kinds_are_made_and_counted(made):
    counts, rows, _, _ = made
    kinds = [row["id"].partition(".")[2] for row in rows]
    assert {"plain", "nbest", "dropped", "swapped"} == set(kinds)
    assert counts["pairs"] == len(PAIRS) and counts["triplets"] == len(rows)
    assert all(counts[kind] == kinds.count(kind) for kind in kinds)
    assert counts["missing terms"] == sum(row["missed"] > 0 for row in rows) > 0.5 * len(rows)


def test_they_come_easy_to_hard(made):
    _, rows, segments, _ = made
    assert [row["bucket"] for row in rows] == sorted(row["bucket"] for row in rows)
    assert [row["bucket"] for row in rows] == [ape_input.level(segment) for segment in segments]
    assert all(0 <= row["distance"] <= 0.4 for row in rows)


def test_references_hold_the_terms_and_drafts_miss_so_many(made):
    _, rows, segments, _ = made
    found = Matcher(Glossary.of((), "en", "es")).find(segments)
    for row, segment in zip(rows, found, strict=True):
        required = checker.required(segment)
        assert set(required) == set(segment.terms), row
        assert not [e for e in checker.check(segment, "es", segment.reference) if e.kind == "missing"], row
        missing = [error for error in checker.check(segment, "es", segment.draft)
                   if error.kind in ("missing", "changed")]  # changed: a term that is the same in both languages
        assert len(missing) == row["missed"], row


def test_a_swapped_triplet_asks_for_another_word_than_the_right_one(made):
    _, rows, _, _ = made
    right = dict(PAIRS)
    swapped = [row for row in rows if row["id"].endswith("swapped")]
    assert swapped and all(row["missed"] and row["reference"] != right.get(row["source"]) for row in swapped)


def test_codes_are_whole_everywhere_or_nowhere(made):
    for segment in made[2]:
        for text in (segment.draft, segment.reference):
            assert not inline_codes.broken(segment.source, segment.codes, text)
            assert segment.codes or "<b>" not in text


def test_a_run_goes_on_where_it_was_cut_off(made, tmp_path, monkeypatch):
    monkeypatch.setattr(triplets, "CHUNK", 40)
    asked = recipe(tmp_path / "whole.jsonl")
    make(iter(PAIRS), DECODER, spanish(), asked)
    out, drafted = tmp_path / "cut.jsonl", []

    def until(last):
        for number, pair in enumerate(PAIRS):
            if number == last:
                raise KeyboardInterrupt
            yield pair

    class Counting(FakeTranslator):
        def nbest(self, segments, n):
            drafted.extend(segment.source for segment in segments)
            return DECODER.nbest(segments, n)

    with pytest.raises(KeyboardInterrupt):
        make(until(100), Counting(), spanish(), replace(asked, out=out))
    assert not out.exists() and len(drafted) == 80
    with (tmp_path / "cut.jsonl.parts" / "0.jsonl").open("a") as file:
        file.write('{"id": "half a li')
    make(iter(PAIRS), Counting(), spanish(), replace(asked, out=out))
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes() and len(drafted) == len(PAIRS)
    assert not (tmp_path / "cut.jsonl.parts").exists()


def test_parts_of_another_run_are_not_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(triplets, "CHUNK", 10)

    def broken():
        yield from PAIRS[:20]
        raise KeyboardInterrupt

    out = tmp_path / "a.jsonl"
    with pytest.raises(KeyboardInterrupt):
        make(broken(), DECODER, spanish(), recipe(out))
    with pytest.raises(ConfigError, match="a.jsonl.parts holds a run with other pairs, model or options: choose"):
        make(iter(PAIRS), DECODER, spanish(), recipe(out, seed=2))


def test_an_output_that_exists_stays(tmp_path):
    (tmp_path / "a.jsonl").write_text("mine")
    with pytest.raises(OutputError, match="a.jsonl: exists already; choose another --out"):
        make(iter(PAIRS), DECODER, spanish(), recipe(tmp_path / "a.jsonl"))


def test_drafts_that_are_all_too_far_make_no_triplet(tmp_path):
    with pytest.raises(InputError, match="2 pairs gave no triplet: .*give more pairs, or a --model that suits them"):
        make(iter([("x", "y"), ("1", "1")]), DECODER, spanish(), recipe(tmp_path / "a.jsonl"))


def test_a_glossarys_terms_come_first(tmp_path):
    glossary = Glossary.of((Term(("window",), ("ventana",)),), "en", "es")
    pairs = [("Open the window.", "Abra la ventana."), ("Close the window.", "Cierre la ventana.")]
    decoder = FakeTranslator({source: [target.replace("ventana", "hoja")] for source, target in pairs})
    make(iter(pairs), decoder, spanish(), recipe(tmp_path / "a.jsonl", glossary=glossary, swapped=0))
    rows, _ = read(tmp_path / "a.jsonl")
    asked = [term for row in rows if row["id"].endswith("plain") for term in row["terms"]]
    assert {"source": "window", "targets": ["ventana"], "forms": []} in asked


def test_the_command_keeps_held_out_sources_out(tmp_path, model_folder):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"{source}\t{target}\n" for source, target in english_spanish(60)), "utf-8")
    spanish().save(tmp_path / "lexicon", {})
    held_out = english_spanish(60)[0][0]
    (tmp_path / "test.txt").write_text(held_out.upper() + "\n")
    arguments = ["triplets", str(pairs), "-s", "en", "-t", "es", "-o", str(tmp_path / "out.jsonl"), "--lexicon",
                 str(tmp_path / "lexicon"), "--exclude", str(tmp_path / "test.txt"), "--json"]  # fmt: skip
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    rows, _ = read(tmp_path / "out.jsonl")
    assert rows and held_out not in {row["source"] for row in rows}
    assert CliRunner().invoke(main, arguments).output.strip().endswith("choose another --out, or remove it first")


# what a refiner reads

@pytest.mark.parametrize(("source", "draft", "wanted", "expected"), [
    ("Open the table.", "Abra la mesa.", [("table", "tabla")], "Open the ⟦table⇒ tabla⟧. ⟦⇒⟧ Abra la mesa."),
    ("Open <b>it</b> {x}", "{x} Abra <b>lo</b>", [], "Open ⟦1⟧it⟦2⟧ ⟦3⟧ ⟦⇒⟧ ⟦3⟧ Abra ⟦1⟧lo⟦2⟧"),
    ("{x} {x}", "a {x} b {x} c {x}", [], "⟦1⟧ ⟦2⟧ ⟦⇒⟧ a ⟦1⟧ b ⟦2⟧ c "),
    ("Say it", "Di ⟦1⟧ ⇒ lo", [], "Say it ⟦⇒⟧ Di [1] → lo"),
    ("Say it", None, [], "Say it ⟦⇒⟧ "),
])  # fmt: skip
def test_a_revision_is_source_terms_and_draft_in_one_line(source, draft, wanted, expected):
    own = tuple(Term((term,), (target,)) for term, target in wanted)
    segment = Segment("1", source, draft=draft, terms=own, codes=inline_codes.find(source))
    segment, = Matcher(Glossary.of((), "en", "es")).find([segment])
    line = ape_input.revision(segment, SYMBOLS, "⟦{}⟧")
    assert line.render(SYMBOLS) == expected
    assert line.halves() is None


@pytest.mark.parametrize(("draft", "reference", "distance", "level"), [
    ("Abra la tabla.", "Abra la tabla.", 0.0, 0),
    ("Abra la mesa.", "Abra la tabla.", 0.25, 2),
    ("<b>a</b> b c d", "a b c d", 0.0, 0),
    ("", "Abra la tabla.", 1.0, 3),
])  # fmt: skip
def test_distance_is_the_share_of_words_that_change(draft, reference, distance, level):
    source = "<b>Open</b> the table"
    segment = Segment("1", source, draft=draft, reference=reference, codes=inline_codes.find(source))
    assert ape_input.distance(segment, draft, reference) == distance and ape_input.level(segment) == level
