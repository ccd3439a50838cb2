"""Xcode's string catalogues."""

import json
from dataclasses import replace

import pytest

from mtpipe.errors import InputError
from mtpipe.formats.messages.xcstrings import XcstringsFormat

CATALOGUE = """{
  "sourceLanguage" : "en",
  "strings" : {
    "" : {

    },
    "Hello %@" : {

    },
    "a.key" : {
      "comment" : "no text",
      "localizations" : {
        "en" : {
          "stringUnit" : {
            "state" : "new",
            "value" : "It’s \\"done\\""
          }
        }
      }
    },
    "files" : {
      "localizations" : {
        "en" : {
          "variations" : {
            "plural" : {
              "one" : {
                "stringUnit" : {
                  "state" : "new",
                  "value" : "%lld file"
                }
              },
              "other" : {
                "stringUnit" : {
                  "state" : "new",
                  "value" : "%lld files"
                }
              }
            }
          }
        }
      }
    },
    "Kept" : {
      "localizations" : {
        "de" : {
          "stringUnit" : {
            "state" : "translated",
            "value" : "Bleibt"
          }
        }
      }
    },
    "Not this" : {
      "shouldTranslate" : false
    }
  },
  "version" : "1.0"
}
"""


def read(text, tmp_path, lang="de"):
    path = tmp_path / "a.xcstrings"
    path.write_text(text, "utf-8")
    return XcstringsFormat(source_lang="en", target_lang=lang).read(path, "doc")


def written(document, targets, tmp_path):
    path = tmp_path / "b.xcstrings"
    segments = tuple(replace(s, draft=t) for s, t in zip(document.segments, targets, strict=True))
    XcstringsFormat(target_lang="de").write(replace(document, segments=segments), path)
    return path.read_text("utf-8")


def test_missing_translations_are_added_for_review(tmp_path):
    document = read(CATALOGUE, tmp_path)
    assert [segment.source for segment in document.segments] == ["Hello %@", "It’s \"done\"", "%lld file", "%lld files"]
    result = written(document, ["Hallo %@", "Es ist „so“", "%lld Datei", "%lld Dateien"], tmp_path)
    strings = json.loads(result)["strings"]
    assert strings["Hello %@"]["localizations"]["de"] == {"stringUnit": {"state": "needs_review", "value": "Hallo %@"}}
    plural = strings["files"]["localizations"]["de"]["variations"]["plural"]
    assert {form: one["stringUnit"]["value"] for form, one in plural.items()} == \
        {"one": "%lld Datei", "other": "%lld Dateien"}
    assert strings["Kept"] == json.loads(CATALOGUE)["strings"]["Kept"]


def test_only_what_is_added_differs(tmp_path):
    document = read(CATALOGUE, tmp_path)
    assert written(document, [None] * 4, tmp_path) == CATALOGUE
    result = written(document, ["Hallo %@", None, None, None], tmp_path)
    added = """    "Hello %@" : {
      "localizations" : {
        "de" : {
          "stringUnit" : {
            "state" : "needs_review",
            "value" : "Hallo %@"
          }
        }
      }
    },
"""
    assert result == CATALOGUE.replace('    "Hello %@" : {\n\n    },\n', added)


@pytest.mark.parametrize("text, message", [
    ("{", "not a string catalogue of Xcode"), ("[]", "not a string catalogue"),
    ('{"strings": {}}', "not a string catalogue"),
    ('{"sourceLanguage": "fr", "strings": {}}', "its language is fr, not en"),
    ("[" * 100_000, "not a string catalogue"),
])  # fmt: skip
def test_what_is_no_catalogue_is_said(tmp_path, text, message):
    with pytest.raises(InputError, match=f"doc: {message}"):
        read(text, tmp_path)
