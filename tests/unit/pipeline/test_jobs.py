import json
import os
import signal
from pathlib import Path
from threading import Barrier

import pytest

from mtpipe.config import Job
from mtpipe.errors import ConfigError, GlossaryError, InputError, ModelError
from mtpipe.mt.fake import FakeTranslator
from mtpipe.pipeline import jobs
from mtpipe.pipeline.bilingual import review

CALLS = []


class Recorder(FakeTranslator):
    """Counts what it is asked, over all its instances; "No way." it can't translate."""

    def translate(self, segments):
        CALLS.extend(segment.source for segment in segments)
        drafts = super().translate(segments)
        return [d if s.source != "No way." else type(d)("") for s, d in zip(segments, drafts, strict=True)]


class Paired(FakeTranslator):
    """Begins no batch before another is there as well."""

    at_once = 2
    _both = Barrier(2, timeout=60)

    def translate(self, segments):
        CALLS.extend(segment.source for segment in segments)
        self._both.wait()
        return super().translate(segments)


class Zelle:
    """An editor that knows one word."""

    def __init__(self, tools):
        self._tools = tools

    def propose(self, segments):
        return [[segment.target.replace("CELL", "ZELLE")] for segment in segments]


@pytest.fixture(autouse=True)
def no_calls():
    CALLS.clear()


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("Open the cell. Close the row.\n\nOpen the cell.\n")
    (folder / "sub" / "b.txt").write_text("Use {name} here.\nOpen the cell.\n")
    (folder / "picture.png").write_bytes(b"\x89PNG\0")
    return folder


def job(source, out, **settings):
    return Job(source, out, "en", "de", **{"mt": "test_jobs:Recorder", "editors": ()} | settings)


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*") if path.is_file() and ".mtpipe" not in path.parts
    }  # fmt: skip


def glossary(path, *rows):
    path.write_text("\n".join(["source,target", *rows]) + "\n")
    return path


def counted(report):
    """The report without what differs from run to run."""
    changing = ("created", "seconds", "peak_memory", "totals")
    return {key: value for key, value in report.to_dict().items() if key not in changing}


def test_a_folder_becomes_the_same_folder_translated(source, tmp_path):
    report = jobs.run(job(source, tmp_path / "out"))
    assert contents(tmp_path / "out") == {
        "a.txt": b"OPEN THE CELL. CLOSE THE ROW.\n\nOPEN THE CELL.\n",
        "sub/b.txt": b"USE {name} HERE.\nOPEN THE CELL.\n",
        "picture.png": b"\x89PNG\0",
    }
    assert [(row.path, row.state) for row in report.documents] == [
        ("a.txt", "written"), ("picture.png", "copied"), ("sub/b.txt", "written")
    ]  # fmt: skip
    assert json.loads((tmp_path / "out/.mtpipe/report.json").read_text())["signature"] == report.signature
    assert (tmp_path / "out/.mtpipe/report.html").is_file()


def test_identical_sentences_are_translated_once(source, tmp_path):
    report = jobs.run(job(source, tmp_path / "out", window_bytes=1))
    assert sorted(CALLS) == ["Close the row.", "Open the cell.", "Use {name} here."]
    totals = report.totals
    assert (totals.segments, totals.unique_units, totals.reused, totals.words) == (5, 3, 0, 15)


def test_run_again_does_nothing_again(source, tmp_path):
    first = jobs.run(job(source, tmp_path / "out"))
    CALLS.clear()
    second = jobs.run(job(source, tmp_path / "out"))
    assert CALLS == [] and counted(second) == counted(first)
    assert second.totals.reused == 3


def test_a_lost_document_is_written_again(source, tmp_path):
    jobs.run(job(source, tmp_path / "out"))
    (tmp_path / "out" / "a.txt").unlink()
    jobs.run(job(source, tmp_path / "out"))
    assert (tmp_path / "out" / "a.txt").read_text().startswith("OPEN")


def test_a_changed_document_costs_its_new_sentences_only(source, tmp_path):
    jobs.run(job(source, tmp_path / "out"))
    CALLS.clear()
    (source / "a.txt").write_text("Open the cell. A new one.\n")
    jobs.run(job(source, tmp_path / "out"))
    assert CALLS == ["A new one."]
    assert (tmp_path / "out" / "a.txt").read_text() == "OPEN THE CELL. A NEW ONE.\n"


def test_a_changed_glossary_invalidates_only_what_it_touches(source, tmp_path):
    terms = glossary(tmp_path / "g.csv", "cell,Zelle", "menu,Menü")
    jobs.run(job(source, tmp_path / "out", glossary=terms))
    CALLS.clear()
    glossary(terms, "cell,Zelle", "row,Zeile", "menu,Speisekarte")
    jobs.run(job(source, tmp_path / "out", glossary=terms))
    assert CALLS == ["Close the row."]


