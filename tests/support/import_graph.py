"""Who imports whom, read from the code: the packages of mtpipe are floors of one house.

`python -m tests.support.import_graph` draws the graph into docs/architecture.md (`make docs`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2] / "mtpipe"
PAGE = ROOT.parent / "docs" / "architecture.md"
BEGIN, END = "<!-- import graph: made by `make docs` -->\n", "<!-- end of the import graph -->\n"
ABOUT = {
    "cli": "commands", "server": "HTTP service", "workflow": "all stages by one configuration",
    "training": "fine-tuning", "synthesis": "training text by an LLM", "pipeline": "a job, from folder to folder",
    "postedit": "repair methods, their order, the guard", "evaluation": "metrics, test sets, comparison",
    "llm": "language models", "mt": "translation models", "tm": "translation memories",
    "corpora": "parallel text", "formats": "document formats", "terminology": "matching and checking terms",
    "morphology": "inflected forms", "alignment": "word links, n-grams", "config": "settings",
    "models": "model folders", "report": "pages and tables", "document": "segments, inline tags",
    "glossary": "terms and termbases", "languages": "tags, words, lemmas", "plugins": "names of adapters",
    "io": "files", "errors": "the user's errors",
}  # fmt: skip


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(module, is at the top level) of each import that runs; those for type checkers only don't count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner) for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }  # fmt: skip
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "mtpipe":
            names = [f"mtpipe.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names = [str(node.module)]
        yield from ((name, node in tree.body) for name in names)


def package(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def package_graph() -> dict[str, set[str]]:
    """The packages that each package imports."""
    graph: dict[str, set[str]] = {}
    for path in modules():
        own = graph.setdefault(package(path), set())
        own |= {name.split(".")[1] for name, _ in imports(path) if name.startswith("mtpipe.")}
    return {name: others & graph.keys() - {name} for name, others in graph.items()}


def reduced(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The graph without the arrows that longer ways make needless (its transitive reduction; it has no circles)."""
    below = {name: _reachable(graph, name) for name in graph}
    return {name: {other for other in others if not any(other in below[third] for third in others)}
            for name, others in graph.items()}  # fmt: skip


def drawn() -> str:
    """The graph as a Mermaid diagram, packages that everything imports left out of the arrows."""
    graph = {name: others - {"errors", "io"} for name, others in package_graph().items()
             if name not in ("__main__", "errors", "io")}  # fmt: skip
    lines = [f'  {name}["{name}<br/>{ABOUT[name]}"]' if name in ABOUT else f"  {name}" for name in sorted(graph)]
    lines += [f"  {name} --> {other}" for name, others in sorted(reduced(graph).items()) for other in sorted(others)]
    return "\n".join(["```mermaid", "graph TD", *lines, "```", ""])


def with_graph(page: str) -> str:
    """The page with the graph of now between its two marks."""
    return between_marks(page, BEGIN, END, drawn())


def between_marks(page: str, begin: str, end: str, text: str) -> str:
    """The page with this text in place of what stands between two of its lines."""
    before, _, rest = page.partition(begin)
    return f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}"


def _reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        if (name := waiting.pop()) not in reached:
            reached.add(name)
            waiting += graph.get(name, ())
    return reached


if __name__ == "__main__":
    PAGE.write_text(with_graph(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    graph = package_graph()
    print(f"{len(graph)} rooms, {len(modules())} modules, {sum(map(len, graph.values()))} arrows between rooms: {PAGE}")
