import csv
import re
from functools import cache

import pytest
from click.testing import CliRunner

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.cli.main import main
from mtpipe.errors import InputError, OutputError
from mtpipe.glossary.loading import load_glossary, validate
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology.extraction import sheet
from mtpipe.terminology.extraction.candidates import Candidate, extract
from mtpipe.terminology.extraction.corpus import Side, plain
from tests.support.bilingual import CHINESE, GERMAN, SPANISH, chinese_english, english_german, english_spanish


def office(pairs, name="guide"):
    return [(f"{name}/{i // 40}", pair) for i, pair in enumerate(pairs)]


@cache
def german_candidates():
    labels = [(noun.capitalize() + mark, word + mark) for noun, (word, _, _) in GERMAN.items() for mark in ("", ":")]
    return extract(office(english_german(700)) + office(labels, "menu"), "en", "de")


def test_nouns_are_found_with_their_translations_in_dictionary_form():
    found = {made.source: made.target for made in german_candidates()}
    expected = {noun: word for noun, (word, _, _) in GERMAN.items()}
    assert {noun: found.get(noun) for noun in GERMAN} == expected


def test_a_candidate_says_what_speaks_for_it():
    table = next(made for made in german_candidates() if made.source == "table")
    pairs = english_german(700)
    assert table.count == sum("table" in source for source, _ in pairs) + 2  # and the labels
    assert (table.share, table.labels) == (1, 2) and table.association > 50 and 0 < table.spread <= 1.5
    assert "table" in table.example[0] and "Tabelle" in table.example[1] and table.example in pairs


def test_a_phrase_is_no_padding_if_its_part_means_the_same_only_in_it():
    pairs = [(source.replace("table", "data series"), target.replace("Tabelle", "Datenreihe"))
             for source, target in english_german(400)]
    found = {made.source: made.target for made in extract(office(pairs), "en", "de")}
    assert found["data series"] == "Datenreihe" and found["chart"] == "Diagramm"


def test_words_of_the_grammar_begin_and_end_no_candidate_and_loose_phrases_come_late():
    said = [made.source for made in german_candidates()]
    assert not [text for text in said if {"the", "that", "is", "in"} & {text.split()[0], text.split()[-1]}]
    loose = [text for text in said if " the " in text]
    assert not set(loose) & set(said[: len(GERMAN)])


def test_competing_translations_are_told():
    pairs = [(s, t.replace("archivo", "fichero") if i % 4 == 0 else t) for i, (s, t) in enumerate(english_spanish(900))]
    file = next(made for made in extract(office(pairs), "en", "es") if made.source == "file")
    (rival, share), *_ = file.others
    assert (file.target, rival) == ("archivo", "fichero")
    assert file.share + share == pytest.approx(1, abs=0.05) and 0.15 < share < 0.35


@pytest.mark.parametrize("is_source", [True, False])
def test_chinese_terms_are_found_without_spaces_on_either_side(is_source):
    pairs = [pair if is_source else pair[::-1] for pair in chinese_english()]
    languages = ("zh", "en") if is_source else ("en", "zh")
    found = {made.source: made.target for made in extract(office(pairs), *languages)}
    expected = dict(pair if is_source else pair[::-1] for pair in CHINESE.items())
    assert {source: found.get(source) for source in expected} == expected


def test_chinese_labels_show_which_characters_are_words_of_the_grammar():
    side = Side([source for source, _ in chinese_english()], "zh", 5, 4)
    assert {"的", "和"} <= side.function_words
    assert not {"数", "对", "表", "单"} & side.function_words  # as frequent, but labels begin or end with them


@pytest.mark.parametrize("options, missing, present", [
    ({"min_count": 40}, ["new table"], ["table"]),
    ({"max_words": 1}, ["new table"], ["table"]),
    ({"known": Glossary.of([Term(("tables", "row"), ("Tafel",))], "en", "es")}, ["table", "row"], ["new table"]),
    ({"min_share": 0.99}, ["empty"], ["table"]),
])  # fmt: skip
def test_limits(options, missing, present):
    said = {made.source for made in extract(office(english_spanish(900)), "en", "es", **options)}
    assert not said & set(missing) and set(present) <= said


def test_a_given_lexicon_is_used_instead_of_a_learnt_one():
    pairs = office(english_german(120))
    learnt = Lexicon("en", "de")
    learnt.learn(english_german(900, seed=5))
    before = {source: dict(row) for source, row in learnt.links.items()}
    found = {made.source: made.target for made in extract(pairs, "en", "de", lexicon=learnt)}
    assert found["table"] == "Tabelle" and learnt.links == before


def test_candidates_are_the_same_in_every_run():
    pairs = office(english_german(300))
    assert extract(pairs, "en", "de") == extract(pairs, "en", "de")


@pytest.mark.parametrize("pairs", [
    [], [("Open it", "Öffnen")], [("", "")] * 9, [("1", "1"), ("?", "!")] * 20, [("the of", "der von")] * 30,
    [(f"word{i} other{i}", f"Wort{i} anderes{i}") for i in range(30)],
])
def test_texts_without_terms_are_an_error_that_says_what_to_do(pairs):
    with pytest.raises(InputError, match=rf"no phrase of en occurs in 5 of these {len(pairs)} pairs and is translated "
                                         "alike in 30% of them; give more text, or lower the limits"):
        extract(office(pairs), "en", "de")


@pytest.mark.parametrize("text, expected", [
    ("Open <b>the</b> file.", "Open the file."), ("Page {n} of %d", "Page | of |"), ("no codes", "no codes"),
])
def test_tags_vanish_and_placeholders_part(text, expected):
    assert plain(text) == expected


