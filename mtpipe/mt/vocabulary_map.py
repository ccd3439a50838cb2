"""Vocabulary maps: which pieces a model may write for those it reads, so that its output layer computes a part only.

CTranslate2 reads one from a model folder (vmap.txt: source pieces TAB target pieces; those of the empty key always) and
takes for a batch all that any of its sources' pieces lead to, and what the targets must begin with. Made from the
lexicon: what a word is translated with, in all its forms; the pieces themselves, since much is copied; those of common
words, of one letter, and without letters, so that anything can still be spelt. After the lexical shortlists of
Marian; see also L'Hostis et al. 2016.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.errors import ModelError
from mtpipe.io import atomic
from mtpipe.languages.lemmatization import lemma
from mtpipe.languages.scripts import is_unspaced
from mtpipe.models import registry
from mtpipe.mt.subwords import Pieces

NAME = "vmap.txt"
MOST = 200  # target pieces of a source piece
COMMON = 1500  # target pieces that every source may lead to
_TRANSLATIONS = 25  # of a word
_START = "\u2581"


def write(folder: Path, lexicon: Path | None = None) -> Path:
    """Makes the map of a model folder from its lexicon, or another one, and returns its file; the folder is sealed
    again, since the map changes translations.

    Raises ModelError for a model without one, and for languages written without spaces, whose words the lexicon does
    not know (Chinese to English lost 7 chrF2++); OutputError.
    """
    model = registry.read(folder)
    learnt_from = lexicon or model.lexicon
    for lang in (model.source_lang, model.target_lang):
        if is_unspaced(lang):
            raise ModelError(f"{folder}: no map for {lang}: its lexicon knows characters, the model's pieces are words;"
                             " use the model as it is")  # fmt: skip
    if learnt_from is None:
        raise ModelError(f"{folder}: the model has no lexicon to make a map from; give one (`mtpipe corpus lexicon`)")
    (source, target), ct2 = model.pieces, folder / "ct2"
    ours, theirs = Pieces(source, ct2, "source", target), Pieces(target, ct2, "target", source)
    rules = _rules(Lexicon.load(learnt_from), ours, theirs)
    with atomic.replacement(ct2 / NAME) as part:
        part.write_text("".join(f"{key}\t{' '.join(values)}\n" for key, values in rules), encoding="utf-8")
    registry.seal(folder)
    return ct2 / NAME


def _rules(lexicon: Lexicon, source: Pieces, target: Pieces) -> Iterator[tuple[str, list[str]]]:
    """(source piece, target pieces) in the order of the pieces; first the empty key."""
    weights, totals = _weights(lexicon, source, target)
    common = [piece for piece, _ in totals.most_common(COMMON)]
    yield "", list(dict.fromkeys([*common, *filter(_is_spelling, sorted(target.vocabulary))]))
    for piece in sorted(source.vocabulary):
        if not piece.strip() or set(piece) & set("\t \n"):
            continue
        usual = [other for other, _ in weights[piece].most_common(MOST)]
        copies = [piece] if piece in target.vocabulary else []
        if values := list(dict.fromkeys([*copies, *usual])):
            yield piece, values


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
