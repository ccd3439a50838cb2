"""Term success as the shared tasks counted it: items worked out by hand from the definitions."""

from math import isnan

import pytest

from mtpipe import plugins
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError
from mtpipe.evaluation.metrics.wmt23 import MODES, Wmt23TermSuccess
from mtpipe.evaluation.metrics.wmt25 import Wmt25DocumentTermSuccess, Wmt25TermSuccess
from mtpipe.evaluation.metrics.wmt25_consistency import Wmt25Consistency
from mtpipe.glossary.model import Term


def segment(source, draft, *items, reference=None):
    terms = tuple(Term((s,), (t,) if isinstance(t, str) else t) for s, t in items)
    return Segment("x#1", source, draft=draft, terms=terms, reference=reference)


def values(target_lang, *segments):
    return [round(Wmt23TermSuccess(target_lang, mode).score(segments).value, 4) for mode in MODES]


#                                      regex fuzzy90 lemma_regex lemma_fuzzy90
@pytest.mark.parametrize("lang, draft, target, expected", [
    ("en", "The hand injuries healed.", "hand injuries", [1, 1, 1, 1]),
    ("en", "The hand injury healed.", "hand injuries", [0, 0, 1, 1]),  # 85.7 % like it
    ("en", "The arterial embolisms are rare.", "arterial embolism", [1, 1, 1, 1]),  # 97 %
    ("en", "The categories differ.", "cat", [1, 0, 1, 0]),  # inside a word, and in its lemma
    ("en", "A trans-thrombus was seen.", "transit thrombus", [0, 0, 0, 0]),
    ("en", "The tranzit thrombus was seen.", "transit thrombus", [0, 1, 0, 1]),  # one letter of 16
    ("en", "TRANSIT THROMBUS", "transit thrombus", [1, 1, 1, 1]),
    ("en", "thrombus transit", "transit thrombus", [0, 0, 0, 0]),  # in a row and in order
    ("en", "", "embolism", [0, 0, 0, 0]),
    ("cs", "Používáme kontextových embeddingů.", "kontextové embeddingy", [0, 0, 0, 1]),  # 86 and 95 %
    ("cs", "Popsali jsme jazyků mnoho.", "jazyk", [1, 1, 1, 1]),  # 91 %
    ("cs", "Ve slovníku je slov mnoho.", "slovo", [0, 0, 1, 1]),
    ("en", "One term", "a term that is longer than the text", [0, 0, 0, 0]),
])
def test_wmt23_modes(lang, draft, target, expected):
    assert values(lang, segment("…", draft, ("…", target))) == expected


def test_wmt23_counts_all_items_repeated_ones_and_those_that_are_not_in_the_source():
    both = segment("源", "a house and a dog", ("房", "house"), ("房", "house"), ("不在", "cat"))
    other = segment("源", "nothing", ("狗", "dog"))
    score = Wmt23TermSuccess("en", "regex").score([both, other])
    assert score.value == 2 / 4
    assert score.name == "tsr_wmt23_regex" and score.signature.startswith("items:4|match:regex|langs:en|lemmas:")
    assert Wmt23TermSuccess("en").score([both, other]).name == "tsr_wmt23"


def test_wmt23_has_nothing_to_say_without_items():
    score = Wmt23TermSuccess("en").score([segment("源", "a house")])
    assert isnan(score.value) and score.note == "no term is required"


def test_wmt23_mode_is_an_option_and_unknown_ones_are_refused():
    made = plugins.create("metric", "tsr_wmt23", {"mode": "fuzzy90"}, source_lang="zh", target_lang="en")
    assert made.name == "tsr_wmt23_fuzzy90"
    with pytest.raises(ConfigError, match="no mode 'fuzzy80'; available: regex, fuzzy90, lemma_regex, lemma_fuzzy90"):
        Wmt23TermSuccess("en", "fuzzy80")