def test_no_term_goes_across_a_placeholder():
    side = Side(["Insert page {n} break"] * 9, "en", 2, 4)
    assert {key for _, _, key in side.grams(0)} == {"insert", "page", "break", "insert page"}


@pytest.mark.parametrize("text, expected", [
    ("Cell Range…", "cell range"), ("Cell range:", "cell range"), ("the cell", ""), ("Cell (range)", ""),
    ("Cell Range, row and column of it", ""),
])
def test_labels_are_short_whole_texts(text, expected):
    side = Side([text] * 5 + ["Open the cell range."] * 9, "en", 2, 4)
    assert side.label(0) == expected


def test_words_have_the_capitals_they_have_inside_sentences():
    side = Side(["Cell Range", "Writer", *["The cell range of Writer is a cell range."] * 3], "en", 2, 4)
    assert (side.spelling(0, 0, 2), side.spelling(1, 0, 1)) == ("cell range", "Writer")


# the sheet

def candidate(source, target, share=1.0, others=()):
    return Candidate(source, target, 9, share, others, 1, 33.4, 0.5, 12.345, ("a | b, c", 'die "d"'))


CANDIDATES = [candidate("cell range", "Zellbereich", 0.875, (("Bereich", 0.1), ("Zelle", 0.025))),
              candidate("LibreOffice", "LibreOffice"), candidate("format", "Format"),
              candidate("Format", "Format", 0.5)]  # fmt: skip


@pytest.mark.parametrize("name", ["en-de.csv", "en-de.tsv", "new/folder/en-de.csv"])
def test_the_sheet_is_a_glossary(tmp_path, name):
    sheet.write(CANDIDATES[:3], tmp_path / name, "office")
    terms = load_glossary(tmp_path / name, "en", "de").terms
    assert [(t.source, t.targets, t.status, t.case_sensitive, t.domain) for t in terms] == [
        ("cell range", ("Zellbereich",), "preferred", False, "office"),
        ("LibreOffice", ("LibreOffice",), "do-not-translate", True, "office"),
        ("format", ("Format",), "preferred", False, "office"),
    ]
    assert not [finding for finding in validate(tmp_path / name, "en", "de")[0] if finding.level == "error"]


def test_the_sheet_says_why(tmp_path):
    sheet.write(CANDIDATES, tmp_path / "c.csv")
    with open(tmp_path / "c.csv", encoding="utf-8", newline="") as file:
        first, _, _, last = csv.DictReader(file)
    assert {name: first[name] for name in sheet.REASONS} == {
        "count": "9", "share": "0.88", "others": "Bereich 0.10; Zelle 0.03", "labels": "1", "association": "33",
        "spread": "0.50", "score": "12.35", "source example": "a | b, c", "target example": 'die "d"',
    }
    assert last["status"] == "preferred"  # translated otherwise half of the time


def test_a_sheet_that_may_be_curated_is_not_replaced(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("curated")
    with pytest.raises(OutputError, match="c.csv: exists already and may have been edited; give another"):
        sheet.write(CANDIDATES, path)
    sheet.write(CANDIDATES, path, is_forced=True)
    assert path.read_text().startswith("source,target")


def test_a_sheet_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"c.csv: can't be written \(.*\); check permissions and free space"):
        sheet.write(CANDIDATES, tmp_path / "file" / "c.csv")


# the command

def run(*arguments):
    return CliRunner().invoke(main, ["glossary", "extract", *map(str, arguments), "-s", "en", "-t", "es"])


def corpus(path, pairs):
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")
    return path


def test_the_command_writes_the_best_and_says_how_many(tmp_path):
    pairs = english_spanish(900)
    out = tmp_path / "out.csv"
    known, held = tmp_path / "known.csv", tmp_path / "held.txt"
    known.write_text("source,target\nfile,archivo\n")
    held.write_text(pairs[0][0] + "\n")
    result = run(corpus(tmp_path / "pairs.tsv", pairs), "-o", out, "--top", 30, "--known", known, "--exclude", held,
                 "--domain", "office", "--max-words", 1)  # fmt: skip
    kept = len({pair for pair in pairs if pair[0] != pairs[0][0]})
    assert (result.exit_code, result.output) == (0, f"30 candidates from {kept} distinct pairs: {out}\n")
    terms = load_glossary(out, "en", "es").terms
    assert len(terms) == 30 and not any("file" in term.source for term in terms)
    right = [term for term in terms if term.source in SPANISH and term.target == SPANISH[term.source][0]]
    assert len(right) >= 20 and {term.domain for term in terms} == {"office"}


@pytest.mark.parametrize("content, arguments, message", [
    ("", (), "pairs.tsv: the file is empty"),
    ("file\t\nrow\t\n", (), "pairs.tsv: one side of all 2 lines is empty"),
    ("file\n", (), "pairs.tsv:1: no TAB in this line"),
    ("file\tarchivo\n", ("--documents", "text/*"), r"no pair in .*pairs.tsv in documents text/\*"),
    ("file\tarchivo\n", (), "no phrase of en occurs in 5 of these 1 pairs"),
    ("file\tarchivo\n", ("--min-count", "1"), "Invalid value for '--min-count'"),
])
def test_the_command_on_bad_corpora(tmp_path, content, arguments, message):
    (tmp_path / "pairs.tsv").write_text(content)
    result = run(tmp_path / "pairs.tsv", "-o", tmp_path / "out.csv", *arguments)
    assert result.exit_code == (2 if "Invalid" in message else 1)
    assert re.search(message, result.output) and not (tmp_path / "out.csv").exists()
