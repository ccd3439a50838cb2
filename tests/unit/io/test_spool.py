import pickle

import pytest

from mtpipe.io.spool import Spool


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513, 5000])
def test_a_spool_is_the_sequence_of_what_was_added(count):
    values = [f"value {n} " + "x" * 200 for n in range(count)]  # the longest are more than it keeps in memory
    spool = Spool(values)
    assert len(spool) == count and bool(spool) == bool(count)
    assert list(spool) == values and list(spool) == values
    assert [spool[i] for i in range(0, count, 97)] == values[::97]
    assert spool[-3:] == values[-3:]
    for place in (count, -count - 1):
        with pytest.raises(IndexError):
            spool[place]


def test_it_is_read_several_times_at_once_and_while_it_grows():
    spool = Spool(range(2000))
    one, other = iter(spool), iter(spool)
    assert [next(one) for _ in range(700)] == list(range(700)) and next(other) == 0
    spool.extend(range(2000, 3000))
    assert [next(one), next(other), spool[2999]] == [700, 1, 2999]
    assert list(one) == list(range(701, 3000))


def test_it_equals_a_sequence_of_the_same_values_and_is_a_tuple_elsewhere():
    spool = Spool(range(1000))
    assert spool == tuple(range(1000)) == spool and spool == Spool(range(1000))
    assert spool != tuple(range(999)) and spool != (*range(999), 0) and spool != 5
    assert pickle.loads(pickle.dumps(spool)) == tuple(range(1000))
