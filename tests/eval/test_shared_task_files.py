import json

import pytest

from eval.harness import wmt23_data, wmt25_data
from mtpipe.errors import InputError
from tests.support.shared_tasks import jsonl, outputs, rows, wmt23_folder, wmt25_clone

ROW = {"en": "A table ", "es": "Una tabla", "proper": {"table": "tabla"}, "noterm": {}}


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return wmt25_data.tasks(wmt25_clone(tmp_path_factory.mktemp("wmt25")))


def test_a_clone_of_wmt25_has_all_directions_of_both_tracks(clone):
    assert [(task.track, task.pair, len(task.segments("proper"))) for task in clone] == [
        (1, "en-de", 3), (1, "en-es", 3), (1, "en-ru", 3), (2, "en-zh", 6), (2, "zh-en", 3)]
    assert all(task.teams[:2] == ["good", "gpt-4.1-tiny"] for task in clone)
    assert [len(task.submissions) for task in clone] == [6, 6, 6, 2, 2]
    assert clone[3].submissions["gpt-4.1-tiny", "proper"][1].name == "gpt-4.1-tiny.2017.enzh.proper.jsonl"


def test_official_figures_of_wmt25_are_found_where_the_repository_keeps_them(clone):
    assert clone[0].official["proper"]["gpt-4.1-tiny"]["proper_term_success_rate"] == pytest.approx(1 / 3)
    assert "late" not in clone[0].official["proper"]  # no figures, no submission
    assert clone[3].official["proper"]["good"]["bleu4"] == 100


def test_wmt25_segments_have_the_items_of_a_mode_and_the_teams_text(clone):
    russian = clone[2].translated("gpt-4.1-tiny", "proper", "proper")
    assert [segment.id for segment in russian] == [f"full_data.enru.jsonl#{n}" for n in (1, 2, 3)]
    assert russian[0].source == "Open the folder now." and russian[0].reference == "Откройте папка."
    assert russian[0].draft == "Откройте …." and russian[2].draft == russian[2].reference
    assert [(term.source, term.target) for term in russian[1].terms] == [("table", "таблица")]
    assert not any(segment.terms for segment in clone[2].segments("noterm"))
    chinese = clone[4].segments("proper")
    assert (chinese[0].source, chinese[0].terms[0].targets) == ("现在打开文件夹。", ("folder",))


def test_a_team_that_lacks_a_year_is_not_in_the_documents_track(tmp_path):
    root = wmt25_clone(tmp_path)
    (root / "ranking/submissions/track2/good/good.2017.enzh.proper.jsonl").unlink()
    assert {team for team, _ in wmt25_data.tasks(root)[3].submissions} == {"gpt-4.1-tiny"}


def test_a_flat_folder_of_one_pair_serves_as_well(tmp_path):
    jsonl(tmp_path / "full_data.enes.jsonl", rows("enes"))
    jsonl(tmp_path / "submissions/team.enes.noterm.jsonl", outputs("enes"))
    (tmp_path / "official_scores.json").write_text('{"es": {"noterm": {"other": {"bleu4": 1.0}}}}')
    task, = wmt25_data.tasks(tmp_path)
    assert (task.pair, task.teams, list(task.submissions)) == ("en-es", ["other", "team"], [("team", "noterm")])


@pytest.mark.parametrize("files, message", [
    ({}, "no full_data.<pair>.jsonl or full_data_<year>.jsonl in it; give a clone"),
    ({"full_data.enfr.jsonl": [{"en": "x", "de": "y", "proper": {}}]}, "no two keys make up 'enfr'; there are en, de"),
])
def test_folders_that_are_no_clone_are_said(tmp_path, files, message):
    for name, lines in files.items():
        jsonl(tmp_path / name, lines)
    with pytest.raises(InputError, match=message):
        wmt25_data.tasks(tmp_path)


def test_wmt25_lines_become_segments(tmp_path):
    data = jsonl(tmp_path / "full.jsonl", [ROW, ROW])
    team = jsonl(tmp_path / "team.jsonl", [{"es": "Una mesa"}, {"es": "Una tabla"}])
    first, second = wmt25_data.segments(data, team, "en", "es", "proper")
    assert (first.id, first.source, first.draft, first.reference) == ("team#1", "A table", "Una mesa", "Una tabla")
    assert [term.targets for term in second.terms] == [("tabla",)]
    assert [segment.terms for segment in wmt25_data.segments(data, team, "en", "es", "noterm")] == [(), ()]


