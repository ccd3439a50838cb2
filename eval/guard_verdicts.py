"""What a version's guard says of texts: `PYTHONPATH=CHECKOUT python eval/guard_verdicts.py DRAFTS TEXTS SOURCE TARGET`.

A script of its own, so that it runs beside an earlier checkout as well as beside this one. DRAFTS: segments (.jsonl)
with their terms; TEXTS: JSON Lines of "id" and "text". Prints a verdict a line. The lexicon is the version's own.
"""

import json
import sys
from pathlib import Path

import mtpipe
from mtpipe import plugins
from mtpipe.alignment.lexicon import Lexicon
from mtpipe.glossary.model import Glossary
from mtpipe.pipeline.steps import check
from mtpipe.postedit import guard
from mtpipe.terminology.matcher import Matcher


def main(drafts: Path, texts: Path, source_lang: str, target_lang: str) -> None:
    reader = plugins.create("format", "jsonl", {}, source_lang=source_lang, target_lang=target_lang, existing="draft")
    matcher = Matcher(Glossary.of((), source_lang, target_lang))
    read = check(matcher.find(reader.read(drafts, drafts.name).segments), target_lang)
    segments = {segment.id: segment for segment in read}
    lexicon = Lexicon.load(Path(mtpipe.__file__).parent / "models" / f"{source_lang}-{target_lang}" / "lexicon")
    for line in texts.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        print(guard.judge(segments[row["id"]], row["text"], target_lang, lexicon=lexicon))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])
