"""What other programs make of a format's files: documents that they write, and whether they open a translation."""

from __future__ import annotations

import csv
import html
import json
import plistlib
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import polib
import pysubs2
import yaml
from fluent.syntax import FluentParser, ast
from lxml import etree
from translate.storage import aresource, properties, resx
from translate.storage import xliff as xliff_store

from tests.benchmarks.format_writers import _bold, _marked, runs

SECONDS = 300


def call(*command: object, folder: Path | None = None) -> str:
    """The output of a program; raises CalledProcessError where it is not content."""
    done = subprocess.run([*map(str, command)], check=True, capture_output=True, text=True, timeout=SECONDS, cwd=folder)
    return done.stdout


def office(path: Path, kind: str = "pdf") -> Path:
    """What LibreOffice makes of a document, beside it."""
    with TemporaryDirectory() as profile:
        call("soffice", f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--convert-to", kind,
             "--outdir", path.parent, path)  # fmt: skip
    made = path.with_suffix(f".{kind.partition(':')[0]}")
    assert made.is_file(), f"LibreOffice did not open {path.name}"
    return made


def _page(lines: list[str]) -> str:
    return "<title>Help</title>" + "".join(f"<p>{_bold(line, 'b')}</p>\n" for line in lines)


def pandoc(kind: str) -> Callable[[list[str], Path], None]:
    """A writer of paragraphs by pandoc, in what it calls kind."""
    def write(lines: list[str], path: Path) -> None:
        page = path.with_suffix(".source.html")
        page.write_text(_page(lines), "utf-8")
        call("pandoc", "-s", "-f", "html", "-t", kind, "-o", path, page)
        page.unlink()

    return write


def _latin(lines: list[str]) -> list[str]:
    return [line.encode("latin-1", "ignore").decode("latin-1") for line in lines]


def latex(lines: list[str], path: Path) -> None:
    pandoc("latex")(_latin(lines), path)


def rtf(lines: list[str], path: Path) -> None:
    source = path.with_suffix(".docx")
    pandoc("docx")(lines, source)
    office(source, "rtf")
    source.unlink()


def pdf(lines: list[str], path: Path) -> None:
    source = path.with_suffix(".docx")
    pandoc("docx")(lines, source)
    office(source)
    source.unlink()


def page(lines: list[str], path: Path) -> None:
    path.write_text(f"<!DOCTYPE html>\n<html lang='en'>{_page(lines)}</html>\n", "utf-8")


def text(lines: list[str], path: Path) -> None:
    path.write_text("".join(html.unescape(re.sub("<[^>]*>", "", line)) + "\n" for line in lines), "utf-8")


def segments(lines: list[str], path: Path) -> None:
    path.write_text("".join(json.dumps({"id": str(n), "source": line}) + "\n" for n, line in enumerate(lines)), "utf-8")


def mdx(lines: list[str], path: Path) -> None:
    path.write_text("import X from 'x'\n\n" + "\n\n".join(re.sub("[{}]", "", _marked(line)) for line in lines), "utf-8")


def ass(lines: list[str], path: Path) -> None:
    made = pysubs2.SSAFile()
    for n, line in enumerate(lines):
        said = "".join(f"{{\\b1}}{words}{{\\b0}}" if is_bold else words for words, is_bold in runs(line))
        made.append(pysubs2.SSAEvent(start=n * 3000, end=n * 3000 + 2500, text=said))
    made.save(str(path))


def po(messages: list[str], path: Path) -> None:
    made = polib.POFile()
    made.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": "de"}
    made.extend(polib.POEntry(msgid=message) for message in messages)
    made.save(str(path))


def qt(messages: list[str], path: Path) -> None:
    po(messages, path.with_suffix(".po"))
    call("lconvert", "-i", path.with_suffix(".po"), "-o", path, "-target-language", "de")
    path.with_suffix(".po").unlink()


def xliff(messages: list[str], path: Path) -> None:
    po(messages, path.with_suffix(".po"))
    call(Path(sys.executable).with_name("po2xliff"), "--progress=none", path.with_suffix(".po"), path)
    path.with_suffix(".po").unlink()


def xcstrings(messages: list[str], path: Path) -> None:
    made = {"sourceLanguage": "en", "strings": {message: {} for message in messages}, "version": "1.0"}
    path.write_text(json.dumps(made), "utf-8")


def turned_qt(path: Path) -> Path:
    """A file with the translations of path as its sources."""
    root = etree.parse(path).getroot()
    root.attrib.pop("sourcelanguage", None)
    for message in root.iter("message"):
        translation = message.find("translation")
        message.find("source").text, translation.text = translation.text, None
    turned = path.with_suffix(".turned.ts")
    turned.write_bytes(etree.tostring(root))
    return turned


def turned_xcstrings(path: Path) -> Path:
    rows = json.loads(path.read_text("utf-8"))["strings"].values()
    made = {row["localizations"]["de"]["stringUnit"]["value"]: {} for row in rows if row.get("localizations")}
    turned = path.with_suffix(".turned.xcstrings")
    turned.write_text(json.dumps({"sourceLanguage": "de", "strings": made}), "utf-8")
    return turned


