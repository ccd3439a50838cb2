"""Plug-ins by name: what a third party may replace, in tables of "module:Class" strings; the one place to load it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoints, entry_points
from inspect import signature
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from mtpipe.errors import ConfigError
from mtpipe.io.xml_root import root_element
from mtpipe.plugins import signatures
from mtpipe.validation import checked

if TYPE_CHECKING:
    from pydantic import BaseModel

PLUGINS: dict[str, dict[str, str]] = {
    "mt": {
        "ct2": "mtpipe.mt.ct2:CTranslate2Translator",
        "llm": "mtpipe.llm.translation:LlmTranslator",
        "fake": "mtpipe.mt.fake:FakeTranslator",
    },
    "format": {
        "text": "mtpipe.formats.text:TextFormat",
        "markdown": "mtpipe.formats.markdown.document:MarkdownFormat",
        "mdx": "mtpipe.formats.markdown.mdx:MdxFormat",
        "html": "mtpipe.formats.html.document:HtmlFormat",
        "jsonl": "mtpipe.formats.jsonl:JsonLinesFormat",
        "docx": "mtpipe.formats.ooxml.word:WordFormat",
        "pptx": "mtpipe.formats.ooxml.powerpoint:PowerPointFormat",
        "xlsx": "mtpipe.formats.ooxml.excel:ExcelFormat",
        "odf": "mtpipe.formats.odf:OpenDocumentFormat",
        "epub": "mtpipe.formats.epub:EpubFormat",
        "idml": "mtpipe.formats.idml:IdmlFormat",
        "libreoffice": "mtpipe.formats.libreoffice:LibreOfficeFormat",
        "pdf": "mtpipe.formats.pdf:PdfFormat",
        "docbook": "mtpipe.formats.xml_documentation:DocBookFormat",
        "dita": "mtpipe.formats.xml_documentation:DitaFormat",
        "srt": "mtpipe.formats.subtitles:SrtFormat",
        "vtt": "mtpipe.formats.subtitles:VttFormat",
        "ass": "mtpipe.formats.subtitles:AssFormat",
        "json": "mtpipe.formats.messages.json_file:JsonFormat",
        "arb": "mtpipe.formats.messages.json_file:ArbFormat",
        "csv": "mtpipe.formats.csv_columns:CsvFormat",
        "android": "mtpipe.formats.messages.xml_resources:AndroidFormat",
        "resx": "mtpipe.formats.messages.xml_resources:ResxFormat",
        "strings": "mtpipe.formats.messages.properties:StringsFormat",
        "properties": "mtpipe.formats.messages.properties:PropertiesFormat",
        "ini": "mtpipe.formats.messages.ini_file:IniFormat",
        "toml": "mtpipe.formats.messages.toml_file:TomlFormat",
        "php": "mtpipe.formats.messages.php_file:PhpFormat",
        "stringsdict": "mtpipe.formats.messages.xml_resources:StringsdictFormat",
        "xcstrings": "mtpipe.formats.messages.xcstrings:XcstringsFormat",
        "fluent": "mtpipe.formats.messages.fluent_file:FluentFormat",
        "qt": "mtpipe.formats.messages.qt_linguist:QtLinguistFormat",
        "rst": "mtpipe.formats.rst:RstFormat",
        "asciidoc": "mtpipe.formats.asciidoc:AsciiDocFormat",
        "latex": "mtpipe.formats.latex:LatexFormat",
        "notebook": "mtpipe.formats.notebook:NotebookFormat",
        "yaml": "mtpipe.formats.messages.yaml_file:YamlFormat",
        "po": "mtpipe.formats.po.document:PoFormat",
        "xliff": "mtpipe.formats.xliff.document:XliffFormat",
    },
    "editor": {
        "nbest": "mtpipe.postedit.nbest:NBest",
        "insertion": "mtpipe.postedit.prefix_decoding:Insertion",
        "substitution": "mtpipe.postedit.lexical_substitution:Substitution",
        "placement": "mtpipe.postedit.lexical_substitution:Placement",
        "llm": "mtpipe.postedit.llm:LlmEditor",
        "refiner": "mtpipe.postedit.ape_model:Refiner",
    },
    "llm": {
        "fake": "mtpipe.llm.fake:FakeLLM",
        "openai": "mtpipe.llm.openai:OpenAILLM",
        "batch": "mtpipe.llm.batch:BatchLLM",
        "hf": "mtpipe.llm.hf:TransformersLLM",
        "ct2": "mtpipe.llm.ct2:CTranslate2LLM",
    },
    "metric": {
        "bleu": "mtpipe.evaluation.metrics.string_based:Bleu",
        "chrf": "mtpipe.evaluation.metrics.string_based:Chrf",
        "chrf2": "mtpipe.evaluation.metrics.string_based:Chrf2",
        "ter": "mtpipe.evaluation.metrics.string_based:Ter",
        "comet": "mtpipe.evaluation.metrics.comet:Comet",
        "cometkiwi": "mtpipe.evaluation.metrics.comet:CometKiwi",
        "tsr_wmt23": "mtpipe.evaluation.metrics.wmt23:Wmt23TermSuccess",
        "tsr_wmt25": "mtpipe.evaluation.metrics.wmt25:Wmt25TermSuccess",
        "tsr_wmt25_documents": "mtpipe.evaluation.metrics.wmt25:Wmt25DocumentTermSuccess",
        "consistency_wmt25": "mtpipe.evaluation.metrics.wmt25_consistency:Wmt25Consistency",
        "tsr_strict": "mtpipe.evaluation.metrics.terminology:StrictTermSuccess",
        "verbatim": "mtpipe.evaluation.metrics.terminology:Verbatim",
        "verbatim_reference": "mtpipe.evaluation.metrics.terminology:ReferenceVerbatim",
        "tsr_exclusive": "mtpipe.evaluation.metrics.terminology:ExclusiveTermSuccess",
        "exact_inflection": "mtpipe.evaluation.metrics.terminology:ExactInflection",
        "all_terms": "mtpipe.evaluation.metrics.terminology:AllTerms",
        "overuse": "mtpipe.evaluation.metrics.terminology:Overuse",
        "consistency": "mtpipe.evaluation.metrics.terminology:Consistency",
        "right_changed": "mtpipe.evaluation.metrics.terminology:RightChanged",
        "right_chrf": "mtpipe.evaluation.metrics.terminology:RightChrf",
        "hallucinations": "mtpipe.evaluation.metrics.reference_free:Hallucinations",
        "quality": "mtpipe.evaluation.metrics.reference_free:Quality",
        "metricx": "mtpipe.evaluation.metrics.imported:MetricX",
        "mqm": "mtpipe.evaluation.metrics.imported:Mqm",
    },
    "engine": {
        "serial": "mtpipe.pipeline.engines.serial:SerialEngine",
        "processes": "mtpipe.pipeline.engines.processes:ProcessesEngine",
        "ray": "mtpipe.pipeline.engines.ray_data:RayEngine",
    },
    "testset": {
        "rows": "mtpipe.evaluation.testsets.rows:Rows",
        "lines": "mtpipe.evaluation.testsets.lines:Lines",
        "sgm": "mtpipe.evaluation.testsets.sgm:Sgm",
        "bilingual": "mtpipe.evaluation.testsets.documents:Bilingual",
        "folder": "mtpipe.evaluation.testsets.documents:Folder",
    },
}
# Which built-in format reads a file; formats of third parties say it in their `suffixes`.
SUFFIXES = {
    ".txt": "text", ".text": "text",
    ".md": "markdown", ".markdown": "markdown", ".mdx": "mdx",
    ".html": "html", ".htm": "html", ".xhtml": "html",
    ".jsonl": "jsonl",
    ".docx": "docx", ".docm": "docx", ".dotx": "docx", ".dotm": "docx",
    ".pptx": "pptx", ".pptm": "pptx", ".ppsx": "pptx", ".potx": "pptx",
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".xltx": "xlsx",
    ".odt": "odf", ".ods": "odf", ".odp": "odf", ".odg": "odf", ".ott": "odf", ".ots": "odf", ".otp": "odf",
    ".fodt": "odf", ".fods": "odf", ".fodp": "odf",
    ".epub": "epub", ".docbook": "docbook", ".dbk": "docbook", ".dita": "dita", ".ditamap": "dita",
    ".srt": "srt", ".vtt": "vtt", ".ass": "ass", ".ssa": "ass",
    ".adoc": "asciidoc", ".asciidoc": "asciidoc", ".asc": "asciidoc", ".tex": "latex", ".ltx": "latex",
    ".idml": "idml", ".rtf": "libreoffice", ".doc": "libreoffice", ".pdf": "pdf",
    ".json": "json", ".arb": "arb",
    ".csv": "csv", ".tsv": "csv",
    ".xml": "android", ".resx": "resx", ".resw": "resx", ".strings": "strings", ".properties": "properties",
    ".rst": "rst", ".rest": "rst", ".stringsdict": "stringsdict", ".xcstrings": "xcstrings",
    ".ftl": "fluent", ".ts": "qt", ".ipynb": "notebook",
    ".ini": "ini", ".toml": "toml", ".php": "php", ".yml": "yaml", ".yaml": "yaml",
    ".po": "po", ".pot": "po",
    ".xlf": "xliff", ".xliff": "xliff", ".sdlxliff": "xliff", ".mqxliff": "xliff", ".mxliff": "xliff",
}  # fmt: skip
# What to do with files that no format reads: the nearest one that is read.
ADVICE = {
    ".wps": "save it as .docx",
    ".pages": "export it as .docx", ".xls": "save it as .xlsx", ".xlsb": "save it as .xlsx",
    ".numbers": "export it as .xlsx", ".ppt": "save it as .pptx", ".key": "export it as .pptx",
    ".indd": "export it as .idml", ".textile": "convert it to .md with pandoc",
    ".wiki": "convert it to .md with pandoc",
    ".org": "convert it to .md with pandoc", ".sty": "translate the .tex that uses it",
    ".mobi": "convert it to .epub with calibre", ".azw3": "convert it to .epub with calibre",
    ".sub": "convert it to .srt",
    ".tmx": "give it as a translation memory with --tm",
    ".tbx": "give it as a glossary with --glossary", ".mo": "translate the .po that it was made from",
}  # fmt: skip
# Formats that are written as files of another type, with its suffix behind their own.
WRITTEN_AS = {"pdf": ".md"}
# What a job offers to its formats: no options of theirs.
LANGUAGES = ("source_lang", "target_lang")
# What constructors get from mtpipe: options that nobody has to give.
_OFFERED = (*LANGUAGES, "folder", "tools", "memories", "gate", "gate_below", "prompts", "timeout", "baseline", "llm")
# Importable module → the extra that brings it.
EXTRAS = {"torch": "train", "transformers": "train", "accelerate": "train", "peft": "train", "huggingface_hub": "train",
          "spacy": "spacy", "eflomal": "align", "comet": "eval", "matplotlib": "train",
          "pdfminer": "pdf", "llguidance": "llm-local", "ray": "ray", "pyarrow": "ray", "s3fs": "s3"}  # fmt: skip


@cache
def _installed(group: str) -> dict[str, str]:
    """Name → "module:Class" of third parties' plug-ins; looked for once, as that reads what every package says."""
    return {point.name: point.value for point in _entry_points().select(group=group)}


