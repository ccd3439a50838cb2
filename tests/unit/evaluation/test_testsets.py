"""Test sets and outputs in every layout, and what is said of files that don't fit."""

import gzip
import json
from pathlib import Path

import pytest

from mtpipe import plugins
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, GlossaryError, InputError
from mtpipe.evaluation.testsets import Outputs, layout_name, with_outputs
from mtpipe.evaluation.testsets.files import SetFiles, as_test_set, read_systems, read_test_set
from mtpipe.evaluation.testsets.terms import read_terms
from mtpipe.glossary.model import Term

SOURCES = ["Open the table.", "A cell & a row.", "Close it."]
REFERENCES = ["Öffnen Sie die Tabelle.", "Eine Zelle & eine Zeile.", "Schließen Sie es."]
OUTPUTS = ["Öffne die Tabelle.", "Eine Zelle & Zeile.", ""]
TERMS = [[{"source": "table", "target": "Tabelle"}], [{"en": "cell", "de": "Zelle"}], []]
EXPECTED_TERMS = [(Term(("table",), ("Tabelle",)),), (Term(("cell",), ("Zelle",)),), ()]
XML = """<?xml version='1.0' encoding='utf-8'?>
<dataset id="t"><collection id="general">
<doc id="d1" origlang="en"><src lang="en"><p><seg id="1">Open the table.</seg>
<seg id="2">A cell &amp; a row.</seg></p></src>
<ref lang="de" translator="A"><p><seg id="1">Öffnen Sie die Tabelle.</seg>
<seg id="2">Eine Zelle &amp; eine Zeile.</seg></p></ref>
<ref lang="de" translator="B"><p><seg id="1">anders</seg><seg id="2">anders</seg></p></ref>
<hyp lang="de" system="one"><p><seg id="1">Öffne die Tabelle.</seg><seg id="2">Eine Zelle &amp; Zeile.</seg></p></hyp>
<hyp lang="de" system="two"><p><seg id="1">Auf!</seg></p></hyp></doc>
<doc id="d2" origlang="en"><src lang="en"><p><seg id="1">Close it.</seg></p></src>
<ref lang="de" translator="A"><p><seg id="1">Schließen Sie es.</seg></p></ref>
<hyp lang="de" system="one"><p><seg id="1"></seg></p></hyp>
<hyp lang="de" system="two"><p><seg id="1">Zu!</seg></p></hyp></doc>
<doc id="d3" testsuite="x"><src lang="en"><p><seg id="1">Not this.</seg></p></src></doc>
</collection></dataset>
"""


def sgm(kind, texts, **attributes):
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    segments = "\n".join(f'<seg id="{n}"> {text} </seg>' for n, text in enumerate(texts, 1))
    return f'<{kind} setid="t"{said}>\n<DOC docid="d1" genre="news">\n<p>\n{segments}\n</p>\n</DOC>\n</{kind}>\n'


def rows(*more):
    return "".join(json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False) + "\n"
                   for names, table in more for values in table)


def asked(**given):
    return SetFiles("en", "de", **given)


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, texts in {"x.en": SOURCES, "x.de": REFERENCES, "out.txt": OUTPUTS,
                        "x.terms": [json.dumps(terms) for terms in TERMS]}.items():
        (tmp_path / name).write_text("".join(f"{text}\n" for text in texts), "utf-8")
    (tmp_path / "out.gz").write_bytes(gzip.compress((tmp_path / "out.txt").read_bytes()))
    (tmp_path / "t.xml").write_text(XML, "utf-8")
    # as in the old test sets: a bare & here and there
    for name, text in {"src.sgm": sgm("srcset", SOURCES), "ref.sgm": sgm("refset", REFERENCES, trglang="de"),
                       "out.sgm": sgm("tstset", OUTPUTS, sysid="old")}.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "t.jsonl").write_text(rows((("id", "source", "reference", "terms"), [
        (f"s{n}", source, REFERENCES[n], TERMS[n]) for n, source in enumerate(SOURCES)])), "utf-8")
    (tmp_path / "wmt25.jsonl").write_text(rows((("en", "de", "proper", "random", "noterm"), [
        (source, REFERENCES[n], {t.source: t.target for t in EXPECTED_TERMS[n]}, {"the": "die"}, {})
        for n, source in enumerate(SOURCES)])), "utf-8")
    (tmp_path / "t.tsv").write_text("id\tsource\treference\tterms\tbest system\tother\n" + "".join(
        f"s{n}\t{source}\t{REFERENCES[n]}\t{json.dumps(TERMS[n])}\t{OUTPUTS[n]}\tx\n"
        for n, source in enumerate(SOURCES)), "utf-8")
    return tmp_path


