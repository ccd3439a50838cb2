"""What every engine must do: the same documents and the same report, whatever happens to its workers."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from mtpipe.config import Job
from mtpipe.errors import ConfigError, GlossaryError, InputError, MtpipeError
from mtpipe.mt.fake import FakeTranslator
from mtpipe.pipeline import jobs
from mtpipe.pipeline.engines.processes import share

PROCESSES = pytest.param("processes")
RAY = pytest.param("ray", marks=[
    pytest.mark.slow, pytest.mark.skipif(not find_spec("ray"), reason="needs ray: pip install 'mtpipe[ray]'")
])  # fmt: skip
MACHINES = pytest.mark.parametrize("engine", [PROCESSES, RAY])
ROOT = Path(__file__).parents[3]


class Fatal(FakeTranslator):
    """Ends its process at "Kill me.": each time, or only at the first of all times where `once` is a file to note it.

    Writes down what it translates in the folder at log.
    """

    def __init__(self, once: str = "", log: str = "", seconds: float = 0.0):
        super().__init__()
        self._once, self._log, self._wait = Path(once) if once else None, log, seconds

    def translate(self, segments):
        if any(segment.source == "Kill me." for segment in segments) and not (self._once and self._once.exists()):
            if self._once:
                self._once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if self._log:
            with open(Path(self._log, str(os.getpid())), "a", encoding="utf-8") as file:
                file.writelines(f"{segment.source}\n" for segment in segments)
        time.sleep(self._wait * len(segments))
        return super().translate(segments)


class Picky(FakeTranslator):
    """Can't go on."""

    def translate(self, segments):
        raise InputError("a.txt#1: the translator can't go on")


FATAL, PICKY = f"{__name__}:Fatal", f"{__name__}:Picky"


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "in"
    for n in range(12):
        path = folder / f"part{n % 3}" / f"page{n:02}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Open the cell {n}. Close the row.\n\nPage {n // 2} ends here.\n")
    (folder / "picture.png").write_bytes(b"\x89PNG\0")
    (folder / "broken.jsonl").write_text("{")
    return folder


def job(source, out, engine, **settings):
    return Job(source, out, "en", "de", **{"mt": "fake", "editors": (), "engine": engine, "workers": 2} | settings)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and ".mtpipe" not in path.parts}  # fmt: skip


def counted(report, *more):
    """The report without what differs from run to run."""
    changing = ("created", "seconds", "peak_memory", "job", *more)
    return {key: value for key, value in report.to_dict().items() if key not in changing}


@MACHINES
def test_documents_and_report_are_those_of_the_serial_engine(source, tmp_path, engine):
    (tmp_path / "terms.csv").write_text("source,target\ncell,Zelle\nrow,Zeile\n")
    settings = {"glossary": tmp_path / "terms.csv", "editors": ("nbest",)}
    serial = jobs.run(job(source, tmp_path / "serial", "serial", **settings))
    report = jobs.run(job(source, tmp_path / "out", engine, **settings))
    assert contents(tmp_path / "out") == contents(tmp_path / "serial")
    assert counted(report) == counted(serial) and report.faults == ()
    assert replace(report.job, out="") == replace(serial.job, out="")
    assert report.terms.required > 0 and report.totals.failed == 1
    again = jobs.run(job(source, tmp_path / "out", engine, **settings, workers=1))
    assert again.totals.reused == again.totals.unique_units == serial.totals.unique_units
    serially = jobs.run(job(source, tmp_path / "out", "serial", **settings))
    assert serially.totals.reused == serial.totals.unique_units and counted(serially) == counted(again)


@MACHINES
def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(source, tmp_path, engine):
    (source / "part1" / "page04.txt").write_text("Kill me.\n")
    whole = jobs.run(job(source, tmp_path / "serial", "serial"))
    options = {f"mt.{FATAL}": {"once": str(tmp_path / "killed")}}
    report = jobs.run(job(source, tmp_path / "out", engine, mt=FATAL, options=options))
    assert (tmp_path / "killed").exists() and contents(tmp_path / "out") == contents(tmp_path / "serial")
    assert counted(report, "signature", "faults") == counted(whole, "signature", "faults")
    assert len(report.faults) == 1 and "ended early" in report.faults[0]


