"""Memory and speed of `mtpipe corpus prepare` on made-up corpora: a TSV of many pairs, and a TMX that breaks off.

python -m tests.benchmarks.corpora [PAIRS] [TMX_BYTES]: prints what each took, in a process of its own.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

WORDS = [f"{start}{middle}{end}" for start in "bdfgklmnprstvz" for middle in ("a", "e", "i", "or", "un")
         for end in ("den", "lo", "mar", "net", "per", "ra", "sik", "tum", "vel", "wo", "xa", "zin")]  # fmt: skip


def pairs() -> Iterator[tuple[str, str]]:
    """Endless sentences of 4 to 24 words; each 20th is the one before again."""
    chance = random.Random(1)
    pair = "", ""
    number = 1
    while True:
        if number % 20:
            chosen = chance.choices(WORDS, k=chance.randint(4, 24))
            pair = " ".join(chosen).capitalize() + ".", " ".join(word[::-1] for word in chosen).capitalize() + "."
        yield pair
        number += 1


def prepared(path: Path, out: Path) -> str:
    """One preparation: pairs read and written, seconds, peak memory, and what was wrong."""
    command = [sys.executable, "-m", "mtpipe", "corpus", "prepare", str(path), "-s", "en", "-t", "xx", "-o", str(out)]
    start, before = time.monotonic(), _processor_time()
    done = subprocess.run([*command, "--json"], capture_output=True, text=True)
    seconds, busy = time.monotonic() - start, _processor_time() - before
    if done.returncode:
        return done.stderr
    facts = json.loads(done.stdout)
    kept = sum(part["pairs"] for part in facts["parts"].values())
    return (f"{path.name} ({path.stat().st_size / 1e6:.0f} MB): {facts['read']} pairs read, {kept} kept, "
            f"{seconds:.0f} s ({busy:.0f} s of processor), peak memory {facts['peak_memory'] / 2**20:.0f} MiB "
            f"{' '.join(facts['problems'])}")  # fmt: skip


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(count: int = 1_000_000, tmx_bytes: int = 1_000_000_000) -> None:
    with TemporaryDirectory(dir=os.environ.get("TMPDIR", ".")) as folder:
        tsv, tmx = Path(folder, "many.tsv"), Path(folder, "broken.tmx")
        with tsv.open("w", encoding="utf-8") as file:
            file.writelines(f"{source}\t{target}\n" for _, (source, target) in zip(range(count), pairs()))
        print(prepared(tsv, Path(folder, "tsv")), flush=True)
        tsv.unlink()
        with tmx.open("w", encoding="utf-8") as file:
            size = file.write('<?xml version="1.0"?>\n<tmx version="1.4"><header/><body>\n')
            endless = pairs()
            while size < tmx_bytes:
                sides = zip(*(next(endless) for _ in range(3)))
                source, target = (" ".join(side) for side in sides)
                size += file.write(f'<tu><tuv xml:lang="en"><note>{"x" * 4500}</note><seg>{source}</seg></tuv>'
                                   f'<tuv xml:lang="xx"><seg>{target}</seg></tuv></tu>\n')
            file.write("<tu><tuv><seg>cut")
        print(prepared(tmx, Path(folder, "tmx")), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
