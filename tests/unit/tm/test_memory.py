import json
import random
import sqlite3

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from mtpipe.cli.main import main
from mtpipe.config import Job
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.mt.fake import FakeTranslator
from mtpipe.pipeline import jobs
from mtpipe.report.model import MemoryMatches
from mtpipe.tm import exchange
from mtpipe.tm.keys import adapted, grams, key, masked
from mtpipe.tm.memory import Memories, is_memory
from mtpipe.tm.store import TmFile
from mtpipe.tm.units import TranslationUnit as Unit

LANGUAGES = ["-s", "en", "-t", "de"]


def segment(text, found=None):
    return Segment("a.txt#1", text, codes=inline_codes.find(text) if found is None else found)


@pytest.fixture
def remember(tmp_path):
    def remember(*units, name="m.sqlite"):
        file = TmFile(tmp_path / name, ("en", "de"), is_new=True)
        file.add(unit if isinstance(unit, Unit) else Unit(*unit) for unit in units)
        file.close()
        return Memories([tmp_path / name], "en", "de")

    return remember


def keys(*sources):
    return [key(masked(source, inline_codes.find(source))) for source in sources]


# ---- the same text


@pytest.mark.parametrize("source, target, asked, expected", [
    ("Open the file.", "Öffne die Datei.", "Open the file.", "Öffne die Datei."),
    ("Open the\u00a0 file.", "Öffne die Datei.", "Open the file.", "Öffne die Datei."),
    ("Open the file.", "Öffne die Datei.", "  Open the file. ", "  Öffne die Datei. "),
    ("Open <b>it</b>.", "<b>Es</b> öffnen.", "Open <b>it</b>.", "<b>Es</b> öffnen."),
    ("Open <g1>it</g1>.", "<g1>Es</g1> öffnen.", "Open <b>it</b>.", "<b>Es</b> öffnen."),
    ("Open {0}.", "{0} öffnen.", "Open {name}.", "{name} öffnen."),
    ("%s of %s", "%s von %s", "%s of %s", "%s von %s"),
    ("<x1/> and <x2/> on", "<x2/> und <x1/> an", "{a} and {b} on", "{b} und {a} an"),
    ("Open {0}.", "Öffnen.", "Open {name}.", None),  # the memory's own target lost it
    ("%s or %s it", "%s oder %s es", "{a} or {b} it", None),  # one code can't become two
    ("Open <b>it</b>.", "<b>Es</b> öffnen.", "Open it.", None),
    ("Open it.", "Es öffnen.", "Open <b>it</b>.", None),
    ("Open {0} now", "{0} jetzt öffnen", "Open now {0}", None),  # another place
    ("Open the file.", "Öffne die Datei.", "open the file.", None),
    ("Open the file", "Öffne die Datei", "Open the file!", None),
])
def test_an_exact_match_is_the_same_text_with_codes_that_correspond(remember, source, target, asked, expected):
    found = remember((source, target)).exact(segment(asked))
    assert [match.target for match in found] == ([expected] if expected else [])


def test_codes_of_the_format_count_not_how_they_look(remember):
    text = "Open **it** now."
    found = inline_codes.find("Open <b>it</b> now.")
    starts = [text.index("**"), text.rindex("**")]
    spans = tuple(type(code)(start, start + 2, code.kind) for code, start in zip(found, starts))
    assert remember(("Open <b>it</b> now.", "<b>Es</b> jetzt öffnen.")).exact(segment(text, spans))[0].target == (
        "**Es** jetzt öffnen.")  # fmt: skip


@given(st.text(max_size=30), st.text(max_size=30))
def test_adapted_targets_keep_the_segments_codes(source, target):
    one = segment(source)
    text = adapted(one, source, target)
    assert text is None or not inline_codes.broken(one.source, one.codes, text)


def test_neighbours_decide_between_two_translations(remember):
    memories = remember(("File", "Datei"), ("Open", "Öffnen"), ("Close", "Schließen"),
                        ("Status", "Status"), ("Open", "Offen"), ("Closed", "Zu"))  # fmt: skip
    before, after, other_before, other_after = keys("File", "Close", "Status", "Closed")
    assert [(m.target, m.kind) for m in memories.exact(segment("Open"), before, after)] == [
        ("Öffnen", "context"), ("Offen", "exact")
    ]  # fmt: skip
    assert memories.exact(segment("Open"), other_before, other_after)[0].target == "Offen"
    assert memories.exact(segment("Open"), other_before, after)[0].kind == "exact"


