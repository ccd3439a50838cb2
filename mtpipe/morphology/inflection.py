"""Forms a word can take in the target language, from what a corpus attests and by analogy to a word it replaces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from os.path import commonprefix

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.languages.lemmatization import is_known, lemma
from mtpipe.languages.tokenization import words

MOST_FORMS = 12  # of one word, the most frequent
MOST_VARIANTS = 24  # of one term
# odds that a corpus' form is wrong: as a multiple of those of any word to be inflected, and what analogy leaves of them
_ODDS, _ANALOGY = 3.0, 0.2
# function words that change with their neighbour and have lemmas of their own
_TWINS = {"en": (("a", "an"),)}


def forms(word: str, lexicon: Lexicon) -> list[str]:
    """The word first, then the attested forms of its lemma, most frequent first; in the word's own letter case."""
    lang = lexicon.target_lang
    known = lexicon.forms.get(lemma(word, lang), {})
    twins = [twin for group in _TWINS.get(lang, ()) if word.casefold() in group for twin in group]
    ranked = [*twins, *sorted(known, key=lambda form: -known[form])[:MOST_FORMS]]
    return list(dict.fromkeys([word, *(_cased(form, word) for form in ranked)]))


def variants(term: str, replaced: Sequence[str], is_bent: bool, lexicon: Lexicon) -> list[tuple[str, float]]:
    """(form of the term, how odd it would be), least odd first.

    A word bends right when an ending made the replaced word from its base as it makes this form from the term's word:
    tarea → tareas, informe → informes. is_bent: the source term is bent, so the term's own form is half odd; else
    every other form is.
    """
    bends = {bend for word in replaced if word.isalpha() for bend in _bends(word, lexicon)}
    parts = term.split(" ")
    attribute = _attribute(parts, lexicon)
    choices: list[list[tuple[str, float]]] = []
    for i, part in enumerate(parts):
        if i >= attribute:
            choices.append([(part, 0.0)])
            continue
        options = [part] if not part.isalpha() else forms(part, lexicon)
        options += [form for bend in bends if (form := _bent(part, bend)) and _is_possible(form, part, lexicon)]
        choices.append([(form, _oddity(part, form, bends)) for form in dict.fromkeys(options)])
    if len(parts) > 3:  # a long name keeps its words
        choices = [words[:1] for words in choices[:-1]] + choices[-1:]
    whole = [(" ".join(form for form, _ in row), sum(odd for _, odd in row)) for row in product(*choices)]
    rated = [(form, odd + (0.5 if is_bent == (form == term) else 0.0)) for form, odd in whole]
    return sorted(rated, key=lambda item: item[1])[:MOST_VARIANTS]


def _attribute(parts: Sequence[str], lexicon: Lexicon) -> int:
    """Where in a term an attribute begins, which keeps its form: hojas | de cálculo, sources | de données."""
    known = lexicon.fluency.function_words
    return next((i for i, part in enumerate(parts) if 0 < i < len(parts) - 1 and part.casefold() in known), len(parts))


def _bends(word: str, lexicon: Lexicon) -> set[tuple[str, str]]:
    """Endings that may have made the word: from its lemma, or from an attested word it goes on from."""
    lang, folded = lexicon.target_lang, word.casefold()
    bends = {_bend(lemma(word, lang), folded)}
    for size in (1, 2):
        base = word[:-size]
        if len(base) >= 3 and 5 * _count(base, lexicon) > _count(word, lexicon):  # else it is a typing error
            bends.add(("", folded[-size:]))
    return bends


def like(form: str, replaced: str, is_first: bool, lexicon: Lexicon | None) -> str:
    """The form with the capital of a sentence's first word or of a label, in capitals where the replaced text shouts.

    A label's capital is one on a word that the corpus writes small.
    """
    if len(replaced) > 3 and replaced.isupper() and not form.isupper():
        return form.upper()
    if not replaced[:1].isupper():
        return form
    word = replaced.split()[0]
    small = word[:1].lower() + word[1:]
    is_label = lexicon is not None and small in lexicon.forms.get(lemma(small, lexicon.target_lang), {})
    return form[:1].upper() + form[1:] if is_first or is_label else form


