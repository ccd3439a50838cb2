import pytest

from mtpipe.document import checks, inline_codes
from mtpipe.document.segment import Segment


def failed(source, target, lang="de", names=tuple(checks.CHECKS)):
    segment = Segment("x", source, codes=inline_codes.find(source), draft=target)
    return [error.rule for error in checks.check(segment, names, lang)]


@pytest.mark.parametrize("source, target, lang, names", [
    ("Open it.", "Öffnen Sie es", "de", ["end-punctuation"]),
    ("Really?", "Wirklich!", "de", ["end-punctuation"]),
    ("Press (twice)", "Zweimal drücken)", "de", ["brackets"]),
    ('Say "row"', 'Sag "Zeile', "de", ["quotes"]),
    ("Open the file", "Die die Datei öffnen", "de", ["doubled-words"]),
    (" Open", "Öffnen", "de", ["outer-space"]),
    ("Open\nnow", "Jetzt öffnen", "de", ["newlines"]),
    ("Insert rows", "3 Zeilen einfügen", "de", ["numbers"]),
    ("&Open file", "Datei öffnen", "de", ["accelerators"]),
    ("Wait...", "Warten…", "de", ["ellipsis"]),
    ("Open the file now", "Open the file now", "de", ["same-text"]),
])  # fmt: skip
def test_what_each_check_finds(source, target, lang, names):
    assert failed(source, target, lang) == names


@pytest.mark.parametrize("source, target, lang", [
    ("Open it.", "打开。", "zh"), ("Why?", "Γιατί;", "el"), ("Open it.", "เปิด", "th"), ("See (a) [b]", "见（a）【b】", "zh"),
    ("“Open.”", "„Öffnen.“", "de"), ("Very very big", "Sehr sehr groß", "de"), ("Two rows", "2 Zeilen", "de"),
    ("R&D and max_size", "F&E und max_size", "de"), ("&Open", "Ö&ffnen", "de"), ("{a}.", "{a}.", "de"),
    ('5" wide', "5 Zoll breit", "de"), ('Say "row"', "Sag „Zeile“", "de"), ('5" wide', '5" breit', "de"),
    ("LibreOffice Calc", "LibreOffice Calc", "de"), ("Open", "", "de"),
])  # fmt: skip
def test_what_is_right(source, target, lang):
    assert not failed(source, target, lang)


def test_only_the_named_checks_run():
    assert failed("Open it. ", "Öffnen", names=("outer-space",)) == ["outer-space"]
    assert failed("Open it. ", "Öffnen", names=()) == []


def test_a_finding_tells_what_it_found():
    segment = Segment("x", "Open it.", draft="Öffnen!")
    error, = checks.check(segment, ["end-punctuation"], "de")
    assert (error.kind, error.found) == ("check", "ends with “!”, the source with “.”")
