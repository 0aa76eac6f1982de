"""Pages of the small shop: its workspace as fixtures (see conftest.py), and what a page shows in words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
from streamlit.testing.v1 import AppTest

from config.clock import last_days
from config.workspace import Workspace
from listener import store
from listener.mentions import BrandMatch, Mention
from tests.polls import save_poll
from ui import pipeline

SHOP = Path(__file__).resolve().parents[1] / "data" / "small_shop"
NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
JUNE = last_days(30, until=dt.date(2026, 6, 30))
MONEY_FILES = ("promo_codes.csv", "people.csv", "orders_export.csv", "visits.csv", "spend.csv")
HOSTILE = "![x](https://tracker.example/p.png)<script>alert(1)</script>"


def mention(n: int, day: dt.date, *, label: str | None = "positive") -> Mention:
    at = dt.datetime.combine(day, dt.time(10, n % 60), tzinfo=dt.UTC)
    return Mention(
        mention_id=f"m{n}",
        source="talk",
        source_kind="feed",
        network="reddit",
        native_id=str(n),
        title=None,
        text=f"acme kettle {n}",
        published_at=at,
        published_quality="stated",
        likes=2 if n % 2 else None,
        language="en",
        label=label,
        score=None if label is None else 0.5,
        score_status="no_scorer" if label is None else "scored",
        brands=(BrandMatch("Acme", ("acme kettle",)),),
    )


def hear(space: Workspace, mentions: list[Mention]) -> None:
    state = store.SourceState(name="talk", url="https://talk.example/feed.xml", outcome="ok", last_checked_at=NOW)
    save_poll(space.engine, source="talk", state=state, mentions=mentions, now=NOW)


def talk() -> list[Mention]:
    """One mention a day in April and May, two in June, and twenty on 20 June: 50 in June, 30 of them scored."""
    days = pl.date_range(dt.date(2026, 4, 1), dt.date(2026, 6, 30), eager=True).to_list()
    counts = dict.fromkeys(days, 1) | {dt.date(2026, 6, 20): 21}
    said = [day for day in days for _ in range(counts[day])]
    june = [day for day in said if day.month == 6]
    earlier = [day for day in said if day.month != 6]
    return [mention(n, day) for n, day in enumerate(earlier)] + [
        mention(1000 + n, day, label="positive" if n < 24 else "negative" if n < 30 else None)
        for n, day in enumerate(june)
    ]


def import_all(space: Workspace, *names: str) -> None:
    for name in names:
        assert pipeline.take_file(space, SHOP / name, now=NOW).error is None


def show(name: str, **query: str) -> AppTest:
    page = AppTest.from_string(f"from ui.views import {name}\n{name}.page()", default_timeout=30)
    for key, value in query.items():
        page.query_params[key] = value
    return run(page)


def run(asked: Any) -> AppTest:
    page: AppTest = asked.run()
    assert not page.exception, page.exception[0].message
    return page


def texts(page: AppTest) -> str:
    return "\n".join(element.value for element in page.text)


def cards(page: AppTest) -> dict[str, tuple[str, str]]:
    """Label -> value and the words beside it."""
    return {card.label: (card.value, card.proto.delta_description) for card in page.metric}


def marked_up(page: AppTest) -> str:
    """Everything that is read as Markdown: where no stranger's words may stand."""
    parts = [element.value for kind in (page.markdown, page.caption, page.subheader, page.title) for element in kind]
    for widgets in (page.button, page.selectbox, page.metric, page.expander, page.tabs):
        parts += [str(element.label) for element in widgets]
    return "\n".join(parts)


def tables(page: AppTest) -> str:
    return "\n".join(frame.value.to_csv() for frame in page.dataframe)
