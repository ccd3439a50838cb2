import unicodedata
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.cli.main import main
from mtpipe.errors import GlossaryError, OutputError
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import STATUSES, Glossary, Term
from mtpipe.glossary.rows import split, unsplit
from mtpipe.glossary.writer import write

FORMATS = [("x.csv", "3"), ("x.tsv", "3"), ("x.xlsx", "3"), ("x.tbx", "3"), ("x.tbx", "2")]

texts = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cf", "Co", "Zl", "Zp"], exclude_characters="\ufffe\uffff"),
    min_size=1, max_size=10,
).map(lambda text: " ".join(unicodedata.normalize("NFC", text).split())).filter(
    lambda text: text and unicodedata.is_normalized("NFC", text) and not any(c.isspace() and c != " " for c in text)
)  # fmt: skip
names = st.lists(texts, min_size=1, max_size=3, unique=True).map(tuple)
prose = st.one_of(st.just(""), st.lists(texts, min_size=1, max_size=2).map("\n".join))


@st.composite
def glossaries(draw):
    terms = []
    for n, sources in enumerate(draw(st.lists(names, min_size=1, max_size=6, unique_by=lambda names: names[0]))):
        status = draw(st.sampled_from(STATUSES))
        targets = sources if status == "do-not-translate" else draw(names)
        terms.append(Term(
            sources, targets, status, draw(st.one_of(st.just(()), names)), draw(st.booleans()),
            draw(st.one_of(st.just(""), texts)), draw(prose), draw(st.sampled_from(["", "a.b", "[x|y]+", r"\d\|z"])), 0,
            draw(st.one_of(st.just(""), st.just("noun"))), draw(prose), draw(st.sampled_from(["", f"c{n}", f"{n}"])),
        ))  # fmt: skip
    return Glossary.of(terms, "en", "de", "made.csv")


@pytest.mark.parametrize("name, error, message", [
    ("x.doc", GlossaryError, r"can't write .doc; use .csv, .tsv, .xlsx, .tbx"),
    ("x", GlossaryError, r"can't write a file without suffix; use"),
    ("file/x.csv", OutputError, "can't be written"),
])
def test_what_can_not_be_written_is_said(tmp_path, name, error, message):
    (tmp_path / "file").write_text("")
    with pytest.raises(error, match=message):
        write(Glossary.of([Term(("a1",), ("X",))], "en", "de"), tmp_path / name)


def bare(terms, entries=True):
    return {replace(term, line=0, entry=term.entry if entries and not term.entry.startswith("#") else "")
            for term in terms}  # fmt: skip


@pytest.mark.parametrize("name, version", FORMATS)
@settings(max_examples=60)
@given(glossary=glossaries())
def test_what_is_written_is_read_back(tmp_path_factory, name, version, glossary):
    path = write(glossary, tmp_path_factory.mktemp("written") / name, version)
    assert bare(load_glossary(path, "en", "de").terms) == bare(glossary.terms)


@given(parts=st.lists(st.text(r"ab|\ ", min_size=1), min_size=1, max_size=4))
def test_cells_of_several_parts_come_apart_as_they_were(parts):
    assert list(split(unsplit(parts))) == parts


def test_the_command_converts_and_says_what_it_read(tmp_path):
    (tmp_path / "in.csv").write_text("English;German;Status\ntable;Tabelle;preferred\n;x;\n")
    arguments = ["glossary", "convert", str(tmp_path / "in.csv"), str(tmp_path / "out.tbx"), "-s", "en", "-t", "de"]
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 1 and "in.csv:3: no source term" in refused.stderr
    columns = ["--column", "source=1", "--column", "target=german"]
    done = CliRunner().invoke(main, [*arguments, "--skip-bad-rows", *columns])
    assert done.stdout == f"1 term: {tmp_path / 'out.tbx'}\n"
    assert "in.csv: skipped in.csv:3: no source term" in done.stderr
    shown = CliRunner().invoke(main, ["glossary", "validate", *arguments[3:]])
    assert shown.exit_code == 0 and "read as TBX v3" in shown.stdout


def test_a_column_is_given_as_name_and_column(tmp_path):
    (tmp_path / "en-de.csv").write_text("a1;X\n")
    result = CliRunner().invoke(main, ["glossary", "stats", str(tmp_path / "en-de.csv"), "--column", "B"])
    assert result.exit_code == 2 and "--column 'B': give it as NAME=COLUMN, such as source=B" in result.stderr
