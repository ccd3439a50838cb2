"""TMX and XLIFF as corpora: own files, others' tools' files, damaged ones."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mtpipe.corpora import inline_markup, located, pairs, tmx, xliff
from mtpipe.corpora.xml_stream import elements
from mtpipe.document import inline_codes
from mtpipe.errors import InputError
from mtpipe.io.process_memory import peak

HEADER = '<?xml version="1.0"?>\n<tmx version="1.4"><header/><body>\n'
END = "</body></tmx>\n"


def tuv(lang, text, more=""):
    return f'<tuv xml:lang="{lang}">{more}<seg>{text}</seg></tuv>'


def unit(source, target, attributes="", more="", langs=("en-US", "de-DE")):
    return f"<tu {attributes}>{more}{tuv(langs[0], source)}{tuv(langs[1], target)}</tu>\n"


def write(path, *units, end=END):
    path.write_text(HEADER + "".join(units) + end, encoding="utf-8")
    return path


def read(path, languages=("en", "de")):
    return list(pairs(path, *languages))


# TMX

@pytest.mark.parametrize("languages, expected", [
    (("en", "de"), ("table", "Tisch")), (("en-GB", "de"), ("table (GB)", "Tisch")),
    (("de-AT", "en"), ("Tafel", "table")),
    (("de_CH", "fr"), ("Tisch", "table FR")), (("fr", "de-DE"), ("table FR", "Tisch")),
])
def test_languages_are_matched_by_their_leading_subtags(tmp_path, languages, expected):
    found = "".join(tuv(*pair) for pair in (("EN-us", "table"), ("en-GB", "table (GB)"), ("de-DE", "Tisch"),
                                            ("de-AT", "Tafel"), ("fr", "table FR")))
    assert read(write(tmp_path / "x.tmx", f"<tu>{found}</tu>"), languages) == [expected]


@pytest.mark.parametrize("source, target, expected", [
    ("a <bpt i='1'>&lt;b&gt;</bpt>c<ept i='1'>&lt;/b&gt;</ept>",
     "<bpt i='1'>&lt;b&gt;</bpt>x<ept i='1'>&lt;/b&gt;</ept>", ("a <b>c</b>", "<b>x</b>")),  # native tags remain
    ("a <bpt i='1'>{\\b </bpt>c<ept i='1'>}</ept>", "<bpt i='1'>{\\b </bpt>x<ept i='1'>}</ept> y",
     ("a <g1>c</g1>", "<g1>x</g1> y")),  # RTF is none of ours
    ("<ph x='2'/> of <ph x='7'/>", "<ph x='7'/> von <ph x='2'/>", ("<x1/> of <x2/>", "<x2/> von <x1/>")),
    ("hi <ph>%s</ph>", "hallo <ph>%s</ph>", ("hi %s", "hallo %s")),
    ("<hi x='1'>new</hi> file", "<hi x='1'>neue</hi> Datei", ("<g1>new</g1> file", "<g1>neue</g1> Datei")),
    ("<it pos='begin' x='1'>&lt;i></it>a", "<it pos='begin' x='1'>&lt;i></it>b", ("<i>a", "<i>b")),
    ("a <ph x='1'/> b", "nothing", ("a  b", "nothing")),  # not alike: without
    ("<ept i='3'>}</ept>a<bpt i='4'>{</bpt>", "<ept i='3'>}</ept>b<bpt i='4'>{</bpt>",
     ("<x1/>a<x2/>", "<x1/>b<x2/>")),  # halves of pairs in other segments
    ("<bpt i='1'>{</bpt>a<bpt i='2'>{</bpt>b<ept i='1'>}</ept>c<ept i='2'>}</ept>", "a<bpt i='1'>{</bpt>b"
     "<bpt i='2'>{</bpt><ept i='1'>}</ept><ept i='2'>}</ept>", ("<g1>a<g2>b</g1>c</g2>", "a<g1>b<g2></g1></g2>")),
    ("a<!-- note -->b<?pi?> &lt;c&gt;", "x", ("ab <c>", "x")),
])
def test_inline_codes_become_literal_and_alike(tmp_path, source, target, expected):
    assert read(write(tmp_path / "x.tmx", unit(source, target))) == [expected]


def test_a_unit_says_what_its_file_says(tmp_path):
    props = "".join(f'<prop type="{name}">{text}</prop>' for name, text in (
        ("x-document", "manual.docx"), ("prev", "Before."), ("x-context-post", "A")))
    path = write(tmp_path / "x.tmx", unit("One", "Eins", 'tuid="7" creationdate="20200101T000000Z"', props),
                 unit("Two", "Zwei"), unit("", "leer"), unit("leer", " "), "<tu><tuv xml:lang='en'/></tu>")
    assert list(tmx.units(path, "en", "de")) == [
        tmx.TmxUnit("One", "Eins", "7", "manual.docx", "Before.", "A", "20200101T000000Z"), tmx.TmxUnit("Two", "Zwei"),
    ]
    assert [place for place, _ in located(path, "en", "de")] == ["manual.docx", "x.tmx@0"]


def test_old_and_packed_and_utf16_files(tmp_path):
    text = HEADER.replace("?>", ' encoding="utf-16"?>', 1) + unit("Größe", "größer") + END
    text = text.replace("xml:lang", "lang")  # TMX 1.1
    (tmp_path / "x.tmx").write_bytes(text.encode("utf-16"))
    (tmp_path / "y.tmx.gz").write_bytes(gzip.compress(text.encode("utf-16")))
    assert read(tmp_path / "x.tmx") == read(tmp_path / "y.tmx.gz") == [("Größe", "größer")]


@pytest.mark.parametrize("end, line, what", [
    ("", 53, "Premature end"), ("<tu><tuv></tu></body></tmx>", 53, "tag mismatch"),
    ("\n\n<tu> & </tu>", 55, "EntityRef"), ("<tu>&#1;</tu>", 53, "invalid xmlChar"),
    ("</body></tmx>x", 53, "Extra content"),
])
def test_a_broken_tail_costs_only_itself(tmp_path, end, line, what):
    path = write(tmp_path / "x.tmx", *(unit(f"Line {n}", f"Zeile {n}") for n in range(50)), end=end)
    found = []
    said = rf"x\.tmx:{line}: broken XML at byte (\d+) \(.*{what}.*\); the <tu> elements before it \(50\)"
    with pytest.raises(InputError, match=said) as error:
        for pair in pairs(path, "en", "de"):
            found.append(pair)
    assert len(found) == 50
    at = int(str(error.value).split("at byte ")[1].split()[0])
    good = path.read_bytes().index(b"Zeile 49")
    assert good < at <= path.stat().st_size


def test_damage_in_a_later_chunk_is_placed_by_byte(tmp_path):
    units = [unit(f"Line {n} " + "x" * 500, f"Zeile {n}") for n in range(1000)]
    path = write(tmp_path / "x.tmx", *units[:700], "</oops>", *units[700:])
    with pytest.raises(InputError, match="the <tu> elements before it .700. are good") as error:
        list(pairs(path, "en", "de"))
    at = int(str(error.value).split("at byte ")[1].split()[0])
    assert abs(at - path.read_bytes().index(b"</oops>")) <= len("</oops>")


@pytest.mark.parametrize("content, what", [
    (b"", "broken XML at byte 0"), (b"no xml", "broken XML at byte"), (b"\x00\x01\x02", "broken XML"),
    (HEADER.encode() + b"<tu><tuv><seg>\xff</seg></tuv></tu>", "broken XML"),
    (write, "no unit from en into de; its languages: none"),
])
def test_files_that_hold_nothing_are_said(tmp_path, content, what):
    path = tmp_path / "x.tmx"
    path.write_bytes(content) if isinstance(content, bytes) else content(path)
    with pytest.raises(InputError, match=what):
        read(path)


def test_other_languages_are_named(tmp_path):
    path = write(tmp_path / "x.tmx", unit("a", "b", langs=("fr-FR", "de-DE")), unit("a", "", langs=("en", "es")))
    with pytest.raises(InputError, match="no unit from en into de; its languages: fr-FR, de-DE, en, es"):
        read(path)
    with pytest.raises(InputError, match="no unit from de into de"):
        read(path, ("de", "de"))


def test_entities_are_not_expanded(tmp_path):
    bombs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    for name, source, entities in (("x.tmx", "&e0; a", ""), ("bomb.tmx", "&e9; a", bombs)):
        doctype = f'<!DOCTYPE tmx [<!ENTITY e0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">{entities}]>'
        (tmp_path / name).write_text(HEADER.replace("<tmx", doctype + "<tmx") + unit(source, "&f; b") + END)
    assert read(tmp_path / "x.tmx") == [("&e0; a", "&f; b")]
    with pytest.raises(InputError, match="entity amplification factor exceeded"):
        read(tmp_path / "bomb.tmx")


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "x.tmx"
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(unit(f"Line {n} {'word ' * 300}", f"Zeile {n} {'Wort ' * 300}") for n in range(8_000))
        file.write(END)
    script = (
        "import sys; from pathlib import Path; from mtpipe.corpora import tmx\n"
        "from mtpipe.io.process_memory import peak\n"
        "import lxml.etree, mtpipe.document.inline_codes; start = peak()\n"
        "print(sum(1 for _ in tmx.units(Path(sys.argv[1]), 'en', 'de')), peak() - start)"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    count, grown = map(int, done.stdout.split())
    assert peak() and count == 8_000 and grown < path.stat().st_size / 2


texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=30).filter(str.strip)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_any_text_comes_back(tmp_path_factory, wanted):
    root = etree.Element("tmx")
    for pair in wanted:
        element = etree.SubElement(root, "tu")
        for lang, text in zip(("en", "de"), pair):
            etree.SubElement(etree.SubElement(element, "tuv", lang=lang), "seg").text = text
    path = tmp_path_factory.mktemp("tmx") / "x.tmx"
    path.write_bytes(etree.tostring(root))
    assert read(path) == wanted


nested = st.recursive(st.sampled_from(["a ", "b", "<x id='1'/>", "<x id='2'/>"]), lambda inner: st.one_of(
    st.builds("<g id='{}'>{}</g>".format, st.integers(1, 9), inner), st.builds("{}{}".format, inner, inner)))


@given(nested, nested)
def test_codes_of_both_sides_are_found_alike_and_well_nested(source, target):
    sides = [inline_markup.pieces(etree.fromstring(f"<seg>{side}</seg>")) for side in (source, target)]
    texts = inline_markup.pair(*sides)
    found = [sorted(inline_codes.literals(text, inline_codes.find(text))) for text in texts]
    assert found[0] == found[1]
    assert all(code.kind != "open" or "g" in text for text in texts for code in inline_codes.find(text))
    assert (
        texts == tuple(map(inline_markup.plain, sides))
        or inline_codes.broken(texts[0], inline_codes.find(texts[0]), texts[0]) == []
    )


# XLIFF

XLIFF1 = """<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="a/menu.ui" source-language="en-US" target-language="de"><body><group>{}</group></body></file></xliff>"""
XLIFF2 = """<xliff version="2.1" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="en" trgLang="de-AT">
<file id="f1" original="b.html">{}</file></xliff>"""


def one(source, target, state=""):
    return XLIFF1.format(f"<trans-unit id='1'><source>{source}</source><target {state}>{target}</target></trans-unit>")


def two(source, target, state=""):
    segment = f"<segment {state}><source>{source}</source><target>{target}</target></segment>"
    return XLIFF2.format(f"<unit id='u'>{segment}</unit>")


@pytest.mark.parametrize("content, expected", [
    (one("Open <g id='1'>it</g>", "<g id='1'>Es</g> auf", "state='final'"),
     ("a/menu.ui", ("Open <g1>it</g1>", "<g1>Es</g1> auf"))),
    (one("A", "B").replace("</trans-unit>", "<alt-trans><source>x</source><target>y</target></alt-trans></trans-unit>"),
     ("a/menu.ui", ("A", "B"))),
    (one("A<bx id='4'/>b<ex id='4'/><x id='5'/>", "<mrk mtype='seg'>C<bx id='4'/></mrk>d<ex id='4'/><x id='5'/>"),
     ("a/menu.ui", ("A<g1>b</g1><x2/>", "C<g1>d</g1><x2/>"))),
    (two("Hi <pc id='1'>all</pc><ph id='2'/>", "Hallo <pc id='1'>alle</pc><ph id='2'/>", "state='translated'"),
     ("b.html", ("Hi <g1>all</g1><x2/>", "Hallo <g1>alle</g1><x2/>"))),
    (two("<sc id='1'/>a<ec startRef='1'/><cp hex='001F'/>", "<sc id='1'/>b<ec startRef='1'/>"),
     ("b.html", ("<g1>a</g1> ", "<g1>b</g1>"))),
])
def test_translated_units(tmp_path, content, expected):
    (tmp_path / "x.xlf").write_text(content)
    assert list(located(tmp_path / "x.xlf", "en", "de")) == [expected]
    assert [pair for _, pair in located(tmp_path / "x.xlf", "de", "en")] == [expected[1][::-1]]


@pytest.mark.parametrize("content, message", [
    (XLIFF1.format("<trans-unit id='1'><source>a</source></trans-unit>"), "no translated unit"),
    (one("a", ""), "no translated unit"), (one("a", "b", "state='new'"), "no translated unit"),
    (two("a", "b", "state='initial'"), "no translated unit"),
    (one("a", "b").replace("en-US", "fr"), "translates fr into de, not en into de"),
    ("<html/>", "not XLIFF but a file of <html>"), ("", "broken XML"), (XLIFF1[:120], "broken XML at byte 68 .line 2."),
])
def test_what_an_xliff_lacks_is_said(tmp_path, content, message):
    (tmp_path / "x.xlf").write_text(content)
    with pytest.raises(InputError, match=message):
        list(xliff.located(tmp_path / "x.xlf", "en", "de"))


def test_segments_of_a_unit_are_pairs_in_packed_files_and_dialects(tmp_path):
    unit = ("<trans-unit id='1'><source>One. Two.</source><seg-source><mrk mtype='seg' mid='1'>One.</mrk> <mrk "
            "mtype='seg' mid='2'>Two.</mrk></seg-source><target><mrk mtype='seg' mid='1'>Eins.</mrk> <mrk mtype='seg' "
            "mid='2'><sdl:x xmlns:sdl='u' a='1'/>Zwei.</mrk></target></trans-unit>")
    header = "<trans-unit id='2' restype='x-gettext-domain-header'><source>a</source><target>b</target></trans-unit>"
    (tmp_path / "x.sdlxliff.gz").write_bytes(gzip.compress(XLIFF1.format(unit + header).encode()))
    assert [pair for _, pair in located(tmp_path / "x.sdlxliff.gz", "en", "de")] == [
        ("One.", "Eins."), ("Two.", "Zwei.")]


# files of others

PO = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nLanguage: de\\n"

msgid "Open <b>all</b> files"
msgstr "Alle <b>Dateien</b> öffnen"

msgid "not yet"
msgstr ""
"""


@pytest.mark.parametrize("tool, name", [("po2tmx", "x.tmx"), ("po2xliff", "x.xlf")])
def test_files_of_translate_toolkit(tmp_path, tool, name):
    (tmp_path / "x.po").write_text(PO, encoding="utf-8")
    command = [Path(sys.executable).with_name(tool), "--progress=none", tmp_path / "x.po", tmp_path / name]
    subprocess.run([*command, *(["-l", "de"] if tool == "po2tmx" else [])], check=True, capture_output=True)
    assert read(tmp_path / name) == [("Open <b>all</b> files", "Alle <b>Dateien</b> öffnen")]


def test_names_are_matched_in_any_namespace(tmp_path):
    (tmp_path / "x.xml").write_text("<a xmlns='urn:x'><b n='1'/><c><b n='2'>t</b></c><b xmlns='' n='3'/></a>")
    assert [element.get("n") for element in elements(tmp_path / "x.xml", "b")] == ["1", "2", "3"]
