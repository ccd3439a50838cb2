from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from translate.storage import xliff as toolkit

from mtpipe.document import inline_codes
from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.formats.editing import xml
from mtpipe.formats.xliff.document import XliffFormat

ONE = '''<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE xliff PUBLIC "-//XLIFF//DTD XLIFF//EN" "http://example.org/xliff.dtd">
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2" xmlns:o='urn:other'><!-- <source>no</source> -->
  <file original='a > b' source-language="en-US" target-language="de"  datatype="html">
    <header><note>Keep &amp; this</note></header>
    <body>
%s
    </body>
  </file>
</xliff>
'''
TWO = '''<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en"><file id="f">
 <unit id="u"><notes><note>n</note></notes>
%s
 </unit></file></xliff>
'''
MT1 = 'state="needs-review-translation" state-qualifier="mt-suggestion"'
MT2 = 'state="translated" subState="mtpipe:machine-translated"'


def read(text, tmp_path, encoding="utf-8", **options):
    path = tmp_path / "in.xlf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding, "xmlcharrefreplace"))
    return XliffFormat(**{"source_lang": "en", "target_lang": "de"} | options).read(path, "doc.xlf")


def written(document, tmp_path, **options):
    path = tmp_path / "out.xlf"
    XliffFormat(**{"source_lang": "en", "target_lang": "de"} | options).write(document, path)
    return path.read_bytes()


def capitals(segment):
    pieces, position = [], 0
    for code in segment.codes:
        pieces += (segment.source[position:code.start].upper(), segment.source[code.start:code.end])
        position = code.end
    return "".join((*pieces, segment.source[position:].upper()))


def translated(text, tmp_path, translate=capitals, encoding="utf-8", **options):
    document = read(text, tmp_path, encoding, **options)
    segments = tuple(replace(s, postedit=translate(s)) for s in document.segments)
    return written(replace(document, segments=segments), tmp_path, **options).decode(encoding)


