from dataclasses import replace
from math import isnan

import pytest

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.metrics.string_based import Bleu, Chrf
from mtpipe.evaluation.metrics.terminology import StrictTermSuccess, Verbatim
from mtpipe.evaluation.metrics.wmt25 import Wmt25TermSuccess
from mtpipe.evaluation.scoring import METRICS, evaluate
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology.matcher import Matcher

REFERENCE = "Fügen Sie eine Pivottabelle in das Arbeitsblatt ein ."


def segments(*drafts, reference=REFERENCE, source="Insert a pivot table."):
    return [Segment(f"x#{i}", source, draft=draft, reference=reference) for i, draft in enumerate(drafts)]


def matched(source, draft, *terms, lang="de"):
    glossary = Glossary.of([Term(tuple(s), tuple(t), *more) for s, t, *more in terms], "en", lang)
    return Matcher(glossary).find([Segment("x#0", source, draft=draft)])


# computed by hand from the definitions: matched n-grams over all n-grams, F with recall counted twice
@pytest.mark.parametrize("metric, draft, reference, value", [
    (Bleu(), REFERENCE, REFERENCE, 100.0),
    (Bleu(), "ganz anderes", REFERENCE, 0.0),
    (Bleu(), "a b c d e", "a b c d f", 66.8740),  # (4/5 · 3/4 · 2/3 · 1/2) ** (1/4)
    (Bleu(), "a b c d", "a b c d e f g h", 36.7879),  # brevity penalty exp(1 - 8/4)
    (Bleu("zh"), "点击保存按钮", "点击保存按钮", 100.0),
    (Chrf(), REFERENCE, REFERENCE, 100.0),
    (Chrf(), "", REFERENCE, 0.0),
    (Chrf(2, 0), "abc", "abd", 58.3333),  # 1-grams 2/3, 2-grams 1/2
    (Chrf(2, 1), "abc", "abd", 38.8889),  # and no word in common
])
def test_text_metrics(metric, draft, reference, value):
    assert metric.score(segments(draft, reference=reference)).value == pytest.approx(value, abs=1e-3)


def test_names_and_signatures_say_how():
    scores = evaluate(segments(REFERENCE), "en", "de", ["bleu", "chrf"])
    assert [(score.name, score.signature.split("|version")[0]) for score in scores] == [
        ("BLEU", "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"),
        ("chrF2++", "nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no"),
    ]


def test_a_postedit_goes_before_the_draft_and_no_target_is_an_empty_one():
    right, none = segments("falsch", None)
    right = replace(right, postedit=REFERENCE)
    assert Bleu().score([right]).value == pytest.approx(100)
    assert Bleu().score([right, none]).value == pytest.approx(Bleu().score([*segments(REFERENCE, "")]).value)
    assert Bleu().score([right, none]).value < 40


@pytest.mark.parametrize("source, draft, terms, value", [
    ("Open the table.", "Öffnen Sie die Tabelle.", [("table", "Tabelle")], 1),
    ("Open the tables.", "Öffnen Sie die Tabellen.", [("table", "Tabelle")], 1),
    ("The table is open.", "Die Häuser sind offen.", [("table", "Haus")], 1),  # by lemma
    ("Open the suitable one.", "Öffnen Sie die Tabelle.", [("table", "Tabelle")], 1),  # the task counts substrings
    ("Open the table.", "Öffnen Sie die Tafel.", [("table", "Tabelle")], 0),
    ("Open the table.", "Öffnen Sie die TABELLE", [("table", "Tabelle"), ("open", "auf")], 0.5),
    ("Open the door.", "Öffnen Sie die Tür.", [("table", "Tabelle"), ("door", "Tür")], 1),  # not in the source
])
def test_wmt25_success_by_substrings(source, draft, terms, value):
    own = tuple(Term((s,), (t,)) for s, t in terms)
    segment = Segment("x#0", source, draft=draft, terms=own)
    assert Wmt25TermSuccess("en", "de").score([segment]).value == value


