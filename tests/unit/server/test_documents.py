import threading

import pytest

from mtpipe.server import settings
from mtpipe.server.documents import Documents
from mtpipe.server.store import ServerStore

PAIR = ("en", "de")
LONG = 300  # seconds that a busy machine may take


class WatchedStore(ServerStore):
    """Tells when so many documents are over."""

    def __init__(self, folder):
        super().__init__(folder)
        self.over, self.ends, self.number = [], threading.Event(), 0

    def set_document(self, id, state, message=""):
        super().set_document(id, state, message)
        if state in ("done", "error"):
            self.over.append((id, state, message))
            if len(self.over) == self.number:
                self.ends.set()


@pytest.fixture
def store(tmp_path):
    store = WatchedStore(tmp_path)
    yield store
    store.close()


def queue(store, name, text):
    """The id of a document that lies in the store's folder."""
    id, _ = store.add_document(name, PAIR, "", len(text))
    folder = store.folder / "documents" / id / "in"
    folder.mkdir(parents=True)
    (folder / name).write_text(text)
    store.set_document(id, "queued")
    store.number += 1
    return id


def translate(store, turn):
    """What is over, in order; only what is queued already is translated."""
    chosen = settings.ServerSettings(store.folder, (PAIR,), {"mt": "fake", "editors": ()}, turn=turn)
    errors = []
    documents = Documents(chosen, store, errors.append)
    assert store.ends.wait(LONG)
    documents.stop()
    assert errors == []
    return [id for id, state, _ in store.over if state == "done"]


def out(store, id, name):
    return (store.folder / "documents" / id / "out" / name).read_text()


def test_a_long_document_lets_the_others_go_first(store):
    lines = [f"Line number {n} here." for n in range(3000)]
    long = queue(store, "long.txt", "\n".join(lines) + "\n")
    short = [queue(store, f"{n}.txt", f"Short {n}.\n") for n in range(3)]
    assert translate(store, turn=0) == [*short, long]
    assert out(store, long, "long.txt") == "".join(f"{line.upper()}\n" for line in lines)
    assert [out(store, id, f"{n}.txt") for n, id in enumerate(short)] == [f"SHORT {n}.\n" for n in range(3)]


def test_documents_come_in_their_order_within_a_turn(store):
    ids = [queue(store, f"{n}.txt", f"Text {n}.\n") for n in range(4)]
    assert translate(store, turn=LONG) == ids


def test_a_broken_document_is_told_and_the_next_one_done(store):
    broken, good = queue(store, "a.jsonl", "{broken"), queue(store, "b.txt", "Open it.\n")
    assert translate(store, turn=0) == [good]
    assert store.over[0][:2] == (broken, "error") and "a.jsonl" in store.over[0][2]
