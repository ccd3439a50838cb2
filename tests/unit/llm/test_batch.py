"""The files of the Batch API: what is written, what is read back, and what damage says."""

import json
import lzma

import pytest

from mtpipe.config import CallSettings
from mtpipe.errors import ConfigError, InputError
from mtpipe.llm import REFUSED, WAITING
from mtpipe.llm.batch import BatchLLM, custom_id
from mtpipe.llm.client import open_llm
from mtpipe.llm.prompts import Prompt

SCHEMA = json.dumps({"type": "object", "properties": {"target": {"type": "string"}}, "required": ["target"]})
PROMPTS = [Prompt("Shout.", text, SCHEMA) for text in ("one", "two", "three")]


def llm(folder, **options):
    places = {"requests": folder / "requests.jsonl", "answers": folder / "answers.jsonl"}
    return BatchLLM("m", **places | options)


def requests(folder):
    return [json.loads(line) for line in (folder / "requests.jsonl").read_text(encoding="utf-8").splitlines()]


def result(request, text='{"target": "ja"}', status=200, **more):
    body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3}}  # fmt: skip
    response = {"status_code": status, "request_id": "r", "body": body | more}
    return {"id": "batch_1", "custom_id": request["custom_id"], "response": response, "error": None}


def write(path, *rows):
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def asked(folder, **options):
    """The requests of a run without answers."""
    llm(folder, **options).complete(PROMPTS)
    return requests(folder)


def test_requests_have_the_format_of_the_batch_api(tmp_path):
    model = llm(tmp_path, seed=3, extra_body={"guided": "$schema", "top_p": 1})
    replies = model.complete(PROMPTS[:2]) + model.complete(PROMPTS[1:])
    assert [reply.fault for reply in replies] == [WAITING] * 4 and "requests.jsonl" in replies[0].problem
    rows = requests(tmp_path)
    assert len({row["custom_id"] for row in rows}) == len(rows) == 3  # the second prompt once
    assert {(row["method"], row["url"]) for row in rows} == {("POST", "/v1/chat/completions")}
    body = rows[0]["body"]
    assert [message["content"] for message in body["messages"]] == ["Shout.", "one"]
    assert (body["model"], body["seed"], body["top_p"], body["guided"]) == ("m", 3, 1, json.loads(SCHEMA))
    assert body["response_format"]["json_schema"]["schema"] == json.loads(SCHEMA)
    assert rows[0]["custom_id"] == custom_id(body)


def test_answers_come_back_by_their_ids_in_any_order(tmp_path):
    first, second, third = asked(tmp_path)
    write(tmp_path / "answers.jsonl", result(third, '{"target": "drei"}'), result(first, '{"target": "eins"}'),
          result({"custom_id": "of another job"}), "\n")  # fmt: skip
    replies = llm(tmp_path).complete(PROMPTS)
    assert [reply.text for reply in replies] == ['{"target": "eins"}', "", '{"target": "drei"}']
    assert replies[1].fault == WAITING and (replies[0].tokens_in, replies[0].tokens_out) == (7, 3)
    assert [row["custom_id"] for row in requests(tmp_path)] == [second["custom_id"]]  # what is still to be answered


def test_when_all_is_answered_no_requests_are_left(tmp_path):
    write(tmp_path / "answers.jsonl", *map(result, asked(tmp_path)))
    assert all(reply.text for reply in llm(tmp_path).complete(PROMPTS))
    assert not (tmp_path / "requests.jsonl").exists()


