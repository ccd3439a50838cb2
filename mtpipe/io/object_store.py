"""Folders in object stores, such as s3://bucket/docs, through fsspec; nothing of it is imported until one is named.

A path of one is a Path like any other, "s3:/bucket/docs" in its own spelling, which no local file has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtpipe.errors import ConfigError, InputError, OutputError

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):/")  # two letters at least: one is a drive


def is_remote(path: Path) -> bool:
    """Whether the path is in an object store."""
    return _SCHEME.match(path.as_posix()) is not None


def url(path: Path) -> str:
    """The address of a remote path."""
    return _SCHEME.sub(r"\1://", path.as_posix(), count=1)


def shown(path: Path) -> str:
    """A path of any kind as people write it."""
    return url(path) if is_remote(path) else str(path)


def files(folder: Path) -> Iterator[tuple[str, int]]:
    """(name below folder, bytes) of all objects in it, sorted; of one object its own name. Raises InputError."""
    system, root = _opened(folder)
    try:
        objects = system.find(root, detail=True)
    except OSError as error:
        raise InputError(f"{url(folder)}: can't be listed ({error}); check the address and the credentials") from error
    for name in sorted(objects):
        below = name.removeprefix(root).lstrip("/")
        yield below or folder.name, int(objects[name].get("size") or 0)


def is_object(path: Path) -> bool:
    """Whether there is an object with that very name."""
    system, name = _opened(path)
    return bool(system.isfile(name))


def fetch(path: Path, local: Path) -> None:
    """Copies an object to a local file; raises OSError."""
    system, name = _opened(path)
    local.parent.mkdir(parents=True, exist_ok=True)
    system.get_file(name, str(local))


def put(local: Path, path: Path) -> None:
    """Copies a local file to an object, which is there whole or not at all; raises OutputError."""
    system, name = _opened(path)
    try:
        system.put_file(str(local), name)
    except OSError as error:
        raise OutputError(f"{url(path)}: can't be written ({error}); check the credentials and the bucket, then run "
                          "the same command again") from error  # fmt: skip
    system.invalidate_cache()


def size(path: Path) -> int | None:
    """The bytes of an object; None where there is none."""
    system, name = _opened(path)
    return int(system.info(name).get("size") or 0) if system.isfile(name) else None


def token(path: Path) -> str:
    """Changes with an object's content; "" where there is none."""
    system, name = _opened(path)
    try:
        info = system.info(name)
    except FileNotFoundError:
        return ""
    return str(info.get("ETag") or info.get("etag") or info.get("md5Hash") or (info.get("size"), info.get("mtime")))


def _opened(path: Path) -> tuple[Any, str]:
    """The file system of a remote path, and the path in it."""
    try:
        from fsspec.core import url_to_fs  # on use: most jobs have no need of it

        system, name = url_to_fs(url(path))
    except ImportError as error:
        raise ConfigError(f"{url(path)}: needs a library for {url(path).partition(':')[0]}: pip install 'mtpipe[s3]' "
                          f"({error})") from error  # fmt: skip
    except ValueError as error:
        raise ConfigError(f"{url(path)}: no such kind of storage ({error})") from error
    return system, str(name)
