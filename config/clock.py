"""Which day is today: every period ends at `as_of`, the workspace's fixed day or the clock's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Period:
    """Days from `since` to `until`, both included, in the business zone."""

    since: dt.date
    until: dt.date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    def before(self) -> Period:
        """The period of equal length that ends the day before this one begins."""
        return Period(self.since - dt.timedelta(days=self.days), self.since - dt.timedelta(days=1))

    def bounds(self, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
        """The UTC instants [start, end): the first moment inside, the first moment after."""
        start = dt.datetime.combine(self.since, dt.time.min, tzinfo=zone)
        end = dt.datetime.combine(self.until + dt.timedelta(days=1), dt.time.min, tzinfo=zone)
        return start.astimezone(dt.UTC), end.astimezone(dt.UTC)


def today(*, as_of: dt.date | None, now: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The workspace's fixed day, else the business zone's day at `now` (aware)."""
    return as_of or now.astimezone(zone).date()


def last_days(n: int, *, until: dt.date) -> Period:
    return Period(until - dt.timedelta(days=n - 1), until)
