"""mtpipe evaluate: systems on one test set, what is said of odd ones, and the files and the page that come of it."""

import csv
import json
import re

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.report import evaluation, scores

SOURCES = [f"Open the {noun} and the table, then close the {noun} again." for noun in
           ("cell", "row", "window", "door", "box", "file", "page", "list", "menu", "field")]  # fmt: skip
NOUNS = ("Zelle", "Zeile", "Scheibe", "Tür", "Kiste", "Datei", "Seite", "Liste", "Karte", "Spalte")
REFERENCES = [f"Öffnen Sie die {noun} und die Tabelle, schließen Sie dann die {noun} wieder." for noun in NOUNS]
PLAIN = [text.replace("Tabelle", "Tafel").replace("Sie dann", "danach") for text in REFERENCES]
BETTER = [*REFERENCES[:8], *PLAIN[8:]]
HOSTILE = '</script><img src=x onerror=alert(1)>\u202e'


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, texts in {"x.en": SOURCES, "x.de": REFERENCES, "plain.txt": PLAIN, "better.txt": BETTER,
                        "terms": ['[{"source": "table", "target": "Tabelle"}]'] * len(SOURCES)}.items():
        (tmp_path / name).write_text("".join(f"{text}\n" for text in texts), "utf-8")
    return tmp_path


def run(*args, test=("--source", "x.en", "--reference", "x.de", "--terms", "terms"), samples="200"):
    return CliRunner().invoke(main, ["evaluate", *args, "-s", "en", "-t", "de", *test, "--bootstrap", samples])


def test_systems_are_measured_and_tested_against_the_baseline():
    result = run("plain.txt", "good=better.txt", "--json", "--metrics", "chrf,ter,tsr_strict", "--name", "T")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    facts = ("name", "segments", "baseline", "samples", "seed")
    assert [data[fact] for fact in facts] == ["T", 10, "plain", 200, 12345]
    plain, good = data["systems"]
    assert (plain["system"], good["system"]) == ("plain", "good") and plain["p_values"] == {}
    assert (plain["scores"]["tsr_strict"], good["scores"]["tsr_strict"]) == (0, 0.8)
    low, high = good["intervals"]["tsr_strict"]
    assert 0.4 < low < 0.8 < high <= 1
    for name in ("chrF2++", "TER", "tsr_strict"):
        assert good["p_values"][name]["bootstrap"] < 0.05 and good["p_values"][name]["randomisation"] < 0.05
    assert plain["scores"]["TER"] > good["scores"]["TER"] > 0


def test_the_table_has_intervals_marks_and_how_they_were_made(files):
    result = run("plain.txt", "better.txt", "--metrics", "tsr_strict", "--table", "t.md", "--csv", "t.csv", "--human",
                 "--baseline", "better")  # fmt: skip
    lines = result.stdout.splitlines()
    assert lines[2] == "| plain | 0.000 ± 0.000* |"
    assert re.fullmatch(r"\| better \| 0\.800 ± 0\.\d{3} \|", lines[3])
    assert lines[4] == "| human | 1.000 ± 0.000 |"  # two terms of ten: not sure
    assert any("p < 0.05 against better by paired bootstrap and by approximate randomisation" in line
               and line.endswith("n:200|seed:12345") for line in lines)
    assert (files / "t.md").read_text().splitlines() == lines[:5]
    rows = list(csv.DictReader((files / "t.csv").open()))
    assert [(row["system"], row["metric"], row["value"]) for row in rows] == [
        ("plain", "tsr_strict", "0.0"), ("better", "tsr_strict", "0.8"), ("human", "tsr_strict", "1.0")]
    assert float(rows[0]["p_bootstrap"]) < 0.05 and rows[1]["p_bootstrap"] == ""


def test_by_term_says_how_often_each_system_has_a_term(files):
    (files / "g.csv").write_text("source,target\ncell,Zelle\nrow,Reihe\n")
    result = run("plain.txt", "better.txt", "--metrics", "tsr_strict", "--by-term", "terms.csv", "-g", "g.csv")
    assert result.exit_code == 0, result.output
    assert (files / "terms.csv").read_text().splitlines() == [
        "source,target,segments,plain,better", "table,Tabelle,10,0.0,0.8", "cell,Zelle,1,1.0,1.0",
        "row,Reihe,1,0.0,0.0",
    ]  # fmt: skip


def test_without_samples_there_are_no_intervals():
    result = run("plain.txt", "--metrics", "chrf", test=("--source", "x.en", "--reference", "x.de"), samples="0")
    assert "±" not in result.stdout and "not resampled: no intervals, no tests" in result.stdout


def test_the_seed_is_fixed():
    first, again, other = (run("plain.txt", "better.txt", "--metrics", "chrf", "--json", *more).stdout
                           for more in ([], [], ["--seed", "7"]))  # fmt: skip
    assert first == again != other


