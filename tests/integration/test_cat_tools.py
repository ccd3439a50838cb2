"""Bilingual exports in the hands of others: OmegaT opens and fills one, the OASIS schemas accept them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from mtpipe.config import Job
from mtpipe.pipeline import exchange, jobs, review

SCHEMAS = Path(os.environ.get("MTPIPE_TEST_SCHEMAS", Path(__file__).parents[2] / "data" / "cache" / "schemas"))
FOLDERS = "".join(f"<{name}>__DEFAULT__</{name}>" for name in
                  ("source_dir", "target_dir", "tm_dir", "glossary_dir", "glossary_file", "dictionary_dir"))
PROJECT = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<omegat><project version="1.0">{FOLDERS}<source_lang>EN</source_lang><target_lang>DE</target_lang>
<source_tok>org.omegat.tokenizer.DefaultTokenizer</source_tok>
<target_tok>org.omegat.tokenizer.DefaultTokenizer</target_tok><sentence_seg>false</sentence_seg>
<support_default_translations>true</support_default_translations><remove_tags>false</remove_tags></project></omegat>
"""
MEMORY = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.1"><header creationtool="t" creationtoolversion="1" segtype="paragraph" o-tmf="OmegaT TMX"
adminlang="EN-US" srclang="EN" datatype="plaintext"/><body><tu><tuv lang="EN"><seg>CLOSE THE ROW.</seg></tuv>
<tuv lang="DE"><seg>Schließe die Zeile.</seg></tuv></tu></body></tmx>
"""


@pytest.fixture
def out(tmp_path):
    """What a job wrote, with tags, placeholders, errors, alternatives and a comment."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.html").write_text("<p>Open the <b>cell</b> of {n} &amp; <i>more</i>.</p>\n<p>Done now.</p>")
    (tmp_path / "in" / "b.txt").write_text("Close the row.\n")
    (tmp_path / "g.csv").write_text("source,target\ncell,Zelle\n")
    jobs.run(Job(tmp_path / "in", tmp_path / "out", "en", "de", glossary=tmp_path / "g.csv", mt="fake", editors=()))
    return tmp_path / "out"


def exported(out, kind):
    path = out.parent / f"job-{kind}.xlf"
    rows, languages = review.sentences(review.state_folder(out))
    exchange.write(rows, path, kind, languages)
    return path


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("omegat"), reason="needs OmegaT: `make test-cat` installs it")
def test_omegat_opens_and_fills_the_xliff(out, tmp_path):
    project = tmp_path / "project"
    for name in ("source", "target", "omegat", "tm", "glossary", "dictionary"):
        (project / name).mkdir(parents=True)
    (project / "omegat.project").write_text(PROJECT)
    (project / "omegat" / "project_save.tmx").write_text(MEMORY)
    shutil.copy(exported(out, "xliff"), project / "source" / "job.xlf")
    command = ["omegat", "--mode=console-translate", str(project)]
    environment = os.environ | {"HOME": str(tmp_path), "JAVA_TOOL_OPTIONS": f"-Duser.home={tmp_path}"}
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
    assert result.returncode == 0, result.stderr
    before = {row.id: row.target for row in review.sentences(review.state_folder(out))[0]}
    after = exchange.read(project / "target" / "job.xlf")
    assert after == before | {"b.txt#1": "Schließe die Zeile."}
    review.take_in(review.state_folder(out), after)
    assert (out / "b.txt").read_text() == "Schließe die Zeile.\n"


@pytest.mark.parametrize(("kind", "name"), [("xliff", "xliff-core-1.2-strict.xsd"), ("xliff2", "xliff-core-2.0.xsd")])
def test_exports_are_valid(out, kind, name):
    """XLIFF 2.1 changed modules, not the core's schema but for its name, which no Debian package has."""
    path = next(SCHEMAS.rglob(name), None) if SCHEMAS.is_dir() else None
    if path is None:
        pytest.skip("needs the schemas of XLIFF: `make data/cache/schemas` downloads them")
    text = path.read_text()
    for place in ("informativeCopiesOf3rdPartySchemas/w3c/xml.xsd", "http://www.w3.org/2001/xml.xsd"):
        text = text.replace(place, (path.parent / "xml.xsd").as_uri())
    schema = etree.XMLSchema(etree.fromstring(text.encode()))
    schema.assertValid(etree.parse(exported(out, kind)))
