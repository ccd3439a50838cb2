"""COMET (Rei et al. 2020, 2022) by unbabel-comet: learnt metrics, with references or, as CometKiwi, without.

A checkpoint is a folder with hparams.yaml and checkpoints/*.ckpt, as unbabel-comet writes it and the hub holds it.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from mtpipe.document.segment import Score, Segment
from mtpipe.errors import ConfigError, ModelError
from mtpipe.evaluation.metrics import quotient


@contextmanager
def _silence() -> Iterator[None]:
    """Keeps the host's logging as it was, which comet configures when it is imported, and the libraries quiet."""
    root, talkers = logging.getLogger(), [logging.getLogger(name) for name in ("comet", "pytorch_lightning")]
    handlers, levels = root.handlers[:], [logger.level for logger in (root, *talkers)]
    for logger in talkers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.handlers[:] = handlers
        for logger, level in zip((root, *talkers), levels):
            logger.setLevel(level)


with _silence():
    import comet
    from comet.models import CometModel, str2model

_BY_INPUT = ("unified_metric", "xcomet_metric")  # what they compare with is a matter of their training


class Comet:
    """Mean of the segments' scores by a model that sees source, target and reference; about 0…1.

    model: a checkpoint (…/checkpoints/model.ckpt), its folder, or a name on the hub such as Unbabel/wmt22-comet-da. A
    path never leads to the network: the encoder's tokenizer and configuration must be in the hub's cache, or, with
    reload_hparams, in the folder that hparams.yaml names as pretrained_model. device: cpu, cuda or cuda:N.
    """

    name = "COMET"
    needs_reference = True

    def __init__(
        self, model: str | Path = "", batch_size: int = 16, device: str = "cpu", reload_hparams: bool = False
    ):
        if not model:
            raise ConfigError(f"{self.name} has no model: set model = … under [metric.{self.name.lower()}] to a"
                              " checkpoint, its folder or a name on the hub such as Unbabel/wmt22-comet-da")
        if batch_size < 1:
            raise ConfigError(f"{self.name}: batch_size is {batch_size}; use 1 or more")
        self._devices = _devices(device)
        self._batch_size = batch_size
        path = _checkpoint(str(model))
        _check_kind(path, self.needs_reference)
        self._scorer = _scorer(path, path.stat().st_mtime_ns, reload_hparams, Path(model).exists())

    def counts(self, segments: Sequence[Segment]) -> np.ndarray:
        rows = [self._row(segment) for segment in segments]
        scores = self._scorer.scores(rows, self._batch_size, self._devices)
        return np.array([(score, 1.0) for score in scores]).reshape(-1, 2)

    def score(self, segments: Sequence[Segment]) -> Score:
        return Score(self.name, quotient(self.counts(segments)), self._scorer.signature)

    def _row(self, segment: Segment) -> tuple[str, ...]:
        return segment.source, segment.target or "", segment.reference or ""


class CometKiwi(Comet):
    """Mean of the segments' scores by a model that sees source and target only (Rei et al. 2022); about 0…1."""

    name = "COMETKiwi"
    needs_reference = False

    def _row(self, segment: Segment) -> tuple[str, ...]:
        return segment.source, segment.target or ""


class _Scorer:
    """A loaded model and the scores it has given: many systems share segments, and each is asked for twice."""

    def __init__(self, model: CometModel, signature: str):
        self._model = model
        self._known: dict[tuple[str, ...], float] = {}
        self.signature = signature

    def scores(self, rows: Sequence[tuple[str, ...]], batch_size: int, devices: list[int]) -> list[float]:
        new = [row for row in dict.fromkeys(rows) if row not in self._known]
        if new:
            inputs = [dict(zip(("src", "mt", "ref"), row)) for row in new]
            with _silence():
                predictions = self._model.predict(inputs, batch_size=batch_size, gpus=len(devices),
                                                  devices=devices or None, progress_bar=False)  # fmt: skip
            self._known.update(zip(new, predictions["scores"], strict=True))
        return [self._known[row] for row in rows]


@lru_cache(maxsize=2)  # one of each kind; loading takes longer than scoring a test set
def _scorer(path: Path, _changed: int, reload_hparams: bool, is_local: bool) -> _Scorer:
    try:
        with _silence():
            model = comet.load_from_checkpoint(str(path), reload_hparams, local_files_only=is_local)
    except Exception as error:  # unpickling and five libraries raise what they like
        lines = str(error).strip().splitlines() or [""]
        raise ModelError(
            f"{path}: COMET can't load it ({type(error).__name__}: {lines[0]}); is the file whole, and are"
            " tokenizer and configuration of its encoder in the hub's cache (`hf download`), or in a folder that"
            " hparams.yaml names"
            " as pretrained_model (then set reload_hparams)?") from error  # fmt: skip
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    name, kind = path.parent.parent.name, _hparams(path)["class_identifier"]
    return _Scorer(model, f"model:{name}|kind:{kind}|sha256:{digest}|comet:{comet.__version__}")


def _checkpoint(model: str) -> Path:
    """The file of a checkpoint given by itself, by its folder or by its name on the hub."""
    path = Path(model)
    if path.is_file():
        return path
    if path.is_dir():
        files = sorted((path / "checkpoints").glob("*.ckpt"))
        if len(files) != 1:
            raise ModelError(f"{path}: {len(files) or 'no'} .ckpt files in its folder checkpoints; give one of a COMET"
                             " checkpoint")  # fmt: skip
        return files[0]
    if model.count("/") != 1 or path.suffix == ".ckpt":
        raise ModelError(f"{model}: no such file or folder, and not a name on the hub (owner/name)")
    try:
        with _silence():
            return Path(comet.download_model(model))
    except KeyError as error:
        raise ModelError(f"{model}: no such folder, not in the hub's cache, and the hub gave no answer or has no such"
                         " model; where there is a network, `hf download` it and give the folder here") from error


def _check_kind(path: Path, wants_reference: bool) -> None:
    hparams = _hparams(path)
    kind = hparams["class_identifier"]
    takes_reference = kind in ("regression_metric", "ranking_metric")
    needs_reference = takes_reference
    if kind in _BY_INPUT:
        inputs = hparams.get("input_segments", ["mt", "src", "ref"])
        takes_reference, needs_reference = "ref" in inputs, "src" not in inputs
    if wants_reference and not takes_reference:
        raise ConfigError(f"{path}: a {kind} that sees no reference; name the metric cometkiwi")
    if not wants_reference and needs_reference:
        raise ConfigError(f"{path}: a {kind} that needs references; name the metric comet")


def _hparams(path: Path) -> dict[str, Any]:
    file = path.parent.parent / "hparams.yaml"
    try:
        hparams = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ModelError(f"{file}: can't be read ({error}); a COMET checkpoint lies in …/checkpoints, hparams.yaml"
                         " beside that folder") from error  # fmt: skip
    kind = hparams.get("class_identifier") if isinstance(hparams, dict) else None
    if kind not in str2model:
        raise ModelError(f"{file}: class_identifier is {kind!r}; available: {', '.join(sorted(str2model))}")
    return hparams


def _devices(device: str) -> list[int]:
    """Numbers of the GPUs to use; none for the CPU."""
    name, _, number = device.partition(":")
    if name not in ("cpu", "cuda") or number and not number.isdigit():
        raise ConfigError(f"device is {device!r}; use cpu, cuda or cuda:N")
    if name == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise ConfigError(f"device is {device!r}, but torch sees {torch.cuda.device_count()} CUDA devices; use cpu")
    return [int(number or 0)] if name == "cuda" else []
