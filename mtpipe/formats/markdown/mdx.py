"""MDX: the Markdown between components; imports, exports, tags of components and expressions stay as they are."""

from __future__ import annotations

import re
from typing import Any

from mtpipe.document.segment import Segment
from mtpipe.formats.markdown.document import MarkdownFormat

_FENCE = re.compile(r"[ \t]*(?P<mark>`{3,}|~{3,})")
_MODULE = re.compile(r"(?:import|export)\b")
_TAG = re.compile(r"[ \t]*<(?:/?[A-Z][\w.]*(?:\s[^<>]*)?/?|/?)>[ \t]*")
_COMPONENT = re.compile(r"\{|</?(?:[A-Z]|>)|<[a-z][^<>]*$")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


class MdxFormat(MarkdownFormat):
    """MDX: Markdown with components; paragraphs that hold expressions or components stay as they are."""

    suffixes = (".mdx",)

    def common_markdown(self, body: str) -> str:
        """body with a blank line in place of each that is not plain Markdown."""
        lines = body.split("\n")
        block: list[int] = []
        fence = ""
        for n, line in enumerate([*lines, ""]):
            mark = _FENCE.match(line)
            if (mark or not line.strip()) and not fence:
                for k in _other([lines[k] for k in block]):
                    lines[block[k]] = ""
                block = []
            elif not fence:
                block.append(n)
            if mark:
                fence = "" if fence and mark["mark"].startswith(fence) else fence or mark["mark"]
        return "\n".join(lines)

    def rendered(self, segment: Segment, kind: str, env: dict[str, Any]) -> str:
        """A segment's target as it is written; braces that its source does not have are escaped."""
        target = super().rendered(segment, kind, env)
        return target if re.search("[{}]", segment.source) else re.sub(r"(?<!\\)([{}])", r"\\\1", target)


def _other(lines: list[str]) -> list[int]:
    """Which of the lines of a block are no plain Markdown."""
    tags = [n for n, line in enumerate(lines) if _TAG.fullmatch(line)]
    rest = "\n".join(_CODE.sub("", line) for n, line in enumerate(lines) if n not in tags)
    is_other = bool(lines) and _MODULE.match(lines[0]) or _COMPONENT.search(rest)
    return list(range(len(lines))) if is_other else tags
