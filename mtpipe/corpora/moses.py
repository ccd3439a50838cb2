"""Two line-aligned files, `x.en` and `x.de`: line n of the one is the translation of line n of the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mtpipe.corpora import Located, runs
from mtpipe.errors import InputError, amount
from mtpipe.io import compression, lines
from mtpipe.languages.tags import is_same


def files(path: Path, source_lang: str, target_lang: str) -> tuple[Path, Path] | None:
    """The (source, target) files that path, one of them or their common name, stands for; None when there are none."""
    own = compression.suffix(path).removeprefix(".")
    is_one = path.is_file() and any(is_same(own, lang) for lang in (source_lang, target_lang))
    name = compression.stem(path) if is_one else path.name
    paths = []
    for lang in (source_lang, target_lang):
        beside = sorted(other for other in path.parent.glob(f"{_escaped(name)}.*") if compression.stem(other) == name)
        paths.append(next((other for other in beside if is_same(compression.suffix(other)[1:], lang)), None))
    source, target = paths
    if is_one and (source is None or target is None):
        missing = source_lang if source is None else target_lang
        raise InputError(f"{path}: no {name}.{missing} beside it; line-aligned text needs both languages")
    return (source, target) if source and target else None


def located(source: Path, target: Path) -> Iterator[Located]:
    """Pairs in runs of neighbours; lines with an empty side are left out.

    Raises InputError before the first pair when the files have different numbers of lines or can't be read: no pair
    of such files can be trusted.
    """
    counts = [sum(1 for _ in lines.numbered(path)) for path in (source, target)]
    if counts[0] != counts[1]:
        raise InputError(f"{source}: {amount(counts[0], 'line')}, but {target} has {counts[1]}; line-aligned files "
                         "need as many")
    rows = zip(lines.numbered(source), lines.numbered(target), strict=True)
    is_empty = True
    pairs = ((one.strip(), other.strip()) for (_, one), (_, other) in rows)
    for place, (first, second) in runs(compression.stem(source), pairs):
        if first and second:
            is_empty = False
            yield place, (first, second)
    if is_empty:
        raise InputError(f"{source}: no line with a text here and in {target}")


def _escaped(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)
