"""What every metric of PLUGINS keeps, COMET's included: it runs on a tiny checkpoint of its own classes."""

import random
import re
from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from sacrebleu.metrics import CHRF, TER

from mtpipe import __version__, plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError
from mtpipe.evaluation.metrics import by_segment, quotient
from mtpipe.evaluation.scoring import METRICS, evaluate
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology.matcher import Matcher
from tests.support import tiny_comet
from tests.support.shared_tasks import jsonl

GLOSSARY = Glossary.of([Term(("table",), ("Tabelle",)), Term(("cell",), ("Zelle", "Feld"))], "en", "de")
ROWS = [
    ("Open the table.", "Öffnen Sie die Tabelle.", "Öffne die Tabelle."),
    ("Select a cell of the table.", "Wählen Sie ein Feld der Tafel.", "Wähle eine Zelle der Tabelle aus."),
    ("Close the cell.", "Schließe die Zelle Zelle Zelle.", "Schließe die Zelle."),
    ("Nothing of this is a term.", "Nichts davon ist ein Begriff.", "Davon ist nichts ein Begriff."),
    ("The table has 42 rows.", "Die Tabelle hat 24 Zeilen.", "Die Tabelle hat 42 Zeilen."),
]
LOWER_IS_BETTER = {"TER", "overuse", "right_changed", "hallucinations", "metricx", "mqm"}
SHARES = {"tsr_wmt23", "tsr_wmt25", "tsr_wmt25_documents", "tsr_strict", "verbatim", "verbatim_reference", "all_terms",
          "overuse", "consistency", "consistency_wmt25", "right_changed", "hallucinations", "quality"}  # fmt: skip
names = pytest.mark.parametrize("name", plugins.PLUGINS["metric"])


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contract")
    encoder = tiny_comet.encoder(folder / "encoder")
    tiny_comet.checkpoint(folder / "comet", encoder)
    tiny_comet.checkpoint(folder / "kiwi", encoder, "unified_metric", input_segments=["mt", "src"])
    texts = [*ROWS, (ROWS[0][0], "Die Tabelle öffnen.", ""), (ROWS[-1][0], "", "")]
    rows = [{"source": source, "hypothesis": target, "prediction": 9 - len(target) / 10} for source, target, _ in texts]
    jsonl(folder / "metricx.jsonl", rows)
    ratings = ["\t".join((source, f"<v>{target}</v>", "Accuracy/Omission", "minor" if target else "major"))
               for source, target, _ in texts]  # fmt: skip
    (folder / "mqm.tsv").write_text("\n".join(["source\ttarget\tcategory\tseverity", *ratings]), encoding="utf-8")
    return {"metric.comet": {"model": folder / "comet"}, "metric.cometkiwi": {"model": folder / "kiwi"},
            "metric.metricx": {"scores": folder / "metricx.jsonl"}, "metric.mqm": {"ratings": folder / "mqm.tsv"}}


@pytest.fixture
def segments():
    made = [Segment(f"doc#{i}", source, draft=draft, reference=reference, terms=GLOSSARY.terms)
            for i, (source, draft, reference) in enumerate(ROWS)]  # fmt: skip
    made[0] = replace(made[0], postedit="Die Tabelle öffnen.")
    return Matcher(GLOSSARY).find(made)


def score(name, options, segments):
    found, = evaluate(segments, "en", "de", [name], options)
    return found


def make(name, options):
    return plugins.create("metric", name, options.get(f"metric.{name}", {}), source_lang="en", target_lang="de")


@names
def test_a_score_has_its_metrics_name_and_a_signature_with_a_version(name, options, segments):
    found = score(name, options, segments)
    assert found.name == make(name, options).name
    assert not isnan(found.value) and (found.name not in SHARES or 0 <= found.value <= 1)
    assert re.search(r"(mtpipe|version|comet):\d", found.signature), found.signature
    assert found.name not in SHARES or f"mtpipe:{__version__}" in found.signature


@names
def test_order_does_not_matter(name, options, segments):
    mixed = random.Random(1).sample(segments, len(segments))
    one, other = (score(name, options, order) for order in (segments, mixed))
    assert one.value == pytest.approx(other.value, abs=1e-5) and one.signature == other.signature