def test_changed_options_invalidate_everything(source, tmp_path):
    jobs.run(job(source, tmp_path / "out"))
    CALLS.clear()
    jobs.run(job(source, tmp_path / "out", options={"mt.test_jobs:Recorder": {"digest": "other"}}))
    assert len(CALLS) == 3


def test_other_editors_start_from_the_drafts_at_hand(source, tmp_path):
    terms = glossary(tmp_path / "g.csv", "cell,ZELLE")
    plain = jobs.run(job(source, tmp_path / "out", glossary=terms))
    CALLS.clear()
    edited = jobs.run(job(source, tmp_path / "out", glossary=terms, editors=("test_jobs:Zelle",)))
    assert CALLS == [] and edited.totals.reused == 0
    assert [report.terms.steps[-1].met for report in (plain, edited)] == [0, 3]


def test_drafts_made_before_are_those_of_the_run(source, tmp_path):
    folder = tmp_path / "out"
    totals = jobs.draft(job(source, folder))
    assert totals == {"documents": 3, "failed": 0, "segments": 5, "unique_units": 3}
    assert len(CALLS) == 3 and not contents(folder)
    jobs.draft(job(source, folder, editors=("test_jobs:Zelle",)))
    report = jobs.run(job(source, folder))
    assert len(CALLS) == 3 and report.totals.unique_units == 3
    assert (folder / "a.txt").read_text() == "OPEN THE CELL. CLOSE THE ROW.\n\nOPEN THE CELL.\n"


@pytest.mark.parametrize("units_per_chunk, window_bytes", [(1, 1), (2, 1 << 20), (1024, 1 << 20)])
def test_killed_at_any_moment_and_resumed_the_output_is_the_same(source, tmp_path, units_per_chunk, window_bytes):
    settings = {"units_per_chunk": units_per_chunk, "window_bytes": window_bytes}
    expected = jobs.run(job(source, tmp_path / "whole", **settings))
    events = []
    jobs.run(job(source, tmp_path / "count", **settings), events.append)
    for moment in range(1, len(events) + 1):
        out = tmp_path / f"killed{moment}"
        assert run_until(job(source, out, **settings), moment) == signal.SIGKILL
        CALLS.clear()
        report = jobs.run(job(source, out, **settings))
        assert contents(out) == contents(tmp_path / "whole")
        assert report.documents == expected.documents and report.terms == expected.terms
        assert len(CALLS) == 3 - report.totals.reused


def run_until(job, moment):
    """Runs the job in a child that kills itself at an event; the signal that ended it."""
    child = os.fork()
    if child == 0:
        left = moment

        def on_progress(progress):
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            jobs.run(job, on_progress)
        finally:
            os._exit(99)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def test_interrupted_by_the_user_the_job_goes_on_later(source, tmp_path):
    def interrupt(progress):
        if progress.share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.run(job(source, tmp_path / "out", units_per_chunk=2), interrupt)
    CALLS.clear()
    jobs.run(job(source, tmp_path / "out", units_per_chunk=2))
    assert CALLS == ["Use {name} here."]


def test_an_unreadable_document_fails_and_the_others_go_on(source, tmp_path):
    (source / "bad.jsonl").write_text("{not json\n")
    (source / "broken.txt").symlink_to(tmp_path / "nowhere")
    report = jobs.run(job(source, tmp_path / "out"))
    failed = {row.path: row.message for row in report.documents if row.state == "failed"}
    assert "bad.jsonl" in failed["bad.jsonl"] and "can't be read" in failed["broken.txt"]
    assert set(contents(tmp_path / "out")) == {"a.txt", "sub/b.txt", "picture.png"}
    assert report.totals.failed == 2


def test_other_files_are_skipped_where_the_job_says_so(source, tmp_path):
    report = jobs.run(job(source, tmp_path / "out", other="skip"))
    assert "picture.png" not in contents(tmp_path / "out")
    assert report.totals.skipped == 1


def test_files_that_only_look_like_documents_are_other_files(source, tmp_path):
    (source / "package.json").write_text('{"name": "Not to be translated"}')
    (source / "de.json").write_text('{"a": "Datei"}')
    (source / "en.json").write_text('{"a": "Open it"}')
    report = jobs.run(job(source, tmp_path / "out"))
    states = {row.path: (row.state, row.message[:30]) for row in report.documents}
    assert states["package.json"] == ("copied", "package.json: not translated, ")
    assert states["de.json"] == ("copied", "de.json: not translated, its n") and states["en.json"][0] == "written"
    assert (tmp_path / "out" / "package.json").read_bytes() == (source / "package.json").read_bytes()
    assert (tmp_path / "out" / "en.json").read_text() == '{"a": "OPEN IT"}'
    options = {"format.json": {"include": "name"}}
    report = jobs.run(job(source, tmp_path / "chosen", other="skip", options=options))
    assert (tmp_path / "chosen" / "package.json").read_text() == '{"name": "NOT TO BE TRANSLATED"}'
    report = jobs.run(job(source / "package.json", tmp_path / "single"))
    assert report.totals.failed == 1 and "json.include='*'" in report.documents[0].message


