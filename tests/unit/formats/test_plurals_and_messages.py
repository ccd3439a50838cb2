"""ICU messages in every string format, the plural forms that a target language needs, option lists, front matter."""

import json
from dataclasses import replace

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st

from mtpipe import plugins
from mtpipe.document import inline_codes
from mtpipe.formats.editing import entries
from mtpipe.formats.html.document import HtmlFormat
from mtpipe.formats.markdown.document import MarkdownFormat
from mtpipe.formats.messages import icu, plural_categories
from mtpipe.formats.messages.json_file import JsonFormat
from mtpipe.formats.messages.qt_linguist import QtLinguistFormat
from mtpipe.formats.messages.xcstrings import XcstringsFormat
from mtpipe.formats.messages.xml_resources import AndroidFormat, StringsdictFormat
from mtpipe.formats.messages.yaml_file import YamlFormat
from mtpipe.formats.po.document import PoFormat
from mtpipe.formats.text import blocks
from mtpipe.formats.xliff.document import XliffFormat


def translated(form, text, tmp_path, change=str.upper, name="en"):
    """The sources of a text, and the text with each of them changed where that keeps its codes."""
    path = tmp_path / f"{name}{form.suffixes[0]}"
    path.write_text(text, encoding="utf-8")
    document = form.read(path, path.name)

    def target(segment):
        new = inline_codes.mask(segment.source, segment.codes, "\ue000")
        literals = iter(inline_codes.literals(segment.source, segment.codes))
        return "".join(next(literals) if part == "\ue000" else part for part in change(new))

    segments = tuple(replace(segment, draft=target(segment)) for segment in document.segments)
    form.write(replace(document, segments=segments), tmp_path / "out")
    return [segment.source for segment in segments], (tmp_path / "out").read_text(encoding="utf-8")


FILES = "{n, plural, one {# file} other {# files}}"
BRANCHES = ["# file", "# files"]


@pytest.mark.parametrize("form, text, expected", [
    (XliffFormat(target_lang="de"), '<xliff version="1.2"><file source-language="en"><body><trans-unit id="1"><source>'
     f"{FILES}</source></trans-unit></body></file></xliff>", "{n, plural, one {# FILE} other {# FILES}}</target>"),
    (PoFormat(target_lang="de"), f'msgid "{FILES}"\nmsgstr ""\n',
     'msgstr "{n, plural, one {# FILE} other {# FILES}}"'),
    (PoFormat(target_lang="de", fuzzy=False), f'#, java-format\nmsgid "{FILES}"\nmsgstr ""\n', "#, java-format\nmsg"),
    (QtLinguistFormat(target_lang="de"), '<TS version="2.1"><context><message><source>'
     f'{FILES}</source><translation type="unfinished"></translation></message></context></TS>',
     "{n, plural, one {# FILE} other {# FILES}}</translation>"),
    (plugins.load("format", "properties")(), f"a={FILES}\n", "a={n, plural, one {# FILE} other {# FILES}}\n"),
    (JsonFormat(include="*"), json.dumps({"a": FILES}), "{n, plural, one {# FILE} other {# FILES}}"),
])
def test_branches_of_plurals_are_texts_in_any_format(form, text, expected, tmp_path):
    sources, new = translated(form, text, tmp_path)
    assert sources[:2] == BRANCHES and expected in new


@pytest.mark.parametrize("text, sources", [
    ("{n, plural, one {<b>#</b> file} other {<b>#</b> files}}", ["<b>#</b> file", "<b>#</b> files"]),
    ("<b>{n, plural, one {a file} other {files}}</b>", ["a file", "files"]),
    ("In {g, select, f {her <i>own</i> {n, plural, other {# files}}} other {it}} now",
     ["# files", "her <i>own</i> {n, plural, other {# files}}", "it",
      "In {g, select, f {her <i>own</i> {n, plural, other {# files}}} other {it}} now"]),
    ("<b>{n, plural, one {a</b> file} other {files}}", []),  # a tag that is torn: nothing is touched
])
def test_tags_in_branches_are_theirs(text, sources):
    assert [piece.source for piece in icu.pieces(text)] == sources


def test_a_target_between_braces_is_no_quotation():
    message = entries.message(f"You have {FILES}")
    new = entries.filled(message, ["# Datei", "# files' {x}", f"L'{message.codes and FILES} d'ici"])
    assert new is not None and "# Datei" in new and new.startswith("L''{n, plural")


