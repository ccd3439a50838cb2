"""mtpipe corpus prepare and stats: cleaning, splitting by document, holding out, statistics, errors."""

import json
import random
import resource
import subprocess
import sys

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.cli.main import main
from mtpipe.corpora import cleaning, provenance, statistics
from mtpipe.corpora.decontamination import HeldOut
from mtpipe.corpora.prepare import Recipe, prepare
from mtpipe.corpora.split import Split, read_list
from mtpipe.errors import InputError, OutputError

NOUNS = "table cell sheet chart window file folder page style format line filter formula frame border".split()
VERBS = "open close insert delete select move copy print save rename".split()


NO_SHARES = ["--test-share", 0, "--dev-share", 0]


def sentence(n):
    """A pair of its own: words chosen by n, so that no two are near duplicates."""
    chosen = random.Random(n)
    words = [chosen.choice(VERBS), *(chosen.choice(NOUNS) for _ in range(8)), str(n)]
    return " ".join(words).capitalize() + ".", " ".join(word[::-1] for word in words).capitalize() + "."


def tsv(path, rows):
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def run(*arguments):
    return CliRunner().invoke(main, ["corpus", *map(str, arguments)])


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# one pair

@pytest.mark.parametrize("source, target, languages, reason", [
    ("Open the table.", "Öffnen Sie die Tabelle.", "en-de", None), ("", "x", "en-de", "empty"),
    ("the ⟦table⇒ Tisch⟧", "der Tisch", "en-de", "annotation symbols"), ("12 %s", "%s 12", "en-de", "no words"),
    ("<g1>OK</g1>", "<g1></g1>", "en-de", "no words"), ("Open", "Open", "en-de", "source = target"),
    ("word " * 101, "Wort " * 101, "en-de", "too long"), ("表格" * 101, "table " * 80, "zh-en", "too long"),
    ("Custom", "Benutzerdefiniert", "en-de", None), ("Save the file as it is now.", "Ja.", "en-de", "length ratio"),
    ("选择要移动或复制的文本。", "Select the text that you want to move or copy.", "zh-en", None),
    ("Select the text.", "Выберите текст.", "en-de", "wrong script"),
    ("Выберите текст.", "Wähle den Text.", "ru-de", None),
    ("Damping (α):", "Dämpfung (α):", "en-de", None), ("Show table", "显示表格", "en-de", "wrong script"),
    ("使用 PostgreSQL", "Use PostgreSQL", "zh-en", None), ("テーブルを開く", "Open the table", "ja-en", None),
    ("Schließen Sie das Fenster.", "Close the window if you can.", "en-de", "wrong language"),
    ("Close the window.", "Close the window if you can.", "en-de", "wrong language"),
    ("Cierre la ventana de un archivo.", "Schließen Sie das Fenster.", "en-de", "wrong language"),
    ("Open %s", "Öffne %d", "en-de", "placeholder parity"),
    ("<b>Open</b> it", "Öffne es", "en-de", "placeholder parity"),
    ("<b>Open</b> it", "</b>Öffne<b> es", "en-de", "broken markup"),
    ("Open %s of %d", "%d von %s öffnen", "en-de", None),
    ("Use {name}.", "{name} benutzen.", "en-tlh", None),
])
def test_each_fault_has_its_reason(source, target, languages, reason):
    assert cleaning.fault(cleaning.tidied(source, target), *languages.split("-")) == reason
    assert reason is None or reason in cleaning.REASONS


@pytest.mark.parametrize("source, target, expected", [
    (" a\u00a0b\tc ", "x\u200by\u00adz", ("a b c", "xyz")), ("_Open", "_Öffnen", ("Open", "Öffnen")),
    ("\x07bell", "\ufeffGlocke", ("bell", "Glocke")),
])
def test_texts_are_tidied(source, target, expected):
    assert cleaning.tidied(source, target) == expected


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_pair_is_judged_and_tidying_is_done_once(source, target):
    pair = cleaning.tidied(source, target)
    assert cleaning.fault(pair, "en", "zh") in (None, *cleaning.REASONS)
    assert tuple(" ".join(text.split()) for text in pair) == pair


# held out

HELD = "Select the cells that you want to move to another sheet."


