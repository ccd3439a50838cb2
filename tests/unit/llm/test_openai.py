"""The openai adapter against a scripted server: what it asks for, what it steps down to, what it says goes wrong."""

import json
import socket
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from mtpipe.errors import ConfigError, ModelError
from mtpipe.llm import AGAIN, structured_output
from mtpipe.llm.openai import OpenAILLM, masked, retry_after
from mtpipe.llm.prompts import Prompt, Template
from tests.support.llm_server import FAULTS, MODEL, PROSE, LlmServer, completion, said

TARGET = {"type": "string", "pattern": "Tabelle", "maxLength": 99}
SCHEMA = json.dumps({"type": "object", "properties": {"target": TARGET}, "required": ["target"]})
PROMPT = Prompt("Translate.", "table", SCHEMA)


def answer(body):
    return '{"target": "Tabelle"}'


def opened(server, **options):
    return OpenAILLM(**{"model": MODEL, "base_url": server.url, "timeout": 30.0} | options)


def settled(llm, prompt=PROMPT):
    """The reply after as many steps down as it takes."""
    while (reply := llm.complete([prompt])[0]).fault == AGAIN:
        pass
    return reply


def test_what_is_sent_and_what_comes_back():
    with LlmServer(answer) as server:
        reply = opened(server, temperature=0.2, seed=3).complete([PROMPT])[0]
        body = server.received[0]["body"]
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.fault) == ('{"target": "Tabelle"}', 100, 20, "")
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert (body["temperature"], body["seed"], body["max_tokens"]) == (0.2, 3, 2048)
    asked = body["response_format"]["json_schema"]
    assert asked["strict"] and asked["schema"] == json.loads(SCHEMA)


def kind_of(asked):
    return "bare" if asked["type"] == "json_schema" and "pattern" not in json.dumps(asked) else asked["type"]


@pytest.mark.parametrize(
    "takes, ignores, calls",
    [
        (("json_schema", "json_object"), (), ["json_schema"]),
        (("json_object",), (), ["json_schema", "bare", "json_object"]),  # bare: without patterns
        ((), (), ["json_schema", "bare", "json_object", "text"]),
        (("json_schema", "json_object"), ("json_schema",), ["json_schema", "json_object"]),  # 200, but prose
        (("json_schema", "json_object"), ("json_schema", "json_object"), ["json_schema", "json_object", "text"]),
    ],
)
def test_it_steps_down_to_what_the_server_takes_and_remembers_it(takes, ignores, calls):
    with LlmServer(answer, takes=takes, ignores=ignores) as server:
        llm = opened(server)
        assert settled(llm).text == '{"target": "Tabelle"}'
        assert settled(llm).text == '{"target": "Tabelle"}'
        kinds = [kind_of(call["body"].get("response_format", {"type": "text"})) for call in server.received]
        told = [call["body"]["messages"][0]["content"] for call in server.received]
    assert kinds == [*calls, calls[-1]]
    assert ["fit this JSON schema" in text for text in told] == [kind in ("json_object", "text") for kind in kinds]


def test_one_slip_into_prose_does_not_change_how_it_asks():
    with LlmServer(answer, ["", "prose", ""]) as server:
        llm = opened(server)
        replies = [llm.complete([PROMPT])[0] for _ in range(3)]
        assert [bool(reply.problem) for reply in replies] == [False, True, False]
        assert f"the answer is not JSON: {PROSE[:80]!r}" == replies[1].problem
        assert all(call["body"]["response_format"]["type"] == "json_schema" for call in server.received)


def test_free_text_needs_no_format():
    with LlmServer(lambda body: "<think>Hm.</think>\n Tabelle ") as server:
        assert opened(server).complete([Prompt("", "table")])[0].text == "Tabelle"
        assert "response_format" not in server.received[0]["body"]
        assert [message["role"] for message in server.received[0]["body"]["messages"]] == ["user"]


def test_extra_body_takes_the_schema_to_servers_of_their_own_kind():
    extra = {"structured_outputs": {"json": "$schema"}, "grammar": "root ::= [a-z]+"}
    with LlmServer(answer) as server:
        llm = opened(server, extra_body=extra, structured="text")
        llm.complete([PROMPT, Prompt("", "table")])
        first, second = (call["body"] for call in server.received)
    assert first["structured_outputs"]["json"] == json.loads(SCHEMA) and "response_format" not in first
    assert "structured_outputs" not in second and second["grammar"] == "root ::= [a-z]+"


