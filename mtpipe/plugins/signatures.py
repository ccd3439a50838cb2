"""The options of a plug-in, by its constructor: of a class that is loaded, or of one that is only read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ValidationInfo

from mtpipe.validation import AnyPath, beside, model

# what annotations of constructors are made of; an option of any other type is the plug-in's to check
_TYPES = {"Path": AnyPath, "Any": Any, "Mapping": Mapping, "Sequence": Sequence, "Callable": Callable,
          "Literal": Literal}  # fmt: skip


def _beside(value: Any, info: ValidationInfo) -> Any:
    return beside(value, info) if isinstance(value, str) else value


def of_class(plugin: Any, name: str) -> type[BaseModel]:
    """The options that a loaded class or function takes, as a model."""
    parameters = signature(plugin).parameters.values()
    fields = {p.name: p.annotation for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
    return _model(name, fields, any(p.kind is Parameter.VAR_KEYWORD for p in parameters))


@cache
def of_source(where: str, name: str) -> type[BaseModel]:
    """The same of "module:Class", read from its source: nothing is imported that may be slow or not installed."""
    arguments = _constructor(*where.split(":"))
    if arguments is None:
        return _model(name, {}, False)
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs][1:]
    fields = {one.arg: ast.unparse(one.annotation) if one.annotation else "Any" for one in parameters}
    return _model(name, fields, arguments.kwarg is not None)


def _constructor(module: str, name: str) -> ast.arguments | None:
    """The parameters of a class's own or inherited constructor; None where it has none."""
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None, module
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    homes = {alias.asname or alias.name: node.module for node in tree.body if isinstance(node, ast.ImportFrom)
             for alias in node.names}  # fmt: skip
    if name not in classes:
        return _constructor(homes[name] or "", name)
    for node in classes[name].body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            return node.args
    bases = [base.id for base in classes[name].bases if isinstance(base, ast.Name)]
    return _constructor(module, bases[0]) if bases and bases[0] in {**classes, **homes} else None


def _model(name: str, annotations: Mapping[str, Any], is_open: bool) -> type[BaseModel]:
    return model(name, {key: (_type(annotation), None) for key, annotation in annotations.items()}, is_open)


def _type(annotation: Any) -> Any:
    if not isinstance(annotation, str):
        return annotation if annotation is not Parameter.empty else Any
    try:
        kind = eval(annotation, {"__builtins__": {}}, _BUILTINS | _TYPES)  # of installed code, not of a user's text
    except (NameError, TypeError, SyntaxError, AttributeError):
        return Any
    return Annotated[kind, AfterValidator(_beside)] if "str" in annotation and "Path" in annotation else kind


_BUILTINS = {kind.__name__: kind for kind in (str, int, float, bool, list, dict, tuple, set, bytes)}
