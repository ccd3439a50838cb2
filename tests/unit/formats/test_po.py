import shutil
import subprocess
from dataclasses import replace
from gettext import GNUTranslations
from io import BytesIO

import polib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtpipe.document import inline_codes
from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.formats.editing import accelerators, entries
from mtpipe.formats.po import directives, plurals
from mtpipe.formats.po.document import PoFormat
from mtpipe.formats.po.syntax import entries as parsed
from mtpipe.formats.po.syntax import quoted
from mtpipe.languages import tags

HEADER = '''msgid ""
msgstr ""
"Project-Id-Version: x 1\\n"
"Language: de\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

'''
CATALOGUE = HEADER + '''# a translator's note
#. for translators
#: file.c:12 file.c:14
#, c-format
msgctxt "menu"
msgid "Open %s with %d copies"
msgstr ""

#, fuzzy
#| msgid "Old"
msgid "New"
msgstr "Alt"

msgid "Done"
msgstr   "Erledigt"

msgid "%d file"
msgid_plural "%d files"
msgstr[0] ""
msgstr[1] ""

msgid ""
"Usage:\\n"
"  - first item\\n"
"\\n"
"This paragraph was wrapped by hand and so it goes on in\\n"
"the second line.\\n"
msgstr ""

msgid "translator-credits"
msgstr ""

#~ msgid "Gone"
#~ msgstr ""
'''


def read(text, tmp_path, encoding="utf-8", **options):
    path = tmp_path / "in.po"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return PoFormat(**{"target_lang": "de"} | options).read(path, "doc.po")


def written(document, tmp_path, **options):
    path = tmp_path / "out.po"
    PoFormat(**{"target_lang": "de"} | options).write(document, path)
    return path.read_bytes()


def translated(text, tmp_path, translate=str.upper, **options):
    """The catalogue with every segment's text outside its codes translated."""
    document = read(text, tmp_path, **options)
    done = tuple(replace(s, postedit=outside(s, translate)) for s in document.segments)
    return written(replace(document, segments=done), tmp_path, **options).decode()


def outside(segment, translate):
    pieces, position = [], 0
    for code in segment.codes:
        pieces += (translate(segment.source[position:code.start]), segment.source[code.start:code.end])
        position = code.end
    return "".join((*pieces, translate(segment.source[position:])))


def sources(text, tmp_path, **options):
    return [segment.source for segment in read(text, tmp_path, **options).segments]


