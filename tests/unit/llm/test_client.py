"""Caller around a scripted server on real sockets, and around models of its own process."""

import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.errors import CallError, ConfigError, OutputError
from mtpipe.llm import UNASKED, Reply
from mtpipe.llm.client import Caller, CallSettings, open_llm
from mtpipe.llm.fake import FakeLLM
from mtpipe.llm.prompts import Prompt, Template
from mtpipe.llm.pseudonymization import Mask
from tests.support.llm_server import FAULTS, MODEL, LlmServer, said

SCHEMA = json.dumps({"type": "object", "properties": {"target": {"type": "string"}}, "required": ["target"]})
QUICK = {"timeout": 30.0, "max_wait": 0.05}
# faults that are answers, if useless ones: paid for, so never asked for again
ANSWERS = ("no content", "cut off", "broken answer", "refusal", "wrong schema", "duplicate answers", "deep answer",
           "half a character")  # fmt: skip


def answer(body):
    return json.dumps({"target": said(body).upper()})


def opened(server, folder, **settings):
    options = {"model": MODEL, "base_url": server.url}
    return open_llm("openai", options, CallSettings(**QUICK | settings), folder / "llm.sqlite")


def prompts(*texts):
    return [Prompt("Shout.", text, SCHEMA) for text in texts]


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in (*ANSWERS, "quota", "too long", "redirect",
                                                                              "bad request", "prose")])  # fmt: skip
def test_a_fault_that_passes_costs_a_call_and_no_answer(fault, tmp_path):
    with LlmServer(answer, [fault]) as server:
        caller = opened(server, tmp_path, concurrency=1, timeout=1.0 if fault in ("hang", "slow drip") else 30.0)
        replies = caller.complete(prompts("a", "b"))
        assert [reply.text for reply in replies] == ['{"target": "A"}', '{"target": "B"}']
        assert (len(server.received), caller.usage.calls, caller.usage.failed) == (3, 3, 1)
        assert caller.usage.unanswered == 0


@pytest.mark.parametrize(
    "fault, problem",
    [
        ("no content", "the answer is empty (finish_reason stop)"),
        ("cut off", "the answer was cut off at 2048 tokens; raise max_tokens"),
        ("broken answer", "the answer is broken JSON"),
        ("refusal", "the model refuses to answer: I can't help with that."),
        ("wrong schema", "does not match its schema: 'target' is a required property"),
        ("deep answer", "the answer is JSON nested too deep"),
        ("half a character", "the answer has half a character (a lone surrogate)"),
    ],
)
def test_a_useless_answer_is_a_problem_and_is_not_paid_twice(fault, problem, tmp_path):
    with LlmServer(answer, [fault]) as server:
        first = opened(server, tmp_path).complete(prompts("a"))[0]
        again = opened(server, tmp_path).complete(prompts("a"))[0]
        assert (first.text, first.cached, again.cached, again.problem) == ("", False, True, first.problem)
        assert problem in first.problem
        assert len(server.received) == 1


def test_an_answer_given_twice_is_taken_once(tmp_path):
    with LlmServer(answer, ["duplicate answers"]) as server:
        assert opened(server, tmp_path).complete(prompts("a"))[0].text == '{"target": "A"}'


def test_a_prompt_that_is_too_long_fails_alone_and_may_be_asked_another_day(tmp_path):
    with LlmServer(answer, ["too long"] * 2) as server:
        caller = opened(server, tmp_path, concurrency=1, max_failures=1)
        replies = caller.complete(prompts("a", "b", "c"))
        assert [reply.fault for reply in replies] == ["refused", "refused", ""]
        assert "maximum context length" in replies[0].problem
        assert opened(server, tmp_path).complete(prompts("a"))[0].text == '{"target": "A"}'


@pytest.mark.parametrize("fault, calls", [("500", 9), ("bad request", 3), ("reset", 9)])
def test_failures_in_a_row_stop_the_run_and_nothing_is_asked_twice_after_it(fault, calls, tmp_path):
    texts = [f"t{i}" for i in range(12)]
    with LlmServer(answer, [""] * 4, then=fault) as server:
        caller = opened(server, tmp_path, concurrency=1, retries=2, max_failures=3)
        with pytest.raises(CallError, match="failed 3 times in a row, last: .*; what was answered is kept: run the"):
            caller.complete(prompts(*texts))
        assert len(server.received) == 4 + calls
        server.then = ""
        replies = opened(server, tmp_path).complete(prompts(*texts))
        assert [json.loads(reply.text)["target"] for reply in replies] == [text.upper() for text in texts]
        assert sorted(server.answered) == sorted(texts)


