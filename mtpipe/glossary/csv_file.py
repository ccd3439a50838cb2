"""Reads CSV and TSV tables as people export them: detects encoding and delimiter, and says which."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

from mtpipe.errors import GlossaryError
from mtpipe.glossary.columns import read_header
from mtpipe.glossary.rows import Line
from mtpipe.languages.tags import primary_subtag

_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "TAB", "|": "|"}  # in this order where they serve equally well
_SAMPLE = 200  # rows that decide on the delimiter
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)  # Excel's own first line
# what tables were saved in before UTF-8, cp1252 for the rest: a few words are too little to guess among all encodings
_LEGACY = {
    **dict.fromkeys("cs hr hu pl ro sk sl".split(), ("cp1250", "iso8859_2")),
    **dict.fromkeys("be bg mk ru sr uk".split(), ("cp1251", "koi8_r")),
    **dict.fromkeys("et lt lv".split(), ("cp1257",)),
    **{"el": ("cp1253",), "tr": ("cp1254",), "he": ("cp1255",), "ar": ("cp1256",), "vi": ("cp1258",)},
    **{"th": ("tis_620",), "ja": ("cp932", "euc_jp"), "ko": ("cp949",), "zh": ("gb18030",)},
}


def read_lines(path: Path, languages: tuple[str, str]) -> tuple[list[Line], list[str]]:
    """(the file's lines of cells, notes on what was detected); raises GlossaryError when it is no such text."""
    text, encoding = decode(path.read_bytes(), path, languages)
    declared = _SEPARATOR_LINE.match(text)
    body = text[declared.end() :] if declared else text
    mark = declared.group(1) if declared else _delimiter(body, path, languages)
    lines = list(_lines(body, mark, skipped=1 if declared else 0))
    notes = [f"read as {encoding}, columns separated by {_DELIMITERS.get(mark, mark)}"]
    if mark == "\t" and any(isinstance(cells, str) for _, cells in lines):
        # TSV proper knows no quoting (IANA text/tab-separated-values): there a quote is a character
        lines = list(_lines(body, mark, skipped=1 if declared else 0, is_quoted=False))
        notes.append("quotation marks read as characters")
    return lines, notes


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
        encoding += " (guessed: it is not UTF-8)"
    if "\0" in text:
        raise GlossaryError(f"{path}: not a text file — export the glossary as CSV in UTF-8")
    return text, encoding


def _guess(data: bytes, languages: Sequence[str]) -> str:
    from charset_normalizer import from_bytes  # on use: most files are UTF-8

    likely = [name for lang in languages for name in _LEGACY.get(primary_subtag(lang), ())] + ["cp1252"]
    if any(lang in ("zh-TW", "zh-HK", "zh-Hant") for lang in languages):
        likely = ["big5", "cp1252"]
    best = from_bytes(data[: 1 << 18], cp_isolation=likely).best()
    return best.encoding if best else likely[0]


def _delimiter(text: str, path: Path, languages: tuple[str, str]) -> str:
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
        has_header = bool(good) and good[0] == lines[0] and read_header(good[0], languages) is not None
        return has_header, share, mark == "\t" and path.suffix.lower() in (".tsv", ".tab")

    return max(_DELIMITERS, key=fitness)


def _lines(text: str, mark: str, skipped: int = 0, is_quoted: bool = True) -> Iterator[Line]:
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
            cells = f'a cell is not quoted correctly{where} — put it in quotes and write " inside it as ""'
        if isinstance(cells, str) or any(cell and not cell.isspace() for cell in cells):
            yield start, cells
