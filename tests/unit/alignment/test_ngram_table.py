import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.alignment import ngram_table
from mtpipe.alignment.ngram_table import NgramTable

NUMBERS = st.sampled_from([1, 2, 254, 255, 256, 70_000]) | st.integers(1, 2**31 - 1)
COUNTS = st.dictionaries(st.text(max_size=6), NUMBERS, max_size=80)


@given(counts=COUNTS, others=st.lists(st.text(max_size=6)))
def test_a_table_gives_the_counts_that_were_written(tmp_path_factory, counts, others):
    path = tmp_path_factory.mktemp("table") / "t"
    ngram_table.write(path, counts.items())
    table = NgramTable(path)
    assert len(table) == len(counts)
    assert {gram: table[gram] for gram in counts} == counts
    assert [table[gram] for gram in others] == [counts.get(gram, 0) for gram in others]


def test_many_ngrams_are_told_apart(tmp_path):
    counts = {f"{a} {b}": (a * b) % 300 + 1 for a in range(100) for b in range(100)}
    ngram_table.write(tmp_path / "t", counts.items())
    table = NgramTable(tmp_path / "t")
    assert all(table[gram] == count for gram, count in counts.items())
    assert sum(table[f"{gram}?"] for gram in counts) == 0


@given(first=COUNTS, second=COUNTS)
def test_counts_are_added_to_those_of_another_table(tmp_path_factory, first, second):
    folder = tmp_path_factory.mktemp("tables")
    ngram_table.write(folder / "a", first.items())
    ngram_table.write(folder / "b", second.items(), NgramTable(folder / "a"))
    both = NgramTable(folder / "b")
    expected = {gram: first.get(gram, 0) + second.get(gram, 0) for gram in first.keys() | second.keys()}
    assert {gram: both[gram] for gram in expected} == expected


@pytest.mark.parametrize("damage", [
    lambda data: data[:-1], lambda data: data[:9], lambda data: data + b"\n", lambda data: b"x" + data[1:],
])
def test_a_file_that_is_cut_off_or_no_table_is_a_value_error(tmp_path, damage):
    path = tmp_path / "t"
    ngram_table.write(path, [("a b", 3)])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="no table of n-grams|cut off"):
        NgramTable(path)
