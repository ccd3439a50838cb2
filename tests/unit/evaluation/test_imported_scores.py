"""Scores given elsewhere: MetricX's predictions and MQM's error spans, found by source and translation."""

from math import isnan

import pytest

from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.metrics.imported import ErrorSpan, MetricX, Mqm, read_error_spans, read_scores
from tests.support.shared_tasks import jsonl

SEGMENTS = [Segment("a#1", "One.", draft="Eins."), Segment("a#2", "Two.", draft="Zwei."),
            Segment("a#3", "Three.", draft="Drei.")]  # fmt: skip
HEAD = "system\tsource\ttarget\trater\tcategory\tseverity"


def ratings(folder, *lines):
    path = folder / "mqm.tsv"
    path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return path


def test_predictions_are_found_by_both_texts_in_any_order(tmp_path):
    path = jsonl(tmp_path / "x.jsonl", [
        {"source": "Two.", "hypothesis": "Zwei.", "reference": "Zwei.", "prediction": 1.5},
        {"source": "One.", "hypothesis": " Eins.", "prediction": 4},
        {"source": "One.", "hypothesis": "Ein.", "prediction": 20},
    ])  # fmt: skip
    score = MetricX(path).score(SEGMENTS)
    assert score.value == 2.75 and score.signature.startswith("segments:2|files:")  # the third has none
    assert isnan(MetricX(path).score(SEGMENTS[2:]).value)


def test_scores_of_several_files_count_together(tmp_path):
    one = jsonl(tmp_path / "1.jsonl", [{"source": "One.", "target": "Eins.", "score": 1}])
    two = jsonl(tmp_path / "2.jsonl", [{"source": "Two.", "target": "Zwei.", "score": 3}])
    assert MetricX([one, two]).score(SEGMENTS).value == 2


@pytest.mark.parametrize("row", [{"source": "One.", "prediction": 1}, {"source": "One.", "hypothesis": "Eins."},
                                 {"hypothesis": "Eins.", "prediction": 1}])  # fmt: skip
def test_a_row_without_a_text_or_a_number_is_an_error(tmp_path, row):
    with pytest.raises(InputError, match=r"x.jsonl:1: a row needs source, hypothesis and a number"):
        read_scores(jsonl(tmp_path / "x.jsonl", [row]))


def test_error_spans_are_read_without_their_marks(tmp_path):
    path = ratings(tmp_path, "A\tOne.\t<v>Eins</v>.\tr1\tAccuracy/Mistranslation\tMajor",
                   "A\t<v>Two</v>.\tZwei.\tr1\tAccuracy/Omission\tminor", "A\tThree.\tDrei.\tr1\tNo-error\tNo-error")
    spans = read_error_spans(path)
    assert spans["One.", "Eins."] == [ErrorSpan("Accuracy/Mistranslation", "Major", "Eins", "r1")]
    assert spans["Two.", "Zwei."][0].text == "Two" and spans["Three.", "Drei."][0].penalty == 0
    assert Mqm(path).score(SEGMENTS).value == 2  # 5, 1, 0


def test_raters_are_averaged_and_their_own_errors_added(tmp_path):
    path = ratings(tmp_path, "A\tOne.\t<v>Eins</v>.\tr1\tAccuracy\tMajor",
                   "A\tOne.\tEins<v>.</v>\tr1\tStyle\tMinor", "A\tOne.\tEins<v>.</v>\tr2\tFluency/Punctuation\tMinor")
    assert Mqm(path).score(SEGMENTS).value == pytest.approx((6 + 0.1) / 2)


def test_a_text_that_is_no_translation_costs_most():
    assert ErrorSpan("Non-translation!", "Major", "x").penalty == 25


def test_ratings_without_a_column_are_an_error(tmp_path):
    path = tmp_path / "mqm.tsv"
    path.write_text("source\ttarget\tseverity\nOne.\tEins.\tMajor\n", encoding="utf-8")
    with pytest.raises(InputError, match="mqm.tsv:2: no column category; ratings are tab-separated with source"):
        read_error_spans(path)
