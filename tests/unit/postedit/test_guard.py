from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.glossary.model import Glossary, Term
from mtpipe.postedit import guard
from mtpipe.postedit.ladder import postedit
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher
from tests.support import bilingual

MATCHER = Matcher(Glossary.of([
    Term(("pivot table",), ("Pivottabelle",)), Term(("table",), ("Tabelle",)), Term(("chart",), ("Diagramm",)),
    Term(("file",), ("Datei",)), Term(("computer",), ("Computer",)), Term(("computer",), ("Rechner",), "forbidden"),
    Term(("Office 365",), ("Office 365",), "do-not-translate"), Term(("3D view",), ("3D-Ansicht",)),
    Term(("view",), ("вид",)), Term(("C++",), ("C++",), "do-not-translate"),
], "en", "de"))


def segment(source, draft):
    return MATCHER.find([Segment("x#0", source, codes=inline_codes.find(source), draft=draft)])[0]


LONG = "Der neue Tisch steht heute mit seinen vielen Zeilen hier"
CASES = [
    # source, draft, candidate, reason
    ("A table", "Ein Tisch", "Eine Tabelle", "accepted"),
    ("A table", "Ein Tisch", "Ein Tisch", "no-change"),
    ("A table", "Ein Tisch", "Ein Blatt", "term-missing"),
    ("A table", "Eine Tabelle", "Die Tabelle", "accepted"),  # nothing was wrong, and nothing is
    ("A table", "Eine Tabelle", "Ein Tisch", "term-lost"),
    ("A file", "Eine Datei", "Der Computer", "term-lost"),
    ("A table", "Ein Tisch", "Uxqo Tabelle", "language"),
    ("A table here", "Ein Tisch hier", "Tabelle strvq zxcv", "language"),
    ("Select a table now", "Wähle jetzt einen Tisch aus", "Select any Tabelle now", "language"),
    ("A table by Qwrtz", "Ein Tisch von Qwrtz", "Eine Tabelle von Qwrtz", "accepted"),  # a name that was there
    ("A table", LONG, LONG.replace("neue Tisch", "neuen xqkrt Tabelle"), "language"),
    ("A table", LONG, f"{LONG} Tabelle", "pasted"),
    ("Not a table", "Nicht ein Tisch", "Keine Tabelle", "accepted"),  # something else stands there
    ("Not a table", "Kein Tisch ist heute nicht da", "Keine Tabelle ist heute da", "word-lost"),
    # what the draft had beside the term in one word, and forms that no dictionary has
    ("The Xyqw table", "Der Xyqw-Tisch", "Die Xyqw-Tabelle", "accepted"),
    ("The Xyqw tables", "Die Xyqw-Tische", "Die Xyqw-Tabellen", "accepted"),
    ("The table", "Der Tisch", "Die Xyqw-Tabelle", "language"),
    ("A table and a chart", "Ein Tisch und ein Bild", "Ein Tisch und ein Diagramm", "accepted"),  # one of two
    ("A table and a chart", "Eine Tabelle und ein Bild", "Ein Tisch und ein Diagramm", "term-lost"),
    ("A table", "Ein Tisch", "Eine Tabelle, Tabelle", "overuse"),
    ("A table, a table", "Ein Tisch, ein Tisch", "Eine Tabelle, eine Tabelle", "accepted"),
    ("A pivot table", "Ein Drehtisch", "Eine Pivottabelle", "accepted"),
    ("A pivot table for a table", "Ein Tisch", "Eine Pivottabelle", "accepted"),
    ("A computer", "Der Rechner", "Der Computer", "accepted"),
    ("A computer table", "Der Computer und Tisch", "Der Rechner und Tabelle", "term-lost"),
    ("A file on a computer", "Das Dokument am PC", "Die Datei am Rechner", "forbidden"),
    ("A table of {name}", "Tisch {name}", "Tabelle", "code-lost"),
    ("A table of {name}", "Tisch {name}", "Tabelle {name} {name}", "code-lost"),
    ("A <b>table</b>", "Ein <b>Tisch</b>", "Eine </b>Tabelle<b>", "code-lost"),
    ("A table of {0}", "Tisch", "Tabelle {0}", "accepted"),  # a code comes back, and with it a digit
    ("A <b>table</b> {a} {b}", "Ein Tisch", "Eine <b>Tabelle</b> {a} {b}", "accepted"),
    ("A table {0}", "Tabelle", "Tabelle {0}", "accepted"),
    ("12 tables", "12 Tische", "13 Tabellen", "number-changed"),
    ("12 tables", "12 Tische", "Tabellen", "number-changed"),
    ("12 tables", "13 Tische", "12 Tabellen", "accepted"),  # the draft had it wrong
    ("A table with --null", "Tisch mit --null", "Tabelle mit --zero", "altered"),
    ("A table in README.md", "Tisch in LIESMICH.md", "Tabelle in README.md", "accepted"),
    ("A table", "Ein Tisch", "1 Tabelle", "number-changed"),
    ("Office 365", "Office365", "Office 365", "accepted"),  # the number goes into the term
    ("The 3D view", "Die räumliche Ansicht", "Die 3D-Ansicht", "accepted"),
    ("A view", "Die Ansicht", "Die вид", "accepted"),  # another script, but the term's own
    ("A table", "Ein Tisch", "Eine таблица Tabelle", "script"),
    ("A table", LONG, LONG.replace("Tisch", "Tabelle"), "accepted"),
    ("A table", LONG, "Die Tabelle", "length"),
    ("A table", "Ein Tisch", "Eine Tabelle mit vielen Zeilen und noch mehr Spalten", "length"),
    ("A table", LONG, "Die alte Tabelle lag gestern ohne ihre wenigen Spalten dort", "too-far"),
    ("A table", "Der Tisch hier", "Die die Tabelle hier", "repetition"),
    ("A table", LONG, "Der neue Tabelle steht heute mit seinen mit seinen mit seinen hier", "repetition"),
    ("A table", "Ein Tischbein", "Ein Tabellentabellenbein", "repetition"),  # a part of a word doubled
    ("A table", "Ein Tisch", '"Eine Tabelle"', "commentary"),
    ("A table", "Ein Tisch", "```\nTabelle\n```", "commentary"),
    ("A table", "Ein Tisch", "Eine Tabelle\nHier bitte", "commentary"),
    ('"A table"', '"Ein Tisch"', '"Eine Tabelle"', "accepted"),
    ('"A" table', "„A“ Tisch", '"A" Tabelle', "accepted"),  # a quote at the start is not the whole in quotes
    ("A table", "Tisch", "", "untranslated"),
    ("A table and a chart", "Ein Tisch und Bild", "!", "untranslated"),
]