@names
def test_no_target_is_an_empty_one_and_never_absent(name, options, segments):
    absent, empty = ([*segments[:-1], replace(segments[-1], draft=draft)] for draft in (None, ""))
    left_out = score(name, options, segments[:-1])
    found = score(name, options, absent)
    assert found == score(name, options, empty)
    counted = make(name, options)
    if hasattr(counted, "counts") and name not in ("right_changed", "verbatim_reference", "hallucinations"):
        assert counted.counts(absent)[:, 1].sum() > counted.counts(segments[:-1])[:, 1].sum()
    if found.name in LOWER_IS_BETTER - {"hallucinations", "overuse", "right_changed"}:
        assert found.value > left_out.value


@names
def test_without_references_there_is_a_gap_or_the_same_figure(name, options, segments):
    bare = [replace(segment, reference=None) for segment in segments]
    found = score(name, options, bare)
    if make(name, options).needs_reference:
        assert isnan(found.value) and found.note == "no segment has a reference"
    else:
        assert found == score(name, options, segments)


@names
def test_without_terms_there_is_a_gap_with_its_reason_or_a_figure(name, options, segments):
    found = score(name, options, [replace(segment, matches=(), terms=()) for segment in segments])
    assert not isnan(found.value) or found.note


@names
def test_figures_by_segment(name, options, segments):
    metric = make(name, options)
    found = by_segment(metric, segments)
    assert found.shape == (len(segments),)
    if hasattr(metric, "counts"):
        counts = metric.counts(segments)
        assert counts.shape == (len(segments), 2) and counts.dtype == float
        assert metric.score(segments).value == pytest.approx(quotient(counts))
    if hasattr(metric, "statistics"):
        sums = metric.statistics(segments).sum(axis=0)
        assert metric.figure(sums) == pytest.approx(metric.score(segments).value)


@names
def test_nothing_to_score_is_nan_not_zero(name, options):
    metric = make(name, options)
    assert by_segment(metric, []).shape == (0,)
    if hasattr(metric, "counts"):
        assert isnan(quotient(metric.counts([])))


def test_known_values_against_sacrebleu(segments):
    hypotheses, references = [s.target for s in segments], [[s.reference for s in segments]]
    ter, chrf = evaluate(segments, "en", "de", ["ter", "chrf2"])
    assert ter.value == pytest.approx(TER().corpus_score(hypotheses, references).score)
    assert chrf.value == pytest.approx(CHRF().corpus_score(hypotheses, references).score)
    assert (ter.name, chrf.name) == ("TER", "chrF2")


@pytest.mark.parametrize(("draft", "reference", "value"), [
    ("a b c d", "a b c d", 0), ("a b c", "a b c d", 25), ("c d a b", "a b c d", 25),  # a phrase moved is one edit
    ("", "a b c d", 100), ("a b c d e f g h i", "a b c", 200),
])  # fmt: skip
def test_ter_by_hand(draft, reference, value):
    found, = evaluate([Segment("a#1", "x", draft=draft or None, reference=reference), Segment("a#2", "x", draft="x")],
                      "en", "de", ["ter"])  # fmt: skip
    assert found.value == pytest.approx(value) and found.note == "segments with a reference: 1 of 2"


def test_ter_of_empty_references_is_a_gap():
    found, = evaluate([Segment("a#1", "x", draft="x", reference="")], "en", "de", ["ter"])
    assert isnan(found.value) and found.note == "no reference has a word"


def test_an_unknown_metric_lists_the_known():
    with pytest.raises(ConfigError, match="no such metric plug-in 'blue'; available: all_terms, bleu, chrf, chrf2"):
        evaluate([Segment("a#1", "x", draft="x")], "en", "de", ["blue"])


def test_the_default_metrics_need_no_extra_and_no_model():
    assert set(METRICS) <= set(plugins.PLUGINS["metric"]) - {"comet", "cometkiwi", "quality", "metricx", "mqm"}
    assert np.isfinite([score.value for score in evaluate(
        [Segment("a#1", "x y", draft="x y", reference="x y")], "en", "de", ["bleu", "chrf"])]).all()  # fmt: skip