UNITS = [
    # text
    ('<trans-unit id="1"><source>One two</source></trans-unit>', ["One two"],
     f'<trans-unit id="1"><source>One two</source><target {MT1}>ONE TWO</target></trans-unit>'),
    ('  <trans-unit id="1">\n    <source>A &lt;b&gt;c&lt;/b&gt; &amp; &#x41;</source>\n    <note>n</note></trans-unit>',
     ["A <b>c</b> & A"],
     '  <trans-unit id="1">\n    <source>A &lt;b&gt;c&lt;/b&gt; &amp; &#x41;</source>\n'
     f'    <target {MT1}>A &lt;b&gt;C&lt;/b&gt; &amp; A</target>\n    <note>n</note></trans-unit>'),
    ('<trans-unit id="1"><source>a</source><target state="new" o:x="y" /></trans-unit>', ["a"],
     '<trans-unit id="1"><source>a</source><target state="needs-review-translation" o:x="y" '
     'state-qualifier="mt-suggestion">A</target></trans-unit>'),
    ('<trans-unit id="1"><source>\n  wrapped\n  text </source></trans-unit>', ["wrapped text"],
     f'<trans-unit id="1"><source>\n  wrapped\n  text </source><target {MT1}> WRAPPED TEXT </target></trans-unit>'),
    ('<trans-unit id="1" xml:space="preserve"><source>\nOne.\n\n  Two.\n</source></trans-unit>', ["One.", "Two."],
     f'<trans-unit id="1" xml:space="preserve"><source>\nOne.\n\n  Two.\n</source><target {MT1}>\nONE.\n\n  TWO.\n'
     '</target></trans-unit>'),
    ('<trans-unit id="1"><source><![CDATA[a <b> & c]]></source></trans-unit>', ["a <b> & c"],
     f'<trans-unit id="1"><source><![CDATA[a <b> & c]]></source><target {MT1}><![CDATA[A ]]>'.replace(
         "<![CDATA[A ]]>", "<![CDATA[A <b> & C]]>") + '</target></trans-unit>'),
    # codes
    ('<trans-unit id="1"><source>See <g id="1">the <x id="2"/></g><ph id="3">{0}</ph></source></trans-unit>',
     ['See <g id="1">the <x id="2"/></g><ph id="3">{0}</ph>'],
     '<trans-unit id="1"><source>See <g id="1">the <x id="2"/></g><ph id="3">{0}</ph></source>'
     f'<target {MT1}>SEE <g id="1">THE <x id="2"/></g><ph id="3">{{0}}</ph></target></trans-unit>'),
    ('<trans-unit id="1"><source><g id="1"> All of it </g></source></trans-unit>', ["All of it"],
     '<trans-unit id="1"><source><g id="1"> All of it </g></source>'
     f'<target {MT1}><g id="1"> ALL OF IT </g></target></trans-unit>'),
    ('<trans-unit id="1"><source>a &lt;x id="1"/> <x id="1"/></source></trans-unit>',
     ['a <x id="1"/> <x id="1"/ >'],
     f'<trans-unit id="1"><source>a &lt;x id="1"/> <x id="1"/></source><target {MT1}>A &lt;x id="1"/&gt; <x id="1"/>'
     '</target></trans-unit>'),
    ('<trans-unit id="1"><source>12 <x id="1"/></source></trans-unit><trans-unit id="2">'
     '<source>a</source></trans-unit>',
     ["a"],
     '<trans-unit id="1"><source>12 <x id="1"/></source><target state="translated">12 <x id="1"/></target></trans-unit>'
     f'<trans-unit id="2"><source>a</source><target {MT1}>A</target></trans-unit>'),
    # segmented
    ('<trans-unit id="1"><source>One. Two.</source><seg-source><g id="1"><mrk mtype="seg" mid="0">One.</mrk> '
     '<mrk mtype="seg" mid="1">Two.</mrk></g></seg-source></trans-unit>', ["One.", "Two."],
     '<trans-unit id="1"><source>One. Two.</source><seg-source><g id="1"><mrk mtype="seg" mid="0">One.</mrk> '
     f'<mrk mtype="seg" mid="1">Two.</mrk></g></seg-source><target {MT1}><g id="1"><mrk mtype="seg" mid="0">ONE.</mrk> '
     '<mrk mtype="seg" mid="1">TWO.</mrk></g></target></trans-unit>'),
    ('<trans-unit id="1"><source>a b</source><seg-source><mrk mtype="seg" mid="0">a'
     '</mrk><mrk mtype="seg" mid="1">b</mrk>'
     '</seg-source><target><mrk mtype="seg" mid="0">Alpha</mrk></target></trans-unit>', ["b"],
     '<trans-unit id="1"><source>a b</source><seg-source><mrk mtype="seg" mid="0">a'
     '</mrk><mrk mtype="seg" mid="1">b</mrk>'
     f'</seg-source><target {MT1}><mrk mtype="seg" mid="0">Alpha</mrk><mrk mtype="seg" mid="1">B</mrk></target>'
     '</trans-unit>'),
    # what is left alone
    ('<group translate="no"><trans-unit id="1"><source>no</source></trans-unit><trans-unit id="2" translate="yes">'
     '<source>yes</source></trans-unit></group>', ["yes"],
     '<group translate="no"><trans-unit id="1"><source>no</source></trans-unit><trans-unit id="2" translate="yes">'
     f'<source>yes</source><target {MT1}>YES</target></trans-unit></group>'),
    ('<trans-unit id="1"><source>a</source><target>da</target></trans-unit><trans-unit id="2"><source>b</source>'
     '<alt-trans><source>no</source><target>nein</target></alt-trans></trans-unit>', ["b"],
     '<trans-unit id="1"><source>a</source><target>da</target></trans-unit><trans-unit id="2"><source>b</source>'
     f'<target {MT1}>B</target><alt-trans><source>no</source><target>nein</target></alt-trans></trans-unit>'),
    ('<trans-unit id="1"><source/></trans-unit><trans-unit id="2"><o:source>no</o:source>'
     '<source>b</source></trans-unit>',
     ["b"],
     '<trans-unit id="1"><source/></trans-unit><trans-unit id="2"><o:source>no</o:source><source>b</source>'
     f'<target {MT1}>B</target></trans-unit>'),
]
UNITS_TWO = [
    ('<segment id="s" state="initial"><source>A <pc id="1">b</pc> <ph id="2"/></source></segment><ignorable><source> '
     '</source></ignorable><segment><source>Two</source></segment>', ['A <pc id="1">b</pc> <ph id="2"/>', "Two"],
     f'<segment id="s" {MT2}><source>A <pc id="1">b</pc> <ph id="2"/></source><target>A <pc id="1">B</pc> <ph id="2"/>'
     f'</target></segment><ignorable><source> </source></ignorable><segment {MT2}><source>Two</source><target>TWO'
     '</target></segment>'),
    ('<segment><source>a</source><target>da</target></segment><segment state="final"><source>b</source>'
     '<target>c</target>'
     '</segment><segment><source>c</source><target/></segment>', ["c"],
     '<segment><source>a</source><target>da</target></segment><segment state="final"><source>b</source>'
     '<target>c</target>'
     f'</segment><segment {MT2}><source>c</source><target>C</target></segment>'),
    ('<segment><source>I <mrk id="m" translate="no">am Name'
     '</mrk> of <sc id="1"/>b<ec startRef="1"/></source></segment>',
     ['I <mrk id="m" translate="no">am Name</mrk> of <sc id="1"/>b<ec startRef="1"/>'],
     f'<segment {MT2}><source>I <mrk id="m" translate="no">am Name</mrk> of <sc id="1"/>b<ec startRef="1"/></source>'
     '<target>I <mrk id="m" translate="no">am Name</mrk> OF <sc id="1"/>B<ec startRef="1"/></target></segment>'),
]
CASES = [(ONE, *case) for case in UNITS] + [(TWO, *case) for case in UNITS_TWO]