@cache
def _entry_points() -> EntryPoints:
    """Of every package that is installed: reading what all of them say takes longer than all else that is done here."""
    return entry_points()  # type: ignore[return-value]  # SelectableGroups is of Python 3.11's stub only


def names(kind: str) -> list[str]:
    """The plug-ins of a kind that can be named, third parties' included; raises ConfigError for an unknown kind."""
    if kind not in PLUGINS:
        raise ConfigError(f"no such kind of plug-in {kind!r}; available: {', '.join(PLUGINS)}")
    return sorted({*PLUGINS[kind], *_installed(f"mtpipe.{kind}")})


def is_named(kind: str, name: str) -> bool:
    """Whether it is one of `names`, of which mtpipe's own are known without a look at what is installed."""
    return name in PLUGINS.get(kind, ()) or name in names(kind)


def load(kind: str, name: str) -> Any:
    """The class or function behind a name of PLUGINS, an entry point of group mtpipe.<kind> or "package.module:Class".

    Raises ConfigError for an unknown name and for a plug-in whose optional package is not installed.
    """
    if not is_named(kind, name) and ":" not in name:
        available = ", ".join(names(kind))
        raise ConfigError(f"no such {kind} plug-in {name!r}; available: {available}, or give module:Class")
    where = PLUGINS[kind].get(name) or _installed(f"mtpipe.{kind}").get(name) or name
    module_name, _, attribute = where.partition(":")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if needed := lacking(error, kind):
            raise ConfigError(f"{kind} plug-in {name!r} needs {needed}") from error
        if module_name == missing or module_name.startswith(f"{missing}."):
            raise ConfigError(f"{kind} plug-in {name!r}: no module {missing!r}; check the name") from error
        raise
    if not hasattr(module, attribute):
        raise ConfigError(f"{kind} plug-in {name!r}: module {module_name} has no {attribute!r}; check the name")
    return getattr(module, attribute)