def test_wmt25_success_is_a_micro_average_over_items():
    table, door = Term(("table",), ("Tabelle",)), Term(("door",), ("Tür",))
    both = Segment("x#0", "table door", draft="Tabelle Tür", terms=(table, door))
    none = Segment("x#1", "table", draft="nichts", terms=(table,))
    score = Wmt25TermSuccess("en", "de").score([both, none])
    assert score.value == pytest.approx(2 / 3)
    assert score.signature.startswith("items:3|match:substring|langs:en-de|lemmas:simplemma-")


@pytest.mark.parametrize("source, draft, value", [
    ("table", "Tabelle", 1),
    ("table", "Tabellen", 1),
    ("table", "Pivottabelle", 1),  # a compound
    ("table", "Tafel", 0),
    ("table and table", "Tabelle und Tafel", 0.5),  # asked for twice
    ("table and table", "Tabelle und Tabelle und Tabelle", 1),  # no credit for more
])
def test_strict_success_counts_whole_words_and_occurrences(source, draft, value):
    assert StrictTermSuccess("de").score(matched(source, draft, (["table"], ["Tabelle"]))).value == value


def test_strict_success_is_not_met_inside_words_where_there_are_no_compounds():
    found = matched("Open the rate.", "Abra la separación.", (["rate"], ["paraci"]), lang="es")
    assert StrictTermSuccess("es").score(found).value == 0
    assert Wmt25TermSuccess("en", "es").score(found).value == 1


def test_forbidden_terms_are_not_asked_for():
    found = matched("table", "Tisch", (["table"], ["Tisch"], "forbidden"))
    assert isnan(StrictTermSuccess("de").score(found).value)
    assert isnan(Wmt25TermSuccess("en", "de").score(found).value)


def test_evaluate_gives_all_scores_in_order():
    found = [replace(s, reference="Die Tabelle") for s in matched("the table", "Die Tabelle", (["table"], ["Tabelle"]))]
    names = ["BLEU", "chrF2++", "tsr_wmt25", "tsr_strict", "all_terms", "verbatim", "overuse", "consistency",
             "hallucinations"]  # fmt: skip
    assert [score.name for score in evaluate(found, "en", "de")] == names
    assert [score.name for score in evaluate(found, "en", "de", ["tsr_strict"])] == ["tsr_strict"]


def test_evaluate_marks_what_has_nothing_to_count():
    found = matched("the table", "Die Tabelle", (["table"], ["Tabelle"]))
    scores = evaluate(found, "en", "de")
    assert [(score.name, score.note) for score in scores if isnan(score.value)] == [
        ("BLEU", "no segment has a reference"), ("chrF2++", "no segment has a reference"),
        ("consistency", "no term is required twice in a document"),
    ]
    mixed = segments(REFERENCE) + [Segment("x#9", "no reference", draft="ohne")]
    assert [(score.name, str(round(score.value, 1)), score.note) for score in evaluate(mixed, "en", "de")[:5]] == [
        ("BLEU", "100.0", "segments with a reference: 1 of 2"),
        ("chrF2++", "100.0", "segments with a reference: 1 of 2"),
        ("tsr_wmt25", "nan", "no term is required"),
        ("tsr_strict", "nan", "no term is required"),
        ("all_terms", "nan", "no term is required"),
    ]


def test_evaluate_without_any_target_says_what_to_do():
    with pytest.raises(InputError, match="nothing to evaluate: no segment has a draft or a postedit — translate first"):
        evaluate(segments(None), "en", "de")


def test_the_default_metrics_are_plug_ins():
    assert set(METRICS) <= set(plugins.names("metric"))


@pytest.mark.parametrize(("draft", "value"), [
    ("Die bedingte Formatierung ist da", 1.0),
    ("mit bedingter Formatierung", 0.5),  # inflected: the word is not the glossary's
    ("BEDINGTE FORMATIERUNG", 1.0),
    ("", 0.0),
])  # fmt: skip
def test_words_of_terms_as_the_glossary_writes_them(draft, value):
    found = matched("Use conditional formatting", draft, (["conditional formatting"], ["bedingte Formatierung"]))
    assert Verbatim().score(found).value == value


def test_no_term_no_verbatim_rate():
    assert isnan(Verbatim().score(matched("Nothing here", "nichts", (["table"], ["Tabelle"]))).value)
