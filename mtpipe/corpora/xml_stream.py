"""Elements of an XML file of any size, one after the other, in memory that does not grow with the file.

Files come from third parties: no entity is expanded into text, nothing is fetched, libxml2's limits stay on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from lxml import etree

from mtpipe.errors import InputError
from mtpipe.io import compression

_CHUNK = 1 << 16


def elements(path: Path, name: str, when: Literal["start", "end"] = "end") -> Iterator[etree._Element]:
    """Each complete element of that name (in any namespace), in order; it is emptied when the next one is asked for.

    when: "start" gives them as they begin, with their attributes only.

    Damage raises InputError with line and byte only after everything before it has been handed over.
    """
    parser = etree.XMLPullParser(events=(when,), tag=f"{{*}}{name}", resolve_entities=False, no_network=True,
                                 huge_tree=False)  # fmt: skip
    count, fed, lines, line_start = 0, 0, 0, 0
    try:
        with compression.open_bytes(path) as file:
            while chunk := file.read(_CHUNK):
                failure = _feed(parser, chunk)
                for element in _complete(parser):
                    count += 1
                    yield element
                if failure:
                    at = _offset(chunk, fed, failure.position[0] - 1 - lines, line_start) + failure.position[1] - 1
                    raise _damaged(path, failure, min(at, fed + len(chunk)), count, name)
                lines += chunk.count(b"\n")
                line_start = fed + chunk.rfind(b"\n") + 1 if b"\n" in chunk else line_start
                fed += len(chunk)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _damaged(path, error, fed, count, name) from error
    except compression.BROKEN as error:
        raise InputError(f"{path}: can't be read after byte {fed} ({error}); the <{name}> elements "
                         f"before it ({count}) are good") from error  # fmt: skip


def _feed(parser: etree.XMLPullParser, chunk: bytes) -> etree.XMLSyntaxError | None:
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        return error
    return None


def _complete(parser: etree.XMLPullParser) -> Iterator[etree._Element]:
    for _, element in parser.read_events():
        assert isinstance(element, etree._Element)  # as asked for; other events have other values
        yield element
        element.clear()
        parent = element.getparent()
        while parent is not None and parent[0] is not element:
            del parent[0]


def _offset(chunk: bytes, fed: int, newlines: int, line_start: int) -> int:
    """Byte of the file at which the line begins that has that many newlines before it in chunk."""
    position = 0
    for _ in range(newlines):
        position = chunk.find(b"\n", position) + 1
    return fed + position if newlines > 0 else line_start


def _damaged(path: Path, error: etree.XMLSyntaxError, at: int, count: int, name: str) -> InputError:
    what = str(error.msg).split(", line ")[0]
    return InputError(f"{path}:{max(error.position[0], 1)}: broken XML at byte {at} ({what}); the <{name}> elements "
                      f"before it ({count}) are good; correct the file or export it again for the rest")  # fmt: skip
