import os
import subprocess
import sys
from pathlib import Path

import pytest

from mtpipe.config import Job
from mtpipe.pipeline import jobs, stages

PACKAGE = Path(stages.__file__).parents[1]
SCRIPT = """
import sys
from mtpipe.config import Job
from mtpipe.pipeline import jobs
print("reused:", jobs.run(Job(sys.argv[1], sys.argv[2], "en", "de", mt="fake", editors=())).totals.reused)
"""


@pytest.fixture
def job(tmp_path):
    (tmp_path / "a.txt").write_text("Open the cell.\n\nClose the row.\n")
    (tmp_path / "g.csv").write_text("source,target\ncell,Zelle\n")
    return Job(tmp_path / "a.txt", tmp_path / "b.txt", "en", "de", glossary=tmp_path / "g.csv", mt="fake",
               editors=("placement",), options={"editor.placement": {}})  # fmt: skip


def copy_of_the_package(folder):
    """mtpipe as links to its files, so that one of them can be replaced."""
    for path in PACKAGE.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            link = folder / "mtpipe" / path.relative_to(PACKAGE)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    return folder / "mtpipe"


def test_a_change_of_another_module_leaves_finished_units_done(tmp_path):
    package = copy_of_the_package(tmp_path / "code")
    (tmp_path / "a.txt").write_text("Open the cell.\n\nClose the row.\n")
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    env = os.environ | {"PYTHONPATH": str(package.parent)}

    def run():
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout.strip()

    assert run() == "reused: 0"
    for name in ("pipeline/summary.py", "formats/text.py"):
        text = (package / name).read_text() + "\n# another line\n"
        (package / name).unlink()
        (package / name).write_text(text)
    assert run() == "reused: 2"


@pytest.mark.parametrize(("stage", "drafts", "units", "is_written"), [
    ("match", 0, 0, True), ("translate", 0, 0, True), ("check", 2, 0, True), ("repair", 2, 0, True),
    ("write", 2, 2, True), (None, 2, 2, False),
])  # fmt: skip
def test_a_new_version_of_a_stage_does_again_what_follows(job, monkeypatch, stage, drafts, units, is_written):
    jobs.run(job)
    job.out.write_text("by hand")
    if stage:
        monkeypatch.setitem(stages.VERSIONS, stage, stages.VERSIONS[stage] + 1)
    translated = []
    monkeypatch.setattr("mtpipe.mt.fake.FakeTranslator.translate", counting(translated))
    report = jobs.run(job)
    assert (2 - len(translated), report.totals.reused) == (drafts, units)
    assert (job.out.read_text() != "by hand") == is_written


def counting(calls):
    from mtpipe.mt.fake import FakeTranslator

    original = FakeTranslator.translate

    def translate(self, segments):
        calls.extend(segments)
        return original(self, segments)

    return translate