@pytest.mark.parametrize("text, is_like", [
    (HELD, True), (HELD.upper().replace(" ", "  "), True),
    ("<g1>Select</g1> the cells that you want to move, to another sheet", True),
    ("Select the rows that you want to move to another sheet.", True),  # one word
    ("First: " + HELD, True), ("Do this first. " + HELD + " Then go on.", True),
    ("Select the rows that you wish to copy to another table.", False), ("Select the cells.", False),
    ("A sheet has cells, and another one may have more of them than you want.", False),
    ("Save file", True), ("Save the file", False), ("Save", False), ("", False), ("请选择要移动到另一个工作表的单元格", True),
    ("请选择要移动到另一张工作表的单元格。", True), ("请选择要打印的单元格", False),
])
def test_near_duplicates_are_found(text, is_like):
    held = HeldOut()
    for given_text in (HELD, "save File!", "请选择要移动到另一个工作表的单元格。", "Save"):
        held.add(given_text)
    assert held.has_like(text) == is_like


@given(st.lists(st.sampled_from("a b c d e f g h".split()), min_size=2, max_size=12).map(" ".join))
def test_what_is_held_out_is_found_again(text):
    held = HeldOut()
    assert not held.has_like(text)
    held.add(text)
    assert held.has_like(text) and (text.count(" ") < 3 or held.has_like(f"Another sentence here. {text.upper()}"))


# split

def test_documents_are_split_by_list_or_by_share():
    split = Split(frozenset({"a.html", "memory.tmx"}), frozenset({"b.html"}), .1, .2)
    assert [split.part(name) for name in ("a.html", "memory.tmx@7", "b.html")] == ["test", "test", "dev"]
    parts = [split.part(f"page{n}.html") for n in range(2000)]
    assert .07 < parts.count("test") / 2000 < .13 and .16 < parts.count("dev") / 2000 < .24
    assert parts == [split.part(f"page{n}.html") for n in range(2000)]
    assert {Split().part(f"{n}") for n in range(100)} == {"train"}


@pytest.mark.parametrize("content, message", [
    (b"# only this\n\n", "no document named"), (b"\xff\xfe", "not a list in UTF-8"),
])
def test_what_is_no_list_is_said(tmp_path, content, message):
    (tmp_path / "x.txt").write_bytes(content)
    with pytest.raises(InputError, match=rf"x\.txt: {message}"):
        read_list(tmp_path / "x.txt")


# prepare