class Picky(LlmServer):
    """Refuses max_tokens and temperatures, as reasoning models do."""

    def __init__(self):
        super().__init__(answer, then="picky")


def _picky(handler, body):
    for name in ("max_tokens", "temperature"):
        if name in body:
            return handler.error(400, f"Unsupported parameter: '{name}' is not supported with this model.")
    handler.send(200, completion(answer(body)))
    return True


def test_parameters_that_a_model_does_not_take_are_said_otherwise(monkeypatch):
    monkeypatch.setitem(FAULTS, "picky", _picky)
    with Picky() as server:
        llm = opened(server)
        digest = llm.digest
        assert settled(llm).text and settled(llm).text
        assert len(server.received) == 4 and server.received[-1]["body"]["max_completion_tokens"] == 2048
        assert llm.digest == digest


@pytest.mark.parametrize(
    "options, kind, message",
    [
        ({"model": "nonsense"}, ModelError, r"HTTP 404: The model 'nonsense' does not exist; the server has no model "
                                            r"'nonsense', it has scripted"),
        ({"key_variable": "WRONG"}, ConfigError, r"HTTP 401: Incorrect API key provided: Bearer \*\*\*; check the key "
                                                 r"in WRONG"),
        ({}, ConfigError, r"HTTP 401: .*; set OPENAI_API_KEY to a key"),
    ],
)  # fmt: skip
def test_what_no_prompt_gets_past_is_an_error(options, kind, message, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("WRONG", "sk-wrong")
    with LlmServer(answer, key="" if "model" in options else "sk-right") as server:
        with pytest.raises(kind, match=message):
            opened(server, **options).complete([PROMPT])


def test_a_base_url_without_v1_is_said():
    with LlmServer(answer) as server:
        with pytest.raises((ConfigError, ModelError), match="HTTP 404: no such path: /chat/completions; "):
            opened(server, base_url=server.url.removesuffix("/v1")).complete([PROMPT])


def test_no_server_is_an_error_at_first_and_a_failure_later():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ConfigError, match="no server answers .*; start it or check base_url"):
        OpenAILLM(model="m", base_url=url).complete([PROMPT])
    with LlmServer(answer) as server:
        llm = opened(server)
        assert llm.complete([PROMPT])[0].text
    llm._client.close()  # with its open connection
    llm = opened(server)
    llm._is_reached = True
    assert llm.complete([PROMPT])[0].is_worth_retrying