def doubt(
    form: str, term: str, replaced: Sequence[str], has_neighbours: bool, lang: str, rate: float,
    lexicon: Lexicon | None = None,
) -> float:
    """The probability that a form chosen by the corpus alone is wrong; rate: the language's, as Lexicon.inflection.

    Words whose dictionary forms end alike decline alike, and where both bend alike, case and number are those of what
    goes: each letter that the ends share counts, and endings that the corpus (lexicon) has of both words count as one.
    A form that it does not have is no evidence, nor is a word that no dictionary has. has_neighbours: words beside it
    changed as well. The odds fit what the grammars of Russian and Spanish say of the forms that their corpora choose.
    Names in capitals do not bend.
    """
    base = words(term)
    if not any(_can_bend(word) for word in base):
        return 0.0
    is_known_form = not any(is_known(word, lang) is False for word in replaced) and (
        form.casefold() == term.casefold() or lexicon is None or all(map(lexicon.fluency.count, words(form))))
    shared = _shared(words(form), base, replaced, lang) if is_known_form and not has_neighbours else None
    if shared == 0 and lexicon is not None and len(base) == len(replaced) == 1:
        shared = int(len(_attested_bends(base[0], lexicon) & _attested_bends(replaced[0], lexicon)) > 1)
    odds = _ODDS * rate / (1 - min(rate, 0.9)) * (1 if shared is None else _ANALOGY ** (shared + 1))
    return float(odds / (1 + odds))


def _attested_bends(word: str, lexicon: Lexicon) -> set[tuple[str, str]]:
    """What the corpus changes in a word's dictionary form."""
    base = lemma(word, lexicon.target_lang)
    return {_bend(base, form.casefold()) for form in lexicon.forms.get(base, {})}


def _shared(form: Sequence[str], base: Sequence[str], old: Sequence[str], lang: str) -> int | None:
    """How many letters the dictionary forms share at their ends; None where the words do not bend alike."""
    if len(form) != len(base):
        return None
    bends = [_bend(a.casefold(), b.casefold()) for a, b in zip(base, form)]
    lemmas = [lemma(word, lang) for word in old]
    wanted = [_bend(a, b.casefold()) for a, b in zip(lemmas, old)]
    if len(form) != len(old):
        return 0 if {*bends, ("", "")} == {*wanted, ("", "")} else None
    if bends != wanted:
        return None
    return min(_common_end(a.casefold(), b) for a, b in zip(base, lemmas))


def _common_end(one: str, other: str) -> int:
    return len(commonprefix([one[::-1], other[::-1]]))


def _can_bend(word: str) -> bool:
    return word.isalpha() and not (word.isupper() and len(word) > 1)


def _count(word: str, lexicon: Lexicon) -> int:
    return lexicon.forms.get(lemma(word, lexicon.target_lang), {}).get(word, 0)


def _is_possible(form: str, part: str, lexicon: Lexicon) -> bool:
    """A form made by analogy is attested, or its word is too rare for the corpus to know better and no form itself."""
    same = lemma(form, lexicon.target_lang) == lemma(part, lexicon.target_lang)
    return same and (_count(form, lexicon) > 0 or _count(part, lexicon) == 0 and lexicon.ends_like_a_lemma(part))


def _oddity(part: str, form: str, bends: set[tuple[str, str]]) -> float:
    """0 when the form bends as one of bends, little when it only ends like one (informes, posiciones), else 1."""
    if form == part:
        return float(bool(bends) and ("", "") not in bends)
    bend = _bend(part.casefold(), form.casefold())
    if bend in bends:
        return 0.0
    return 0.25 if any(come and come[-1:] == bend[1][-1:] for _, come in bends) else 1.0


def _bend(base: str, form: str) -> tuple[str, str]:
    """(ending that goes, ending that comes) from the base to the form."""
    shared = next((i for i, (a, b) in enumerate(zip(base, form)) if a != b), min(len(base), len(form)))
    return base[shared:], form[shared:]


def _bent(word: str, bend: tuple[str, str]) -> str:
    gone, come = bend
    if not come or not word.casefold().endswith(gone):
        return ""
    return word[: len(word) - len(gone)] + come


def _cased(form: str, model: str) -> str:
    return form[:1].upper() + form[1:] if model[:1].isupper() else form