@pytest.mark.parametrize("frame, units, sources, expected", CASES)
def test_units_are_read_and_translated_in_place(frame, units, sources, expected, tmp_path):
    text = frame % units
    document = read(text, tmp_path)
    assert [segment.source for segment in document.segments] == sources
    assert written(document, tmp_path) == text.encode()
    whole = (frame % expected).replace('srcLang="en"', 'srcLang="en" trgLang="de"')
    assert translated(text, tmp_path) == whole
    etree.fromstring(whole.encode())


@pytest.mark.parametrize("frame, units, sources, expected", CASES)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "us-ascii"])
def test_encodings_are_kept(frame, units, sources, expected, encoding, tmp_path):
    text = (frame % units).replace('encoding="UTF-8"', f'encoding="{encoding}"').replace("</source>", " ä</source>")
    if encoding in ("iso-8859-1", "us-ascii") and "encoding=" not in text:
        text = f'<?xml version="1.0" encoding="{encoding}"?>{text}'
    document = read(text, tmp_path, encoding)
    data = written(document, tmp_path)
    assert data == text.encode(encoding, "xmlcharrefreplace") and document.segments
    segments = tuple(replace(s, draft=f"日本 {capitals(s)}") for s in document.segments)
    etree.fromstring(result := written(replace(document, segments=segments), tmp_path))
    assert ("日本" if encoding.startswith("utf") else "&#26085;&#26412;") in result.decode(encoding)


