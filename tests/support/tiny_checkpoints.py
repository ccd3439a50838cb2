"""Checkpoints of the real model and tokenizer classes, tiny, with weights of a second's training: no download."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import sentencepiece
import torch
import transformers
from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

M2M_LANGUAGES = FAIRSEQ_LANGUAGE_CODES["m2m100"]
LINES = (Path(__file__).parents[2] / "mtpipe" / "training" / "lines.txt").read_text(encoding="utf-8").splitlines()
SHAPE = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48,
         "encoder_attention_heads": 2, "decoder_attention_heads": 2, "max_position_embeddings": 96}  # fmt: skip
STEPS = 40


def opus_mt(folder: Path, languages: tuple[str, ...] = ()) -> None:
    """Source and target with pieces of their own, one vocabulary; languages: symbols such as >>deu<<."""
    folder.mkdir()
    _pieces(folder / "source.spm", LINES[:20])
    _pieces(folder / "target.spm", LINES[15:])
    known = dict.fromkeys(_names(folder / "source.spm") + _names(folder / "target.spm"))
    names = ["</s>", "<unk>", *(name for name in known if name not in ("<s>", "</s>", "<unk>")), *languages, "<pad>"]
    _write(folder / "vocab.json", {name: number for number, name in enumerate(names)})
    tokenizer = transformers.MarianTokenizer(
        *(str(folder / name) for name in ("source.spm", "target.spm", "vocab.json")), source_lang="en", target_lang="de"
    )
    config = transformers.MarianConfig(
        **SHAPE, vocab_size=len(names), pad_token_id=len(names) - 1, decoder_start_token_id=len(names) - 1,
        eos_token_id=0, bos_token_id=0, forced_eos_token_id=0, share_encoder_decoder_embeddings=True,
        scale_embedding=False, activation_function="swish",
    )  # fmt: skip
    model = _taught(transformers.MarianMTModel(config), tokenizer)
    with torch.no_grad():
        model.model.shared.weight[-1] = 0
        model.final_logits_bias.normal_(std=0.1)
    _save(folder, model, tokenizer)


def opus_mt_many(folder: Path) -> None:
    opus_mt(folder, (">>deu<<", ">>spa<<", ">>cmn_Hans<<"))


def m2m_100(folder: Path) -> None:
    folder.mkdir()
    spm = folder / "sentencepiece.bpe.model"
    _pieces(spm, LINES)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    names = special + [name for name in _names(spm) if name not in special][:-5]  # some pieces the model has no id for
    _write(folder / "vocab.json", {name: number for number, name in enumerate(names)})
    tokenizer = transformers.M2M100Tokenizer(
        str(folder / "vocab.json"), str(spm), additional_special_tokens=[f"__{code}__" for code in M2M_LANGUAGES]
    )
    _save(folder, _m2m(len(tokenizer) + 8, tokenizer), tokenizer)


def nllb(folder: Path) -> None:
    folder.mkdir()
    _pieces(folder / "sentencepiece.bpe.model", LINES)
    tokenizer = transformers.NllbTokenizer(str(folder / "sentencepiece.bpe.model"))
    _save(folder, _m2m(len(tokenizer), tokenizer), tokenizer)


def mbart_50(folder: Path) -> None:
    folder.mkdir()
    _pieces(folder / "sentencepiece.bpe.model", LINES)
    tokenizer = transformers.MBart50Tokenizer(str(folder / "sentencepiece.bpe.model"))
    config = transformers.MBartConfig(
        **SHAPE, vocab_size=len(tokenizer), scale_embedding=False, decoder_start_token_id=2
    )
    _save(folder, _taught(transformers.MBartForConditionalGeneration(config), tokenizer), tokenizer)


def t5(folder: Path) -> None:
    folder.mkdir()
    _pieces(folder / "spiece.model", LINES + ["translate English to German: "], pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    tokenizer = transformers.T5Tokenizer(str(folder / "spiece.model"))
    _save(folder, _t5(len(tokenizer) + 28, tokenizer, pad_token_id=0, eos_token_id=1), tokenizer)


def madlad(folder: Path) -> None:
    folder.mkdir()
    symbols = ["<2de>", "<2es>", "<2zh_Hant>", "<2translate>"]
    _pieces(folder / "spiece.model", LINES, user_defined_symbols=symbols)
    tokenizer = transformers.T5Tokenizer(str(folder / "spiece.model"), extra_ids=0, pad_token="<s>")
    shape = {"tie_word_embeddings": False, "feed_forward_proj": "gated-gelu"}
    _save(folder, _t5(len(tokenizer) + 4, tokenizer, pad_token_id=1, eos_token_id=2, **shape), tokenizer)


BUILDERS: dict[str, Callable[[Path], None]] = {
    builder.__name__: builder for builder in (opus_mt, opus_mt_many, m2m_100, nllb, mbart_50, t5, madlad)
}


def _pieces(path: Path, lines: list[str], **ids: object) -> None:
    with path.open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines * 3), model_writer=file, vocab_size=700, hard_vocab_limit=False,
            character_coverage=0.995, minloglevel=2, **ids,
        )  # fmt: skip


def _names(path: Path) -> list[str]:
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [pieces.id_to_piece(number) for number in range(len(pieces))]


def _m2m(size: int, tokenizer: transformers.PreTrainedTokenizerBase) -> transformers.PreTrainedModel:
    config = transformers.M2M100Config(**SHAPE, vocab_size=size, scale_embedding=False, decoder_start_token_id=2)
    return _taught(transformers.M2M100ForConditionalGeneration(config), tokenizer)


def _t5(size: int, tokenizer: transformers.PreTrainedTokenizerBase, **said: object) -> transformers.PreTrainedModel:
    config = transformers.T5Config(
        vocab_size=size, d_model=32, d_kv=16, num_heads=2, d_ff=48, num_layers=2, decoder_start_token_id=0,
        **said,
    )  # fmt: skip
    return _taught(transformers.T5ForConditionalGeneration(config), tokenizer)


def _taught(
    model: transformers.PreTrainedModel, tokenizer: transformers.PreTrainedTokenizerBase
) -> transformers.PreTrainedModel:
    """A second's worth of copying lines, so that outputs differ and come to an end."""
    torch.manual_seed(1)
    if model.config.model_type != "t5":  # whose own random weights are large enough
        with torch.no_grad():
            for weight in model.parameters():
                if weight.dim() == 2:
                    weight.normal_(0.0, 0.1)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    lines = [tokenizer(" ".join(line.split()[:5])[:25]).input_ids for line in LINES[::2]]
    width = max(map(len, lines))
    pad = model.config.pad_token_id
    ids = torch.tensor([line + [pad] * (width - len(line)) for line in lines])
    for _ in range(STEPS):
        loss = model(input_ids=ids, attention_mask=ids != pad, labels=ids.masked_fill(ids == pad, -100)).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model.eval()


def _save(folder: Path, model: transformers.PreTrainedModel, tokenizer: transformers.PreTrainedTokenizerBase) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
