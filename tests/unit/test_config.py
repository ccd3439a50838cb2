from dataclasses import replace

import pytest

from mtpipe import config
from mtpipe.config import Job
from mtpipe.errors import ConfigError


@pytest.fixture
def job(tmp_path):
    (tmp_path / "in").mkdir()
    return Job(tmp_path / "in", tmp_path / "out", "en", "de")


def test_texts_become_paths_and_tuples(job):
    made = Job(str(job.source), str(job.out), "en", "de", editors="nbest, substitution")
    assert made.source == job.source and made.editors == ("nbest", "substitution")
    assert Job(str(job.source), str(job.out), "en", "de", editors="").editors == ()


def test_the_jobs_folder_lies_in_the_output(job, tmp_path):
    assert job.folder == tmp_path / "out" / ".mtpipe" == job.reports
    assert replace(job, report_dir=tmp_path / "r").reports == tmp_path / "r"


def test_all_problems_are_named_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        Job(tmp_path / "none", tmp_path / "out", "english!", "", glossary=tmp_path, model=tmp_path / "m", other="burn",
            editors=("nbset",), units_per_chunk=0)  # fmt: skip
    message = str(caught.value)
    for problem in (
        "source", "does not exist", "source_lang 'english!' is no language code", "target_lang '' is no language code",
        "glossary", "is not a file", "model", "is not a folder",
        "no editor plug-in 'nbset'; known: insertion, llm, nbest",
        "other is 'burn'; use copy or skip", "units_per_chunk and window_bytes must be 1 or more",
    ):  # fmt: skip
        assert problem in message
    assert len(message.splitlines()) == 9


@pytest.mark.parametrize(
    "out, target_lang, message",
    [("in", "de", "is the source itself"), ("out", "en", "are both 'en'"), ("file", "de", "is a file")],
)
def test_outputs_that_would_destroy_something(job, tmp_path, out, target_lang, message):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=message):
        Job(job.source, tmp_path / out, "en", target_lang)


@pytest.mark.parametrize(
    "change", [{"target_lang": "fr"}, {"editors": ("nbest",)}, {"options": {"editor.nbest": {"n": 9}}}]
)
def test_digest_changes_with_what_changes_the_output(job, change):
    assert replace(job, **change).digest("model") != job.digest("model") != job.digest("other model")


@pytest.mark.parametrize(
    "change", [{"out": "elsewhere"}, {"report_dir": "r"}, {"units_per_chunk": 7}, {"other": "skip"}]
)
def test_digest_stays_with_what_does_not(job, change):
    assert replace(job, **change).digest("model") == job.digest("model")


def test_signature_is_one_line(job):
    job = replace(job, options={"mt.ct2": {"beam_size": 2}})
    assert job.signature("m1", "", "", ["nbest", "insertion"]) == (
        "langs:en-de|mt:ct2|model:m1|glossary:-|editors:nbest+insertion|options:mt.ct2.beam_size=2|version:0.1.0"
    )


def test_read_takes_paths_relative_to_the_file(tmp_path):
    path = tmp_path / "mtpipe.toml"
    path.write_text('[job]\nsource = "docs"\nsource_lang = "en"\neditors = ["nbest"]\n[mt.ct2]\nbeam_size = 2\n')
    settings, options = config.read(path)
    assert settings == {"source": str(tmp_path / "docs"), "source_lang": "en", "editors": ["nbest"]}
    assert options == {"mt.ct2": {"beam_size": 2}}


def test_format_options_join_those_of_the_file(job):
    options = config.with_format_options({"format.html": {"x": 1}, "mt.ct2": {"beam_size": 2}}, (
        "html.x=true", "html.y=4", "jsonl.accelerator=&", 'jsonl.z=["a", "b"]', "jsonl.empty=",
    ))  # fmt: skip
    assert options == {"format.html": {"x": True, "y": 4}, "mt.ct2": {"beam_size": 2},
                       "format.jsonl": {"accelerator": "&", "z": ["a", "b"], "empty": ""}}  # fmt: skip
    with pytest.raises(ConfigError, match=r"option 'po': give it as format.key=value, such as po.fuzzy=false"):
        config.with_format_options({}, ["po"])
    with pytest.raises(ConfigError, match=r"no format plug-in 'htlm' to give options to; known: .*html, json"):
        replace(job, options={"format.htlm": {}})


@pytest.mark.parametrize(
    "text, message",
    [
        ("[job\n", "mtpipe.toml: can't be read"),
        ("[jobs]\n", r"\[jobs\] is unknown; there are job, calls, mt, editor, format, llm"),
        ('[job]\nsorce = "x"\n', r"\[job\] has no setting 'sorce'; there are source, out"),
        ("[mt]\nbeam_size = 2\n", r"options belong into a table \[mt.<plug-in>\]"),
    ],
)
def test_read_says_what_is_wrong(tmp_path, text, message):
    path = tmp_path / "mtpipe.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        config.read(path)


def test_a_models_folder_is_relative_to_the_file_and_a_hub_name_is_none(tmp_path):
    (tmp_path / "comet").mkdir()
    (tmp_path / "mtpipe.toml").write_text(
        '[metric.comet]\nmodel = "comet"\n[metric.cometkiwi]\nmodel = "Unbabel/kiwi"\n[metric.quality]\nlexicon = "x"\n'
    )
    _, options = config.read(tmp_path / "mtpipe.toml")
    assert options["metric.comet"]["model"] == str(tmp_path / "comet")
    assert options["metric.cometkiwi"]["model"] == "Unbabel/kiwi"
    assert options["metric.quality"]["lexicon"] == str(tmp_path / "x")
