"""The text of a PDF as Markdown.

A PDF says where letters stand and not what belongs together: headings are told by their size, paragraphs by the space
around them, and what is at the same place of most pages is left out.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pdfminer.high_level import extract_pages
from pdfminer.layout import LAParams, LTChar, LTTextBox, LTTextLine
from pdfminer.pdfdocument import PDFPasswordIncorrect, PDFTextExtractionNotAllowed

from mtpipe.errors import InputError

MOST_BYTES = 200 << 20
MOST_PAGES = 3000
_BULLET = re.compile(r"^[•◦▪■●○–‣∙·]\s*")
_NUMBER = re.compile(r"^(\d{1,3})[.)]\s+")
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_SENTENCE_END = re.compile(r"[.!?:;…。！？]['\"”’)\]]*$")
_BULLET_GAP = 40  # points between a bullet and its text, at most
_LARGER = 1.15  # times the size of most letters: a heading
_MARGIN = 0.1  # share of a page's height at its top and bottom where headers and footers stand


@dataclass(frozen=True, slots=True)
class _Box:
    """Lines that stand together on a page, the size of their letters, and how high they stand (0 to 1)."""

    page: int
    lines: tuple[str, ...]
    size: float
    height: float


def markdown(path: Path, name: str) -> str:
    """The headings, paragraphs and items of the PDF at path, called name; raises InputError."""
    return _markdown(_boxes(path, name))


def _boxes(path: Path, name: str) -> list[_Box]:
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{name}: has more than {MOST_BYTES:,} bytes; split it")
        with path.open("rb") as file:
            if b"%PDF-" not in file.read(1024):
                raise InputError(f"{name}: is not a PDF; rename it by what it is")
        return [box for number, page in enumerate(extract_pages(path, laparams=LAParams(), maxpages=MOST_PAGES))
                for box in _page(number, page)]  # fmt: skip
    except OSError as error:
        raise InputError(f"{name}: can't be read: {error.strerror}; check the file and its permissions") from error
    except (PDFPasswordIncorrect, PDFTextExtractionNotAllowed) as error:
        raise InputError(f"{name}: protected by a password; save it without one") from error
    except InputError:
        raise
    except Exception as error:  # damaged files break the library in any way
        raise InputError(f"{name}: damaged, or not a PDF ({type(error).__name__}); open and save it again") from error


def _page(number: int, page: object) -> Iterator[_Box]:
    _, bottom, _, top = page.bbox  # type: ignore[attr-defined]
    boxes = [box for box in page if isinstance(box, LTTextBox)]  # type: ignore[attr-defined]
    bullets = [line for box in boxes for line in box if _BULLET.fullmatch(line.get_text().strip())]
    for box in boxes:
        lines = [line for line in box if line.get_text().strip() and line not in bullets]
        sizes = Counter(round(letter.size, 1) for line in lines for letter in line if isinstance(letter, LTChar))
        texts = tuple("• " * _has_bullet(line, bullets) + " ".join(line.get_text().split()) for line in lines)
        if texts:
            height = (box.y0 - bottom) / max(1.0, top - bottom)
            yield _Box(number, texts, sizes.most_common(1)[0][0] if sizes else 0.0, height)


def _has_bullet(line: LTTextLine, bullets: Sequence[LTTextLine]) -> bool:
    """Does a bullet that stands by itself belong to the line?"""
    return any(bullet.x0 < line.x0 < bullet.x1 + _BULLET_GAP and bullet.y0 < (line.y0 + line.y1) / 2 < bullet.y1
               for bullet in bullets)


def _markdown(boxes: Sequence[_Box]) -> str:
    boxes = _without_margins(boxes)
    letters = Counter[float]()
    for box in boxes:
        letters[box.size] += sum(map(len, box.lines))
    usual = letters.most_common(1)[0][0] if letters else 0.0
    larger = sorted({box.size for box in boxes if box.size > usual * _LARGER and len(box.lines) < 4}, reverse=True)
    blocks: list[str] = []
    for box in boxes:
        if box.size in larger and len(box.lines) < 4:
            level = min(larger.index(box.size) + 1, 4)
            blocks.append(f"{'#' * level} {_escaped(_joined(box.lines))}")
            continue
        for paragraph in _paragraphs(box.lines):
            text = _escaped(_BULLET.sub("", paragraph)) if _BULLET.match(paragraph) else _escaped(paragraph)
            if _BULLET.match(paragraph):
                text = f"- {text}"
            elif blocks and not _SENTENCE_END.search(blocks[-1]) and text[:1].islower() and blocks[-1][:1] not in "#-":
                blocks[-1] = f"{blocks[-1]} {text}"  # a page or a column ended within the sentence
                continue
            blocks.append(text)
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _without_margins(boxes: Sequence[_Box]) -> list[_Box]:
    """The boxes without headers, footers and numbers of pages."""
    pages = len({box.page for box in boxes})

    def shape(box: _Box) -> str:
        return re.sub(r"\d+", "0", " ".join(box.lines))

    edges = Counter(shape(box) for box in boxes if not _MARGIN < box.height < 1 - _MARGIN)
    return [box for box in boxes if _MARGIN < box.height < 1 - _MARGIN
            or re.search(r"[^\W\d]", shape(box)) and (pages < 3 or edges[shape(box)] * 2 < pages)]


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """The lines of a box joined, items apart."""
    block: list[str] = []
    for line in lines:
        if block and (_BULLET.match(line) or _NUMBER.match(line) and _SENTENCE_END.search(block[-1])):
            yield _joined(block)
            block = []
        block.append(line)
    if block:
        yield _joined(block)


def _joined(lines: Sequence[str]) -> str:
    whole = ""
    for line in lines:
        if re.search(r"[a-zà-ž]-$", whole) and re.match(r"[a-zà-ž]", line):
            whole = whole[:-1] + line  # a word that was divided
        else:
            whole += (" " if whole else "") + line
    return whole


def _escaped(text: str) -> str:
    text = _SPECIAL.sub(r"\\\1", text)
    return re.sub(r"^(\d{1,3})([.)])(?!\s)", r"\1\\\2", re.sub(r"^([-+=])", r"\\\1", text))
