"""`mtpipe serve` in a process of its own, asked by clients as they come from their registries."""

import json
import random
import re
import signal
import socket
import subprocess
import threading
import time
import zipfile
from pathlib import Path

import deepl
import docx
import libretranslatepy
import pptx
import pytest
import requests

from mtpipe.server.requests import ApiError
from mtpipe.server.service import Service
from mtpipe.server.settings import ServerSettings, hash_key
from tests.support.served import PATIENCE, serving

FAKE = ("--mt", "fake", "--pair", "en-de", "--pair", "de-en", "--editors", "")
PRIVATE = "Launch codes of project Nightingale"
deepl.http_client.min_connection_timeout = PATIENCE  # ten seconds by default, then it asks once more
DICTIONARY = deepl.api_data.MultilingualGlossaryDictionaryEntries


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server"), *FAKE, "--verbose") as served:
        yield served


@pytest.fixture(scope="module")
def client(server):
    return deepl.DeepLClient("any", server_url=server.url)


def test_texts(client):
    first, second = client.translate_text(["Open the cell.", "Save {name}."], source_lang="EN", target_lang="DE")
    assert (first.text, first.detected_source_lang, first.billed_characters) == ("OPEN THE CELL.", "EN", 14)
    assert second.text == "SAVE {name}."
    found = client.translate_text("Das ist der Text und nicht mehr.", target_lang="EN-US", formality="prefer_more")
    assert found.detected_source_lang == "DE"
    text = "Ouvrez le tableau et regardez les cellules de la feuille."
    left = client.translate_text(text, target_lang="DE")
    assert (left.text, left.detected_source_lang) == (text, "FR")
    assert client.translate_text("One.\n\n Two.", source_lang="EN", target_lang="DE").text == "ONE.\n\n TWO."


def test_tags(client):
    settings = {"source_lang": "EN", "target_lang": "DE"}
    text = 'Open <x id="5"></x> the <b>cell</b> &amp; <x>do not</x>'
    assert client.translate_text(text, tag_handling="xml", ignore_tags=["x"], **settings).text == (
        'OPEN <x id="5"></x> THE <b>CELL</b> &amp; <x>do not</x>')
    text = '<p class="a">Open the <b>cell</b>.</p>\n<p>Done</p>'
    assert client.translate_text(text, tag_handling="html", **settings).text == (
        '<p class="a">OPEN THE <b>CELL</b>.</p>\n<p>DONE</p>')


def test_languages_and_usage(client):
    assert [language.code for language in client.get_source_languages()] == ["EN", "DE"]
    targets = {language.code: language.name for language in client.get_target_languages()}
    assert targets == {"DE": "German", "EN-GB": "English (British)", "EN-US": "English (American)"}
    pairs = [(pair.source_lang, pair.target_lang) for pair in client.get_glossary_languages()]
    assert pairs == [("en", "de"), ("de", "en")]
    before = client.get_usage().character.count
    client.translate_text("12345", source_lang="EN", target_lang="DE")
    assert client.get_usage().character.count == before + 5


def test_glossaries(client, server):
    made = client.create_glossary("cells", "EN", "DE", {"cell": "ZELLE", "row": "ZEILE"})
    assert made.ready and made.entry_count == 2 and made.creation_time.year > 2024
    assert client.get_glossary_entries(made) == {"cell": "ZELLE", "row": "ZEILE"}
    assert made.glossary_id in [each.glossary_id for each in client.list_glossaries()]
    assert client.translate_text("A cell.", source_lang="EN", target_lang="DE", glossary=made).text == "A CELL."
    body = {"text": ["A cell."], "source_lang": "en", "target_lang": "de", "glossary_id": made.glossary_id}
    segment, = requests.post(f"{server.url}/mtpipe/v1/translate", json=body).json()["translations"][0]["segments"]
    assert [(error["kind"], error["expected"]) for error in segment["errors"]] == [("missing", ["ZELLE"])]
    assert segment["terms"][0]["start"] == 2 and 0 < segment["confidence"] < 1
    client.delete_glossary(made)
    for call in (client.get_glossary, client.delete_glossary):
        with pytest.raises(deepl.GlossaryNotFoundException):
            call(made.glossary_id)