@pytest.mark.parametrize("given, ids, has_terms", [
    ({"source": "x.en", "reference": "x.de", "terms": "x.terms"}, ["x.en#1", "x.en#2", "x.en#3"], True),
    ({"test": "t.jsonl"}, ["s0", "s1", "s2"], True),
    ({"test": "wmt25.jsonl"}, ["wmt25.jsonl#1", "wmt25.jsonl#2", "wmt25.jsonl#3"], True),
    ({"test": "t.tsv"}, ["s0", "s1", "s2"], True),
    ({"test": "t.xml"}, ["d1#1", "d1#2", "d2#1"], False),
    ({"source": "src.sgm", "reference": "ref.sgm"}, ["d1#1", "d1#2", "d1#3"], False),
])
def test_a_test_set_in_every_layout(given, ids, has_terms):
    found = read_test_set(asked(**{key: Path(name) for key, name in given.items()}))
    assert [segment.id for segment in found] == ids
    assert [segment.source for segment in found] == SOURCES
    assert [segment.reference for segment in found] == REFERENCES
    assert [segment.terms for segment in found] == (EXPECTED_TERMS if has_terms else [()] * 3)


def test_the_mode_chooses_the_terms():
    found = read_test_set(asked(test=Path("wmt25.jsonl"), mode="random"))
    assert {segment.terms for segment in found} == {(Term(("the",), ("die",)),)}


def test_a_test_set_without_references_has_none():
    assert {segment.reference for segment in read_test_set(asked(source=Path("x.en")))} == {None}
    assert {segment.reference for segment in read_test_set(asked(source=Path("src.sgm")))} == {None}


@pytest.mark.parametrize("name, given, names", [
    ("out.txt", {"source": "x.en"}, ["out"]), ("out.gz", {"source": "x.en"}, ["out"]),
    ("out.sgm", {"source": "src.sgm"}, ["old"]), ("t.xml", {"test": "t.xml"}, ["one", "two"]),
    ("t.tsv", {"test": "t.jsonl"}, ["best system", "other"]),
])
def test_outputs_in_every_layout(name, given, names):
    where = asked(**{key: Path(name) for key, name in given.items()})
    found = read_systems([("", Path(name))], read_test_set(where), where)
    assert list(found) == names
    assert [segment.draft for segment in found[names[0]][1]] == OUTPUTS
    if name == "t.xml":  # what a system did not give is empty
        assert [segment.draft for segment in found["two"][1]] == ["Auf!", "", "Zu!"]


@pytest.mark.parametrize("keys, more", [
    (("id", "draft"), []), (("id", "target"), []), (("id", "hypothesis", "team"), ["we"]), (("id", "de"), []),
])
def test_rows_in_any_order_are_put_to_their_ids(files, keys, more):
    (files / "o.jsonl").write_text(rows((keys, [(f"s{n}", OUTPUTS[n], *more) for n in (2, 0, 1)])), "utf-8")
    where = asked(test=Path("t.jsonl"))
    (name, (_, found)), = read_systems([("", Path("o.jsonl"))], read_test_set(where), where).items()
    assert [segment.draft for segment in found] == OUTPUTS and name == (more or ["o"])[0]


def test_the_layouts_of_wmt24_and_wmt25(files):
    (files / "pp.jsonl").write_text(rows((
        ("lp", "document_id", "segment_id", "source", "target", "original_target"),
        [("en-de_DE", "d", n, source, REFERENCES[n], "x") for n, source in enumerate(SOURCES)]
        + [("en-fr_FR", "d", 0, SOURCES[0], "Ouvrez", "x")])), "utf-8")
    found = read_test_set(asked(test=Path("pp.jsonl")))
    assert [(s.id, s.source, s.reference) for s in found] == [
        (f"d#{n}", SOURCES[n], REFERENCES[n]) for n in range(3)]
    (files / "humeval.jsonl").write_text(rows((("doc_id", "src_text", "tgt_text"), [
        (f"en-de_DE_#_news_#_d_#_{n}", source, {"refA": REFERENCES[n], "S": OUTPUTS[n], "T": "x"})
        for n, source in enumerate(SOURCES)] + [("en-cs_CZ_#_news_#_d_#_0", SOURCES[0], {"S": "y"})])), "utf-8")
    where = asked(test=Path("humeval.jsonl"))
    segments = read_test_set(where)
    assert [segment.reference for segment in segments] == REFERENCES
    assert list(read_systems([("", Path("humeval.jsonl"))], segments, where)) == ["S", "T"]
    with pytest.raises(InputError, match="no rows of en-pl, only of en-cs_CZ, en-de_DE; give --source-lang"):
        read_test_set(SetFiles("en", "pl", test=Path("humeval.jsonl")))


