"""What a server is started with: language pairs, glossaries, limits, keys."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from mtpipe.errors import ConfigError
from mtpipe.languages import tags
from mtpipe.models import registry

KEYS = "MTPIPE_SERVE_KEYS"  # environment variable: keys, separated by commas
Pair = tuple[str, str]
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Limits:
    """body: bytes of a request, file: of a document; texts, characters: of one request; waiting: segments that wait
    for the model before further requests are told to come back; upload, answer: seconds; quota: characters in all."""

    body: int = 10 << 20
    file: int = 30 << 20
    texts: int = 1000
    characters: int = 1_000_000
    waiting: int = 5000
    documents: int = 100
    upload: float = 30.0
    answer: float = 120.0
    quota: int = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """data: folder of the server's state. pipeline: settings for `Pipeline.load`; glossaries,
    memories: files by pair.

    keys: SHA-256 of each key in hexadecimal, none where no key is asked for. keep: seconds that documents stay; grace:
    seconds that the document at work gets when the server stops; turn: seconds of a document until others that wait
    have their turn. workers: threads that translate, each with its own models: while one repairs and answers, another
    translates.
    """

    data: Path
    pairs: tuple[Pair, ...]
    pipeline: Mapping[str, Any] = field(default_factory=dict)
    glossaries: Mapping[Pair, Path] = field(default_factory=dict)
    memories: Mapping[Pair, tuple[Path, ...]] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()
    limits: Limits = Limits()
    keep: float = 24 * 3600.0
    grace: float = 30.0
    turn: float = 10.0
    workers: int = 2

    def accepts(self, key: str) -> bool:
        """Whether a key is one of those that are accepted; all comparisons take the same time."""
        digest = hash_key(key)
        return any([hmac.compare_digest(digest, own) for own in self.keys])

    def pair(self, source_lang: str | None, target_lang: str) -> Pair | None:
        """The pair that translates these languages; without source_lang the first of the target."""
        for pair in self.pairs:
            if _fits(target_lang, pair[1]) and (source_lang is None or _fits(source_lang, pair[0])):
                return pair
        return None


def pairs_of(texts: Iterable[str], model: Path | None) -> tuple[Pair, ...]:
    """The pairs given as "en-de", else those of the model or of all installed models; raises ConfigError."""
    pairs = [pair_of(text) for text in texts]
    if pairs:
        return tuple(pairs)
    models = [registry.read(model)] if model else registry.available()
    if model and tags.ANY in (models[0].source_lang, models[0].target_lang):
        raise ConfigError(f"{model}: a model of many languages; name the pairs to serve with --pair, such as en-de")
    directions = ((each.source_lang, each.target_lang) for each in models)
    return tuple(pair for pair in dict.fromkeys(directions) if tags.ANY not in pair)


def pair_of(text: str) -> Pair:
    """("en", "de") of "en-de"; raises ConfigError."""
    source, _, target = text.partition("-")
    if not source or not target:
        raise ConfigError(f"{text!r} is not a language pair; give one such as en-de")
    return source, target


def glossaries_of(texts: Iterable[str], pairs: Iterable[Pair]) -> dict[Pair, Path]:
    """The files given as "en-de=terms.csv" by pair; raises ConfigError."""
    return dict(_files("glossary", texts, tuple(pairs)))


def memories_of(texts: Iterable[str], pairs: Iterable[Pair]) -> dict[Pair, tuple[Path, ...]]:
    """The files given as "en-de=memory.sqlite" by pair, several for one in their order; raises ConfigError."""
    memories: dict[Pair, tuple[Path, ...]] = {}
    for pair, path in _files("translation memory", texts, tuple(pairs)):
        memories[pair] = (*memories.get(pair, ()), path)
    return memories


def _files(what: str, texts: Iterable[str], pairs: Sequence[Pair]) -> Iterator[tuple[Pair, Path]]:
    for text in texts:
        name, _, path = text.partition("=")
        pair = pair_of(name)
        if pair not in pairs or not Path(path).is_file():
            names = ", ".join("-".join(each) for each in pairs)
            raise ConfigError(f"{what} {text!r}: give PAIR=FILE with a file that exists and a pair of {names}")
        yield pair, Path(path)


def keys_of(path: Path | None) -> frozenset[str]:
    """The hashes of the keys in the environment and in a file of lines "[name] sha256"; raises ConfigError."""
    hashes = {hash_key(key.strip()) for key in os.environ.get(KEYS, "").split(",") if key.strip()}
    lines = path.read_text(encoding="utf-8").splitlines() if path else []
    for number, line in enumerate(lines, 1):
        words = line.split("#")[0].split()
        if words and not _HASH.fullmatch(words[-1].lower()):
            hint = "give the SHA-256 of a key in hexadecimal: printf %s KEY | sha256sum"
            raise ConfigError(f"{path}:{number}: not a hashed key; {hint}")
        hashes |= {word.lower() for word in words[-1:]}
    return frozenset(hashes)


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def check_host(host: str, keys: frozenset[str]) -> None:
    """Raises ConfigError for a server that others reach and that asks for no key."""
    try:
        is_loopback = ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if not is_loopback and not keys:
        raise ConfigError(f"{host} can be reached from other machines: give keys with --keys FILE or {KEYS}")


def _fits(requested: str, lang: str) -> bool:
    return tags.primary_subtag(requested) == tags.primary_subtag(lang)
