"""The contract of the formats that edit values in place, whatever their escapes."""

import csv
import io
import json
import re
import tomllib
from dataclasses import replace
from xml.sax.saxutils import escape

import fluent.syntax as fluent_syntax
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from mtpipe.document import inline_codes
from mtpipe.errors import InputError, OutputError, UnsuitedError
from mtpipe.formats.csv_columns import CsvFormat
from mtpipe.formats.messages.fluent_file import FluentFormat
from mtpipe.formats.messages.ini_file import IniFormat
from mtpipe.formats.messages.json_file import ArbFormat, JsonFormat
from mtpipe.formats.messages.php_file import PhpFormat
from mtpipe.formats.messages.properties import PropertiesFormat, StringsFormat
from mtpipe.formats.messages.toml_file import TomlFormat
from mtpipe.formats.messages.xml_resources import AndroidFormat, ResxFormat, StringsdictFormat
from mtpipe.formats.messages.yaml_file import YamlFormat
from mtpipe.formats.subtitles import SrtFormat, VttFormat
from mtpipe.mt.fake import FakeTranslator

FORMATS = {
    "json": JsonFormat(include="*"), "arb": ArbFormat(target_lang="de"), "csv": CsvFormat(source="text", target="de"),
    "srt": SrtFormat(), "vtt": VttFormat(), "android": AndroidFormat(), "resx": ResxFormat(),
    "strings": StringsFormat(), "properties": PropertiesFormat(), "yaml": YamlFormat(include="*"),
    "stringsdict": StringsdictFormat(), "fluent": FluentFormat(),
    "ini": IniFormat(include="*"), "toml": TomlFormat(include="*"), "php": PhpFormat(include="*"),
}  # fmt: skip
DOCUMENTS = {
    "json": '{\n "a": {"b": "Hi <b>{{x}}</b>\\n\\u00e4 two",\t"c" : [1, "One", null]},\r\n "d":"caf\\u00e9 \\/"}\n',
    "arb": '{"@@locale": "en", "n": "{count, plural, =0{none} one{# file} other{# files}}", "@n": {"x": "no text"}}',
    "csv": 'id;"text";n;de\r\n1;"He said ""hi""\nand left";;\r\n\r\n2;{x} word;"q;r"\n3;"";5;x',
    "srt": "1\r\n00:00:01,000 --> 00:00:02,500 X1:40\r\n<i>Hello there,\r\nyou</i>\r\n\r\n2\n0:00:03,0 --> 0:0:4,0\n"
           "{\\an8}- Who?\n- Me & you.\n\n\n",
    "vtt": "WEBVTT - x\n\nNOTE no\ntext\n\nSTYLE\n::cue {}\n\nid\n00:01.000 --> 00:02.000 align:start\n"
           "<v Bob Smith>Hi &amp; <c.y>ho</c>\nnext\n\n00:03.000 --> 00:04.000\nWords",
    "android": "<?xml version='1.0'  encoding=\"utf-8\"?>\n<resources xmlns:x='y'><!-- c -->\n <string  name='a'>"
               "It\\'s <b>it</b> &amp; %1$s \\u00e4</string><string name='n' translatable=\"false\">no</string>\n"
               "<string-array name='r'><item>\"One  two\"</item></string-array><plurals name='p'>"
               "<item quantity='one'>%d file</item></plurals><string name='c'><![CDATA[<i>Hi</i> you]]></string>\n"
               "<string name='ref'>@string/a</string></resources>\n",
    "resx": '<?xml version="1.0"?>\r\n<root><data name="T" xml:space="preserve"><value>Open &lt;b&gt;x&lt;/b&gt;\r\n'
            'and {0}</value></data><data name="P"><value>Plain</value></data><data name="I" type="x">'
            '<value>no</value></data></root>',
    "strings": '/* c */\n"a"  =  "Hi \\"you\\" %@ \\U00e4";\n// no = "no";\nb = "x\\ny";"c";\n',
    "properties": "# no = no\n! no\na = Hi {0}, it''s\nb:one \\\r\n   two\\u00e4\nkey\\ c   three\n\nempty=\nd=last\\",
    "ini": "; no = no\n[Menu]\nfile = Open %s\r\nEDIT=\"Say \\\"hi\\\" there\"\n# no\n\nempty=\nlast: It's done",
    "toml": "# c\n[menu.\"a b\"]\nfile = \"Open {{.X}} \\u00e4 \\\"x\\\"\" # no\n"
            "n = 1\nl = ['One', \"Two\", { k = 'Three' }]\n"
            "\n[[items]]\ntext = \"\"\"\nLine one \\\n  goes on\nline two\"\"\"\nraw = '''It's raw'''\n",
    "php": "<?php\n// 'no'\nreturn [\n  'a' => 'It\\'s :count files',\n  'b' => [ 'c' => \"Say \\\"hi\\\" {$x}\\n\",\n"
           "    'd' => array('One', \"Two\") ],\n  'e' => __('no'), # 'no'\n];\n$lang['f'] = 'Last one';\n",
    "stringsdict": '<?xml version="1.0"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x.dtd">\n<plist>'
                   "<dict><key>files</key><dict><key>NSStringLocalizedFormatKey</key><string>You have %#@n@ &amp; more"
                   "</string>\n<key>n</key><dict><key>NSStringFormatValueTypeKey</key><string>d</string>"
                   "<key>one</key><string>a file</string><key>other</key><string>%d files</string></dict></dict></dict>"
                   "\n</plist>\n",
    "fluent": "# c\n-brand = Fire\nhello = Hello, { $name } and\n    you <b>all</b>\n    .title = A title\r\n"
              "files = { $n ->\n    [one] One file\n   *[other] { $n } files\n }\nlast =\n    Last one\n",
    "yaml": "# c\na: Hi %{n}   # t\n\"b\": \"one\\n \\\"two\\\"\"\nc: 'it''s\n  folded'\n"
            "d: &x |\n    l one\n\n    l two\ne: >-\n  f one\n  f two\n\nl: [x y, *x, 5, yes]\n",
}  # fmt: skip


