"""Negation: where a text says "not", and whether a translation of it says so in any way.

What is looked for in a source are words that negate in one language and say nothing else in the others, so that its
language need not be known. A translation may put it in many ways (none, without, only, avoid, un-), and each of them
counts: what is reported has lost its "not" for certain, as nearly as words can tell.
"""

from __future__ import annotations

import re

from mtpipe.languages.tags import primary_subtag

_CUES = re.compile(
    # English; "Not" before a capital may be a name or the German noun, and NOT alone an operator
    r"(?<!\bor )\b(?:not(?! only\b)|Not(?= [a-z])|(?:DO|DOES|MUST|SHALL|SHOULD|MAY|CAN|WILL|IS|ARE) NOT)\b"
    r"|\b[A-Za-z]{2,6}n['’]t\b|\b(?i:cannot|never)\b"
    r"|\b(?:nicht(?! nur\b)|Nicht(?= [a-zäöü])|NICHT|(?i:niemals|keine?|keine[mnrs]))\b"  # German
    r"|\b(?i:nunca|jamás|ningún|ninguna)\b"  # Spanish
    r"|\b(?i:není|nejsou|nelze|nikdy|žádn(?:ý|á|é|ou|ých))\b"  # Czech
    r"|\b(?i:нельзя|никогда|невозможно)\b"  # Russian
    # Chinese; 要不要 asks
    r"|(?<!要)不要|不得(?!不|已)|不可(?!避免|或缺|多)|(?<!能)不能(?!不)|(?<!会)不会"
    r"|并非|尚未|请勿|切勿|从不|从未"
)
# what may stand for a negation: words, with ? for a letter and * for any
_FORMS = {
    "en": "no not n't n’t none non cannot never neither nor nothing nobody nowhere without unless only instead rather"
    " except until still yet too few little hardly free stop* remain* avoid* prevent* fail* lack* miss* absen* forbid*"
    " refus* unable other* else keep* disabl* ignor* exclu* un???* in???* im???* il???* ir???* dis???* mis???*"
    " prohibit* *less",
    "de": "nicht* nie niemals niemand* kein* nirgend* weder ohne nein nur erst noch statt anstatt anstelle sonst außer*"
    " ander* verhinder* vermeid* verbot* verbiet* untersag* fehl* deaktiv* ausge* ignorier* un???* miss* inkompat*"
    " inakt* *los *lose *losen *loser *loses *losem *frei *freie *freien *freier *freies *freiem",
    "es": "no nunca jamás ni nada nadie ning* sin tampoco solo sólo salvo excepto menos apenas evit* impid* imped*"
    " prohib* falt* carec* dej* vez lugar omit* ignor* exclu* in???* im???* ir???* des???*",
    "cs": "ne* ni* ně* bez* žádn* ani jen* pouze jin* místo kromě mimo zakáz* zabr* zákaz* vyhn* vyhýb* chyb* postrád*"
    " vynech* vypn* dosud málo in????*",
    "ru": "не* ни* нет без* бес* только лишь кроме вместо запре* избег* отсутств* отключ* пока мало ещё еще иначе проч*"
    " друг* игнор* исключ*",
    "zh": "*不* *没* *沒* *无* *無* *未* *非* *勿* *别* *莫* *毋* *免* *禁* *否* *绝* *忌* *仅* *只* *除* *才*",
}


def _pattern(form: str) -> str:
    """A word of the table as a regular expression; n't is a part of one."""
    start = "" if form.startswith(("*", "n'", "n’")) else r"\b"
    end = "" if form.endswith("*") else r"\b"
    return start + re.escape(form.strip("*")).replace(r"\?", r"\w") + end


_IN = {lang: re.compile("|".join(map(_pattern, forms.split())), re.IGNORECASE) for lang, forms in _FORMS.items()}


def find(text: str) -> tuple[int, int] | None:
    """(start, end) of the first word that negates, if any."""
    match = _CUES.search(text)
    return match.span() if match else None


def is_expressed(text: str, lang: str) -> bool:
    """Whether a text in the language lang may negate anything; of languages without a list always true."""
    pattern = _IN.get(primary_subtag(lang))
    return pattern is None or pattern.search(text) is not None
