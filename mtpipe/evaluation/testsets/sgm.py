"""The shared tasks' mark-up: XML since WMT21 (all of a document in one place), SGM before (a file for each side)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from mtpipe.document import inline_codes
from mtpipe.document.segment import Segment
from mtpipe.errors import InputError
from mtpipe.evaluation.testsets import Outputs, refuse_repeated, with_outputs
from mtpipe.evaluation.testsets.lines import read_lines
from mtpipe.io import compression

_TAG = re.compile(r"<(/?)(doc|seg|srcset|refset|tstset)\b([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*("[^"]*"|'[^']*')""")
_PARSER = {"resolve_entities": False, "no_network": True, "huge_tree": False, "remove_comments": True}


class Sgm:
    """Segments are called "<document>#<segment>".

    reference: the reference's file, where it is not in the same one. A file with several references gives the first.
    """

    suffixes = (".sgm", ".sgml", ".xml")

    def __init__(self, reference: Path | None = None):
        self._reference = reference

    def read(self, path: Path) -> list[Segment]:
        sides = _sides(path)
        source = next((texts for kind, _, texts in sides if kind == "src"), {})
        if not source:
            raise InputError(f"{path}: no source segments; give the test set's source (a srcset, or XML with <src>)")
        segments = [Segment(name, text, codes=inline_codes.find(text)) for name, text in source.items()]
        beside = sides if self._reference is None else _sides(self._reference)
        where = self._reference or path
        reference = next((texts for kind, _, texts in beside if kind == "ref"), None)
        if reference is None and self._reference is None:
            return segments
        if not reference:
            raise InputError(f"{where}: no reference segments; give a refset, or XML with <ref>")
        translated = with_outputs(segments, Outputs(where, tuple(reference.values()), tuple(reference)))
        return [Segment(s.id, s.source, reference=s.draft or None, codes=s.codes) for s in translated]

    def hypotheses(self, path: Path) -> list[Outputs]:
        systems = [Outputs(path, tuple(texts.values()), tuple(texts), system=name)
                   for kind, name, texts in _sides(path) if kind == "hyp"]
        if not systems:
            raise InputError(f"{path}: no system's output; give a tstset, or XML with <hyp system=…>")
        return systems


Side = tuple[str, str, dict[str, str]]  # src, ref or hyp; the translator or system; texts by id


def _sides(path: Path) -> list[Side]:
    """What is in the file, in the order in which each side first comes."""
    sides: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for kind, name, where, text in _xml(path) if compression.suffix(path) == ".xml" else _sgm(path):
        sides.setdefault((kind, name), []).append((where, text))
    for segments in sides.values():
        refuse_repeated(path, [where for where, _ in segments])
    return [(kind, name, dict(segments)) for (kind, name), segments in sides.items()]


def _xml(path: Path) -> Iterator[tuple[str, str, str, str]]:
    try:
        with compression.open_bytes(path) as file:
            tree = etree.parse(file, etree.XMLParser(**_PARSER))  # type: ignore[arg-type]
    except etree.XMLSyntaxError as error:
        raise InputError(f"{path}:{error.lineno}: not XML ({error.msg}); correct the file, or call it .sgm") from error
    except compression.BROKEN as error:
        raise InputError(f"{path}: can't be read ({error}); check the file") from error
    documents = [document for document in tree.iter("doc") if "testsuite" not in document.attrib]
    if not documents:
        raise InputError(f"{path}: no <doc> in it; XML as of WMT21 and later is expected (dataset/doc/src, ref, hyp)")
    for document in documents:
        for side in document.iter("src", "ref", "hyp"):
            name = side.get("system" if side.tag == "hyp" else "translator") or ""
            for segment in side.iter("seg"):
                place = f"{document.get('id') or ''}#{segment.get('id') or ''}"
                yield str(side.tag), name, place, "".join(str(text) for text in segment.itertext()).strip()


def _sgm(path: Path) -> Iterator[tuple[str, str, str, str]]:
    """No parser reads it as it is: a bare & and < are common in it."""
    text = "\n".join(read_lines(path))
    kinds = {"srcset": "src", "refset": "ref", "tstset": "hyp"}
    kind = name = document = segment = ""
    start = 0
    for tag in _TAG.finditer(text):
        attributes = {key.lower(): html.unescape(value[1:-1]) for key, value in _ATTRIBUTE.findall(tag[3])}
        what = tag[2].lower()
        if what in kinds and not tag[1]:
            kind, name = kinds[what], attributes.get("sysid", attributes.get("refid", ""))
        elif what == "doc" and not tag[1]:
            document, name = attributes.get("docid", ""), attributes.get("sysid", name)
        elif what == "seg" and not tag[1]:
            segment, start = attributes.get("id", ""), tag.end()
        elif what == "seg":
            if not kind:
                raise InputError(f"{path}: a segment outside <srcset>, <refset> and <tstset>; give an SGM file of WMT")
            yield kind, name, f"{document}#{segment}", html.unescape(" ".join(text[start : tag.start()].split()))
