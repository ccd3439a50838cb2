"""The adapter on a real, if tiny, Transformer (dictionary_model.py): word by word, other words copied."""

import json
import math
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document import inline_codes
from mtpipe.document.segment import Code, Segment, TermMatch
from mtpipe.errors import ConfigError, ModelError
from mtpipe.glossary.model import Term
from mtpipe.mt import Draft, decoding
from mtpipe.mt.ct2 import CTranslate2Translator
from mtpipe.mt.term_annotation import Line
from tests.conftest import WORDS
from tests.support.dictionary_model import POSITIONS, build


@pytest.fixture(scope="module")
def translator(model_folder):
    return CTranslate2Translator(model_folder)


@pytest.fixture(scope="module")
def coder(tmp_path_factory):
    """A model that knows masked codes."""
    return CTranslate2Translator(build(tmp_path_factory.mktemp("coder") / "m", WORDS, code="⟦{}⟧"))


def segment(source):
    return Segment("a#1", source, codes=inline_codes.find(source))


def translated(translator, source):
    return translator.translate([segment(source)])[0].text


def test_drafts_come_in_order_whatever_their_length(translator):
    sources = ["open the table", "cell", "select a cell and open the table in the menu", "the row", "open"] * 3
    texts = [draft.text for draft in translator.translate([segment(source) for source in sources])]
    assert texts == [" ".join(WORDS[word] for word in source.split()) for source in sources]


@pytest.fixture(scope="module")
def undecided(tmp_path_factory):
    """A model that may take a cell for one of electricity, beside a lexicon that does."""
    folder = build(tmp_path_factory.mktemp("undecided") / "m", WORDS, second={"cell": "Batterie"})
    lexicon = Lexicon("en", "de")
    lexicon.learn([])
    lexicon.links = {"cell": {"batterie": 5.0}}
    lexicon.save(folder / "lexicon", {})
    return [CTranslate2Translator(folder, rerank=flag) for flag in (False, True)]


def test_of_the_beam_s_translations_the_one_comes_first_that_the_lexicon_knows(undecided):
    assert [translated(model, "open the cell") for model in undecided] == ["öffne die Zelle", "öffne die Batterie"]
    assert undecided[0].digest != undecided[1].digest  # drafts of the one are none of the other


def test_an_annotated_term_is_not_for_the_lexicon_to_choose(undecided):
    marked = Line("open the cell", marks=((9, 13, "Zelle"),))
    plain, reranked = (model.hypotheses([marked], [1]) for model in undecided)
    assert plain == reranked


@pytest.mark.parametrize("source", ["", "   ", "1,000.50", "…", "{name}", "%s – 12 {x}", "<b>1</b>"])
def test_segments_without_words_are_copied(translator, source):
    draft = translator.translate([segment(source)])[0]
    assert draft.text == source and draft.score is None


@pytest.mark.parametrize(
    "source, target",
    [
        ("  open the table \n", "  öffne die Tabelle \n"),
        ("open {name} in %s", "öffne {name} in %s"),
        ("open <b>the table</b>", "öffne <b>die Tabelle</b>"),
        ("<i>open</i> the <b>cell</b>", "<i>öffne</i> die <b>Zelle</b>"),
    ],
)
def test_codes_and_white_space_come_back(translator, source, target):
    assert translated(translator, source) == target


@pytest.mark.parametrize("source", ["open <b>the table</b> {n}", "open {n} and {m}", "open <i>the</i> <b>{n}</b>"])
def test_a_model_that_knows_codes_carries_them(coder, source):
    draft = coder.translate([segment(source)])[0]
    assert not inline_codes.broken(source, inline_codes.find(source), draft.text)
    assert "⟦" not in draft.text and "öffne" in draft.text and draft.notes == ()


def test_only_segments_with_terms_bring_alternatives(translator):
    plain = segment("open the table")
    match = TermMatch(Term(("table",), ("Tabelle",)), 9, 14)
    with_terms, without = translator.translate([replace(plain, matches=(match,)), plain])
    assert with_terms.text == without.text and without.alternatives == ()
    assert with_terms.alternatives and with_terms.text not in with_terms.alternatives


def test_terms_are_shown_only_where_the_model_missed_one():
    asked = []

    def options(segments):
        asked.append([(one.id, len(one.matches)) for one in segments])
        return [[Draft("die Tabelle" if one.id == "has" else "das Feld")] for one in segments]

    match = TermMatch(Term(("table",), ("Tabelle",)), 4, 9)
    given = [Segment(name, "the table", matches=(match,) * (name != "none")) for name in ("has", "lacks", "none")]
    made = decoding.sparing(given, options, "de")
    assert asked == [[("has", 0), ("lacks", 0), ("none", 0)], [("lacks", 1)]] and len(made) == 3


