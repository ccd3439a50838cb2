import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.errors import GlossaryError
from mtpipe.glossary.loading import load_glossary, validate
from mtpipe.glossary.model import Term
from mtpipe.glossary.validation import Finding
from mtpipe.glossary.writer import write

V2 = """<?xml version="1.0"?>
<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">
<martif type="TBX" xml:lang="en"><martifHeader><fileDesc><sourceDesc><p>me</p></sourceDesc></fileDesc></martifHeader>
<text><body>
{}
</body></text></martif>
"""
DCA = """<tbx type="TBX-Basic" style="dca" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"><text><body>
{}
</body></text></tbx>
"""
DCT = """<tbx type="TBX-Basic" style="dct" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
 xmlns:min="http://www.tbxinfo.net/ns/min" xmlns:basic="http://www.tbxinfo.net/ns/basic"><text><body>
{}
</body></text></tbx>
"""
TMX = '<tmx version="1.4"><header srclang="en" datatype="plaintext"/><body>\n{}\n</body></tmx>'
SAME = {  # one concept in each dialect
    "v2-tig": V2.format(
        '<termEntry id="c1"><descrip type="subjectField">office</descrip><descripGrp>'
        '<descrip type="definition">rows &amp; '
        'columns</descrip><admin type="source">ISO</admin></descripGrp><langSet xml:lang="en"><tig><term>table</term>'
        '<termNote type="partOfSpeech">noun</termNote></tig><tig><term>grid</term></tig></langSet>'
        '<langSet xml:lang="de">'
        '<tig><term>Tafel</term><termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></tig>'
        '<tig><term>Raster</term><termNote type="administrativeStatus">admittedTerm-admn-sts</termNote></tig>'
        '<tig><term>Tabelle</term><termNote type="administrativeStatus">preferredTerm-admn-sts</termNote>'
        "<note>plural Tabellen</note></tig></langSet></termEntry>"
    ),
    "v2-ntig": V2.format(
        '<termEntry id="c1"><descrip type="subjectField">office</descrip><descrip type="definition">rows &amp; columns'
        '</descrip><langSet xml:lang="en"><ntig><termGrp><term>table</term>'
        '<termNote type="partOfSpeech">noun</termNote>'
        '</termGrp></ntig><ntig><termGrp><term>grid</term></termGrp></ntig></langSet><langSet xml:lang="de">'
        '<ntig><termGrp><term>Tabelle</term><termNoteGrp><termNote type="administrativeStatus">preferredTerm-admn-sts'
        "</termNote></termNoteGrp></termGrp><note>plural Tabellen</note></ntig>"
        '<ntig><termGrp><term>Raster</term><termNote type="administrativeStatus">admittedTerm-admn-sts'
        '</termNote></termGrp>'
        '</ntig><ntig><termGrp><term>Tafel</term><termNote type="normativeAuthorization">supersededTerm</termNote>'
        "</termGrp></ntig></langSet></termEntry>"
    ),
    "v3-dca": DCA.format(
        '<conceptEntry id="c1"><descrip type="subjectField">office</descrip>'
        '<descrip type="definition">rows &amp; columns'
        '</descrip><langSec xml:lang="en"><termSec><term>table</term><termNote type="partOfSpeech">noun'
        '</termNote></termSec>'
        '<termSec><term>grid</term></termSec></langSec><langSec xml:lang="de"><termSec><term>Tabelle</term>'
        '<termNote type="administrativeStatus">preferredTerm-admn-sts</termNote><note>plural Tabellen</note></termSec>'
        '<termSec><term>Raster</term><termNote type="administrativeStatus">admittedTerm-admn-sts</termNote></termSec>'
        '<termSec><term>Tafel</term><termNote type="administrativeStatus">supersededTerm-admn-sts</termNote></termSec>'
        "</langSec></conceptEntry>"
    ),
    "v3-dct": DCT.format(
        '<conceptEntry id="c1"><min:subjectField>office</min:subjectField><basic:definition>rows &amp; columns'
        '</basic:definition><langSec xml:lang="en"><termSec><term>table</term><min:partOfSpeech>noun</min:partOfSpeech>'
        '</termSec><termSec><term>grid</term></termSec></langSec><langSec xml:lang="de"><termSec><term>Tabelle</term>'
        "<min:administrativeStatus>preferredTerm-admn-sts</min:administrativeStatus>"
        "<note>plural Tabellen</note></termSec>"
        "<termSec><term>Raster</term><min:administrativeStatus>admittedTerm-admn-sts"
        "</min:administrativeStatus></termSec>"
        "<termSec><term>Tafel</term><min:administrativeStatus>deprecatedTerm-admn-sts"
        "</min:administrativeStatus></termSec>"
        "</langSec></conceptEntry>"
    ),
}


