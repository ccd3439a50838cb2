"""Our own small Marian models: a fresh one and one that starts from another pair's."""

from __future__ import annotations

import copy
from pathlib import Path

import sentencepiece
import torch
from transformers import MarianConfig, MarianMTModel, PreTrainedModel

from mtpipe.errors import ConfigError
from mtpipe.training.vocabulary import LONGEST, pieces, write_tokenizer

SHAPE = {"d_model": 256, "encoder_layers": 6, "decoder_layers": 2, "encoder_ffn_dim": 1024, "decoder_ffn_dim": 1024,
         "encoder_attention_heads": 4, "decoder_attention_heads": 4}  # fmt: skip


def fresh(vocabulary: Path, seed: int = 1, **shape: int) -> MarianMTModel:
    """A model of random weights over the SentencePiece model at vocabulary; about 10 M parameters.

    shape: other values for the configuration, those of SHAPE. Raises ConfigError for another name. Xavier weights: with
    transformers' standard deviation of .02 a model this small learns late.
    """
    if unknown := sorted(set(shape) - set(SHAPE)):
        raise ConfigError(f"a model has no {', '.join(unknown)}; its shape is {', '.join(SHAPE)}")
    torch.manual_seed(seed)
    size = len(pieces(vocabulary))
    config = MarianConfig(
        **SHAPE | shape,
        vocab_size=size, decoder_vocab_size=size, max_position_embeddings=LONGEST, scale_embedding=True,
        activation_function="relu", dropout=0.0, attention_dropout=0.0, activation_dropout=0.0,
        share_encoder_decoder_embeddings=True, pad_token_id=size - 1, decoder_start_token_id=size - 1,
        eos_token_id=0, bos_token_id=0, forced_eos_token_id=0,
    )  # fmt: skip
    model = MarianMTModel(config)
    for name, weight in model.named_parameters():
        if weight.dim() == 2 and "embed_positions" not in name and "shared" not in name:
            torch.nn.init.xavier_uniform_(weight)
    torch.nn.init.normal_(model.model.shared.weight, std=config.d_model ** -0.5)
    silence_padding(model)
    return model


def descend(parent: MarianMTModel, parent_vocabulary: Path, vocabulary: Path) -> MarianMTModel:
    """A model over another vocabulary that starts with the parent's weights (Kocmi and Bojar 2018).

    A piece that the parent has keeps its embedding; a new one gets the mean of the parent's pieces that spell it.
    """
    old = {piece: number for number, piece in enumerate(pieces(parent_vocabulary))}
    speller = sentencepiece.SentencePieceProcessor(model_file=str(parent_vocabulary))
    names = pieces(vocabulary)
    child = fresh(vocabulary, **{name: getattr(parent.config, name) for name in SHAPE})
    of_pieces = ("shared", "embed_tokens", "lm_head", "final_logits_bias")
    inner = {name: weight for name, weight in parent.state_dict().items()
             if not any(part in name for part in of_pieces)}
    child.load_state_dict(inner, strict=False)
    with torch.no_grad():
        for number, piece in enumerate(names):
            spelt = [piece] if piece in old else speller.encode(piece.replace("▁", " "), out_type=str)
            rows = [old[part] for part in spelt if part in old and part != "▁"]
            if rows:
                child.model.shared.weight[number] = parent.model.shared.weight[rows].mean(0)
    silence_padding(child)
    return child


def longer(model: MarianMTModel, positions: int) -> MarianMTModel:
    """The model with room for so many pieces, if it has less: its positions are sines, not weights."""
    if positions <= model.config.max_position_embeddings:
        return model
    config = copy.deepcopy(model.config)
    config.max_position_embeddings = positions
    larger = MarianMTModel(config)
    weights = {name: weight for name, weight in model.state_dict().items() if "embed_positions" not in name}
    larger.load_state_dict(weights, strict=False)
    return larger


def silence_padding(model: PreTrainedModel) -> None:
    """CTranslate2 starts Marian decoders from a zero embedding and never puts out <pad>: so must the model."""
    with torch.no_grad():
        model.get_input_embeddings().weight[model.config.pad_token_id] = 0  # type: ignore[operator]


def save(model: MarianMTModel, vocabulary: Path, folder: Path, source_lang: str, target_lang: str) -> None:
    """A folder that transformers and CTranslate2's converter read."""
    model.save_pretrained(folder)
    write_tokenizer(vocabulary, folder, source_lang, target_lang)
