"""Files that hold no table, told by how they begin or by what lies in them: named, with what to export instead."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from config.archives import DAMAGED

_FIGURES = "Export the figures behind it, as CSV or XLSX, from the tool that shows them"
_AS_TABLE = "Save it as XLSX or CSV in the program that opens it"
_AGAIN = "Export the data again, as CSV or XLSX"
_UNPACK = "Unpack it and import the files"
_FEED = "Add its address on the page Sources"
_XML = "Open it in a spreadsheet and save it as XLSX, or download it again, as CSV or XLSX"
_PAGE = "Sign in to the tool and download it again, as CSV or XLSX"

_STARTS = (  # how its bytes begin, its type, what to do
    (b"%PDF", "PDF", _FIGURES),
    *((b"\x89PNG", "PNG", _FIGURES), (b"\xff\xd8\xff", "JPEG", _FIGURES), (b"GIF8", "GIF", _FIGURES)),
    *((b"BM", "BMP", _FIGURES), (b"II*\x00", "TIFF", _FIGURES), (b"MM\x00*", "TIFF", _FIGURES)),
    *((b"{\\rtf", "RTF", _FIGURES), (b"Rar!", "RAR", _UNPACK), (b"7z\xbc\xaf", "7Z", _UNPACK)),
    *((b"SQLite format 3", "SQLite", _AGAIN), (b"PAR1", "Parquet", _AGAIN)),
)
_INSIDE = (  # a file in the zip, its type, what to do
    ("word/document.xml", "DOCX", _FIGURES),
    ("ppt/presentation.xml", "PPTX", _FIGURES),
    ("Index/Document.iwa", "Pages, Numbers, Keynote", _AS_TABLE),
)
_OPEN_DOCUMENTS = {b"spreadsheet": ("ODS", _AS_TABLE), b"text": ("ODT", _FIGURES), b"presentation": ("ODP", _FIGURES)}
_MIME = b"application/vnd.oasis.opendocument."


@dataclass(frozen=True)
class ForeignFile:
    """What a file is instead of a table, and what to do."""

    problem: str
    cure: str


def foreign(data: bytes) -> ForeignFile | None:
    """What the bytes are where they are no table, no text and no archive of such; None where they may be."""
    if data.startswith(b"PK\x03\x04"):
        return _in_zip(data)
    for start, kind, cure in _STARTS:
        if data.startswith(start) and (len(start) > 2 or b"\x00" in data[:64]):
            return _of_type(kind, cure)
    if data[4:8] == b"ftyp" or (data.startswith(b"RIFF") and data[8:12] in (b"WEBP", b"WAVE", b"AVI ")):
        return _of_type("WEBP" if data[8:12] == b"WEBP" else "MP4, AVI, WAV", _FIGURES)
    return _markup(data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t").lower())


def _of_type(kind: str, cure: str) -> ForeignFile:
    return ForeignFile(f"this is a file of the type {kind}, which holds no table", cure)


def _in_zip(data: bytes) -> ForeignFile | None:
    """Documents are zip files, too. Only the list of names is read, and the one name of a type."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except DAMAGED:  # whoever unpacks it says so
        return None
    for name, kind, cure in _INSIDE:
        if name in names:
            return _of_type(kind, cure)
    head = data[:200]  # an OpenDocument file begins with its type, unpacked
    told = head[head.index(_MIME) + len(_MIME) :] if b"mimetype" + _MIME in head else b""
    return next((_of_type(*said) for word, said in _OPEN_DOCUMENTS.items() if told.startswith(word)), None)


def _markup(start: bytes) -> ForeignFile | None:
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<script")):
        return ForeignFile("this is a web page, not an export", _PAGE)
    if not start.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf:rdf")):
        return None
    if any(tag in start for tag in (b"<rss", b"<feed", b"<rdf:rdf")):
        return ForeignFile("this is a feed, not an export", _FEED)
    if b"<html" in start:
        return ForeignFile("this is a web page, not an export", _PAGE)
    return ForeignFile("this is XML, not a table", _XML)
