"""Vocabulary maps: what is in them, and that terms and other wordings need none."""

import shutil

import pytest

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Segment, TermMatch
from mtpipe.errors import ModelError
from mtpipe.glossary.model import Term
from mtpipe.mt import vocabulary_map
from mtpipe.mt.ct2 import CTranslate2Translator
from mtpipe.mt.subwords import Pieces
from tests.conftest import WORDS
from tests.support.dictionary_model import build

KNOWN = {word: other for word, other in WORDS.items() if word != "table"}


def lexicon_of(dictionary, folder):
    lexicon = Lexicon("en", "de")
    lexicon.links = {word: {other.casefold(): 9.0} for word, other in dictionary.items()}
    lexicon.forms = {other.casefold(): {other: 9} for other in dictionary.values()}
    lexicon.save(folder, {})
    return folder


@pytest.fixture
def mapped(model_folder, tmp_path, monkeypatch):
    """A copy of the model whose map knows all words but one, and nothing that is common to all."""
    monkeypatch.setattr(vocabulary_map, "COMMON", 0)
    folder = shutil.copytree(model_folder, tmp_path / "model")
    vocabulary_map.write(folder, lexicon_of(KNOWN, tmp_path / "lexicon"))
    return folder


def rules(folder):
    text = (folder / "ct2" / vocabulary_map.NAME).read_text(encoding="utf-8")
    return {key: set(values.split(" ")) for key, values in (line.split("\t") for line in text.splitlines())}


def segment(source, *terms):
    matches = tuple(TermMatch(term, source.index(term.source), source.index(term.source) + len(term.source))
                    for term in terms)  # fmt: skip
    return Segment("a#1", source, matches=matches)


def test_a_piece_leads_to_itself_and_to_the_forms_of_its_translations(mapped):
    word, other = next(iter(KNOWN.items()))
    table = rules(mapped)
    pieces = Pieces(mapped / "spm.model", mapped / "ct2", "target", mapped / "spm.model")
    assert {f"▁{word}", *pieces.encode(other)} <= table[f"▁{word}"]
    assert set(pieces.encode(WORDS["table"])) - table["▁table"] - table[""]


def test_anything_can_be_spelt(mapped):
    always = rules(mapped)[""]
    pieces = Pieces(mapped / "spm.model", mapped / "ct2", "target", mapped / "spm.model")
    assert {"a", "Z", "7", "%", "⟦", "⟧", "<0x00>"} <= always
    assert not {piece for piece in pieces.vocabulary if len(piece) == 1} - always


def test_drafts_are_the_same_where_the_map_knows_the_words(model_folder, mapped):
    segments = [segment(f"{word} {other}") for word, other in zip(KNOWN, reversed(list(KNOWN)))]
    plain, fast = (CTranslate2Translator(folder).translate(segments) for folder in (model_folder, mapped))
    assert [draft.text for draft in fast] == [draft.text for draft in plain]


def test_a_line_with_a_term_and_other_wordings_have_all_pieces(mapped):
    translator, whole = CTranslate2Translator(mapped), CTranslate2Translator(mapped, vmap=False)
    plain = segment("table")
    term = segment("table", Term("table", WORDS["table"]))
    assert whole.translate([plain])[0].text == WORDS["table"] != translator.translate([plain])[0].text
    assert translator.translate([term, plain])[0].text == WORDS["table"]
    assert translator.nbest([plain], 2) == whole.nbest([plain], 2)
    assert translator.complete([plain], [""])[0].text.strip() == WORDS["table"]


def test_a_map_changes_the_digest(model_folder, mapped):
    digests = {CTranslate2Translator(model_folder).digest, CTranslate2Translator(mapped).digest,
               CTranslate2Translator(mapped, vmap=False).digest}  # fmt: skip
    assert len(digests) == 3


def test_languages_without_spaces_are_refused(tmp_path):
    folder = build(tmp_path / "zh-en", WORDS, source_lang="zh", target_lang="en")
    with pytest.raises(ModelError, match="no map for zh: its lexicon knows characters"):
        vocabulary_map.write(folder, lexicon_of(WORDS, tmp_path / "lexicon"))
    vocabulary_map.write(folder, pairs=[("open", "öffne")] * 3)
    assert "▁open" in rules(folder)


def test_of_parallel_text_a_piece_leads_to_what_comes_with_it(model_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(vocabulary_map, "LEARNT", (1, 1))
    folder = shutil.copytree(model_folder, tmp_path / "model")
    texts = [("open the table", "öffne die Tabelle"), ("open the cell", "öffne die Zelle"), ("the menu", "das Menü"),
             ("close the table", "schließe die Tabelle"), ("close a cell", "schließe eine Zelle")]  # fmt: skip
    vocabulary_map.write(folder, pairs=texts * 2)
    table = rules(folder)
    leads = {word: table[f"▁{word}"] - {f"▁{word}"} for word in ("table", "cell", "open")}
    assert leads == {"table": {"▁Tabelle"}, "cell": {"▁Zelle"}, "open": {"▁öffne"}}


def test_without_a_lexicon_there_is_no_map(model_folder):
    with pytest.raises(ModelError, match="no lexicon to make a map from; give one"):
        vocabulary_map.write(model_folder)
    assert not (model_folder / "ct2" / vocabulary_map.NAME).exists()
