"""Run by the Python that has Weblate: its own classes for DeepL and LibreTranslate, unmodified, ask argv[1].

Prints one JSON object: what they made of a sentence with a placeholder and a tag, with a glossary of the component.
"""

import json
import sys
from unittest.mock import MagicMock, patch

for name in ("cairo", "gi", "gi.repository"):  # for pictures of fonts only
    sys.modules[name] = MagicMock()

import django  # noqa: E402

django.setup()

from weblate.checks.tests.test_checks import MockUnit  # noqa: E402
from weblate.machinery.deepl import DeepLTranslation  # noqa: E402
from weblate.machinery.libretranslate import LibreTranslateTranslation  # noqa: E402

SOURCE = "Open the cell %s & <b>go</b>."


def main(url: str) -> None:
    unit = MockUnit(code="de", source=SOURCE, flags="python-format")
    results = {}
    for name, machinery in (("deepl", DeepLTranslation({"key": "any", "url": f"{url}/v2"})),
                            ("libretranslate", LibreTranslateTranslation({"key": "", "url": url}))):
        machinery.request_timeout = 300  # seconds; five by default, which a busy machine may need to load a model
        machinery.delete_cache()
        machinery.validate_settings()
        with patch("weblate.glossary.models.get_glossary_tsv", return_value="cell\tZelle"):
            (result,), = machinery.translate(unit)
        units = [MockUnit(code="de", source=source) for source in ("Open it.", "Save it.")]
        machinery.batch_translate(units)
        results[name] = {"text": result["text"], "batch": [unit.machinery["translation"] for unit in units]}
        if name == "deepl":
            results["glossaries"] = list(machinery.get_glossaries(use_cache=False))
    print(json.dumps(results))


main(sys.argv[1])
