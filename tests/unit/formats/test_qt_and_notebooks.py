"""Qt Linguist's .ts and Jupyter notebooks."""

import json
from dataclasses import replace

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from mtpipe.document import inline_codes
from mtpipe.errors import ConfigError, InputError, UnsuitedError
from mtpipe.formats.messages.qt_linguist import QtLinguistFormat
from mtpipe.formats.notebook import NotebookFormat
from mtpipe.mt.fake import FakeTranslator

TS = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1"><context><name>A</name>
<message><location filename="a.cpp" line="1"/><source>&amp;Open &apos;%1&apos;</source><translation type="unfinished"/>
</message>
<message numerus="yes"><source>%n file(s)</source><translation type="unfinished"></translation></message>
<message numerus="yes"><source>%n day(s)</source><translation type="unfinished"><numerusform></numerusform>
<numerusform/></translation></message>
<message><source>Done</source><translation>Fertig</translation></message>
<message><source>Old</source><translation type="vanished">Alt</translation></message>
<message><source>Maybe</source><translation type="unfinished">Vielleicht</translation></message></context></TS>
"""


def read(form, text, tmp_path):
    path = tmp_path / f"a{form.suffixes[0]}"
    path.write_text(text, "utf-8")
    return form.read(path, "doc")


def written(form, document, targets, tmp_path):
    path = tmp_path / f"b{form.suffixes[0]}"
    segments = tuple(replace(s, draft=t) for s, t in zip(document.segments, targets, strict=True))
    form.write(replace(document, segments=segments), path)
    return path.read_text("utf-8")


def capitals(document):
    return [draft.text for draft in FakeTranslator().translate(document.segments)]


def sources(document):
    return [segment.source for segment in document.segments]


def test_unfinished_messages_are_filled_in_and_stay_unfinished(tmp_path):
    form = QtLinguistFormat(target_lang="ru")
    document = read(form, TS, tmp_path)
    assert sources(document) == ["Open '%1'", "%n file", "%n files", "%n files", "%n day", "%n days", "%n days"]
    targets = ["Öffne '%1'", "%n 1", "%n <b>", "%n <b>", "%n Tag", "%n Tage", "%n Tage"]
    root = etree.fromstring(written(form, document, targets, tmp_path).encode())
    assert root.get("language") == "ru"
    found = [(t.get("type"), t.text if not len(t) else [form.text for form in t]) for t in root.iter("translation")]
    assert found == [("unfinished", "&Öffne '%1'"),
                     ("unfinished", ["%n 1", "%n <b>", "%n <b>"]), ("unfinished", ["%n Tag", "%n Tage", "%n Tage"]),
                     (None, "Fertig"), ("vanished", "Alt"), ("unfinished", "Vielleicht")]  # fmt: skip
    assert written(form, document, [None] * 7, tmp_path) == TS


def test_unfinished_translations_are_made_anew_if_asked(tmp_path):
    assert sources(read(QtLinguistFormat(existing="redo"), TS, tmp_path))[5:] == ["Maybe"]
    with pytest.raises(ConfigError, match="existing='x': use keep, redo"):
        QtLinguistFormat(existing="x")


def test_typescript_and_other_languages_are_left_alone(tmp_path):
    with pytest.raises(UnsuitedError, match="doc: not translated, of .ts files only Qt Linguist's are read"):
        read(QtLinguistFormat(), "const a: string = 'x';\n", tmp_path)
    with pytest.raises(InputError, match="doc: its language is fr, not de; correct it"):
        read(QtLinguistFormat(target_lang="de"), TS.replace('"2.1"', '"2.1" language="fr"'), tmp_path)


def notebook(*sources, indent=1):
    made = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_markdown_cell(source) if n % 2 == 0 else nbformat.v4.new_code_cell(source)
        for n, source in enumerate(sources)])  # fmt: skip
    return json.dumps(json.loads(nbformat.writes(made)), indent=indent, ensure_ascii=False) + "\n"


CELLS = ["# A title\n\nSome **bold** words with $x^2$ and `code`.\n", "print('no')  # no", "- one\n- two ä", "x"]


@pytest.mark.parametrize("indent", [1, None, "\t"])
def test_markdown_cells_are_translated_and_nbformat_reads_them(tmp_path, indent):
    text = notebook(*CELLS, indent=indent)
    form = NotebookFormat()
    document = read(form, text, tmp_path)
    assert sources(document) == ["A title", "Some **bold** words with $x^2$ and `code`.", "one", "two ä"]
    assert [segment.id for segment in document.segments] == ["doc#1", "doc#2", "doc#3", "doc#4"]
    assert written(form, document, [None] * 4, tmp_path) == text == written(form, document, sources(document), tmp_path)
    new = nbformat.reads(written(form, document, capitals(document), tmp_path), as_version=4)
    nbformat.validate(new)
    assert [cell.source for cell in new.cells] == [
        "# A TITLE\n\nSOME **BOLD** WORDS WITH $x^2$ AND `code`.\n", CELLS[1], "- ONE\n- TWO Ä", CELLS[3]]  # fmt: skip
    assert len(json.loads(written(form, document, capitals(document), tmp_path))["cells"][0]["source"]) == 3


def test_a_source_that_is_one_string(tmp_path):
    text = ('{"cells": [{"source": "Hi \\u00e4\\n\\nyou", "cell_type": "markdown"}, '
            '{"cell_type": "raw", "source": "x"}]}')  # fmt: skip
    document = read(NotebookFormat(), text, tmp_path)
    assert written(NotebookFormat(), document, ["HI Ä", None], tmp_path) == text.replace("Hi \\u00e4", "HI \\u00c4")


@pytest.mark.parametrize("text, message", [
    ("{", "not a notebook: broken JSON"), ("[]", "not a notebook of format 4"),
    ('{"worksheets": []}', "convert it with"),
    ("[" * 100_000, "broken JSON"),
])  # fmt: skip
def test_what_is_no_notebook_is_said(tmp_path, text, message):
    with pytest.raises(InputError, match=f"doc: .*{message}"):
        read(NotebookFormat(), text, tmp_path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cells=st.lists(st.text("ab *`\n\"\\ä#[]", max_size=20), max_size=5))
def test_any_notebook_survives(tmp_path, cells):
    text = notebook(*cells)
    document = read(NotebookFormat(), text, tmp_path)
    assert written(NotebookFormat(), document, sources(document), tmp_path) == text
    new = nbformat.reads(written(NotebookFormat(), document, capitals(document), tmp_path), as_version=4)
    assert [cell.source for cell in new.cells[1::2]] == cells[1::2]
    for segment in document.segments:
        assert inline_codes.broken(segment.source, segment.codes, segment.source) == []
