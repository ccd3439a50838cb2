import re

import pytest

from mtpipe.languages import scripts


@pytest.mark.parametrize(("lang", "names"), [
    ("de", {"LATIN"}), ("sr", {"CYRILLIC"}), ("sr-Latn", {"LATIN"}), ("zh-TW", {"CJK"}), ("hi", {"DEVANAGARI"}),
    ("ja", {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}), ("xx", set()),
])  # fmt: skip
def test_scripts_of_languages(lang, names):
    assert scripts.of_language(lang) == names


@pytest.mark.parametrize("characters, ranges", [
    ("かカー", scripts.KANA), ("漢字㐀豈\U00020000", scripts.HAN), ("、。（ａ１㈱", scripts.CJK_MARKS), ("한글", scripts.HANGUL),
    ("ไทยລາវខ្មែរမြန်မာ", scripts.SOUTH_EAST_ASIAN),
])  # fmt: skip
def test_ranges_of_characters(characters, ranges):
    assert re.fullmatch(f"[{ranges}]+", characters)
    assert not re.search(f"[{ranges}]", "Text, Ärger & Жук 12.")


@pytest.mark.parametrize("lang, is_unspaced, has_boundaries", [
    ("zh-TW", True, False), ("ja", True, False), ("th", True, False), ("ko", False, False), ("de_AT", False, True),
    ("vi", False, True), ("", False, True),
])  # fmt: skip
def test_languages_without_spaces(lang, is_unspaced, has_boundaries):
    assert scripts.is_unspaced(lang) is is_unspaced
    assert scripts.has_word_boundaries(lang) is has_boundaries


def test_languages_from_right_to_left():
    assert [lang for lang in ("ar-EG", "he", "fa_IR", "de", "tr") if scripts.is_right_to_left(lang)] == [
        "ar-EG", "he", "fa_IR"]


def test_scripts_of_a_text_are_those_of_its_letters():
    assert scripts.of_text("Größe 5 → размер") == {"LATIN", "CYRILLIC"}
    assert scripts.of_text("42 %") == frozenset()
