import gzip
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.alignment.ngram_lm import EDGE, Fluency, endings
from mtpipe.errors import InputError, ModelError
from mtpipe.languages.tokenization import words
from tests.support.bilingual import GERMAN, chinese_english, english_german, english_spanish, german, spanish

PARTS = ["endings.table", "forms.table", "lexicon.json", "links.table", "ngrams.table", "totals.table"]


def best(row):
    return max(row, key=row.get)


def test_learning_links_the_lemmas_that_translate_each_other():
    links = german().links
    found = {noun: best(links[noun]) for noun in GERMAN}
    wrong = {noun: link for noun, link in found.items() if link != GERMAN[noun][0].casefold() and noun != "column"}
    assert not wrong and found["column"] in ("spalte", "spalt")


def test_a_few_hundred_pairs_are_enough_to_start_with():
    lexicon = Lexicon("en", "es")
    pairs = english_spanish(400, seed=3)
    assert lexicon.learn(pairs) == 400
    matrix, = lexicon.align([("Open the template of the file.", "Abra la plantilla del archivo.")])
    assert [matrix[:, i].argmax() for i in (0, 2, 5)] == [0, 2, 4]


def test_forms_are_counted_by_lemma_as_written_inside_sentences():
    assert set(german().forms["tabelle"]) == {"Tabelle", "Tabellen"}
    assert set(spanish().forms["el"]) == {"el", "la", "los", "las"}
    assert "Abra" not in {form for row in spanish().forms.values() for form in row}  # only ever first


def test_a_target_is_adequate_that_translates_each_word_of_the_source():
    good, lacking, other = spanish().adequacy("Open the template.", ["Abra la plantilla.", "Abra la.", "¡Ja!"])
    assert 0 >= good > lacking > other >= math.log(0.001)


@pytest.mark.parametrize("source", ["", "Xyzzy!", "12 + 3"])
def test_of_words_that_the_lexicon_does_not_know_it_says_nothing(source):
    assert spanish().adequacy(source, ["Abra la plantilla.", ""]) == [0, 0]
    assert spanish().adequacy(source, []) == []


@pytest.mark.parametrize("source, target, expected", [
    ("Open the template.", "Abra la plantilla.", [0, 1, 2, 3]),
    ("Delete the new file.", "Elimine el archivo nuevo.", [0, 1, 3, 2, 4]),  # adjectives change places
])
def test_align_follows_the_words(source, target, expected):
    matrix, = spanish().align([(source, target)])
    assert [int(i) for i in matrix.argmax(axis=1)] == expected


def test_unknown_words_are_aligned_by_what_their_neighbours_leave():
    matrix, = spanish().align([("Open the frobnicator of the table.", "Abra el frobnicador de la tabla.")])
    assert matrix[2, 2] > 0.5 and matrix[5, 5] > 0.5


def test_a_pair_aligns_the_same_in_any_order_of_the_batch():
    pairs = english_german(20, seed=11)
    there, back = german().align(pairs), german().align(pairs[::-1])[::-1]
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(there, back, strict=True))


TEXTS = st.text(max_size=30) | st.lists(st.sampled_from("Abra la plantilla . template Open 数据 { } 3.5".split())).map(
    " ".join)


@settings(max_examples=60)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_alignments_have_a_row_for_each_target_word_and_shares_in_them(pairs):
    for lexicon in (spanish(), Lexicon("en", "zh")):
        matrices = lexicon.align(pairs)
        assert [matrix.shape for matrix in matrices] == [(len(words(t)), len(words(s))) for s, t in pairs]
        for matrix in matrices:
            assert np.isfinite(matrix).all() and (matrix >= 0).all() and (matrix <= 1).all()


