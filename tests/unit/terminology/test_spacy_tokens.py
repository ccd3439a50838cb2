import pytest
import spacy

from mtpipe.config import Job
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.pipeline import jobs
from mtpipe.terminology.matcher import Matcher
from mtpipe.terminology.spacy_tokens import reader


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A pipeline of spaCy's own parts that knows one verb form: a noun's lemma would be another."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("attribute_ruler")
    ruler.add(patterns=[[{"LOWER": "saw"}]], attrs={"LEMMA": "see"})
    ruler.add(patterns=[[{"LOWER": "mice"}]], attrs={"LEMMA": "mouse"})
    ruler.add(patterns=[[{"LOWER": "gizmata"}]], attrs={"LEMMA": "gizmo"})  # no dictionary knows it
    folder = tmp_path_factory.mktemp("spacy") / "pipeline"
    nlp.to_disk(folder)
    return str(folder)


def matched(text, pipeline, *terms):
    matcher = Matcher(Glossary.of([Term((term,), ("x",)) for term in terms], "en", "de"), reader(pipeline))
    (segment,) = matcher.find([Segment("1", text)])
    return [(text[match.start : match.end], match.rule) for match in segment.matches]


def test_terms_are_found_by_the_lemmas_of_the_pipeline(pipeline):
    assert matched("They saw mice, mice!", pipeline, "mouse", "see") == [
        ("saw", "lemma"), ("mice", "lemma"), ("mice", "lemma")
    ]  # fmt: skip


def test_words_without_a_lemma_and_white_space_do_no_harm(pipeline):
    assert matched("the  pivot\ttable", pipeline, "pivot table") == [("pivot\ttable", "surface")]
    assert matched("", pipeline, "table") == []


def test_a_pipeline_that_is_not_there_is_said():
    with pytest.raises(ConfigError, match="no such pipeline can be loaded .* python -m spacy download xx_no_such"):
        reader("xx_no_such")


def test_a_job_reads_with_it(tmp_path, pipeline):
    (tmp_path / "in.txt").write_text("Gizmata eat.\n")
    (tmp_path / "g.csv").write_text("source,target\ngizmo,Gizmo\n")
    settings = {"glossary": tmp_path / "g.csv", "mt": "fake", "editors": ()}
    for folder, options, terms in (("a", {"spacy": pipeline}, 1), ("b", {"spacy": ""}, 0)):
        report = jobs.run(Job(tmp_path / "in.txt", tmp_path / folder, "en", "de", **settings, **options))
        assert report.terms.required == terms
