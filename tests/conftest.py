"""Fixtures of more than one test module."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import Phase, settings

# models of a few thousand weights gain nothing by threads, and threads that wait for each other take the processor
os.environ.setdefault("OMP_NUM_THREADS", "1")
# what whoever tests has installed is no part of it
os.environ["MTPIPE_MODELS"] = str(Path(__file__).with_name("no-models"))
# nor is what is kept in a cache
os.environ["XDG_CACHE_HOME"] = str(Path(__file__).parents[1] / ".pytest_cache")

from tests.support.dictionary_model import build  # noqa: E402

# no test is timed: the first example may load a dictionary, and machines are busy
# to explain a failure, every line of torch would be traced: hours
phases = [phase for phase in Phase if phase is not Phase.explain]
# a commit passes or fails, whenever it is tried
settings.register_profile("same", deadline=None, derandomize=True, phases=phases)
settings.register_profile("fuzz", deadline=None, max_examples=1000, phases=phases)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

WORDS = {
    "open": "öffne", "select": "wähle", "the": "die", "a": "eine", "table": "Tabelle", "cell": "Zelle", "row": "Zeile",
    "and": "und", "in": "in", "spreadsheet": "Rechenblatt", "menu": "Menü", "close": "schließe",
}  # fmt: skip


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that translates WORDS word by word and copies the rest."""
    return build(tmp_path_factory.mktemp("model") / "en-de", WORDS)
