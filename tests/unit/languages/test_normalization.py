import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.languages.normalization import fold


@pytest.mark.parametrize("text, expected", [
    ("plain text", "plain text"),
    ("no\u00a0break, thin\u202fspace, wide\u3000space", "no break, thin space, wide space"),
    ("two  and\n more \t\n", "two and more "),
    ("e\u2011mail 3\u20135", "e-mail 3-5"),
    ("user’s “x” «y»", "user's \"x\" \"y\""),
    ("soft\u00adware zero\u200bwidth", "software zerowidth"),
    ("Gru\u0308ße", "Grüße"),
    ("Save as...", "Save as…"),
    ("ＵＳＢ（１）", "USB(1)"),
    ("", ""),
])
def test_fold(text, expected):
    folded, offsets = fold(text)
    assert folded == expected and len(offsets) == len(folded) + 1


def test_offsets_lead_back_to_the_text():
    text = "«Gru\u0308ße»  an soft\u00adware..."
    folded, offsets = fold(text)
    for word, before in (("Grüße", "Gru\u0308ße"), ("an", "an"), ("software", "soft\u00adware"), ("…", "...")):
        start = folded.index(word)
        assert text[offsets[start] : offsets[start + len(word)]] == before


VARIANTS = st.sampled_from(["a", " ", "\u00ad", "\u0301", "\u00a0", ".", "…", "ü", "-", "क", "ि"])


VARIANTS = st.sampled_from(["a", " ", "\u00ad", "\u0301", "\u00a0", ".", "…", "ü", "-", "क", "ि"])


@given(st.text() | st.lists(VARIANTS).map("".join))
def test_offsets_never_go_back_and_cover_the_text(text):
    folded, offsets = fold(text)
    assert len(offsets) == len(folded) + 1 and offsets[-1] == len(text)
    assert all(a <= b for a, b in zip(offsets, offsets[1:], strict=False))
