"""The parts of training: vocabulary, models, links and candidates, drawn examples, batches, losses, the split."""

import random
from collections import Counter

import numpy as np
import pytest
import sentencepiece
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.document.inline_codes import plain_text
from mtpipe.errors import ConfigError, InputError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.languages.tokenization import words
from mtpipe.mt.term_annotation import Line
from mtpipe.training import batches, development, families, marian, material, vocabulary
from mtpipe.training.examples import Drawer, Drawn, Shares, piece_links
from mtpipe.training.material import AlignedPair, AnnotationCandidate
from mtpipe.training.split import split
from mtpipe.training.starts import ANNOTATION, CODE
from mtpipe.training.trainer import learning_rate_share, smoothed
from tests.support.bilingual import english_spanish, spanish

TINY = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32,
        "encoder_attention_heads": 2, "decoder_attention_heads": 2}  # fmt: skip
ALL = Shares(coded=1, annotated=1, swapped=0)


@pytest.fixture(scope="module")
def pairs():
    return english_spanish(400)


@pytest.fixture(scope="module")
def spm(pairs, tmp_path_factory):
    path = tmp_path_factory.mktemp("vocabulary") / "spm.model"
    vocabulary.train((text for pair in pairs for text in pair), path, 400)
    return path


@pytest.fixture(scope="module")
def items(pairs):
    return material.align_pairs(pairs, spanish())


def test_a_vocabulary_holds_each_symbol_as_one_piece_and_padding_last(spm):
    names = vocabulary.pieces(spm)
    model = sentencepiece.SentencePieceProcessor(model_file=str(spm))
    assert names[0] == "</s>" and names[1] == "<unk>" and names[-1] == "<pad>" and len(names) == 400
    assert model.encode("⟦table⇒ tabla⟧", out_type=str).count("⟦") == 1
    assert len(model.encode("2026")) >= 4
    assert model.decode(model.encode("表 ☃")) == "表 ☃"


def test_too_little_text_for_a_vocabulary(tmp_path):
    with pytest.raises(InputError, match="no vocabulary of 5000 pieces can be learnt .* smaller --vocabulary"):
        vocabulary.train(["one", "two"], tmp_path / "spm.model", 5000)


def test_a_fresh_model_has_silent_padding_and_the_asked_shape(spm):
    model = marian.fresh(spm, **TINY)
    assert not model.model.shared.weight[-1].any() and model.config.d_model == 32
    assert model.config.decoder_start_token_id == model.config.pad_token_id == 399
    with pytest.raises(ConfigError, match="no layers; its shape is d_model, encoder_layers"):
        marian.fresh(spm, layers=3)


def test_a_child_keeps_what_its_parent_knows(spm, tmp_path):
    other = tmp_path / "other.model"
    vocabulary.train((text for pair in english_spanish(300, seed=3) for text in pair), other, 380)
    parent = marian.fresh(spm, **TINY)
    child = marian.descend(parent, spm, other)
    old, new = vocabulary.pieces(spm), vocabulary.pieces(other)
    piece = next(piece for piece in new if piece in old and piece.startswith("▁") and len(piece) > 3)
    assert torch.equal(child.model.shared.weight[new.index(piece)], parent.model.shared.weight[old.index(piece)])
    assert torch.equal(child.model.encoder.layers[0].fc1.weight, parent.model.encoder.layers[0].fc1.weight)
    assert not child.model.shared.weight[-1].any()


def test_links_and_candidates_of_known_words(items):
    item = next(item for item in items if "the table" in item.source.lower() and "tabla" in item.target)
    source, target = words(item.source), words(item.target)
    found = {(" ".join(source[c.first:c.last]), " ".join(target[c.begin:c.end]), c.form) for c in item.candidates}
    assert ("table", "tabla", "tabla") in found
    assert all("the" not in (phrase.split()[0], phrase.split()[-1]) for phrase, _, _ in found)


def test_no_candidate_contradicts_the_links(items):
    for item in items[:200]:
        backward = dict(item.links)
        for c in item.candidates:
            assert all(c.first <= i < c.last for j in range(c.begin, c.end) for i in backward.get(j, ()))


def _item(source, target, *found):
    ours, theirs = words(plain_text(source)), words(plain_text(target))
    made = []
    for phrase, translation, form in found:
        first, begin = ours.index(phrase.split()[0]), theirs.index(translation.split()[0])
        last, end = first + len(phrase.split()), begin + len(translation.split())
        made.append(AnnotationCandidate(first, last, begin, end, form, 1, True))
    links = tuple((c.begin, tuple(range(c.first, c.last))) for c in made)
    return AlignedPair(source, target, links, tuple(made))


CODED = _item("Click <g1>Save</g1> in the table %s.", "Klicken Sie in der Tabelle %s auf <g1>Speichern</g1>.",
              ("table", "Tabelle", "Tabelle"))  # fmt: skip