def test_neighbours_that_the_file_names_count_more_than_those_beside(remember):
    memories = remember(Unit("Open", "Öffnen", "File", "Close"), Unit("Odd", "Seltsam"))
    assert memories.exact(segment("Open"), *keys("File", "Close"))[0].kind == "context"
    assert memories.exact(segment("Open"), *keys("", "Odd"))[0].kind == "exact"


def test_a_text_all_by_itself_is_no_context(remember):
    assert remember(("Open", "Öffnen")).exact(segment("Open"))[0].kind == "exact"


def test_the_translation_seen_more_often_then_the_latest_comes_first(remember):
    often = [("a b", "X"), ("c d", "Y"), ("Open", "Oft"), ("e f", "Z"), ("Open", "Oft"), ("g h", "Q"), ("Open", "Neu")]
    assert [m.target for m in remember(*often).exact(segment("Open"))] == ["Oft", "Neu"]
    dated = remember(Unit("Open", "Neu", changed="20250101T000000Z"), Unit("Open", "Alt", changed="20200101T000000Z"),
                     name="d.sqlite")  # fmt: skip
    assert [m.target for m in dated.exact(segment("Open"))] == ["Neu", "Alt"]


def test_the_first_memory_counts_most(remember, tmp_path):
    remember(("Open", "Eins"), name="1.sqlite")
    remember(("Open", "Zwei"), name="2.sqlite")
    both = Memories([tmp_path / "2.sqlite", tmp_path / "1.sqlite"], "en", "de-AT")
    assert [(m.target, m.memory) for m in both.exact(segment("Open"))] == [("Zwei", "2.sqlite"), ("Eins", "1.sqlite")]


def test_pairs_are_kept_by_sentence_where_their_sentences_correspond(remember):
    memories = remember(("One cell. Two cells.", "Eine Zelle. Zwei Zellen."), ("A b. C d.", "Alles in einem."))
    assert memories.exact(segment("Two cells."), *keys("One cell."), 0)[0].target == "Zwei Zellen."
    assert memories.exact(segment("C d.")) == [] and memories.exact(segment("A b. C d."))[0].target == "Alles in einem."


def test_the_same_pairs_again_change_nothing(tmp_path):
    file = TmFile(tmp_path / "m.sqlite", ("en", "de"), is_new=True)
    units = [Unit("a b", "X"), Unit("c d", "Y")]
    assert (file.add(units), file.add(units), file.count()) == (2, 0, 2)
    digest = file.digest
    assert file.add([Unit("a b", "Z")]) == 1 and file.digest != digest


# ---- a similar text


def test_similar_units_come_best_first_with_a_threshold(remember):
    memories = remember(
        ("Click the cell to open the table.", "1"), ("Click the cell to close the table.", "2"),
        ("Delete all rows of the spreadsheet.", "3"), ("Click the cell to open the table", "4"), ("Unlike.", "5"),
    )  # fmt: skip
    found = memories.similar(segment("Click the cell to open the table."), 3)
    assert [(m.target, m.kind, round(m.score, 2)) for m in found] == [
        ("1", "exact", 1.0), ("4", "fuzzy", 0.98), ("2", "fuzzy", 0.93)
    ]  # fmt: skip
    assert [m.target for m in memories.similar(segment("Click the cells to open the table."), 9, 0.98)] == ["1"]
    assert memories.similar(segment("Something else altogether"), 3) == []
    assert memories.similar(segment("…"), 3) == []


def test_units_added_meanwhile_do_no_harm(remember):
    memories = remember(("Open the old file", "1"))
    assert len(memories.similar(segment("Open the old file!"), 3)) == 1
    remember(("Open the very old file", "2"))
    assert [match.target for match in memories.similar(segment("Open the old file!"), 3)] == ["1"]


def test_what_differs_in_codes_only_is_fuzzy(remember):
    found = remember(("Open <b>it</b> now", "<b>Es</b> jetzt öffnen")).similar(segment("Open it now"), 1)
    assert (found[0].kind, found[0].score < 1) == ("fuzzy", True)


