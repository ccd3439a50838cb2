"""Pretrained models of transformers through one interface: OPUS-MT/Marian, M2M-100, NLLB, mBART-50, MADLAD and T5.

A checkpoint encodes with SentencePiece itself, as the translator will; `parity` holds both to transformers' tokenizer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sentencepiece
import transformers
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mtpipe.errors import ModelError
from mtpipe.languages import tags
from mtpipe.models import hub

LONGEST = 512  # pieces; models that could read more are not asked to: a segment is a sentence
_PROBE = "a a"  # any text whose pieces do not depend on what stands before them
# what the original T5 was taught; others say it in config.json as task_specific_params
_T5_NAMES = {"en": "English", "de": "German", "fr": "French", "ro": "Romanian"}


@dataclass(frozen=True, slots=True)
class Family:
    """How the models of one tokenizer class are told the languages.

    files: of the tokenizer; the first is the SentencePiece model of the source, the second, if it is one, the target's.
    symbol: a language's symbol in the vocabulary, its tag in group 1. prompt: what stands before the source's text.
    is_forced: whether the target begins with its symbol.
    """

    name: str
    model_type: str
    tokenizer: str
    files: tuple[str, ...]
    symbol: str = ""
    prompt: str = ""
    is_forced: bool = False


FAMILIES = (
    Family("OPUS-MT (Marian)", "marian", "MarianTokenizer", ("source.spm", "target.spm", "vocab.json"),
           r">>(\w+)<<", "{target}"),
    Family("M2M-100", "m2m_100", "M2M100Tokenizer", ("sentencepiece.bpe.model", "vocab.json"),
           r"__([a-z]{2,3})__", is_forced=True),
    Family("NLLB", "m2m_100", "NllbTokenizer", ("sentencepiece.bpe.model",),
           r"([a-z]{3}_[A-Z][a-z]{3})", is_forced=True),
    Family("mBART-50", "mbart", "MBart50Tokenizer", ("sentencepiece.bpe.model",),
           r"([a-z]{2})_[A-Z]{2}", is_forced=True),
    Family("T5 or MADLAD", "t5", "T5Tokenizer", ("spiece.model",), r"<2(\w+)>", "{target} "),
)  # fmt: skip


@dataclass(frozen=True)
class TokenizerSide:
    """How text of one side becomes ids; start, end: the pieces around those of the text. Of the target, start is what
    generation begins with, after `Checkpoint.decoder_start_id`."""

    spm: Path
    vocabulary: Mapping[str, int]
    unk_id: int
    start: tuple[str, ...]
    end: tuple[str, ...]

    @cached_property
    def sentencepiece(self) -> sentencepiece.SentencePieceProcessor:
        return sentencepiece.SentencePieceProcessor(model_file=str(self.spm))

    def ids(self, pieces: Sequence[str]) -> list[int]:
        return [self.vocabulary.get(piece, self.unk_id) for piece in pieces]

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text with start and end: what the encoder reads, or the labels of the decoder."""
        pieces = self.sentencepiece.encode(list(texts), out_type=str)
        return [self.ids([*self.start, *of_text, *self.end]) for of_text in pieces]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """(start, end) in text of each id between start and end."""
        return self.sentencepiece.encode(text, return_type="offset_mapping")["offsets"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A sequence-to-sequence model with its tokenizer, set to one direction.

    model: plain transformers, in evaluation mode, on the CPU, in float32. tokenizer: the slow one, SentencePiece's.
    symbols: the symbol of each language (BCP 47) that the model has one for. prompt: stands before the source's text.
    max_tokens: the longest source or target in pieces, those around the text included.
    """

    name: str
    folder: Path
    family: Family
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    source_lang: str
    target_lang: str
    symbols: Mapping[str, str]
    prompt: str
    source: TokenizerSide
    target: TokenizerSide
    max_tokens: int

    @property
    def pad_id(self) -> int:
        return self._id("pad_token_id")

    @property
    def eos_id(self) -> int:
        return self._id("eos_token_id")

    @property
    def decoder_start_id(self) -> int:
        return self._id("decoder_start_token_id")

    def _id(self, name: str) -> int:
        return int(getattr(self.model.config, name))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of generated ids; special ones and those that only fill up the model's table are left out."""
        text_ids = [one for one in ids if one < len(self.tokenizer)]
        return self.tokenizer.decode(text_ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def load(name: str | Path, source_lang: str, target_lang: str) -> Checkpoint:
    """The checkpoint in a folder or of a hub name, for one direction (BCP 47).

    Raises ModelError for a folder without tokenizer or weights, an unknown architecture, a language the model lacks.
    """
    folder = hub.folder_of(name)
    _refuse_marian_format(folder)
    config = _json(folder, "config.json")
    family = family_of(folder, config)
    missing = [file for file in family.files if not (folder / file).is_file()]
    if missing:
        raise ModelError(f"{folder}: {', '.join(missing)} of the tokenizer missing; copy all files of the model")
    tokenizer = _tokenizer(folder, family)
    symbols = _symbols(family, tokenizer)
    source_symbol, target_symbol = _symbols_of(folder, family, tokenizer, symbols, source_lang, target_lang)
    prompt = _prompt(folder, family, config, source_lang, target_lang, target_symbol)
    if source_symbol:
        # M2M-100's tokenizer wants de for __de__
        tokenizer.src_lang, tokenizer.tgt_lang = source_symbol.strip("_"), target_symbol.strip("_")
    source, target = _sides(folder, family, tokenizer, prompt, target_symbol if family.is_forced else "")
    model = _weights(folder, len(tokenizer))
    positions = config.get("max_position_embeddings") or config.get("n_positions") or LONGEST
    model.config.tokenizer_class = family.tokenizer  # without, CTranslate2 takes mBART-50 for the older mBART
    return Checkpoint(folder.name if folder == Path(name) else str(name), folder, family, model, tokenizer, source_lang,
                      target_lang, symbols, prompt, source, target, min(int(positions), LONGEST))  # fmt: skip


def _refuse_marian_format(folder: Path) -> None:
    """Raises ModelError for models as Marian itself writes them, among them those of Firefox and Bergamot."""
    instead = "take a model of the pair that transformers can load, such as Helsinki-NLP/opus-mt-en-de (docs/models.md)"
    if any(folder.glob("*.intgemm*")):
        raise ModelError(f"{folder}: a translation model of Firefox (Bergamot). CTranslate2 can't run its decoder of "
                         f"simple recurrent units (SSRU), so it can't be converted; {instead}")  # fmt: skip
    if any(folder.glob("*.npz")) and not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: a model in Marian's own format (.npz); {instead}")


def save(checkpoint: Checkpoint, folder: Path) -> None:
    """Writes a folder that `load`, transformers and `conversion` read."""
    checkpoint.model.save_pretrained(folder)
    checkpoint.tokenizer.save_pretrained(folder)


def family_of(folder: Path, config: Mapping[str, Any]) -> Family:
    """The family of a checkpoint's config.json and tokenizer_config.json; raises ModelError for others."""
    settings = _json(folder, "tokenizer_config.json") if (folder / "tokenizer_config.json").is_file() else {}
    tokenizer = str(settings.get("tokenizer_class") or config.get("tokenizer_class") or "").removesuffix("Fast")
    model_type = config.get("model_type")
    fitting = [family for family in FAMILIES if family.model_type == model_type]
    for family in fitting:
        if family.tokenizer == tokenizer or not tokenizer:
            return family
    supported = "; ".join(f"{family.name} ({family.model_type}, {family.tokenizer})" for family in FAMILIES)
    raise ModelError(f"{folder}: a model of type {model_type!r} with {tokenizer or 'an unnamed tokenizer'} belongs"
                     f" to no supported family; supported: {supported}")  # fmt: skip


def _tokenizer(folder: Path, family: Family) -> PreTrainedTokenizerBase:
    try:
        tokenizer = getattr(transformers, family.tokenizer).from_pretrained(folder, local_files_only=True)
        if not tokenizer:
            raise ValueError("SentencePiece can't read its model")  # transformers only logs that and returns False
    except Exception as error:  # SentencePiece, JSON and transformers raise what they like for a damaged file
        raise ModelError(f"{folder}: the tokenizer can't be loaded ({_first_line(error)}); copy it again") from error
    return tokenizer


def _vocabulary(tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    """piece → id; M2M-100's own list leaves the languages out."""
    special = tokenizer.all_special_tokens
    return tokenizer.get_vocab() | dict(zip(special, tokenizer.convert_tokens_to_ids(special), strict=True))


def _symbols(family: Family, tokenizer: PreTrainedTokenizerBase) -> dict[str, str]:
    """language → symbol; of several symbols of one language the first."""
    symbols: dict[str, str] = {}
    for piece, _ in sorted(_vocabulary(tokenizer).items(), key=lambda item: item[1]):
        match = re.fullmatch(family.symbol, piece)
        code = tags.standard(match[1]) if match else None
        if code and match:
            symbols.setdefault(code, piece)
    return symbols


def _symbols_of(
    folder: Path, family: Family, tokenizer: PreTrainedTokenizerBase, symbols: Mapping[str, str], source_lang: str,
    target_lang: str,
) -> tuple[str, str]:
    """The symbols of both languages, "" where the model is not told one; raises ModelError for one that it lacks."""
    if not symbols:
        _refuse_others(folder, tokenizer, source_lang, target_lang)
        return "", ""
    tags_of = []
    for lang in (source_lang, target_lang) if family.is_forced else (target_lang,):
        code = tags.closest(lang, symbols)
        if code is None:
            near = ", ".join(f"{other} ({symbols[other]})" for other in tags.suggestions(lang, symbols))
            raise ModelError(f"{folder}: this {family.name} model has no language {lang!r}; near ones are: {near}")
        tags_of.append(symbols[code])
    return (tags_of[0], tags_of[1]) if family.is_forced else ("", tags_of[0])


def _refuse_others(folder: Path, tokenizer: PreTrainedTokenizerBase, source_lang: str, target_lang: str) -> None:
    """A model of one pair may say which; codes of more than two letters may be groups of languages (zle, ROMANCE)."""
    for name, lang in (("source_lang", source_lang), ("target_lang", target_lang)):
        own = getattr(tokenizer, name, None) or ""
        if len(own) == 2 and tags.closest(lang, [own]) is None:
            raise ModelError(f"{folder}: the model's {name} is {own!r}, not {lang!r}; give another model or language")


def _prompt(
    folder: Path, family: Family, config: Mapping[str, Any], source_lang: str, target_lang: str, symbol: str
) -> str:
    if symbol or family.model_type != "t5":
        return family.prompt.format(target=symbol) if symbol else ""
    first, last = map(tags.primary_subtag, (source_lang, target_lang))
    tasks = config.get("task_specific_params") or {}
    prompt = (tasks.get(f"translation_{first}_to_{last}") or {}).get("prefix")
    if prompt:
        return str(prompt)
    if first not in _T5_NAMES or last not in _T5_NAMES or first == last:
        pairs = sorted({name.removeprefix("translation_") for name in tasks if name.startswith("translation_")})
        raise ModelError(f"{folder}: no prompt is known that makes this T5 model translate {source_lang} into"
                         f" {target_lang}; available: {', '.join(pairs) or 'pairs of ' + ', '.join(_T5_NAMES)}; write"
                         " one into config.json, task_specific_params, as translation_xx_to_yy: prefix")  # fmt: skip
    return f"translate {_T5_NAMES[first]} to {_T5_NAMES[last]}: "


def _sides(
    folder: Path, family: Family, tokenizer: PreTrainedTokenizerBase, prompt: str, forced: str
) -> tuple[TokenizerSide, TokenizerSide]:
    """Source and target; what the tokenizer puts around a text is found by having it encode one."""
    paths = [folder / file for file in family.files if file.endswith((".spm", ".model"))]
    vocabulary = _vocabulary(tokenizer)
    inner = sentencepiece.SentencePieceProcessor(model_file=str(paths[0])).encode(_PROBE, out_type=str)
    whole = tokenizer.convert_ids_to_tokens(tokenizer(prompt + _PROBE).input_ids)
    places = [k for k in range(len(whole)) if whole[k : k + len(inner)] == inner]
    if not places:
        raise ModelError(f"{folder}: the tokenizer reads {_PROBE!r} as {whole}, {paths[0].name} as {inner};"
                         " the two don't belong together")  # fmt: skip
    last = places[-1]
    start, end = tuple(whole[:last]), tuple(whole[last + len(inner) :])
    unk_id, eos = tokenizer.unk_token_id, tokenizer.eos_token
    return (TokenizerSide(paths[0], vocabulary, unk_id, start, end),
            TokenizerSide(paths[-1], vocabulary, unk_id, (forced,) if forced else (), (eos,)))  # fmt: skip


def _weights(folder: Path, pieces: int) -> PreTrainedModel:
    if not any(folder.glob("*.safetensors")) and not any(folder.glob("pytorch_model*.bin")):
        raise ModelError(f"{folder}: no weights (model.safetensors or pytorch_model.bin); copy all files of the model")
    try:
        model, about = transformers.AutoModelForSeq2SeqLM.from_pretrained(
            folder, local_files_only=True, output_loading_info=True, dtype="float32"
        )
    except Exception as error:  # torch, safetensors and transformers raise what they like for a damaged file
        raise ModelError(f"{folder}: the weights can't be loaded ({_first_line(error)}); copy them again") from error
    lacking = sorted(about["missing_keys"])
    if lacking:
        raise ModelError(f"{folder}: the weights lack {len(lacking)} tensors of the model, {lacking[0]} for one;"
                         " copy them again")  # fmt: skip
    rows = model.get_input_embeddings().weight.shape[0]
    if rows < pieces:
        raise ModelError(f"{folder}: the tokenizer has {pieces} pieces, the weights know {rows}; it is another model's")
    return model.eval()


def _json(folder: Path, name: str) -> dict[str, Any]:
    try:
        value = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{folder}: no {name}; not a checkpoint of transformers") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / name}: can't be read ({error}); copy it again") from error
    return value if isinstance(value, dict) else {}


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().split("\n")[0][:300]
