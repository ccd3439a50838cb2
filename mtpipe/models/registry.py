"""Model folders: what model.json says of one, finding the bundled ones by language codes, checking any by path."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mtpipe.errors import ModelError
from mtpipe.languages import tags

BUNDLED = Path(__file__).parent
FOLDER_VARIABLE = "MTPIPE_MODELS"  # of the environment: where models are installed
TRANSLATE, POST_EDIT = TASKS = ("translate", "post-edit")  # what models are trained for
_NEEDED = ("name", "source_lang", "target_lang")
_FED = ("annotation", "code", "max_tokens", "languages", "source_start", "source_end", "target_start")
_SOURCE, _TARGET = "{source}", "{target}"  # pieces that stand for a language's symbol
_HOW = (
    "a model folder holds model.json (name, source_lang, target_lang), ct2/ (a CTranslate2 model with model.bin) and"
    " spm.model (or source.spm and target.spm)"
)


@dataclass(frozen=True, slots=True)
class Model:
    """What model.json says of a folder.

    annotation: the symbols (open, arrow, close) of term annotations, code: the shape of masked codes; None where the
    model was not trained with them. max_tokens: the longest source or target in pieces, end symbol included.
    source_start, source_end, target_start: the pieces around those of a text, where "{source}" and "{target}" stand for
    the symbols of the two languages; source_end None: what the CTranslate2 model says. languages: language → symbol.
    source_lang or target_lang "mul": any of `languages`, or any at all where no piece tells the model which.
    task: what the model was trained for. digest changes with anything that changes translations.
    """

    folder: Path
    name: str
    source_lang: str
    target_lang: str
    annotation: tuple[str, str, str] | None = None
    code: str | None = None
    max_tokens: int = 256
    languages: Mapping[str, str] = field(default_factory=dict)
    source_start: tuple[str, ...] = ()
    source_end: tuple[str, ...] | None = None
    target_start: tuple[str, ...] = ()
    licence: str = ""
    origin: str = ""
    digest: str = ""
    task: str = TRANSLATE

    @property
    def pieces(self) -> tuple[Path, Path]:
        """The SentencePiece models of source and target; one and the same where they share it."""
        shared = self.folder / "spm.model"
        return (shared, shared) if shared.is_file() else (self.folder / "source.spm", self.folder / "target.spm")

    @property
    def lexicon(self) -> Path | None:
        """The folder of the alignment lexicon shipped with the model, if there is one."""
        return self.folder / "lexicon" if (self.folder / "lexicon").is_dir() else None

    def serves(self, task: str) -> None:
        """Raises ModelError for a model of another task."""
        if self.task != task:
            is_editor = self.task == POST_EDIT
            use = "give it to the repair method: [editor.refiner] model" if is_editor else "give it as --model"
            raise ModelError(f"{self.folder}: a model to {self.task}, not to {task}; {use}")

    def covers(self, source_lang: str, target_lang: str, exact: bool = False) -> bool:
        """Whether the model translates the pair; exact: by these very tags, without leaving out a region."""
        return self.knows(_SOURCE, source_lang, exact) and self.knows(_TARGET, target_lang, exact)

    def directed(self, source_lang: str, target_lang: str) -> Model:
        """The model set to one pair that it covers: its languages are known, and so is every piece around a text."""
        slots = ((_SOURCE, self.source_lang, source_lang), (_TARGET, self.target_lang, target_lang))
        directions = {slot: lang if own == tags.ANY else own for slot, own, lang in slots}
        symbols = {slot: self.languages.get(tags.closest(lang, self.languages) or "", "")
                   for slot, lang in directions.items()}  # fmt: skip
        return replace(
            self, source_lang=directions[_SOURCE], target_lang=directions[_TARGET],
            source_start=_filled(self.source_start, symbols), target_start=_filled(self.target_start, symbols),
            source_end=None if self.source_end is None else _filled(self.source_end, symbols),
        )  # fmt: skip

    def knows(self, slot: str, lang: str, exact: bool = False) -> bool:
        """Whether the language can stand in for {source} or {target}."""
        own = self.source_lang if slot == _SOURCE else self.target_lang
        if own != tags.ANY:
            return _same(own, lang, exact)
        if slot not in (*self.source_start, *(self.source_end or ()), *self.target_start):
            return True
        return lang in self.languages if exact else tags.closest(lang, self.languages) is not None


def installed() -> Path:
    """The folder of the models that `mtpipe models install` adds: of the user, or what MTPIPE_MODELS says."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path(os.environ.get(FOLDER_VARIABLE) or data / "mtpipe" / "models")


def available(root: Path | None = None) -> list[Model]:
    """The models in root's folders, sorted by language pair; without root the installed ones, then the bundled ones."""
    roots = (root,) if root else (installed(), BUNDLED)
    return [read(path.parent) for place in roots for path in sorted(place.glob("*/model.json"))]


def find(source_lang: str, target_lang: str, folder: Path | None = None, root: Path | None = None) -> Model:
    """The model in folder, or the installed or bundled one of the language pair, the first of those that fit; regions
    are ignored where none has just that one.

    Raises ModelError where there is none for the pair.
    """
    models = [read(folder)] if folder else available(root)
    for exact in (True, False):
        for model in models:
            if model.covers(source_lang, target_lang, exact):
                return model.directed(source_lang, target_lang)
    pairs = ", ".join(f"{model.source_lang}-{model.target_lang}" for model in models)
    if folder:
        pair, (model,) = f"{source_lang}-{target_lang}", models
        near = [f"{lang}: {', '.join(tags.suggestions(lang, model.languages))}"
                for slot, lang in ((_SOURCE, source_lang), (_TARGET, target_lang))
                if model.languages and not model.knows(slot, lang)]  # fmt: skip
        hint = f" (it knows {len(model.languages)} languages, near {'; near '.join(near)})" if near else ""
        raise ModelError(f"{folder}: the model translates {pairs}, not {pair}{hint}; give another --model")
    raise ModelError(
        f"no bundled model translates {source_lang} into {target_lang} (available: {pairs or 'none'});"
        f" give a model folder with --model, or add one with `mtpipe models install`; {_HOW}"
    )


def covers(source_lang: str, target_lang: str) -> bool:
    """Whether a bundled or installed model translates the pair."""
    return any(model.covers(source_lang, target_lang) for model in available())


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
        raise ModelError(f"{path}: can't be read ({error}); repair the file or copy the model again") from error
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
            languages={str(lang): str(symbol) for lang, symbol in data.get("languages", {}).items()},
            source_start=_pieces(data, "source_start"),
            source_end=_pieces(data, "source_end") if "source_end" in data else None,
            target_start=_pieces(data, "target_start"),
            task=str(data.get("task") or TRANSLATE),
            **{key: str(data.get(key) or "") for key in (*_NEEDED, "licence", "origin")},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{path}: annotation, max_tokens, languages or a list of pieces is not as it should be"
                         f" ({error!r}); repair the file or convert the model again") from error  # fmt: skip


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
    content = json.dumps([data.get(key) for key in _FED], sort_keys=True)
    return hashlib.sha256(f"{sealed or _weights(folder)} {content}".encode()).hexdigest()[:16]


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


def _pieces(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = data.get(key, [])
    if not isinstance(values, list) or not all(isinstance(piece, str) for piece in values):
        raise ValueError(f"{key} is not a list of pieces")
    return tuple(values)


def _filled(pieces: Sequence[str], symbols: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(symbols.get(piece, piece) for piece in pieces)


def _same(one: str, other: str, exact: bool) -> bool:
    return tags.distance(one, other) == 0 if exact else tags.is_same(one, other)
