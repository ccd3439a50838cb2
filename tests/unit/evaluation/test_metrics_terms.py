"""Term figures beside success: all terms of a segment, overuse, consistency, what happens to what was right."""

from dataclasses import replace
from math import isnan

import pytest

from mtpipe.document.segment import Segment
from mtpipe.evaluation.comparison import Settings, compare
from mtpipe.evaluation.metrics import by_segment
from mtpipe.evaluation.metrics.terminology import (
    AllTerms,
    Consistency,
    ExactInflection,
    ExclusiveTermSuccess,
    Overuse,
    ReferenceVerbatim,
    RightChanged,
    RightChrf,
    Verbatim,
)
from mtpipe.evaluation.scoring import evaluate
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology.matcher import Matcher

TERMS = [
    Term(("table",), ("Tabelle",)), Term(("cell",), ("Zelle", "Tabellenfeld")), Term(("row",), ("Zeile",)),
    Term(("sheet",), ("Blatt",)), Term(("page",), ("Blatt",)), Term(("pivot table",), ("Pivot-Tabelle",)),
]  # fmt: skip


def matched(*pairs, document="doc"):
    """Segments of (source, draft) or (source, draft, postedit)."""
    segments = [Segment(f"{document}#{i}", source, draft=draft, postedit=more[0] if more else None)
                for i, (source, draft, *more) in enumerate(pairs)]  # fmt: skip
    return Matcher(Glossary.of(TERMS, "en", "de")).find(segments)


@pytest.mark.parametrize(("pairs", "value"), [
    ([("table and cell", "Tabelle und Zelle")], 1),
    ([("table and cell", "Tabelle und Feld")], 0),
    ([("table and table", "die Tabelle")], 0),  # asked for twice
    ([("table", "Tabellen"), ("cell", "Feld"), ("nothing", "nichts")], 0.5),
    ([("table", None)], 0),
])  # fmt: skip
def test_all_terms_of_a_segment(pairs, value):
    assert AllTerms("de").score(matched(*pairs)).value == value


@pytest.mark.parametrize(("pairs", "value"), [
    ([("table and cell", "Tabelle und Zelle")], 1),
    ([("table and pivot table", "Tabelle und Pivot-Tabelle")], 1),
    ([("table and pivot table", "die Pivot-Tabelle")], 0.5),  # its second half is no table of its own
    ([("sheet and page", "das Blatt")], 0.5),  # one word for two terms
    ([("sheet and page", "Blatt und Blatt")], 1),
    ([("table and table", "die Tabelle")], 0.5),
    ([("table", None)], 0),
])  # fmt: skip
def test_exclusive_success_takes_no_word_for_two_terms(pairs, value):
    assert ExclusiveTermSuccess("de").score(matched(*pairs)).value == value


def test_exclusive_success_shares_out_the_target_as_well_as_can_be():
    terms = [Term((source,), (target,)) for source, target in
             (("report sheet", "Bericht Blatt"), ("record", "Bericht"), ("page", "Blatt"))]  # fmt: skip
    glossary = Glossary.of(terms, "en", "de")
    segments = Matcher(glossary).find([Segment("a#1", "report sheet, record and page", draft="Bericht Blatt")])
    assert ExclusiveTermSuccess("de").score(segments).value == 2 / 3  # the longest stretch first would serve one


@pytest.mark.parametrize(("target", "value"), [
    ("Die Zellen der Tabelle", 1), ("die ZELLEN der Tabelle", 1), ("Die Zelle der Tabelle", 0.5), ("nichts", 0),
])  # fmt: skip
def test_exact_inflection_asks_for_the_form_of_the_reference(target, value):
    (segment,) = matched(("the cells of the table", target))
    assert ExactInflection("de").score([replace(segment, reference="Die Zellen der Tabelle")]).value == value


def test_exact_inflection_counts_terms_that_the_reference_has_only():
    (segment,) = matched(("the cells of the table", "Zellen der Tabelle"))
    score = ExactInflection("de").score([replace(segment, reference="Alles")])
    assert isnan(score.value) and score.note == "no reference has a required term"


@pytest.mark.parametrize(("pairs", "value"), [
    ([("table", "Tabelle")], 0),
    ([("table", "Tabelle, Tabelle")], 1),
    ([("table", "nichts")], 0),
    ([("table and table", "Tabelle und Tabelle")], 0),
    ([("table and cell", "Tabelle Tabelle Zelle")], 0.5),
    ([("sheet and page", "Blatt und Blatt")], 0),  # each has one
    ([("sheet and page", "Blatt, Blatt und Blatt")], 1),
    ([("table and pivot table", "Tabelle und Pivot-Tabelle")], 0),  # the second is a part of a longer term
])  # fmt: skip
def test_overuse_is_more_than_the_source_asks(pairs, value):
    assert Overuse("de").score(matched(*pairs)).value == value