@pytest.mark.parametrize("lang, source, draft, item, value", [
    ("es", "Approval status", "Los estados de autorización", ("approval status", "estado de autorización"), 1),
    ("es", "Select a column.", "Selecciona una columna.", ("Select", "Seleccione"), 0),  # a name to a tagger
    ("es", "We select a column.", "Selecciona una columna.", ("select", "seleccione"), 1),
    ("es", "union", "El operador union combina", ("union", "unión"), 1),
    ("de", "The process plans", "Die Ablaufpläne", ("process plan", "Ablaufplan"), 1),  # no dictionary has it
    ("de", "The houses", "Die Häuser", ("house", "Haus"), 1),  # a capital is no name here
    ("de", "The plan", "Der Palast", ("plan", "Plan"), 0),
])
def test_wmt25_lemmas_where_a_tagger_sees_more_than_a_dictionary(lang, source, draft, item, value):
    assert Wmt25TermSuccess("en", lang).score([segment(source, draft, item)]).value == value


@pytest.mark.parametrize("source, draft, reference, items, value", [
    ("Bank, bank and bank", "银行和银行", "银行", [("bank", "银行")], 2 / 3),
    ("bank", "银行和银行", "银行", [("Bank", "银行")], 1),  # no credit for more, no case
    ("bank bank", "银行 与 本行", "本行", [("bank", ("银行", "本行"))], 1),  # the targets' occurrences are summed
    ("bank", "银行", "河岸", [("bank", "银行")], None),  # the reference says otherwise: does not count
    ("river", "河岸", "河岸", [("bank", "河岸")], None),
    ("bank fund", "银行", "银行 基金", [("bank", "银行"), ("fund", "基金")], 1 / 2),
])
def test_wmt25_documents(source, draft, reference, items, value):
    score = Wmt25DocumentTermSuccess().score([segment(source, draft, *items, reference=reference)])
    assert isnan(score.value) if value is None else score.value == pytest.approx(value)


def consistency(targets, terms=(("table", "Tabelle"),), **options):
    made = [Segment(f"f#{n}", "Open the table and the cell.", draft=target,
                    terms=tuple(Term((source,), (goal,)) for source, goal in terms))
            for n, target in enumerate(targets)]  # fmt: skip
    return Wmt25Consistency("en", "de", **options).score(made).value


RIGHT, WRONG, NOTHING = "Öffne die Tabelle.", "Öffne die Tafel.", "Öffne es."


@pytest.mark.parametrize("targets, options, value", [
    ([RIGHT, RIGHT, "Öffne die Tabellen."], {}, 1.0),  # inflections are one translation
    ([RIGHT, RIGHT, NOTHING], {}, 2 / 3),
    ([NOTHING, NOTHING, RIGHT], {}, 0.0),  # the most frequent is none, and agrees with nothing
    ([NOTHING, NOTHING, RIGHT], {"pseudoreference": "first"}, 0.0),
    ([NOTHING, NOTHING, RIGHT], {"pseudoreference": "predefined"}, 1 / 3),
    ([NOTHING], {"pseudoreference": "predefined"}, 0.0),
])  # fmt: skip
def test_wmt25_consistency_is_against_a_pseudo_reference(targets, options, value):
    assert consistency(targets, **options) == pytest.approx(value)


def test_wmt25_consistency_macro_gives_each_pseudo_reference_the_same_weight():
    terms = (("table", "Tabelle"), ("cell", "Zelle"))
    targets = ["Die Tabelle und die Zelle.", "Die Zelle.", "Die Tabelle und die Zelle.", "Die Zelle der Tabelle.", ""]
    assert consistency(targets, terms) == pytest.approx(7 / 10)
    assert consistency(targets, terms, average="macro") == pytest.approx((3 / 5 + 4 / 5) / 2)
    once = [*targets, "Zelle", "Zelle"]
    assert consistency(once, terms) == pytest.approx(6 / 14)  # "Tabelle" is most often not there
    assert consistency(once, terms, average="macro") == pytest.approx((0 + 6 / 7) / 2)


def test_wmt25_consistency_sees_what_a_lexicon_links(tmp_path):
    lexicon = Lexicon("en", "de")
    lexicon.learn([("the table", "die Tafel"), ("the cell", "die Zelle"), ("open the table", "öffne die Tafel"),
                   ("open the cell", "öffne die Zelle"), ("open it", "öffne es")] * 20)  # fmt: skip
    lexicon.save(tmp_path / "lexicon", {})
    linked = {"lexicon": tmp_path / "lexicon"}
    assert consistency([WRONG, WRONG, RIGHT], **linked) == pytest.approx(2 / 3)  # consistent, if not as asked
    assert consistency([WRONG, WRONG, RIGHT]) == 0
