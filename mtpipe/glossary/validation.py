"""Looks for what a glossary may hold and hardly means: case traps, look-alikes, conflicts, ambiguity, wrong script."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mtpipe.glossary import term_regex
from mtpipe.glossary.model import STATUSES, Glossary, Term
from mtpipe.languages import scripts
from mtpipe.languages.stop_words import stop_words

_LATIN, _CYRILLIC, _GREEK = "A-Za-z\u00c0-\u024f\u1e00-\u1eff", "\u0400-\u052f", "\u0370-\u03ff\u1f00-\u1fff"
_PLAUSIBLE = 0.05  # share of texts in the language's script below which the language is doubted
_ODD = {
    "a no-break space": re.compile("[\u00a0\u2007\u202f]"),
    "a curly apostrophe": re.compile("[\u2018\u2019\u02bc]"),
    "a hyphen that is not “-”": re.compile("[\u2010\u2011\u2212]"),
    "a ligature or full-width character": re.compile("[\ufb00-\ufb06\uff01-\uff5e]"),
    "an invisible direction mark": re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]"),
    "an invisible joiner": re.compile("(?<=[A-Za-z])[\u200c\u200d]|[\u034f\u180e\u2061-\u2064\ufe00-\ufe0e]"),
    "a control or private-use character": re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff]"),
    "characters that look wrongly encoded": re.compile("\ufffd|[ÃÂ][\u0080-\u00bf\u0152-\u02dc]|â€"),
    "letters of two scripts in one word": re.compile(
        rf"[{_LATIN}][{_CYRILLIC}{_GREEK}]|[{_CYRILLIC}{_GREEK}][{_LATIN}]"
    ),
}
_SENTENCE = 8  # words from which a source is no term
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something to look at in a glossary file; level: error (not read), warning, info; line 0 is the whole file.

    entry: the id of the termbase's entry that begins in that line.
    """

    line: int
    level: str
    message: str
    entry: str = ""


def problems(glossary: Glossary) -> list[Finding]:
    """What is suspicious in the terms of a glossary that could be read, by line."""
    terms = glossary.terms
    findings = [Finding(0, "warning", message) for message in wrong_script(glossary)]
    for term in terms:
        findings += [_of(term, "warning", message) for message in _oddities(term, glossary.source_lang)]
        if term.status == "preferred" and term.targets == (term.source,):
            findings.append(_of(term, "info", f"“{term.source}” is its own target: right only if it inflects"))
    return sorted([*findings, *_case_traps(terms), *_conflicts(terms), *_ambiguous(terms), *_nested(terms)])


def wrong_script(glossary: Glossary) -> list[str]:
    """Messages on sides of the glossary that are hardly written in their language's script."""
    translated = [term for term in glossary.terms if term.status != "do-not-translate"]
    sides = (
        ("sources", glossary.source_lang, [term.source for term in translated]),
        ("targets", glossary.target_lang, [term.target for term in translated]),
    )
    messages = []
    for name, lang, texts in sides:
        own = scripts.of_language(lang)
        share = sum(not own.isdisjoint(map(scripts.of_character, text)) for text in texts) / max(len(texts), 1)
        if own and texts and share < _PLAUSIBLE:
            script = " or ".join(sorted(name if name == "CJK" else name.capitalize() for name in own))
            messages.append(f"{share:.0%} of the {name} contain {script} letters: are they really in “{lang}”?")
    return messages


def stats(glossary: Glossary) -> dict[str, object]:
    """Counts for `mtpipe glossary stats`: terms by status and domain, targets, forms, words per source."""
    terms = glossary.terms
    statuses, domains = Counter(term.status for term in terms), Counter(term.domain for term in terms if term.domain)
    return {
        "name": glossary.name,
        "digest": glossary.digest,
        "source_lang": glossary.source_lang,
        "target_lang": glossary.target_lang,
        "terms": len(terms),
        "status": {status: statuses[status] for status in STATUSES if statuses[status]},
        "domains": dict(domains.most_common()),
        "sources": len({source for term in terms for source in term.sources}),
        "with_several_targets": sum(len(term.targets) > 1 for term in terms if term.status != "do-not-translate"),
        "with_forms": sum(bool(term.forms) for term in terms),
        "case_sensitive": sum(term.case_sensitive for term in terms),
        "words_per_source": dict(sorted(Counter(len(_WORD.findall(term.source)) for term in terms).items())),
    }


def _of(term: Term, level: str, message: str) -> Finding:
    return Finding(term.line, level, message, term.entry)


