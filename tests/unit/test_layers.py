"""Who may import whom: packages are floors of one house, and every import goes down (docs/architecture.md)."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "mtpipe"
# from the top; a package imports those after it only
FLOORS = (
    "__main__", "cli", "server", "workflow", "training", "synthesis", "pipeline", "postedit", "evaluation", "llm", "mt",
    "tm", "corpora", "formats", "terminology", "morphology", "alignment", "config", "models", "report", "document",
    "glossary", "languages", "plugins", "validation", "io", "errors",
)  # fmt: skip
# tables of what is loaded by name: third parties' kinds, and what would make `import mtpipe` or `--help` slow
TABLES = {"plugins/__init__.py", "__init__.py", "cli/main.py"}


def modules():
    return sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def imports(path):
    """(module, is at the top level) of each import that runs; those for type checkers only don't count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner) for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }  # fmt: skip
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "mtpipe":
            names = [f"mtpipe.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names = [node.module]
        yield from ((name, node in tree.body) for name in names)


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
    assert "spacy" not in roots or name_of(path) == "terminology/matcher.py"
    if path.parent.name != "cli":
        calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(node, ast.Call)}  # fmt: skip
        assert not calls & {"print", "sys.exit", "exit", "quit"}


@pytest.mark.parametrize("name", ["main.py", "options.py"])
def test_the_command_line_imports_only_click_and_errors_at_the_top(name):
    top = {name for name, is_top in imports(ROOT / "cli" / name) if is_top and not name.startswith("__")}
    light = {"json", "collections.abc", "importlib", "pathlib", "typing", "click"}
    assert top <= light | {"mtpipe.__version__", "mtpipe.errors", "mtpipe.cli.options"}