@pytest.mark.parametrize("inline, expected", [
    ('<bx id="1"/>a<ex id="1"/>', "open close"),
    ('<bx id="1" rid="r"/>a<ex id="2" rid="r"/>', "open close"),
    ('<bpt id="1">[</bpt>a<ept id="1">]</ept>', "open close"),
    ('<bpt id="1">[</bpt>a<bpt id="2">{</bpt>b<ept id="1">]</ept><ept id="2">}</ept>', "alone open alone close"),
    ('<g id="1">a<bx id="2"/>b</g>c<ex id="2"/>', "open alone close alone"),
    ('<bx id="1"/>a', "alone"), ('a<ex id="1"/>', "alone"), ('<it id="1" pos="open">b</it>a', "alone"),
    ('<mrk mtype="term">a</mrk>', "open close"), ('a<mrk mtype="protected">b</mrk>', "alone"),
    ('<g id="1"/>a', "alone"), ('<ph id="1">x<sub>y</sub></ph>a', "alone"), ("<?pi x?>a<!-- c -->", "alone alone"),
    ('a <g id="1">&lt;b&gt;c</g>&lt;/b&gt;', "open alone close alone"),
])
def test_kinds_of_codes(inline, expected, tmp_path):
    segment, = read(ONE % f'<trans-unit id="1"><source>z {inline} z</source></trans-unit>', tmp_path).segments
    assert " ".join(code.kind for code in segment.codes) == expected


def test_existing_targets_are_redone_or_handed_over_if_asked(tmp_path):
    text = ONE % ('<trans-unit id="1"><source>a <x id="1"/></source><target>da <x id=\'1\'/></target></trans-unit>'
                  '<trans-unit id="2" approved="yes"><source>b</source><target>ja</target></trans-unit>'
                  '<trans-unit id="3"><source>c</source><target>x <x id="9"/></target></trans-unit>')
    assert read(text, tmp_path).segments == ()
    assert read(text, tmp_path).notes == ("3 units left unchanged: translated already",)
    assert [s.source for s in read(text, tmp_path, existing="redo").segments] == ['a <x id="1"/>', "c"]
    document = read(text, tmp_path, existing="draft")
    assert [(s.source, s.draft) for s in document.segments] == [('a <x id="1"/>', 'da <x id="1"/>')]
    assert written(document, tmp_path, existing="draft") == text.encode()
    mended = replace(document, segments=(replace(document.segments[0], postedit='das <x id="1"/>'),))
    assert written(mended, tmp_path, existing="draft").decode() == text.replace(
        "<target>da <x id='1'/>", f'<target {MT1}>das <x id="1"/>')


def test_codes_are_put_back_where_a_target_lost_them(tmp_path):
    text = ONE % '<trans-unit id="1"><source>Press <g id="1">the key</g> <x id="2"/> now</source></trans-unit>'
    for target in ("Drück die Taste", 'Drück </g>die<g id="1"> Taste <x id="2"/><x id="2"/>', '<x id="2"/>'):
        result = translated(text, tmp_path, lambda segment: target)
        found = etree.fromstring(result.encode()).find(".//{*}target")
        assert sorted(etree.QName(element).localname for element in found.iter()) == ["g", "target", "x"]


def test_several_files_and_languages(tmp_path):
    other = '<file source-language="en" target-language="fr"><body><trans-unit id="1"><source>b</source></trans-unit>'
    text = ONE % '<trans-unit id="1"><source>a</source></trans-unit>'
    text = text.replace("</xliff>", f"{other}</body></file></xliff>")
    document = read(text, tmp_path)
    assert [s.source for s in document.segments] == ["a"]
    assert document.notes == ("1 unit left unchanged: of other languages",)
    with pytest.raises(InputError, match="doc.xlf: translates en-US into de, the job fr into de; correct"):
        read(ONE % UNITS[0][0], tmp_path, source_lang="fr")
    with pytest.raises(InputError, match="translates en-US into de, the job en into es"):
        read(ONE % UNITS[0][0], tmp_path, target_lang="es")
    assert 'target-language="de">' in translated(text.replace(' target-language="de"', ""), tmp_path)


