"""Which phrases are terms, what translates them, in which dictionary form, and how much speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, log2, sqrt

import numpy as np

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.errors import InputError
from mtpipe.glossary.model import Glossary
from mtpipe.languages.lemmatization import lemma
from mtpipe.languages.tokenization import words
from mtpipe.terminology.extraction.corpus import Side
from mtpipe.terminology.extraction.counts import Counts, Phrase, count
from mtpipe.terminology.extraction.phrases import linked

INSIDE = 0.75  # share of a phrase's places inside one longer term from which it is no term itself
GENERAL = 1.2  # spread of a word that is everywhere, a little beyond what chance gives
LABELLED = 1.5  # what a label is worth: someone took the phrase for a name
LOOSE = 0.5  # and a phrase with words of the grammar in it, such as "open the file", that never is one
ALONE = 1.5  # how much oftener a part must have a phrase's translation for the rest to be padding
RARE_FORM = 0.1  # share of the places under which a form is no dictionary form

Pair = tuple[str, str]
Located = tuple[str, Pair]  # (document the pair comes from, pair)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source phrase and its commonest translation, both in dictionary form.

    count: pairs whose source has the phrase; share: of these, how many have the translation (0…1); others: competing
    translations and their shares; labels: pairs that are nothing but the two; association: log-likelihood ratio of the
    two occurring together; spread: of the corpus' parts that have the phrase, to what chance would give (terms keep to
    their subject: below 1); score: what the candidates are ranked by.
    """

    source: str
    target: str
    count: int
    share: float
    others: tuple[tuple[str, float], ...]
    labels: int
    association: float
    spread: float
    score: float
    example: Pair


def extract(
    located: Sequence[Located], source_lang: str, target_lang: str, *, min_count: int = 5, max_words: int = 4,
    min_share: float = 0.3, known: Glossary | None = None, lexicon: Lexicon | None = None,
) -> list[Candidate]:
    """The term candidates of the pairs, best first; the same in every run.

    known: terms to leave out. lexicon: used for the word links instead of one learnt from the pairs. Raises InputError
    when there is no candidate.
    """
    source = Side([pair[0] for _, pair in located], source_lang, min_count, max_words)
    target = Side([pair[1] for _, pair in located], target_lang, min_count, max_words)
    counts = count(source, target, [document for document, _ in located], linked(source, target, lexicon), min_count)
    left_out = {_key(text, source_lang) for term in (known.terms if known else ()) for text in term.sources}
    best_targets = _best_targets(counts, min_count)
    candidates = [_candidate(key, best, counts, source, target) for key, best in best_targets.items()
                  if key not in left_out and not _is_padded(key, best_targets, counts)]  # fmt: skip
    candidates = [candidate for candidate in candidates if candidate.share >= min_share]
    if not candidates:
        raise InputError(f"no phrase of {source_lang} occurs in {min_count} of these {len(located)} pairs and is "
                         f"translated alike in {min_share:.0%} of them; give more text, or lower the limits")
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.source))


def _key(text: str, lang: str) -> str:
    return " ".join(lemma(word, lang) for word in words(text))


def _best_targets(counts: Counts, min_count: int) -> dict[str, str]:
    """The source phrases that are frequent and not mostly part of one longer phrase, and of each the translation that
    goes with it best (Dice's coefficient), of equals the longest."""
    return {key: max(sorted(phrase.together), key=lambda other: (
                phrase.together[other] / (phrase.pairs + counts.theirs[other].pairs), len(other)))
            for key, phrase in counts.ours.items() if phrase.pairs >= min_count and phrase.together
            and not any(places >= INSIDE * phrase.places for _, places in phrase.within.most_common(1))}  # fmt: skip


def _is_padded(key: str, best_targets: dict[str, str], counts: Counts) -> bool:
    """Whether a part of the phrase means the same elsewhere too: as 占位符 without 个 does, but not "series" for "data
    series"."""
    lemmas = key.split(" ")
    size = len(lemmas)
    parts = (" ".join(lemmas[i:j]) for i in range(size) for j in range(i + 1, size + 1) if j - i < size)
    best = best_targets[key]
    least = ALONE * counts.ours[key].together[best]
    return any(best_targets.get(part) == best and counts.ours[part].together[best] >= least for part in parts)


def _candidate(key: str, best: str, counts: Counts, source: Side, target: Side) -> Candidate:
    phrase, translation = counts.ours[key], counts.theirs[best]
    number, both, labels = phrase.pairs, phrase.together[best], counts.labels[key, best]
    expected = np.sum(1 - np.exp(-number / counts.sizes.sum() * counts.sizes))
    spread = len(phrase.parts) / float(expected)
    weight = LABELLED if labels else LOOSE if source.function_words.intersection(key.split(" ")) else 1
    score = (_low(both, number) * log2(1 + number) * max(GENERAL - spread, 0.1) * (1 + log2(1 + source.size(key)) / 2)
             * weight)  # fmt: skip
    others = ((_dictionary_form(counts.theirs[other], target.lang), n / number)
              for other, n in phrase.together.most_common() if other != best)
    place = phrase.examples[best][1]
    return Candidate(
        _dictionary_form(phrase, source.lang), _dictionary_form(translation, target.lang), number, both / number,
        tuple(others), labels, _likelihood_ratio(both, number, translation.pairs, len(source.texts)), spread, score,
        (source.texts[place], target.texts[place]),
    )


def _dictionary_form(phrase: Phrase, lang: str) -> str:
    """Of the spellings that are not rare the one with most words in their own dictionary form, then the shortest."""
    enough = RARE_FORM * phrase.spellings.total()
    return max((spelling for spelling, places in phrase.spellings.items() if places >= enough), key=lambda text: (
        _own_forms(words(text), lang), -len(text), phrase.spellings[text], text))


def _own_forms(lemmas: Sequence[str], lang: str) -> float:
    return sum(lemma(word, lang) == word.casefold() for word in lemmas) / len(lemmas)


def _low(part: int, whole: int) -> float:
    """The lower end of the share part / whole, one standard error below (Wilson 1927): few cases prove little."""
    share = part / whole
    return (share + 0.5 / whole - sqrt(share * (1 - share) / whole + 0.25 / whole**2)) / (1 + 1 / whole)


def _likelihood_ratio(both: int, ours: int, theirs: int, total: int) -> float:
    """Dunning's G² (1993) of two phrases in ours and theirs of total pairs, in both together."""
    table = ((both, ours * theirs), (ours - both, ours * (total - theirs)), (theirs - both, (total - ours) * theirs),
             (total - ours - theirs + both, (total - ours) * (total - theirs)))
    return 2 * sum(seen * log(seen * total / expected) for seen, expected in table if seen)
