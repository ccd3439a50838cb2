"""The committed demonstration data: pages, their human translation, licence, glossary."""

from pathlib import Path

import pytest

from mtpipe import plugins
from mtpipe.corpora import paired_html
from mtpipe.glossary.loading import load_glossary, validate
from mtpipe.terminology import checker
from mtpipe.terminology.matcher import Matcher

ROOT = Path(__file__).parents[2]
DEMO, REFERENCE = ROOT / "data" / "demo", ROOT / "data" / "demo-reference"
GLOSSARY = ROOT / "glossaries" / "en-de.office.csv"
DOCUMENTS = sorted(path.relative_to(DEMO) for path in DEMO.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def glossary():
    return load_glossary(GLOSSARY, "en", "de")


@pytest.fixture(scope="module")
def paragraphs(glossary):
    return Matcher(glossary).find(list(paired_html.segments(DEMO / "help", REFERENCE / "help")))


def test_there_are_pages_markdown_and_text():
    suffixes = [path.suffix for path in DOCUMENTS]
    assert suffixes.count(".html") >= 12
    assert {".md", ".txt"} <= set(suffixes)


@pytest.mark.parametrize("name", DOCUMENTS, ids=str)
def test_every_document_is_read_and_has_something_to_translate(name):
    reader = plugins.create("format", plugins.format_name(name), {}, source_lang="en", target_lang="de")
    document = reader.read(DEMO / name, name.as_posix())
    assert len(document.segments) >= 5
    assert any(segment.codes for segment in document.segments)


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.parts[0] == "help"], ids=str)
def test_every_page_has_its_human_translation_and_is_held_out(name):
    assert (REFERENCE / name).is_file()
    held_out = (ROOT / "eval" / "heldout.en-de.txt").read_text().split()
    assert name.relative_to("help").as_posix() in held_out


def test_licence_and_notice_lie_beside_the_pages():
    assert (ROOT / "data" / "LICENSE-MPL-2.0").read_text().startswith("Mozilla Public License Version 2.0")
    notice = (ROOT / "data" / "README.md").read_text()
    assert all(text in notice for text in ("libreoffice-help-en-us", "4:7.4.7", "LICENSE-MPL-2.0", "Oracle"))


def test_glossary_is_valid_and_large(glossary):
    findings, _ = validate(GLOSSARY, "en", "de")
    assert [finding for finding in findings if finding.level != "info"] == []
    wanted = [term for term in glossary.terms if term.status == "preferred"]
    assert len(wanted) >= 150
    assert {term.status for term in glossary.terms} == {"preferred", "forbidden", "do-not-translate"}
    assert any(len(term.targets) > 1 for term in wanted) and any(term.forms for term in wanted)


def test_human_translators_keep_to_the_glossary(paragraphs):
    """The glossary is real: in the demo pages people used its words, and none of the forbidden ones."""
    met = required = 0
    for segment in paragraphs:
        errors = checker.check(segment, "de", segment.reference)
        assert [error.found for error in errors if error.kind == "forbidden"] == []
        missing = {error.term for error in errors}
        required += len(checker.required(segment))
        met += sum(term not in missing for term in checker.required(segment))
    assert required >= 200
    assert met / required >= 0.9


def test_terms_of_the_glossary_are_in_the_demo(paragraphs):
    assert len({match.term for segment in paragraphs for match in segment.matches}) >= 60
