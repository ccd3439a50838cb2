"""Numbers in texts of any language: 1,234.56 is 1.234,56 and 1 234,56, "two" is 2, 5/3/2026 is the 3rd of May."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from mtpipe.languages.tags import primary_subtag

if TYPE_CHECKING:
    from babel import Locale

Span = tuple[int, int]

_GROUP_SPACES = " \u00a0\u2009\u202f"
_NUMBER = re.compile(r"\d+(?:[.,'’\u066b\u066c]\d+)*")
_SPACED = re.compile(rf"(?<![\d.,])\d{{1,3}}(?:[{_GROUP_SPACES}]\d{{3}})+(?:[.,]\d+)?(?![\d])")
_DIGITS = re.compile(r"\d+")
_LIST = re.compile(r"\d+(?:,\d+)+")
_PADDED = re.compile(r"0\d{2}")  # 007 is no 7
_DATE = re.compile(r"(?<![\d.,/-])(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d\d)(?![\d/-])")
_GROUPED = re.compile(r"\d{1,3}(?:(?P<mark>[.,'’\u066c])(?:\d{3}|\d{2}(?=[.,'’]\d)))(?:(?P=mark)\d{2,3})*")
# what a Chinese, Japanese or Korean number counts in, and what an English one does
_MAGNITUDES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "만": 10**4,
               "thousand": 1000, "million": 10**6, "millionen": 10**6, "millones": 10**6, "billion": 10**9,
               "milliarden": 10**9}  # fmt: skip
_MAGNITUDE = re.compile(rf"[\s\u00a0]?({'|'.join(_MAGNITUDES)})", re.IGNORECASE)
_HAN = {"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
        "十": 10, "单": 1, "双": 2, "首": 1}  # fmt: skip
# how the words of 0 to 12 begin, inflected, as ordinals and in compounds (zweidimensional)
_STEMS = {
    "en": "zero|one/first/single/once|two/second/twi/doubl/both/pair|thr/third/tripl|four|fiv/fif|six|seven|eight|nin|"
    "ten|eleven|twel",
    "de": "null|ein/erst|zwei/zweit/zwo/doppel/beid|drei/dritt|vier|fünf|sechs|sieb|acht|neun|zehn|elf|zwölf",
    "es": "cero|un/primer/sol/simple|dos/segund/dobl/ambos/ambas/bi|tres/tercer/tri|cuatr/cuart|cinco/quint|seis/sext|"
    "siete/séptim|ocho/octav|nueve/noven|diez/décim|once/undécim|doce/duodécim",
    "cs": "nul|jed/prvn|dv/druh/oba/obě/dvoj|tř/tro|čt|pět/pát|šest|sedm|osm|dev|des|jeden|dvanác",
    "fr": "zéro|un/premi/seul|deux/second/double|trois|quatr|cinq|six|sept|huit|neuv/neuf|dix|onz|douz",
    "it": "zero|un/prim/sol|due/second/doppi|tre/terz|quattr/quart|cinqu/quint|sei/sest|sett|ott|nov|diec/decim|undic|"
    "dodic",
    "pt": "zero|um/prim/únic|dois/duas/segund/dupl|três/terc|quatr/quart|cinco/quint|seis/sext|sete/sétim|oito/oitav|"
    "nove/non|dez/décim|onze|doze",
    "nl": "nul|een/één/eerst|twee/dubbel/beid|drie/derd|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf",
    "pl": "zer|jed/pierw|dw/drug/podwó|trz|czter/czwart|pię/piąt|sześ/szóst|sied|osi/ósm|dziewię|dziesię|jedena|dwana",
    "ru": "нол|один/одн/перв|дв/втор/оба|тр|четыр/четвер|пят|шест|сем/седьм|вос|девя|деся|одинна|двена",
}
LANGUAGES = (*_STEMS, "zh")  # whose number words are known
# a unit's sign and its name in CLDR
_UNITS = {
    "kB": "kilobyte", "KB": "kilobyte", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte", "mm": "millimeter",
    "cm": "centimeter", "km": "kilometer", "ms": "millisecond", "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz",
    "GHz": "gigahertz", "kg": "kilogram", "kW": "kilowatt", "px": "pixel", "dpi": "dot-per-inch",
    "%": "concentr-percent", "°C": "celsius", "°F": "fahrenheit",
}  # fmt: skip
_UNIT = re.compile(rf"[\s\u00a0\u202f\u2009]?({'|'.join(map(re.escape, sorted(_UNITS, key=len, reverse=True)))})(?!\w)")


def find(text: str) -> list[Span]:
    """Where numbers stand: runs of digits with the marks between them, thousands set off by spaces as one."""
    dates = [match.span(part) for match in _DATE.finditer(text) for part in (1, 2, 3)]
    whole = [match.span() for match in _SPACED.finditer(text)] + dates
    spans = [match.span() for match in _NUMBER.finditer(text)]
    covered = {place for span in whole for place in range(*span)}
    return sorted(whole + [span for span in spans if covered.isdisjoint(range(*span))]) if whole else spans


def missing(source: str, spans: Sequence[Span], target: str, lang: str) -> set[Span]:
    """The source's numbers that a target in the language lang lacks, by value and unit."""
    there = _Figures(target, _decimal_mark(primary_subtag(lang)))
    lacking: set[Span] = set()
    unseen: list[tuple[Span, set[Decimal | str]]] = []
    for start, end in spans:
        required = _readings(source, start, end)
        if not there.take(required):
            unseen.append(((start, end), required))
        elif not _has_unit(source, end, required, target, lang):
            lacking.add((start, end))
    words = {word.casefold() for word in re.findall(r"[^\W\d]+", target)} if unseen else set[str]()
    is_there: dict[Decimal | str, bool] = {}
    for (start, end), required in unseen:
        if there.take_list(source[start:end]):  # 1,3,5 as 1, 3 and 5
            continue
        for value in required - is_there.keys():
            is_there[value] = _is_said(value, target, words, lang)
        if not any(is_there[value] for value in required):
            lacking.add((start, end))
    return lacking


