"""python -m tests.benchmarks.formats CATALOGUES PAGES MT N [FORMAT …]: what formats keep of N segments, as a table.

CATALOGUES is searched for .mo files, PAGES for help pages (HTML); their texts are written in each format by other tools
(format_tools.WRITERS), translated by a job with the translator MT (tests.benchmarks.formats:Prefix changes nothing but
adds a word; ct2), read again and compared, and given to the format's own tool to open.
"""

from __future__ import annotations

import csv
import gettext
import json
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
from tests.benchmarks import format_tools, format_writers

OPTIONS = {**dict.fromkeys(("json", "yaml", "toml", "ini", "php"), {"include": "*"}),
           "csv": {"source": "en", "target": "de"}}  # fmt: skip
INTRODUCTION = """# What formats keep, and who opens what is written

`make check-formats`: {count} real texts a format, sentences with tags of the LibreOffice help (in tags: bold) or
messages with codes of Debian's German catalogues, written by another tool, translated by a whole job with a translator
that only puts a word before the source, read again, and opened by another tool. "Unchanged identical": written
without targets, the very bytes. Codes are inline tags and placeholders.
"""
# formats whose translation stands beside its source: read as a draft, or as the source of another such file
DRAFTS = {"po": {"existing": "draft"}, "xliff": {"existing": "draft"}, "jsonl": {}}
TURNED = {"qt": format_tools.turned_qt, "xcstrings": format_tools.turned_xcstrings}


def main(catalogues: str, pages: str, mt: str, count: str, *asked: str) -> None:
    messages = list(islice(_messages(Path(catalogues)), int(count)))
    lines = list(islice(_lines(Path(pages)), int(count)))
    print(INTRODUCTION.format(count=count))
    print("| format | written by | segments | with codes | codes | lost or doubled | unchanged identical | opened by |")
    print("|---|---|---:|---:|---:|---:|---|---|")
    of_lines = format_writers.LINES | format_tools.LINES
    is_good = True
    with TemporaryDirectory() as folder:
        for name, write in sorted((WRITERS | format_writers.MESSAGES | format_tools.MESSAGES | of_lines).items()):
            if asked and name not in asked:
                continue
            source = Path(folder) / name
            source.mkdir()
            is_text = name in ("srt", "vtt") or name in of_lines
            write(lines if is_text else messages, source / f"en{_suffix(name)}")
            row = _row(name, source, mt)
            is_good = is_good and "REFUSED" not in row
            print(row, flush=True)
    sys.exit(not is_good)


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


def _row(name: str, source: Path, mt: str) -> str:
    options = {f"format.{name}": OPTIONS[name]} if name in OPTIONS else {}
    out = source.with_name(f"{name}-out")
    report = run(Job(source, out, "en", "de", mt=mt, options=options, editors=None if mt == "ct2" else ()))
    assert report.totals.failed == 0, report.documents
    form = plugins.create("format", name, OPTIONS.get(name, {}), source_lang="en", target_lang="de")
    path = next(source.iterdir())
    new = out / plugins.output_name(path.name)
    before = form.read(path, path.name)
    form.write(before, source.with_name("same"))
    is_same = source.with_name("same").read_bytes() == path.read_bytes()
    expected = Counter(literal for s in before.segments for literal in inline_codes.literals(s.source, s.codes))
    present = Counter(literal for translation in _translated(name, new)
                      for literal in inline_codes.literals(*translation))  # fmt: skip
    wrong = {literal: (number, present[literal]) for literal, number in expected.items() if present[literal] != number}
    if wrong:
        print(f"{name}: {wrong}", file=sys.stderr)
    coded = sum(bool(segment.codes) for segment in before.segments)
    writer = format_tools.WRITERS[name]
    identical = "yes" if is_same else "no" if name not in plugins.WRITTEN_AS else "(another type)"
    return (f"| {name} | {writer} | {len(before.segments)} | {coded} | {sum(expected.values())} | {len(wrong)} | "
            f"{identical} | {_opened(name, new)} |")


def _translated(name: str, path: Path):
    """The texts of a translation with their codes."""
    kind = plugins.format_name(path)
    options = OPTIONS.get(name, {}) | ({"source": "de"} if name == "csv" else {}) | DRAFTS.get(name, {})
    form = plugins.create("format", kind, options, source_lang="en" if name in DRAFTS else "de")
    if name in TURNED:
        path = TURNED[name](path)
    for segment in form.read(path, path.name).segments:
        if name in DRAFTS:
            draft = segment.draft or ""
            yield draft, inline_codes.locate(segment.source, segment.codes, draft)
        else:
            yield segment.source, segment.codes


def _opened(name: str, path: Path) -> str:
    program, reads = format_tools.OPENERS[name]
    try:
        reads(path)
    except Exception as error:
        print(f"{name}: {error} {getattr(error, 'stderr', '')} {getattr(error, 'stdout', '')}"[:3000], file=sys.stderr)
        return f"REFUSED: {program}"
    return program


if __name__ == "__main__":
    main(*sys.argv[1:])
