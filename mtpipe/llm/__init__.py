"""Large language models: one adapter a file, all behind `LLM`; `client.Caller` goes around each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mtpipe.llm.prompts import Prompt

AGAIN = "again"  # the adapter asks it otherwise from now on: at once
FAILED = "failed"  # no answer came, another time one may
REFUSED = "refused"  # the server or model does not take this prompt
UNASKED = "unasked"  # the budget was spent
WAITING = "waiting"  # its answer will come in a file


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: text, and tokens sent and received as the model counts them.

    problem says why there is no text to use, and what to do; text is "" then. cached: the reply was not paid for.
    fault: "" for what the model answered, usable or not, else why it did not. retry_after: seconds after which it is
    worth trying again after all, None: it is not.
    """

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    problem: str = ""
    cached: bool = False
    fault: str = ""
    retry_after: float | None = None

    @property
    def is_worth_retrying(self) -> bool:
        return self.fault == AGAIN or self.fault == FAILED and self.retry_after is not None


class LLM(Protocol):
    """Answers prompts, in order, one reply each; what fails is a reply with a problem, never a lost prompt.

    name: of the model, as in price tables. digest: of the model and of the parameters that change its answers.
    is_remote: calls wait for a server, so they are made one prompt each, several side by side (from threads), and
    again when they fail; other models get batches, one after the other. Raises ConfigError or ModelError for what no
    prompt could get past (no key, no server, no such model).
    """

    name: str
    digest: str
    is_remote: bool

    def complete(self, prompts: Sequence[Prompt]) -> list[Reply]: ...
