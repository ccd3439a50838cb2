"""Atomic writes, lines, JSON Lines and digests."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.errors import InputError, OutputError
from mtpipe.io import atomic, digest, json_lines, lines


def test_a_replacement_takes_its_place_whole(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with atomic.replacement(path) as part:
        part.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert [file.name for file in path.parent.iterdir()] == ["a.txt"]


def test_a_failed_replacement_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic.replacement(path) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_what_a_killed_run_left_is_overwritten(tmp_path):
    (tmp_path / ".a.txt.part").write_text("a long text of a run that was killed")
    atomic.write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_an_unwritable_place_is_an_output_error_with_advice(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file/a.json: can't be written \(.+\); check permissions and free space"):
        atomic.write_json(tmp_path / "file" / "a.json", {})
    with pytest.raises(OutputError, match="; choose another folder$"):
        with atomic.replacement(tmp_path / "file" / "a.json", "choose another folder"):
            pass


def test_a_lone_surrogate_is_written_as_its_escape(tmp_path):
    atomic.write_text(tmp_path / "a", "\ud800", errors="backslashreplace")
    assert (tmp_path / "a").read_bytes() == b"\\ud800"


def test_lines_end_with_newlines_only(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffone\u2028still one\r\ntwo\x0b\n\nfour".encode())
    assert list(lines.numbered(path)) == [(1, "one\u2028still one"), (2, "two\x0b"), (3, ""), (4, "four")]


def test_damage_is_reported_with_its_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"good\nb\xe4d\n")
    read = lines.numbered(path)
    assert next(read) == (1, "good")
    with pytest.raises(InputError, match=r"a.txt:2: not UTF-8 \(byte 0xe4 at 1 of the line\); save the file as UTF-8"):
        next(read)


def test_a_cut_archive_is_reported_after_its_last_line(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"line\n" * 1000)[:-8])
    with pytest.raises(InputError, match=r"a.txt.gz:\d+: can't be read \("):
        list(lines.numbered(path))


def test_json_lines_are_numbered_and_blank_ones_passed_over(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n\n{"b": "ä"}\n', "utf-8")
    assert list(json_lines.read(path)) == [(1, {"a": 1}), (3, {"b": "ä"})]


@pytest.mark.parametrize("line, said", [
    ('{"a"', "not JSON"), ("[1]", "a JSON object is expected, not list"), ("[" * 100_000, "not JSON"),
])  # fmt: skip
def test_what_is_no_object_is_reported_with_its_line(tmp_path, line, said):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"a": 1}}\n{line}\n')
    with pytest.raises(InputError, match=f"name:2: {said}"):
        list(json_lines.read(path, "name"))


@given(rows=st.lists(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(
    exclude_categories=["Cs"])), max_size=3), max_size=5))  # fmt: skip
def test_rows_survive_writing(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "a.jsonl"
    assert json_lines.write(path, rows) == len(rows)
    assert [row for _, row in json_lines.read(path)] == rows


def test_rows_are_written_all_or_nothing(tmp_path):
    def rows():
        yield {"a": 1}
        raise InputError("broken")

    with pytest.raises(InputError):
        json_lines.write(tmp_path / "a.jsonl", rows())
    assert not list(tmp_path.iterdir())


def test_digests_tell_texts_files_and_folders_apart(tmp_path):
    (tmp_path / "a").write_text("text")
    assert digest.of_file(tmp_path / "a") == digest.of_text("text")
    assert digest.of_folder(None) == ""
    before = digest.of_folder(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len(before) == 16 and digest.of_folder(tmp_path) != before


def test_garbage_is_looked_for_again_after_a_time_without():
    import gc

    from mtpipe.io.process_memory import uncollected

    assert gc.isenabled()
    with pytest.raises(KeyError), uncollected():
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()
