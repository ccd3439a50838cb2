import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.config import Job
from mtpipe.errors import ConfigError, InputError, JobStateError
from mtpipe.io.lock import Lock
from mtpipe.mt.fake import FakeTranslator
from mtpipe.pipeline import job_folder, jobs, review, shards
from mtpipe.report.model import JobReport

DOCUMENTS = 24


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "in"
    for n in range(DOCUMENTS):
        path = folder / f"part{n % 3}" / f"page{n:02}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Open the cell {n}. Close the row.\n\nPage {n // 2} ends here.\n")
    (folder / "picture.png").write_bytes(b"\x89PNG\0")
    return folder


def job(source, out, **settings):
    return Job(source, out, "en", "de", **{"mt": "fake", "editors": ()} | settings)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and ".mtpipe" not in path.parts}  # fmt: skip


def counted(report, *more):
    """The report without what differs from run to run."""
    changing = ("created", "seconds", "peak_memory", "job", *more)
    return {key: value for key, value in report.to_dict().items() if key not in changing}


def test_each_file_is_in_one_shard_whatever_else_there_is(source, tmp_path):
    whole = [file.name for file in job_folder.files(job(source, tmp_path / "out"))]
    for count in (1, 2, 7, 40):
        names = [[file.name for file in job_folder.files(job(source, tmp_path / "out", shard=(k, count)))]
                 for k in range(1, count + 1)]  # fmt: skip
        assert sorted(sum(names, [])) == sorted(whole)
        assert all(part == sorted(part) for part in names)
    before = {file.name for file in job_folder.files(job(source, tmp_path / "out", shard="1/2"))}
    (source / "new.txt").write_text("A new one.")
    after = {file.name for file in job_folder.files(job(source, tmp_path / "out", shard="1/2"))}
    assert after - {"new.txt"} == before