def segments(path, documents):
    lines = [{"id": f"{name}#{n}", "source": pair[0], "reference": pair[1]}
             for name, pairs in documents.items() for n, pair in enumerate(pairs)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def corpus(tmp_path):
    """Ten documents of ten pairs; the training ones hold near duplicates of the held-out ones and faults."""
    documents = {f"{n}.html": [sentence(10 * n + k) for k in range(10)] for n in range(10)}
    other = "Etwas ganz anderes, das nur hier steht."
    documents["5.html"] += [(pair[0].replace(".", " now."), other) for pair in documents["1.html"][:3]]
    documents["6.html"] += [("Something unlike it is only here.", documents["2.html"][0][1]), ("Open", "Open"),
                            ("a %s", "ein %d")]
    documents["7.html"] += [documents["4.html"][0], (documents["4.html"][1][0].upper(), documents["4.html"][1][1])]
    documents["2.html"] += [documents["1.html"][0], documents["2.html"][3], ("Note", "Notiz")]
    (tmp_path / "test.txt").write_text("1.html\n")
    (tmp_path / "dev.txt").write_text("# pages\n2.html\n")
    return segments(tmp_path / "pages.jsonl", documents)


def test_a_corpus_is_split_by_document_without_duplicates_and_contamination(tmp_path, corpus):
    out = tmp_path / "out"
    lists = ["--test-documents", tmp_path / "test.txt", "--dev-documents", tmp_path / "dev.txt"]
    result = run("prepare", corpus, "-s", "en", "-t", "xx", "-o", out, *lists, "--rejected", out / "rejected.jsonl")
    assert result.exit_code == 0, result.output
    assert "left out of 111 read: " in result.output and ", single word 1\n" in result.output
    test, dev, train = (rows(out / f"{part}.jsonl") for part in ("test", "dev", "train"))
    assert [row["source"] for row in test] == [sentence(n)[0] for n in range(10, 20)]
    assert [row["source"] for row in dev] == [sentence(n)[0] for n in range(20, 30)]
    assert {row["source"].lower() for row in train} == {sentence(n)[0].lower() for n in (*range(10), *range(30, 100))}
    assert test[0] == {"id": "1.html#1", "source": sentence(10)[0], "reference": sentence(10)[1], "origin": "pages"}
    assert {row["id"].split("#")[0] for row in train} == {f"{n}.html" for n in (0, *range(3, 10))}
    said = json.loads((out / "statistics.json").read_text())
    assert said["parts"]["train"] == {"pairs": 80, "source_words": 800, "target_words": 800, "with_codes": 0}
    assert said["origins"]["pages"]["kept"] == {"test": 10, "dev": 10, "train": 80} and said["read"] == 111
    assert said["left_out"] == {"contamination": 5, "duplicate": 3, "source = target": 1, "single word": 1,
                                "placeholder parity": 1}
    rejected = rows(out / "rejected.jsonl")
    assert len(rejected) == 11 and {row["reason"] for row in rejected} == set(said["left_out"])
    assert sorted(path.name for path in out.iterdir()) == [
        "dev.jsonl", "rejected.jsonl", "statistics.json", "test.jsonl", "train.jsonl"]


def test_the_order_is_mixed_and_depends_on_the_pairs_alone(tmp_path):
    pairs = [sentence(n) for n in range(300)]
    one, two = (tsv(tmp_path / f"{name}.tsv", part) for name, part in (("a", pairs[:150]), ("b", pairs[150:])))
    recipe = Recipe("en", "xx", Split())
    prepare([("a", one), ("b", two)], tmp_path / "x", recipe)
    prepare([("b", two), ("a", one)], tmp_path / "y", recipe)
    first, second = ([(row["source"], row["reference"]) for row in rows(tmp_path / out / "train.jsonl")]
                     for out in "xy")
    assert first == second != pairs and sorted(first) == sorted(pairs)


def test_excluded_segments_and_their_likes_are_kept_out(tmp_path):
    path = tsv(tmp_path / "a.tsv", [sentence(n) for n in range(50)])
    (tmp_path / "held.jsonl").write_text(json.dumps({"source": "Now " + sentence(7)[0]}) + "\n")
    (tmp_path / "held.txt").write_text(sentence(8)[0] + "\n")
    both = ["--exclude", tmp_path / "held.jsonl", "--exclude", tmp_path / "held.txt"]
    result = run("prepare", path, "-s", "en", "-t", "xx", "-o", tmp_path / "out", *NO_SHARES, *both)
    assert "train: 48 pairs" in result.output and "contamination 2" in result.output


def test_tags_that_differ_are_dropped_and_counted(tmp_path):
    unlike = "Open the <b>file</b> now", "Jetzt die <i>Datei</i> öffnen"
    path = tsv(tmp_path / "a.tsv", [unlike, ("Close %s", "%s zu")])
    facts = prepare([("a", path)], tmp_path / "out", Recipe("en", "de", Split()))
    assert facts["tags_dropped"] == 1
    found = {(row["source"], row["reference"]) for row in rows(tmp_path / "out" / "train.jsonl")}
    assert found == {("Open the file now", "Jetzt die Datei öffnen"), ("Close %s", "%s zu")}


def test_without_lists_a_share_of_the_documents_is_held_out(tmp_path):
    path = tsv(tmp_path / "a.tsv", [sentence(n) for n in range(3000)])
    options = ["--out", tmp_path / "out", "--test-share", .1, "--json"]
    result = run("prepare", f"mine={path}", "-s", "en", "-t", "xx", *options)
    said = json.loads(result.output)
    runs = {part: {row["id"].split("#")[0] for row in rows(tmp_path / "out" / f"{part}.jsonl")}
            for part in said["parts"]}
    assert not runs["test"] & runs["train"] and runs["test"] and said["settings"]["dev_share"] == .01
    assert list(said["origins"]) == ["mine"] and said["source_lang"] == "en"


def test_versions_and_licences_are_in_the_statistics(tmp_path):
    folder = tmp_path / "kate5-data"
    (folder / "DEBIAN").mkdir(parents=True)
    (folder / "DEBIAN" / "control").write_text("Package: kate5-data\nVersion: 4:22.12\n")
    tsv(folder / "en-de.x.tsv", [("Open the table", "Tabelle öffnen")])
    (tmp_path / "packages.tsv").write_text("package\tlanguages\tlicences\nkate5-data\t*\tMIT; GPL-2+\n")
    facts = prepare([("kate5-data", folder)], tmp_path / "out", Recipe(
        "en", "de", Split(), licences=provenance.read_licences(tmp_path / "packages.tsv")))
    assert facts["origins"]["kate5-data"] == {"version": "4:22.12", "licences": "MIT; GPL-2+", "read": 1,
                                              "kept": {"train": 1}, "left_out": {}, "tags_dropped": 0}
    (tmp_path / "packages.tsv").write_text("package\tlanguages\tlicences\nkate5-data\n")
    with pytest.raises(InputError, match=r"packages\.tsv:2: 1 columns; give package, languages and licences"):
        provenance.read_licences(tmp_path / "packages.tsv")


# errors

GOOD = "<tmx><body>" + "".join(f"<tu><tuv xml:lang='en'><seg>{sentence(n)[0]}</seg></tuv><tuv xml:lang='de'><seg>"
                               f"{sentence(n)[1]}</seg></tuv></tu>\n" for n in range(30))


def test_a_broken_tail_is_reported_and_the_rest_used(tmp_path):
    (tmp_path / "a.tmx").write_text(GOOD + "<tu><tuv>")
    (tmp_path / "empty").mkdir()
    result = run("prepare", tmp_path / "a.tmx", tmp_path / "empty", "-s", "en", "-t", "de", "-o", tmp_path / "out",
                 "--strict", *NO_SHARES)
    assert result.exit_code == 1 and "train: 30 pairs" in result.output
    assert "a.tmx:31: broken XML at byte" in result.output and "empty: no catalogue of de" in result.output
    assert len(json.loads((tmp_path / "out" / "statistics.json").read_text())["problems"]) == 2


@pytest.mark.parametrize("name, content, message", [
    ("x.tsv", "one\t\n", "one side of all 1 lines is empty"), ("x.en", "a\nb\n", "2 lines, but .*x.de has 1"),
    ("x.tmx", "<tmx/>", "no unit from en into de"), ("none.tsv", None, "no such file or folder"),
    ("x.tsv", "Open\tOpen\n", r"no pair is left for training of 1 read; left out: \{'source = target': 1\}"),
])
def test_inputs_that_give_nothing_stop_it_and_what_was_there_stays(tmp_path, name, content, message):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "train.jsonl").write_text("before")
    (tmp_path / "x.de").write_text("c\n")
    if content is not None:
        (tmp_path / name).write_text(content)
    recipe = Recipe("en", "de", Split())
    with pytest.raises(InputError, match=message):
        prepare([("x", tmp_path / name)], tmp_path / "out", recipe)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["train.jsonl"]
    assert (tmp_path / "out" / "train.jsonl").read_text() == "before"


