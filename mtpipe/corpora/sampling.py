"""A test set from a corpus: sound pairs of sentences or paragraphs, evenly spread over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.corpora import Pair, cleaning, parallelism
from mtpipe.corpora.decontamination import words
from mtpipe.document.segment import Segment

FEWEST_WORDS = 8


def sample(
    pairs: Iterable[Pair], lexicon: Lexicon, count: int, name: str, fewest_words: int = FEWEST_WORDS
) -> tuple[list[Segment], Counter[str]]:
    """(at most count segments "<name>#<k>" with references, why other pairs were left out).

    Sources have at least fewest_words words and are distinct; the same pairs always give the same sample.
    """
    sound: dict[str, str] = {}
    left_out: Counter[str] = Counter()
    for raw in pairs:
        pair = cleaning.tidied(*raw)
        reason = cleaning.fault(pair, lexicon.source_lang, lexicon.target_lang) or parallelism.fault(pair, lexicon)
        reason = reason or ("too short" if len(words(pair[0])) < fewest_words else None)
        reason = reason or ("duplicate" if pair[0] in sound else None)
        if reason:
            left_out[reason] += 1
        else:
            sound[pair[0]] = pair[1]
    rows = list(sound.items())
    step = max(1.0, len(rows) / count)
    selection = [rows[int(k * step)] for k in range(min(count, len(rows)))]
    segments = [Segment(f"{name}#{k}", source, reference=target) for k, (source, target) in enumerate(selection, 1)]
    return segments, left_out
