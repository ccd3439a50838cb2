"""n-best: the model's own next-best translations, for those that have the terms."""

from __future__ import annotations

from collections.abc import Sequence

from mtpipe import terms
from mtpipe.editors import Tools
from mtpipe.errors import ConfigError
from mtpipe.segment import Segment


class NBest:
    """Editor by decoding again; size: hypotheses asked for. Raises ConfigError without a decoder."""

    def __init__(self, tools: Tools, size: int = 4):
        if tools.decoder is None:
            raise ConfigError("editor 'nbest' needs a model that can be asked for more hypotheses; give --model")
        if size < 2:
            raise ConfigError(f"editor 'nbest': size must be 2 or more, not {size}")
        self._decoder, self._lang, self._size = tools.decoder, tools.target_lang, size

    def propose(self, segments: Sequence[Segment]) -> list[list[str]]:
        """The hypotheses with the fewest errors first, the model's order among equals."""
        options = self._decoder.nbest(segments, self._size)
        return [
            sorted(texts, key=lambda text: len(terms.check(segment, self._lang, text)))[:3]
            for segment, texts in zip(segments, options, strict=True)
        ]