def test_what_could_not_be_translated_keeps_its_source_and_is_reported(source, tmp_path):
    (source / "a.txt").write_text("Open the cell. No way.\n")
    report = jobs.run(job(source, tmp_path / "out"))
    assert (tmp_path / "out" / "a.txt").read_text() == "OPEN THE CELL. No way.\n"
    assert report.totals.untranslated == 1
    assert [error.kind for error in report.errors] == ["untranslated"]


def test_the_output_may_lie_inside_the_source(source):
    for _ in range(2):
        report = jobs.run(job(source, source / "out"))
        assert report.totals.documents == 3


def test_a_single_file(source, tmp_path):
    jobs.run(job(source / "a.txt", tmp_path / "b.txt"))
    assert (tmp_path / "b.txt").read_text().startswith("OPEN THE CELL.")
    assert (tmp_path / "b.txt.mtpipe" / "report.json").is_file()


def test_report_counts_terms_by_document_and_rung(source, tmp_path):
    terms = glossary(tmp_path / "g.csv", "cell,Zelle", "row,ROW")
    report = jobs.run(job(source, tmp_path / "out", glossary=terms))
    assert report.terms.required == 4 and report.terms.segments_with_terms == 4
    assert [(step.step, step.met) for step in report.terms.steps] == [("draft", 1), ("final", 1)]
    rows = {row.path: (row.required, row.met, row.errors) for row in report.documents}
    assert rows == {"a.txt": (3, 1, 2), "picture.png": (0, 0, 0), "sub/b.txt": (1, 0, 1)}
    per_term = [(row.source, row.required, row.met) for row in report.per_term]
    assert per_term == [("cell", 3, 0), ("row", 1, 1)]
    assert {error.expected[0] for error in report.errors} == {"Zelle"}


def test_plan_says_what_run_would_do_and_writes_nothing(source, tmp_path):
    terms = glossary(tmp_path / "g.csv", "cell,Zelle")
    planned = jobs.plan(job(source, tmp_path / "out", glossary=terms))
    expected = {"documents": 3, "written": 2, "copied": 1, "words": 15, "terms_found": 3, "unique_units": 3}
    assert planned["totals"] | expected == planned["totals"]
    assert CALLS == [] and not (tmp_path / "out").exists()


def test_progress_goes_from_nothing_to_all(source, tmp_path):
    events = []
    jobs.run(job(source, tmp_path / "out"), events.append)
    shares = [event.share for event in events]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1
    assert events[-1].done == events[-1].files == 3


@pytest.mark.parametrize(
    "settings, error, message",
    [
        ({"mt": "ct2", "model": None}, ModelError, "no bundled model translates en into xx .*give a model folder"),
        ({"mt": "none"}, InputError, "a.txt#.*there is no draft and the job has no model"),
        ({"mt": "nonsense"}, ConfigError, "mt = 'nonsense': no such mt plug-in"),
        ({"editors": ("nonsense",)}, ConfigError, "editors\\[0\\] = 'nonsense': no such editor plug-in"),
    ],
)
def test_jobs_that_can_not_run(source, tmp_path, settings, error, message):
    with pytest.raises(error, match=message):
        jobs.run(Job(source, tmp_path / "out", "en", "xx", **settings))


def test_a_bad_glossary_stops_the_job_before_it_begins(source, tmp_path):
    with pytest.raises(GlossaryError):
        jobs.run(job(source, tmp_path / "out", glossary=glossary(tmp_path / "g.csv", "cell,")))
    assert CALLS == [] and not (tmp_path / "out").exists()


def test_a_document_that_can_not_be_written_is_a_failed_row(source, tmp_path):
    (tmp_path / "out" / "a.txt").mkdir(parents=True)
    (tmp_path / "out" / "sub").write_text("a file where a folder must go")
    rows = {row.path: row for row in jobs.run(job(source, tmp_path / "out")).documents}
    assert {name: row.state for name, row in rows.items()} == {
        "a.txt": "failed", "picture.png": "copied", "sub/b.txt": "failed"}  # fmt: skip
    assert rows["a.txt"].message.endswith("a.txt: is a folder, a file must go there; move the folder away")
    assert "sub/b.txt: can't be written" in rows["sub/b.txt"].message


