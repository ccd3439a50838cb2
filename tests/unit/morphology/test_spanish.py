"""Spanish noun phrases, plurals and verbs by rule."""

import pytest

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.alignment.ngram_lm import Fluency
from mtpipe.morphology import spanish
from mtpipe.morphology.protocol import TermContext
from mtpipe.morphology.spanish import Spanish


def best(term, old, before="", after="", number=""):
    found = Spanish().wordings(TermContext(term, (old,), tuple(before.split()), tuple(after.split()), number))
    return " ".join([*found[0].before, found[0].form, *found[0].after]) if found else None


@pytest.mark.parametrize("term, old, before, after, expected", [
    ("desglose", "explosión", "de la", "completa", "del desglose completo"),
    ("programación", "calendario", "del nuevo", "creado", "de la nueva programación creada"),
    ("lista de trabajo", "bandejas", "las", "", "las listas de trabajo"),
    ("posición", "elementos", "todos los", "", "todas las posiciones"),
    ("puesto de trabajo", "centro", "ningún", "", "ningún puesto de trabajo"),
    ("desglose", "explosión", "la", "continúa hasta", "el desglose continúa hasta"),
    ("modelo", "plantilla", "una nueva", "cerrada", "un nuevo modelo cerrado"),
    ("tarea", "trabajos", "demasiados", "", "demasiadas tareas"),
    ("proyecto", "tareas", "las", "no terminadas únicas", "los proyectos no terminados únicos"),
    # a pronoun that stands for it, and one that may stand for another noun
    ("proyecto", "tarea", "la", "para terminarla pronto", "el proyecto para terminarlo pronto"),
    ("proyecto", "tarea", "la", "de la semana y terminarla", "el proyecto de la semana y terminarla"),
    # what a copula says of the noun
    ("proyecto", "tarea", "la", "del grupo está terminada", "el proyecto del grupo está terminado"),
    ("proyecto", "tareas", "las", "ya son visibles", "los proyectos ya son visibles"),
    ("proyecto", "tarea", "una", "que es la que", "un proyecto que es el que"),
    # what is a verb or a noun as well
    ("proyecto", "tarea", "esta", "crea una capa", "este proyecto crea una capa"),
    ("tarea", "proyecto", "un", "alto reduce la", "una tarea alta reduce la"),
    ("proyecto", "tareas", "varias", "", "varios proyectos"),
    ("proyecto", "tarea", "la lista de la", "está terminada", "la lista del proyecto está terminada"),
])  # fmt: skip
def test_number_stays_and_the_phrase_takes_the_new_gender(term, old, before, after, expected):
    assert best(term, old, before, after) == expected


@pytest.mark.parametrize("term, old, before, expected", [
    ("agregar", "añade", "Se", "Se agrega"), ("buscar", "seleccione", "que", "que busque"),
    ("utilizar", "usado", "ha", "ha utilizado"), ("editar", "modificar", "para", "para editar"),
    ("borrar", "eliminarlo", "para", "para borrarlo"), ("quitar", "borra", "se", "se quita"),
    ("restablecer", "reinicie", "que", "que restablezca"),
])  # fmt: skip
def test_verbs_take_person_tense_and_mood_of_the_old_one(term, old, before, expected):
    assert best(term, old, before) == expected


def test_a_verb_that_brings_its_object_takes_another_with_a_preposition():
    assert best("cancelar la compra", "anular", "puede", "el pedido") == "puede cancelar la compra del pedido"


def test_a_plural_takes_the_place_of_no_singular_with_its_article():
    assert best("existencias", "almacén", "el") is None
    assert best("existencias", "almacén", "de") == "de existencias"


def test_what_a_hyphen_joins_stays():
    wording, = Spanish().wordings(TermContext("venta", ("compra",), ("la",), affixes=("post-", "")))
    assert (*wording.before, wording.form) == ("la", "post-venta")


def test_a_feminine_noun_with_a_stressed_a_takes_el():
    lexicon = Lexicon("en", "es")
    lexicon.fluency = Fluency(dict.fromkeys(["el área", "la tarea", "una tarea", "las áreas", "las tareas"], 9))
    wordings = [Spanish(lexicon).wordings(TermContext("área", (old,), tuple(before.split())))[0]
                for old, before in (("tarea", "de la"), ("Tarea", "Una"), ("tareas", "las"))]  # fmt: skip
    assert [" ".join([*each.before, each.form]) for each in wordings] == ["del área", "Un área", "las áreas"]


def test_no_noun_for_a_verb():
    assert best("índice", "lista", after="las referencias") is None
    assert best("índice", "lista", after="de las referencias") == "índice de las referencias"


def test_function_words_are_not_replaced():
    assert best("llamada", "cada", "para") is None


@pytest.mark.parametrize("word, expected", [
    ("operación", "operaciones"), ("vez", "veces"), ("interlocutor", "interlocutores"), ("lunes", "lunes"),
    ("clase", "clases"), ("container", "containers"),
])  # fmt: skip
def test_plurals(word, expected):
    assert spanish.plural(word) == expected
    assert spanish.singular(expected) == word


@pytest.mark.parametrize("term, old, before, after, expected", [
    ("visualización", "Mostrar", "", "las operaciones", "visualización de las operaciones"),
    ("visualización", "Mostrar", "", "operaciones", "visualización de operaciones"),
    ("visualización", "Mostrar", "", "el archivo", "visualización del archivo"),
    ("visualización", "Mostrar", "", "con cuidado", None),  # no object that the noun could take
    ("visualización", "mostrar", "para", "las operaciones", None),  # no heading
    ("tratar", "Edición", "", "de una tarjeta", "tratar una tarjeta"),
    ("tratar", "Edición", "", "del archivo", "tratar el archivo"),
    ("tratar", "edición", "la", "de una tarjeta", None),
    ("tratar", "Edición", "", "completa", None),
])
def test_a_heading_may_begin_with_an_infinitive_or_its_noun(term, old, before, after, expected):
    assert best(term, old, before, after) == expected


@pytest.mark.parametrize("term, expected", [
    ("pedido abierto", "noun"), ("deudor", "noun"), ("orientado a necesidad", "adjective"), ("activo", "adjective"),
    ("hoja de cálculo", "noun"), ("imprimir", "verb"),
])  # fmt: skip
def test_the_part_of_speech_of_a_term(term, expected):
    assert Spanish().part_of_speech(term) == expected
