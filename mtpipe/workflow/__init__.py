"""Stages in a row, each done again only when what goes into it has changed; a manifest says what was done from what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from mtpipe.errors import ConfigError, MtpipeError
from mtpipe.workflow.manifest import Manifest

__all__ = ["Stage", "plan", "run"]

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step. inputs: what its result depends on, by name, as short texts (digests); outputs: the paths it makes.

    act does it and returns what the manifest should tell; "incomplete" among that says why it is to be done again.
    Both inputs and outputs are asked for when the stages before are done.
    """

    name: str
    inputs: Callable[[], dict[str, str]]
    outputs: Callable[[], tuple[Path, ...]]
    act: Callable[[], dict[str, Any]]


def run(
    stages: Sequence[Stage], manifest: Manifest, first: str = "", last: str = "", again: bool = False,
    tell: Tell = lambda line: None,
) -> Manifest:
    """Does the stages from first to last ("": the very first and last) that need it, and writes the manifest.

    again: whether or not they need it. Raises ConfigError for an unknown stage and for one left out that never was
    done, else what a stage raises; the manifest then says which failed, and a run to come begins there.
    """
    selection = _selection([stage.name for stage in stages], first, last)
    for number, stage in enumerate(stages):
        if number < selection.start:
            _require(stage)
        if number not in selection:
            continue
        inputs = stage.inputs()
        reason = "requested" if again else _unfinished(stage, manifest) or _changed(stage, manifest, inputs)
        if not reason:
            tell(f"{stage.name}: unchanged")
            continue
        tell(f"{stage.name}: {reason}")
        _do(stage, manifest, inputs)
    return manifest


def plan(stages: Sequence[Stage], manifest: Manifest, first: str = "", last: str = "") -> Iterator[tuple[str, str]]:
    """(stage, why it would be done, "" if not), as far as can be said before the stages that it builds on are done."""
    selection = _selection([stage.name for stage in stages], first, last)
    before = ""
    for stage in (stages[number] for number in selection):
        reason = _unfinished(stage, manifest)
        if not reason and before:
            reason = f"if the result of {before} changes"
        elif not reason:
            reason = _changed(stage, manifest, stage.inputs())
        yield stage.name, reason
        before = before or (stage.name if reason else "")


def _unfinished(stage: Stage, manifest: Manifest) -> str:
    record = manifest.stages.get(stage.name)
    if record is None:
        return "not done yet"
    return "" if record["state"] == "done" else f"was not finished ({record['state']})"


def _changed(stage: Stage, manifest: Manifest, inputs: dict[str, str]) -> str:
    """Why a finished stage is to be done again; "" where it was done from these inputs and what it made is there."""
    before = manifest.stages[stage.name]["inputs"]
    changed = [name for name in {**before, **inputs} if before.get(name) != inputs.get(name)]
    if changed:
        return f"changed: {', '.join(changed)}"
    lost = [str(path) for path in stage.outputs() if not path.exists()]
    return f"missing: {', '.join(lost)}" if lost else ""


def _do(stage: Stage, manifest: Manifest, inputs: dict[str, str]) -> None:
    manifest.put(stage.name, state="running", inputs=inputs)  # what is killed here was not finished
    start = perf_counter()
    try:
        facts = stage.act()
    except MtpipeError as error:
        manifest.put(stage.name, state="failed", inputs=inputs, why=str(error))
        raise
    state = "incomplete" if facts.get("incomplete") else "done"
    manifest.put(stage.name, state=state, inputs=inputs, outputs=[str(path) for path in stage.outputs()],
                 seconds=round(perf_counter() - start, 1), facts=facts)  # fmt: skip


def _selection(names: Sequence[str], first: str, last: str) -> range:
    for name in (first, last):
        if name and name not in names:
            raise ConfigError(f"no stage {name!r} in this run; available: {', '.join(names)}")
    begin = names.index(first) if first else 0
    end = names.index(last) + 1 if last else len(names)
    if begin >= end:
        raise ConfigError(f"{first} comes after {last}; the order is {', '.join(names)}")
    return range(begin, end)


def _require(stage: Stage) -> None:
    lost = [str(path) for path in stage.outputs() if not path.exists()]
    if lost:
        raise ConfigError(f"{stage.name} has not been run ({', '.join(lost)} missing); begin with --from {stage.name}")
