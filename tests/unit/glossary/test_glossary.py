import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.errors import GlossaryError
from mtpipe.glossary.loading import load_glossary, validate
from mtpipe.glossary.model import Term
from mtpipe.glossary.rows import term_of_item
from mtpipe.glossary.validation import Finding, problems, stats, wrong_script


@pytest.fixture
def read(tmp_path):
    def read(content, name="terms.csv", source_lang="en", target_lang="de", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_glossary(path, source_lang, target_lang, **options)

    return read


def pairs(glossary):
    return [(term.source, *term.targets) for term in glossary.terms]


@pytest.mark.parametrize("content, name", [
    ("source,target\ntable,Tabelle\n", "terms.csv"),
    ("Source Term;Translation\ntable;Tabelle\n", "terms.csv"),
    ("SOURCE (en)\tTarget (de)\ntable\tTabelle\n", "terms.tsv"),
    ("target|source\nTabelle|table\n", "terms.csv"),
    ("en;de\ntable;Tabelle\n", "terms.csv"),
    ("de;fr;en-US\nTabelle;tableau;table\n", "terms.csv"),
    ("English,German\ntable,Tabelle\n", "terms.csv"),
    ("table;Tabelle", "en-de.office.csv"),
    ("sep=;\r\ntable;Tabelle\r\n", "terms.csv"),
    ('"sep=|"\nsource|target\ntable|Tabelle\n', "terms.csv"),
    ("source;target\rtable;Tabelle\r", "terms.csv"),
    ("\n\nsource;target;\n;;\n table ; Tabelle ;\n\n", "terms.csv"),
    ('"source"\t"target"\n"table"\t"Tabelle"\n', "terms.txt"),
])
def test_read_finds_columns_whatever_the_layout(read, content, name):
    assert pairs(read(content, name)) == [("table", "Tabelle")]


@pytest.mark.parametrize("encoding, said", [
    ("utf-8", "utf-8,"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
    ("utf-16-be", "utf-16-be"), ("cp1252", "cp1252 (guessed"),
])
def test_read_finds_the_encoding_and_says_so(read, encoding, said):
    glossary = read("size;Größe\ntable;Tabelle\n".encode(encoding))
    assert pairs(glossary) == [("size", "Größe"), ("table", "Tabelle")]
    assert f"read as {said}" in glossary.notes[0]


@pytest.mark.parametrize("encoding, lang, target", [
    ("cp1251", "ru", "Файл"), ("koi8_r", "ru", "Таблица"), ("cp1250", "pl", "wiersz łąka"), ("cp932", "ja", "ファイル"),
])
def test_read_guesses_legacy_encodings_by_the_languages(read, encoding, lang, target):
    assert pairs(read(f"file;{target}\n".encode(encoding), target_lang=lang)) == [("file", target)]


@pytest.mark.parametrize("row, terms", [
    ('"one, two";eins', [("one, two", "eins")]),
    ('"say ""hi""";"a;b"', [('say "hi"', "a;b")]),
    ('"pivot\ntable";Pivottabelle', [("pivot table", "Pivottabelle")]),
    ("table;Tabelle|Tafel|Tabelle| ", [("table", "Tabelle", "Tafel")]),
    (r"pipe;a\|b", [("pipe", "a|b")]),
    ('5" disk;5"-Diskette', [('5" disk', '5"-Diskette')]),
    ("co\u00adoperate;zusammen\u200barbeiten", [("cooperate", "zusammenarbeiten")]),
    ("cafe\u0301;Cafe\u0301s", [("café", "Cafés")]),
])
def test_read_understands_cells(read, row, terms):
    assert pairs(read(f"source;target\n{row}\n")) == terms


def test_tsv_without_quoting_keeps_quotes(read):
    glossary = read('"Print" command\tBefehl "Drucken"\nx1\ty1\n', "terms.tsv")
    assert pairs(glossary) == [('"Print" command', 'Befehl "Drucken"'), ("x1", "y1")]
    assert "quotation marks read as characters" in glossary.notes


def test_a_comma_in_every_term_does_not_win_over_the_semicolon(read):
    assert pairs(read("cut, copy;ausschneiden, kopieren\nsave, as;speichern, unter\n"))[0][0] == "cut, copy"


def test_all_columns(read):
    glossary = read(
        "note;domain;case_sensitive;forms;status;target;source;regex;owner\n"
        "see x;office;Yes;Tabellen|Tabellchen;Preferred;Tabelle;table|tbl;tabl(e|es);me\n"
    )
    assert glossary.terms == (
        Term(("table", "tbl"), ("Tabelle",), "preferred", ("Tabellen", "Tabellchen"), True, "office", "see x",
             "tabl(e|es)", 2),
    )  # fmt: skip
    assert "columns not used: owner" in glossary.notes


@pytest.mark.parametrize("word, status", [
    ("", "preferred"), ("preferredTerm-admn-sts", "preferred"), ("admittedTerm-admn-sts", "admitted"),
    ("deprecatedTerm-admn-sts", "forbidden"), ("supersededTerm-admn-sts", "forbidden"), ("DEPRECATED", "forbidden"),
    ("not_recommended", "forbidden"),
])
def test_status_words(read, word, status):
    assert read(f"source;target;status\ntable;Tabelle;{word}\n").terms[0].status == status


@pytest.mark.parametrize("row", ["HANA;;dnt", "HANA;HANA;", "HANA;HANA;Do not translate", "HANA;;do-not-translate"])
def test_do_not_translate_by_status_or_same_target(read, row):
    term = read(f"source;target;status\n{row}\n").terms[0]
    assert (term.status, term.targets) == ("do-not-translate", ("HANA",))


def test_same_target_explicitly_preferred_may_inflect(read):
    assert read("source;target;status\nFormat;Format;preferred\n").terms[0].status == "preferred"


@pytest.mark.parametrize("rows, terms", [
    ("a1;X|Y\na1;Z", [("preferred", ("X", "Y", "Z"))]),
    ("a1;X\na1;Y;preferred", [("preferred", ("Y", "X"))]),
    ("a1;X;admitted\na1;Y", [("preferred", ("Y", "X"))]),
    ("a1;X;admitted", [("admitted", ("X",))]),
    ("a1;X\na1;Y;forbidden\na1;Z;forbidden", [("preferred", ("X",)), ("forbidden", ("Y", "Z"))]),
    ("a1;X;;one\na1;Y;;two", [("preferred", ("X",)), ("preferred", ("Y",))]),
    ("a1;X\nA1;Y", [("preferred", ("X",)), ("preferred", ("Y",))]),
    ("a1;X;preferred\na1;X;preferred", [("preferred", ("X",))]),
])
def test_rows_of_one_source_join(read, rows, terms):
    glossary = read(f"source;target;status;domain\n{rows}\n")
    assert [(term.status, term.targets) for term in glossary.terms] == terms


BAD = """source,target,status,case_sensitive,regex
,x
y
z,Z,foo,maybe,(
q,Q,dnt
save,S,preferred
save,T,preferred
r,R,forbidden
r,R
"un"closed,V
v,w,,,,too much
keep,keep,dnt
keep,behalten
good,gut
"""
MESSAGES = (
    "terms.csv:2: no source term — fill it in or delete the row",
    "terms.csv:3: no target for “y” — fill it in, or set the status do-not-translate",
    "terms.csv:4: case_sensitive is “maybe” — write yes or no",
    "terms.csv:4: invalid regex “(” (missing ) at position 1) — correct it or leave the "
    "cell empty",
    "terms.csv:4: unknown status “foo” — use one of: preferred, admitted, forbidden, do-not-translate",
    "terms.csv:5: “q” is do-not-translate but has the target “Q” — drop one of the two",
    "terms.csv:7: “save” has the preferred “T” here and “S” in line 6 — make one of them admitted or give each its"
    " domain",
    "terms.csv:8: “R” is forbidden for “r” here and required in line 9 — drop one of the two",
    'terms.csv:10: a cell is not quoted correctly — put it in quotes and write " inside it as ""',
    "terms.csv:11: 6 columns where 5 are expected — quote cells that hold the separator",
    "terms.csv:13: “keep” is preferred here and do-not-translate in line 12 — keep one of the two",
)


def test_all_bad_rows_are_reported_at_once(read):
    with pytest.raises(GlossaryError) as caught:
        read(BAD)
    assert caught.value.problems == MESSAGES
    assert str(caught.value).splitlines()[0].endswith("terms.csv: 11 problems")


def test_skip_bad_rows_keeps_the_good_ones_and_notes_the_rest(read):
    glossary = read(BAD, skip_bad_rows=True)
    assert pairs(glossary) == [("save", "S"), ("r", "R"), ("keep", "keep"), ("good", "gut")]
    assert sum(note.startswith("skipped terms.csv:") for note in glossary.notes) == len(MESSAGES)


def test_line_numbers_count_lines_in_quotes_and_sep_lines(read):
    with pytest.raises(GlossaryError, match="terms.csv:5: no source term"):
        read('sep=;\nsource;target\n"two\nlines";zwei\n;x\n')


@pytest.mark.parametrize("content, name, message", [
    ("en;fr\na1;b1\n", "terms.csv", "terms.csv:1: the header states en → fr, the job is en → de — use"),
    ("a1;b1\n", "en-fr.office.csv", "its name states en → fr, the job is en → de"),
    ("a1;b1\n", "de-en.csv", "its name states de → en, the job is en → de"),
    ("", "terms.csv", "no terms in it — a row needs a source and a target"),
    ("source;target\n", "terms.csv", "no terms in it"),
    (b"PK\x03\x04\x00\x01", "terms.csv", "not a text file — export the glossary as CSV in UTF-8"),
    (b"\xff\xfea", "terms.csv", "not valid utf-16 at byte"),
    ("hello\nworld\n", "terms.csv", "terms.csv:2: no target for “world”"),
])
def test_files_that_are_no_such_glossary(read, content, name, message):
    with pytest.raises(GlossaryError) as caught:
        read(content, name)
    assert message in str(caught.value)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(GlossaryError, match=r"none.csv: can't be read \(No such file or directory\) — check the path"):
        load_glossary(tmp_path / "none.csv", "en", "de")


@pytest.mark.parametrize("name, source_lang, target_lang", [
    ("en-de.csv", "en", "de"), ("my-app.csv", "en", "de"), ("pt-br.csv", "en", "pt"), ("en-pt-BR.x.csv", "en", "pt"),
    ("en-nb.csv", "en", "no"), ("office.csv", "en", "de"),
])
def test_file_names_that_fit(read, name, source_lang, target_lang):
    assert pairs(read("a1;b1\n", name, source_lang, target_lang)) == [("a1", "b1")]


def test_another_region_is_noted(read):
    notes = read("en-GB;de\ncolour;Farbe\n", source_lang="en-US").notes
    assert "the header states en-GB, the job en-US: treated as the same language" in notes


@pytest.mark.parametrize("lang, target, is_doubted", [
    ("ru", "Tabelle", True), ("ru", "Таблица", False), ("de", "Таблица", True), ("ja", "表", False), ("xx", "表", False),
])
def test_script_of_the_language(read, lang, target, is_doubted):
    glossary = read(f"table;{target}\n", target_lang=lang)
    messages = [note for note in glossary.notes if f"are they really in “{lang}”?" in note]
    assert len(messages) == is_doubted
    assert wrong_script(glossary) == messages


def test_digest_is_of_the_terms_and_not_of_the_layout(read):
    one = read("source;target;note\na1;X\nb1;Y\n")
    two = read("target,source\nY,b1\nX,a1\n", "other.csv")
    assert one.digest == two.digest and len(one.digest) == 64
    assert one.digest != read("a1;X\nb1;Z\n").digest != read("source;target;status\na1;X\nb1;Y;forbidden\n").digest


@pytest.mark.parametrize("item, term", [
    ({"source": "table", "target": "Tabelle"}, Term(("table",), ("Tabelle",))),
    ({"source": "a|b", "targets": ["X", "Y"], "forms": ["Xs"]}, Term(("a|b",), ("X", "Y"), forms=("Xs",))),
    ({"source": "HANA", "target": "HANA"}, Term(("HANA",), ("HANA",), "do-not-translate")),
    ({"source": "x1", "target": "y1", "status": "deprecated"}, Term(("x1",), ("y1",), "forbidden")),
    ({"source": "x1", "target": "y1", "case_sensitive": True}, Term(("x1",), ("y1",), case_sensitive=True)),
])
def test_term_from_item(item, term):
    assert term_of_item(item, "x.jsonl:3") == term


def test_bad_item_says_where_and_what():
    with pytest.raises(GlossaryError, match=r'x.jsonl:3: invalid term {"source": "tab", "status": "nix"}') as caught:
        term_of_item({"source": "tab", "status": "nix"}, "x.jsonl:3")
    assert [problem.split(" — ")[0] for problem in caught.value.problems] == [
        "unknown status “nix”", "no target for “tab”"
    ]  # fmt: skip


@pytest.mark.parametrize("rows, finding", [
    ("a1;X\nb1; Y", Finding(2, "warning", "spaces at the ends, line breaks or invisible characters removed from “ Y”")),
    ("a1;X\na1;X", Finding(2, "warning", "“a1” → “X” repeats line 1")),
    ("a1;X\na1;Y", Finding(2, "warning", "“a1” → “Y” is joined as a synonym to line 1")),
    ("may;darf\nMay;Mai", Finding(2, "error", "“May” differs only in case from “may” in line 1 and asks for another"
                                  " target: set case_sensitive for both, or join them")),
    ("may;darf\nMay;Darf", Finding(2, "warning", "“May” differs only in case from “may” in line 1: set case_sensitive"
                                   " for both, or join them")),
    ("a1;X;;;;one\na1;Y;;;;two", Finding(2, "warning", "“a1” is “Y” here and “X” in line 1: either will be accepted")),
    ("the;der", Finding(1, "warning", "“the” is a function word: it will match nearly everywhere")),
    ("x;Kreuz", Finding(1, "warning", "“x” is one character: it will match too often")),
    ("HANA;HANA", Finding(1, "warning", "“HANA” is its own target: treated as do-not-translate (otherwise set"
                          " preferred)")),
    ("pivot table;X\ntable;Y", Finding(2, "info", "“table” is part of “pivot table” (line 1): there the longer one"
                                       " wins")),
    ("\u0441at;Katze", Finding(1, "warning", "“\u0441at” contains letters of two scripts in one word: it may"
                               " not match")),
    ("don\u2019t;nicht", Finding(1, "warning", "“don\u2019t” contains a curly apostrophe: it may not match")),
    ("a1\u00a0b;X", Finding(1, "warning", "“a1\u00a0b” contains a no-break space: it may not match")),
    ("dir1;Ordner / Mappe", Finding(1, "warning",
                                    "“Ordner / Mappe” contains “/”: several targets are separated by “|”")),
    ("one two three four five six seven eight;X", Finding(1, "warning",
     "“one two three four five six seven eight” is a sentence rather than a term: it will hardly match")),
    ("a1;X\nb1;;bad", Finding(2, "error", "unknown status “bad” — use one of: preferred, admitted, forbidden,"
                              " do-not-translate")),
])  # fmt: skip
def test_validate_finds(tmp_path, rows, finding):
    path = tmp_path / "terms.csv"
    path.write_text(rows + "\n")
    findings, _ = validate(path, "en", "de")
    assert finding in findings


def test_a_sound_glossary_has_no_findings(tmp_path):
    path = tmp_path / "terms.csv"
    path.write_text("table;Tabelle\nfolder;Ordner\nIT;Informationstechnik\nMay;Mai;;;yes\n")
    findings, glossary = validate(path, "en", "de")
    assert findings == problems(glossary) == []


def test_stats_count(read):
    glossary = read("source;target;status;domain\na1;X|Y;;one\nb c;Z;;one\nd1;d1\na1;N;forbidden;one\n")
    counts = stats(glossary)
    assert counts["terms"] == 4
    assert counts["status"] == {"preferred": 2, "forbidden": 1, "do-not-translate": 1}
    assert (counts["domains"], counts["words_per_source"]) == ({"one": 3}, {1: 3, 2: 1})
    assert (counts["with_several_targets"], counts["sources"]) == (1, 3)


def _is_clean(text):
    return text == " ".join(text.split(" ")).strip() and unicodedata.is_normalized("NFC", text)


cells = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"], exclude_characters="\\"), min_size=1, max_size=12
).map(lambda text: " ".join(unicodedata.normalize("NFC", text).split())).filter(lambda t: t and _is_clean(t))


@given(
    rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=8, unique_by=lambda row: row[0]),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_csv_wrote_is_read_back(tmp_path_factory, rows, delimiter, quoting, end, encoding):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(("source", "target", "status"))
    writer.writerows((s.replace("|", r"\|"), t.replace("|", r"\|"), "preferred") for s, t in rows)
    path = tmp_path_factory.mktemp("csv") / "terms.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    assert pairs(load_glossary(path, "en", "de")) == rows


def test_wrong_columns_are_said_with_how_they_were_read(tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("foo,bar,baz\n1,2,3\n")
    with pytest.raises(GlossaryError, match=r"2 problems \(no header: columns read as source, target, status\)"):
        load_glossary(path, "en", "de")
