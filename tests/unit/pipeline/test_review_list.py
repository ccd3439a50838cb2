import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mtpipe.config import Job
from mtpipe.errors import JobStateError
from mtpipe.mt.fake import FakeTranslator
from mtpipe.pipeline import job_folder, jobs, review
from mtpipe.pipeline.review_list import Conflict, Query, ReviewList, Unknown
from mtpipe.tm.store import TmFile

REPLIES = {"Save 3 files.": "Speichere 4 Dateien.", "Use the row.": ["Nutze die Zeile.", "Verwende die Zeile."]}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The state of a job with a missing term, an altered number, alternatives and equal sentences."""
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.html").write_text("<p>Open the <b>cell</b>.</p>\n<p>Save 3 files.</p><p>Done now.</p>")
    (source / "b.txt").write_text("Done now.\nUse the row.\nDone now.\n")
    (tmp_path / "g.csv").write_text("source,target,note\ncell,Zelle,of a sheet\nrow,Zeile,\n")
    tools = FakeTranslator(REPLIES)
    monkeypatch.setattr("mtpipe.pipeline.resources.plugins.create", created(tools))
    job = Job(source, tmp_path / "out", "en", "de", glossary=tmp_path / "g.csv", mt="fake", editors=())
    jobs.run(job)
    return job.folder


def created(translator):
    from mtpipe import plugins

    create = plugins.create
    return lambda kind, name, *more, **options: translator if kind == "mt" else create(kind, name, *more, **options)


@pytest.fixture
def sentences(folder):
    with ReviewList(folder) as opened:
        yield opened


def sources(page):
    return [item.segment.source for item in page.items]


def test_the_worst_come_first(sentences):
    page = sentences.page(Query(), 10)
    assert sources(page)[:2] == ["Open the <b>cell</b>.", "Save 3 files."] and (page.total, page.first) == (6, 0)
    assert [error.kind for error in page.items[0].errors] == ["missing"]
    assert page.items[0].segment.matches[0].term.note == "of a sheet"
    assert sources(sentences.page(Query(order="document"), 2)) == ["Open the <b>cell</b>.", "Save 3 files."]


@pytest.mark.parametrize(("query", "number"), [
    (Query(), 6), (Query(kind="missing"), 1), (Query(kind="altered"), 1), (Query(kind="forbidden"), 0),
    (Query(document="b.txt"), 3), (Query(text="DONE NOW"), 3), (Query(text="b.txt#2"), 1), (Query(status="open"), 6),
    (Query(status="approved"), 0), (Query(status="edited"), 0), (Query(text="done", document="b.txt"), 2),
    (Query(text="' OR 1 --"), 0), (Query(term=77), 0),
])  # fmt: skip
def test_filters(sentences, query, number):
    assert sentences.page(query, 10).total == number


def test_a_term_s_sentences_and_counts(sentences):
    first, second = sentences.terms()
    assert (first.term.source, first.sentences, first.missing) == ("cell", 1, 1)
    assert (second.term.source, second.sentences, second.missing) == ("row", 1, 0)
    assert sources(sentences.page(Query(term=second.n), 10)) == ["Use the row."]


@pytest.mark.parametrize("order", ["worst", "confidence", "document"])
def test_pages_are_the_list_in_pieces_both_ways(sentences, order):
    query = Query(order=order)
    whole = [item.n for item in sentences.page(query, 10).items]
    first = sentences.page(query, 2)
    second = sentences.page(query, 2, after=first.items[-1].n)
    third = sentences.page(query, 2, after=second.items[-1].n)
    assert [item.n for page in (first, second, third) for item in page.items] == whole
    assert (second.first, third.first) == (2, 4) and sentences.page(query, 2, after=whole[-1]).items == ()
    assert sentences.page(query, 2, before=third.items[0].n) == second


def test_a_decision_is_kept_and_seen_in_counts(folder, sentences):
    item = sentences.page(Query(kind="missing"), 1).items[0]
    target = "Öffne die <b>Zelle</b>."
    assert sentences.check(item, target) == () and sentences.check(item, "Öffne die Zelle.")[0].kind == "changed"
    sentences.decide(item.n, 0, {"target": target, "status": "approved", "comment": "as in the help"})
    statuses, kinds = sentences.counts()
    assert (statuses["approved"], statuses["edited"], statuses["open"]) == (1, 1, 5) and kinds["commented"] == 1
    assert "missing" not in kinds and sentences.term(item.terms[0]).missing == 0
    assert sentences.unwritten() == ["a.html"]
    sentences.__exit__()
    with ReviewList(folder) as again:
        new, = again.items([item.n])
        assert (new.target, new.status, new.comment) == (target, "approved", "as in the help")
        assert new.version == 1 and new.errors == ()
        assert again.counts() == (statuses, kinds) and again.unwritten() == ["a.html"]


def test_who_comes_second_overwrites_nothing(sentences):
    item = sentences.page(Query(text="use the row"), 1).items[0]
    sentences.decide(item.n, item.version, {"target": "Ihres."})
    with pytest.raises(Conflict, match="b.txt#2: changed by somebody else") as conflict:
        sentences.decide(item.n, item.version, {"target": "Meines."})
    assert conflict.value.item.target == "Ihres." and sentences.items([item.n])[0].target == "Ihres."
    with pytest.raises(Unknown):
        sentences.decide(99, 0, {"status": "approved"})


def test_equal_sentences_are_approved_together_and_come_back_together(sentences):
    item = sentences.page(Query(text="done now"), 1).items[0]
    assert item.equal == 2
    sentences.decide(item.n, 0, {"target": "Fertig."})
    action, numbers = sentences.decide_equal(item.n, 1)
    done = sentences.items(numbers)
    assert len(done) == 3 and {(each.target, each.status) for each in done} == {("Fertig.", "approved")}
    sentences.undo(action)
    assert [each.target for each in sentences.items(numbers)] == ["Fertig.", "DONE NOW.", "DONE NOW."]
    assert sentences.counts()[0]["open"] == 6


def test_what_was_changed_again_is_not_undone(sentences):
    item = sentences.page(Query(text="use the row"), 1).items[0]
    first, _ = sentences.decide(item.n, 0, {"target": "Eins."})
    second, _ = sentences.decide(item.n, 1, {"target": "Zwei."})
    with pytest.raises(Conflict):
        sentences.undo(first)
    sentences.undo(second)
    assert sentences.items([item.n])[0].target == "Eins."
    with pytest.raises(Unknown):
        sentences.undo(77)


def test_suggestions_are_other_targets(sentences):
    item = sentences.page(Query(text="use the row"), 1).items[0]
    assert item.target == "Nutze die Zeile." and item.suggestions == ("Verwende die Zeile.",)
    sentences.decide(item.n, 0, {"target": "Verwende die Zeile."})
    assert sentences.items([item.n])[0].suggestions == ("Nutze die Zeile.",)


def test_documents_report_and_memory_are_written_as_import_does(folder, sentences, tmp_path):
    item = sentences.page(Query(kind="missing"), 1).items[0]
    other = sentences.page(Query(kind="altered"), 1).items[0]
    sentences.decide(item.n, 0, {"target": "Öffne die <b>Zelle</b>.", "status": "approved"})
    sentences.decide(other.n, 0, {"status": "rejected", "comment": "3, not 4"})
    list(review.rewrite(sentences, folder, sentences.unwritten()))
    review.learn(sentences, folder, sentences.reviewed(), tmp_path / "m.sqlite")
    assert "<p>Öffne die <b>Zelle</b>.</p>" in (tmp_path / "out" / "a.html").read_text()
    report = json.loads((folder / "report.json").read_text())
    assert report["edits"]["accepted"] == {"person": 1} and report["totals"]["segments_with_errors"] == 1
    assert [note["note"] for note in report["notes"]] == ["rejected by a person: 3, not 4"]
    assert sentences.unwritten() == [] and TmFile(tmp_path / "m.sqlite").count() == 1


def test_who_decides_while_a_document_is_written_has_it_written_again(folder, sentences, tmp_path, monkeypatch):
    """Another thread writes; nothing of what it reads or keeps is in the way of the decision."""
    items = sentences.page(Query(document="a.html"), 10).items
    sentences.decide(items[0].n, 0, {"target": "Eins <b>zwei</b>."})
    place, begins, goes_on = job_folder.place, threading.Event(), threading.Event()

    def slow(target, write):
        begins.set()
        assert goes_on.wait(300)
        place(target, write)

    monkeypatch.setattr(job_folder, "place", slow)
    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(lambda: list(review.rewrite(sentences, folder, sentences.unwritten())))
        assert begins.wait(300)
        sentences.decide(items[1].n, 0, {"target": "Drei."})
        with pytest.raises(Conflict):
            sentences.decide(items[1].n, 0, {"target": "Vier."})
        goes_on.set()
        writing.result(300)
    assert "Drei." not in (tmp_path / "out" / "a.html").read_text() and sentences.unwritten() == ["a.html"]
    list(review.rewrite(sentences, folder, sentences.unwritten()))
    assert "Drei." in (tmp_path / "out" / "a.html").read_text() and sentences.unwritten() == []


def test_the_list_is_completed_step_by_step_and_nothing_waits_for_it(sentences):
    item = sentences.page(Query(kind="missing"), 1).items[0]
    steps = sentences.complete()
    next(steps)
    sentences.decide(item.n, 0, {"target": "Ganz neu."})
    assert sources(sentences.page(Query(text="GANZ"), 9)) == [item.segment.source]  # completes it
    assert sentences.page(Query(text="use the row"), 9).total == 1
    assert list(steps) == [] and list(sentences.complete()) == []


def test_an_edit_that_is_taken_back_leaves_the_document_as_it_was(folder, sentences, tmp_path):
    before = (tmp_path / "out" / "b.txt").read_bytes()
    item = sentences.page(Query(text="use the row"), 1).items[0]
    action, _ = sentences.decide(item.n, 0, {"target": "Nimm die Zeile."})
    list(review.rewrite(sentences, folder, sentences.unwritten()))
    assert b"Nimm" in (tmp_path / "out" / "b.txt").read_bytes()
    sentences.undo(action)
    list(review.rewrite(sentences, folder, sentences.unwritten()))
    assert (tmp_path / "out" / "b.txt").read_bytes() == before


def test_one_review_at_a_time(folder, sentences):
    with pytest.raises(JobStateError, match="another mtpipe job is running in this folder"):
        ReviewList(folder)
