"""The refiner from triplets to edited drafts, with a model of a few thousand weights; and what it is not made of."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError, ModelError
from mtpipe.formats.jsonl import JsonLinesFormat
from mtpipe.glossary.model import Glossary, Term
from mtpipe.models import registry
from mtpipe.mt.ct2 import CTranslate2Translator
from mtpipe.mt.fake import FakeTranslator
from mtpipe.postedit.ape_model import Refiner
from mtpipe.postedit.editor import Tools, Unusable
from mtpipe.postedit.ladder import postedit
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher
from mtpipe.training import starts, triplets
from mtpipe.training.finetuning import TrainingRecipe, finetune
from mtpipe.training.postediting import PostEditing
from mtpipe.training.trainer import Plan
from mtpipe.workflow import settings
from tests.support.bilingual import english_spanish, spanish
from tests.support.dictionary_model import build

pytestmark = pytest.mark.slow  # trains

SHAPE = {"d_model": 64, "encoder_layers": 1, "decoder_layers": 2, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128,
         "encoder_attention_heads": 2, "decoder_attention_heads": 2}  # fmt: skip
PLAN = Plan(steps=450, budget=1200, learning_rate=4e-3, warmup=20, evaluate_every=225, keep=2)
SYMBOLS = {"open": "⟦", "arrow": "⇒ ", "close": "⟧"}
TOOLS = Tools("en", "es")


def wrong(target):
    return target.replace("tabla", "mesa").replace("archivo", "documento").replace("celda", "casilla")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Triplets of office sentences, as a file."""
    out, pairs = tmp_path_factory.mktemp("triplets") / "triplets.jsonl", english_spanish(900)
    decoder = FakeTranslator({source: [wrong(target)] for source, target in pairs})
    triplets.make(iter(pairs), decoder, spanish(), triplets.TripletRecipe("en", "es", out, swapped=0, held=0, nbest=0))
    return out


def read(path):
    return [segment for _, segment in JsonLinesFormat("en", "es").read_rows(path)]


def recipe(segments, out, **changes):
    kept = {"base": "none", "shape": SHAPE, "vocabulary": 420, "plan": PLAN, "task": "post-edit"} | changes
    return TrainingRecipe((), "en", "es", out, triplets=segments, **kept)


@pytest.fixture(scope="module")
def trained(rows, tmp_path_factory):
    """A refiner trained from random weights, its outcome, and what was told meanwhile."""
    told = []
    out = tmp_path_factory.mktemp("trained") / "refiner"
    return finetune(recipe(read(rows), out), told.append), told


def copier(folder, **said):
    """A refiner at once, of 48 pieces: writes what it reads."""
    return build(folder, {"table": "modelo"}, **{"target_lang": "es", "task": "post-edit", "annotation": SYMBOLS,
                                                 "code": "⟦{}⟧"} | said)  # fmt: skip


def drafted(source, draft, *wanted):
    own = tuple(Term((term,), (target,)) for term, target in wanted)
    segment = Segment("1", source, draft=draft, terms=own, codes=inline_codes.find(source))
    segment, = Matcher(Glossary.of((), "en", "es")).find([segment])
    return replace(segment, errors=checker.check(segment, "es"))


# training

def test_a_refiner_learns_to_edit_drafts(trained):
    outcome, told = trained
    _, after = outcome.scores["domain"]
    assert after["terms"] > after["terms_draft"] + 0.3 and after["chrf"] > after["chrf_draft"]
    assert after["accepted"] > 0.3
    counted = next(line for line in told if "triplets, easy to hard" in line)
    assert counted.endswith("0 longer than 512 pieces (target: 256) left out")


def test_its_folder_says_what_it_is_for(trained):
    model = registry.read(trained[0].folder)
    assert (model.task, model.max_tokens, model.code) == ("post-edit", 512, "⟦{}⟧")
    assert model.lexicon is None
    assert json.loads((model.folder / "model.json").read_text())["checked"]["float32"]["lines"] > 5


def test_it_mends_what_it_was_never_shown(trained):
    segments = [drafted(source, wrong(target), ("table", "tabla"))
                for source, target in english_spanish(300, seed=99) if "table" in source and "tabla" in target]
    done = postedit([s for s in segments if s.errors], [("refiner", Refiner(TOOLS, trained[0].folder))], "es")
    mended = [segment for segment in done if not segment.errors]
    assert len(mended) > 0.5 * len(done) > 2
    assert all("tabla" in (segment.postedit or "") for segment in mended)