branch = st.recursive(st.sampled_from(["a word", "#", "<b>x</b>", "{name}", "it's"]), lambda inner: st.one_of(
    st.builds("{{n, plural, one {{{}}} other {{{}}}}}".format, inner, inner), st.builds("{} {}".format, inner, inner)))


@given(branch)
def test_any_message_keeps_its_braces(text):
    message = entries.message(text)
    new = entries.filled(message, [piece.source for piece in message.pieces])
    assert new is None or new.replace("''", "'") == text


@pytest.mark.parametrize("lang, expected", [
    ("de", ("one", "other")), ("cs", ("one", "few", "other")), ("pl", ("one", "few", "many", "other")),
    ("ja", ("other",)), ("ar", ("zero", "one", "two", "few", "many", "other")), ("pt-BR", ("one", "other")),
    ("qqq", ("one", "other")), ("", ("one", "other")),
])
def test_the_categories_of_languages(lang, expected):
    assert plural_categories.of(lang) == expected


def test_android_gets_the_forms_of_its_language(tmp_path):
    text = ('<resources>\n  <plurals name="n">\n    <item quantity="one">One file</item>\n'
            '    <item quantity="other">%d '
            "files</item>\n  </plurals>\n</resources>\n")
    sources, new = translated(AndroidFormat(target_lang="cs"), text, tmp_path)
    assert sources == ["One file", "%d files"]
    assert '    <item quantity="other">%d FILES</item>\n    <item quantity="few">%d FILES</item>\n  </plurals>' in new
    assert translated(AndroidFormat(target_lang="de"), text, tmp_path)[1] == text.replace("One f", "ONE F").replace(
        "ile<", "ILE<").replace("files", "FILES")


def test_a_source_without_forms_gets_none(tmp_path):
    text = '<resources><plurals name="n"><item quantity="other">%d files</item></plurals></resources>'
    assert translated(AndroidFormat(target_lang="cs"), text, tmp_path)[1] == text.replace("files", "FILES")


def test_stringsdict_gets_the_forms_of_its_language(tmp_path):
    text = ('<plist><dict><key>k</key><dict>\n <key>n</key>\n <dict>\n  <key>one</key>\n  <string>%d file</string>\n'
            "  <key>other</key>\n  <string>%d files</string>\n </dict>\n</dict></dict></plist>")
    sources, new = translated(StringsdictFormat(target_lang="pl"), text, tmp_path)
    assert sources == ["%d file", "%d files"]
    assert ("<string>%d FILES</string>\n  <key>few</key>\n  <string>%d FILES</string>\n  <key>many</key>\n"
            "  <string>%d FILES</string>\n </dict>") in new


def test_json_and_yaml_get_the_forms_of_their_language(tmp_path):
    form = JsonFormat(target_lang="cs", source_lang="en")
    sources, new = translated(form, '{"f_one": "a file", "f_other": "files"}', tmp_path)
    assert json.loads(new) == {"f_one": "A FILE", "f_other": "FILES", "f_few": "FILES"} and len(sources) == 2
    rails = "en:\n  f:\n    one: a file\n    other: 'the files'\n  g: other\n"
    _, new = translated(YamlFormat(source_lang="en", target_lang="cs"), rails, tmp_path)
    assert new == "cs:\n  f:\n    one: A FILE\n    other: 'THE FILES'\n    few: 'THE FILES'\n  g: OTHER\n"


def test_xcstrings_and_qt_have_the_forms_of_their_language(tmp_path):
    forms = {form: {"stringUnit": {"state": "new", "value": text}}
             for form, text in (("one", "a file"), ("other", "%d files"))}
    text = json.dumps({"sourceLanguage": "en", "strings": {"k": {"localizations": {"en": {"variations": {
        "plural": forms}}}}}})
    for lang, names in (("cs", ["one", "few", "other"]), ("ja", ["other"])):
        _, new = translated(XcstringsFormat("en", lang), text, tmp_path)
        plural = json.loads(new)["strings"]["k"]["localizations"][lang]["variations"]["plural"]
        assert list(plural) == names and plural["other"]["stringUnit"]["value"] == "%d FILES"
    text = ('<TS version="2.1"><context><message numerus="yes"><source>%n file(s)</source>'
            '<translation type="unfinished">'
            "<numerusform></numerusform><numerusform></numerusform></translation></message></context></TS>")
    sources, new = translated(QtLinguistFormat(target_lang="cs"), text, tmp_path)
    assert sources == ["%n file", "%n files", "%n files"]
    assert new.count("<numerusform>%n FILES</numerusform>") == 2 and new.count("<numerusform>") == 3


