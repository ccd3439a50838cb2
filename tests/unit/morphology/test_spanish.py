"""Spanish noun phrases, plurals and verbs by rule."""

import pytest

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
])  # fmt: skip
def test_number_stays_and_the_phrase_takes_the_new_gender(term, old, before, after, expected):
    assert best(term, old, before, after) == expected


@pytest.mark.parametrize("term, old, before, expected", [
    ("agregar", "añade", "Se", "Se agrega"), ("buscar", "seleccione", "que", "que busque"),
    ("utilizar", "usado", "ha", "ha utilizado"), ("editar", "modificar", "para", "para editar"),
    ("borrar", "eliminarlo", "para", "para borrarlo"),
])  # fmt: skip
def test_verbs_take_person_tense_and_mood_of_the_old_one(term, old, before, expected):
    assert best(term, old, before) == expected


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