def test_a_gap_says_why(files):
    result = run("plain.txt", "--metrics", "bleu,chrf,tsr_strict", test=("--source", "x.en", "--terms", "terms"))
    assert result.exit_code == 0
    assert "| plain | – | – | 0.000 ± 0.000 |" in result.stdout
    assert "BLEU: no segment has a reference" in result.stdout
    assert "test set: no segment has a reference" in result.stdout
    without_terms = run("plain.txt", "--metrics", "tsr_strict", test=("--source", "x.en", "--reference", "x.de"))
    assert "| plain | – |" in without_terms.stdout and "tsr_strict: no term is required" in without_terms.stdout


@pytest.mark.parametrize("texts, remark", [
    (["", " ", *PLAIN[2:]], "odd: empty translations, which count as such: 2 of 10"),
    ([*SOURCES[:3], *PLAIN[3:]], "odd: translations that are the source unchanged: 3 of 10"),
    (SOURCES, "odd: the translations look like en rather than de"),
    (["Ouvrez la fenêtre et le tableau, puis fermez la fenêtre."] * 10, "odd: the translations hardly look like de"),
    (PLAIN, "odd: its translations are the same as those of plain"),
])
def test_what_is_odd_about_a_system_is_said(files, texts, remark):
    (files / "odd.txt").write_text("".join(f"{text}\n" for text in texts), "utf-8")
    result = run("plain.txt", "odd.txt", "--metrics", "chrf")
    assert result.exit_code == 0 and remark in result.stdout


def test_what_is_odd_about_a_test_set_is_said(files):
    swapped = run("better.txt", "--metrics", "chrf", test=("--source", "x.de", "--reference", "x.en"))
    assert "test set: the sources look like de rather than en" in swapped.stdout
    assert "test set: the references look like en rather than de" in swapped.stdout
    (files / "half.jsonl").write_text("".join(
        json.dumps({"source": source, "draft": "x"} | ({"reference": "y"} if n % 2 else {})) + "\n"
        for n, source in enumerate(SOURCES)))  # fmt: skip
    half = run("half.jsonl", "--metrics", "chrf", test=())
    assert "test set: segments without a reference: 5 of 10" in half.stdout
    assert "chrF2++: segments with a reference: 5 of 10" in half.stdout


@pytest.mark.parametrize("args, message", [
    (["plain.txt", "--metrics", "chrf,nonsense"], "no such metric plug-in 'nonsense'; available: all_terms"),
    (["plain.txt", "--metrics", "comet"], "COMET has no model: set model = … under [metric.comet]"),
    (["plain.txt", "--baseline", "other"], "no system 'other' to be the baseline; there are: plain"),
    (["a=plain.txt", "a=better.txt"], "there is a system 'a' already; name it"),
    (["empty.txt"], "nothing to evaluate: empty has no translation at all; is it the right file?"),
    (["short.txt"], "short.txt: 1 translation for 10 segments"),
    (["human=plain.txt", "--human"], "--human adds a system 'human', and there is one of that name"),
    (["plain.txt", "--test", "plain.txt"], "the test set is either one file (--test) or aligned files"),
])
def test_what_cannot_be_done_is_one_clean_message(files, args, message):
    (files / "empty.txt").write_text("\n" * 10)
    (files / "short.txt").write_text("x\n")
    result = run(*args)
    assert result.exit_code == 1 and message in result.stderr and "Traceback" not in result.stderr


def test_a_system_without_a_test_set_says_what_to_give():
    result = run("plain.txt", test=())
    assert result.exit_code == 1 and "plain.txt: no translations beside its sources; give the test set" in result.stderr


def test_one_system_alone_is_tested_against_none():
    result = run("better.txt", "--metrics", "tsr_strict")
    assert result.stdout.splitlines()[-2].startswith("±: half the 95 % bootstrap interval|n:200")


def test_settings_of_a_run_do_not_become_those_of_a_comparison(files):
    (files / "mtpipe.toml").write_text('[job]\nsource = "x.en"\nout = "o"\nsource_lang = "en"\ntarget_lang = "de"\n'
                                       '[evaluate]\ntest = ["x.jsonl"]\nmetrics = ["chrf", "ter"]\n')  # fmt: skip
    (files / "x.jsonl").write_text("{}\n")
    result = CliRunner().invoke(main, ["evaluate", "plain.txt", "--source", "x.en", "--reference", "x.de", "--json"])
    assert result.exit_code == 0, result.output
    assert list(json.loads(result.stdout)["systems"][0]["scores"]) == ["chrF2++", "TER"]


def test_another_language_is_told_without_references_too(files):
    (files / "fr.txt").write_text("Ouvrez la fenêtre et le tableau, puis fermez la fenêtre principale.\n" * 10)
    result = run("fr.txt", "--metrics", "tsr_strict", test=("--source", "x.en", "--terms", "terms"))
    assert "fr: the translations hardly look like de" in result.stdout


