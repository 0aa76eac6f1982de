"""Tables on the money pages: columns named in the reader's language, money in units, times in the business zone.

Cells are plain text and numbers: whatever strangers wrote stays text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl
import streamlit as st
from babel.numbers import format_decimal, get_currency_precision

from ui.frame import Screen

HIDDEN = ("account", "row_hash", "import_id", "exported_at", "month", "customer_key", "version", "code_norm", "weight")
_PINNED_PIXELS = 138  # of the name on a phone: two columns stay beside it
_BOX_PIXELS = 18  # less, where rows are chosen by a box before it
_LINE_PIXELS, _WRAPPING_PIXELS = 20, 64  # a line of text; the least height of a row in which Streamlit wraps texts
_TALL_ROWS, _TALL_PIXELS = 8, 660  # a table of wrapped rows that is longer scrolls, and shows so many pixels of them
_WORDED = ("state", "code_state", "reason", "kind", "evidence", "cost_type")
_SHARES = (
    *("share", "new_customer_share", "commission_rate", "rate", "conversion_rate", "ctr", "bounce_rate"),
    *("late_share", "conflict_rate", "removal_conversions", "roi", "roi_low", "roi_high"),
)


def digits(currency: str) -> int:
    """Decimal places of a currency: 2 for EUR, 0 for JPY."""
    return int(get_currency_precision(currency))


def show(
    screen: Screen,
    frame: pl.DataFrame,
    *,
    alternative: str,
    key: str,
    select: bool = False,
    titles: Mapping[str, str] | None = None,
    height: int | None = None,
    widths: Mapping[str, int] | None = None,
    wide: Sequence[str] | None = None,
    phone: Sequence[str] | None = None,
    lines: int = 1,
) -> dict[str, Any] | None:
    """Draw the rows. With `select` the chosen row is given back, as it stands in `frame`; None while none is.

    `widths`: pixels of columns that should not be as wide as their cells. `wide`: the columns that a desk has room
    for; all, where it is left out. `phone`: the few that a phone has room for, the first pinned; `theme.STYLE` shows
    one of the two tables. `lines`: how many a row has room for; from 2 on long texts wrap.
    """
    draw = partial(
        _draw, screen, frame, alternative=alternative, select=select, titles=titles, height=height, lines=lines
    )
    wide = [name for name in wide or frame.columns if name in frame.columns]
    phone = [name for name in phone or () if name in frame.columns]
    if not phone:
        return draw(wide, key=key, widths=widths or {})
    room = _PINNED_PIXELS - (_BOX_PIXELS if select else 0)
    first = min(room, (widths or {}).get(phone[0], room))
    with st.container(key=f"wide-{key}"):
        at_desk = draw(wide, key=key, widths=widths or {})
    with st.container(key=f"phone-{key}"):
        on_phone = draw(phone, key=f"{key}-phone", widths={phone[0]: first}, pinned=phone[0])
    return at_desk or on_phone


def _draw(
    screen: Screen,
    frame: pl.DataFrame,
    columns: Sequence[str],
    *,
    alternative: str,
    key: str,
    select: bool,
    titles: Mapping[str, str] | None,
    height: int | None,
    widths: Mapping[str, int],
    lines: int,
    pinned: str | None = None,
) -> dict[str, Any] | None:
    shown = displayed(screen, frame.select(columns))
    known = names(screen) | dict(titles or {})
    config = {
        name: _column(screen, name, dtype, known.get(name, name.removesuffix("_minor").replace("_", " ").capitalize()))
        for name, dtype in shown.schema.items()
    }
    for name, width in widths.items():
        if name in config:
            config[name]["width"] = width
    if pinned:
        config[pinned]["pinned"] = True
    if lines > 1 and height is None and frame.height > _TALL_ROWS:
        height = _TALL_PIXELS
    options: dict[str, Any] = {"height": height} if height else {}
    if lines > 1:
        options["row_height"] = max(_WRAPPING_PIXELS, _LINE_PIXELS * lines + 14)
    if select:
        options |= {"on_select": "rerun", "selection_mode": "single-row"}
    state: Any = st.dataframe(
        shown, hide_index=True, column_config=config, key=key, alt=alternative, placeholder="–", **options
    )
    rows = state["selection"]["rows"] if select else []
    return frame.row(rows[0], named=True) if rows and rows[0] < frame.height else None


def whole(screen: Screen, row: Mapping[str, Any], *, titles: Mapping[str, str] | None = None) -> None:
    """A row with every column of it that holds something, a line each: what a table has no room for, whole."""
    frame = pl.DataFrame([row], infer_schema_length=None)
    known = names(screen) | dict(titles or {})
    for name, value in displayed(screen, frame).row(0, named=True).items():
        if value is not None and value != "":
            title = known.get(name, name.removesuffix("_minor").replace("_", " ").capitalize())
            st.text(f"{title}: {_told(screen, value)}")


def _told(screen: Screen, value: Any) -> str:
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return str(format_decimal(round(value, 2), locale=screen.locale))
    return str(value)


def displayed(screen: Screen, frame: pl.DataFrame) -> pl.DataFrame:
    """Money from minor units to units, times to the business zone, lists to text, columns nobody reads left out."""
    scale = 10 ** digits(screen.currency)
    columns = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if name in HIDDEN or name.endswith("_id"):
            continue
        if name.endswith("_minor"):
            columns.append(column / scale)
        elif isinstance(dtype, pl.Datetime):
            columns.append(column.dt.convert_time_zone(screen.zone.key).dt.replace_time_zone(None))
        elif isinstance(dtype, pl.List):
            columns.append(column.cast(pl.List(pl.String)).list.join(", "))
        elif isinstance(dtype, pl.Decimal):
            columns.append(column.cast(pl.Float64))
        elif dtype == pl.Boolean:
            columns.append(_worded(column.cast(pl.String), {"true": screen._("yes"), "false": screen._("no")}))
        elif name in _WORDED and dtype == pl.String:
            columns.append(_worded(column, values(screen)))
        else:
            columns.append(column)
    return frame.select(columns)


def _worded(column: pl.Expr, known: Mapping[str, str]) -> pl.Expr:
    return column.replace_strict(dict(known), default=column, return_dtype=pl.String)


def values(screen: Screen) -> dict[str, str]:
    """What the closed lists of attribution are called on screen."""
    _ = screen._
    return {
        "registered": _("valid"),
        "expired": _("expired"),
        "not_yet_valid": _("not yet valid"),
        "unknown": _("unknown"),
        "automatic": _("automatic discount"),
        "sold": _("sold"),
        "unsold": _("not sold"),
        "unconverted": _("no exchange rate"),
        "test": _("test order"),
        "payment": _("payment of another order"),
        "cancelled": _("cancelled"),
        "unsold_status": _("status says not sold"),
        "no_amount": _("no amount"),
        "no_currency": _("no currency"),
        "no_rate": _("no exchange rate"),
        "no_date": _("no date"),
        "imported": _("the same cost is imported"),
        "stated_commission": _("a commission of that month is given"),
        "click": _("visit"),
        "view": _("seen, not clicked"),
        "code": _("promo code"),
        "promo_code": _("promo code"),
        "utm": _("link tags (UTM)"),
        "click_id": _("click id"),
        "referrer": _("referrer"),
        "landing_url": _("landing page"),
        "none": _("none"),
        "order": _("order"),
        "spend": _("cost line"),
        "media": _("media"),
        "creator_fee": _("creator fee"),
        "commission": _("commission"),
        "product_seeding": _("product seeding"),
        "content": _("content"),
        "labour": _("labour"),
        "tool": _("tool"),
        "agency": _("agency"),
        "ad_spend": _("ad spend"),
        "influencer_fee": _("influencer fee"),
        "tools": _("tools"),
        "other": _("other"),
        "creator": _("creator"),
        "sitewide": _("sitewide"),
        "crm": _("own customers"),
        "staff": _("staff"),
        "giveaway": _("giveaway"),
    }


def _column(screen: Screen, name: str, dtype: pl.DataType, title: str) -> Any:
    types = st.column_config
    if name.endswith("_minor"):
        places = digits(screen.currency)
        return types.NumberColumn(f"{title} ({screen.currency})", format=f"%,.{places}f")
    if name in _SHARES:
        return types.NumberColumn(title, format="percent")
    if dtype == pl.Date:
        return types.DateColumn(title)
    if isinstance(dtype, pl.Datetime):
        return types.DatetimeColumn(title, format="YYYY-MM-DD HH:mm")
    if dtype.is_float():
        return types.NumberColumn(title, format="%,.2f")
    if dtype.is_integer():
        return types.NumberColumn(title, format="%,d")
    return types.TextColumn(title)


def names(screen: Screen) -> dict[str, str]:
    """Column -> what it is called on screen."""
    _ = screen._
    return {
        "name": _("Name"),
        "credited": _("Credited"),
        "conversions": _("Conversions"),
        "revenue_minor": _("Net revenue"),
        "cost_minor": _("Cost"),
        "roas": _("Return per unit of cost"),
        "share": _("Share"),
        "order_id": _("Order id"),
        "order_name": _("Order"),
        "ordered_at": _("Ordered"),
        "day": _("Day"),
        "net_minor": _("Net revenue"),
        "credited_minor": _("Credited"),
        "credit_minor": _("Credit"),
        "touches": _("Touches"),
        "path": _("Path"),
        "position": _("Position"),
        "path_length": _("Of"),
        "kind": _("Kind"),
        "touched_at": _("When"),
        "channel": _("Channel"),
        "source": _("Source"),
        "medium": _("Medium"),
        "campaign": _("Campaign"),
        "person": _("Person"),
        "code": _("Code"),
        "code_raw": _("As typed"),
        "evidence": _("Evidence"),
        "is_direct": _("Direct visit"),
        "in_scope": _("Social scope"),
        "owner": _("Owner"),
        "orders": _("Orders"),
        "redemptions": _("Orders"),
        "gross_minor": _("Gross"),
        "discount_minor": _("Discount"),
        "new_customer_share": _("New customers"),
        "known_customers": _("Known customers (n)"),
        "commission_rate": _("Commission rate"),
        "commission_minor": _("Commission"),
        "valid_from": _("Valid from"),
        "valid_to": _("Valid to"),
        "state": _("State"),
        "reason": _("Reason"),
        "difference_minor": _("Difference"),
        "cost_type": _("Type"),
        "lines": _("Lines (n)"),
        "code_state": _("Code was"),
        "is_first_order": _("First order"),
        "customer": _("Customer"),
        "unsold_orders": _("Not sold"),
        "new_customers": _("New customers (n)"),
        "discount_unknown": _("Discount unknown (n)"),
        "date_from": _("From"),
        "date_to": _("To"),
        "platform": _("Platform"),
        "utm_source": "utm_source",
        "utm_medium": "utm_medium",
        "utm_campaign": "utm_campaign",
        "url": _("Link"),
        "content": _("Content"),
    }


def with_apart(table: pl.DataFrame) -> pl.DataFrame:
    """A breakdown with its credited rows first, those stated apart (Direct, none) last."""
    return table.sort("credited", "revenue_minor", "name", descending=[True, True, False])


def costs_by(costs: pl.DataFrame) -> pl.DataFrame:
    """Cost lines summed by channel and type: channel, cost_type, in_scope, lines, cost_minor."""
    return (
        costs.group_by("channel", "cost_type", "in_scope")
        .agg(lines=pl.len().cast(pl.Int64), cost_minor=pl.col("cost_minor").sum())
        .sort("in_scope", "cost_minor", "channel", "cost_type", descending=[True, True, False, False], nulls_last=True)
    )
