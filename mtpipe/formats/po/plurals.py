"""Plural forms in gettext's notation: how many a language has, and which numbers each of them is for."""

from __future__ import annotations

import gettext
import re
from dataclasses import dataclass

from mtpipe.languages.tags import primary_subtag

_ONE = "nplurals=2; plural=(n != 1);"
_SLAVIC = "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2"
# The rules of the gettext manual and CLDR, as gettext's own tools write them; languages not named are like English.
_RULES = {
    "nplurals=1; plural=0;": "bo dz id ja jv km ko lo ms my su th vi yo zh ii to wo",
    "nplurals=2; plural=(n > 1);": "ak am as bh bn fa ff fil fr gu guw hi hy kab kn ln mg nso oc pa pt_br si tg ti tl "
                                   "tr_old uz wa zu br2",
    f"nplurals=3; plural=({_SLAVIC});": "be bs hr ru sr uk sh",
    "nplurals=3; plural=(n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2;": "cs sk",
    "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);": "pl csb szl",
    "nplurals=3; plural=(n==1 ? 0 : n==0 || (n!=1 && n%100>=1 && n%100<=19) ? 1 : 2);": "ro mo",
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);": "lt",
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);": "lv",
    "nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);": "sl hsb dsb",
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);": "ar",
    "nplurals=5; plural=(n==1 ? 0 : n==2 ? 1 : n<7 ? 2 : n<11 ? 3 : 4);": "ga",
    "nplurals=4; plural=(n==1 || n==11 ? 0 : n==2 || n==12 ? 1 : n>2 && n<20 ? 2 : 3);": "gd",
    "nplurals=4; plural=(n==1 ? 0 : n==2 ? 1 : n!=8 && n!=11 ? 2 : 3);": "cy",
    "nplurals=4; plural=(n==1 ? 0 : n==0 || (n%100>1 && n%100<11) ? 1 : n%100>10 && n%100<20 ? 2 : 3);": "mt",
    "nplurals=2; plural=(n%10!=1 || n%100==11);": "is mk",
}
_BY_LANGUAGE = {lang: rule for rule, langs in _RULES.items() for lang in langs.split()}
_HEADER = re.compile(r"nplurals\s*=\s*(\d{1,2})\s*;\s*plural\s*=\s*([^;\n]{1,900});?")
_NUMBERS = range(1001)


@dataclass(frozen=True, slots=True)
class Plurals:
    """rule is the value of a Plural-Forms field; numbers: for each form, which of 0 … 1000 it is for."""

    rule: str
    numbers: tuple[frozenset[int], ...]

    def is_singular(self, form: int) -> bool:
        """Is the form for 1 and nothing else?"""
        return self.numbers[form] == {1}

    def has_one(self, form: int) -> bool:
        """Is the form for 1 and others like it, but not for most numbers?"""
        return 1 in self.numbers[form] and len(self.numbers[form]) < len(_NUMBERS) / 2


def of(lang: str) -> Plurals:
    """The plural forms of a language (BCP 47)."""
    exact = lang.replace("-", "_").lower()
    forms = read(_BY_LANGUAGE.get(exact) or _BY_LANGUAGE.get(primary_subtag(lang)) or _ONE)
    assert forms is not None
    return forms


def read(rule: str) -> Plurals | None:
    """The plural forms of a Plural-Forms field, None if it is none (as in templates)."""
    match = _HEADER.search(rule)
    if match is None:
        return None
    try:
        form = gettext.c2py(match[2])  # its parser takes nothing but such expressions
        forms = [form(n) for n in _NUMBERS]
    except (ValueError, ArithmeticError, RecursionError):
        return None
    count = int(match[1])
    if not count or max(forms) >= count:
        return None
    return Plurals(rule.strip(), tuple(frozenset(n for n in _NUMBERS if forms[n] == k) for k in range(count)))
