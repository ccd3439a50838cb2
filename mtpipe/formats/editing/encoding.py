"""Bytes of a document ↔ text: what encoding a file has, said when it isn't plain UTF-8, and kept on writing."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from mtpipe.errors import InputError, OutputError
from mtpipe.io import compression

NEWLINE = re.compile(r"\r\n|\r|\n")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
         (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b\b"))
_SAMPLE = 100_000  # bytes that are looked at to tell binary files and legacy encodings
# What a file is expected to be in; others (EBCDIC, DOS) are likelier a wrong guess on a short text.
_LEGACY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r", "iso8859_2",
           "cp932", "euc_jp", "gb18030", "big5", "cp949"]
# A short text in one of these alphabets fits cp1250 as well as cp1252, but western European files are in the latter.
_WESTERN = [set(letters) for letters in ("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíóúüñ", "àáâãçéêíóôõú", "àèéìíòóùú", "åäöæøéü")]
_PUNCTUATION = set("€‚„…‘’“”•–—™ ¡¢£§©«®°±²·»¿×\xa0")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file's text is stored: a Python codec name and the byte order mark it began with."""

    name: str = "utf-8"
    bom: bytes = b""


def read_text(path: Path, name: str,
              declared: re.Pattern[bytes] | None = None) -> tuple[str, Encoding, tuple[str, ...]]:
    """(text with its own line ends, encoding, notes on what was detected); raises InputError, calling the file name.

    declared finds the encoding a file states itself in its first bytes (group 1). Encoding the text again gives the
    file's own bytes, always.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{name}: can't be read: {error.strerror}; check the file and its permissions") from error
    for bom, codec in _BOMS:
        if data.startswith(bom):
            text = _decoded(data[len(bom):], codec, name)
            return text, Encoding(codec, bom), (f"{codec} with byte order mark",)
    codec = _utf16_without_bom(data)
    if codec:
        return _decoded(data, codec, name), Encoding(codec), (f"{codec} without byte order mark, by its zero bytes",)
    _refuse_binary(data, name, may_have_zero=declared is not None)
    try:
        return data.decode("utf-8"), Encoding(), ()
    except UnicodeDecodeError as error:
        codec, note = _legacy(data, error, name, declared)
    return data.decode(codec), Encoding(codec), (note,)


def read_declared(path: Path, name: str, declared: re.Pattern[bytes]) -> tuple[str, Encoding]:
    """(text, encoding) of a file that says its encoding near its beginning (declared, group 1), else is in UTF-8.

    For formats whose readers believe that declaration: nothing is guessed. A byte order mark outdoes it; .gz and .xz
    are unpacked. Raises InputError where the bytes are not what is declared.
    """
    try:
        with compression.open_bytes(path) as file:
            data = file.read()
    except compression.BROKEN as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name}: can't be read: {reason}; check the file and its permissions") from error
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return _decoded(data[len(bom):], codec, name), Encoding(codec, bom)
    if codec := _utf16_without_bom(data):
        return _decoded(data, codec, name), Encoding(codec)
    stated = declared.search(data[:_SAMPLE])
    label = stated[1].decode("ascii", "replace") if stated else "UTF-8"
    try:
        codec = codecs.lookup(label).name
        text = data.decode(codec)
    except (LookupError, TypeError) as error:
        raise InputError(f"{name}: declares the encoding {label!r}, which is none; correct the declaration") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        complaint = f"{'declared' if stated else 'taken'} as {label}, but byte {error.start} (line {line}) is not"
        raise InputError(f"{name}: {complaint}; correct the declaration or save the file in that encoding") from error
    if codec not in ("utf-8", "ascii") and _lossless(data, "utf-8") and not data.isascii():
        raise InputError(f"{name}: declared as {label}, but its bytes are UTF-8; correct the declaration")
    return text, Encoding(codec)


def write_text(text: str, encoding: Encoding, path: Path, errors: str = "strict") -> None:
    """Writes text as read_text found it; as UTF-8 where a legacy encoding lacks a character of it. Raises OutputError.

    errors is the codec's error handler ("xmlcharrefreplace" for HTML, which never needs another encoding).
    """
    try:
        data = encoding.bom + text.encode(encoding.name, errors)
    except UnicodeEncodeError:
        data = encoding.bom + text.encode("utf-8", "replace")
    try:
        path.write_bytes(data)
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}; check permissions and free space") from error


def _decoded(data: bytes, codec: str, name: str) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: {codec}, but damaged at byte {error.start}; save it as UTF-8") from error
    if "\0" in text:
        raise InputError(f"{name}: looks binary (zero characters in {codec} text); only text files can be translated")
    return text


def _utf16_without_bom(data: bytes) -> str:
    """utf-16-le or -be when nearly all zero bytes are on one side and there are many, else ""."""
    sample = data[:_SAMPLE]
    if len(data) % 2 or len(data) < 4 or b"\0" not in sample:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    enough = len(sample) * 0.2
    if odd > enough and even <= odd / 50:
        return "utf-16-le"
    return "utf-16-be" if even > enough and odd <= even / 50 else ""


def _refuse_binary(data: bytes, name: str, may_have_zero: bool) -> None:
    """Raises InputError for bytes that are no text; browsers read a stray zero byte in HTML, so it passes there."""
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    zeros = data.count(0)
    if zeros and not may_have_zero or controls * 50 > len(sample):
        at = data.find(0) if zeros else next(i for i, byte in enumerate(sample) if byte in _CONTROL)
        raise InputError(f"{name}: looks binary (byte {data[at]} at {at}); only text files can be translated")


def _legacy(data: bytes, error: UnicodeDecodeError, name: str, declared: re.Pattern[bytes] | None) -> tuple[str, str]:
    """(codec, note) for bytes that aren't UTF-8; raises InputError when they are damaged UTF-8 or nothing known."""
    line = data.count(b"\n", 0, error.start) + 1
    bad = f"invalid UTF-8 at byte {error.start} (line {line})"
    stated = declared.search(data[:4096]) if declared else None
    if stated and (codec := _lossless(data, (stated[1] or stated[2]).decode("ascii", "replace"))):
        return codec, f"{codec}, as the file itself says"
    around = data[max(0, error.start - _SAMPLE // 2):error.start + _SAMPLE // 2]
    text = around.decode("utf-8", "surrogateescape")
    damaged = sum("\udc80" <= character <= "\udcff" for character in text)
    if sum(character > "\x7f" for character in text) - damaged > damaged:
        raise InputError(f"{name}: {bad}; the rest is UTF-8, so the file is damaged there: correct that line")
    letters = {c for c in around.decode("cp1252", "replace").lower() if c > "\x7f"} - _PUNCTUATION
    from charset_normalizer import from_bytes  # on use: most files are UTF-8

    best = from_bytes(around, cp_isolation=_LEGACY).best()
    for guess in ("cp1252" if any(letters <= alphabet for alphabet in _WESTERN) else "", best.encoding if best else ""):
        if codec := _lossless(data, guess):
            return codec, f"not UTF-8: {codec} detected; kept where the translation can be written in it, else UTF-8"
    raise InputError(f"{name}: {bad}, and no other encoding fits; save the file as UTF-8")


def _lossless(data: bytes, codec: str) -> str:
    """The codec's Python name if data survives decoding and encoding, else ""."""
    try:
        codec_name = codecs.lookup(codec).name
        return codec_name if data.decode(codec_name).encode(codec_name) == data else ""
    except (LookupError, UnicodeError, TypeError, AttributeError):  # unknown name, other bytes, or no text codec (hex)
        return ""
