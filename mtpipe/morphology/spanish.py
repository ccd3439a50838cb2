"""Spanish: number and gender by rule and by what the corpus has beside a noun, noun phrases that agree, verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.languages.lemmatization import is_known, lemma
from mtpipe.languages.normalization import unaccented
from mtpipe.morphology.protocol import Analysis, TermContext, Wording

# masculine singular, feminine singular, masculine plural, feminine plural
_DETERMINERS = (
    ("el", "la", "los", "las"), ("un", "una", "unos", "unas"), ("este", "esta", "estos", "estas"),
    ("ese", "esa", "esos", "esas"), ("aquel", "aquella", "aquellos", "aquellas"),
    ("nuestro", "nuestra", "nuestros", "nuestras"), ("vuestro", "vuestra", "vuestros", "vuestras"),
    ("cuyo", "cuya", "cuyos", "cuyas"),
    ("todo", "toda", "todos", "todas"), ("otro", "otra", "otros", "otras"), ("mucho", "mucha", "muchos", "muchas"),
    ("algún", "alguna", "algunos", "algunas"), ("ningún", "ninguna", "ningunos", "ningunas"),
    ("ambos", "ambas", "ambos", "ambas"), ("varios", "varias", "varios", "varias"),
    ("mismo", "misma", "mismos", "mismas"), ("dicho", "dicha", "dichos", "dichas"),
    ("demasiado", "demasiada", "demasiados", "demasiadas"), ("poco", "poca", "pocos", "pocas"),
    ("tanto", "tanta", "tantos", "tantas"), ("cuánto", "cuánta", "cuántos", "cuántas"),
    ("numeroso", "numerosa", "numerosos", "numerosas"),
    ("primer", "primera", "primeros", "primeras"), ("tercer", "tercera", "terceros", "terceras"),
    ("su", "su", "sus", "sus"), ("tu", "tu", "tus", "tus"), ("mi", "mi", "mis", "mis"),
    ("cada", "cada", "", ""), ("cualquier", "cualquier", "cualesquiera", "cualesquiera"),
    ("del", "de la", "de los", "de las"), ("al", "a la", "a los", "a las"), ("gran", "gran", "grandes", "grandes"),
)  # fmt: skip
_OUTER = ("todo", "ambos")  # before another determiner
_CONTRACTED = {("de", "el"): "del", ("a", "el"): "al"}
_FEMININE = ("ión", "dad", "tad", "tud", "umbre", "ez", "eza", "triz", "sis", "itis")
_MASCULINE = ("or", "aje", "ma", "men", "al", "ar", "én", "ín", "ón", "el", "o")
_LINKS = frozenset("de del por para con en sin a al y o".split())
_PREPOSITIONS = _LINKS - {"y", "o"}
_CLOSED = _LINKS | frozenset("tras según cada hasta desde entre durante mediante si pero porque cuando donde más menos "
                             "muy ya también solo sólo no se le les que como sobre ante bajo".split())  # fmt: skip
# adjectives that stand before their noun, with and without an article: la nueva …
_PRENOMINAL = frozenset("nuevo último segundo propio próximo único bueno malo pequeño verdadero antiguo".split())
_COPULAS = {"s": frozenset("es está era estaba fue sea esté será estará sido queda parece".split()),
            "p": frozenset("son están eran estaban fueron sean estén serán estarán sido quedan parecen".split())}
_DEGREES = frozenset("muy más menos ya no casi totalmente completamente aún todavía".split())
_PRONOUNS = {("m", "s"): "lo", ("f", "s"): "la", ("m", "p"): "los", ("f", "p"): "las"}
_ADJECTIVAL = re.compile("(?:[ai]d|[íi]c|os)[oa]s?$")
_CLITICS = ("lo", "la", "los", "las")
_PHRASE = 4  # words between a noun and its copula, at most
_AGENT = re.compile("[dst]or$")  # deudor, emisor: nouns more than adjectives
_SOFT = re.compile("[aeou]c[ei]r$")  # restablecer, producir: -zc- before a and o
_VERBAL_NOUN = re.compile("[aeiou](?:ción|miento)$|sión$")
_FEW = 3
# endings of regular verbs by conjugation, each column the same person, tense and mood
_ENDINGS = {
    "ar": "ar ando ado ada ados adas o as a amos áis an é aste ó asteis aron aba abas ábamos abais aban aré arás ará "
          "aremos aréis arán aría arías aríamos arían e es emos éis en ara aras áramos aran ad",
    "er": "er iendo ido ida idos idas o es e emos éis en í iste ió isteis ieron ía ías íamos íais ían eré erás erá "
          "eremos eréis erán ería erías eríamos erían a as amos áis an iera ieras iéramos ieran ed",
    "ir": "ir iendo ido ida idos idas o es e imos ís en í iste ió isteis ieron ía ías íamos íais ían iré irás irá "
          "iremos iréis irán iría irías iríamos irían a as amos áis an iera ieras iéramos ieran id",
}  # fmt: skip
_STEMS = (("", ""), ("e", "ie"), ("o", "ue"), ("e", "i"), ("u", "ue"), ("o", "u"))  # changes of the last stem vowel
# participles that no rule makes
_IRREGULAR = {"definir": {}, "hacer": {"ido": "hecho"}, "ver": {"ido": "visto"}, "abrir": {"ido": "abierto"},
              "escribir": {"ido": "escrito"}, "resolver": {"ido": "resuelto"}, "devolver": {"ido": "devuelto"},
              "poner": {"ido": "puesto"}, "imponer": {"ido": "impuesto"}}  # fmt: skip


class Spanish:
    """Morphology of Spanish; lexicon: articles beside a noun in its corpus tell the noun's gender."""

    def __init__(self, lexicon: Lexicon | None = None):
        self._lexicon = lexicon

    def analyse(self, word: str) -> list[Analysis]:
        base = lemma(word, "es")
        if re.search("[aeií]r(se)?$", base) and base != word.casefold():
            return [Analysis(base, "verb")]
        gender, _ = self.gender(singular(word))
        return [Analysis(singular(word), "noun", gender, "p" if is_plural(word) else "s")]

    def inflect(self, lemma: str, reading: Analysis) -> str:
        if reading.pos == "adjective":
            return _adjective(lemma, reading.gender or "m", reading.number or "s")
        return plural(lemma) if reading.number == "p" else lemma

    def head(self, words: Sequence[str]) -> int | None:
        return 0

    def split(self, compound: str) -> list[tuple[str, str]]:
        return []  # compounds are written apart

    def compound(self, front: str, head: str) -> str:
        return f"{head} de {front}"

    def part_of_speech(self, term: str) -> str:
        first = term.split()[0].casefold()
        if re.search("[aei]r(se)?$", first) and len(first) > 3 and not self._has_article(first):
            return "verb"
        if self._has_article(singular(first)) or not _is_adjective(first) or _AGENT.search(first):
            return "noun"
        # "pedido abierto": an adjective is followed by none, nor by an attribute
        is_head = any(word == "de" or word not in _CLOSED and _is_adjective(word) for word in term.split()[1:2])
        return "noun" if is_head else "adjective"

    def gender(self, noun: str) -> tuple[str, bool]:
        """The gender of a noun in the singular, and whether it is more than a guess."""
        if self._lexicon is not None:
            count, many = self._lexicon.fluency.count, plural(noun)
            counts = {
                "m": sum(count(word, noun) for word in ("el", "un", "del", "al", "este")) + count("los", many),
                "f": sum(count(word, noun) for word in ("la", "una", "esta")) + count("las", many),
            }
            if re.match("h?[aá]", noun.casefold()):  # el área, las áreas
                counts["m"] = count("los", many) + count("este", noun) if counts["f"] else counts["m"]
            best, other = ("m", "f") if counts["m"] >= counts["f"] else ("f", "m")
            if counts[best] >= _FEW and counts[best] > 3 * counts[other]:
                return best, True
        folded = noun.casefold()
        if folded.endswith(_FEMININE):
            return "f", True
        if folded.endswith(_MASCULINE):
            return "m", True
        return ("f", True) if folded.endswith("a") else ("m", False)

    def _takes_el(self, noun: str) -> bool:
        """Whether a feminine noun has a stressed a at its beginning: el área, un alma."""
        if self._lexicon is None or not re.match("h?[aá]", noun.casefold()):
            return False
        return self._lexicon.fluency.count("el", noun) > self._lexicon.fluency.count("la", noun)

    def _has_article(self, word: str) -> bool:
        """Whether the corpus uses the word as a noun."""
        if self._lexicon is None:
            return False
        count = self._lexicon.fluency.count
        nominal = sum(count(article, word) for article in ("el", "la", "un", "una", "del", "los", "las"))
        return nominal >= _FEW and nominal > 0.02 * count(word)

    def wordings(self, phrase: TermContext) -> list[Wording]:
        front, end = phrase.affixes
        if front or end:  # post-actualización: what the hyphens join stays
            return [replace(wording, form=front + wording.form + end)
                    for wording in self.wordings(replace(phrase, affixes=("", "")))]  # fmt: skip
        pos = self.part_of_speech(phrase.term)
        if pos == "verb":
            return self._verbal(phrase) or self._infinitive(phrase)
        if phrase.old[0].casefold() in _CLOSED or _row(phrase.old[0]):
            return []
        is_attribute = self._is_attribute(phrase)
        behind = phrase.before[:-1] if phrase.before and _base(phrase.before[-1]) in _PRENOMINAL else phrase.before
        is_noun = pos == "noun" or bool(behind) and _row(behind[-1]) is not None
        if pos == "adjective" and is_noun and re.search("[ai]d[oa]$", phrase.term.split()[0].casefold()):
            return []  # a participle is no noun
        if pos == "adjective" and not is_noun or is_attribute and self._may_modify(phrase.term.split()[0]):
            number = "p" if is_plural(phrase.old[0]) else "s"
            # "edad promedio": a noun beside a noun does not agree with it
            own_gender = _shown(phrase.old[0], number) if not self._has_article(phrase.old[0].casefold()) else ""
            gender = own_gender or self.gender(singular((phrase.before or ("",))[-1]))[0]
            form = " ".join([_adjective(phrase.term.split()[0], gender, number), *phrase.term.split()[1:]])
            if pos == "noun" and form.casefold() not in (phrase.term.casefold(), pluralised(phrase.term).casefold()):
                return []  # cuadro is no form of cuadra
            return [Wording(phrase.before, form, phrase.after)]
        return self._nominal(phrase) or self._verbal_noun(phrase) if is_noun and not is_attribute else []

    def _may_modify(self, word: str) -> bool:
        """Whether a word stands beside a noun as adjectives do; entrada and regla are nouns themselves."""
        is_noun = lemma(word, "es") == word.casefold() and (
            re.search("[ai]da$", word) or lemma(f"{word[:-1]}o", "es") in (f"{word[:-1]}ar", f"{word[:-1]}er"))
        return _is_adjective(word) and not (is_noun and self._has_article(word.casefold()))

    def _is_attribute(self, phrase: TermContext) -> bool:
        """Whether what is to be replaced by a noun stands beside one, as adjectives and participles do."""
        previous, old = phrase.before[-1:], phrase.old[0]
        if not previous or _row(previous[0]) or previous[0].casefold() in _CLOSED:
            return False
        is_epithet = _is_adjective(previous[0]) and previous[0].casefold().rstrip("s")[-1:] not in ("a", "o")
        is_epithet = is_epithet or _base(previous[0]) in _PRENOMINAL
        return not is_epithet and _is_adjective(old) and (
            not self._is_verb_form(previous[0]) or len(phrase.before) > 1 and _row(phrase.before[-2]) is not None
        )

    @property
    def _function_words(self) -> frozenset[str]:
        return _LINKS | (self._lexicon.fluency.function_words if self._lexicon is not None else frozenset())

    def _nominal(self, phrase: TermContext) -> list[Wording]:
        # "operación de procesamiento" → its head is its first noun; function words in front are not replaced
        old = phrase.old[0]
        is_nominal = phrase.before and (_row(phrase.before[-1]) or phrase.before[-1].casefold() in _LINKS)
        if self._is_verb_form(old) and (not is_nominal or self._is_object(phrase.after)):
            return []  # "para mostrar las notas": an infinitive with its object
        ends_in_link = phrase.term.split()[-1].casefold() in _LINKS
        if not (phrase.before or ends_in_link) and phrase.after[:1] and _row(phrase.after[0]) and (
            phrase.after[0] not in ("del", "al")
        ):
            return []  # "Lista las referencias": no noun has an article right behind it
        if phrase.is_verb and not is_nominal:
            return []
        is_many = is_plural(old) if not self._determined(phrase.before) else self._is_many(phrase)
        doubts: tuple[str, ...] = ()
        if phrase.number and (phrase.number == "p") != is_many:
            if self._determined(phrase.before):
                doubts = ("number",)
            else:
                is_many = phrase.number == "p" if singular(old.casefold()) == old.casefold() and (
                    is_plural(old)) else is_many
        (was, was_sure), (now, now_sure) = self.gender(singular(old)), self.gender(phrase.term.split()[0])
        if own_gender := self._shown_gender(phrase.before, is_many):
            was, was_sure = own_gender, True
        if is_plural(phrase.term.split()[0]) and not is_many and self._determined(phrase.before):
            return []  # pedidos for one pedido, or a word that has no singular
        if not now_sure or not was_sure and was != now:
            doubts = (*doubts, "gender")
        listed = (form for form in phrase.forms if is_plural(form.split()[0]))
        form = next(listed, pluralised(phrase.term)) if is_many else phrase.term
        before, after = phrase.before, phrase.after
        if was != now:
            number = "p" if is_many else "s"
            is_governed = any(word.casefold() in _PREPOSITIONS for word in before[-1 - self._determined(before[-1:]) :])
            before, after = self._before(before, now, number), self._after(after, was, now, number)
            if self._determined(before):
                finish = self._with_pronoun if is_governed else self._predicated
                after = finish(after, was, now, number)
        if now == "f" and not is_many and self._takes_el(phrase.term.split()[0]):
            before = _with_el(before)
        return [Wording(before, form, after, 1.0, doubts)]

    def _determined(self, before: Sequence[str]) -> bool:
        return any(_row(word) for word in before[-2:])

    def _is_many(self, phrase: TermContext) -> bool:
        """Whether the phrase is plural: its determiner says so."""
        for word in reversed(phrase.before[-2:]):
            if row := _row(word):
                at = [i for i, form in enumerate(row) if form == word.casefold()]
                return min(at) >= 2 or row[0].endswith("s")
        return is_plural(phrase.old[0])

    def _shown_gender(self, before: Sequence[str], is_many: bool) -> str:
        """The gender that the determiner shows; "" where it shows none."""
        for word in reversed(before[-2:]):
            if row := _row(word):
                masculine, feminine = (row[2], row[3]) if is_many else (row[0], row[1])
                if masculine != feminine and word.casefold() in (masculine, feminine):
                    return "m" if word.casefold() == masculine else "f"
        return ""

    def _before(self, before: Sequence[str], gender: str, number: str) -> tuple[str, ...]:
        """The words before with the determiner, and adjectives between, in a gender; contractions made and undone."""
        words = list(before)
        for i in range(len(words) - 1, max(-1, len(words) - 4), -1):
            word = words[i]
            if row := _row(word):
                form = row[(number == "p") * 2 + (gender == "f")]
                if not form:
                    break
                words[i] = form.capitalize() if word[:1].isupper() else form
                previous = words[i - 1].casefold() if i else ""
                if (previous, words[i]) in _CONTRACTED:
                    whole = _CONTRACTED[previous, words[i]]
                    words[i - 1 : i + 1] = [whole.capitalize() if words[i - 1][:1].isupper() else whole]
                if not (i and (outer := _row(words[i - 1])) and outer[0] in _OUTER or row[0] in ("mismo", "otro")):
                    break
            elif i == len(words) - 1 and i and word.casefold().endswith(("nte", "ntes")) and _row(words[i - 1]):
                continue
            elif i == len(words) - 1 and i and _row(words[i - 1]) and self._is_epithet(word):
                words[i] = _adjective(word, gender, number)
            else:
                break
        return tuple(words)

    def _after(self, after: Sequence[str], was: str, now: str, number: str) -> tuple[str, ...]:
        """The adjectives and participles that follow at once, in another gender."""
        words = list(after)
        for i, word in enumerate(words):
            if word.casefold() == "de" and i < 2 and after[i + 1 : i + 2] and after[i + 1][:1].isupper() or (
                i and words[i - 1].casefold() == "de" and word[:1].isupper()
            ):
                continue  # "los incidentes de SAP generados …"
            if word.casefold() in _DEGREES:
                continue
            if word.casefold() in self._function_words:
                break
            own_gender = _shown(word, number)
            inflects = _ADJECTIVAL.search(word.casefold()) or lemma(_adjective(word, "f", "s"), "es") == _base(word)
            is_noun = self._has_article(singular(word)) and not inflects
            is_verb = re.search("[aei]r$", lemma(word, "es")) and self._is_object(words[i + 1 :])
            if is_verb and not _ADJECTIVAL.search(word.casefold()):
                break  # "crea una capa"
            if not own_gender or own_gender != was or not _is_adjective(word) or is_noun:
                break
            if re.search("[íú]a[sn]?$", word.casefold()):
                break  # continúa, envía: verbs, though taking the accent away makes an adjective
            words[i] = _adjective(word, now, number)
        return tuple(words)

    def _predicated(self, after: Sequence[str], was: str, now: str, number: str) -> tuple[str, ...]:
        """With what a copula says of the noun: "… del ratón está cargada"; not where a noun between has its gender."""
        words = list(after)
        at = next((i for i, word in enumerate(words) if word.casefold() in _COPULAS[number]), len(words))
        between = [word for word in words[:at] if not _row(word) and word.casefold() not in self._function_words]
        rest = [i for i in range(at + 1, len(words)) if words[i].casefold() not in _DEGREES]
        is_said = bool(rest) and at <= _PHRASE and (
            all(self.gender(singular(word))[0] != was or is_plural(word) != (number == "p") for word in between))
        word = words[rest[0]] if is_said else ""
        if (row := _row(word)) and words[rest[0] + 1 : rest[0] + 2] == ["que"]:
            words[rest[0]] = row[(number == "p") * 2 + (now == "f")]  # "que es la que …"
        elif word and not row and _shown(word, number) == was and _is_adjective(word):
            words[rest[0]] = _adjective(word, now, number)
        return self._with_pronoun(words, was, now, number)

    def _with_pronoun(self, words: Sequence[str], was: str, now: str, number: str) -> tuple[str, ...]:
        """With the pronoun at the end of an infinitive that stands for the noun: "la pantalla para hacerla …"."""
        old, new = (_PRONOUNS[gender, number] for gender in (was, now))
        for i, word in enumerate(words):
            if re.search(f"[aei]r{old}$", word.casefold()):
                return (*words[:i], word[: -len(old)] + new, *words[i + 1 :])
            is_function = _row(word) or word.casefold() in self._function_words or word.casefold() in _LINKS
            if not is_function and self.gender(singular(word))[0] == was and is_plural(word) == (number == "p"):
                break  # which it may stand for as well
        return tuple(words)

    def _is_epithet(self, word: str) -> bool:
        if _base(word) in _PRENOMINAL:
            return True
        return word.isalpha() and _is_adjective(word) and not self._has_article(singular(word))

    def _is_verb_form(self, word: str) -> bool:
        return bool(re.search("[aei]r(se)?$", lemma(word, "es"))) and not self._has_article(word.casefold())

    def _verbal(self, phrase: TermContext) -> list[Wording]:
        old, rest = phrase.old[0], phrase.term.split()[1:]
        if len(phrase.old) > 1 and not set(phrase.old[1:]) <= _LINKS:
            return []
        base, pronoun = _bare(old)
        infinitive = lemma(base, "es")
        governor = phrase.before[-1:] and phrase.before[-1].casefold()
        is_noun_place = governor and (governor in _LINKS or _row(governor) and governor not in _CLITICS)
        if infinitive == base.casefold() and not re.search("[aei]r$", infinitive) and not is_noun_place:
            infinitive = _infinitive_of(infinitive)
        if not re.search("[aei]r$", infinitive) or infinitive == base.casefold() and base.casefold()[-2:] not in (
            "ar", "er", "ir"
        ):
            return []
        inflected = [form for slot in slots(base.casefold(), infinitive)
                     for form in forms(phrase.term.split()[0].casefold(), slot) if form]  # fmt: skip
        doubts = ("form",) if len(set(inflected)) > 1 else ()
        after = self._object_of(rest, phrase.after)
        return [Wording(phrase.before, " ".join([form + pronoun, *rest]), after, 1 / (i + 1), doubts)
                for i, form in enumerate(dict.fromkeys(inflected))]  # fmt: skip

    def _object_of(self, rest: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
        """The words after a verb, joined by "de" where it has its object already: anular la selección de …"""
        if len(rest) < 2 or not _row(rest[0]) or not self._is_object(after):
            return tuple(after)
        return ("del", *after[1:]) if after[0] == "el" else ("de", *after)

    def _verbal_noun(self, phrase: TermContext) -> list[Wording]:
        """A noun for the infinitive that begins a heading: mostrar las notas → visualización de las notas."""
        is_heading = not phrase.before and phrase.old[0].casefold() == lemma(phrase.old[0], "es")
        if not is_heading or not self._is_verb_form(phrase.old[0]) or not self._is_object(phrase.after):
            return []
        first, *rest = phrase.after
        of = ("del",) if first == "el" else ("de", first)
        return [Wording((), phrase.term, (*of, *rest))]

    def _infinitive(self, phrase: TermContext) -> list[Wording]:
        """The other way round: edición de las notas → tratar las notas."""
        is_heading = not phrase.before and _VERBAL_NOUN.search(phrase.old[0].casefold())
        if not is_heading or len(phrase.old) > 1 or phrase.after[:1] not in (("de",), ("del",)):
            return []
        rest = (("el",) if phrase.after[0] == "del" else ()) + tuple(phrase.after[1:])
        return [Wording((), phrase.term, rest)] if self._is_object(rest) else []

    def _is_object(self, words: Sequence[str]) -> bool:
        """Whether a noun phrase without a preposition begins here."""
        return bool(words) and (_row(words[0]) is not None and words[0] not in ("del", "al") or (
            words[0].casefold() not in _CLOSED | self._function_words and not self._is_verb_form(words[0])))


def is_plural(word: str) -> bool:
    folded = word.casefold()
    return folded.endswith("s") and len(folded) > 2 and singular(folded) != folded


def singular(word: str) -> str:
    """The singular of a noun or adjective by rule: what the dictionary knows first."""
    folded = word.casefold()
    if not folded.endswith("s") or len(folded) < 4:
        return folded
    known = lemma(word, "es")
    options = [folded[:-3] + "z"] if folded.endswith("ces") else []
    options += [re.sub("iones$", "ión", folded)] if folded.endswith("iones") else []
    options += [folded[:-1], folded[:-2]] if folded.endswith("es") else [folded[:-1]]
    if known in options:
        return known
    if folded.endswith(("sis", "xis", "us")) or known == folded and is_known(folded, "es"):
        return folded
    if folded.endswith("es"):
        return next((each for each in options if is_known(each, "es")), folded[:-1])
    return folded[:-1]


def plural(word: str) -> str:
    """The plural of a noun or adjective by rule; loan words take an -s."""
    folded = word.casefold()
    if folded.endswith("s") and not folded.endswith(("és", "ás", "ús")) or folded.endswith("x"):
        return word
    if folded[-1:] in "aeiouáéóý":
        return f"{word}s"
    if folded.endswith("z"):
        return f"{word[:-1]}ces"
    if re.search("[áéíóú][ns]$", folded):
        return f"{word[:-2]}{unaccented(word[-2])}{word[-1]}es"
    if folded.endswith("er") and is_known(folded, "en") and lemma(folded, "en") == folded:
        return f"{word}s"
    if folded[-1:] in "lrndj" or folded.endswith("ys"):
        return f"{word}es" if is_known(folded, "es") or not is_known(folded, "en") else f"{word}s"
    return f"{word}s"


def pluralised(term: str) -> str:
    """The plural of a term: its head and the adjectives after it, up to an attribute with a preposition."""
    plurals: list[str] = []
    words = term.split()
    for i, word in enumerate(words):
        if word.casefold() in _LINKS:
            return " ".join([*plurals, *words[i:]])
        plurals.append(plural(word) if i == 0 or _is_adjective(word) else word)
    return " ".join(plurals)


@cache
def slots(form: str, infinitive: str) -> tuple[int, ...]:
    """Which columns of the endings a verb's form stands in, the likeliest first."""
    columns = [i for i in range(len(_ENDINGS["ar"].split())) if form in forms(infinitive, i)]
    return tuple(columns)


@cache
def forms(infinitive: str, slot: int) -> tuple[str, ...]:
    """The forms of a verb in a column of the endings: regular, or with a changed stem that the dictionary knows."""
    kind = infinitive[-2:].replace("í", "i")
    if kind not in _ENDINGS:
        return ()
    ending, stem = _ENDINGS[kind].split()[slot], infinitive[:-2]
    special = _IRREGULAR.get(infinitive, {})
    for regular, form in special.items():
        if ending[:-1].rstrip("s") == regular[:-1] or ending in (regular, "ida", "idos", "idas"):
            return (form[:-1] + ending.removeprefix("id"),)
    if slot == 0:
        return (infinitive,)
    options = []
    for old, new in _STEMS:
        at = stem.rfind(old) if old else len(stem)
        if at >= 0 and (old == "" or len(stem) - at <= 4):
            changed = stem[:at] + new + stem[at + len(old) :]
            form = _spelled(changed, ending, kind)
            # borra is a noun as well
            is_attested = bool(is_known(form, "es"))
            if is_attested and not old or lemma(form, "es") == infinitive and (not old or is_attested):
                options.append(form)
    for form in (_spelled(stem + "g", ending, kind), f"{stem[:-1]}zc{ending}"):
        is_rule = form.endswith(f"zc{ending}") and _SOFT.search(infinitive)
        if ending in ("o", "a", "as", "amos", "an") and (is_rule or is_known(form, "es")) and (
            lemma(form, "es") == infinitive
        ):
            options.insert(0, form)
    return tuple(dict.fromkeys(sorted(options, key=lambda each: not is_known(each, "es"))))[:1]


@cache
def _infinitive_of(form: str) -> str:
    """The one verb that has a form, which the dictionary knows as something else: borra → borrar; "" where several."""
    options = {form[: len(form) - len(ending)] + kind for kind, endings in _ENDINGS.items()
               for ending in endings.split() if form.endswith(ending)}  # fmt: skip
    verbs = [verb for verb in options if len(verb) > 4 and lemma(verb, "es") == verb and is_known(verb, "es")]
    return verbs[0] if len(verbs) == 1 else ""


def _spelled(stem: str, ending: str, kind: str) -> str:
    """Stem and ending with the sound of the stem's last letter kept: busc-e → busque."""
    is_soft = unaccented(ending[:1]) in "ei"
    if kind == "ar" and is_soft:
        for last, spelling in (("gu", "gü"), ("c", "qu"), ("g", "gu"), ("z", "c")):
            if stem.endswith(last):
                return stem[: -len(last)] + spelling + ending
    if kind != "ar" and not is_soft:
        for last, spelling in (("gu", "g"), ("c", "z"), ("g", "j")):
            if stem.endswith(last):
                return stem[: -len(last)] + spelling + ending
    return stem + ending


def _bare(word: str) -> tuple[str, str]:
    """(a verb's form without the pronoun at its end, the pronoun)."""
    match = re.fullmatch(r"(\w+[aei]r|\w+[áé]ndo)(se|lo|la|los|las|le|les)", word.casefold())
    return (match[1].replace("ándo", "ando").replace("éndo", "endo"), match[2]) if match else (word, "")


def _row(word: str) -> tuple[str, str, str, str] | None:
    return _ROWS.get(word.casefold())


def _rows() -> Iterator[tuple[str, tuple[str, str, str, str]]]:
    for masculine, feminine, many, many_feminine in _DETERMINERS:
        row = (masculine, feminine, many, many_feminine)
        yield from ((form, row) for form in row if form and " " not in form)


_ROWS = dict(reversed(list(_rows())))


def _base(word: str) -> str:
    """The masculine singular of what inflects in -o and -a."""
    return re.sub("(?<=..)(?:as?|os)$", "o", word.casefold())


def _with_el(before: Sequence[str]) -> tuple[str, ...]:
    """The words before a noun that takes el for la."""
    article = {"la": "el", "una": "un"}.get(before[-1].casefold() if before else "", "")
    if not article:
        return tuple(before)
    article = article.capitalize() if before[-1][:1].isupper() else article
    previous = before[-2] if len(before) > 1 else ""
    whole = _CONTRACTED.get((previous, article))
    return (*before[:-2], whole) if whole else (*before[:-1], article)


def _is_adjective(word: str) -> bool:
    """Whether a word inflects as adjectives do: in -o and -a, which the dictionary both knows, or by number only."""
    base = singular(word.casefold())
    if base.endswith(("o", "a")):
        stem, is_participle = base[:-1], base.endswith(("ado", "ido", "ada", "ida"))
        return bool(is_known(stem + "o", "es") and (is_participle or is_known(stem + "a", "es")))
    return bool(is_known(base, "es")) and base.endswith(("al", "ble", "nte", "ar", "or", "il", "az"))


def _shown(word: str, number: str) -> str:
    """The gender that an adjective's ending shows."""
    folded = word.casefold()
    ends = ("o", "a") if number == "s" else ("os", "as")
    return "m" if folded.endswith(ends[0]) else "f" if folded.endswith(ends[1]) else ""


def _adjective(word: str, gender: str, number: str) -> str:
    base = singular(word)
    if base.endswith(("o", "a")):
        base = base[:-1] + ("o" if gender == "m" else "a")
    form = plural(base) if number == "p" else base
    return form.capitalize() if word[:1].isupper() else form
