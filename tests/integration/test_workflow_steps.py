"""`mtpipe run` for real: an LLM that is a grammar, a tiny model, documents, a test set."""

import json

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.errors import ConfigError
from mtpipe.workflow.settings import read
from mtpipe.workflow.steps import Steps
from tests.support.bilingual import english_german

CONFIG = """
[job]
source = "docs"
out = "docs.de"
source_lang = "en"
target_lang = "de"
glossary = "terms.csv"
llm = "tests.support.template_llm:TemplateLLM"
editors = ["nbest", "substitution"]

[llm."tests.support.template_llm:TemplateLLM"]
bad = 0.2

[calls]
max_calls = 40

[synthesize]
pairs_per_term = 4
rounds = 2

[finetune]
pairs = ["more.tsv"]
base = "none"
steps = 160
batch_tokens = 1500
vocabulary = 500
learning_rate = 4e-3
evaluate_every = 160
shape = {d_model = 64, encoder_layers = 1, decoder_layers = 1, encoder_ffn_dim = 128, decoder_ffn_dim = 128, encoder_attention_heads = 2, decoder_attention_heads = 2}

[evaluate]
test = ["test.tsv"]
"""  # noqa: E501


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "docs").mkdir()
    (folder / "docs" / "a.txt").write_text("Open the pivot table.\n\nSelect the status bar.\n")
    (folder / "docs" / "b.md").write_text("# The cell style\n\nOpen the **pivot table** in the window.\n")
    (folder / "terms.csv").write_text("source,target\npivot table,Pivottabelle\nstatus bar,Statusleiste\n")
    pairs = english_german(700)
    (folder / "more.tsv").write_text("".join(f"{source}\t{target}\n" for source, target in pairs[:-30]))
    test = [("Open the pivot table.", "Öffnen Sie die Pivottabelle."), *pairs[-29:]]
    (folder / "test.tsv").write_text("".join(f"{source}\t{target}\n" for source, target in test))
    (folder / "mtpipe.toml").write_text(CONFIG)
    return folder


def run(folder, *options):
    result = CliRunner().invoke(main, ["run", str(folder / "mtpipe.toml"), "--quiet", *options])
    assert not result.exception or isinstance(result.exception, SystemExit), result.output
    return result


@pytest.fixture(scope="module")
def done(folder):
    return run(folder)


def stages(folder):
    return json.loads((folder / "docs.de.work" / "manifest.json").read_text())["stages"]


def test_all_stages_from_a_glossary_to_scores(folder, done):
    assert done.exit_code == 0, done.output
    made = stages(folder)
    assert [(name, stage["state"]) for name, stage in made.items()] == [
        (name, "done") for name in ("synthesize", "finetune", "translate", "post-edit", "evaluate")]
    assert made["synthesize"]["facts"]["pairs"] >= 4 and made["synthesize"]["facts"]["usage"]["calls"] > 0
    assert set(made["finetune"]["facts"]["scores"]["domain"]) == {"before", "after"}
    assert made["translate"]["facts"] == {"documents": 2, "failed": 0, "segments": 4, "unique_units": 4}
    assert made["post-edit"]["facts"]["totals"]["written"] == 2
    assert (folder / "docs.de" / "b.md").read_text().startswith("# ")
    systems = made["evaluate"]["facts"]["systems"]
    assert list(systems) == ["fine-tuned", "annotated", "repaired"] and systems["annotated"]["BLEU"] is not None
    assert "repaired" in (folder / "docs.de.work" / "evaluation.html").read_text()
    assert "| repaired |" in (folder / "docs.de.work" / "evaluation.md").read_text() and "| repaired |" in done.output


def test_run_again_does_nothing_and_says_so(folder, done):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.is_file()}
    again = run(folder)
    assert again.exit_code == 0 and again.stderr.count(": unchanged\n") == 5
    assert {path: path.stat().st_mtime_ns for path in before} == before
    planned = json.loads(run(folder, "--dry-run", "--json").stdout)
    assert set(planned.values()) == {""}


def test_what_changes_brings_only_its_stages_back(folder, done):
    text = (folder / "docs" / "a.txt").read_text()
    (folder / "docs" / "a.txt").write_text(text + "\nOpen the window.\n")
    told = run(folder).stderr
    assert "synthesize: unchanged" in told and "finetune: unchanged" in told and "evaluate: unchanged" in told
    assert "translate: changed: source" in told and "post-edit: changed: source" in told
    (folder / "mtpipe.toml").write_text(CONFIG.replace('"substitution"]', '"substitution", "placement"]'))
    told = run(folder).stderr
    assert "translate: unchanged" in told and "post-edit: changed: editors" in told
    (folder / "mtpipe.toml").write_text(CONFIG)


def test_until_and_from(folder, done):
    told = run(folder, "--from", "translate", "--until", "translate", "--again").stderr
    assert told == "translate: requested\n"
    failed = run(folder, "--from", "dream")
    assert failed.exit_code == 1
    assert "no stage 'dream' in this run; available: synthesize, finetune, translate, post-edit, ev" in failed.stderr


