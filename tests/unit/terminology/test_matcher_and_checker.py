import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology import checker
from mtpipe.terminology.inflected_match import evidence
from mtpipe.terminology.matcher import Matcher, SourceToken


def term(source, target="x", **more):
    sources = (source,) if isinstance(source, str) else source
    return Term(sources, (target,) if isinstance(target, str) else target, **more)


def segment(source, *glossary, lang=("en", "de"), own=(), draft=None):
    given_terms = (item if isinstance(item, Term) else term(*item) for item in glossary)
    matcher = Matcher(Glossary.of(given_terms, *lang))
    return matcher.find([Segment("x#0", source, codes=inline_codes.find(source), terms=own, draft=draft)])[0]


def matched(source, *sources, lang=("en", "de")):
    found = segment(source, *(term(s) for s in sources), lang=lang)
    return [f"{source[match.start:match.end]} ({match.rule})" for match in found.matches]


MATCHES = [
    # by surface, at word boundaries
    ("Open the Pivot table.", ["pivot table"], ["Pivot table (surface)"]),
    ("tablet, stable, table", ["table"], ["table (surface)"]),
    ("(table) table/cell \"table\" table-cell", ["table"], ["table (surface)"] * 4),
    ("The table's and table’s rows", ["table"], ["table (surface)"] * 2),
    ("I cannot, I can't, I don't", ["can", "do"], []),
    # by lemmas, of both sides
    ("tables and saved settings", ["table", "save", "setting"],
     ["tables (lemma)", "saved (lemma)", "settings (lemma)"]),
    ("a table", ["tables"], ["table (lemma)"]),
    ("PIVOT TABLES AND CHARTS", ["pivot table", "chart"], ["PIVOT TABLES (lemma)", "CHARTS (lemma)"]),
    ("Two e-mails and an E-Mail", ["e-mail"], ["e-mails (lemma)", "E-Mail (surface)"]),
    # typography does not count
    ("pivot\u00a0table, pivot  table, pivot\ntable", ["pivot table"],
     ["pivot\u00a0table (surface)", "pivot  table (surface)", "pivot\ntable (surface)"]),
    ("e\u2011mail and user’s guide", ["e-mail", "user's guide"], ["e\u2011mail (surface)", "user’s guide (surface)"]),
    ("user's guide", ["user’s guide"], ["user's guide (surface)"]),
    ("soft\u00adware and cafe\u0301s", ["software", "café"], ["soft\u00adware (surface)", "cafe\u0301s (lemma)"]),
    ("Save As…", ["Save As..."], ["Save As… (surface)"]),
    # but hyphens do
    ("a pivot-table, a drop down list", ["pivot table", "drop-down list"], []),
    # punctuation and digits in terms
    ("C++ and C# are not C.", ["C"], ["C (surface)"]),
    ("2.5 GHz, 12.5 GHz", ["2.5 GHz"], ["2.5 GHz (surface)"]),
    ("Use C++, C++.", ["C++"], ["C++ (surface)"] * 2),
    (".NET, ASP.NET and NET", [".NET"], [".NET (surface)"]),
    ("Wi-Fi and/or AT&T", ["Wi-Fi", "and/or", "AT&T"], ["Wi-Fi (surface)", "and/or (surface)", "AT&T (surface)"]),
    ("3D charts on Windows 11", ["3D chart", "Windows 11"], ["3D charts (lemma)", "Windows 11 (surface)"]),
    # acronyms
    ("IT is what it is", ["IT"], ["IT (surface)"]),
    ("USB, URLs, PDFs, usb", ["USB", "URL", "PDF"], ["USB (surface)", "URLs (surface)", "PDFs (surface)"]),
    # the longest wins, then the leftmost
    ("pivot table field", ["table", "pivot table", "table field"], ["pivot table (surface)"]),
    ("a table and a pivot table", ["table", "pivot table"], ["table (surface)", "pivot table (surface)"]),
    ("", ["table"], []),
    ("\u00ad \u200b", ["table"], []),
]


@pytest.mark.parametrize("source, sources, expected", MATCHES)
def test_matches_in_english(source, sources, expected):
    assert matched(source, *sources) == expected


