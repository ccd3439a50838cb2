import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mtpipe import __version__
from mtpipe.cli import results
from mtpipe.cli.main import main
from mtpipe.errors import amount
from mtpipe.report.model import DocumentResult, JobReport, LlmUsage

ROOT = Path(__file__).parents[2]
LANGUAGES = ["-s", "en", "-t", "de"]


@pytest.fixture(autouse=True)
def in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Open the cell.\n")
    (tmp_path / "g.csv").write_text("source,target\ncell,Zelle\n")
    rows = [{"source": "A cell.", "draft": "Ein Feld."}, {"source": "A row.", "draft": "Eine Zeile."}]
    (tmp_path / "drafts.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")


def run(*arguments, **environment):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)


def translate(*arguments, **environment):
    return run("translate", "in", "-o", "out", *LANGUAGES, "--mt", "fake", "--editors", "", *arguments, **environment)


def test_version():
    assert run("-V").output == f"mtpipe {__version__}\n"


@pytest.mark.parametrize("command", ["", "translate", "post-edit", "check", "glossary", "models", "plugins", "formats"])
def test_help_of_every_command(command):
    result = run(*command.split(), "--help")
    assert result.exit_code == 0 and "Usage: main" in result.output


def test_translate_shows_results_on_stdout_and_progress_on_stderr(tmp_path):
    result = translate("-g", "g.csv")
    assert result.exit_code == 0, result.output
    assert "documents: 1 written; 1 sentence, 0 untranslated: out" in result.stdout
    assert "terms: 0 of 1 term applied (draft 0 → final 0)" in result.stdout
    assert "report: out/.mtpipe/report.html" in result.stdout
    assert "100%  1/1 files" in result.stderr and "%" not in result.stdout
    assert (tmp_path / "out" / "a.txt").read_text() == "OPEN THE CELL.\n"


def test_quiet_is_quiet():
    assert translate("-q").stderr == ""


def test_json_is_the_report():
    result = translate("--json", "-q")
    assert json.loads(result.stdout)["totals"]["written"] == 1


def test_dry_run_writes_nothing(tmp_path):
    result = translate("-n", "-g", "g.csv")
    assert "words: 3" in result.stdout and "terms_found: 1" in result.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("strict, code", [((), 0), (("--strict",), 3)])
def test_strict_exits_with_3_where_terms_are_missing(strict, code):
    assert translate("-g", "g.csv", *strict).exit_code == code


def test_failed_documents_exit_with_4_and_are_named(tmp_path):
    (tmp_path / "in" / "bad.jsonl").write_text("{")
    result = translate()
    assert result.exit_code == 4 and "bad.jsonl" in result.stderr and "1 failed" in result.stdout


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (("translate", "in", "-o", "out", "-s", "en", "-t", "xx"), 1, "mtpipe: no bundled model translates en into xx"),
        (("translate", "in", "-o", "in", *LANGUAGES), 1, "out in is the source itself"),
        (("translate", "in", "-o", "out", *LANGUAGES, "--model", "in"), 1, "in: not an mtpipe model, model.json"),
        (("translate", "nowhere", "-o", "out", *LANGUAGES), 2, "Path 'nowhere' does not exist"),
        (("translate", "in", *LANGUAGES), 2, "Missing option '-o' / '--out'"),
        (("nonsense",), 2, "No such command 'nonsense'"),
        (("check", "in/a.txt", *LANGUAGES, "-g", "in/a.txt"), 1, "mtpipe: in/a.txt"),
    ],
)
def test_errors_are_one_message_and_no_traceback(arguments, code, message):
    result = run(*arguments)
    assert result.exit_code == code and message in result.stderr and "Traceback" not in result.output


def test_a_bug_keeps_its_traceback():
    result = run("translate", "in", "-o", "out", *LANGUAGES, "--mt", "test_cli:Broken")
    assert isinstance(result.exception, ZeroDivisionError)


class Broken:
    digest = "x"

    def translate(self, segments):
        return 1 / 0