def test_drawn_codes_carry_the_same_masks_on_both_sides():
    drawn = Drawer([CODED], ANNOTATION, CODE, ALL).draw(CODED, random.Random(1))
    assert drawn.source == "Click ⟦1⟧Save⟦2⟧ in the ⟦table⇒ Tabelle⟧ ⟦3⟧."
    assert drawn.target == "Klicken Sie in der Tabelle ⟦3⟧ auf ⟦1⟧Speichern⟦2⟧."


def test_codes_that_differ_are_never_masked():
    odd = _item("Click <g1>Save</g1>", "Klicken Sie auf Speichern")
    assert Drawer([odd], ANNOTATION, CODE, ALL).draw(odd, random.Random(1)).source == "Click Save"


def test_a_swapped_term_stands_in_both_annotation_and_target():
    one = _item("the table here", "hier Tabelle", ("table", "Tabelle", "Tabelle"))
    other = _item("a capsule here", "hier Kapelle", ("capsule", "Kapelle", "Kapelle"))
    drawer = Drawer([one, one, other, other], ANNOTATION, CODE, Shares(0, 1, 1))
    drawn = {(d.source, d.target) for d in (drawer.draw(one, random.Random(seed)) for seed in range(40))}
    assert ("the ⟦table⇒ Kapelle⟧ here", "hier Kapelle") in drawn
    assert all(source.split("⇒ ")[1].split("⟧")[0] in target for source, target in drawn)


def test_swapping_keeps_the_links_of_the_words_behind():
    one = _item("the table here", "die Tabelle hier", ("table", "Tabelle", "Tabelle"), ("here", "hier", "hier"))
    other = _item("a thing", "ein Wandgemälde Kapelle", ("thing", "Kapelle", "Kapelle"))
    drawer = Drawer([one, one, other, other], ANNOTATION, CODE, Shares(0, 1, 1))
    for seed in range(30):
        drawn = drawer.draw(one, random.Random(seed))
        start = drawn.target.index("hier")
        assert drawn.target_owners[start:start + 4] == [2] * 4


def test_pieces_are_linked_to_the_source_term_and_not_to_its_annotation():
    drawn = Drawer([CODED], ANNOTATION, CODE, ALL).draw(CODED, random.Random(1))
    ours, theirs = ([(m, m + 1) for m in range(len(text))] for text in (drawn.source, drawn.target))
    links = dict(piece_links(drawn, ours, theirs))
    first = drawn.target.index("Tabelle")
    assert {drawn.source[i] for i in links[first]} == set("table")
    assert max(links[first]) < drawn.source.index("⇒")
    mask = drawn.target.index("⟦3⟧")
    assert "".join(drawn.source[i] for i in links[mask]) == "⟦3⟧"


TEXT = st.lists(st.sampled_from(["Save", "the", "table", "<g1>", "</g1>", "%s", "{x}", "⟦", "é", "表", ".", "a-b"]),
                min_size=1, max_size=12).map(" ".join)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(TEXT, TEXT, st.integers(0, 99))
def test_every_character_belongs_to_a_word_that_holds_it(source, target, seed):
    ours = words(plain_text(source))
    found = tuple(AnnotationCandidate(i, i + 1, 0, 1, "Form", 1, True) for i, word in enumerate(ours) if word.isalpha())
    item = AlignedPair(source, target, (), found if words(plain_text(target)) else ())
    drawn = Drawer([item], ANNOTATION, CODE).draw(item, random.Random(seed))
    for text, owners, original in ((drawn.source, drawn.source_owners, source),
                                   (drawn.target, drawn.target_owners, target)):
        assert len(owners) == len(text)
        held = words(plain_text(original))
        for char, owner in zip(text, owners):
            assert owner < 0 or char in held[owner] or char in "[→]"


@settings(deadline=None, max_examples=100)
@given(TEXT)
def test_the_model_reads_in_training_what_the_translator_feeds_it(source):
    item = AlignedPair(source, source, (), ())
    drawn = Drawer([item], ANNOTATION, CODE, Shares(0, 0, 0)).draw(item, random.Random(1))
    assert drawn.source == Line(plain_text(source)).render(ANNOTATION)


def _side(spm):
    numbers = {piece: number for number, piece in enumerate(vocabulary.pieces(spm))}
    return families.TokenizerSide(spm, numbers, numbers["<unk>"], (), ("</s>",))


@pytest.fixture(scope="module")
def stream(items, spm):
    side = _side(spm)
    encode = batches.PieceEncoder(side, side)
    sources = [batches.Source(items[:100], 3), batches.Source(items[100:], 1)]
    return lambda seed=1: batches.Batches(sources, Drawer(items, ANNOTATION, CODE), encode, 600, seed)


def test_batches_keep_their_budget_and_come_alike_for_the_same_seed(stream):
    first, again, other = ([batch for batch, _ in zip(stream(seed), range(40))] for seed in (1, 1, 2))
    assert first == again != other
    assert all(len(batch) * max(example.size for example in batch) <= 600 for batch in first)
    padding = sum(max(e.size for e in batch) * len(batch) - sum(e.size for e in batch) for batch in first)
    assert padding < 0.15 * sum(e.size for batch in first for e in batch)