@pytest.mark.parametrize("lang, source, sources, expected", [
    ("de", "Pivottabellen, Tabellen und E-Mails", ["Tabelle", "E-Mail"], ["Tabellen (lemma)", "E-Mails (lemma)"]),
    ("fr", "l’application, les données", ["application", "donnée"], ["application (surface)", "données (lemma)"]),
    ("es", "las tablas dinámicas", ["tabla dinámica"], ["tablas dinámicas (lemma)"]),
    ("ru", "в сводных таблицах", ["сводная таблица"], ["сводных таблицах (lemma)"]),
    ("zh", "在数据透视表中单击 Save button", ["数据透视表", "数据", "save button"],
     ["数据透视表 (surface)", "Save button (surface)"]),
    ("ja", "ピボットテーブルとｗｉｆｉ", ["テーブル", "ピボットテーブル", "wifi"],
     ["ピボットテーブル (surface)", "ｗｉｆｉ (surface)"]),
    ("ko", "피벗 테이블을 삽입", ["피벗 테이블"], ["피벗 테이블 (surface)"]),
    ("xx", "un tabl nevez", ["tabl"], ["tabl (surface)"]),  # a language neither spaCy nor simplemma knows
])
def test_matches_in_other_languages(lang, source, sources, expected):
    assert matched(source, *sources, lang=(lang, "en")) == expected


def test_case_sensitive_terms_match_exactly_and_uninflected():
    found = segment("Word, word, Words", term("Word", case_sensitive=True))
    assert [(match.start, match.end) for match in found.matches] == [(0, 4)]


def test_a_regex_finds_its_term_instead_of_the_words():
    number = term("复数", regex="复数(?!据)")  # the words would be found in 恢复数据 as well
    assert segment("恢复数据，复数", number, lang=("zh", "en")).matches[0].start == 5
    assert segment("the F key", term("F key", regex=r"F\d+ key")).matches == ()


def test_regex_terms_match_in_the_spelling_that_counts():
    found = segment("F1\u00a0key, F12 key", term("F key", regex=r"\bF\d+ key\b"))
    assert [(match.start, match.end, match.rule) for match in found.matches] == [(0, 6, "regex"), (8, 15, "regex")]


def test_terms_reach_across_tags_but_not_into_codes():
    source = "The <b>pivot</b> table of {table} at https://x.org/table, {table}table"
    found = segment(source, term("pivot table"), term("table"))
    assert [source[match.start : match.end] for match in found.matches] == ["pivot</b> table", "table"]
    assert found.matches[1].start == len(source) - 5
    assert [checker.surface(found, match) for match in found.matches] == ["pivot table", "table"]
    assert not segment("pivot {x} table", term("pivot table")).matches


def test_a_code_does_not_swallow_the_term_beside_it():
    assert matched("Save{0} now", "Save{0} now", "save") == ["Save (surface)"]


def test_terms_on_one_span_all_stay():
    found = segment("the table", ("table", "Tabelle"), ("Table", "Tisch"), term("table", "Tafel", status="forbidden"))
    assert {match.term.target for match in found.matches} == {"Tabelle", "Tisch", "Tafel"}
    assert {(match.start, match.end) for match in found.matches} == {(4, 9)}


def test_the_segments_own_terms_go_before_the_glossarys_on_the_same_span():
    own = (term("table", "Tafel"),)
    matcher = Matcher(Glossary.of([term("table", "Tabelle"), term("cell", "Zelle")], "en", "de"))
    first, second = matcher.find([Segment("x#0", "A table cell", terms=own), Segment("x#1", "A table cell")])
    assert [match.term.target for match in first.matches] == ["Tafel", "Zelle"]
    assert [match.term.target for match in second.matches] == ["Tabelle", "Zelle"]


@pytest.mark.parametrize("text, source, is_found", [
    ("The sheet named Sales", "sheet name", False),  # a participle, which has the noun's lemma
    ("The sheet names", "sheet name", True),
    ("Creating tables is easy", "create table", True),  # a verb that begins the term
    ("Opened and closed files", "open and close", True),  # and one after it
    ("The file is named", "name", True),  # of one word alone nobody can tell
])
def test_other_parts_of_speech_are_no_forms_of_a_phrase(text, source, is_found):
    assert bool(segment(text, (source, "x")).matches) == is_found