def test_pairs_that_can_be_no_translations_are_not_learnt_from():
    lexicon = Lexicon("en", "de")
    pairs = [("a", ""), ("", "b"), ("word " * 81, "Wort " * 81), ("yes", "ja " * 30),
             *[("no", "nein")] * 3]
    assert lexicon.learn(pairs) == 3
    assert best(lexicon.links["no"]) == "nein" and not {"word", "yes"} & set(lexicon.links)


def test_chinese_is_aligned_character_by_character_with_words():
    lexicon = Lexicon("zh", "en")
    lexicon.learn(chinese_english())
    matrix, = lexicon.align([("打开工作表和数据库。", "Open the sheet and the database.")])
    at = {word: int(matrix[row].argmax()) for row, word in enumerate(words("Open the sheet and the database."))}
    assert at["Open"] in (0, 1) and at["sheet"] in (2, 3, 4) and at["and"] == 5 and at["database"] in (6, 7, 8)


def test_characters_count_as_half_words():
    paragraph, translation = "工作表" * 50, "sheet " * 75  # more than 80 characters, but no long text
    assert Lexicon("zh", "en").learn([(paragraph, translation)]) == 1
    assert Lexicon("zh", "en").learn([(paragraph * 2, translation)]) == 0


def test_function_words_of_a_script_without_spaces_are_not_all_its_characters():
    lexicon = Lexicon("en", "zh")
    lexicon.learn((target, source) for source, target in chinese_english())
    assert "和" in lexicon.fluency.function_words and not set("数据库工作表") & lexicon.fluency.function_words


def test_learning_again_adds_to_what_is_known():
    pairs = english_german(400)
    twice = Lexicon("en", "de")
    twice.learn(pairs[:200])
    before = twice.forms["tabelle"]["Tabelle"]
    twice.learn(pairs[200:])
    once = Lexicon("en", "de")
    once.learn(pairs)
    assert twice.forms["tabelle"]["Tabelle"] == once.forms["tabelle"]["Tabelle"] > before
    assert twice.fluency.count("die", "tabelle") == once.fluency.count("die", "tabelle")
    assert twice.links["table"]["tabelle"] > 20


def saved(folder, lexicon):
    lexicon.save(folder, {"pairs": 300, "licence": "CC0"})
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_pairs_make_the_same_bytes(tmp_path):
    made = []
    for name in "ab":
        lexicon = Lexicon("en", "de")
        lexicon.learn(english_german(300))
        made.append(saved(tmp_path / name, lexicon))
    assert sorted(made[0]) == PARTS and made[0] == made[1]


def test_saving_what_was_loaded_gives_the_same_bytes(tmp_path):
    lexicon = Lexicon("en", "es")
    lexicon.learn(english_spanish(300))
    first = saved(tmp_path / "a", lexicon)
    assert saved(tmp_path / "b", Lexicon.load(tmp_path / "a")) == first


def test_a_loaded_lexicon_aligns_and_judges_as_the_learnt_one(tmp_path):
    lexicon = Lexicon("en", "es")
    lexicon.learn(english_spanish(1000))
    lexicon.save(tmp_path, {})
    loaded = Lexicon.load(tmp_path)
    assert (loaded.source_lang, loaded.target_lang) == ("en", "es")
    assert loaded.forms == lexicon.forms and loaded.fluency.function_words == lexicon.fluency.function_words
    pairs = english_spanish(30, seed=5)
    for a, b in zip(lexicon.align(pairs), loaded.align(pairs), strict=True):
        assert (a.argmax(axis=1) == b.argmax(axis=1)).all()
    good, bad = (["Abra", article, "plantilla", "."] for article in ("la", "el"))
    assert loaded.fluency.score(good) > loaded.fluency.score(bad)


def test_the_head_tells_where_it_comes_from(tmp_path):
    head = json.loads(saved(tmp_path, german())["lexicon.json"])
    assert (head["source_lang"], head["target_lang"], head["pairs"], head["licence"]) == ("en", "de", 300, "CC0")


