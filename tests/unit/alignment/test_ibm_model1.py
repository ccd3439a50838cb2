import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.alignment import ibm_model1

WORDS = {"house": "Haus", "book": "Buch", "tree": "Baum", "car": "Auto", "green": "grün", "small": "klein",
         "old": "alt", "red": "rot", "blue": "blau"}


def numbered(pairs):
    """(ids of the sources, ids of the targets, vocabulary)"""
    vocabulary: dict[str, int] = {}
    sides = [[np.array([vocabulary.setdefault(word, len(vocabulary)) for word in pair[side].split()], dtype=np.int64)
              for pair in pairs] for side in (0, 1)]
    return *sides, vocabulary


def aligned(*pairs, known=None):
    sources, targets, _ = numbered(pairs)
    cells, posteriors, _ = ibm_model1.align(sources, targets, known)
    return ibm_model1.matrices(cells, posteriors)


def test_words_that_come_together_are_linked_wherever_they_stand():
    pairs = [(f"the {adjective} {noun}", f"das {WORDS[noun]} {WORDS[adjective]}")
             for adjective in ("green", "small", "old", "red", "blue") for noun in ("house", "book", "tree", "car")]
    for matrix in aligned(*pairs):
        assert [int(i) for i in matrix.argmax(axis=1)] == [0, 2, 1]


def test_words_that_stay_the_same_are_linked():
    matrix, = aligned(("x Excel 2019 y", "2019 a b Excel"))
    assert matrix[0].argmax() == 2 and matrix[3].argmax() == 1


def test_one_sentence_alone_is_linked_in_order():
    matrix, = aligned(("a b c d", "w x y z"))
    assert [int(i) for i in matrix.argmax(axis=1)] == [0, 1, 2, 3] and matrix.diagonal().min() > 0.5


def test_what_is_known_goes_before_the_order_of_words():
    pair = ("a b", "x y")
    _, _, names = numbered([pair])
    counts = {(names["a"], names["y"]): 90.0, (names["b"], names["x"]): 90.0}

    def known(sources, targets):
        links = np.array([counts.get(item, 0.0) for item in zip(sources, targets)])
        return ibm_model1.Known(links, np.full(len(sources), 100.0), np.full(len(sources), 100.0))

    plain, taught = aligned(pair)[0], aligned(pair, known=known)[0]
    assert plain[0].argmax() == 0 and taught[0].argmax() == 1 and taught[1].argmax() == 0


@pytest.mark.parametrize("pairs, shapes", [
    ([], []),
    ([("", "")], [(0, 0)]),
    ([("a", ""), ("", "b c"), ("a b", "c")], [(0, 1), (2, 0), (1, 2)]),
])
def test_empty_sides_have_empty_matrices(pairs, shapes):
    assert [matrix.shape for matrix in aligned(*pairs)] == shapes


SENTENCES = st.lists(st.sampled_from("a b c d 1 , the".split()), max_size=7).map(" ".join)


@given(st.lists(st.tuples(SENTENCES, SENTENCES), max_size=8))
def test_matrices_are_target_by_source_and_hold_shares(pairs):
    matrices = aligned(*pairs)
    assert [matrix.shape for matrix in matrices] == [(len(t.split()), len(s.split())) for s, t in pairs]
    for matrix in matrices:
        assert np.isfinite(matrix).all() and (matrix >= 0).all() and (matrix <= 1).all()
        assert (matrix.sum(axis=1) <= 1 + 1e-6).all() and (matrix.sum(axis=0) <= 1 + 1e-6).all()
