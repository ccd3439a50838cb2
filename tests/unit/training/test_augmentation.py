"""What the augmentation of training examples changes, and what goes along with it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.languages.tokenization import words
from mtpipe.training import augmentation
from mtpipe.training.augmentation import Augmenter
from mtpipe.training.examples import Drawer, Shares
from mtpipe.training.material import AlignedPair, AnnotationCandidate
from mtpipe.training.starts import ANNOTATION, CODE

SOURCE, TARGET = "Open the file readme_2.txt on page 128.", "Öffnen Sie auf Seite 128 die Datei readme_2.txt."
LINKED = {"Open": "Öffnen", "the": "die", "file": "Datei", "readme_2.txt": "readme_2.txt", "on": "auf", "page": "Seite",
          "128": "128", ".": "."}  # fmt: skip


def item(source=SOURCE, target=TARGET, linked=LINKED):
    ours, theirs = words(source), words(target)
    links = tuple(sorted((theirs.index(b), (ours.index(a),)) for a, b in linked.items()))
    page, file = ours.index("page"), ours.index("file")
    candidates = tuple(AnnotationCandidate(k, k + 1, theirs.index(b), theirs.index(b) + 1, b, 1, True)
                       for k, b in ((page, "Seite"), (file, "Datei")))  # fmt: skip
    return AlignedPair(source, target, links, candidates)


def linked(one):
    ours, theirs = words(one.source), words(one.target)
    return {(ours[i], theirs[j]) for j, sources in one.links for i in sources}


def forms(one):
    """What the candidates span on either side."""
    ours, theirs = words(one.source), words(one.target)
    return {(" ".join(ours[c.first:c.last]), " ".join(theirs[c.begin:c.end])) for c in one.candidates}


def outcomes(kind, one=None, seeds=60):
    return [kind(one or item(), random.Random(seed)) for seed in range(seeds)]


def test_capitals_are_on_both_sides_and_no_term_is_annotated():
    one = augmentation._in_capitals(item(), random.Random(1))
    assert one.source == SOURCE.upper() and one.target == TARGET.upper() and not one.candidates
    assert ("PAGE", "SEITE") in linked(one)


def test_a_title_has_capitals_in_the_source_alone():
    one = augmentation._as_title(item(), random.Random(1))
    assert one.source == "Open The File Readme_2.txt On Page 128." and one.target == TARGET


@pytest.mark.parametrize("languages, has_titles", [
    (("en", "de"), True), (("en-GB", "es"), True), (("de", "en"), False), (("en", "en-GB"), False),
])  # fmt: skip
def test_only_english_has_titles_with_capitals(languages, has_titles):
    titles = [one.source for one in outcomes(Augmenter(*languages)) if one.source.istitle() or "The File" in one.source]
    assert bool(titles) is has_titles


def test_the_end_mark_is_left_out_on_both_sides_or_neither():
    one = augmentation._without_end(item(), random.Random(1))
    assert one.source == SOURCE[:-1] and one.target == TARGET[:-1]
    assert (".", ".") not in linked(one) and len(one.candidates) == 2
    for other in (item(SOURCE, TARGET[:-1], {"page": "Seite"}), AlignedPair("...", ".", (), ())):
        assert augmentation._without_end(other, random.Random(1)) is other


def test_a_slip_is_in_one_longer_word_of_the_source():
    one = AlignedPair("The following part", "Der folgende Teil", ((1, (1,)), (2, (2,))), ())
    changed = outcomes(augmentation._with_slip, one)
    assert all(other.target == one.target and other.source.split()[::2] == ["The", "part"] for other in changed)
    assert all(other.source.split()[1][0] == "f" for other in changed)
    assert sum(other.source != one.source for other in changed) > 50  # alike letters changed over: the same
    assert {len(other.source) - len(one.source) for other in changed} == {-1, 0, 1}
    assert {len(other.links) for other in changed} == {2}


def test_copies_are_replaced_alike_on_both_sides_in_their_shape():
    sources = set()
    for one in outcomes(augmentation._with_another_copy):
        ours, theirs = words(one.source), words(one.target)
        assert ours[-2] == theirs[4] and len(ours[-2]) == 3 and ours[-2].isdecimal() and ours[-2][0] != "0"
        assert ours[3] == theirs[-2] and ours[3][-4] == "." and ours[3][-6] == "_"
        assert linked(one) == {(a, b) for a, b in zip(ours, (theirs[words(TARGET).index(LINKED[word])]
                                                             for word in words(SOURCE)))}  # fmt: skip
        sources.add(one.source)
    assert len(sources) > 10


def test_a_placeholder_stands_for_what_was_copied_and_is_masked_as_any_other():
    found = set()
    for one in outcomes(augmentation._with_placeholder):
        put = next(mark for mark in augmentation.PLACEHOLDERS if mark in one.source)
        assert put in one.target and forms(one) == {("page", "Seite"), ("file", "Datei")}
        found.add(put)
        drawn = Drawer([one], ANNOTATION, CODE, Shares(1, 0, 0)).draw(one, random.Random(1))
        assert "⟦1⟧" in drawn.source and "⟦1⟧" in drawn.target and put not in drawn.source
    assert found == set(augmentation.PLACEHOLDERS)


def test_what_has_codes_or_nothing_to_copy_stays():
    coded, bare = AlignedPair("Open <b>it</b> 12", "<b>Es</b> öffnen 12", (), ()), AlignedPair("Open", "Öffnen", (), ())
    assert all(one is coded for one in outcomes(Augmenter("en", "de"), coded))
    for kind in (augmentation._with_another_copy, augmentation._with_placeholder, augmentation._with_slip):
        assert kind(bare, random.Random(1)) is bare


def test_the_share_says_how_often():
    one = item()
    for share, least, most in ((0.0, 0, 0), (0.5, 50, 150), (1.0, 150, 200)):
        drawer = Drawer([one], ANNOTATION, CODE, Shares(0, 0, 0, share), Augmenter("en", "de"))
        drawn = [drawer.draw(one, random.Random(seed)) for seed in range(200)]
        assert least <= sum(d.source != SOURCE or d.target != TARGET for d in drawn) <= most


TEXTS = st.lists(st.sampled_from(["Open", "file_1", "12", "4711", "straße", "ﬁne", "the", ".", "2.5", "问题", "naïve"]),
                 max_size=8).map(" ".join)  # fmt: skip


@given(TEXTS, TEXTS, st.integers(0, 99))
def test_links_and_candidates_name_words_that_are_there(source, target, seed):
    ours, theirs = words(source), words(target)
    pairs = [(j, i) for j in range(len(theirs)) for i in range(len(ours)) if (i + j) % 3 == 0]
    candidates = tuple(AnnotationCandidate(i, i + 1, j, j + 1, theirs[j], 1, True) for j, i in pairs)
    changed = Augmenter("en", "de")(AlignedPair(source, target, tuple((j, (i,)) for j, i in pairs), candidates),
                                    random.Random(seed))  # fmt: skip
    ours, theirs = words(changed.source), words(changed.target)
    assert all(j < len(theirs) and all(i < len(ours) for i in sources) for j, sources in changed.links)
    assert all(c.first < c.last <= len(ours) and c.begin < c.end <= len(theirs) for c in changed.candidates)
    assert all(theirs[c.begin] == c.form for c in changed.candidates)