def test_another_tools_parts_of_speech_are_used():
    tags = {"sheet": "NOUN", "name": "NOUN", "named": "VERB", "names": "PROPN"}

    def read(text):
        return [SourceToken(m.group(), m.start(), m.group().lower(), m.group()[:4].lower(), tags.get(m.group(), "X"))
                for m in re.finditer(r"\w+", text)]  # fmt: skip

    matcher = Matcher(Glossary.of([term("sheet name")], "en", "de"), read)
    texts = "the sheet named x", "the sheet names", "the sheet nameless"
    matches = [each.matches for each in matcher.find([Segment("x#0", text) for text in texts])]
    assert [bool(each) for each in matches] == [False, True, False]


def test_another_tools_lemmas_are_used():
    lemmas = {"frobs": "frob", "frobbed": "frob"}

    def read(text):
        return [SourceToken(m.group(), m.start(), m.group().lower(), lemmas.get(m.group(), m.group()))
                for m in re.finditer(r"\w+", text)]  # fmt: skip

    found, = Matcher(Glossary.of([term("frob")], "en", "de"), read).find([Segment("x#0", "He frobbed two frobs")])
    assert [match.rule for match in found.matches] == ["lemma", "lemma"]


@pytest.mark.parametrize(("lang", "text", "source", "is_found"), [
    ("en", "Open file.txt.", "file", False),
    ("en", "Rename the .dll first", "DLLs", False),
    ("en", "See https://example.com/table?cell=1 now", "cell", False),
    ("en", "the table/cell view", "cell", True),
    ("en", "table-driven views", "table", True),
    ("en", "file(s)", "file", True),
    ("en", "_file_ and *table*", "file", True),
    ("en", "the file_name", "file", False),
    ("en", "At the end.Table two", "table", True),
    ("en", "5kg of sugar", "kg", True),
    ("en", "Press Ctrl+C", "Ctrl", False),
    ("en", "written in C++", "C", False),
    ("en", "written in C++", "C++", True),
    ("en", "a table", "a table of contents", False),  # longer than what is left of the text
    ("de", "die E-Mail-Adresse", "E-Mail", False),
    ("de", "die E-Mail", "E-Mail", True),
    ("fr", "l'application", "application", True),
])  # fmt: skip
def test_what_is_one_word(lang, text, source, is_found):
    found, = Matcher(Glossary.of([term(source)], lang, "cs")).find([Segment("x#0", text)])
    assert bool(found.matches) == is_found


