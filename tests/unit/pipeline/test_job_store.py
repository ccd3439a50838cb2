import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest

from mtpipe.document.segment import Code, Edit, Segment, TermError, TermMatch
from mtpipe.errors import JobStateError, OutputError
from mtpipe.glossary.model import Term
from mtpipe.pipeline.job_store import Store, unit_key

CELL = Term(("cell",), ("Zelle",))
ROW = Term(("row",), ("Zeile",))
SEGMENT = Segment(
    "a#1", "A cell {x}", matches=(TermMatch(CELL, 2, 6),), draft="Ein Feld {x}", postedit="Eine Zelle {x}", score=-0.5,
    codes=(Code(7, 10),), notes=("a note",), edits=(Edit("nbest", "Ein Feld {x}", "Eine Zelle {x}", "accepted"),),
    errors=(TermError("missing", CELL, ("Zelle",), "", "rule"), TermError("changed", None, ("{x}",), "", "code")),
)  # fmt: skip
FRESH = replace(SEGMENT, draft=None, postedit=None, score=None, notes=(), edits=(), errors=())


def test_what_is_saved_is_loaded_again_by_another_process(tmp_path):
    with Store(tmp_path) as store:
        store.save([("k", "repaired", SEGMENT)])
    with Store(tmp_path) as store:
        assert store.load({"k": FRESH, "other": FRESH}) == {"k": ("repaired", SEGMENT)}


def test_saving_again_replaces(tmp_path):
    with Store(tmp_path) as store:
        store.save([("k", "failed", FRESH)])
        store.save([("k", "checked", SEGMENT)])
        assert store.load({"k": FRESH})["k"][0] == "checked"


def test_drafts_are_kept_for_other_editors_with_all_that_came_with_them(tmp_path):
    drafted = replace(FRESH, draft="Ein Feld {x}", score=-0.4, notes=("cut",), alternatives=("Eine Zelle {x}",))
    with Store(tmp_path) as store:
        store.save_drafts([("d", drafted), ("lost", replace(FRESH, draft=None))])
        store.save_drafts([])
    with Store(tmp_path) as store:
        assert store.drafted({"d": FRESH, "lost": FRESH, "other": FRESH}) == {"d": drafted, "lost": FRESH}
        assert store.load({"d": FRESH}) == {}


def test_a_chunk_is_saved_whole_or_not_at_all(tmp_path):
    def units():
        yield "a", "checked", SEGMENT
        raise KeyboardInterrupt

    bad = [("a", "checked", SEGMENT), ("b", "checked", replace(SEGMENT, score=object()))]
    with Store(tmp_path) as store:
        with pytest.raises(KeyboardInterrupt):
            store.save(units())
        with pytest.raises(OutputError, match="job.sqlite: the job's state can't be kept"):
            store.save(bad)
        assert store.load({"a": FRESH, "b": FRESH}) == {}


def test_more_units_than_one_query_takes(tmp_path):
    units = {f"k{i}": FRESH for i in range(1500)}
    with Store(tmp_path) as store:
        store.save((key, "checked", segment) for key, segment in units.items())
        assert store.load(units).keys() == units.keys()
        assert store.first_seen(units) == units.keys() and store.first_seen(["k1", "new"]) == {"new"}


def test_first_seen_forgets_with_the_run(tmp_path):
    for _ in range(2):
        with Store(tmp_path) as store:
            assert store.first_seen(["a"]) == {"a"}


def test_documents_are_finished_under_a_digest(tmp_path):
    with Store(tmp_path) as store:
        out = tmp_path / "out.txt"
        out.write_text("Öffnen")
        assert not store.is_finished("a/ä.txt", "one") and not store.is_intact("a/ä.txt", out)
        store.finish("a/ä.txt", "one", out)
        store.finish("a/ä.txt", "two", out)
        assert store.is_finished("a/ä.txt", "two") and not store.is_finished("a/ä.txt", "one")
        assert store.is_intact("a/ä.txt", out)
        out.write_text("Öff")
        assert not store.is_intact("a/ä.txt", out)


@pytest.mark.parametrize(
    "change",
    [
        {"source": "A cell {y}"}, {"codes": ()}, {"draft": "Zelle"}, {"matches": ()},
        {"matches": (TermMatch(CELL, 2, 5),)}, {"matches": (TermMatch(ROW, 2, 6),)},
        {"matches": (TermMatch(replace(CELL, forms=("Zellen",)), 2, 6),)},
        {"matches": (TermMatch(replace(CELL, status="forbidden"), 2, 6),)},
    ],
)  # fmt: skip
def test_key_changes_with_what_changes_the_translation(change):
    assert unit_key(replace(FRESH, **change), "s") != unit_key(FRESH, "s")
    assert unit_key(FRESH, "other settings") != unit_key(FRESH, "s")


