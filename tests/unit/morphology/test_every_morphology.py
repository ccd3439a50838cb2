"""The contract of every language's morphology, whatever the words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.morphology.languages import LANGUAGES, morphology
from mtpipe.morphology.protocol import Analysis, TermContext

GRAMMARS = {lang: morphology(lang) for lang in LANGUAGES}
KNOWN = "Tabelle die neuen und - API tabla las casillas de nueva таблицы новой который і у 7 ,".split()
WORDS = st.one_of(st.sampled_from(KNOWN), st.text("abzäßñéщяёїʼ-A'", min_size=1, max_size=8))
PHRASES = st.lists(WORDS, max_size=3).map(tuple)


@pytest.mark.parametrize("lang", LANGUAGES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_grammar_answers_for_all_words(lang, data):
    grammar = GRAMMARS[lang]
    if grammar is None:
        pytest.skip(f"the dictionary of {lang} is not installed")
    word, term = data.draw(WORDS), " ".join(data.draw(st.lists(WORDS, min_size=1, max_size=2)))
    assert all(isinstance(each, Analysis) for each in grammar.analyse(word))
    assert grammar.part_of_speech(term) in ("noun", "adjective", "verb", "")
    assert all(front + head == word and front and head for front, head in grammar.split(word))
    assert grammar.head([word]) in (0, None)
    assert grammar.compound(term, word)
    before, after, number = data.draw(PHRASES), data.draw(PHRASES), data.draw(st.sampled_from(["", "s", "p"]))
    wordings = grammar.wordings(TermContext(term, (word,), before, after, number))
    assert all(each.form and 0 <= each.certainty <= 1 for each in wordings)
    assert sum(each.certainty for each in wordings[:1]) <= 1


def test_a_language_without_a_grammar_has_none():
    assert morphology("cs") is None and morphology("de-AT") is not None
