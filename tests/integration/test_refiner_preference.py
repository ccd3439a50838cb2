"""Preferences of a refiner: tuned on a model of a few thousand weights, served as before, refused for what is none."""

import json

import pytest
import torch
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.errors import InputError, ModelError
from mtpipe.glossary.model import Glossary
from mtpipe.models import registry
from mtpipe.postedit.ape_model import Refiner
from mtpipe.postedit.editor import Tools
from mtpipe.terminology.matcher import Matcher
from mtpipe.training import preference_optimization, refiner_preference, starts
from mtpipe.training.finetuning import TrainingRecipe, finetune
from mtpipe.training.trainer import Plan
from tests.support.bilingual import english_spanish
from tests.support.shared_tasks import jsonl

pytestmark = pytest.mark.slow  # trains

SHAPE = {"d_model": 64, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128,
         "encoder_attention_heads": 2, "decoder_attention_heads": 2}  # fmt: skip


def rows(count):
    for source, target in english_spanish(count):
        if "table" in source and "tabla" in target:
            draft = target.replace("tabla", "mesa")
            yield {"source": source, "draft": draft, "chosen": target, "rejected": draft, "editor": "llm",
                   "terms": [{"source": "table", "targets": ["tabla"]}], "system": "", "user": ""}  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A refiner after as many steps from random weights as make its texts end: it edits nothing well, and is one."""
    folder = tmp_path_factory.mktemp("base")
    written = list(rows(4000))
    path = jsonl(folder / "triplets.jsonl", [{"id": str(n), "source": row["source"], "draft": row["draft"],
                                              "reference": row["chosen"], "terms": row["terms"]}
                                             for n, row in enumerate(written)])  # fmt: skip
    from mtpipe.formats.jsonl import JsonLinesFormat

    segments = [segment for _, segment in JsonLinesFormat("en", "es").read_rows(path)]
    plan = Plan(steps=150, budget=1200, learning_rate=4e-3, warmup=20, evaluate_every=150, keep=2)
    recipe = TrainingRecipe((), "en", "es", folder / "refiner", base="none", shape=SHAPE, vocabulary=420, plan=plan,
                            task="post-edit", triplets=segments)  # fmt: skip
    return finetune(recipe).folder


def test_a_refiner_is_tuned_by_the_command_and_serves_as_one(base, tmp_path):
    pairs, dev = jsonl(tmp_path / "pairs.jsonl", list(rows(300))), jsonl(tmp_path / "dev.jsonl", list(rows(900))[-9:])
    command = ["finetune", str(pairs), "-s", "en", "-t", "es", "--task", "preference", "--base", str(base), "--dev",
               str(dev), "--steps", "30", "--learning-rate", "0.01", "--out", str(tmp_path / "tuned"), "--json"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    scores = json.loads(result.output.strip().splitlines()[-1])["scores"]["development"]
    assert set(scores["before"]) == {"nll", "preferred"} and scores["before"]["nll"] != scores["after"]["nll"]
    assert registry.read(tmp_path / "tuned").task == "post-edit"
    assert registry.read(tmp_path / "tuned").digest != registry.read(base).digest
    matched = Matcher(Glossary.of((), "en", "es")).find([refiner_preference.read([dev], "en", "es")[0].segment])
    assert Refiner(Tools("en", "es"), tmp_path / "tuned").propose(matched)[0]


def test_the_likelihood_of_a_text_does_not_depend_on_the_batch(base, tmp_path):
    start = starts.load(str(base), "", "en", "es", tmp_path, list, task="post-edit")
    path = jsonl(tmp_path / "rows.jsonl", list(rows(200))[:4])
    examples = [pair[0] for pair in refiner_preference._encoded(refiner_preference.read([path], "en", "es"), start)]
    model = starts.ready(start, 0).eval()
    with torch.no_grad():
        together, counts = refiner_preference._log_likelihoods(model, start, examples)
        alone = [refiner_preference._log_likelihoods(model, start, [example])[0].item() for example in examples]
    assert together.tolist() == pytest.approx(alone, abs=1e-3) and all(value < 0 for value in alone)
    assert counts.tolist() == [len(example.target) for example in examples]


def test_a_choice_counts_the_more_the_less_it_is_preferred():
    better, counts = torch.tensor([-10.0]), torch.tensor([5])
    near, far = (preference_optimization.loss(better, counts, torch.tensor([worse])) for worse in (-9.0, -40.0))
    assert near > far > 2.0  # the accepted text's own loss stays: 10 / 5


def test_what_is_no_refiner_or_no_preference_is_said(base, tmp_path):
    jsonl(tmp_path / "pairs.jsonl", [{"source": "a", "draft": "b", "chosen": "c"}])
    with pytest.raises(InputError, match=r"pairs.jsonl:1: no source, draft, chosen and rejected; give what"):
        refiner_preference.read([tmp_path / "pairs.jsonl"], "en", "es")
    translator = registry.find("en", "es").folder
    recipe = refiner_preference.RefinerRecipe([], "en", "es", translator, tmp_path / "out")
    with pytest.raises(ModelError, match="a model to translate, not to post-edit"):
        refiner_preference.tune(recipe)
    few = refiner_preference.read([jsonl(tmp_path / "few.jsonl", list(rows(100))[:3])], "en", "es")
    with pytest.raises(InputError, match="too few pairs"):
        refiner_preference.tune(refiner_preference.RefinerRecipe(few, "en", "es", base, tmp_path / "out"))
