"""Compute types of the CTranslate2 adapter by processor: python -m tests.benchmarks.precision [ROUNDS] prints a table.

Each cell translates data/quick/en-de.jsonl in a process of its own, in which the libraries may use the instructions of
an older processor only; the cells take turns, speed (words per CPU second) is the median over the rounds of the ratio
to the first cell.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import mean, median
from time import process_time
from typing import Any

import sacrebleu

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.models import registry
from mtpipe.mt.ct2 import CTranslate2Translator
from tests.benchmarks.child import ROOT

# what each library calls the processor: with VNNI, with AVX-512 but without VNNI, with AVX2, older
PROCESSORS = {
    "native": {},
    "AVX-512": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE", "MKL_ENABLE_INSTRUCTIONS": "AVX512"},
    "AVX2": {"CT2_FORCE_CPU_ISA": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "SSE4.1": {"CT2_FORCE_CPU_ISA": "GENERIC", "ONEDNN_MAX_CPU_ISA": "SSE41"},
}
COMPUTE_TYPES = "auto", "int8", "float32"
QUICK = ROOT / "data/quick/en-de.jsonl"


def translated(compute_type: str) -> dict[str, Any]:
    """The quick set's drafts and scores by one compute type in this process, and the CPU seconds after a warm-up."""
    rows = [json.loads(line) for line in QUICK.read_text(encoding="utf-8").splitlines()]
    segments = [Segment(str(k), row["source"], codes=inline_codes.find(row["source"])) for k, row in enumerate(rows)]
    translator = CTranslate2Translator(registry.find("en", "de").folder, compute_type=compute_type)
    translator.translate(segments[:8])
    start = process_time()
    drafts = translator.translate(segments)
    seconds = process_time() - start
    pairs = [(row["source"], row["reference"]) for row in rows]
    return {
        "chosen": translator.compute_type, "texts": [draft.text for draft in drafts], "seconds": seconds,
        "lowest": min(draft.score for draft in drafts if draft.score is not None),
        "references": mean(translator.score(pairs)),
    }  # fmt: skip


def run(processor: str, compute_type: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.precision", "--cell", compute_type]
    result = subprocess.run(command, env=os.environ | PROCESSORS[processor], cwd=ROOT, capture_output=True, text=True,
                            check=True)  # fmt: skip
    return json.loads(result.stdout.splitlines()[-1])


def main(rounds: int) -> None:
    references = [json.loads(line)["reference"] for line in QUICK.read_text(encoding="utf-8").splitlines()]
    cells = [(processor, compute_type) for processor in PROCESSORS for compute_type in COMPUTE_TYPES]
    outcomes = [{cell: run(*cell) for cell in cells} for _ in range(rounds)]
    print("| processor | compute type | chosen | chrF2++ | BLEU | speed ÷ first | lowest score | references' score |")
    print("|---|---|---|---|---|---|---|---|")
    for cell in cells:
        last = outcomes[-1][cell]
        chrf = sacrebleu.corpus_chrf(last["texts"], [references], word_order=2).score
        bleu = sacrebleu.corpus_bleu(last["texts"], [references]).score
        speed = median(outcome[cells[0]]["seconds"] / outcome[cell]["seconds"] for outcome in outcomes)
        figures = f"{chrf:.2f} | {bleu:.2f} | {speed:.2f} | {last['lowest']:.2f} | {last['references']:.3f}"
        print(f"| {cell[0]} | {cell[1]} | {last['chosen']} | {figures} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--cell"]:
        print(json.dumps(translated(sys.argv[2])))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 3)
