"""The lock that imports hold: whatever changes which imports stand goes one at a time, over all processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from config.text_tables import ImportBusyError


@contextmanager
def import_lock(data: Path, *, file: str) -> Iterator[None]:
    """Hold the lock of the workspace whose `data` folder this is, on behalf of `file`. Waits for nobody: raises
    ImportBusyError while another holds it."""
    lock = FileLock(data / "import.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as exc:
        raise ImportBusyError(
            file=file, problem="another import is running in this workspace", cure="Try again when it has ended"
        ) from exc
    try:
        yield
    finally:
        lock.release()
