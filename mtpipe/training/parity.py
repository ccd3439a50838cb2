"""Does a converted model say what the transformers model says? From text to text, through the translator that runs it.

Beams are comparable only when both sides search alike. CTranslate2 divides scores by the length without the end symbol,
transformers by the length with it and with a forced first symbol; they stop at different times; a symbol that is not
wanted is left out before the softmax here, after it there. So: no division by the length (then both find the best
finished hypothesis), scores renormalised, never an empty translation, nothing forced at the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sacrebleu.metrics import CHRF
from transformers import GenerationConfig

from mtpipe import plugins
from mtpipe.errors import ModelError
from mtpipe.models import registry
from mtpipe.training.families import Checkpoint

BEAMS = (1, 4)
_TOGETHER = 16  # lines of a batch
_TIE = 1e-4  # difference of log-probabilities that float32 sums can't tell apart
LINES = Path(__file__).with_name("lines.txt")


@dataclass(frozen=True, slots=True)
class Parity:
    """lines: compared. endless: of these, those whose translation came to no end, so that only its pieces so far were
    compared, and only greedily. ties: those with two outputs that transformers' own scores can't tell apart.
    """

    lines: int
    endless: int
    ties: int


@dataclass(frozen=True, slots=True)
class Quantised:
    """How many of the lines come out as in float32, and chrF2++ of all lines with float32 as the reference."""

    lines: int
    identical: int
    chrf: float


def lines_of(path: Path | None = None) -> list[str]:
    """The lines of a text file, by default the one that comes with mtpipe: many scripts, for any model."""
    try:
        text = (path or LINES).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: can't be read ({error}); give a UTF-8 text file, a line each") from error
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise ModelError(f"{path}: no lines to compare; give a text file with a line each")
    return lines


def check(checkpoint: Checkpoint, folder: Path, lines: Sequence[str]) -> Parity:
    """Compares the model in folder (float32) with the checkpoint, greedily and with beams, piece by piece.

    Lines longer than the model's limit are left out. Raises ModelError with the first difference.
    """
    short, limit = _short(checkpoint, lines)
    translator = _translator(checkpoint, folder, "float32")
    outcomes: dict[str, set[int]] = {"endless": set(), "tied": set(), "": set()}
    for beams in BEAMS:
        outputs, traces = _generate(checkpoint, short, beams, limit), translator.trace(short, beams, limit)
        for number, (line, ids, trace) in enumerate(zip(short, outputs, traces, strict=True), 1):
            outcomes[_compare(checkpoint, number, line, ids, trace, beams)].add(number)
    endless, ties = len(outcomes["endless"]), len(outcomes["tied"])
    if endless == len(short):
        raise ModelError(f"of {len(short)} lines none comes to an end within {limit} pieces, in transformers either:"
                         " nothing to compare; give other --lines, or another model")  # fmt: skip
    return Parity(len(short), endless, ties)


def quantised(checkpoint: Checkpoint, exact: Path, folder: Path, lines: Sequence[str]) -> Quantised:
    """Compares the quantised model in folder with the one in exact (float32), with the beams of a job."""
    short, limit = _short(checkpoint, lines)
    first, second = (
        [trace.text for trace in _translator(checkpoint, path, kind).trace(short, BEAMS[-1], limit)]
        for path, kind in ((exact, "float32"), (folder, "default"))
    )
    same = sum(one == other for one, other in zip(first, second, strict=True))
    return Quantised(len(short), same, round(CHRF(word_order=2).corpus_score(second, [first]).score, 1))


def _short(checkpoint: Checkpoint, lines: Sequence[str]) -> tuple[list[str], int]:
    """The lines that the model can read as a whole, and how many pieces may be written for one."""
    sizes = [len(ids) for ids in checkpoint.source.encode(lines)]
    short = [line for line, size in zip(lines, sizes, strict=True) if size <= checkpoint.max_tokens]
    longest = max((size for size in sizes if size <= checkpoint.max_tokens), default=0)
    return short, min(2 * longest + 10, checkpoint.max_tokens - len(checkpoint.target.start) - 1)


def _translator(checkpoint: Checkpoint, folder: Path, compute_type: str) -> Any:
    return plugins.load("mt", "ct2")(
        folder, source_lang=checkpoint.source_lang, target_lang=checkpoint.target_lang, device="cpu",
        compute_type=compute_type, task=registry.read(folder).task,
    )  # fmt: skip


def _compare(checkpoint: Checkpoint, number: int, line: str, output: list[int], trace: Any, beams: int) -> str:
    """"", or "tied", or "endless" for what can't be compared to its end; raises ModelError for a difference."""
    source, pieces = checkpoint.source.ids(trace.source), checkpoint.target.ids(trace.target)
    if source != (expected := checkpoint.tokenizer(checkpoint.prompt + line).input_ids):
        raise _difference(checkpoint, "read", number, line, expected, source)
    is_ended = output[-1:] == [checkpoint.eos_id]
    expected = output[:-1] if is_ended else output[: len(pieces)]
    if not is_ended and beams > 1:
        return "endless"
    if expected != (pieces if is_ended else pieces[: len(expected)]):
        if _is_tie(checkpoint, line, expected, pieces, beams):
            return "tied"
        how = "greedily" if beams == 1 else f"with {beams} beams"
        raise _difference(checkpoint, f"translated {how}", number, line, expected, pieces)
    if is_ended and (text := checkpoint.decode(expected)).strip() != trace.text.strip():
        raise _unlike(f"the pieces {' '.join(trace.target)} as text", number, line, text, trace.text)
    return "" if is_ended else "endless"