BOMB = "<!DOCTYPE xliff [" + "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9)) + "]>"
WRONG = [
    ("", "doc.xlf: broken XML at byte 0 "), (b"PK\x03\x04\0\0", "doc.xlf: broken XML|taken as UTF-8"),
    (ONE % "<trans-unit>", r"doc.xlf: broken XML at byte 4\d\d \(line 8\): mismatched tag; correct it there"),
    ("<xliff>\n&nbsp;</xliff>", r"broken XML at byte 8 \(line 2\): undefined entity"),
    (f"{BOMB}<xliff>&a9;</xliff>", "doc.xlf: declares the entity 'a1'.*not read, for safety"),
    ('<!DOCTYPE xliff [<!ENTITY x SYSTEM "file:///etc/passwd">]><xliff>&x;</xliff>', "declares the entity 'x'"),
    ('<!DOCTYPE xliff [<!ENTITY % x SYSTEM "http://x.invalid/y">%x;]><xliff/>', "declares the entity 'x'"),
    ('<!DOCTYPE xliff SYSTEM "x.dtd"><xliff>&x;</xliff>', "uses the entity 'x'.*not defined in the file"),
    ("<a>" * 9999, "doc.xlf: elements more than 250 deep"),
    ("<html/>", "doc.xlf: not XLIFF but a file of <html>; rename it or leave it out"),
    ('<xliff xmlns="urn:x"/>', "not XLIFF"),
    (b"<xliff>\xff</xliff>", r"doc.xlf: taken as UTF-8, but byte 7 \(line 1\) is not"),
    ('<?xml version="1.0" encoding="ISO-8859-1"?><xliff>ä</xliff>', "declared as ISO-8859-1, but its bytes are UTF-8"),
    ('<?xml version="1.0" encoding="none"?><xliff/>', "declares the encoding 'none', which is none"),
]


