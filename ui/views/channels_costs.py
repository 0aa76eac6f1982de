"""Channels, tab "Cost and claims": what each channel cost and gave, and what the platforms claim against the ledger."""

from __future__ import annotations

import polars as pl
import streamlit as st

from attribution.analytics_claims import AnalyticsClaims
from attribution.metrics import Claims
from attribution.report import Report
from ui import data, figures, frame, order_tables, tables, words
from ui.documents_money import claim_rows
from ui.frame import Screen

MONEY = (
    *("channel", "visits", "conversions", "revenue_minor", "cost_minor", "roas", "cpa_minor", "cac_minor"),
    *("conversion_rate", "aov_minor", "new_customer_share"),
)
REACH = (
    *("impressions", "clicks", "ctr", "cpc_minor", "leads", "cost_per_lead_minor"),
    *("bounce_rate", "duration_seconds"),
)


def draw(screen: Screen, report: Report) -> None:
    _ = screen._
    metrics = judged(data.metrics_of(report))
    if metrics.is_empty():
        st.text(_("No channel has visits, orders, costs or leads in this period."))
        return
    if metrics["cost_minor"].null_count() == metrics.height:
        st.text(_("No costs of a channel are given for this period: there is a return, but no return on cost."))
    picked = tables.show(
        screen,
        metrics.select(MONEY),
        alternative=_("What each channel cost and gave"),
        key="metrics",
        select=True,
        wide=[name for name in MONEY if name not in ("cac_minor", "aov_minor")],
        phone=("channel", "cost_minor", "roas"),
        titles=titles(screen),
    )
    st.caption(
        _(
            "Ratios stand where both their numbers are known; shares and rates from {n} visits or known customers on. "
            "Orders and money under {model}. Choose a row for its orders."
        ).format(n=figures.MIN_JUDGED, model=frame.model_name(report.model, _))
    )
    frame.export(screen, metrics, "channel-metrics")
    if picked is not None:
        tables.whole(screen, {name: picked[name] for name in MONEY}, titles=titles(screen))
        order_tables.behind(screen, report, "channel", picked["channel"])
    _reach(screen, metrics)
    _claims(screen, data.claims_of(report), data.analytics_claims_of(report))


def judged(metrics: pl.DataFrame) -> pl.DataFrame:
    """The metrics with rates only where at least 30 visits, or known customers, stand behind them."""
    known = pl.col("new_customers") / pl.col("new_customer_share")
    few_known = (known < figures.MIN_JUDGED).fill_null(pl.col("new_customers") < figures.MIN_JUDGED)
    return metrics.with_columns(
        conversion_rate=pl.when(pl.col("visits") >= figures.MIN_JUDGED).then("conversion_rate"),
        new_customer_share=pl.when(~few_known).then("new_customer_share"),
    )


def _reach(screen: Screen, metrics: pl.DataFrame) -> None:
    """What the exports tell of impressions, clicks, visits and leads; nothing where they tell none of it."""
    _ = screen._
    told = [name for name in REACH if name in metrics.columns and metrics[name].null_count() < metrics.height]
    some = metrics.filter(pl.any_horizontal(pl.lit(False), *(pl.col(name).is_not_null() for name in told)))
    if some.is_empty():
        return
    st.subheader(_("Clicks, visits and leads"), anchor=False)
    tables.show(
        screen,
        some.select("channel", *told),
        alternative=_("What exports tell of impressions, clicks, visits and leads by channel"),
        key="reach",
        titles=titles(screen),
    )


