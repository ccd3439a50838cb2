"""Any server that speaks OpenAI's chat completions: OpenAI, vLLM, llama.cpp, Ollama, LM Studio, TGI and others."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx2
import openai

from mtpipe.errors import CallError, ConfigError, ModelError
from mtpipe.io import digest
from mtpipe.llm import AGAIN, FAILED, REFUSED, Reply, chat_completion, event_stream, structured_output
from mtpipe.llm.chat_completion import NEXT
from mtpipe.llm.prompts import Prompt

KEY_VARIABLE = "OPENAI_API_KEY"
_PART = 4  # characters of a key that are hidden where they stand alone
# Parameters that some models do not take: what is sent instead.
_INSTEAD = {"max_tokens": "max_completion_tokens", "temperature": "", "seed": ""}
_TOO_LONG = ("context", "too long", "too large")
_ABOUT_SCHEMA = ("response_format", "schema", "json", "grammar", "guided", "structured", "pattern")


class OpenAILLM:
    """Chat completions of one model; the key comes from an environment variable, a server of one's own needs none.

    base_url: such as http://localhost:8080/v1, "" for OpenAI's. structured: what is tried first of NEXT and "text".
    extra_body: more fields for the server, "$schema" in it becomes the answer's schema: {"guided_json": "$schema"}.
    timeout: seconds for a whole call. What the server does not take is remembered and asked otherwise.
    """

    is_remote = True

    def __init__(
        self, model: str = "", base_url: str = "", key_variable: str = "", temperature: float = 0.0,
        max_tokens: int = 2048, seed: int | None = None, structured: str = "json_schema",
        extra_body: Mapping[str, Any] | None = None, timeout: float = 120.0,
    ):  # fmt: skip
        if structured not in (*NEXT, "text"):
            raise ConfigError(f"[llm.openai] structured = {structured!r}; use {', '.join([*NEXT, 'text'])}")
        if not model:
            raise ConfigError("[llm.openai] needs the model's name at the server: model = \"…\"")
        self._key, self._variable = _key(base_url, key_variable), key_variable or KEY_VARIABLE
        self._client = openai.OpenAI(
            api_key=self._key or "none", base_url=base_url or None, max_retries=0,
            http_client=_client(timeout, urlsplit(base_url).hostname if base_url else ""),
        )
        self.name, self._url, self._timeout = model, str(self._client.base_url).rstrip("/"), timeout
        self._extra = dict(extra_body or {})
        parameters = {"model": model, "temperature": temperature, "max_tokens": max_tokens, "seed": seed}
        self._parameters = {name: value for name, value in parameters.items() if value is not None}
        content = json.dumps([self._url, self._parameters, self._extra, structured], sort_keys=True)
        self.digest = digest.of_text(content)
        self._mode, self._is_proven, self._is_reached = structured, structured == "text", False

    def complete(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Raises ConfigError, ModelError or CallError for what no prompt could get past."""
        return [self._reply(prompt) for prompt in prompts]

    def _reply(self, prompt: Prompt) -> Reply:
        mode = self._mode if prompt.schema else "text"
        try:
            completion = event_stream.whole(self._client.chat.completions.create(**self._request(prompt, mode)))
        except openai.APIStatusError as error:
            self._is_reached = True
            return self._refusal(error, mode)
        except openai.APITimeoutError:
            return _failed(f"{self._url}: no answer within {self._timeout:g} seconds")
        except openai.APIConnectionError as error:
            if not self._is_reached and isinstance(error.__cause__, httpx2.ConnectError):
                raise ConfigError(f"{self._url}: no server answers ({error.__cause__}); start it or check base_url") \
                    from error
            if isinstance(error.__cause__, ConfigError):
                raise error.__cause__ from error
            return _failed(f"{self._url}: the connection broke ({error.__cause__ or error})")
        except (openai.APIError, ValueError, RecursionError) as error:
            return _failed(f"{self._url}: the answer is cut off or garbled ({error})")
        self._is_reached = True
        return self._answer(completion, prompt, mode)

    def _request(self, prompt: Prompt, mode: str) -> dict[str, Any]:
        extra = chat_completion.extra_fields(self._extra, prompt)
        return chat_completion.request(prompt, mode, self._parameters) | {"extra_body": extra}

    def _answer(self, completion: Any, prompt: Prompt, mode: str) -> Reply:
        most = self._parameters.get("max_tokens") or self._parameters.get("max_completion_tokens")
        reply = chat_completion.answer(completion, self._url, most)
        if not reply.text or not prompt.schema:
            return reply
        return self._structured(reply.text, (reply.tokens_in, reply.tokens_out), prompt.schema, mode)

    def _structured(self, text: str, tokens: tuple[int, int], schema: str, mode: str) -> Reply:
        try:
            text = structured_output.as_json(text, schema)
        except structured_output.Prose as error:
            # one that has kept to it before has only slipped; one that never did does not know what was asked of it
            if mode == "text" or self._is_proven:
                return Reply("", *tokens, problem=str(error))
            return self._step_down(mode, "json_object" if mode.endswith("schema") else "text", str(error), tokens)
        except ValueError as error:
            return Reply("", *tokens, problem=str(error))
        self._is_proven = self._is_proven or mode == self._mode
        return Reply(text, *tokens)

    def _step_down(self, mode: str, below: str, problem: str, tokens: tuple[int, int] = (0, 0)) -> Reply:
        if self._mode == mode:  # else another thread has come to the same conclusion
            self._mode = below
        return Reply("", *tokens, problem=problem, fault=AGAIN)

    def _refusal(self, error: openai.APIStatusError, mode: str) -> Reply:
        """What an HTTP status says about this prompt or about all of them."""
        status, message = error.status_code, self._reason(error)
        problem, low = f"{self._url}: HTTP {status}: {message}", message.casefold()
        if status in (401, 403):
            hint = f"check the key in {self._variable}" if self._key else f"set {self._variable} to a key"
            raise ConfigError(f"{problem}; {hint}")
        if status == 402 or error.code == "insufficient_quota":
            raise CallError(f"{problem}; the account has no credit left; the answers so far are kept: run again to "
                            "continue")  # fmt: skip
        if status == 404:
            self._not_found(problem)
        if status in (408, 409, 425, 429) or status >= 500:
            return _failed(problem, wait=retry_after(error.response.headers))
        if status == 413 or error.code == "content_filter" or any(word in low for word in _TOO_LONG):
            return Reply("", problem=problem, fault=REFUSED)
        for name in [name for name in _INSTEAD if name in self._parameters and name in (error.param or message)]:
            value = self._parameters.pop(name)
            if _INSTEAD[name]:
                self._parameters[_INSTEAD[name]] = value
            return Reply("", problem=problem, fault=AGAIN)
        if mode in NEXT and any(word in low for word in _ABOUT_SCHEMA):
            return self._step_down(mode, NEXT[mode], problem)
        return Reply("", problem=problem, fault=FAILED)

    def _not_found(self, problem: str) -> NoReturn:
        try:
            known = [model.id for model in self._client.models.list().data]
        except (openai.OpenAIError, ValueError, AttributeError, TypeError):
            raise ConfigError(f"{problem}; nothing answers there: base_url usually ends in /v1") from None
        raise ModelError(f"{problem}; the server has no model {self.name!r}, it has {', '.join(known[:20]) or 'none'}")

    def _reason(self, error: openai.APIStatusError) -> str:
        """The server's own words; some repeat the key in them."""
        body = error.body if isinstance(error.body, dict) else {}
        message = str(body.get("message") or body.get("detail") or error.message)
        return masked(message, self._key)[:300]