def entry(source, target, n="", **languages):
    sections = {"en": source, "de": target} | {name.replace("_", "-"): text for name, text in languages.items()}
    body = "".join(f'<langSet xml:lang="{lang}"><tig><term>{text}</term></tig></langSet>'
                   for lang, text in sections.items() if text)  # fmt: skip
    return f"<termEntry{n and f' id={chr(34)}{n}{chr(34)}'}>{body}</termEntry>"


@pytest.fixture
def read(tmp_path):
    def read(content, source_lang="en", target_lang="de", name="t.tbx", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_glossary(path, source_lang, target_lang, **options)

    return read


def targets(glossary):
    return [term.targets for term in glossary.terms]


@pytest.mark.parametrize("dialect", SAME)
def test_every_dialect_says_the_same(read, dialect):
    shared = {"domain": "office", "part_of_speech": "noun", "definition": "rows & columns", "entry": "c1"}
    wanted, banned = read(SAME[dialect]).terms
    line = 5 if dialect.startswith("v2") else 2 if dialect == "v3-dca" else 3
    note = {"note": "plural Tabellen"}
    assert wanted == Term(("table", "grid"), ("Tabelle", "Raster"), "preferred", line=line, **shared, **note)
    assert banned == Term(("table", "grid"), ("Tafel",), "forbidden", line=line, **shared)


@pytest.mark.parametrize("asked, expected", [
    ("de", ["Januar", "Stuhl"]), ("de-AT", ["Jänner", "Stuhl"]), ("de_at", ["Jänner", "Stuhl"]),
    ("de-CH", ["Januar", "Stuhl"]), ("fr", ["chaise"]), ("fr-CA", ["chaise"]),
])
def test_languages_match_as_closely_as_they_can(read, asked, expected):
    body = entry("January", "Januar", de_AT="Jänner") + entry("chair", "Stuhl", fr_FR="chaise")
    glossary = read(V2.format(body), "en-US", asked)
    assert [term.target for term in glossary.terms] == expected
    if asked.startswith("fr"):
        assert f"fr-FR treated as {asked} in 1 entry" in glossary.notes


def test_entries_of_one_source_stay_apart_and_validate_says_so(read, tmp_path):
    pairs = {"c1": "Tabelle", "c2": "Tisch", "c3": "Tabelle"}
    body = "\n".join(entry("table", target, name) for name, target in pairs.items())
    assert targets(read(V2.format(body))) == [("Tabelle",), ("Tisch",), ("Tabelle",)]
    findings, _ = validate(tmp_path / "t.tbx", "en", "de")
    assert findings == [
        Finding(6, "warning", "“table” is “Tisch” here and “Tabelle” in entry c1: either will be accepted", "c2"),
        Finding(7, "warning", "“table” → “Tabelle” repeats entry c1", "c3"),
    ]


def test_entries_that_contradict_each_other_are_found(read, tmp_path):
    note = '</term><termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote>'
    banned = entry("sheet", "Blatt", "c2").replace("Blatt</term>", "Blatt" + note)
    read(V2.format(entry("sheet", "Blatt", "c1") + banned))
    findings, _ = validate(tmp_path / "t.tbx", "en", "de")
    assert [f.message for f in findings] == [
        "“Blatt” is forbidden for “sheet” here and required in entry c1: there it will be accepted"
    ]  # fmt: skip


def test_unknown_words_of_status_are_said_and_left_out(read):
    body = entry("table", "Tabelle").replace("elle</term>", 'elle</term><termNote type="status">in review</termNote>')
    glossary = read(V2.format(body))
    assert glossary.terms[0].status == "preferred"
    assert "status “in review” is not known: ignored for 1 term" in glossary.notes


def test_problems_name_line_and_entry(read):
    body = "\n".join([entry("good", "gut", "c1"), entry("tab", "Tab", "c2").replace(
        "Tab</term>", 'Tab</term><termNote type="caseSensitive">maybe</termNote>')])  # fmt: skip
    with pytest.raises(GlossaryError, match="t.tbx:6: entry c2: case_sensitive is “maybe” — write yes or no"):
        read(V2.format(body))
    assert targets(read(V2.format(body), skip_bad_rows=True)) == [("gut",)]


def test_entries_without_ids_are_counted(read):
    assert [term.entry for term in read(V2.format(entry("a1", "X") + entry("b1", "Y"))).terms] == ["#1", "#2"]


def test_markup_in_a_term_is_no_text_of_it(read):
    body = entry('<hi type="bold">table</hi> top', "Tisch<!-- a --> platte")
    assert read(V2.format(body)).terms[0] == Term(("table top",), ("Tisch platte",), line=5, entry="#1")


def test_tmx_serves_as_a_glossary(read):
    units = (
        '<tu tuid="u1"><note>menu</note><tuv xml:lang="EN-US"><seg>Save <bpt i="1">&lt;b&gt;</bpt>file'
        '<ept i="1"/></seg>'
        '</tuv><tuv xml:lang="DE"><seg>Datei speichern</seg></tuv></tu><tu><tuv lang="en"><seg>row</seg></tuv>'
        '<tuv lang="de"><seg>Zeile</seg></tuv></tu><tu><tuv xml:lang="en"><seg>x1</seg></tuv></tu>'
    )
    first, second = read(TMX.format(units), name="t.tmx").terms
    assert first == Term(("Save file",), ("Datei speichern",), note="menu", line=2, entry="u1")
    assert (second.source, second.target, second.entry) == ("row", "Zeile", "#2")


BOMB = '<!DOCTYPE martif [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
REFUSED = [
    (b"", "t.tbx: the file is empty — export the termbase again"),
    (b"hello", "t.tbx:1:1: broken XML (Start tag expected, '<' not found"),
    (V2.format(entry("a1", "X") + "<termEntry></langSet>"), "t.tbx:5:"),
    (V2.format(entry("a1", "X"))[:-20], "t.tbx:6:4: broken XML (expected"),
    (V2.format(entry("a1", "X")).encode() + b"\xff", "broken XML"),
    (V2.format(entry("a1", "X")).replace("a1", "\udcff").encode("utf-8", "surrogateescape"), "broken XML"),
    ("<xliff><file/></xliff>",
     "t.tbx: <xliff> is not a supported termbase format — use TBX (<martif> or <tbx>) or TMX"),
    (V2.format(""), "no entry has terms in en and de — there are no terms in it at all"),
    (V2.format(entry("a1", "", fr="X")), "no entry has terms in en and de — there are: en (1 entry), fr (1 entry)"),
    (BOMB + V2.format(entry("&b;", "X")).split("dtd\">")[1], "it declares the entity &a; which is not read, for"),
    ('<!DOCTYPE tbx [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + DCA.format(""), "it declares the entity &x;"),
    (V2.format(entry("a &nbsp; b", "X", "c9")), "t.tbx:5: entry c9 contains the undeclared entity &nbsp; — write"),
]


@pytest.mark.parametrize("content, message", REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_what_is_no_such_termbase_is_refused(read, content, message):
    with pytest.raises(GlossaryError) as caught:
        read(content)
    assert message in str(caught.value)


def test_memory_does_not_grow_with_what_is_not_asked_for(tmp_path):
    def peak(count):
        path = tmp_path / f"{count}.tbx"
        other = entry("", "", fr="x" * 400, es="y" * 400) + "\n"
        path.write_text(V2.format(other * count + entry("a1", "X")))
        tracemalloc.start()
        assert targets(load_glossary(path, "en", "de")) == [("X",)]
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(300)  # imports; a large file is kept for the next time
    assert peak(4000) < peak(400) * 1.5 + 100_000


@pytest.mark.parametrize("version", ["2", "3"])
def test_one_concept_is_one_entry_again(tmp_path, read, version):
    glossary = read(SAME["v2-tig"])
    text = write(glossary, tmp_path / "out.tbx", version).read_text()
    assert text.count("Entry id=") == 1 and text.count('xml:lang="de"') == 1
    again = load_glossary(tmp_path / "out.tbx", "en", "de")
    assert targets(again) == [("Tabelle", "Raster"), ("Tafel",)]


def test_translate_toolkit_reads_what_is_written(tmp_path, read):
    tbx = pytest.importorskip("translate.storage.tbx")
    path = write(read(V2.format(entry("a &amp; b", "Ä", "c1") + entry("row", "Zeile", "c2"))), tmp_path / "o.tbx", "2")
    units = tbx.tbxfile.parsefile(str(path)).units
    assert [(unit.source, unit.target) for unit in units] == [("a & b", "Ä"), ("row", "Zeile")]


@settings(max_examples=150)
@given(st.data())
def test_damaged_termbases_are_read_or_refused_and_nothing_else(tmp_path_factory, data):
    content = data.draw(st.sampled_from(sorted(SAME.values()))).encode()
    place = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(0, 30))
    path = tmp_path_factory.mktemp("tbx") / "t.tbx"
    path.write_bytes(content[:place] + data.draw(st.binary(max_size=5)) + content[place + length :])
    try:
        assert load_glossary(path, "en", "de").terms
    except GlossaryError as error:
        assert "t.tbx" in str(error)