def titles(screen: Screen) -> dict[str, str]:
    _ = screen._
    return {
        "visits": _("Visits"),
        "conversions": _("Orders"),
        "impressions": _("Impressions"),
        "clicks": _("Clicks"),
        "leads": _("Leads"),
        "new_customers": _("New customers"),
        "new_customer_share": _("New-customer share"),
        "conversion_rate": _("Orders per visit"),
        "aov_minor": _("Order value"),
        "cpa_minor": _("Cost per order"),
        "cac_minor": _("Cost per new customer"),
        "cpc_minor": _("Cost per click"),
        "ctr": _("Click rate"),
        "cost_per_lead_minor": _("Cost per lead"),
        "bounce_rate": _("Bounce rate"),
        "duration_seconds": _("Seconds a visit"),
    }


def _claims(screen: Screen, claims: Claims, seen: AnalyticsClaims) -> None:
    _ = screen._
    st.subheader(_("Claimed against banked"), anchor=False)
    if claims.rows.is_empty() and seen.rows.is_empty():
        st.text(_("No cost export of this period tells what the platforms claim to have earned."))
        return
    if claims.share is not None:
        st.text(
            _("Together the platforms claim {claimed}: {share} of the {banked} that was banked.").format(
                claimed=words.money(screen, claims.claimed_minor),
                share=words.share(screen, claims.share),
                banked=words.money(screen, claims.banked_minor),
            )
        )
    rows = claim_rows(claims, seen)
    words_of_kind = {"platform": _("Ad platform"), "analytics": _("Analytics, social channels")}
    shown = rows.select(
        "platform", pl.col("kind").replace_strict(words_of_kind).alias("who"), pl.exclude("platform", "kind")
    )
    tables.show(
        screen,
        shown if int(rows["unconverted"].sum()) else shown.drop("unconverted"),
        alternative=_("What each platform claims beside what it is credited with"),
        key="claims",
        titles={
            "who": _("Claimed by"),
            "claimed_conversions": _("Orders claimed"),
            "claimed_minor": _("Claimed"),
            "credited_conversions": _("Orders credited"),
            "credited_minor": _("Credited"),
            "times": _("Claimed, times credited"),
            "unconverted": _("Claims without exchange rate (n)"),
        },
    )
    st.caption(
        _("A platform counts every order after its ads, whoever else was there; the ledger hands out each order once.")
    )
    frame.export(screen, rows, "claims")
    _analytics(screen, seen)


def _analytics(screen: Screen, seen: AnalyticsClaims) -> None:
    """What analytics tools say of each channel, with the days and the breakdown that count."""
    _ = screen._
    for row in seen.rows.iter_rows(named=True):
        if row["days"]:
            st.text(
                _(
                    "{tool} gives {claimed} of {all} to social channels ({days}, by {dimension}); the ledger gives "
                    "them {credited} of the {banked} of these days. Analytics splits the orders that platforms claim "
                    "as well, so it is never added to them."
                ).format(
                    tool=row["tool"].upper(),
                    all=words.money(screen, row["all_minor"]),
                    days=f"{row['since']} – {row['until']}",
                    dimension=row["dimension"],
                    claimed=words.money(screen, row["claimed_minor"]),
                    credited=words.money(screen, row["credited_minor"]),
                    banked=words.money(screen, row["banked_minor"]),
                )
            )
        if row["left_out"]:
            st.text(
                _.plural(
                    "{n} row of {tool} does not count: its days reach out of the period, or other rows tell of them.",
                    "{n} rows of {tool} do not count: their days reach out of the period, or other rows tell of them.",
                    row["left_out"],
                ).format(n=words.number(screen, row["left_out"]), tool=row["tool"].upper())
            )
    if seen.by_channel.is_empty():
        return
    tables.show(
        screen,
        seen.by_channel.drop("account") if seen.rows.height == 1 else seen.by_channel,
        alternative=_("What analytics claims by channel, beside the credit of the same days"),
        key="analytics-claims",
        titles={
            "in_scope": _("Social"),
            "claimed_conversions": _("Key events claimed"),
            "claimed_minor": _("Claimed"),
            "credited_conversions": _("Orders credited"),
            "credited_minor": _("Credited"),
        },
    )
    frame.export(screen, seen.by_channel, "analytics-claims")
