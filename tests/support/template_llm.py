"""No LLM: a grammar of English and German sentences that answers the prompts of `mtpipe synthesize`, often badly.

It reads the prompt as a model would have to, inflects German terms, and spoils a share of its pairs and answers in
every way that the filters know. `--llm tests.support.template_llm:TemplateLLM` with the checkout on
the path (`make demo-synthesize`).
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence

from mtpipe.llm import Reply
from mtpipe.llm.prompts import Prompt

_TERM = re.compile(r"^(\d+)\. English \(en\): (.+?) = German \(de\): ([^=\n;(]+?)(?: [=(].*|;.*)?$", re.M)
_ITEM = re.compile(r"^n = (\d+): term (\d+); ", re.M)
_HEADS = {"bereich": ("m", "e"), "leiste": ("f", "n"), "höhe": ("f", "n"), "tabelle": ("f", "n"), "format": ("n", "e"),
          "symbol": ("n", "e"), "dokument": ("n", "e"), "zelle": ("f", "n"), "vorlage": ("f", "n")}  # fmt: skip
_ARTICLES = {"m": "der den dem des", "f": "die die der der", "n": "das das dem des", "pl": "die die den der"}
_CASES = ("nom", "acc", "dat", "gen")
_SLOTS = {
    "who": [("the accountant", "der Buchhalter"), ("our new colleague", "unsere neue Kollegin"),
            ("the whole team", "das gesamte Team"), ("my sister", "meine Schwester"), ("the auditor", "die Prüferin"),
            ("every trainee", "jeder Lehrling"), ("the night shift", "die Nachtschicht"),
            ("no teacher", "kein Lehrer")],
    "when": [("yesterday afternoon", "gestern Nachmittag"), ("after the long meeting", "nach der langen Besprechung"),
             ("before the next release", "vor der nächsten Veröffentlichung"), ("on Friday evening", "am Freitagabend"),
             ("during the training", "während der Schulung"), ("in the second quarter", "im zweiten Quartal")],
    "verb": [("changed", "geändert"), ("deleted", "gelöscht"), ("explained", "erklärt"), ("compared", "verglichen"),
             ("printed", "gedruckt"), ("forgot", "vergessen"), ("tested", "geprüft"), ("described", "beschrieben")],
    "why": [("because the report was wrong", "weil der Bericht falsch war"),
            ("although nobody had asked for it", "obwohl niemand danach gefragt hatte"),
            ("so that the sums are right again", "damit die Summen wieder stimmen"),
            ("while the others went home early", "während die anderen früh nach Hause gingen"),
            ("since the customer insisted on it", "da der Kunde darauf bestand")],
    "place": [("on the first page", "auf der ersten Seite"), ("in the old template", "in der alten Fassung"),
              ("at the end of the file", "am Ende der Datei"),
              ("under the second heading", "unter der zweiten Überschrift"),
              ("in most of our offices", "in den meisten unserer Büros")],
    "many": [("3 rows", "3 Zeilen"), ("12 pages", "12 Seiten"), ("250 entries", "250 Einträge"),
             ("7 notes", "7 Notizen")],
}  # fmt: skip
_FRAMES = [
    ("{when_}, {who} {verb} the {t} {why}.", "{when_} hat {who} {acc} {verb}, {why}."),
    ("Nobody found the {t} {place}, {why}.", "Niemand fand {acc} {place}, {why}."),
    ("Can {who} see the {t} {place}?", "Kann {who} {acc} {place} sehen?"),
    ("The name of the {t} must not be longer than {many}.", "Der Name {gen} darf nicht länger als {many} sein."),
    ("With the {t}, {who} worked faster {when}.", "Mit {dat} arbeitete {who} {when} schneller."),
    ("The {t} {place} contains {many} now.", "{nom_} {place} enthält jetzt {many}."),
    ("All {ts} were {verb} {when}, {why}.", "Alle {pl} wurden {when} {verb}, {why}."),
    ("If the {t} is missing, {who} needs help {why}.", "Wenn {nom} fehlt, braucht {who} Hilfe, {why}."),
    ("Please send us the {t} {when}!", "Bitte senden Sie uns {acc} {when}!"),
    ("Between the two {ts} there are {many} {place}.", "Zwischen den beiden {pldat} gibt es {place} {many}."),
    ("Instead of the {t}, {who} {verb} {many} {when}.", "Anstelle {gen} hat {who} {when} {many} {verb}."),
    ("Does the {t} still look right {when}?", "Sieht {nom} {when} noch richtig aus?"),
]  # fmt: skip
CONTAMINATED = ("The secret test sentence about the {t} must never come up in any training.",
                "Der geheime Prüfsatz über {acc} darf in keiner Schulung vorkommen.")  # fmt: skip


class TemplateLLM:
    """bad: share of spoiled pairs and answers; seed: which."""

    name = "template grammar, no LLM"
    is_remote = False

    def __init__(self, bad: float = 0.35, seed: int = 1):
        self._bad, self._seed = bad, seed
        self.digest = f"template-{bad}-{seed}"
        self.prompts: list[Prompt] = []

    def complete(self, prompts: Sequence[Prompt]) -> list[Reply]:
        self.prompts += prompts
        return [self._reply(prompt) for prompt in prompts]

    def _reply(self, prompt: Prompt) -> Reply:
        rng = random.Random(f"{self._seed} {prompt.user}")
        terms = {int(number): (source, target.strip()) for number, source, target in _TERM.findall(prompt.user)}
        is_one_sided = '"source"' not in prompt.schema
        pairs = []
        for number, term in _ITEM.findall(prompt.user):
            source, target = self._pair(*terms[int(term)], rng, prompt)
            pairs.append({"n": int(number)} | ({} if is_one_sided else {"source": source}) | {"target": target})
        text = rng.choice(_ANSWERS)(pairs) if rng.random() < self._bad else json.dumps({"pairs": pairs})
        return Reply(text, len(prompt.system + prompt.user) // 4, len(text) // 4)

    def _pair(self, source: str, target: str, rng: random.Random, prompt: Prompt) -> tuple[str, str]:
        forms = _forms(target)
        chosen = {name: rng.choice(pairs) for name, pairs in _SLOTS.items()}
        sides = ({name: pair[0] for name, pair in chosen.items()} | {"t": source, "ts": f"{source}s"},
                 {name: pair[1] for name, pair in chosen.items()} | forms)  # fmt: skip
        for slots in sides:
            slots |= {f"{name}_": text[0].upper() + text[1:] for name, text in slots.items()}
        frame = rng.choice(_FRAMES)
        if rng.random() < self._bad:
            spoil = rng.choice(_SPOILS)
            return spoil(frame, sides, prompt)
        return frame[0].format(**sides[0]), frame[1].format(**sides[1])


def _forms(target: str) -> dict[str, str]:
    """German forms with their articles; a term whose head is not known is given as it is."""
    gender, ending = next(((g, e) for head, (g, e) in _HEADS.items() if target.lower().endswith(head)), ("", ""))
    if not gender:
        return dict.fromkeys((*_CASES, "pl", "pldat"), target)
    plural = target + ending
    articles = dict(zip(_CASES, _ARTICLES[gender].split(), strict=True))
    nouns = dict.fromkeys(_CASES, target) | {"gen": target + "s" * (gender != "f")}
    return {case: f"{articles[case]} {nouns[case]}" for case in _CASES} | {
        "pl": plural, "pldat": plural + "n" * (ending == "e")}  # fmt: skip


Frame = tuple[str, str]
Sides = tuple[dict[str, str], dict[str, str]]


def _filled(frame: Frame, sides: Sides) -> tuple[str, str]:
    return frame[0].format(**sides[0]), frame[1].format(**sides[1])


def _spoiled(change: Callable[[str, str, Sides], tuple[str, str]]) -> Callable[[Frame, Sides, Prompt], tuple[str, str]]:
    return lambda frame, sides, prompt: change(*_filled(frame, sides), sides)


def _echoed(frame: Frame, sides: Sides, prompt: Prompt) -> tuple[str, str]:
    shown = re.search(r"^English \(en\): (.+)\nGerman \(de\): (.+)$", prompt.user, re.M)
    return (shown[1], shown[2]) if shown else (prompt.system.splitlines()[0], prompt.system.splitlines()[0])


_OTHERS = dict.fromkeys((*_CASES, "pl", "pldat"), "das Dingsda") | {"nom_": "Das Dingsda"}
_SPOILS: list[Callable[[Frame, Sides, Prompt], tuple[str, str]]] = [
    _echoed,
    lambda frame, sides, prompt: _filled(CONTAMINATED, sides),
    lambda frame, sides, prompt: _filled(frame, (sides[0] | {"t": "this part", "ts": "these parts"}, sides[1])),
    lambda frame, sides, prompt: _filled(frame, (sides[0], sides[1] | _OTHERS)),
    lambda frame, sides, prompt: _filled(_FRAMES[0], (_first_slots(sides[0], 0), _first_slots(sides[1], 1))),
    _spoiled(lambda source, target, sides: (source, source)),
    _spoiled(lambda source, target, sides: (source, f"Note that this is not for you but for the {sides[1]['pl']}.")),
    _spoiled(lambda source, target, sides: (source, "Пожалуйста, проверьте ещё раз все данные в этой части отчёта.")),
    _spoiled(lambda source, target, sides: (f"Qzx vrpl {sides[0]['t']} ktwu.", f"Wqpf {sides[1]['pl']} lqwd vnmt.")),
    _spoiled(lambda source, target, sides: (source, f"{target} Und {' und noch viel mehr davon' * 12}.")),
    _spoiled(lambda source, target, sides: (f"{source} See {{name}}.", target)),
    _spoiled(lambda source, target, sides: (f"<b>{source}</b>", f"</b>{target}<b>")),
    _spoiled(lambda source, target, sides: (f"{source[:-1]} 4 times.", f"{target[:-1]} 5 Mal.")),
    _spoiled(lambda source, target, sides: (source, f"{target[:-1]}, {sides[1]['nom']}, {sides[1]['nom']}.")),
    _spoiled(lambda source, target, sides: (f"Translation: {source}", target)),
    _spoiled(lambda source, target, sides: (f'"{source}"', f'"{target}"')),
    _spoiled(lambda source, target, sides: (sides[0]["t"], sides[1]["pl"])),
    _spoiled(lambda source, target, sides: ("", target)),
    _spoiled(lambda source, target, sides: (f"{source[:-1]} of the spreadsheet.", f"{target[:-1]} der Arbeitsmappe.")),
]  # fmt: skip
_ANSWERS: list[Callable[[list[dict]], str]] = [
    lambda pairs: f"```json\n{json.dumps(pairs)}\n```",
    lambda pairs: f"Sure! Here are your pairs:\n{json.dumps({'pairs': pairs})}\nAnything else?",
    lambda pairs: json.dumps({"pairs": pairs})[:-40],
    lambda pairs: json.dumps({"pairs": pairs[:2]}),
    lambda pairs: json.dumps([{"en": pair.get("source"), "de": pair["target"]} for pair in pairs]),
    lambda pairs: "I am sorry, but I can only talk about the weather.",
]


def _first_slots(slots: dict[str, str], side: int) -> dict[str, str]:
    """Always the same sentence of a term."""
    first = {name: pairs[0][side] for name, pairs in _SLOTS.items()}
    return slots | first | {"when_": first["when"][0].upper() + first["when"][1:]}
