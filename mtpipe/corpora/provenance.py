"""What is known about the packages that corpora come from: version and licences."""

from __future__ import annotations

from pathlib import Path

from mtpipe.errors import InputError


def read_licences(path: Path) -> dict[str, str]:
    """Origin → licences of a table with the columns package, languages, licences (TAB between, one header line).

    Raises InputError with the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a table in UTF-8 ({error})") from error
    licences = {}
    for number, line in enumerate(lines[1:], 2):
        columns = line.split("\t")
        if len(columns) != 3:
            raise InputError(f"{path}:{number}: {len(columns)} columns; give package, languages and licences")
        licences[columns[0]] = columns[2]
    return licences


def version(folder: Path) -> str | None:
    """The version of the Debian package that was unpacked into folder with its control file; None of anything else."""
    control = folder / "DEBIAN" / "control"
    if not control.is_file():
        return None
    lines = control.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("Version:")), None)
