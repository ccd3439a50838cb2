import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.alignment.ngram_lm import Fluency
from mtpipe.morphology import inflection
from tests.support.bilingual import german, spanish


def lexicon(lang, **forms):
    """A lexicon with these attested forms: lemma="form form …", the first one seen most often."""
    made = Lexicon("en", lang)
    made.forms = {word: {form: 100 - i for i, form in enumerate(row.split())} for word, row in forms.items()}
    made.fluency = Fluency()
    return made


CZECH = lexicon("cs", soubor="soubor souboru soubory souborů", tabulka="tabulka tabulky tabulce tabulku tabulkou")
RUSSIAN = lexicon("ru", файл="файл файла файлы файлов", ячейка="ячейка ячейки ячейку ячеек")


@pytest.mark.parametrize("table, word, expected", [
    (spanish(), "plantilla", ["plantilla", "plantillas"]),
    (spanish(), "Plantilla", ["Plantilla", "Plantillas"]),
    (german(), "Tabelle", ["Tabelle", "Tabellen"]),
    (CZECH, "soubor", ["soubor", "souboru", "soubory", "souborů"]),
    (CZECH, "neznámý", ["neznámý"]),
    (lexicon("en"), "a", ["a", "an"]), (lexicon("en"), "An", ["An", "A"]), (lexicon("en"), "and", ["and"]),
])
def test_forms_are_the_word_and_what_is_attested(table, word, expected):
    assert inflection.forms(word, table) == expected


@pytest.mark.parametrize("table, term, replaced, is_bent, expected", [
    # as the replaced word bends, so does the new one
    (spanish(), "modelo", ["plantillas"], True, "modelos"),
    (spanish(), "modelo", ["plantilla"], False, "modelo"),
    (spanish(), "plantilla", ["modelos", "nuevos"], True, "plantillas"),
    (german(), "Liste", ["Tabellen"], True, "Listen"),
    (german(), "Liste", ["Tabelle"], False, "Liste"),
    # words that the corpus does not know bend by analogy
    (spanish(), "frobnizador", ["modelo"], False, "frobnizador"),
    (spanish(), "disco", ["modelos"], True, "discos"),
    # an attribute behind a preposition keeps its form
    (spanish(), "hoja de cálculo", ["tablas"], True, "hojas de cálculo"),
    # marks and names stay
    (spanish(), "C++", ["modelos"], True, "C++"),
])
def test_the_least_odd_variant_bends_as_the_replaced_words_did(table, term, replaced, is_bent, expected):
    assert inflection.variants(term, replaced, is_bent, table)[0][0] == expected


def test_what_is_inflected_already_gets_no_second_ending():
    table = lexicon("cs", soubor="soubor soubory", nový="nový nových", starý="starý starých")
    assert "minulýchy" not in [form for form, _ in inflection.variants("minulých", ["soubory"], True, table)]
    assert "znaky" in [form for form, _ in inflection.variants("znak", ["soubory"], True, table)]


def test_variants_are_rated_least_odd_first_and_hold_the_term_itself():
    found = inflection.variants("soubor", ["tabulce"], True, CZECH)
    assert {"soubor", "souboru", "soubory"} <= {form for form, _ in found}
    assert [odd for _, odd in found] == sorted(odd for _, odd in found) and found[0][1] < found[-1][1]
    found = inflection.variants("файл", ["ячеек"], True, RUSSIAN)
    assert {"файл", "файла", "файлов"} <= {form for form, _ in found}


def test_a_form_that_a_known_word_never_takes_is_not_made_up():
    known = lexicon("es", lunes="lunes", modelo="modelo modelos")
    assert [form for form, _ in inflection.variants("lunes", ["modelos"], True, known)] == ["lunes"]


