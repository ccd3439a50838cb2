"""German noun phrases, compounds and forms: by rule, and by the dictionary where it is installed."""

import importlib.util
from dataclasses import replace

import pytest

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.alignment.ngram_lm import Fluency
from mtpipe.morphology.german import German
from mtpipe.morphology.german_nouns import Nouns
from mtpipe.morphology.protocol import Analysis, TermContext

HAS_DICTIONARY = importlib.util.find_spec("german_nouns") is not None
needs_dictionary = pytest.mark.skipif(not HAS_DICTIONARY, reason="german-nouns is not installed")


def best(term, old, before="", after="", number="", affixes=("", "")):
    words = (tuple(text.split()) for text in (old, before, after))
    found = German().wordings(TermContext(term, *words, number, affixes))
    return " ".join([*found[0].before, found[0].form]) if found else None


@needs_dictionary
@pytest.mark.parametrize("term, old, before, number, expected", [
    ("Provider", "Anbieters", "des", "s", "des Providers"),
    ("Periode", "Zeitraum", "zum neuen", "s", "zur neuen Periode"),
    ("Tabelle", "Tisch", "Im großen", "s", "In der großen Tabelle"),
    ("Datensatz", "Zeile", "in der letzten", "s", "in dem letzten Datensatz"),
    ("Debitor", "Kunden", "mit den", "p", "mit den Debitoren"),
    ("Release", "Versionen", "alle", "p", "alle Releases"),
])  # fmt: skip
def test_case_and_number_stay_and_the_phrase_takes_the_new_gender(term, old, before, number, expected):
    assert best(term, old, before, number=number) == expected


@needs_dictionary
def test_of_the_same_gender_nothing_beside_the_noun_changes():
    assert best("Anbieter", "Lieferanten", "für den neuen") == "für den neuen Anbieter"


@needs_dictionary
@pytest.mark.parametrize("term, old, affixes, before, expected", [
    ("Überwachung", "Beobachtungs", ("", "liste"), "die", "die Überwachungsliste"),
    ("Vorlage", "schablone", ("Geräte", ""), "die", "die Gerätevorlage"),
    ("Art", "typ", ("Klausel", ""), "für den", "für die Klauselart"),
    ("Space", "Raum", ("", "daten"), "die", "die Space-Daten"),
    ("Konnektor", "Connector", ("", "-Instanzen"), "neue", "neue Konnektor-Instanzen"),
    ("Auslöser", "Trigger", ("Oracle-", "-basierte"), "die", "die Oracle-Auslöser-basierte"),
])  # fmt: skip
def test_of_a_compound_one_part_is_replaced(term, old, affixes, before, expected):
    assert best(term, old, before, affixes=affixes) == expected


@needs_dictionary
@pytest.mark.parametrize("old, before, number, has_determiner, expected", [
    ("Ordner", "für", "s", True, "für Verzeichnisse"), ("Ordner", "für", "s", False, "für Verzeichnis"),
    ("Ordner", "für", "", False, "für Verzeichnisse"), ("Ordner", "ohne", "s", True, "ohne Verzeichnis"),
    ("Ordner", "für den", "s", True, "für das Verzeichnis"), ("Ordner", "", "s", True, "Verzeichnis"),
])  # fmt: skip
def test_a_form_of_both_numbers_is_read_by_the_source(old, before, number, has_determiner, expected):
    context = TermContext("Verzeichnis", (old,), tuple(before.split()), (), number, has_determiner=has_determiner)
    wording = German().wordings(context)[0]
    assert " ".join([*wording.before, wording.form]) == expected


@needs_dictionary
@pytest.mark.parametrize("old, before, after, is_verb, is_possible", [
    ("Einrichten", "zum", "des Hintergrunds", True, False), ("Zeige", "", "alle Attribute", False, False),
    ("Liste", "in der", "", True, True), ("Liste", "Mehrere", "", True, False),
    ("Liste", "", "der Attribute", False, True),
])  # fmt: skip
def test_no_noun_for_a_verb(old, before, after, is_verb, is_possible):
    context = TermContext("Aufstellung", (old,), tuple(before.split()), tuple(after.split()), is_verb=is_verb)
    assert bool(German().wordings(context)) is is_possible


@needs_dictionary
@pytest.mark.parametrize("term, old, before, after, expected", [
    ("Grafik", "Bild", "zu einem", ", in dem", ("zu", "einer", "Grafik", ",", "in", "der")),
    ("Grafik", "Bild", "das", ", für das", ("die", "Grafik", ",", "für", "die")),
    ("Grafik", "Bilder", "die", ", in denen", ("die", "Grafiken", ",", "in", "denen")),
    ("Paket", "Archiv", "das", ", in dem", ("das", "Paket", ",", "in", "dem")),
])  # fmt: skip
def test_a_relative_pronoun_behind_a_preposition_follows(term, old, before, after, expected):
    found = German().wordings(TermContext(term, (old,), tuple(before.split()), tuple(after.split())))[0]
    assert (*found.before, found.form, *found.after) == expected


