"""What LoRA and preference tuning change on tiny models of real architectures: `python -m tests.benchmarks.preference`.

Made-up office sentences whose draft has another word for its term; no sentence of the development text is trained on.
It shows that the code learns what it is given, and nothing about the quality of a model that somebody would use.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import (
    AutoTokenizer,
    Gemma2Config,
    Gemma2ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from eval.harness.tables import markdown
from mtpipe.formats.jsonl import JsonLinesFormat
from mtpipe.training import language_model, refiner_preference
from mtpipe.training.development import Scores
from mtpipe.training.finetuning import TrainingRecipe, finetune
from mtpipe.training.trainer import Plan
from tests.support import tiny_language_models
from tests.support.bilingual import english_spanish

TERMS = {"table": ("tabla", "mesa"), "file": ("archivo", "fichero"), "cell": ("celda", "casilla"),
         "folder": ("carpeta", "directorio"), "sheet": ("hoja", "lámina")}  # fmt: skip
DEV = 60  # sentences
REFINER = {"d_model": 64, "encoder_layers": 1, "decoder_layers": 2, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128,
           "encoder_attention_heads": 2, "decoder_attention_heads": 2}  # fmt: skip
CAUSAL = {"hidden_size": 96, "intermediate_size": 192, "num_hidden_layers": 2, "num_attention_heads": 4,
          "num_key_value_heads": 2, "max_position_embeddings": tiny_language_models.CONTEXT}  # fmt: skip
ARCHITECTURES = {"Llama": (LlamaForCausalLM, LlamaConfig), "Qwen 2": (Qwen2ForCausalLM, Qwen2Config),
                 "Gemma 2": (Gemma2ForCausalLM, Gemma2Config)}  # fmt: skip
Row = dict[str, Any]


def rows() -> Iterator[Row]:
    """As `mtpipe preferences` writes them, a sentence once."""
    for source, target in dict(english_spanish(3000)).items():
        for term, (right, wrong) in TERMS.items():
            if f" {term} " in f"{source} ".replace(".", " ") and right in target:
                draft, terms = target.replace(right, wrong), [{"source": term, "targets": [right]}]
                yield {"system": "Revise the draft.", "user": f"{source}\n{draft}\n{term} → {right}", "source": source,
                       "draft": draft, "terms": terms, "chosen": target, "rejected": draft}  # fmt: skip
                break


def write(path: Path, lines: list[Row]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def refiner(folder: Path, lines: list[Row]) -> Path:
    """A refiner trained from random weights for a short while."""
    path = write(folder / "triplets.jsonl", [{"id": str(n), "reference": line["chosen"],
                                              **{name: line[name] for name in ("source", "draft", "terms")}}
                                             for n, line in enumerate(lines)])  # fmt: skip
    segments = [segment for _, segment in JsonLinesFormat("en", "es").read_rows(path)]
    plan = Plan(steps=25, budget=1200, learning_rate=4e-3, evaluate_every=25, keep=2)
    recipe = TrainingRecipe((), "en", "es", folder / "refiner", base="none", shape=REFINER, vocabulary=420, plan=plan,
                            task="post-edit", triplets=segments)  # fmt: skip
    outcome = finetune(recipe)
    assert outcome is not None
    return outcome.folder


def causal(folder: Path, name: str) -> Path:
    """A causal model of random weights with a byte-level tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_language_models.llama(folder / "tokenizer"))
    model, config = ARCHITECTURES[name]
    more = {"head_dim": 24} if name == "Gemma 2" else {}
    torch.manual_seed(1)
    made = model(config(**CAUSAL, **more, vocab_size=len(tokenizer), eos_token_id=tokenizer.eos_token_id,
                        bos_token_id=tokenizer.bos_token_id))  # fmt: skip
    base = folder / name.replace(" ", "-")
    made.save_pretrained(base)
    tokenizer.save_pretrained(base)
    return base


def table(steps: int = 30) -> str:
    lines = list(rows())
    lines, dev = lines[DEV:], lines[:DEV]
    results: list[list[str]] = []

    def add(name: str, task: str, scores: tuple[Scores, Scores]) -> None:
        before, after = scores
        results.append([name, task, *(f"{one[key]:.3f}" for key in ("nll", "preferred") for one in (before, after))])
        print(results[-1], file=sys.stderr)

    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pairs, dev_pairs = write(folder / "pairs.jsonl", lines), write(folder / "dev.jsonl", dev)
        base = refiner(folder, lines)
        recipe = refiner_preference.RefinerRecipe(
            refiner_preference.read([pairs], "en", "es"), "en", "es", base, folder / "tuned",
            refiner_preference.read([dev_pairs], "en", "es"), steps=steps, learning_rate=1e-3,
        )  # fmt: skip
        add("Marian encoder-decoder, a refiner", "preference, all weights",
            refiner_preference.tune(recipe).scores["development"])
        for name in ARCHITECTURES:
            model = causal(folder, name)
            for task in language_model.TASKS:
                tuning = language_model.TuningRecipe(
                    language_model.read([pairs]), model, folder / f"{model.name}.{task}", task,
                    language_model.read([dev_pairs]), steps=steps, learning_rate=5e-3,
                )  # fmt: skip
                add(f"{name}, random weights", f"{task}, LoRA",
                    language_model.tune(tuning).scores["development"])
    heads = ["model", "task", "nll of an accepted token before", "after", "accepted text preferred before", "after"]
    note = (f"{len(lines)} preferences of made-up sentences, {len(dev)} others to measure with; {steps} steps of 8. "
            "Models of 0.1 to 1 million weights: it is shown that the code learns, not how good a model gets.")
    return "\n".join(["# Preference tuning and LoRA on tiny models", "",
                      "`make eval-preference`; accepted text preferred: likelier per token than the refused one.", "",
                      *markdown(heads, results, 2), "", note, ""])  # fmt: skip


if __name__ == "__main__":
    print(table(*map(int, sys.argv[1:])))
