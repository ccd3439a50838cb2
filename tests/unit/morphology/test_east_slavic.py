"""Russian and Ukrainian by pymorphy3, where it is installed."""

import pytest

from mtpipe.morphology.languages import morphology
from mtpipe.morphology.protocol import Analysis, TermContext

RUSSIAN, UKRAINIAN = morphology("ru"), morphology("uk")
needs_russian = pytest.mark.skipif(RUSSIAN is None, reason="the extra morphology-ru is not installed")
needs_ukrainian = pytest.mark.skipif(UKRAINIAN is None, reason="the extra morphology-uk is not installed")


def best(grammar, term, old, before="", after="", number="", **more):
    words = (tuple(text.split()) for text in (old, before, after))
    wordings = grammar.wordings(TermContext(term, *words, number, **more))
    return " ".join([*wordings[0].before, wordings[0].form, *wordings[0].after]) if wordings else None


@needs_russian
@pytest.mark.parametrize("term, old, before, after, number, expected", [
    ("вид", "типов", "список", "", "p", "список видов"),
    ("провайдер данных", "поставщика", "профиль", "", "s", "профиль провайдера данных"),
    ("провайдер данных", "поставщиками", "с новыми", "", "p", "с новыми провайдерами данных"),
    ("версия", "релиза", "для нового", "", "s", "для новой версии"),
    ("релиз", "версию", "Откройте выбранную", "", "s", "Откройте выбранный релиз"),
    ("пользовательский тип", "вида", "описание", "", "s", "описание пользовательского типа"),
    ("таблица", "отчет", "", "был создан", "s", "таблица была создан"),
    ("таблица", "отчет", "", ", который создан", "s", "таблица , которая создан"),
    ("картинка", "изображение", "Поменять", ", используемое как фон", "s", "Поменять картинку , используемую как фон"),
    ("персональные данные", "сведений", "обработка", "", "p", "обработка персональных данных"),
    ("API", "интерфейсы", "новые", "", "p", "новые API"),
])  # fmt: skip
def test_case_number_and_gender_in_russian(term, old, before, after, number, expected):
    assert best(RUSSIAN, term, old, before, after, number) == expected


@needs_ukrainian
@pytest.mark.parametrize("term, old, before, expected", [
    ("провайдер даних", "постачальника", "профіль", "профіль провайдера даних"),
    ("версія", "випуску", "для нового", "для нової версії"),
    ("таблиця", "звіті", "у вибраному", "у вибраній таблиці"),
])  # fmt: skip
def test_case_number_and_gender_in_ukrainian(term, old, before, expected):
    assert best(UKRAINIAN, term, old, before) == expected


@needs_russian
@pytest.mark.parametrize("term, old, expected", [
    ("внутренний", "межфирменными", "внутренними"),  # adjectives as the old one
    ("удалить", "сотрите", "удалите"),  # verbs too
    ("удалить", "стирать", "удалить"),
    ("удалить", "стирает", None),  # this aspect has no present
    ("вид", "сделать", None),  # a verb is no noun
    ("вид", "и", None),
])
def test_other_words_take_the_form_of_the_old_one_or_none(term, old, expected):
    assert best(RUSSIAN, term, old) == expected


@needs_russian
def test_listed_plurals_capitals_and_hyphens():
    assert best(RUSSIAN, "Договор", "Контракты", number="p", forms=("Договора",)) == "Договора"
    assert best(RUSSIAN, "сервис", "служба", affixes=("веб-", "")) == "веб-сервис"
    assert best(RUSSIAN, "служба", "сервис", affixes=("", "-провайдер")) == "служба-провайдер"


@needs_russian
def test_analysis_and_inflection_go_both_ways():
    reading = next(each for each in RUSSIAN.analyse("версиями") if each.case == "i")
    assert (reading.lemma, reading.pos, reading.gender, reading.number) == ("версия", "noun", "f", "p")
    assert RUSSIAN.inflect("версия", reading) == "версиями"
    assert RUSSIAN.inflect("xyz", Analysis("xyz")) == "" and RUSSIAN.analyse("xyz") == []
