"""Who may import whom: packages are floors of one house, and every import goes down (docs/architecture.md)."""

import ast
import re

import pytest

from tests.support import import_graph
from tests.support.import_graph import PAGE, ROOT, imports, modules

# from the top; a package imports those after it only
FLOORS = (
    "__main__", "cli", "server", "workflow", "training", "synthesis", "pipeline", "postedit", "evaluation", "llm", "mt",
    "tm", "corpora", "formats", "terminology", "morphology", "alignment", "config", "models", "report", "document",
    "glossary", "languages", "plugins", "validation", "io", "errors",
)  # fmt: skip
# tables of what is loaded by name: third parties' kinds, and what would make `import mtpipe` or `--help` slow
TABLES = {"plugins/__init__.py", "__init__.py", "cli/main.py"}


def floor(name):
    assert name in FLOORS, f"mtpipe/{name} has no floor: add it to FLOORS"
    return FLOORS.index(name)


def name_of(path):
    return str(path.relative_to(ROOT))


def test_the_hallway_has_at_most_thirty_entries():
    entries = {path.name for path in ROOT.iterdir() if path.name != "__pycache__"}
    assert len(entries) <= 30, sorted(entries)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_go_downwards_only(path):
    package = path.relative_to(ROOT).with_suffix("").parts[0]
    for name, _ in imports(path):
        other = name.split(".")[1] if name.startswith("mtpipe.") else package
        if other in (package, "__version__"):
            continue
        assert floor(other) > floor(package), f"{name_of(path)} may not import {name}: {package} is below {other}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_import_hides_in_a_string(path):
    if name_of(path) in TABLES:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = re.fullmatch(r"mtpipe\.(\w+)(\.\w+)*(:\w+)?", node.value)
            assert not named or named[1] not in FLOORS, f"{name_of(path)}:{node.lineno}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_spacy_and_printing_stay_where_they_belong(path):
    roots = {name.split(".")[0] for name, _ in imports(path)}
    assert "spacy" not in roots or name_of(path) == "terminology/spacy_tokens.py"
    if path.parent.name != "cli":
        calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(node, ast.Call)}  # fmt: skip
        assert not calls & {"print", "sys.exit", "exit", "quit"}


@pytest.mark.parametrize("name", ["main.py", "options.py"])
def test_the_command_line_imports_only_click_and_errors_at_the_top(name):
    top = {name for name, is_top in imports(ROOT / "cli" / name) if is_top and not name.startswith("__")}
    light = {"json", "os", "signal", "threading", "collections.abc", "importlib", "pathlib", "typing", "click"}
    assert top <= light | {"mtpipe.__version__", "mtpipe.errors", "mtpipe.cli.options"}


def test_the_drawn_import_graph_is_that_of_the_code():
    page = PAGE.read_text(encoding="utf-8")
    assert import_graph.with_graph(page) == page, "run `make docs`"


def test_arrows_that_longer_ways_make_needless_are_left_out():
    graph = {"top": {"middle", "bottom"}, "middle": {"bottom"}, "bottom": set()}
    assert import_graph.reduced(graph) == {"top": {"middle"}, "middle": {"bottom"}, "bottom": set()}