# (language, target, accepted forms, what is found, rule)
EVIDENCE = [
    ("de", "die Tabelle", "Tabelle", "Tabelle", "surface"),
    ("de", "in den Tabellen", "Tabelle", "Tabellen", "lemma"),
    ("de", "DIE TABELLEN", "Tabelle", "TABELLEN", "lemma"),
    ("de", "DIE GRÖSSE", "Größe", "GRÖSSE", "lemma"),
    ("de", "Pivottabellen", "Tabelle", "Pivottabellen", "compound"),
    ("de", "Tabellenzeile", "Tabelle", "Tabellenzeile", "compound"),
    ("de", "Adressbuch", "Adresse", "Adressbuch", "compound"),
    ("de", "in Excel-Tabellen", "Tabelle", "Tabellen", "lemma"),
    ("de", "tabellarische Form", "Tabelle", None, None),  # an adjective is no compound of a noun
    ("de", "das ist praktisch", "Tisch", None, None),
    ("en", "pivottables", "table", None, None),  # no compounds here
    ("de", "bedingten Formatierungen", "bedingte Formatierung", "bedingten Formatierungen", "lemma"),
    ("de", "die E\u2011Mails", "E-Mail", "E\u2011Mails", "lemma"),
    ("de", "die Soft\u00adware", "Software", "Soft\u00adware", "surface"),
    ("de", "viele Gru\u0308ße", "Grüße", "Gru\u0308ße", "surface"),
    ("de", "Wird gespeichert", "speichern", "gespeichert", "lemma"),
    ("de", "Melden Sie sich bitte an.", "anmelden", "Melden", "separated"),
    ("de", "Sie melden sich an und warten", "anmelden", "melden", "separated"),
    ("de", "Sie melden sich an dem Tisch", "anmelden", None, None),
    ("de", "Melden Sie es. Fangen Sie an", "anmelden", None, None),
    ("de", "ohne sich anzumelden", "anmelden", "anzumelden", "lemma"),
    ("de", "Machen Sie das rückgängig!", "rückgängig machen", "Machen", "separated"),
    ("nl", "Meld u aan", "aanmelden", "Meld", "separated"),
    ("es", "las tablas\u00a0dinámicas", "tabla dinámica", "tablas\u00a0dinámicas", "lemma"),
    ("fr", "L’application", "application", "application", "surface"),
    ("fr", "les sources de données", "source de données", "sources de données", "lemma"),
    ("fr", "les données", "donnée", "données", "lemma"),
    ("ca", "el manual d’usuari", "manual d'usuari", "manual d’usuari", "surface"),
    ("cs", "v kontingenční tabulce", "kontingenční tabulka", "kontingenční tabulce", "lemma"),
    ("ru", "в сводной таблице", "сводная таблица", "сводной таблице", "lemma"),
    ("hi", "यह किताब है", "किताब", "किताब", "surface"),
    ("zh", "使用数据透视表。", "数据透视表", "数据透视表", "substring"),
    ("zh", "打开EDITOR", "IT", None, None),
    ("zh", "打开IT部门", "IT", "IT", "substring"),
    ("ko", "테이블을 여세요", "테이블", "테이블", "substring"),
    ("en", "it is late", "IT", None, None),
    ("de", "die URLs", "URL", "URLs", "surface"),
    ("de", "Wi\u2011Fi-Netze", "Wi-Fi", "Wi\u2011Fi", "surface"),
    ("de", "in C++ und .NET.", "C++", "C++", "surface"),
    ("de", "in C++ und C#", "C", None, None),
    ("de", "in ASP.NET", ".NET", None, None),
    ("de", "und/oder", "und/oder", "und/oder", "surface"),
    ("de", "unter Windows 11.5", "Windows 11", None, None),
    ("de", "unter Windows\u00a011.", "Windows 11", "Windows\u00a011", "surface"),
    ("de", "der Tabelle", ("Datenblatt", "Tabelle"), "Tabelle", "surface"),
]


@pytest.mark.parametrize("lang, target, accepted, found, rule", EVIDENCE)
def test_evidence(lang, target, accepted, found, rule):
    items = evidence(term("x", accepted), target, lang)
    assert [(target[item.start : item.end], item.rule) for item in items] == ([(found, rule)] if found else [])


def test_evidence_is_exact_for_case_sensitive_terms_but_for_listed_forms():
    exact = term("Word", "Word", case_sensitive=True, forms=("Words",))
    assert [item.rule for item in evidence(exact, "word Word words Words", "en")] == ["surface", "form"]


def test_evidence_counts_every_occurrence_once_left_to_right():
    items = evidence(term("table", "Tabelle"), "Tabellen, Tabelle und Pivottabelle", "de")
    assert [(item.start, item.rule) for item in items] == [(0, "lemma"), (10, "surface"), (22, "compound")]


def problems(source, target, *glossary, lang="de", own=()):
    found = segment(source, *glossary, lang=("en", lang), own=own)
    return [(error.kind, error.term.target if error.term else "", error.found, error.rule)
            for error in checker.check(found, lang, target)]


