"""What an LLM answered, as a text for a segment: strict about what is said, forgiving about what stands around it."""

from __future__ import annotations

import json
import re
import unicodedata

KEY, UNSUITABLE = "target", "unsuitable"
_LONGEST = 20_000  # characters; no answer about a sentence is longer
_THOUGHT = re.compile(r"(?s)\A.*?</think(?:ing)?>")
_FENCE = re.compile(r"(?s)\A\s*```[\w-]*\n(.*?)\n?```\s*\Z")
# quotation marks as some servers' grammars let them through
_UNESCAPED = re.compile(rf'(?s)\A\{{\s*"{KEY}"\s*:\s*"(.*)"\s*\}}\Z')
_QUOTES = ('""', "“”", "„“", "„”", "«»", "»«", "「」", "''", "‘’", "``")
_DECODER = json.JSONDecoder()


def text_of(answer: str) -> str | None:
    """The text under KEY of the one JSON object in an answer, else the answer itself; None where neither can be meant.

    Left aside: thoughts before the answer, a code fence around it, prose around the object. None: several objects that
    differ, an object without the key, JSON that breaks off, control characters.
    """
    if len(answer) > _LONGEST:
        return None
    content = _THOUGHT.sub("", answer)
    fenced = _FENCE.match(content)
    content = (fenced[1] if fenced else content).strip()
    texts = set(_texts(content) or _unescaped(content))
    if len(texts) > 1 or not texts and _is_json(content):
        return None
    text = _sound(texts.pop() if texts else _unquoted_json(content))
    return None if any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in text) else text


def unsuitable(answer: str) -> list[str]:
    """The source terms that an answer says do not fit, as far as it is the object that was asked for."""
    try:
        answer_object, _ = _DECODER.raw_decode(answer, answer.index("{"))
    except (ValueError, RecursionError):
        return []
    listed = answer_object.get(UNSUITABLE) if isinstance(answer_object, dict) else None
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []


def fitted(text: str, draft: str) -> str:
    """The text without quotation marks around it that the draft has not, with the draft's outer white space."""
    inner, bare = text.strip(), draft.strip()
    for first, last in map(tuple, _QUOTES):
        is_quoted = len(inner) > 1 and inner[0] == first and inner[-1] == last
        if is_quoted and bare[:1] != first and bare[-1:] != last and not {first, last} & set(inner[1:-1]):
            inner = inner[1:-1].strip()
            break
    start, end = len(draft) - len(draft.lstrip()), len(draft.rstrip())
    return f"{draft[:start]}{inner}{draft[end:]}" if bare else inner


def _texts(content: str) -> list[str]:
    """Under KEY, of each JSON object in an answer."""
    texts, position = [], 0
    while (start := content.find("{", position)) >= 0:
        position = start + 1
        try:
            value, end = _DECODER.raw_decode(content, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(value.get(KEY), str):
            texts.append(value[KEY])
            position = end
    return texts


def _unescaped(content: str) -> list[str]:
    """Of an object that is none because of the quotation marks in its text."""
    match = _UNESCAPED.match(content)
    is_one = match is not None and not re.search(r'"\s*[:,]\s*"', match[1])
    return [re.sub(r'\\(["\\/])', r"\1", match[1])] if match and is_one else []


def _is_json(content: str) -> bool:
    """Whether it was meant to be the object that was asked for: its beginning, or its key."""
    begins = content.startswith(('{"', "{\n", "{ ", "[{", "{}", "{'"))
    return begins or re.search(rf"[\"']{KEY}[\"']\s*:", content) is not None


def _unquoted_json(content: str) -> str:
    """What a JSON string says; anything else as it is."""
    try:
        value = json.loads(content) if content.startswith('"') else content
    except ValueError:
        return content
    return value if isinstance(value, str) else content


def _sound(text: str) -> str:
    """With lone surrogates, which can be escaped in JSON but written nowhere, replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
