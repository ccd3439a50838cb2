"""The command line must start fast: what it imports is checked in a fresh interpreter."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "spacy", "ctranslate2", "sentencepiece", "simplemma", "lxml", "jinja2", "rich", "sqlite3",
         "sacrebleu", "torch", "transformers")  # fmt: skip
HELP = (*HEAVY, "pydantic")


@pytest.mark.parametrize(
    "code, heavy",
    [("import mtpipe", HELP), ("import mtpipe.cli.main", HELP),
     ("from mtpipe.cli.main import main; main(['--help'], standalone_mode=False)", HELP),
     ("from mtpipe.cli.main import main; main(['translate', '--help'], standalone_mode=False)", HELP),
     ("from mtpipe import Job, JobReport, Glossary, Segment, MtpipeError", HEAVY)],
)  # fmt: skip
def test_nothing_heavy_is_imported(code, heavy):
    script = f"import sys\n{code}\nprint('loaded:', *sorted(set({heavy}) & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "loaded:"


def test_public_names_are_there():
    import mtpipe

    assert all(getattr(mtpipe, name) is not None for name in mtpipe.__all__)
    assert set(mtpipe.__all__) <= set(dir(mtpipe))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        mtpipe.nonsense


def test_a_translation_loads_nothing_that_only_training_or_servers_need(tmp_path):
    (tmp_path / "in.txt").write_text("Open the pivot table.\n")
    (tmp_path / "terms.csv").write_text("en,de\npivot table,Pivottabelle\n")
    arguments = ["translate", "in.txt", "--out", "out.txt", "-s", "en", "-t", "de", "-g", "terms.csv", "--quiet"]
    unwanted = {"torch", "transformers", "spacy", "openai"}
    script = (f"import sys\nfrom mtpipe.cli.main import main\nmain({arguments}, standalone_mode=False)\n"
              f"print('loaded:', *sorted({unwanted} & set(sys.modules)))")  # fmt: skip
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert result.stdout.splitlines()[-1:] == ["loaded:"], result.stderr
    assert "Pivottabelle" in (tmp_path / "out.txt").read_text()