def compiles(text, tmp_path):
    """msgfmt's own opinion, where there is one."""
    msgfmt = shutil.which("msgfmt")
    if msgfmt:
        path = tmp_path / "check.po"
        path.write_bytes(text.encode())
        ran = subprocess.run([msgfmt, "-c", "-o", str(tmp_path / "x.mo"), path], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("existing", ["keep", "redo", "draft"])
def test_what_is_not_translated_is_written_as_it_was_read(encoding, newline, existing, tmp_path):
    text = CATALOGUE.replace("\n", newline)
    document = read(text, tmp_path, encoding, existing=existing)
    assert document.segments and written(document, tmp_path, existing=existing) == text.encode(encoding)


def test_only_untranslated_entries_are_handed_over(tmp_path):
    assert sources(CATALOGUE, tmp_path) == [
        "Open %s with %d copies", "%d file", "%d files", "Usage:", "first item",
        "This paragraph was wrapped by hand and so it goes on in the second line."]
    document = read(CATALOGUE, tmp_path)
    assert document.notes == ("3 entries left unchanged: translated already, or not to be translated",)
    assert [segment.id for segment in document.segments[:2]] == ["doc.po#1", "doc.po#2"]


def test_targets_are_put_in_and_nothing_else_changes(tmp_path):
    text = translated(CATALOGUE, tmp_path)
    expected = CATALOGUE.replace('#, c-format\nmsgctxt "menu"\nmsgid "Open %s with %d copies"\nmsgstr ""',
                                 '#, fuzzy, c-format\nmsgctxt "menu"\nmsgid "Open %s with %d copies"\n'
                                 'msgstr "OPEN %s WITH %d COPIES"')
    expected = expected.replace('msgid "%d file"', '#, fuzzy\nmsgid "%d file"').replace(
        'msgstr[0] ""\nmsgstr[1] ""', 'msgstr[0] "%d FILE"\nmsgstr[1] "%d FILES"')
    expected = expected.replace('msgid ""\n"Usage', '#, fuzzy\nmsgid ""\n"Usage').replace(
        '"the second line.\\n"\nmsgstr ""', '"the second line.\\n"\nmsgstr ""\n"USAGE:\\n"\n"  - FIRST ITEM\\n"\n'
        '"\\n"\n"THIS PARAGRAPH WAS WRAPPED BY HAND AND SO IT GOES ON IN\\n"\n"THE SECOND LINE.\\n"')
    assert text == expected
    compiles(text, tmp_path)
    assert translated(CATALOGUE.replace("\n", "\r\n"), tmp_path) == expected.replace("\n", "\r\n")


def test_machine_output_need_not_be_fuzzy(tmp_path):
    text = translated(CATALOGUE, tmp_path, fuzzy=False, existing="redo")
    assert "fuzzy" not in text and 'msgid "New"\nmsgstr "NEW"' in text and 'msgstr "DONE"' in text
    compiles(text, tmp_path)
    reread = polib.pofile(text)
    assert reread.find("%d file").msgstr_plural == {0: "%d FILE", 1: "%d FILES"}
    assert [entry.msgid for entry in reread.obsolete_entries()] == ["Gone"]


def test_existing_translations_are_drafts_if_asked(tmp_path):
    document = read(CATALOGUE, tmp_path, existing="draft")
    drafts = {segment.source: segment.draft for segment in document.segments}
    assert drafts["New"] == "Alt" and drafts["Done"] == "Erledigt" and drafts["%d file"] is None
    mended = tuple(replace(s, postedit="Fertig") if s.source == "Done" else s for s in document.segments)
    text = written(replace(document, segments=mended), tmp_path, existing="draft").decode()
    assert text == CATALOGUE.replace('msgid "Done"\nmsgstr   "Erledigt"', '#, fuzzy\nmsgid "Done"\nmsgstr "Fertig"')


NOTE = "term missing: sheet → Blatt; suggestion: Ein neues Blatt"


def test_a_suggestion_is_a_comment_until_there_is_none(tmp_path):
    document = read(CATALOGUE, tmp_path, existing="draft")
    noted = tuple(replace(s, draft="x", notes=(NOTE, "else")) if s.source in ("New", "%d files") else
                  replace(s, draft="y") for s in document.segments)  # fmt: skip
    text = written(replace(document, segments=noted), tmp_path, existing="draft").decode()
    assert text.count("#. mtpipe: ") == 2 and "else" not in text
    assert f'#, fuzzy\n#. mtpipe: {NOTE}\n#| msgid "Old"\nmsgid "New"\nmsgstr "x"' in text
    assert polib.pofile(text).find("New").comment == f"mtpipe: {NOTE}"
    again = read(text, tmp_path, existing="draft")
    same = written(replace(again, segments=tuple(
        replace(s, notes=(NOTE,) * (s.source in ("New", "%d files"))) for s in again.segments)), tmp_path)  # fmt: skip
    assert same.decode() == text  # nothing twice
    assert "#. mtpipe" not in translated(text, tmp_path, existing="draft")


TEMPLATE = '''# Copyright
#, fuzzy
msgid ""
msgstr ""
"Project-Id-Version: PACKAGE VERSION\\n"
"Language: \\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=CHARSET\\n"
"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"

#, c-format
msgid "%d file"
msgid_plural "%d files"
msgstr[0] ""
msgstr[1] ""

msgid "One cell"
msgid_plural "{n} cells"
msgstr[0] ""
msgstr[1] ""
'''


@pytest.mark.parametrize("lang, forms, one", [
    ("de", ["%d FILE", "%d FILES"], ["ONE CELL", "{n} CELLS"]),
    ("ja", ["%d FILES"], ["{n} CELLS"]),
    ("cs", ["%d FILE", "%d FILES", "%d FILES"], ["ONE CELL", "{n} CELLS", "{n} CELLS"]),
    ("ru", ["%d FILE", "%d FILES", "%d FILES"], ["{n} CELLS", "{n} CELLS", "{n} CELLS"]),  # 21 is not one
    ("ar", ["%d FILES", "%d FILE"] + ["%d FILES"] * 4, ["{n} CELLS", "ONE CELL"] + ["{n} CELLS"] * 4),
    ("pt-BR", ["%d FILE", "%d FILES"], ["{n} CELLS", "{n} CELLS"]),
])
def test_a_template_becomes_a_catalogue_with_the_targets_plural_forms(lang, forms, one, tmp_path):
    text = translated(TEMPLATE, tmp_path, fuzzy=False, target_lang=lang)
    compiles(text, tmp_path)
    found = polib.pofile(text)
    assert list(found.find("%d file").msgstr_plural.values()) == forms
    assert list(found.find("One cell").msgstr_plural.values()) == one
    assert found.metadata["Language"] == lang.replace("-", "_")
    assert found.metadata["Plural-Forms"] == plurals.of(lang).rule
    assert found.metadata["Content-Type"] == "text/plain; charset=UTF-8" and "fuzzy" not in text
    path = tmp_path / "x.mo"
    found.save_as_mofile(str(path))
    shown = GNUTranslations(BytesIO(path.read_bytes()))
    assert shown.ngettext("%d file", "%d files", 5) == "%d FILES"


def test_a_catalogue_without_header_gets_one(tmp_path):
    text = translated('msgid "a word"\nmsgstr ""\n', tmp_path, fuzzy=False, translate=lambda text: "Wörter")
    assert text.endswith('msgid "a word"\nmsgstr "Wörter"\n') and "charset=UTF-8" in text and "Language: de" in text
    compiles(text, tmp_path)


def test_what_has_no_words_is_copied(tmp_path):
    text = translated(HEADER + 'msgid "%s: %d"\nmsgstr ""\n\nmsgid "word"\nmsgstr ""\n', tmp_path)
    assert text.endswith('msgid "%s: %d"\nmsgstr "%s: %d"\n\n#, fuzzy\nmsgid "word"\nmsgstr "WORD"\n')


def test_legacy_charsets(tmp_path):
    text = HEADER.replace("UTF-8", "ISO-8859-1") + '# Größe\nmsgid "word"\nmsgstr ""\n'
    document = read(text, tmp_path, "latin-1")
    assert written(document, tmp_path) == text.encode("latin-1")
    document = replace(document, segments=(replace(document.segments[0], draft="Maß"),))
    assert "Größe" in (data := written(document, tmp_path)).decode("latin-1") and b"Ma\xdf" in data
    document = replace(document, segments=(replace(document.segments[0], draft="větší"),))
    data = written(document, tmp_path).decode()
    assert "charset=UTF-8" in data and "Größe" in data and '"větší"' in data


WRONG = [
    (HEADER.replace("UTF-8", "ASCII") + "# ä\n", {}, r"doc.po: declared as ASCII, but byte \d+ \(line 8\) is not"),
    (HEADER.replace("UTF-8", "LATIN1") + "# ä\n", {}, "doc.po: declared as LATIN1, but its bytes are UTF-8; correct"),
    (HEADER.replace("UTF-8", "KLINGON"), {}, "doc.po: declares the encoding 'KLINGON', which is none"),
    (HEADER, {"target_lang": "fr"}, "doc.po: a catalogue of de, the job translates into fr; correct its Language"),
    (HEADER + 'msgid "a\nmsgstr ""', {}, "doc.po:8: neither a comment, a keyword nor a string in quotes: '\"a'"),
    (HEADER + 'msgid "a"\nmsgstr[0] ""', {}, r"doc.po:8: an entry of msgid, msgstr\[0\]; msgid and msgstr, or"),
    ('"lost"\n', {}, "doc.po:1: a string without a keyword before it"),
    (b"\x89PNG\r\n\0\0", {}, "doc.po: taken as UTF-8, but byte 0"),
]


@pytest.mark.parametrize("text, options, message", WRONG)
def test_wrong_input_is_said(text, options, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(text, tmp_path, **options)


def test_wrong_options_and_places_are_said(tmp_path):
    with pytest.raises(ConfigError, match="existing='no': use keep, redo, draft"):
        PoFormat(existing="no")
    with pytest.raises(ConfigError, match="accelerator='x': use auto, _ & ~ or nothing"):
        PoFormat(accelerator="x")
    with pytest.raises(InputError, match="doc.po: can't be read: No such file"):
        PoFormat().read(tmp_path / "absent", "doc.po")
    with pytest.raises(OutputError, match="can't be written"):
        PoFormat().write(read(CATALOGUE, tmp_path), tmp_path / "no" / "folder")


FRAGMENTS = ["word ", "%s ", "%d%% ", "{name} ", "\n", "\n\n", "  ", "- ", '"', "\\", "\t", "ä", "<b>", "</b> ",
             "_Key ", "a_b ", "&Key ", "100% of ", "%(n)s ", "Ende. ", "中文。",
             "a long line of words that was wrapped by hand "]
TEXTS = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=12).map("".join)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_catalogue_is_kept_translated_and_read_by_others(data, tmp_path):
    made = data.draw(st.dictionaries(TEXTS, st.tuples(TEXTS | st.just(""), st.sampled_from(
        ["", "c-format", "python-format", "python-brace-format"])), min_size=1, max_size=6))
    text = HEADER
    for msgid, (msgstr, flag) in made.items():
        width = data.draw(st.sampled_from([0, 79]))
        text += f"#, {flag}\n" if flag else ""
        text += quoted("msgid", msgid, "\n", width) + "\n" + quoted("msgstr", msgstr, "\n", width) + "\n\n"
    assert {entry.msgid: entry.msgstr for entry in polib.pofile(text)} == {k: v for k, (v, _) in made.items()}
    document = read(text, tmp_path, existing="redo")
    assert written(document, tmp_path, existing="redo") == text.encode()
    for segment in document.segments:
        assert inline_codes.broken(segment.source, segment.codes, segment.source) == []
    result = translated(text, tmp_path, existing="redo", fuzzy=False)
    after = {entry.msgid: entry for entry in polib.pofile(result)}
    assert after.keys() == made.keys()
    for msgid, entry in after.items():
        if any(segment.source.strip() for segment in document.segments):
            assert (entry.msgstr[:1] == "\n", entry.msgstr[-1:] == "\n") == (msgid[:1] == "\n", msgid[-1:] == "\n")
            flag = made[msgid][1]
            fits = not flag or directives.fits(entry.msgstr, msgid, flag[:-7])
            assert fits or "fuzzy" in entry.flags
    if document.segments:
        compiles(result, tmp_path)


DIRECTIVES = [
    ("c", "Copy %s to %d", "Nach %d kopiere %s", "Nach %2$d kopiere %1$s"),
    ("c", "%d files", "100 % der %d Dateien", "100 %% der %d Dateien"),
    ("c", "%<PRIu64> of %lu", "%lu von %<PRIu64>", "%2$lu von %1$<PRIu64>"),
    ("c", "100%% of %s", "100%% von %s", "100%% von %s"),
    ("c", "%s and %s", "%s und %s", "%s und %s"),
    ("c", "%s: %m", "%m: %s", "%m: %s"),
    ("python", "%(a)s in %(b)d", "%(b)d in %(a)s", "%(b)d in %(a)s"),
    ("python-brace", "{a} in {b:>{c}}", "{b:>{c}} in {a}", "{b:>{c}} in {a}"),
    ("qt", "%1 of %2", "%2 von %1 zu 50%", "%2 von %1 zu 50%%"),
    ("sh", "$a is ${b}", "${b} ist $a", "${b} ist $a"),
]


@pytest.mark.parametrize("kind, source, target, expected", DIRECTIVES)
def test_directives_are_fitted(kind, source, target, expected):
    assert directives.fitted(target, source, kind) == expected
    assert directives.fits(expected, source, kind) == ("%m" not in source)


@pytest.mark.parametrize("kind, source, target", [
    ("c", "%s %d", "%s"), ("c", "%s %d", "%d %s"), ("c", "%s", "%s %s"), ("python", "%s %d", "%d %s"),
    ("python", "%(a)s", "%(b)s"), ("python-brace", "{a}", "{b}"), ("c", "%d", "%ld"), ("sh", "$a", "$b"),
])
def test_directives_that_do_not_fit(kind, source, target):
    assert not directives.fits(target, source, kind)


def test_a_translation_that_would_crash_a_program_is_fuzzy_whatever_was_asked(tmp_path):
    text = HEADER + '#, python-format\nmsgid "Copy %s to %d"\nmsgstr ""\n'
    document = read(text, tmp_path, fuzzy=False)
    document = replace(document, segments=(replace(document.segments[0], draft="Nach %d kopiere %s"),))
    assert "#, fuzzy, python-format" in written(document, tmp_path, fuzzy=False).decode()


KEYS = [
    ("_File", "_", "Datei", "_Datei"),
    ("_File", "_", "Öffne", "Ö_ffne"),
    ("E_xit", "_", "Schließen", "_Schließen"),
    ("Save &As…", "&", "Speichern als", "Speichern &als"),
    ("~View", "~", "视图...", "视图(~V)..."),
    ("&Find", "&", "Найти", "&Найти"),
    ("Black && &White", "&", "Schwarz & Weiß", "Schwarz && &Weiß"),
    ("Open %_s", "&", "Öffne %_s", "Öffne %_s"),
    ("R&D here", "&", "F+E hier", "F+E hier"),
    ("file_name is bad", "_", "file_name ist schlecht", "file_name ist schlecht"),
    ("Q&amp;A", "&", "FAQ &amp;", "FAQ &amp;"),
]


@pytest.mark.parametrize("source, mark, target, expected", KEYS)
def test_accelerator_keys_are_taken_out_and_put_back(source, mark, target, expected):
    made = entries.message(source, (), entries.Labels(mark, {"exit"}))
    piece, = made.pieces
    assert mark not in piece.source or expected == target or "&&" in source
    assert entries.filled(made, [target]) == expected


def test_a_key_behind_an_east_asian_translation_is_no_part_of_its_draft():
    labels = entries.Labels("_", ())
    assert entries.message("開く(_O)...", (), labels).text == "開く..."
    assert entries.message("_Open", (), labels).key == accelerators.Key("_", "O", False)


@pytest.mark.parametrize("texts, marks", [
    (["_File", "_Edit", "~View", "~Help", "~Tools", "_Window"], "_~"), (["&File", "&Edit", "E&xit", "&Help"], "&"),
    (["file_name", "snake_case", "R&D", "a word"], ""), (["_File"] + ["a word"] * 999, ""),
])
def test_the_marks_of_a_catalogue(texts, marks):
    assert accelerators.marks(texts) == marks


def test_keys_are_reported(tmp_path):
    text = HEADER + "".join(f'msgid "_{word}"\nmsgstr ""\n\n' for word in ("File", "Edit", "View"))
    assert read(text, tmp_path).notes == (
        "3 accelerator keys: put on the same letter of the translation where it has it, else on a word's first letter",)
    assert translated(text, tmp_path).count('msgstr "_') == 3
    assert sources(text, tmp_path, accelerator="") == ["_File", "_Edit", "_View"]


@pytest.mark.parametrize("lang, count", [("de", 2), ("fr", 2), ("ja", 1), ("zh-TW", 1), ("pl", 3), ("sl", 4), ("ar", 6),
                                         ("is", 2), ("xx", 2)])
def test_plural_rules(lang, count):
    found = plurals.of(lang)
    assert len(found.numbers) == count and f"nplurals={count};" in found.rule
    assert frozenset().union(*found.numbers) == frozenset(range(1001))


@pytest.mark.parametrize("rule", ["", "nplurals=INTEGER; plural=EXPRESSION;", "nplurals=2; plural=n/0;",
                                  "nplurals=1; plural=(n != 1);", "nplurals=2; plural=__import__('os');"])
def test_what_is_no_plural_rule(rule):
    assert plurals.read(rule) is None


@pytest.mark.parametrize("stated, expected, fits", [
    ("de", "de", True), ("de_AT", "de", True), ("de", "de-CH", True), ("pt_BR", "pt-PT", True), ("", "de", True),
    ("de", "", True), ("fr", "de", False), ("zh_TW", "zh-CN", False), ("zh", "zh-Hant", True), ("no", "nb", True),
    ("sr@latin", "sr", True),
])
def test_languages_fit(stated, expected, fits):
    assert tags.fits(stated, expected) is fits


def test_escapes():
    text = 'msgid "a\\tb\\"c\\\\n\\x41\\101\\n"\nmsgstr ""\n'
    entry, = parsed(text, "x")
    assert entry.msgid == 'a\tb"c\\nAA\n'
    assert quoted("msgid", entry.msgid, "\n", 79) == 'msgid "a\\tb\\"c\\\\nAA\\n"'