def test_options_keep_their_columns(tmp_path):
    text = ("Usage: x [OPTION]\n\n  -a, --all            show all the entries that are here and\n"
            "                       even more of them\n      --color[=WHEN]   colorize it\n  add      Add some files\n")
    assert [" ".join(text[start:end] for start, end in spans) for spans in blocks(text)] == [
        "Usage: x [OPTION]", "show all the entries that are here and even more of them", "colorize it",
        "Add some files"]
    _, new = translated(PoFormat(target_lang="de"), f"msgid {json.dumps(text)}\nmsgstr \"\"\n", tmp_path)
    assert "      --color[=WHEN]   COLORIZE IT" in new and "  -a, --all            SHOW ALL" in new


def test_spaces_between_tags_and_behind_numbers_come_back():
    source = "<pc>Click</pc> <ph/> for 10\xa0kg"
    codes = inline_codes.find(source)
    assert inline_codes.spaced(source, codes, "<pc>Klick</pc><ph/> für 10 kg") == "<pc>Klick</pc> <ph/> für 10\xa0kg"
    tight = "<b>a</b><i>b</i>"
    assert inline_codes.spaced(tight, inline_codes.find(tight), tight) == tight


def test_no_break_spaces_at_the_ends_of_html_stay(tmp_path):
    sources, new = translated(HtmlFormat(), "<p>&nbsp;<b>A</b> text&nbsp; </p><p>&#160;\xa0more</p>", tmp_path)
    assert sources == ["<b>A</b> text", "more"]
    assert new == "<p>&nbsp;<b>A</b> TEXT&nbsp; </p><p>&#160;\xa0MORE</p>"


FRONT = "---\ntitle: \"Hello: you\"\r\ndescription: a text\nlayout: page\ntags:\n  - one tag\n---\n\nBody.\n"


def test_front_matter_is_translated_by_its_keys(tmp_path):
    assert translated(MarkdownFormat(), FRONT, tmp_path)[0] == ["Body."]
    sources, new = translated(MarkdownFormat("title,tags"), FRONT, tmp_path)
    assert sources == ["Hello: you", "one tag", "Body."]
    assert 'title: "HELLO: YOU"' in new and "  - ONE TAG\n" in new and "description: a text\nlayout: page\n" in new


@pytest.mark.parametrize("text, expected", [
    ("<resources/>", "android"), ('<article xmlns="http://docbook.org/ns/docbook"/>', "docbook"), ("", "android"),
    ('<!-- x --><!DOCTYPE topic PUBLIC "-//OASIS//DTD DITA Topic//EN" "topic.dtd">\n<topic/>', "dita"),
    ('<?xml version="1.0"?><x:xliff xmlns:x="u"/>', "xliff"), ("<TS/>", "qt"), ("<other/>", "android"),
])
def test_xml_files_are_told_by_their_first_element(text, expected, tmp_path):
    (tmp_path / "x.xml").write_text(text)
    assert plugins.format_name(tmp_path / "x.xml") == expected
    assert plugins.format_name(tmp_path / "absent.xml") == "android"


def test_a_word_document_says_its_language_and_its_title_is_translated_if_asked(tmp_path):
    made = docx.Document()
    made.core_properties.title, made.core_properties.author = "A title", "A person"
    made.core_properties.comments = ""  # of the template
    made.add_paragraph("Some text.")
    made.save(tmp_path / "in.docx")
    form = plugins.create("format", "docx", {"properties": True}, source_lang="en", target_lang="de")
    document = form.read(tmp_path / "in.docx", "in.docx")
    assert [segment.source for segment in document.segments] == ["Some text.", "A title"]
    form.write(document, tmp_path / "same.docx")
    assert (tmp_path / "same.docx").read_bytes() == (tmp_path / "in.docx").read_bytes()
    segments = tuple(replace(segment, draft=segment.source.upper()) for segment in document.segments)
    form.write(replace(document, segments=segments), tmp_path / "out.docx")
    new = docx.Document(tmp_path / "out.docx")
    assert (new.core_properties.title, new.core_properties.author) == ("A TITLE", "A person")
    languages = [element.get(qn("w:val")) for element in new.styles.element.iter(qn("w:lang"))]
    assert languages == ["de-DE"] and new.paragraphs[0].text == "SOME TEXT."