@needs_dictionary
@pytest.mark.parametrize("term, old, before, number, expected", [
    ("Farbton", "Farbe", "fügt der Farbtabelle die aktive", "s", "fügt der Farbtabelle den aktiven Farbton"),
    ("Farbton", "Farben", "als 256", "p", "als 256 Farbtöne"),
    ("Farbton", "Farben", "mit 256", "p", "mit 256 Farbtönen"),
    ("Softwarepaket", "Pakete", "die aktuelle", "p", "die aktuelle Softwarepakete"),  # behind a comma: a pronoun
])  # fmt: skip
def test_cases_that_a_place_does_not_show(term, old, before, number, expected):
    assert best(term, old, before, number=number) == expected


@needs_dictionary
def test_a_nominal_infinitive_is_no_certain_noun():
    assert German().wordings(TermContext("Anzeige", ("Lesen",), ("das",)))[0].doubts == ("verb",)


@needs_dictionary
def test_words_that_cannot_belong_to_the_noun_stay():
    assert best("Arbeitssitzung", "GNOME-Sitzung", "befindlichen", "laufen") == "befindlichen Arbeitssitzung"


@needs_dictionary
def test_what_follows_a_terms_noun_keeps_its_form():
    assert best("Zeitpunkt der Buchung", "Buchungszeiten", "in den", number="p") == "in den Zeitpunkten der Buchung"
    assert best("drahtloses Netz", "WLANs", "eines") == "eines drahtlosen Netzes"


@needs_dictionary
def test_a_part_amid_a_compound_is_replaced():
    assert best("Programm", "anwendungs", affixes=("Einzel", "modus")) == "Einzelprogrammmodus"
    assert best("Space", "raum", affixes=("Einzel", "modus")) == "Einzel-Space-Modus"


def test_a_listed_plural_comes_before_one_by_rule():
    context = TermContext("SmartTag", ("Marken",), ("alle",), number="p", forms=("SmartTags",))
    assert German().wordings(context)[0].form == "SmartTags"
    assert German().wordings(replace(context, before=("mit", "den")))[0].form == "SmartTags"


@needs_dictionary
def test_a_listed_form_that_is_a_genitive_as_well_may_be_the_plural():
    assert best("Tag", "Marken", "die", number="p") != "die Tags"
    assert German().wordings(TermContext("Tag", ("Marken",), ("die",), (), "p", forms=("Tags",)))[0].form == "Tags"


@needs_dictionary
@pytest.mark.parametrize("following, expected", [
    ("nötig", "der nötig"), ("man", "den man"), ("in", "der in"), ("der", "den der"),
])
def test_a_relative_pronoun_takes_the_new_gender_and_keeps_its_case(following, expected):
    wording = German().wordings(TermContext("Ordner", ("Mappe",), ("die",), (",", "die", following), "s"))[0]
    assert (wording.form, " ".join(wording.after), wording.doubts) == ("Ordner", f", {expected}", ())


@needs_dictionary
def test_a_subject_whose_article_is_wrong_gets_the_right_one():
    assert German().wordings(TermContext("Tasche", ("Lampe",), ("Der",), ("ist", "alt"), "s"))[0].before == ("Die",)
    wording = German().wordings(TermContext("Tasche", ("Lampe",), ("Der",), ("einen", "Griff"), "s"))[0]
    assert wording.before == ("Der",)  # a dative may begin a heading


@needs_dictionary
def test_a_bare_plural_is_no_dative_however_well_it_reads():
    class Sways(Fluency):
        def score(self, words):
            return 500.0 * ("Berichten" in words)

    lexicon = Lexicon("en", "de")
    lexicon.links, lexicon.forms, lexicon.fluency = {}, {}, Sways({"": 100})
    german = German(lexicon)
    forms = [german.wordings(TermContext("Bericht", ("Karten",), tuple(before.split()), ("öffnen",), "p"))[0].form
             for before in ("wie sich", "mit Daten und", "Daten lesen und")]
    assert forms == ["Berichte", "Berichten", "Berichte"]


