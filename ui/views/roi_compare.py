"""ROI, what to do next: channels and campaigns against break-even, what a creator may cost, talk of campaigns."""

from __future__ import annotations

import polars as pl
import streamlit as st

from attribution import roi_rows
from attribution.breakdown import NOT_SET
from ui import charts, data, documents_roi, frame, tables, theme, words
from ui.frame import Screen
from ui.roi_figures import RoiFigures
from ui.views import roi_return

COLOURS = {"above": theme.BLUE, "below": theme.VERMILION, "unsure": theme.GREY, "few_orders": theme.GREY}


def show(screen: Screen, found: RoiFigures) -> None:
    channels = roi_rows.named(found.report, "channel")
    _next_steps(screen, found, channels)
    _intervals(screen, channels)
    _campaigns(screen, found)
    _talk(screen, found)
    _creators(screen, found)


def verdicts(screen: Screen) -> dict[str, str]:
    _ = screen._
    return {
        "above": _("surely above break-even"),
        "below": _("surely below break-even"),
        "unsure": _("not sure"),
        "few_orders": _("too few orders to judge"),
        "no_cost": _("no cost given"),
    }


def steps(screen: Screen, found: RoiFigures, channels: pl.DataFrame) -> list[str]:
    """What the figures support, and nothing more: sentences, the safest first."""
    _ = screen._
    told = []
    for row in channels.filter(pl.col("verdict") == "below").iter_rows(named=True):
        text = _("{name} brings back less than it costs, even at the high end of its range: spend less there.")
        told.append(text.format(name=row["name"]))
    for one in roi_rows.marginal_returns(data.history_days().weeks, margin=found.roi.margin):
        if one.advice is None:
            continue
        unit = words.money(screen, 10 ** tables.digits(screen.currency))
        low, high = (
            words.money(screen, round(x * 10 ** tables.digits(screen.currency)), cents=True)
            for x in (one.low, one.high)
        )
        text = (
            _("{name}: over {weeks} weeks, {unit} more went along with {low} to {high} more in return: more may pay.")
            if one.advice == "more"
            else _("{name}: over {weeks} weeks, {unit} more went along with {low} to {high} more: more has not paid.")
        )
        told.append(text.format(name=one.channel, weeks=one.weeks, unit=unit, low=low, high=high))
    if found.missing_costs:
        names = ", ".join(tables.values(screen).get(kind, kind) for kind in found.missing_costs)
        given = _("No cost is given in this period for: {names}. Write them down (0 where there were none).")
        told.append(given.format(names=names))
        if found.costs_known is not None:
            days = frame.period_text(screen, found.costs_known)
            told.append(_("Your costs run from {costs}.").format(costs=days))
    return told


def _next_steps(screen: Screen, found: RoiFigures, channels: pl.DataFrame) -> None:
    _ = screen._
    st.subheader(_("Next steps"), anchor=False)
    told = steps(screen, found, channels)
    for sentence in told or [_("No range is narrow enough to advise anything yet.")]:
        st.text(f"• {sentence}")
    if told:
        st.caption(_("Averages of the past are no promise, and what went along with cost need not have come from it."))


def _intervals(screen: Screen, channels: pl.DataFrame) -> None:
    _ = screen._
    st.subheader(_("Channels against break-even"), anchor=False)
    judged = channels.filter(pl.col("roi").is_not_null())
    if judged.is_empty():
        st.text(_("No channel has both a return and a cost in this period."))
        return
    known = verdicts(screen)
    captions = [
        f"{row['name']} · {words.balance(screen, row['roi'])} · {known[row['verdict']]}"
        for row in judged.iter_rows(named=True)
    ]
    rows = judged.select(
        pl.int_range(pl.len()).alias("order"),
        pl.Series("caption", captions, dtype=pl.String),
        "roi",
        low="roi_low",
        high="roi_high",
        colour=pl.col("verdict").replace_strict(COLOURS, default=theme.GREY, return_dtype=pl.String),
    )
    charts.show(
        charts.against_break_even(rows, value_title=_("ROI")),
        alternative=_("ROI of channels: {rows}").format(rows="; ".join(captions)),
        key="break-even",
    )
    st.caption(
        _(
            "Dashed: break-even. Lines: how far chance alone moves the counted return, 90 %. Indirect return belongs "
            "to no channel and stands in none."
        )
    )


def titles(screen: Screen, first: str) -> dict[str, str]:
    _ = screen._
    return {
        "name": first,
        "orders": _("Orders"),
        "revenue_minor": _("Revenue"),
        "cost_minor": _("Cost"),
        "roi": _("ROI"),
        "roi_low": _("from"),
        "roi_high": _("to"),
        "verdict": _("Break-even"),
        "flagged_minor": _("May have leaked"),
        "repeat_minor": _("Bought again"),
        "commission_minor": _("Commission"),
        "fee_minor": _("Fee paid"),
        "low_minor": _("Renew at most, from"),
        "median_minor": _("Renew at most"),
        "high_minor": _("Renew at most, to"),
    }


