import errno
import os
from pathlib import Path

import pytest

from mtpipe.config import Job
from mtpipe.errors import InputError, OutputError
from mtpipe.pipeline import job_folder
from mtpipe.pipeline.job_folder import File


def job(source, out, **settings):
    return Job(source, out, "en", "de", **settings)


def tree(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * 10)
    return root


def test_files_come_sorted_with_their_formats(tmp_path):
    source = tree(tmp_path / "in", "b.txt", "a/c.TXT", "a.bin", "ä b.jsonl")
    found = job_folder.files(job(source, tmp_path / "out"))
    assert [(file.name, file.format) for file in found] == [
        ("a/c.TXT", "text"), ("a.bin", None), ("b.txt", "text"), ("ä b.jsonl", "jsonl")
    ]  # fmt: skip
    assert [file.out for file in found] == [tmp_path / "out" / file.name for file in found]


def test_hidden_files_and_the_jobs_own_output_are_left_out(tmp_path):
    source = tree(tmp_path / "in", "a.txt", ".git/x.txt", ".hidden.txt", "out/a.txt", "out/.mtpipe/x",
                  "reports/report.html", "reports/report.json")  # fmt: skip
    found = job_folder.files(job(source, source / "out", report_dir=source / "reports"))
    assert [file.name for file in found] == ["a.txt"]


def test_links_to_files_count_links_to_folders_and_broken_links_do_not(tmp_path):
    source = tree(tmp_path / "in", "sub/a.txt")
    (source / "b.txt").symlink_to(source / "sub" / "a.txt")
    (source / "loop").symlink_to(source, target_is_directory=True)
    (source / "broken.txt").symlink_to(tmp_path / "nowhere")
    found = job_folder.files(job(source, tmp_path / "out"))
    assert [(file.name, bool(file.problem)) for file in found] == [
        ("b.txt", False), ("broken.txt", True), ("sub/a.txt", False)
    ]  # fmt: skip
    assert "broken.txt: can't be read (No such file or directory)" in found[1].problem


def test_a_pipe_is_a_problem_not_a_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    found = job_folder.files(job(tmp_path, tmp_path / "out"))
    assert "is not a regular file" in found[0].problem


def test_a_name_that_is_no_utf8_gets_a_readable_one(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.txt"
    with open(path, "wb") as file:
        file.write(b"x")
    found = job_folder.files(job(tmp_path, tmp_path / "out"))
    assert found[0].name == "\ufffd.txt" and found[0].path.read_bytes() == b"x"


@pytest.mark.parametrize("names", [(), (".hidden.txt",)])
def test_a_folder_without_files_is_an_error(tmp_path, names):
    tree(tmp_path, *names)
    with pytest.raises(InputError, match="the folder holds no files to translate; check the path"):
        job_folder.files(job(tmp_path, tmp_path / "out"))


def test_a_single_file_goes_into_a_folder_or_to_a_file(tmp_path):
    source = tree(tmp_path, "a.txt") / "a.txt"
    assert job_folder.files(job(source, tmp_path / "out"))[0].out == tmp_path / "out" / "a.txt"
    assert job_folder.files(job(source, tmp_path / "b.txt"))[0].out == tmp_path / "b.txt"
    assert job(source, tmp_path / "b.txt").folder == tmp_path / "b.txt.mtpipe"


def test_a_single_file_of_no_format_is_an_error(tmp_path):
    with pytest.raises(InputError, match="a.bin: no format reads .bin files"):
        job_folder.files(job(tree(tmp_path, "a.bin") / "a.bin", tmp_path / "out"))


@pytest.mark.parametrize(
    "sizes, windows",
    [
        ([5, 5, 5], [[5, 5], [5]]), ([20, 1, 20], [[20], [1], [20]]), ([], []), ([10], [[10]]),
        ([0, 0, 10, 1], [[0, 0, 10], [1]]),
    ],
)
def test_windows_hold_consecutive_files_up_to_the_limit(sizes, windows):
    files = [File(Path("a"), Path("b"), "a", size, "text") for size in sizes]
    assert [[file.size for file in window] for _, window in job_folder.windows(files, 10)] == windows


def test_the_first_window_may_have_another_limit():
    files = [File(Path("a"), Path("b"), "a", 5, "text")] * 5
    assert [len(window) for _, window in job_folder.windows(files, 10, 5)] == [1, 2, 2]


def test_place_puts_all_or_nothing(tmp_path):
    target = tmp_path / "new" / "a.txt"
    job_folder.place(target, lambda path: path.write_text("one"))

    def full(path):
        path.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match=r"a.txt: can't be written \(No space left on device\); check permissions"):
        job_folder.place(target, full)
    assert target.read_text() == "one" and os.listdir(target.parent) == ["a.txt"]


def test_copy_is_done_once(tmp_path):
    path = tree(tmp_path, "a.bin") / "a.bin"
    file = File(path, tmp_path / "out" / "a.bin", "a.bin", 10, None)
    assert job_folder.copy(file) and not job_folder.copy(file)
    path.write_text("changed")
    assert job_folder.copy(file) and file.out.read_text() == "changed"