def test_an_interrupted_job_says_how_to_go_on():
    result = run("translate", "in", "-o", "out", *LANGUAGES, "--mt", "test_cli:Interrupted")
    assert result.exit_code == 130 and "run the same command again to go on" in result.stderr


class Interrupted(Broken):
    def translate(self, segments):
        raise KeyboardInterrupt


def test_settings_option_over_environment_over_file(tmp_path):
    (tmp_path / "mtpipe.toml").write_text(
        '[job]\nsource = "in"\nout = "from-file"\nsource_lang = "en"\ntarget_lang = "de"\nmt = "fake"\neditors = []\n'
        'units_per_chunk = 3\n[mt.fake]\nreplies = {"Open the cell." = "Öffnen."}\n'
    )
    assert "from-file" in run("translate").stdout
    assert (tmp_path / "from-file" / "a.txt").read_text() == "Öffnen.\n"
    assert "from-env" in run("translate", MTPIPE_TRANSLATE_OUT="from-env").stdout
    assert "from-flag" in run("translate", "-o", "from-flag", MTPIPE_TRANSLATE_OUT="from-env").stdout


def test_config_elsewhere_and_its_errors(tmp_path):
    (tmp_path / "other.toml").write_text("[jobs]\n")
    result = run("-c", "other.toml", "translate", "in", "-o", "out", *LANGUAGES)
    assert result.exit_code == 1 and "[jobs]: no such table; available: job, calls" in result.stderr


@pytest.mark.parametrize("strict, code", [((), 0), (("--strict",), 3)])
def test_check_names_every_error(strict, code):
    result = run("check", "drafts.jsonl", *LANGUAGES, "-g", "g.csv", *strict)
    assert result.exit_code == code
    assert "missing cell; expected Zelle" in result.stdout and "terms: 0 of 1 term applied" in result.stdout


def test_check_as_json():
    errors = json.loads(run("check", "drafts.jsonl", *LANGUAGES, "-g", "g.csv", "--json").stdout)["errors"]
    assert [(error["kind"], error["term"]) for error in errors] == [("missing", "cell")]


def test_post_edit_leaves_good_drafts_alone_and_needs_no_model(tmp_path):
    result = run("post-edit", "drafts.jsonl", "-o", "edited.jsonl", "-s", "en", "-t", "xx", "-g", "g.csv")
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in (tmp_path / "edited.jsonl").read_text().splitlines()]
    assert [row["draft"] for row in rows] == ["Ein Feld.", "Eine Zeile."]