def read(form, text, tmp_path, encoding="utf-8"):
    path = tmp_path / f"in{form.suffixes[0]}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return form.read(path, "doc")


def written(form, document, tmp_path):
    path = tmp_path / f"out{form.suffixes[0]}"
    form.write(document, path)
    return path.read_bytes()


def drafted(document, targets):
    return replace(document, segments=tuple(replace(s, draft=t) for s, t in zip(document.segments, targets)))


def sources(document):
    return [segment.source for segment in document.segments]


def spoken(text):
    """The words of a text, which line breaks in subtitles do not change."""
    return text.split()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_not_translated_is_written_as_it_was_read(name, encoding, tmp_path):
    form, text = FORMATS[name], DOCUMENTS[name]
    if encoding == "utf-16":
        text = re.sub("encoding=\"utf-8\"", "encoding=\"utf-16\"", text)
    document = read(form, text, tmp_path, encoding)
    assert len(document.segments) > 1
    assert written(form, document, tmp_path) == text.encode(encoding)
    if name not in ("arb", "csv"):  # what is said to be in the target language changes there
        assert written(form, drafted(document, sources(document)), tmp_path) == text.encode(encoding)


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_written_says_what_was_meant(name, tmp_path):
    form = FORMATS[name]
    document = read(form, DOCUMENTS[name], tmp_path)
    capitals = [draft.text for draft in FakeTranslator().translate(document.segments)]
    data = written(form, drafted(document, capitals), tmp_path)
    form = CsvFormat(source="de") if name == "csv" else form
    again = read(form, data, tmp_path)
    assert [spoken(source) for source in sources(again)][:len(capitals)] == [spoken(text) for text in capitals]


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_target_can_be_read_again(name, data, tmp_path):
    form = FORMATS[name]
    document = read(form, DOCUMENTS[name], tmp_path)
    can_be = [n for n, s in enumerate(document.segments) if not s.codes or name in ("json", "properties")]
    chosen = data.draw(st.sampled_from(can_be))
    odd = st.sampled_from(["'", '"', "\\", "&", "<", "l'", ": ", "# x", "@a", "- ", "ä", "中文", "\U0001f600", "{", ", ",
                           "!", "%", "]]>", "\u2028", "; ", "|", "? ", "*b", "--", "\u00a0"])
    text = "".join(data.draw(st.lists(odd | st.sampled_from(["wort", " "]), max_size=8)))
    text = " ".join(f"A{text}z".split(" "))
    segment = document.segments[chosen]
    draft = text + segment.source[segment.codes[0].start:] if segment.codes else text
    assume(not inline_codes.broken(segment.source, segment.codes, draft))
    targets = [draft if n == chosen else None for n in range(len(document.segments))]
    result = written(form, drafted(document, targets), tmp_path)
    found = " ".join(readable(name, result).split())
    if name in ("json", "strings", "csv", "resx", "yaml", "properties", "toml", "php", "stringsdict"):
        assert " ".join(draft.split()) in found
    if "<" not in text and "&" not in text and "{" not in text:
        again = read(CsvFormat(source="de") if name == "csv" else form, result, tmp_path)
        assert any(spoken(draft) == spoken(source) or "\u2028" in text for source in sources(again))


