"""Reads CSV and TSV tables as people export them: finds encoding, delimiter and header, and says what it found."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

from mtpipe.errors import GlossaryError
from mtpipe.glossary_header import COLUMNS, Header, base, check_file_name, read_header
from mtpipe.glossary_rows import Row

_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "TAB", "|": "|"}  # in this order where they serve equally well
_SAMPLE = 200  # rows that decide on the delimiter
_SAID = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)  # Excel's own first line
# what tables were saved in before UTF-8, cp1252 for the rest: a few words are too little to guess among all encodings
_LEGACY = {
    **dict.fromkeys("cs hr hu pl ro sk sl".split(), ("cp1250", "iso8859_2")),
    **dict.fromkeys("be bg mk ru sr uk".split(), ("cp1251", "koi8_r")),
    **dict.fromkeys("et lt lv".split(), ("cp1257",)),
    **{"el": ("cp1253",), "tr": ("cp1254",), "he": ("cp1255",), "ar": ("cp1256",), "vi": ("cp1258",)},
    **{"th": ("tis_620",), "ja": ("cp932", "euc_jp"), "ko": ("cp949",), "zh": ("gb18030",)},
}

_Line = tuple[int, list[str] | str]  # (first line, cells), or (first line, what is wrong there)


@dataclass(slots=True)
class Table:
    """A file's rows, (line, "what — what to do") of what is no row, and notes on what was detected."""

    rows: list[Row] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_table(path: Path, source_lang: str, target_lang: str) -> Table:
    """The rows of the file at path; raises GlossaryError when it can't be read or is of other languages."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise GlossaryError(f"{path}: can't be read ({error.strerror}) — check the path and its permissions") from error
    wanted = (source_lang, target_lang)
    text, encoding = decode(data, path, wanted)
    said = _SAID.match(text)
    body = text[said.end() :] if said else text
    mark = said.group(1) if said else _delimiter(body, path, wanted)
    lines = list(_lines(body, mark, skipped=1 if said else 0))
    table = Table(notes=[f"read as {encoding}, columns separated by {_DELIMITERS.get(mark, mark)}"])
    if mark == "\t" and any(isinstance(cells, str) for _, cells in lines):
        # TSV proper knows no quoting (IANA text/tab-separated-values): there a quote is a character
        lines = list(_lines(body, mark, skipped=1 if said else 0, is_quoted=False))
        table.notes.append("quotes taken as characters")
    header, lines = _head(lines, path, wanted, table)
    _fill(table, lines, header)
    return table


def decode(data: bytes, path: Path, languages: Sequence[str]) -> tuple[str, str]:
    """The text and its encoding: by BOM, as UTF-8, as UTF-16 by its zero bytes, else guessed; raises GlossaryError."""
    boms = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    encoding = next((name for bom, name in boms if data.startswith(bom)), "utf-8")
    if encoding == "utf-8" and data.count(0) > len(data) / 5:
        encoding = "utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise GlossaryError(f"{path}: not valid {encoding} at byte {error.start} — save it as UTF-8") from error
        encoding = _guess(data, languages)
        text = data.decode(encoding, "replace")
        encoding += " (a guess: it is not UTF-8)"
    if "\0" in text:
        raise GlossaryError(f"{path}: not a text file — export the glossary as CSV in UTF-8")
    return text, encoding


def _guess(data: bytes, languages: Sequence[str]) -> str:
    from charset_normalizer import from_bytes  # on use: most files are UTF-8

    likely = [name for lang in languages for name in _LEGACY.get(base(lang), ())] + ["cp1252"]
    if any(lang in ("zh-TW", "zh-HK", "zh-Hant") for lang in languages):
        likely = ["big5", "cp1252"]
    best = from_bytes(data[: 1 << 18], cp_isolation=likely).best()
    return best.encoding if best else likely[0]


def _delimiter(text: str, path: Path, wanted: tuple[str, str]) -> str:
    """The delimiter under which the first rows make the best table.

    csv.Sniffer counts characters and raises on a single column. Here each candidate reads the rows: a header that is
    understood decides, then the share of rows that have the commonest number (> 1) of well-quoted cells.
    """
    sample = "".join(islice(io.StringIO(text, newline=""), _SAMPLE * 4))

    def fitness(mark: str) -> tuple[bool, float, bool]:
        lines = [cells for _, cells in islice(_lines(sample, mark), _SAMPLE)]
        good = [cells for cells in lines if isinstance(cells, list) and not any(c.count('"') % 2 for c in cells)]
        widths = Counter(len(cells) for cells in good if len(cells) > 1)
        share = max(widths.values(), default=0) / max(len(lines), 1)
        has_header = bool(good) and good[0] == lines[0] and read_header(good[0], wanted) is not None
        return has_header, share, mark == "\t" and path.suffix.lower() in (".tsv", ".tab")

    return max(_DELIMITERS, key=fitness)


def _lines(text: str, mark: str, skipped: int = 0, is_quoted: bool = True) -> Iterator[_Line]:
    """What the table's rows hold, empty ones left out; skipped: how many lines of the file stand before text."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True, quoting=quoting)
    while True:
        start = skipped + reader.line_num + 1
        cells: list[str] | str
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            end = skipped + reader.line_num
            where = f" (it was read on to line {end})" if end > start else ""
            cells = f'a cell is quoted wrongly{where} — put it in quotes and write " inside it as ""'
        if isinstance(cells, str) or any(cell and not cell.isspace() for cell in cells):
            yield start, cells


def _head(lines: list[_Line], path: Path, wanted: tuple[str, str], table: Table) -> tuple[Header, list[_Line]]:
    """The header, read or assumed, and the lines below it."""
    first = lines[0][1] if lines else []
    header = read_header(first, wanted) if isinstance(first, list) else None
    if header is None:
        table.notes += check_file_name(path, wanted)
        if not isinstance(first, str):
            table.notes.append(f"no header: columns taken as {', '.join(COLUMNS[: max(len(first), 2)])}")
        return Header(dict(enumerate(COLUMNS)), len(COLUMNS)), lines
    if header.languages is None:
        table.notes += check_file_name(path, wanted)
    else:
        table.notes += header.check(path, lines[0][0], wanted)
    if header.unused:
        table.notes.append(f"columns not used: {', '.join(header.unused)}")
    return header, lines[1:]


def _fill(table: Table, lines: Iterable[_Line], header: Header) -> None:
    need = 1 + max((i for i, name in header.columns.items() if name in ("source", "target")), default=1)
    for line, cells in lines:
        if isinstance(cells, str):
            table.problems.append((line, cells))
            continue
        while not cells[-1].strip():
            cells.pop()
        if len(cells) > header.width:
            what = f"{len(cells)} columns where {header.width} are expected — quote cells that hold the separator"
            table.problems.append((line, what))
        elif len(cells) == 1 and need > 1 and "status" not in header.columns.values():
            what = f"only one column, “{cells[0].strip()}” — a row needs a source and a target"
            table.problems.append((line, what))
        else:
            names = header.columns.items()
            table.rows.append(Row(line, {name: cells[i] for i, name in names if i < len(cells) and cells[i]}))
