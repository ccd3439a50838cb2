import os

import pytest

from mtpipe.io import user_cache


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "mtpipe"


def never():
    raise AssertionError("it was there")


def test_what_was_made_once_is_there_the_next_time(cache):
    made = [("cell", 1), {"row": (2, 3)}]
    assert user_cache.value("kind-one", lambda: made) == made
    assert user_cache.value("kind-one", never) == made
    assert dict(user_cache.table("words", lambda: {"cell": "Zelle\tZellen"})) == {"cell": "Zelle\tZellen"}
    assert user_cache.table("words", never)["cell"] == "Zelle\tZellen"
    assert [path.name for path in sorted(cache.iterdir())] == ["kind-one.pickle", "words.table"]


def test_the_last_used_ones_of_a_kind_are_kept(cache):
    for name in ("kind-one", "kind-two", "other-one"):
        user_cache.value(name, lambda: name, most=2)
    paths = {path.stem: path for path in cache.iterdir()}
    for name, time in (("kind-one", 2), ("kind-two", 1)):
        os.utime(paths[name], (time, time))
    user_cache.value("kind-three", list, most=2)
    assert {path.stem for path in cache.iterdir()} == {"kind-one", "kind-three", "other-one"}


@pytest.mark.parametrize("data", [b"", b"\x80" * 99, b"MXT1"])
def test_a_damaged_file_is_made_again(cache, data):
    for _ in range(2):
        assert user_cache.value("kind-one", lambda: [1]) == [1]
        assert user_cache.table("words", lambda: {"cell": "Zelle"})["cell"] == "Zelle"
        for path in cache.iterdir():
            path.write_bytes(data)


def test_without_a_folder_everything_is_made_anew(cache):
    cache.parent.joinpath("mtpipe").touch()
    for made in ([1], [2]):
        assert user_cache.value("kind-one", lambda: made) == made
    assert user_cache.table("words", lambda: {"cell": "Zelle"}) == {"cell": "Zelle"}