def test_training_goes_on_from_a_refiner_and_not_from_it_to_translate(trained, rows, tmp_path):
    few = Plan(steps=4, budget=1500, learning_rate=1e-4, warmup=1, evaluate_every=2, keep=2)
    folder = str(trained[0].folder)
    outcome = finetune(recipe(read(rows)[:400], tmp_path / "more", base=folder, plan=few))
    assert outcome.scores["domain"][0]["accepted"] > 0.2
    message = "a model to post-edit, not to translate; give it to the repair method"
    with pytest.raises(ModelError, match=message):
        finetune(TrainingRecipe(english_spanish(300), "en", "es", tmp_path / "other", base=folder, plan=few))


def test_easy_triplets_come_first_and_all_in_the_end(rows, tmp_path):
    asked = recipe(read(rows), tmp_path / "out")
    task = PostEditing(asked)
    start = starts.load("none", "", "en", "es", tmp_path, task.texts, 420, 1, SHAPE, task="post-edit",
                        positions=task.positions)  # fmt: skip
    stream = task.ready(start, tmp_path, lambda line: None).batches
    opens = [source.opens for source in stream.sources]
    assert opens == sorted(opens) and len(opens) > 1 and opens[-1] == 0.6
    for progress, is_open in ((0.0, [True, False]), (0.59, [True, False]), (0.6, [True, True])):
        stream.progress = lambda: progress
        weights = stream._weights()
        assert [weights[0] > 0, weights[-1] > 0] == is_open


# wrong input

@pytest.mark.parametrize(("changes", "message"), [
    ({"draft": None}, "1: a triplet needs draft; make triplets with 'mtpipe triplets PAIRS'"),
    ({"draft": " ", "reference": None}, "1: a triplet needs draft and reference"),
    ({"source": ""}, "1: a triplet needs source"),
    ({"terms": ()}, "1: a triplet needs terms"),
])  # fmt: skip
def test_half_triplets_are_named(tmp_path, changes, message):
    whole = Segment("1", "a", draft="b", reference="c", terms=(Term(("a",), ("c",)),))
    with pytest.raises(InputError, match=message):
        finetune(recipe([replace(whole, **changes)], tmp_path / "out"))


def test_triplets_too_few_or_with_nothing_to_edit(rows, tmp_path):
    with pytest.raises(InputError, match="too few pairs for training: 5, at least 200 are needed"):
        finetune(recipe(read(rows)[:5], tmp_path / "out"))
    right = [replace(segment, draft=segment.reference) for segment in read(rows)]
    with pytest.raises(InputError, match="no draft of the development triplets lacks a term: nothing to edit"):
        finetune(recipe(right, tmp_path / "right"))


def test_triplets_longer_than_the_model_reads_are_counted_out(rows, tmp_path):
    long = [replace(segment, source=segment.source + " table" * 600) for segment in read(rows)]
    told = []
    with pytest.raises(InputError, match="all triplets are too long to train on: give sentences"):
        finetune(recipe(long, tmp_path / "out"), told.append)
    assert any(line.startswith("0 triplets, easy to hard 0, 0, 0, 0; ") for line in told)


def test_pairs_are_no_triplets(rows, tmp_path):
    with pytest.raises(ConfigError, match="post-editing is learnt from triplets alone: give no --generic"):
        finetune(recipe(read(rows), tmp_path / "out", generic=[("a", "b")]))
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("one side\n")
    result = CliRunner().invoke(main, ["finetune", "--task", "post-edit", str(pairs), "-s", "en", "-t", "es", "-o",
                                       str(tmp_path / "model")])  # fmt: skip
    assert result.exit_code == 1 and "pairs.tsv:1: not JSON" in result.output


# the editor

