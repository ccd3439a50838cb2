"""What the exit code of a job says; numbers as in the documentation."""

import json

import pytest
from click.testing import CliRunner

from mtpipe.cli import results
from mtpipe.cli.main import main
from mtpipe.document.segment import Segment
from mtpipe.pipeline.steps import is_suspected
from mtpipe.report.model import DocumentResult, JobReport, Totals


@pytest.mark.parametrize("totals, errors, code, strict_code", [
    (Totals(written=1), 0, 0, 0), (Totals(written=1), 2, 0, 3), (Totals(copied=2, unsupported=1), 0, 0, 4),
    (Totals(failed=1), 2, 4, 4), (Totals(untranslated=1), 0, 4, 4),
])  # fmt: skip
def test_exit_codes(totals, errors, code, strict_code):
    report = JobReport(totals=totals, documents=(DocumentResult("a.txt", "written", errors=errors),))
    assert [results.exit_code(report, strict) for strict in (False, True)] == [code, strict_code]


@pytest.mark.parametrize("notes, postedit, is_one", [
    (("Possible hallucination: unusual length",), None, True),
    (("Possible hallucination: unusual length",), "x", False),
    (("Possible hallucination: repetition; replaced by the fallback model's draft",), None, False), ((), None, False),
])  # fmt: skip
def test_suspected_drafts_are_those_that_are_still_there(notes, postedit, is_one):
    assert is_suspected(Segment("a", "b", draft="c", notes=notes, postedit=postedit)) is is_one


def test_check_finds_what_patterns_of_the_command_line_or_the_settings_file_protect(tmp_path):
    path, settings = tmp_path / "s.jsonl", tmp_path / "c.toml"
    path.write_text(json.dumps({"id": "1", "source": "Order Ab-x now.", "draft": "Bestelle jetzt Ab-y."}) + "\n")
    settings.write_text('[protect]\npatterns = ["Ab-[a-z]"]\n')
    command = ["check", str(path), "-s", "en", "-t", "de", "--strict"]
    assert CliRunner().invoke(main, command).exit_code == 0
    for arguments in ([*command, "--protect", "Ab-[a-z]"], ["-c", str(settings), *command]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 3 and "1: changed" in result.output and "expected Ab-x" in result.output
    wrong = CliRunner().invoke(main, [*command, "--protect", "("])
    assert wrong.exit_code == 1 and "'(' is not a valid regular expression" in wrong.output


def test_translate_takes_patterns_on_the_command_line(tmp_path):
    (tmp_path / "a.txt").write_text("Order Ab-x now.\n")
    CliRunner().invoke(main, ["translate", str(tmp_path / "a.txt"), "-o", str(tmp_path / "b.txt"), "-s", "en", "-t",
                              "de", "--mt", "fake", "--editors", "", "-q", "--protect", "Ab-[a-z]"])  # fmt: skip
    assert (tmp_path / "b.txt").read_text() == "ORDER Ab-x NOW.\n"


def test_check_finds_what_was_altered_and_what_the_named_checks_find(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_text(json.dumps({"id": "1", "source": "Wait 3600 seconds.", "draft": "Warte 380 Sekunden"}) + "\n")
    command = ["check", str(path), "-s", "en", "-t", "de", "--strict"]
    plain = CliRunner().invoke(main, command)
    assert plain.exit_code == 3 and "altered" in plain.output and "3600" in plain.output
    assert "end-punctuation" not in plain.output
    checked = CliRunner().invoke(main, [*command, "--checks", "all"])
    assert "ends with “”, the source with “.”" in checked.output and "(end-punctuation)" in checked.output
    wrong = CliRunner().invoke(main, [*command, "--checks", "spelling"])
    assert wrong.exit_code == 1 and "no such check: spelling; available: all, end-punctuation" in wrong.output
