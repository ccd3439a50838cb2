"""The curve of a training run: curve.csv with a row for each log and evaluation, and its plot."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from transformers import TrainerCallback

COLUMNS = ("step", "seconds", "tokens", "learning_rate", "loss", "nll", "align", "tokens_per_second", "chrf", "bleu",
           "chrf_bare", "chrf_annotated", "terms_bare", "terms", "obeyed")  # fmt: skip


class Curve(TrainerCallback):
    """Appends to the CSV file at path what the trainer logs."""

    def __init__(self, path: Path):
        self.path = path

    def on_log(self, args, state, control, logs=None, **kwargs):
        row = {name.removeprefix("eval_"): value for name, value in (logs or {}).items()} | {"step": state.global_step}
        if not state.is_world_process_zero or not {"nll", "chrf"} & set(row):
            return
        is_new = not self.path.is_file()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            if is_new:
                writer.writeheader()
            writer.writerow(row)


class Teller(TrainerCallback):
    """Tells, in a line, what the trainer logs."""

    def __init__(self, tell: Callable[[str], object]):
        self.tell = tell

    def on_log(self, args, state, control, logs=None, **kwargs):
        if not state.is_world_process_zero:
            return
        scores = {name.removeprefix("eval_"): value for name, value in (logs or {}).items() if name != "epoch"}
        facts = " ".join(f"{name} {value:.4g}" for name, value in scores.items() if isinstance(value, int | float))
        self.tell(f"step {state.global_step}: {facts}")


def plot(path: Path, picture: Path) -> None:
    """Loss, chrF2++ and term success of a curve.csv over the steps, as a picture (.svg, .png)."""
    from matplotlib.figure import Figure  # takes its time to load, and only the end of a run wants it

    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    panels = (("nats per token", ("nll", "align")), ("chrF2++", ("chrf", "chrf_bare", "chrf_annotated")),
              ("term success", ("terms_bare", "terms", "obeyed")))  # fmt: skip
    for axes, (title, names) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        for name in names:
            points = [(int(row["step"]), float(row[name])) for row in rows if row[name]]
            axes.plot(*zip(*points, strict=True) if points else ((), ()), label=name)
        axes.set(title=title, xlabel="steps")
        axes.legend()
    figure.savefig(picture)
