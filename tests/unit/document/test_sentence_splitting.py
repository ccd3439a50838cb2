from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.document import inline_codes, sentence_splitting
from mtpipe.document.segment import Code, Edit, Segment, TermError, TermMatch
from mtpipe.glossary.model import Term


def segment(source, **fields):
    return Segment("a.txt#1", source, codes=inline_codes.find(source), **fields)


SPLIT = [
    ("en", "Click <b>Save.</b> <i>Then go.</i> Done", ["Click <b>Save.</b>", "<i>Then go.</i>", "Done"]),
    ("en", "<b>One. Two</b> three.", ["<b>One.", "Two</b> three."]),
    ("en", "See {a. B}. Get https://a.b/C. Now.", ["See {a. B}.", "Get https://a.b/C.", "Now."]),
    ("en", "It failed. {name} is missing.", ["It failed.", "{name} is missing."]),
    ("en", "Dr. Smith uses e.g. Calc. OK?", ["Dr. Smith uses e.g. Calc.", "OK?"]),
    ("en", "1. Open it. 2. Close it.", ["1. Open it.", "2. Close it."]),
    ("en", "A heading without a stop", ["A heading without a stop"]),
    ("en", "Done. <br>", ["Done. <br>"]),
    ("en", "Version 7.4 is out! Get it.", ["Version 7.4 is out!", "Get it."]),
    ("de", "Das ist z. B. ein Test. Am 3. Mai kam er.", ["Das ist z. B. ein Test.", "Am 3. Mai kam er."]),
    ("de-AT", "Am 3. Mai kam er. Dann nicht.", ["Am 3. Mai kam er.", "Dann nicht."]),
    ("zh", "你好。再见！走吧", ["你好。", "再见！", "走吧"]),
    ("ja", "保存します。<b>次へ。</b>終了", ["保存します。", "<b>次へ。</b>", "終了"]),
    ("tlh-xx", "One thing. Another thing.", ["One thing.", "Another thing."]),
    ("", "One thing. Another thing.", ["One thing.", "Another thing."]),
]


@pytest.mark.parametrize("lang, source, expected", SPLIT)
def test_split_at_sentence_ends_only(lang, source, expected):
    parts = sentence_splitting.split(segment(source), lang)
    assert [part.source for part in parts] == (expected if len(expected) > 1 else [source])
    assert [inline_codes.literals(part.source, part.codes) for part in parts] == [
        [literal for literal in inline_codes.literals(text, inline_codes.find(text))] for text in expected]


def test_ids_number_the_sentences_and_a_single_one_keeps_its_own():
    assert [part.id for part in sentence_splitting.split(segment("One. Two."), "en")] == ["a.txt#1.1", "a.txt#1.2"]
    assert [part.id for part in sentence_splitting.split(segment("One."), "en")] == ["a.txt#1"]


def test_a_tag_over_two_sentences_leaves_its_halves_as_open_and_close():
    first, second = sentence_splitting.split(segment("<b>One. Two</b> three."), "en")
    assert [code.kind for code in (*first.codes, *second.codes)] == ["open", "close"]


def test_join_keeps_the_white_space_of_the_source():
    whole = segment("  One.   Two.\n\tThree. ")
    parts = [replace(part, draft=f"<{part.source}>") for part in sentence_splitting.split(whole, "en")]
    assert sentence_splitting.join(whole, parts).draft == "  <One.>   <Two.>\n\t<Three.> "


def test_join_adds_the_space_that_chinese_does_without():
    whole = segment("你好。再见！")
    parts = [replace(part, draft=text) for part, text in
             zip(sentence_splitting.split(whole, "zh"), ("Hello.", "Bye!"), strict=True)]
    assert sentence_splitting.join(whole, parts).draft == "Hello. Bye!"


def test_join_gathers_what_is_known_of_the_sentences():
    whole = segment("One file. Two files.")
    first, second = sentence_splitting.split(whole, "en")
    term = Term(("file",), ("Datei",))
    match = TermMatch(term, 4, 9)
    error = TermError("missing", term, ("Datei",))
    edit = Edit("nbest", "Eine Akte.", "Eine Datei.", "accepted")
    joined = sentence_splitting.join(whole, [
        replace(first, draft="Eine Akte.", postedit="Eine Datei.", score=-1.0, edits=(edit,)),
        replace(second, draft="Zwei Akten", matches=(match,), errors=(error,), score=-2.0, notes=("cut",))])
    assert (joined.draft, joined.postedit) == ("Eine Akte. Zwei Akten", "Eine Datei. Zwei Akten")
    assert whole.source[joined.matches[0].start:joined.matches[0].end] == "files"
    assert (joined.errors, joined.notes, joined.edits) == ((error,), ("cut",), (edit,))
    assert joined.score == pytest.approx(-1.5)


