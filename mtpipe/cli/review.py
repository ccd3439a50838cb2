"""`mtpipe review`; part of cli.py, loaded when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mtpipe.cli.options import ANY
from mtpipe.errors import amount


@click.command()
@click.argument("job", type=click.Path(exists=True, path_type=Path))
@click.option("--port", default=8766, show_default=True, type=click.IntRange(0, 65535), help="0 for any free port.")
@click.option("--tm", type=ANY, help="Translation memory that learns what is approved and edited; made where it is not "
              "there.")  # fmt: skip
def review(job: Path, port: int, tm: Path | None) -> None:
    """Review JOB (what `translate --out` wrote) in a browser on this machine; Ctrl+C writes its documents and ends."""
    from mtpipe.errors import ConfigError, MtpipeError

    try:
        from mtpipe.cli.serve import listen, run
        from mtpipe.server.review_app import Reviewing, create_app
    except ModuleNotFoundError as error:
        raise ConfigError(f"`mtpipe review` needs {error.name}: pip install 'mtpipe[serve]'") from error
    from mtpipe.pipeline.review import state_folder

    def written(counts: dict[str, Any]) -> None:
        memory = f", {amount(counts['memory'], 'sentence')} in {tm}" if tm else ""
        click.echo(f"mtpipe: {amount(counts['documents'], 'document')} written again{memory}", err=True)

    def failed(error: MtpipeError) -> None:
        click.echo(f"mtpipe: the documents are not written, all decisions are kept: {error}", err=True)

    folder = state_folder(job)
    listener = listen("127.0.0.1", port)  # a browser that comes now is answered once the list is there
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    click.echo(f"mtpipe: review at {address} (Ctrl+C writes the documents and ends)", err=True)
    reviewing = Reviewing(folder, tm)
    click.echo(f"mtpipe: {amount(reviewing.list.counts()[0].get('all', 0), 'sentence')} to review", err=True)
    run(create_app(reviewing, written, failed), listener)
