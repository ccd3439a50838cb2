"""The SentencePiece vocabulary of our own models, shared by both languages, and its tokenizer files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import sentencepiece

from mtpipe.errors import InputError

SYMBOLS = ("⟦", "⇒", "⟧")  # of term annotations and masked codes; each is one piece that no text contains
SIZE = 10_000
LONGEST = 256  # pieces
_SAMPLE = 1_000_000  # lines; more teach a vocabulary nothing


def train(texts: Iterable[str], path: Path, size: int = SIZE, seed: int = 1) -> None:
    """Trains a unigram model of size pieces on texts (both languages mixed) and writes it to path.

    Characters not seen become byte pieces; digits stand alone, so that numbers are copied and not guessed. Raises
    InputError where the texts are too few for size.
    """
    sentencepiece.set_random_generator_seed(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(texts), model_writer=file, vocab_size=size, model_type="unigram",
                pad_id=0, eos_id=1, unk_id=2, bos_id=-1, user_defined_symbols=",".join(SYMBOLS),
                byte_fallback=True, split_digits=True, character_coverage=0.9995, input_sentence_size=_SAMPLE,
                max_sentence_length=4000, minloglevel=2, normalization_rule_name="nmt_nfkc",
            )  # fmt: skip
        except (RuntimeError, OSError) as error:
            raise InputError(f"no vocabulary of {size} pieces can be learnt from these texts ({_reason(error)}); "
                             "give more text or a smaller --vocabulary") from error


def pieces(path: Path) -> list[str]:
    """The pieces in the order of our models' embeddings: the end symbol first, <pad> last (CTranslate2 drops that)."""
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    names = [model.id_to_piece(number) for number in range(len(model))]
    special = ["</s>", "<unk>", "<pad>"]
    return [*special[:2], *(piece for piece in names if piece not in special), special[2]]


def write_tokenizer(path: Path, folder: Path, source_lang: str, target_lang: str) -> None:
    """The files of a transformers MarianTokenizer that reads with the SentencePiece model at path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("source.spm", "target.spm"):
        shutil.copyfile(path, folder / name)
    numbers = {piece: number for number, piece in enumerate(pieces(path))}
    about = {"source_lang": source_lang, "target_lang": target_lang, "separate_vocabs": False,
             "model_max_length": LONGEST, "tokenizer_class": "MarianTokenizer", "eos_token": "</s>",
             "unk_token": "<unk>", "pad_token": "<pad>"}  # fmt: skip
    for name, value in (("vocab.json", numbers), ("tokenizer_config.json", about)):
        (folder / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _reason(error: Exception) -> str:
    return str(error).strip().rsplit("\n", 1)[-1][-200:]
