import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.io import text_table
from mtpipe.io.text_table import TextTable

TEXT = st.text(st.characters(exclude_characters="\t\n", exclude_categories=["Cs"]), max_size=8)


@given(rows=st.dictionaries(TEXT, TEXT, max_size=60), others=st.lists(TEXT))
def test_a_table_gives_what_was_written_in_the_same_order(tmp_path_factory, rows, others):
    path = tmp_path_factory.mktemp("table") / "t"
    text_table.write(path, rows.items())
    table = TextTable(path)
    assert list(table.items()) == list(rows.items()) and len(table) == len(rows)
    assert [table.get(key) for key in others] == [rows.get(key) for key in others]
    assert [key in table for key in others] == [key in rows for key in others]


@given(keys=st.sets(st.text("ab-\xe4\u4e00", max_size=5), max_size=60), prefix=st.text("ab-\xe4\u4e00", max_size=3))
def test_keys_with_a_prefix_in_a_table_in_order(tmp_path_factory, keys, prefix):
    path = tmp_path_factory.mktemp("table") / "t"
    text_table.write(path, ((key, key) for key in sorted(keys)))
    assert list(TextTable(path).starting(prefix)) == sorted(key for key in keys if key.startswith(prefix))


def test_a_key_is_no_part_of_another_one_and_no_value(tmp_path):
    text_table.write(tmp_path / "t", [("table", "a\tb"), ("a", "table")])
    table = TextTable(tmp_path / "t")
    assert table["table"] == "a\tb" and table.get("tab") is None and table.get("b", "none") == "none"
    with pytest.raises(KeyError, match="able"):
        table["able"]


@pytest.mark.parametrize("damage", [
    lambda data: data[:-1], lambda data: data[:9], lambda data: data + b"\n", lambda data: b"x" + data[1:],
])
def test_a_file_that_is_cut_off_or_no_table_is_a_value_error(tmp_path, damage):
    path = tmp_path / "t"
    text_table.write(path, [("key", "value")])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="no table of texts, or cut off"):
        TextTable(path)


def test_an_empty_file_is_a_value_error(tmp_path):
    (tmp_path / "t").touch()
    with pytest.raises(ValueError):
        TextTable(tmp_path / "t")