def test_a_used_up_quota_stops_at_once(tmp_path):
    with LlmServer(answer, then="quota") as server:
        with pytest.raises(CallError, match="exceeded your quota; the account has no credit left"):
            opened(server, tmp_path, concurrency=1).complete(prompts("a", "b", "c"))
        assert len(server.received) == 1


@pytest.mark.parametrize("fault, at_least", [("429", 0.19), ("429 date", 0.0)])
def test_what_the_server_asks_for_is_waited(fault, at_least, tmp_path):
    with LlmServer(answer, [fault]) as server:
        start = time.monotonic()
        opened(server, tmp_path, max_wait=5.0).complete(prompts("a"))
        assert at_least <= time.monotonic() - start < 30


def test_a_long_wait_asked_for_is_cut_to_max_wait(tmp_path):
    with LlmServer(answer, ["429 for an hour"]) as server:
        start = time.monotonic()
        assert opened(server, tmp_path).complete(prompts("a"))[0].text
        assert time.monotonic() - start < 60


def test_a_body_that_drips_is_given_up_at_the_deadline_though_every_read_is_quick(tmp_path):
    with LlmServer(answer, then="slow drip") as server:
        start = time.monotonic()
        reply = opened(server, tmp_path, retries=0, timeout=1.0).complete(prompts("a"))[0]
        assert reply.problem.endswith("no answer within 1 seconds")
        assert 0.9 < time.monotonic() - start < 15


def test_calls_run_side_by_side_but_no_more_than_asked_for(tmp_path):
    with LlmServer(answer, pause=0.2) as server:
        opened(server, tmp_path, concurrency=5).complete(prompts(*"abcdefghij"))
        assert 1 < server.most <= 5


def test_equal_prompts_are_asked_once_and_other_parameters_anew(tmp_path):
    with LlmServer(answer) as server:
        caller = opened(server, tmp_path)
        assert len({reply.text for reply in caller.complete(prompts("a", "a", "b", "a"))}) == 2
        assert (caller.usage.calls, caller.usage.tokens_in, caller.usage.tokens_out) == (2, 200, 40)
        other = open_llm("openai", {"model": MODEL, "base_url": server.url, "temperature": 0.3}, CallSettings(**QUICK),
                         tmp_path / "llm.sqlite")  # fmt: skip
        assert not other.complete(prompts("a"))[0].cached
        assert Counter(server.answered) == {"a": 2, "b": 1}


def test_max_calls_counts_failed_ones_and_stops_cleanly(tmp_path):
    with LlmServer(answer, ["500"]) as server:
        caller = opened(server, tmp_path, concurrency=1, max_calls=3)
        replies = caller.complete(prompts("a", "b", "c", "d"))
        assert [reply.fault for reply in replies] == ["", "", UNASKED, UNASKED]
        assert replies[2].problem == "budget spent (max_calls 3); raise it and run again to go on"
        assert caller.is_spent and len(server.received) == 3
        later = caller.complete(prompts("a", "e"))
        assert (later[0].cached, later[1].fault) == (True, UNASKED)
        assert opened(server, tmp_path).complete(prompts("a", "b", "c", "d"))[2].text == '{"target": "C"}'
        assert sorted(server.answered) == ["a", "b", "c", "d"]


def test_max_cost_stops_and_the_cost_is_told(tmp_path):
    prices = {MODEL: (10, 50)}  # 100 tokens in and 20 out: 0.002 a call
    with LlmServer(answer) as server:
        caller = opened(server, tmp_path, concurrency=1, prices=prices, max_cost=0.003)
        assert [reply.fault for reply in caller.complete(prompts("a", "b", "c"))] == ["", "", UNASKED]
        assert caller.report()["cost"] == pytest.approx(0.004)
        assert caller.report()["unanswered"] == 1


def test_a_limit_of_cost_needs_a_price(tmp_path):
    with pytest.raises(ConfigError, match=r"max_cost needs the price of 'fake': \[calls.prices\] 'fake' = \[1.5, 6\]"):
        open_llm("fake", {}, CallSettings(max_cost=1), tmp_path / "llm.sqlite")


