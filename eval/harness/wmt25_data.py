"""WMT 2025 terminology task: test sets, teams' outputs and official figures, as its repository has them or in part."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.testsets import Outputs, with_outputs
from mtpipe.evaluation.testsets.terms import read_terms

MODES = ("proper", "random", "noterm")
ITEMS = ("proper", "random")  # both are counted in every mode
_OFFICIAL = ("official_scores.json", "metric_track{0}/track{0}_score_dict.json",
             "metric_track{0}/scores/track{0}_score_dict.json")  # fmt: skip
_YEAR = re.compile(r"\d{4}")

Figures = Mapping[str, float]
_Files = Mapping[tuple[str, str], tuple[Path, ...]]


@dataclass(frozen=True, slots=True)
class Wmt25Task:
    """A direction of one track: data are its test files in order; submissions: by team and mode, a file for each.

    official: the organisers' figures by mode and team, as they call them; none where they gave none.
    """

    track: int
    source_lang: str
    target_lang: str
    data: tuple[Path, ...]
    submissions: Mapping[tuple[str, str], tuple[Path, ...]] = field(default_factory=dict)
    official: Mapping[str, Mapping[str, Figures]] = field(default_factory=dict)

    @property
    def pair(self) -> str:
        return f"{self.source_lang}-{self.target_lang}"

    @property
    def teams(self) -> list[str]:
        """All that took part, by their outputs or by the organisers' figures."""
        names = {team for team, _ in self.submissions} | {team for mode in self.official.values() for team in mode}
        return sorted(names, key=str.casefold)

    def segments(self, items: str) -> list[Segment]:
        """The test set with the items of a mode as terms, ids "<file>#<line>"; raises InputError."""
        return [segment for path in self.data for segment in _segments(path, self.source_lang, self.target_lang, items)]

    def unasked(self, items: str) -> int:
        """How many items of a mode ask for an empty target, as {"R": [""]}, and have their source in the text.

        Nobody can be asked for nothing, so they are no terms; the organisers count them, as met by any output.
        """
        return sum(_unasked(row.get(items), row[self.source_lang]) for path in self.data for _, row in _rows(path))

    def translated(self, team: str, mode: str, items: str) -> list[Segment]:
        """The same with what the team gave in the mode as drafts."""
        langs = (self.source_lang, self.target_lang)
        return [segment for data, path in zip(self.data, self.submissions[team, mode], strict=True)
                for segment in with_outputs(list(_segments(data, *langs, items)), _outputs(path, *langs))]


def tasks(folder: Path) -> list[Wmt25Task]:
    """What a clone of the task's repository holds, or a folder of its files; by track and direction.

    Track 1: full_data.<pair>.jsonl and <team>.<pair>.<mode>.jsonl; track 2: a file a year, full_data_<year>.jsonl and
    <team>.<year>.<pair>.<mode>.jsonl, its directions being those of the submissions. Raises InputError when there is
    no such file.
    """
    root = folder / "ranking" if (folder / "ranking").is_dir() else folder
    submitted = _submitted(root / "submissions")
    entries = []
    for path in sorted(root.rglob("full_data.*.jsonl")):
        pair = path.name.split(".")[1]
        files = {key[:2]: (files[""],) for key, files in submitted.items() if key[2] == pair and "" in files}
        entries.append(_task(root, 1, pair, (path,), files))
    years = {path.stem[-4:]: path for path in sorted(root.rglob("full_data_[0-9][0-9][0-9][0-9].jsonl"))}
    for pair in sorted({key[2] for key, files in submitted.items() if files.keys() & years.keys()}):
        mine = {key[:2]: files for key, files in submitted.items() if key[2] == pair}
        common = sorted(set().union(*mine.values()) & years.keys())
        whole = {key: tuple(files[year] for year in common) for key, files in mine.items() if files.keys() >= {*common}}
        entries.append(_task(root, 2, pair, tuple(years[year] for year in common), whole))
    if not entries:
        raise InputError(f"{folder}: no full_data.<pair>.jsonl or full_data_<year>.jsonl in it; give a clone of the "
                         "WMT25 terminology task's repository, or a folder of its files")  # fmt: skip
    return entries


