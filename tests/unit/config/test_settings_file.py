import pytest

from mtpipe import config
from mtpipe.config import Job, with_format_options, with_llm
from mtpipe.errors import ConfigError


@pytest.fixture
def read(tmp_path):
    def from_text(text, is_named=True):
        (tmp_path / "mtpipe.toml").write_text(text)
        return config.read(tmp_path / "mtpipe.toml", is_named)

    return from_text


def test_paths_are_relative_to_the_file(read, tmp_path):
    file = read("""
[job]
source = "docs"
source_lang = "en"
editors = ["nbest"]
tm = "a.tmx"
[mt.ct2]
beam_size = 2
[calls]
mask_names = "n.txt"
[synthesize]
also = {cs = "cs.csv"}
[finetune]
pairs = "p.tsv"
""")
    assert file.job == {"source": tmp_path / "docs", "source_lang": "en", "editors": ("nbest",),
                        "tm": (tmp_path / "a.tmx",)}  # fmt: skip
    assert file.options == {"mt.ct2": {"beam_size": 2}} and file.calls == {"mask_names": tmp_path / "n.txt"}
    assert file.stages == {"synthesize": {"also": {"cs": tmp_path / "cs.csv"}},
                           "finetune": {"pairs": (tmp_path / "p.tsv",)}}  # fmt: skip


def test_everything_that_is_wrong_in_any_table_is_told_at_once(read, tmp_path):
    with pytest.raises(ConfigError) as caught:
        read("""jobs = 3
editor = 5
[job]
sorce = "x"
units_per_chunk = "many"
gate = "some"
[mt]
beam_size = 2
[mt.ct2]
beam_sise = 2
[format.po]
fuzzy = "no"
[llm.hf]
temperature = "hot"
[metric.comet]
modell = "x"
[format.htlm]
[calls]
retries = true
[finetune]
steps = "160"
pairs = ["a", 5]
mix = 2
[evaluate]
tags = 1
[run]
wrok = "x"
""")
    heading, *problems = str(caught.value).splitlines()
    assert heading == f"{tmp_path / 'mtpipe.toml'}:"
    assert [problem.split("; available")[0] for problem in problems] == [
        "  [jobs]: no such table", "  [job] units_per_chunk = 'many': give a whole number",
        "  [job] gate = 'some': use 'terms', 'all' or 'score'", "  [job] sorce: no such setting",
        "  [calls] retries = True: give a whole number",
        "  [mt] beam_size = 2: options belong into a table [mt.<plug-in>]", "  [mt.ct2] beam_sise: no such option",
        "  editor = 5: options belong into a table [editor.<plug-in>]",
        "  [format.po] fuzzy = 'no': give true or false",
        "  [format.htlm]: no such format plug-in", "  [llm.hf] temperature = 'hot': give a number",
        "  [metric.comet] modell: no such option",
        "  [run] wrok: no such setting", "  [finetune] pairs[1] = 5: give a path",
        "  [finetune] mix = 2: give 1 or less",
        "  [finetune] steps = '160': give a whole number", "  [evaluate] tags = 1: give true or false",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["[job\n", "\0"])
def test_a_file_that_is_not_toml(read, text):
    with pytest.raises(ConfigError, match="mtpipe.toml: can't be read .*; correct it or name another file with"):
        read(text)


@pytest.mark.parametrize("text, where", [
    ('[job]\nmt = "subprocess:Popen"', "[job] mt = 'subprocess:Popen'"), ('[job]\nllm = "os:system"', "[job] llm"),
    ('[job]\neditors = ["nbest", "os:system"]', "[job] editors"), ('[job]\neditors = "nbest,a:b"', "[job] editors"),
    ('[mt."subprocess:Popen"]\nargs = "x"', '[mt."subprocess:Popen"]'), ('[format."a:b"]', '[format."a:b"]'),
    ('[evaluate]\nmetrics = ["a:b"]', "[evaluate] metrics"),
])  # fmt: skip
def test_a_file_that_merely_lies_there_names_no_code(read, text, where):
    with pytest.raises(ConfigError) as caught:
        read(text, is_named=False)
    assert where in str(caught.value) and "a settings file that merely lies in the current folder" in str(caught.value)
    assert "name the plug-in on the command line, or the file with --config" in str(caught.value)


