"""ZIP packages of documents: read in bounded memory, written with all untouched parts as they are."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from zipfile import ZipFile

from lxml import etree

from mtpipe.errors import InputError, OutputError

MOST_FILES = 20_000
MOST_BYTES = 1 << 30  # of all files, unpacked
MOST_TEXT = 128 << 20  # of one part that is read
RATIO = 200  # packed text is rarely a twentieth
SMALL = 1 << 20  # bytes that need not keep to the ratio
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@contextmanager
def opened(path: Path, name: str, kind: str) -> Iterator[ZipFile]:
    """The package at path, called name; kind ("Word document") is what it should be. Raises InputError."""
    try:
        with path.open("rb") as file:
            if file.read(8) == _OLE:
                raise InputError(f"{name}: protected by a password, or in the format of Office 97 under another name; "
                                 "open it in an office program and save it anew without a password")
        with ZipFile(path) as package:
            _check(package, name)
            yield package
    except zipfile.BadZipFile as error:
        raise InputError(f"{name}: no {kind}, or a damaged one ({error}); open and save it again") from error
    except OSError as error:
        raise InputError(f"{name}: can't be read: {error.strerror}; check the file and its permissions") from error


def part(package: ZipFile, part: str, name: str, may_have_doctype: bool = False) -> str:
    """The text of a part, well-formed XML in UTF-8; raises InputError, KeyError where there is no such part."""
    info = package.getinfo(part)
    if info.file_size > MOST_TEXT:
        raise InputError(f"{name}: {part} has {info.file_size:,} bytes, at most {MOST_TEXT:,} are read; split it")
    try:
        data = package.read(info)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise InputError(f"{name}: {part} is damaged ({error}); open and save the document again") from error
    if b"<!DOCTYPE" in data[:4096] and not may_have_doctype:
        raise InputError(f"{name}: {part} has a document type, which such documents never have; it is not read")
    try:
        etree.fromstring(data, parser())
        return data.decode("utf-8")
    except etree.XMLSyntaxError as error:
        raise InputError(f"{name}: {part}: broken XML ({error.msg}); open and save the document again") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: {part} is not in UTF-8; open and save the document again") from error


def write(source: Path, changed: Mapping[str, bytes], path: Path) -> None:
    """Writes the package at source with the changed parts in their places, the very file if there are none."""
    try:
        if not changed:
            shutil.copyfile(source, path)
            return
        with ZipFile(source) as package, ZipFile(path, "w") as output:
            output.comment = package.comment
            for info in package.infolist():
                # a copy, since writing changes it
                with output.open(copy(info), "w", force_zip64=info.file_size > 1 << 30) as target:
                    if info.filename in changed:
                        target.write(changed[info.filename])
                    else:
                        with package.open(info) as file:
                            shutil.copyfileobj(file, target)
    except (OSError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"{path}: can't be written: {reason}; check permissions and free space") from error


def _check(package: ZipFile, name: str) -> None:
    """Refuses what no word processor writes: paths out of the package, encrypted files, far too much in too little."""
    infos = package.infolist()
    for info in infos:
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or not parts[0] or ":" in parts[0]:
            raise InputError(f"{name}: holds a file called {info.filename!r}, which leads out of the document; it may "
                             "have been made to do harm, and is not read")
        if info.flag_bits & 1:
            raise InputError(f"{name}: protected by a password; save it without one")
        if info.file_size > SMALL and info.file_size > RATIO * max(info.compress_size, 1):
            raise InputError(f"{name}: {info.filename} would unpack to {info.file_size:,} bytes from "
                             f"{info.compress_size:,}; this is not a document but a trap (zip bomb), and is not read")
    total = sum(info.file_size for info in infos)
    if total > MOST_BYTES or len(infos) > MOST_FILES:
        raise InputError(f"{name}: unpacks to {total:,} bytes in {len(infos):,} files; at most {MOST_BYTES:,} and "
                         f"{MOST_FILES:,} are read")
    names = {info.filename for info in infos}
    if len(names) < len(infos):
        raise InputError(f"{name}: holds several files of one name; open and save it again")


def parser() -> etree.XMLParser:
    """One that expands no entity, fetches nothing and keeps libxml2's limits."""
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
