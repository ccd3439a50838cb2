"""The header of a PO catalogue: its fields, and what a template lacks to be a catalogue of the target language."""

from __future__ import annotations

import re

from mtpipe.formats.editing.inplace import Edit
from mtpipe.formats.po.syntax import Entry, quoted

_CHARSET = re.compile(r'("Content-Type:[^"\n]{0,80}charset=)[A-Za-z0-9_:.-]{1,40}')
_FLAG = re.compile(r",\s*fuzzy\b")


def fields(header: Entry | None) -> dict[str, str]:
    """The header's fields; {} for none."""
    lines = header.translations[0].value.splitlines() if header else []
    return {name.strip(): value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}


def edits(text: str, header: Entry | None, lang: str, plural_forms: str) -> list[Edit]:
    """What makes a template's header that of a catalogue in lang (BCP 47); others' headers stay as they are."""
    newline = "\r\n" if "\r\n" in text else "\n"
    values = {"Language": lang.replace("-", "_"), "Plural-Forms": plural_forms}
    if header is None:
        values = {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=UTF-8",
                  "Content-Transfer-Encoding": "8bit"} | values
        stated = "".join(f"{name}: {value}\n" for name, value in values.items() if value)
        return [(0, 0, newline.join(('msgid ""', quoted("msgstr", stated, newline, 0), "", "")))]
    part = header.translations[0]
    lines = part.value.splitlines()
    for name, value in values.items():
        at = next((i for i, line in enumerate(lines) if line.startswith(f"{name}:")), len(lines))
        old = "".join(lines[at:at + 1]).partition(":")[2].strip()
        if value and (not old or "INTEGER" in old or old == "LANGUAGE"):
            lines[at:at + 1] = [f"{name}: {value}"]
    new = "\n".join((*lines, "")).replace("charset=CHARSET", "charset=UTF-8")
    if new == part.value:
        return []
    changes: list[Edit] = [(part.start, part.end, quoted("msgstr", new, newline, 0))]
    if header.flags_at and "fuzzy" in header.flags:  # a template's header is, until it has been filled in
        start, end = header.flags_at
        changes.append((start, end, _FLAG.sub("", text[start:end])))
    return changes


def in_utf8(text: str) -> str:
    """The catalogue's text saying that it is in UTF-8."""
    return _CHARSET.sub(r"\1UTF-8", text, count=1)
