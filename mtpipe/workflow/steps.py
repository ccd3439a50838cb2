"""The stages of a configuration, in their order: synthesize, finetune, translate, post-edit, evaluate."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mtpipe.config import Job
from mtpipe.corpora import pairs
from mtpipe.errors import MtpipeError
from mtpipe.evaluation import comparison, side_by_side
from mtpipe.evaluation.testsets.files import SetFiles
from mtpipe.llm import client, prompts
from mtpipe.models import registry
from mtpipe.pipeline import job_folder, jobs, stages
from mtpipe.pipeline.job_store import FILE
from mtpipe.report import comparison as comparison_files
from mtpipe.report.model import to_dict
from mtpipe.report.wording import count
from mtpipe.synthesis import back_translation
from mtpipe.synthesis.generation import synthesize
from mtpipe.workflow import Stage
from mtpipe.workflow.manifest import code_digest, digest, fingerprint
from mtpipe.workflow.settings import Workflow

OnProgress = Callable[[jobs.Progress], object]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Steps:
    """A configuration's stages; tell gets lines on what goes on, on_progress how far a job is."""

    flow: Workflow
    tell: Tell = lambda line: None
    on_progress: OnProgress = lambda progress: None

    def stages(self) -> list[Stage]:
        """Those that the configuration has a table for; translate and post-edit are in each."""
        flow, steps = self.flow, list[Stage]()
        if flow.synthesize:
            files = (flow.synthetic, flow.synthesize.manifest)
            steps.append(Stage("synthesize", self._synthesis_inputs, lambda: files, self._synthesize))
        if flow.finetune:
            steps.append(Stage("finetune", self._training_inputs, lambda: (self._trained(),), self._finetune))
        state = (flow.job.folder / FILE,)
        steps.append(Stage("translate", self._draft_inputs, lambda: state, self._translate))
        steps.append(Stage("post-edit", self._edit_inputs, lambda: (flow.job.out,), self._post_edit))
        if flow.evaluate:
            tables = tuple(flow.work / name for name in ("evaluation.md", "evaluation.html"))
            steps.append(Stage("evaluate", self._test_inputs, lambda: tables, self._evaluate))
        return steps

    def job(self) -> Job:
        """The job, with the model that the run trains."""
        return replace(self.flow.job, model=self._trained()) if self.flow.finetune else self.flow.job

    # synthesize

    def _synthesis_inputs(self) -> dict[str, str]:
        recipe = self.flow.synthesize
        assert recipe is not None
        files = [digest(path) for path in (*recipe.tm, *recipe.exclude, *recipe.also.values(), *self._tests())]
        return {"glossary": digest(recipe.glossary), "settings": fingerprint(asdict(recipe)), "llm": self._llm(),
                "prompts": digest(recipe.prompts or prompts.FOLDER), "files": fingerprint(files)}  # fmt: skip

    def _synthesize(self) -> dict[str, Any]:
        job, recipe = self.flow.job, self.flow.synthesize
        assert recipe is not None
        recipe.out.parent.mkdir(parents=True, exist_ok=True)
        options = job.options.get(f"llm.{job.llm}", {})
        caller = client.open_llm(job.llm, options, job.calls, job.llm_cache or recipe.out.parent / client.FILE)
        recipe = replace(recipe, exclude=(*recipe.exclude, *self._held_out()))
        result = synthesize(recipe, caller, self.tell, back_translation.translator(recipe))
        facts = {"pairs": result.pairs, "short": dict(result.short), "usage": asdict(caller.usage), "seed": recipe.seed}
        if result.stopped:
            there = f"synthesize: {result.stopped}; {result.pairs} pairs so far in {recipe.out}"
            raise MtpipeError(f"{there}: run again, or go on with what is there by --from finetune")
        return facts

    # finetune

    def _training_inputs(self) -> dict[str, str]:
        settings = self.flow.finetune
        assert settings is not None
        base = Path(settings.base) if settings.base else self._bundled()
        kinds = settings.pairs, settings.generic, settings.exclude, self._tests()
        files = [[digest(path) for path in paths] for paths in kinds]
        return {
            "synthetic": digest(self.flow.synthetic if self.flow.synthesize else None),
            "files": fingerprint(files), "dev": digest(settings.dev), "glossary": digest(self.flow.job.glossary),
            "teacher": digest(settings.teacher),
            "base": digest(base) if base and base.exists() else settings.base,
            "settings": fingerprint(asdict(settings)),
        }  # fmt: skip

    def _bundled(self) -> Path | None:
        job = self.flow.job
        return registry.find(job.source_lang, job.target_lang).folder if registry.covers(*self._languages) else None

    def _trained(self) -> Path:
        """Where the model of today's inputs is: another's is never taken for it, and neither is its training."""
        return self.flow.work / f"model-{fingerprint(self._training_inputs())[:8]}"

    def _finetune(self) -> dict[str, Any]:
        flow = self.flow
        assert flow.finetune is not None
        pairs = (flow.synthetic, *flow.finetune.pairs) if flow.synthesize else flow.finetune.pairs
        settings = replace(flow.finetune, pairs=pairs, exclude=(*flow.finetune.exclude, *self._held_out()))
        out = self._trained()
        shutil.rmtree(out, ignore_errors=True)  # of a training that is to be done again
        from mtpipe.workflow.training import train  # on use: needs torch

        outcome = train(settings, self._languages, out, flow.job.glossary, self.tell)
        assert outcome is not None  # a run is one process
        if outcome.warning:
            self.tell(f"finetune: {outcome.warning}")
        scores = {name: {"before": before, "after": after} for name, (before, after) in outcome.scores.items()}
        return {"scores": scores, "warning": outcome.warning, "seed": flow.finetune.seed}

    # translate, post-edit

    def _draft_inputs(self) -> dict[str, str]:
        job = self.job()
        model = job.model or (self._bundled() if job.mt == "ct2" else None)
        files = {file.name: digest(file.path) for file in job_folder.files(job) if not file.problem}
        options = {key: table for key, table in job.options.items() if key.startswith(("mt.", "format."))}
        return {
            "source": fingerprint(files), "glossary": digest(job.glossary), "model": digest(model),
            "stages": stages.versions("translate"),
            "tm": fingerprint([digest(path) for path in job.tm]),
            "settings": fingerprint({
                "languages": self._languages, "mt": job.mt, "options": options, "other": job.other,
                "tm_flagged": job.tm_flagged, "columns": [job.glossary_sheet, job.glossary_columns],
            }),
        }  # fmt: skip

    def _edit_inputs(self) -> dict[str, str]:
        job = self.job()
        options = {key: table for key, table in job.options.items() if key.startswith("editor.")}
        return self._draft_inputs() | {
            "stages": stages.versions("write"), "llm": self._llm(),
            "editors": fingerprint({"names": job.editors, "options": options}),
            "lexicon": digest(job.lexicon), "calls": fingerprint(asdict(job.calls)),
        }  # fmt: skip

    def _translate(self) -> dict[str, Any]:
        return dict(jobs.draft(self.job(), self.on_progress))

    def _post_edit(self) -> dict[str, Any]:
        job = self.job()
        report = jobs.run(job, self.on_progress)
        waiting = report.llm.waiting
        facts = {name: to_dict(getattr(report, name)) for name in ("signature", "totals", "seconds", "llm")}
        missing = f"{count(waiting, 'sentence waits', 'sentences wait')} for the LLM" if waiting else ""
        return facts | {"terms": to_dict(report.terms.steps), "report": str(job.reports / "report.html"),
                        "incomplete": missing}  # fmt: skip

    # evaluate

    def _test_inputs(self) -> dict[str, str]:
        settings = self.flow.evaluate
        assert settings is not None
        systems = {name: fingerprint({"job": asdict(job), "model": digest(job.model or self._bundled())})
                   for name, job in self._systems().items()}  # fmt: skip
        return {
            "test": fingerprint([digest(path) for path in settings.test]), "settings": fingerprint(asdict(settings)),
            "glossary": digest(self.flow.job.glossary), "code": code_digest(), **systems,
        }  # fmt: skip

    def _systems(self) -> dict[str, Job]:
        """What is compared: the model as it was, as it is now, with the terms, with what repairs them, with the LLM."""
        job = self.job()
        plain = replace(job, glossary=None, editors=(), llm="", tm=())
        systems = {"generic": replace(plain, model=base) for base in self._bases()}
        if self.flow.finetune:
            systems["fine-tuned"] = plain
        if job.glossary:
            systems |= {"annotated": replace(job, editors=(), llm="", tm=()), "repaired": replace(job, llm="", tm=())}
            systems |= {"llm": replace(job, tm=())} if job.llm and "llm" in job.methods else {}
        return systems

    def _bases(self) -> list[Path]:
        """The folder of the model before this run, [] where that is none to translate with."""
        name = self.flow.finetune.base if self.flow.finetune else str(self.flow.job.model or "")
        base = Path(name) if name else self._bundled()
        return [base] if base and (base / "model.json").is_file() else []

    def _evaluate(self) -> dict[str, Any]:
        flow = self.flow
        assert flow.evaluate is not None
        (test,) = self._held_out()
        folders = {}
        for name, job in self._systems().items():
            self.tell(f"evaluate: {name}")
            folders[name] = test.with_name(name)
            jobs.run(replace(job, source=test, out=folders[name], report_dir=None), self.on_progress)
        settings = comparison.Settings(*self._languages, options=flow.job.options, has_tags=flow.evaluate.tags)
        if flow.evaluate.metrics:
            settings = replace(settings, metrics=flow.evaluate.metrics)
        entries = [(name, folder / test.name) for name, folder in folders.items()]
        result = comparison.compare_files(entries, SetFiles(*self._languages), settings, flow.job.glossary)
        data = result.to_dict() | {"name": flow.path.name}
        comparison_files.write(data, side_by_side.details(result), folders, flow.work / "evaluation")
        return {"systems": {row["system"]: row["scores"] for row in data["systems"]}}

    def _tests(self) -> tuple[Path, ...]:
        return self.flow.evaluate.test if self.flow.evaluate else ()

    def _held_out(self) -> list[Path]:
        """The test sets as one file, whatever they are: what is evaluated on is kept out of all that is trained on."""
        out = self.flow.work / "evaluation" / "test.jsonl"
        return [_test_set(self.flow.evaluate.test, self._languages, out)] if self.flow.evaluate else []

    @property
    def _languages(self) -> tuple[str, str]:
        return self.flow.job.source_lang, self.flow.job.target_lang

    def _llm(self) -> str:
        job = self.flow.job
        return fingerprint({job.llm: job.options.get(f"llm.{job.llm}", {})}) if job.llm else "-"


def _test_set(paths: tuple[Path, ...], languages: tuple[str, str], out: Path) -> Path:
    """All test sets as one file of segments with their references; raises InputError."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8") as file:
        for path in paths:
            file.writelines(_lines(path, languages))
    return out


def _lines(path: Path, languages: tuple[str, str]) -> Iterator[str]:
    if path.suffix == ".jsonl":
        yield from path.open(encoding="utf-8")
        return
    for number, (source, reference) in enumerate(pairs(path, *languages), 1):
        row = {"id": f"{path.name}#{number}", "source": source, "reference": reference}
        yield json.dumps(row, ensure_ascii=False) + "\n"
