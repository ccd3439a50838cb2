"""Settings as frozen pydantic dataclasses: every wrong key and value of a table is told at once, as one ConfigError."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from functools import cache, wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar, dataclass_transform

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo
from pydantic import create_model as _create_model
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails, PydanticCustomError

from mtpipe.errors import ConfigError

T = TypeVar("T")
STRICT = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True, allow_inf_nan=False)
FOLDER = "folder"  # of the settings file, in the context of a validation: its paths are relative to it
_ADVICE = {  # by the type of pydantic's error
    "string_type": "give a text", "int_type": "give a whole number", "int_from_float": "give a whole number",
    "float_type": "give a number", "finite_number": "give a finite number", "bool_type": "give true or false",
    "is_instance_of": "give a path", "path_type": "give a path", "tuple_type": "give a list",
    "mapping_type": "give a table", "dict_type": "give a table", "missing": "is needed",
}  # fmt: skip
_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")


def problem(text: str) -> PydanticCustomError:
    """The error that a validator of one value raises; text: what is wrong with it, or what to do."""
    return PydanticCustomError("problem", "{text}", {"text": text})


def problems(lines: Iterable[str]) -> PydanticCustomError:
    """The error of a validator of several values; lines: each names what it is about."""
    return PydanticCustomError("problems", "{text}", {"text": "\n".join(lines)})


def _path(value: Any, info: ValidationInfo) -> Any:
    folder = (info.context or {}).get(FOLDER)
    if isinstance(value, str):
        return folder / value if folder and "://" not in value else Path(value)
    return value


def beside(value: Any, info: ValidationInfo) -> Any:
    """The path of what lies beside the settings file, and any other text as it is."""
    folder = (info.context or {}).get(FOLDER)
    return str(folder / value) if folder and value and (folder / value).exists() else value


def is_from_file(info: ValidationInfo) -> bool:
    """Whether a table is read, whose files need not be there yet."""
    return FOLDER in (info.context or {})


def _existing(is_there: Callable[[Path], bool], kind: str) -> AfterValidator:
    """What a table names may be made later; it must be there when the settings are used."""

    def check(path: Path, info: ValidationInfo) -> Path:
        if not is_from_file(info) and not is_there(path):
            raise problem(f"is not {kind}")
        return path

    return AfterValidator(check)


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, (str, Path)) else tuple(value) if isinstance(value, list) else value


AnyPath = Annotated[Path, BeforeValidator(_path)]
File = Annotated[AnyPath, _existing(Path.is_file, "a file")]
Folder = Annotated[AnyPath, _existing(Path.is_dir, "a folder")]
Paths = Annotated[tuple[AnyPath, ...], BeforeValidator(_several)]
Files = Annotated[tuple[File, ...], BeforeValidator(_several)]
Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
PathOrName = Annotated[str, AfterValidator(beside)]  # a folder beside the file, or a name that is none


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def settings(title: str) -> Callable[[type[T]], type[T]]:
    """A frozen dataclass whose values are checked by their types; ConfigError under the title names all problems."""

    def decorate(cls: type[T]) -> type[T]:
        settings_class: Any = dataclass(frozen=True, slots=True, config=STRICT)(cls)
        check = settings_class.__init__

        @wraps(check)
        def init(self: Any, *values: Any, **keywords: Any) -> None:
            try:
                check(self, *values, **keywords)
            except ValidationError as error:
                available = list(settings_class.__dataclass_fields__)
                raise failure(title, _problem_lines(error, available, lambda key: key)) from None

        settings_class.__init__ = init
        return settings_class

    return decorate


def failure(title: str, problems: Iterable[str]) -> ConfigError:
    """One error of many problems, each with its lines under the title."""
    return ConfigError("\n".join((f"{title}:", *(f"  {text}" for text in problems))))


@cache
def _partial(cls: Any, without: tuple[str, ...] = ()) -> type[BaseModel]:
    """The settings of a class as a table gives them: none is needed, and what they say together is not judged yet."""
    fields = {name: (info.rebuild_annotation(), None) for name, info in cls.__pydantic_fields__.items()
              if name not in without}  # fmt: skip
    return model(cls.__name__, fields)


def model(name: str, fields: Mapping[str, tuple[Any, Any]], is_open: bool = False) -> type[BaseModel]:
    """A model of (type, default) by name; is_open: other names are let through."""
    config = STRICT | ConfigDict(extra="allow", protected_namespaces=()) if is_open else STRICT
    return _create_model(name, __config__=config | ConfigDict(protected_namespaces=()), **fields)  # type: ignore


def table(cls: Any, values: Any, title: str, folder: Path | None = None, without: tuple[str, ...] = ()
          ) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """The values of a table of the settings class, those that it gives, and all problems with them.

    title: as "[calls]". folder: what paths are relative to; None: the current one. without: settings that the class
    has, but not the table.
    """
    return checked(_partial(cls, without), values, title, folder)


def checked(
    cls: type[BaseModel], values: Any, title: str, folder: Path | None = None, hidden: Iterable[str] = (),
    what: str = "setting",
) -> tuple[dict[str, Any], list[str]]:
    """The given values as the model wants them, and all problems; hidden: names that are not offered as available."""
    if not isinstance(values, Mapping):
        return {}, [f"{title.strip('[]')} = {values!r}: make it a table {title}"]
    try:
        valid = cls.model_validate(dict(values), context={FOLDER: folder} if folder else {})
    except ValidationError as error:
        available = [name for name in cls.model_fields if name not in hidden]
        return {}, _problem_lines(error, available, lambda key: f"{title} {key}", what)
    return {name: getattr(valid, name) for name in values}, []


def _problem_lines(
    error: ValidationError, available: list[str], title_of: Callable[[str], str], what: str = "setting"
) -> list[str]:
    by_key = defaultdict[str, list[ErrorDetails]](list)
    for detail in error.errors(include_url=False):
        key = detail["loc"][0] if detail["loc"] else ""
        by_key[available[key] if isinstance(key, int) and key < len(available) else str(key)].append(detail)
    return [line for key, details in by_key.items() for line in _lines(key, details, available, title_of, what)]


def _lines(key: str, details: list[ErrorDetails], available: list[str], title_of: Callable[[str], str], what: str
           ) -> list[str]:  # fmt: skip
    first = details[0]
    if first["type"] in _UNKNOWN:
        return [f"{title_of(key)}: no such {what}; available: {', '.join(available) or 'none'}"]
    if first["type"] == "problems":
        return first["msg"].splitlines()
    advice = " or ".join(dict.fromkeys(_advice(detail) for detail in details)).replace(" or give ", " or ")
    if first["type"] == "missing":
        return [f"{title_of(key)}: {advice}"]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"][1:])
    if len(details) > 1:  # of a union: one for each of its types
        where = ""
    return [f"{title_of(key)}{where} = {_display(first['input'])}: {advice}"]


def _display(value: Any) -> str:
    return repr(str(value) if isinstance(value, Path) else value)


def _advice(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "literal_error":
        return f"use {context['expected']}"
    if kind in ("greater_than_equal", "greater_than"):
        return f"give {context['ge']:g} or more" if "ge" in context else f"give more than {context['gt']:g}"
    if kind in ("less_than_equal", "less_than"):
        return f"give {context['le']:g} or less" if "le" in context else f"give less than {context['lt']:g}"
    if kind == "is_instance_of" and "Sequence" in str(context.get("class")):
        return "give a list"
    return _ADVICE.get(kind, detail["msg"])
