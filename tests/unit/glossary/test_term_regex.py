"""Regular expressions of glossaries: whatever they are, a search ends."""

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.document.segment import Segment
from mtpipe.glossary import term_regex
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology.matcher import Matcher

ENDLESS = "(.*a){12}b"


@pytest.mark.parametrize("pattern, is_slow", [
    (ENDLESS, True), ("(a|aa)+$", True), ("cells?", False), (r"\bpivot\s+tables?\b", False), ("(?<=x)a", False),
])  # fmt: skip
def test_nested_repetition_is_told_from_the_rest(pattern, is_slow):
    assert term_regex.is_slow(pattern) == is_slow


def test_a_search_ends_and_the_other_terms_are_found():
    terms = (Term(("bad",), ("x",), regex=ENDLESS), Term(("cell",), ("Zelle",)),
             Term(("row",), ("Zeile",), regex="rows?"))  # fmt: skip
    matcher = Matcher(Glossary.of(terms, "en", "de"))
    segments = [Segment(str(number), f"Open the cell {number} and two rows {'a' * 300}") for number in range(6)]
    found = matcher.find(segments)
    assert all([match.term.source for match in segment.matches] == ["cell", "row"] for segment in found)
    assert [term.source for term in matcher.slow_terms] == ["bad"]


def test_validate_warns(tmp_path):
    (tmp_path / "en-de.g.csv").write_text(f"source,target,regex\ncell,Zelle,{ENDLESS}\nrow,Zeile,rows?\n")
    result = CliRunner().invoke(main, ["glossary", "validate", str(tmp_path / "en-de.g.csv"), "-s", "en", "-t", "de"])
    assert "regex “(.*a){12}b” can take very long: a search stops after 1 second" in result.output
    assert "rows?" not in result.output and result.exit_code == 0


def test_a_glossary_is_not_converted_into_itself(tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("source,target\ncell,Zelle\n")
    result = CliRunner().invoke(main, ["glossary", "convert", str(path), str(path), "-s", "en", "-t", "de"])
    assert result.exit_code == 2 and "give another file" in result.output
    assert path.read_text() == "source,target\ncell,Zelle\n"
