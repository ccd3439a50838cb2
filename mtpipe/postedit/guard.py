"""May this edit replace that draft? Every rule of the repair, each refusal with a reason code for the report.

"accepted" | no-change | untranslated | term-missing | term-lost | forbidden | overuse | code-lost | altered |
number-changed | script | language | pasted | word-lost | too-far | length | repetition | commentary | score
Editors have reasons of their own for what is no candidate: empty | format | too-long | not-taken | no-answer | budget
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment, TermError
from mtpipe.glossary.model import Term
from mtpipe.languages import scripts
from mtpipe.languages.lemmatization import COMPOUNDING, is_known, lemma
from mtpipe.languages.tags import primary_subtag
from mtpipe.languages.tokenization import is_character, words
from mtpipe.postedit.lost_words import lost_words
from mtpipe.terminology import checker
from mtpipe.terminology.inflected_match import Evidence

ACCEPTED = "accepted"
_CODE = re.compile("\ufffc+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NGRAM = 3
_STUTTER = re.compile(r"([^\W\d_]{4,})\1")
_FEW = 3  # words of a draft behind which a term may be all that was missing
_PART = 4  # letters at least of a compound's parts
_ENDINGS = ("s", "n", "en", "es")  # of terms' forms that no dictionary has
_ATTESTED = 4  # times that a corpus has a word; less may be a slip of the pen
_QUOTES = (('"', '"'), ("“", "”"), ("```", "```"))

Proof = dict[Term, list[Evidence]]  # what a target holds of each required term


@dataclass(frozen=True, slots=True)
class EditLimits:
    """How far an edit may go beyond its terms.

    window: changed words outside the terms, or share of the draft's words where that is more. shortest, longest: the
    edit's length as a ratio to the draft's, with slack words either way. score_drop: log-probability per target token
    that the edit may lose against the draft.
    """

    window: int = 3
    share: float = 0.25
    shortest: float = 0.8
    longest: float = 1.25
    slack: int = 3
    score_drop: float = 2.0


REPAIR = EditLimits()
POLISH = EditLimits(share=0.5, score_drop=0.0)  # nothing to gain but a better text: the model must not doubt it


def limits(segment: Segment) -> EditLimits:
    """How far an edit of a checked segment may go: nothing is allowed to get worse where nothing is wrong."""
    return REPAIR if segment.errors else POLISH


def judge(
    segment: Segment, candidate: str, lang: str, limits: EditLimits = REPAIR, scores: tuple[float, float] | None = None,
    lexicon: Lexicon | None = None,
) -> str:
    """The reason code for replacing segment.target by candidate; scores are the model's, (draft, candidate).

    An edit that meets some of several unmet terms is accepted: what is left goes to the next editor. lexicon: of the
    languages, where there is one; it knows more words than the dictionary of lemmas.
    """
    draft = segment.target or ""
    if candidate == draft:
        return "no-change"
    for reason, is_broken in (
        ("commentary", _is_commentary(draft, candidate)),
        ("code-lost", _loses_codes(segment, draft, candidate)),
    ):
        if is_broken:
            return reason
    old, new = (_text(segment, text) for text in (draft, candidate))
    before, after = (checker.term_evidence(segment, text, lang) for text in (old, new))
    if reason := _terms_reason(segment, draft, candidate, before, after, lang):
        return reason
    new_terms = [term for term in after if after[term] and not before[term]]
    gained = [checker.demand(segment, term) for term in new_terms]
    allowed = sum(_longest(term) * len(after[new_term]) for term, new_term in zip(gained, new_terms))
    errors, left = (checker.check(segment, lang, text) for text in (draft, candidate))
    lost, still_lost = _altered(errors), _altered(left)
    if not lost - still_lost and _changes_numbers(old, new, before, after):
        return "number-changed"
    if still_lost - lost or still_lost and len(left) >= len(errors):
        return "altered"
    forms = "".join(form for term in gained for form in term.targets + term.forms)
    if scripts.of_text(new) - scripts.of_text(old) - scripts.of_text(forms):
        return "script"
    inside = {word for items in after.values() for item in items for word in words(new[item.start : item.end])}
    copied = {word.casefold() for word in words(segment.source)}
    if _is_foreign(set(_words(new)) - set(_words(old)) - inside, inside, set(_words(old)), copied, lang, lexicon):
        return "language"
    if _is_pasted(_words(old), _words(new), inside):
        return "pasted"
    if lost_words(_words(old), _words(new), words(segment.source), lang, lexicon):
        return "word-lost"
    if reason := _shape_reason(_words(old), _words(new), words(segment.source), inside, allowed, limits):
        return reason
    if scores is not None and scores[1] < scores[0] - limits.score_drop:
        return "score"
    return ACCEPTED


def _longest(term: Term) -> int:
    return max(len(words(form)) for form in term.targets)


def _text(segment: Segment, target: str) -> str:
    """target with nothing of its codes but where they stand."""
    return _CODE.sub("\ufffc", checker.without_codes(segment, target)[0])


def _terms_reason(segment: Segment, draft: str, candidate: str, before: Proof, after: Proof, lang: str) -> str:
    if any(before[term] and not after[term] for term in before):
        return "term-lost"
    occurrences = {term: len(matches) for term, matches in checker.required(segment).items()}
    swapped = _most_swapped(_text(segment, draft), _text(segment, candidate), lang)
    if any(_uses(after, term) > max(occurrences[term], _uses(before, term) + swapped) for term in after):
        return "overuse"
    errors, left = (checker.check(segment, lang, text) for text in (draft, candidate))
    if any(error.kind == "untranslated" for error in left):
        return "untranslated"
    banned, still = ({error.found for error in each if error.kind == "forbidden"} for each in (errors, left))
    if still - banned:
        return "forbidden"
    unmet, before_it = ([error for error in each if error.kind != "altered"] for each in (left, errors))
    return "term-missing" if unmet and len(unmet) >= len(before_it) else ""


def _uses(proof: Proof, term: Term) -> int:
    """How often a term stands for itself, not as a part of a longer one."""
    longer = [item for other in proof if other != term for item in proof[other]]
    return sum(
        not any(o.start <= item.start and item.end <= o.end and o.end - o.start > item.end - item.start for o in longer)
        for item in proof[term]
    )


def _most_swapped(draft: str, candidate: str, lang: str) -> int:
    """How often the word that an edit took out most often went: each may have given way to a term."""
    old, new = (Counter(lemma(word, lang) for word in _words(text) if word.isalpha()) for text in (draft, candidate))
    return max((old - new).values(), default=0)


def _words(text: str) -> list[str]:
    """The words without the codes, which are not for an edit to be measured by."""
    return [word for word in words(text) if word != "\ufffc"]


def _shape_reason(
    old: list[str], new: list[str], source: list[str], inside: set[str], allowed: int, limits: EditLimits
) -> str:
    """How far the words of a candidate are from those of the draft; inside: words of the terms, allowed: so many more
    words may come with them."""
    if not limits.shortest * len(old) - limits.slack <= len(new) <= limits.longest * len(old) + limits.slack + allowed:
        return "length"
    before, after = _repeats(old), _repeats(new)
    gained = after - before - _repeats(source)
    # what was there twice may change twice
    if any(len(gram) < _NGRAM for gram in gained) or gained.total() > (before - after).total():
        return "repetition"
    changed = [
        max(i2 - i1 - allowed, sum(word not in inside for word in new[j1:j2]))
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    return "too-far" if sum(max(0, count) for count in changed) > max(limits.window, limits.share * len(old)) else ""


def _is_pasted(old: list[str], new: list[str], inside: set[str]) -> bool:
    """Whether terms were put behind a draft of more than a few words that is otherwise as it was."""
    draft, edit = ([word for word in text if word[0].isalnum()] for text in (old, new))
    return len(draft) > _FEW and len(edit) > len(draft) and edit[: len(draft)] == draft and (
        set(edit[len(draft) :]) <= inside)  # fmt: skip


def _is_foreign(
    new_words: Iterable[str], terms: set[str], old_words: set[str], source: set[str], lang: str,
    lexicon: Lexicon | None,
) -> bool:
    """Whether a third of the words that came are none of the language, as far as anybody here knows it.

    Single letters are no evidence either way, nor are parts of compounds that are words of the terms, or forms of them,
    or that the draft had. A dictionary has many foreign words too: it does not speak for those of the source.
    """
    own, old = ({part.casefold() for word in words for part in word.split("-")} for words in (terms, old_words))
    bases = tuple(part for part in own if len(part) >= _PART)
    parts = [part for word in new_words for part in word.split("-") if len(part) > 1 or is_character(part)]
    parts = [part for part in parts if part.isalpha() and part.casefold() not in own | old
             and not any(part.casefold() in (base + ending for ending in _ENDINGS) for base in bases)]
    strange = [part for part in parts if lexicon is None or lexicon.fluency.count(part) < _ATTESTED]
    is_known_word = {part: is_known(part, lang) for part in strange}
    if lexicon is None and None in is_known_word.values():  # nobody can tell
        return False
    unknown = sum(part.casefold() in source or not (is_known_word[part] or _is_compound(part, own, lang))
                  for part in strange)
    return 0 < unknown >= len(parts) / 3


def _is_compound(word: str, terms: set[str], lang: str) -> bool:
    """Whether a word comes apart into two that are known, or a term and one that is."""
    if primary_subtag(lang) not in COMPOUNDING:
        return False
    folded = word.casefold()
    return any(
        (front in terms or is_known(front.capitalize(), lang)) and (head in terms or is_known(head.capitalize(), lang))
        for i in range(_PART, len(folded) - _PART + 1)
        for head in (folded[i:],) for front in (folded[:i], folded[:i].removesuffix("s"), folded[:i].removesuffix("n"))
    )


def _loses_codes(segment: Segment, draft: str, candidate: str) -> bool:
    """Codes the draft had right must stay right; what it had lost already is another editor's concern."""
    lost = Counter(inline_codes.broken(segment.source, segment.codes, candidate))
    return bool(lost - Counter(inline_codes.broken(segment.source, segment.codes, draft)))


