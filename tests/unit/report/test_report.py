import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace

import openpyxl
import pytest

from mtpipe.errors import InputError, OutputError
from mtpipe.io.spool import Spool
from mtpipe.report import wording, workbook
from mtpipe.report.model import DocumentResult, JobInfo, JobReport, SegmentEntry, StepResult, TermCounts, TermResult
from mtpipe.report.page import embeddable, links, render, write_report

HOSTILE = "</script><img src=x onerror=alert(1)> \"quoted\" 'single' & <!-- \u2028 \u202eright to left\u202c"
SENTENCES = (
    ("Insert a pivot table into the spreadsheet.", "pivot table", "Pivottabelle",
     "Fügen Sie eine Drehtabelle in die Kalkulationstabelle ein.",
     "Fügen Sie eine Pivottabelle in die Kalkulationstabelle ein."),
    ("Choose the folder in which the file {name} is saved.", "folder", "Ordner",
     "Wählen Sie das Verzeichnis, in dem die Datei {name} gespeichert ist.",
     "Wählen Sie den Ordner, in dem die Datei {name} gespeichert ist."),
    ("Click <b>Toolbars</b> to show or hide a toolbar.", "toolbar", "Symbolleiste",
     "Klicken Sie auf <b>Werkzeugleisten</b>, um eine Werkzeugleiste ein- oder auszublenden.",
     "Klicken Sie auf <b>Symbolleisten</b>, um eine Symbolleiste ein- oder auszublenden."),
    ("The word processor hyphenates long compounds automatically.", "word processor", "Textverarbeitung",
     "Das Schreibprogramm trennt lange Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten"
     " automatisch.",
     "Die Textverarbeitung trennt lange Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten"
     " automatisch."),
)  # fmt: skip


def sample(errors=7, edited=9, documents=6, hostile=False):
    """What the pipeline hands over: report.json's contract, filled with a plausible run."""
    kinds = ("missing", "missing", "forbidden", "changed", "untranslated")

    def unit(i, source, term, draft, postedit):
        at = source.find(term)
        path = f"guide/{i % documents:02}.html"
        return {"id": f"{path}#{i}", "document": path, "source": source, "draft": draft, "postedit": postedit,
                "source_spans": [[at, at + len(term)]]}  # fmt: skip

    def error(i):
        source, term, target, draft, _ = SENTENCES[i % len(SENTENCES)]
        kind = kinds[i % len(kinds)]
        half = draft.replace("Sie ", "Sie bitte ") if i % 3 == 1 else None
        found = draft.split()[2].strip(".,") if kind == "forbidden" else ""
        if hostile:
            source, term, target, draft, half = HOSTILE + source, HOSTILE, HOSTILE, HOSTILE + draft, HOSTILE
        return unit(i, source, term, "" if kind == "untranslated" else draft, half) | {
            "kind": kind, "term": None if kind == "untranslated" else term, "found": found,
            "expected": [target] if kind != "untranslated" else [],
            "rule": "empty" if kind == "untranslated" else "no accepted form",
        }  # fmt: skip

    def edit(i):
        source, term, target, draft, postedit = SENTENCES[i % len(SENTENCES)]
        editor = ("nbest", "insertion", "substitution")[i % 3]
        return unit(i + 500, source, term, draft, postedit) | {
            "editor": editor, "terms": [{"source": term, "target": target}]
        }  # fmt: skip

    required = 400 + errors
    met = [required - errors - missed * edited for missed in (15, 9, 1, 0)]
    rungs = list(zip(("draft", "nbest", "insertion", "substitution", "final"), (*met, met[-1])))
    name = HOSTILE if hostile else "en-de.office.csv"
    paths = [f"guide/{i:02}.html" for i in range(documents)]
    return {
        "mtpipe": "0.1.0", "created": "2025-11-20T14:03:11",
        "signature": "mtpipe:0.1.0|langs:en-de|model:4f1c09d2|glossary:648bfc92|editors:nbest+insertion+substitution",
        "job": {"source": "docs" + (HOSTILE if hostile else ""), "out": "out/de",
                "source_lang": "en", "target_lang": "de",
                "glossary": {"name": name, "digest": "648bfc92e9f7c721fad438e1", "terms": 187},
                "model": {"name": "en-de", "digest": "4f1c09d2aa310b", "annotation": None},
                "editors": ["nbest", "insertion", "substitution"], "editors_left_out": {},
                "tm": [{"name": "main.sqlite", "digest": "0a1b2c", "units": 120_000}]},
        "seconds": {"read": 0.8, "match": 1.9, "translate": 61.2, "check": 2.4, "nbest": 6.5, "insertion": 9.1,
                    "substitution": 3.3, "write": 0.6, "total": 86.4},
        "totals": {"documents": documents, "written": documents - 2, "copied": 1, "skipped": 0, "failed": 1,
                   "segments": 2310, "units": 2310, "unique_units": 1987, "words": 28411, "reused": 323},
        "terms": {"required": required, "segments_with_terms": 352, "forbidden_found": 2, "changed": 1,
                  "rungs": [{"rung": rung, "met": met, "success": met / required} for rung, met in rungs]},
        "documents": [
            {"path": path, "state": state, "segments": 385, "words": 4735, "required": 70 * (state == "written"),
             "met_draft": 41 + i % 9, "met": 70 - i % 3, "errors": i % 3 * (state == "written"),
             "notes": ["read as cp1252 (a guess: it is not UTF-8)"] if i == 2 else [],
             "message": {"failed": "not HTML — export it again", "copied": "no reader for .png"}.get(state, "")}
            for i, path in enumerate(paths)
            for state in ["failed" if i == documents - 1 else "copied" if i == documents - 2 else "written"]
        ],
        "per_term": [
            {"source": HOSTILE if hostile else term, "target": target, "status": "preferred", "required": 100 + i,
             "met_draft": 20 * i, "met": 100 + i - i % 2, "segments": 90 + i}
            for i, (_, term, target, _, _) in enumerate(SENTENCES)
        ] + [{"source": "LibreOffice", "target": "LibreOffice", "status": "do-not-translate", "required": 31,
              "met_draft": 31, "met": 31, "segments": 31}],
        "tm": {"exact": 40, "context": 9, "flagged": 1},
        "edits": {"accepted": {"nbest": 3, "insertion": 4, "substitution": 2},
                  "refused": {"nbest": {"term-missing": 12}, "insertion": {"term-missing": 3, "score": 2, "overuse": 1},
                              "substitution": {"too-far": 1, "number-changed": 1}}},
        "errors": [error(i) for i in range(errors)],
        "edited": [edit(i) for i in range(edited)],
        "refusals": [{"id": "guide/01.html#9", "editor": "insertion", "candidate": SENTENCES[0][4], "reason": "score"}],
        "notes": [{"id": "guide/03.html#12", "note": "cut in two at the model's length limit"},
                  {"path": "guide/04.png", "note": "no reader for .png: copied"}],
    }  # fmt: skip