def test_multilingual_glossaries(client):
    made = client.create_multilingual_glossary("both", [DICTIONARY("EN", "DE", {"cell": "Zelle"}),
                                                        DICTIONARY("DE", "EN", {"Zelle": "cell"})])
    assert [row.entry_count for row in made.dictionaries] == [1, 1]
    client.update_multilingual_glossary_dictionary(made, DICTIONARY("EN", "DE", {"row": "Zeile"}))
    entries = client.get_multilingual_glossary_entries(made, "EN", "DE").dictionaries[0].entries
    assert entries == "cell\tZelle\nrow\tZeile"
    client.replace_multilingual_glossary_dictionary(made, DICTIONARY("EN", "DE", {"menu": "Menü"}))
    entries = client.get_multilingual_glossary_entries(made, "EN", "DE").dictionaries[0].entries
    assert entries == "menu\tMenü"
    assert client.update_multilingual_glossary_name(made, "renamed").name == "renamed"
    client.delete_multilingual_glossary_dictionary(made, source_lang="DE", target_lang="EN")
    assert len(client.get_multilingual_glossary(made.glossary_id).dictionaries) == 1
    client.delete_multilingual_glossary(made)
    assert made.glossary_id not in [each.glossary_id for each in client.list_multilingual_glossaries()]