class _Figures:
    """The numbers of a target in digits, each of which stands for one of the source."""

    def __init__(self, target: str, mark: str):
        self._target = target
        self._places = defaultdict[Decimal | str, deque[Span]](deque)
        self._used: set[int] = set()  # places of characters
        for span, values in _candidates(target, mark).items():
            for value in values:
                self._places[value].append(span)

    def take(self, values: Iterable[Decimal | str]) -> bool:
        """Is one of the values still there? If so, the first one is used up."""
        free = [span for value in values if (span := self._first(value)) is not None]
        if free:
            self._used.update(range(*min(free)))
        return bool(free)

    def take_list(self, literal: str) -> bool:
        """Do the parts of a literal with commas follow each other, none of them used? If so, they are used up."""
        if not _LIST.fullmatch(literal) or _GROUPED.fullmatch(literal):
            return False
        pattern = r"(?<![\d.,])" + r"(?:\D{2,12}|[,;/、])".join(literal.split(",")) + r"(?![\d])"
        spans = (match.span() for match in re.finditer(pattern, self._target))
        span = next((span for span in spans if self._used.isdisjoint(range(*span))), None)
        self._used.update(range(*span) if span else ())
        return span is not None

    def _first(self, value: Decimal | str) -> Span | None:
        places = self._places.get(value)
        while places and not self._used.isdisjoint(range(*places[0])):
            places.popleft()
        return places[0] if places else None


def _candidates(text: str, mark: str) -> dict[Span, set[Decimal | str]]:
    """What each run of digits may mean, those that may belong together both as one and by themselves.

    mark: the decimal mark of the text's language, "" where that is not known.
    """
    spans = {match.span() for pattern in (_NUMBER, _SPACED) for match in pattern.finditer(text)} | set(find(text))
    spans |= {part.span() for match in _LIST.finditer(text) for part in _DIGITS.finditer(text, *match.span())}
    return {span: _readings(text, *span, mark) for span in sorted(spans)}


