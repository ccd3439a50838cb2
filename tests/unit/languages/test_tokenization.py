import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.languages import tokenization


@pytest.mark.parametrize("text, expected", [
    ("Open the file, please!", "Open the file , please !"),
    ("e-mail, 3.5 GHz, l·lista", "e-mail , 3.5 GHz , l·lista"),
    ("e\u2011mail", "e\u2011mail"),
    ("don't l’eau", "don ' t l ’ eau"),
    ("C++ and/or .NET", "C + + and / or . NET"),
    ("end. Start", "end . Start"),
    ("使用table表", "使 用 table 表"),
    ("ピボット", "ピ ボ ッ ト"),
    ("피벗 테이블을", "피벗 테이블을"),
    ("हिन्दी किताब", "हिन्दी किताब"),  # vowel signs belong to their letters
    ("Gru\u0308ße Soft\u00adware", "Gru\u0308ße Soft\u00adware"),
    ("- a-", "- a -"),
    ("", ""),
    (" \u00a0\n", ""),
])
def test_words(text, expected):
    assert tokenization.words(text) == expected.split()


@given(st.text())
def test_spans_are_the_words_in_order_and_leave_only_white_space(text):
    spans = tokenization.spans(text)
    assert [text[start:end] for start, end in spans] == tokenization.words(text)
    assert all(start < end for start, end in spans)
    gaps = zip([0, *(end for _, end in spans)], [*(start for start, _ in spans), len(text)], strict=True)
    assert all(start <= end and not text[start:end].strip() for start, end in gaps)


@pytest.mark.parametrize("word, expected", [("表", True), ("ピ", True), ("𠀀", True), ("table", False), ("한", False),
                                            ("ह", False), ("3", False), ("。", False)])  # fmt: skip
def test_characters_of_scripts_without_spaces(word, expected):
    assert tokenization.is_character(word) is expected
