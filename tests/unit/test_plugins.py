import sys
from importlib.util import find_spec
from inspect import signature
from pathlib import Path

import pytest

from mtpipe import plugins
from mtpipe.errors import ConfigError
from mtpipe.mt.fake import FakeTranslator
from mtpipe.plugins import signatures

WITHOUT_RAY = pytest.mark.skipif(not find_spec("ray"), reason="needs ray: pip install 'mtpipe[ray]'")
NAMES = [pytest.param(kind, name, marks=[WITHOUT_RAY] if name == "ray" else [])
         for kind, table in plugins.PLUGINS.items() for name in table]  # fmt: skip


@pytest.mark.parametrize("kind, name", NAMES)
def test_every_name_of_the_table_loads(kind, name):
    assert callable(plugins.load(kind, name))


@pytest.mark.parametrize("suffix, name", plugins.SUFFIXES.items())
def test_suffixes_are_those_that_the_formats_say(suffix, name):
    assert suffix in plugins.load("format", name).suffixes
    assert plugins.format_name(Path(f"a{suffix.upper()}")) == name


@pytest.mark.parametrize("name", plugins.PLUGINS["format"])
def test_no_suffix_of_a_format_is_left_out(name):
    assert {suffix for suffix, known in plugins.SUFFIXES.items() if known == name} == set(
        plugins.load("format", name).suffixes
    )


def test_format_name_is_none_for_unknown_files():
    assert plugins.format_name(Path("picture.png")) is None


@pytest.mark.parametrize(
    "kind, name, message",
    [
        ("mt", "nonsense", "no such mt plug-in 'nonsense'; available: ct2, fake, llm, or give module:Class"),
        ("colour", "red", "no such kind of plug-in 'colour'; available: mt, format"),
        ("mt", "no_such_module:Thing", "no module 'no_such_module'; check the name"),
        ("mt", "mtpipe.mt.fake:Thing", "module mtpipe.mt.fake has no 'Thing'"),
    ],
)
def test_load_says_what_is_wrong(kind, name, message):
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        plugins.load(kind, name)


def test_load_takes_a_path_to_a_class():
    assert plugins.load("mt", "mtpipe.mt.fake:FakeTranslator") is FakeTranslator


def test_missing_optional_package_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "needy_plugin.py").write_text("import eflomal.nonsense_inside\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "eflomal", None)
    with pytest.raises(ConfigError, match=r"needs eflomal.*: pip install 'mtpipe\[align\]'"):
        plugins.load("mt", "needy_plugin:Thing")


def test_other_import_errors_keep_their_traceback(tmp_path, monkeypatch):
    (tmp_path / "broken_plugin.py").write_text("from mtpipe.errors import NoSuchThing\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="NoSuchThing"):
        plugins.load("mt", "broken_plugin:Thing")


def test_create_names_the_options_that_there_are():
    with pytest.raises(ConfigError, match=r"\[mt.fake\] colour: no such option; available: replies, digest"):
        plugins.create("mt", "fake", {"colour": "red"}, folder="unwanted")


def test_create_makes_an_offer_only_where_it_is_wanted():
    made = []
    assert plugins.create("mt", "fake", {"digest": "x"}, folder=lambda: made.append(1)).digest == "x"
    assert not made


@pytest.mark.parametrize(
    "options, message",
    [
        ({"model": 7}, r"\[llm.openai\] model = 7: give a text"),
        ({"model": "m", "temperature": "hot"}, r"temperature = 'hot': give a number"),
        ({"model": "m", "max_tokens": 1.5}, r"max_tokens = 1.5: give a whole number"),
        ({"model": "m", "seed": True}, r"seed = True: give a whole number"),
    ],
)
def test_create_says_what_kind_an_option_is_of(options, message):
    with pytest.raises(ConfigError, match=message):
        plugins.create("llm", "openai", options)


@pytest.mark.parametrize("kind, name", NAMES)
def test_options_read_from_the_source_are_those_of_the_class(kind, name):
    where, plugin = plugins.PLUGINS[kind][name], plugins.load(kind, name)
    known = [] if plugin.__init__ is object.__init__ else list(signature(plugin).parameters)
    read, loaded = signatures.of_source(where, name), signatures.of_class(plugin, name)
    assert list(read.model_fields) == known == list(loaded.model_fields)


def test_options_are_checked_without_what_they_need(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert plugins.check_options("llm.hf", {"model": 3, "colour": 1})[1] == [
        "[llm.hf] model = 3: give a text", "[llm.hf] colour: no such option; available: model, device, dtype, "
        "batch_size, max_tokens, temperature, seed, context, download, template_options"]  # fmt: skip


def test_create_makes_paths_of_texts(tmp_path, monkeypatch):
    (tmp_path / "path_plugin.py").write_text(
        "from __future__ import annotations\nfrom pathlib import Path\n"
        "class Thing:\n    def __init__(self, folder: Path | None = None): self.folder = folder\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert plugins.create("mt", "path_plugin:Thing", {"folder": "x/y"}).folder == Path("x/y")


def test_an_llm_of_this_process_names_its_own_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "mtpipe.llm.hf", raising=False)
    with pytest.raises(ConfigError, match=r"llm plug-in 'hf' needs torch: pip install 'mtpipe\[llm-local\]'"):
        plugins.load("llm", "hf")