@pytest.mark.parametrize("source, draft, candidate, reason", CASES)
def test_judge(source, draft, candidate, reason):
    assert guard.judge(segment(source, draft), candidate, "de") == reason


def test_the_postedit_of_an_earlier_rung_is_what_an_edit_is_measured_by():
    found = replace(segment("A table and a chart", "Ein Tisch und Bild"), postedit="Eine Tabelle und Bild")
    assert guard.judge(found, "Ein Tisch und Diagramm", "de") == "term-lost"
    assert guard.judge(found, "Eine Tabelle und Diagramm", "de") == "accepted"


@pytest.mark.parametrize("scores, reason", [(None, "accepted"), ((-1.0, -2.9), "accepted"), ((-1.0, -3.1), "score")])
def test_a_model_score_may_veto(scores, reason):
    limits = guard.EditLimits(score_drop=2.0)
    assert guard.judge(segment("A table", "Ein Tisch"), "Eine Tabelle", "de", limits, scores) == reason


def test_limits_are_the_callers():
    far = "Die alte Tabelle lag gestern ohne ihre wenigen Spalten dort"
    assert guard.judge(segment("A table", LONG), far, "de", guard.EditLimits(share=1.0)) == "accepted"


# source, a target that is right, one that is wrong
PIECES = [
    ("a pivot table", "eine Pivottabelle", "ein Drehtisch"), ("the table", "die Tabelle", "der Tisch"),
    ("two charts", "zwei Diagramme", "zwei Bilder"), ("a file", "eine Datei", "ein Dokument"),
    ("the computer", "der Computer", "der Rechner"), ("Office 365", "Office 365", "Office365"),
    ("the <b>table</b>", "die <b>Tabelle</b>", "der <b>Tisch</b>"), ("{x}", "{x}", ""), ("7", "7", "7"),
    ("the view", "вид", "die Ansicht"), ("and", "und", "und"), ("now", "jetzt", "jetzt jetzt"),
]
NOISE = st.sampled_from("Tabelle Diagramm Datei Rechner 12 7 und . \" вид C++ <b> </b> {x} %s".split() + [""])


@st.composite
def edits(draw):
    """(source, draft, candidate): each some of the pieces right, wrong or, in the candidate, anything."""
    pieces = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5))
    draft = [piece[draw(st.sampled_from([1, 2, 2]))] for piece in pieces]
    candidate = [draw(st.sampled_from([piece[1], piece[1], old])) for piece, old in zip(pieces, draft, strict=True)]
    if draw(st.booleans()):
        candidate[draw(st.integers(0, len(candidate) - 1))] = draw(NOISE)
    return tuple(" ".join(text) for text in ([piece[0] for piece in pieces], draft, candidate))