def test_an_answer_counts_before_a_failure_and_the_first_of_two_answers(tmp_path):
    rows = asked(tmp_path)
    folder = tmp_path / "answers"
    folder.mkdir()
    expired = {"custom_id": rows[0]["custom_id"], "response": None, "error": {"code": "batch_expired"}}
    write(folder / "a.jsonl", expired, result(rows[1], '{"target": "first"}'))
    with lzma.open(folder / "b.jsonl.xz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(result(row, '{"target": "second"}')) + "\n" for row in rows[:2])
    (folder / "notes.txt").write_text("no result file")
    replies = llm(tmp_path, answers=folder).complete(PROMPTS)
    assert [json.loads(reply.text or "{}").get("target") for reply in replies] == ["second", "first", None]


@pytest.mark.parametrize(("row", "fault"), [
    ({"response": {"status_code": 400, "body": {"error": {"message": "too long"}}}}, REFUSED),
    ({"response": {"status_code": 500, "body": {"error": "later"}}}, WAITING),
    ({"response": {"status_code": 200, "body": {}}}, WAITING),
    ({"response": {"status_code": 200, "body": ["?"]}}, WAITING),
    ({"response": "?"}, WAITING),
    ({"error": {"code": "batch_expired"}}, WAITING),
    ({}, WAITING),
])  # fmt: skip
def test_what_failed_is_asked_again_and_what_is_refused_is_not(tmp_path, row, fault):
    first = asked(tmp_path)[0]
    write(tmp_path / "answers.jsonl", row | {"custom_id": first["custom_id"]})
    reply = llm(tmp_path).complete(PROMPTS[:1])[0]
    assert reply.fault == fault and (fault == REFUSED) == ("HTTP 400: too long" in reply.problem)


@pytest.mark.parametrize(("text", "finish", "problem"), [
    ('{"goal": "x"}', "stop", "does not match its schema"),
    ("Sure!", "stop", "the answer is not JSON"),
    ('{"target": "x', "length", "cut off at 2048 tokens"),
    ("", "content_filter", "the model refuses to answer"),
])  # fmt: skip
def test_an_answer_of_no_use_is_a_problem_and_is_not_asked_again(tmp_path, text, finish, problem):
    row = result(asked(tmp_path)[0])
    row["response"]["body"]["choices"][0] = {"message": {"content": text}, "finish_reason": finish}
    write(tmp_path / "answers.jsonl", row)
    reply = llm(tmp_path).complete(PROMPTS[:1])[0]
    assert problem in reply.problem and not reply.fault and not (tmp_path / "requests.jsonl").exists()


@pytest.mark.parametrize(("damaged", "where"), [
    ('{"custom_id": "mtpipe-1", "response": {"sta', ":2: not a result of the Batch API"),
    ("[1, 2]\n", ":2: not a result of the Batch API (no object with a custom_id); fetch the file again"),
    ('{"id": 3}\n', ":2: not a result of the Batch API"),
])  # fmt: skip
def test_a_damaged_result_file_names_its_line(tmp_path, damaged, where):
    write(tmp_path / "answers.jsonl", result({"custom_id": "x"}), damaged)
    with pytest.raises(InputError) as raised:
        llm(tmp_path)
    assert f"answers.jsonl{where}" in str(raised.value)


def test_a_packed_result_file_that_breaks_off(tmp_path):
    packed = lzma.compress(json.dumps(result({"custom_id": "x"})).encode() * 50)
    (tmp_path / "answers.jsonl.xz").write_bytes(packed[:-20])
    with pytest.raises(InputError, match="fetch the file again"):
        llm(tmp_path, answers=tmp_path / "answers.jsonl.xz")


@pytest.mark.parametrize(("options", "message"), [
    ({"answers": None}, "needs the model's name at the service and the place of its answers"),
    ({"structured": "xml"}, "structured = 'xml'; use json_schema"),
])  # fmt: skip
def test_options_that_can_not_be(tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        llm(tmp_path, **options)


def test_requests_do_not_overwrite_answers(tmp_path):
    asked(tmp_path)
    with pytest.raises(ConfigError, match="is both requests and answers; give two files"):
        llm(tmp_path, answers=tmp_path)


def test_recorded_answers_are_replayed_without_a_file_of_requests(tmp_path):
    write(tmp_path / "answers.jsonl", *map(result, asked(tmp_path)[:2]))
    (tmp_path / "requests.jsonl").unlink()
    replies = llm(tmp_path, requests=None).complete(PROMPTS)
    assert [bool(reply.text) for reply in replies] == [True, True, False]
    assert "nothing asks for it" in replies[2].problem
    assert not (tmp_path / "requests.jsonl").exists()


def test_the_client_keeps_answers_and_counts_none_that_wait_as_failures(tmp_path):
    options = {"model": "m", "requests": str(tmp_path / "requests.jsonl"), "answers": str(tmp_path / "answers.jsonl")}
    first = open_llm("batch", options, CallSettings(batch=2), tmp_path / "llm.sqlite")
    assert {reply.fault for reply in first.complete([*PROMPTS, Prompt("Say.", "more"), Prompt("Say.", "most"),
                                                     Prompt("Say.", "all")])} == {WAITING}  # fmt: skip
    assert (first.usage.failed, first.usage.unanswered) == (0, 6)
    write(tmp_path / "answers.jsonl", *(result(row) for row in requests(tmp_path)))
    second = open_llm("batch", options, CallSettings(), tmp_path / "llm.sqlite")
    assert all(reply.text for reply in second.complete(PROMPTS)) and second.usage.tokens_in == 21
    (tmp_path / "answers.jsonl").unlink()
    third = open_llm("batch", options, CallSettings(), tmp_path / "llm.sqlite")
    assert all(reply.cached for reply in third.complete(PROMPTS))
