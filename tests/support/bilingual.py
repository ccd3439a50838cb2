"""Small parallel corpora for tests: office sentences that agree as the language asks, the same in every run."""

from __future__ import annotations

import random
from functools import cache

from mtpipe.alignment.lexicon import Lexicon

SPANISH = {  # noun: (Spanish, is feminine)
    "template": ("plantilla", True), "table": ("tabla", True), "cell": ("celda", True), "row": ("fila", True),
    "sheet": ("hoja", True), "window": ("ventana", True), "list": ("lista", True), "folder": ("carpeta", True),
    "page": ("página", True), "column": ("columna", True), "label": ("etiqueta", True), "macro": ("macro", True),
    "model": ("modelo", False), "file": ("archivo", False), "document": ("documento", False),
    "style": ("estilo", False), "field": ("campo", False), "text": ("texto", False), "chart": ("gráfico", False),
    "object": ("objeto", False), "paragraph": ("párrafo", False), "report": ("informe", False),
    "title": ("título", False), "number": ("número", False),
}  # fmt: skip
ADJECTIVES = {"new": "nuev", "selected": "seleccionad", "active": "activ", "empty": "vací", "hidden": "ocult"}
VERBS = {"Open": "Abra", "Select": "Seleccione", "Delete": "Elimine", "Copy": "Copie", "Close": "Cierre"}
GERMAN = {  # noun: (German, gender, plural)
    "table": ("Tabelle", "f", "Tabellen"), "chart": ("Diagramm", "n", "Diagramme"), "file": ("Datei", "f", "Dateien"),
    "row": ("Zeile", "f", "Zeilen"), "column": ("Spalte", "f", "Spalten"), "cell": ("Zelle", "f", "Zellen"),
    "sheet": ("Blatt", "n", "Blätter"), "field": ("Feld", "n", "Felder"), "folder": ("Ordner", "m", "Ordner"),
    "document": ("Dokument", "n", "Dokumente"), "window": ("Fenster", "n", "Fenster"), "list": ("Liste", "f", "Listen"),
    "page": ("Seite", "f", "Seiten"), "value": ("Wert", "m", "Werte"), "text": ("Text", "m", "Texte"),
    "button": ("Knopf", "m", "Knöpfe"), "name": ("Name", "m", "Namen"), "picture": ("Bild", "n", "Bilder"),
}  # fmt: skip
CHINESE = {
    "单元格": "cell", "数据库": "database", "工作表": "sheet", "文件夹": "folder", "对话框": "dialog", "工具栏": "toolbar",
    "模板": "template", "打印机": "printer", "段落": "paragraph", "公式": "formula", "图表": "chart", "密码": "password",
}  # fmt: skip
CASES = {  # case: article by gender, of the plural
    "is": {"m": "der", "f": "die", "n": "das", "p": "die"}, "take": {"m": "den", "f": "die", "n": "das", "p": "die"},
    "in": {"m": "dem", "f": "der", "n": "dem", "p": "den"},
}  # fmt: skip


def english_spanish(count: int = 7000, seed: int = 7) -> list[tuple[str, str]]:
    draw = random.Random(seed)

    def phrase(article: str) -> tuple[str, str]:
        noun, adjective = draw.choice(list(SPANISH)), draw.choice([*ADJECTIVES, "", "", ""])
        word, is_feminine = SPANISH[noun]
        is_plural = draw.random() < 0.3
        articles = {"the": ("el", "la", "los", "las"), "a": ("un", "una", "unos", "unas")}[article]
        ending = ("as" if is_feminine else "os") if is_plural else ("a" if is_feminine else "o")
        target = [articles[is_feminine + 2 * is_plural], word + "s" * is_plural]
        target += [ADJECTIVES[adjective] + ending] if adjective else []
        source = [("some" if article == "a" else "the") if is_plural else article, adjective, noun + "s" * is_plural]
        return " ".join(filter(None, source)), " ".join(target)

    made = []
    for _ in range(count):
        (one, uno), (other, otro) = phrase("the"), phrase(draw.choice(["the", "the", "a"]))
        verb = draw.choice(list(VERBS))
        source, target = draw.choice([
            (f"{verb} {one} of {other}.", f"{VERBS[verb]} {uno} de {otro}."),
            (f"Part of {one} of {other}", f"Parte de {uno} de {otro}"),
            (f"{verb} {other} in {one}.", f"{VERBS[verb]} {otro} en {uno}."),
            (f"{verb} {one} and {other}.", f"{VERBS[verb]} {uno} y {otro}."),
            (f"You see {other} to {one}.", f"Usted ve {otro} a {uno}."),
        ])
        made.append((source, target.replace("de el ", "del ").replace(" a el ", " al ")))
    return made


def english_german(count: int = 2000, seed: int = 7) -> list[tuple[str, str]]:
    draw = random.Random(seed)

    def phrase(case: str) -> tuple[str, str]:
        noun = draw.choice(list(GERMAN))
        word, gender, plural = GERMAN[noun]
        if draw.random() < 0.3:
            bent = plural + "n" if case == "in" and plural[-1] not in "ns" else plural
            return f"the {noun}s", f"{CASES[case]['p']} {bent}"
        return f"the {noun}", f"{CASES[case][gender]} {word}"

    made = []
    for _ in range(count):
        (one, eins), (two, zwei) = phrase("take"), phrase("in")
        three, drei = phrase("is")
        made.append(draw.choice([
            (f"Open {one} in {two}.", f"Öffnen Sie {eins} in {zwei}."),
            (f"Here you see that {three} is in {two}.", f"Hier sehen Sie, dass {drei} in {zwei} ist."),
            (f"You can delete {one} from {two}.", f"Sie können {eins} aus {zwei} löschen."),
        ]))
    return made


def chinese_english(count: int = 500) -> list[tuple[str, str]]:
    """Sentences in which each term stands beside characters of the grammar that change."""
    draw, made = random.Random(3), []
    for _ in range(count):
        (one, eins), (two, zwei) = draw.sample(list(CHINESE.items()), 2)
        made.append(draw.choice([
            (f"打开{one}和{two}。", f"Open the {eins} and the {zwei}."),
            (f"删除{two}中的{one}。", f"Delete the {eins} in the {zwei}."),
            (f"此{one}是{two}的一部分。", f"This {eins} is part of the {zwei}."),
            (f"将{one}移到{two}。", f"Move the {eins} to the {zwei}."),
        ]))
    return made + [(word + mark, noun + mark) for word, noun in CHINESE.items() for mark in ("", ":", "…")]


@cache
def spanish() -> Lexicon:
    """A lexicon learnt from the English–Spanish corpus; not to be changed."""
    lexicon = Lexicon("en", "es")
    lexicon.learn(english_spanish())
    return lexicon


@cache
def german() -> Lexicon:
    """A lexicon learnt from the English–German corpus; not to be changed."""
    lexicon = Lexicon("en", "de")
    lexicon.learn(english_german())
    return lexicon
