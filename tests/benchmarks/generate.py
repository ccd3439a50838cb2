"""transformers' generate on lines, for a Python that has torch: generate.py FOLDER BEAM < lines as JSON.

FOLDER holds hf/ (a Marian model) and spm.model. Prints seconds and texts as JSON; needs nothing of mtpipe.
"""

import json
import sys
from pathlib import Path
from time import perf_counter

import sentencepiece
import torch
import transformers

LINES = 32  # a batch, of similar lengths


def main(folder: Path, beam_size: int) -> None:
    lines = json.load(sys.stdin)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spm.model"))
    vocabulary = json.loads((folder / "hf" / "vocab.json").read_text(encoding="utf-8"))
    names = {number: piece for piece, number in vocabulary.items()}
    model = transformers.MarianMTModel.from_pretrained(folder / "hf").eval()
    model.model.shared.weight.data[model.config.pad_token_id] = 0  # CTranslate2 begins with a zero, the pad's as a rule
    end, pad, unknown = model.config.eos_token_id, model.config.pad_token_id, vocabulary["<unk>"]
    start = perf_counter()
    encoded = pieces.encode(lines, out_type=str)
    sources = [[vocabulary.get(piece, unknown) for piece in line] + [end] for line in encoded]
    order = sorted(range(len(lines)), key=lambda i: len(sources[i]))
    texts = [""] * len(lines)
    for k in range(0, len(order), LINES):
        batch = order[k : k + LINES]
        longest = max(len(sources[i]) for i in batch)
        ids = torch.tensor([sources[i] + [pad] * (longest - len(sources[i])) for i in batch])
        with torch.inference_mode():
            made = model.generate(ids, attention_mask=(ids != pad).long(), num_beams=beam_size, max_length=256)
        for i, row in zip(batch, made.tolist()):
            texts[i] = pieces.decode([names[number] for number in row if number not in (end, pad)])
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}, {torch.get_num_threads()} threads"
    print(json.dumps({"wall": perf_counter() - start, "texts": texts, "versions": versions}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
