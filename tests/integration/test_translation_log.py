import json

from tests.benchmarks.scale.translation_log import Doubled, doubled, reopen


def log(folder, name, *batches, closed=None):
    rows = [{"at": batches[0][0] - 0.5, "opened": True}, *({"at": at, "sources": sources} for at, sources in batches)]
    rows += [] if closed is None else [{"at": closed, "closed": True}]
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"at": 9, "sour')


def test_nothing_twice(tmp_path):
    log(tmp_path, "a", (1, ["one", "two"]), (2, ["three"]), closed=3)
    log(tmp_path, "b", (1, ["four"]))
    assert doubled(tmp_path) == Doubled()


def test_in_hand_when_the_first_was_killed(tmp_path):
    log(tmp_path, "a", (1, ["one"]), (2, ["two"]), (3, ["three"]))
    log(tmp_path, "b", (10, ["two"]), (11, ["three"]), closed=12)
    assert doubled(tmp_path) == Doubled(in_hand=2)


def test_saved_before_the_kill_and_translated_again_is_needless(tmp_path):
    log(tmp_path, "a", (1, ["one"]), (2, ["two"]), (3, ["three"]))
    log(tmp_path, "b", (10, ["one"]), closed=12)
    assert doubled(tmp_path) == Doubled(needless=1) and doubled(tmp_path).total == 1


def test_a_process_that_an_error_ended_had_the_last_ones_in_hand(tmp_path):
    log(tmp_path, "a", (1, ["one"]), (2, ["two"]), (3, ["three"]), closed=4)
    reopen(tmp_path)
    log(tmp_path, "b", (10, ["one"]), (11, ["two"]), closed=12)
    assert doubled(tmp_path) == Doubled(in_hand=1, needless=1)


def test_by_two_at_once(tmp_path):
    log(tmp_path, "a", (1, ["one"]), (4, ["two"]), (8, ["three"]), closed=9)
    log(tmp_path, "b", (2, ["four"]), (6, ["one"]), (7, ["five"]), (20, ["two"]), closed=21)
    assert doubled(tmp_path) == Doubled(at_once=2)
    log(tmp_path, "c", (30, ["one", "two"]), closed=31)
    assert doubled(tmp_path) == Doubled(at_once=2, needless=2)