def test_a_code_that_the_model_breaks_is_placed_by_guess_and_said(translator):
    # the dictionary knows "table": as a placeholder it does not survive the model
    source = "open the table"
    read = Segment("a#1", source, codes=(Code(9, 14),))
    draft = translator.translate([read])[0]
    assert draft.text.count("table") == 1 and draft.notes == ("tag position uncertain",)


def test_a_source_beyond_the_limit_is_translated_in_parts_and_said(translator):
    source = "open the table, " * 300
    draft = translator.translate([segment(source)])[0]
    assert draft.text.split() == ["öffne", "die", "Tabelle,"] * 300
    assert draft.notes == (f"translated in parts: longer than the model's {POSITIONS} tokens",)


def test_codes_survive_translation_in_parts(translator):
    source = "open <b>the table</b>, " + "select a cell, " * 30 + "open {name}"
    draft = translator.translate([segment(source)])[0]
    assert draft.text.startswith("öffne <b>die Tabelle</b>,") and draft.text.count("Zelle") == 30
    assert (
        not inline_codes.broken(source, inline_codes.find(source), draft.text)
        and "tag position uncertain" in draft.notes
    )


def test_what_has_no_end_is_split_then_given_up_with_a_note(model_folder, tmp_path):
    """A model whose end symbol is never written: every hypothesis runs into the limit."""
    folder = build(tmp_path / "endless", WORDS, is_endless=True, max_tokens=8)
    draft = CTranslate2Translator(folder).translate([segment("open the table")])[0]
    assert draft.text == "" and draft.notes == ("no translation within the model's 8 tokens",)


def test_terms_are_annotated_for_a_model_that_knows_it(tmp_path):
    said = {"open": "⟦", "arrow": "⇒", "close": "⟧"}
    folder = build(tmp_path / "m", WORDS, annotation=said)
    term = Term(("cell",), ("Feld",))
    read = Segment("a#1", "the cell", matches=(TermMatch(term, 4, 8),))
    draft = CTranslate2Translator(folder).translate([read])[0]
    assert "Feld" in draft.text and not set("⟦⇒⟧") & set(draft.text)
    assert "Feld" not in translated(CTranslate2Translator(folder), "the cell")


def test_nbest_is_distinct_and_begins_with_the_translation(translator):
    options = translator.nbest([segment("open the table"), segment("{x}")], 4)
    assert options[0][0] == "öffne die Tabelle" and len(set(options[0])) == len(options[0]) > 1
    assert options[1] == ["{x}"]


def test_complete_goes_on_from_the_prefix(translator):
    sources = [segment("open the table"), segment("select a cell in the menu"), segment("open the row")]
    prefixes = ["schließe die", "wähle", "öffne die Zeile"]
    together = [draft.text for draft in translator.complete(sources, prefixes)]
    assert together == ["schließe die Tabelle", "wähle eine Zelle in die Menü", "öffne die Zeile"]
    assert together == [translator.complete([s], [p])[0].text for s, p in zip(sources, prefixes, strict=True)]


def test_complete_refuses_what_the_model_has_no_piece_for(tmp_path):
    translator = CTranslate2Translator(build(tmp_path / "m", WORDS, byte_fallback=False))
    drafts = translator.complete([segment("open the table")] * 2, ["öffne 日", "öffne"])
    assert drafts[0].text == "" and drafts[0].notes == ("the model has no piece for 日",)
    assert drafts[1].text == "öffne die Tabelle"


def test_complete_refuses_what_is_longer_than_the_limit(translator):
    drafts = translator.complete([segment("open " * 60), segment("open")], ["öffne", "öffne " * 60])
    assert [draft.notes for draft in drafts] == [(f"longer than the model's {POSITIONS} tokens",)] * 2


def test_score_prefers_the_right_target_and_does_not_depend_on_the_batch(translator):
    pairs = [("the cell", "die Zelle"), ("the cell", "eine Zelle"), ("open the table", "öffne die Tabelle")]
    scores = translator.score(pairs)
    assert scores[0] > scores[1]
    assert scores == pytest.approx([translator.score([pair])[0] for pair in pairs])
    assert translator.score([]) == []


def test_a_score_can_leave_out_what_the_model_was_told_to_write(translator):
    right, wrong = ("the cell", "die Zelle"), ("the cell", "die Tabelle")
    whole, around = translator.score([right, wrong]), translator.score([right, wrong], [[], [(4, 11)]])
    assert around[0] == whole[0] > whole[1] and around[1] > whole[1]
    assert translator.score([wrong], [[(0, 11)]])[0] > whole[1]  # the end of the text still counts