def test_sources_are_drawn_by_their_shares(stream, items):
    first = {id(item) for item in items[:100]}
    counts: Counter[bool] = Counter()
    drawer = stream().drawer
    draw = drawer.draw
    drawer.draw = lambda item, rng: counts.update([id(item) in first]) or draw(item, rng)
    endless = iter(stream().__class__(stream().sources, drawer, stream().encode, 600, 1))
    next(endless)
    assert 0.7 < counts[True] / counts.total() < 0.8


def test_a_guide_row_sums_to_one_where_something_is_known(stream):
    arrays = batches.collate(next(iter(stream())), padding=399, start=399)
    sums = arrays["guide"].sum(-1)
    assert np.all((np.abs(sums - 1) < 1e-5) | (sums == 0)) and (sums == 1).any()
    assert (arrays["guide"].sum(1)[arrays["attention_mask"] == 0] == 0).all()
    assert (arrays["decoder_input_ids"][:, 0] == 399).all()
    kept = arrays["labels"][:, :-1] != batches.IGNORED
    shifted = arrays["decoder_input_ids"][:, 1:]
    assert (shifted[kept & (arrays["labels"][:, 1:] != batches.IGNORED)]
            == arrays["labels"][:, :-1][kept & (arrays["labels"][:, 1:] != batches.IGNORED)]).all()  # fmt: skip


def test_examples_that_are_too_long_or_empty_are_left_out(spm):
    side = _side(spm)
    encode = batches.PieceEncoder(side, side, (10, 10))
    assert encode(Drawn("the table " * 20, "la tabla", [-1] * 200, [-1] * 8, ())) is None
    assert encode(Drawn("", "la tabla", [], [-1] * 8, ())) is None


def test_the_loss_is_torchs_own_where_padding_is_no_class():
    torch.manual_seed(1)
    logits, labels = torch.randn(2, 5, 9), torch.randint(0, 8, (2, 5))
    labels[1, 3:] = batches.IGNORED
    loss, nll = smoothed(logits, labels, 0.1, padding=8)
    flat, wanted = logits[..., :8].reshape(-1, 8), labels.reshape(-1)
    expected = torch.nn.functional.cross_entropy(flat, wanted, label_smoothing=0.1)
    assert torch.isclose(loss, expected, atol=1e-3)
    assert torch.isclose(nll, torch.nn.functional.cross_entropy(flat, wanted), atol=1e-3)


def test_what_is_measured_with_is_never_trained_on():
    texts = [(f"Line {n % 300} here", f"Zeile {n}") for n in range(1000)]
    parts = split(texts, generic=[(f"line {n} HERE", "x") for n in range(600)], generic_times=2)
    sides = [{source.casefold() for source, _ in part} for part in (parts.domain, parts.generic)]
    for measured in (parts.dev, parts.generic_dev):
        assert measured
        for side in sides:
            assert side.isdisjoint(source.casefold() for source, _ in measured)
    assert parts == split(texts, generic=[(f"line {n} HERE", "x") for n in range(600)], generic_times=2)
    many = split(texts, generic=[(f"g{n}", "x") for n in range(9000)], generic_times=2)
    assert len(many.generic) == 2 * len(many.domain)


@pytest.mark.parametrize(("pairs", "dev", "message"), [
    ([("a", "b")] * 30, [], "too few pairs for training: 30, at least 200 are needed"),
    ([("a", "b")], [("A", "b")], "no pair is left to train on"),
])  # fmt: skip
def test_too_little_to_train_on(pairs, dev, message):
    with pytest.raises(InputError, match=message):
        split(pairs, dev)


def test_a_glossarys_terms_become_candidates_and_displace_others():
    glossary = Glossary.of((Term(("data pilot",), ("Datenpilot",)),), "en", "de")
    item = _item("Open the data pilot", "Öffnen Sie den Datenpiloten", ("pilot", "Datenpiloten", "Pilot"))
    (one,) = material.with_glossary_terms([item], glossary)[0].candidates
    assert (one.first, one.last, one.begin, one.end, one.form) == (2, 4, 3, 4, "Datenpilot")


def test_development_sets_ask_for_dictionary_forms_and_for_others(items):
    made = development.prepare(items[:60], ["tabla", "plantilla", "carpeta", "ventana", "modelo", "archivo"])
    assert len(made.bare) == 60 and made.annotated and made.swapped
    for segment in made.annotated:
        assert 0 < len(segment.matches) <= development.MAX_TERMS
        assert all(segment.source[m.start:m.end] == m.term.source for m in segment.matches)
    assert all(segment.matches[0].term.target not in (segment.reference or "") for segment in made.swapped)


def test_a_short_plan_warms_up_in_a_tenth_of_its_steps():
    short = [learning_rate_share(step, step / 140, 100) for step in range(141)]
    assert max(short) > 0.9 and short.index(max(short)) <= 15 and short[-1] < 0.03
    long = [learning_rate_share(step, step / 100_000, 100) for step in range(200)]
    assert long[49] == pytest.approx(0.5, abs=0.01) and long[100] == pytest.approx(1, abs=0.01)
    assert learning_rate_share(0, 0.0, 100) == pytest.approx(0.01)
