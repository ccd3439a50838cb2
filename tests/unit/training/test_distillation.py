"""A student's training text from a teacher: its own translations, the surest, asked for once."""

import json

import pytest

from mtpipe.errors import ConfigError, InputError
from mtpipe.mt import Draft
from mtpipe.mt.fake import FakeTranslator
from mtpipe.training import distillation
from mtpipe.training.distillation import distilled

LANGUAGES = ("en", "de")
PAIRS = [(f"Open the table number {k}", f"Öffnen Sie Tabelle {k}") for k in range(10)]
TAUGHT = {source: f"Die Tabelle Nummer {k} öffnen" for k, (source, _) in enumerate(PAIRS)}


class Graded(FakeTranslator):
    """Surer of later sources."""

    def translate(self, segments):
        drafts = super().translate(segments)
        return [Draft(draft.text, -10.0 + int(segment.source.split()[-1]))
                for draft, segment in zip(drafts, segments, strict=True)]  # fmt: skip


def test_the_surest_of_the_teachers_translations_are_learnt_from(tmp_path):
    told = []
    made = distilled(PAIRS + PAIRS[:3], Graded(TAUGHT), LANGUAGES, tmp_path / "kept.jsonl", 0.8, told.append)
    assert made == [(source, TAUGHT[source]) for source, _ in PAIRS[2:]]
    assert told == ["the teacher translates 10 sources",
                    "learning from 8 of the teacher's translations; left out: unsure 2"]  # fmt: skip


def test_what_is_unfit_is_left_out_with_its_reason(tmp_path):
    told = []
    replies = {**TAUGHT, PAIRS[4][0]: "", PAIRS[5][0]: PAIRS[5][0]}
    made = distilled(PAIRS, FakeTranslator(replies), LANGUAGES, tmp_path / "kept.jsonl", 1.0, told.append)
    assert len(made) == 8 and "empty 1" in told[-1] and "source = target 1" in told[-1]


def test_an_interrupted_teacher_is_asked_for_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(distillation, "_BATCH", 4)
    kept = tmp_path / "kept.jsonl"
    rows = [json.dumps({"source": source, "draft": TAUGHT[source], "score": -1.0}) for source, _ in PAIRS[:5]]
    kept.write_text("\n".join(rows) + "\n" + rows[0][:20], encoding="utf-8")  # killed while it wrote
    teacher = FakeTranslator(TAUGHT)
    made = distilled(PAIRS, teacher, LANGUAGES, kept, 1.0)
    assert made == list(TAUGHT.items())
    assert teacher.calls == [[source for source, _ in PAIRS[5:9]], [PAIRS[9][0]]]
    assert distilled(PAIRS, teacher, LANGUAGES, kept, 1.0) == made and len(teacher.calls) == 2


def test_a_teacher_of_nothing_is_said(tmp_path):
    with pytest.raises(InputError, match=r"no translation of the teacher is fit to learn from \(empty 10\)"):
        distilled(PAIRS, FakeTranslator(dict.fromkeys(TAUGHT, "")), LANGUAGES, tmp_path / "kept.jsonl")


def test_a_teacher_replaces_the_targets_but_not_those_of_development_text(tmp_path, monkeypatch):
    from mtpipe.config import FinetuneSettings
    from mtpipe.workflow import training

    pairs = tmp_path / "pairs.tsv"
    rows = [(f"Open the table number {k}", f"Öffnen Sie Tabelle {k}") for k in range(220)]
    pairs.write_text("".join(f"{source}\t{target}\n" for source, target in rows), encoding="utf-8")
    asked = []
    monkeypatch.setattr(training.stage, "finetune", lambda recipe, *rest: asked.append(recipe))
    replies = {source: f"Die Tabelle Nummer {k} öffnen" for k, (source, _) in enumerate(rows)}
    teacher = FakeTranslator(replies, "0123456789")
    monkeypatch.setattr(training.plugins, "load", lambda kind, name: lambda folder: teacher)
    settings = FinetuneSettings(pairs=(pairs,), teacher=tmp_path, steps=1)
    training.train(settings, LANGUAGES, tmp_path / "out", None, lambda line: None)
    (recipe,) = asked
    assert {target for _, target in recipe.pairs} <= set(replies.values())
    assert len(recipe.dev) == 11 and set(recipe.dev) <= set(rows)
    assert not {source for source, _ in recipe.pairs} & {source for source, _ in recipe.dev}
    assert (tmp_path / "out.training" / "teacher-01234567.jsonl").is_file()
    with pytest.raises(ConfigError, match="--teacher teaches to translate"):
        training._taught(training.replace(recipe, task="post-edit"), tmp_path, 1.0, lambda line: None)