@pytest.mark.parametrize(
    "options, message",
    [
        ({}, "needs the model's name at the server"),
        ({"model": "m"}, "the environment has no OPENAI_API_KEY: export it with the server's key"),
        ({"model": "m", "base_url": "http://h/v1", "key_variable": "NONE"}, "the environment has no NONE"),
        ({"model": "m", "base_url": "localhost:8080"}, "base_url = 'localhost:8080' is not a valid address"),
        ({"model": "m", "base_url": "http://u:sk-secret@h/v1"}, "has a password or a query in it"),
        ({"model": "m", "base_url": "http://h/v1?key=sk-secret"}, "has a password or a query in it"),
        ({"model": "m", "structured": "xml"}, "structured = 'xml'; use json_schema, bare_schema, json_object, text"),
    ],
)
def test_options_that_can_not_be_used(options, message, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("NONE", raising=False)
    with pytest.raises(ConfigError, match=message) as error:
        OpenAILLM(**options)
    assert "secret" not in str(error.value)


def test_digests_change_with_what_changes_answers_and_not_with_keys(monkeypatch):
    url = {"base_url": "http://localhost:1/v1"}
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    plain = OpenAILLM(model="m", **url).digest
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert OpenAILLM(model="m", timeout=3.0, **url).digest == plain
    others = [{"model": "n"}, {"seed": 1}, {"temperature": 0.5}, {"max_tokens": 9}, {"extra_body": {"grammar": "x"}},
              {"base_url": "http://localhost:2/v1"}]  # fmt: skip
    assert len({plain, *(OpenAILLM(**{"model": "m"} | url | other).digest for other in others)}) == 1 + len(others)


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({}, 0.0), ({"retry-after": "7"}, 7.0), ({"retry-after": "0.5"}, 0.5), ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "-3"}, 0.0), ({"retry-after": "soon"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)  # fmt: skip
def test_retry_after(headers, seconds):
    assert retry_after(headers) == seconds


def test_retry_after_as_a_date():
    later = datetime.now(timezone.utc) + timedelta(seconds=90)
    assert 80 < retry_after({"retry-after": format_datetime(later, usegmt=True)}) <= 90


@pytest.mark.parametrize(
    "text",
    ['{"target": "x"}', ' {"target":"x"}\n', '```json\n{"target": "x"}\n```', '<think>{}</think>{"target": "x"}',
     '{"target": "x"}\n{"target": "x"}', '```\n{"target": "x"}```'],
)  # fmt: skip
def test_answers_in_their_wrappings(text):
    assert json.loads(structured_output.as_json(text, SCHEMA)) == {"target": "x"}


@pytest.mark.parametrize(
    "text, kind, message",
    [
        ("The table.", structured_output.Prose, "the answer is not JSON: 'The table.'"),
        ('Here: {"target": "x"}', structured_output.Prose, "is not JSON"),
        ('{"target": "x"', ValueError, "broken JSON"),
        ('{"target": "x"} as asked', ValueError, "broken JSON"),
        ('{"target": "x"}{"target": "y"}', ValueError, "2 different answers in one"),
        ('{"target": 1}', ValueError, "the answer does not match its schema: 1 is not of type 'string'"),
        ('["x"]', ValueError, "does not match its schema"),
    ],
)
def test_answers_that_are_none(text, kind, message):
    with pytest.raises(kind, match=message):
        structured_output.as_json(text, SCHEMA)


def test_said_reads_the_users_part():
    assert said({"messages": [{"content": "a"}, {"content": "b"}]}) == "b"


@pytest.mark.parametrize("tokens, counted", [(10**30, 0), (-5, 0), (7, 7), ("many", 0), (None, 0)])
def test_token_counts_that_can_not_be_are_none(monkeypatch, tokens, counted):
    def odd(handler, body):
        data = json.loads(completion('{"target": "Tabelle"}'))
        data["usage"]["prompt_tokens"] = tokens
        return handler.send(200, json.dumps(data))

    monkeypatch.setitem(FAULTS, "odd", odd)
    with LlmServer(answer, ["odd"]) as server:
        reply = opened(server).complete([PROMPT])[0]
    assert (reply.text, reply.tokens_in) == ('{"target": "Tabelle"}', counted)


def test_texts_do_not_follow_a_redirect_to_another_host():
    with LlmServer(answer, ["redirect"]) as server:
        with pytest.raises(ConfigError, match="127.0.0.1 redirects to localhost: your texts are not sent there"):
            opened(server).complete([PROMPT])


@pytest.mark.parametrize("text, shown", [
    ("Incorrect key: sk-canary-4711-xyz", "Incorrect key: ***"), ("bad sk-canary…", "bad ***…"),
    ("key ending in -xyz", "key ending in ***"), ("nothing of it", "nothing of it"), ("", ""),
])  # fmt: skip
def test_parts_of_a_key_are_masked(text, shown):
    assert masked(text, "sk-canary-4711-xyz") == shown
    assert masked(text, "") == text and masked("no", "no") == "***"


@pytest.mark.parametrize("text", [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}\n---\n{{ source }}", "{{ 1 / 0 }}\n---\n{{ source }}",
    "{{ source.nonsense() }}\n---\n",
    "{% for i in range(10 ** 9) %}x{% endfor %}\n---\n", "{{ nonsense }}\n---\n", "{{",
    "no line",
])  # fmt: skip
def test_a_prompt_runs_no_code_and_its_errors_are_the_users(text):
    with pytest.raises(ConfigError, match=r"prompt my.txt: .*; it can use source"):
        Template("my.txt", text).fill(source="A cell.")


def test_a_list_that_an_answer_leaves_out_is_empty():
    lists = {"type": "array", "items": {"type": "string"}}
    shape = {"type": "object", "properties": {"target": {"type": "string"}, "unsuitable": lists},
             "required": ["target", "unsuitable"], "additionalProperties": False}  # fmt: skip
    schema = json.dumps(shape)
    assert json.loads(structured_output.as_json('{"target": "x"}', schema)) == {"target": "x", "unsuitable": []}
    for wrong in ("{}", '{"unsuitable": []}', '{"target": "x", "unsuitable": "y"}'):
        with pytest.raises(ValueError, match="does not match its schema"):
            structured_output.as_json(wrong, schema)
