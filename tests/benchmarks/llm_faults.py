"""What faults of an LLM's server cost a job: `mtpipe post-edit` against the scripted server, each fault in turn.

python -m tests.benchmarks.llm_faults [JOBS AT A TIME]: the table as Markdown on stdout; exits with 1 when a segment
is lost,
a paid answer is asked for again, or a resumed job leaves a term unmet that an undisturbed one meets.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mtpipe.cli import main as cli_main
from tests.support.llm_server import MODEL, LlmServer, said

ITEMS = ("table", "window", "folder", "printer", "keyboard", "screen", "button", "network", "server", "password",
         "document", "calendar")  # fmt: skip
WORDS = ("tableau", "fenêtre", "dossier", "imprimante", "clavier", "écran", "bouton", "réseau", "serveur",
         "mot de passe", "document", "calendrier")  # fmt: skip
SENTENCES = {f"We will check the {item} tomorrow morning." : f"Nous allons vérifier « {word} » demain matin."
             for item, word in zip(ITEMS, WORDS)}  # fmt: skip
DRAFT = "Nous allons vérifier cette chose demain matin."
CALLS = ("concurrency = 3", "timeout = 15", "max_wait = 0.3", "retries = 3", "max_failures = 3")
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.benchmarks.warm"])
PASSING = ("429", "429 date", "500", "503", "hang", "reset", "slow drip", "truncated JSON", "empty body", "HTML",
           "empty choices")  # fmt: skip
ANSWERED = ("prose", "wrong schema", "broken answer", "no content", "cut off", "refusal", "duplicate answers",
            "too long")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """Of the first run. faults: of the first calls; then: of all later ones; first: of the first one of each prompt."""

    name: str
    faults: tuple[str, ...] = ()
    then: str = ""
    first: str = ""
    killed_after: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    exits: tuple[int, int]
    calls: tuple[int, int]
    met: tuple[int, int]
    lost: int
    repeated: int
    message: str


def cases() -> Iterator[Case]:
    yield Case("none")
    yield from (Case(f"{fault}, 1st call of each prompt", first=fault) for fault in PASSING)
    for fault in ("429", "500", "reset", "hang"):
        yield Case(f"{fault}, for good after 4 answers", ("",) * 4, fault)
    yield from (Case(f"{fault}, 3 times", (fault,) * 3) for fault in ANSWERED)
    yield Case("account without money after 4 answers", ("",) * 4, "quota")
    yield Case("--max-calls 5", limit=5)
    yield from (Case(f"kill -9 after {count} answers", killed_after=count) for count in (2, 5, 9))


def answer(body: dict[str, Any]) -> str:
    source = re.findall(r"<source[^>]*>(.*?)</source", said(body), re.DOTALL)[-1]
    return json.dumps({"target": SENTENCES[source]}, ensure_ascii=False)


def tried(case: Case) -> Outcome:
    """The job under the case's faults, then the same job again with a server in order."""
    with TemporaryDirectory() as name, LlmServer(answer, case.faults, case.then, case.first, pause=0.3) as server:
        folder = Path(name)
        prepare(folder, server.url)
        first, message = run(folder, case, server)
        kept, met = server.answered, met_terms(folder)
        calls = len(server.received)
        server.faults, server.then, server.first = [], "", ""
        second, more = run(folder, Case(""), server)
        return Outcome(
            exits=(first, second), calls=(calls, len(server.received) - calls), met=(met, met_terms(folder)),
            lost=len(SENTENCES) - len(rows(folder)), repeated=repeated(kept, server, case), message=message or more,
        )  # fmt: skip


def prepare(folder: Path, url: str) -> None:
    terms = zip(SENTENCES, ITEMS, WORDS)
    drafts = [{"id": f"s{i}", "source": source, "draft": DRAFT, "terms": [{"source": item, "target": word}]}
              for i, (source, item, word) in enumerate(terms)]  # fmt: skip
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in drafts)
    (folder / "drafts.jsonl").write_text(text, encoding="utf-8")
    (folder / "mtpipe.toml").write_text("\n".join((
        '[job]\nllm = "openai"\nmt = "none"\neditors = ["llm"]\nsource_lang = "en"\ntarget_lang = "fr"',
        f'[llm.openai]\nmodel = "{MODEL}"\nbase_url = "{url}"\n[calls]', *CALLS,
    )))  # fmt: skip


def run(folder: Path, case: Case, server: LlmServer) -> tuple[int, str]:
    """Exit code and last line of stderr; a job to be killed gets its SIGKILL as soon as it has so many answers."""
    arguments = ["post-edit", "drafts.jsonl", "--out", "out.jsonl", "--quiet"]
    limit = ["--max-calls", str(case.limit)] if case.limit else []
    job = PROCESSES.Process(target=command, args=(folder, [*arguments, *limit]))
    job.start()
    while case.killed_after and job.exitcode is None:
        if len(server.answered) >= case.killed_after:
            job.kill()
        time.sleep(0.05)
    job.join()
    assert job.exitcode is not None
    time.sleep(0.5)  # the server's threads find out that their client is gone
    errors = (folder / "stderr").read_text().strip().splitlines()
    return job.exitcode, errors[-1] if errors else ""


def command(folder: Path, arguments: list[str]) -> None:
    """`mtpipe …` in a process of its own; one that has the imports done, as there are dozens of them."""
    os.chdir(folder)
    for name, number in (("stdout", 1), ("stderr", 2)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    cli_main.main(arguments)


def rows(folder: Path) -> list[dict[str, Any]]:
    """What the job wrote: segments with a target."""
    out = folder / "out.jsonl"
    if not out.exists():
        return []
    found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return [row for row in found if row.get("target") or row.get("draft")]


def met_terms(folder: Path) -> int:
    text = json.dumps(rows(folder), ensure_ascii=False)
    return sum(sentence in text for sentence in SENTENCES.values())


def repeated(kept: list[str], server: LlmServer, case: Case) -> int:
    """Prompts answered in the first run and again in the second, but for those on their way when a job was killed."""
    again = (Counter(server.answered) - Counter(kept)) & Counter(kept)
    under_way = 3 if case.killed_after else 0
    return max(again.total() - under_way, 0)


def line(case: Case, outcome: Outcome) -> str:
    exits, calls, met = ("/".join(map(str, pair)) for pair in (outcome.exits, outcome.calls, outcome.met))
    return f"| {case.name} | {calls} | {met} | {exits} | {outcome.lost} | {outcome.repeated} |"


HEAD = f"""# Faults of an LLM's server

`make check-llm`: a job `mtpipe post-edit` of {len(SENTENCES)} segments, each with a term unmet, against a scripted
server on loopback (real sockets) that answers right but for the fault; then the same command again with the server in
order. Figures: first run/second run. An answer on its way when a job is killed can't be kept: up to three, as many as
calls go out at a time.

| fault | calls | terms met | exit code | segments lost | calls repeated after the resume |
|---|---|---|---|---|---|"""


def main(jobs: int = 2) -> int:
    print(HEAD, flush=True)
    failures, messages = 0, []
    with ThreadPoolExecutor(jobs) as pool:
        for case, outcome in zip(cases(), pool.map(tried, cases())):
            print(line(case, outcome), flush=True)
            failures += bool(outcome.lost or outcome.repeated or outcome.exits[1])
            messages += [f"- {case.name}: {re.sub(r':[0-9]{4,5}/', ':…/', outcome.message)}"] if outcome.message else []
    print("\nWhat the first run said in the end:\n", *messages, sep="\n")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
