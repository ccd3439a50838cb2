"""Fetching from a hub: a real one on the loopback interface, and none at all; each in a process of its own."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mtpipe.errors import ModelError
from mtpipe.models import hub

NAME = "owner/tiny-model"
FILES = {
    "README.md": b"---\nlanguage: en\nlicense: cc-by-nc-4.0\n---\n# Model\n", "config.json": b'{"model_type": "bert"}',
    "source.spm": b"pieces", "model.safetensors": b"weights" * 1000, "pytorch_model.bin": b"the same again",
    "tf_model.h5": b"and again", "onnx/model.onnx": b"and again", ".gitattributes": b"",
}  # fmt: skip
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """What the client asks of a hub: the list of a repository's files, and files."""

    asked: list[str] = []

    def do_HEAD(self):
        self._answer(with_body=False)

    def do_GET(self):
        self._answer(with_body=True)

    def _answer(self, with_body):
        path = self.path.split("?")[0]
        self.asked.append(f"{self.command} {path}")
        if path.startswith(f"/api/models/{NAME}/tree/"):
            listed = [{"type": "file", "path": name, "size": len(data), "oid": "0"} for name, data in FILES.items()]
            self._send(json.dumps(listed).encode(), with_body)
        elif path.startswith(f"/api/models/{NAME}"):
            siblings = [{"rfilename": name} for name in FILES]
            self._send(json.dumps({"id": NAME, "sha": COMMIT, "siblings": siblings}).encode(), with_body)
        elif path.startswith(f"/{NAME}/resolve/") and (name := path.split("/", 5)[-1]) in FILES:
            self._send(FILES[name], with_body)
        else:
            self.send_response(401)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _send(self, data, with_body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if with_body:
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def mtpipe(tmp_path, endpoint, *arguments):
    environment = os.environ | {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_DISABLE_XET": "1",
                                "HF_HUB_DISABLE_PROGRESS_BARS": "1"}  # fmt: skip
    return subprocess.run([sys.executable, "-m", "mtpipe", *map(str, arguments)], capture_output=True, text=True,
                          env=environment)  # fmt: skip


def test_fetch_brings_one_form_of_the_weights_and_goes_on_offline(tmp_path, endpoint):
    result = mtpipe(tmp_path, endpoint, "models", "fetch", NAME, "--out", tmp_path / "model")
    assert result.returncode == 0 and result.stdout.strip() == str(tmp_path / "model"), result.stderr
    found = {path.name for path in (tmp_path / "model").iterdir() if path.is_file()}
    assert found == {"README.md", "config.json", "source.spm", "model.safetensors"}
    assert (tmp_path / "model" / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert hub.licence(tmp_path / "model") == "cc-by-nc-4.0"

    convert = ("models", "convert", NAME, "-s", "en", "-t", "de", "-o", tmp_path / "out")
    # by name, from the hub, then without it from the cache: the same complaint, so the same files
    for where in (endpoint, "http://127.0.0.1:9"):
        result = mtpipe(tmp_path, where, *convert)
        assert result.returncode == 1 and "a model of type 'bert'" in result.stderr and COMMIT in result.stderr


def test_without_a_network_it_says_what_to_do(tmp_path):
    for command in (("fetch", NAME), ("convert", NAME, "-s", "en", "-t", "de", "-o", tmp_path / "out")):
        result = mtpipe(tmp_path, "http://127.0.0.1:9", "models", *command)
        assert (result.returncode, result.stdout) == (1, "") and "Traceback" not in result.stderr
        assert result.stderr == (
            f"mtpipe: {NAME}: no answer from http://127.0.0.1:9 (ConnectionError); where there is a network, run"
            f" `hf download {NAME} --local-dir FOLDER`, bring the folder here and give it instead\n"
        )


def test_an_unknown_model_is_said_to_be_one(tmp_path, endpoint):
    result = mtpipe(tmp_path, endpoint, "models", "fetch", "owner/nothing")
    assert result.returncode == 1
    assert result.stderr == (
        "mtpipe: owner/nothing: the hub has no such model, or it is private (then set HF_TOKEN); check the name\n"
    )


@pytest.mark.parametrize("name", ["no/such/folder", "folder", "../up"])
def test_what_is_neither_folder_nor_name(name):
    with pytest.raises(ModelError, match="no such folder, and not a hub name"):
        hub.folder_of(name)
    with pytest.raises(ModelError, match="is not a valid hub name; use owner/name"):
        hub.fetch(name)


@pytest.mark.parametrize(
    "card, licence",
    [(None, ""), ("# no header\nlicense: mit\n", ""), ("---\nlicense: 'apache-2.0'\n---\n", "apache-2.0"),
     ("---\nlicense:\n---\n", "")],
)  # fmt: skip
def test_licence_is_the_model_card_s(tmp_path, card, licence):
    if card:
        (tmp_path / "README.md").write_text(card)
    assert hub.licence(tmp_path) == licence
