"""reStructuredText: what docutils reads of it before and after a translation."""

from collections import Counter
from dataclasses import replace

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import roles
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtpipe.document import inline_codes
from mtpipe.errors import InputError
from mtpipe.formats.rst import RstFormat
from mtpipe.mt.fake import FakeTranslator

DOCUMENT = """\
=====
Title
=====

Some *emphasis* and **strong** words, ``literal``, a :ref:`link <here>` and a
`web site <http://x.org>`_ with :class:`Foo` and foo_ go on until the line is full.

.. note:: Be careful with
   the |thing|.

   Another one.

.. code-block:: python
   :linenos:

   print("x")

Section two
-----------

* one item
  that goes on
* two::

    literal block

1. first

   more

term
   its definition

:field: body of it
-a, --all   show all of them

.. [1] A footnote text.
.. _here: http://x

.. figure:: a.png
   :alt: x

   The caption.

+---+---+
| a | b |
+---+---+

=====  =====
a      b
=====  =====
1      2
=====  =====

| line one
| line two

.. toctree::
   :maxdepth: 2

   intro

.. versionadded:: 2.5
   The *new* thing.
"""
for role in ("ref", "class", "guilabel"):
    roles.register_generic_role(role, nodes.inline)


def read(text, tmp_path):
    path = tmp_path / "a.rst"
    path.write_bytes(text.encode())
    return RstFormat().read(path, "doc")


def written(document, targets, tmp_path):
    path = tmp_path / "b.rst"
    segments = tuple(replace(s, draft=t) for s, t in zip(document.segments, targets, strict=True))
    RstFormat().write(replace(document, segments=segments), path)
    return path.read_bytes().decode()


def sources(document):
    return [segment.source for segment in document.segments]


def capitals(document):
    return [draft.text for draft in FakeTranslator().translate(document.segments)]


def structure(text):
    """How many nodes of each kind docutils finds, and complaints (about directives of Sphinx only, in a sound text)."""
    tree = publish_doctree(text, settings_overrides={"report_level": 5, "halt_level": 6})
    complaints = list(tree.findall(nodes.system_message))
    for complaint in complaints:
        complaint.parent.remove(complaint)
    found = Counter(type(node).__name__ for node in tree.findall() if not isinstance(node, nodes.Text))
    return found + Counter(complaints=sum(complaint["level"] > 1 for complaint in complaints))


def test_the_texts_of_a_page(tmp_path):
    document = read(DOCUMENT, tmp_path)
    assert sources(document) == [
        "Title",
        "Some *emphasis* and **strong** words, ``literal``, a :ref:`link <here>` and a `web site <http://x.org>`_ with "
        ":class:`Foo` and foo_ go on until the line is full.",
        "Be careful with the |thing|.", "Another one.", "Section two", "one item that goes on", "two", "first", "more",
        "term", "its definition", "body of it", "show all of them", "A footnote text.", "The caption.", "line one",
        "line two", "The *new* thing.",
    ]  # fmt: skip
    assert document.notes == ("tables left as they are: 2",)


def test_what_is_not_translated_is_written_as_it_was_read(tmp_path):
    for text in (DOCUMENT, DOCUMENT.replace("\n", "\r\n"), "", "\n", "a", "=====", "::", ".. "):
        document = read(text, tmp_path)
        assert written(document, [None] * len(document.segments), tmp_path) == text
        assert written(document, sources(document), tmp_path) == text


def test_docutils_finds_the_same_structure_in_a_translation(tmp_path):
    document = read(DOCUMENT, tmp_path)
    assert structure(written(document, capitals(document), tmp_path)) == structure(DOCUMENT)


def test_adornments_are_as_long_as_their_titles(tmp_path):
    document = read("====\nOne\n====\n\nTwo\n---\n", tmp_path)
    assert written(document, ["Eins und mehr", "第二"], tmp_path) == \
        "=============\nEins und mehr\n=============\n\n第二\n----\n"


@pytest.mark.parametrize("source, target, expected", [
    ("A word here.", "Ein *Wort* und `x` a_ hier.", r"Ein \*Wort\* und \`x\` a\_ hier."),
    ("A word here.", "- Wort", r"\- Wort"),
    ("A word here.", "1. Wort", r"\1. Wort"),
    ("A **bold** word.", "Ein**fett**er", r"Ein\ **fett**\ er"),
    ("See :guilabel:`File` now.", "Jetzt :guilabel:`Datei` sehen.", "Jetzt :guilabel:`Datei` sehen."),
])  # fmt: skip
def test_what_would_be_markup_is_escaped(source, target, expected, tmp_path):
    result = written(read(source, tmp_path), [target], tmp_path)
    assert result == expected
    assert set(structure(result)) == set(structure(source))


def test_code_comments_and_unknown_directives_stay(tmp_path):
    text = ("Look::\n\n    code here\n\n    more\n\n.. a comment\n   goes on\n\n.. toctree:: x\n\n   Title <page>\n\n"
            ">>> print(a)\nb\n\nQuoted::\n\n> one\n> two\n\n.. |x| replace:: y\n\nLast one\n")  # fmt: skip
    assert sources(read(text, tmp_path)) == ["Look", "Quoted", "Last one"]


FRAGMENTS = ["word ", "Ende.", "\n", "\n\n", "  ", "- ", "1. ", "* ", "**b**", "*e*", "``l``", "`a <b>`_", ":r:`x <y>`",
             "|s|", "a_", "[1]_", "::\n\n", "    code\n", ".. note:: ", ".. x:: y\n", ".. ", "====\n", "----\n", ":f: ",
             "--opt  ", "| ", "+---+\n", "=== ===\n", ">>> ", "\\*", "ä中", "`", "*", "\t"]  # fmt: skip


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(parts=st.lists(st.sampled_from(FRAGMENTS), max_size=25))
def test_any_document_survives(parts, tmp_path):
    text = "".join(parts)
    document = read(text, tmp_path)
    assert written(document, [None] * len(document.segments), tmp_path) == text
    assert written(document, sources(document), tmp_path) == text
    for segment in document.segments:
        assert inline_codes.broken(segment.source, segment.codes, segment.source) == []
        assert segment.source.strip() and "\n" not in segment.source
    written(document, capitals(document), tmp_path)


def test_binary_files_are_refused(tmp_path):
    (tmp_path / "a.rst").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(InputError, match="doc: looks binary"):
        RstFormat().read(tmp_path / "a.rst", "doc")
