import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.languages import lemmatization


@pytest.mark.parametrize("lang, word, lemma", [
    ("en", "tables", "table"), ("en", "TABLES", "table"), ("en", "children", "child"), ("en-GB", "files", "file"),
    ("de", "Tabellen", "tabelle"), ("de_AT", "gespeichert", "speichern"),
    ("es", "plantillas", "plantilla"), ("cs", "souborů", "soubor"), ("ru", "ячеек", "ячейка"),
    ("no", "filer", "fil"), ("hr", "datoteke", "datoteka"),
    ("en", "tooltips", "tooltip"), ("en", "Listboxes", "listbox"), ("es", "plugins", "plugin"), ("en", "DNS", "dns"),
    ("de", "Dropdownlisten", "dropdownliste"), ("de", "Dropdownliste", "dropdownliste"), ("en", "nexus", "nexus"),
    ("sv", "Rullningslisterna", "rullningslist"), ("en", "Kubernetes", "kubernete"),  # as on the glossary's side
    ("en", "3D", "3d"), ("en", "IT", "it"), ("zh", "表", "表"), ("tlh", "QaghMey", "qaghmey"),
])
def test_lemma(lang, word, lemma):
    assert lemmatization.lemma(word, lang) == lemma


@pytest.mark.parametrize("lang, a, b", [
    ("fr", "données", "donnée"), ("de", "Melden", "meldet"), ("en", "Data", "data"),
])
def test_inflections_share_a_key_even_where_their_lemmas_differ(lang, a, b):
    assert lemmatization.keys(a, lang) & lemmatization.keys(b, lang)


def test_words_of_their_own_share_no_key():
    assert not lemmatization.keys("Tabelle", "de") & lemmatization.keys("Tisch", "de")


def test_sequence_and_tokens_take_hyphenated_words_apart():
    assert lemmatization.sequence("E-Mails, 3 Tabellen", "de") == ("e", "-", "mail", ",", "3", "tabelle")
    assert lemmatization.tokens("e-mail") == [("e", 0, 1), ("-", 1, 2), ("mail", 2, 6)]


@given(st.text())
def test_tokens_lie_on_the_text(text):
    assert all(text[start:end] == token and token for token, start, end in lemmatization.tokens(text))
    assert all(lemmatization.lemma(token, "en") for token, _, _ in lemmatization.tokens(text))


@pytest.mark.parametrize("word, lang, is_known", [
    ("Zelle", "de", True), ("zelle", "de", True), ("Zellen", "de-AT", True), ("xqkrt", "de", False),
    ("tabulky", "cs", True), ("表", "zh", None),
])  # fmt: skip
def test_whether_the_dictionary_has_a_word(word, lang, is_known):
    assert lemmatization.is_known(word, lang) is is_known
