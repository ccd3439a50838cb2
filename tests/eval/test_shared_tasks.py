"""Experiments on made-up shared tasks, with a translator that answers from a table."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from eval.harness import wmt23
from eval.harness import wmt23_data as wmt23_files
from eval.harness import wmt25
from eval.harness import wmt25_data as wmt25_files
from eval.harness.cli import harness
from eval.harness.systems import NO_LLM, Setup, lacking, translate
from tests.support.llm_server import LlmServer
from tests.support.shared_tasks import figures, jsonl, rows, wmt23_folder, wmt25_clone


def setup(tmp_path, pair="ende", wrong=(), **more):
    """A translator that knows the references, but for these lines, in which the term is missing."""
    source, target = pair[:2], pair[2:]
    replies = {row[source]: "Gar nichts davon." if n in wrong else row[target] for n, row in enumerate(rows(pair))}
    return Setup(tmp_path / "out", {"mt": "fake", "options": {"mt.fake": {"replies": replies}}}, **more)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return tmp_path_factory.mktemp("wmt25")


@pytest.fixture(scope="module")
def tasks(clone):
    """With the figures that we give for the teams' outputs as official ones."""
    found = wmt25_files.tasks(wmt25_clone(clone))
    return [replace(task, official={"proper": {team: official(task, team) for team in ("good", "gpt-4.1-tiny")}})
            for task in found]  # fmt: skip


def official(task, team):
    ours = wmt25.figures(task, {items: task.translated(team, "proper", items) for items in ("proper", "random")})
    return {wmt25.OFFICIAL[name]: value for name, value in ours.items()}


def test_conformance_covers_every_file_with_official_figures(tasks):
    told = []
    found = list(wmt25.conformance(tasks, told.append))
    assert len(told) == len(found) and all(row["team"] in line for row, line in zip(found, told, strict=True))
    assert [(row["pair"], row["team"]) for row in found] == [
        (pair, team) for pair in ("en-de", "en-es", "en-ru", "en-zh", "zh-en") for team in ("good", "gpt-4.1-tiny")]
    assert wmt25.problems(found) == [] and wmt25.mean(found, "proper") == 0
    by_pair = {(row["pair"], row["team"]): row["ours"]["proper"] for row in found}
    assert by_pair["en-ru", "good"] == 1 and by_pair["en-ru", "gpt-4.1-tiny"] == pytest.approx(1 / 3)
    assert by_pair["en-zh", "gpt-4.1-tiny"] == pytest.approx(4 / 6) and by_pair["zh-en", "good"] == 1
    assert found[6]["ours"]["BLEU"] == pytest.approx(100)  # Chinese words have no spaces: by its own tokenizer


DOCUMENTS = [  # a row a document; in the repository a year's documents all have the same terms
    ("The rate fell. R said the rate will fall.\n\nCash", "利率下跌。R說利率會下跌。\n\n現金", "利率下跌。R說息率會下跌。\n\n錢"),
    ("The bureau has cash and cash.", "該局有現金和現金。", "該局有現金。"),
]
TERMS = {"R": [""], "rate": ["利率", "比率"], "cash": ["現金"], " ": ["空"], "Bureau": ["處"]}


def test_documents_in_the_repositorys_layout_are_counted_as_the_organisers_count_them(tmp_path):
    ranking = tmp_path / "ranking"
    data = [{"en": source, "zh": reference, "proper": TERMS, "random": {}, "noterm": {}}
            for source, reference, _ in DOCUMENTS]  # fmt: skip
    jsonl(ranking / "references/track2/full_data_2019.jsonl", data)
    for mode in ("noterm", "proper", "random"):
        jsonl(ranking / f"submissions/track2/team/team.2019.enzh.{mode}.jsonl",
              [{"en": source, "zh": output} for source, _, output in DOCUMENTS])
    task, = wmt25_files.tasks(tmp_path)
    assert (task.track, task.pair, task.unasked("proper"), task.unasked("random")) == (2, "en-zh", 2, 0)
    assert {term.sources for term in task.segments("proper")[0].terms} == {("rate",), ("cash",), ("Bureau",)}
    shares = []  # by the organisers' rule, written out
    for source, reference, output in DOCUMENTS:
        for term, targets in TERMS.items():
            is_counted = term.strip() and any(target in reference for target in targets)
            if is_counted and (asked := source.lower().count(term.lower())):
                shares.append(min(1.0, sum(output.count(target) for target in targets) / asked))
    ours = wmt25.figures(task, {items: task.translated("team", "proper", items) for items in ("proper", "random")})
    assert ours["proper"] == pytest.approx(sum(shares) / len(shares)) and len(shares) == 5
    assert ours["random"] != ours["random"]  # the organisers write -1: there is nothing to count


