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
