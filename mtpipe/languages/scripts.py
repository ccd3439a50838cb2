"""Scripts: their characters, the languages that use them, and which languages put no spaces between words."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from mtpipe.languages.tags import primary_subtag

# ranges for a regular expression's [class]
KANA = "\u3040-\u30ff"
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
CJK = KANA + HAN  # written without spaces: a character stands for a word
CJK_MARKS = "\u3000-\u303f\u3100-\u33ff\uff00-\uffef"  # punctuation, enclosed and full-width forms
HANGUL = "\u1100-\u11ff\uac00-\ud7ff"
SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer: without spaces too

_UNSPACED = frozenset("zh ja th lo km my yue".split())
_LATIN = frozenset("ca cs da de en es et fi fr hr hu it lt lv nl no pl pt ro sk sl sv tr vi".split())
_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he iw ks ps sd syr ug ur yi".split())
# by ISO 15924: what the Unicode names of a script's letters begin with
_NAMES = {
    "Latn": "LATIN", "Cyrl": "CYRILLIC", "Grek": "GREEK", "Arab": "ARABIC", "Hebr": "HEBREW", "Deva": "DEVANAGARI",
    "Hans": "CJK", "Hant": "CJK", "Jpan": "CJK HIRAGANA KATAKANA KATAKANA-HIRAGANA", "Kore": "HANGUL CJK",
    "Thai": "THAI", "Geor": "GEORGIAN", "Armn": "ARMENIAN", "Beng": "BENGALI", "Taml": "TAMIL", "Telu": "TELUGU",
    "Gujr": "GUJARATI", "Guru": "GURMUKHI", "Mlym": "MALAYALAM", "Knda": "KANNADA", "Sinh": "SINHALA",
    "Khmr": "KHMER", "Laoo": "LAO", "Mymr": "MYANMAR", "Ethi": "ETHIOPIC", "Tibt": "TIBETAN", "Mong": "MONGOLIAN",
}  # fmt: skip


@cache
def of_language(lang: str) -> frozenset[str]:
    """How the Unicode names of the language's letters begin (LATIN, CJK …); empty where that is not known."""
    if lang in _LATIN:
        return frozenset(("LATIN",))
    import langcodes  # on use: it takes a while, and usual codes are known without it

    language = langcodes.Language.get(lang)
    return frozenset(_NAMES.get(language.maximize().script or "", "").split() if language.is_valid() else ())


@lru_cache(maxsize=10_000)
def of_character(char: str) -> str:
    """How the Unicode name of a character begins: its script, if it is a letter; "?" for one without a name."""
    return unicodedata.name(char, "?").split()[0]


def of_text(text: str) -> frozenset[str]:
    """The scripts of the text's letters, as `of_character` names them."""
    return frozenset(of_character(char) for char in set(text) if char.isalpha())


def is_unspaced(lang: str) -> bool:
    """Is the language written without spaces between words?"""
    return primary_subtag(lang) in _UNSPACED


def has_word_boundaries(lang: str) -> bool:
    """Do words begin and end where letters do? Not without spaces, nor in Korean, where particles follow at once."""
    return not is_unspaced(lang) and primary_subtag(lang) != "ko"


def is_right_to_left(lang: str) -> bool:
    """Is the language written from right to left?"""
    return primary_subtag(lang) in _RIGHT_TO_LEFT