def readable(name, data):
    """What a foreign reader finds in a file: its values, one after the other."""
    text = data.decode()
    if name in ("json", "arb"):
        return "\n".join(str(value) for value in flat(json.loads(text)))
    if name == "csv":
        return "\n".join("\n".join(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    if name == "yaml":
        return "\n".join(str(value) for value in flat(yaml.safe_load(text)))
    if name in ("android", "resx", "stringsdict"):
        return "".join(etree.fromstring(data).itertext())
    if name == "properties":
        text = re.sub(r"\\u(d[89ab]..)\\u(d[c-f]..)", _pair, text)
        text = re.sub(r"^a = .*", lambda m: m[0].replace("''", "'"), text, flags=re.MULTILINE)  # the only message
        return re.sub(r"\\u(....)|\\(.)", lambda m: chr(int(m[1], 16)) if m[1] else m[2], text)
    if name == "toml":
        return "\n".join(str(value) for value in flat(tomllib.loads(text)))
    if name in ("strings", "php"):
        return re.sub(r"\\(.)", r"\1", text)
    return text


def _pair(match):
    return bytes.fromhex(match[1] + match[2]).decode("utf-16-be")


def flat(value):
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in flat(item)]
    return [leaf for item in value for leaf in flat(item)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(name, data, tmp_path):
    text = DOCUMENTS[name]
    for _ in range(data.draw(st.integers(1, 4))):
        at, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 5))
        text = text[:at] + data.draw(st.sampled_from(["", '"', "'", "\\", "{", "}", "<", "&", "\n", ":", ",", "]]>",
                                                      "ä", "\t"])) + text[at + length:]
    try:
        document = read(FORMATS[name], text, tmp_path)
    except InputError as error:
        assert str(error).startswith("doc")
        return
    assert written(FORMATS[name], document, tmp_path) == text.encode()
    capitals = [draft.text for draft in FakeTranslator().translate(document.segments)]
    written(FORMATS[name], drafted(document, capitals), tmp_path)
    for segment in document.segments:
        assert inline_codes.broken(segment.source, segment.codes, segment.source) == []


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_file_is_an_empty_document_or_said(name, tmp_path):
    if name in ("android", "resx", "stringsdict"):
        with pytest.raises(InputError, match="^doc"):
            read(FORMATS[name], "", tmp_path)
        return
    document = read(FORMATS[name], "", tmp_path)
    assert document.segments == () and written(FORMATS[name], document, tmp_path) == b""


