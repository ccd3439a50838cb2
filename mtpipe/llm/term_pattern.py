"""Required terms as one regular expression: what a JSON schema's `pattern` demands of an LLM's answer.

For every engine at once (ECMA, RE2, Rust, Python, the grammars of llama.cpp): no lookaround, no \\w, no \\u escapes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mtpipe.languages.scripts import has_word_boundaries

FREE = 3  # terms that may come in any order: the orders are spelled out
_MOST = 1000  # RE2 counts no further

# beside a word: spaces, punctuation, symbols, the brackets of inline codes; \^ is an error in grammars of llama.cpp
_EDGE = r" !#$%&'()*+,./:;<=>?@\[\]^`{|}~\xa0¡-©«-±´¶-¸»¿×÷‐-‧‰-‾⁁-⁓⁕-⁞€→⟦-⟯、。「-】-"
_ESCAPED = r'"\\'  # what JSON writes otherwise
_CONTROL = r"\x00-\x1f"
_SPECIAL = re.compile(r"[\^$.\[\](){}|*+?\\]")
_Forms = dict[tuple[str, str], list[str]]  # (class of what may stand before, after; "": anything) → expressions


def pattern(terms: Sequence[Sequence[str]], lang: str, max_chars: int = 0, quotes: bool = False) -> str:
    """An anchored expression of the texts that hold, for each term, one of its forms as whole words, not overlapping.

    terms: accepted forms, spelled as they may stand; FREE terms come in any order, more of them FREE by FREE in the
    order given (that of the source is a good one). lang: of the text; forms in scripts written without spaces need no
    edges. max_chars: of each stretch between terms, so that every text up to that length is among them and none is
    endless; 0 for no limit. quotes: whether " and \\ may stand around the terms; servers that take the pattern for the
    string as JSON writes it (llama.cpp) then write broken JSON. Raises ValueError for a term without forms.
    """
    around = f"[^{_CONTROL}]" if quotes else f"[^{_ESCAPED}{_CONTROL}]"
    counts = [_MOST] * (max_chars // _MOST) + [max_chars % _MOST]
    gap = "".join(f"{around}{{0,{count}}}" for count in counts if count) if max_chars else f"{around}*"
    groups = [_forms(forms, not has_word_boundaries(lang), "" if quotes else _ESCAPED) for forms in terms]
    return f"^{_texts(groups[:FREE], groups[FREE:], '', gap)}$" if groups else f"^{gap}$"


def _texts(free: Sequence[_Forms], later: Sequence[_Forms], after: str, gap: str) -> str:
    """What goes on with the first terms in any order; after: the class that the form before it wants beside it."""
    if not free:
        return _texts(later[:FREE], later[FREE:], after, gap) if later else _stretch(after, "", gap)
    ways = []
    for i, forms in enumerate(free):
        for (before, behind), expressions in forms.items():
            rest = _texts([*free[:i], *free[i + 1 :]], later, behind, gap)
            ways.append(f"{_stretch(after, before, gap)}({'|'.join(expressions)}){rest}")
    return f"({'|'.join(ways)})"


def _stretch(after: str, before: str, gap: str) -> str:
    """What may stand between two forms, or a form and the text's end, that want these classes beside them."""
    if after and before:
        return f"{after}({gap}{before})?"
    return f"({after}{gap}{before})?" if after or before else gap


def _forms(forms: Sequence[str], is_unspaced: bool, banned: str) -> _Forms:
    groups: _Forms = {}
    for form in dict.fromkeys(form.strip() for form in forms if form.strip()):
        escaped = _SPECIAL.sub(r"\\\g<0>", form)
        # a full stop ends the sentence after a number, but in 5.1 there is no 5
        expression = escaped + "[.,]?" if form[-1].isdigit() else escaped
        groups.setdefault(_edges(form, is_unspaced, banned), []).append(expression)
    if not groups:
        raise ValueError("a term without forms can't be required")
    return groups


def _edges(form: str, is_unspaced: bool, banned: str) -> tuple[str, str]:
    """The classes that `evidence` wants before and after a form; what suits after one suits before each."""
    if is_unspaced:
        before, after = (f"[^A-Za-z0-9{banned}{_CONTROL}]" if char.isascii() and char.isalnum() else ""
                         for char in (form[0], form[-1]))  # fmt: skip
        return before, after
    edge = _EDGE if banned else _ESCAPED + _EDGE
    excluded = ".,/" if form[-1].isdigit() else "+#" if len(form) == 1 else ""
    return f"[{edge}]", f"[{''.join(char for char in edge if char not in excluded)}]"