@torch.inference_mode()
def _generate(checkpoint: Checkpoint, lines: Sequence[str], beams: int, limit: int) -> list[list[int]]:
    """What the transformers model writes for each line after what it was made to begin with; the end, if any, last."""
    start = [checkpoint.decoder_start_id, *checkpoint.target.ids(checkpoint.target.start)]
    settings = GenerationConfig(
        max_new_tokens=limit, min_new_tokens=0 if checkpoint.target.start else 1, num_beams=beams, do_sample=False,
        length_penalty=0.0, early_stopping=False, suppress_tokens=_unwanted(checkpoint), renormalize_logits=True,
        pad_token_id=checkpoint.pad_id, eos_token_id=checkpoint.eos_id,
        decoder_start_token_id=checkpoint.decoder_start_id,
    )  # fmt: skip
    order = sorted(range(len(lines)), key=lambda k: len(lines[k]))
    generated: dict[int, list[int]] = {}
    for first in range(0, len(order), _TOGETHER):
        together = order[first : first + _TOGETHER]
        # transformers' own tokenizer, not ours: this is what we are held to
        texts = [checkpoint.prompt + lines[k] for k in together]
        batch = checkpoint.tokenizer(texts, padding=True, return_tensors="pt")
        outputs = checkpoint.model.generate(  # type: ignore[operator]
            batch.input_ids, attention_mask=batch.attention_mask, generation_config=settings, use_model_defaults=False,
            decoder_input_ids=torch.tensor([start] * len(together)),
        )  # fmt: skip
        for k, ids in zip(together, outputs[:, len(start) :].tolist(), strict=True):
            generated[k] = ids[: ids.index(checkpoint.eos_id) + 1] if checkpoint.eos_id in ids else ids
    return [generated[k] for k in range(len(lines))]


def _unwanted(checkpoint: Checkpoint) -> list[int]:
    """What CTranslate2 never writes: <unk>, and <pad> where the conversion drops it."""
    return [checkpoint.target.unk_id] + ([checkpoint.pad_id] if checkpoint.family.model_type == "marian" else [])


@torch.inference_mode()
def _is_tie(checkpoint: Checkpoint, line: str, expected: list[int], pieces: list[int], beams: int) -> bool:
    """Whether transformers scores both the same: at the first piece that differs, or, with beams, as a whole."""
    source = torch.tensor([checkpoint.tokenizer(checkpoint.prompt + line).input_ids])
    start = [checkpoint.decoder_start_id, *checkpoint.target.ids(checkpoint.target.start)]
    differing = next((k for k, (one, other) in enumerate(zip(expected, pieces)) if one != other), None)
    scores = []
    for ids in (expected, pieces):
        ended = [*ids, checkpoint.eos_id]
        logits = checkpoint.model(input_ids=source, decoder_input_ids=torch.tensor([[*start, *ids]])).logits[0]
        logits[:, _unwanted(checkpoint)] = -torch.inf
        log_probabilities = logits[len(start) - 1 :].log_softmax(-1)[range(len(ended)), ended]
        is_whole = beams > 1 or differing is None
        scores.append(float(log_probabilities.sum() if is_whole else log_probabilities[differing]))
    return abs(scores[0] - scores[1]) < _TIE


def _difference(
    checkpoint: Checkpoint, what: str, number: int, line: str, expected: list[int], actual: list[int]
) -> ModelError:
    pieces = (" ".join(map(str, checkpoint.tokenizer.convert_ids_to_tokens(ids))) for ids in (expected, actual))
    return _unlike(what, number, line, *pieces)


def _unlike(what: str, number: int, line: str, expected: str, actual: str) -> ModelError:
    return ModelError(
        f"the converted model differs from the transformers model; line {number}, {what}:\n  line:         {line}\n"
        f"  transformers: {expected}\n  converted:    {actual}\nthe conversion is not kept; are tokenizer and weights"
        " of the same model?"
    )