@pytest.mark.parametrize("data, given, message", [
    ([ROW, ROW], [{"es": "x"}], r"team\.jsonl: 1 translation for 2 segments"),
    ([{"en": "x", "proper": {}}], [{"es": "x"}], r"full\.jsonl:1: no 'es' here, only en, proper"),
    ([{"en": "x", "es": "y"}], [{"es": "x"}], r"full\.jsonl:1: no 'proper' here, only en, es"),
    ([ROW], [{"de": "x"}], r"team\.jsonl:1: no 'es' here, only de"),
    ([ROW], [{"en": "A chair", "es": "x"}], r"team\.jsonl: sources that differ from the test set's: 1 of 1"),
    ([["no", "object"]], [{"es": "x"}], r"full\.jsonl: not JSON Lines in UTF-8 \(line 1 is no object\)"),
])
def test_wmt25_files_that_do_not_match_are_said(tmp_path, data, given, message):
    data, team = jsonl(tmp_path / "full.jsonl", data), jsonl(tmp_path / "team.jsonl", given)
    with pytest.raises(InputError, match=message):
        wmt25_data.segments(data, team, "en", "es", "proper")


@pytest.mark.parametrize("spelt, below", [("term", "."), ("terminology", "wmt2023terminology")])
def test_wmt23_leaves_out_what_nobody_can_be_asked_for(tmp_path, spelt, below):
    wmt23_folder(tmp_path / below, spelt)
    task, = wmt23_data.tasks(tmp_path)
    found = task.segments("proper")
    assert (task.pair, [segment.id for segment in found]) == ("de-en", ["deen.de#1", "deen.de#2", "deen.de#4"])
    assert found[0].reference == "The table is empty."  # the first time counts
    assert [[term.target for term in segment.terms] for segment in found] == [["table"], ["printer"], []]
    assert [segment.source for segment in task.segments("noterm")] == [segment.source for segment in found]


def test_wmt23_figures_are_those_of_the_larger_set(tmp_path):
    task, = wmt23_data.tasks(wmt23_folder(tmp_path))
    assert {mode: list(systems) for mode, systems in task.official.items()} == {
        "proper": ["OPUS"], "random": ["X"], "noterm": ["OPUS"]}
    assert task.official["proper"]["OPUS"]["lemma_regex"] == 1 and task.official["noterm"]["OPUS"]["regex"] == 0.5


def test_wmt23_serves_without_the_table_of_results(tmp_path):
    (wmt23_folder(tmp_path) / "official_scores.tsv").unlink()
    assert wmt23_data.tasks(tmp_path)[0].official == {"proper": {}, "random": {}, "noterm": {}}


@pytest.mark.parametrize("damage, message", [
    (lambda root: (root / "deen.en").write_text("one line"), "4 sources, 1 references and 4 lines of proper terms"),
    (lambda root: (root / "deen.en").unlink(), "no deen.en, although there are terms of the pair"),
    (lambda root: (root / "deen.term.proper").write_text("[]\n[\n[]\n[]"), r"deen\.term\.proper:2: not JSON"),
    (lambda root: (root / "official_scores.tsv").write_text("pair\tsystem\nde-en\tx\n"), "no column chrf, comet"),
    (lambda root: [path.unlink() for path in root.glob("deen.term*")], "no <pair>.term.proper in it; give the folder"),
])
def test_damaged_wmt23_folders_are_said(tmp_path, damage, message):
    damage(wmt23_folder(tmp_path))
    with pytest.raises(InputError, match=message):
        [task.segments("proper") for task in wmt23_data.tasks(tmp_path)]


def test_the_files_of_the_tests_are_what_they_claim(tmp_path):
    path = jsonl(tmp_path / "x.jsonl", outputs("enzh", wrong=1))
    first, second, _ = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert "文件夹" not in first["zh"] and "表格" in second["zh"]
