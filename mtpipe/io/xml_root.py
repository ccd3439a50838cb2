"""What an XML file is, by its first element, without reading all of it."""

from __future__ import annotations

import re
from pathlib import Path

_HEAD = 1 << 16
_COMMENT = re.compile(rb"<!--[\s\S]*?-->")
_ELEMENT = re.compile(rb"<([A-Za-z_][\w:.-]*)[^<>]{0,4000}")


def root_element(path: Path) -> tuple[str, str]:
    """(name of the first element with its prefix, what stands before it and its attributes); "" where there is none.

    Raises OSError.
    """
    with path.open("rb") as file:
        head = _COMMENT.sub(b"", file.read(_HEAD).replace(b"\0", b""))
    match = _ELEMENT.search(head)
    if match is None:
        return "", ""
    return match[1].decode("utf-8", "replace"), head[:match.end()].decode("utf-8", "replace")
