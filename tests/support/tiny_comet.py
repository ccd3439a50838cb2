"""Checkpoints of unbabel-comet's own classes on a tiny encoder, laid out as it saves them; no download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers
import yaml

from mtpipe.evaluation.metrics.comet import CometModel, str2model  # which undoes what comet does to logging

LINES = (Path(__file__).parents[2] / "mtpipe" / "training" / "lines.txt").read_text(encoding="utf-8").splitlines()


def encoder(folder: Path) -> Path:
    """Tokenizer and configuration of a small XLM-R: what comet takes from the hub for a checkpoint of its own."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = tokenizers.Tokenizer(tokenizers.models.Unigram())
    pieces.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    pieces.train_from_iterator(LINES, tokenizers.trainers.UnigramTrainer(
        vocab_size=500, special_tokens=[*special, "<mask>"], unk_token="<unk>", show_progress=False))  # fmt: skip
    pieces.post_processor = tokenizers.processors.TemplateProcessing(
        "<s> $A </s>", "<s> $A </s> </s> $B </s>", [("<s>", 0), ("</s>", 2)]
    )
    tokenizer = transformers.XLMRobertaTokenizerFast(tokenizer_object=pieces)
    tokenizer.save_pretrained(folder)
    transformers.XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=130, initializer_range=0.5,  # texts shall differ in their scores
    ).save_pretrained(folder)  # fmt: skip
    return folder


def checkpoint(folder: Path, pretrained: Path, kind: str = "regression_metric", **options: Any) -> CometModel:
    """A model of that kind, its weights of a seed, saved as folder/{hparams.yaml,checkpoints/model.ckpt}."""
    torch.manual_seed(7)
    hparams = {"encoder_model": "XLM-RoBERTa", "pretrained_model": str(pretrained), "hidden_sizes": [8],
               "layer_transformation": "softmax", **options}  # fmt: skip
    model = str2model[kind](load_pretrained_weights=False, **hparams).eval()
    (folder / "checkpoints").mkdir(parents=True)
    said = dict(model.hparams) | {"class_identifier": kind}
    (folder / "hparams.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    torch.save(
        {"state_dict": model.state_dict(), "hyper_parameters": dict(model.hparams), "epoch": 0, "global_step": 0,
         "pytorch-lightning_version": "2.6.6", "loops": {}, "callbacks": {}, "optimizer_states": [],
         "lr_schedulers": []},
        folder / "checkpoints" / "model.ckpt",
    )  # fmt: skip
    return model