def test_score_is_minus_infinity_beyond_the_limit(translator):
    assert translator.score([("open " * 60, "öffne"), ("open", "öffne " * 60)]) == [-math.inf, -math.inf]


def test_align_pools_pieces_to_words(translator):
    matrix = translator.align([("open the xylophone, cell", "öffne die xylophone, Zelle")])[0]
    assert matrix.shape == (5, 5)
    assert list(matrix.argmax(axis=1)) == [0, 1, 2, 3, 4] and matrix.max(axis=1) == pytest.approx(np.ones(5), abs=0.01)


LONG = "open " * 60


@pytest.mark.parametrize("source, target", [("open", ""), ("", "öffne"), (LONG, "öffne"), ("open", LONG)])
def test_align_has_zeros_where_there_is_nothing_to_see(translator, source, target):
    matrix = translator.align([(source, target)])[0]
    assert matrix.shape == (len(target.split()), len(source.split())) and not matrix.any()


def test_digest_says_what_changes_translations(model_folder, translator, tmp_path):
    assert CTranslate2Translator(model_folder, batch_tokens=64, threads=1).digest == translator.digest
    assert CTranslate2Translator(model_folder, beam_size=2).digest != translator.digest
    other = shutil.copytree(model_folder, tmp_path / "other")
    data = json.loads((other / "model.json").read_text())
    (other / "model.json").write_text(json.dumps(data | {"code": "⟦{}⟧"}))
    assert CTranslate2Translator(other).digest != translator.digest


def test_options_out_of_range_are_refused(model_folder):
    with pytest.raises(ConfigError, match="beam_size is ≥ 1, batch_tokens and threads ≥ 0, annotate missing or always"):
        CTranslate2Translator(model_folder, beam_size=0)


def test_a_damaged_model_is_said_to_be_one(model_folder, tmp_path):
    broken = shutil.copytree(model_folder, tmp_path / "broken")
    (broken / "ct2" / "model.bin").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="broken: the model can't be loaded"):
        CTranslate2Translator(broken)


def test_blobs_of_data_are_copied(translator):
    blob = "QUJD" * 2000
    assert translated(translator, blob) == blob


def _drafter(*texts_of):
    """Options that answer from tables, one a call; calls has the codes that it was shown."""
    calls = []

    def options(segments):
        texts = texts_of[len(calls)]
        calls.append([inline_codes.literals(segment.source, segment.codes) for segment in segments])
        return [[Draft(texts[segment.source])] for segment in segments]

    return options, calls


def none(segments):
    """No other options."""
    return [[] for _ in segments]


def test_what_a_draft_alters_is_a_code_when_it_is_made_again():
    sources = ["set <b>JAVA_HOME</b> to 8080 now", "the port 80", "open the row"]
    segments = [segment(source) for source in sources]
    options, calls = _drafter({sources[0]: "setze <b>JAVA_GET</b> auf 80 jetzt", sources[1]: "Anschluss 80",
                               sources[2]: "Zeile öffnen"}, {sources[0]: "setze <b>JAVA_HOME</b> auf 8080 jetzt"})
    made = decoding.protecting(segments, options(segments), options, none, "de")
    texts = [drafts[0].text for drafts in made]
    assert texts == ["setze <b>JAVA_HOME</b> auf 8080 jetzt", "Anschluss 80", "Zeile öffnen"]
    assert calls[1] == [["<b>", "JAVA_HOME", "</b>", "8080"]]


def test_of_a_draft_with_a_lone_mark_another_option_is_taken():
    sources = ['the message "12 rows" is shown', "the rows (all)", "a) the rows", 'say "row"', 'the "{x}" row']
    segments = [segment(source) for source in sources]
    options, calls = _drafter({sources[0]: 'die Meldung "12 Zeilen', sources[1]: "die Zeilen (alle)",
                               sources[2]: "a) die Zeilen", sources[3]: 'sag "Zeile', sources[4]: 'die "{x} Zeile'},
                              {sources[0]: 'die Meldung "Zeilen"', sources[3]: "sag „Zeile“", sources[4]: 'die {x} "'})
    made = decoding.pairing(segments, options(segments), options, "de")
    assert [drafts[0].text for drafts in made] == [
        'die Meldung "12 Zeilen', "die Zeilen (alle)", "a) die Zeilen", "sag „Zeile“", 'die "{x} Zeile']
    assert len(calls[1]) == 3


def test_a_formula_that_a_draft_alters_is_a_code_as_a_whole():
    source = 'so =SUM(A1:A5;"<2";MAX(B2:B6)) is 12, =A3*24 not'
    options, calls = _drafter({source: "also =SUMME(A1:A;B) ist 12, =A3 nicht"}, {source: source})
    decoding.protecting([segment(source)], options([segment(source)]), options, none, "de")
    assert calls[1] == [['=SUM(A1:A5;"<2";MAX(B2:B6))', "24"]]


