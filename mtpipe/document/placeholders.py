"""Find placeholders, tags, entities and addresses in running text; every pattern is linear in the text's length."""

from __future__ import annotations

import re
from itertools import chain

from mtpipe.document.segment import Code
from mtpipe.languages.scripts import CJK, CJK_MARKS

# All alternatives start with a fixed character, so the search skips ordinary letters at the speed of a byte scan.
# Every repeat is bounded or excludes the character that starts the pattern: no backtracking over the whole text.
_CONVERSION = r"(?:[ds]|[iouxXeEfFgGcCrSpaAnYmHMBbyjZz@](?![A-Za-z]))"
_PLACEHOLDER = re.compile("|".join((
    r"(?P<tag><(?P<close>/)?(?P<name>[A-Za-z][\w:.-]{0,40})"
    r"(?:\s{1,9}[\w:@.-]{1,60}\s?=\s?(?:\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}'|[^\s\"'<>=]{1,200})){0,30}"
    r"\s{0,9}(?P<empty>/)?>)",
    r"<!--[^<>]{0,2000}-->",
    r"&(?:amp;)?(?:\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
    r"\{\{[^{}\n]{1,200}\}\}",                                              # {{y}}
    r"\{%[^{}\n]{0,300}%\}",                                                # {% tag %}
    r"[%#$]\{[^{}\n]{1,100}\}",                                             # ${x} #{x} %{x}
    r"\$\(\w{1,60}\)",                                                      # $(x)
    r"\{ ?[\w.\[\]$@-]{0,80}(?:![rsa])?(?::[^{}\s]{0,40})? ?\}",            # {name} {0:.2f} {}
    r"\{\s?\w{1,60}\s?,\s?(?:number|date|time|spellout|ordinal|duration)(?:,[^{}\n]{0,100})?\s?\}",
    r"(?P<icu>\{\s?\w{1,60}\s?,\s?(?:plural|selectordinal|select)\s?,)",    # {n, plural, …}: its end is found apart
    r"%\([\w .-]{1,60}\)[-+#0]{0,3}\d{0,3}(?:\.\d{1,3})?[diouxXeEfFgGcrsa]",   # %(n)d
    r"%[A-Z][A-Z_]{2,40}\d{0,2}%?",                                         # %PRODUCTNAME %APPDATA%
    r"%\d{1,2}\$[-+#0]{0,3}\d{0,3}(?:\.\d{1,3})?(?:hh?|ll?|[Lqjzt])?" + _CONVERSION,
    # "100%sure" is no placeholder: after a digit only a bare %s or %d counts, and no letter may follow.
    r"(?<!\d)%(?:[-+#0]{0,3}\d{1,3}|[+#])?(?:\.\d{1,3})?(?:hh?|ll?|[Lqjzt])?" + _CONVERSION,
    r"%[ds](?![A-Za-z\d])",
    r"%L?\d{1,2}(?!\d)",                                                    # %1 (Qt)
    r"%%",
    r":[A-Za-z][\w:.+-]{0,40}:`[^`\n]{1,400}`",                             # :role:`text`
    r"(?<!`)`(?=[^\s`])[^`\n]{0,299}(?<=[^\s`])`(?!`)",                     # `code`
    r"(?<!`)``(?=[^\s`])[^`\n]{0,299}(?<=[^\s`])``(?!`)",
    r"(?<![\w/.~<])(?:~|\.{1,2})?/[\w@+-][\w.@+-]{0,80}(?:/[\w.@+-]{1,80}){1,12}(?<![.])",   # /usr/share ../a/b.html
    r"[⟦⟧⇒]",                                                               # symbols the models use themselves
)))
_NO_URL = rf"\s<>\"`\\^|\[\]“”‘’«»…{CJK}{CJK_MARKS}"
_URL = re.compile(rf"(?<![A-Za-z0-9+.-])(?:[A-Za-z][A-Za-z0-9+.-]{{1,20}}://|www\.)[^{_NO_URL}]+")
_HOST = "[A-Za-z0-9-]{1,63}"
_MAIL = re.compile(rf"(?<![A-Za-z0-9_.+-])(?:mailto:)?[A-Za-z0-9_.+-]{{1,64}}@{_HOST}(?:\.{_HOST}){{1,8}}")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())


def find(text: str) -> tuple[Code, ...]:
    """All placeholders in text, left to right, not overlapping; tags that pair up are "open" and "close"."""
    tags: dict[int, re.Match[str]] = {}
    spans = []
    partner: dict[int, int] | None = None
    for match in _PLACEHOLDER.finditer(text):
        start, end = match.span()
        if match["tag"]:
            tags[start] = match
        elif match["icu"]:
            partner = _braces(text) if partner is None else partner
            if start not in partner:
                continue
            end = partner[start] + 1
        spans.append((start, end))
    addresses = list(_addresses(text))
    if addresses:
        spans = sorted(chain(spans, addresses), key=_leftmost_longest)
    disjoint, last = [], 0
    for start, end in spans:
        if start >= last:
            disjoint.append((start, end))
            last = end
    return _paired(disjoint, tags)


def _leftmost_longest(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], -span[1]


def _addresses(text: str) -> list[tuple[int, int]]:
    """URLs (without the punctuation of the sentence around them) and e-mail addresses."""
    spans = []
    if "://" in text or "www." in text:
        for match in _URL.finditer(text):
            url = match[0].rstrip(".,;:!?'*_")
            while url.endswith(")") and url.count(")") > url.count("("):
                url = url[:-1].rstrip(".,;:!?'*_")
            if not url.endswith(("//", "www")):
                spans.append((match.start(), match.start() + len(url)))
    if "@" in text:
        spans += [match.span() for match in _MAIL.finditer(text)]
    return spans


def _braces(text: str) -> dict[int, int]:
    """Offset of each balanced "{" → offset of its "}"."""
    partner, stack = {}, []
    for match in re.finditer(r"[{}]", text):
        if match[0] == "{":
            stack.append(match.start())
        elif stack:
            partner[stack.pop()] = match.start()
    return partner


def _paired(spans: list[tuple[int, int]], tags: dict[int, re.Match[str]]) -> tuple[Code, ...]:
    kinds = {}
    stack: list[tuple[str, int]] = []
    is_open: dict[str, int] = {}
    for start, _ in spans:
        match = tags.get(start)
        if match is None or match["empty"] or match["name"].lower() in _VOID:
            continue
        name = match["name"].lower()
        if not match["close"]:
            stack.append((name, start))
            is_open[name] = is_open.get(name, 0) + 1
        elif is_open.get(name):
            while True:  # what lies above the opener was never closed and stands alone
                top, opener = stack.pop()
                is_open[top] -= 1
                if top == name:
                    break
            kinds[opener], kinds[start] = "open", "close"
    return tuple(Code(start, end, kinds.get(start, "alone")) for start, end in spans)
