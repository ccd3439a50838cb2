import json

import pytest

from mtpipe import workflow
from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.workflow import Stage
from mtpipe.workflow.manifest import Manifest, digest, fingerprint


class Kitchen:
    """Three stages, each of which copies a file and adds its letter."""

    def __init__(self, folder):
        self.folder, self.done, self.error = folder, [], None
        (folder / "0").write_text("x")

    def stages(self):
        return [self.stage(name, number) for number, name in enumerate(("cut", "cook", "eat"))]

    def stage(self, name, number):
        made, out = self.folder / f"{number}", self.folder / f"{number + 1}"

        def act():
            if self.error == name:
                raise InputError("the pan is hot")
            self.done.append(name)
            out.write_text(made.read_text() + name[0])
            return {"letters": len(out.read_text()), "incomplete": "burnt" if self.error == f"half {name}" else ""}

        return Stage(name, lambda: {"made": digest(made)}, lambda: (out,), act)

    def run(self, *chosen, **more):
        self.done, told = [], []
        workflow.run(self.stages(), Manifest(self.folder / "manifest.json"), *chosen, tell=told.append, **more)
        return self.done, told

    def plan(self, *chosen):
        return dict(workflow.plan(self.stages(), Manifest(self.folder / "manifest.json"), *chosen))


@pytest.fixture
def kitchen(tmp_path):
    return Kitchen(tmp_path)


def test_stages_are_done_once_and_again_when_something_changed(kitchen):
    assert kitchen.run()[0] == ["cut", "cook", "eat"]
    assert kitchen.run() == ([], ["cut: unchanged", "cook: unchanged", "eat: unchanged"])
    (kitchen.folder / "1").write_text("by hand")
    assert kitchen.run() == (["cook", "eat"], ["cut: unchanged", "cook: changed: made", "eat: changed: made"])
    assert (kitchen.folder / "3").read_text() == "by handce"
    (kitchen.folder / "2").unlink()
    assert kitchen.run()[0] == ["cook"]  # which made the same again
    (kitchen.folder / "0").write_text("y")
    assert kitchen.run()[0] == ["cut", "cook", "eat"]


@pytest.mark.parametrize("chosen, done", [
    (("", ""), ["cut", "cook", "eat"]), (("", "cook"), ["cut", "cook"]), (("cook", ""), ["cook", "eat"]),
    (("cook", "cook"), ["cook"]),
])  # fmt: skip
def test_only_what_was_asked_for(kitchen, chosen, done):
    kitchen.run()
    assert kitchen.run(*chosen, again=True)[0] == done


@pytest.mark.parametrize("chosen, message", [
    (("cook", ""), "cut has not been run .*1 missing.; begin with --from cut"),
    (("wash", ""), "no stage 'wash' in this run; available: cut, cook, eat"),
    (("", "wash"), "no stage 'wash'"), (("eat", "cut"), "eat comes after cut; the order is cut, cook, eat"),
])  # fmt: skip
def test_what_can_not_be_asked_for(kitchen, chosen, message):
    with pytest.raises(ConfigError, match=message):
        kitchen.run(*chosen)


def test_a_stage_that_failed_is_where_the_next_run_begins(kitchen):
    kitchen.error = "cook"
    with pytest.raises(InputError, match="the pan is hot"):
        kitchen.run()
    record = json.loads((kitchen.folder / "manifest.json").read_text())["stages"]
    assert record["cut"]["state"] == "done" and record["cook"]["state"] == "failed"
    assert record["cook"]["why"] == "the pan is hot" and "eat" not in record
    assert kitchen.plan() == {"cut": "", "cook": "was not finished (failed)", "eat": "not done yet"}
    kitchen.error = None
    assert kitchen.run()[0] == ["cook", "eat"]


def test_a_stage_killed_at_work_is_done_again(kitchen):
    kitchen.run()
    manifest = Manifest(kitchen.folder / "manifest.json")
    manifest.put("cook", state="running", inputs=manifest.stages["cook"]["inputs"])
    assert kitchen.run() == (["cook"], ["cut: unchanged", "cook: was not finished (running)", "eat: unchanged"])


def test_an_incomplete_stage_is_done_again_and_what_follows_uses_what_is_there(kitchen):
    kitchen.error = "half cut"
    assert kitchen.run()[0] == ["cut", "cook", "eat"]
    kitchen.error = None
    assert kitchen.run() == (["cut"], ["cut: was not finished (incomplete)", "cook: unchanged", "eat: unchanged"])


def test_plan_says_what_a_run_would_do(kitchen):
    assert kitchen.plan("", "cut") == {"cut": "not done yet"}
    kitchen.run()
    assert set(kitchen.plan().values()) == {""}
    (kitchen.folder / "0").write_text("y")
    why = "if the result of cut changes"
    assert kitchen.plan() == {"cut": "changed: made", "cook": why, "eat": why}
    assert (kitchen.folder / "3").read_text() == "xcce"


def test_the_manifest_says_from_what_and_with_what(kitchen):
    kitchen.run()
    data = json.loads((kitchen.folder / "manifest.json").read_text())
    assert data["packages"]["ctranslate2"] and data["python"] and data["code"]
    cook = data["stages"]["cook"]
    assert cook["inputs"] == {"made": digest(kitchen.folder / "1")} and cook["facts"]["letters"] == 3
    assert cook["outputs"] == [str(kitchen.folder / "2")] and cook["seconds"] >= 0 and cook["at"].startswith("20")


@pytest.mark.parametrize("text", ["", "[]", '{"stages": 5}', "\0"])
def test_a_file_that_is_no_manifest(tmp_path, text):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(InputError, match="m.json: not a manifest of a run .*remove it to start over"):
        Manifest(tmp_path / "m.json")


def test_a_manifest_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="manifest.json: can't be written"):
        Manifest(tmp_path / "file" / "manifest.json").put("cut", state="done")


def test_digests_follow_contents_and_names(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    file = tmp_path / "a" / "b" / "c"
    file.write_text("1")
    before = digest(tmp_path / "a"), digest(file)
    file.write_text("22")
    assert digest(tmp_path / "a") != before[0] and digest(file) != before[1]
    file.write_text("1")
    assert (digest(tmp_path / "a"), digest(file)) == before
    file.rename(file.with_name("d"))
    assert digest(tmp_path / "a") != before[0] and digest(file.with_name("d")) == before[1]
    assert digest(None) == "-" and fingerprint({"a": tmp_path}) != fingerprint({"a": None})
    with pytest.raises(InputError, match="none: can't be read .No such file"):
        digest(tmp_path / "none")