@pytest.mark.parametrize("name", FORMATS)
def test_wrong_files_are_said(name, tmp_path):
    form = FORMATS[name]
    with pytest.raises(InputError, match="can't be read: No such file"):
        form.read(tmp_path / "absent", "doc")
    with pytest.raises(InputError, match="^doc: (looks binary|broken XML|not translated|taken as)"):
        read(form, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0" + bytes(range(256)) * 9, tmp_path)
    with pytest.raises(OutputError, match="can't be written: No such file"):
        form.write(read(form, DOCUMENTS[name], tmp_path), tmp_path / "no" / "folder")


BROKEN = [
    ("json", '{"a": "x",\n "b" "y"}', r"doc:2:6: not valid JSON: Expecting ':' delimiter; correct it there"),
    ("json", "[" * 100_000, "doc: nested too deep for a catalogue"),
    ("json", '{"a": "x"} {"b": 1}', r"doc:1:12: not valid JSON: Extra data"),
    ("csv", 'text;de\na;b\n"c;d\ne;f', "doc:3: a cell begins with a quotation mark that is never closed"),
    ("csv", "a;b\n", "doc: has no column 'text'; there are a, b"),
    ("srt", "1\n00:00:01,000 -> 00:00:02\nx", r"doc: has no cue such as 00:00:01,000 --> 00:00:02,000"),
    ("srt", "1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n00:00:aa --> 00:02\ny",
     "doc:6: '00:00:aa --> 00:02' is not a timing"),
    ("vtt", "00:01.000 --> 00:02.000\nx", "doc:1: a WebVTT file begins with WEBVTT"),
    ("vtt", "WEBVTT\n\n1 --> 2\nx", "doc:3: '1 --> 2' is not a timing"),
    ("android", "<resources><string name='a'>x</resources>", r"doc: broken XML at byte 31 \(line 1\): mismatched tag"),
    ("android", "<!DOCTYPE resources [<!ENTITY a 'b'>]>\n<resources><string name='a'>&a;</string></resources>",
     "doc: declares the entity 'a'"),
    ("resx", "<root>", "doc: broken XML at byte 6"),
    ("strings", '"a" = "b";\n"c" = d;', r"doc:2: '\"c\" = d;' is not as expected"),
    ("yaml", "a: [b\nc: d", r"doc:2:2: not valid YAML: .*; correct it there"),
    ("yaml", "[" * 10_000, "doc: (not valid YAML|nested too deep)"),
]  # fmt: skip


@pytest.mark.parametrize("name, text, message", BROKEN)
def test_broken_files_are_refused_with_their_place(name, text, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(FORMATS[name], text, tmp_path)


READ = [
    ("json", '{"a": "One\\ntwo {{x}}", "b": "<p>All</p>", "c": "5 %", "d": "<0>x</0> $t(y)"}',
     ["One", "two {{x}}", "All", "<0>x</0> $t(y)"]),
    ("json", '["a {n, plural, one {b} other {# {m, select, x {y} other {c, it\'s}}}} d"]',
     ["b", "y", "c, it's", "a {n, plural, one {b} other {# {m, select, x {y} other {c, it's}}}} d"]),
    ("json", '["{n, plural, one {b} other {c}", "{n, plural, b}"]', []),
    ("android", "<resources><string name='a'>a <x:g id='1'>b c</x:g>\\nd &lt;b>e&lt;/b&gt;</string></resources>",
     ["a <x:g id='1'>b c</x:g>", "d <b>e&lt;/b&gt;"]),
    ("srt", "1\n00:00:01,000 --> 00:00:02,000\n- A one\n- B\n\n5 words\n6\n00:00:03,000 --> 00:00:04,000\n"
            "{\\an8}<i>C</i>", ["A one", "B", "5 words", "C"]),
    ("yaml", "en:\n  a: &x one\n  b: *x\n  c: !t two\n", ["one"]),
]  # fmt: skip


@pytest.mark.parametrize("name, text, expected", READ)
def test_segments(name, text, expected, tmp_path):
    assert sources(read(FORMATS[name], text, tmp_path)) == expected


WRITTEN = [
    (JsonFormat(include="*"), '["You {n, plural, one {a} other {b}} c"]',
     ["d'", "e", "l'{n, plural, one {a} other {b}} f"], '["l\'\'{n, plural, one {d\'\'} other {e}} f"]'),
    (JsonFormat(include="*"), '["caf\\u00e9 a\\/b"]', ["ä/\U0001f600"], '["\\u00e4\\/\\ud83d\\ude00"]'),
    (JsonFormat(include="*"), '["é a"]', ['"ä"\n\\'], '["\\"ä\\" \\\\"]'),
    (ArbFormat(target_lang="pt-BR"), '{"@@locale": "en", "a": "b"}', ["c"], '{"@@locale": "pt_BR", "a": "c"}'),
    (YamlFormat(source_lang="en", target_lang="de"), "en:  # x\n  a: b\n  c: >\n    d\n\n", ["x: y", "z"],
     'de:  # x\n  a: "x: y"\n  c: >\n    z\n\n'),
    (YamlFormat(include="*"), "a: |\n  x\n   y\n\n  z\nb: 'c'", ["1", "2", "3", "it's"],
     "a: |\n  1\n   2\n\n  3\nb: 'it''s'"),
    (PropertiesFormat(), "a=b {0}\nc=d\n", ["l'{0}", "l'é"], "a=l''{0}\nc=l'\\u00e9\n"),
    (PropertiesFormat(), "a=é b\n", ["ä"], "a=ä\n"),
    (StringsFormat(), 'a="b";', ['"ä"\\'], 'a="\\"ä\\"\\\\";'),
    (AndroidFormat(), "<resources><string name='a'>b <i>c</i></string></resources>", ["@<i>d's</i> & \"e\""],
     "<resources><string name='a'>\\@<i>d\\'s</i> &amp; \\\"e\\\"</string></resources>"),
    (AndroidFormat(), "<resources><string name='a'>b &lt;br&gt;&lt;br&gt;c</string></resources>",
     ["x &lt;br&gt;&lt;br&gt;y"], "<resources><string name='a'>x &lt;br&gt;&lt;br&gt;y</string></resources>"),
    (ResxFormat(), "<root><data name='a'><value>b</value></data></root>", ["<b> & c"],
     "<root><data name='a'><value>&lt;b&gt; &amp; c</value></data></root>"),
    (VttFormat(), "WEBVTT\n\n00:01.000 --> 00:02.000\n<i>a</i> b", ["c < d & <i>e</i>"],
     "WEBVTT\n\n00:01.000 --> 00:02.000\nc &lt; d &amp; <i>e</i>"),
    (VttFormat(), "WEBVTT\n\n00:01.000 --> 00:02.000\na <c.long-name>b</c>", ["x <c.long-name>y</c>"],
     "WEBVTT\n\n00:01.000 --> 00:02.000\nx <c.long-name>y</c>"),
    (CsvFormat(source=1, target=3), "a,b\nc,d\n", ["x, \"y\""], 'a,b\nc,d,"x, ""y"""\n'),
    (CsvFormat(source_lang="en", target_lang="de"), "en,de\na,b\nc,\n", ["x"], "en,de\na,b\nc,x\n"),
    (CsvFormat(source_lang="en", target_lang="de", existing="redo"), "en,de\na,b\nc,\n", ["x", "y"],
     "en,de\na,x\nc,y\n"),
    (CsvFormat(source="t", delimiter="|", target_lang="fr"), "t|n\na|1\n", ["x"], "t|n\nx|1\n"),
]  # fmt: skip


@pytest.mark.parametrize("form, text, targets, expected", WRITTEN)
def test_targets_are_written_in_the_files_own_spelling(form, text, targets, expected, tmp_path):
    document = read(form, text, tmp_path)
    assert len(document.segments) == len(targets)
    assert written(form, drafted(document, targets), tmp_path).decode() == expected


def test_csv_existing_targets_are_drafts_to_be_checked(tmp_path):
    form = CsvFormat(source_lang="en", target_lang="de", existing="draft")
    assert [s.draft for s in read(form, "en,de\na,b\nc,\n", tmp_path).segments] == ["b", None]


@pytest.mark.parametrize("keys, expected", [
    ({"include": "menu"}, ["File", "One", "Two"]),
    ({"include": "menu.items.*, title"}, ["One", "Two", "Hi"]),
    ({"include": ["*"], "exclude": ["*.items.1", "title"]}, ["File", "One"]),
    ({"include": "nothing"}, []),
])  # fmt: skip
@pytest.mark.parametrize("form", [JsonFormat, YamlFormat])
def test_keys_are_chosen_by_globs(form, keys, expected, tmp_path):
    text = '{"menu": {"file": "File", "items": ["One", "Two"]}, "title": "Hi"}'
    assert sources(read(form(**keys), text, tmp_path)) == expected


@pytest.mark.parametrize("name, is_read", [
    ("package.json", False), ("tsconfig.json", False), ("data/my.json", False), ("locales/de.json", False),
    ("locales/en/common.json", True), ("en.json", True), ("src/messages.json", True),
    ("app.en-GB.json", True), ("strings_en.json", True), ("_locales/en_US/messages.json", True),
    ("de/messages.json", False), ("lang/pt-BR/x.json", False),
])  # fmt: skip
@pytest.mark.parametrize("form", [JsonFormat, YamlFormat])
def test_only_catalogues_are_translated_unasked(form, name, is_read, tmp_path):
    path = tmp_path / "x"
    path.write_text('{"a": "Text"}')
    if is_read:
        assert sources(form(source_lang="en").read(path, name)) == ["Text"]
    else:
        with pytest.raises(UnsuitedError, match=f"^{name}: not translated, .*include='\\*'"):
            form(source_lang="en").read(path, name)


@pytest.mark.parametrize("form, text, message", [
    (CsvFormat(source_lang="en", target_lang="de"), "a,b\n1,2\n", "its columns are a, b; say which"),
    (AndroidFormat(), "<?xml version='1.0'?><!-- <resources> --><project/>", "only Android's resources, DocBook, DITA"),
    (AndroidFormat(), "<broken", "only Android's resources, DocBook, DITA"),
])  # fmt: skip
def test_other_files_of_the_same_suffix_are_nothing_to_translate(form, text, message, tmp_path):
    with pytest.raises(UnsuitedError, match=message):
        read(form, text, tmp_path)


def test_properties_in_the_old_encoding(tmp_path):
    data = "a=Größe\n".encode("latin-1")
    document = read(PropertiesFormat(), data, tmp_path)
    assert sources(document) == ["Größe"]
    assert written(PropertiesFormat(), drafted(document, ["é 中"]), tmp_path) == b"a=\\u00e9 \\u4e2d\n"


SUBTITLES = [
    ("Short line\nand another", {}, "Two words", ["Two words"]),
    ("One line", {}, "This is longer than what may stand on a line of forty-two",
     ["This is longer than what may", "stand on a line of forty-two"]),
    ("One line", {"width": 20}, "This is longer than what may stand on lines of twenty columns",
     ["This is longer than what may", "stand on lines of twenty columns"]),
    ("One line", {"width": 20, "lines": 3}, "This is longer than what may stand on lines of twenty",
     ["This is longer than", "what may stand on", "lines of twenty"]),
    ("<i>a b</i> c", {"width": 9}, "<i>eins zwei</i> drei", ["<i>eins zwei</i>", "drei"]),
    ("<i>a b</i> c", {"width": 7}, "<i>eins zwei</i> dr", ["<i>eins", "zwei</i> dr"]),
    ("One line", {"width": 12}, "这是一个很长的句子，需要换行。", ["这是一个很长的句", "子，需要换行。"]),
    ("- Who is it?\n- Me.", {}, "Wer ist da draußen vor der Tür, mitten in der Nacht?", None),
]  # fmt: skip


@pytest.mark.parametrize("text, options, target, expected", SUBTITLES)
@pytest.mark.parametrize("form, head", [(SrtFormat, "1\n00:00:01,000 --> 00:00:02,000\n"),
                                        (VttFormat, "WEBVTT\n\n00:01.000 --> 00:02.000\n")])
def test_subtitles_are_broken_into_lines_anew(form, head, text, options, target, expected, tmp_path):
    form = form(**options)
    document = read(form, head + text, tmp_path)
    result = written(form, drafted(document, [target, "Ich."]), tmp_path).decode()
    assert result.startswith(head)
    assert result[len(head):].split("\n") == (expected or [f"- {target}", "- Ich."])


def test_a_line_in_the_file_longer_than_42_columns_is_the_measure(tmp_path):
    long = "This file has a line that is longer than forty-two columns, it has seventy."
    document = read(SrtFormat(), f"1\n00:00:01,000 --> 00:00:02,000\n{long}", tmp_path)
    assert written(SrtFormat(), drafted(document, [long.upper()]), tmp_path).decode().endswith(f"\n{long.upper()}")


@pytest.mark.parametrize("name", ["json", "android", "srt"])
@pytest.mark.parametrize("piece", ["word ", "<b>x</b> ", "<b>", "</i>", "{x} ", "{", "{n, plural, one {a} other {b}} ",
                                   "\\n", "'", "{n, plural, one {"])
def test_long_values_take_linear_time(name, piece, tmp_path):
    text = piece * (30_000 // len(piece))
    whole = {"json": f'["a{text}b"]', "srt": f"1\n00:00:01,000 --> 00:00:02,000\na{text}b\n",
             "android": f"<resources><string name='a'>a{escape(text)}b</string></resources>"}[name]
    document = read(FORMATS[name], whole, tmp_path)
    targets = [f"{segment.source}." for segment in document.segments]
    assert len(written(FORMATS[name], drafted(document, targets), tmp_path)) >= len(text)


def test_foreign_tools_read_what_is_written(tmp_path):
    pysubs2 = pytest.importorskip("pysubs2")
    properties = pytest.importorskip("translate.storage.properties")
    resources = pytest.importorskip("translate.storage.aresource"), pytest.importorskip("translate.storage.resx")
    classes = {"properties": properties.javautf8file, "strings": properties.stringsutf8file,
               "android": resources[0].AndroidResourceFile, "resx": resources[1].RESXFile}
    for name, make in classes.items():
        document = read(FORMATS[name], DOCUMENTS[name], tmp_path)
        data = written(FORMATS[name], drafted(document, [f"{s.source} Äß" for s in document.segments]), tmp_path)
        before, after = make.parsestring(DOCUMENTS[name].encode()), make.parsestring(data)
        assert [unit.getid() for unit in before.units] == [unit.getid() for unit in after.units]
        assert sum("Äß" in f"{unit.source}{unit.target}" for unit in after.units) >= 2
    document = read(FORMATS["srt"], DOCUMENTS["srt"], tmp_path)
    data = written(FORMATS["srt"], drafted(document, [f"{s.source} Äß" for s in document.segments]), tmp_path)
    events = [pysubs2.SSAFile.from_string(text).events for text in (DOCUMENTS["srt"], data.decode())]
    assert [(e.start, e.end) for e in events[0]] == [(e.start, e.end) for e in events[1]]
    assert [" ".join(e.plaintext.split()) for e in events[1]] == ["Hello there, you Äß", "- Who? Äß - Me & you. Äß"]


TEXTS = st.text(alphabet="ab 'é\"\\:#-{}<>&|\n,*!%@`?[]中", max_size=12)
NAMES = st.text(alphabet="abc.é", min_size=1, max_size=4)
TREES = st.recursive(
    TEXTS | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8)


def mapped(document, translate):
    return drafted(document, [translate(segment.source) for segment in document.segments])


def same_shape(before, after):
    """Are two trees alike but for letters, of which "Ö " was put before some of their lines?"""
    if isinstance(before, dict):
        return isinstance(after, dict) and list(before) == list(after) and all(
            same_shape(before[key], after[key]) for key in before)
    if isinstance(before, list):
        return isinstance(after, list) and len(before) == len(after) and all(map(same_shape, before, after))
    if isinstance(before, str):
        return isinstance(after, str) and after.replace("Ö ", "").replace("''", "'") == before.replace("''", "'")
    return type(before) is type(after) and before == after


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=TREES, indent=st.sampled_from([None, 1]), is_ascii=st.booleans())
def test_any_json_survives(tree, indent, is_ascii, tmp_path):
    text = json.dumps([tree], indent=indent, ensure_ascii=is_ascii)
    document = read(FORMATS["json"], text, tmp_path)
    assert written(FORMATS["json"], document, tmp_path) == text.encode()
    result = json.loads(written(FORMATS["json"], mapped(document, "Ö {}".format), tmp_path))
    assert same_shape([tree], result)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=TREES, style=st.sampled_from([None, '"', "'", "|", ">"]), flow=st.booleans(),
       width=st.sampled_from([20, 80]))
def test_any_yaml_survives(tree, style, flow, width, tmp_path):
    text = yaml.dump({"k": tree}, default_style=style, default_flow_style=flow, width=width, allow_unicode=True,
                     sort_keys=False)
    document = read(FORMATS["yaml"], text, tmp_path)
    assert written(FORMATS["yaml"], document, tmp_path) == text.encode()
    result = yaml.safe_load(written(FORMATS["yaml"], mapped(document, "Ö {}".format), tmp_path))
    assert same_shape({"k": tree}, result)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=5),
       quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), delimiter=st.sampled_from(",;\t"),
       newline=st.sampled_from(["\n", "\r\n"]))