def test_evaluate_scores_references_and_terms(tmp_path):
    row = {"source": "A cell.", "draft": "Eine Zelle.", "reference": "Eine Zelle."}
    (tmp_path / "done.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "worse.jsonl").write_text(json.dumps(row | {"draft": "Ein Feld."}) + "\n")
    files = ("done.jsonl", "worse.jsonl")
    systems = json.loads(run("evaluate", *files, *LANGUAGES, "-g", "g.csv", "--json").stdout)["systems"]
    assert [row["scores"]["tsr_strict"] for row in systems] == [1, 0]
    table = run("evaluate", *files, *LANGUAGES, "--metrics", "chrf", "--table", "t.md").stdout.splitlines()
    assert [line.split("|")[1].strip() for line in table[:4]] == ["system", "---", "done", "worse"]
    assert table[-1].startswith("chrF2++: ") and (tmp_path / "t.md").read_text().splitlines() == table[:4]
    failed = run("evaluate", "done.jsonl", *LANGUAGES, "--metrics", "nonsense")
    assert "no such metric plug-in 'nonsense'" in failed.stderr


def test_evaluate_adds_the_human_row_and_leaves_tags_out(tmp_path):
    rows = [{"source": "Open <b>it</b>", "draft": "<b>Es</b> öffnen", "reference": "<b>Das</b> schließen"}]
    (tmp_path / "tagged.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    asked = ("evaluate", "tagged.jsonl", *LANGUAGES, "--metrics", "chrf", "--json", "--human")
    with_tags, human = (row["scores"]["chrF2++"] for row in json.loads(run(*asked).stdout)["systems"])
    without, _ = (row["scores"]["chrF2++"] for row in json.loads(run(*asked, "--no-tags").stdout)["systems"])
    assert human == 100 and without < with_tags < 100


def test_glossary_validate_exits_with_1_on_errors(tmp_path):
    assert run("glossary", "validate", "g.csv", *LANGUAGES).exit_code == 0
    (tmp_path / "bad.csv").write_text("source,target\ncell,\nrow,Zeile\n")
    result = run("glossary", "validate", "bad.csv", *LANGUAGES)
    assert result.exit_code == 1 and "bad.csv:2: error:" in result.stdout


def test_glossary_stats():
    assert json.loads(run("glossary", "stats", "g.csv", *LANGUAGES, "--json").stdout)["terms"] == 1


def test_corpus_lexicon_learns_what_post_edit_uses(tmp_path):
    words = {"cell": "Zelle", "row": "Zeile", "table": "Tabelle", "menu": "Menü"}
    lines = [f"the {a} and the {b}\tdie {words[a]} und die {words[b]}" for a in words for b in words if a != b]
    (tmp_path / "pairs.tsv").write_text("\n".join(lines * 3) + "\n")
    result = run("corpus", "lexicon", "pairs.tsv", "-o", "lexicon", "-s", "en", "-t", "xx")
    assert result.exit_code == 0 and "learned from" in result.stdout
    (tmp_path / "wrong.jsonl").write_text('{"source": "the row and the cell", "draft": "die Zeile und die Kammer"}\n')
    result = run("post-edit", "wrong.jsonl", "-o", "edited.jsonl", "-s", "en", "-t", "xx", "-g", "g.csv", "--editors",
                 "substitution", "--lexicon", "lexicon", "--strict")  # fmt: skip
    assert result.exit_code == 3, result.output  # of a language without a grammar so little text makes nothing certain
    report = json.loads((tmp_path / "edited.jsonl.mtpipe" / "report.json").read_text())
    assert report["notes"][0]["note"].endswith("suggestion: die Zeile und die Zelle")


def test_models_show(model_folder):
    assert json.loads(run("models", "show", model_folder, "--json").stdout)["target_lang"] == "de"
    assert run("models", "list").exit_code == 0


def test_plugins_are_listed():
    known = json.loads(run("plugins", "--json").stdout)
    assert "ct2" in known["mt"] and "nbest" in known["editor"]


def test_kill_leaves_a_job_that_the_same_command_finishes(tmp_path):
    command = [sys.executable, "-m", "mtpipe", "translate", "in", "-o", "out", *LANGUAGES, "--mt"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, str(ROOT)])}
    killed = subprocess.run([*command, "test_cli:Killed"], env=environment, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    finished = subprocess.run([*command, "fake"], env=environment, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "out" / "a.txt").read_text() == "OPEN THE CELL.\n"


class Killed(Broken):
    def translate(self, segments):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_lexicon_of_other_languages_is_refused(tmp_path):
    from mtpipe.alignment.lexicon import Lexicon

    learnt = Lexicon("en", "es")
    learnt.learn([("a table", "una tabla"), ("a cell", "una celda")])
    learnt.save(tmp_path / "lexicon", {})
    (tmp_path / "d.jsonl").write_text('{"source": "A cell.", "draft": "Eine Zelle."}\n')
    result = run("post-edit", "d.jsonl", "--out", "e.jsonl", *LANGUAGES, "--lexicon", "lexicon")
    assert result.exit_code == 1 and "a lexicon of en-es, the job is en-de" in result.stderr


PO = 'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
XLIFF = ('<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file source-language="en" '
         'target-language="%s" original="x" datatype="plaintext"><body><trans-unit id="1"><source>A cell.</source>'
         '</trans-unit></body></file></xliff>')


def test_formats_says_what_there_is():
    lines = run("formats").stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("po "))
    assert ".po .pot" in lines[at] and lines[at + 1].strip() == "options: existing=keep fuzzy=True accelerator=auto"
    rows = {row["name"]: row for row in json.loads(run("formats", "--json").stdout)}
    assert rows["html"]["suffixes"] == [".html", ".htm", ".xhtml"] and rows["html"]["options"] == {}


