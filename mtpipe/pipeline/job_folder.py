"""The job's folder of files: which are documents, in what order and portions, and how results get their places."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from mtpipe import plugins
from mtpipe.config import Job
from mtpipe.config.job import STATE
from mtpipe.errors import ConfigError, InputError
from mtpipe.io import atomic, object_store
from mtpipe.io.spool import Spool

Window = tuple[int, list["File"]]  # its number and files that are in memory together
_FLUSHES = 4  # at once: a disk does them together
_MEDIA = ("image", "audio", "video", "font")  # kinds of files without text


@dataclass(frozen=True, slots=True)
class File:
    """A file of the source tree; name is its relative path in segment ids and reports, size in bytes.

    format: the plug-in that reads it, None for a file that is copied or skipped. problem: why it can't be used.
    leads_out: whether it is a link to a file outside the source folder, which is left where it is.
    """

    path: Path
    out: Path
    name: str
    size: int
    format: str | None
    problem: str = ""
    leads_out: bool = False


def unsupported(file: File) -> str:
    """Why a file that no format reads is not translated; "" for pictures, sound and fonts, which hold no text."""
    kind = (mimetypes.guess_type(file.name)[0] or "").partition("/")[0]
    if kind in _MEDIA:
        return ""
    hint = f"; {plugins.advice(file.path)}" if file.path.suffix.lower() in plugins.ADVICE else ""
    return f"{file.name}: not translated, no format reads {file.path.suffix or 'files without suffix'}{hint}"


def files(job: Job) -> Sequence[File]:
    """The job's files sorted, a folder's together, without hidden ones and its own output; InputError for none.

    Of a job that is one shard of several only that shard's: which one a file is in depends on its name alone.
    """
    entries = Spool(_files(job))
    if object_store.is_remote(job.source):
        if not entries:
            raise InputError(f"{object_store.url(job.source)}: there are no files to translate; check the address")
    elif not entries:
        raise InputError(f"{job.source}: the folder holds no files to translate; check the path")
    else:
        _spare_inputs(job, entries)
    if not job.shard:
        return entries
    number, count = job.shard
    return Spool(file for file in entries if shard_of(file.name, count) == number)


def shard_of(name: str, count: int) -> int:
    """The shard (1 to count) of the file of that name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % count + 1


def _files(job: Job) -> Iterator[File]:
    if object_store.is_remote(job.source):
        yield from _objects(job)
    elif job.source.is_file():
        out = job.out if job.is_single else job.out / plugins.output_name(job.source.name)
        file = _file(job.source, job.source.name, out)
        if file.format is None:
            raise InputError(f"{job.source}: no format reads {job.source.suffix or 'such'} files; "
                             f"{plugins.advice(job.source)}")
        yield file
    else:
        closed: list[OSError] = []
        root = None if job.follow_links else job.source.resolve()
        for path in map(Path, _walk(job.source, _own(job), closed.append)):
            yield _file(job.source / path, _readable(path), _output(job.out / path), root)
        for error in closed:
            path = Path(error.filename)
            yield File(path, job.out, _readable(path.relative_to(job.source)), 0, None, _cant_read(error))


def _objects(job: Job) -> list[File]:
    """The objects below the job's source, or the one that it is, but for hidden ones and the job's own output."""
    entries = []
    for name, size in object_store.files(job.source):
        path = job.source / name
        is_own = path.is_relative_to(job.out) and job.out != job.source
        if not is_own and not any(part.startswith(".") for part in PurePosixPath(name).parts) and name[-1:] != "/":
            place = path if path.name != job.source.name or not object_store.is_object(job.source) else job.source
            entries.append(File(place, job.out / name, name, size, plugins.format_name(path)))
    return sorted(entries, key=lambda file: PurePosixPath(file.name).parts)


def _own(job: Job) -> tuple[Path, ...]:
    """The folders that the job writes to."""
    return job.out.resolve(), job.reports.resolve()


def _spare_inputs(job: Job, entries: Sequence[File]) -> None:
    """Raises ConfigError where the job would write over a file that it reads, links and nested folders resolved."""
    source, own = job.source.resolve(), _own(job)
    others = {file.path.resolve() for file in entries if file.path.is_symlink()}
    others |= {path.resolve() for path in (*job.tm, job.glossary) if path}
    resolved = cache(Path.resolve)  # of folders
    for path in chain((file.out for file in entries), (job.reports / name for name in ("report.html", "report.json"))):
        place = path.resolve() if path.is_symlink() else resolved(path.parent) / path.name
        if place in others or _is_read(place, source, own):
            raise ConfigError(f"{path}: the job would overwrite this input; choose another --out or --report-dir")
    for folder, mark, option in ((job.out, STATE, "--out"), (job.reports, "report.json", "--report-dir")):
        if job.source.is_dir() and folder.resolve().is_relative_to(job.source.resolve()):
            _spare_folder(folder, mark, option)


def _is_read(path: Path, source: Path, own: Sequence[Path]) -> bool:
    """Whether a resolved path is one of the files below the source that the job reads."""
    if path == source:
        return True
    if not path.is_relative_to(source) or any(part.startswith(".") for part in path.relative_to(source).parts):
        return False
    inside = (folder for folder in own if source in folder.parents)
    return not any(path.is_relative_to(folder) for folder in inside) and path.is_file()