def test_any_table_survives(rows, quoting, delimiter, newline, tmp_path):
    made = io.StringIO(newline="")
    csv.writer(made, quoting=quoting, delimiter=delimiter, lineterminator=newline).writerows([["a", "b", "c"], *rows])
    form = CsvFormat(source="b", target="c", existing="redo", delimiter=delimiter)
    document = read(form, made.getvalue(), tmp_path)
    assert written(form, document, tmp_path) == made.getvalue().encode()
    result = written(form, mapped(document, "Ö {}".format), tmp_path).decode()
    after = list(csv.reader(io.StringIO(result, newline=""), delimiter=delimiter))[1:]
    assert [row[:2] for row in after] == [row[:2] for row in rows]
    assert all(row[2] == new[2] or same_shape(row[1], new[2]) for row, new in zip(rows, after))


@pytest.mark.parametrize("name, text, expected", [
    ("chrome", '{"hi": {"message": "Hello $name$", "description": "A greeting", "placeholders": {"name": {"content": '
     '"$1", "example": "Bob"}}}, "bye": {"message": "Bye"}}', ["Hello $name$", "Bye"]),
    ("react-intl", '{"a": {"id": "a", "defaultMessage": "Hi", "description": "A greeting"}}', ["Hi"]),
    ("go-i18n", '[{"id": "person greeting", "translation": "Hello"}]', ["Hello"]),
    ("go-i18n plurals", '{"a": {"description": "Cats", "one": "A cat", "other": "Cats"}}', ["A cat", "Cats"]),
    ("any other", '{"error": {"message": "Sorry", "description": "It broke"}, "a": "One"}',
     ["Sorry", "It broke", "One"]),
])  # fmt: skip
def test_what_stands_beside_a_message_is_no_text(name, text, expected, tmp_path):
    assert sources(read(JsonFormat(include="*"), text, tmp_path)) == expected


