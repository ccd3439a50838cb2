import subprocess
import sys
from pathlib import Path

import pytest

from mtpipe.config import Job
from mtpipe.io import object_store


@pytest.mark.parametrize("text, is_remote", [
    ("s3://bucket/in", True), ("gs://bucket/in/a.txt", True), ("docs", False), ("/docs/a:b/c", False), ("a:/b", False),
    ("s3", False), ("./s3:/x", True),
])  # fmt: skip
def test_what_is_in_an_object_store(text, is_remote):
    assert object_store.is_remote(Path(text)) == is_remote


def test_addresses_survive_being_paths():
    path = Path("s3://bucket/in") / "sub" / "a.txt"
    assert object_store.url(path) == object_store.shown(path) == "s3://bucket/in/sub/a.txt"
    assert object_store.shown(Path("in/a.txt")) == str(Path("in/a.txt"))


def test_the_state_of_a_job_stays_on_a_disk(tmp_path):
    job = Job("s3://bucket/in", "s3://bucket/out", "en", "de", mt="fake")
    assert job.folder.parent == Path(".mtpipe") and not object_store.is_remote(job.folder)
    assert job.folder != Job("s3://bucket/in", "s3://bucket/out2", "en", "de", mt="fake").folder
    assert Job(tmp_path, "s3://b/out", "en", "de", mt="fake", state_dir=tmp_path / "s").folder == tmp_path / "s"


def test_nothing_of_it_is_imported_unless_an_address_is_named():
    script = "import sys, mtpipe.pipeline.jobs, mtpipe.pipeline.worker; print({'fsspec', 's3fs'} & {*sys.modules})"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