@pytest.mark.parametrize("text, message", WRONG)
def test_wrong_input_is_said(text, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(text, tmp_path)


def test_wrong_options_and_places_are_said(tmp_path):
    with pytest.raises(ConfigError, match="existing='all': use keep, redo, draft"):
        XliffFormat(existing="all")
    with pytest.raises(InputError, match="doc.xlf: can't be read: No such file"):
        XliffFormat().read(tmp_path / "absent", "doc.xlf")
    with pytest.raises(OutputError, match="can't be written"):
        XliffFormat().write(read(ONE % UNITS[0][0], tmp_path), tmp_path / "no" / "folder")


ATOMS = st.sampled_from(["word ", "Ende. ", "&lt;b&gt;", "&lt;/b&gt; ", "&amp;", "{0} ", "%s", "\n  ",
                         "<![CDATA[<i>]]>", "<!-- c -->", "ä", "_K", "&lt;x id='1'/&gt;", "12", "  "])
ONES = st.integers(1, 3).map(str).flatmap(lambda n: st.sampled_from([
    f"<x id='{n}'/>", f'<bx id="{n}"/>', f'<ex id="{n}"/>', f'<ph id="{n}">&lt;br/></ph>', f'<bpt id="{n}">b</bpt>',
    f'<ept id="{n}">e</ept>', f'<it id="{n}" pos="open">i</it>']))
CONTENTS = st.recursive(ATOMS | ONES, lambda inner: st.lists(inner, max_size=5).map("".join) | st.builds(
    lambda n, inside, name: f'<{name}{n}">{"".join(inside)}</{name.split()[0]}>', st.integers(1, 4),
    st.lists(inner, max_size=4), st.sampled_from(['g id="', 'mrk mtype="term" mid="', 'mrk mtype="protected" mid="'])))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(contents=st.lists(CONTENTS, min_size=1, max_size=4), space=st.sampled_from(["default", "preserve"]),
       data=st.data())
def test_any_unit_is_kept_and_translated_with_every_code(contents, space, data, tmp_path):
    text = ONE % "\n".join(f'<trans-unit id="{n}" xml:space="{space}"><source>{content}</source></trans-unit>'
                           for n, content in enumerate(contents))
    document = read(text, tmp_path)
    assert written(document, tmp_path) == text.encode()
    for segment in document.segments:
        assert inline_codes.broken(segment.source, segment.codes, segment.source) == []
        assert segment.source.strip() == segment.source and "\n" not in segment.source
    targets = [data.draw(st.sampled_from([capitals(s), s.source[::-1], "Wort", s.source[len(s.source) // 2:], "<>&"]))
               for s in document.segments]
    segments = tuple(replace(s, draft=target) for s, target in zip(document.segments, targets))
    result = written(replace(document, segments=segments), tmp_path)
    for unit in etree.fromstring(result).iter("{*}trans-unit"):
        source, target = unit.find("{*}source"), unit.find("{*}target")
        if target is not None:
            assert sorted(_names(source)) == sorted(_names(target))
            assert etree.tostring(source).count(b"<!--") == etree.tostring(target).count(b"<!--")


def _names(element):
    return [(child.tag, child.get("id"), child.text if etree.QName(child).localname == "ph" else "")
            for child in element.iter("{*}*") if child is not element]


@pytest.mark.parametrize("attribute, expected", [
    ({"state": "x"}, '<t state="x" a="1">'), ({"b": 'q"<&'}, '<t state=\'old\' a="1" b="q&quot;&lt;&amp;">')])
def test_attributes_are_set_in_place(attribute, expected):
    assert xml.with_attributes('<t state=\'old\' a="1">', attribute) == expected


def test_toolkit_reads_what_was_written(tmp_path):
    path = Path(tmp_path / "x.xlf")
    path.write_text(translated(ONE % "\n".join(case[0] for case in UNITS[:5]), tmp_path), encoding="utf-8")
    units = toolkit.xlifffile.parsefile(str(path)).units
    assert len(units) == 5 and all(unit.target and not unit.isapproved() for unit in units)


SDL = ('<seg-source><mrk mtype="seg" mid="1">{}</mrk></seg-source><target></target>'
       '<sdl:seg-defs><sdl:seg id="1" locked="{}" percent="80"/></sdl:seg-defs>')  # fmt: skip
CAT_TOOLS = {  # suffix: (namespace, attributes of a unit, what comes behind its source, what locks it)
    "sdlxliff": ('xmlns:sdl="http://sdl.com/FileTypes/SdlXliff/1.0"', "", SDL, "true"),
    "mqxliff": ('xmlns:mq="MQXliff"', 'mq:locked="{}" mq:percent="80"', "<target></target>", "locked"),
    "mxliff": ('xmlns:m="http://www.memsource.com/mxlf/2.0"', 'm:locked="{}" m:score="1"', "<target></target>", "true"),
}


@pytest.mark.parametrize("suffix", CAT_TOOLS)
def test_segments_that_a_cat_tool_locked_stay(suffix, tmp_path):
    namespace, attributes, rest, locked = CAT_TOOLS[suffix]
    units = "".join(f'<trans-unit id="{text}" {attributes.format(state)}><source>{text}</source>'
                    f"{rest.format(text, state)}</trans-unit>"
                    for text, state in (("Open it", "false"), ("Keep it", locked)))  # fmt: skip
    path = tmp_path / f"a.{suffix}"
    path.write_text(f'<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2" {namespace}><file '
                    f'original="a" source-language="en" target-language="de" '
                    f'datatype="x"><body>{units}</body></file></xliff>')
    document = XliffFormat(source_lang="en", target_lang="de").read(path, "doc")
    assert [segment.source for segment in document.segments] == ["Open it"]
    assert document.notes == ('1 unit left unchanged: not to be translated (translate="no", or locked)',)
    translated = replace(document, segments=tuple(replace(s, draft="Öffnen") for s in document.segments))
    XliffFormat(target_lang="de").write(translated, tmp_path / "b")
    assert (tmp_path / "b").read_text().count("Öffnen") == 1
