"""Right answers of a language model made worse, each in a way that a guard could notice, the same in every run."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

from mtpipe.document.segment import Segment
from mtpipe.languages import negation
from mtpipe.languages.tokenization import spans

# (segment, right answer, another segment's answer, chance) → worse text; the answer as it is where it can't be done
Damage = Callable[[Segment, str, str, random.Random], str]
_NUMBER = re.compile(r" ?(?<!\w)\d+(?!\w)")
_CLAUSE = re.compile(r",[^,]*?(?=[.!?:]*$)")
_TAG = re.compile(r"</?[a-z]+\d+/?>")


def texts(name: str, segments: Mapping[str, Segment], answers: Mapping[str, str]) -> dict[str, str]:
    """The answers damaged in this way, by the id of their segment, without those that it leaves as they are."""
    ids = list(answers)
    made = {id: DAMAGES[name](segments[id], answers[id], answers[ids[i - 1]], random.Random(id))
            for i, id in enumerate(ids)}  # fmt: skip
    return {id: text for id, text in made.items() if text != answers[id]}


def _without(answer: str, span: tuple[int, int] | None) -> str:
    return " ".join((answer[: span[0]] + answer[span[1] :]).split()) if span else answer


def _without_number(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    match = _NUMBER.search(answer)
    return _without(answer, match.span() if match else None)


def _other_number(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    return _NUMBER.sub(lambda match: " " * match.group().startswith(" ") + str(int(match.group()) + 1), answer, count=1)


def _without_clause(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    match = _CLAUSE.search(answer)
    return _without(answer, match.span() if match else None)


def _other_tag(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    return _TAG.sub("", answer, count=1)


def _without_word(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    words = answer.split()
    del words[chance.randrange(len(words))]
    return " ".join(words)


def _double_word(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    words = answer.split()
    place = chance.randrange(len(words))
    return " ".join([*words[: place + 1], *words[place:]])


def _pasted(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    return f"{segment.target} {', '.join(error.expected[0] for error in segment.errors)}"


def _letters(segment: Segment, answer: str, other: str, chance: random.Random) -> str:
    place = chance.choice(spans(answer) or [(0, 0)])
    word = "".join(chance.choices("bcdfgklmnprstvxz", k=max(4, place[1] - place[0])))
    return answer[: place[0]] + word + answer[place[1] :]


DAMAGES: dict[str, Damage] = {
    "the source as it is": lambda segment, answer, other, chance: segment.source,
    "another segment's answer": lambda segment, answer, other, chance: other,
    "the first half": lambda segment, answer, other, chance: answer[: len(answer) // 2],
    "the terms behind the draft": _pasted,
    "the answer twice": lambda segment, answer, other, chance: f"{answer} {answer}",
    "the source behind it": lambda segment, answer, other, chance: f"{answer} ({segment.source})",
    "a word of letters by chance": _letters, "a word left out": _without_word, "a word twice": _double_word,
    "a number left out": _without_number, "another number": _other_number, "a tag left out": _other_tag,
    "the negation left out": lambda segment, answer, other, chance: _without(answer, negation.find(answer)),
    "the last clause left out": _without_clause,
}  # fmt: skip
