"""Builds a model folder in a second, without training: a real Transformer with hand-made weights, word by word.

Token and position codes live in separate halves of its states. The decoder looks by position at the source piece in
its own place and writes what the dictionary says of it, so attention is the diagonal and the end comes with the end.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import ctranslate2
import numpy as np
import sentencepiece

POSITIONS = 48
HALF = 256
SYMBOLS = ["⟦", "⇒", "⟧"]


def build(
    folder: Path, dictionary: Mapping[str, str], *, second: Mapping[str, str] = MappingProxyType({}),
    byte_fallback: bool = True, is_endless: bool = False, **said: object,
) -> Path:  # fmt: skip
    """A model that writes dictionary[word] for each word and copies other pieces; said goes into model.json.

    Words of at most 15 letters. second: what it would nearly as soon write. is_endless: it never writes the end symbol.
    """
    folder.mkdir(parents=True)
    _train_pieces(folder, [*dictionary, *dictionary.values(), *second.values()], byte_fallback)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spm.model"))
    vocabulary = [pieces.id_to_piece(i) for i in range(pieces.vocab_size())]
    written = {f"▁{word}": f"▁{other}" for word, other in dictionary.items()}
    if is_endless:
        written["</s>"] = vocabulary[-1]
    others = [(vocabulary.index(f"▁{other}"), vocabulary.index(f"▁{word}")) for word, other in second.items()]
    spec = _spec(vocabulary, [vocabulary.index(written.get(piece, piece)) for piece in vocabulary], others)
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.add_source_eos = False
    spec.config.decoder_start_token = "</s>"
    spec.validate()
    (folder / "ct2").mkdir()
    spec.save(str(folder / "ct2"))
    data = {"name": "dictionary", "source_lang": "en", "target_lang": "de", "max_tokens": POSITIONS} | said
    (folder / "model.json").write_text(json.dumps(data), encoding="utf-8")
    return folder


def _train_pieces(folder: Path, words: Iterable[str], byte_fallback: bool) -> None:
    words = sorted(set(words))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(words * 3), model_prefix=str(folder / "spm"), vocab_size=1000, model_type="bpe",
        hard_vocab_limit=False, byte_fallback=byte_fallback, required_chars=string.printable.strip() + "▁",
        user_defined_symbols=SYMBOLS, unk_id=0, eos_id=1, bos_id=-1, minloglevel=2,
    )  # fmt: skip
    (folder / "spm.vocab").unlink()


def _spec(
    vocabulary: list[str], written: list[int], others: Sequence[tuple[int, int]]
) -> ctranslate2.specs.TransformerSpec:
    """written[i] is the id of the piece to write for source piece i; others: (id of its second choice, i)."""
    generator = np.random.default_rng(7)
    tokens, positions = (generator.choice([-1.0, 1.0], (n, HALF)) for n in (len(vocabulary), POSITIONS))
    none = np.zeros((1, HALF))
    only_token = np.hstack([tokens, np.tile(none, (len(tokens), 1))])
    only_position = np.hstack([np.tile(none, (POSITIONS, 1)), positions])
    output = np.zeros_like(only_token)
    np.add.at(output, written, only_token)
    for other, piece in others:
        output[other] += 0.9 * only_token[piece]
    spec = ctranslate2.specs.TransformerSpec.from_config((1, 1), 1, pre_norm=True)
    from_position, from_token = np.diag([0.0] * HALF + [1.0] * HALF), np.diag([1.0] * HALF + [0.0] * HALF)
    for side in (spec.encoder, spec.decoder):
        side.position_encodings.encodings = only_position
        side.scale_embeddings = False
        _norm(side.layer_norm)
        _silence(side.layer[0])
    spec.encoder.embeddings[0].weight = only_token
    spec.decoder.embeddings.weight = np.zeros_like(only_token)
    spec.decoder.projection.weight = output * 0.02
    spec.decoder.projection.bias = np.zeros(len(vocabulary))
    attention = spec.decoder.layer[0].attention
    _norm(attention.layer_norm)
    for linear, weight in zip(attention.linear, (
        from_position, np.vstack([from_position, from_token]), np.eye(2 * HALF),
    ), strict=True):
        linear.weight, linear.bias = weight, np.zeros(len(weight))
    return spec


def _silence(layer: object) -> None:
    """Self-attention and feed-forward that add nothing."""
    size = 2 * HALF
    for linear, rows in zip(layer.self_attention.linear, (3 * size, size), strict=True):
        linear.weight, linear.bias = np.zeros((rows, size)), np.zeros(rows)
    for linear in (layer.ffn.linear_0, layer.ffn.linear_1):
        linear.weight, linear.bias = np.zeros((size, size)), np.zeros(size)
    _norm(layer.self_attention.layer_norm)
    _norm(layer.ffn.layer_norm)


def _norm(spec: object) -> None:
    spec.gamma, spec.beta = np.ones(2 * HALF), np.zeros(2 * HALF)
