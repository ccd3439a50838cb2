"""The true loading and scoring of unbabel-comet, on tiny checkpoints of its own classes (tiny_comet.py)."""

import logging
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, ModelError
from mtpipe.evaluation.metrics import by_segment
from mtpipe.evaluation.metrics.comet import Comet, CometKiwi
from mtpipe.evaluation.scoring import evaluate
from tests.support import tiny_comet

SEGMENTS = [
    Segment("a#1", "Open the table.", draft="Öffnen Sie die Tabelle.", reference="Öffne die Tabelle."),
    Segment("a#2", "Select a cell.", draft="Wähle eine Zelle, in der etwas steht.", reference="Eine Zelle auswählen."),
    Segment("a#3", "Close.", draft=None, reference="Schließen."),
    Segment("a#4", "Open the table and select a cell.", draft="Tabelle", reference="Öffne die Tabelle"),
]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """{kind: (folder, model)} of one encoder."""
    folder = tmp_path_factory.mktemp("comet")
    encoder = tiny_comet.encoder(folder / "encoder")
    asked = {
        "comet": ("regression_metric", {}),
        "kiwi": ("unified_metric", {"input_segments": ["mt", "src"]}),
        "old-kiwi": ("referenceless_regression_metric", {}),
        "unite": ("unified_metric", {"input_segments": ["mt", "src", "ref"]}),
        "reference-only": ("unified_metric", {"input_segments": ["mt", "ref"]}),
    }
    return {name: (folder / name, tiny_comet.checkpoint(folder / name, encoder, kind, **options))
            for name, (kind, options) in asked.items()}  # fmt: skip


def rows(segments, *names):
    texts = [{"src": s.source, "mt": s.target or "", "ref": s.reference} for s in segments]
    return [{name: row[name] for name in names} for row in texts]


def by_comet(model, samples):
    """Each sample alone through the model itself: no batches, no Lightning."""
    with torch.inference_mode():
        return [float(model(**model.prepare_sample([sample], stage="predict")).score) for sample in samples]


def test_scores_are_the_models_own(models):
    folder, model = models["comet"]
    metric = Comet(folder, batch_size=2)
    wanted = by_comet(model, rows(SEGMENTS, "src", "mt", "ref"))
    assert by_segment(metric, SEGMENTS) == pytest.approx(wanted, abs=1e-5)
    assert len({round(value, 6) for value in wanted}) == len(SEGMENTS)  # the model tells them apart
    assert metric.score(SEGMENTS).value == pytest.approx(np.mean(wanted), abs=1e-5)


@pytest.mark.parametrize("name", ["kiwi", "old-kiwi", "unite"])
def test_models_without_references_never_see_one(models, name):
    metric = CometKiwi(models[name][0])
    scores = by_segment(metric, SEGMENTS)
    assert list(scores) == list(by_segment(metric, [replace(s, reference=None) for s in SEGMENTS]))
    assert len(set(scores.round(6))) == len(SEGMENTS)


@pytest.mark.parametrize("size", [1, 3, 16])
def test_neither_batches_nor_order_matter(models, tmp_path, size):
    shutil.copytree(models["comet"][0], tmp_path / "model")  # another path: nothing is known of it yet
    straight = by_segment(Comet(models["comet"][0]), SEGMENTS)
    turned = by_segment(Comet(tmp_path / "model", batch_size=size), SEGMENTS[::-1])
    assert turned[::-1] == pytest.approx(straight, abs=1e-5)


@pytest.mark.parametrize("place", ["", "checkpoints/model.ckpt"])
def test_a_checkpoint_is_named_by_folder_or_file(models, place):
    folder, _ = models["comet"]
    score = Comet(folder / place).score(SEGMENTS[:1])
    assert re.fullmatch(r"model:comet\|kind:regression_metric\|sha256:[0-9a-f]{16}\|comet:2\.2\.\d+", score.signature)


def test_evaluate_takes_its_options_and_marks_a_set_without_references(models):
    options = {"metric.comet": {"model": str(models["comet"][0])}, "metric.cometkiwi": {"model": models["kiwi"][0]}}
    scores = evaluate(SEGMENTS, "en", "de", ["comet", "cometkiwi"], options)
    assert [score.name for score in scores] == ["COMET", "COMETKiwi"] and not any(score.note for score in scores)
    bare = [replace(segment, reference=None) for segment in SEGMENTS]
    comet, kiwi = evaluate(bare, "en", "de", ["comet", "cometkiwi"], options)
    assert np.isnan(comet.value) and comet.note == "no segment has a reference"
    assert kiwi.value == scores[1].value