@pytest.mark.parametrize("text, expected", [
    ("Opened the Files", ["opened", "the", "files"]), ("inflections inflected", ["inflec"]),
    ("表格 cell", ["表格", "cell"]), ("打开文件", ["打开", "开文", "文件"]), ("表", ["表"]), ("…\ue000", []),
])
def test_grams(text, expected):
    assert grams(text) == expected


def test_the_index_finds_what_a_full_comparison_finds(remember):
    draw = random.Random(3)
    words = "the a open close cell row table file folder of in and select insert delete new old last value".split()
    sources = sorted({" ".join(draw.choices(words, k=draw.randint(4, 9))) for _ in range(3000)})
    memories = remember(*((source, str(place)) for place, source in enumerate(sources)))
    missed = 0
    for _ in range(60):
        words_of = draw.choice(sources).split()
        words_of[draw.randrange(len(words_of))] = draw.choice(words)
        text = " ".join(words_of)
        best = max(fuzz.ratio(text, source) for source in sources) / 100
        found = memories.similar(segment(text), 1)
        missed += not found or found[0].score < min(best, 0.99) - 1e-6
    assert missed <= 2


# ---- files


@pytest.mark.parametrize("content, message", [
    (b"", "not a translation memory of this version of mtpipe"),
    (b"hello, world" * 100, r"a damaged translation memory \(file is"),
])  # fmt: skip
def test_other_files_are_refused(tmp_path, content, message):
    (tmp_path / "m.sqlite").write_bytes(content)
    with pytest.raises(InputError, match=message):
        TmFile(tmp_path / "m.sqlite")


def test_other_databases_are_refused_and_left_as_they_are(tmp_path):
    path = tmp_path / "m.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE mine (x)")
    with pytest.raises(InputError, match="not a translation memory of this version of mtpipe"):
        TmFile(path, ("en", "de"), is_new=True)
    assert sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


def test_other_languages_are_refused_with_those_it_has(remember, tmp_path):
    remember(("a b", "X"))
    with pytest.raises(ConfigError, match="m.sqlite: a translation memory of en → de, the job is en → fr; give"):
        Memories([tmp_path / "m.sqlite"], "en", "fr")


def test_a_memory_that_can_not_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't be made|can't be used"):
        TmFile(tmp_path / "file" / "m.sqlite", ("en", "de"), is_new=True)