@pytest.mark.parametrize("form, name", [(IniFormat(), "ini"), (TomlFormat(), "toml"), (PhpFormat(), "php")])
def test_settings_are_not_translated_by_surprise(form, name, tmp_path):
    with pytest.raises(UnsuitedError, match=f"not translated, its name doesn't say .* {name}.include='\\*'"):
        read(form, DOCUMENTS[name], tmp_path)


def test_strings_of_php_that_are_no_messages_stay(tmp_path):
    text = """<?php
    define('NAME', 'no'); $x = f('no', "no") . 'no'; if ($a == 'no') { echo 'no'; }
    return ['one' => 'Yes', 'two' => 'no' . $x, $k => 'Yes too', 'f' => trans('no'), 'h' => <<<EOT
    no
    EOT
    ];"""
    assert sources(read(PhpFormat(include="*"), text, tmp_path)) == ["Yes", "Yes too"]


def test_keys_of_toml_and_php_are_paths(tmp_path):
    assert sources(read(TomlFormat(include="menu.a b.l"), DOCUMENTS["toml"], tmp_path)) == ["One", "Two", "Three"]
    assert sources(read(PhpFormat(include="b.d,f"), DOCUMENTS["php"], tmp_path)) == ["One", "Two", "Last one"]
    form = IniFormat(include="Menu", exclude="Menu.file")
    assert sources(read(form, DOCUMENTS["ini"], tmp_path)) == ['Say "hi" there', "It's done"]


