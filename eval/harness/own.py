"""Our systems on our own test sets, with what is always to be looked at beside the whole.

Subsets: "all"; "unseen terms", segments with terms of a list that training is meant to leave out, and only these
terms count; "without terms", where a glossary must not change anything; "random terms", the control: words of no
glossary, each with the translation that its reference has for it, asked for in place of the glossary's terms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval.harness.figures import Row, row, score, with_targets
from eval.harness.systems import OwnSystem, Run, Setup, Tell, lacking, translate
from mtpipe import plugins
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError, ModelError
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Glossary, Term
from mtpipe.languages import lemmatization
from mtpipe.models import registry
from mtpipe.terminology.matcher import Matcher

METRICS = ("bleu", "chrf", "tsr_strict", "all_terms", "verbatim")
RIGHT = ("right_changed", "right_chrf")
_RANDOM = 2  # random terms of a segment
_SHORTEST = 4  # letters of one: shorter words are mostly the grammar's
_LIKELY = 0.3  # share of a word's links that the chosen translation has

Cut = Callable[[Segment], "Segment | None"]


@dataclass(frozen=True, slots=True)
class TestSet:
    """Segments JSON Lines with references; unseen: a list of source terms, a line each, None where there is none."""

    source_lang: str
    target_lang: str
    path: Path
    glossary: Path
    unseen: Path | None = None

    __test__ = False  # for pytest

    @property
    def pair(self) -> str:
        return f"{self.source_lang}-{self.target_lang}"

    @property
    def langs(self) -> tuple[str, str]:
        return self.source_lang, self.target_lang

    def segments(self) -> list[Segment]:
        """With the glossary's terms found in them; raises InputError where a reference is missing."""
        form = plugins.create("format", "jsonl", {}, source_lang=self.source_lang, target_lang=self.target_lang)
        segments = form.read(self.path, self.path.name).segments
        if lost := [segment.id for segment in segments if segment.reference is None]:
            raise InputError(f"{self.path}: segments without a reference: {len(lost)}, such as {lost[0]}")
        matcher = Matcher(load_glossary(self.glossary, *self.langs))
        return matcher.find([replace(segment, draft=None, postedit=None, terms=()) for segment in segments])


def table(test: TestSet, setup: Setup, tell: Tell) -> Iterator[Row]:
    """Rows of each system on every subset (`figures.row`), placed by "pair" and "subset", the references' own last."""
    segments = test.segments()
    lexicon = _lexicon(test, setup)
    random_segments = [replace(segment, terms=random_terms(segment, lexicon), matches=()) for segment in segments]
    plain: Run | None = None
    for number, system in enumerate(setup.systems()):
        if note := lacking(system, *test.langs):
            yield row({"pair": test.pair, "subset": "all"}, system.name, "ours", {}, note=note)
            continue
        tell(f"{test.pair}: {system.name}")
        run = translate(system, segments, *test.langs, setup.out / test.pair / str(number), test.glossary)
        plain = plain or run
        yield from _rows(test, system, with_targets(segments, run.targets), run, plain)
        yield _control(test, system, random_segments, run, setup.out / test.pair / f"{number}.random")
    human = OwnSystem("the references", True)
    yield from _rows(test, human, with_targets(segments, [segment.reference for segment in segments]), None, None)


def model_folders(tests: Sequence[TestSet], setup: Setup) -> dict[str, Path]:
    """The models that translate the sets, by pair."""
    models = {test.pair: _model(test, setup) for test in tests}
    return {pair: model.folder for pair, model in models.items() if model}


def files(tests: Sequence[TestSet]) -> list[Path]:
    """All that the sets are read from."""
    return sorted({path for test in tests for path in (test.path, test.glossary, test.unseen) if path})