def test_documents(client, tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds, sleep=time.sleep: sleep(min(seconds, 0.2)))
    word = docx.Document()
    word.add_paragraph("Open the cell.")
    word.save(tmp_path / "a.docx")
    slides = pptx.Presentation()
    slides.slides.add_slide(slides.slide_layouts[5]).shapes.title.text = "Open the cell."
    slides.save(tmp_path / "a.pptx")
    (tmp_path / "a.html").write_text("<p>Open the <b>cell</b>.</p>")
    (tmp_path / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nOpen the cell.\n")
    (tmp_path / "a.xliff").write_text(
        '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file original="a" source-language="en" '
        'target-language="de" datatype="plaintext"><body><trans-unit id="1"><source>Open the cell.</source>'
        "</trans-unit></body></file></xliff>")
    inside = {"a.docx": "word/document.xml", "a.pptx": "ppt/slides/slide1.xml"}
    for name in ("a.docx", "a.pptx", "a.html", "a.srt", "a.xliff"):
        out = tmp_path / f"out-{name}"
        status = client.translate_document_from_filepath(tmp_path / name, out, source_lang="EN", target_lang="DE")
        assert status.done and status.billed_characters == (tmp_path / name).stat().st_size
        text = zipfile.ZipFile(out).read(inside[name]) if name in inside else out.read_bytes()
        assert b"OPEN THE" in text, name
    with pytest.raises(deepl.DeepLException, match="files of type .exe are not translated; supported: "):
        client.translate_document_upload(b"MZ", filename="a.exe", target_lang="DE")
    handle = client.translate_document_upload("{broken", filename="a.jsonl", source_lang="EN", target_lang="DE")
    status = client.translate_document_wait_until_done(handle)
    assert not status.ok and "a.jsonl" in status.error_message
    with pytest.raises(deepl.DeepLException, match="no such document"):
        client.translate_document_get_status(deepl.DocumentHandle(handle.document_id, "another"))


def test_libretranslate(server):
    api = libretranslatepy.LibreTranslateAPI(server.url)
    assert api.translate("Open the cell.", "en", "de") == "OPEN THE CELL."
    assert api.detect("Das ist der Text und nicht mehr.") == [{"confidence": 90.0, "language": "de"}]
    assert [(row["code"], row["targets"]) for row in api.languages()] == [("en", ["de"]), ("de", ["en"])]
    body = {"q": ["<b>Open</b> it", "Done"], "source": "auto", "target": "de", "format": "html"}
    answer = requests.post(f"{server.url}/translate", json=body).json()
    assert answer["translatedText"] == ["<b>OPEN</b> IT", "DONE"]
    answer = requests.post(f"{server.url}/translate", json=body | {"target": "xx"})
    assert answer.status_code == 400 and "no model translates" in answer.json()["error"]


def test_curl(server):
    command = ["curl", "-s", "-d", "text=Open it.", "-d", "target_lang=DE", "-d", "source_lang=EN"]
    answer = subprocess.run([*command, f"{server.url}/v2/translate"], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout)["translations"][0]["text"] == "OPEN IT."


WRONG = [
    (b"{", 400, "not valid JSON"), (b"[]", 400, "must be a JSON object"), (b"\xff", 400, "not valid JSON"),
    (b'{"text": 3, "target_lang": "DE"}', 400, "text is missing; give a text or a list"),
    (b'{"text": ["a"]}', 400, "target_lang is missing"),
    (b'{"text": ["a", 3], "target_lang": "DE"}', 400, "list of texts"),
    (b'{"text": ["a"], "target_lang": "FR"}', 400, "no model translates . into FR; available: en-de, de-en"),
    (b'{"text": ["\\ud800"], "target_lang": "DE"}', 400, "not valid Unicode"),
    (b'{"text": ["a"], "target_lang": "DE", "formality": "more"}', 400, "'formality' is not supported"),
    (b'{"text": ["a"], "target_lang": "DE", "formality": "warm"}', 400, "it is 'warm'; give default, prefer_more"),
    (b'{"text": ["a"], "target_lang": "DE", "tag_handling": "md"}', 400, "give xml or html"),
    (b'{"text": ["a"], "target_lang": "DE", "glossary_id": "none"}', 404, "no glossary none"),
    (b"[" * 100_000, 400, "not valid JSON"), (b"x" * (11 << 20), 413, "the request is too large"),
    (json.dumps({"text": ["a"] * 1001, "target_lang": "DE"}).encode(), 413, "at most 1000 texts"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "message"), WRONG, ids=range(len(WRONG)))
def test_wrong_requests_are_told_what_is_wrong(server, body, status, message):
    answer = requests.post(f"{server.url}/v2/translate", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert re.search(message, answer.json()["message"])


def test_what_is_no_call_is_told(server):
    assert "no such call" in requests.get(f"{server.url}/v2/nothing").json()["message"]
    assert "use POST" in requests.get(f"{server.url}/v2/translate").json()["message"]
    assert "use POST" in requests.put(f"{server.url}/translate").json()["error"]


def test_any_rubbish_is_answered(server):
    choice = random.Random(7)
    paths = ("/v2/translate", "/translate", "/detect", "/v2/glossaries", "/v3/glossaries", "/v2/document", "/nowhere",
             "/mtpipe/v1/translate", "/v2/document/x", "/v3/glossaries/x/dictionaries")  # fmt: skip
    values = (None, 3, "", "de", [], ["a"], [None], {"a": 1}, "x" * 999, "\ud800", [[]], True)
    names = ("text", "target_lang", "source_lang", "q", "source", "target", "entries", "name", "dictionaries", "text[]")
    kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/x", "")
    with requests.Session() as session:
        for _ in range(200):
            fields = {choice.choice(names): choice.choice(values) for _ in range(choice.randrange(4))}
            body = json.dumps(fields).encode()
            body = body[: choice.randrange(len(body) + 1)] if choice.random() < 0.4 else body
            method = choice.choice(("POST", "GET", "PUT", "PATCH", "DELETE"))
            answer = session.request(method, server.url + choice.choice(paths), data=body, timeout=PATIENCE,
                                     headers={"Content-Type": choice.choice(kinds)})  # fmt: skip
            assert answer.status_code < 500, (method, answer.url, body, answer.text)
    assert server.process.poll() is None


def test_dropped_connections_do_no_harm(server, client):
    host, port = server.url.removeprefix("http://").split(":")
    begun = b"POST /v2/translate HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{"
    for half in (begun, b"GET", b"\x00\xff\r\n\r\n"):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(half)
    assert client.translate_text("Done.", source_lang="EN", target_lang="DE").text == "DONE."


def test_endless_bodies_end(server):
    host, port = server.url.removeprefix("http://").split(":")
    head = b"POST /v2/translate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(12):
            connection.sendall(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
        with pytest.raises(OSError):  # what never ends is not read for ever
            for _ in range(512):
                connection.sendall(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n")


def test_large_bodies_are_answered_before_the_connection_closes(server):
    """Sent slowly and read late: a reset in between would lose the answer."""
    host, port = server.url.removeprefix("http://").split(":")
    body = b"x" * (11 << 20)
    head = f"POST /v2/translate HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head)
        for start in range(0, len(body), 1 << 20):
            connection.sendall(body[start : start + (1 << 20)])
            time.sleep(0.01)
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_many_at_once(server):
    def ask(n):
        body = {"text": [f"Number {n}."], "source_lang": "EN", "target_lang": "DE"}
        answers[n] = requests.post(f"{server.url}/v2/translate", json=body).json()["translations"][0]["text"]

    answers = {}
    threads = [threading.Thread(target=ask, args=(n,)) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: f"NUMBER {n}." for n in range(32)}


def test_metrics_health_and_description(server):
    assert requests.get(f"{server.url}/health").json()["pairs"] == ["en-de", "de-en"]
    metrics = requests.get(f"{server.url}/metrics").text
    assert 'mtpipe_requests_total{route="/v2/translate",status="200"}' in metrics
    assert "mtpipe_batch_requests_bucket" in metrics
    paths = requests.get(f"{server.url}/openapi.json").json()["paths"]
    assert {"/v2/translate", "/v3/glossaries", "/translate", "/mtpipe/v1/translate"} <= set(paths)
    body = paths["/v2/translate"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", "application/x-www-form-urlencoded"}
    assert body["application/json"]["schema"]["required"] == ["text", "target_lang"]
    body = paths["/v3/glossaries"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert "entries" in body["properties"]["dictionaries"]["items"]["properties"]
    assert "multipart/form-data" in paths["/v2/document"]["post"]["requestBody"]["content"]


def test_memory_protection_and_a_language_model(tmp_path):
    (tmp_path / "memory.tsv").write_text("source\ttarget\nOpen the cell.\tÖffne die Zelle.\n")
    (tmp_path / "terms.csv").write_text("source,target\nrow,Zeile\n")
    replies = 'replies=["{\\"target\\": \\"USE THE Zeile.\\"}"]'
    options = ("--mt", "fake", "--pair", "en-de", "--tm", f"en-de={tmp_path / 'memory.tsv'}", "--repair", "complete",
               "--glossary", f"en-de={tmp_path / 'terms.csv'}", "--protect", "[A-Z]{2}-x\\d", "--editors", "llm",
               "--llm", "fake", "--llm-option", replies)  # fmt: skip
    with serving(tmp_path / "data", *options) as server:
        client = deepl.DeepLClient("any", server_url=server.url)
        texts = ["Open the cell.", "Save it as KX-x7.", "Use the row."]
        answers = client.translate_text(texts, source_lang="EN", target_lang="DE")
    assert [answer.text for answer in answers] == ["Öffne die Zelle.", "SAVE IT AS KX-x7.", "USE THE Zeile."]


def test_keys_and_what_is_logged(tmp_path):
    (tmp_path / "keys").write_text(f"alice {hash_key('secret')}\n")
    with serving(tmp_path / "data", *FAKE, "--keys", tmp_path / "keys", "--verbose") as server:
        client = deepl.DeepLClient("secret", server_url=server.url)
        assert client.translate_text(PRIVATE, source_lang="EN", target_lang="DE").text == PRIVATE.upper()
        with pytest.raises(deepl.AuthorizationException):
            deepl.DeepLClient("wrong", server_url=server.url).get_usage()
        assert libretranslatepy.LibreTranslateAPI(server.url, "secret").translate(PRIVATE, "en", "de")
        refused = requests.post(f"{server.url}/translate", json={"q": PRIVATE, "source": "en", "target": "de"})
        assert refused.status_code == 403 and "give a key" in refused.json()["error"]
        assert requests.get(f"{server.url}/metrics").status_code == 403
        assert requests.get(f"{server.url}/health").status_code == 200
        assert server.stop() == 0
    log = server.log.read_text()
    assert "POST /v2/translate 200" in log
    assert not [word for word in (*PRIVATE.split(), "NIGHTINGALE", "secret") if word in log and word != "of"]


def test_killed_and_started_again_all_documents_are_done_once(tmp_path):
    with serving(tmp_path, *FAKE) as server:
        client = deepl.DeepLClient("any", server_url=server.url)
        handles = [client.translate_document_upload(f"Open cell {n}.\n", filename=f"{n}.txt", source_lang="EN",
                                                    target_lang="DE") for n in range(20)]  # fmt: skip
        server.stop(signal.SIGKILL)
    before = {path: path.stat().st_mtime_ns for path in Path(tmp_path).glob("documents/*/out/*.txt")}
    with serving(tmp_path, *FAKE) as server:
        client = deepl.DeepLClient("any", server_url=server.url)
        end = time.monotonic() + PATIENCE
        while not all(client.translate_document_get_status(handle).done for handle in handles):
            assert time.monotonic() < end
            time.sleep(0.2)
        assert [client.translate_document_download(handle).content for handle in handles] == [
            f"OPEN CELL {n}.\n".encode() for n in range(20)]
        assert server.stop() == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_term_signal_finishes_what_runs(tmp_path, model_folder):
    with serving(tmp_path, "--model", model_folder, "--editors", "") as server:
        def ask():
            body = {"text": ["open the cell"] * 200, "target_lang": "DE"}
            answers.append(requests.post(f"{server.url}/v2/translate", json=body).json())

        answers = []
        thread = threading.Thread(target=ask)
        thread.start()
        end = time.monotonic() + PATIENCE
        while not answers and "mtpipe_segments_waiting 0" in requests.get(f"{server.url}/metrics").text:
            assert time.monotonic() < end
        assert server.stop() == 0
        thread.join()
    assert {each["text"] for each in answers[0]["translations"]} == {"öffne die Zelle"}


def test_a_pair_without_a_model_is_an_error_at_the_start(tmp_path):
    with pytest.raises(AssertionError, match="no bundled model translates en into xx"):
        with serving(tmp_path, "--pair", "en-xx"):
            pass


def test_a_server_without_a_model_says_so(tmp_path):
    service = Service(ServerSettings(tmp_path, ()))
    with pytest.raises(ApiError, match="no model is installed; start the server with --model"):
        service.pair("EN", "DE")
    service.stop()