def masked(text: str, key: str) -> str:
    """text without the key and without parts of it, as some servers echo them; of short keys the whole only."""
    hidden = [False] * len(text)
    size = _PART if len(key) > 2 * _PART else len(key)
    for part in {key[i : i + size] for i in range(len(key) - size + 1)} if key else ():
        for match in re.finditer(re.escape(part), text):
            hidden[match.start() : match.end()] = [True] * len(part)
    return re.sub("\0+", "***", "".join("\0" if is_hidden else char for char, is_hidden in zip(text, hidden)))


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that a server wants one to wait: given in (milli)seconds or as an HTTP date; 0 where it says nothing."""
    try:
        if "retry-after-ms" in headers:
            return max(float(headers["retry-after-ms"]) / 1000, 0.0)
        return max(float(headers.get("retry-after", 0)), 0.0)
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return 0.0
    return max((date.astimezone(timezone.utc) - datetime.now(timezone.utc)).total_seconds(), 0.0)


class _Timed(httpx2.SyncByteStream):
    """A body that must be there by its deadline: timeouts of sockets are reset by every byte that drips in."""

    def __init__(self, stream: Any, deadline: float, request: httpx2.Request):
        self._stream, self._deadline, self._request = stream, deadline, request

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            if monotonic() > self._deadline:
                raise httpx2.ReadTimeout("the body arrived too slowly", request=self._request)
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _client(timeout: float, host: str | None) -> httpx2.Client:
    """host: the only one that anything is sent to, "" for the usual."""

    def begin(request: httpx2.Request) -> None:
        if host and request.url.host.lower() != host.lower():
            raise ConfigError(f"the server {host} redirects to {request.url.host}: your texts are not sent there; set "
                              "base_url to a server that you trust")  # fmt: skip
        request.extensions["begun"] = monotonic()

    def limit(response: httpx2.Response) -> None:
        response.stream = _Timed(response.stream, response.request.extensions["begun"] + timeout, response.request)

    return openai.DefaultHttpxClient(
        timeout=httpx2.Timeout(timeout, connect=min(timeout, 10.0)),
        event_hooks={"request": [begin], "response": [limit]},
    )


def _key(base_url: str, variable: str) -> str:
    """The key, "" for none; raises ConfigError where there must be one, and for one in the URL."""
    address = urlsplit(base_url)
    if base_url and (address.scheme not in ("http", "https") or not address.hostname):
        raise ConfigError(f"[llm.openai] base_url = {base_url!r} is not a valid address such as "
                          "http://localhost:8080/v1")  # fmt: skip
    if address.password or address.username or address.query:
        raise ConfigError("[llm.openai] base_url has a password or a query in it, which would get into reports; give "
                          "the key in an environment variable")  # fmt: skip
    key = os.environ.get(variable or KEY_VARIABLE, "").strip()
    if not key and (variable or not base_url):
        raise ConfigError(f"the environment has no {variable or KEY_VARIABLE}: export it with the server's key")
    return key


def _failed(problem: str, wait: float = 0.0) -> Reply:
    return Reply("", problem=problem, fault=FAILED, retry_after=wait)
