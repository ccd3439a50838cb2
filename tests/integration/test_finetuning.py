"""`mtpipe finetune` for real, with models of a few thousand weights: from nothing, mixed, interrupted, starved."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, ModelError, OutputError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.models import registry
from mtpipe.mt.ct2 import CTranslate2Translator
from mtpipe.training import dequantization, starts
from mtpipe.training.development import table
from mtpipe.training.finetuning import TrainingRecipe, finetune
from mtpipe.training.trainer import NotANumber, Plan, TranslationTrainer, checkpoints
from tests.support.bilingual import english_spanish

pytestmark = pytest.mark.slow  # trains

SHAPE = {"d_model": 64, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128,
         "encoder_attention_heads": 2, "decoder_attention_heads": 2}  # fmt: skip
PLAN = Plan(steps=120, budget=1500, learning_rate=4e-3, warmup=20, evaluate_every=120, keep=2)
FEW = Plan(steps=6, budget=1500, learning_rate=1e-4, warmup=1, evaluate_every=2, keep=2)


def recipe(out, **changes):
    kept = {"base": "none", "shape": SHAPE, "vocabulary": 420, "plan": PLAN} | changes
    return TrainingRecipe(english_spanish(900), "en", "es", out, **kept)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model trained from random weights, and what was told meanwhile."""
    out, told = tmp_path_factory.mktemp("trained") / "en-es", []
    return finetune(recipe(out), told.append), told


def test_a_model_from_nothing_learns_and_is_a_model_folder(trained):
    outcome, told = trained
    before, after = outcome.scores["domain"]
    assert before == {} and after["chrf"] > 25
    model = registry.read(outcome.folder)
    assert (model.source_lang, model.target_lang, model.annotation) == ("en", "es", starts.ANNOTATION)
    assert json.loads((outcome.folder / "model.json").read_text())["checked"]["float32"]["lines"] > 20
    (draft,) = CTranslate2Translator(outcome.folder).translate([Segment("1", "Open the table.")])
    assert draft.text and "⟦" not in draft.text
    assert any(line.startswith("weights: ") for line in told) and (outcome.folder / "lexicon").is_dir()
    assert any(line.startswith("precision: ") for line in told)


def test_the_curve_is_kept_and_drawn(trained):
    folder = trained[0].folder.with_name("en-es.training")
    rows = (folder / "curve.csv").read_text().splitlines()
    assert rows[0].startswith("step,seconds,tokens,") and len(rows) > 5
    assert "<svg" in (folder / "curve.svg").read_text()


def test_the_table_has_a_row_for_each_set(trained):
    lines = table(trained[0]).splitlines()
    assert lines[0].startswith("| text | chrf | bleu |") and lines[2].startswith("| domain, after |")


def test_a_model_folder_is_a_base_and_general_text_keeps_it_honest(trained, tmp_path):
    glossary = Glossary.of((Term(("table",), ("cuadro",)),), "en", "es")
    domain = [(s, t.replace("tablas", "cuadros").replace("una tabla", "un cuadro").replace("tabla", "cuadro"))
              for s, t in english_spanish(400, seed=5)]  # fmt: skip
    outcome = finetune(
        TrainingRecipe(domain, "en", "es", tmp_path / "tuned", base=str(trained[0].folder),
                       generic=english_spanish(600), mix=0.7, glossary=glossary,
                       plan=replace(PLAN, steps=80, evaluate_every=80)),
        lambda line: None,
    )  # fmt: skip
    before, after = outcome.scores["domain"]
    assert after["chrf"] > before["chrf"] and set(outcome.scores) == {"domain", "generic"}
    assert outcome.generic_loss == outcome.scores["generic"][0]["chrf"] - outcome.scores["generic"][1]["chrf"]


def test_adapters_leave_the_weights_of_the_base(trained, tmp_path):
    outcome = finetune(recipe(tmp_path / "lora", base=str(trained[0].folder), lora=4, plan=FEW), lambda line: None)
    work = tmp_path / "lora.training"
    adapters = sum(path.stat().st_size for path in (work / "checkpoints").rglob("adapter*.safetensors"))
    assert 0 < adapters < 0.8 * (work / "final" / "model.safetensors").stat().st_size
    assert registry.read(outcome.folder).annotation


def test_a_dequantized_model_translates_as_the_int8_one(trained, tmp_path):
    folder = trained[0].folder
    exact = dequantization.dequantize(registry.read(folder))
    assert not exact.model.shared.weight[-1].any()
    start = starts.load(str(folder), "", "en", "es", tmp_path, list)
    assert start.is_own and start.folder == folder
    again = {name: weight for name, weight in start.checkpoint.model.state_dict().items() if "embed_pos" not in name}
    assert all(torch.equal(weight, exact.state_dict()[name]) for name, weight in again.items())