@pytest.mark.parametrize(
    "table, message",
    [
        ({"colour": 1}, "colour: no such setting; available: concurrency, batch"),
        ({"concurrency": 0}, "concurrency = 0: give 1 or more"),
        ({"retries": 1.5}, "retries = 1.5: give a whole number"),
        ({"timeout": 0}, "timeout = 0: give more than 0"),
        ({"timeout": "long"}, "timeout = 'long': give a number"),
        ({"max_calls": True}, "max_calls = True: give a whole number"),
        ({"max_cost": -1}, "max_cost = -1: give 0 or more"),
        ({"prices": {"m": 3}}, "prices = {'m': 3}: 'm': give two numbers, of a million tokens sent and received"),
        ({"prices": 3}, r"prices = 3: give a table, as \[calls.prices\]"),
        ({"mask": ["colours"]}, r"mask = \['colours'\]: use some of numbers, e-mails"),
        ({"mask_names": "/no/such/file"}, "mask_names = '/no/such/file': is not a file"),
        ({"batch": 0, "max_failures": 0}, "batch = 0: give 1 or more\n  max_failures = 0: give 1 or more"),
    ],
)
def test_settings_say_what_is_wrong_with_them(table, message):
    with pytest.raises(ConfigError, match=message):
        CallSettings(**table)


def test_a_model_of_this_process_gets_batches_and_its_replies_are_kept(tmp_path):
    class Local(FakeLLM):
        def __init__(self):
            super().__init__(script=lambda prompt: prompt.user.upper())
            self.sizes = []

        def complete(self, prompts):
            self.sizes.append(len(prompts))
            return super().complete(prompts)

    local = Local()
    caller = Caller(local, CallSettings(batch=4, max_calls=6), tmp_path / "llm.sqlite")
    replies = caller.complete([Prompt("", text) for text in "abcdefgh"])
    assert [reply.text for reply in replies] == [*"ABCDEF", "", ""]
    assert local.sizes == [4, 2]
    assert all(reply.cached for reply in Caller(local, CallSettings(), tmp_path / "llm.sqlite").complete(
        [Prompt("", text) for text in "abcdef"]))  # fmt: skip


@pytest.mark.parametrize("content, message", [(b"this is no database " * 100, "delete it or choose another")])
def test_a_cache_that_is_something_else_is_said(content, message, tmp_path):
    (tmp_path / "llm.sqlite").write_bytes(content)
    with pytest.raises(OutputError, match=message):
        open_llm("fake", {}, CallSettings(), tmp_path / "llm.sqlite")


JOB = """
import json, sys
from pathlib import Path
from mtpipe.llm.client import CallSettings, open_llm
from mtpipe.llm.prompts import Prompt
options, settings, cache, prompts = json.loads(sys.argv[1])
open_llm("openai", options, CallSettings(**settings), Path(cache)).complete([Prompt(*prompt) for prompt in prompts])
"""


def test_a_killed_run_has_kept_every_reply_that_it_got(tmp_path):
    with LlmServer(answer, pause=0.05) as server:
        asked = prompts(*(f"t{i}" for i in range(30)))
        given = [{"model": MODEL, "base_url": server.url}, {"concurrency": 2}, str(tmp_path / "llm.sqlite"),
                 [(one.system, one.user, one.schema) for one in asked]]  # fmt: skip
        job = subprocess.Popen([sys.executable, "-c", JOB, json.dumps(given)])
        while len(server.answered) < 8:
            assert job.poll() is None
            time.sleep(0.05)
        job.kill()
        job.wait()
        time.sleep(0.2)  # the server's threads find out
        kept = sqlite3.connect(tmp_path / "llm.sqlite").execute("SELECT count(*) FROM replies").fetchone()[0]
        before = len(server.received)
        assert kept >= before - 2  # but for those under way
        replies = opened(server, tmp_path).complete(asked)
        assert all(reply.text for reply in replies)
        assert len(server.received) == before + 30 - kept


CANARY = "sk-canary-4711-do-not-write"