def random_terms(segment: Segment, lexicon: Lexicon | None) -> tuple[Term, ...]:
    """Up to two words outside the matches, with the word of the reference that the lexicon knows for each.

    The same ones in every run. () without a lexicon, and in languages written without spaces.
    """
    if lexicon is None or segment.reference is None:
        return ()
    words = {
        lemmatization.lemma(word, lexicon.target_lang): word for word, _, _ in lemmatization.tokens(segment.reference)
    }
    translations = {}
    for word, start, end in lemmatization.tokens(segment.source):
        if len(word) < _SHORTEST or not word.isalpha() or any(match.start < end and start < match.end
                                                              for match in segment.matches):  # fmt: skip
            continue
        links = lexicon.links.get(lemmatization.lemma(word, lexicon.source_lang), {})
        best = max(links, key=lambda lemma: links[lemma], default="")
        if best in words and links[best] > _LIKELY * sum(links.values()) and len(best) >= _SHORTEST:
            translations[word] = Term((word,), (words[best],))
    order = sorted(translations, key=lambda word: hashlib.sha256(f"{segment.id} {word}".encode()).digest())
    return tuple(translations[word] for word in order[:_RANDOM])


def _rows(
    test: TestSet, system: OwnSystem, outputs: Sequence[Segment], run: Run | None, plain: Run | None
) -> Iterator[Row]:
    bare = [untagged(segment) for segment in outputs]
    for name, cut in _subsets(test).items():
        subset = [segment for segment in map(cut, bare) if segment is not None]
        if not subset:
            continue
        figures = _figures(test, subset)
        if plain and system.has_terms and name == "all":
            before = {segment.id: _without_tags(segment.target) or "" for segment in plain.segments}
            figures |= {metric: score(metric, subset, test.langs, baseline=before) for metric in RIGHT}
        place = {"pair": test.pair, "subset": name, "segments": len(subset)}
        yield row(place, system.name, "ours" if run else "reference", figures, run.cost if run else {})


def _control(test: TestSet, system: OwnSystem, random_segments: Sequence[Segment], run: Run, place: Path) -> Row:
    """The system on the random terms in place of the glossary's."""
    with_terms = [segment for segment in random_segments if segment.terms]
    at = {"pair": test.pair, "subset": "random terms", "segments": len(with_terms)}
    if not with_terms:
        return row(at, system.name, "ours", {}, note="no random terms: no lexicon, or a language without spaces")
    again = translate(system, with_terms, *test.langs, place) if system.has_terms else run
    targets = {segment.id: segment.target for segment in again.segments}
    outputs = with_targets(with_terms, [targets[segment.id] for segment in with_terms])
    matched = Matcher(Glossary.of((), *test.langs)).find([untagged(segment) for segment in outputs])
    return row(at, system.name, "ours", _figures(test, matched), again.cost)


def _figures(test: TestSet, segments: Sequence[Segment]) -> dict[str, float]:
    return {name: score(name, segments, test.langs) for name in METRICS}


def _subsets(test: TestSet) -> dict[str, Cut]:
    unseen = frozenset(test.unseen.read_text(encoding="utf-8").split("\n")) if test.unseen else frozenset()

    def with_unseen(segment: Segment) -> Segment | None:
        matches = tuple(match for match in segment.matches if match.term.source in unseen)
        return replace(segment, matches=matches) if matches else None

    def without_terms(segment: Segment) -> Segment | None:
        return None if segment.matches else segment

    return {"all": lambda segment: segment, "unseen terms": with_unseen, "without terms": without_terms}


def _lexicon(test: TestSet, setup: Setup) -> Lexicon | None:
    model = _model(test, setup)
    folder = setup.settings.get("lexicon") or (model and model.lexicon)
    return Lexicon.load(folder) if folder else None


def _model(test: TestSet, setup: Setup) -> registry.Model | None:
    """None where there is none: the rows say so."""
    try:
        return registry.find(*test.langs, setup.settings.get("model"))
    except ModelError:
        return None


def untagged(segment: Segment) -> Segment:
    """Inline tags are left out of what is compared, which they would lift."""
    return replace(segment, draft=_without_tags(segment.target), postedit=None,
                   reference=_without_tags(segment.reference))  # fmt: skip


def _without_tags(text: str | None) -> str | None:
    return None if text is None else inline_codes.plain_text(text)