@pytest.mark.parametrize("text, where", [
    ('[llm.openai]\nbase_url = "https://example.org/v1"', "[llm.openai] base_url = 'https://example.org/v1'"),
    ('[llm.openai]\nbase_url = "http://localhost.example.org/v1"', "[llm.openai] base_url"),
    ('[llm.openai]\nbase_url = "http://localhost@example.org/v1"', "[llm.openai] base_url"),
    ('[llm.openai]\nbase_url = "http://127.0.0.1:80\\\\@example.org/v1"', "[llm.openai] base_url"),
    ('[llm.openai]\nbase_url = ["http://localhost/v1"]', "[llm.openai] base_url"),
    ('[llm.openai]\nkey_variable = "AWS_SECRET_ACCESS_KEY"', "[llm.openai] key_variable = 'AWS_SECRET_ACCESS_KEY'"),
    ('[llm.openai.extra_body]\nrelay = "http://example.org"', "[llm.openai] extra_body"),
    ('[llm.mine]\nserver = "wss://example.org"', "[llm.mine] server"),
    ('[job]\nllm = "openai"', "[job] llm = 'openai'"),
])  # fmt: skip
def test_a_file_that_merely_lies_there_sends_nothing_to_other_computers(read, text, where):
    with pytest.raises(ConfigError) as caught:
        read(text, is_named=False)
    assert where in str(caught.value)
    assert "can't send texts or keys to a server that is not this computer's; name it on the" in str(caught.value)
    try:
        read(text)
    except ConfigError as error:
        assert "current folder" not in str(error)


@pytest.mark.parametrize("address", ["http://localhost:8080/v1", "http://127.0.0.1:1234/v1", "http://[::1]:8080/v1"])
def test_a_file_that_merely_lies_there_may_name_a_server_of_this_computer(read, address):
    text = f'[job]\nllm = "openai"\n[llm.openai]\nmodel = "m"\nbase_url = "{address}"\nkey_variable = "MY_KEY"\n'
    assert read(text, is_named=False).options["llm.openai"]["base_url"] == address
    assert read('[llm.openai]\nmodel = "m"\n', is_named=False).options["llm.openai"] == {"model": "m"}


def test_a_file_that_is_named_may_name_code(read):
    assert read('[job]\nmt = "mtpipe.mt.fake:FakeTranslator"\n').job["mt"] == "mtpipe.mt.fake:FakeTranslator"
    with pytest.raises(ConfigError, match="colour: no such option; available: replies"):
        read('[mt."mtpipe.mt.fake:FakeTranslator"]\ncolour = "red"\n')


def test_a_models_folder_is_relative_to_the_file_and_a_hub_name_is_none(read, tmp_path):
    (tmp_path / "comet").mkdir()
    (tmp_path / "x").mkdir()
    options = read('[metric.comet]\nmodel = "comet"\n[metric.cometkiwi]\nmodel = "Unbabel/kiwi"\n'
                   '[metric.quality]\nlexicon = "x"\n').options  # fmt: skip
    assert options["metric.comet"]["model"] == str(tmp_path / "comet")
    assert options["metric.cometkiwi"]["model"] == "Unbabel/kiwi"
    assert options["metric.quality"]["lexicon"] == str(tmp_path / "x")


def test_format_options_join_those_of_the_file():
    options = with_format_options({"format.po": {"fuzzy": True}, "mt.ct2": {"beam_size": 2}}, (
        "po.fuzzy=false", "po.accelerator=&", 'json.include=["a", "b"]', "xliff.accelerator=", "csv.source=2",
    ))  # fmt: skip
    assert options == {"format.po": {"fuzzy": False, "accelerator": "&"}, "mt.ct2": {"beam_size": 2},
                       "format.json": {"include": ["a", "b"]}, "format.xliff": {"accelerator": ""},
                       "format.csv": {"source": 2}}  # fmt: skip
    with pytest.raises(ConfigError, match=r"option 'po': give it as format.key=value, such as po.fuzzy=false"):
        with_format_options({}, ["po"])
    with pytest.raises(ConfigError) as caught:
        with_format_options({}, ["po.fuzy=1", "po.fuzzy=1", "htlm.x=1", "csv.source=true"])
    assert [line.split("; available")[0] for line in str(caught.value).splitlines()] == [
        "Invalid --format-option:", "  [format.po] fuzy: no such option", "  [format.po] fuzzy = 1: give true or false",
        "  [format.htlm]: no such format plug-in", "  [format.csv] source = True: give a text or a whole number",
    ]  # fmt: skip


def test_limits_of_the_command_line_count_more_than_those_of_the_file(read, tmp_path):
    file = read("[calls]\nmax_calls = 9\nretries = 1\n")
    settings = file.for_job | {"llm": "fake", "max_calls": 2, "max_cost": None}
    job = Job(tmp_path, tmp_path / "out", "en", "de", **with_llm(settings))
    assert (job.calls.max_calls, job.calls.retries, job.calls.concurrency) == (2, 1, 4)


def test_patterns_of_what_must_not_change(tmp_path):
    path = tmp_path / "mtpipe.toml"
    path.write_text('[protect]\npatterns = ["ACME-[0-9]+"]\n', encoding="utf-8")
    assert config.read(path).for_job["protect"] == ("ACME-[0-9]+",)
    path.write_text('[protect]\npatterns = ["("]\nwords = 1\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config.read(path)
    assert "is not a valid regular expression" in str(caught.value) and "words" in str(caught.value)