def test_review_checks_segments_as_they_are(tmp_path):
    rows = [{"source": "A cell.", "draft": "Ein Feld."}, {"source": "A row.", "draft": "Eine Zeile."}]
    path = tmp_path / "s.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    report = review(path, "en", "de", glossary(tmp_path / "g.csv", "cell,Zelle", "row,Zeile"))
    assert report.terms.required == 2 and [error.term for error in report.errors] == ["cell"]


def test_a_file_of_sources_only_is_not_checked(tmp_path):
    (tmp_path / "s.jsonl").write_text('{"source": "A cell."}\n')
    with pytest.raises(InputError, match="s.jsonl: no sentence has a translation beside it; give a bilingual file"):
        review(tmp_path / "s.jsonl", "en", "de")


def test_a_real_model_translates_a_folder(source, tmp_path, model_folder):
    jobs.run(Job(source, tmp_path / "out", "en", "de", model=model_folder, editors=()))
    assert "die Zelle" in (tmp_path / "out" / "a.txt").read_text()
    assert Path(tmp_path / "out" / "sub" / "b.txt").read_text().startswith("Use {name} here.")


def test_what_no_format_reads_is_listed_with_the_reason(source, tmp_path):
    (source / "old.wpd").write_bytes(b"\xffWPC")
    report = jobs.run(job(source, tmp_path / "out"))
    messages = {row.path: row.message for row in report.documents}
    assert messages["old.wpd"] == "old.wpd: not translated, no format reads .wpd"
    assert messages["picture.png"] == "" and report.totals.unsupported == 1


def test_checks_by_name_are_errors_of_the_report(source, tmp_path):
    row = {"id": "1", "source": "Open the table.", "draft": "Öffne die die Tabelle"}
    (source / "a.jsonl").write_text(json.dumps(row) + "\n")
    report = jobs.run(job(source / "a.jsonl", tmp_path / "a.jsonl", checks="end-punctuation, doubled-words"))
    assert {error.rule for error in report.errors} == {"end-punctuation", "doubled-words"}
    assert report.totals.to_review == 1
    with pytest.raises(ConfigError, match="checks.*no such check: nonsense; available: all, end-punctuation"):
        job(source, tmp_path / "out", checks="nonsense")


def test_what_the_patterns_match_reaches_the_target_as_it_is(source, tmp_path):
    (source / "a.txt").write_text("Order Ab-12 now.\n", encoding="utf-8")
    jobs.run(job(source / "a.txt", tmp_path / "a.txt", protect=[r"Ab-\d+"]))
    assert (tmp_path / "a.txt").read_text() == "ORDER Ab-12 NOW.\n"
    with pytest.raises(ConfigError, match="'\\(' is not a valid regular expression"):
        job(source, tmp_path / "out", protect=["("])


def test_sentences_in_another_language_are_left_and_the_report_says_so(source, tmp_path):
    german = "Wählen Sie die Datei aus, die mit dem Dokument geöffnet werden soll."
    (source / "a.txt").write_text(f"Open the file that you want to see.\n\n{german}\n", encoding="utf-8")
    report = jobs.run(job(source / "a.txt", tmp_path / "a.txt"))
    assert (tmp_path / "a.txt").read_text() == f"OPEN THE FILE THAT YOU WANT TO SEE.\n\n{german}\n"
    assert "Not translated: the text is German (de), not English (en)" in [note.note for note in report.notes]
    assert report.totals.untranslated == 1


def test_the_page_lists_the_sentences_of_all_windows(source, tmp_path):
    one, many = (jobs.run(job(source, tmp_path / str(size), window_bytes=size)) for size in (1 << 20, 1))
    assert len(one.segments) == one.totals.segments and many.segments == one.segments


def test_a_window_of_many_sentences_is_done_in_parts_and_reported_once(source, tmp_path, monkeypatch):
    whole = jobs.run(job(source, tmp_path / "whole"))
    monkeypatch.setattr("mtpipe.pipeline.worker._SENTENCES", 1)
    for engine in ("serial", "processes"):
        report = jobs.run(job(source, tmp_path / engine, engine=engine, workers=1))
        assert report.documents == whole.documents and report.totals == whole.totals


def test_the_next_window_is_translated_beside_the_one_before_and_what_both_have_once(source, tmp_path):
    out = tmp_path / "out"
    report = jobs.run(job(source, out, window_bytes=1, mt="test_jobs:Paired"))
    assert sorted(CALLS) == ["Close the row.", "Open the cell.", "Use {name} here."]
    assert report.totals.unique_units == 3 and report.totals.reused == 0
    assert (out / "sub/b.txt").read_text() == "USE {name} HERE.\nOPEN THE CELL.\n"
