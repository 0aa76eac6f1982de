"""One poll stored, as the collector stores several at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy.engine import Engine

from listener.mentions import Mention
from listener.store import Poll, SaveCounts, SourceState, save_polls


def save_poll(
    engine: Engine, *, source: str, state: SourceState, mentions: Sequence[Mention], now: dt.datetime
) -> SaveCounts:
    """What became of the mentions of one source, stored with its state."""
    return save_polls(engine, [Poll(source, state, mentions, now)])[0]