def _readings(text: str, start: int, end: int, mark: str = "") -> set[Decimal | str]:
    """What text[start:end] may mean: by its marks, by the word of magnitude behind it, as it is.

    mark: the decimal mark, "" for any convention's.
    """
    if _PADDED.match(text, start, end):
        return {text[start:end]}
    values: set[Decimal | str] = set(_decimals(text[start:end], mark))
    if (match := _MAGNITUDE.match(text, end)) is not None:
        values |= {value * _MAGNITUDES[match[1].lower()] for value in values if isinstance(value, Decimal)}
    return values | {text[start:end]}


@lru_cache(maxsize=1000)
def _decimals(literal: str, mark: str = "") -> frozenset[Decimal]:
    """The values of a literal with . or , for either mark; none where the marks make no number (1,234,56).

    mark: the only decimal mark of a number without groups, where that is known.
    """
    plain = "".join(char for char in literal if char not in _GROUP_SPACES)
    values = set()
    grouped = _GROUPED.match(plain)
    if grouped:
        rest = plain[grouped.end() :]
        whole = re.sub(r"\D", "", grouped.group())
        if not rest:
            values.add(Decimal(whole))
        elif rest[0] in ".,\u066b" and rest[0] != grouped["mark"] and rest[1:].isdecimal():
            values.add(Decimal(f"{whole}.{rest[1:]}"))
    parts = re.split(r"[.,\u066b]", plain)
    has_mark = len(parts) == 1 or not mark or mark in plain
    if len(parts) <= 2 and has_mark and all(part.isdecimal() for part in parts):
        values.add(Decimal(".".join(parts)))
    return frozenset(value.normalize() for value in values)


def _is_said(value: Decimal | str, target: str, words: Collection[str], lang: str) -> bool:
    """Is the number there as a word, as a month's name, or as an hour of the other clock?"""
    if isinstance(value, str) or value != value.to_integral_value() or not 0 <= value <= 24:
        return False
    number = int(value)
    language = primary_subtag(lang)
    if language in ("zh", "ja", "yue") and any(_HAN[char] == number for char in target if char in _HAN):
        return True
    stems = _stems(language)
    if number < len(stems) and any(word.startswith(stems[number]) for word in words):
        return True
    return 1 <= number <= 12 and any(word.startswith(month) for word in words for month in _months(language, number))


@cache
def _stems(language: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(stems.split("/")) for stems in _STEMS[language].split("|")) if language in _STEMS else ()


@cache
def _months(language: str, number: int) -> tuple[str, ...]:
    """How a month's names begin, by CLDR."""
    locale = _locale(language)
    if locale is None:
        return ()
    names = (locale.months[context]["wide"][number] for context in ("format", "stand-alone"))
    return tuple(name.casefold()[:4] for name in names if name[:1].isalpha())


def _has_unit(source: str, end: int, required: Collection[Decimal | str], target: str, lang: str) -> bool:
    """Is the unit behind a number of the source behind it in the target, too, by its sign or a name in CLDR?"""
    match = _UNIT.match(source, end)
    if match is None:
        return True
    sign = match[1]
    names = _unit_names(sign, primary_subtag(lang))
    if not names:
        return True
    folded = target.casefold()
    return sign.casefold() in folded or any(name in folded for name in names)


@cache
def _unit_names(sign: str, language: str) -> tuple[str, ...]:
    """How the unit's names begin in the language, case-folded; none where CLDR has none."""
    locale = _locale(language)
    if locale is None:
        return ()
    from babel.units import format_unit  # on use: it takes a while to import

    names = set()
    for length in ("long", "short", "narrow"):
        for number in (1, 2, 5):
            text = format_unit(number, _UNITS[sign], length=length, locale=locale)
            names.add(re.sub(r"[\d\s\u00a0\u202f.]+", "", text).casefold())
    return tuple(name for name in names if name)


@cache
def _decimal_mark(language: str) -> str:
    locale = _locale(language)
    return locale.number_symbols["latn"]["decimal"] if locale and "latn" in locale.number_symbols else ""


@cache
def _locale(language: str) -> Locale | None:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return None
