"""The commands on models, `mtpipe models …`; loaded when one of them is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mtpipe.cli.options import ANY, FILE, FOLDER, as_json, languages, show


@click.group()
def models() -> None:
    """List, fetch and convert models."""


@models.command("list")
@as_json
def list_models(as_json: bool) -> None:
    """List the installed and bundled models."""
    from mtpipe.models.registry import available

    names = ("source_lang", "target_lang", "name", "digest")
    rows = [{name: getattr(model, name) for name in names} for model in available()]
    show(rows, as_json, [f"{row['source_lang']}-{row['target_lang']}  {row['name']}  {row['digest']}" for row in rows])


@models.command("show")
@click.argument("folder", type=FOLDER)
@as_json
def show_model(folder: Path, as_json: bool) -> None:
    """Describe the model in FOLDER."""
    from dataclasses import asdict

    from mtpipe.models.registry import read

    model = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(read(folder)).items()}
    facts = json.loads((folder / "model.json").read_text(encoding="utf-8")) | model
    show(facts, as_json, [f"{name}: {_short(value)}" for name, value in facts.items() if value])


@models.command()
@click.argument("name", metavar="CHECKPOINT")
@languages
@click.option("-o", "--out", type=ANY, required=True, help="Model folder to make; must not exist yet.")
@click.option("--quantization", default="int8", show_default=True, metavar="TYPE",
              help="int8, int8_float16, float16, float32 …")  # fmt: skip
@click.option("--lines", "lines_file", type=FILE,
              help="Text to compare on, a line each [default: lines in many scripts].")  # fmt: skip
@click.option("--only-pair", "is_pair", is_flag=True,
              help="Serve these two languages only, even if the model knows more.")
@as_json
def convert(
    name: str, source_lang: str, target_lang: str, out: Path, quantization: str, lines_file: Path | None,
    is_pair: bool, as_json: bool,
) -> None:
    """Convert CHECKPOINT, a folder or hub name, if both then translate alike.

    OPUS-MT/Marian, M2M-100, NLLB, mBART-50, MADLAD and T5, as transformers saves them. The folder is kept when the
    converted model, in full precision, writes the same pieces as transformers for every line, greedily and with beams.
    """
    import transformers

    from mtpipe.training import conversion, families, parity

    transformers.logging.set_verbosity_error()
    lines = parity.lines_of(lines_file)
    checkpoint = families.load(name, source_lang, target_lang)
    data = conversion.convert(checkpoint, out, quantization=quantization, lines=lines, is_pair=is_pair,
                              on_step=lambda step: click.echo(step, err=True))  # fmt: skip
    licence = data["licence"] or "not stated, look it up"
    show(data, as_json, [*_compared(data), f"licence: {licence}", f"written: {out}"])


@models.command()
@click.argument("name", metavar="HUB_NAME")
@click.option("-o", "--out", type=ANY, help="Folder [default: the hub's cache].")
def fetch(name: str, out: Path | None) -> None:
    """Fetch a checkpoint of the Hugging Face hub: what `models convert` and `finetune` need of it."""
    from mtpipe.models import hub

    click.echo(hub.fetch(name, out))


@models.command()
@click.argument("package", metavar="FILE_OR_NAME")
@click.option("--replace", "is_replacing", is_flag=True, help="Replace the installed model of the pair.")
def install(package: str, is_replacing: bool) -> None:
    """Add the model in FILE_OR_NAME for all jobs of its pair: a wheel, an archive, a folder, or mtpipe-model-<pair>.

    A name is fetched with pip. Models go to ~/.local/share/mtpipe/models, or where MTPIPE_MODELS says, and come before
    the bundled ones.
    """
    from mtpipe.models import packages

    model = packages.install(package, is_replacing=is_replacing)
    click.echo(f"{model.source_lang}-{model.target_lang}  {model.name}  {model.digest}\nlicence: "
               f"{model.licence or 'not stated, look it up'}\nwritten: {model.folder}")  # fmt: skip


@models.command()
@click.argument("folder", type=FOLDER)
@click.option("-o", "--out", type=ANY, default=Path("."), help="Folder for the wheel [default: the current one].")
@click.option("--version", default="1.0", show_default=True, help="Version of the package.")
def pack(folder: Path, out: Path, version: str) -> None:
    """Write the model in FOLDER as a wheel, mtpipe-model-<pair>, for `mtpipe models install`."""
    from mtpipe.models import packages

    click.echo(f"written: {packages.pack(folder, out, version)}")


@models.command()
@click.argument("folder", type=FOLDER)
@click.option("--pairs", type=click.Path(exists=True, path_type=Path), multiple=True,
              help="Parallel text to make it of, such as a model was trained on; repeatable.")  # fmt: skip
@click.option("--lexicon", type=FOLDER, help="Lexicon to make it from instead [default: the model's own].")
def vmap(folder: Path, pairs: tuple[Path, ...], lexicon: Path | None) -> None:
    """Give the model in FOLDER a vocabulary map: faster drafts from fewer pieces.

    Lines with terms still have all pieces to choose from. With a map a sentence's draft depends, a little, on those it
    is translated with. A bundled model is copied first.
    """
    from mtpipe.corpora import deduplication
    from mtpipe.models import registry
    from mtpipe.mt import vocabulary_map

    model = registry.read(folder)
    texts = deduplication.distinct(pairs, model.source_lang, model.target_lang) if pairs else []
    click.echo(f"written: {vocabulary_map.write(folder, lexicon, texts)}")


def _compared(data: dict[str, Any]) -> list[str]:
    exact, quantization = data["checked"]["float32"], data["quantization"]
    ties = f", {exact['ties']} tied" if exact["ties"] else ""
    endless = f", {exact['endless']} without an end" if exact["endless"] else ""
    lines = [f"float32: all {exact['lines']} lines as in transformers{ties}{endless}"]
    if quantization != "float32":
        rough = data["checked"][quantization]
        same = f"{rough['identical']} of {rough['lines']} lines"
        lines.append(f"{quantization}: {same} as in float32, chrF2++ {rough['chrf']}")
    return lines


def _short(value: Any) -> str:
    """For people: of many languages the first few."""
    if isinstance(value, dict):
        value = [f"{name} {_short(about)}" for name, about in value.items()]
    if isinstance(value, (list, tuple)):
        more = f" … ({len(value)} in all)" if len(value) > 12 else ""
        return ", ".join(map(str, value[:12])) + more
    return str(value)
