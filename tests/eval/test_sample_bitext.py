"""A task without a glossary: terms out of a sample of parallel text, and success on those that it has and lacks."""

import json
from math import isnan

import pytest
from click.testing import CliRunner

from eval.harness import sample_bitext
from eval.harness.cli import harness
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.terminology.matcher import Matcher
from tests.support.shared_tasks import jsonl

LANGS = "en", "de"
TABLE, CELL = Term(("table",), ("Tabelle",)), Term(("cell",), ("Zelle",))
SAMPLE = [("All tables are empty.", "Alle Tabellen sind leer."), ("Delete a cell.", "Löschen Sie ein Feld.")]


def test_a_term_is_seen_where_both_sides_of_a_pair_have_it_inflected_or_not():
    assert sample_bitext.seen([TABLE, CELL], SAMPLE, LANGS) == {TABLE}
    assert sample_bitext.seen([TABLE, CELL], [], LANGS) == frozenset()


def test_rates_are_apart_for_seen_and_unseen_terms():
    segments = [Segment("a#1", "A cell of the table.", draft="Ein Feld der Tabelle.", reference="Zelle der Tabelle.")]
    matched = Matcher(Glossary.of([TABLE, CELL], *LANGS)).find(segments)
    rates = sample_bitext.rates(matched, SAMPLE, LANGS)
    assert [rates[name]["tsr_strict"] for name in ("all", "seen", "unseen")] == [.5, 1, 0]
    assert isnan(sample_bitext.rates(matched, [], LANGS)["seen"]["tsr_strict"])


def test_the_sample_is_read_as_it_is_handed_out(tmp_path):
    path = tmp_path / "sample.medical.ende.json"
    path.write_text(json.dumps([{"en": source, "de": target} for source, target in SAMPLE]), encoding="utf-8")
    assert sample_bitext.read(path, LANGS) == SAMPLE
    path.write_text('[{"en": "x"}]', encoding="utf-8")
    with pytest.raises(InputError, match="sample.medical.ende.json: no list of objects with 'en' and 'de'"):
        sample_bitext.read(path, LANGS)


def test_a_glossary_out_of_a_sample_and_its_table(tmp_path):
    names = ("pivot table", "Pivot-Tabelle"), ("print range", "Druckbereich"), ("cell style", "Zellvorlage")
    verbs = ("Open", "Öffnen"), ("Close", "Schließen")
    rows = [{"en": f"{verb} the {source} of {number} files.", "de": f"{action} Sie {target} von {number} Dateien."}
            for number in range(4) for source, target in names for verb, action in verbs]  # fmt: skip
    path = tmp_path / "sample.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    out = tmp_path / "terms.csv"
    outcome = CliRunner().invoke(harness, ["sample-glossary", str(path), "-s", "en", "-t", "de", "-o", str(out)])
    assert outcome.exit_code == 0 and "print range,Druckbereich" in out.read_text(encoding="utf-8")
    outputs = jsonl(tmp_path / "ours.jsonl", [
        {"id": "a", "source": "The print range.", "draft": "Der Druckbereich.", "reference": "Der Druckbereich.",
         "terms": [{"source": "print range", "target": "Druckbereich"}]}])  # fmt: skip
    table = CliRunner().invoke(harness, ["seen-terms", str(outputs), "-s", "en", "-t", "de", "--sample", str(path)])
    assert table.exit_code == 0 and "| ours | seen | 1.000 | 1.000 | 1.000 |" in table.output
    assert "| ours | unseen | nan | nan | nan |" in table.output