def test_a_memory_that_is_being_written_says_so(remember, tmp_path, monkeypatch):
    remember(("a b", "X"))
    monkeypatch.setattr("mtpipe.tm.store._PATIENCE", 0.01)
    db = sqlite3.connect(tmp_path / "m.sqlite", isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    with pytest.raises(OutputError, match=r"\(database is locked\); an import into it is running; wait for it"):
        TmFile(tmp_path / "m.sqlite")
    db.close()


def test_is_memory(remember, tmp_path):
    remember(("a b", "X"))
    (tmp_path / "x.tmx").write_text("<tmx/>")
    assert is_memory(tmp_path / "m.sqlite") and not is_memory(tmp_path / "x.tmx")
    with pytest.raises(InputError, match="none: can't be read"):
        is_memory(tmp_path / "none")


UNITS = [
    Unit("Open <b>the file</b> & {name}.", "<b>Die Datei</b> & {name} öffnen."),
    Unit("5 < 6", "5 < 6!", changed="20250101T000000Z"), Unit("half </i> a pair", "halbes </i> Paar"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["x.tmx", "x.tsv"])
def test_what_is_exported_is_imported_again(tmp_path, name):
    assert exchange.write(UNITS, tmp_path / name, "en", "de") == 3
    found = list(exchange.units(tmp_path / name, "en-US", "de"))
    assert [(unit.source, unit.target) for unit in found] == [(unit.source, unit.target) for unit in UNITS]
    assert found[1].changed == ("20250101T000000Z" if name == "x.tmx" else "")


def test_neighbours_go_through_tmx(tmp_path):
    unit = Unit("Open", "Öffnen", "File", "Close")
    exchange.write([unit], tmp_path / "x.tmx", "en", "de")
    assert list(exchange.units(tmp_path / "x.tmx", "en", "de")) == [unit]


@pytest.mark.parametrize("unit, name, error, message", [
    (Unit("a", "b"), "x.doc", InputError, "can't write .doc; use .tmx or .tsv"),
    (Unit("a\x01", "b"), "x.tmx", InputError, "a unit holds characters that XML can't carry"),
    (Unit("a", "b"), "file/x.tsv", OutputError, "can't be written"),
])
def test_what_can_not_be_exported_is_said(tmp_path, unit, name, error, message):
    (tmp_path / "file").write_text("")
    with pytest.raises(error, match=message):
        exchange.write([unit], tmp_path / name, "en", "de")
    assert not (tmp_path / name).exists()


# ---- the commands


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_import_stats_lookup_export(tmp_path):
    (tmp_path / "a.tsv").write_text("Open the file.\tÖffne die Datei.\nClose the file.\tSchließe die Datei.\n")
    exchange.write(UNITS, tmp_path / "b.tmx", "en-GB", "de-DE")
    done = run("tm", "import", tmp_path / "a.tsv", tmp_path / "b.tmx", *LANGUAGES, "-o", tmp_path / "m.sqlite")
    assert done.stdout.splitlines()[-2:] == [f"{tmp_path / 'b.tmx'}: 3 new units", f"5 units: {tmp_path / 'm.sqlite'}"]
    counts = json.loads(run("tm", "stats", tmp_path / "m.sqlite", "--json").stdout)
    assert (counts["units"], counts["source_lang"], counts["target_lang"]) == (5, "en", "de")
    shown = run("tm", "lookup", tmp_path / "m.sqlite", "Open the file.", "-n", 1).stdout
    assert shown == "100% exact: Open the file.\n     Öffne die Datei.\n"
    assert run("tm", "lookup", tmp_path / "m.sqlite", "Nothing like it").stdout == "no similar unit\n"
    assert run("tm", "export", tmp_path / "m.sqlite", tmp_path / "out.tmx").stdout.startswith("5 units")
    assert len(list(exchange.units(tmp_path / "out.tmx", "en", "de"))) == 5


def test_a_broken_tmx_leaves_what_stood_before_the_damage(tmp_path):
    exchange.write([Unit(f"cell {n}", f"Zelle {n}") for n in range(9)], tmp_path / "x.tmx", "en", "de")
    text = (tmp_path / "x.tmx").read_text()
    (tmp_path / "x.tmx").write_text(text[: text.index("cell 7")])
    result = run("tm", "import", tmp_path / "x.tmx", *LANGUAGES, "-o", tmp_path / "m.sqlite")
    assert result.exit_code == 1 and "broken XML at byte" in result.stderr
    assert TmFile(tmp_path / "m.sqlite").count() == 7


def test_tmx_of_other_languages_lists_those_it_has(tmp_path):
    exchange.write(UNITS, tmp_path / "x.tmx", "en", "de")
    result = run("tm", "import", tmp_path / "x.tmx", "-s", "en", "-t", "fr", "-o", tmp_path / "m.sqlite")
    assert result.exit_code == 1 and "no unit from en into fr; its languages: en, de" in result.stderr


# ---- in a job


class Recorder(FakeTranslator):
    asked: list[str] = []

    def translate(self, segments):
        self.asked.extend(segment.source for segment in segments)
        return super().translate(segments)


@pytest.fixture
def job(tmp_path):
    Recorder.asked.clear()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Open the cell. Close the row. Use {name} now.\n\nA new one.\n")
    (tmp_path / "g.csv").write_text("source,target\nrow,Zeile\n")
    units = [Unit("Open the cell.", "Öffne die Zelle."), Unit("Close the row.", "Schließe die Reihe."),
             Unit("Use {0} now.", "{0} jetzt benutzen.")]  # fmt: skip
    exchange.write(units, tmp_path / "m.tmx", "en", "de")

    def job(**settings):
        plugin = f"{__name__}:Recorder"
        return Job(tmp_path / "in", tmp_path / "out", "en", "de", **{"mt": plugin, "editors": ()} | settings)

    return job


def text(tmp_path):
    return (tmp_path / "out" / "a.txt").read_text()


def test_exact_matches_are_drafts_and_the_rest_is_translated(job, tmp_path):
    report = jobs.run(job(tm=[tmp_path / "m.tmx"]))
    assert text(tmp_path) == "Öffne die Zelle. Schließe die Reihe. {name} jetzt benutzen.\n\nA NEW ONE.\n"
    assert Recorder.asked == ["A new one."]
    assert report.tm == MemoryMatches(1, 2, 0)
    assert [(tm.name, tm.units) for tm in report.job.tm] == [("m.tmx", 3)] and "|tm:" in report.signature
    assert "translation memory" in (tmp_path / "out/.mtpipe/report.html").read_text()


@pytest.mark.parametrize("policy, middle, asked", [
    ("repair", "Schließe die Reihe.", ["A new one."]),
    ("translate", "CLOSE THE ROW.", ["Close the row.", "A new one."]),
])  # fmt: skip
def test_matches_that_break_the_glossary_are_flagged(job, tmp_path, policy, middle, asked):
    settings = {"tm": [tmp_path / "m.tmx"], "glossary": tmp_path / "g.csv"}
    report = jobs.run(job(**settings, tm_flagged=policy))
    assert text(tmp_path).split(". ")[1] + "." == middle and Recorder.asked == asked
    assert report.tm.flagged == 1 and report.terms.required == 1 and len(report.errors) == 1
    assert [note.note for note in report.notes if "not trusted" in note.note] == [
        "translation memory m.tmx: “Schließe die Reihe.” not trusted, missing “row” (Zeile)"
    ]  # fmt: skip


def test_a_match_that_keeps_the_glossary_is_preferred(job, remember, tmp_path):
    remember(("Close the row.", "Schließe die Reihe."), ("x y", "z"), ("Close the row.", "Schließe die Zeile."))
    report = jobs.run(job(tm=[tmp_path / "m.sqlite"], glossary=tmp_path / "g.csv"))
    assert "Schließe die Zeile." in text(tmp_path) and report.tm == MemoryMatches(1, 0, 0)


def test_a_changed_memory_costs_only_what_it_changes(job, remember, tmp_path):
    remember(("Open the cell.", "Eins."))
    jobs.run(job(tm=[tmp_path / "m.sqlite"]))
    Recorder.asked.clear()
    remember(("A new one.", "Ein Neuer."))
    report = jobs.run(job(tm=[tmp_path / "m.sqlite"]))
    assert Recorder.asked == [] and report.totals.reused == 3 and report.tm.exact == 2
    assert text(tmp_path).startswith("Eins. CLOSE") and text(tmp_path).endswith("Ein Neuer.\n")
    jobs.run(job())
    assert Recorder.asked == ["Open the cell."]


def test_a_dry_run_counts_matches_and_writes_nothing(job, tmp_path):
    planned = jobs.plan(job(tm=[tmp_path / "m.tmx"]))
    assert planned["totals"]["unique_units"] == 4 and not (tmp_path / "out").exists()
    assert [planned["totals"][f"tm_{kind}"] for kind in ("exact", "context", "flagged")] == [1, 2, 0]


def test_drafts_that_came_with_the_document_stay(tmp_path, remember):
    remember(("A cell.", "Aus dem Speicher."))
    row = {"id": "x", "source": "A cell.", "draft": "Ein Feld."}
    (tmp_path / "d.jsonl").write_text(json.dumps(row) + "\n")
    settings = {"mt": "none", "editors": (), "tm": (tmp_path / "m.sqlite",)}
    done = Job(tmp_path / "d.jsonl", tmp_path / "o.jsonl", "en", "de", **settings)
    assert jobs.run(done).tm.exact == 0
    assert json.loads((tmp_path / "o.jsonl").read_text())["draft"] == "Ein Feld."


@pytest.mark.parametrize("settings, message", [
    ({"tm": ["none.tmx"]}, r"tm\[0\] = 'none.tmx': is not a file"),
    ({"tm_flagged": "keep"}, "tm_flagged = 'keep': use 'repair' or 'translate'"),
])  # fmt: skip
def test_settings_that_can_not_be(job, settings, message):
    with pytest.raises(ConfigError, match=message):
        job(**settings)


def test_the_command_takes_memories_from_option_and_file(job, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["translate", "in", "-o", "out", *LANGUAGES, "--mt", "fake", "--editors", "", "-q"]
    shown = run(*arguments, "--tm", "m.tmx", "-g", "g.csv").stdout
    line = "translation memory: 2 sentences, 1 in the same context; 1 match not used because of glossary errors"
    assert line in shown
    (tmp_path / "mtpipe.toml").write_text('[job]\ntm = ["m.tmx"]\ntm_flagged = "translate"\nglossary = "g.csv"\n')
    assert run(*arguments).exit_code == 0 and "CLOSE THE ROW." in text(tmp_path)
