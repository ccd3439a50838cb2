"""`mtpipe post-edit --llm openai` as its users meet it: what goes wrong is said, what was paid for is kept."""

import json

import pytest
from click.testing import CliRunner

from mtpipe.cli.main import main
from tests.support.llm_server import MODEL, LlmServer, said

TERMS = {"table": "tableau", "folder": "dossier", "button": "bouton", "printer": "imprimante"}
DRAFT = "Nous allons vérifier cette chose demain matin."


def answer(body):
    word = next(target for source, target in TERMS.items() if f"check the {source}" in said(body).split("<source>")[-1])
    return json.dumps({"target": f"Nous allons vérifier « {word} » demain matin.", "unsuitable": []})


@pytest.fixture
def drafts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    rows = [{"id": source, "source": f"We will check the {source} tomorrow morning.", "draft": DRAFT,
             "terms": [{"source": source, "target": target}]} for source, target in TERMS.items()]  # fmt: skip
    (tmp_path / "drafts.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


def post_edit(server_url, *arguments, model=MODEL):
    options = ["--llm-option", f"base_url={server_url}", "--llm-option", f"model={model}"]
    command = ["post-edit", "drafts.jsonl", "--out", "out.jsonl", "-s", "en", "-t", "fr", "--editors", "llm", "--quiet"]
    return CliRunner().invoke(main, [*command, "--llm", "openai", *options, *arguments])


def written(folder):
    return [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]


def test_a_budget_that_ends_loses_nothing_and_the_next_run_goes_on(drafts):
    (drafts / "mtpipe.toml").write_text(f"[calls]\nconcurrency = 1\n[calls.prices]\n{MODEL} = [1000, 1000]\n")
    with LlmServer(answer) as server:
        first = post_edit(server.url, "--max-calls", "2")
        assert "2 calls, 0 from the cache, 0 failed, 200 + 40 tokens, cost 0.2400; 2 sentences waiting" in first.output
        assert len(written(drafts)) == 4 and len(server.received) == 2
        second = post_edit(server.url, "--max-calls", "100")
        assert (first.exit_code, second.exit_code) == (4, 0)
        assert len(server.received) == 4 and len(set(server.answered)) == 4
        for row, word in zip(written(drafts), TERMS.values(), strict=True):
            assert f"« {word} »" in json.dumps(row, ensure_ascii=False)
    report = json.loads((drafts / "out.jsonl.mtpipe" / "report.json").read_text())
    assert (report["llm"]["model"], report["llm"]["calls"], report["llm"]["waiting"]) == (MODEL, 2, 0)
    assert f"{MODEL}</bdi> was sent 4 sentences" in (drafts / "out.jsonl.mtpipe" / "report.html").read_text()


@pytest.mark.parametrize(
    "arguments, model, message",
    [
        ((), "nonsense", "the server has no model 'nonsense', it has scripted"),
        (("--llm-option", "key_variable=NO_SUCH_KEY"), MODEL, "the environment has no NO_SUCH_KEY: export it with the"),
        (("--llm-option", "api_key=sk-secret"), MODEL, "[llm.openai] api_key: no such option; available: model"),
        (("--llm-option", "temperature=hot"), MODEL, "temperature = 'hot': give a number"),
        (("--llm-option", "base_url"), MODEL, "option 'base_url': give it as key=value, such as model=qwen3"),
        (("--max-cost", "1"), MODEL, "max_cost needs the price of 'scripted': [calls.prices]"),
        (("--llm", "nonsense"), MODEL, "llm = 'nonsense': no such llm plug-in; available: batch"),
        (("--llm", ""), MODEL, "there are LLM options but no LLM: name one with --llm"),
        (("--llm-option", "base_url=http://127.0.0.1:9/v1"), MODEL, "http://127.0.0.1:9/v1: no server answers"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments, model, message, drafts):
    with LlmServer(answer) as server:
        result = post_edit(server.url, *arguments, model=model)
    assert result.exit_code == 1 and message in result.output.replace('"', "'")
    assert "Traceback" not in result.output and "sk-secret" not in result.output


def answered(request):
    """A line of a result file, as the service would write it."""
    body = {"choices": [{"message": {"content": answer(request["body"])}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 50, "completion_tokens": 10}}  # fmt: skip
    return json.dumps({"custom_id": request["custom_id"], "response": {"status_code": 200, "body": body}}) + "\n"


def test_requests_go_out_in_a_file_and_the_job_goes_on_with_the_answers(drafts):
    options = [f"{name}={value}" for name, value in (("model", "m"), ("requests", "ask.jsonl"), ("answers", "got"))]
    command = ["post-edit", "drafts.jsonl", "--out", "out.jsonl", "-s", "en", "-t", "fr", "--editors", "llm", "--quiet",
               "--llm", "batch", *(part for option in options for part in ("--llm-option", option))]  # fmt: skip
    first = CliRunner().invoke(main, command)
    assert first.exit_code == 4 and "Requests: ask.jsonl; send them, save the answers" in first.output
    assert [row["target"] for row in written(drafts)] == [DRAFT] * 4
    requests = [json.loads(line) for line in (drafts / "ask.jsonl").read_text().splitlines()]
    assert len(requests) == 4
    assert CliRunner().invoke(main, command).exit_code == 4  # nothing has come: the same requests again
    assert [json.loads(line) for line in (drafts / "ask.jsonl").read_text().splitlines()] == requests
    (drafts / "got").mkdir()
    (drafts / "got" / "1.jsonl").write_text("".join(map(answered, requests[:3])))
    assert CliRunner().invoke(main, command).exit_code == 4
    assert [json.loads(line) for line in (drafts / "ask.jsonl").read_text().splitlines()] == requests[3:]
    (drafts / "got" / "2.jsonl").write_text(answered(requests[3]))
    last = CliRunner().invoke(main, command)
    assert last.exit_code == 0 and not (drafts / "ask.jsonl").exists()
    assert all(word in row["target"] for row, word in zip(written(drafts), TERMS.values(), strict=True))


def test_a_server_that_is_down_for_all_calls_leaves_exit_code_4(drafts):
    (drafts / "mtpipe.toml").write_text("[calls]\nretries = 0\nmax_failures = 99\nconcurrency = 1\n")
    with LlmServer(answer, then="500") as server:
        result = post_edit(server.url)
    assert result.exit_code == 4 and "4 failed" in result.output and len(written(drafts)) == 4
