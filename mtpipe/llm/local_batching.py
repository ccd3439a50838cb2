"""What all models on this machine share: prompts become batches, batches replies; want of memory ends no job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mtpipe.llm import REFUSED, Reply
from mtpipe.llm.chat_template import Chat
from mtpipe.llm.constrained_decoding import Answer
from mtpipe.llm.prompts import Prompt


@dataclass(slots=True)
class OpenPrompt:
    """A prompt's tokens, and what the model has written after them; answer: what it is held to, None for free text.

    budget: the most tokens to write. ends: the tokens that end what is written; they are not part of it.
    """

    ids: list[int]
    budget: int
    ends: tuple[int, ...]
    answer: Answer | None
    written: list[int] = field(default_factory=list)
    has_ended: bool = False

    @property
    def is_over(self) -> bool:
        return self.has_ended or len(self.written) >= self.budget or bool(self.answer and self.answer.is_over)

    def allowed(self, size: int) -> NDArray[np.bool_]:
        """[size] whether a token may be next; after the end, ends may."""
        if self.is_over:
            return np.isin(np.arange(size), self.ends)
        return self.answer.allowed() if self.answer else np.ones(size, bool)

    def offer(self, token: int) -> bool:
        """Whether the token may be next: then it is written."""
        if self.answer and not self.answer.take(token):
            return False
        if token in self.ends:
            self.has_ended = True
        else:
            self.written.append(token)
        return True

    def advance(self) -> OpenPrompt:
        """Itself, with the tokens written that leave no choice."""
        while self.answer and not self.is_over and (forced := self.answer.forced()):
            for token in forced:
                self.offer(token)
        return self

    def restart(self) -> None:
        self.written, self.has_ended = [], False
        if self.answer:
            self.answer.restart()

    def reply(self, chat: Chat) -> Reply:
        if self.answer:
            problem = self.answer.problem
        else:
            problem = "" if self.has_ended else f"the answer was cut off at {self.budget} tokens; raise max_tokens"
        text = "" if problem else chat.text(self.written)
        return Reply(text, len(self.ids), len(self.written), problem or ("" if text else "the answer is empty"))


Write = Callable[[Sequence[OpenPrompt]], None]  # has the model write until each of a batch is over; raises MemoryError


def complete(chat: Chat, prompts: Sequence[Prompt], batch_size: int, write: Write) -> list[Reply]:
    """A reply each, in order; prompts longer than the context and schemas that can't be kept to have a problem."""
    replies: dict[int, Reply] = {}
    open_prompts: dict[int, OpenPrompt] = {}
    for i, prompt in enumerate(prompts):
        try:
            ids, budget = chat.read(prompt)
            open_prompts[i] = OpenPrompt(ids, budget, chat.ends, chat.answer(prompt, budget))
        except ValueError as error:
            replies[i] = Reply("", problem=str(error), fault=REFUSED)
    places = list(open_prompts)
    for start in range(0, len(places), batch_size):
        batch = places[start : start + batch_size]
        replies |= zip(batch, _replies(chat, [open_prompts[i] for i in batch], write), strict=True)
    return [replies[i] for i in range(len(prompts))]


def _replies(chat: Chat, batch: Sequence[OpenPrompt], write: Write) -> list[Reply]:
    try:
        write(batch)
        return [one.reply(chat) for one in batch]
    except MemoryError as error:
        if len(batch) == 1:
            return [Reply("", problem=f"out of memory for a prompt of {len(batch[0].ids)} tokens ({error}); lower"
                          " max_tokens or use weights of fewer bits", fault=REFUSED)]  # fmt: skip
    for one in batch:
        one.restart()
    return [reply for one in batch for reply in _replies(chat, [one], write)]