@pytest.mark.parametrize(("metric", "name", "error", "said"), [
    (Comet, "kiwi", ConfigError, "a unified_metric that sees no reference; name the metric cometkiwi"),
    (Comet, "old-kiwi", ConfigError, "a referenceless_regression_metric that sees no reference"),
    (CometKiwi, "comet", ConfigError, "a regression_metric that needs references; name the metric comet"),
    (CometKiwi, "reference-only", ConfigError, "a unified_metric that needs references"),
])  # fmt: skip
def test_the_wrong_kind_of_checkpoint(models, metric, name, error, said):
    with pytest.raises(error, match=re.escape(said)):
        metric(models[name][0])


def spoilt(folder, name):
    """A copy of a good checkpoint with one thing wrong."""
    hparams, weights = folder / "hparams.yaml", folder / "checkpoints" / "model.ckpt"
    if name == "no hparams":
        hparams.unlink()
    elif name == "no yaml":
        hparams.write_text("a: [b")
    elif name == "other model":
        hparams.write_text("class_identifier: bleurt")
    elif name == "no weights":
        weights.unlink()
    elif name == "cut":
        weights.write_bytes(weights.read_bytes()[:5000])
    return folder


@pytest.mark.parametrize(("name", "said"), [
    ("no hparams", r"hparams.yaml: can't be read .*No such file.*; a COMET checkpoint lies in …/checkpoints"),
    ("no yaml", r"hparams.yaml: can't be read"),
    ("other model", r"class_identifier is 'bleurt'; available: ranking_metric, referenceless_regression_metric"),
    ("no weights", r"no .ckpt files in its folder checkpoints"),
    ("cut", r"model.ckpt: COMET can't load it \(.*is the file whole"),
])  # fmt: skip
def test_checkpoints_that_are_none(models, tmp_path, name, said):
    shutil.copytree(models["comet"][0], tmp_path / "m")
    with pytest.raises(ModelError, match=f"(?s){said}"):
        Comet(spoilt(tmp_path / "m", name))


def test_an_encoder_that_is_not_here_is_not_fetched(models, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    shutil.copytree(models["comet"][0], tmp_path / "m")
    hparams = tmp_path / "m" / "hparams.yaml"
    here = hparams.read_text()
    hparams.write_text(re.sub(r"pretrained_model: .*", "pretrained_model: nobody/no-encoder", here))
    with pytest.raises(ModelError, match="tokenizer and configuration of its encoder in the hub's cache"):
        Comet(tmp_path / "m", reload_hparams=True)
    hparams.write_text(here)
    assert Comet(tmp_path / "m", reload_hparams=True).score(SEGMENTS).value == Comet(models["comet"][0]).score(
        SEGMENTS).value  # fmt: skip


@pytest.mark.parametrize(("options", "error", "said"), [
    ({}, ConfigError, "COMET has no model: set model = … under [metric.comet] to a checkpoint"),
    ({"model": "/nowhere/model.ckpt"}, ModelError, "/nowhere/model.ckpt: no such file or folder"),
    ({"model": "wmt22-comet-da"}, ModelError, "not a name on the hub (owner/name)"),
    ({"model": "x", "device": "tpu"}, ConfigError, "device is 'tpu'; use cpu, cuda or cuda:N"),
    ({"model": "x", "device": "cuda:99"}, ConfigError, "device is 'cuda:99', but torch sees"),
    ({"model": "x", "batch_size": 0}, ConfigError, "batch_size is 0; use 1 or more"),
    ({"models": "x"}, ConfigError, "[metric.comet] models: no such option; available: model, batch_size, device"),
])  # fmt: skip
def test_options_that_do_not_work(options, error, said):
    with pytest.raises(error, match=re.escape(said)):
        plugins.create("metric", "comet", options)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_gives_the_same_scores(models):
    folder, model = models["comet"]
    wanted = by_comet(model, rows(SEGMENTS, "src", "mt", "ref"))
    assert by_segment(Comet(folder, device="cuda"), SEGMENTS) == pytest.approx(wanted, abs=1e-3)


def test_logging_stays_the_hosts(models):
    code = ("import logging; logging.getLogger().setLevel(33); import mtpipe.evaluation.metrics.comet as c;"
            "print(logging.getLogger().handlers, logging.getLogger().level)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[] 33", "")


def test_scoring_says_nothing(models, capfd, caplog, tmp_path):
    shutil.copytree(models["comet"][0], tmp_path / "m")
    with caplog.at_level(logging.INFO):
        Comet(tmp_path / "m").score(SEGMENTS)
    assert not caplog.records and capfd.readouterr() == ("", "")
