"""Promo codes, tabs "Leakage", "Conflicts" and "Unknown": what may not be as it looks, with its evidence."""

from __future__ import annotations

import polars as pl
import streamlit as st

from attribution import leakage
from attribution.conflicts import conflicting_orders
from attribution.report import Report
from config.registers import read_codes
from ui import data, figures, frame, order_tables, tables, words
from ui.frame import Screen

BAD_STATES = ("expired", "not_yet_valid")
_ORDER = ["account", "order_id"]


# --- leakage --------------------------------------------------------------------------------------------------------


def leaks(screen: Screen, report: Report) -> None:
    _ = screen._
    signs = report.leakage.signs
    if signs.is_empty():
        checked = report.leakage.corroboration
        st.text(
            _.plural(
                "No sign of leakage on the {n} creators' code used in this period.",
                "No sign of leakage on the {n} creators' codes used in this period.",
                checked.height,
            ).format(n=words.number(screen, checked.height))
        )
    else:
        _without_flagged(screen, report)
        _signs(screen, report, signs)
    _corroborated(screen, report)


def _without_flagged(screen: Screen, report: Report) -> None:
    """What direct return would be if flagged codes counted for nothing on the orders that show it."""
    _ = screen._
    bare = data.report(screen.period, report.model, report.lookback, without_flagged=True)
    flagged = report.leakage.orders.select(_ORDER).n_unique()
    st.text(
        _.plural(
            "{n} order shows a sign of leakage. Without its code direct return would be {bare} instead of {all}.",
            "{n} orders show a sign of leakage. Without their codes direct return would be {bare} instead of {all}.",
            flagged,
        ).format(
            n=words.number(screen, flagged),
            bare=words.money(screen, bare.buckets.direct),
            all=words.money(screen, report.buckets.direct),
        )
    )


def _signs(screen: Screen, report: Report, signs: pl.DataFrame) -> None:
    _ = screen._
    known = sign_words(screen)
    shown = signs.with_columns(
        sign_name=pl.col("sign").replace_strict({name: title for name, (title, _why) in known.items()}),
        why=pl.col("sign").replace_strict({name: why for name, (_title, why) in known.items()}),
    ).select("code", "sign_name", "flagged_orders", "redemptions", "measured", "expected", "why", "owner")
    picked = tables.show(
        screen,
        shown,
        alternative=_("Signs that a code leaked"),
        key="leakage",
        select=True,
        titles={
            "sign_name": _("Sign"),
            "flagged_orders": _("Orders that show it"),
            "measured": _("Measured"),
            "expected": _("Against"),
            "why": _("What is measured"),
        },
    )
    st.caption(_("A sign moves no money by itself: ask the owner first. Choose a row for its orders."))
    frame.export(screen, signs, "leakage")
    if picked is None:
        return
    sign = signs["sign"][shown["sign_name"].to_list().index(picked["sign_name"])]
    flagged = report.leakage.orders.filter((pl.col("code") == picked["code"]) & (pl.col("sign") == sign))
    orders = figures.order_paths(report).join(flagged, on=_ORDER, how="semi", maintain_order="left")
    order_tables.show(screen, report, orders, key="leaked-orders")


def sign_words(screen: Screen) -> dict[str, tuple[str, str]]:
    """Sign -> its name, and what is measured against what."""
    _ = screen._
    return {
        "no_click": (
            _("Used without a visit or mention"),
            _("share of the last 7 days without either, against the days before (1 is 100 %)"),
        ),
        "after_talk": (
            _("Used though nobody names it"),
            _("orders without a visit and without a mention in the window"),
        ),
        "coupon_site": (_("Visit from a coupon site"), _("orders with such a visit on their path")),
        "beyond_reach": (_("More orders than followers"), _("orders, against the owner's followers")),
        "burst": (_("Burst on one day"), _("orders of the highest day, against the mean of the other days")),
    }


def _corroborated(screen: Screen, report: Report) -> None:
    _ = screen._
    rows = report.leakage.corroboration
    if rows.is_empty():
        return
    st.subheader(_("Borne out by a visit or a mention"), anchor=False)
    tables.show(
        screen,
        rows.sort("uncorroborated_minor", "code", descending=[True, False]),
        alternative=_("Net revenue of each creator's code with and without a visit or mention"),
        key="corroboration",
        titles={
            "corroborated_minor": _("With a visit or mention"),
            "uncorroborated_minor": _("With neither"),
        },
    )
    st.caption(_("Orders with neither are no proof of a leak: a code may be told in a story, a shop, or by a friend."))