def test_a_folder_without_a_lexicon_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="no lexicon here .*mtpipe corpus lexicon PAIRS.tsv --out"):
        Lexicon.load(tmp_path)


@pytest.mark.parametrize("head", ["", "{", "[]", '{"source_lang": "en"}', "3"])
def test_a_broken_head_is_a_model_error(tmp_path, head):
    (tmp_path / "lexicon.json").write_text(head)
    with pytest.raises(ModelError, match="lexicon.json: not the header of a lexicon .*make the lexicon again"):
        Lexicon.load(tmp_path)


@pytest.mark.parametrize("part", ["links", "forms", "totals", "endings", "ngrams"])
@pytest.mark.parametrize("damage", [
    lambda data: None, lambda data: b"", lambda data: b"plain text\n" * 9, lambda data: data[:-20],
    lambda data: data + b"more",
])
def test_a_broken_part_is_named_when_it_is_read(tmp_path, part, damage):
    path = tmp_path / f"{part}.table"
    content = damage(saved(tmp_path, german())[path.name])
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(InputError, match=f"{part}.table: a part of the lexicon can't be read .*make the lexicon again"):
        read_all(Lexicon.load(tmp_path))


def read_all(lexicon):
    lexicon.translation("table", "Tabelle")
    return lexicon.forms, lexicon.ends_like_a_lemma("Tabelle"), lexicon.fluency


def test_a_broken_row_is_named_when_it_is_read(tmp_path):
    saved(tmp_path, german())
    path = tmp_path / "forms.table"
    path.write_bytes(path.read_bytes().replace(b"\tTabelle\t", b"\tTabelle\n"))
    with pytest.raises(InputError, match="forms.table: a part of the lexicon can't be read"):
        Lexicon.load(tmp_path).forms["tabelle"]


# the text of earlier versions

