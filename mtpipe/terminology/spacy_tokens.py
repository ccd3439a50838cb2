"""Tokens and lemmas of a trained spaCy pipeline, for the matcher: they know the sentence, a dictionary does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mtpipe.errors import ConfigError
from mtpipe.terminology.matcher import SourceToken

if TYPE_CHECKING:
    from spacy.language import Language


def reader(pipeline: str) -> Callable[[str], list[SourceToken]]:
    """Reads texts with a spaCy pipeline, the name of an installed one or a folder; words without a lemma are their own.

    Raises ConfigError where spaCy or the pipeline is not installed.
    """
    try:
        import spacy  # on use: it takes longer to load than most jobs need to start
    except ModuleNotFoundError as error:
        raise ConfigError(f"spacy = {pipeline!r} needs spaCy: pip install 'mtpipe[spacy]'") from error
    try:
        nlp: Language = spacy.load(pipeline, exclude=["parser", "ner"])
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"spacy = {pipeline!r}: no such pipeline can be loaded ({reason}); install it with"
                          f" python -m spacy download {pipeline}, or give its folder") from error  # fmt: skip

    def read(text: str) -> list[SourceToken]:
        nlp.max_length = max(nlp.max_length, len(text) + 1)
        return [SourceToken(token.text, token.idx, token.lower_, (token.lemma_ or token.text).lower(), token.pos_)
                for token in nlp(text) if not token.is_space]  # fmt: skip

    return read