def _spare_folder(folder: Path, mark: str, option: str) -> None:
    """Raises ConfigError for a folder inside the source that has files, but not the mark of an earlier run."""
    if not (folder / mark).exists():
        if existing := next((path for path in folder.rglob("*") if path.is_file()), None):
            raise ConfigError(f"{folder}: a folder of the source with its own files, such as {existing.name}; choose "
                              f"another {option}")  # fmt: skip


def windows(entries: Sequence[File], limit: int, first: int | None = None) -> Iterator[Window]:
    """Consecutive files up to limit bytes together, at least one; the same files give the same windows.

    first: the limit of the first window, where that is another.
    """
    window: list[File] = []
    number, size, most = 0, 0, limit if first is None else first
    for file in entries:
        if window and size + file.size > most:
            yield number, window
            number, window, size, most = number + 1, [], 0, limit
        window.append(file)
        size += file.size
    if window:
        yield number, window


def place(path: Path, write: Callable[[Path], object]) -> None:
    """Lets write fill a temporary file beside path, then puts it there at once; raises OutputError."""
    if object_store.is_remote(path):
        with TemporaryDirectory() as folder:
            write(Path(folder) / path.name)
            object_store.put(Path(folder) / path.name, path)
        return
    advice = "check permissions and free space, then run the same command again"
    with atomic.replacement(path, advice, is_flushed=False) as part:
        write(part)


class Flushing:
    """Sees to it that files reach the disk, beside all other work: waiting for that takes longer than writing them.

    What is lost before, with the power, the next run of the job writes again: it knows the digests.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_FLUSHES)

    def __enter__(self) -> Flushing:
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown()

    def add(self, path: Path) -> None:
        self._threads.submit(_flush, path)


def _flush(path: Path) -> None:
    with suppress(OSError):  # of a disk that is full or gone, the next thing written tells
        atomic.flush(path)


def is_there(path: Path) -> bool:
    """Whether there is a file."""
    return bool(object_store.token(path)) if object_store.is_remote(path) else path.is_file()


def is_cut_off(path: Path, write: Callable[[Path], object]) -> bool:
    """Whether path holds the beginning of what write would write, and no more: a disk that was full, a lost power."""
    if object_store.is_remote(path):
        return False  # an object is there whole or not at all
    with TemporaryDirectory() as folder:
        whole = Path(folder) / path.name
        write(whole)
        content, complete = path.read_bytes().rstrip(b"\0"), whole.read_bytes()
    return len(content) < len(complete) and complete.startswith(content)


def as_it_is(file: File) -> File:
    """The file as one that is copied: its copy has its name, whatever a translation is called."""
    is_other_type = file.out.name == plugins.output_name(file.path.name)
    return replace(file, out=file.out.with_name(file.path.name)) if is_other_type else file


def copy(file: File) -> bool:
    """Copies a file with its times; False where the copy is there already."""
    if object_store.is_remote(file.path) or object_store.is_remote(file.out):
        return _copy_remote(file)
    try:
        new, old = file.path.stat(), file.out.stat()
        if (new.st_size, new.st_mtime_ns) == (old.st_size, old.st_mtime_ns):
            return False
    except FileNotFoundError:
        pass
    place(file.out, lambda path: shutil.copy2(file.path, path))
    return True


def _copy_remote(file: File) -> bool:
    """Copies a file from or to an object store; it has no times there, so that its size tells."""
    there = object_store.size(file.out) if object_store.is_remote(file.out) else (
        file.out.stat().st_size if file.out.is_file() else None)  # fmt: skip
    if there == file.size:
        return False
    place(file.out, lambda path: local_copy(file.path, path))
    return True


def local_copy(path: Path, copy: Path) -> None:
    """Copies a file of any place to a local one; raises OSError."""
    if object_store.is_remote(path):
        object_store.fetch(path, copy)
    else:
        shutil.copy2(path, copy)


def _walk(root: Path, inside: tuple[Path, ...], on_closed: Callable[[OSError], object]) -> Iterator[str]:
    """Relative paths of the files under root, sorted by their parts, one folder being held at a time.

    Links to files count, links to folders are not followed (cycles).
    """
    folders = [_entries(root, on_closed)]
    while folders:
        if not folders[-1]:
            folders.pop()
            continue
        entry = folders[-1].pop()
        if not _is_folder(entry):
            yield os.path.relpath(entry.path, root)
        elif not entry.is_symlink() and not any(Path(entry.path).resolve() == path for path in inside):
            folders.append(_entries(entry.path, on_closed))


def _entries(folder: str | Path, on_closed: Callable[[OSError], object]) -> list[os.DirEntry[str]]:
    """What is in a folder and not hidden, the first at the end."""
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        on_closed(error)
        return []
    return sorted(visible, key=lambda entry: entry.name, reverse=True)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # its own reading says why


def _cant_read(error: OSError) -> str:
    return f"{error.filename}: can't be read ({error.strerror}); check its permissions"


def _file(path: Path, name: str, out: Path, root: Path | None = None) -> File:
    """root: what links must not lead out of."""
    if root and path.is_symlink() and path.exists() and not path.resolve().is_relative_to(root):
        return File(path, out, name, 0, None, leads_out=True)
    try:
        size = path.stat().st_size
    except OSError as error:
        return File(path, out, name, 0, None, _cant_read(error))
    if not path.is_file():
        return File(path, out, name, 0, None, f"{path}: is not a regular file; remove it from the folder")
    return File(path, out, name, size, plugins.format_name(path))


def _output(path: Path) -> Path:
    return path.with_name(plugins.output_name(path.name))


def _readable(path: Path) -> str:
    """The relative path with forward slashes, as text that every report can hold whatever bytes the name has."""
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