def segments(data: Path, outputs: Path, source_lang: str, target_lang: str, mode: str) -> list[Segment]:
    """A test file with a team's outputs as drafts and the mode's terms; ids are "<outputs>#<line>".

    Raises InputError for lines that don't match.
    """
    translated = with_outputs(list(_segments(data, source_lang, target_lang, mode)),
                              _outputs(outputs, source_lang, target_lang))  # fmt: skip
    return [replace(segment, id=f"{outputs.stem}#{n}") for n, segment in enumerate(translated, 1)]


def _task(root: Path, track: int, pair: str, data: tuple[Path, ...], files: _Files) -> Wmt25Task:
    source_lang, target_lang = _languages(data[0], pair)
    scores: dict[str, Any] = {}
    for path in (root / name.format(track) for name in _OFFICIAL):
        if path.is_file() and not scores:
            by_pair = _json(path)
            scores = by_pair.get(pair, by_pair.get(target_lang if track == 1 else "", {}))
    official = {mode: {team: figures for team, figures in teams.items() if figures} for mode, teams in scores.items()}
    return Wmt25Task(track, source_lang, target_lang, data, files, official)


def _submitted(folder: Path) -> dict[tuple[str, str, str], dict[str, Path]]:
    """(team, mode, pair) → {year, "" without one: file}; the teams' names may have dots."""
    entries: dict[tuple[str, str, str], dict[str, Path]] = {}
    for path in sorted(folder.rglob("*.jsonl")):
        team, pair, mode = ["", "", *path.stem.rsplit(".", 2)][-3:]
        name, _, year = team.rpartition(".")
        if not (name and _YEAR.fullmatch(year)):
            name, year = team, ""
        if name and mode in MODES:
            entries.setdefault((name, mode, pair), {})[year] = path
    return entries


def _languages(data: Path, pair: str) -> tuple[str, str]:
    """The two keys of the file's rows that make up the pair: ("en", "es") of "enes"."""
    row = next(_rows(data), ("", {}))[1]
    for source in row:
        if pair.startswith(source) and pair[len(source):] in row:
            return source, pair[len(source):]
    raise InputError(f"{data}:1: no two keys make up {pair!r}; there are {', '.join(row) or 'none'}")


def _segments(path: Path, source_lang: str, target_lang: str, mode: str) -> Iterator[Segment]:
    for where, row in _rows(path):
        source, reference = (_text(row, lang, where) for lang in (source_lang, target_lang))
        if mode not in row:
            raise InputError(f"{where}: no {mode!r} here, only {', '.join(row)}")
        terms = read_terms(row[mode], where, source_lang, target_lang)
        yield Segment(where.rpartition("/")[2].replace(":", "#"), source, terms=terms, reference=reference)


def _unasked(terms: Any, source: str) -> int:
    pairs = terms.items() if isinstance(terms, Mapping) else ()
    empty = [key.strip().lower() for key, targets in pairs if not any(map(str.strip, _listed(targets)))]
    return sum(bool(key) and key in source.lower() for key in empty)


def _listed(targets: Any) -> list[str]:
    return [text for text in (targets if isinstance(targets, list) else [targets]) if isinstance(text, str)]


def _outputs(path: Path, source_lang: str, target_lang: str) -> Outputs:
    rows = list(_rows(path))
    sources = tuple(row[source_lang] for _, row in rows if isinstance(row.get(source_lang), str))
    texts = tuple(_text(row, target_lang, where) for where, row in rows)
    return Outputs(path, texts, sources=sources if len(sources) == len(rows) else ())


def _text(row: Mapping[str, Any], lang: str, where: str) -> str:
    if not isinstance(row.get(lang), str):
        raise InputError(f"{where}: no {lang!r} here, only {', '.join(row)}")
    return row[lang].strip()  # as the organisers do


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(file:line, row) of JSON Lines; raises InputError."""
    try:
        with open(path, encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise ValueError(f"line {number} is no object")
                    yield f"{path}:{number}", row
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not JSON Lines in UTF-8 ({error})") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: the official figures can't be read ({error})") from error
