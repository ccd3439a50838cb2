import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.glossary.model import Term
from mtpipe.llm.term_pattern import FREE, pattern
from mtpipe.terminology.inflected_match import evidence

CASES = [
    # (terms, language, text, whether it holds them)
    ([["Tabelle", "Tabellen"]], "de", "Die Tabellen.", True),
    ([["Tabelle", "Tabellen"]], "de", "Tabelle", True),
    ([["Tabelle"]], "de", "Die Tabellenzelle.", False),
    ([["Tabelle"]], "de", "Tischtabelle Tabellex", False),
    ([["Tabelle"]], "de", "⟦1⟧Tabelle⟦2⟧ <b>fett</b>", True),
    ([["Tabelle"], ["Zelle"]], "de", "Die Zelle der Tabelle", True),
    ([["Tabelle"], ["Zelle"]], "de", "Tabelle Zelle", True),
    ([["Tabelle"], ["Zelle"]], "de", "TabelleZelle", False),
    ([["Tabelle"], ["Zelle"]], "de", "Zelle, Zelle", False),
    ([["Datenbank"], ["Datenbank öffnen"]], "de", "Datenbank öffnen", False),
    ([["Datenbank"], ["Datenbank öffnen"]], "de", "Datenbank öffnen (Datenbank)", True),
    ([["C"], ["Datei"]], "de", "C++ Datei", False),
    ([["C"], ["Datei"]], "de", "Datei in C", True),
    ([["Version 5"]], "de", "Das ist Version 5.", True),
    ([["Version 5"], ["neu"]], "de", "Version 5.3 neu", False),
    ([["a.b*c"]], "de", "a.b*c", True),
    ([["a.b*c"]], "de", "axbbc", False),
    ([["接口"]], "zh", "使用接口连接", True),
    ([["接口"], ["USB"]], "zh", "USB接口", True),
    ([["USB"]], "zh", "使用USB连接", True),
    ([["USB"]], "zh", "MYUSB连接", False),
    ([["테이블"]], "ko", "테이블을 열기", True),
    ([], "de", "Irgendwas", True),
]


@pytest.mark.parametrize("terms, lang, text, holds", CASES, ids=[f"{i}-{case[2]}" for i, case in enumerate(CASES)])
def test_pattern_matches_texts_with_each_term_as_a_word(terms, lang, text, holds):
    assert (re.match(pattern(terms, lang), text) is not None) == holds


@pytest.mark.parametrize("quotes", [False, True])
def test_quotes_stand_around_only_where_they_may(quotes):
    assert (re.match(pattern([["Tabelle"]], "de", quotes=quotes), 'Die "Tabelle" \\') is not None) == quotes


def test_stretches_are_bounded():
    bounded = pattern([["Tabelle"]], "de", max_chars=1100)
    assert re.match(bounded, "x" * 1099 + " Tabelle " + "x" * 1099)
    assert not re.match(bounded, "x" * 1101 + " Tabelle")
    assert max(map(int, re.findall(r"\{0,(\d+)\}", bounded))) <= 1000


def test_more_terms_than_free_ones_keep_their_order_group_by_group():
    terms = [[f"t{chr(97 + i)}"] for i in range(FREE + 2)]
    said = [forms[0] for forms in terms]
    expression = pattern(terms, "de")
    assert re.match(expression, " ".join(reversed(said[:FREE])) + " " + " ".join(reversed(said[FREE:])))
    assert not re.match(expression, " ".join(reversed(said)))


def test_a_term_without_forms_is_refused():
    with pytest.raises(ValueError, match="without forms"):
        pattern([["Tabelle"], [" "]], "de")


FORMS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=6)


@given(st.lists(FORMS, min_size=1, max_size=3), st.permutations(range(3)), st.sampled_from(["de", "zh"]))
def test_any_order_of_any_forms_matches(forms, order, lang):
    said = [forms[i] for i in order if i < len(forms)]
    assert re.match(pattern([[form] for form in forms], lang, quotes=True), "x " + " y ".join(said) + " z")


WORDS = st.lists(st.text("abÄö5", min_size=1, max_size=3), min_size=1, max_size=3)


@given(st.data(), WORDS, st.sampled_from(["de", "es"]))
def test_whatever_matches_holds_the_terms_as_the_checker_sees_them(data, forms, lang):
    expression = pattern([[form] for form in forms], lang, max_chars=6, quotes=True)
    text = data.draw(st.from_regex(expression, fullmatch=True))
    assert all(evidence(Term("x", (form,)), text, lang) for form in forms)


def test_escapes_in_classes_are_those_that_grammars_of_llama_cpp_know():
    classes = re.findall(r"\[(?:[^\]\\]|\\.)*\]", pattern([["Tabelle"], ["5"], ["C"]], "de", 40, quotes=True))
    assert {escape for inside in classes for escape in re.findall(r"\\(.)", inside)} <= set("x\\[]")