def test_a_model_of_other_settings_is_another_model(folder, done):
    (model,) = folder.glob("docs.de.work/model-????????")
    (folder / "mtpipe.toml").write_text(CONFIG.replace("steps = 160", "steps = 170"))
    assert "finetune: changed: settings" in run(folder, "--dry-run").stdout
    (folder / "mtpipe.toml").write_text(CONFIG)
    assert model.is_dir() and "finetune: unchanged" in run(folder, "--dry-run").stdout


def test_without_money_the_run_stops_and_says_how_to_go_on(folder, tmp_path):
    for name in ("terms.csv", "more.tsv", "test.tsv"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Open it.")
    (tmp_path / "mtpipe.toml").write_text(CONFIG.replace("max_calls = 40", "max_calls = 1"))
    failed = run(tmp_path)
    assert failed.exit_code == 1 and "finetune" not in stages(tmp_path)
    assert "max_calls or max_cost is reached" in failed.stderr and "by --from finetune" in failed.stderr
    assert stages(tmp_path)["synthesize"]["state"] == "failed"


@pytest.mark.parametrize("change, message", [
    (("[evaluate]", "[evaluation]"), "[evaluation]: no such table; available: job, calls,"),
    (("steps = 160", "stepps = 160"), "[finetune] stepps: no such setting; available: pairs, "),
    (("steps = 160", 'steps = "160"'), "[finetune] steps = '160': give a whole number"),
    (("pairs_per_term = 4", "pairs_per_term = 4\nglossary = 'x'"), "[synthesize] glossary: no such setting"),
    (('llm = "tests.support.template_llm:TemplateLLM"', ""), "[job] llm = …: is needed to synthesize"),
    (('out = "docs.de"', ""), "[job] out = …: is needed for a run"),
    (('test = ["test.tsv"]', "test = 5"), "[evaluate] test = 5: give a list"),
    (('test = ["test.tsv"]', 'test = ["lost.tsv"]'), "lost.tsv is not there"),
])  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_done(folder, tmp_path, change, message):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Open it.")
    for name in ("terms.csv", "more.tsv", "test.tsv"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "mtpipe.toml").write_text(CONFIG.replace(*change))
    failed = run(tmp_path, "--until", "synthesize")
    assert failed.exit_code == 1 and message in failed.stderr
    assert not (tmp_path / "docs.de.work").exists()


def test_tables_of_stages_are_defaults_of_their_commands(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = folder / "mtpipe.toml"
    told = CliRunner().invoke(main, ["-c", str(config), "finetune", "--out", "m", "--vocabulary", "9000"])
    assert told.exit_code == 1  # pairs, languages and --base none are the configuration's, the rest is not
    assert "aligning 670 pairs" not in told.output and "no vocabulary of 9000 pieces can be learnt" in told.output


def test_what_is_evaluated_on_is_kept_out_of_training(folder, done):
    held = [json.loads(line)["source"] for line in (folder / "docs.de.work" / "evaluation" / "test.jsonl").open()]
    assert "Open the pivot table." in held and len(held) == 30
    steps = Steps(read(folder / "mtpipe.toml"))
    assert steps._held_out() == [folder / "docs.de.work" / "evaluation" / "test.jsonl"]
    (folder / "leak.tsv").write_text("".join(f"{source}\tx {n}\n" for n, source in enumerate(held)))
    (folder / "mtpipe.toml").write_text(CONFIG.replace('["more.tsv"]', '["leak.tsv"]'))
    told = run(folder, "--from", "finetune", "--until", "finetune")
    (folder / "mtpipe.toml").write_text(CONFIG)
    written = stages(folder)["synthesize"]["facts"]["pairs"]  # with one of the thirty there were more
    assert told.exit_code == 1 and f"mtpipe: too few pairs for training: {written}" in told.stderr


def test_a_base_is_a_folder_beside_the_configuration_or_a_name(folder):
    (folder / "mtpipe.toml").write_text(CONFIG.replace('base = "none"', 'base = "docs"\nparent = "owner/name"'))
    flow = read(folder / "mtpipe.toml")
    (folder / "mtpipe.toml").write_text(CONFIG)
    assert (flow.finetune.base, flow.finetune.parent) == (str(folder / "docs"), "owner/name")


def test_paths_are_relative_to_the_configuration(folder):
    flow = read(folder / "mtpipe.toml")
    assert flow.synthetic == folder / "docs.de.work" / "synthetic.jsonl"
    assert flow.synthesize.rejected == folder / "docs.de.work" / "rejected.jsonl"
    assert flow.finetune.pairs == (folder / "more.tsv",) and flow.evaluate.test == (folder / "test.tsv",)


def test_a_run_without_tables_translates(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "mtpipe.toml").write_text('[job]\nsource="docs"\nout="out"\nsource_lang="en"\ntarget_lang="de"\n')
    flow = read(tmp_path / "mtpipe.toml")
    assert (flow.synthesize, flow.finetune, flow.evaluate) == (None, None, None)
    with pytest.raises(ConfigError, match="a run trains the model that translates"):
        (tmp_path / "mtpipe.toml").write_text((tmp_path / "mtpipe.toml").read_text() + '[finetune]\ntask="post-edit"\n')
        read(tmp_path / "mtpipe.toml")
