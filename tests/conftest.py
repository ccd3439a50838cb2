"""Fixtures of more than one test module."""

from __future__ import annotations

from pathlib import Path

import pytest
from dictionary_model import build
from hypothesis import settings

# no test is timed: the first example may load a dictionary, and machines are busy
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

WORDS = {
    "open": "öffne", "select": "wähle", "the": "die", "a": "eine", "table": "Tabelle", "cell": "Zelle", "row": "Zeile",
    "and": "und", "in": "in", "spreadsheet": "Rechenblatt", "menu": "Menü", "close": "schließe",
}  # fmt: skip


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that translates WORDS word by word and copies the rest."""
    return build(tmp_path_factory.mktemp("model") / "en-de", WORDS)
