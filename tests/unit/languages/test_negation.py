"""What negates, and what only looks so."""

import pytest

from mtpipe.languages import negation


@pytest.mark.parametrize("text, word", [
    ("Do not unplug the cable.", "not"), ("Never open it.", "Never"), ("It won’t start.", "won’t"),
    ("DO NOT OPEN", "DO NOT"), ("Not all rows are shown.", "Not"), ("You cannot undo this.", "cannot"),
    ("Nicht berühren!", "Nicht"), ("Es gibt keinen Druck.", "keinen"), ("No lo toque nunca.", "nunca"),
    ("To není možné.", "není"), ("Это невозможно.", "невозможно"), ("请勿拔下电源线。", "请勿"),
])  # fmt: skip
def test_words_that_negate(text, word):
    span = negation.find(text)
    assert span and text[slice(*span)] == word


@pytest.mark.parametrize("text", [
    "Save it as a note.", "The NOT operator", "not only quick but small", "whether or not it is open", "In der Not",
    "nicht nur schnell", "knot", "Notice: it is open", "你要不要我帮忙？", "能不能请你等一下", "",
])
def test_words_that_do_not(text):
    assert negation.find(text) is None


@pytest.mark.parametrize("text, lang", [
    ("Das Gerät ist unbenutzbar.", "de-AT"), ("Sin conexión", "es"), ("Nelze otevřít", "cs"), ("without a cable", "en"),
    ("Без кабеля", "ru"), ("不可用", "zh-CN"), ("whatever", "fi"),
])
def test_many_ways_to_say_it(text, lang):
    assert negation.is_expressed(text, lang)
    assert negation.is_expressed("Kabel 3", lang) == (lang == "fi")