def _campaigns(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    st.subheader(_("Campaigns"), anchor=False)
    rows = roi_rows.named(found.report, "campaign").filter(pl.col("name") != NOT_SET)
    if rows.is_empty():
        st.text(_("No order and no cost names a campaign."))
        return
    known = verdicts(screen)
    shown = rows.with_columns(pl.col("verdict").replace_strict(known, return_dtype=pl.String)).select(
        *("name", "orders", "revenue_minor", "cost_minor", "roi", "roi_low", "roi_high", "verdict")
    )
    tables.show(
        screen,
        shown,
        alternative=_("Campaigns with their return"),
        key="roi-campaigns",
        phone=("name", "revenue_minor", "roi"),
        titles=titles(screen, _("Campaign")),
    )
    frame.export(screen, shown, "roi-campaigns")


def _talk(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    talk = found.talk
    st.subheader(_("Campaign talk"), anchor=False)
    if "campaigns" in talk.missing:
        st.text(_("No campaign ran and nobody is contracted, so no talk is a campaign's."))
        return
    share, stories = words.share(screen, talk.share), words.number(screen, talk.stories)
    if talk.share is None:
        st.text(_("Too few quiet days lie before the campaign to say how much talk is usual."))
    else:
        st.text(
            _(
                "{share} of what was said ({all} stories) was campaign talk: by contracted people, or above the usual."
            ).format(share=share, all=stories)
        )
    unknown: tuple[float | None, float | None, float | None] = (None, None, None)
    whole, part = found.roi.blended_roi or unknown, talk.blended_roi or unknown
    rows = pl.DataFrame(
        {
            "name": [_("All talk"), _("Campaign talk")],
            "direct_minor": [found.roi.buckets.direct, talk.direct_minor],
            "indirect_median_minor": [getattr(x, "median", None) for x in (found.roi.indirect, talk.indirect)],
            "cost_minor": [found.roi.cost_minor, talk.cost_minor],
            "roi": [found.roi.direct_roi, talk.direct_roi],
            "roi_low": [whole[0], part[0]],
            "roi_high": [whole[2], part[2]],
        },
        schema_overrides={
            "indirect_median_minor": pl.Int64,
            "cost_minor": pl.Int64,
            "roi": pl.Float64,
            "roi_low": pl.Float64,
            "roi_high": pl.Float64,
        },
    )
    names = roi_return.month_titles(screen) | {"name": _("Talk")}
    tables.show(screen, rows, alternative=_("The return of all talk and of campaign talk"), key="talk", titles=names)
    st.caption(_("The indirect return of campaign talk is an allocation: that of all talk times its share."))


def _creators(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    rows = roi_rows.renewals(found.report)
    if rows.is_empty():
        return
    st.subheader(_("What a creator may cost"), anchor=False)
    best = rows.drop_nulls("median_minor").head(3)
    for row in best.iter_rows(named=True):
        told = _("{name}: renew at no more than {median} (between {low} and {high}).")
        ends = {end: words.money(screen, row[f"{end}_minor"]) for end in ("low", "median", "high")}
        st.text(told.format(name=row["name"], **ends))
    rows = rows.select(
        *("name", "orders", "revenue_minor", "flagged_minor", "repeat_minor", "commission_minor", "fee_minor"),
        *("low_minor", "median_minor", "high_minor"),
    )
    tables.show(
        screen,
        rows,
        alternative=_("What each creator brought, and may cost"),
        key="renewals",
        wide=[name for name in rows.columns if name not in ("repeat_minor", "commission_minor")],
        phone=("name", "revenue_minor", "median_minor"),
        titles=titles(screen, _("Influencer")),
    )
    st.caption(
        _(
            "For a contract like this period's: return after discounts, without orders whose code may have leaked, "
            "with what new customers bought again, less commission and other costs. Under {n} orders no figure is "
            "given."
        ).format(n=roi_rows.MIN_ORDERS)
    )
    if found.roi.indirect is not None and st.toggle(
        _("Share out the indirect return by who spoke (an allocation, no finding)"), key="allocate", bind="query-params"
    ):
        shared = documents_roi.allocated(found, by="influencer")
        tables.show(
            screen,
            shared,
            alternative=_("Indirect return shared out by stories"),
            key="allocated",
            titles={
                "name": _("Influencer"),
                **{
                    f"indirect_allocated_{end}_minor": word
                    for end, word in (("low", _("from")), ("median", _("Indirect, allocated")), ("high", _("to")))
                },
            },
        )
