import pytest

from mtpipe.document.segment import Segment
from mtpipe.glossary import loading
from mtpipe.glossary.loading import load_glossary
from mtpipe.terminology import matcher as matcher_module
from mtpipe.terminology.matcher import Matcher


def test_a_large_glossary_is_the_same_out_of_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(loading, "_LARGE", 0)
    path = tmp_path / "terms.csv"
    path.write_text("source,target,status\ncell range,Zellbereich,\nCPU,CPU,\ncell,Zelle,preferred\n")
    text = Segment("1", "The cell ranges of two CPUs hold cells.")
    first = load_glossary(path, "en", "de")
    matched, = Matcher(first).find([text])
    monkeypatch.setattr(loading, "_read", None)
    monkeypatch.setattr(matcher_module._Search, "_filled", lambda search, read: assert_empty(search))
    again = load_glossary(path, "en", "de")
    assert again == first and [match.term.target for match in matched.matches] == ["Zellbereich", "CPU", "Zelle"]
    assert Matcher(again).find([text]) == [matched]
    path.write_text("source,target\ncell,Zelle\n")
    with pytest.raises(TypeError):
        load_glossary(path, "en", "de")  # another file is read anew


def assert_empty(search):
    assert not search
