"""Errors that are the user's to mend; everything else is a bug and keeps its traceback.

MtpipeError
├── InputError      a file, row or segment that can't be read
│   └── UnsuitedError   a file of a known suffix whose content its format doesn't translate
├── GlossaryError   bad glossary rows, all reported at once
├── ConfigError     an option, a plug-in name or a job that can't run as asked
├── ModelError      no model for the languages, or a model folder that isn't one
├── CallError       the LLM fails again and again
└── OutputError     a file can't be written
    └── JobStateError   the job's state can't be kept: nothing else can be done either

Every message says what, where (file:line or segment id) and what to do; the command line prints it as it is.
"""


def amount(count: int, one: str, many: str = "") -> str:
    """A count with its noun, for messages: "1 term", "2 terms"; many: where it is not one and s."""
    return f"{count} {one if count == 1 else many or one + 's'}"


class MtpipeError(Exception):
    """Shown to the user as one clean message; the command line exits with 1."""


class InputError(MtpipeError):
    """A document, a segment file or one of its rows can't be read."""


class UnsuitedError(InputError):
    """A file has a known suffix but is nothing to translate (settings in JSON): in a folder, it is another file."""


class GlossaryError(MtpipeError):
    """A glossary has bad rows; `problems` lists every one as "file:line: what, what to do"."""

    def __init__(self, message: str, problems: tuple[str, ...] = ()):
        super().__init__("\n".join((message, *(f"  {problem}" for problem in problems))))
        self.problems = problems


class ConfigError(MtpipeError):
    """An option, a plug-in name or a combination of them that can't run."""


class ModelError(MtpipeError):
    """No model for the language pair, or a folder that holds no usable model."""


class CallError(MtpipeError):
    """Calls of an LLM fail one after the other; the job can be resumed."""


class OutputError(MtpipeError):
    """An output file or the job's state can't be written (permission, full disk)."""


class JobStateError(OutputError):
    """The job's state can't be read or kept (damage, permission, full disk): the job ends."""