def report(**chosen):
    return JobReport.from_dict(sample(**chosen))


def embedded(page):
    return re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL).group(1)


def within(part, whole):
    """Whether whole has all that part has, and more only in its dicts."""
    if isinstance(part, dict):
        return all(name in whole and within(value, whole[name]) for name, value in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(within, part, whole))
    return part == whole


def test_write_report_writes_the_contract_and_one_page(tmp_path):
    data = sample()
    paths = write_report(JobReport.from_dict(data), tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["report.json", "report.html"]
    written = json.loads(paths[0].read_text())
    assert within(data, written)
    assert JobReport.read(paths[0]) == JobReport.from_dict(data)
    assert sorted(path.name for path in paths[0].parent.iterdir()) == ["report.html", "report.json"]


def test_the_page_loads_nothing_and_holds_all_texts():
    page = render(report())
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:|//)|@import|url\(""", page)
    held = json.loads(embedded(page))
    assert held["errors"][0]["source"] == SENTENCES[0][0]
    assert {"documents", "per_term", "edited", "refusals", "notes", "errors", "words", "links",
            "sentences"} == set(held)


def test_hostile_text_stays_text():
    page = render(report(hostile=True))
    assert page.count("</script>") == 2  # the data's and the program's
    assert "<img" not in page and "<!--" not in page and "\u2028" not in embedded(page)
    outside = page.replace(embedded(page), "")
    assert "\u202e" not in outside and "[U+202E]right to left" in outside
    assert json.loads(embedded(page))["errors"][0]["source"].startswith(HOSTILE)


def test_the_program_is_the_only_one_allowed_to_run():
    page = render(report())
    program = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(program) == 1
    digest = base64.b64encode(hashlib.sha256(program[0].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in page


@pytest.mark.parametrize("name", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("])
def test_the_program_never_parses_text(name):
    assert name not in render(report())


@pytest.mark.parametrize("value", ["</script>", "<!--", "]]>", "a\u2028b\u2029", "&amp;", 'q"\\', "\ud800"])
def test_embeddable_is_the_same_json_without_markup(value):
    text = embeddable({"x": value})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"x": value}


def test_lone_surrogates_survive(tmp_path):
    data = sample()
    data["errors"][0]["source"] = "broken \ud83d"
    path, page = write_report(JobReport.from_dict(data), tmp_path)
    assert json.loads(path.read_text())["errors"][0]["source"] == "broken \ud83d"
    assert json.loads(embedded(page.read_text()))["errors"][0]["source"] == "broken \ud83d"


def test_nothing_at_all_is_a_report_too(tmp_path):
    path, page = write_report(JobReport(), tmp_path)
    assert json.loads(path.read_text())["totals"]["documents"] == 0
    assert "No glossary terms in the source." in page.read_text()


def test_lists_that_were_cut_say_so():
    data = sample() | {"left_out": {"errors": 1500, "refusals": 9}}
    data["totals"]["segments_with_errors"] = 1300
    page = render(JobReport.from_dict(data))
    assert "The first 7 errors are listed; there are 1,500 more." in page
    assert "Rejected proposals (1 of 10)" in page
    assert "1,300 sentences need review" in page


def test_the_run_says_what_was_detected_and_what_could_not_be_used():
    data = sample()
    data["job"]["glossary"]["notes"] = ["read as cp1252 (a guess)"]
    data["job"]["editors_left_out"] = {"insertion": "the engine can't continue a text"}
    page = render(JobReport.from_dict(data))
    assert "<bdi>read as cp1252 (a guess)</bdi>" in page
    assert "insertion not enabled: the engine can&#39;t continue a text" in page


def test_what_the_language_model_was_asked_and_cost():
    used = {"model": "qwen", "segments": 7, "share": 0.07, "calls": 9, "failed": 2, "cached": 4, "tokens_in": 1200,
            "tokens_out": 300, "seconds": 12.0, "waiting": 3}  # fmt: skip
    page = render(JobReport.from_dict({"llm": used}))
    assert "<bdi>qwen</bdi> was sent 7 sentences (7" in page and "in 9 calls in this run (2 failed)" in page
    assert "4 answers came from the cache" in page and "3 sentences had no answer" in page and ", cost " not in page
    assert ", cost 0.0123" in render(JobReport.from_dict({"llm": used | {"cost": 0.01234}}))
    assert "was sent" not in render(JobReport())


def test_an_unwritable_folder_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"report.json: can't be written \(.+\); free space or choose another"):
        write_report(report(), tmp_path / "file")


@pytest.mark.parametrize("change, verdict, sentence", [
    ({}, "bad", "400 of 407 required terms were applied (98.3\u00a0%)."),
    ({}, "bad", "The first draft had 65.1\u00a0%; 135 terms were fixed automatically."),
    ({}, "bad", "7 sentences need review, including 2 forbidden terms and 1 altered tag or name."),
    ({}, "bad", "4 of 6 documents translated, 1 copied unchanged, 1 failed."),
    ({"failed": 0}, "review", "4 of 6 documents translated, 1 copied unchanged."),
    ({"failed": 0, "errors": 0}, "good", "All 400 required terms were applied."),
    ({"failed": 0, "errors": 1}, "review", "1 sentence needs review"),
    ({"edited": 0, "failed": 0, "errors": 0}, "good", "All were in the first draft."),
    ({}, "bad", "49 sentences come from the translation memory (9 in the same context); 1 match breaks the glossary and"
                " was not trusted."),
])  # fmt: skip
def test_headline_in_words(change, verdict, sentence):
    data = sample(**{name: count for name, count in change.items() if name != "failed"})
    data["totals"] |= {"failed": change.get("failed", 1)}
    headline = wording.headline(JobReport.from_dict(data))
    assert headline["verdict"] == verdict
    assert sentence in " ".join(headline["sentences"])


@pytest.mark.parametrize("share, text", [
    (1, "100 %"), (0.999, "99.9 %"), (0.99999, "99.9 %"), (0.5, "50.0 %"),
    (0.00001, "0.1 %"), (0, "0 %"), (None, "–"), (0.9876, "98.8 %"),
])
def test_percent_never_rounds_to_all_or_nothing(share, text):
    assert wording.percent(share) == text.replace(" ", "\u00a0")


@pytest.mark.parametrize("seconds, text", [(0.04, "0.0 s"), (9.94, "9.9 s"), (59.6, "1 min 0 s"), (3600, "1 h 0 min")])
def test_duration(seconds, text):
    assert wording.duration(seconds) == text


def test_the_chart_splits_each_bar_into_what_was_there_and_what_was_won():
    steps = tuple(StepResult(step, met, met / 10) for step, met in (("draft", 4), ("nbest", 7), ("own", 6)))
    rows = wording.steps(TermCounts(10, steps=steps))
    assert [(row["name"], row["base"], round(row["gain"], 3)) for row in rows] == [
        ("First draft", 0.4, 0.0), ("MT alternatives (n-best)", 0.4, 0.3), ("own", 0.6, -0.1)
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["{", "[]", '{"totals": 3}', '{"documents": [{"path": "a"}]}'])
def test_another_file_is_no_report(tmp_path, text):
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(InputError, match="report.json: not a report of mtpipe .*; run the job again"):
        JobReport.read(tmp_path / "report.json")


def test_every_reason_of_the_guard_has_words():
    from mtpipe.postedit import guard

    codes = set(re.findall(r"[a-z]+(?:-[a-z]+)*(?=\s*\|)|(?<=\| )[a-z]+(?:-[a-z]+)*", guard.__doc__))
    assert {"no-change", "score", "empty", "budget"} < codes <= set(wording.REASONS)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")
@pytest.mark.parametrize("errors", [0, 20_000])
def test_a_browser_shows_a_hundred_at_a_time_and_runs_nothing_else(tmp_path, errors):
    _, page = write_report(report(errors=errors, hostile=errors > 0), tmp_path)
    flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
    done = subprocess.run(
        ["chromium", *flags.split(), f"--user-data-dir={tmp_path}/profile", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    shown = done.stdout.split('<div id="errors"')[1].split('<section')[0]
    assert shown.count('<article class="unit">') == min(errors, 100)
    assert "<img" not in done.stdout
    assert ("1–100 of 20,000 sentences" if errors else "nothing to review") in shown


def test_all_sentences_are_in_the_page_and_not_in_the_json(tmp_path):
    entry = SegmentEntry("a.html#1", "a.html", "<b>One</b>", "<b>Eins</b>", None, ("missing",), "nbest", 0.5, ((3, 6),))
    whole = replace(report(), segments=(entry,), left_out={"segments": 7})
    page = render(whole)
    rows = json.loads(embedded(page))["sentences"]
    assert rows == [["a.html#1", "a.html", "<b>One</b>", "<b>Eins</b>", None, ["missing"], "nbest", 0.5, [[3, 6]]]]
    assert "The first 1 sentences are listed; there are 7 more" in page
    assert "segments" not in whole.to_dict() and JobReport.from_dict(whole.to_dict()).segments == ()


def test_written_documents_are_linked(tmp_path):
    paths = (DocumentResult("a b/<x>.html", "written"), DocumentResult("c.png", "copied"))
    job = JobInfo(source=str(tmp_path / "in"), out=str(tmp_path / "out"))
    whole = JobReport(job=job, documents=paths)
    assert links(whole, tmp_path / "out" / ".mtpipe") == {"a b/<x>.html": "./../a%20b/%3Cx%3E.html"}
    single = JobReport(job=JobInfo(source="a.txt", out=str(tmp_path / "b.txt")),
                       documents=(DocumentResult("a.txt", "written"),))
    assert links(single, tmp_path / "b.txt.mtpipe") == {"a.txt": "./../b.txt"}
    assert links(JobReport(job=job, documents=(DocumentResult("javascript:alert(1)", "written"),)), tmp_path) == {
        "javascript:alert(1)": "./out/javascript%3Aalert%281%29"}


def test_the_plot_of_terms_has_the_most_frequent_first():
    rows = wording.frequent([TermResult("a", "A", "preferred", 10, 2, 5), TermResult("b", "B", "preferred", 20, 20, 20),
                             TermResult("c", "C", "forbidden", 0)])
    assert [(row["source"], row["width"], row["draft"], row["applied"]) for row in rows] == [
        ("b", 1.0, 1.0, 1.0), ("a", 0.5, 0.1, 0.25)]
    assert wording.frequent([]) == []


def test_the_workbook_has_everything_and_no_formula(tmp_path):
    rows = [("a#1", "a", "=1+1", "x\x07", "y", "missing", 0.5, "approved", "")]
    workbook.write(report(), rows, tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["summary", "sentences", "terms", "documents", "notes"]
    cells = list(book["sentences"].values)
    assert cells[0] == workbook.SENTENCES and cells[1][:4] == ("a#1", "a", "=1+1", "x\ufffd")
    assert book["sentences"]["C2"].data_type == "s" and book["terms"].max_row > 2


def test_the_page_lists_so_many_documents_and_report_json_all(tmp_path):
    rows = [DocumentResult(f"page{n:05}.txt", "written", segments=1, words=2) for n in range(6000)]
    rows[5990] = replace(rows[5990], state="failed", message="can't be read")
    large = replace(report(), documents=Spool(rows))
    written, page = write_report(large, tmp_path)
    assert JobReport.read(written).documents == tuple(rows)
    assert json.loads(written.read_text()) == json.loads(json.dumps(large.to_dict()))
    held = json.loads(embedded(page.read_text()))
    assert len(held["documents"]) == 2000 and held["documents"][0]["path"] == "page05990.txt"
    assert "there are 4,000 more, all of them in report.json" in page.read_text()


@pytest.mark.parametrize("is_writable", [True, False])
def test_a_page_is_the_same_with_and_without_a_place_for_its_compiled_template(tmp_path, monkeypatch, is_writable):
    place = tmp_path / "cache"
    if not is_writable:
        place.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    report = JobReport()
    first, again = render(report), render(report)
    assert first == again and "<html" in first
    assert (place / "mtpipe/templates").is_dir() == is_writable
