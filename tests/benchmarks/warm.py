"""Imported by the process that jobs are forked from: one job there, so that none of them reads dictionaries anew."""

import contextlib
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import mtpipe.llm.openai  # noqa: F401
from mtpipe.cli import main

ROW = {"id": "s", "source": "We will check the table.", "draft": "Nous allons vérifier cette chose.",
       "terms": [{"source": "table", "target": "tableau"}]}  # fmt: skip

with TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
    (Path(name) / "drafts.jsonl").write_text(json.dumps(ROW))
    (Path(name) / "mtpipe.toml").write_text(
        '[job]\nllm = "fake"\nmt = "none"\neditors = ["llm"]\nsource_lang = "en"\ntarget_lang = "fr"\n'
        '[llm.fake]\nreplies = [\'{"target": "Nous allons vérifier le tableau."}\']\n'
    )
    paths = [str(Path(name) / file) for file in ("mtpipe.toml", "drafts.jsonl", "out.jsonl")]
    main.main(["--config", paths[0], "post-edit", paths[1], "--out", paths[2], "--quiet"], standalone_mode=False)
