"""The Makefile's evaluations as code: which commands they are made of, and what they take from the corpora."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from eval.harness import parallel_text, recipes
from eval.harness.cli import harness, recipe
from mtpipe.cli.main import main
from mtpipe.errors import InputError, MtpipeError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """A checkout's folders with a corpus of three pairs and the packages of en-de."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "corpora" / "en-de"
    folder.mkdir(parents=True)
    rows = [{"source": "a", "target": "b", "origin": origin}
            for origin in ("libreoffice-help-de/x.html", "python-docs/tutorial", "gimp/-helpful")]
    for name in ("train", "dev", "test"):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "data" / "packages.tsv").write_text(
        "package\tlanguages\tlicences\ngit\t*\tGPL\nlibreoffice-help-en-us\ten\tMPL\nlibreoffice-help-de\tde\tMPL\n"
        "libreoffice-help-cs\tcs\tMPL\npython-docs\t-\tPSF\n")  # fmt: skip
    (tmp_path / "data" / "manuals.tsv").write_text(
        "package\tlanguages\tlicences\nmanpages\t*\tGPL\nmanpages-de\tde\tGPL\nmanpages-cs\tcs\tGPL\n")
    outside = [name for names in parallel_text.outside_tests("en-de").values() for name in names]
    for name in ("git/x", *outside, "manpages/man", "manpages-de/man",
                 "libreoffice-help-en-us/usr/share/libreoffice/help/en-US/text",
                 "libreoffice-help-de/usr/share/libreoffice/help/de/text"):  # fmt: skip
        (tmp_path / parallel_text.PACKAGES / name).mkdir(parents=True)
    return folder


def test_the_packages_of_a_pair_are_those_of_all_languages_and_of_its_own(corpus):
    names = ["git", "libreoffice-help-en-us", "libreoffice-help-de"]
    assert parallel_text.package_names("en-de") == parallel_text.package_names("de-en") == names
    listed = CliRunner().invoke(harness, ["packages", "en-cs"]).output.split()
    assert listed == ["git", "libreoffice-help-en-us", "libreoffice-help-cs", "manpages", "manpages-cs", "gimp-help-en",
                      "gimp-help-cs", "wesnoth-1.16-data", "installation-guide-amd64"]  # fmt: skip


def test_the_outside_tests_are_kept_out_of_training_and_in_no_list_of_it(corpus):
    (*_, words) = (list(map(str, command)) for command in recipes.corpus(recipes.Place()))
    excluded = {words[k + 1] for k, word in enumerate(words) if word == "--exclude"}
    assert "descriptions=data/cache/descriptions" in words
    assert excluded == {f"data/cache/tests/en-de/{name}/all.jsonl" for name in ("manual", "game", "handbook")}
    for pair in parallel_text.PAIRS:
        outside = {name for names in parallel_text.outside_tests(pair).values() for name in names}
        for table in parallel_text.TABLES:
            assert outside.isdisjoint(parallel_text.package_names(pair, ROOT / table))


def test_packages_lie_together_without_being_copied(corpus, tmp_path):
    page = parallel_text.PACKAGES / "manpages" / "man" / "cp.1"
    page.write_text("x", encoding="utf-8")
    folder = parallel_text.together(["manpages", "manpages-de"], tmp_path / "together")
    assert (folder / "manpages-de" / "man").is_dir() and (folder / "manpages" / "man" / "cp.1").samefile(page)
    with pytest.raises(InputError, match="manpages-cs not there; run make corpus"):
        parallel_text.together(["manpages-cs"], tmp_path / "together")


def test_the_english_help_lies_beside_the_other_language(corpus):
    folders = parallel_text.package_folders("en-de")
    assert [folder.name for folder in folders] == ["git", "libreoffice-help-de"]
    assert (folders[1] / "usr/share/libreoffice/help/en-US/text").is_dir()
    assert parallel_text.package_folders("en-de") == folders  # again, with the link there
    with pytest.raises(InputError, match="libreoffice-help-cs not there; run make corpus PAIR=en-cs"):
        parallel_text.package_folders("en-cs")


def test_more_corpora_are_named_by_their_files(tmp_path):
    files = ("corpora/en-de.memory.tsv.xz", "corpora/en-cs.other.tsv.xz", "synthetic/multi.jsonl",
             "synthetic/en-de.office.jsonl")  # fmt: skip
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    memory, everyday = f"memory={tmp_path / files[0]}", f"everyday={tmp_path / files[2]}"
    assert parallel_text.more_corpora("de-en", tmp_path / "corpora") == [memory, everyday]
    assert len(parallel_text.more_corpora("en-de", tmp_path / "corpora")) == 3


def test_the_domain_is_help_and_documentation(corpus, tmp_path):
    out = parallel_text.split(corpus / "train.jsonl", tmp_path / "texts")
    origins = {name: [json.loads(line)["origin"] for line in (out / f"{name}.jsonl").open()]
               for name in ("domain", "generic")}  # fmt: skip
    assert origins == {"domain": ["libreoffice-help-de/x.html", "python-docs/tutorial"], "generic": ["gimp/-helpful"]}
    with pytest.raises(InputError, match="run make corpus first"):
        parallel_text.split(corpus / "none.jsonl", tmp_path)


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_command_of_a_recipe_has_the_options_that_it_is_given(name, corpus):
    commands = list(recipes.RECIPES[name](recipes.Place()))
    assert commands
    for words in ([str(word) for word in command] for command in commands):
        group, rest = (harness, words[1:]) if words[0] == "eval.harness" else (main, words)
        context = click.Context(group)
        while isinstance(group, click.Group):
            command = group.get_command(context, rest[0])
            assert command is not None, rest
            group, rest = command, rest[1:]
        group.make_parser(click.Context(group)).parse_args(list(rest))  # raises for what is no option


def test_the_command_line_names_every_recipe():
    assert sorted(recipe.params[0].type.choices) == sorted(recipes.RECIPES)


def test_a_failure_ends_a_recipe(corpus, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "demo", lambda place: iter([("check", "none.jsonl", *place.languages)]))
    with pytest.raises(MtpipeError, match="check none.jsonl .*: exit code 2"):
        recipes.run("demo", recipes.Place())


def test_budget_and_start_are_handed_on(corpus, monkeypatch):
    seen = []
    monkeypatch.setattr(recipes, "run", lambda name, place: seen.append(place))
    result = CliRunner().invoke(harness, ["recipe", "train-model", "--budget", "--steps 5", "--start", "--base x"])
    assert result.exit_code == 0, result.output
    assert seen[0].budget == ["--steps", "5"] and seen[0].start == ["--base", "x"] and seen[0].systems == ()
