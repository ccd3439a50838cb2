"""Do the languages a bilingual document states fit the job's?"""

from __future__ import annotations

import re

from mtpipe.languages.lemmatization import base

_ALIASES = {"no": "nb", "iw": "he", "in": "id", "ji": "yi", "mo": "ro", "tl": "fil"}
_TRADITIONAL = re.compile(r"zh-(?:hant|tw|hk|mo)")
_SIMPLIFIED = re.compile(r"zh-(?:hans|cn|sg|my)")


def fit(stated: str, asked: str) -> bool:
    """Is a document's language that of the job, or one of both not known? Regions may differ, scripts may not."""
    if not stated or not asked:
        return True
    first, second = (lang.replace("_", "-").replace("@", "-").lower() for lang in (stated, asked))
    if any(_TRADITIONAL.match(one) and _SIMPLIFIED.match(other) for one, other in ((first, second), (second, first))):
        return False
    return _ALIASES.get(base(first), base(first)) == _ALIASES.get(base(second), base(second))
