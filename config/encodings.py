"""Bytes to text: which encoding a file is written in, and how sure that is.

A mark at the beginning decides, then strict UTF-8, then the NUL bytes of UTF-16, then what the person said, then the
letters themselves. Only the code pages that spreadsheets of our languages write are ever guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# What a spreadsheet writes by default in a language; the hint may be such a language or the encoding's own name.
OF_LANGUAGE: Mapping[str, str] = {
    **dict.fromkeys(("pl", "hu", "cs", "sk", "ro", "hr", "sl"), "cp1250"),
    **dict.fromkeys(("de", "fr", "es", "it", "pt", "nl", "en", "sv", "da", "nb"), "cp1252"),
    **{"he": "cp1255", "ar": "cp1256", "fa": "cp1256", "vi": "cp1258", "ru": "cp1251", "uk": "cp1251", "tr": "cp1254"},
}
# Letters that texts in a code page's languages really use beyond ASCII, the frequent ones.
_LETTERS = {
    "cp1250": "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáéíóöőúüűÁÉÍÓÖŐÚÜŰčďěňřšťůýžČĎĚŇŘŠŤŮÝŽ",
    "cp1252": "éèêëàâäçîïôöùûüœßñáíóúÄÖÜÉÈÀÇãåæøÅÆØ",
    "cp1258": "ăâđêôơưĂÂĐÊÔƠƯàáèéìíòóùú\u0300\u0301\u0303\u0309\u0323",
}
_SAMPLE = 200_000
_FOREIGN_RUN = re.compile(rb"[\xc0-\xff]{3,}")
_REPLACED = "\ufffd"


@dataclass(frozen=True)
class Decoded:
    """`text`; the encoding it was read in; a notice where that was a guess. `mixed`: some lines are in another one,
    and hold U+FFFD where they could not be read."""

    text: str
    encoding: str
    notice: str | None = None
    mixed: bool = False


def _strict_utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def decode(data: bytes, *, hint: str | None = None) -> Decoded:
    """The text of a file. `hint`: a language (pl) or an encoding (cp1250), used where the bytes do not tell."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Decoded(data.decode("utf-16", errors="replace"), "utf-16")
    strict = _strict_utf8(data)
    if strict is not None:
        return _utf16_or(strict, data)
    order = nul_order(data)
    if order:
        return Decoded(data.decode(order, errors="replace"), order)
    loose = data.decode("utf-8-sig", errors="replace")
    if _is_mostly_utf8(loose):
        return Decoded(
            loose, "utf-8", "Some lines are not UTF-8 as the rest of the file is; they were kept aside.", True
        )
    encoding = _encoding_of(hint) or guess(data)
    said = "as you said" if _encoding_of(hint) else "by its letters; check the names below"
    text = data.decode(encoding, errors="replace")
    return Decoded(text, encoding, f"The file is not UTF-8; it was read as {_title(encoding)} ({said}).")


def guess(data: bytes) -> str:
    """The code page whose languages use the letters found; Windows-1252 where nothing speaks for another."""
    sample = data[:_SAMPLE]
    high = [byte for byte in sample if byte >= 0xC0]
    in_runs = sum(len(run) for run in _FOREIGN_RUN.findall(sample))
    if high and in_runs > len(high) / 2:
        if sum(0xE0 <= byte <= 0xFA for byte in high) > 0.97 * len(high):
            return "cp1255"
        arabic = sum("\u0621" <= c <= "\u064a" for c in sample.decode("cp1256", errors="replace"))
        russian = sum(byte in b"\xee\xe0\xe5\xe8\xed\xf2" for byte in sample)  # о а е и н т
        return "cp1251" if russian > arabic * 0.4 else "cp1256"
    return max(_LETTERS, key=lambda name: (_score(sample, name), name == "cp1252"))


def _score(sample: bytes, encoding: str) -> float:
    text = sample.decode(encoding, errors="replace")
    beyond = [letter for letter in text if letter > "\x7f" and (letter.isalpha() or "\u0300" <= letter <= "\u036f")]
    known = sum(letter in _LETTERS[encoding] for letter in beyond)
    # A sign in the middle of a word speaks against the code page that reads it so.
    torn = len(re.findall(r"[A-Za-z][^\w\s\x00-\x7f\u0300-\u036f][A-Za-z]", text))
    return known - 2 * (len(beyond) - known) - 2 * torn - text.count(_REPLACED)


def _utf16_or(text: str, data: bytes) -> Decoded:
    """UTF-16 of plain English is also valid UTF-8, full of NULs."""
    order = nul_order(data)
    return Decoded(data.decode(order, errors="replace"), order) if order else Decoded(text, "utf-8")


def nul_order(data: bytes) -> str | None:
    """utf-16-le or utf-16-be where the NUL bytes of plain letters say so; None for anything else."""
    head = data[:4000]
    odd, even = head[1::2], head[::2]
    if odd and odd.count(0) > len(odd) / 4:
        return "utf-16-le"
    return "utf-16-be" if even and even.count(0) > len(even) / 4 else None


def _is_mostly_utf8(text: str) -> bool:
    """Whether the letters beyond ASCII that could be read outnumber the bytes that could not."""
    lost = text.count(_REPLACED)
    return sum(letter > "\x7f" for letter in text) - lost > 2 * lost


def _encoding_of(hint: str | None) -> str | None:
    if not hint:
        return None
    name = OF_LANGUAGE.get(hint.lower().replace("_", "-").split("-")[0], hint)
    try:
        "".encode(name)
    except LookupError:
        return None
    return name


def known_encoding(hint: str) -> bool:
    """Whether `decode` can do something with the hint."""
    return _encoding_of(hint) is not None


def _title(encoding: str) -> str:
    return f"Windows-{encoding[2:]}" if encoding.startswith("cp125") else encoding
