"""Vocabulary maps: which pieces a model may write for those it reads, so that its output layer computes a part only.

CTranslate2 reads one from a model folder (vmap.txt: source pieces TAB target pieces; those of the empty key always) and
takes for a batch all that any of its sources' pieces lead to, and what the targets must begin with. Made of parallel
text, where pieces lead to those that come with them far more often than by chance, and pieces that nothing leads to are
open to all; or of the lexicon: what a word is translated with, in all its forms, and what is common. Beside that the
pieces themselves, since much is copied, those of one letter, and without letters, so that anything can still be spelt.
After the lexical shortlists of Marian; see also L'Hostis et al. 2016.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.errors import ModelError
from mtpipe.io import atomic
from mtpipe.languages.lemmatization import lemma
from mtpipe.languages.scripts import is_unspaced
from mtpipe.models import registry
from mtpipe.mt.subwords import Pieces

NAME = "vmap.txt"
MOST = 200  # target pieces of a source piece, by the lexicon
COMMON = 1500  # target pieces that every source may lead to
LEARNT = 40, 2500  # the same, by parallel text
_PAIRS, _SHARD = 200_000, 20_000  # of parallel text, that are looked at in all and together
_TRANSLATIONS = 25  # of a word
_START = "\u2581"


def write(folder: Path, lexicon: Path | None = None, pairs: Sequence[tuple[str, str]] = ()) -> Path:
    """Makes the map of a model folder from parallel text, or else from its lexicon, or another one, and returns its
    file; the folder is sealed again, since the map changes translations.

    Raises ModelError for a model without a lexicon and, without pairs, for languages written without spaces, whose
    words it does not know (Chinese to English lost 7 chrF2++); OutputError.
    """
    model = registry.read(folder)
    learnt_from = lexicon or model.lexicon
    for lang in (model.source_lang, model.target_lang):
        if is_unspaced(lang) and not pairs:
            raise ModelError(f"{folder}: no map for {lang}: its lexicon knows characters, the model's pieces are words;"
                             " give parallel text (--pairs)")  # fmt: skip
    if learnt_from is None and not pairs:
        raise ModelError(f"{folder}: the model has no lexicon to make a map from; give one (`mtpipe corpus lexicon`), "
                         "or parallel text (--pairs)")
    (source, target), ct2 = model.pieces, folder / "ct2"
    ours, theirs = Pieces(source, ct2, "source", target), Pieces(target, ct2, "target", source)
    if pairs:
        leads, common = _learnt(pairs[:: -(-len(pairs) // _PAIRS)], ours, theirs)
    else:
        assert learnt_from is not None
        leads, common = _known(Lexicon.load(learnt_from), ours, theirs)
    with atomic.replacement(ct2 / NAME) as part:
        rules = _rules(leads, common, ours, theirs)
        part.write_text("".join(f"{key}\t{' '.join(values)}\n" for key, values in rules), encoding="utf-8")
    registry.seal(folder)
    return ct2 / NAME


def _rules(
    leads: Mapping[str, list[str]], common: Iterable[str], source: Pieces, target: Pieces
) -> Iterator[tuple[str, list[str]]]:
    """(source piece, target pieces) in the order of the pieces; first the empty key."""
    always = dict.fromkeys([*common, *filter(_is_spelling, sorted(target.vocabulary))])
    yield "", list(always)
    for piece in sorted(source.vocabulary):
        if not piece.strip() or set(piece) & set("\t \n"):
            continue
        copies = [piece] if piece in target.vocabulary else []
        if values := [other for other in dict.fromkeys([*copies, *leads.get(piece, ())]) if other not in always]:
            yield piece, values


def _learnt(
    pairs: Sequence[tuple[str, str]], source: Pieces, target: Pieces
) -> tuple[dict[str, list[str]], list[str]]:
    """The target pieces that each source piece leads to, and those that the most sentences have without a lead."""
    most, size = LEARNT
    ours, theirs = sorted(source.vocabulary), sorted(target.vocabulary)
    sources = _numbers(ours, source.encode_all([text for text, _ in pairs]))
    targets = _numbers(theirs, target.encode_all([text for _, text in pairs]))
    often = [np.bincount(np.concatenate(side), minlength=len(pieces)) for side, pieces in
             ((sources, ours), (targets, theirs))]  # fmt: skip
    cells, counts = _together(sources, targets, len(theirs))
    first, second = np.divmod(cells, len(theirs))
    # how often they are together, times the log of how much more often than by chance
    weights = counts * np.log(counts * len(pairs) / (often[0][first] * often[1][second]))
    best = np.lexsort((-weights, first))
    best = best[weights[best] > 0]
    places = np.arange(len(best)) - np.searchsorted(first[best], first[best])  # of each among those of its source
    leads: dict[int, list[int]] = defaultdict(list)
    for i, j in zip(first[best[places < most]].tolist(), second[best[places < most]].tolist(), strict=True):
        leads[i].append(j)
    without = Counter(chain.from_iterable(
        set(theirs).difference(*(leads.get(i, ()) for i in ours)) for ours, theirs in
        zip((some.tolist() for some in sources), (some.tolist() for some in targets), strict=True)))  # fmt: skip
    return ({ours[i]: [theirs[j] for j in row] for i, row in leads.items()},
            [theirs[j] for j, _ in without.most_common(size)])


def _numbers(pieces: Sequence[str], texts: Iterable[Sequence[str]]) -> list[np.ndarray]:
    """For each text the numbers of its pieces, each once."""
    places = {piece: i for i, piece in enumerate(pieces)}
    return [np.unique([places[piece] for piece in text if piece in places]).astype(np.int64) for text in texts]


def _together(
    sources: Sequence[np.ndarray], targets: Sequence[np.ndarray], width: int
) -> tuple[np.ndarray, np.ndarray]:
    """(source × width + target, how many pairs have both) of the pieces that come together more than once."""
    cells, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for start in range(0, len(sources), _SHARD):
        shard = slice(start, start + _SHARD)
        both = zip(sources[shard], targets[shard], strict=True)
        each = np.concatenate([(some[:, None] * width + others).ravel() for some, others in both])
        new, times = np.unique(each, return_counts=True)
        cells, places = np.unique(np.concatenate((cells, new)), return_inverse=True)
        counts = np.bincount(places, np.concatenate((counts, times)))
    return cells[counts > 1], counts[counts > 1]


def _known(lexicon: Lexicon, source: Pieces, target: Pieces) -> tuple[dict[str, list[str]], list[str]]:
    """The target pieces that each source piece leads to, and those of common words, by a lexicon."""
    weights, totals = _weights(lexicon, source, target)
    leads = {piece: [other for other, _ in row.most_common(MOST)] for piece, row in weights.items()}
    return leads, [piece for piece, _ in totals.most_common(COMMON)]


def _weights(lexicon: Lexicon, source: Pieces, target: Pieces) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """For each source piece how often each target piece translates a word of it, and how often each is written."""
    weights: dict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    variants = cache(lambda form: tuple(_variants(target, form)))
    for word, row in lexicon.links.items():
        ours = {piece for form in (word, word.capitalize()) for piece in source.encode(form)}
        for translation, count in Counter(row).most_common(_TRANSLATIONS):
            forms = lexicon.forms.get(translation) or {translation: 1}
            for form, times in forms.items():
                weight = count * times / sum(forms.values())
                for piece in variants(form):
                    totals[piece] += weight  # type: ignore[assignment]  # a share of a count
                    for one in ours:
                        weights[one][piece] += weight  # type: ignore[assignment]
    _inherit(weights, source.vocabulary, lexicon.source_lang)
    return weights, totals


def _variants(target: Pieces, form: str) -> Iterable[str]:
    """The pieces of a word as it may stand: with a capital, and behind another one in a compound."""
    pieces = [piece for text in {form, form[:1].upper() + form[1:]} for piece in target.encode(text)]
    inside = (piece.removeprefix(_START) for piece in pieces)
    return dict.fromkeys([*pieces, *(piece for piece in inside if piece in target.vocabulary)])


def _inherit(weights: dict[str, Counter[str]], pieces: Iterable[str], lang: str) -> None:
    """A piece that is a whole word in another form than the lexicon's has what that leads to as well."""
    for piece in sorted(pieces):
        word = piece.removeprefix(_START)
        base = f"{_START}{lemma(word, lang)}" if word != piece and word.isalpha() else piece
        if base != piece and base in weights:
            weights[piece].update(weights[base])


def _is_spelling(piece: str) -> bool:
    """One letter, or none at all: punctuation, figures, bytes, symbols."""
    bare = piece.removeprefix(_START)
    return len(bare) <= 1 or piece.startswith("<0x") or not any(map(str.isalpha, bare))
