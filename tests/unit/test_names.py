"""One name for one thing: no two classes are called alike, and no variable by what was done to it."""

import ast
from collections import defaultdict

import pytest

from tests.support.import_graph import ROOT, modules

# a name says what a thing is (matches, message, request), not what happened to it
PARTICIPLES = {"asked", "found", "given", "said"}


def name_of(path):
    return str(path.relative_to(ROOT))


def names(tree):
    """(name, line) of a module's variables, parameters, functions and classes, underscores left out.

    Not of fields: an error's are called expected and found, in report.json as well.
    """
    fields = {item.target for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
              for item in node.body if isinstance(item, ast.AnnAssign)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in fields:
            yield node.id.lstrip("_"), node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg.lstrip("_"), node.lineno
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name.lstrip("_"), node.lineno


def test_a_class_has_its_name_to_itself():
    homes = defaultdict(list)
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(f"{name_of(path)}:{node.lineno}")
    assert not {name: places for name, places in homes.items() if len(places) > 1}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_nothing_is_named_by_a_participle(path):
    participles = [f"{name} in line {line}" for name, line in names(ast.parse(path.read_text(encoding="utf-8")))
                   if name in PARTICIPLES]  # fmt: skip
    assert not participles
