"""python -m tests.benchmarks.formats CATALOGUES PAGES DOCX MT N [FORMAT …]: the codes that formats keep of N real
segments, as a table.

CATALOGUES is searched for .mo files, PAGES for help pages (HTML), DOCX for Word documents; the texts are written in
each format by other tools (json, csv, PyYAML, pysubs2, translate-toolkit, LibreOffice), translated by a job with the
translator MT (tests.benchmarks.formats:Prefix changes nothing but adds a word; ct2), read again and compared.
"""

from __future__ import annotations

import csv
import gettext
import json
import shutil
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pysubs2
import yaml
from translate.storage import aresource, jsonl10n, properties, resx

from mtpipe import plugins
from mtpipe.config import Job
from mtpipe.document import inline_codes
from mtpipe.formats.html.document import HtmlFormat
from mtpipe.mt import Draft
from mtpipe.pipeline.jobs import run
from tests.benchmarks import format_writers

OPTIONS = {**dict.fromkeys(("json", "yaml", "toml", "ini", "php"), {"include": "*"}),
           "csv": {"source": "en", "target": "de"}}  # fmt: skip


def main(catalogues: str, pages: str, documents: str, mt: str, count: str, *asked: str) -> None:
    messages = list(islice(_messages(Path(catalogues)), int(count)))
    lines = list(islice(_lines(Path(pages)), int(count)))
    print("| format | segments | with codes | codes | lost or doubled | moved by guess | unchanged identical |")
    print("|---|---:|---:|---:|---:|---:|---|")
    with TemporaryDirectory() as folder:
        for name, write in (WRITERS | format_writers.LINES | format_writers.MESSAGES).items():
            if asked and name not in asked:
                continue
            source = Path(folder) / name
            source.mkdir()
            is_text = name in ("srt", "vtt") or name in format_writers.LINES
            write(lines if is_text else messages, source / f"en{_suffix(name)}")
            print(_row(name, source, mt), flush=True)
        if not asked or "docx" in asked:
            print(_row("docx", _copied(Path(documents), Path(folder) / "docx", int(count)), mt), flush=True)


class Prefix:
    """A translator that puts a word before the source and keeps all else."""

    digest = "prefix"

    def translate(self, segments):
        return [Draft(f"Ö {segment.source}") for segment in segments]


def _messages(folder: Path):
    """Messages with codes of real programs, each once, in the order of their files."""
    seen = set()
    for path in sorted(folder.rglob("*.mo")):
        try:
            with path.open("rb") as file:
                found = [key for key in gettext.GNUTranslations(file)._catalog if isinstance(key, str)]
        except (OSError, UnicodeDecodeError):
            continue
        for text in found:
            text = text.rpartition("\4")[2]
            if text not in seen and 10 < len(text) < 300 and text.isprintable() and inline_codes.find(text):
                seen.add(text)
                yield text


def _lines(folder: Path):
    """Sentences of help pages with their tags, such as a subtitle holds."""
    for path in sorted(path for path in folder.rglob("*.html") if path.is_file()):
        for segment in HtmlFormat().read(path, path.name).segments:
            if 10 < len(segment.source) < 84 and any(code.kind == "open" for code in segment.codes):
                yield segment.source


def _suffix(name: str) -> str:
    return next(suffix for suffix, known in plugins.SUFFIXES.items() if known == name)


def _json(texts, path):
    path.write_text(json.dumps({f"key.{n}": text for n, text in enumerate(texts)}, indent=2), encoding="utf-8")


def _csv(texts, path):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "en", "de"), *((n, text, "") for n, text in enumerate(texts))])


def _yaml(texts, path):
    path.write_text(yaml.dump({"en": {f"key{n}": text for n, text in enumerate(texts)}}, allow_unicode=True), "utf-8")


def _toolkit(make):
    def write(texts, path):
        store = make()
        for n, text in enumerate(texts):
            if isinstance(store, properties.propfile):
                unit = store.UnitClass(personality=store.personality.name)
                unit.name, unit.source, unit.target = f"key{n}", text, text
            else:
                unit = store.UnitClass(f"key{n}")
                unit.setid(f"key{n}")
                unit.target = text
            store.addunit(unit)
        path.write_bytes(bytes(store))

    return write


def _subtitles(texts, path):
    events = [pysubs2.SSAEvent(start=n * 3000, end=n * 3000 + 2500) for n, _ in enumerate(texts)]
    for event, text in zip(events, texts):
        event.plaintext = text
    made = pysubs2.SSAFile()
    made.events = events
    made.save(str(path))


WRITERS = {
    "json": _json, "csv": _csv, "yaml": _yaml, "srt": _subtitles, "vtt": _subtitles,
    "arb": _toolkit(jsonl10n.ARBJsonFile), "android": _toolkit(aresource.AndroidResourceFile),
    "resx": _toolkit(resx.RESXFile), "strings": _toolkit(properties.stringsutf8file),
    "properties": _toolkit(properties.javautf8file),
}  # fmt: skip


def _copied(documents: Path, folder: Path, count: int) -> Path:
    """As many of the documents as have count segments."""
    folder.mkdir()
    form = plugins.create("format", "docx", {})
    for path in sorted(documents.glob("*.docx")):
        if count > 0:
            count -= len(form.read(path, path.name).segments)
            shutil.copy(path, folder)
    return folder


def _row(name: str, source: Path, mt: str) -> str:
    options = {f"format.{name}": OPTIONS[name]} if name in OPTIONS else {}
    out = source.with_name(f"{name}-out")
    report = run(Job(source, out, "en", "de", mt=mt, options=options, editors=None if mt == "ct2" else ()))
    assert report.totals.failed == 0, report.documents
    form = plugins.create("format", name, OPTIONS.get(name, {}), source_lang="en", target_lang="de")
    again = plugins.create("format", name, OPTIONS.get(name, {}) | ({"source": "de"} if name == "csv" else {}),
                           source_lang="de")
    total, coded, is_same = 0, 0, True
    wanted: Counter[str] = Counter()
    got: Counter[str] = Counter()
    for path in sorted(source.iterdir()):
        before = form.read(path, path.name)
        form.write(before, source.with_name("same"))
        is_same = is_same and source.with_name("same").read_bytes() == path.read_bytes()
        after = again.read(out / path.name, path.name)
        total += len(before.segments)
        coded += sum(bool(segment.codes) for segment in before.segments)
        for counts, document in ((wanted, before), (got, after)):
            for segment in document.segments:
                counts.update(inline_codes.literals(segment.source, segment.codes))
    found = sum(wanted.values())
    wrong = {literal: (number, got[literal]) for literal, number in wanted.items() if got[literal] != number}
    if wrong:
        print(f"{name}: {wrong}", file=sys.stderr)
    guessed = sum("guess" in row.note for row in report.notes)
    return f"| {name} | {total} | {coded} | {found} | {len(wrong)} | {guessed} | {'yes' if is_same else 'no'} |"


if __name__ == "__main__":
    main(*sys.argv[1:])
