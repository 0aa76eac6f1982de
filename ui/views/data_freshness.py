"""How fresh each table is, on the page Data: newest row, last import, and days from which nothing came."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import streamlit as st
from babel.dates import format_date

from ui import data, pipeline, table_freshness, tables
from ui.frame import Screen
from ui.table_freshness import TableFreshness
from ui.views import data_words

SHOWN_HOLES = 3
_ONE_LINE = 60  # letters of a remark that one line has room for
_SCHEMA: dict[str, Any] = {
    "table": pl.String,
    "rows": pl.Int64,
    "oldest": pl.Date,
    "newest": pl.Date,
    "last_import": pl.Datetime("us", "UTC"),
    "remark": pl.String,
}


@st.cache_resource(show_spinner="Looking at the newest rows …", max_entries=4)
def _read(version: str, as_of: dt.date) -> list[TableFreshness]:
    return table_freshness.read(data.workspace(), imports=data.imports(), as_of=as_of)


def listed(screen: Screen) -> list[TableFreshness]:
    return _read(data.version(), screen.workspace.as_of(data.now()))


def draw(screen: Screen) -> None:
    _ = screen._
    found = listed(screen)
    names = data_words.table_names(_)
    late = [one for one in found if one.since]
    for one in late:
        st.warning(
            _("No {table} since {day}.").format(table=names[one.table], day=_day(screen, one.since))
            + " "
            + _("Is an export due, or did counting stop?")
        )
    _lost_refunds(screen)
    never = [names[one.table] for one in found if not one.rows]
    if never:
        st.info(_("No rows stand of: {tables}.").format(tables=", ".join(never)))
    rows = pl.DataFrame(
        [
            (names[o.table].capitalize(), o.rows, o.oldest, o.newest, o.last_import, "; ".join(remarks(screen, o)))
            for o in found
        ],
        schema=_SCHEMA,
        orient="row",
    )
    titles = {
        "table": _("Table"),
        "rows": _("Rows"),
        "oldest": _("Oldest"),
        "newest": _("Newest"),
        "last_import": _("Last import that brought some"),
        "remark": _("Gaps"),
    }
    said = _("Tables with their newest rows.")
    tables.show(
        screen,
        rows,
        titles=titles,
        alternative=said,
        key="table-freshness",
        widths={"table": 110, "remark": 420},
        lines=3 if rows["remark"].str.len_chars().max() > _ONE_LINE else 1,  # type: ignore[operator]
        phone=("table", "newest", "remark"),
    )
    st.caption(_("Days without any orders, visits or mentions are often a missing export, seldom a quiet week."))


@st.cache_resource(show_spinner=False, max_entries=4)
def _lost(version: str) -> pl.DataFrame:
    return pipeline.lost_refunds(data.workspace())


def _lost_refunds(screen: Screen) -> None:
    """Refunds whose orders no file has brought: they lower nothing yet."""
    _ = screen._
    lost = _lost(data.version())
    if lost.is_empty():
        return
    n = int(lost["refunds"].sum())
    told = _.plural(
        "{n} refund names an order that no file has brought, and lowers nothing until it comes.",
        "{n} refunds name orders that no file has brought, and lower nothing until they come.",
        n,
    )
    st.warning(told.format(n=n) + " " + _("Import those orders under the same account."))
    titles = {
        "named": _("Order id"),
        "shop": _("Account"),
        "refunds": _("Refunds"),
        "amount": _("Amount, in the file's currency"),
        "refunded_at": _("Refunded"),
    }
    with st.expander(_("Which orders are missing?")):
        tables.show(
            screen,
            lost.select("refunds", "amount", "refunded_at", named="order_id", shop="account").select(list(titles)),
            titles=titles,
            alternative=_("Refunds of orders that no file has brought"),
            key="lost-refunds",
            phone=("named", "amount"),
        )


def remarks(screen: Screen, one: TableFreshness) -> list[str]:
    """What is missing, in words."""
    _ = screen._
    said = [_("none since {day}").format(day=_day(screen, one.since))] if one.since else []
    spans = [
        _("none from {first} to {last}").format(first=_day(screen, first), last=_day(screen, last))
        for first, last in one.holes[-SHOWN_HOLES:][::-1]
    ]
    more = len(one.holes) - SHOWN_HOLES
    if more > 0:
        spans.append(_.plural("{n} more gap", "{n} more gaps", more).format(n=more))
    return said + spans


def _day(screen: Screen, day: dt.date | None) -> str:
    return format_date(day, "medium", locale=screen.locale) if day else "–"
