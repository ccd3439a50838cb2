"""DocBook and DITA: the texts of XML documentation, edited in place; code, names of commands and files stay."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtpipe.document.segment import Document, Segment
from mtpipe.errors import UnsuitedError
from mtpipe.formats.editing import xml, xml_text
from mtpipe.formats.editing.encoding import Encoding, write_text
from mtpipe.formats.editing.inplace import Edit, replaced
from mtpipe.formats.editing.xml import Element
from mtpipe.formats.editing.xml_text import Passage, Rules

_DOCBOOK = Rules(
    blocks=frozenset("""
    address answer appendix article bibliography blockquote book bridgehead callout calloutlist caption caution
    chapter colophon cmdsynopsis entry epigraph equation example figure footnote formalpara glossary glossdef
    glossentry glossterm important indexterm informalexample informalfigure informaltable itemizedlist listitem
    literallayout mediaobject member note orderedlist para part preface primary procedure programlisting
    qandaentry qandaset question refentry row screen secondary section sect1 sect2 sect3 sect4 sect5 see seealso
    seglistitem segmentedlist sidebar simpara simplelist step subtitle table tbody term tertiary textobject
    tgroup thead tip title titleabbrev variablelist varlistentry warning""".split()),
    opaque=frozenset("""
    author authorgroup authorinitials biblioid classname cmdsynopsis code command computeroutput constant
    copyright date edition editor email envar errorcode errorname exceptionname filename funcsynopsis function
    holder imagedata inlineequation isbn issn literal literallayout markup methodname option othercredit package
    parameter programlisting programlistingco property pubdate refmeta refnamediv releaseinfo remark replaceable
    returnvalue revhistory screen sgmltag symbol synopsis systemitem tag token type uri userinput varname xref
    year""".split()))  # fmt: skip
_DITA = Rules(
    blocks=frozenset("""
    alt body bodydiv choices choice cmd codeblock conbody context data dd desc dl dlentry draft-comment dt entry
    example fig fn glossdef image indexterm info itemgroup li lines linktext lq map msgblock navtitle note
    object ol p param postreq pre prereq prolog refbody related-links result row screen searchtitle section
    sectiondiv shortdesc simpletable sl sli stentry step stepresult steps steps-unordered stepxmp strow sthead
    substep substeps table taskbody tbody tgroup thead title topic topicmeta topicref tutorialinfo ul""".split()),
    opaque=frozenset("""
    apiname cite-id cmdname codeblock codeph coderef data draft-comment filepath foreign image keydef markupname
    metadata msgblock msgnum msgph numcharref option parmname pre prolog required-cleanup screen synph
    systemoutput textentity tm unknown userinput varname xmlatt xmlelement xmlnsname""".split()))  # fmt: skip
_DITA_ROOTS = frozenset("""bookmap concept dita glossentry glossgroup learningContent map reference subjectScheme task
    topic troubleshooting""".split())


@dataclass(frozen=True, slots=True)
class _XmlSkeleton:
    text: str
    encoding: Encoding
    root: Element
    passages: tuple[Passage, ...]


class _XmlFormat:
    """With a target_lang, an xml:lang of the root that is there says what the text was translated into."""

    _rules: Rules
    _label: str

    def __init__(self, target_lang: str = ""):
        self._target_lang = target_lang

    def read(self, path: Path, name: str) -> Document:
        """Every text with its inline elements as codes; raises InputError, UnsuitedError for XML of another kind."""
        text, encoding = xml.read(path, name)
        root = xml.tree(text)
        if not self._is_own(root):
            raise UnsuitedError(f"{name}: not translated, a file of <{root.name}> is no {self._label}")
        passages = tuple(xml_text.passages(text, self._rules))
        segments = tuple(Segment(f"{name}#{n}", one.source, codes=one.codes) for n, one in enumerate(passages, 1))
        root.children = []
        return Document(name, segments, _XmlSkeleton(text, encoding, root, passages))

    def write(self, document: Document, path: Path) -> None:
        """The file with its segments' targets in place, all else byte for byte; raises OutputError."""
        skeleton: _XmlSkeleton = document.skeleton
        targets = [segment.target for segment in document.segments]
        replacements = [*self._language(skeleton, targets), *xml_text.edits(skeleton.text, skeleton.passages, targets)]
        write_text(replaced(skeleton.text, replacements), skeleton.encoding, path, errors="xmlcharrefreplace")

    def _is_own(self, root: Element) -> bool:
        raise NotImplementedError

    def _language(self, skeleton: _XmlSkeleton, targets: list[str | None]) -> list[Edit]:
        root = skeleton.root
        if not self._target_lang or not any(targets) or "xml:lang" not in root.attributes:
            return []
        tag = xml.with_attributes(skeleton.text[root.start:root.inner], {"xml:lang": self._target_lang})
        return [(root.start, root.inner, tag)]


class DocBookFormat(_XmlFormat):
    """DocBook 4 and 5: titles, paragraphs, lists, tables, index terms; code and literal texts stay."""

    suffixes = (".docbook", ".dbk")
    _rules, _label = _DOCBOOK, "DocBook document"

    def _is_own(self, root: Element) -> bool:
        return root.name in _DOCBOOK.blocks or root.name in ("set", "refsect1", "info")


class DitaFormat(_XmlFormat):
    """DITA topics and maps: texts, titles, navigation titles; code and names of commands and files stay."""

    suffixes = (".dita", ".ditamap")
    _rules, _label = _DITA, "DITA topic or map"

    def _is_own(self, root: Element) -> bool:
        return root.name in _DITA_ROOTS