NONE = "no accepted form"
PREFERRED, BANNED = term("computer", "Computer"), term("computer", "Rechner", status="forbidden")
BRAND = term("GitHub", "GitHub", status="do-not-translate")
CHECKS = [
    ("A table", "Ein Tisch", [("table", "Tabelle")], [("missing", "Tabelle", "", NONE)]),
    ("Table, table", "Eine Tabelle", [("table", "Tabelle")], []),  # once is enough
    ("A table", "Eine Tafel", [term("table", ("Tabelle", "Tafel"))], []),
    ("A table", "Eine Tafel", [("table", "Tabelle"), ("table", "Tafel")], []),  # two rows of one source
    ("A computer", "Ein Rechner", [PREFERRED, BANNED],
     [("missing", "Computer", "", NONE), ("forbidden", "Rechner", "Rechner", "surface")]),
    ("Computers", "Mit Rechnern", [BANNED], [("forbidden", "Rechner", "Rechnern", "lemma")]),
    ("A computer centre", "Ein Rechnerzentrum", [BANNED], []),  # a compound is another word
    ("A computer cluster", "Der Rechner Cluster", [term("computer cluster", "Rechner Cluster"), BANNED], []),
    ("No such thing", "Der Rechner", [BANNED], []),  # only where the source has the term
    ("Use GitHub", "Mit Github", [BRAND], [("changed", "GitHub", "", NONE)]),
    ("USE GITHUB", "Mit GitHub", [BRAND], []),  # a heading that shouts
    ("USE GITHUB", "MIT GITHUB", [BRAND], []),
    ("Open URLs", "Las URL", [term("URL", "URL", status="do-not-translate")], []),
    ("Use <b>pivot</b> tables", "<b>Pivottabellen</b> nutzen", [("pivot table", "Pivottabelle")], []),
    ("Use <b>data</b> sources", "<b>Daten</b> Quellen nutzen", [("data source", "Daten Quelle")], []),
    ("The {table} table", "Die {table}", [("table", "table")], [("missing", "table", "", NONE)]),
    ("In {table}", "In {Tabelle}", [], [("changed", "", "", "code")]),
    ("A table", "", [("table", "Tabelle")], [("untranslated", "", "", "empty")]),
    ("A table", " \u00a0\n", [("table", "Tabelle")], [("untranslated", "", " \u00a0\n", "empty")]),
    ("A table", "…!", [("table", "Tabelle")], [("untranslated", "", "…!", "no words")]),
    ("A {table} for <b>you</b>", "{table}<b></b>", [], [("untranslated", "", "{table}<b></b>", "no words")]),
    ("The quick brown fox", "The quick brown fox", [], [("untranslated", "", "The quick brown fox", "copied")]),
    ("The quick brown {fox}", "The quick brown {fox}", [], []),
    ("OK then", "OK then", [], []),  # short: may be the same in both
    ("Ctrl+Shift+Alt+F", "Ctrl+Shift+Alt+F", [], []),
    ("https://a.example.org/b/c/d", "https://a.example.org/b/c/d", [], []),
    ("{a} {b} {c} {d} {e}", "{a} {b} {c} {d} {e}", [], []),
    ("GitHub Enterprise Cloud Server", "GitHub Enterprise Cloud Server",
     [term("GitHub Enterprise Cloud", status="do-not-translate")], []),
    ("– …", "", [], []),
    ("", "", [], []),
]


@pytest.mark.parametrize("source, target, glossary, expected", CHECKS)
def test_check(source, target, glossary, expected):
    assert problems(source, target, *glossary) == expected


def test_errors_name_all_that_would_have_been_accepted():
    wanted = term("table", ("Tabelle", "Tafel"), forms=("Tabellchen",))
    error, = checker.check(segment("A table", wanted), "de", "Ein Tisch")
    assert error.expected == ("Tabelle", "Tafel", "Tabellchen")
    brand, = checker.check(segment("GITHUB", BRAND), "de", "Gitbub")
    assert brand.expected == ("GITHUB", "GitHub")


def test_own_terms_are_required_in_place_of_the_glossarys():
    own = (term("table", "Tafel"),)
    assert problems("A table", "Eine Tafel", ("table", "Tabelle"), own=own) == []
    assert problems("A table", "Eine Tabelle", ("table", "Tabelle"), own=own) == [("missing", "Tafel", "", NONE)]


def test_check_judges_the_postedit_before_the_draft():
    found = segment("A table", ("table", "Tabelle"), draft="Ein Tisch")
    assert [error.kind for error in checker.check(found, "de")] == ["missing"]
    assert checker.check(replace(found, postedit="Eine Tabelle"), "de") == ()


def test_found_gives_offsets_into_the_target_with_its_tags():
    found = segment("The <b>data</b> source", ("data source", "fuente de datos"), lang=("en", "es"))
    target = "Las <b>fuentes</b> de datos"
    (item,), = checker.term_evidence(found, target, "es").values()
    assert target[item.start : item.end] == "fuentes</b> de datos"


def test_required_leaves_out_forbidden_terms():
    found = segment("Computers and computers", PREFERRED, BANNED)
    assert {term.target: len(matches) for term, matches in checker.required(found).items()} == {"Computer": 2}