LINES = {
    "html": page, "text": text, "jsonl": segments, "markdown": pandoc("commonmark"), "mdx": mdx,
    "docx": pandoc("docx"), "libreoffice": rtf, "pdf": pdf, "asciidoc": pandoc("asciidoc"),
    "latex": latex, "ass": ass,
}  # fmt: skip
MESSAGES = {"po": po, "xliff": xliff, "qt": qt, "xcstrings": xcstrings}
WRITERS = {
    "html": "by hand", "text": "by hand", "jsonl": "json", "mdx": "by hand", "ass": "pysubs2", "idml": "by hand",
    "libreoffice": "pandoc, LibreOffice (.rtf)", "pdf": "pandoc, LibreOffice", "po": "polib", "xcstrings": "json",
    "xliff": "translate-toolkit", "qt": "Qt (lconvert)", "pptx": "python-pptx", "xlsx": "XlsxWriter",
    "odf": "odfpy (.odt)", "epub": "EbookLib", "docbook": "lxml", "dita": "lxml", "notebook": "nbformat",
    "rst": "by hand", "fluent": "fluent.syntax", "stringsdict": "plistlib", "toml": "by hand", "ini": "by hand",
    "php": "by hand", "json": "json", "csv": "csv", "yaml": "PyYAML", "srt": "pysubs2", "vtt": "pysubs2",
    **dict.fromkeys(("markdown", "docx", "asciidoc", "latex"), "pandoc"),
    **dict.fromkeys(("arb", "android", "resx", "strings", "properties"), "translate-toolkit"),
}  # fmt: skip


def _pandoc_reads(kind: str) -> Callable[[Path], object]:
    return lambda path: call("pandoc", "-f", kind, "-t", "plain", path)


def _fluent(path: Path) -> None:
    body = FluentParser().parse(path.read_text("utf-8")).body
    assert not any(isinstance(entry, ast.Junk) for entry in body)


def _ini(path: Path) -> None:
    call("php", "-r", f"exit(parse_ini_file({json.dumps(str(path))}) === false ? 1 : 0);")


def _package(path: Path) -> None:
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if name.endswith(".xml"):
                etree.fromstring(package.read(name))


def _parse(kind: type, path: Path) -> None:
    assert kind.parsefile(str(path)).units


# format → (the program, what it does with a file; raises where it refuses it)
OPENERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    **dict.fromkeys(("docx", "pptx", "xlsx", "odf", "libreoffice"), ("LibreOffice, as PDF", office)),
    "epub": ("pandoc", _pandoc_reads("epub")), "html": ("pandoc", _pandoc_reads("html")),
    "markdown": ("pandoc", _pandoc_reads("commonmark")), "mdx": ("pandoc", _pandoc_reads("commonmark")),
    "pdf": ("pandoc (.pdf.md)", _pandoc_reads("commonmark")), "docbook": ("pandoc", _pandoc_reads("docbook")),
    "dita": ("lxml", lambda path: etree.parse(path)), "idml": ("lxml", _package),
    "asciidoc": ("asciidoctor", lambda path: call("asciidoctor", "--failure-level", "WARN", "-o", "-", path)),
    "latex": ("pdflatex", lambda path: call("pdflatex", "-halt-on-error", "-interaction=nonstopmode", path.name,
                                            folder=path.parent)),
    "rst": ("docutils", lambda path: call(sys.executable, "-m", "docutils", "--halt=3", path)),
    "notebook": ("nbformat", lambda path: nbformat.validate(nbformat.read(path, as_version=4))),
    "po": ("msgfmt -c", lambda path: call("msgfmt", "-c", "-o", "/dev/null", path)),
    "qt": ("Qt (lrelease)", lambda path: call("lrelease", path, "-qm", path.with_suffix(".qm"))),
    "php": ("php -l", lambda path: call("php", "-l", path)), "ini": ("PHP (parse_ini_file)", _ini),
    "toml": ("tomllib", lambda path: tomllib.loads(path.read_text("utf-8"))),
    "yaml": ("PyYAML", lambda path: yaml.safe_load(path.read_text("utf-8"))),
    **dict.fromkeys(("json", "arb", "xcstrings"), ("json", lambda path: json.loads(path.read_text("utf-8")))),
    "jsonl": ("json", lambda path: [json.loads(line) for line in path.read_text("utf-8").splitlines()]),
    "stringsdict": ("plistlib", lambda path: plistlib.loads(path.read_bytes())),
    "csv": ("csv", lambda path: list(csv.reader(path.read_text("utf-8").splitlines()))),
    "fluent": ("fluent.syntax", _fluent), "text": ("Python (UTF-8)", lambda path: path.read_text("utf-8")),
    **dict.fromkeys(("srt", "vtt", "ass"), ("pysubs2", lambda path: pysubs2.load(str(path)))),
    **{name: ("translate-toolkit", partial(_parse, kind)) for name, kind in (
        ("xliff", xliff_store.xlifffile), ("android", aresource.AndroidResourceFile), ("resx", resx.RESXFile),
        ("strings", properties.stringsutf8file), ("properties", properties.javautf8file))},
}
