"""The campaign against mtpipe in small (`make check-hostile` is the whole): it has every format and sees failures."""

import random
from pathlib import Path

import pytest

from mtpipe import plugins
from mtpipe.mt.fake import FakeTranslator
from tests.benchmarks.hostile import inputs, outcome
from tests.benchmarks.hostile.seeds import documents


@pytest.fixture(autouse=True)
def failures(tmp_path, monkeypatch):
    monkeypatch.setattr(outcome, "FAILURES", tmp_path / "failures")
    return tmp_path / "failures"


def test_there_is_a_sound_document_of_every_format():
    assert {plugins.format_name(Path(name)) for name in documents()} == set(plugins.names("format"))


def test_damaged_documents_of_every_format_decide_nothing_for_others(failures):
    row = inputs.mutated_documents(2 * len(documents()), random.Random(1))
    assert row["tried"] == row["survived"] == 2 * len(documents()) and not failures.exists()


def test_damaged_glossaries_end_in_messages(failures):
    row = inputs.hostile_glossaries(14, random.Random(1))
    assert row["tried"] == row["survived"] == 14 and not failures.exists()


def test_a_traceback_is_counted_for_the_document_that_caused_it(failures):
    cases = [(f"{n}.jsonl", b'{"source": "A cell."}') for n in range(3)] + [("3.jsonl", b'{"source": "Crash."}')]
    row = inputs.jobs(cases, "tests.integration.test_hostile:Crashing")
    assert (row["tried"], row["survived"], row["tracebacks"]) == (4, 3, 1)
    assert [path.name for path in failures.rglob("*.jsonl")].count("3.jsonl") == len(list(failures.iterdir()))


class Crashing(FakeTranslator):
    """A translator with a bug."""

    def translate(self, segments):
        assert not any(segment.source == "Crash." for segment in segments)
        return super().translate(segments)
