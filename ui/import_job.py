"""Imports that go on when the page is left: a thread does them, the page looks how far they are."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.intake import ImportBusyError, ImportReport

_log = logging.getLogger(__name__)
Import = Callable[[Path, Callable[[float], None]], ImportReport]


@dataclass(frozen=True)
class Upload:
    """A dropped file: `id` is the session's own, `path` where it lies meanwhile."""

    id: str
    path: Path
    size: int


@dataclass(frozen=True)
class Item:
    """One file to be imported: where it lies, what imports it, and what imports it in place of others."""

    path: Path
    take: Import
    instead: Import | None = None


@dataclass
class Job:
    """The files of one press of the button. `results` grows file by file; `done` is set when all are through."""

    items: Sequence[Item]
    folder: tempfile.TemporaryDirectory[str] | None = None  # let go of with the job: the uploads lie there
    results: list[ImportReport] = field(default_factory=list)
    fraction: float = 0.0  # of the file being imported
    done: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        threading.Thread(target=self.run, name="import", daemon=False).start()

    def run(self) -> None:
        """Import one file after the other; what one stumbles over is its own answer."""
        try:
            for item in self.items:
                self.fraction = 0.0
                self.results.append(self._one(item))
        finally:
            self.done.set()

    def _one(self, item: Item) -> ImportReport:
        try:
            return item.take(item.path, self._hear)
        except ImportBusyError as error:
            return ImportReport(None, item.path.name, None, error=f"{error.problem}. {error.cure}")
        except Exception:
            _log.exception("importing %r failed", item.path.name)
            said = "importing it failed inside earned; the log has the details, please report them"
            return ImportReport(None, item.path.name, None, error=said)

    def _hear(self, fraction: float) -> None:
        self.fraction = fraction

    @property
    def overall(self) -> float:
        """How far all of it is, 0 to 1, every file counting alike."""
        return min(1.0, (len(self.results) + self.fraction) / max(1, len(self.items)))

    @property
    def name(self) -> str | None:
        """The file being imported."""
        place = len(self.results)
        return self.items[place].path.name if place < len(self.items) else None
