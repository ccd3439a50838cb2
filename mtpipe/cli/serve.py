"""`mtpipe serve`; part of cli.py, loaded when it is asked for."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import click

from mtpipe.cli.options import ANY, FILE, FOLDER, llm_options, protect

_SWITCH = 0.0005  # seconds for which a thread that computes keeps the one that answers waiting


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; others need --keys.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 for any free port.")
@click.option("--data", type=ANY, default="mtpipe-server", show_default=True, help="Folder of the server's state.")
@click.option("--pair", "pairs", multiple=True, metavar="en-de", help="Pair to serve [default: all installed models].")
@click.option("-g", "--glossary", "glossaries", multiple=True, metavar="PAIR=FILE",
              help="Glossary of a pair, for requests without one of their own; repeatable.")
@click.option("-m", "--model", type=FOLDER, help="Model folder instead of the installed models.")
@click.option("--mt", default="ct2", show_default=True, help="Translator plug-in.")
@click.option("--editors", help="Repair methods in order, with commas [default: all that work without an LLM].")
@click.option("--repair", type=click.Choice(["safe", "complete"]), default="safe", show_default=True,
              help="safe: leave uncertain edits as they are, with a suggestion; complete: guess at last.")
@click.option("--tm", "memories", multiple=True, metavar="PAIR=FILE",
              help="Translation memory of a pair; repeatable, the first of a pair counts most.")
@protect
@llm_options
@click.option("--keys", "keys_file", type=FILE, help="File with the SHA-256 of each accepted key, one a line.")
@click.option("--origin", "origins", multiple=True, help="Site whose pages may call the server (CORS); repeatable.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True,
              help="Batches translated side by side; each loads the models once.")
@click.option("--max-waiting", type=click.IntRange(1), default=5000, show_default=True,
              help="Segments that wait for the model before clients get 429.")
@click.option("--quota", type=click.IntRange(0), default=1_000_000_000_000,
              help="Maximum number of characters to translate, over all requests.")
@click.option("--verbose", is_flag=True, help="Log every request: route, status and time, no texts.")  # fmt: skip
@click.pass_context
def serve(
    ctx: click.Context, host: str, port: int, data: Path, pairs: tuple[str, ...], glossaries: tuple[str, ...],
    model: Path | None, mt: str, memories: tuple[str, ...], keys_file: Path | None, origins: tuple[str, ...],
    workers: int, max_waiting: int, quota: int, verbose: bool, **repair: Any,
) -> None:  # fmt: skip
    """Serve the HTTP interfaces of DeepL (v2, v3), LibreTranslate and mtpipe; Ctrl+C or SIGTERM finishes what runs."""
    from mtpipe.config import with_llm
    from mtpipe.errors import ConfigError
    from mtpipe.models import registry

    try:
        from mtpipe.server import settings
        from mtpipe.server.app import create_app
    except ModuleNotFoundError as error:
        raise ConfigError(f"`mtpipe serve` needs {error.name}: pip install 'mtpipe[serve]'") from error

    keys = settings.keys_of(keys_file)
    settings.check_host(host, keys)
    models = settings.pairs_of(pairs, model)
    for pair in models if mt == "ct2" else ():
        registry.find(*pair, model)  # what no model translates is said now, not to each client
    # of a settings file only what its tables say of plug-ins and of calls: the rest is about one job
    shared = {name: value for name, value in ctx.obj.items() if name in ("options", "calls")}
    server = settings.ServerSettings(
        data, models, with_llm(shared | {"mt": mt, "model": model} | repair),
        settings.glossaries_of(glossaries, models), settings.memories_of(memories, models), keys,
        settings.Limits(waiting=max_waiting, quota=quota), workers=workers,
    )  # fmt: skip
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(message)s")
    app = create_app(server, origins)
    listener = listen(host, port)
    name = f"[{host}]" if ":" in host else host
    click.echo(f"mtpipe: serving {', '.join('-'.join(pair) for pair in models) or 'nothing: no model is installed'}"
               f" at http://{name}:{listener.getsockname()[1]}", err=True)  # fmt: skip
    run(app, listener)


def run(app: Any, listener: socket.socket) -> None:
    """Serves an ASGI application until SIGTERM or Ctrl+C; what runs is finished."""
    import uvicorn

    sys.setswitchinterval(_SWITCH)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_keep_alive=30, lifespan="on",
                            proxy_headers=False)  # fmt: skip
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn finishes what runs and then raises the signal once more
    uvicorn.Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises ConfigError."""
    from mtpipe.errors import ConfigError

    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigError(f"{host}:{port}: can't listen ({error.strerror}); choose another --host or --port") from error
    # the connections inherit it: the second part of an answer, its body, would wait for the client's delayed ACK, 40 ms
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