def test_words_with_letters_that_the_model_does_not_know_are_codes():
    source = "Tomáš has <b>fe\u0301ver</b> of 38 °C in 上海"
    named = decoding.hide_names(segment(source), lambda char: char.isascii() or char == "é")
    assert inline_codes.literals(named.source, named.codes) == ["Tomáš", "<b>", "</b>"]
    whole = replace(segment("Tomáš plays"), matches=(TermMatch(Term(("Tomáš",), ("Thomas",)), 0, 5),))
    assert decoding.hide_names(whole, str.isascii) is whole


def test_an_acronym_that_a_draft_lacks_is_a_code_when_it_is_made_again():
    sources = ["open it with GIMP now", "DO NOT OPEN", "the PDF-like USB key"]
    options, calls = _drafter(dict(zip(sources, ("öffne es mit DNS jetzt", "nicht öffnen", "der USB-Schlüssel"))),
                              {sources[0]: "öffne es mit GIMP jetzt"})  # fmt: skip
    segments = [segment(source) for source in sources]
    made = decoding.protecting(segments, options(segments), options, none, "de")
    assert made[0][0].text == "öffne es mit GIMP jetzt"
    assert calls[1] == [["GIMP"]]


def test_a_draft_that_is_no_better_with_protection_stays():
    source = "wait 3600 seconds"
    options, _ = _drafter({source: "warte 380 Sekunden"}, {source: "warte"})
    assert decoding.protecting([segment(source)], options([segment(source)]), options, none, "de")[0][0].text == (
        "warte 380 Sekunden")


def test_a_number_put_back_by_alignment_does_not_hide_that_it_was_lost():
    source = "cell A1 plus 10"

    def options(segments):
        filled = Draft("Zelle A1 10", is_filled=True)
        return [[filled if segment.codes else Draft("Zelle A1")] for segment in segments]

    made = decoding.protecting([segment(source)], options([segment(source)]), options, none, "de")
    assert made[0][0].text == "Zelle A1"


def test_behind_a_draft_that_stays_wrong_are_the_models_others():
    sources = ["wait 3600 seconds", "wait 20 seconds", "wait"]
    drafts = dict(zip(sources, ("warte 380 Sekunden", "warte 2 Sekunden", "warte"), strict=True))
    options, _ = _drafter(drafts, drafts | {sources[1]: "warte 20 Sekunden"})
    segments = [segment(source) for source in sources]
    made = decoding.protecting(segments, options(segments), options, lambda wrong: [[Draft("x")] for _ in wrong], "de")
    assert [[draft.text for draft in drafts] for drafts in made] == [
        ["warte 380 Sekunden", "x"], ["warte 20 Sekunden"], ["warte"]]


class Watched:
    """A CTranslate2 model that keeps the batches it searched for in lists of sources."""

    def __init__(self, translator):
        self.batches, self._search = [], translator._ct2.translate_batch
        translator._ct2 = self

    def translate_batch(self, sources, *rest, **options):
        self.batches += [sources] if options.get("asynchronous") else []
        return self._search(sources, *rest, **options)


def test_lines_with_codes_and_without_are_one_batch(coder):
    made = CTranslate2Translator(coder.model.folder)
    watched = Watched(made)
    drafts = made.translate([segment("open <b>the table</b>"), segment("the cell")])
    assert list(map(len, watched.batches)) == [2]
    assert [draft.text for draft in drafts] == [translated(coder, "open <b>the table</b>"), "die Zelle"]


def test_a_mask_that_comes_from_no_code_is_not_let_through(tmp_path):
    said = {"open": "⟦", "arrow": "⇒", "close": "⟧"}
    made = CTranslate2Translator(build(tmp_path / "m", WORDS, annotation=said, code="⟦{}⟧"))

    class Inventive:
        def translate_batch(self, sources, *rest, suppress_sequences=(), **options):
            pieces = ["▁die"] if ["⟦"] in suppress_sequences else ["▁die", "⟦"]
            found = SimpleNamespace(hypotheses=[pieces], scores=[-1.0], attention=[])
            return [SimpleNamespace(result=lambda: found) for _ in sources]

    made._ct2 = Inventive()
    assert translated(made, "the cell") == "die"


def test_what_was_searched_for_is_not_searched_for_again(tmp_path):
    made = CTranslate2Translator(build(tmp_path / "m", WORDS | {"7": "8"}))
    watched = Watched(made)
    draft, = made.translate([segment("open 7 now")])  # a number that it alters is a code next, and then stays as it is
    searched = [tuple(source) for batch in watched.batches for source in batch]
    assert len(searched) == len(set(searched)) and draft.alternatives