def test_the_variables_of_a_stringsdict_are_codes(tmp_path):
    document = read(StringsdictFormat(), DOCUMENTS["stringsdict"], tmp_path)
    assert sources(document) == ["You have %#@n@ & more", "a file", "%d files"]
    assert inline_codes.literals(document.segments[0].source, document.segments[0].codes) == ["%#@n@"]


def test_fluent_reads_what_was_written(tmp_path):
    document = read(FluentFormat(), DOCUMENTS["fluent"], tmp_path)
    assert sources(document) == ["Hello, { $name } and you <b>all</b>", "A title", "One file", "{ $n } files",
                                 "Last one"]  # fmt: skip
    targets = ["{ $name }, {ho} <b>x</b>", "[T]", "Eine", "{ $n } Dateien", ".x"]
    data = written(FluentFormat(), drafted(document, targets), tmp_path)
    bundle = {entry.id.name: entry for entry in fluent_syntax.parse(data.decode()).body if hasattr(entry, "id")}
    assert not [entry for entry in fluent_syntax.parse(data.decode()).body if type(entry).__name__ == "Junk"]
    assert len(bundle["hello"].value.elements) == 6 and bundle["brand"].value.elements[0].value == "Fire"
    with pytest.raises(InputError, match="doc:2: not valid Fluent: "):
        read(FluentFormat(), "a = b\nno message\n", tmp_path)