def test_a_document_of_other_languages_fails_and_the_others_go_on(tmp_path):
    (tmp_path / "in" / "b.xlf").write_text(XLIFF % "fr")
    (tmp_path / "in" / "c.xlf").write_text(XLIFF % "de-AT")
    (tmp_path / "in" / "d.po").write_text(PO.replace("UTF-8", "ASCII") + 'msgid "ä"\nmsgstr ""\n', encoding="utf-8")
    result = translate("-q")
    assert result.exit_code == 4 and "documents: 2 written, 2 failed" in result.stdout
    assert "mtpipe: b.xlf: translates en into fr, the job en into de; correct" in result.stderr
    assert "mtpipe: d.po: declared as ASCII, but byte" in result.stderr
    assert "A CELL.</target>" in (tmp_path / "out" / "c.xlf").read_text()


def test_format_options_are_taken_and_change_the_output(tmp_path):
    (tmp_path / "in" / "b.po").write_text(PO + 'msgid "a cell"\nmsgstr ""\n\nmsgid "b"\nmsgstr "be"\n')
    out = tmp_path / "out" / "b.po"
    assert translate("-q").exit_code == 0 and '#, fuzzy\nmsgid "a cell"\nmsgstr "A CELL"' in out.read_text()
    translate("-q", "-f", "po.fuzzy=false", "-f", "po.existing=redo")
    assert "fuzzy" not in out.read_text() and 'msgstr "B"' in out.read_text()
    result = translate("-q", "-f", "po.fuzz=false")
    assert result.exit_code == 1 and "[format.po] fuzz: no such option; available: existing" in result.stderr


def test_check_looks_at_the_translations_in_a_catalogue(tmp_path):
    (tmp_path / "x.po").write_text(PO + 'msgid "the cell"\nmsgstr "das Feld"\n\nmsgid "%s cells"\nmsgstr "Zellen"\n')
    lines = run("check", "x.po", *LANGUAGES, "-g", "g.csv").stdout.splitlines()
    assert lines[0].startswith("x.po#1: missing cell; expected Zelle")
    assert lines[1].startswith("x.po#2: changed; expected ")


@pytest.mark.parametrize("words, names", [
    ("mtpipe translate --llm o", ["openai"]), ("mtpipe translate --mt ", ["ct2", "fake", "llm"]),
    ("mtpipe post-edit --editors nbest,sub", ["nbest,substitution"]),
    ("mtpipe evaluate --metrics chrf,bl", ["chrf,bleu"]),
])  # fmt: skip
def test_names_of_plugins_are_completed(words, names):
    count = str(len(words.split()) - (0 if words.endswith(" ") else 1))
    asked = {"_MTPIPE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": count}
    result = CliRunner().invoke(main, prog_name="mtpipe", env=asked)
    assert [line.removeprefix("plain,") for line in result.stdout.splitlines()] == names


def test_plurals_are_right():
    assert [amount(count, "term") for count in range(3)] == ["0 terms", "1 term", "2 terms"]
    assert [amount(count, "match", "matches") for count in range(3)] == ["0 matches", "1 match", "2 matches"]


def test_what_waits_for_the_llm_exits_with_4():
    report = JobReport(llm=LlmUsage(waiting=1), documents=(DocumentResult("a.txt", "written", errors=1),))
    assert results.exit_code(report, strict=True) == 4
    report = replace(report, llm=LlmUsage())
    assert (results.exit_code(report, strict=True), results.exit_code(report, strict=False)) == (3, 0)