def lacking(error: ModuleNotFoundError, kind: str = "") -> str | None:
    """The optional package that is not installed and how to install it; None where the error means something else.

    kind: of the plug-in that needs it.
    """
    extra = EXTRAS.get((error.name or "").split(".")[0])
    if extra and kind == "llm":
        extra = "llm-local"
    return f"{error.name}: pip install 'mtpipe[{extra}]'" if extra else None


def create(kind: str, name: str, options: Mapping[str, Any], **offered: Any) -> Any:
    """An instance made with the user's options, and with what is offered where its constructor takes that name.

    Raises ConfigError for options that it does not take, and for values of another kind than it wants.
    """
    plugin = load(kind, name)
    values, wrong = _checked(signatures.of_class(plugin, name), kind, name, options)
    if wrong:
        raise ConfigError("\n".join(wrong))
    parameters = signature(plugin).parameters
    # an offer may be costly or fail (finding a model): it is taken up only when the plug-in wants it
    extras = {key: value() if callable(value) else value for key, value in offered.items()
              if key in parameters and key not in values}  # fmt: skip
    return plugin(**extras | values)


def check_options(
    plugin: str, values: Mapping[str, Any], folder: Path | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The options of a plug-in ("mt.ct2") as it wants them, and all that is wrong with them.

    folder: what paths are relative to. Built-in plug-ins are read and not imported: what they need may be slow to load
    or not be installed.
    """
    kind, _, name = plugin.partition(".")
    if ":" not in name and name not in (available := names(kind)):
        return {}, [f"[{kind}.{name}]: no such {kind} plug-in; available: {', '.join(available)}"]
    try:
        where = PLUGINS[kind].get(name)
        schema = signatures.of_source(where, name) if where else signatures.of_class(load(kind, name), name)
    except ConfigError:  # not installed: that is said where it is used
        return dict(values), []
    return _checked(schema, kind, name, values, folder)


def _checked(
    schema: type[BaseModel], kind: str, name: str, values: Mapping[str, Any], folder: Path | None = None
) -> tuple[dict[str, Any], list[str]]:
    return checked(schema, values, f"[{kind}.{name}]", folder, _OFFERED, "option")


def format_name(path: PurePath) -> str | None:
    """The name of the format that reads path, by its suffix, of XML by its first element; None when there is none."""
    suffix = path.suffix.lower()
    if suffix == ".xml" and isinstance(path, Path):
        return _xml_format(path)
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    for name in _installed("mtpipe.format"):
        if suffix in load("format", name).suffixes:
            return name
    return None


def _xml_format(path: Path) -> str:
    """Which format an .xml file is in, by its first element; Android's for one that cannot be told."""
    try:
        root, head = root_element(path)
    except OSError:  # that is said where it is read
        return SUFFIXES[".xml"]
    name, folded = root.rpartition(":")[2], head.casefold()
    if name in ("xliff", "TS"):
        return {"xliff": "xliff", "TS": "qt"}[name]
    return next((form for form in ("docbook", "dita") if form in folded), SUFFIXES[".xml"])


def output_name(name: str) -> str:
    """What the translation of a file is called: as it, with a suffix behind it where it is of another type."""
    return name + WRITTEN_AS.get(SUFFIXES.get(PurePath(name).suffix.lower(), ""), "")


def advice(path: PurePath) -> str:
    """What to do with a file that no format reads."""
    return ADVICE.get(path.suffix.lower(), "`mtpipe formats` lists those that are read")


def formats() -> list[dict[str, Any]]:
    """Each format's name, suffixes, about, options {name: default} and needs: "" or the extra it would come with."""
    rows = []
    for name in names("format"):
        row = {"name": name, "suffixes": [suffix for suffix, format_ in SUFFIXES.items() if format_ == name],
               "about": "", "options": {}, "needs": ""}  # fmt: skip
        try:
            plugin = load("format", name)
        except ConfigError as error:
            row["needs"] = str(error)
        else:
            parameters = signature(plugin).parameters
            row["suffixes"] = list(plugin.suffixes)
            row["about"] = (plugin.__doc__ or "").strip().splitlines()[0]
            row["options"] = {key: value.default for key, value in parameters.items() if key not in LANGUAGES}
        rows.append(row)
    return rows