@pytest.mark.parametrize("form, replaced, is_first, table, expected", [
    ("modelo", "plantilla", True, None, "modelo"),
    ("modelo", "Plantilla", True, None, "Modelo"),
    ("modelo", "Plantilla", False, spanish(), "Modelo"),  # a label: the word is written small else
    ("modelo", "Madrid", False, spanish(), "modelo"),  # a name is no label
    ("modelo", "PLANTILLA NUEVA", False, None, "MODELO"),
    ("modelo", "IBM", False, None, "modelo"),  # too short to shout
    ("CSV", "DATEN", False, None, "CSV"),
    ("Tabelle", "blatt", False, None, "Tabelle"),
    ("modelo", "", True, None, "modelo"), ("", "Plantilla", True, None, ""),
])
def test_like_takes_over_capitals(form, replaced, is_first, table, expected):
    assert inflection.like(form, replaced, is_first, table) == expected


WORDS = st.text(min_size=1, max_size=8).filter(lambda text: not text.isspace())


@given(st.lists(WORDS, min_size=1, max_size=5).map(" ".join), st.lists(WORDS, max_size=3), st.booleans())
def test_variants_never_fail_and_are_few(term, replaced, is_bent):
    for table in (spanish(), CZECH):
        found = inflection.variants(term, replaced, is_bent, table)
        assert 1 <= len(found) <= inflection.MOST_VARIANTS and all(odd >= 0 for _, odd in found)


@pytest.mark.parametrize("form, term, replaced, expected", [
    ("záložky", "záložka", ["zkratky"], "sure"),  # the dictionary forms end alike, and so do the genitives
    ("záložku", "záložka", ["kartu"], "likely"),
    ("snímek", "snímek", ["obrazovka"], "unsure"),  # both bare, but of another declension
    ("snímkem", "snímek", ["obrazovka"], "wrong"),
    ("adresáře", "adresář", ["složce"], "wrong"),
    ("kombinace kláves", "kombinace kláves", ["zkratka"], "unsure"),
    ("CzEng", "CzEng", ["korpusu"], "wrong"), ("LINDAT", "LINDAT", ["korpusu"], "sure"), ("42", "42", ["sto"], "sure"),
])
def test_the_doubt_about_a_form_is_less_the_more_it_is_like_what_goes(form, term, replaced, expected):
    bounds = {"sure": (0, 0.05), "likely": (0.05, 0.2), "unsure": (0.2, 0.5), "wrong": (0.5, 1)}
    low, high = bounds[expected]
    assert low <= inflection.doubt(form, term, replaced, False, "cs", 0.5) <= high


def test_forms_that_the_corpus_has_not_are_no_evidence_and_endings_that_it_has_of_both_words_are():
    table = lexicon("cs", sklad="sklad skladu sklady", hrad="hrad hradu hrady")
    table.fluency = Fluency({"hradu": 3, "sklad": 3, "kolíka": 1})
    assert inflection.doubt("hradu", "hrad", ["sklepu"], False, "cs", 0.5) > 0.2
    assert inflection.doubt("hradu", "hrad", ["skladu"], False, "cs", 0.5, table) < 0.2
    assert inflection.doubt("hrady", "hrad", ["sklady"], False, "cs", 0.5, table) > 0.5  # nobody has seen it
    assert inflection.doubt("hrad", "hrad", ["kzrkpu"], False, "cs", 0.5) > 0.5  # nor that word


def test_the_doubt_grows_with_changed_neighbours_and_with_how_much_a_language_inflects():
    where = ("pravítka", "pravítko", ["pravidla"])
    assert inflection.doubt(*where, True, "cs", 0.5) > inflection.doubt(*where, False, "cs", 0.5)
    doubts = [inflection.doubt("kombinace", "kombinace", ["zkratka"], False, "cs", rate) for rate in (0, 0.2, 0.5, 1)]
    assert doubts[0] == 0 and doubts == sorted(doubts) and doubts[-1] < 1


def test_how_much_a_language_inflects_is_what_its_corpus_has():
    table = lexicon("cs", soubor="soubor souboru")  # 100 and 99
    assert table.inflection == pytest.approx(99 / 199)
    assert lexicon("zh").inflection == 0 and lexicon("vi").inflection == 0.5 == lexicon("cs").inflection