@given(edits())
def test_an_accepted_edit_reduces_the_errors_and_loses_nothing(texts):
    source, draft, candidate = texts
    found = segment(source, draft)
    assume(guard.judge(found, candidate, "de") == guard.ACCEPTED)
    left = checker.check(found, "de", candidate)
    assert not left or len(left) < len(checker.check(found, "de"))
    before, after = (checker.term_evidence(found, text, "de") for text in (draft, candidate))
    assert not [term for term in before if before[term] and not after[term]]
    broken_before, broken = (inline_codes.broken(found.source, found.codes, text) for text in (draft, candidate))
    assert set(broken) <= set(broken_before)
    for number in ("7", "12"):  # no term of the glossary has them
        assert draft.split().count(number) == candidate.split().count(number)


class Proposals:
    """An editor that offers the same texts for every segment."""

    def __init__(self, *texts):
        self.texts = texts

    def propose(self, segments):
        return [list(self.texts) for _ in segments]


@given(edits(), st.lists(edits().map(lambda texts: texts[2]), max_size=3))
def test_whatever_editors_propose_a_post_edit_has_fewer_errors_and_right_segments_stay(edit, others):
    source, draft, candidate = edit
    texts = [*others, candidate]
    found = segment(source, draft)
    found = replace(found, errors=checker.check(found, "de"))
    done, = postedit([found], [("a", Proposals(*texts)), ("b", Proposals(*reversed(texts)))], "de")
    if not found.errors:
        assert done is found
    assert done.errors == checker.check(done, "de")
    assert (done.postedit is None and done.errors == found.errors) or len(done.errors) < len(found.errors)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_judge_never_raises(source, draft, candidate):
    assert guard.judge(segment(source, draft), candidate, "de") != guard.ACCEPTED or candidate != draft


def german(source, draft, *terms):
    found, = Matcher(Glossary.of((), "en", "de")).find([Segment(
        "x", source, draft=draft, terms=tuple(Term((one,), (other,)) for one, other in terms))])  # fmt: skip
    return replace(found, errors=checker.check(found, "de"))


def test_a_compound_of_a_term_and_a_known_word_is_german():
    found = german("Edit a data provider profile", "Datenanbieterprofil bearbeiten", ("data provider", "Datenprovider"))
    assert guard.judge(found, "Datenprovider-Profil bearbeiten", "de") == guard.ACCEPTED


def test_a_term_may_come_as_often_as_the_word_it_replaces():
    draft = "Der Anbieter kann von Anbieter zu Anbieter verschieden sein."
    found = german("The provider may differ from one provider to another.", draft, ("provider", "Provider"))
    right = "Der Provider kann von Provider zu Provider verschieden sein."
    assert guard.judge(found, right, "de") == guard.ACCEPTED
    assert guard.judge(found, right.replace("sein", "Provider sein"), "de") == "overuse"


def test_what_the_draft_repeats_may_be_repeated_with_the_term():
    draft = "Oben am Rand des Anbieters, unten am Rand des Anbieters"
    found = german("The provider's top edge, the provider's bottom edge", draft, ("provider", "Provider"))
    assert guard.judge(found, draft.replace("Anbieters", "Providers"), "de") == guard.ACCEPTED


def test_a_genitive_or_loan_plural_of_a_term_is_the_term():
    found = german("Filter for jobs.", "Filtern Sie nach Jobs.", ("job", "Job"))
    assert found.errors == ()


@pytest.mark.parametrize("source, candidate, reason", [
    ("The table is opened in the list", "Das Blatt wird in der Liste geöffnet", "accepted"),
    ("The table is opened in the list", "Das Blatt wird in Listen geöffnet", "accepted"),
    ("The table is opened in the list", "Das Blatt wird im Ordner geöffnet", "accepted"),  # something in its place
    ("The table is opened in the list", "Das Blatt wird in Listen-Ordnern geöffnet", "accepted"),
    ("The table is opened in the list", "Das Blatt wird per Listen-Ordner geöffnet", "accepted"),
    ("The table is opened in the list", "Das Blatt wird geöffnet", "word-lost"),
    ("The table is opened", "Das Blatt wird geöffnet", "accepted"),  # it translated nothing
])
def test_a_word_that_translates_the_source_must_not_go(source, candidate, reason):
    before = german(source, "Die Tabelle wird in der Liste geöffnet", ("table", "Blatt"))
    assert guard.judge(before, candidate, "de", lexicon=bilingual.german()) == reason
