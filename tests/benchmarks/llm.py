"""What an LLM would get to do after the ladder, and what the guard makes of the worst LLMs: eval/llm.md.

python -m tests.benchmarks.llm LEXICON FOLDER DRAFTS…: see `make eval-llm`.
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from mtpipe.config import Job
from mtpipe.llm import Reply
from mtpipe.llm.prompts import Prompt
from mtpipe.pipeline import jobs
from mtpipe.pipeline.bilingual import score
from mtpipe.pipeline.job_store import Store
from mtpipe.terminology.inflected_match import evidence
from tests.support.tiny_language_models import llama

LANGS = "en", "es"
FIRST = 100
_TERM = re.compile(r"^- use: .* → (.*)$|^- keep exactly as it is: (.*)$", re.MULTILINE)
_DRAFT = re.compile(r"<draft(-\d+)?>(.*)</draft")
_TASK = "The text to revise:"


class Nonsense:
    """An LLM without sense that has every term: letters by chance around them, or, sly, the terms in place of words of
    the draft taken by chance."""

    is_remote = False

    def __init__(self, sly: bool = False):
        self.name = self.digest = "sly nonsense" if sly else "nonsense"
        self._sly = sly

    def complete(self, prompts: list[Prompt]) -> list[Reply]:
        return [Reply(self._answer(prompt.user), len(prompt.user.split()), 10) for prompt in prompts]

    def _answer(self, user: str) -> str:
        task = user[user.index(_TASK) :]
        chance = random.Random(task)
        terms = [(use or keep).split(" | ")[0] for use, keep in _TERM.findall(task)]
        words = _DRAFT.search(task)[2].split()  # type: ignore[index]
        if not self._sly:
            words = ["".join(chance.choices("aeioubcdfglmnprst", k=chance.randint(1, 9))) for _ in words]
        words += [""] * (len(terms) - len(words))
        for place, term in zip(chance.sample(range(len(words)), len(terms)), terms, strict=True):
            words[place] = term
        return " ".join(words)


def main(lexicon: str, out: str, *drafts: str) -> None:
    """Prints the page; out: a folder for what is made; drafts: segments JSON Lines."""
    paths = [Path(item) for item in drafts]
    print("# What is left for an LLM, and what the guard makes of the worst ones\n")
    print("WMT25 EN-ES, drafts made without terms: `make eval-llm`.\n\n## Sentences sent to an LLM after the ladder\n")
    print("| drafts | sentences | wrong | sent | share |\n|---|---:|---:|---:|---:|")
    for path in paths:
        report = run(path, Path(out, "ladder", path.name), lexicon, None, ("tests.benchmarks.llm:Nonsense", {}))
        first, *_, last = (step for step in report.terms.steps if step.segments is not None)
        print(f"| {path.stem} | {report['totals']['segments']} | {first.segments} | {last.segments} | "
              f"{report['llm']['share']:.1%} |", flush=True)  # fmt: skip
    print("\n## The worst LLMs alone: no other rung, no model that scores, no second answer\n")
    print("| LLM | drafts | proposals | with all terms asked for | accepted | chrF2++ draft | result | refused |")
    print("|---|---|---:|---:|---:|---:|---:|---|")
    with TemporaryDirectory() as folder:
        weights = {"model": str(llama(Path(folder))), "max_tokens": 400}
        for name, llm, chosen in (
            ("random weights, constrained", ("hf", weights), [head(paths[0], Path(out))]),
            ("letters by chance", ("tests.benchmarks.llm:Nonsense", {}), paths[:3]),
            ("terms in place of words by chance", ("tests.benchmarks.llm:Nonsense", {"sly": True}), paths[:3]),
        ):
            for path in chosen:
                edited = Path(out, name.split()[0], path.name)
                worst(name, path, edited, run(path, edited, lexicon, ("llm",), llm))


def head(path: Path, out: Path) -> Path:
    """The first drafts of a file, for an LLM that is slow."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[:FIRST]
    first = out / f"{path.stem}-{FIRST}.jsonl"
    first.write_text("".join(lines), encoding="utf-8")
    return first


def worst(name: str, path: Path, edited: Path, report: dict) -> None:
    """Prints the row of an LLM that worked alone."""
    made, whole = proposals(edited.with_name(f"{edited.name}.mtpipe"))
    before, after = (score(file, *LANGS, metrics=("chrf",))[0].value for file in (path, edited))
    refused = sorted(report.edits.refused.get("llm", {}).items(), key=lambda item: -item[1])
    reasons = ", ".join(f"{reason} {count}" for reason, count in refused)
    print(f"| {name} | {path.stem} | {made} | {whole / made:.3f} | {report['edits']['accepted']['llm']} | "
          f"{before:.2f} | {after:.2f} | {reasons} |", flush=True)  # fmt: skip


def run(path: Path, out: Path, lexicon: str, editors: tuple[str, ...] | None, llm: tuple[str, dict]) -> dict:
    name, options = llm
    out.parent.mkdir(parents=True, exist_ok=True)
    job = Job(path, out, *LANGS, mt="none" if editors else "ct2", lexicon=Path(lexicon), editors=editors, llm=name,
              options={f"llm.{name}": options, "editor.llm": {"retries": 0, "shots": 0, "context": False}})  # fmt: skip
    return jobs.run(job)


def proposals(folder: Path) -> tuple[int, int]:
    """(texts that the LLM gave, those of them with every term that the draft lacked)."""
    made = whole = 0
    with Store(folder) as store:
        for unit in store.edited():
            for edit in unit.edits:
                if edit.reason in ("no-answer", "not-taken", "empty"):
                    continue
                lacking = [term for term in unit.terms if not evidence(term, edit.before, LANGS[1])]
                made += 1
                whole += all(evidence(term, edit.after, LANGS[1]) for term in lacking)
    return made, whole


if __name__ == "__main__":
    main(*sys.argv[1:])