def test_a_track_1_item_without_a_target_is_met_by_anything(tmp_path):
    row = {"en": "A row of R", "es": "Una fila de R", "proper": {"row": "fila", "R": ""}, "random": {}, "noterm": {}}
    jsonl(tmp_path / "full_data.enes.jsonl", [row])
    jsonl(tmp_path / "submissions/team.enes.proper.jsonl", [{"en": row["en"], "es": "Una línea"}])
    task, = wmt25_files.tasks(tmp_path)
    assert wmt25.figures(task, {"proper": task.translated("team", "proper", "proper")})["proper"] == 0.5


@pytest.mark.parametrize("name, change, problem", [
    ("bleu4", 0.02, "en-de good proper: BLEU 100.00, officially 100.02"),
    ("chrf2++", -0.1, "en-de good proper: chrF2++ 100.00, officially 99.90"),
    ("proper_term_success_rate", -0.02, "en-de good proper: term success 1.0000, officially 0.9800"),
    ("proper_term_success_rate", -0.009, "term success differs by 0.0045 on average, more than 0.004"),
    ("random_term_success_rate", 0.3, None),  # shown, not judged
    ("bleu4", 0.001, None),
])
def test_what_differs_from_the_organisers_is_said(tasks, name, change, problem):
    given = {"proper": {team: dict(known) for team, known in tasks[0].official["proper"].items()}}
    given["proper"]["good"][name] = given["proper"]["good"].get(name, 0) + change
    said = wmt25.problems(list(wmt25.conformance([replace(tasks[0], official=given)])))
    assert (problem in said) if problem else not said


def test_our_systems_stand_among_the_teams(tasks, tmp_path):
    found = list(wmt25.ranking(tasks[0], setup(tmp_path, wrong=(1,)), lambda line: None))
    proper = {row["system"]: row for row in found if row["mode"] == "proper"}
    assert list(proper) == ["good", "gpt-4.1-tiny", "annotated", "repaired", "repaired + refiner", "repaired + LLM"]
    assert proper["good"]["by"] == "organisers" and proper["annotated"]["by"] == "ours"
    assert proper["annotated"]["figures"]["proper"] == pytest.approx(2 / 3)
    assert proper["annotated"]["cost"]["calls_per_1000"] == 0 and proper["annotated"]["cost"]["seconds"] > 0
    assert not proper["repaired + LLM"]["figures"] and proper["repaired + LLM"]["note"] == NO_LLM
    plain = [(row["system"], row["by"]) for row in found if row["mode"] == "noterm"]
    assert plain == [("good", "mtpipe"), ("gpt-4.1-tiny", "mtpipe"), ("plain", "ours")]


def test_a_pair_without_a_model_is_a_gap_that_says_so(tasks, tmp_path):
    found = [row for row in wmt25.ranking(tasks[2], Setup(tmp_path), lambda line: None) if row["by"] == "ours"]
    assert {row["note"] for row in found} == {"no bundled model translates en into ru"}
    assert not any(row["figures"] for row in found)


def test_a_configured_llm_is_asked_about_what_misses_terms_and_counted(tasks, tmp_path):
    with LlmServer(lambda body: json.dumps({"target": "Gar nichts von der Tabelle.", "unsuitable": []})) as server:
        llm = {"llm": "openai", "options": {"llm.openai": {"base_url": server.url, "model": "scripted"}}, "calls": {}}
        ours = setup(tmp_path, wrong=(1,), llm=llm).systems()[4]
        assert lacking(ours, "en", "de") == ""
        alone = replace(ours, settings=ours.settings | {"editors": ("llm",)})  # or the other rungs would repair it
        run = translate(alone, tasks[0].segments("proper"), "en", "de", tmp_path / "job")
    assert run.targets[1] == "Gar nichts von der Tabelle." and len(server.answered) == 1
    assert run.cost["calls_per_1000"] == pytest.approx(1000 / 3) == run.cost["asked_per_1000"]


def test_a_refiner_that_is_named_is_asked_for(tmp_path):
    row = Setup(tmp_path, refiner=tmp_path / "refiner").systems()[3]
    assert lacking(row, "en", "de") == "" and row.settings["editors"][-1] == "refiner"
    assert row.settings["options"]["editor.refiner"] == {"model": str(tmp_path / "refiner")}


