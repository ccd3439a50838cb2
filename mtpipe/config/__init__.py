"""Settings: of a job, of each table of an mtpipe.toml and of plug-ins, checked in one way."""

from mtpipe.config.flags import with_format_options, with_llm
from mtpipe.config.job import EDITORS, Job
from mtpipe.config.settings_file import STAGES, SettingsFile, read
from mtpipe.config.tables import CallSettings, EvaluateSettings, FinetuneSettings, RunSettings, SynthesizeSettings

__all__ = ["EDITORS", "STAGES", "CallSettings", "EvaluateSettings", "FinetuneSettings", "Job", "RunSettings",
           "SettingsFile", "SynthesizeSettings", "read", "with_format_options",
           "with_llm"]  # fmt: skip