def test_join_takes_the_source_for_a_sentence_without_target_and_nothing_for_none():
    whole = segment("One. Two.")
    first, second = sentence_splitting.split(whole, "en")
    assert sentence_splitting.join(whole, [first, replace(second, draft="Zwei.")]).draft == "One. Zwei."
    assert sentence_splitting.join(whole, [first, second]).target is None


@pytest.mark.parametrize("source, draft, count", [
    ("One file. Two files.", "Eine Datei. Zwei Dateien.", 2),
    ("One file. Two files.", "Eine Datei und zwei Dateien.", 1),
    ("Open {a}. Close {b}.", "{b} zu. {a} auf.", 1),
    ("Open {a}. Close it.", "{a} auf. Zu damit.", 2),
])
def test_a_draft_is_split_only_sentence_by_sentence(source, draft, count):
    whole = segment(source, draft=draft, reference="Nur ein Satz")
    parts = sentence_splitting.split(whole, "en", "de")
    assert len(parts) == count
    assert sentence_splitting.join(whole, parts).draft == draft


def test_a_draft_keeps_its_own_white_space():
    whole = segment("One. Two.", draft="Eins.  Zwei.")
    first, second = sentence_splitting.split(whole, "en", "de")
    assert sentence_splitting.join(whole, [replace(first, postedit="EINS."), second]).target == "EINS.  Zwei."


def test_matches_go_with_their_sentences():
    term = Term(("file",), ("Datei",))
    matches = TermMatch(term, 4, 8), TermMatch(term, 12, 16)
    first, second = sentence_splitting.split(segment("One file. A file.", matches=matches), "en")
    assert [(m.start, m.end) for m in (*first.matches, *second.matches)] == [(4, 8), (2, 6)]


PIECES = st.sampled_from(["Save it. ", "Go! ", "<b>", "</b>", "<i>", "</i>", "{a. B}", "%s", "e.g. ", "1. ", "你好。",
                          "  ", "\n", "x", "“Yes.” ", "...", "<br>", "? "])


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(), st.sampled_from(["en", "de", "zh", "xx"]))
def test_split_and_join_lose_nothing(source, lang):
    whole = segment(source)
    parts = sentence_splitting.split(whole, lang)
    targets = [replace(part, draft=part.source) for part in parts]
    assert sentence_splitting.join(whole, targets).draft == source
    assert [
        literal for part in parts for literal in inline_codes.literals(part.source, part.codes)
    ] == inline_codes.literals(source, whole.codes)
    assert all(part.source.strip() == part.source for part in parts if part is not whole)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_sentences_intact_one_by_one_are_intact_together(source):
    whole = segment(source)
    parts = [replace(part, draft=inline_codes.project(part.source, part.codes, "Eins zwei.", []))
             for part in sentence_splitting.split(whole, "en")]
    assert all(inline_codes.broken(part.source, part.codes, part.draft) == [] for part in parts)
    assert inline_codes.broken(source, whole.codes, sentence_splitting.join(whole, parts).draft or "") == []


def test_long_lines_are_split_in_windows_without_seams():
    sentence = "Word " * 30 + "end. "
    source = sentence * 2000
    assert {end - start for start, end in sentence_splitting.spans(source, (), "en")} == {len(sentence) - 1}


def test_unclosed_quotes_over_a_megabyte_are_no_trap():
    assert len(sentence_splitting.spans("“Ah. " * 100_000, (), "en")) > 1


def test_codes_of_a_sentence_are_shifted():
    _, second = sentence_splitting.split(segment("One. See {x}."), "en")
    assert second.codes == (Code(4, 7),)


def test_a_sentence_without_end_is_cut_at_a_space():
    text = "word " * 10_000 + "x" * 30_000 + " end"
    places = sentence_splitting.spans(text, (), "en")
    assert len(places) >= 3 and places[-1][1] == len(text)
    assert all(text[end].isspace() for _, end in places[:-1])
    assert max(end - start for start, end in places) < 60_000


def test_a_name_with_full_stops_is_not_cut():
    text = "The service com.sun.star.util.PathSettings knows it. Ask it."
    assert [part.source for part in sentence_splitting.split(Segment("d#1", text), "en")] == [
        "The service com.sun.star.util.PathSettings knows it.", "Ask it."]  # fmt: skip