@pytest.fixture
def german(tmp_path):
    return wmt23_files.tasks(wmt23_folder(tmp_path / "data"))[0]


def test_wmt23_rows_are_the_organisers_ours_and_the_references(german, tmp_path):
    replies = {"Die Tabelle ist leer.": "The tables are empty.", "Der Drucker druckt.": "It prints."}
    given = Setup(tmp_path / "out", {"mt": "fake", "options": {"mt.fake": {"replies": replies}}})
    found = list(wmt23.table(german, given, lambda line: None))
    base = {row["system"]: row for row in found if row["mode"] == "noterm"}
    assert list(base) == ["OPUS", "plain", "the references"]
    assert base["plain"]["figures"]["lemma_regex"] == 1 / 2  # tables, and no printer: the items of "proper" count
    assert base["plain"]["figures"]["fuzzy90"] == 1 / 2 and "comet" not in base["plain"]["figures"]
    assert base["the references"]["figures"]["lemma_regex"] == 1 and base["OPUS"]["figures"]["comet"] == 0.7
    assert {row["system"] for row in found if row["mode"] == "random"} >= {"X", "annotated", "repaired"}


def test_official_rates_tell_whether_the_items_are_the_same(german):
    assert german.count("proper") == 3  # the one without a side included, as the organisers counted
    fit, unfit = wmt23.fitting(german)
    assert (fit, unfit) == (["OPUS (proper)"], ["OPUS (noterm)"])  # .5 of three items is no number of items


def run(*arguments):
    return CliRunner().invoke(harness, [*map(str, arguments)])


def test_wmt25_command_writes_tables_and_fails_where_figures_differ(clone, tasks, tmp_path):
    scores = clone / "ranking/metric_track1/track1_score_dict.json"
    ours = {task.target_lang: task.official for task in tasks if task.track == 1}
    scores.write_text(json.dumps(ours))
    documents = clone / "ranking/metric_track2/scores/track2_score_dict.json"
    documents.write_text(json.dumps({"enzh": tasks[3].official, "zhen": tasks[4].official}))
    out = tmp_path / "conformance.md"
    result = run("wmt25", clone, "-o", tmp_path / "out", "--conformance", out, "--only-conformance")
    assert result.exit_code == 0, result.output
    lines = out.read_text().splitlines()
    assert lines[0].startswith("| pair | team | mode | BLEU | official | difference |")
    assert len([line for line in lines if line.startswith("| en-de |")]) == 2
    assert lines[-1] == "All within the limits."
    ours["de"]["proper"]["good"] = figures(0.9)
    scores.write_text(json.dumps(ours))
    result = run("wmt25", clone, "-o", tmp_path / "out", "--only-conformance")
    assert result.exit_code == 1 and "- en-de good proper: term success 1.0000, officially 0.9000" in result.output


def test_wmt23_command_ranks_by_lemmas(tmp_path):
    # a language that no bundled model translates from: what is shown is fast to make
    folder = wmt23_folder(tmp_path / "data")
    for path in list(folder.glob("deen*")):
        path.rename(folder / path.name.replace("deen", "fren").replace(".de", ".fr"))
    for path in folder.glob("fren.term.*"):
        path.write_text(path.read_text().replace('"de"', '"fr"'))
    table = folder / "official_scores.tsv"
    table.write_text(table.read_text().replace("de-en", "fr-en"))
    result = run("wmt23", folder, "-o", tmp_path / "out", "--table", tmp_path / "t.md", "--json", tmp_path / "t.json")
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "t.md").read_text().splitlines()
    assert lines[0] == "### pair fr-en, mode proper"
    assert lines[2].startswith("| # | # chrF2 | system | by | lemma_regex | chrF2 | COMET | regex | fuzzy90 |")
    assert "| 1 | 1 | OPUS | organisers' figures | 1.000 | 50.00 | 0.700 |" in lines[4] + lines[5]
    assert any("no bundled model translates fr into en" in line for line in lines)
    assert lines[-1] == ("fr-en: the official rates are whole numbers of the items counted here for 1 of 2 systems and "
                         "modes; not those of OPUS (noterm)")  # fmt: skip
    assert {row["by"] for row in json.loads((tmp_path / "t.json").read_text())} == {"organisers", "ours", "reference"}


def test_a_folder_that_is_no_shared_task_is_said(tmp_path):
    result = run("wmt25", tmp_path, "-o", tmp_path / "out")
    assert result.exit_code == 1 and "give a clone of the WMT25 terminology task's repository" in result.output
