"""Model folders: what model.json says of one, finding the bundled ones by language codes, checking any by path."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtpipe.errors import ModelError

BUNDLED = Path(__file__).parent
_NEEDED = ("name", "source_lang", "target_lang")
_HOW = (
    "a model folder holds model.json (name, source_lang, target_lang), ct2/ (a CTranslate2 model with model.bin) and"
    " spm.model (or source.spm and target.spm)"
)


@dataclass(frozen=True, slots=True)
class Model:
    """What model.json says of a folder.

    annotation: the symbols (open, arrow, close) of term annotations, code: the shape of masked codes; None where the
    model was not trained with them. max_tokens: the longest source or target in pieces, end symbol included.
    digest changes with anything that changes translations.
    """

    folder: Path
    name: str
    source_lang: str
    target_lang: str
    annotation: tuple[str, str, str] | None = None
    code: str | None = None
    max_tokens: int = 256
    licence: str = ""
    origin: str = ""
    digest: str = ""

    @property
    def pieces(self) -> tuple[Path, Path]:
        """The SentencePiece models of source and target; one and the same where they share it."""
        shared = self.folder / "spm.model"
        return (shared, shared) if shared.is_file() else (self.folder / "source.spm", self.folder / "target.spm")

    @property
    def lexicon(self) -> Path | None:
        """The folder of the alignment lexicon shipped with the model, if there is one."""
        return self.folder / "lexicon" if (self.folder / "lexicon").is_dir() else None


def available(root: Path = BUNDLED) -> list[Model]:
    """The models in root's folders, sorted by language pair."""
    return [read(path.parent) for path in sorted(root.glob("*/model.json"))]


def find(source_lang: str, target_lang: str, folder: Path | None = None, root: Path = BUNDLED) -> Model:
    """The model in folder, or the bundled one of the language pair, regions ignored where none has just that one.

    Raises ModelError where there is none for the pair.
    """
    models = [read(folder)] if folder else available(root)
    for exact in (True, False):
        for model in models:
            if _same(model.source_lang, source_lang, exact) and _same(model.target_lang, target_lang, exact):
                return model
    known = ", ".join(f"{model.source_lang}-{model.target_lang}" for model in models)
    if folder:
        asked = f"{source_lang}-{target_lang}"
        raise ModelError(f"{folder}: the model translates {known}, not {asked}; give another --model")
    raise ModelError(
        f"no bundled model translates {source_lang} into {target_lang} (bundled: {known or 'none'});"
        f" give a model folder with --model, or put one at {root}/<source>-<target>; {_HOW}"
    )


def covers(source_lang: str, target_lang: str) -> bool:
    """Whether a bundled model translates the pair."""
    return any(
        _same(model.source_lang, source_lang, False) and _same(model.target_lang, target_lang, False)
        for model in available()
    )


def read(folder: Path) -> Model:
    """The model in a folder; raises ModelError naming every file or key that is missing."""
    path = folder / "model.json"
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder; {_HOW}")
    missing = _missing(folder)
    if missing:
        raise ModelError(f"{folder}: not an mtpipe model, {', '.join(missing)} missing; {_HOW}")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: can't be read ({error}); mend the file or copy the model again") from error
    lacking = [key for key in _NEEDED if not isinstance(data, dict) or not data.get(key)]
    if lacking:
        raise ModelError(f"{path}: {', '.join(lacking)} missing; {_HOW}")
    symbols = data.get("annotation")
    try:
        return Model(
            folder=folder,
            annotation=(symbols["open"], symbols["arrow"], symbols["close"]) if symbols else None,
            digest=_digest(folder, data),
            max_tokens=int(data.get("max_tokens") or 256),
            code=data.get("code") or None,
            **{key: str(data.get(key) or "") for key in (*_NEEDED, "licence", "origin")},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: annotation or max_tokens is not as it should be ({error!r})") from error


def seal(folder: Path) -> str:
    """Writes the digest of the folder's weights into model.json, so that loading need not read them twice."""
    path = folder / "model.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data |= {"size": _size(folder), "weights": _weights(folder)}
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return _digest(folder, data)


def _missing(folder: Path) -> list[str]:
    missing = [name for name in ("model.json", "ct2/model.bin") if not (folder / name).is_file()]
    if not (folder / "spm.model").is_file():
        missing += [name for name in ("source.spm", "target.spm") if not (folder / name).is_file()]
    return ["spm.model" if name == "source.spm" and "target.spm" in missing else name
            for name in missing if not (name == "target.spm" and "source.spm" in missing)]


def _digest(folder: Path, data: dict[str, Any]) -> str:
    """Of the weights (as sealed, if the size still fits) and of the keys that change what is fed to them."""
    sealed = data.get("weights") if data.get("size") == _size(folder) else None
    said = json.dumps([data.get(key) for key in ("annotation", "code", "max_tokens")], sort_keys=True)
    return hashlib.sha256(f"{sealed or _weights(folder)} {said}".encode()).hexdigest()[:16]


def _files(folder: Path) -> list[Path]:
    return sorted([*(folder / "ct2").glob("*"), *folder.glob("*.spm"), *folder.glob("spm.model")])


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder))


def _weights(folder: Path) -> str:
    total = hashlib.sha256()
    for path in _files(folder):
        with path.open("rb") as file:
            total.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def _same(one: str, other: str, exact: bool) -> bool:
    one, other = (lang.replace("_", "-").lower() for lang in (one, other))
    return one == other if exact else one.split("-")[0] == other.split("-")[0]
