"""What people make of a job's translations: its sentences for them, and their edits back into the documents."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from mtpipe import plugins
from mtpipe.document import sentence_splitting
from mtpipe.document.segment import Code, Document, Edit, Segment
from mtpipe.errors import InputError
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Glossary
from mtpipe.pipeline import job_folder, steps
from mtpipe.pipeline.job_store import FILE, Store, is_current
from mtpipe.pipeline.summary import PERSON, Tally
from mtpipe.report.model import FILE as REPORT
from mtpipe.report.model import JobReport
from mtpipe.terminology.matcher import Matcher
from mtpipe.tm.store import TmFile
from mtpipe.tm.units import TranslationUnit


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a finished document for its reviewer; confidence: e to its log-probability a token, 0…1.

    errors: one text each. target is the person's where is_edited. alternatives: what else the model or a repair method
    suggested. status: a person's, "approved", "rejected" or "".
    """

    id: str
    document: str
    source: str
    codes: tuple[Code, ...]
    draft: str | None
    target: str | None
    errors: tuple[str, ...] = ()
    confidence: float | None = None
    is_edited: bool = False
    alternatives: tuple[str, ...] = ()
    status: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of edits: ids that were changed, that the job does not know, and that still have errors."""

    edited: tuple[str, ...]
    unknown: tuple[str, ...]
    errors: tuple[str, ...]
    documents: int


def state_folder(job: Path) -> Path:
    """The folder of a job's state, given that or what the job wrote; raises InputError."""
    for folder in (job, job / ".mtpipe", job.with_name(f"{job.name}.mtpipe")):
        if (folder / FILE).is_file():
            if not is_current(folder):
                hint = "run the same `mtpipe translate` again first"
                raise InputError(f"{folder}: made by another version of mtpipe; {hint}")
            return folder
    raise InputError(f"{job}: there is no job here; give the folder or file that `mtpipe translate --out` wrote")


def sentences(folder: Path) -> tuple[list[Sentence], tuple[str, str]]:
    """All sentences of a job by its state folder, in the order of its documents, and its languages."""
    with Store(folder) as store:
        settings = settings_of(store, folder)
        return list(store.sentences(Sentence)), (settings["source_lang"], settings["target_lang"])


def applied(
    segments: Sequence[Segment], edits: Mapping[str, tuple[str, str]], lang: str,
    remarks: Mapping[str, tuple[str, str]] | None = None,
) -> list[Segment]:
    """The sentences with people's targets, checked, and with their remarks as notes; edits and remarks: id → (source
    that was seen, target or remark).

    An edit of a sentence whose source is another now stays aside, with a note.
    """
    finished = list(segments)
    changed = []
    for i, segment in enumerate(segments):
        source, target = edits.get(segment.id, (segment.source, segment.target))
        if source != segment.source:
            finished[i] = replace(segment, notes=(*segment.notes, "the source changed after it was edited by a person"))
        elif target is not None and target != segment.target:
            edit = Edit(PERSON, segment.target or "", target, "accepted", segment.errors)
            finished[i] = replace(segment, postedit=target, edits=(*segment.edits, edit))
            changed.append(i)
    for i, segment in zip(changed, steps.check([finished[i] for i in changed], lang), strict=True):
        finished[i] = segment
    for i, segment in enumerate(finished):
        source, remark = (remarks or {}).get(segment.id, ("", ""))
        if remark and source == segment.source:
            finished[i] = replace(segment, notes=(*segment.notes, remark))
    return finished


def take_in(folder: Path, edits: Mapping[str, str]) -> Imported:
    """Puts targets by id into a job: checks them, writes the documents and the report again; none is refused.

    Raises InputError where the job's sources are not there any more, or have changed.
    """
    with Store(folder) as store:
        current = {row.id: row for row in store.sentences(Sentence)}
        new = {id: target for id, target in edits.items() if id in current and target != (current[id].target or "")}
        store.save_edits((current[id].document, id, current[id].source, target) for id, target in new.items())
        documents = {current[id].document for id in new} | set(store.unwritten())
        wrong = [segment.id for document in rewrite(store, folder, documents) for segment in document
                 if segment.id in new and segment.errors]  # fmt: skip
    return Imported(tuple(new), tuple(id for id in edits if id not in current), tuple(wrong), len(documents))