def test_it_edits_alone_by_a_configuration(trained, tmp_path):
    path = trained[0].folder.with_name("mtpipe.toml")
    path.write_text('[editor.refiner]\nmodel = "refiner"\n')  # relative to the file
    drafts, out = tmp_path / "drafts.jsonl", tmp_path / "edited.jsonl"
    found = [(s, t) for s, t in english_spanish(80, seed=98) if s.startswith(("Open", "Copy")) and "tabla" in t]
    drafts.write_text("".join(json.dumps({
        "source": source, "draft": wrong(target), "terms": [{"source": "table", "target": "tabla"}]}) + "\n"
        for source, target in found), "utf-8")  # fmt: skip
    result = CliRunner().invoke(main, ["-c", str(path), "post-edit", str(drafts), "-o", str(out), "-s", "en", "-t",
                                       "es", "--editors", "refiner", "--json"])  # fmt: skip
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["edits"]["accepted"]["refiner"] > 0 and report["job"]["editors"] == ["refiner"]
    assert f"refiner:{Refiner(TOOLS, trained[0].folder).digest}" in report["signature"]


def test_codes_come_through_or_there_is_no_proposal(trained):
    refiner = Refiner(TOOLS, trained[0].folder)
    for source, draft in (("Open <b>the table</b>.", "Abra <b>la mesa</b>."), ("Open the table {x}.", "Abra {x}.")):
        segment = drafted(source, draft, ("table", "tabla"))
        proposals, = refiner.propose([segment])
        for proposal in proposals:
            if isinstance(proposal, Unusable):
                assert proposal.reason == "code-lost"
            else:
                assert not inline_codes.broken(segment.source, segment.codes, proposal) and "⟦" not in proposal


def test_what_is_too_long_is_left_to_others_whole(tmp_path):
    refiner = Refiner(TOOLS, copier(tmp_path / "refiner"))
    short, long = drafted("Open it.", "Abra."), drafted("Open it. " * 20, "Abra. " * 20)
    assert refiner.propose([long, short])[0] == [Unusable("", "too-long")]
    assert refiner.propose([short])[0] != [Unusable("", "too-long")]


def test_symbols_of_the_model_never_come_out(tmp_path):
    refiner = Refiner(TOOLS, copier(tmp_path / "refiner"))
    for source in ("Open it.", "Open ⟦ it.", "Open <b>it</b>."):
        proposals, = refiner.propose([drafted(source, "Abra ello.", ("Open", "Abrir"))])
        texts = [text for text in proposals if isinstance(text, str)]
        assert all("⇒" not in text and ("⟦" not in text or "⟦" in source) for text in texts)


@pytest.mark.parametrize(("said", "options", "error", "message"), [
    ({"task": "translate"}, {}, ModelError, "a model to translate, not to post-edit; give it as --model"),
    ({"target_lang": "fr"}, {}, ModelError, "the model translates en-fr, not en-es; give another --model"),
    ({}, {"size": 0}, ConfigError, "repair method 'refiner': size must be 1 or more, not 0"),
])  # fmt: skip
def test_a_model_that_can_not_edit_is_refused(tmp_path, said, options, error, message):
    with pytest.raises(error, match=message):
        Refiner(TOOLS, copier(tmp_path / "refiner", **said), **options)


def test_without_a_model_it_says_how_to_get_one():
    with pytest.raises(ConfigError, match="no model comes with mtpipe for en-xx; train one: mtpipe triplets PAIRS"):
        Refiner(Tools("en", "xx"))


def test_a_refiner_is_no_translator(tmp_path):
    folder = copier(tmp_path / "refiner")
    with pytest.raises(ModelError, match="refiner: a model to post-edit, not to translate; give it to the repair"):
        CTranslate2Translator(folder)


def test_a_run_of_all_stages_trains_no_refiner(tmp_path):
    path = tmp_path / "mtpipe.toml"
    (tmp_path / "docs").mkdir()
    (tmp_path / "a.jsonl").touch()
    path.write_text('[job]\nsource = "docs"\nout = "out"\nsource_lang = "en"\ntarget_lang = "es"\n'
                    '[finetune]\ntask = "post-edit"\npairs = "a.jsonl"\n')  # fmt: skip
    with pytest.raises(ConfigError, match="a run trains the model that translates; train others with `mtpipe finetune"):
        settings.read(path)
    path.write_text(path.read_text().replace("post-edit", "sing"))
    with pytest.raises(ConfigError, match="task = 'sing': use 'translate', 'post-edit', 'llm' or 'preference'"):
        settings.read(path)
