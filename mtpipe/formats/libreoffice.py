"""Documents of old office programs (RTF, DOC), through LibreOffice: converted to DOCX, translated, converted back."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mtpipe.document.segment import Document
from mtpipe.errors import InputError, OutputError, UnsuitedError
from mtpipe.formats.ooxml.word import WordFormat

_SECONDS = 300
_PROGRAMS = ("soffice", "libreoffice")
_NOTE = "read and written through LibreOffice, which may change details of the layout; look at the pages"
# What soffice is asked for: the suffix alone would make web pages of some.
_FILTERS = {".docx": "docx:MS Word 2007 XML", ".rtf": "rtf:Rich Text Format", ".doc": "doc:MS Word 97"}
_HEADS = {".rtf": b"{\\rtf", ".doc": b"\xd0\xcf\x11\xe0"}


@dataclass(frozen=True, slots=True)
class _ConvertedSkeleton:
    """The file as it was, its suffix, and the DOCX that LibreOffice made of it with what was read in that."""

    path: Path
    suffix: str
    docx: bytes
    document: Document


class LibreOfficeFormat:
    """RTF and DOC by way of DOCX, if LibreOffice is installed (it must be found as soffice)."""

    suffixes = (".rtf", ".doc")

    def __init__(self, source_lang: str = "", target_lang: str = ""):
        self._word = WordFormat(source_lang=source_lang, target_lang=target_lang)

    def read(self, path: Path, name: str) -> Document:
        """Every paragraph with its formats as codes; raises InputError, UnsuitedError without LibreOffice."""
        suffix = path.suffix.lower()
        try:
            with path.open("rb") as file:
                head = file.read(8)
        except OSError as error:
            raise InputError(f"{name}: can't be read: {error.strerror}; check the file and its permissions") from error
        if not head.startswith(_HEADS[suffix]):
            raise InputError(f"{name}: is not in the {suffix[1:].upper()} format; rename it by what it is")
        if _program() is None:
            raise UnsuitedError(f"{name}: not translated, LibreOffice (soffice) is not installed; install it, or save "
                                "the file as .docx")  # fmt: skip
        with TemporaryDirectory() as folder:
            try:
                converted = _convert(path, ".docx", Path(folder))
            except (OSError, subprocess.SubprocessError) as error:
                raise InputError(f"{name}: LibreOffice could not convert it ({error}); save it as .docx") from error
            document = self._word.read(converted, name)
            skeleton = _ConvertedSkeleton(path, suffix, converted.read_bytes(), document)
        return Document(name, document.segments, skeleton, (*document.notes, _NOTE))

    def write(self, document: Document, path: Path) -> None:
        """The document in the format it was in; the very file where nothing has a target. Raises OutputError."""
        skeleton: _ConvertedSkeleton = document.skeleton
        if all(segment.target in (None, segment.source) for segment in document.segments):
            shutil.copyfile(skeleton.path, path)
            return
        with TemporaryDirectory() as folder:
            source, target = Path(folder) / "source.docx", Path(folder) / "target.docx"
            source.write_bytes(skeleton.docx)
            inner = replace(skeleton.document.skeleton, path=source)
            self._word.write(replace(document, skeleton=inner), target)
            try:
                shutil.copyfile(_convert(target, skeleton.suffix, Path(folder) / "out"), path)
            except (OSError, subprocess.SubprocessError) as error:
                raise OutputError(f"{path}: LibreOffice could not write it ({error}); translate a .docx") from error


def _program() -> str | None:
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def _convert(path: Path, suffix: str, folder: Path) -> Path:
    """The file at path as LibreOffice saves it with suffix, in folder; raises OSError and SubprocessError."""
    program = _program()
    if program is None:
        raise OSError("LibreOffice is not installed: no program soffice")
    profile = folder / "profile"  # its own: another LibreOffice that runs would take the job and may be closed
    profile.mkdir(parents=True, exist_ok=True)
    command = [program, f"-env:UserInstallation={profile.absolute().as_uri()}", "--headless", "--norestore",
               "--convert-to", _FILTERS[suffix], "--outdir", str(folder), str(path.absolute())]
    subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
    converted = folder / f"{path.stem}{suffix}"
    if not converted.is_file():
        raise OSError("it made no file")
    return converted
