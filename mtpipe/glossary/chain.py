"""Dictionary lines that chain a term through several languages: the target helps, others tell senses apart."""

from __future__ import annotations

from collections.abc import Mapping

from mtpipe.glossary.model import Glossary, Term
from mtpipe.io.digest import of_text
from mtpipe.languages.tags import language_name


class DictionaryChain:
    """Makes the lines of terms of one language pair; glossaries: of the same source into other languages, by tag."""

    def __init__(self, source_lang: str, target_lang: str, glossaries: Mapping[str, Glossary]):
        self._names = language_name(source_lang), language_name(target_lang)
        self._others = {language_name(lang): {source.casefold(): term for term in reversed(glossary.terms)
                                              for source in term.sources}
                        for lang, glossary in glossaries.items()}  # fmt: skip
        self.digest = of_text(repr([(lang, glossary.digest) for lang, glossary in glossaries.items()]))

    def of(self, term: Term) -> str:
        """"German (de): Spalte = English (en): column = French (fr): colonne"."""
        links = [(self._names[0], term.source), (self._names[1], term.target)]
        for name, terms in self._others.items():
            if other := next((terms[key] for key in map(str.casefold, term.sources) if key in terms), None):
                links.append((name, other.target))
        return " = ".join(f"{name}: {text}" for name, text in links)
