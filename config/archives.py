"""Containers: zip and gzip, opened within limits on size, number and ratio; Excel files are told from them.

Limits hold before anything is unpacked where the container tells sizes, and while unpacking where it does not.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

MAX_BYTES = 2 * 1024**3
MAX_UNPACKED = 500 * 1024**2
MAX_RATIO = 100
MAX_ENTRIES = 200
_SMALL = 1024**2  # a table of zeros packs well; below this no ratio does harm
_READABLE = (".csv", ".tsv", ".txt", ".json", ".ndjson", ".jsonl", ".xlsx", ".xls", ".log", ".gz", ".js")
# What reading a damaged zip raises; ValueError: bytes of it are lost, or a name is no text.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
_OLE = b"\xd0\xcf\x11\xe0"


class BadArchiveError(Exception):
    """The container cannot be opened safely; the text says why, `cure` what to do."""

    def __init__(self, problem: str, *, cure: str) -> None:
        self.cure = cure
        super().__init__(problem)


def is_archive(data: bytes) -> bool:
    """A zip of files (and no Excel file, which is a zip too)."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06")) and not _has_sheets(data)


def is_excel(data: bytes) -> bool:
    return data.startswith(_OLE) or (data.startswith(b"PK\x03\x04") and _has_sheets(data))


def _has_sheets(data: bytes) -> bool:
    with _open(data) as archive:
        return "xl/workbook.xml" in archive.namelist() or "xl/workbook.bin" in archive.namelist()


def _open(data: bytes) -> zipfile.ZipFile:
    """The opened zip after its stated sizes were checked."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGED as exc:
        raise BadArchiveError(f"the archive is damaged ({exc})", cure="Download it again, or save it as CSV") from exc
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise BadArchiveError(f"the archive holds {len(infos)} files", cure=f"At most {MAX_ENTRIES} can be read")
    for info in infos:
        if info.file_size > _SMALL and info.file_size > MAX_RATIO * max(1, info.compress_size):
            raise BadArchiveError("the archive unpacks to more than 100 times its size", cure="Unpack it first")
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise BadArchiveError("the archive unpacks to more than 500 MB", cure="Unpack it and import the files")
    if any(info.flag_bits & 1 for info in infos):
        raise BadArchiveError("the archive is encrypted", cure="Unpack it with its password first")
    return archive


def entries(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of the tables in a zip, in the archive's order; folders, hidden and other files are passed by."""
    with _open(data) as archive:
        for info in archive.infolist():
            name = info.filename.rsplit("/", 1)[-1]
            if info.is_dir() or name.startswith((".", "_")) or not name.lower().endswith(_READABLE):
                continue
            try:
                with archive.open(info) as stream:
                    content = stream.read(info.file_size + 1)
            except DAMAGED as exc:
                raise BadArchiveError(f"{name} in the archive is damaged ({exc})", cure="Download it again") from exc
            if len(content) > info.file_size:
                raise BadArchiveError(f"{name} is larger than the archive says", cure="Unpack it first")
            if content.startswith(b"PK\x03\x04") and not is_excel(content):
                raise BadArchiveError("there is an archive inside the archive", cure="Unpack it and import the files")
            yield name, content


_ZSTD = b"\x28\xb5\x2f\xfd"


def unpacked(data: bytes) -> bytes:
    """The bytes without gzip, at most 500 MB and 100 times the packed size; other bytes as they are."""
    if data.startswith(_ZSTD):
        raise BadArchiveError(
            "the file is packed with Zstandard",
            cure="Unpack it with `zstd -d --long=31 FILE` and import what comes of it",
        )
    if not data.startswith(b"\x1f\x8b"):
        return data
    limit = min(MAX_UNPACKED, max(_SMALL, MAX_RATIO * len(data)))
    machine = zlib.decompressobj(wbits=31)
    try:
        plain = machine.decompress(data, limit + 1)
    except zlib.error as exc:
        raise BadArchiveError(f"the gzip file is damaged ({exc})", cure="Download it again") from exc
    if len(plain) > limit:
        raise BadArchiveError("the gzip file unpacks to more than 500 MB or 100 times its size", cure="Unpack it first")
    if not machine.eof:
        raise BadArchiveError("the gzip file is cut off", cure="Download it again")
    return plain