@needs_dictionary
@pytest.mark.parametrize("term, old, before, number, expected", [
    ("Tabelle", "Kreis", "im sich öffnenden", "s", "in der sich öffnenden Tabelle"),
    ("Fenster", "Dialog", "im sich öffnenden", "s", "im sich öffnenden Fenster"),
    ("Bericht", "Karten", "Fenstern und", "p", "Fenstern und Berichten"),
    ("Bericht", "Karten", "Zugriff auf", "p", "Zugriff auf Berichte"),
    ("Optionen", "Einstellung", "diese", "s", "diese Option"),
])
def test_what_stands_farther_off_governs_too(term, old, before, number, expected):
    assert best(term, old, before, number=number) == expected


@needs_dictionary
def test_the_dative_in_e_is_not_written():
    noun, = Nouns().of_lemma("Verzeichnis")
    assert noun.living(("d", "s")) == ("Verzeichnis",)
    assert noun.living(("g", "s")) == noun.forms["g", "s"]
    assert {number for _, number in Nouns().of_lemma("Werk")[0].cells("Werke")} == {"p"}


def test_an_attribute_after_a_conjunction_agrees_with_the_determiner_of_the_noun_before_it():
    term, old = "überarbeitete Version", "Revision"
    assert best(term, old, "einer älteren Version oder", number="s").endswith("oder überarbeiteten Version")
    assert best(term, old, "eine ältere Version oder", number="s").endswith("oder überarbeitete Version")


def test_the_head_behind_a_hyphen_has_the_gender():
    nouns = Nouns()
    assert nouns.of_lemma("Mindest-Score")[0].gender == nouns.of_lemma("Score")[0].gender == "m"


def test_what_reads_well_cannot_make_a_genitive_of_a_subject():
    class Sways(Fluency):
        def score(self, words):
            return -500.0 * ("Der" in words)

    lexicon = Lexicon("en", "de")
    lexicon.links, lexicon.forms, lexicon.fluency = {}, {}, Sways()
    wording = German(lexicon).wordings(TermContext("Bericht", ("Periode",), ("Die", "ältere"), ("umfasst",), "s"))[0]
    assert wording.before == ("Der", "ältere")


def test_a_front_whose_head_comes_later_gets_its_linking_element():
    assert best("Erneuerung", "Verlängerungs", affixes=("", "-")) == "Erneuerungs"


@pytest.mark.parametrize("term, old, expected", [
    ("Anzeige", "Bildschirm", "Anzeigebreite"), pytest.param("Gerät", "Teil", "Gerätebreite", marks=needs_dictionary),
    ("Prüfung", "Test", "Prüfungsbreite"),
    pytest.param("Batterie", "Akku", "Batteriebreite", marks=needs_dictionary), ("Seite", "Blatt", "Seitenbreite"),
])  # fmt: skip
def test_the_front_of_a_compound_has_its_usual_linking_element(term, old, expected):
    assert best(term, old, affixes=("", "breite")) == expected


def test_adjectives_take_the_ending_of_the_old_one():
    assert best("buchungskreisübergreifend", "konzerninternen", "von", "Rechnungen").endswith("übergreifenden")


@pytest.mark.parametrize("term, old, before, expected", [
    ("anlegen", "erstellen", "können", "können anlegen"), ("erstellen", "Anlegen", "Das", "Das Erstellen"),
    ("erstellen", "erzeugt", "wird", "wird erstellt"),
])  # fmt: skip
def test_verbs_stand_as_the_old_one_stood(term, old, before, expected):
    assert best(term, old, before) == expected


def test_no_verb_takes_the_place_of_a_noun():
    assert best("übertragen", "Übertragung", "die") is None


@needs_dictionary
def test_compounds_come_apart_at_nouns():
    german = German()
    assert ("Beobachtungs", "liste") in german.split("Beobachtungsliste")
    assert german.split("Datenanbieterprofil")[0] == ("Datenanbieter", "profil")
    assert german.split("A-B-Wert") == [("A-", "B-Wert"), ("A-B-", "Wert")]


@needs_dictionary
def test_forms_are_read_and_made():
    german = German()
    assert Analysis("Zeitraum", "noun", "m", "p", "d") in german.analyse("Zeiträumen")
    assert german.inflect("Arbeitsplatz", Analysis("", "noun", number="p", case="n")) == "Arbeitsplätze"
    assert [german.part_of_speech(term) for term in ("Space", "erstellen", "zugewiesen", "übergreifend")] == [
        "noun", "verb", "adjective", "adjective"]  # fmt: skip


@pytest.mark.parametrize("word", ["SmartTag", "AutoFilter", "OpenDocument"])
def test_capitals_inside_a_word_stay(word):
    nouns = Nouns().of_form(word)
    assert nouns and all(noun.lemma == word for noun in nouns)
    assert all(form.startswith(word) for noun in nouns for forms in noun.forms.values() for form in forms)
