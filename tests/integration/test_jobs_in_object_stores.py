"""A job from and to an object store: moto's server on this machine in the place of S3."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mtpipe.config import Job
from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.io import object_store
from mtpipe.pipeline import jobs

pytestmark = pytest.mark.slow
for module in ("s3fs", "moto", "flask"):
    pytest.importorskip(module, reason="needs mtpipe[s3] and moto")
PAGES = {"a.txt": "Open the cell. Close the row.\n", "sub/b.md": "# Cells\n\nUse {name} here.\n"}


@pytest.fixture(scope="module")
def server():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(server, monkeypatch, tmp_path):
    """An empty bucket, as an S3 file system; nothing is read from the user's own settings."""
    import s3fs

    values = {"AWS_ENDPOINT_URL": server, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
              "AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": str(tmp_path / "none"),
              "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"), "AWS_EC2_METADATA_DISABLED": "true"}  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    s3fs.S3FileSystem.clear_instance_cache()
    files = s3fs.S3FileSystem()
    name = tmp_path.name.replace("_", "-").lower()[-50:].strip("-")
    files.mkdir(name)
    for path, text in PAGES.items():
        files.pipe_file(f"{name}/in/{path}", text.encode())
    files.pipe_file(f"{name}/in/picture.png", b"\x89PNG\0")
    files.pipe_file(f"{name}/in/.hidden.txt", b"Not this one.")
    yield files, name
    s3fs.S3FileSystem.clear_instance_cache()


def job(source, out, **settings):
    return Job(source, out, "en", "de", **{"mt": "fake", "editors": ()} | settings)


def test_from_a_bucket_to_a_bucket_and_again(bucket, tmp_path):
    files, name = bucket
    report = jobs.run(job(f"s3://{name}/in", f"s3://{name}/out"))
    assert [(row.path, row.state) for row in report.documents] == [
        ("a.txt", "written"), ("picture.png", "copied"), ("sub/b.md", "written")]  # fmt: skip
    assert files.cat_file(f"{name}/out/a.txt") == b"OPEN THE CELL. CLOSE THE ROW.\n"
    assert files.cat_file(f"{name}/out/sub/b.md").decode() == "# CELLS\n\nUSE {name} HERE.\n"
    assert files.cat_file(f"{name}/out/picture.png") == b"\x89PNG\0"
    assert not files.exists(f"{name}/out/.hidden.txt") and report.job.source == f"s3://{name}/in"
    assert files.exists(f"{name}/out/.mtpipe/report.html") and files.exists(f"{name}/out/.mtpipe/job.sqlite")
    etag = files.info(f"{name}/out/a.txt")["LastModified"]
    again = jobs.run(job(f"s3://{name}/in", f"s3://{name}/out"))
    assert again.totals.reused == again.totals.unique_units == 4
    files.invalidate_cache()
    assert files.info(f"{name}/out/a.txt")["LastModified"] == etag
    files.rm_file(f"{name}/out/a.txt")
    jobs.run(job(f"s3://{name}/in", f"s3://{name}/out"))
    assert files.cat_file(f"{name}/out/a.txt") == b"OPEN THE CELL. CLOSE THE ROW.\n"


def test_another_machine_takes_up_what_was_done(bucket, tmp_path):
    files, name = bucket
    jobs.run(job(f"s3://{name}/in", f"s3://{name}/out", state_dir=tmp_path / "one"))
    report = jobs.run(job(f"s3://{name}/in", f"s3://{name}/out", state_dir=tmp_path / "other"))
    assert report.totals.reused == report.totals.unique_units == 4


def test_one_side_may_be_a_folder(bucket, tmp_path):
    files, name = bucket
    jobs.run(job(f"s3://{name}/in", tmp_path / "out"))
    assert (tmp_path / "out/a.txt").read_text() == "OPEN THE CELL. CLOSE THE ROW.\n"
    jobs.run(job(tmp_path / "out", f"s3://{name}/back"))
    assert files.cat_file(f"{name}/back/sub/b.md").decode() == "# CELLS\n\nUSE {name} HERE.\n"
    jobs.run(job(f"s3://{name}/in/a.txt", tmp_path / "one"))
    assert (tmp_path / "one/a.txt").read_text() == "OPEN THE CELL. CLOSE THE ROW.\n"


def test_by_the_command_line_with_processes(bucket, tmp_path):
    files, name = bucket
    command = ["translate", f"s3://{name}/in", "--out", f"s3://{name}/out", "-s", "en", "-t", "de", "--mt", "fake",
               "--editors", "", "--engine", "processes", "--workers", "2", "--quiet"]  # fmt: skip
    result = subprocess.run([sys.executable, "-m", "mtpipe", *command], capture_output=True, text=True,
                            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))})  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert files.cat_file(f"{name}/out/a.txt") == b"OPEN THE CELL. CLOSE THE ROW.\n"


def test_what_can_not_be_read_or_written(bucket):
    files, name = bucket
    with pytest.raises(InputError, match=f"s3://{name}/nothing: there are no files to translate; check the address"):
        jobs.run(job(f"s3://{name}/nothing", f"s3://{name}/out"))
    with pytest.raises(OutputError, match="s3://no-such-bucket-of-mtpipe/x.txt: can't be written"):
        object_store.put(Path(__file__), Path("s3://no-such-bucket-of-mtpipe/x.txt"))
    with pytest.raises(ConfigError, match="nowhere://bucket/in: no such kind of storage"):
        jobs.run(job("nowhere://bucket/in", "out"))
