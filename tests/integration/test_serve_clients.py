"""`mtpipe serve` asked by clients that are not in the development environment: `make test-clients` installs them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.served import serving

ROOT = Path(__file__).parents[2]
CLIENTS = Path(os.environ.get("MTPIPE_TEST_CLIENTS", ROOT / "out" / "clients"))
WEBLATE, NODE = CLIENTS / "weblate" / "bin" / "python", CLIENTS / "node" / "node_modules"


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path / "server", "--mt", "fake", "--pair", "en-de", "--pair", "de-en", "--editors", "") as served:
        yield served


def output(command, **variables):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=ROOT,
                            env=os.environ | {name: str(value) for name, value in variables.items()})
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.skipif(not WEBLATE.is_file(), reason="needs Weblate: `make test-clients` installs it")
def test_weblate_s_own_classes(server):
    folder = ROOT / "tests" / "support" / "weblate_machinery"
    results = output([WEBLATE, folder / "ask_server.py", server.url], PYTHONPATH=folder,
                     DJANGO_SETTINGS_MODULE="weblate_alone")  # fmt: skip
    assert results["deepl"]["text"] == "OPEN THE CELL %s & <B>GO</B>."  # Weblate escapes what is no placeholder
    assert results["libretranslate"]["text"] == "OPEN THE CELL %s & <b>GO</b>."
    assert results["deepl"]["batch"] == results["libretranslate"]["batch"] == [["OPEN IT."], ["SAVE IT."]]
    glossary, = results["glossaries"]  # sent along with the texts
    assert glossary.startswith("weblate:1:EN:DE:")


@pytest.mark.slow
@pytest.mark.skipif(not NODE.is_dir() or not shutil.which("node"), reason="needs deepl-node: `make test-clients` "
                    "installs it")
def test_deepl_node(server):
    script = ROOT / "tests" / "support" / "node" / "deepl_client.js"
    results = output(["node", script, server.url], NODE_PATH=NODE)
    assert results == {
        "text": "OPEN THE <b>CELL</b>.", "source": "en", "billed": 21, "usage": True,
        "targets": ["de", "en-GB", "en-US"], "entries": {"cell": "ZELLE"}, "termed": "A CELL.", "status": "done",
        "document": "OPEN IT.\n",
    }  # fmt: skip
