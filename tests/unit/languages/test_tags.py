import pytest

from mtpipe.errors import InputError
from mtpipe.languages import tags


@pytest.mark.parametrize("tag, primary", [
    ("de", "de"), ("de-AT", "de"), ("de_AT.UTF-8", "de"), ("de@euro", "de"), ("DE", "de"), ("zh-Hant-TW", "zh"),
    ("", ""),
])  # fmt: skip
def test_the_primary_subtag(tag, primary):
    assert tags.primary_subtag(tag) == primary


@pytest.mark.parametrize("one, other, same", [
    ("de", "de-AT", True), ("pt_BR", "pt-PT", True), ("iw", "he", True), ("in", "id", True), ("nb", "no", True),
    ("nn", "nb", True), ("cmn", "zh", True), ("tl", "fil", True), ("de", "en", False), ("yue", "zh", False),
    ("", "de", False), ("", "", True), ("?", "de", False),
])  # fmt: skip
def test_which_tags_name_one_language(one, other, same):
    assert tags.is_same(one, other) is same


@pytest.mark.parametrize("stated, expected, fits", [
    ("zh_TW", "zh-CN", False), ("zh-Hant", "zh-SG", False), ("zh", "zh-Hant", True), ("sr@latin", "sr-Cyrl", False),
    ("", "de", True), ("de", "", True), ("fr", "de", False),
])  # fmt: skip
def test_a_document_may_be_of_another_region_but_not_of_another_script(stated, expected, fits):
    assert tags.fits(stated, expected) is fits


@pytest.mark.parametrize("tag, wanted, far", [
    ("de", "de", 0), ("de_AT", "de-at", 0), ("de", "de-AT", 1), ("de-AT", "de", 1), ("de-CH", "de-AT", 2),
    ("zh-Hant", "zh-Hant-TW", 1), ("zh", "zh-Hant-TW", 2), ("en", "de", None),
])  # fmt: skip
def test_the_distance_of_variants(tag, wanted, far):
    assert tags.distance(tag, wanted) == far


@pytest.mark.parametrize("available, wanted, best", [
    (("de-AT", "de"), "de", "de"), (("de", "de-AT"), "de-AT", "de-AT"), (("de-CH", "de"), "de-AT", "de"),
    (("en", "de-CH"), "de", "de-CH"), (("en",), "de", None), ((), "de", None),
])  # fmt: skip
def test_the_closest_variant(available, wanted, best):
    assert tags.closest_variant(available, wanted) == best


def test_the_closest_tag_of_a_model_is_never_of_another_script():
    assert tags.closest("zh-TW", ["zh-Hans", "en"]) is None
    assert tags.closest("es-MX", ["en", "es"]) == "es"
    assert tags.closest("no language", ["en"]) is None


def test_a_file_may_hold_the_pair_the_other_way_round():
    assert not tags.is_reversed("en-US", "de", "en", "de-AT", "a.tmx")
    assert tags.is_reversed("de", "en", "en", "de", "a.tmx")
    with pytest.raises(InputError, match="^a.tmx: translates fr into de, not en into de$"):
        tags.is_reversed("fr", "de", "en", "de", "a.tmx")


def test_codes_of_two_letters_are_told_from_words():
    words = ["de", "zh", "no", "xx", "src", "d", "", "DE", "in"]
    assert [word for word in words if tags.is_two_letter_code(word)] == ["de", "zh", "no"]


@pytest.mark.parametrize("tag, name", [("de-AT", "German (de-AT)"), ("nb", "Norwegian (nb)"), ("tlh", "tlh")])
def test_names_of_languages(tag, name):
    assert tags.language_name(tag) == name


@pytest.mark.parametrize("name, code", [("Deutsch", "de"), ("czech", "cs"), ("日本語", "ja"), ("source", None)])
def test_languages_by_their_names(name, code):
    assert tags.from_name(name) == code
