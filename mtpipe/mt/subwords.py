"""SentencePiece pieces of one language: to text and back, which a model knows, and attention pooled to words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import sentencepiece

from mtpipe.languages import tokenization

Spans = list[tuple[int, int]]


class Pieces:
    """A SentencePiece model beside the vocabulary of the CTranslate2 model in folder; side: source or target.

    vocabulary: that one's pieces. other: the SentencePiece model of the other side; what neither has is a symbol (of a
    language) and no text.
    """

    def __init__(self, path: Path, folder: Path, side: str, other: Path):
        self._sentencepiece = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.vocabulary = _vocabulary(folder, side)
        self._has: dict[str, bool] = {}
        self._symbols = self.vocabulary - _pieces(self._sentencepiece)
        if other != path:
            self._symbols -= _pieces(sentencepiece.SentencePieceProcessor(model_file=str(other)))

    def encode(self, text: str) -> list[str]:
        return self._sentencepiece.encode(text, return_type=str)

    def count(self, text: str) -> int:
        """How many pieces a text has."""
        return len(self.encode(text))

    def encode_all(self, texts: Sequence[str]) -> list[list[str]]:
        """Of many texts at once, on all cores."""
        return self._sentencepiece.encode(list(texts), return_type=str)

    def decode(self, pieces: Sequence[str]) -> str:
        text = self._sentencepiece.decode([piece for piece in pieces if piece not in self._symbols])
        return text.replace("\u2581", " ")  # of a piece that only the other side's model has

    def spans(self, text: str) -> Spans:
        """(start, end) in text of each of its pieces; pieces of one character's bytes share or lack it."""
        return self._sentencepiece.encode(text, return_type="offset_mapping")["offsets"]

    def has(self, character: str) -> bool:
        """Whether a character is in a piece, not only its bytes."""
        if character not in self._has:
            pieces = self.encode(character)
            self._has[character] = not any(self._sentencepiece.is_byte(self._sentencepiece.piece_to_id(piece))
                                           or piece not in self.vocabulary for piece in pieces)
        return self._has[character]

    def unknown(self, pieces: Sequence[str]) -> list[str]:
        """The pieces that the model would read as <unk>."""
        return [piece for piece in pieces if piece not in self.vocabulary]


def pool(attention: np.ndarray, source: str, target: str, source_spans: Spans, target_spans: Spans) -> np.ndarray:
    """Attention [target pieces × source pieces] as [target words × source words], words as in `tokenization`.

    A target word's row is the mean of its pieces' rows; a source word's column the sum of its pieces' columns.
    """
    rows = _membership(tokenization.spans(target), target_spans)
    columns = _membership(tokenization.spans(source), source_spans)
    counts = np.maximum(rows.sum(axis=1, keepdims=True), 1)
    return (rows / counts) @ attention @ columns.T


def _membership(word_spans: Spans, piece_spans: Spans) -> np.ndarray:
    """[words × pieces] of 0 and 1: the word that a piece shares most characters with; a lone space is in none."""
    if not word_spans or not piece_spans:
        return np.zeros((len(word_spans), len(piece_spans)), dtype=np.float32)
    (start, end), (first, last) = np.array(piece_spans).T, np.array(word_spans).T[:, :, None]
    # the first byte pieces of a character have an empty span where it starts
    end = np.maximum(end, start + 1)
    shared = np.minimum(end, last) - np.maximum(start, first)
    best = shared.argmax(axis=0)
    table = np.zeros(shared.shape, dtype=np.float32)
    table[best, np.arange(len(start))] = shared.max(axis=0) > 0
    return table


def _pieces(model: sentencepiece.SentencePieceProcessor) -> frozenset[str]:
    return frozenset(model.id_to_piece(list(range(len(model)))))


def _vocabulary(folder: Path, side: str) -> frozenset[str]:
    for name in (f"{side}_vocabulary", "shared_vocabulary"):
        path = folder / f"{name}.json"
        if path.is_file():
            return frozenset(json.loads(path.read_text(encoding="utf-8")))
        if path.with_suffix(".txt").is_file():
            return frozenset(path.with_suffix(".txt").read_text(encoding="utf-8").split("\n"))
    raise OSError(f"no {side}_vocabulary.json or shared_vocabulary.json in {folder}")