def _altered(errors: Iterable[TermError]) -> Counter[str]:
    """The invariants that a text with these errors lacks."""
    return Counter(error.expected[0] for error in errors if error.kind == "altered")


def _changes_numbers(draft: str, candidate: str, before: Proof, after: Proof) -> bool:
    """Terms may bring numbers or take in those that were there (Office365 → Office 365); no other comes or goes."""
    outside = Counter(_numbers(draft, before)) == Counter(_numbers(candidate, after))
    return not outside and Counter(_numbers(draft, {})) != Counter(_numbers(candidate, {}))


def _numbers(text: str, proof: Proof) -> list[str]:
    """The numbers of text outside its terms."""
    spans = [(item.start, item.end) for items in proof.values() for item in items]
    return [
        match.group() for match in _NUMBER.finditer(text)
        if not any(start <= match.start() and match.end() <= end for start, end in spans)
    ]


def _repeats(tokens: list[str]) -> Counter[tuple[str, ...]]:
    """Word n-grams that come more than once, words doubled in place, words with a part doubled: Waschmittelmittel."""
    folded = [word.casefold() for word in tokens]
    grams = Counter(tuple(folded[i : i + _NGRAM]) for i in range(len(folded) - _NGRAM + 1))
    doubled = Counter((a, b) for a, b in zip(folded, folded[1:]) if a == b and a.isalpha())
    stuttered = Counter((word,) for word in folded if _STUTTER.search(word))
    return Counter({gram: n - 1 for gram, n in grams.items() if n > 1}) + doubled + stuttered


def _is_commentary(draft: str, candidate: str) -> bool:
    """An answer that talks: more lines than the draft, or the whole in quotes or a fence the draft has not."""
    old, new = draft.strip(), candidate.strip()
    if new.count("\n") > old.count("\n"):
        return True
    return any(
        new.startswith(first) and new.endswith(last) and not (old.startswith(first) and old.endswith(last))
        for first, last in _QUOTES
    )
