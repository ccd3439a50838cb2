"""The table of document formats in docs/formats.md, from the formats themselves (`make docs`)."""

from __future__ import annotations

from pathlib import Path

from mtpipe import plugins
from tests.support.import_graph import between_marks

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
BEGIN, END = "<!-- formats: made by `make docs` -->\n", "<!-- end of the formats -->\n"


def table() -> str:
    """A row for each format: its name, suffixes, what it reads, its options with their defaults; advice for others."""
    lines = ["| format | suffixes | what is translated | options |", "|---|---|---|---|"]
    for row in plugins.formats():
        options = " ".join(f"`{name}={_shown(value)}`" for name, value in row["options"].items())
        about = row["about"].replace("|", "\\|")
        lines.append(f"| `{row['name']}` | {' '.join(row['suffixes'])} | {about} | {options} |")
    lines += ["", "Files that no format reads are copied as they are. What to do with them:", ""]
    lines += ["| file | advice |", "|---|---|"]
    lines += [f"| {suffix} | {advice} |" for suffix, advice in plugins.ADVICE.items()]
    return "\n".join(lines) + "\n"


def with_table(page: str) -> str:
    return between_marks(page, BEGIN, END, table())


def _shown(value: object) -> object:
    return "" if value in ((), None) else str(value).lower() if isinstance(value, bool) else value


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{len(plugins.formats())} formats: {PAGE}")
