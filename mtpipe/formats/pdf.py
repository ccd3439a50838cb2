"""PDF: its text as Markdown, to be read in another language; the layout is not kept."""

from __future__ import annotations

from pathlib import Path

from mtpipe.document.segment import Document
from mtpipe.errors import UnsuitedError
from mtpipe.formats.editing.encoding import Encoding, write_text
from mtpipe.formats.markdown.document import MarkdownFormat

_NOTE = "the text of a PDF, written as Markdown: its layout, tables and pictures are not kept"


class PdfFormat:
    """PDF, if pdfminer.six is installed: the text is extracted and written as Markdown; the layout is not kept."""

    suffixes = (".pdf",)

    def __init__(self) -> None:
        self._markdown = MarkdownFormat()

    def read(self, path: Path, name: str) -> Document:
        """Its headings, paragraphs and items as Markdown's; raises InputError.

        UnsuitedError: its pages are pictures, or pdfminer.six is not installed.
        """
        try:
            from mtpipe.formats.pdf_text import markdown  # on use: an optional package
        except ModuleNotFoundError as error:
            raise UnsuitedError(f"{name}: not translated, the text of a PDF is read with pdfminer.six: pip install "
                                "'mtpipe[pdf]'") from error  # fmt: skip
        text = markdown(path, name)
        if not text.strip():
            raise UnsuitedError(f"{name}: not translated, no text in it; if its pages are pictures, use OCR first")
        segments, skeleton = self._markdown.read_text(text, name)
        return Document(name, tuple(segments), skeleton, (_NOTE,))

    def write(self, document: Document, path: Path) -> None:
        """The text with its segments' targets, as Markdown; raises OutputError."""
        write_text(self._markdown.written_text(document.skeleton, iter(document.segments)), Encoding(), path)
