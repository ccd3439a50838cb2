"""An LLM that says what it was told to: for tests and for trying a configuration without a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mtpipe.llm import Reply
from mtpipe.llm.prompts import Prompt

Script = Callable[[Prompt], str]


class FakeLLM:
    """Answers by script (a function of the prompt), or with the given replies, one after the other and over again."""

    name = digest = "fake"
    is_remote = False

    def __init__(self, replies: Sequence[str] = ("",), script: Script | None = None):
        self._replies, self._script = tuple(replies), script
        self.prompts: list[Prompt] = []

    def complete(self, prompts: Sequence[Prompt]) -> list[Reply]:
        return [self._reply(prompt) for prompt in prompts]

    def _reply(self, prompt: Prompt) -> Reply:
        text = self._script(prompt) if self._script else self._replies[len(self.prompts) % len(self._replies)]
        self.prompts.append(prompt)
        tokens = len(prompt.system.split()) + len(prompt.user.split())
        return Reply(text, tokens, len(text.split()), "" if text else "the script has no answer")
