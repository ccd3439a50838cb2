"""How sure a replacement is, 0…1: a logistic function of its features.

Weights and threshold were set by reading the development half of the German and Spanish drafts, edit by edit; parts of
compounds that only their place speaks for count half (five of twelve were good). Those of `strange` and `crowd` were by
Czech drafts that are no language beside fluent German, Spanish and Russian ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from mtpipe.postedit.replacement import FEATURES

CERTAIN = 0.7  # from here on a replacement is made without asking anybody
_BIAS = -1.2
_WEIGHTS = {"link": 2.0, "translation": 2.0, "back": 1.0, "other": -3.5, "uncovered": -4.0, "thin": -0.8, "margin": 1.0,
            "certainty": 1.5, "doubts": -1.8, "part": 1.6, "longer": -0.8, "attested": -6.0, "loose": 0.7,
            "strange": -15.0, "crowd": -1.2}  # fmt: skip


_ALIKE = 0.7  # of the logarithm of how often the same word stands for the same term elsewhere


def supported(rate: float, others: int) -> float:
    """A confidence, with that many other places of the same texts where the same word stands for the same term."""
    odds = rate / max(1 - rate, 1e-9) * (1 + others) ** _ALIKE
    return odds / (1 + odds)


def confidence(features: Sequence[float]) -> float:
    """The probability that a reader would keep a replacement with these features: that it is the right word, and its
    form not wrong."""
    of = dict(zip(FEATURES, features, strict=True))
    value = _BIAS + sum(weight * min(of[name], 3.0) for name, weight in _WEIGHTS.items())
    return (1 - of["form"]) / (1 + exp(-value))
