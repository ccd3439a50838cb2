"""Models as packages: what goes in comes out, and what holds no model, or would harm, is refused."""

import io
import subprocess
import sys
import tarfile
import zipfile

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from mtpipe.errors import ModelError, OutputError
from mtpipe.models import packages, registry
from tests.unit.models.test_models import folder


def files(path):
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.fixture
def model(tmp_path):
    path = folder(tmp_path, "en-fr", licence="MIT")
    (path / "lexicon").mkdir()
    (path / "lexicon" / "lexicon.json").write_text("{}")
    return path


@pytest.mark.parametrize("kind", ["wheel", "zip", "tar", "folder"])
def test_a_model_comes_out_as_it_went_in(model, tmp_path, kind):
    if kind == "wheel":
        given = packages.pack(model, tmp_path / "wheels")
        assert given.name == "mtpipe_model_en_fr-1.0-py3-none-any.whl"
    elif kind == "zip":
        given = tmp_path / "en-fr.zip"
        with zipfile.ZipFile(given, "w") as archive:
            for name, data in files(model).items():
                archive.writestr(f"models/en-fr/{name}", data)
    elif kind == "tar":
        given = tmp_path / "en-fr.tar.gz"
        with tarfile.open(given, "w:gz") as archive:
            archive.add(model, "en-fr")
    else:
        given = model
    made = packages.install(str(given), tmp_path / "root")
    assert (made.folder, made.licence) == (tmp_path / "root" / "en-fr", "MIT")
    assert files(made.folder) == files(model)
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["en-fr"]


def test_a_wheel_is_one_for_pip_and_the_same_each_time(model, tmp_path):
    wheel = packages.pack(model, tmp_path / "a")
    assert wheel.read_bytes() == packages.pack(model, tmp_path / "b").read_bytes()
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target"]
    subprocess.run([*command, str(tmp_path / "site"), str(wheel)], check=True, capture_output=True)
    assert (tmp_path / "site" / "mtpipe_model_en_fr" / "ct2" / "model.bin").read_bytes() == b"weights"


def test_what_is_there_is_replaced_only_where_that_is_said(model, tmp_path):
    root = tmp_path / "root"
    packages.install(str(model), root)
    (model / "ct2" / "model.bin").write_bytes(b"newer")
    with pytest.raises(OutputError, match="en-fr: there is a model already; give --replace"):
        packages.install(str(model), root)
    assert (root / "en-fr" / "ct2" / "model.bin").read_bytes() == b"weights"
    packages.install(str(model), root, is_replacing=True)
    assert (root / "en-fr" / "ct2" / "model.bin").read_bytes() == b"newer"


def test_an_installed_model_comes_before_a_bundled_one_and_is_found_by_its_pair(tmp_path, monkeypatch):
    monkeypatch.setenv("MTPIPE_MODELS", str(tmp_path / "root"))
    assert not registry.covers("en", "fr") and registry.find("en", "de").folder.parent == registry.BUNDLED
    for name in ("en-fr", "en-de"):
        packages.install(str(folder(tmp_path, name)))
    assert registry.find("en", "fr-CA").folder == tmp_path / "root" / "en-fr"
    assert registry.find("en", "de").folder == tmp_path / "root" / "en-de"


@pytest.mark.parametrize("variables, expected", [
    ({"MTPIPE_MODELS": "/a"}, "/a"), ({"MTPIPE_MODELS": "", "XDG_DATA_HOME": "/b"}, "/b/mtpipe/models"),
    ({"MTPIPE_MODELS": "", "XDG_DATA_HOME": "", "HOME": "/c"}, "/c/.local/share/mtpipe/models"),
])  # fmt: skip
def test_where_models_are_installed(monkeypatch, variables, expected):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert registry.installed().as_posix() == expected


def archive_of(tmp_path, members, name="x.zip"):
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return tmp_path / name


@pytest.mark.parametrize("members, message", [
    ({"a/readme.txt": "x"}, "no model.json in it; give a wheel"),
    ({"en-fr/model.json": "{}"}, "not an mtpipe model, ct2/model.bin, spm.model missing"),
    ({"../model.json": "{}"}, r"would write outside of its folder \(../model.json\)"),
    ({"/etc/model.json": "{}"}, "would write outside of its folder"),
])  # fmt: skip
def test_what_holds_no_model_or_would_harm_changes_nothing(tmp_path, members, message):
    given, root = archive_of(tmp_path, members), tmp_path / "root"
    with pytest.raises(ModelError, match=message):
        packages.install(str(given), root)
    assert not list(root.iterdir())


def test_links_in_an_archive_are_left_out(model, tmp_path):
    path = tmp_path / "en-fr.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(model, "en-fr")
        link = tarfile.TarInfo("en-fr/secret")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link, io.BytesIO())
    assert "secret" not in files(packages.install(str(path), tmp_path / "root").folder)


@pytest.mark.parametrize("given, message", [
    ("en-fr", "en-fr: no such file, and not the name of a model's package; give a wheel"),
    ("mtpipe-model-en-fr; rm", "not the name of a model's package"),
])  # fmt: skip
def test_names_are_those_of_models(tmp_path, given, message):
    with pytest.raises(ModelError, match=message):
        packages.install(given, tmp_path / "root")


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "x.whl").write_bytes(b"no archive")
    with pytest.raises(ModelError, match="x.whl: can't be unpacked .*fetch it again"):
        packages.install(str(tmp_path / "x.whl"), tmp_path / "root")


def test_a_name_is_fetched_with_pip_and_a_failure_says_how_to_bring_it(model, tmp_path, monkeypatch):
    wheels = packages.pack(model, tmp_path / "wheels").parent
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    assert packages.install("mtpipe-model-en-fr", tmp_path / "root").name == "en-fr"
    with pytest.raises(ModelError, match="mtpipe-model-en-xx: pip can't fetch it .*bring the wheel here"):
        packages.install("mtpipe-model-en-xx", tmp_path / "root")


def test_the_commands(model, tmp_path, monkeypatch):
    monkeypatch.setenv("MTPIPE_MODELS", str(tmp_path / "root"))
    packed = CliRunner().invoke(main, ["models", "pack", str(model), "-o", str(tmp_path)])
    wheel = packed.output.strip().removeprefix("written: ")
    result = CliRunner().invoke(main, ["models", "install", wheel])
    assert result.exit_code == 0 and "en-fr  en-fr" in result.output and "licence: MIT" in result.output
    assert "en-fr  en-fr" in CliRunner().invoke(main, ["models", "list"]).output
