"""Intervals and p-values: those of sacrebleu's own tests where it has some, and by hand where it has none."""

import numpy as np
import pytest
from sacrebleu.significance import PairedTest

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.evaluation.metrics import quotient
from mtpipe.evaluation.significance import Resampling, interval

WORDS = "the table holds rows and columns of a sheet that one may sort filter hide or show again later on".split()


def system(seed, share):
    """Outputs that differ from the references in about this share of the words."""
    rng = np.random.default_rng(seed)
    references = [[WORDS[i] for i in np.random.default_rng(n).integers(len(WORDS), size=12)] for n in range(60)]
    return [
        Segment(f"x#{n}", "", reference=" ".join(words),
                draft=" ".join(WORDS[rng.integers(len(WORDS))] if rng.random() < share else word for word in words))
        for n, words in enumerate(references)
    ]  # fmt: skip


SYSTEMS = {"base": system(1, 0.3), "same": system(2, 0.29), "better": system(3, 0.1)}


@pytest.mark.parametrize("name", ["bleu", "chrf", "chrf2"])
@pytest.mark.parametrize("samples, seed", [(200, 12345), (99, 7)])
def test_p_values_are_those_of_sacrebleu(name, samples, seed, monkeypatch):
    monkeypatch.setenv("SACREBLEU_SEED", str(seed))
    metric = plugins.create("metric", name, {})
    resampling = Resampling(60, samples, seed)
    statistics = {system: metric.statistics(segments) for system, segments in SYSTEMS.items()}
    value = {system: metric.figure(given.sum(axis=0)) for system, given in statistics.items()}
    draws = {system: resampling.draws(given, metric.figure) for system, given in statistics.items()}
    found = {
        "bs": [resampling.bootstrap(value[s], draws[s], value["base"], draws["base"]) for s in ("same", "better")],
        "ar": [resampling.randomisation(statistics[s], statistics["base"], metric.figure) for s in ("same", "better")],
    }
    named = [(system, [segment.draft for segment in segments]) for system, segments in SYSTEMS.items()]
    references = [[segment.reference for segment in SYSTEMS["base"]]]
    for kind, p_values in found.items():
        _, results = PairedTest(named, {name: metric._metric}, references, kind, n_samples=samples)()
        theirs = next(given for key, given in results.items() if key != "System")
        assert p_values == [result.p_value for result in theirs[1:]]
        assert list(value.values()) == pytest.approx([result.score for result in theirs])
        if kind == "bs":
            low, high = interval(draws["better"])
            assert (high - low) / 2 == pytest.approx(theirs[2].ci, abs=1e-4)
    assert found["bs"][1] < 0.05 < found["bs"][0]


def test_rates_are_tested_by_segment():
    rng = np.random.default_rng(0)
    asked = rng.integers(0, 4, size=300).astype(float)
    low, high = (np.stack([rng.binomial(asked.astype(int), p), asked], axis=1).astype(float) for p in (0.6, 0.8))
    resampling = Resampling(300)

    def figure(sums):
        return quotient(sums[None])

    draws = [resampling.draws(counts, figure) for counts in (low, high)]
    bounds = interval(draws[0])
    assert bounds[0] < quotient(low) < bounds[1] and 0.06 < bounds[1] - bounds[0] < 0.14  # ±1.96 √(.6 · .4 / 450)
    assert resampling.bootstrap(quotient(high), draws[1], quotient(low), draws[0]) == pytest.approx(1 / 1001)
    assert resampling.randomisation(high, low, figure) == pytest.approx(1 / 1001)


def test_a_system_against_itself_differs_by_nothing():
    counts = np.array([[1.0, 2.0], [0.0, 1.0], [2.0, 2.0]])
    resampling = Resampling(3, 100)
    draws = resampling.draws(counts, lambda sums: quotient(sums[None]))
    assert np.isnan(interval(resampling.draws(np.zeros((3, 2)), lambda sums: quotient(sums[None])))).all()
    assert resampling.bootstrap(quotient(counts), draws, quotient(counts), draws) == 1
    assert resampling.randomisation(counts, counts, lambda sums: quotient(sums[None])) == 1


def test_the_seed_decides_the_draws():
    counts = np.stack([np.arange(50.0), np.full(50, 50.0)], axis=1)
    draws = [Resampling(50, 100, seed).draws(counts, lambda sums: sums[0] / sums[1]) for seed in (1, 1, 2)]
    assert (draws[0] == draws[1]).all() and (draws[0] != draws[2]).any()