@pytest.mark.parametrize(
    "change",
    [
        {"id": "b#7"}, {"reference": "x"}, {"notes": ("x",)},
        {"matches": (TermMatch(replace(CELL, note="n", line=9), 2, 6),)},
    ],
)
def test_key_stays_with_what_does_not(change):
    assert unit_key(replace(FRESH, **change), "s") == unit_key(FRESH, "s")


def test_one_job_at_a_time(tmp_path):
    with Store(tmp_path):
        with pytest.raises(OutputError, match="another mtpipe job is running in this folder; wait for it or choose"):
            Store(tmp_path)
    Store(tmp_path).__exit__()


def test_a_killed_jobs_lock_is_taken_over(tmp_path):
    script = f"""
import sys, time
from pathlib import Path
from mtpipe.pipeline.job_store import Store
store = Store(Path({str(tmp_path)!r}))
out = Path({str(tmp_path / 'out.txt')!r})
out.write_text("x")
store.finish("done", "x", out)
print("locked", flush=True)
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "locked\n"
    with pytest.raises(OutputError, match="another mtpipe job"):
        Store(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with Store(tmp_path) as store:
        assert store.is_finished("done", "x")


def test_a_damaged_file_is_said_to_be_one(tmp_path):
    (tmp_path / "job.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(OutputError, match="the file is damaged: delete it and run again"):
        Store(tmp_path)


def test_a_file_of_another_version_starts_anew(tmp_path):
    with Store(tmp_path) as store:
        store.save([("k", "checked", SEGMENT)])
    db = sqlite3.connect(tmp_path / "job.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with Store(tmp_path) as store:
        assert store.load({"k": FRESH}) == {}


def test_a_folder_that_can_not_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="check the folder's permissions and the free space"):
        Store(tmp_path / "file" / "job")


@pytest.mark.parametrize("damage", [
    lambda data: b"no database " * 100, lambda data: data[:5000],
    lambda data: data[:4096] + b"\xff" * (len(data) - 4096),
])  # fmt: skip
def test_a_damaged_database_says_delete_it(tmp_path, damage):
    unit = replace(FRESH, draft="x")
    with Store(tmp_path) as store:
        store.save([(str(number), "checked", unit) for number in range(200)])
    path = tmp_path / "job.sqlite"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(JobStateError, match="job.sqlite: .*the file is damaged: delete it and run again"):
        with Store(tmp_path) as store:
            store.load({str(number): unit for number in range(200)})


def test_a_row_that_is_no_json_is_damage_too(tmp_path):
    with Store(tmp_path) as store:
        store.save([("a", "checked", replace(FRESH, draft="x"))])
        store._db.execute("UPDATE units SET notes = '[1,'")
        with pytest.raises(JobStateError, match="the file is damaged: delete it"):
            store.load({"a": FRESH})


@pytest.fixture
def half_written(tmp_path):
    """The folder of a shard that was killed while it wrote: its journal is there, and part of what it wrote."""
    work, killed = tmp_path / "work", tmp_path / "parts/1-of-2"
    with Store(work, is_part=True) as store:
        store.save_drafts([("saved", SEGMENT)])
        store._db.execute("PRAGMA cache_size = 1")  # of pages: what is more goes to the file at once
        with store.together():
            store.save_drafts([(f"key {n}", replace(SEGMENT, draft="x" * 1000)) for n in range(50)])
            shutil.copytree(work, killed)
    return killed


def test_what_a_killed_shard_saved_is_found_by_the_others(half_written):
    with Store(half_written.parent / "2-of-2", siblings=[half_written.parent], is_part=True) as store:
        assert list(store.drafted({"saved": FRESH, "key 7": FRESH})) == ["saved"]


def test_what_a_shard_of_another_machine_left_half_written_is_not_touched(half_written):
    (half_written / "machine").write_text("another")
    before = {path.name: path.read_bytes() for path in half_written.iterdir()}
    with Store(half_written.parent / "2-of-2", siblings=[half_written.parent], is_part=True) as store:
        assert store.drafted({"saved": FRESH}) == {}
    assert {path.name: path.read_bytes() for path in half_written.iterdir()} == before


def test_a_shard_that_was_waited_for_in_vain_is_not_waited_for_again(tmp_path, monkeypatch):
    monkeypatch.setattr("mtpipe.pipeline.job_store._PATIENCE", 0.05)
    with Store(tmp_path / "parts/1-of-2", is_part=True) as other:
        other.save_drafts([("saved", SEGMENT)])
    with Store(tmp_path / "parts/2-of-2", siblings=[tmp_path / "parts"], is_part=True) as store:
        with sqlite3.connect(tmp_path / "parts/1-of-2/job.sqlite", isolation_level=None) as stuck:
            stuck.execute("BEGIN EXCLUSIVE")
            assert store.drafted({"saved": FRESH}) == {}
            monkeypatch.setattr("mtpipe.pipeline.job_store._PATIENCE", 3600.0)
            assert store.drafted({"saved": FRESH}) == {}
            stuck.execute("ROLLBACK")
        assert list(store.drafted({"saved": FRESH})) == ["saved"]
