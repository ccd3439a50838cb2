"""Examples that came wrong out of translations of real documents, and what human translators rightly write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.document import invariants


def texts(source, target, lang="de"):
    return [(item.kind, item.text) for item in invariants.altered(source, target, lang)]


@pytest.mark.parametrize("source, target, kind, literal", [
    ("Set the timeout to 3600 seconds.", "Setzen Sie die Zeitüberschreitung auf 380 Sekunden.", "number", "3600"),
    ("It listens on port 8080.", "Es lauscht auf Port 80.", "number", "8080"),
    ("A sum of 1,234.56 is shown.", "Eine Summe von 1,234,56 wird angezeigt.", "number", "1,234.56"),
    ("Set JAVA_HOME first.", "Setzen Sie zuerst JAVA_GET.", "identifier", "JAVA_HOME"),
    ("Use --null to end names.", "Verwenden Sie --zero, um Namen zu beenden.", "option", "--null"),
    ("Keep ⟦1⟧ as it is.", "Lassen Sie ⟦⟧ wie es ist.", "template tag", "⟦1⟧"),
    ("🔎︎ Search", "Lupe Suche", "symbol", "🔎"),
    ("Pieces begin with ▁ there.", "Stücke beginnen dort mit.", "symbol", "▁"),
    ("Delete %#@files@ now?", "%#files@ jetzt löschen?", "template tag", "%#@files@"),
    ("Read README.md before.", "Lesen Sie vorher LIESMICH.md.", "path", "README.md"),
    (r"It is in C:\Users\x\y.txt now.", r"Es ist jetzt in C:\Benutzer\x\y.txt.", "path", r"C:\Users\x\y.txt"),
    ("Add $HOME/bin to it.", "Fügen Sie $HEIM/bin hinzu.", "variable", "$HOME/bin"),
    ("Raise max_retries if needed.", "Erhöhen Sie max_versuche bei Bedarf.", "identifier", "max_retries"),
    ("Call camelCase() again.", "Rufen Sie erneut kamelFall() auf.", "identifier", "camelCase()"),
    ("Press Ctrl+Shift+S to save.", "Drücken Sie Strg+S zum Speichern.", "key", "Ctrl+Shift+S"),
    ("Hello <%= user.name %>!", "Hallo <%= benutzer.name %>!", "template tag", "<%= user.name %>"),
    ("Hello {{{x}}}!", "Hallo {{x}}!", "template tag", "{{{x}}}"),
    ("Needs version 2.3.1 or later.", "Benötigt Version 2.31 oder später.", "version", "2.3.1"),
    ("The text 000123 becomes 123.", "Der Text 00015 wird 123.", "number", "000123"),
    ("At most 10 MB are kept.", "Höchstens 10 GB bleiben erhalten.", "number", "10"),
    ("It takes 10\u00a0minutes.", "Es dauert 10 Minuten.", "space", "\u00a0"),
    ("Choose 1,2 or 5.", "Wählen Sie 1.2 oder 5.", "number", "1,2"),
    ("Enter 1,2 in step 1 of 2.", "In Schritt 1 von 2 eingeben.", "number", "1,2"),
    ("Enter 1,2,3 and 4.", "Geben Sie 1, 2 und 4 ein.", "number", "1,2,3"),
    ("See com.sun.star.util there.", "Siehe dort com.sonne.stern.util.", "identifier", "com.sun.star.util"),
    ("Size: 85 × 60 × 60 cm", "Größe: 85 × 60 60 cm", "symbol", "×"),
    ("Choose Layer → Rotate.", "Wählen Sie Ebene Drehen.", "symbol", "→"),
    ("Home › Products", "Start – Produkte", "symbol", "›"),
    ("News · Imprint", "Neues, Impressum", "symbol", "·"),
    ("Do not unplug the cable.", "Ziehen Sie das Kabel ab.", "negation", "not"),
    ("Never put oil on a burn.", "Geben Sie Öl auf eine Brandwunde.", "negation", "Never"),
    ("It doesn't start.", "Es startet.", "negation", "doesn't"),
])  # fmt: skip
def test_what_was_altered(source, target, kind, literal):
    assert (kind, literal) in texts(source, target)


@pytest.mark.parametrize("source, target, lang", [
    ("A sum of 1,234.56 is shown.", "Eine Summe von 1.234,56 wird angezeigt.", "de"),
    ("A sum of 1,234.56 is shown.", "Zobrazí se součet 1\u00a0234,56.", "cs"),
    ("Do not unplug the cable.", "Ziehen Sie das Kabel keinesfalls ab.", "de"),
    ("You cannot open it before you save it.", "Öffnen ist erst nach dem Speichern möglich.", "de"),
    ("It is not possible.", "Es imposible.", "es"),
    ("Do not touch it.", "Ei saa puutuda.", "et"),  # a language without a list
    ("about 12,000 rows", "etwa 12 000 Zeilen", "de"),
    ("Insert 2 columns", "Fügen Sie zwei Spalten ein", "de"),
    ("a 2D chart", "ein zweidimensionales Diagramm", "de"),
    ("the 2 axes", "两个轴", "zh"),
    ("in 3 steps", "en tres pasos", "es"),
    ("5/3/2026", "3. Mai 2026", "de"),
    ("2026-11-21", "21.11.2026", "de"),
    ("the 1st row", "die 1. Zeile", "de"),
    ("2 million rows", "200万行", "zh"),
    ("10 MB are kept", "10\u00a0Mo sont conservés", "fr"),
    ("at 50% of the size", "bei 50 Prozent der Größe", "de"),
    ("Press Ctrl+Shift+S to save.", "Drücken Sie Strg+Umschalt+S zum Speichern.", "de"),
    ("Press Ctrl+Alt+Delete.", "Presione Ctrl+Alt+Supr.", "es"),
    ("10\u00a0minutes", "10\u202fminutes", "fr"),
    ("20 °C outside", "20\u00a0Grad Celsius draußen", "de"),
    ("end of sentence.And the next", "Satzende. Und der nächste", "de"),
    ("either and/or both", "entweder und/oder beide", "de"),
    ("JavaScript and LibreOffice", "JavaScript und LibreOffice", "de"),
    ("Well -- maybe", "Nun – vielleicht", "de"),
    ("costs $5", "kostet 5 $", "de"),
    ("pages 1,3, 5", "Seiten 1,3, 5", "de"),
    ("pages 1,3,5 and 7", "Seiten 1, 3, 5 und 7", "de"),
    ("pages 1, 2 or 3", "Seiten 1,2 oder 3", "de"),
    ("pages 1,2", "Seiten 1 und 2", "de"),
    ("a factor of 1.2 to 2.75", "ein Faktor von 1,2 bis 2,75", "de"),
    ("ein Faktor von 1,2", "a factor of 1.2", "en"),
    ("section 1.2 of 3.1", "Abschnitt 1.2 von 3.1", "de"),
    ("--depth=\ufffc\ufffc", "--depth=\ufffc", "de"),
    ("Command+Option Ctrl+Alt", "⌘⌥ Ctrl + Alt", "es"),
    ("", "", "de"),
])  # fmt: skip
def test_what_translators_may_write(source, target, lang):
    assert not texts(source, target, lang)


def test_a_decimal_mark_is_the_target_languages():
    assert texts("Wählen Sie 1.2 oder 5.", "Choose 1,2 or 5.", "en") == [("number", "1.2")]
    assert not texts("Wählen Sie 1.2 oder 5.", "Choose 1,2 or 5.", "tlh")


def test_each_occurrence_counts():
    assert texts("JAVA_HOME or JAVA_HOME", "JAVA_HOME oder") == [("identifier", "JAVA_HOME")]
    assert texts("from 10 to 10", "von 10 bis 11") == [("number", "10")]


def test_quotation_marks_are_no_separators():
    assert texts("Il a dit « oui » et « non ».", "Er sagte „ja“ und „nein“.") == []


def test_an_identifier_that_is_part_of_another_is_not_there():
    assert texts("Set max_size.", "Setzen Sie max_size_total.") == [("identifier", "max_size")]


def test_the_longest_is_named_once():
    source = r"Open C:\data\v1.2.3\report_2.txt"
    assert [item.text for item in invariants.find(source)] == [r"C:\data\v1.2.3\report_2.txt"]


@given(st.text(max_size=200))
def test_a_text_is_never_an_alteration_of_itself(text):
    assert invariants.altered(text, text, "de") == []


@given(st.text("0123456789.,' \u00a0xA_-$\\/+%{}[]()<>?:", max_size=60), st.sampled_from(["de", "zh", "xx", ""]))
def test_every_text_can_be_read(text, lang):
    items = invariants.find(text)
    assert all(text[item.start : item.end] == item.text for item in items)
    assert all(one.end <= other.start for one, other in zip(items, items[1:]))
    invariants.altered(text, text[::-1], lang)


@given(st.integers(13, 10**9), st.sampled_from(["{:,}", "{}"]))
def test_a_number_is_the_same_in_every_convention(number, form):
    source = f"all {form.format(number)} rows"
    for mark in (".", ",", " ", "\u202f", "’", ""):
        assert not texts(source, f"alle {f'{number:,}'.replace(',', mark)} Zeilen")
    assert texts(source, f"alle {number + 1} Zeilen")


def test_thousands_of_numbers_are_compared_in_one_pass():
    source = " ".join(f"word{n % 50}" for n in range(20_000))
    assert texts(source, source) == [] and len(texts(source, source.replace("word13 ", ""))) == 400
