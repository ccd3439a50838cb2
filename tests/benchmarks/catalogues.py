"""python -m tests.benchmarks.catalogues CATALOGUES SCHEMAS [N]: the N largest real catalogues through PO and XLIFF:
a table.

CATALOGUES is searched for …/de/LC_MESSAGES/*.mo, SCHEMAS (Debian's php-symfony-translation) for the XLIFF 1.2 schema.
PO files are made by msgunfmt and polib, XLIFF by po2xliff, all translated by a prefix to every segment, then read by
others: msgfmt -c, polib, lxml with the schema, translate-toolkit. Exits with 1 if a code is lost or a file refused.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polib
from lxml import etree
from translate.storage import xliff

from mtpipe.document import inline_codes
from mtpipe.formats.po import directives
from mtpipe.formats.po.document import PoFormat
from mtpipe.formats.xliff.document import XliffFormat

MARK = "Ö "


def main(catalogues: str, schemas: str, count: str = "12") -> None:
    schema = _schema(Path(schemas))
    found = sorted(Path(catalogues).rglob("de/LC_MESSAGES/*.mo"), key=lambda path: (-path.stat().st_size, path.name))
    chosen = list({path.stem: path for path in found}.values())[:int(count)]
    print("| catalogue | entries | segments | codes | PO identical | PO codes lost | msgfmt -c | XLIFF identical | "
          "XLIFF codes lost | schema errors before → after | targets the toolkit reads |")
    print("|---|---:|---:|---:|---|---:|---|---|---:|---:|---:|")
    failures = 0
    for path in chosen:
        with TemporaryDirectory() as folder:
            cells, failed = _measured(path, Path(folder), schema)
        failures += failed
        print(f"| {path.stem} | {' | '.join(map(str, cells))} |", flush=True)
    sys.exit(1 if failures else 0)


def _measured(path: Path, folder: Path, schema: etree.XMLSchema) -> tuple[list[object], bool]:
    source, made = folder / "x.po", folder / "x.xlf"
    subprocess.run(["msgunfmt", path, "-o", source], check=True)
    entries = _emptied(source)
    subprocess.run([Path(sys.executable).with_name("po2xliff"), "--progress=none", source, made], check=True)
    made.write_text(made.read_text().replace('document:1.1" version="1.1"', 'document:1.2" version="1.2"'))
    po_same, segments = _through(PoFormat(fuzzy=False, target_lang="de"), source, folder / "out.po")
    xliff_same, _ = _through(XliffFormat(target_lang="de"), made, folder / "out.xlf")
    msgfmt = subprocess.run(["msgfmt", "-c", "-o", "/dev/null", folder / "out.po"], capture_output=True, text=True)
    pairs = [(entry.msgid_plural or entry.msgid, entry.msgstr_plural.get(1) or entry.msgstr)
             for entry in polib.pofile(str(folder / "out.po"))]
    units = [(_text(unit.find("{*}source")), _text(unit.find("{*}target")))
             for unit in etree.parse(folder / "out.xlf").iter("{*}trans-unit") if not unit.get("restype")]
    lost = [sum(map(_differ, pairs)), sum(map(_differ, units))]
    before, after = _errors(schema, made), _errors(schema, folder / "out.xlf")
    read = sum(bool(unit.target) for unit in xliff.xlifffile.parsefile(str(folder / "out.xlf")).units)
    is_failed = bool(sum(lost) or msgfmt.returncode or after > before or not po_same or not xliff_same)
    return [entries, len(segments), sum(len(segment.codes) for segment in segments), "yes" if po_same else "NO",
            lost[0], "passes" if not msgfmt.returncode else msgfmt.stderr[:200], "yes" if xliff_same else "NO", lost[1],
            f"{before} → {after}", read], is_failed


def _emptied(path: Path) -> int:
    """Takes the translations out of a catalogue, flags what they showed to be formats, returns its entries."""
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        kind = "python" if "%(" in entry.msgid else "c"
        plain = not entry.msgid_plural and directives.find(entry.msgid, kind)
        if plain and directives.fits(entry.msgstr, entry.msgid, kind) and "%" not in _without(entry.msgid, kind):
            entry.flags.append(f"{kind}-format")
        entry.msgstr, entry.msgstr_plural = "", dict.fromkeys(entry.msgstr_plural, "")
    catalogue.save(str(path))
    return len(catalogue)


def _without(text: str, kind: str) -> str:
    for code in reversed(directives.find(text, kind)):
        text = text[:code.start] + text[code.end:]
    return text


def _through(form: PoFormat | XliffFormat, path: Path, out: Path) -> tuple[bool, tuple]:
    """(is it the same when nothing is translated, its segments); out has every segment translated."""
    document = form.read(path, path.name)
    form.write(document, out)
    is_same = out.read_bytes() == path.read_bytes()
    form.write(replace(document, segments=tuple(replace(s, draft=MARK + s.source) for s in document.segments)), out)
    return is_same, document.segments


def _text(element: etree._Element) -> str:
    return "".join(element.itertext())


def _differ(pair: tuple[str, str]) -> bool:
    return _literals(pair[0]) != _literals(pair[1].replace(MARK, ""))


def _literals(text: str) -> Counter:
    text = " ".join(text.split())
    return Counter(inline_codes.literals(text, inline_codes.find(text)))


def _schema(folder: Path) -> etree.XMLSchema:
    tree = etree.parse(next(folder.rglob("xliff-core-1.2-strict.xsd")))
    for element in tree.iter("{http://www.w3.org/2001/XMLSchema}import"):
        element.set("schemaLocation", str(next(folder.rglob("xml.xsd")).absolute()))
    return etree.XMLSchema(tree)


def _errors(schema: etree.XMLSchema, path: Path) -> int:
    schema.validate(etree.parse(path))
    return len(schema.error_log)


if __name__ == "__main__":
    main(*sys.argv[1:])
