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
# What a person may say of text that a program took for a code page though it was UTF-8, and saved so.
MISREAD: Mapping[str, str] = {"utf-8-as-cp1252": "cp1252", "utf-8-as-cp1250": "cp1250"}
_SAMPLE = 200_000
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
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


@dataclass(frozen=True)
class Misread:
    """Letters look as if UTF-8 had been read as a code page: `encoding` to offer, `told` for people."""

    encoding: str
    told: str


def as_misread(text: str) -> Misread | None:
    """Whether most letters beyond ASCII are pairs that UTF-8 makes when it is read as a code page: `Ã³` for ó.

    Nothing is changed: only a person knows what the names are.
    """
    found = _BEYOND_ASCII.findall(text[:_SAMPLE])
    best: Misread | None = None
    most = len(found) / 2
    for name, page in MISREAD.items():
        mended = {run: _mended(run, page) for run in set(found)}
        right = sum(mended[run] != run for run in found)
        if right > most:
            shown = next(run for run in found if mended[run] != run)
            most, best = right, Misread(name, _misread_told(shown, mended[shown], name))
    return best


def _misread_told(shown: str, mended: str, name: str) -> str:
    return (
        f'The letters look like UTF-8 that was read as {_title(MISREAD[name])} before ("{shown[:12]}" for '
        f'"{mended[:12]}"). They were left as they are: if names look wrong, import the file again with --encoding '
        f"{name} (on the page Data: Letters are written as)."
    )


def mend(text: str, page: str) -> str:
    """The text as it was before a program read its UTF-8 as the code page; what was no such letter stays."""
    return _BEYOND_ASCII.sub(lambda run: _mended(run[0], page), text)


def _mended(run: str, page: str) -> str:
    """The run of letters read right; itself where it is no UTF-8, or would become what nobody writes."""
    try:
        plain = b"".join(_byte(letter, page) for letter in run).decode("utf-8")
    except UnicodeError:
        return run
    return plain if all(_is_usual(letter) for letter in plain) else run


def _byte(letter: str, page: str) -> bytes:
    try:
        return letter.encode(page)
    except UnicodeEncodeError:
        return letter.encode("latin-1")  # the code page has no letter there, and programs keep the number


def _is_usual(letter: str) -> bool:
    """Letters and signs of texts in our languages, and emoji."""
    return letter < "\x80" or letter in _USUAL or any(first <= letter <= last for first, last in _USUAL_RANGES)


_USUAL = frozenset("".join(_LETTERS.values()) + "ÃÕõ©®°«»·¿¡£§½¼²³×€™…•–—‘’‚“”„‹›\u00a0\u202f\ufeff\u200d\ufe0f")
_USUAL_RANGES = (
    *(("\u0410", "\u045f"), ("\u05d0", "\u05ea"), ("\u0621", "\u0652"), ("\u1ea0", "\u1ef9")),
    *(("\u2190", "\u27bf"), ("\u3040", "\u9fff"), ("\U0001f300", "\U0001faff")),
)


def _strict_utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def decode(data: bytes, *, hint: str | None = None) -> Decoded:
    """The text of a file. `hint`: a language (pl) or an encoding (cp1250), used where the bytes do not tell; or one
    of MISREAD, used whatever the bytes are."""
    if hint is not None and hint in MISREAD:
        return Decoded(mend(decode(data).text, MISREAD[hint]), hint)
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
    return hint in MISREAD or _encoding_of(hint) is not None


def _title(encoding: str) -> str:
    return f"Windows-{encoding[2:]}" if encoding.startswith("cp125") else encoding