def in_text(folder, lexicon):
    """The folder as earlier versions wrote it."""
    saved(folder, lexicon)
    for path in folder.glob("*.table"):
        path.unlink()
    rows = {"links": [(s, t, f"{n:.2g}") for s, row in lexicon.links.items() for t, n in row.items()],
            "forms": [(w, f, str(n)) for w, row in lexicon.forms.items() for f, n in row.items()],
            "fluency": [(gram, str(n)) for gram, n in lexicon.fluency._learnt.items() if n > 1]}
    for name, cells in rows.items():
        text = "".join("\t".join(row) + "\n" for row in cells)
        (folder / f"{name}.tsv.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def test_the_text_of_earlier_versions_is_the_same_lexicon(tmp_path):
    now, before = tmp_path / "now", in_text(tmp_path / "before", german())
    saved(now, german())
    new, old = Lexicon.load(now), Lexicon.load(before)
    assert new.links == old.links and new.forms == old.forms
    assert list(new.links) == list(old.links) and list(new.forms) == list(old.forms)
    assert {gram: new.fluency.count(*gram.split()) for gram in old.fluency._learnt if gram} == {
        gram: count for gram, count in old.fluency._learnt.items() if gram}
    pairs = english_german(30, seed=5)
    assert all((a == b).all() for a, b in zip(new.align(pairs), old.align(pairs), strict=True))
    assert [new.coverage(*pair) for pair in pairs] == [old.coverage(*pair) for pair in pairs]
    ends = {form for row in old.forms.values() for form in row}
    assert list(map(new.ends_like_a_lemma, ends)) == list(map(old.ends_like_a_lemma, ends))


def test_a_lexicon_in_text_is_saved_as_tables(tmp_path):
    before = Lexicon.load(in_text(tmp_path / "before", german()))
    assert saved(tmp_path / "a", before) == saved(tmp_path / "b", german())


def test_what_is_learnt_adds_to_a_loaded_lexicon(tmp_path):
    pairs = english_german(400)
    first, both = Lexicon("en", "de"), Lexicon("en", "de")
    first.learn(pairs[:200])
    both.learn(pairs[:200])
    both.learn(pairs[200:])
    saved(tmp_path / "first", first)
    loaded = Lexicon.load(tmp_path / "first")
    loaded.learn(pairs[200:])
    assert loaded.forms == both.forms
    assert loaded.fluency.count("die", "Tabelle") == both.fluency.count("die", "Tabelle")
    saved(tmp_path / "again", loaded)
    again = Lexicon.load(tmp_path / "again")
    assert again.fluency.count("die", "Tabelle") == both.fluency.count("die", "Tabelle")
    assert again.links["table"].keys() == loaded.links["table"].keys()


@pytest.mark.parametrize("content", [
    None, b"plain text\n", gzip.compress(b"a\tb\n"), gzip.compress(b"a\tb\tmany\n"), gzip.compress(b"\xff\tb\t3\n"),
    gzip.compress(b"a\tb\t3\n" * 100)[:-20],
])
def test_a_broken_part_in_text_is_named_when_it_is_read(tmp_path, content):
    part = in_text(tmp_path, german()) / "links.tsv.gz"
    part.unlink() if content is None else part.write_bytes(content)
    with pytest.raises(InputError, match=r"links.(tsv.gz|table): a part of the lexicon can't be read"):
        Lexicon.load(tmp_path).links


@pytest.mark.parametrize("content", [
    b"plain text\n", gzip.compress(b"a\n"), gzip.compress(b"a\t3\tb\n"), gzip.compress(b"a\tmany\n"),
    gzip.compress(b"a\tb\t3\nb\n"), gzip.compress(b"a\t3"), gzip.compress(b"\xff\t3\n"),
    gzip.compress(b"a\t3\n" * 100)[:-20],
])
def test_broken_counts_in_text_are_named_when_they_are_read(tmp_path, content):
    (in_text(tmp_path, german()) / "fluency.tsv.gz").write_bytes(content)
    with pytest.raises(InputError, match="fluency.tsv.gz: a part of the lexicon can't be read .*make the lexicon"):
        Lexicon.load(tmp_path).fluency


# fluency

def test_fluency_prefers_what_was_seen_and_endings_that_agree():
    fluency = spanish().fluency
    assert fluency.score([EDGE, "Abra", "la", "tabla"]) > fluency.score([EDGE, "Abra", "el", "tabla"])
    assert fluency.score([EDGE, "Abra", "la", "frobnicada"]) > fluency.score([EDGE, "Abra", "los", "frobnicada"])


def test_fluency_counts_case_folded_words_in_a_row():
    fluency = Fluency()
    fluency.learn([["Die", "Tabelle"], ["die", "Tabelle", "und", "die", "Zeile"]])
    assert (fluency.count("die"), fluency.count("Die", "TABELLE"), fluency.count("zeile", "die")) == (3, 2, 0)
    assert fluency.count() == 11  # with the edges
    assert bool(fluency) and not Fluency()


def test_function_words_are_the_little_words():
    assert {"el", "la", "los", "las", "de", "del", "y"} <= spanish().fluency.function_words
    assert not {"plantilla", "tabla", "archivo", "documento"} & spanish().fluency.function_words
    assert {"die", "der", "den", "dem", "in"} <= german().fluency.function_words
    assert not {"tabelle", "diagramm", "liste"} & german().fluency.function_words
    assert Fluency().function_words == frozenset()


@pytest.mark.parametrize("word, expected", [
    ("tabla", ("~a", "~la", "~bla")), ("el", ("~l", "~el", "~el")), ("3.5", ("~0", "~0", "~0")), ("表", ("~表",) * 3),
])
def test_endings(word, expected):
    assert endings(word) == expected


@given(st.lists(st.text(min_size=1, max_size=5), max_size=6))
def test_scores_are_log_probabilities(sentence):
    score = spanish().fluency.score([EDGE, EDGE, *sentence])
    assert np.isfinite(score) and score <= 0
