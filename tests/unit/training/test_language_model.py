"""Adapters for causal language models: what is learnt from, what is measured, and a folder that `hf` serves."""

import json

import pytest
import torch
from ctranslate2.converters import TransformersConverter
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, Gemma2Config, Gemma2ForCausalLM, Qwen2Config, Qwen2ForCausalLM

from mtpipe.config import FinetuneSettings
from mtpipe.errors import ConfigError, InputError, ModelError
from mtpipe.llm.ct2 import CTranslate2LLM
from mtpipe.llm.hf import TransformersLLM
from mtpipe.llm.prompts import Prompt
from mtpipe.training import language_model
from mtpipe.training.language_model import LLM, PREFERENCE, Choice, TuningRecipe
from mtpipe.workflow.training import train
from tests.support import tiny_language_models
from tests.support.shared_tasks import jsonl

CHOICES = [Choice(Prompt("Revise.", f"Draft {number}"), f"better {number}", f"worse {number}") for number in range(6)]
SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
         "num_key_value_heads": 1, "max_position_embeddings": 512}  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_language_models.llama(tmp_path_factory.mktemp("base"))


@pytest.mark.parametrize("task", [LLM, PREFERENCE])
def test_a_tuned_model_is_served_and_is_not_its_base(base, tmp_path, task):
    lines = []
    outcome = language_model.tune(TuningRecipe(CHOICES, base, tmp_path / "tuned", task, CHOICES[:2], rank=2, steps=2,
                                               learning_rate=1e-2), lines.append)  # fmt: skip
    (before, after), = outcome.scores.values()
    assert set(before) == {"nll", "preferred"} and before["nll"] != after["nll"] and len(lines) == 2
    assert (tmp_path / "tuned.training/adapter/adapter_config.json").is_file()
    old, new = (load_file(folder / "model.safetensors") for folder in (base, tmp_path / "tuned"))
    assert old.keys() == new.keys() and any(not torch.equal(old[name], new[name]) for name in old)
    reply, = TransformersLLM(str(tmp_path / "tuned"), max_tokens=4).complete([CHOICES[0].prompt])
    assert not reply.fault
    files = ["tokenizer.json", "tokenizer_config.json"]
    TransformersConverter(str(tmp_path / "tuned"), copy_files=files).convert(str(tmp_path / "ct2"))
    reply, = CTranslate2LLM(str(tmp_path / "ct2"), threads=1, max_tokens=4).complete([CHOICES[0].prompt])
    assert not reply.fault


@pytest.mark.parametrize("model, config", [(Qwen2ForCausalLM, Qwen2Config), (Gemma2ForCausalLM, Gemma2Config)])
def test_other_architectures_are_tuned_alike(base, tmp_path, model, config):
    folder = tmp_path / "base"
    tokenizer = language_model.AutoTokenizer.from_pretrained(base)
    tokenizer.save_pretrained(folder)
    more = {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id}
    model(config(**SMALL, **more, **({"head_dim": 16} if config is Gemma2Config else {}))).save_pretrained(folder)
    out = tmp_path / "tuned"
    language_model.tune(TuningRecipe(CHOICES, folder, out, PREFERENCE, CHOICES[:1], rank=2, steps=1))
    assert type(AutoModelForCausalLM.from_pretrained(out)) is model


def test_only_the_answer_counts_and_padding_does_not(base):
    model, chat = language_model._load(base)
    texts = [language_model._text(chat, one.prompt, text) for one in CHOICES[:1] for text in ("a", "a longer answer")]
    together, counts = language_model._log_likelihoods(model, texts)
    alone, _ = language_model._log_likelihoods(model, texts[:1])
    assert counts.tolist() == [len(text.ids) - text.start for text in texts]
    assert together[0].item() == pytest.approx(alone[0].item(), abs=1e-3) and together[1] < together[0] < 0


def test_a_preference_adds_to_the_loss_what_the_worse_answer_is_likelier(base):
    model, chat = language_model._load(base)
    turned = [Choice(one.prompt, one.worse, one.better) for one in CHOICES]
    plain, swapped = (language_model._loss(model, chat, batch, False) for batch in (CHOICES, turned))
    loss, other = (language_model._loss(model, chat, batch, True) for batch in (CHOICES, turned))
    margins = [loss - plain, other - swapped]
    assert min(margins) > 0  # -log sigmoid
    texts = [[language_model._text(chat, one.prompt, text) for one, text in zip(CHOICES, answers)]
             for answers in ([one.better for one in CHOICES], [one.worse for one in CHOICES])]  # fmt: skip
    better, worse = (language_model._log_likelihoods(model, each)[0] for each in texts)
    expected = -torch.nn.functional.logsigmoid(0.1 * (better - worse)).mean()
    assert margins[0].item() == pytest.approx(expected.item(), abs=1e-3)


def test_rows_of_preferences_are_read_as_the_prompt_asks_for_answers(tmp_path):
    row = {"system": "S", "user": "U", "chosen": "Ja.", "rejected": "Nein.", "source": "Yes."}
    choice, = language_model.read([jsonl(tmp_path / "pairs.jsonl", [row])])
    assert choice.prompt == Prompt("S", "U") and json.loads(choice.better) == {"target": "Ja.", "unsuitable": []}
    with pytest.raises(InputError, match="old.jsonl:1: no system, user, chosen and rejected; give what `mtpipe pref"):
        language_model.read([jsonl(tmp_path / "old.jsonl", [{"prompt": "S U", "chosen": "a", "rejected": "b"}])])


def test_what_can_not_be_tuned_is_an_error(base, tmp_path):
    with pytest.raises(ConfigError, match="no folder of a causal language model; name one by --base"):
        language_model.tune(TuningRecipe(CHOICES, tmp_path / "none", tmp_path / "out", dev=CHOICES[:1]))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="empty: not a causal language model"):
        language_model.tune(TuningRecipe(CHOICES, tmp_path / "empty", tmp_path / "out", dev=CHOICES[:1]))
    with pytest.raises(InputError, match="too few pairs for training: 6"):
        language_model.tune(TuningRecipe(CHOICES, base, tmp_path / "out"))


def test_the_command_s_settings_reach_the_recipe(base, tmp_path):
    rows = [{"system": "S", "user": f"U {number}", "chosen": "Ja.", "rejected": "Nein."} for number in range(3)]
    pairs = jsonl(tmp_path / "pairs.jsonl", rows)
    settings = FinetuneSettings(pairs=(pairs,), dev=pairs, base=str(base), task="preference", steps=1, lora=2)
    outcome = train(settings, ("en", "de"), tmp_path / "out", None, lambda line: None)
    config = json.loads((tmp_path / "out.training/adapter/adapter_config.json").read_text(encoding="utf-8"))
    assert outcome.folder == tmp_path / "out" and config["r"] == 2