def test_a_folder_of_another_architecture_can_not_be_dequantized(trained, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(trained[0].folder, folder)
    shutil.copy(folder / "spm.model", folder / "source.spm")
    (folder / "spm.model").rename(folder / "target.spm")
    with pytest.raises(ModelError, match="only Marian models over one spm.model, .* give the transformers checkpoint"):
        dequantization.dequantize(registry.read(folder))


def test_a_loss_that_is_no_number_stops_and_keeps_the_checkpoints(trained, tmp_path):
    step = TranslationTrainer.training_step

    def broken(self, model, inputs, *rest):
        if self.state.global_step == 5:
            with torch.no_grad():
                self.module.model.encoder.layers[0].fc1.weight.fill_(float("nan"))
        return step(self, model, inputs, *rest)

    TranslationTrainer.training_step = broken
    try:
        with pytest.raises(NotANumber, match="loss of step 5 is not a number: .* lower --learning-rate"):
            finetune(recipe(tmp_path / "nan", base=str(trained[0].folder), plan=FEW), lambda line: None)
    finally:
        TranslationTrainer.training_step = step
    kept = [path.name for path in checkpoints(tmp_path / "nan.training/checkpoints")]
    assert kept == ["checkpoint-2", "checkpoint-4"]


def test_memory_that_runs_out_makes_batches_smaller(trained, tmp_path):
    told, loss = [], TranslationTrainer.compute_loss

    def hungry(self, model, inputs, *rest, **named):
        if inputs["input_ids"].numel() > 700:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return loss(self, model, inputs, *rest, **named)

    TranslationTrainer.compute_loss = hungry
    try:
        finetune(recipe(tmp_path / "small", base=str(trained[0].folder), plan=FEW), told.append)
    finally:
        TranslationTrainer.compute_loss = loss
    assert any("smaller_batches 750" in line for line in told)


def test_a_killed_run_goes_on_from_its_checkpoint(trained, tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"{source}\t{target}\n" for source, target in english_spanish(900)), "utf-8")
    arguments = ["finetune", str(pairs), "-s", "en", "-t", "es", "-o", str(tmp_path / "model"), "--learning-rate",
                 "1e-4", "--base", str(trained[0].folder), "--steps", "30", "--evaluate-every", "10"]  # fmt: skip
    folder = tmp_path / "model.training" / "checkpoints"
    child = subprocess.Popen([sys.executable, "-m", "mtpipe", *arguments], stderr=subprocess.DEVNULL,
                             env={**os.environ, "OMP_NUM_THREADS": "1"})  # fmt: skip
    while child.poll() is None and not checkpoints(folder):
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    reached = checkpoints(folder)[-1].name
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    first = next(line for line in result.output.splitlines() if line.startswith("step "))
    assert reached == "checkpoint-30" or int(first.split()[1].rstrip(":")) > int(reached.split("-")[1])
    assert (tmp_path / "model" / "ct2" / "model.bin").is_file()


def test_two_processes_train_one_model(trained, tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"{source}\t{target}\n" for source, target in english_spanish(400)), "utf-8")
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "-m", "mtpipe", "finetune"]
    asked = [str(pairs), "-s", "en", "-t", "es", "-o", str(tmp_path / "model"), "--base", str(trained[0].folder),
             "--steps", "4", "--evaluate-every", "2", "--batch-tokens", "800"]  # fmt: skip
    done = subprocess.run(launch + asked, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("| domain, after |") == 1 and done.stderr.count("step 2: chrf") == 1
    assert (tmp_path / "model" / "ct2" / "model.bin").is_file()


@pytest.mark.parametrize(("changes", "error", "message"), [
    ({"base": "no/such/model"}, ModelError, "no/such/model"),
    ({"base": "", "parent": "x"}, ConfigError, "--parent starts a new pair: it goes with --base none"),
    ({"shape": {"layers": 3}}, ConfigError, "a model has no layers"),
])  # fmt: skip
def test_what_can_not_be_started_from(tmp_path, changes, error, message):
    with pytest.raises(error, match=message):
        finetune(recipe(tmp_path / "out", **changes), lambda line: None)


def test_an_out_folder_that_exists_is_left_alone(tmp_path):
    with pytest.raises(OutputError, match="exists already; choose another --out"):
        finetune(recipe(tmp_path), lambda line: None)


def test_a_run_does_not_go_on_from_one_of_another_kind(tmp_path):
    with pytest.raises(ModelError):
        finetune(recipe(tmp_path / "out", base="no/such/model"))
    message = "out.training holds a training with base 'no/such/model', not 'none'.*another --out, or --restart"
    with pytest.raises(ConfigError, match=message):
        finetune(recipe(tmp_path / "out"))


@pytest.mark.parametrize(("text", "message"), [
    ("", "the file is empty"),
    ("one side only\n", "TAB"),
    ("a\tb\n" * 50, "too few pairs for training: 1, at least 200 are needed"),
])  # fmt: skip
def test_a_corpus_that_trains_nothing(tmp_path, text, message):
    path = tmp_path / "pairs.tsv"
    path.write_text(text, "utf-8")
    result = CliRunner().invoke(main, ["finetune", str(path), "-s", "en", "-t", "de", "-o", str(tmp_path / "out")])
    assert result.exit_code == 1 and message in result.output, result.output
