"""How fast training is: `python -m tests.benchmarks.training PAIRS…` compares target tokens a second, in one run.

plain: Seq2SeqTrainer with its defaults on the same pairs and model. loop: our batches and loss in a bare loop.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import torch
from transformers import DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments, TrainerCallback

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.corpora import deduplication
from mtpipe.training import families, marian, material, starts, vocabulary
from mtpipe.training.batches import IGNORED, Batches, PieceEncoder, Source, collate
from mtpipe.training.examples import Drawer
from mtpipe.training.trainer import Plan, TranslationTrainer, smoothed

PAIRS, STEPS, WARM = 12_000, 25, 5
_SHARED = dict(disable_tqdm=True, report_to=[], save_strategy="no", logging_strategy="no", use_cpu=True)


class Clock(TrainerCallback):
    """Seconds and target tokens of the steps behind the first WARM ones."""

    def __init__(self) -> None:
        self.tokens, self.seconds, self.since = 0, 0.0, 0.0

    def on_step_begin(self, args, state, control, **kwargs):
        self.since = time.perf_counter()

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step > WARM:
            self.seconds += time.perf_counter() - self.since

    def wrap(self, trainer):
        step = trainer.training_step

        def counted(model, inputs, *rest):
            if trainer.state.global_step >= WARM:
                self.tokens += int((inputs["labels"] != IGNORED).sum())
            return step(model, inputs, *rest)

        trainer.training_step = counted


def main(paths: list[Path]) -> None:
    pairs = deduplication.distinct(paths, "en", "de")[:PAIRS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vocabulary.train((text for pair in pairs for text in pair), folder / "spm.model", 8000)
        marian.save(marian.fresh(folder / "spm.model"), folder / "spm.model", folder / "start", "en", "de")
        plain = _plain(folder, pairs)
        stream = _stream(folder, pairs)
        ours, loop = _ours(folder, stream), _loop(folder, stream)
    for title, speed in (("Seq2SeqTrainer, its defaults", plain), ("mtpipe finetune", ours), ("bare loop", loop)):
        print(f"{title}: {speed:.0f} target tokens/s, {speed / plain:.2f} times the defaults")
    print(f"the trainer's cost beside the bare loop: {1 - ours / loop:+.1%}")


def _plain(folder: Path, pairs: list[tuple[str, str]]) -> float:
    checkpoint = families.load(folder / "start", "en", "de")
    tokenizer, model = checkpoint.tokenizer, checkpoint.model
    rows = [tokenizer(source, text_target=target, truncation=True, max_length=128)
            for source, target in random.Random(1).sample(pairs, 2000)]  # fmt: skip
    clock = Clock()
    arguments = Seq2SeqTrainingArguments(output_dir=str(folder / "plain"), max_steps=4 * STEPS, **_SHARED)
    trainer = Seq2SeqTrainer(model, arguments, DataCollatorForSeq2Seq(tokenizer, model), rows, callbacks=[clock])
    clock.wrap(trainer)
    trainer.train()
    return clock.tokens / clock.seconds


def _stream(folder: Path, pairs: list[tuple[str, str]]) -> Batches:
    lexicon = Lexicon("en", "de")
    lexicon.learn(pairs)
    items = material.align_pairs(pairs, lexicon)
    checkpoint = families.load(folder / "start", "en", "de")
    drawer = Drawer(items, starts.ANNOTATION, starts.CODE)
    return Batches([Source(items)], drawer, PieceEncoder(checkpoint.source, checkpoint.target), Plan().budget, 1)


def _ready(folder: Path) -> torch.nn.Module:
    return starts.ready(starts.Start(families.load(folder / "start", "en", "de"), True), 0)


def _ours(folder: Path, stream: Batches) -> float:
    clock = Clock()
    plan = Plan(steps=STEPS, evaluate_every=10 * STEPS)
    trainer = TranslationTrainer(_ready(folder), stream, plan, folder / "ours", lambda model: {"chrf": 0.0}, [clock])
    clock.wrap(trainer)
    trainer.train()
    return clock.tokens / clock.seconds


def _loop(folder: Path, stream: Batches) -> float:
    model = _ready(folder).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    padding, start = model.config.pad_token_id, model.config.decoder_start_token_id
    tokens, seconds = 0, 0.0
    again = Batches(stream.sources, stream.drawer, stream.encode, stream.budget, 1)
    for number, batch in zip(range(STEPS), again):
        since = time.perf_counter()
        inputs = {name: torch.from_numpy(array) for name, array in collate(batch, padding, start).items()}
        labels, guide = inputs.pop("labels"), inputs.pop("guide")
        with torch.autocast("cpu", torch.bfloat16):
            outputs = model(**inputs, output_attentions=True, use_cache=False)
            loss, _ = smoothed(outputs.logits, labels, 0.1, padding)
        attention = outputs.cross_attentions[-1][:, 0].float()
        known = guide.sum(-1) > 0
        (loss - 0.3 * (guide * torch.log(attention + 1e-6)).sum(-1)[known].mean()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if number >= WARM:
            tokens += int((labels != IGNORED).sum())
            seconds += time.perf_counter() - since
    return tokens / seconds


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