def _oddities(term: Term, lang: str) -> Iterator[str]:
    for text in (*term.sources, *(term.targets if term.status != "do-not-translate" else ())):
        if not text.isascii():
            yield from (f"“{text}” contains {name}: it may not match" for name, odd in _ODD.items() if odd.search(text))
    if term.regex and term_regex.is_slow(term.regex):
        yield (f"regex “{term.regex}” can take very long: a search stops after {term_regex.SECONDS:g} second and finds "
               "nothing then — avoid repetition inside repetition")  # fmt: skip
    for source in term.sources:
        if len(source) == 1 and source.isascii():
            yield f"“{source}” is one character: it will match too often"
        elif source.casefold() in stop_words(lang) and not term.case_sensitive and not source.isupper():
            yield f"“{source}” is a function word: it will match nearly everywhere"
        elif len(source.split()) >= _SENTENCE:
            yield f"“{source}” is a sentence rather than a term: it will hardly match"
    for target in term.targets if term.status != "do-not-translate" else ():
        if mark := next((mark for mark in (";", " / ") if mark in target and mark not in term.source), ""):
            yield f"“{target}” contains “{mark.strip()}”: several targets are separated by “|”"


def _case_traps(terms: Sequence[Term]) -> Iterator[Finding]:
    by_fold: dict[str, dict[str, Term]] = defaultdict(dict)
    for term in terms:
        for source in term.sources:
            by_fold[source.casefold()].setdefault(source, term)
    for spellings in by_fold.values():
        (first, leader), *others = spellings.items()
        for source, term in others:
            if term is leader or (term.case_sensitive and leader.case_sensitive):
                continue
            what = f"“{source}” differs only in case from “{first}” in {leader.place}"
            advice = "set case_sensitive for both, or join them"
            if _contradict(term, leader):
                yield _of(term, "error", f"{what} and asks for another target: {advice}")
            else:
                yield _of(term, "warning", f"{what}: {advice}")


def _contradict(one: Term, other: Term) -> bool:
    """Whether both terms are matched in one place and no translation is right for both."""
    is_wanted = one.status == other.status == "preferred" and not (one.case_sensitive or other.case_sensitive)
    return is_wanted and not {*map(str.casefold, one.targets)} & {*map(str.casefold, other.targets)}


def _conflicts(terms: Sequence[Term]) -> Iterator[Finding]:
    """What the terms of different entries or domains contradict each other in; those of one are errors already."""
    accepted: dict[str, list[Term]] = defaultdict(list)
    for term in terms:
        for source in term.sources if term.status != "forbidden" else ():
            accepted[source].append(term)
    for term in terms:
        rivals = [other for source in term.sources for other in accepted.get(source, ()) if other is not term]
        if term.status == "forbidden":
            for other, target in ((other, target) for other in rivals for target in other.targets):
                if target in term.targets:
                    what = f"“{target}” is forbidden for “{term.source}” here and required in {other.place}"
                    yield _of(term, "warning", f"{what}: there it will be accepted")
        elif term.status == "do-not-translate":
            for other in rivals:
                if other.status != "do-not-translate":
                    what = f"“{term.source}” is do-not-translate here and “{other.target}” in {other.place}"
                    yield _of(term, "warning", f"{what}: either will be accepted")


def _ambiguous(terms: Iterable[Term]) -> Iterator[Finding]:
    """Sources of several terms with different targets (domains, entries): any of the targets will be accepted."""
    first: dict[str, Term] = {}
    for term in terms:
        for source in term.sources if term.status in ("preferred", "admitted") else ():
            other = first.setdefault(source, term)
            if other is term:
                continue
            if not set(term.targets) <= set(other.targets):
                what = f"“{source}” is “{term.target}” here and “{other.target}” in {other.place}"
                yield _of(term, "warning", f"{what}: either will be accepted")
            elif term.domain.casefold() == other.domain.casefold():
                yield _of(term, "warning", f"“{source}” → “{term.target}” repeats {other.place}")


def _nested(terms: Sequence[Term]) -> Iterator[Finding]:
    """Sources that are words of longer sources, told once each."""
    places = {tuple(_WORD.findall(source.casefold())): (source, term) for term in terms for source in term.sources}
    longer: dict[tuple[str, ...], list[tuple[str, Term]]] = defaultdict(list)
    for words, place in places.items():
        parts = {words[i:j] for i in range(len(words)) for j in range(i + 1, len(words) + 1)} - {words}
        for part in parts & places.keys():
            longer[part].append(place)
    for part, ((longest, other), *more) in longer.items():
        source, term = places[part]
        others = f" and {len(more)} more" if more else ""
        what = f"“{source}” is part of “{longest}” ({other.place}){others}: there the longer one wins"
        yield _of(term, "info", what)