def test_bilingual_files_are_test_set_and_system_at_once(files):
    for name in ("a", "b"):
        (files / f"{name}.jsonl").write_text(rows((("source", "draft"), [(source, name) for source in SOURCES])))
    where = asked()
    segments = as_test_set(Path("a.jsonl"), where)
    assert [segment.draft for segment in segments] == [None] * 3
    # the ids are of another file, the sources are the same in order
    assert [s.draft for s in read_systems([("", Path("b.jsonl"))], segments, where)["b"][1]] == ["b"] * 3


def test_folders_of_documents_block_by_block(files):
    for folder, texts in {"src": SOURCES, "ref": REFERENCES, "mt": OUTPUTS[:2] + ["Zu."]}.items():
        (files / folder / "sub").mkdir(parents=True)
        (files / folder / ".mtpipe").mkdir()
        (files / folder / ".mtpipe" / "report.json").write_text("{}")
        (files / folder / "settings.json").write_text('{"a": 1}')  # nothing to translate
        (files / folder / "a.txt").write_text("\n".join(texts[:2]) + "\n", "utf-8")
        (files / folder / "sub" / "b.md").write_text(f"{texts[2]}\n", "utf-8")
    where = asked(source=Path("src"), reference=Path("ref"))
    found = read_systems([("", Path("mt"))], read_test_set(where), where)["mt"][1]
    assert [(s.id, s.source, s.reference, s.draft) for s in found] == [
        ("a.txt#1", SOURCES[0], REFERENCES[0], OUTPUTS[0]), ("a.txt#2", SOURCES[1], REFERENCES[1], OUTPUTS[1]),
        ("sub/b.md#1", SOURCES[2], REFERENCES[2], "Zu.")]  # fmt: skip
    (files / "ref" / "a.txt").write_text(REFERENCES[0], "utf-8")
    with pytest.raises(InputError, match="ref/a.txt: 1 blocks, but src/a.txt has 2; references must be the same"):
        read_test_set(where)


LINES = "".join(f"{text}\n" for text in OUTPUTS)


@pytest.mark.parametrize("content, name, message", [
    ("a\nb\n", "o.txt", "o.txt: 2 translations for 3 segments; give a system's output for this test set, a line each"),
    (LINES + "x\n", "o.txt", "o.txt: 4 translations for 3 segments"),
    ('{"id": "s0", "draft": "a"}\n{"id": "s0", "draft": "b"}\n', "o.jsonl",
     r"o.jsonl: repeated ids: s0; each"),
    ('{"id": "s9", "draft": "a"}\n', "o.jsonl", r"o.jsonl: ids that are not in the test set: 1 of 1 \(s9\)"),
    ('{"id": "s0", "source": "Other.", "draft": "a"}\n', "o.jsonl",
     r"o.jsonl: sources that differ from the test set's: 1 of 1 \(s0\); systems must have translated the same text"),
    ('{"id": "s0"}\n', "o.jsonl", "o.jsonl: no system's output; the rows have id — call it postedit, draft"),
    ('{"id": "s0", "draft": 3}\n', "o.jsonl", 'o.jsonl:1: "draft" is int, a string is expected'),
    ('{"id": "s0", "draft": "a"}\n{"id', "o.jsonl", "o.jsonl:2: not JSON"),
    ("[1]\n", "o.jsonl", "o.jsonl:1: a JSON object is expected, not list"),
    ("id\tmt\ns0\n", "o.tsv", r"o.tsv:2: 1 cells under 2 headings \(id, mt\)"),
    ("mt\tmt\na\tb\n", "o.tsv", "o.tsv:1: several columns are called mt"),
    ("<dataset><doc>", "o.xml", "o.xml:1: not XML"),
    ("<tmx/>", "o.xml", "o.xml: no <doc> in it; XML as of WMT21"),
    (sgm("refset", OUTPUTS), "o.sgm", "o.sgm: no system's output; give a tstset"),
])
def test_outputs_that_do_not_fit(files, content, name, message):
    (files / name).write_text(content, "utf-8")
    where = asked(test=Path("t.jsonl"))
    with pytest.raises(InputError, match=message):
        read_systems([("", Path(name))], read_test_set(where), where)