# --- conflicts ------------------------------------------------------------------------------------------------------


def conflicts(screen: Screen, report: Report) -> None:
    """Orders that hold a code of one and a visit of another, and what each policy would do with them."""
    _ = screen._
    rows = report.conflicts
    first = rows.row(0, named=True) if rows.height else None
    if first is None or not first["code_orders"]:
        st.text(_("No order of this period holds a valid code, so none can conflict with a visit."))
        return
    st.text(
        _("{n} of {all} orders with a valid code ({rate}) also hold a visit of another channel or person.").format(
            n=words.number(screen, first["conflicts"]),
            all=words.number(screen, first["code_orders"]),
            rate=words.share(screen, first["conflict_rate"]),
        )
    )
    names = policy_words(screen)
    shown = rows.with_columns(
        policy=pl.col("policy").replace_strict(names), in_use=pl.col("policy") == _policy(screen)
    ).select("policy", "in_use", "code_minor", "moved_minor")
    tables.show(
        screen,
        shown,
        alternative=_("Credit of codes under each policy, and the money that each moves"),
        key="conflicts",
        titles={
            "policy": _("Policy"),
            "in_use": _("In use"),
            "code_minor": _("Credit of codes"),
            "moved_minor": _("Money moved"),
        },
    )
    st.caption(
        _(
            "Money moved is against the first policy, under {model}. The policy is set in earned.toml (on_conflict)."
        ).format(model=frame.model_name(report.model, _))
    )
    frame.export(screen, rows, "code-conflicts")
    orders = figures.order_paths(report).join(
        conflicting_orders(report.journeys), on=_ORDER, how="semi", maintain_order="left"
    )
    if not orders.is_empty():
        with st.expander(
            _.plural("{n} order in conflict", "{n} orders in conflict", orders.height).format(n=orders.height)
        ):
            order_tables.show(screen, report, orders, key="conflict-orders")


def _policy(screen: Screen) -> str:
    policy: str = screen.workspace.settings.attribution.on_conflict
    return policy


def policy_words(screen: Screen) -> dict[str, str]:
    _ = screen._
    return {
        "code_last": _("Code last, the model divides"),
        "code_wins": _("The code alone"),
        "utm_wins": _("The visits alone"),
        "split": _("Half to the code, half to the visits"),
    }


# --- unknown and out of date ----------------------------------------------------------------------------------------


def strays(screen: Screen, report: Report, codes: pl.DataFrame) -> None:
    """Unknown codes with what they may mean, and known ones used outside their dates."""
    _ = screen._
    unknown = codes.filter(pl.col("state") == "unknown").select(
        "code", "orders", "net_minor", "new_customers", "known_customers"
    )
    outside = codes.filter(pl.col("state").is_in(BAD_STATES)).select(
        "code", "state", "owner", "campaign", "orders", "net_minor"
    )
    st.subheader(_("Unknown codes"), anchor=False)
    if unknown.is_empty():
        st.text(_("Every code used in this period is registered."))
    else:
        _unknown(screen, report, unknown)
    st.subheader(_("Used outside their dates"), anchor=False)
    if outside.is_empty():
        st.text(_("No code was used before or after its validity."))
    else:
        tables.show(screen, outside, alternative=_("Codes used outside their dates"), key="codes-outside")
        st.caption(_("Such a use earns its owner no credit."))


def _unknown(screen: Screen, report: Report, unknown: pl.DataFrame) -> None:
    _ = screen._
    alike = leakage.look_alikes(report.order_codes, read_codes(screen.workspace.engine))
    meant = alike.group_by("code", maintain_order=True).agg(pl.col("suggestion").unique(maintain_order=True))
    shown = unknown.join(meant, on="code", how="left", maintain_order="left")
    picked = tables.show(
        screen,
        shown,
        alternative=_("Codes nobody has registered"),
        key="codes-unknown",
        select=True,
        phone=("code", "orders", "net_minor"),
        titles={"suggestion": _("May mean")},
    )
    st.caption(
        _(
            "Orders used these, but nobody registered them: add them on the tab Register, or ask where they come from. "
            "A look-alike is suggested and never merged. Choose a row for its orders."
        )
    )
    frame.export(screen, shown, "unknown-codes")
    if picked is not None:
        used = report.order_codes.filter(pl.col("code") == picked["code"])
        orders = figures.order_paths(report).join(used, on=_ORDER, how="semi", maintain_order="left")
        order_tables.show(screen, report, orders, key="unknown-orders")
