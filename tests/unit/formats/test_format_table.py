"""Which files have a format, and what is said of those that have none."""

from pathlib import Path

import pytest

from mtpipe import plugins


def test_every_suffix_is_said_by_its_format():
    said = {suffix: row["name"] for row in plugins.formats() for suffix in row["suffixes"]}
    assert said == plugins.SUFFIXES
    assert not plugins.ADVICE.keys() & plugins.SUFFIXES.keys()


@pytest.mark.parametrize("name, advice", [("a.PPT", "save it as .pptx"), ("a.xyz", "`mtpipe formats` lists those")])
def test_files_that_no_format_reads_come_with_advice(name, advice):
    assert plugins.advice(Path(name)).startswith(advice)