def test_shards_and_their_merged_report_are_those_of_the_whole_job(source, tmp_path):
    whole = jobs.run(job(source, tmp_path / "whole"))
    for k in (3, 1, 2):
        report = jobs.run(job(source, tmp_path / "out", shard=(k, 3)))
        assert report.job.shard == f"{k}/3" and 0 < report.totals.documents < DOCUMENTS
    merged = shards.merge(tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert counted(merged) == counted(whole)
    assert replace(merged.job, out="") == replace(whole.job, out="")
    assert len(merged.segments) == 3 * DOCUMENTS and merged.segments == whole.segments
    assert JobReport.read(tmp_path / "out/.mtpipe/report.json").to_dict() == merged.to_dict()
    assert "Open the cell 17." in (tmp_path / "out/.mtpipe/report.html").read_text()
    again = shards.merge(tmp_path / "out")
    assert counted(again) == counted(merged)


def test_what_people_review_is_there_after_merging(source, tmp_path):
    for k in (1, 2):
        jobs.run(job(source, tmp_path / "out", shard=(k, 2)))
    shards.merge(tmp_path / "out")
    rows, languages = review.sentences(review.state_folder(tmp_path / "out"))
    assert languages == ("en", "de") and len(rows) == 3 * DOCUMENTS
    edited = review.take_in(tmp_path / "out/.mtpipe", {rows[0].id: "Von Hand."})
    assert edited.edited == (rows[0].id,) and "Von Hand." in (tmp_path / "out" / rows[0].document).read_text()
    listed = {entry.id: entry for entry in shards.merge(tmp_path / "out").segments}
    assert len(listed) == len(rows) and listed[rows[0].id].target == "Von Hand."
    shard = job_folder.shard_of(rows[0].document, 5)
    jobs.run(job(source, tmp_path / "out", shard=(shard, 5)))
    assert "Von Hand." in (tmp_path / "out" / rows[0].document).read_text()


def test_another_count_takes_up_what_is_finished(source, tmp_path):
    for k in (1, 2, 3):
        jobs.run(job(source, tmp_path / "out", shard=(k, 3)))
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.txt")}
    for k in (1, 2):
        report = jobs.run(job(source, tmp_path / "out", shard=(k, 2)))
        assert report.totals.unique_units == report.totals.reused > 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.txt")} == times
    assert sorted(path.name for path in (tmp_path / "out/.mtpipe/parts").iterdir()) == ["1-of-2", "2-of-2"]
    whole = jobs.run(job(source, tmp_path / "out"))
    assert whole.totals.unique_units == whole.totals.reused and whole.job.shard == ""
    assert list((tmp_path / "out/.mtpipe/parts").iterdir()) == []


def test_a_whole_job_is_taken_up_by_shards(source, tmp_path):
    jobs.run(job(source, tmp_path / "out"))
    report = jobs.run(job(source, tmp_path / "out", shard="2/4"))
    assert report.totals.unique_units == report.totals.reused > 0


def test_shards_of_another_count_and_the_whole_job_wait_for_those_at_work(source, tmp_path, monkeypatch):
    jobs.run(job(source, tmp_path / "out", shard="1/2"))
    monkeypatch.setattr("mtpipe.pipeline.job_store._ENDING", 0.1)
    with Lock(tmp_path / "out/.mtpipe/parts/1-of-2"):
        jobs.run(job(source, tmp_path / "out", shard="2/2"))
        for settings in ({"shard": "1/3"}, {}):
            with pytest.raises(JobStateError, match="another mtpipe job is running in this folder; wait for it"):
                jobs.run(job(source, tmp_path / "out", **settings))
        with pytest.raises(JobStateError, match="1-of-2.*another mtpipe job is running"):
            jobs.run(job(source, tmp_path / "out", shard="1/2"))
        with pytest.raises(JobStateError, match="another mtpipe job is running"):
            shards.merge(tmp_path / "out")


def test_a_shard_without_documents(source, tmp_path):
    empty = next(k for k in range(1, 200) if not job_folder.files(job(source, tmp_path / "out", shard=(k, 199))))
    report = jobs.run(job(source, tmp_path / "out", shard=(empty, 199)))
    assert report.totals.documents == 0 and report.signature and report.job.shard == f"{empty}/199"


@pytest.mark.parametrize("shard, message", [
    ("3", 'is not a shard; give "number/count", such as 3/8'), ("0/3", "the number goes from 1 to the count, 3"),
    ("4/3", "the number goes from 1 to the count, 3"), ("a/b", "is not a shard"),
])  # fmt: skip
def test_what_is_no_shard(source, tmp_path, shard, message):
    with pytest.raises(ConfigError, match=message):
        job(source, tmp_path / "out", shard=shard)


def test_a_missing_shard_is_told(source, tmp_path):
    for k in (1, 3):
        jobs.run(job(source, tmp_path / "out", shard=(k, 3)))
    assert shards.merge(tmp_path / "out").faults == ("shard 2/3 has no report: run it with --shard 2/3",)
    result = CliRunner().invoke(main, ["merge", str(tmp_path / "out")])
    assert result.exit_code == 4 and "mtpipe: shard 2/3 has no report: run it with --shard 2/3" in result.stderr


def test_reports_from_other_machines_are_joined(source, tmp_path):
    whole = jobs.run(job(source, tmp_path / "whole"))
    for k in (1, 2):
        jobs.run(job(source, tmp_path / f"out{k}", shard=(k, 2)))
    other = tmp_path / "out2/.mtpipe/parts/2-of-2/report.json"
    result = CliRunner().invoke(main, ["merge", str(tmp_path / "out1"), str(other), "--json"])
    merged = json.loads(result.stdout)
    assert result.exit_code == 0 and merged["documents"] == whole.to_dict()["documents"]
    assert merged["totals"]["segments"] == whole.totals.segments


def test_what_can_not_be_merged(source, tmp_path):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError, match="nothing: not the report of a shard; give what `mtpipe translate --shard`"):
        shards.merge(tmp_path / "nothing")
    jobs.run(job(source, tmp_path / "a", shard="1/2"))
    jobs.run(job(source, tmp_path / "b", shard="1/3"))
    jobs.run(job(source, tmp_path / "c", shard="2/2", options={"mt.fake": {"digest": "other"}}))
    with pytest.raises(InputError, match="shards of 2 and 3; give the reports of one job"):
        shards.merge(tmp_path / "a", [tmp_path / "b/.mtpipe/parts/1-of-3"])
    with pytest.raises(InputError, match="were not done in the same way .*run those again that differ"):
        shards.merge(tmp_path / "a", [tmp_path / "c/.mtpipe/parts/2-of-2"])


def test_reports_of_shards_go_where_the_job_says(source, tmp_path):
    for k in (1, 2):
        jobs.run(job(source, tmp_path / "out", shard=(k, 2), report_dir=tmp_path / "reports"))
    assert (tmp_path / "reports/1-of-2/report.json").is_file()
    shards.merge(tmp_path / "out", report_dir=tmp_path / "reports")
    assert JobReport.read(tmp_path / "reports/report.json").totals.documents == DOCUMENTS + 1


