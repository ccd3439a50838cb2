import pytest

from mtpipe.languages.stop_words import stop_words


@pytest.mark.parametrize(("lang", "word"), [
    ("en", "every"), ("en-GB", "the"), ("de", "diese"), ("es", "desde"), ("cs", "protože"), ("zh-Hans", "的"),
    ("pl", "jest"),
])  # fmt: skip
def test_words_of_grammar_are_stop_words(lang, word):
    assert word in stop_words(lang)


@pytest.mark.parametrize(("lang", "word"), [
    ("en", "email"), ("en", "top"), ("en", "name"), ("de", "Seite"), ("de", "artikel"), ("es", "uso"), ("es", "estado"),
    ("cs", "článek"),
    ("zh", "用户"),
])  # fmt: skip
def test_words_that_can_be_terms_are_not(lang, word):
    assert word.casefold() not in stop_words(lang)


def test_a_language_not_known_has_none():
    assert stop_words("xx-nowhere") == frozenset()
