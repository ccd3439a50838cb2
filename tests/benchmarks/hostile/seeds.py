"""A small sound document of every format, for the campaign to damage."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.format_writers import LINES, MESSAGES
from tests.benchmarks.hostile.outcome import ROOT
from tests.support.pdf_pages import pdf

WORD = ROOT / "tests" / "data" / "word" / "libreoffice-rich.docx"
_XLIFF = ('<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2" {}><file original="a" datatype="x" '
          'source-language="en" target-language="de"><body>{}</body></file></xliff>')  # fmt: skip
TEXTS = {
    "a.txt": "Open the cell. Close the row.\n\nA new paragraph here.\n",
    "a.md": "---\ntitle: Cells\n---\n\n# Cells\n\nOpen the **cell** and `run` [it](a.html).\n\n- one row\n\n|a|b|\n"
            "|--|--|\n",
    "a.mdx": "import A from 'a'\n\n# Cells\n\nOpen <A n={1}>the cell</A> and {run}.\n\nClose the **row**.\n",
    "a.html": "<html><body><h1>Cells</h1><p>Open the <b>cell</b> &amp; close it.</p><p>A row.</p></body></html>",
    "a.jsonl": '{"id": "1", "source": "Open the <b>cell</b>."}\n{"id": "2", "source": "A row."}\n',
    "a.srt": "1\n00:00:01,000 --> 00:00:02,000\nOpen the cell.\n\n2\n00:00:03,000 --> 00:00:04,000\nA row.\n",
    "a.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nOpen the cell.\n",
    "a.json": '{"title": "Open the cell", "inner": {"text": "A {count} row"}}',
    "a.arb": '{"@@locale": "en", "open": "Open {n, plural, =1{a cell} other{cells}}", "@open": {"description": "x"}}',
    "a.csv": "source,target\nOpen the cell,\nA row,\n",
    "a.xml": '<?xml version="1.0"?>\n<resources><string name="a">Open the <b>cell</b> %1$s</string>'
             '<plurals name="n"><item quantity="one">row</item><item quantity="other">rows</item></plurals>'
             "</resources>\n",
    "a.resx": '<?xml version="1.0"?>\n<root><data name="a"><value>Open the cell</value></data></root>',
    "a.strings": '/* x */\n"open" = "Open the cell %@";\n',
    "a.properties": "open=Open the cell {0}\nrow=A row\\\n  goes on\n",
    "a.yaml": "en:\n  open: Open the cell\n  row: |\n    A row\n    goes on\n",
    "a.po": 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"'
            "\n\n"
            'msgid "Open the _cell"\nmsgstr ""\n\nmsgid "%d row"\nmsgid_plural "%d rows"\nmsgstr[0] ""\nmsgstr[1] ""\n',
    "a.xlf": _XLIFF.format("", '<trans-unit id="1"><source>Open <g id="1">the</g> cell</source></trans-unit>'),
    "b.xlf": '<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="en" trgLang="de"><file '
             'id="f"><unit id="1"><segment><source>Open <pc id="1">the</pc> <ph id="2"/> cell</source></segment></unit>'
             "</file></xliff>",
    "a.sdlxliff": _XLIFF.format(
        'xmlns:sdl="http://sdl.com/FileTypes/SdlXliff/1.0"', '<trans-unit id="1"><source>Open it</source><seg-source>'
        '<mrk mtype="seg" mid="1">Open it</mrk></seg-source><target></target><sdl:seg-defs><sdl:seg id="1"/>'
        "</sdl:seg-defs></trans-unit>"),
    "a.ts": '<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS version="2.1"><context><name>A</name><message numerus="yes">'
            '<source>%n row(s)</source><translation type="unfinished"></translation></message></context></TS>\n',
    "a.xcstrings": '{"sourceLanguage": "en", "strings": {"Open %@": {}, "a": {"localizations": {"en": {"stringUnit": '
                   '{"state": "new", "value": "A row"}}}}}, "version": "1.0"}',
    "a.adoc": "= Cells\n\nOpen the *cell* and `run` link:a.html[it].\n\n* one row\n\n|===\n|a |the cell\n|===\n",
    "a.tex": "\\documentclass{article}\n\\begin{document}\n\\section{Cells}\nOpen \\textbf{the cell} $x$ % now\n\n"
             "\\begin{itemize}\n\\item A row\n\\end{itemize}\n\\end{document}\n",
    "a.ass": "[Events]\nFormat: Start, Text\nDialogue: 0:00:01.00,Open {\\i1}the{\\i0} cell\\Nnow\n",
    "a.rtf": "{\\rtf1\\ansi Open the {\\b cell}.\\par A row.\\par}",
    "a.ini": "[main]\nopen = Open the cell\n",
    "a.fodt": (ROOT / "tests" / "data" / "word" / "rich.fodt").read_text("utf-8"),
}  # fmt: skip
_LINES = ["Open the <b>cell</b> 1 &amp; close it.", "A new row in <i>the <b>table</b></i>.", "Save it as a.txt."]
_SUFFIXES = {"odf": ".odt", "docbook": ".dbk", "notebook": ".ipynb", "fluent": ".ftl"}
SPITE = (
    b"\0", b"\xff\xfe", b"\xed\xa0\xbd", b"\xf0\x9f\x94\x8e", b"<", b"&#xD800;", b"&a;" * 50, b"[" * 3000,
    b"{" * 3000, b"<a>" * 3000, b"(a|aa)+$", b"\r", b'"' * 7, b"\\" * 9, b"%s%n{}{{", b"\xe2\x80\xae", b"]]>",
    b"\xef\xbb\xbf", b"9" * 400, b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', b"x" * 20_000,
    b"\xe2\x9f\xa6" * 40, b"\n", b"\t", b"<!--", b"-->", b"{{<%", b"1e999", b"null", b"=cmd|", b"../../", b"\xc2\xa0",
)  # fmt: skip


@cache
def documents() -> dict[str, bytes]:
    """The content of each document by its name; at least one a format."""
    contents = {name: text.encode() for name, text in TEXTS.items()} | {"a.docx": WORD.read_bytes()}
    with TemporaryDirectory() as folder:
        for form, write in (LINES | MESSAGES).items():
            path = Path(folder, f"made{_SUFFIXES.get(form, f'.{form}')}")
            write(_LINES, path)
            contents[path.name] = path.read_bytes()
        contents["a.pdf"] = pdf(Path(folder, "a.pdf"), [[("Open the cell.", 12, 50, 700)]]).read_bytes()
    return contents


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One to four changes: bytes replaced, cut, doubled, moved or put in; at times the rest is cut off."""
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(data) + 1), chance.choice((1, 2, 8, 64, 512))
        piece, other = data[at : at + size], chance.randrange(len(data) + 1)
        new = chance.choice((chance.choice(SPITE), b"", piece * 2, data[other : other + size], chance.randbytes(size)))
        data = data[:at] + new + data[at + chance.choice((0, size)) :]
        if chance.random() < 0.1:
            data = data[:at]
    return data