@pytest.mark.slow
def test_processes_killed_at_random_and_resumed_under_another_count_lose_and_double_nothing(source, tmp_path):
    whole = jobs.run(job(source, tmp_path / "whole"))
    out, log = tmp_path / "out", tmp_path / "log"
    for count in (4, 3, 5):
        running = [begun(source, out, k, count, log) for k in range(1, count + 1)]
        time.sleep(1.5)
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.wait()
    for k in (1, 2):
        process = begun(source, out, k, 2, log)
        assert process.wait() == 0
    merged = shards.merge(out)
    assert contents(out) == contents(tmp_path / "whole")
    assert counted(merged, "totals") == counted(whole, "totals")
    assert merged.totals.unique_units == whole.totals.unique_units
    translated = Counter(line for path in log.iterdir() for line in path.read_text().splitlines())
    assert len(translated) == whole.totals.unique_units
    # each of the twelve that were killed had a window in hand, and the next one ahead
    assert sum(count - 1 for line, count in translated.items() if line.startswith("Open")) <= 2 * 12


def begun(source, out, number, count, log):
    """A process that does one shard, slowly, and writes down what it translates."""
    log.mkdir(exist_ok=True)
    script = f"""
import os, time
from pathlib import Path
from mtpipe.config import Job
from mtpipe.mt.fake import FakeTranslator
from mtpipe.pipeline import jobs
def translate(self, segments, translate=FakeTranslator.translate):
    with open({str(log)!r} + f"/{{os.getpid()}}", "a") as file:
        file.writelines(segment.source + "\\n" for segment in segments)
    time.sleep(0.02 * len(segments))
    return translate(self, segments)
FakeTranslator.translate = translate
jobs.run(Job(Path({str(source)!r}), Path({str(out)!r}), "en", "de", mt="fake", editors=(), window_bytes=1,
             shard=({number}, {count})))
"""
    root = Path(__file__).parents[3]
    return subprocess.Popen([sys.executable, "-c", script], cwd=root, env=os.environ | {"PYTHONPATH": str(root)})


class Sharer(FakeTranslator):
    """Writes down what it translates in the file at log; before its first sentence it does another shard."""

    def __init__(self, log, source="", out="", shard=""):
        super().__init__()
        self._log, self._other = Path(log), (Path(source), Path(out), shard) if shard else None

    def translate(self, segments):
        if self._other:
            (folder, out, shard), self._other = self._other, None
            jobs.run(job(folder, out, shard=shard, mt=SHARER, options={f"mt.{SHARER}": {"log": str(self._log)}}))
        with self._log.open("a", encoding="utf-8") as file:
            file.writelines(f"{segment.source}\n" for segment in segments)
        return super().translate(segments)


SHARER = f"{__name__}:Sharer"


def translated(path):
    return Counter(path.read_text().splitlines())


def test_a_shard_does_not_translate_what_another_has_translated(source, tmp_path):
    options = {f"mt.{SHARER}": {"log": str(tmp_path / "log")}}
    for k in (1, 2, 3):
        jobs.run(job(source, tmp_path / "out", shard=(k, 3), mt=SHARER, options=options))
    assert set(translated(tmp_path / "log").values()) == {1}
    merged, whole = shards.merge(tmp_path / "out"), jobs.run(job(source, tmp_path / "whole"))
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert (merged.totals.unique_units, merged.totals.reused) == (whole.totals.unique_units, 0)


def test_what_another_shard_translates_meanwhile_is_found_portion_by_portion(source, tmp_path):
    settings = {"log": str(tmp_path / "log"), "source": str(source), "out": str(tmp_path / "out"), "shard": "2/2"}
    jobs.run(job(source, tmp_path / "out", shard="1/2", mt=SHARER, options={f"mt.{SHARER}": settings},
                 units_per_chunk=1))  # fmt: skip
    doubled = {text for text, count in translated(tmp_path / "log").items() if count > 1}
    assert len(doubled) <= 2  # the portions that were looked up before the other shard had begun
    assert sum(1 for path in (tmp_path / "out").rglob("*.txt")) == DOCUMENTS


def test_the_state_of_another_shard_may_be_damaged(source, tmp_path):
    part = tmp_path / "out/.mtpipe/parts/2-of-2"
    part.mkdir(parents=True)
    (part / "job.sqlite").write_bytes(b"SQLite format 3\0" + b"?" * 5000)
    report = jobs.run(job(source, tmp_path / "out", shard="1/2"))
    assert report.totals.failed == 0 and report.totals.written > 0