def test_a_document_that_no_worker_survives_is_a_failed_row(source, tmp_path):
    (source / "part1" / "page04.txt").write_text("Kill me.\n")
    options = {"engine.processes": {"attempts": 2}}
    report = jobs.run(job(source, tmp_path / "out", "processes", mt=FATAL, options=options))
    rows = {row.path: row for row in report.documents}
    assert rows["part1/page04.txt"].state == "failed" and not (tmp_path / "out/part1/page04.txt").exists()
    assert "given up, 2 workers ended with it in hand (signal 9)" in rows["part1/page04.txt"].message
    assert sum(row.state == "written" for row in report.documents) == 11 and len(report.faults) == 2


@MACHINES
def test_an_error_in_a_worker_ends_the_job_with_its_message(source, tmp_path, engine):
    with pytest.raises(MtpipeError, match="a.txt#1: the translator can't go on"):
        jobs.run(job(source, tmp_path / "out", engine, mt=PICKY))
    report = jobs.run(job(source, tmp_path / "out", "serial"))
    assert report.totals.written == 12


@MACHINES
def test_a_bad_glossary_stops_the_job_before_it_begins(source, tmp_path, engine):
    (tmp_path / "g.csv").write_text("source,target\ncell,\n")
    with pytest.raises(GlossaryError):
        jobs.run(job(source, tmp_path / "out", engine, glossary=tmp_path / "g.csv"))
    assert not (tmp_path / "out").exists()


def test_an_engine_that_is_none(source, tmp_path):
    message = "engine = 'steam': no such engine plug-in; available: processes, ray, serial"
    with pytest.raises(ConfigError, match=message):
        job(source, tmp_path / "out", "steam")


def test_what_an_llm_may_cost_is_shared(source, tmp_path):
    calls = {"max_calls": 10, "max_cost": 6.0, "prices": {"m": [1, 2]}}
    part = share(job(source, tmp_path / "out", "processes", calls=calls), 4)
    assert (part.calls.max_calls, part.calls.max_cost) == (3, 1.5)
    assert share(job(source, tmp_path / "out", "processes"), 4).calls.max_calls == 0


@pytest.mark.slow
@MACHINES
def test_killed_with_all_its_workers_the_job_goes_on_under_another_count(source, tmp_path, engine):
    for n in range(40):
        (source / f"more{n}.txt").write_text(f"More of page {n}.\n")
    log = tmp_path / "log"
    log.mkdir()
    whole = jobs.run(job(source, tmp_path / "serial", "serial"))
    options = {f"mt.{FATAL}": {"log": str(log), "seconds": 0.1, "once": str(log / "none")}}
    for count in (3, 2):
        script = f"""
from mtpipe.config import Job
from mtpipe.pipeline import jobs
if __name__ == "__main__":
    jobs.run(Job({str(source)!r}, {str(tmp_path / 'out')!r}, "en", "de", mt={FATAL!r}, editors=(), engine={engine!r},
                 workers={count}, options={options!r}))
"""
        path = tmp_path / "head.py"
        path.write_text(script)
        folders = f"{ROOT}{os.pathsep}{Path(__file__).parent}"
        head = subprocess.Popen([sys.executable, str(path)], env=os.environ | {"PYTHONPATH": folders})
        while head.poll() is None and len(list(log.iterdir())) < count:
            time.sleep(0.1)
        time.sleep(0.7)
        head.send_signal(signal.SIGKILL)
        head.wait()
    report = jobs.run(job(source, tmp_path / "out", engine, mt=FATAL, options=options, workers=1))
    assert contents(tmp_path / "out") == contents(tmp_path / "serial")
    assert report.totals.unique_units == whole.totals.unique_units and report.totals.reused > 0
    lines = [line for file in log.iterdir() for line in file.read_text().splitlines() if line.startswith("More")]
    # what was in hand when its worker ended may be there twice
    assert len(set(lines)) == 40 and len(lines) - 40 <= 2 * 5 * 8