def rewrite(store: Store, folder: Path, documents: Collection[str]) -> Iterator[list[Segment]]:
    """Writes these documents of a job again with people's edits, and then its report; yields each document's sentences,
    those of documents that are only counted, too.

    Raises InputError where the job's sources are not there any more, or have changed.
    """
    from mtpipe.report.page import write_report  # on use: Jinja2 is not needed until then

    settings = settings_of(store, folder)
    reports = report_folder(store, folder)
    before = JobReport.read(reports / REPORT)
    tally = Tally(before.job.editors)
    tally.count(unique_units=before.totals.unique_units, reused=before.totals.reused)
    terms = _terms(settings)
    paths = set(store.document_paths())
    for entry in before.documents:
        segments: list[Segment] = []
        if entry.path in paths:
            segments = _document(entry.path, settings, store, terms, entry.path in documents)
            segments = steps.review(segments, settings.get("checks", ()), settings["target_lang"])
            yield segments
        tally.add(entry.path, entry.state, segments, entry.notes, entry.message)
    counted = tally.report()
    llm = replace(before.llm, waiting=counted.llm.waiting)
    names = ("mtpipe", "signature", "created", "job", "seconds", "peak_memory", "tm", "faults", "stale")
    unchanged = {name: getattr(before, name) for name in names}
    write_report(replace(counted, llm=llm, **unchanged), reports)


def learn(store: Store, folder: Path, ids: Collection[str], tm: Path) -> None:
    """Adds the sentences of these ids to a translation memory, which is made where it is not there."""
    rows, settings = list(store.sentences(Sentence)), settings_of(store, folder)
    sources = ["", *(row.source for row in rows), ""]
    units = (TranslationUnit(row.source, row.target or "", before, after)
             for row, before, after in zip(rows, sources, sources[2:]) if row.id in ids)  # fmt: skip
    file = TmFile(tm, (settings["source_lang"], settings["target_lang"]), is_new=True)
    file.add(units)
    file.close()


def _document(
    path: str, settings: Mapping[str, Any], store: Store, matcher: Matcher, is_written: bool
) -> list[Segment]:
    """The finished sentences of a document, which is written again where that is asked for."""
    root, out = Path(settings["source"]), Path(settings["out"])
    place = root if root.is_file() else root / path
    name = plugins.output_name(root.name if root.is_file() else path)
    target = out if settings["is_single"] and root.is_file() else out / name
    document, parts = _read(place, path, settings)
    flat = matcher.find(steps.protect([sentence for part in parts for sentence in part], settings["protect"]))
    keys = store.keys(path)
    if [(sentence.id, sentence.source) for sentence in flat] != [(id, source) for id, source, _ in keys]:
        raise InputError(f"{place}: changed since it was translated; run the same `mtpipe translate` again first")
    decision = store.last_decision()
    units = store.load({key: sentence for (_, _, key), sentence in zip(keys, flat, strict=True)})
    merged = [_with(sentence, units[key][1]) for (_, _, key), sentence in zip(keys, flat, strict=True)]
    finished = applied(merged, store.edits(path), settings["target_lang"], store.remarks(path))
    if is_written:
        rest = iter(finished)
        joined = tuple(sentence_splitting.join(segment, list(islice(rest, len(part))))
                       for segment, part in zip(document.segments, parts, strict=True))  # fmt: skip
        form = _form(place, settings)
        job_folder.place(target, partial(form.write, replace(document, segments=joined)))
        store.set_written(path, decision)
    return finished


def _read(place: Path, path: str, settings: Mapping[str, Any]) -> tuple[Document, list[list[Segment]]]:
    try:
        document = _form(place, settings).read(place, path)
    except OSError as error:
        raise InputError(f"{place}: can't be read ({error.strerror}); the job's sources must be there") from error
    languages = settings["source_lang"], settings["target_lang"]
    return document, [sentence_splitting.split(segment, *languages) for segment in document.segments]


def _form(place: Path, settings: Mapping[str, Any]) -> Any:
    name = plugins.format_name(place)
    assert name is not None  # it was read before
    return plugins.create("format", name, settings["options"].get(f"format.{name}", {}),
                          source_lang=settings["source_lang"], target_lang=settings["target_lang"])  # fmt: skip


def _terms(settings: Mapping[str, Any]) -> Matcher:
    languages = settings["source_lang"], settings["target_lang"]
    if not settings["glossary"]:
        return Matcher(Glossary.of((), *languages))
    return Matcher(load_glossary(settings["glossary"], *languages, sheet=settings["glossary_sheet"],
                                 columns=settings["glossary_columns"]))  # fmt: skip


def settings_of(store: Store, folder: Path) -> Mapping[str, Any]:
    """What the job was done with; raises InputError where its state does not tell."""
    settings = store.settings()
    if settings is None:
        raise InputError(f"{folder}: made by an older mtpipe; run the same `mtpipe translate` again first")
    return settings


def report_folder(store: Store, folder: Path) -> Path:
    """Where the job's report is."""
    return Path(settings_of(store, folder).get("reports", folder))


def _with(sentence: Segment, unit: Segment) -> Segment:
    return replace(
        sentence, draft=unit.draft, score=unit.score, postedit=unit.postedit, errors=unit.errors, edits=unit.edits,
        notes=sentence.notes + unit.notes,
    )  # fmt: skip
