"""Numbers as this session reads them: counts, shares, changes, money. Unknown is None, and shown as a dash."""

from __future__ import annotations

from babel.numbers import format_decimal, format_percent

from ui import data
from ui.frame import Screen

UNKNOWN = "–"


def number(screen: Screen, n: float | None) -> str:
    return UNKNOWN if n is None else format_decimal(n, locale=screen.locale)


def share(screen: Screen, x: float | None) -> str:
    """A share of 1 in whole percent."""
    return UNKNOWN if x is None else format_percent(x, "#,##0%", locale=screen.locale)


def money(screen: Screen, minor: int | None, *, cents: bool = False) -> str:
    return data.minor_to_text(minor, screen.currency, str(screen.locale), cents=cents)


def balance(screen: Screen, x: float | None) -> str | None:
    """A balance such as +32 %: its sign always stands. None where unknown, which a card draws as a dash."""
    if x is None:
        return None
    return ("+" if x > 0 else "−" if x < 0 else "") + share(screen, abs(x))


def change(screen: Screen, now: float | None, before: float | None) -> str | None:
    """The change in percent with its sign; None where there is nothing to compare with, or nothing changed.

    The sign is a plain hyphen, as cards choose arrow and colour by it.
    """
    if now is None or not before:
        return None
    moved = (now - before) / abs(before)
    if abs(moved) < 0.0005:
        return None
    return ("+" if moved > 0 else "-") + format_percent(abs(moved), "#,##0.#%", locale=screen.locale)


def points(screen: Screen, now: float | None, before: float | None) -> str | None:
    """The change of a ratio in percentage points; None where unknown or below half a point."""
    if now is None or before is None:
        return None
    moved = round(100 * (now - before))
    return screen._("{points} points").format(points=f"{moved:+d}") if moved else None


def orders(screen: Screen, n: int) -> str:
    return screen._.plural("{n} order", "{n} orders", n).format(n=number(screen, n))