def test_a_full_disk_is_said_and_what_was_there_stays(tmp_path):
    """A limit on the size of files makes writing fail as a full disk does."""
    path = tsv(tmp_path / "a.tsv", [sentence(n) for n in range(3000)])
    out = tmp_path / "out"
    out.mkdir()
    (out / "train.jsonl").write_text("before")
    done = subprocess.run(
        [sys.executable, "-m", "mtpipe", "corpus", "prepare", path, "-s", "en", "-t", "xx", "-o", out],
        capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
    assert done.returncode == 1 and "can't be written (File too large); check free space" in done.stderr
    assert [file.name for file in out.iterdir()] == ["train.jsonl"] and (out / "train.jsonl").read_text() == "before"


def test_a_folder_that_can_t_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't be written"):
        prepare([], tmp_path / "file" / "out", Recipe("en", "de", Split()))


def test_memory_does_not_grow_with_the_corpus(tmp_path):
    script = ("import sys; from pathlib import Path; from mtpipe.corpora.prepare import *\n"
              "from mtpipe.io import process_memory\n"
              "import mtpipe.corpora.moses, mtpipe.corpora.folder, mtpipe.corpora.tsv; start = process_memory.peak()\n"
              "prepare([('a', Path(sys.argv[1]))], Path(sys.argv[2]), Recipe('en', 'xx', Split()))\n"
              "print(process_memory.peak() - start)")
    path = tsv(tmp_path / "a.tsv", (tuple(text * 60 for text in (f"a{n} ", f"b{n} ")) for n in range(8_000)))
    done = subprocess.run([sys.executable, "-c", script, path, tmp_path / "out"], capture_output=True, text=True)
    assert int(done.stdout) < path.stat().st_size / 2, done.stderr


# stats

def test_stats_count_what_files_hold(tmp_path, corpus):
    path = tsv(tmp_path / "x.tsv", [("Open <b>it</b>", "打开它"), ("one two", "x y z")])
    result = run("stats", path, corpus, "--json")
    said = json.loads(result.output)
    assert said[str(path)] == {"pairs": 2, "source_words": 4, "target_words": 6, "with_codes": 1, "documents": 1,
                               "origins": {"x.tsv": 2}}
    assert said[str(corpus)]["pairs"] == 111 and said[str(corpus)]["documents"] == 10


def test_stats_show_origins_and_problems(tmp_path):
    lines = [{"id": f"a#{n}", "source": "a b", "reference": "c", "origin": f"o{n % 2}"} for n in range(3)]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + "{\n")
    result = run("stats", tmp_path / "x.jsonl")
    assert "x.jsonl:4: not JSON" in result.output
    line = "x.jsonl: 3 pairs, 6 source and 3 target words, 0 pairs with inline tags, 1 document\n  o0: 2\n"
    assert line in result.output
    (tmp_path / "a.tmx").write_text(GOOD + "</body></tmx>")
    assert statistics.count(tmp_path / "a.tmx", "en", "de", lambda _: None)["pairs"] == 30