@pytest.mark.parametrize("change, message", [
    (("x.de", "a\n"), "x.de: 1 line, but x.en has 3; aligned files need as many lines"),
    (("x.terms", "{}\n{}\nno\n"), "x.terms:3: not JSON"),
    (("x.terms", '["a"]\n{}\n{}\n'), "x.terms:1: terms that are not objects"),
    (("x.terms", '[{"en": "a"}]\n{}\n{}\n'), 'x.terms:1: a term needs both sides.*call them "source" and "target"'),
    (("x.en", "\n\n\n"), "x.en: no segment in it"),
])
def test_aligned_files_that_do_not_fit(files, change, message):
    (files / change[0]).write_text(change[1], "utf-8")
    with pytest.raises((InputError, GlossaryError), match=message):
        read_test_set(asked(source=Path("x.en"), reference=Path("x.de"), terms=Path("x.terms")))


def test_a_line_that_is_not_utf8_is_named(files):
    (files / "o.txt").write_bytes("eins\nzwei\ndrei ä\n".encode("cp1252"))
    where = asked(source=Path("x.en"))
    with pytest.raises(InputError, match=r"o.txt:3: not UTF-8 \(byte 0xe4 at 5 of the line\); save the file as UTF-8"):
        read_systems([("", Path("o.txt"))], read_test_set(where), where)
    (files / "o.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match="o.gz:1: can't be read"):
        read_systems([("", Path("o.gz"))], read_test_set(where), where)


@pytest.mark.parametrize("given, message", [
    ({}, "either one file"), ({"test": "t.jsonl", "source": "x.en"}, "either one file"),
    ({"test": "t.jsonl", "reference": "x.de"}, r"t.jsonl holds the whole test set \(rows\); leave out --reference"),
    ({"test": "t.jsonl", "layout": "nonsense"}, "no such testset plug-in 'nonsense'; available: bilingual"),
])
def test_what_is_asked_must_make_sense(given, message):
    with pytest.raises(ConfigError, match=message):
        read_test_set(asked(**{key: name if key == "layout" else Path(name) for key, name in given.items()}))


def test_two_systems_of_one_name_are_refused():
    where = asked(source=Path("x.en"))
    with pytest.raises(ConfigError, match="there is a system 'out' already; name it, as NAME=out.gz"):
        read_systems([("", Path("out.txt")), ("", Path("out.gz"))], read_test_set(where), where)


def test_repeated_ids_in_a_test_set_are_refused(files):
    (files / "t.jsonl").write_text('{"id": "a", "source": "x"}\n' * 2)
    with pytest.raises(InputError, match=r"t.jsonl: repeated ids: a; each"):
        read_test_set(asked(test=Path("t.jsonl")))


def test_outputs_without_ids_but_other_sources_are_refused():
    segments = [Segment("a", "x y"), Segment("b", "z")]
    given = Outputs(Path("o"), ("1", None), sources=("x  y", "z"))
    assert [segment.draft for segment in with_outputs(segments, given)] == ["1", ""]
    with pytest.raises(InputError, match=r"sources that differ from the test set's: 1 of 2 \(b\)"):
        with_outputs(segments, Outputs(Path("o"), ("1", "2"), sources=("x y", "other")))


def test_every_layout_has_a_reader():
    suffixes = (".jsonl", ".tsv", ".csv", ".sgm", ".xml", ".po", ".txt", ".en")
    assert {layout_name(Path(f"x{suffix}")) for suffix in suffixes} <= set(plugins.names("testset"))


@pytest.mark.parametrize(("items", "targets"), [
    ([{"en": "R", "zh": [""]}], []),
    ([{"en": "R", "zh": []}, {"en": "cell", "zh": ["单元格", "", "格"]}], [("单元格", "格")]),
    ({"R": "", "cell": ["单元格"]}, [("单元格",)]),
    ([{"en": ["", "row"], "zh": "行"}], [("行",)]),
    ([], []),
])  # fmt: skip
def test_terms_with_an_empty_side_ask_for_nothing(items, targets):
    assert [term.targets for term in read_terms(items, "full_data_2019.jsonl:1", "en", "zh")] == targets


def test_a_term_without_a_side_is_an_error_with_its_place():
    with pytest.raises(InputError, match="full_data_2019.jsonl:1: a term needs both sides"):
        read_terms([{"en": "R"}], "full_data_2019.jsonl:1", "en", "zh")
