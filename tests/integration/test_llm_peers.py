"""The openai adapter against servers that nobody here wrote, with a tiny model of random weights, on the loopback."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from mtpipe.llm import event_stream
from mtpipe.llm.openai import OpenAILLM
from mtpipe.llm.prompts import Prompt
from mtpipe.llm.term_pattern import pattern
from tests.support.tiny_language_models import gguf_file, llama

pytestmark = pytest.mark.slow  # starts other programs

# llama.cpp's own server, as xllamacpp builds it in; it goes when its input ends
LLAMA_CPP = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.model_alias, params.port = sys.argv[1], {"tiny"}, int(sys.argv[2])
params.n_ctx, params.n_parallel, params.cpuparams.n_threads, params.warmup = 1024, 1, 1, False
server = xllamacpp.Server(params)
sys.stdin.read()
"""
WAIT = 120  # seconds for a server to be there; of CPU it takes a few


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return llama(tmp_path_factory.mktemp("lm") / "tiny")


def serve(command, port, path, log):
    """Starts a server, waits until it answers, and yields its address; it is stopped afterwards."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as out, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out,
                                                 env=environment) as process:  # fmt: skip
        address, end = f"http://127.0.0.1:{port}", time.monotonic() + WAIT
        try:
            while not answers(address + path):
                assert process.poll() is None and time.monotonic() < end, log.read_text(errors="replace")[-2000:]
                time.sleep(0.2)
            yield address + "/v1"
        finally:
            process.kill()  # asked politely, uvicorn waits for answers that it never finishes


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except (urllib.error.URLError, OSError):
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def llama_cpp(folder, tmp_path_factory):
    place, port = tmp_path_factory.mktemp("llama-cpp"), free_port()
    file = gguf_file(folder, place / "tiny.gguf")
    yield from serve([sys.executable, "-c", LLAMA_CPP, file, str(port)], port, "/health", place / "log")


@pytest.fixture(scope="module")
def transformers_serve(tmp_path_factory):
    place, port = tmp_path_factory.mktemp("transformers"), free_port()
    command = [sys.executable, "-m", "transformers.commands.transformers_cli", "serve", "--host", "127.0.0.1"]
    yield from serve([*command, "--port", str(port), "--device", "cpu"], port, "/health", place / "log")


def prompt(*terms, lang="de"):
    text = {"type": "string", "pattern": pattern([[term] for term in terms], lang, 40)}
    schema = {"type": "object", "properties": {"translation": text}, "required": ["translation"],
              "additionalProperties": False}  # fmt: skip
    # the limit is left out: bytes of the model that are no UTF-8 come back as more characters than llama.cpp counts
    return Prompt("Translate.", "The table", json.dumps(schema)), pattern([[term] for term in terms], lang)


@pytest.mark.parametrize("terms", [("Tabelle",), ("Übergröße", "Zelle"), ("C++", "a.b", "Makro (neu)")])
def test_llama_cpp_holds_a_random_model_to_the_terms(llama_cpp, terms):
    asked, wanted = prompt(*terms)
    model = OpenAILLM("tiny", llama_cpp, max_tokens=400, temperature=1.0, seed=1)
    (reply,) = model.complete([asked])
    assert not reply.problem and reply.tokens_in and reply.tokens_out
    assert re.match(wanted, json.loads(reply.text)["translation"])


def test_llama_cpp_takes_a_grammar_of_ones_own(llama_cpp):
    model = OpenAILLM("tiny", llama_cpp, extra_body={"grammar": 'root ::= "Ja" | "Nein"'}, temperature=1.0)
    assert model.complete([Prompt("", "Ja oder nein?")])[0].text in ("Ja", "Nein")


def test_llama_cpp_cuts_at_max_tokens_and_knows_its_context(llama_cpp):
    cut, long = OpenAILLM("tiny", llama_cpp, max_tokens=8).complete([Prompt("", "Hi"), Prompt("", "word " * 2000)])
    assert cut.problem == "the answer was cut off at 8 tokens; raise max_tokens of the LLM"
    assert "HTTP 400" in long.problem and "context" in long.problem and long.fault == "refused"


def test_transformers_serve_is_understood_although_it_streams_unasked(transformers_serve, folder):
    model = OpenAILLM(str(folder), transformers_serve, max_tokens=24)
    first, again = model.complete([Prompt("Be brief.", "Hi"), Prompt("Be brief.", "Hi")])
    assert first.text and first == again and not first.problem


def test_transformers_serve_keeps_to_no_schema_and_that_is_seen(transformers_serve, folder):
    model, (asked, _) = OpenAILLM(str(folder), transformers_serve, max_tokens=24), prompt("Tabelle")
    replies = [model.complete([asked])[0] for _ in range(3)]
    assert [reply.fault for reply in replies] == ["again", "again", ""]  # json_schema, then json_object, then text
    assert all("the answer is not JSON" in reply.problem for reply in replies)


def test_transformers_serve_without_that_model(transformers_serve, tmp_path):
    (reply,) = OpenAILLM(str(tmp_path / "no-such"), transformers_serve).complete([Prompt("", "Hi")])
    assert reply.fault == "failed" and "HTTP 500" in reply.problem


@pytest.mark.parametrize(
    "body, said",
    [
        ('data: {"choices": []}\n\n', "the events break off"),
        ('data: {"choices": [{"delta": {"content": "a"}}]}\n\ndata: {"choi', "Unterminated string"),
        ("data: 7\n", "events that are not objects"),
    ],
)
def test_events_that_are_cut_off_or_garbled(body, said):
    with pytest.raises(ValueError, match=said):
        event_stream.whole(body)


def test_events_with_usage():
    events = ['{"choices": [{"delta": {"role": "assistant"}}]}', '{"choices": [{"delta": {"content": "Ja"}}]}',
              '{"choices": [{"delta": {}, "finish_reason": "stop"}]}', '{"choices": [], "usage": {"prompt_tokens": 3}}',
              "[DONE]"]  # fmt: skip
    completion = event_stream.whole("".join(f"data: {event}\n\n" for event in events))
    assert completion.choices[0].message.content == "Ja" and completion.usage.prompt_tokens == 3
