import threading
from concurrent.futures import wait

import pytest

from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError, ModelError
from mtpipe.glossary.model import Glossary, Term
from mtpipe.mt.fake import FakeTranslator
from mtpipe.server import settings
from mtpipe.server.engine import BatchEngine, Busy, Work
from mtpipe.server.store import ServerStore, entries_of, tsv_of

PAIR = ("en", "de")
GATE = threading.Event()
BATCHES = []


class Slow(FakeTranslator):
    """Waits until it may; "Boom." it can't."""

    def translate(self, segments):
        GATE.wait(10)
        BATCHES.append([segment.source for segment in segments])
        if any(segment.source == "Boom." for segment in segments):
            raise InputError("Boom. can't be translated; send another text")
        return super().translate(segments)


@pytest.fixture
def engine(tmp_path):
    GATE.set()
    BATCHES.clear()
    chosen = settings.ServerSettings(tmp_path, (PAIR,), {"mt": "test_engine:Slow", "editors": ()},
                                     limits=settings.Limits(waiting=6), workers=1)  # fmt: skip
    engine = BatchEngine(chosen)
    yield engine
    GATE.set()
    engine.stop()


def work(*texts, **settings):
    return Work(PAIR, [Segment("", text) for text in texts], **settings)


def targets(future):
    return [segment.target for segment in future.result(20)]


def test_requests_that_wait_are_translated_together(engine):
    GATE.clear()
    first = engine.submit(work("One."))
    while engine.waiting and not first.running():
        pass
    others = [engine.submit(work(f"{n}th.")) for n in range(3)]
    GATE.set()
    wait([first, *others], 20)
    assert [targets(future) for future in others] == [["0TH."], ["1TH."], ["2TH."]]
    assert len(BATCHES) <= 2 and sum(map(len, BATCHES)) == 4


def test_one_request_s_error_is_not_the_others(engine):
    GATE.clear()
    futures = [engine.submit(work(text)) for text in ("One.", "Boom.", "Two.")]
    GATE.set()
    assert targets(futures[0]) == ["ONE."] and targets(futures[2]) == ["TWO."]
    with pytest.raises(InputError, match="can't be translated"):
        futures[1].result(20)


def test_what_is_too_much_is_refused_and_later_accepted(engine):
    GATE.clear()
    first = engine.submit(work("One.", "Two.", "Three.", "Four."))
    with pytest.raises(Busy, match="try again in a moment"):
        engine.submit(work("Five.", "Six.", "Seven."))
    GATE.set()
    assert len(targets(first)) == 4
    while engine.waiting:
        pass
    assert targets(engine.submit(work("Five."))) == ["FIVE."]


def test_glossaries_of_requests_do_not_mix(engine):
    glossary = Glossary.of([Term(("cell",), ("ZELLE",))], *PAIR)
    plain, other = engine.submit(work("A cell.")), engine.submit(work("A cell.", glossary_id="g", glossary=glossary))
    assert plain.result(20)[0].matches == () and len(other.result(20)[0].matches) == 1


def test_settings_name_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.delenv(settings.KEYS, raising=False)
    assert settings.pairs_of(["en-de", "de-en"], None) == (("en", "de"), ("de", "en"))
    with pytest.raises(ConfigError, match="'german' is not a language pair; give one such as en-de"):
        settings.pairs_of(["german"], None)
    with pytest.raises(ModelError):
        settings.pairs_of([], tmp_path)
    with pytest.raises(ConfigError, match="give PAIR=FILE with a file that exists and a pair of en-de"):
        settings.glossaries_of(["en-de=none.csv"], [PAIR])
    with pytest.raises(ConfigError, match="0.0.0.0 can be reached from other machines: give keys"):
        settings.check_host("0.0.0.0", frozenset())
    settings.check_host("localhost", frozenset())
    settings.check_host("::1", frozenset())
    (tmp_path / "keys").write_text(f"# ours\nalice {settings.hash_key('secret')}\n\n")
    keys = settings.keys_of(tmp_path / "keys")
    chosen = settings.ServerSettings(tmp_path, (PAIR,), keys=keys)
    assert chosen.accepts("secret") and not chosen.accepts("other") and "secret" not in repr(chosen)
    (tmp_path / "keys").write_text("alice secret\n")
    with pytest.raises(ConfigError, match="keys:1: not a hashed key; give the SHA-256"):
        settings.keys_of(tmp_path / "keys")


def test_entries_are_read_and_written():
    assert entries_of("cell\tZelle\n\nrow\tZeile", "tsv") == {"cell": "Zelle", "row": "Zeile"}
    assert entries_of('"a, b",c\n', "csv") == {"a, b": "c"}
    assert entries_of(tsv_of({"a": "b"}), "tsv") == {"a": "b"}
    for text, form, message in (("cell", "tsv", "line 1: give a source and a target"), ("", "tsv", "no entries"),
                                ("a\tb\na\tc", "tsv", "line 2: 'a' has two targets"), ("a", "x", "give tsv or csv")):
        with pytest.raises(InputError, match=message):
            entries_of(text, form)


def test_state_survives(tmp_path):
    store = ServerStore(tmp_path)
    made = store.save_glossary("g", {PAIR: {"a": "b"}})
    id, key = store.add_document("a.txt", PAIR, made.id, 3)
    store.set_document(id, "queued")
    store.count_characters(5)
    store.close()
    store = ServerStore(tmp_path)
    assert store.glossary(made.id) == made and [row.id for row in store.documents("queued")] == [id]
    assert store.document(id, "wrong") is None and store.document(id, key).name == "a.txt"
    assert store.characters() == 5 and key not in (tmp_path / "server.sqlite").read_bytes().decode("latin-1")
    assert store.delete_glossary(made.id) and not store.delete_glossary(made.id)
    store.close()
