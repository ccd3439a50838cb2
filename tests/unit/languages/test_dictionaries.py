import pickle

import pytest
from simplemma.strategies.dictionaries.stream_dictionary_factory import StreamMap

from mtpipe.languages import dictionaries
from mtpipe.languages.dictionaries import Dictionaries


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache of this test's own, and nothing read so far."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    dictionaries._dictionary.cache_clear()
    yield tmp_path / "mtpipe"
    dictionaries._dictionary.cache_clear()


def again():
    """As another process reads the dictionary of Malay, a small one."""
    dictionaries._dictionary.cache_clear()
    return Dictionaries().get_dictionary("ms")


def test_a_dictionary_is_the_same_from_the_cache(cache, monkeypatch):
    first = dict(again())
    path, = cache.iterdir()
    monkeypatch.setattr(StreamMap, "__init__", raising)
    assert len(first) > 1000 and dict(again()) == first
    path.unlink()
    with pytest.raises(RuntimeError):
        again()  # the test tells where the dictionary came from


@pytest.mark.parametrize("damage", [
    lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"\x80" * 99, lambda data: pickle.dumps([1]),
])
def test_a_damaged_file_is_made_again(cache, damage):
    first = dict(again())
    path, = cache.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert dict(again()) == first and pickle.loads(path.read_bytes()).get("buku") == first.get("buku")


def test_a_file_that_is_more_than_a_dictionary_is_not_obeyed(cache, tmp_path):
    again()
    path, = cache.iterdir()
    path.write_bytes(pickle.dumps(Obeyed(tmp_path / "obeyed")))
    assert len(again()) > 1000 and not (tmp_path / "obeyed").exists()


class Obeyed:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return type(self.path).touch, (self.path,)


def test_without_a_folder_for_the_cache_dictionaries_are_read_anew(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file/below"))
    assert len(again()) > 1000


def test_without_a_home_dictionaries_are_read_anew(monkeypatch):
    monkeypatch.setattr(dictionaries.user_cache, "folder", raising)
    assert len(again()) > 1000


def raising(*args):
    raise RuntimeError("Could not determine home directory.")