@pytest.mark.parametrize("key, fault", [(CANARY, ""), (CANARY, "500"), ("another", ""), (CANARY, "bad request")])
def test_the_key_is_written_nowhere(key, fault, tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("CANARY", CANARY)
    caplog.set_level("DEBUG")
    with LlmServer(answer, then=fault, key=key) as server:
        options = {"model": MODEL, "base_url": server.url, "key_variable": "CANARY"}
        text = ""
        try:
            settings = CallSettings(**QUICK | {"retries": 1, "max_failures": 2})
            caller = open_llm("openai", options, settings, tmp_path / "llm.sqlite")
            text = f"{caller.complete(prompts('a', 'b', 'c'))} {caller.report()} {caller} {vars(caller._llm)}"
        except (CallError, ConfigError) as error:
            text = f"{error!r} {error.__cause__!r}"
            assert key != "another" or "check the key in CANARY" in text
        assert server.received[0]["headers"]["authorization"] == f"Bearer {CANARY}"
    text = text.replace(f"'_key': '{CANARY}'", "")  # in memory it must be
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert written and CANARY.encode() not in b"".join(written)
    assert CANARY not in text + caplog.text + "".join(capfd.readouterr())


NAMES = ("Müller", "Anna Berg", "O'Neil \"Bo\"")


def masked(folder, *kinds):
    path = folder / "names.txt"
    path.write_text("\n".join(NAMES), encoding="utf-8")
    return Mask(kinds or ("numbers", "e-mails"), path)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("Pay 12,500.50 to Müller.", "Pay [[NUMBER1]] to [[NAME2]]."),
        ("Müllers Konto 4711, Müller", "[[NAME1]]s Konto [[NUMBER2]], [[NAME1]]"),
        ("mail anna.berg+x@firma-x.co.uk now", "mail [[EMAIL1]] now"),
        ("On 2026-11-21, 5 of 12 files {1000} %1000$s ⟦100⟧", "On [[NUMBER1]], 5 of 12 files {1000} %1000$s ⟦100⟧"),
        ("[[NAME7]] was here in 1999", "[[NAME7]] was here in [[NUMBER8]]"),
        ("Annabell Müllerin", "Annabell Müllerin"),
    ],
)
def test_what_is_hidden(text, shown, tmp_path):
    hidden = masked(tmp_path).hide(Prompt("Rules.", text))
    assert hidden.prompt.user == shown
    assert hidden.restored(Reply(shown)).text == text


@given(st.lists(st.sampled_from([*NAMES, "x@y.org", "12,345.6", "999", "7", "und", "[[", "⟦1⟧", "\""]), max_size=12))
def test_what_was_hidden_comes_back_as_it_was(tmp_path_factory, parts):
    text = " ".join(parts)
    mask = masked(tmp_path_factory.mktemp("masks"))
    hidden = mask.hide(Prompt("", text, SCHEMA, text))
    assert not any(part in hidden.prompt.user for part in (*NAMES, "x@y.org", "12,345.6", "999"))
    said_back = json.dumps({"target": hidden.prompt.user})
    assert json.loads(hidden.restored(Reply(said_back)).text or said_back)["target"] == text


@pytest.mark.parametrize(
    "reply, problem",
    [
        ("Zahle [[NUMBER1]].", "the answer lost [[NAME2]], which hide private text from it"),
        ("[[NAME2]] [[NUMBER1]] [[NUMBER9]]", "the answer made up [[NUMBER9]], which hide private text from it"),
        ("[[NUMBER3]] an [[NAME2]]", ""),  # the draft's way to write the same number
    ],
)
def test_a_lost_placeholder_is_a_problem(reply, problem, tmp_path):
    prompt = Prompt("", "Pay 12,500.50 to Müller. 12.500,50", source="Pay 12,500.50 to Müller.")
    restored = masked(tmp_path).hide(prompt).restored(Reply(reply))
    assert (restored.problem, bool(restored.text)) == (problem, not problem)


def test_schemas_ask_for_what_is_shown(tmp_path):
    schema = {"properties": {"target": {"type": "string", "pattern": r"^.{0,1000}(Windows 1000|a\.b@c\.de).{0,1000}$"},
                             "kind": {"enum": ["Müller", 1000]}}}  # fmt: skip
    prompt = Prompt("", "Windows 1000 von Müller, a.b@c.de", json.dumps(schema))
    shown = json.loads(masked(tmp_path).hide(prompt).prompt.schema)["properties"]
    assert shown["target"]["pattern"] == r"^.{0,1000}(Windows \[\[NUMBER1\]\]|\[\[EMAIL3\]\]).{0,1000}$"
    assert shown["kind"]["enum"] == ["[[NAME2]]", 1000]


def test_a_server_sees_nothing_of_what_is_masked(tmp_path):
    (tmp_path / "names.txt").write_text("Berta\n", encoding="utf-8")
    text = Template("t", "Do.\n---\n{{ source }}")
    prompt = text.fill({"type": "object"}, source="Call Berta at 0170-5551234, berta@web.de")
    with LlmServer(lambda body: json.dumps({"target": said(body)})) as server:
        caller = opened(server, tmp_path, mask=["numbers", "e-mails"], mask_names=tmp_path / "names.txt")
        assert json.loads(caller.complete([prompt])[0].text)["target"] == prompt.user
        seen = json.dumps(server.received)
    kept = (tmp_path / "llm.sqlite").read_bytes() + (tmp_path / "llm.sqlite-wal").read_bytes()
    assert "NAME1" in seen and b"NAME1" in kept
    assert not any(private in seen + str(kept) for private in ("Berta", "5551234", "web.de"))
