import json

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.errors import InputError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology.extraction import usage as judge
from mtpipe.terminology.extraction.usage import usage

PAIRS = [
    ("Open the table.", "Öffnen Sie die Tabelle."),
    ("Two <b>tables</b> here", "Hier sind zwei <b>Tabellen</b>"),
    ("A table", "Ein Tisch"),
    ("Type the password", "Geben Sie das Passwort ein"),
    ("Password {table}", "Kennwort {table}"),
]
TERMS = [
    Term(("table",), ("Tabelle", "Tafel"), line=2), Term(("password",), ("Kennwort",), line=3),
    Term(("password",), ("Passwort",), "forbidden", line=4), Term(("slide",), ("Folie",), line=5),
]  # fmt: skip


def of(*terms):
    return Glossary.of(terms or TERMS, "en", "de", "en-de.csv")


def test_usage_counts_what_sources_ask_for_and_targets_have():
    used = usage(PAIRS, of())
    assert [(use.count, use.met) for use in used] == [(3, 2), (2, 1), (2, 1), (0, 0)]
    assert [round(use.share, 2) for use in used] == [0.67, 0.5, 0.5, 1.0]
    assert used[0].forms == {"Tabelle": 1, "Tabellen": 1}


def test_usage_keeps_pairs_to_look_at():
    table, password, banned, _ = usage(PAIRS, of())
    assert table.wrong == [PAIRS[2]] and password.wrong == [PAIRS[3]]
    assert banned.wrong == [PAIRS[3]]  # for a banned word the pairs that have it
    many, = usage([PAIRS[2]] * 9, of(TERMS[0]))
    assert (many.count, len(many.wrong)) == (9, judge.EXAMPLES)


def test_the_most_urgent_comes_first():
    ordered = sorted(usage(PAIRS, of()), key=judge.urgency)
    assert [(use.term.source, use.term.status) for use in ordered] == [
        ("password", "forbidden"), ("password", "preferred"), ("table", "preferred"), ("slide", "preferred")]


@pytest.mark.parametrize("limit, expected", [(1.0, 4), (0.6, 3), (0.1, 2)])
def test_what_needs_a_look(limit, expected):
    """Terms below the limit, those that no source has, and banned words that are used."""
    assert sum(judge.is_below(use, limit) for use in usage(PAIRS, of())) == expected


@pytest.mark.parametrize("pairs", [[], [("Nothing of it", "Nichts davon")]])
def test_text_without_any_of_the_terms_is_an_error(pairs):
    with pytest.raises(InputError, match="en-de.csv: no source of the parallel text has any of its 4 terms; is the "
                                         "text of these languages, in this order?"):
        usage(pairs, of())


def run(folder, *arguments):
    (folder / "en-de.csv").write_text(
        "source,target,status\ntable,Tabelle|Tafel,\npassword,Kennwort,\npassword,Passwort,forbidden\nslide,Folie,\n",
        encoding="utf-8")
    (folder / "pairs.tsv").write_text("".join(f"{s}\t{t}\n" for s, t in PAIRS), encoding="utf-8")
    return CliRunner().invoke(main, ["glossary", "usage", str(folder / "en-de.csv"), str(folder / "pairs.tsv"),
                                     *arguments])  # fmt: skip


def test_the_command_tells_people(tmp_path):
    result = run(tmp_path, "--below", "0.6")
    assert (result.exit_code, result.output.splitlines()) == (0, [
        "0.50  1 of 2  password → Passwort  forbidden  (Passwort 1)",
        "      Type the password  ⇒  Geben Sie das Passwort ein",
        "0.50  1 of 2  password → Kennwort  (Kennwort 1)",
        "      Type the password  ⇒  Geben Sie das Passwort ein",
        "1.00  0 of 0  slide → Folie",
        "3 terms, 1 in no source; 3 of 5 sources with the term in the target, 60.0%",
    ])


def test_the_command_tells_machines(tmp_path):
    rows = json.loads(run(tmp_path, "--json", "--below", "0.6").output)
    assert rows[1] == {
        "source": "password", "targets": ["Kennwort"], "status": "preferred", "line": 3, "count": 2, "met": 1,
        "share": 0.5, "found": {"Kennwort": 1}, "wrong": [["Type the password", "Geben Sie das Passwort ein"]],
    }
