"""n-best: the model's next-best translations in place of its best, where they have the terms."""

from __future__ import annotations

from collections.abc import Sequence

from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError
from mtpipe.languages.lemmatization import lemma
from mtpipe.languages.tokenization import words
from mtpipe.postedit.editor import Tools, is_own
from mtpipe.postedit.lost_words import is_invented
from mtpipe.terminology import checker

SIZE = 4


class NBest:
    """Editor by hypotheses: so many as size says, decoded anew; 0: the alternatives that came with the draft, SIZE
    hypotheses decoded anew where none came. Raises ConfigError without a decoder.
    """

    def __init__(self, tools: Tools, size: int = 0):
        if tools.decoder is None:
            raise ConfigError("repair method 'nbest' needs a model that gives more hypotheses; give --model")
        if size < 0 or size == 1:
            raise ConfigError(f"repair method 'nbest': size must be 2 or more (or 0), not {size}")
        self._lexicon = tools.lexicon
        self._decoder, self._lang, self._size = tools.decoder, tools.target_lang, size

    def propose(self, segments: Sequence[Segment]) -> list[list[str]]:
        """The hypotheses with the fewest errors first, the model's order among equals; none for others' drafts."""
        own = [i for i, segment in enumerate(segments) if is_own(segment)]
        undecoded = [i for i in own if self._size or not segments[i].alternatives]
        decoded = self._decoder.nbest([segments[i] for i in undecoded], self._size or SIZE) if undecoded else []
        options = [segment.alternatives for segment in segments]
        for i, texts in zip(undecoded, decoded, strict=True):
            options[i] = tuple(texts)
        return [
            sorted((text for text in texts if not self._invents(segment, text)),
                   key=lambda text: len(checker.check(segment, self._lang, text)))[:3]
            for segment, texts in zip(segments, options, strict=True)
        ]  # fmt: skip

    def _invents(self, segment: Segment, text: str) -> bool:
        """Whether a wording says more than the draft: a word that neither it nor a term has and nothing in the source
        is translated with, as far as the lexicon knows the word."""
        if self._lexicon is None:
            return False
        known = {lemma(word, self._lang) for word in words(segment.draft or "")}
        wanted = " ".join(form for m in segment.matches for form in (*m.term.targets, *m.term.forms)).casefold()
        return any(word.casefold() not in wanted and lemma(word, self._lang) not in known
                   and is_invented(word, words(segment.source), self._lexicon) for word in words(text))  # fmt: skip
