"""How good a translation seems without a reference: quick enough to be asked inside a loop, for filters and gates.

Three views: the words of each side that the other translates (a lexicon's links), how likely the target's words are in
a row (its n-grams), how sure the model is. COMET sees more, at a hundred times the cost.
"""

from __future__ import annotations

from math import exp

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.alignment.ngram_lm import EDGE
from mtpipe.languages.tokenization import words

# shares of the views, about as a least-squares fit to sentence chrF2++ has them (`make eval-quality`)
_WEIGHTS = {"source": 0.2, "target": 0.2, "fluency": 0.1, "model": 0.5}
_WORST, _BEST = -12.0, -3.0  # log-probability per word of n-grams: word salad, a stock phrase


def quality(source: str, target: str, lexicon: Lexicon | None = None, score: float | None = None) -> float | None:
    """0 (bad) … 1 (good), of plain text; score: the model's log-probability per token, as `Decoder.score` gives it.

    Views that there is nothing for are left out; an empty target is 0. None where no view is left.
    """
    if not target.strip():
        return 0.0 if source.strip() else None
    views = {"model": exp(min(0.0, score))} if score is not None else {}
    if lexicon is not None:
        forth, back = lexicon.coverage(source, target)
        target_words = words(target)
        likely = lexicon.fluency.score([EDGE, EDGE, *target_words, EDGE]) / (len(target_words) + 1)
        views |= {"fluency": min(1.0, max(0.0, (likely - _WORST) / (_BEST - _WORST)))}
        views |= {name: share for name, share in (("source", forth), ("target", back)) if share is not None}
    weight = sum(_WEIGHTS[name] for name in views)
    return sum(_WEIGHTS[name] * value for name, value in views.items()) / weight if views else None
