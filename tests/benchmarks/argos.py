"""Argos Translate, which LibreTranslate runs, on lines: argos.py MODEL PACKAGE < lines as JSON; prints seconds, texts.

MODEL is a folder of mtpipe's, of which a package is made in the folder PACKAGE: the same weights and pieces. Sentences
are split by spaCy's rules, since the models that Argos Translate splits with by default are downloaded. Needs
`make bench-argos`.
"""

import json
import shutil
import sys
from pathlib import Path
from time import perf_counter

import spacy
from argostranslate import package, settings, translate


def make(model: Path, folder: Path) -> package.Package:
    head = json.loads((model / "model.json").read_text(encoding="utf-8"))
    shutil.copytree(model / "ct2", folder / "model")
    shutil.copy(model / "spm.model", folder / "sentencepiece.model")
    config = folder / "model/config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"add_source_eos": True}))
    spacy.blank(head["source_lang"]).to_disk(folder / "spacy")
    source, target = head["source_lang"], head["target_lang"]
    about = {"package_version": "1.0", "argos_version": "1.11", "from_code": source, "from_name": source,
             "to_code": target, "to_name": target}  # fmt: skip
    (folder / "metadata.json").write_text(json.dumps(about))
    return package.Package(folder)


def main(model: Path, folder: Path) -> None:
    lines = json.load(sys.stdin)
    settings.chunk_type = settings.ChunkType.SPACY
    made = make(model, folder)
    languages = (translate.Language(code, code) for code in (made.from_code, made.to_code))
    translation = translate.PackageTranslation(*languages, made)
    translation.translate("One.")  # which loads the model
    start = perf_counter()
    texts = [translation.translate(line) for line in lines]
    print(json.dumps({"wall": perf_counter() - start, "texts": texts}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
