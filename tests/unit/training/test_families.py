"""Checkpoints of every family, converted and held to transformers; built locally (tiny_checkpoints.py)."""

import json
import os
import shutil

import pytest
import torch
import transformers
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, ModelError, OutputError
from mtpipe.models import registry
from mtpipe.mt.ct2 import CTranslate2Translator
from mtpipe.training import conversion, families, parity
from tests.support.tiny_checkpoints import BUILDERS, LINES

SOME = LINES[::5]


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """family → folder of a checkpoint."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # these models are too small to share the work
    root = tmp_path_factory.mktemp("checkpoints")
    for name, build in BUILDERS.items():
        build(root / name)
    yield {name: root / name for name in BUILDERS}
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def converted(checkpoints, tmp_path_factory):
    """family → its model folder (int8), made once."""
    root, made = tmp_path_factory.mktemp("models"), {}

    def get(name):
        if name not in made:
            checkpoint = families.load(checkpoints[name], "en", "de")
            conversion.convert(checkpoint, root / name, lines=SOME)
            made[name] = root / name
        return made[name]

    return get


@pytest.mark.parametrize(
    "name, family, source, target, symbols",
    [
        ("opus_mt", "OPUS-MT (Marian)", ((), ("</s>",)), (), 0),
        ("opus_mt_many", "OPUS-MT (Marian)", ((">>deu<<",), ("</s>",)), (), 3),
        ("m2m_100", "M2M-100", (("__en__",), ("</s>",)), ("__de__",), 99),
        ("nllb", "NLLB", (("eng_Latn",), ("</s>",)), ("deu_Latn",), 201),
        ("mbart_50", "mBART-50", (("en_XX",), ("</s>",)), ("de_DE",), 52),
        ("madlad", "T5 or MADLAD", (("▁", "<2de>"), ("</s>",)), (), 3),
    ],
)
def test_every_family_is_told_its_languages(checkpoints, name, family, source, target, symbols):
    checkpoint = families.load(checkpoints[name], "en", "de-AT")
    assert checkpoint.family.name == family and len(checkpoint.symbols) == symbols
    assert (checkpoint.source.start, checkpoint.source.end) == source
    assert (checkpoint.target.start, checkpoint.target.end) == (target, ("</s>",))


def test_t5_is_told_the_task(checkpoints):
    checkpoint = families.load(checkpoints["t5"], "en-GB", "de")
    assert checkpoint.prompt == "translate English to German: "
    assert "".join(checkpoint.source.start) == "▁translate▁English▁to▁German:"


@pytest.mark.parametrize("name", BUILDERS)
def test_ids_are_those_of_the_tokenizer(checkpoints, name):
    checkpoint = families.load(checkpoints[name], "en", "de")
    tokenizer = checkpoint.tokenizer
    assert checkpoint.source.encode(LINES) == [tokenizer(checkpoint.prompt + line).input_ids for line in LINES]
    assert checkpoint.target.encode(LINES) == tokenizer(text_target=LINES).input_ids
    line = "Open the file and select the first cell of the table."
    assert checkpoint.decode(checkpoint.target.encode([line])[0]) == line
    spans = checkpoint.source.spans(line)
    assert len(spans) == len(checkpoint.source.encode([line])[0]) - len(checkpoint.source.start) - 1
    assert (spans[0][0], spans[-1][1]) == (0, len(line))


@pytest.mark.parametrize("name", BUILDERS)
def test_conversion_is_held_to_transformers(checkpoints, converted, name):
    """convert itself compares piece by piece; here its own comparison is compared, by hand, with generate."""
    said = json.loads((converted(name) / "model.json").read_text(encoding="utf-8"))
    exact, rough = said["checked"]["float32"], said["checked"]["int8"]
    assert exact["lines"] == rough["lines"] == len(SOME) and exact["ties"] <= 1 and exact["endless"] < len(SOME)
    checkpoint = families.load(checkpoints[name], "en", "de")
    translator = CTranslate2Translator(converted(name), source_lang="en", target_lang="de", compute_type="float32")
    found = {tuple(trace.target) for trace in translator.trace(SOME, 1, 60)}
    assert len(found) > 1  # else equal outputs would prove nothing
    source = "Open the file"
    trace = translator.trace([source], 1, 60)[0]
    assert checkpoint.source.ids(trace.source) == checkpoint.tokenizer(checkpoint.prompt + source).input_ids


@pytest.mark.parametrize("name", ["opus_mt_many", "m2m_100", "nllb", "mbart_50", "madlad"])
def test_models_of_many_languages_do_a_whole_job_s_asking(converted, name):
    """translate, nbest, complete, score and align work with symbols around the text, and none shows."""
    model = registry.find("en", "es", converted(name))
    assert (model.source_lang, model.target_lang) == ("en", "es")
    assert "{target}" not in (*model.source_start, *model.target_start)
    translator = CTranslate2Translator(converted(name), source_lang="en", target_lang="es")
    segments = [Segment(f"a#{n}", line) for n, line in enumerate(SOME)]
    drafts = translator.translate(segments)
    assert any(draft.text for draft in drafts)
    symbols = [*model.languages.values(), "</s>"]
    assert not any(symbol in draft.text for symbol in symbols for draft in drafts)
    assert all(len(set(options)) == len(options) for options in translator.nbest(segments[:3], 3))
    completed = translator.complete(segments[:2], ["a", "the"])
    assert [draft.text.startswith(start) or draft.notes for draft, start in zip(completed, ["a", "the"])]
    pair = ("Open the file", "the file")
    assert translator.score([pair])[0] < 0 and translator.align([pair])[0].shape == (2, 3)
    assert 0 < translator.align([pair])[0].sum() <= 2.001


def test_the_direction_changes_the_translation(converted):
    pairs = (("en", "de"), ("en", "fr"), ("cs", "de"))
    models = [CTranslate2Translator(converted("mbart_50"), source_lang=one, target_lang=other) for one, other in pairs]
    texts = [[trace.text for trace in model.trace(SOME, 1, 40)] for model in models]
    assert texts[0] != texts[1] and texts[0] != texts[2]


def test_a_model_of_many_languages_needs_a_pair(converted):
    with pytest.raises(ConfigError, match="a model of many languages; give it source_lang and target_lang"):
        CTranslate2Translator(converted("nllb"))


@pytest.mark.parametrize(
    "asked, symbols",
    [(("en-US", "zh-TW"), ("eng_Latn", "zho_Hant")), (("iw", "zh-CN"), ("heb_Hebr", "zho_Hans")),
     (("no", "fil"), ("nob_Latn", "tgl_Latn")), (("ar", "deu_Latn"), ("arb_Arab", "deu_Latn"))],
)  # fmt: skip
def test_languages_are_found_by_bcp_47(converted, asked, symbols):
    model = registry.find(*asked, converted("nllb"))
    assert (model.source_start, model.target_start) == ((symbols[0],), (symbols[1],))


def test_a_language_that_the_model_lacks_names_near_ones(converted):
    with pytest.raises(ModelError, match=r"translates en-mul, not en-gsw \(it knows 3 languages, near gsw: de, es\)"):
        registry.find("en", "gsw", converted("opus_mt_many"))
    with pytest.raises(ModelError, match="translates mul-mul, not en-klingon"):
        registry.find("en", "klingon", converted("m2m_100"))


def test_only_pair_makes_a_model_of_one_pair(checkpoints, tmp_path):
    checkpoint = families.load(checkpoints["nllb"], "en", "cs")
    conversion.convert(checkpoint, tmp_path / "out", lines=SOME[:4], is_pair=True, quantization="float32")
    model = registry.read(tmp_path / "out")
    assert (model.source_lang, model.target_lang, model.languages) == ("en", "cs", {})
    assert (model.source_start, model.target_start) == (("eng_Latn",), ("ces_Latn",))
    with pytest.raises(ModelError, match="translates en-cs, not en-de"):
        registry.find("en", "de", tmp_path / "out")


def test_save_and_load_again(checkpoints, tmp_path):
    checkpoint = families.load(checkpoints["m2m_100"], "en", "de")
    families.save(checkpoint, tmp_path / "saved")
    again = families.load(tmp_path / "saved", "en", "de")
    assert again.source == checkpoint.source or again.source.vocabulary == checkpoint.source.vocabulary
    theirs, ours = (dict(one.model.state_dict()) for one in (checkpoint, again))
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)


def copied(checkpoints, name, tmp_path):
    return shutil.copytree(checkpoints[name], tmp_path / name)


def _drop(*names):
    def change(folder):
        for name in names:
            (folder / name).unlink()

    return change


def _set(file, **values):
    def change(folder):
        data = json.loads((folder / file).read_text())
        (folder / file).write_text(json.dumps(data | values))

    return change


def _write(file, content):
    return lambda folder: (folder / file).write_bytes(content)


@pytest.mark.parametrize(
    "name, change, message",
    [
        ("opus_mt", _drop("config.json"), "no config.json; not a checkpoint of transformers"),
        ("opus_mt", _drop("source.spm", "vocab.json"), "source.spm, vocab.json of the tokenizer missing"),
        ("nllb", _drop("sentencepiece.bpe.model"), "sentencepiece.bpe.model of the tokenizer missing"),
        ("t5", _drop("model.safetensors"), "no weights (model.safetensors or pytorch_model.bin)"),
        ("t5", _write("model.safetensors", b"nonsense" * 9), "the weights can't be loaded ("),
        ("t5", _write("spiece.model", b"nonsense"), "the tokenizer can't be loaded ("),
        ("mbart_50", _write("config.json", b"{"), "config.json: can't be read ("),
        ("mbart_50", _set("config.json", model_type="bert"), "a model of type 'bert' with MBart50Tokenizer belongs"
         " to no supported family; supported: OPUS-MT (Marian) (marian, MarianTokenizer); M2M-100"),
        ("mbart_50", _set("config.json", encoder_layers=3), "the weights lack 16 tensors of the model"),
        ("opus_mt", _set("tokenizer_config.json", source_lang="fr"), "the model's source_lang is 'fr', not 'en'"),
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_said_to_be_none(checkpoints, tmp_path, name, change, message):
    folder = copied(checkpoints, name, tmp_path)
    change(folder)
    with pytest.raises(ModelError) as caught:
        families.load(folder, "en", "de")
    assert message in str(caught.value) and str(folder) in str(caught.value)


@pytest.mark.parametrize("file, message", [
    ("model.ende.intgemm.alphas.bin", r"model of Firefox \(Bergamot\). CTranslate2 can't run its decoder .*SSRU"),
    ("opus.spm32k-spm32k.transformer-align.model1.npz.best-perplexity.npz", r"in Marian's own format \(.npz\); take"),
])
def test_models_in_marians_own_formats_are_named_with_a_way_out(tmp_path, file, message):
    (tmp_path / file).write_bytes(b"")
    with pytest.raises(ModelError, match=message):
        families.load(tmp_path, "en", "de")


@pytest.mark.parametrize(
    "name, pair, message",
    [
        ("nllb", ("en", "dee"), "this NLLB model has no language 'dee'; near ones are: "),
        ("mbart_50", ("gsw", "de"), "this mBART-50 model has no language 'gsw'; near ones are: de (de_DE)"),
        ("madlad", ("en", "cs"), "has no language 'cs'; near ones are: es (<2es>)"),
        ("t5", ("en", "cs"), "no prompt is known that makes this T5 model translate en into cs; available: pairs of"),
    ],
)  # fmt: skip
def test_a_wrong_language_names_near_ones(checkpoints, name, pair, message):
    with pytest.raises(ModelError) as caught:
        families.load(checkpoints[name], *pair)
    assert message in str(caught.value)


def test_the_sentencepiece_model_of_another_is_refused_at_once(checkpoints, tmp_path):
    folder = copied(checkpoints, "nllb", tmp_path)
    config = transformers.M2M100Config.from_pretrained(folder, vocab_size=100)
    transformers.M2M100ForConditionalGeneration(config).save_pretrained(folder)
    with pytest.raises(ModelError, match="the tokenizer has 766 pieces, the weights know 100; it is another model's"):
        families.load(folder, "en", "de")


def test_wrong_pieces_at_run_time_are_found(checkpoints, tmp_path):
    """The published trap: another SentencePiece model in the converted folder, BLEU equal, COMET 4 points down."""
    checkpoint = families.load(checkpoints["m2m_100"], "en", "de")
    folder = tmp_path / "model"
    conversion.write(checkpoint, folder, "float32", conversion.facts(checkpoint, False))
    parity.check(checkpoint, folder, SOME)
    shutil.copyfile(checkpoints["opus_mt"] / "target.spm", folder / "spm.model")
    with pytest.raises(ModelError) as caught:
        parity.check(checkpoint, folder, SOME)
    said = str(caught.value).split("\n")
    assert said[0].startswith("the converted model differs from the transformers model; line 1, read")
    assert said[1].endswith(SOME[0]) and said[2].startswith("  transformers: __en__ ▁Op") and "converted:" in said[3]


def test_wrong_weights_are_found_and_nothing_is_left(checkpoints, tmp_path):
    checkpoint = families.load(checkpoints["opus_mt"], "en", "de")
    with torch.no_grad():
        # <pad> starts the decoder: CTranslate2 begins with zeros instead
        checkpoint.model.get_input_embeddings().weight[checkpoint.pad_id] = 3.0
    with pytest.raises(ModelError, match="line 1, translated greedily"):
        conversion.convert(checkpoint, tmp_path / "out", lines=SOME)
    assert os.listdir(tmp_path) == []


def test_no_end_is_nothing_to_compare(checkpoints, tmp_path):
    checkpoint = families.load(checkpoints["t5"], "en", "de")
    with torch.no_grad():
        checkpoint.model.get_output_embeddings().weight[checkpoint.eos_id] = 0
        checkpoint.model.get_output_embeddings().weight[5] *= 9
    with pytest.raises(ModelError, match="of 3 lines none comes to an end within"):
        conversion.convert(checkpoint, tmp_path / "out", lines=SOME[:3])


def test_what_is_there_is_not_overwritten_and_room_is_needed(checkpoints, tmp_path, monkeypatch):
    checkpoint = families.load(checkpoints["t5"], "en", "de")
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="out: exists already; choose another --out"):
        conversion.convert(checkpoint, tmp_path / "out", lines=SOME)
    with pytest.raises(ConfigError, match="no such quantization 'int4'; available: int8, int8_float32"):
        conversion.convert(checkpoint, tmp_path / "new", quantization="int4")
    monkeypatch.setattr(conversion, "_SPARE", 1 << 60)
    with pytest.raises(OutputError, match="MB free, .* MB needed"):
        conversion.convert(checkpoint, tmp_path / "new")


@pytest.mark.parametrize("content, message", [(b"\xff\xfe\xff", "can't be read"), (b"\n \n", "no lines to compare")])
def test_lines_must_be_text(tmp_path, content, message):
    path = tmp_path / "lines.txt"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        parity.lines_of(path)


def test_the_commands_convert_show_and_translate(checkpoints, tmp_path):
    (tmp_path / "lines.txt").write_text("\n".join(SOME), encoding="utf-8")
    pair = ("-s", "en", "-t", "es")
    convert = ("models", "convert", checkpoints["mbart_50"], *pair, "-o", tmp_path / "m")
    made = run(*convert, "--lines", tmp_path / "lines.txt")
    assert made.exit_code == 0, made.output
    assert "float32: all 9 lines as in transformers" in made.stdout and "int8: " in made.stdout
    assert "licence: not stated, look it up" in made.stdout and "comparing 9 lines with transformers" in made.stderr
    shown = run("models", "show", tmp_path / "m").stdout
    assert "languages: ar ar_AR" in shown and "(52 in all)" in shown and "quantization: int8" in shown
    (tmp_path / "in.txt").write_text("Open the file\n")
    done = run("translate", tmp_path / "in.txt", "-o", tmp_path / "out.txt", *pair, "--model", tmp_path / "m", "-q")
    assert done.exit_code in (0, 4) and (tmp_path / "out.txt").is_file(), done.output
    again = run(*convert)
    assert again.exit_code == 1 and again.stderr.startswith(f"mtpipe: {tmp_path / 'm'}: exists already")