GLOSSARY = Glossary.of(
    [term("pivot table", "Pivottabelle"), term("table", "Tabelle"), term("C++", "C++", status="do-not-translate"),
     term("IT", "EDV"), term("click on", "anklicken"), term("table", "Tisch", status="forbidden"),
     term("e-mail", "E-Mail"), term("no.", "Nr."), term("表", "Tabelle")], "en", "de",
)
MATCHERS = {lang: Matcher(Glossary.of(GLOSSARY.terms, lang, "de")) for lang in ("en", "zh", "tr")}
PIECES = st.sampled_from([
    "pivot", "table", "tables", "Pivottabelle", "Tabelle", "Tisch", "C++", "IT", "it", "click", "on", "e-mail",
    "E\u2011Mail", " ", " ", " ", "\u00a0", "\u00ad", "\u0301", "<b>", "</b>", "{x}", "%s", ".", "no.", "表", "테", "3.5",
    "\n", "...", "",
])
TEXTS = st.text(max_size=40) | st.lists(PIECES, max_size=16).map("".join)


@given(TEXTS, st.sampled_from(sorted(MATCHERS)))
def test_matches_lie_on_the_source_and_overlap_only_when_equal(source, lang):
    found, = MATCHERS[lang].find([Segment("x#0", source, codes=inline_codes.find(source))])
    spans = [(match.start, match.end) for match in found.matches]
    assert all(0 <= start < end <= len(source) for start, end in spans)
    assert all(a == b or a[1] <= b[0] or b[1] <= a[0] for a in spans for b in spans)
    assert spans == sorted(spans)
    alone = [(code.start, code.end) for code in found.codes if code.kind == "alone"]
    assert not any(a < end and start < b for a, b in spans for start, end in alone)


@given(TEXTS, TEXTS, st.sampled_from(["de", "en", "zh", "nl", "xx"]))
def test_check_never_raises_and_its_evidence_lies_on_the_target(source, target, lang):
    found, = MATCHERS["en"].find([Segment("x#0", source, codes=inline_codes.find(source))])
    checker.check(found, lang, target)
    for items in checker.term_evidence(found, target, lang).values():
        assert all(0 <= item.start < item.end <= len(target) for item in items)


@given(TEXTS)
def test_evidence_of_a_term_never_overlaps(target):
    for wanted in GLOSSARY.terms:
        items = evidence(wanted, target, "de")
        assert all(a.end <= b.start for a, b in zip(items, items[1:], strict=False))


@pytest.mark.parametrize("target, is_met", [
    ("Die Kopf- oder Fußzeilen bearbeiten", True), ("Kopf-, Rand- und Fußzeile", True),
    ("Kopf- und Nackenschmerzen", False),
    ("Kopf oder Fußzeile", False),
])  # fmt: skip
def test_a_hanging_hyphen_stands_for_the_second_half(target, is_met):
    assert bool(evidence(Term(("header",), ("Kopfzeile",)), target, "de")) is is_met


@pytest.mark.parametrize("source, target, expected", [
    ("Wait <b>3600</b> seconds", "Warte <b>380</b> Sekunden", [("3600", "number")]),
    ("Use --null and {name}", "Nutze --zero und {name}", [("--null", "option")]),
    ("Use `--null` twice", "Nutze `--zero` zweimal", []),  # code, and judged as such
    ("See https://x.org/a_b", "Siehe https://x.org/a_b", []),
    ("In 2 steps", "In zwei Schritten", []),
])  # fmt: skip
def test_invariants_are_checked_outside_of_codes(source, target, expected):
    segment = Segment("x", source, codes=inline_codes.find(source))
    errors = [error for error in checker.check(segment, "de", target) if error.kind == "altered"]
    assert [(error.expected[0], error.rule) for error in errors] == expected


def test_what_a_term_holds_is_for_the_glossary_to_say():
    term = Term(("2D chart",), ("Flächendiagramm",))
    segment, = Matcher(Glossary.of([term], "en", "de")).find([Segment("x", "A 2D chart of 3 rows")])
    errors = checker.check(segment, "de", "Ein Flächendiagramm von Zeilen")
    assert [error.expected for error in errors] == [("3",)]
