from math import isnan

import pytest

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Segment
from mtpipe.evaluation.metrics import by_segment
from mtpipe.evaluation.metrics.reference_free import Quality
from mtpipe.mt.quality_estimation import quality

PAIRS = [("open the table", "öffne die Tabelle"), ("open the cell", "öffne die Zelle"), ("close the row",
         "schließe die Zeile"), ("close the cell", "schließe die Zelle"), ("the table", "die Tabelle")] * 5  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lexicon")
    learnt = Lexicon("en", "de")
    learnt.learn(PAIRS)
    learnt.save(folder, {})
    return folder


@pytest.fixture(scope="module")
def lexicon(folder):
    return Lexicon.load(folder)


def test_coverage_of_either_side(lexicon):
    assert lexicon.coverage("open the table", "öffne die Tabelle") == (1, 1)
    forth, back = lexicon.coverage("open the table", "die Tabelle")
    assert forth < 0.8 and back == 1
    forth, back = lexicon.coverage("the table", "öffne die Tabelle")
    assert forth == 1 and back < 0.8
    assert lexicon.coverage("nonsense", "Unsinn") == (None, None)
    assert lexicon.coverage("", "") == (None, None)


def test_the_better_translation_has_the_better_estimate(lexicon):
    texts = ["öffne die Tabelle", "Tabelle öffne die", "öffne die Zelle", "die Zelle", "Zeile Zeile", ""]
    found = [quality("open the table", text, lexicon) for text in texts]
    assert found == sorted(found, reverse=True) and len(set(found)) == len(found)
    assert found[0] > 0.9 and found[-1] == 0


@pytest.mark.parametrize(("source", "target", "score", "value"), [
    ("open", "öffne", None, None),  # nothing to judge by
    ("open", "öffne", 0.0, 1.0),
    ("open", "öffne", -1.0, 0.367879),
    ("open", "öffne", 0.5, 1.0),  # no probability
    ("open", "", None, 0.0),
    ("", "", None, None),
])  # fmt: skip
def test_views_that_are_not_there_are_left_out(source, target, score, value):
    assert quality(source, target, None, score) == (value if value is None else pytest.approx(value, abs=1e-5))


def test_the_model_says_its_part(lexicon):
    sure, unsure = (quality("open the table", "öffne die Tabelle", lexicon, score) for score in (-0.1, -3))
    assert sure - unsure > 0.3


def test_the_metric_takes_scores_of_drafts_only(folder):
    segments = [Segment("a#1", "open the table", draft="öffne die Tabelle", score=-3),
                Segment("a#2", "open the table", draft="falsch", postedit="öffne die Tabelle", score=-3),
                Segment("a#3", "open the table")]  # fmt: skip
    by_score, edited, empty = by_segment(Quality("en", "de", folder), segments)
    assert by_score < edited and empty == 0
    alone = by_segment(Quality("en", "de", folder, use_scores=False), segments)
    assert alone[0] == alone[1] == edited
    score = Quality("en", "de", folder).score(segments)
    assert score.value == pytest.approx((by_score + edited) / 3) and "|scores:yes|mtpipe:" in score.signature


def test_without_lexicon_and_scores_there_is_no_figure():
    metric = Quality("en", "tlh")
    score = metric.score([Segment("a#1", "open", draft="poSmoH")])
    assert isnan(score.value) and "no lexicon for these languages" in score.note and "lexicon:none|" in score.signature
    assert metric.score([Segment("a#1", "open", draft="poSmoH", score=0.0)]).value == 1