@pytest.mark.parametrize(("pairs", "value"), [
    ([("cell", "Zelle"), ("cell", "Zelle")], 1),
    ([("cell", "Zelle"), ("cell", "Zellen")], 1),  # inflected
    ([("cell", "Zelle"), ("cell", "Tabellenfeld")], 0.5),
    ([("cell", "Zelle"), ("cell", "Tabellenfeld"), ("cell", "Zelle")], 2 / 3),
    ([("cell", "Zelle"), ("cell", "Kästchen")], 0.5),
    ([("cell", "Kästchen"), ("cell", "Kästchen")], 0),  # nobody can tell what stands for it
    ([("cell and cell", "Zelle und Tabellenfeld")], 0.5),
    ([("cell", "Tabellenfeld"), ("table", "Tafel"), ("cell", "Tabellenfeld")], 1),  # the table comes once
])  # fmt: skip
def test_consistency_within_a_document(pairs, value):
    assert Consistency("de").score(matched(*pairs)).value == pytest.approx(value)


def test_documents_may_differ_from_each_other():
    one = matched(("cell", "Zelle"), ("cell", "Zelle"), document="one")
    other = matched(("cell", "Tabellenfeld"), ("cell", "Tabellenfeld"), document="other")
    assert Consistency("de").score(one + other).value == 1
    score = Consistency("de").score([one[0], other[0]])
    assert isnan(score.value) and score.note == "no term is required twice in a document"


REPAIRED = [
    ("open the table", "die Tabelle öffnen", "öffne die Tabelle"),  # right before, changed
    ("open the cell", "die Zelle öffnen"),  # right before, left alone
    ("open the row", "die Reihe öffnen", "die Zeile öffnen"),  # wrong before
    ("open", "öffnen", "auf"),  # no term
]


def test_change_on_what_was_right():
    segments = matched(*REPAIRED)
    assert RightChanged("de").score(segments).value == 0.5
    assert [str(value) for value in by_segment(RightChanged("de"), segments)] == ["1.0", "0.0", "nan", "nan"]


def test_change_against_another_translation():
    segments = matched(("open the table", "die Tabelle auf"), ("open the cell", "Zelle auf"), ("the row", "Zeile"))
    baseline = {"doc#0": "die Tabelle auf", "doc#1": "die Zelle", "doc#2": "Reihe", "other#1": "Tabelle"}
    assert RightChanged("de", baseline).score(segments).value == 0.5
    score, = evaluate(segments, "en", "de", ["right_changed"], baseline=baseline)
    assert score.value == 0.5 and "baseline:given" in score.signature


def test_a_named_baseline_is_what_changes_are_counted_from():
    plain, other = (matched(("open the table", text), ("the row", "Reihe")) for text in ("Tabelle auf", "die Tabelle"))
    asked = Settings("en", "de", ("right_changed",), baseline="plain", samples=0)
    found = compare({"plain": plain, "other": other}, asked)
    assert [system.measures["right_changed"].score.value for system in found] == [0, 1]
    unnamed, _ = compare({"plain": plain, "other": other}, replace(asked, baseline=""))
    assert isnan(unnamed.measures["right_changed"].score.value)


def test_quality_of_what_was_right():
    segments = [replace(segment, reference="die Tabelle öffnen") for segment in matched(*REPAIRED)[:1]]
    worse = RightChrf("de").score(segments).value
    assert -100 < worse < 0
    better = RightChrf("de", {"doc#0": "öffne die Tabelle"}).score(
        [replace(segment, postedit="die Tabelle öffnen") for segment in segments])  # fmt: skip
    assert better.value == pytest.approx(-worse) and "segments:1|" in better.signature


@pytest.mark.parametrize("metric", ["right_changed", "right_chrf"])
@pytest.mark.parametrize("baseline", [None, {}, {"doc#0": "Tafel"}])
def test_without_a_baseline_there_is_no_figure(metric, baseline):
    segments = [replace(segment, reference="Tabelle") for segment in matched(("table", "Tabelle"))]
    score, = evaluate(segments, "en", "de", [metric], baseline=baseline)
    assert isnan(score.value) and score.note.startswith("no baseline meets all terms of a segment")


def test_the_references_own_verbatim_rate():
    segments = [replace(segment, reference="in Tabellen") for segment in matched(("in the table", "in Tabelle"))]
    assert (Verbatim().score(segments).value, ReferenceVerbatim().score(segments).value) == (1, 0)
