from dataclasses import replace

import pytest

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
            editors=("nbset",), units_per_chunk=0, mt="ct3", calls={"timeout": 0, "time": 1}, tm=5, colour="red",
            options={"mt.ct2": {"beam_sise": 3, "threads": "all"}, "format.htlm": {}})  # fmt: skip
    heading, *problems = str(caught.value).splitlines()
    assert heading == "Invalid job settings:"
    assert [problem.split("; available")[0] for problem in problems] == [
        f"  source = '{tmp_path}/none': does not exist",
        "  source_lang = 'english!': is not a valid language code; use BCP 47 such as en or pt-BR",
        "  target_lang = '': is not a valid language code; use BCP 47 such as en or pt-BR",
        f"  glossary = '{tmp_path}': is not a file", "  mt = 'ct3': no such mt plug-in",
        f"  model = '{tmp_path}/m': is not a folder", "  editors[0] = 'nbset': no such editor plug-in",
        "  [mt.ct2] threads = 'all': give a whole number", "  [mt.ct2] beam_sise: no such option",
        "  [format.htlm]: no such format plug-in", "  other = 'burn': use 'copy' or 'skip'", "  tm = 5: give a list",
        "  units_per_chunk = 0: give 1 or more", "  [calls] timeout = 0: give more than 0",
        "  [calls] time: no such setting", "  colour: no such setting",
    ]  # fmt: skip


def test_an_argument_too_few_is_told_like_any_other(tmp_path):
    with pytest.raises(ConfigError, match="Invalid job settings:\n  source_lang: is needed\n  target_lang: is needed"):
        Job(tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    "out, target_lang, message",
    [("in", "de", "is the source itself"), ("out", "en", "are both 'en'"), ("file", "de", "is a file")],
)
def test_outputs_that_would_destroy_something(job, tmp_path, out, target_lang, message):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=message):
        Job(job.source, tmp_path / out, "en", target_lang)


@pytest.mark.parametrize(
    "change", [{"target_lang": "fr"}, {"editors": ("nbest",)}, {"options": {"editor.nbest": {"size": 9}}}]
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
