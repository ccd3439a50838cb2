"""Sources are never written to, one document never decides another's fate, and finished means intact."""

import hashlib
import os
import signal
import subprocess
import sys
import zipfile

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.config import Job
from mtpipe.errors import ConfigError
from mtpipe.formats.text import TextFormat
from mtpipe.pipeline import jobs


@pytest.fixture
def docs(tmp_path):
    (tmp_path / "docs" / "docs").mkdir(parents=True)
    for name in ("a.txt", "docs/a.txt", "z.txt"):
        (tmp_path / "docs" / name).write_text("Open the cell.\n")
    return tmp_path / "docs"


def run(source, out, **settings):
    return jobs.run(Job(source, out, "en", "de", mt="fake", editors=(), **settings))


def states(report):
    return {row.path: row.state for row in report.documents}


def digests(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def link(path, target):
    path.symlink_to(target, target_is_directory=target.is_dir())
    return path


@pytest.mark.parametrize("out, settings", [
    (lambda docs: docs / "docs", {}),  # a folder of the source
    (lambda docs: docs.parent, {}),  # above it: docs/docs/a.txt would become docs/a.txt
    (lambda docs: link(docs.parent / "link", docs / "docs"), {}),
    (lambda docs: docs.parent / "out", {"report_dir": "docs/docs"}),
])  # fmt: skip
def test_sources_are_never_written_to(docs, monkeypatch, out, settings):
    monkeypatch.chdir(docs.parent)
    before = digests(docs)
    with pytest.raises(ConfigError, match="choose another --(out|report-dir)"):
        run(docs, out(docs), **settings)
    assert digests(docs) == before


def test_a_link_in_the_output_does_not_lead_back_to_the_source(docs, tmp_path):
    (tmp_path / "out").mkdir()
    link(tmp_path / "out" / "docs", docs / "docs")
    with pytest.raises(ConfigError, match="the job would overwrite this input"):
        run(docs, tmp_path / "out")


def test_drafts_are_not_edited_in_their_own_folder(tmp_path):
    path = tmp_path / "drafts.jsonl"
    path.write_text('{"source": "A cell.", "draft": "Ein Feld."}\n')
    result = CliRunner().invoke(main, ["post-edit", str(path), "-o", str(tmp_path), "-s", "en", "-t", "de"])
    assert result.exit_code == 1 and "the job would overwrite this input" in result.stderr
    assert path.read_text() == '{"source": "A cell.", "draft": "Ein Feld."}\n'


def test_links_out_of_the_folder_are_not_followed_unless_asked(docs, tmp_path):
    (tmp_path / "secret.txt").write_text("Close the row.\n")
    link(docs / "b.txt", tmp_path / "secret.txt")
    report = run(docs, tmp_path / "out")
    assert states(report)["b.txt"] == "skipped" and not (tmp_path / "out" / "b.txt").exists()
    assert "--follow-links" in next(row.message for row in report.documents if row.path == "b.txt")
    assert states(run(docs, tmp_path / "out", follow_links=True))["b.txt"] == "written"


def damaged_zips():
    good = b"PK\x03\x04" + bytes(60)
    yield "cut", lambda data: data[: len(data) // 2]
    yield "no zip", lambda data: good
    yield "name", lambda data: data.replace(b"word/document.xml", b"word/\xff\xfe\xfd\xfcument.xml")
    yield "crc", lambda data: data.replace(b"Open the cell", b"Oxen the cell")


@pytest.mark.parametrize("damage", [pytest.param(change, id=name) for name, change in damaged_zips()])
def test_a_damaged_document_is_one_failed_row(docs, tmp_path, damage):
    path = docs / "m.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("word/document.xml", "<w:document xmlns:w='x'><w:t>Open the cell</w:t></w:document>")
    path.write_bytes(damage(path.read_bytes()))
    report = run(docs, tmp_path / "out")
    assert {name for name, state in states(report).items() if state == "written"} == {"a.txt", "docs/a.txt", "z.txt"}
    assert states(report)["m.docx"] in ("failed", "copied")


@pytest.mark.parametrize("broken", ["read", "write"])
def test_whatever_a_format_raises_the_other_documents_are_written(docs, tmp_path, monkeypatch, broken):
    plain = getattr(TextFormat, broken)

    def fail(self, first, second):
        if "z.txt" in (getattr(first, "name", ""), getattr(second, "name", ""), getattr(first, "path", "")):
            raise RecursionError("too deep")
        return plain(self, first, second)

    monkeypatch.setattr(TextFormat, broken, fail)
    report = run(docs, tmp_path / "out")
    assert states(report) == {"a.txt": "written", "docs/a.txt": "written", "z.txt": "failed"}
    assert "RecursionError: too deep" in report.documents[-1].message


def test_names_as_long_as_can_be(docs, tmp_path):
    name = "n" * 251 + ".txt"
    (docs / name).write_text("Open the cell.\n")
    assert states(run(docs, tmp_path / "out"))[name] == "written" and (tmp_path / "out" / name).is_file()


@pytest.mark.parametrize("content", ["OP", "", "OPEN\0\0\0"])
def test_an_output_that_is_cut_off_is_written_again(docs, tmp_path, content):
    run(docs, tmp_path / "out")
    (tmp_path / "out" / "a.txt").write_text(content)
    run(docs, tmp_path / "out")
    assert (tmp_path / "out" / "a.txt").read_text() == "OPEN THE CELL.\n"


def test_an_output_that_somebody_changed_is_left_and_told(docs, tmp_path):
    run(docs, tmp_path / "out")
    (tmp_path / "out" / "a.txt").write_text("by hand")
    report = run(docs, tmp_path / "out")
    assert (tmp_path / "out" / "a.txt").read_text() == "by hand"
    assert "a.txt: changed since mtpipe wrote it, so it was not overwritten" in report.documents[0].message


def test_sigterm_ends_like_an_interrupt(docs, tmp_path):
    script = ("import os, signal, sys, time\nfrom mtpipe.cli.main import main\n"
              "from mtpipe.mt.fake import FakeTranslator\n"
              "FakeTranslator.translate = lambda *_: os.kill(os.getpid(), signal.SIGTERM) or time.sleep(0.5)\n"
              "main(['translate', *sys.argv[1:], '-s', 'en', '-t', 'de', '--mt', 'fake', '--editors', ''])")
    command = [sys.executable, "-c", script, str(docs), "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 128 + signal.SIGTERM and "Traceback" not in done.stderr
    assert "interrupted; what was finished is kept, run the same command again" in done.stderr


def test_a_name_that_is_no_text_in_any_encoding(docs, tmp_path):
    os.rename(docs / "z.txt", os.fsencode(docs) + b"/\xff" + b"n" * 240 + b".txt")
    assert sorted(states(run(docs, tmp_path / "out")).values()) == ["written"] * 3


def test_outputs_of_deleted_sources_are_mentioned(docs, tmp_path):
    assert run(docs, tmp_path / "out").stale == ()
    (docs / "z.txt").unlink()
    assert run(docs, tmp_path / "out").stale == (str(tmp_path / "out" / "z.txt"),)
    result = CliRunner().invoke(main, ["translate", str(docs), "-o", str(tmp_path / "out"), "-s", "en", "-t", "de",
                                       "--mt", "fake", "--editors", "", "--quiet"])  # fmt: skip
    assert "z.txt: its source file no longer exists; delete it" in result.stderr
    (tmp_path / "out" / "z.txt").unlink()
    assert run(docs, tmp_path / "out").stale == ()
