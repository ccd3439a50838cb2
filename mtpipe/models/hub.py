"""Checkpoints of the Hugging Face hub: fetched if there is a network, else found where they were fetched before."""

from __future__ import annotations

import errno
import re
from pathlib import Path, PurePosixPath

import huggingface_hub
from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError

from mtpipe.errors import ModelError, OutputError

_NAME = re.compile(r"\w(?:[.-]?\w)*/\w(?:[.-]?\w)*")
_SUFFIXES = frozenset((".json", ".model", ".spm", ".txt", ".md", ".jinja"))


def folder_of(name: str | Path, download: bool = True) -> Path:
    """The folder of that path, or of the checkpoint with that hub name; raises ModelError where there is none.

    download: whether the hub may be asked; otherwise what was fetched before is all there is.
    """
    if Path(name).is_dir():
        return Path(name)
    if isinstance(name, Path) or not _NAME.fullmatch(name):
        raise ModelError(f"{name}: no such folder, and not a hub name (owner/name)")
    try:
        if download:
            return fetch(name)
        raise ModelError(f"{name}: no such folder, and no hub model of that name was fetched; use `mtpipe models"
                         " fetch`, or allow it with download = true")  # fmt: skip
    except ModelError:
        try:
            return Path(huggingface_hub.snapshot_download(name, local_files_only=True))
        except LocalEntryNotFoundError:
            pass
        raise


def fetch(name: str, out: Path | None = None) -> Path:
    """Downloads what is needed of a checkpoint, goes on with an interrupted download, and returns its folder.

    out: None for the hub's cache. Raises ModelError with what to do without a network, OutputError for a full disk.
    """
    if not _NAME.fullmatch(name):
        raise ModelError(f"{name!r} is not a valid hub name; use owner/name")
    try:
        patterns = _needed_files(huggingface_hub.HfApi().list_repo_files(name))
        return Path(huggingface_hub.snapshot_download(name, allow_patterns=patterns, local_dir=out))
    except GatedRepoError as error:
        raise ModelError(f"{name}: its owner asks you to accept terms; do so on its page, set HF_TOKEN to a token of"
                         " yours, then try again") from error  # fmt: skip
    except RepositoryNotFoundError as error:
        raise ModelError(f"{name}: the hub has no such model, or it is private (then set HF_TOKEN); check the name"
                         ) from error  # fmt: skip
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise OutputError(f"{name}: can't be stored ({error}); make room, or choose another --out") from error
        where = huggingface_hub.constants.ENDPOINT
        raise ModelError(f"{name}: no answer from {where} ({type(error).__name__}); where there is a network, run"
                         f" `hf download {name} --local-dir FOLDER`, bring the folder here and give it instead"
                         ) from error  # fmt: skip


def licence(folder: Path) -> str:
    """What the model card (README.md) in the folder says; "" where it says nothing."""
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    header = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    match = re.search(r"^license:\s*(\S.*)$", header[1], re.MULTILINE) if header else None
    return match[1].strip().strip("'\"") if match else ""


def _needed_files(files: list[str]) -> list[str]:
    """The tokenizer, the configuration and one form of the weights; raises ValueError where there are none."""
    top = [PurePosixPath(file) for file in files if "/" not in file]
    safe = [path.name for path in top if path.suffix == ".safetensors"]
    older = [path.name for path in top if path.match("pytorch_model*.bin")]
    if not safe and not older:
        raise ModelError("no PyTorch weights among its files: not a transformers checkpoint")
    return [path.name for path in top if path.suffix in _SUFFIXES] + (safe or older)
