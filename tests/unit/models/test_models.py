import json

import pytest

from mtpipe.errors import ModelError
from mtpipe.models import registry


def folder(root, name="en-de", **said):
    """A model folder whose weights nobody will load."""
    path = root / name
    (path / "ct2").mkdir(parents=True)
    (path / "ct2" / "model.bin").write_bytes(b"weights")
    (path / "spm.model").write_bytes(b"pieces")
    source, target = name.split("-", 1)
    data = {"name": name, "source_lang": source, "target_lang": target} | said
    (path / "model.json").write_text(json.dumps(data), encoding="utf-8")
    return path


def test_read_says_what_model_json_says(tmp_path):
    symbols = {"open": "⟦", "arrow": "⇒", "close": "⟧"}
    model = registry.read(folder(tmp_path, annotation=symbols, code="⟦{}⟧", max_tokens=99, licence="MIT"))
    assert (model.annotation, model.code, model.max_tokens, model.licence) == (("⟦", "⇒", "⟧"), "⟦{}⟧", 99, "MIT")
    assert model.pieces[0] == model.pieces[1] and model.lexicon is None


def test_source_and_target_may_have_their_own_pieces(tmp_path):
    path = folder(tmp_path)
    (path / "spm.model").rename(path / "source.spm")
    (path / "target.spm").write_bytes(b"pieces")
    assert [piece.name for piece in registry.read(path).pieces] == ["source.spm", "target.spm"]


@pytest.mark.parametrize(
    "removed, message",
    [
        (["model.json"], "not an mtpipe model, model.json missing; a model folder holds"),
        (["ct2/model.bin", "spm.model"], "ct2/model.bin, spm.model missing"),
    ],
)
def test_read_names_missing_files(tmp_path, removed, message):
    path = folder(tmp_path)
    for name in removed:
        (path / name).unlink()
    with pytest.raises(ModelError, match=message):
        registry.read(path)


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", r"model.json: can't be read"),
        ('{"name": "x"}', "source_lang, target_lang missing"),
        ("[]", "name, source_lang, target_lang missing"),
        ('{"name":"x","source_lang":"en","target_lang":"de","annotation":{"open":"["}}',
         "annotation, max_tokens, languages or a list of pieces"),
    ],
)
def test_read_says_what_is_wrong_with_model_json(tmp_path, text, message):
    path = folder(tmp_path)
    (path / "model.json").write_text(text)
    with pytest.raises(ModelError, match=message):
        registry.read(path)


@pytest.mark.parametrize(
    "asked, name",
    [(("en", "de"), "en-de"), (("en-US", "de_AT"), "en-de"), (("en", "pt-BR"), "en-pt-BR"), (("en", "pt"), "en-pt")],
)
def test_find_prefers_the_exact_pair(tmp_path, asked, name):
    for known in ("en-de", "en-pt-BR", "en-pt"):
        folder(tmp_path, known)
    assert registry.find(*asked, root=tmp_path).name == name


def test_find_names_what_is_there_and_how_to_add(tmp_path):
    folder(tmp_path)
    with pytest.raises(ModelError, match=r"translates en into cs \(available: en-de\); give a model folder"):
        registry.find("en", "cs", root=tmp_path)


def test_find_checks_the_languages_of_a_given_folder(tmp_path):
    path = folder(tmp_path)
    assert registry.find("en", "de", path).folder == path
    with pytest.raises(ModelError, match="the model translates en-de, not en-cs"):
        registry.find("en", "cs", path)


def test_digest_follows_weights_and_symbols(tmp_path):
    path = folder(tmp_path)
    before = registry.read(path).digest
    assert registry.read(folder(tmp_path, "en-cs")).digest == before
    assert registry.read(folder(tmp_path, "en-es", code="⟦{}⟧")).digest != before
    (path / "ct2" / "model.bin").write_bytes(b"WEIGHTS")
    assert registry.read(path).digest != before


def test_sealed_digest_is_taken_while_the_size_fits(tmp_path):
    path = folder(tmp_path)
    before = registry.read(path).digest
    assert registry.seal(path) == before == registry.read(path).digest
    (path / "ct2" / "model.bin").write_bytes(b"other weights")
    assert registry.read(path).digest != before


def test_every_bundled_model_is_whole():
    assert all(model.licence and (model.folder / "MODEL.md").is_file() for model in registry.available())
