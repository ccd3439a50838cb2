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
LONG = 300  # seconds that a busy machine may take
BEGUN, GATE = threading.Semaphore(0), threading.Event()
BATCHES = []


class Slow(FakeTranslator):
    """Tells that it begins and waits until it may; "Boom." it can't."""

    def translate(self, segments):
        BEGUN.release()
        GATE.wait(LONG)
        BATCHES.append(list(segments))
        if any(segment.source == "Boom." for segment in segments):
            raise InputError("Boom. can't be translated; send another text")
        return super().translate(segments)


@pytest.fixture
def start(tmp_path):
    """Makes an engine with one worker, closed at the end; the model waits while GATE is clear."""
    global BEGUN
    BEGUN = threading.Semaphore(0)
    BATCHES.clear()
    engines = []

    def started(waiting=1000):
        chosen = settings.ServerSettings(tmp_path, (PAIR,), {"mt": "test_engine:Slow", "editors": ()},
                                         limits=settings.Limits(waiting=waiting), workers=1)  # fmt: skip
        engines.append(BatchEngine(chosen))
        GATE.clear()
        return engines[-1]

    yield started
    GATE.set()
    for engine in engines:
        engine.stop()


@pytest.fixture
def engine(start):
    return start(waiting=6)


def work(*texts, **settings):
    return Work(PAIR, [Segment("", text) for text in texts], **settings)


def submitted(engine, *texts):
    """The result to come of a request that the model has begun with."""
    future = engine.submit(work(*texts))
    assert BEGUN.acquire(timeout=LONG)
    return future


def targets(future):
    return [segment.target for segment in future.result(LONG)]


def sources():
    return [[segment.source for segment in batch] for batch in BATCHES]


def test_requests_that_wait_are_translated_together(engine):
    first = submitted(engine, "One.")
    others = [engine.submit(work(f"{n}th.")) for n in range(3)]
    GATE.set()
    assert targets(first) == ["ONE."]
    assert [targets(future) for future in others] == [["0TH."], ["1TH."], ["2TH."]]
    assert sources() == [["One."], ["0th.", "1th.", "2th."]]


def test_a_large_request_takes_turns_with_the_others(start):
    engine = start()
    large = submitted(engine, *(f"Line {n}." for n in range(300)))
    other, small = engine.submit(work(*(f"Row {n}." for n in range(200)))), engine.submit(work("Small."))
    GATE.set()
    assert targets(small) == ["SMALL."]
    assert targets(large) == [f"LINE {n}." for n in range(300)] and targets(other)[-1] == "ROW 199."
    assert "Small." in sources()[1] and "Row 0." in sources()[1] and "Line 299." not in sources()[2]


def test_sentences_of_one_segment_are_joined_over_batches(start):
    engine = start()
    GATE.set()
    text = "  ".join(f"This is sentence {n}." for n in range(150))
    assert targets(engine.submit(work(text, "Last."))) == [text.upper(), "LAST."] and len(BATCHES) > 1


def test_neighbours_are_of_the_same_request(start):
    engine = start()
    lines = [f"Line {n}." for n in range(200)]
    first = submitted(engine, "One.")
    futures = [engine.submit(work("Two.")), engine.submit(work(*lines)), engine.submit(work("Three."))]
    GATE.set()
    wait([first, *futures], LONG)
    contexts = {segment.source: segment.context for batch in BATCHES for segment in batch}
    around = ["", *lines, ""]
    assert [contexts[line] for line in lines] == list(zip(around, around[2:]))
    assert contexts["One."] == contexts["Two."] == contexts["Three."] == ("", "")


def test_what_nobody_waits_for_is_not_translated(engine):
    first = submitted(engine, "One.")
    assert engine.submit(work("Two.")).cancel()
    third = engine.submit(work("Three."))
    GATE.set()
    assert targets(first) == ["ONE."] and targets(third) == ["THREE."]
    assert sources() == [["One."], ["Three."]]


def test_a_request_without_a_text_is_done(engine):
    assert targets(engine.submit(work())) == []


def test_one_request_s_error_is_not_the_others(engine):
    futures = [engine.submit(work(text)) for text in ("One.", "Boom.", "Two.")]
    GATE.set()
    assert targets(futures[0]) == ["ONE."] and targets(futures[2]) == ["TWO."]
    with pytest.raises(InputError, match="can't be translated"):
        futures[1].result(LONG)


def test_what_is_too_much_is_refused_and_later_accepted(engine):
    first = submitted(engine, "One.", "Two.", "Three.", "Four.")
    with pytest.raises(Busy, match="try again in a moment"):
        engine.submit(work("Five.", "Six.", "Seven."))
    GATE.set()
    assert len(targets(first)) == 4
    while engine.waiting:
        pass
    assert targets(engine.submit(work("Five."))) == ["FIVE."]


def test_glossaries_of_requests_do_not_mix(engine):
    GATE.set()
    glossary = Glossary.of([Term(("cell",), ("ZELLE",))], *PAIR)
    plain, other = engine.submit(work("A cell.")), engine.submit(work("A cell.", glossary_id="g", glossary=glossary))
    assert plain.result(LONG)[0].matches == () and len(other.result(LONG)[0].matches) == 1


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
