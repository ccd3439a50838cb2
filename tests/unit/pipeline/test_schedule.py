from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mtpipe.pipeline.engines.schedule import Schedule
from mtpipe.pipeline.job_folder import File
from mtpipe.report.model import DocumentResult, JobReport


def windows(*sizes):
    number = iter(range(sum(sizes)))
    return iter([(n, [file(next(number)) for _ in range(size)]) for n, size in enumerate(sizes)])


def file(number):
    name = f"{number:03}.txt"
    return File(Path(name), Path("out", name), name, 1, "text")


def report(files):
    return JobReport(documents=tuple(DocumentResult(file.name, "written") for file in files))


def names(reports):
    return [row.path for each in reports for row in each.documents]


def test_a_worker_has_two_pieces_at_most():
    schedule = Schedule(windows(1, 1, 1))
    assert [schedule.next("a") is not None for _ in range(3)] == [True, True, False]
    assert schedule.next("b") is not None and schedule.next("b") is None


def test_reports_come_in_the_order_of_the_files():
    schedule = Schedule(windows(1, 1, 1))
    first, second = schedule.next("a"), schedule.next("a")
    third = schedule.next("b")
    schedule.finish("b", third[0], report(third[1]))
    schedule.finish("a", second[0], report(second[1]))
    assert list(schedule.reports()) == [] and not schedule.is_over
    schedule.finish("a", first[0], report(first[1]))
    assert names(schedule.reports()) == ["000.txt", "001.txt", "002.txt"]
    assert schedule.next("a") is None and schedule.is_over


def test_what_ended_a_worker_is_done_again_file_by_file_and_alone():
    schedule = Schedule(windows(2, 1))
    assert schedule.next("a") and schedule.next("a")
    assert [file.name for file in schedule.end("a", "signal 9")] == ["000.txt", "001.txt", "002.txt"]
    piece = schedule.next("b")
    assert len(piece[1]) == 1 and schedule.next("b") is None
    while piece:
        schedule.finish("b", piece[0], report(piece[1]))
        piece = schedule.next("b")
    assert names(schedule.reports()) == ["000.txt", "001.txt", "002.txt"] and schedule.is_over


def test_a_file_that_no_worker_survives_is_given_up_and_the_others_are_done():
    schedule = Schedule(windows(3), attempts=3)
    for n in range(20):
        piece = schedule.next(n)
        if piece is None:
            break
        if any(file.name == "001.txt" for file in piece[1]):
            schedule.end(n, "signal 11")
        else:
            schedule.finish(n, piece[0], report(piece[1]))
    reports = list(schedule.reports())
    assert schedule.is_over and names(reports) == ["000.txt", "001.txt", "002.txt"]
    row = reports[1].documents[0]
    assert row.state == "failed" and reports[1].totals.failed == 1
    assert row.message.startswith("001.txt: given up, 3 workers ended with it in hand (signal 11); it may be damaged")


@given(st.lists(st.integers(1, 4), max_size=6), st.randoms(use_true_random=False))
def test_whatever_ends_when_every_file_is_reported_once(sizes, chance):
    schedule = Schedule(windows(*sizes), attempts=1000)
    hands, done, serial = {0: [], 1: [], 2: []}, [], 3
    while not schedule.is_over:
        for worker in list(hands):
            while (piece := schedule.next(worker)) is not None:
                hands[worker].append(piece)
        worker = chance.choice(list(hands))
        if chance.random() < 0.3:
            schedule.end(worker, "signal 9")
            del hands[worker]
            hands[serial], serial = [], serial + 1
        elif hands[worker]:
            key, files = hands[worker].pop(0)
            schedule.finish(worker, key, report(files))
        done += names(schedule.reports())
    assert done == [f"{n:03}.txt" for n in range(sum(sizes))]
