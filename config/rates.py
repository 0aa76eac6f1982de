"""The business's own exchange rates, for currencies the European Central Bank does not quote, as a CSV register."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import count_change, metadata, upsert
from config.registers import is_iso_date

BASE = "EUR"
RATE = pl.Decimal(18, 8)
RATES_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "day": pl.Date,
    "currency": pl.String,
    "rate": RATE,
    "per": pl.String,
}
exchange_rates = sa.Table(
    "exchange_rates",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),  # ISO date
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("rate", sa.Text, nullable=False),  # decimal: units of `currency` that one unit of `per` buys
    sa.Column("per", sa.Text, nullable=False),
)


def rate_problem(cells: Mapping[str, Any]) -> tuple[str, str] | None:
    """Reason and message of a row of day, currency, rate, per (texts) that cannot be used."""
    if not cells["date"] or not is_iso_date(cells["date"]):
        return "bad_date", "date is no day like 2026-11-20"
    for name in ("currency", "per"):
        if not re.fullmatch(r"[A-Za-z]{3}", cells[name] or (BASE if name == "per" else "")):
            return "bad_currency", f"{name} is no three-letter code"
    if cells["currency"].upper() == (cells["per"] or BASE).upper():
        return "bad_currency", "currency and per are the same"
    if not re.fullmatch(r"\d{1,10}(\.\d{1,8})?", cells["rate"] or "") or not Decimal(cells["rate"]):
        return "bad_rate", "rate is no number above 0 with a point and at most eight decimals, such as 132.45"
    return None


def rate_row(cells: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "day": cells["date"],
        "currency": cells["currency"].upper(),
        "rate": cells["rate"],
        "per": (cells["per"] or BASE).upper(),
        "source_line": cells["source_line"],
    }


def read_rates(engine: Engine) -> pl.DataFrame:
    """The register with columns RATES_SCHEMA, sorted by currency and day."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*(exchange_rates.c[name] for name in RATES_SCHEMA))).all()
    texts = pl.DataFrame([tuple(row) for row in rows], schema=dict.fromkeys(RATES_SCHEMA, pl.String), orient="row")
    return texts.with_columns(
        pl.col("day").str.to_date("%Y-%m-%d", strict=False), pl.col("rate").cast(RATE, strict=False)
    ).sort("currency", "day")


def write_rates(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or replace rates by (day, currency). `rows` have the columns of the table `exchange_rates`."""
    upsert(connection, exchange_rates, rows, keys=["day", "currency"])
    count_change(connection, "registers")