def test_a_missing_file_is_a_usage_error():
    result = run("a=nowhere.txt")
    assert result.exit_code == 2 and "no such file or folder: nowhere.txt" in result.stderr
    assert "no segment has a reference, which would be the human" in run("plain.txt", "--human", test=(
        "--source", "x.en")).stderr  # fmt: skip


# ---- the page


def page(files, *args, texts=BETTER):
    (files / "other.txt").write_text("".join(f"{text}\n" for text in texts), "utf-8")
    result = run("plain.txt", "other.txt", "--metrics", "chrf,tsr_strict", "--html", "e.html", *args)
    assert result.exit_code == 0, result.output
    text = (files / "e.html").read_text("utf-8")
    return text, json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])


def test_the_page_holds_everything_and_loads_nothing(files):
    text, data = page(files, "--name", "Ten sentences", "--human")
    assert "<h1" in text and "Ten sentences" in text and "default-src 'none'" in text
    assert not re.search(r"""(src|href)=["']?(https?:)?//|@import|url\(""", text)
    assert [row["system"] for row in data["systems"]] == ["plain", "other", "human"]
    assert data["axes"] == {"x": "tsr_strict", "y": "chrF2++"} and data["grade"] == "chrF2++"
    assert data["terms"] == [{"source": "table", "target": "Tabelle", "needed": 10, "missing": [10, 2, 0]}]
    first = data["texts"][0]
    assert first["source"][slice(*first["spans"][0])] == "table" and first["reference"] == REFERENCES[0]
    (lacks, has, _) = first["outputs"]
    assert lacks[1:3] == [[], [0]] and has[2] == [] and has[0][slice(*has[1][0])] == "Tabelle" and has[3] == 100
    assert "other is ahead in both." in text and "p &lt; 0.05" in text


def test_texts_of_strangers_stay_texts(files):
    text, data = page(files, "--name", HOSTILE, texts=[HOSTILE, *BETTER[1:]])
    assert data["texts"][0]["outputs"][1][0] == HOSTILE
    assert "<img src=x" not in text and "\u202e" not in text.split('id="data"')[0]


def test_a_page_that_would_be_too_large_says_what_it_leaves_out(files):
    _, data = page(files)
    outputs = [{"text": "x" * 100, "found": [], "missing": [], "grade": 1.0}]
    texts = [{"id": str(n), "source": "y", "spans": [], "terms": [], "reference": None,
              "outputs": [outputs[0] | {"missing": [0] if n in (4, 9) else []}]} for n in range(10)]
    row = {"system": "a", "scores": {"chrF2++": 1.0}, "intervals": {}, "p_values": {}, "notes": {}, "remarks": [],
           "signatures": {}}  # fmt: skip
    given = {"name": "", "note": "", "source_lang": "en", "target_lang": "de", "segments": 10, "baseline": "a",
             "samples": 0, "seed": 1, "remarks": [], "systems": [row], "texts": texts, "terms": data["terms"],
             "grade": "chrF2++", "jobs": {}, "mtpipe": "0"}  # fmt: skip
    text = evaluation.render(given, most=600)
    kept = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])["texts"]
    assert [segment["id"] for segment in kept] == ["0", "1", "4", "9"]  # those with a missing term first
    assert "4 of 10 segments are in this page; 6 are left out for its size" in text
    assert "left out for its size" not in evaluation.render(given)


def row(name, x, y):
    return {"system": name, "scores": {"tsr_strict": x, "chrF2++": y, "overuse": y}}


@pytest.mark.parametrize("x, y, expected", [
    ("tsr_strict", "chrF2++", ["c", "b"]),
    ("tsr_strict", "overuse", ["c", "a"]),  # the lower the better
    ("tsr_strict", "", []),
])
def test_the_front_is_what_no_other_beats(x, y, expected):
    rows = [row("a", 0.5, 10.0), row("b", 0.8, 30.0), row("c", 0.9, 20.0), row("d", 0.8, 25.0), row("none", None, 99.0)]
    assert evaluation.front(rows, x, y) == expected


def test_steps_of_a_jobs_repair_are_in_the_page():
    rows = evaluation._job_steps({"a": None, "b": {"steps": {"all": {"draft": 0.5, "nbest": 0.75, "final": 0.75}},
                                 "seconds": {"translate": 2.0, "total": 3.0}, "words": 9}})
    assert [(step["name"], step["base"], step["gain"]) for step in rows[0]["steps"]] == [
        ("First draft", 0.5, 0.0), ("MT alternatives (n-best)", 0.5, 0.25), ("Final", 0.75, 0.0)]
    assert rows[0]["system"] == "b" and rows[0]["seconds"] == [("Translating", 2.0, 1.0)]


def test_csv_has_gaps_as_empty_cells():
    rows = [{"system": "a, b", "scores": {"BLEU": None}, "intervals": {}, "p_values": {},
             "notes": {"BLEU": "no reference"}, "signatures": {"BLEU": "s"}}]  # fmt: skip
    assert scores.csv_lines(rows).splitlines()[1] == '"a, b",BLEU,,,,,,no reference,s'
