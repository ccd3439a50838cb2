"""Pairs that are no translations: by their numbers and by what a lexicon knows; and test sets without them."""

import json

import pytest

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.cli.main import main
from mtpipe.corpora import cleaning, parallelism
from mtpipe.corpora.prepare import Recipe, prepare
from mtpipe.corpora.sampling import sample
from mtpipe.corpora.split import Split
from mtpipe.languages.lemmatization import lemma

NOUNS = {"table": "Tabelle", "page": "Seite", "line": "Zeile", "cell": "Zelle", "word": "Wort", "file": "Datei"}
VERBS = {"open": "öffnen", "close": "schließen", "delete": "löschen", "select": "wählen"}
SOUND = [
    (f"Please {verb} the {noun} now", f"Bitte jetzt die {target} {done}")
    for verb, done in VERBS.items() for noun, target in NOUNS.items()
]


@pytest.fixture(scope="module")
def lexicon():
    made = Lexicon("en", "de")
    words = [*NOUNS.items(), *VERBS.items(), ("please", "bitte"), ("now", "jetzt"), ("the", "die")]
    made.links = {lemma(one, "en"): {lemma(other, "de"): 9.0} for one, other in words}
    return made


@pytest.mark.parametrize("source, target, reason", [
    ("Please open the table now", "Bitte jetzt die Tabelle öffnen", None),
    ("Please open the table now", "Datei löschen und Zelle schließen", "unlike by the lexicon"),
    ("Please open the table 25 now", "Bitte jetzt die Tabelle 26 öffnen", "other numbers"),
    ("It costs 1,250.50 in the table", "In der Tabelle kostet es 1.250,50", None),
    ("Please open 2 tables now", "Bitte jetzt zwei Tabelle öffnen", None),  # small numbers may be words
    ("Cancel", "Zelle", None),  # too short to say
    ("Quux frobs xyzzy plugh foo", "Quux frobt xyzzy plugh foo", None),  # the lexicon knows none of it
])
def test_what_speaks_against_a_pair(lexicon, source, target, reason):
    assert parallelism.fault((source, target), lexicon) == reason


def test_long_pairs_become_sentences_where_both_sides_have_as_many():
    one = "This is the first sentence of a long paragraph on the tables in a document.", "And the second of them."
    other = "Dies ist der erste Satz eines langen Absatzes über Tabellen in einem Dokument.", "Und der zweite davon."
    pair = f"{one[0]} {one[1]} {one[0]}", f"{other[0]} {other[1]} {other[0]}"
    assert cleaning.sentences(pair, "en", "de") == [*zip(one, other), (one[0], other[0])]
    fewer = pair[0], f"{other[0]} {other[0]}"
    assert cleaning.sentences(fewer, "en", "de") == [fewer]
    assert cleaning.sentences((" ".join(one), " ".join(other)), "en", "de") == [(" ".join(one), " ".join(other))]


def test_prepare_leaves_out_what_the_lexicon_refuses_and_held_out_targets(tmp_path, lexicon):
    rows = [*SOUND, ("Please open the page right now", "Datei löschen und Zelle schließen"),
            ("Do open the table right now", "Das Fenster ist die Tabelle zu öffnen")]
    (tmp_path / "a.tsv").write_text("".join(f"{one}\t{other}\n" for one, other in rows), encoding="utf-8")
    recipe = Recipe("en", "de", Split(), (("Something else", "Das Fenster ist die Tabelle zu öffnen"),),
                    lexicon=lexicon)  # fmt: skip
    facts = prepare([("a", tmp_path / "a.tsv")], tmp_path / "out", recipe)
    assert facts["left_out"] == {"unlike by the lexicon": 1, "contamination": 1}
    assert facts["parts"]["train"]["pairs"] == 24


def test_a_sample_is_sound_spread_and_the_same_each_time(lexicon):
    counted = enumerate(SOUND, 20)
    rows = [(f"{one} and {k} then again", f"{other} und {k} dann wieder") for k, (one, other) in counted]
    noise = [("Short", "Kurz"), rows[0], ("Please open the table at 21 now", "Wort löschen, Zelle schließen 21")]
    segments, left_out = sample([*rows, *noise], lexicon, 6, "set")
    assert [segment.source for segment in segments] == [one for one, _ in rows[::4]]
    assert [segment.id for segment in segments] == [f"set#{k}" for k in range(1, 7)]
    assert left_out == {"too short": 1, "duplicate": 1, "unlike by the lexicon": 1}
    assert sample([*rows, *noise], lexicon, 6, "set")[0] == segments


def test_the_command_writes_a_sample_and_says_what_it_left_out(tmp_path, lexicon, capsys):
    lexicon.save(tmp_path / "lexicon", {})
    rows = [(f"{one} and then again", f"{other} und dann wieder") for one, other in SOUND]
    text = "".join(f"{one}\t{other}\n" for one, other in [*rows, ("No", "Nein")])
    (tmp_path / "a.tsv").write_text(text, encoding="utf-8")
    out = tmp_path / "set.jsonl"
    main(["corpus", "sample", str(tmp_path / "a.tsv"), "--lexicon", str(tmp_path / "lexicon"), "--out", str(out),
          "--count", "3", "-s", "en", "-t", "de"], standalone_mode=False)  # fmt: skip
    written = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["source"] for row in written] == [rows[k][0] for k in (0, 8, 16)]
    assert "3 pairs" in capsys.readouterr().out
