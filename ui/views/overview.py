"""Overview: is anything unusual, and is it paying?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import polars as pl
import streamlit as st

from attribution.report import Report
from config.clock import Period
from listener.feeling import Feeling, feeling
from ui import charts, data, figures, frame, i18n, talk_cards, words
from ui.frame import Screen

CARD_HEIGHT = 212


@dataclass(frozen=True)
class Talk:
    """The brand's mentions of the period and of the one before it, and all of both with the history in front.
    `before` is None where those days cannot be compared with."""

    now: pl.DataFrame
    before: pl.DataFrame | None
    history: pl.DataFrame


def page() -> None:
    _ = i18n.translator()
    screen = frame.open_page(_("Overview"), model_filter=True)
    talk = _talk(screen)
    report, report_before = _report(screen, screen.period), _report(screen, screen.before)
    has_talk = not talk.now.is_empty() or not (talk.before is None or talk.before.is_empty())
    has_orders = not report.ledger.is_empty() or not report_before.ledger.is_empty()
    if frame.MENTIONS not in screen.earlier:
        talk = replace(talk, before=None)
    if not has_talk and not has_orders:
        _nothing_yet(screen)
        return
    frame.say(screen, _answer(screen, talk, report if has_orders else None))
    then = report_before if frame.ORDERS in screen.earlier else None
    _cards(screen, talk, report, then)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _volume(screen, talk)
    with right:
        _changes(screen, talk, report, then)
        _sources(screen)
    frame.how(screen, "Mention", "Story", "Engagement", "Net sentiment", "Direct return", "ROI", "Expected band")
    frame.export(screen, figures.expected_band(talk.history, screen.period), "mentions-by-day")


def _talk(screen: Screen) -> Talk:
    start = min(screen.before.since, screen.period.since - dt.timedelta(days=figures.HISTORY_DAYS))
    history = figures.of_brand(data.mentions(Period(start, screen.period.until)), screen.brand)
    return Talk(figures.within(history, screen.period), figures.within(history, screen.before), history)


def _report(screen: Screen, period: Period) -> Report:
    return data.report(period, screen.model)


def _nothing_yet(screen: Screen) -> None:
    _ = screen._
    if frame.anything_known():
        frame.say(screen, _("Nothing was heard or sold in these days."))
        return
    frame.say(screen, _("Nothing has been heard or sold yet."))
    frame.empty(
        screen,
        _("Three steps to the first figures"),
        (
            _("Name your brand and the feeds to read in `earned.toml`, then run `earned listen --once`."),
            _("Import orders, visits and costs on the page **Data**, or with `earned import FILE`."),
            _("Only looking around? `earned demo` opens a workspace with a simulated shop."),
        ),
    )
    frame.link(screen, "data", _("Open Data"))


def _answer(screen: Screen, talk: Talk, report: Report | None) -> str:
    """One sentence of talk, one of money."""
    _ = screen._
    n = talk.now.height
    heard = _.plural("{n} mention of {brand} in {days} days", "{n} mentions of {brand} in {days} days", n).format(
        n=words.number(screen, n), brand=screen.brand or _("all brands"), days=words.number(screen, screen.period.days)
    )
    band = figures.expected_band(talk.history, screen.period)
    odd = figures.unusual_days(band).height
    if band["middle"].null_count() == band.height:
        calm = _("too little history to say what is usual")
    elif odd:
        calm = _.plural("{n} day was unusual", "{n} days were unusual", odd).format(n=odd)
    else:
        calm = _("no day was unusual")
    first = _("{heard}; {calm}.").format(heard=heard, calm=calm) if n or odd else f"{heard}."
    if n:
        first = f"{first} {talk_cards.stories_told(screen, talk.now)}"
    return f"{first} {_money_sentence(screen, report)}" if report else first


def _money_sentence(screen: Screen, report: Report) -> str:
    _ = screen._
    money = words.money(screen, report.buckets.direct)
    if report.roi.cost_minor is None:
        return _("Direct return was {money}; without costs there is no ROI.").format(money=money)
    cost = words.money(screen, report.roi.cost_minor)
    return _("Direct return was {money} for {cost} spent.").format(money=money, cost=cost)


def _cards(screen: Screen, talk: Talk, report: Report, report_before: Report | None) -> None:
    grid = st.grid(5, min_column_width=158)
    with grid.cell():
        _mention_card(screen, talk)
    with grid.cell():
        _engagement_card(screen, talk)
    with grid.cell():
        _feeling_card(screen, talk)
    with grid.cell():
        _return_card(screen, report, report_before)
    with grid.cell():
        _roi_card(screen, report, report_before)


def _mention_card(screen: Screen, talk: Talk) -> None:
    _ = screen._
    daily = figures.every_day(talk.now, screen.period, pl.len())["value"].to_list()
    before = None if talk.before is None else talk.before.height
    st.metric(
        _("Mentions"),
        words.number(screen, talk.now.height),
        words.change(screen, talk.now.height, before),
        delta_color="off",
        delta_description=None if before is None else _("{n} before").format(n=words.number(screen, before)),
        chart_data=daily,
        chart_type="bar",
        border=True,
        height=CARD_HEIGHT,
    )
    frame.link(screen, "mentions", _("Read them"))


def _engagement(mentions: pl.DataFrame | None) -> int | None:
    """All that is told of engagement; None where nothing is told."""
    known = None if mentions is None else mentions["engagement"].drop_nulls()
    return int(known.sum()) if known is not None and known.len() else None


def _engagement_card(screen: Screen, talk: Talk) -> None:
    _ = screen._
    total, before = (_engagement(mentions) for mentions in (talk.now, talk.before))
    known = talk.now.drop_nulls("engagement")
    told = _("told by {n} of {all}").format(
        n=words.number(screen, known.height), all=words.number(screen, talk.now.height)
    )
    st.metric(
        _("Engagement"),
        None if total is None else words.number(screen, total),
        words.change(screen, total, before),
        delta_color="off",
        delta_description=told,
        chart_data=figures.every_day(known, screen.period, pl.col("engagement").sum())["value"].to_list(),
        chart_type="bar",
        border=True,
        height=CARD_HEIGHT,
    )
    frame.link(screen, "influencers", _("See who"))


def _feeling_card(screen: Screen, talk: Talk) -> None:
    _ = screen._
    now = feeling(talk.now)
    before = None if talk.before is None else feeling(talk.before)
    n = _("{n} scored").format(n=words.number(screen, now.scored))
    if now.not_scored:
        n = _("{n}, {left} not").format(n=n, left=words.number(screen, now.not_scored))
    st.metric(
        _("Net sentiment"),
        words.balance(screen, now.net) if now.enough else None,
        _net_change(screen, now, before),
        delta_description=n if now.enough else _("too few to judge: {n}").format(n=n),
        chart_data=_weekly_feeling(talk.now) if now.enough else None,
        border=True,
        height=CARD_HEIGHT,
    )
    frame.link(screen, "sentiment", _("See why"))


def _net_change(screen: Screen, now: Feeling, before: Feeling | None) -> str | None:
    return words.points(screen, now.net, before.net) if before and now.enough and before.enough else None


def _weekly_feeling(mentions: pl.DataFrame) -> list[float] | None:
    weekly = (
        mentions.drop_nulls("label")
        .group_by(pl.col("day").dt.truncate("1w"))
        .agg(
            n=pl.len(),
            net=((pl.col("label") == "positive").cast(pl.Int8) - (pl.col("label") == "negative").cast(pl.Int8)).mean(),
        )
        .filter(pl.col("n") >= frame.MIN_JUDGED)
        .sort("day")
    )
    return weekly["net"].to_list() if weekly.height > 1 else None


def _return_card(screen: Screen, report: Report, before: Report | None) -> None:
    _ = screen._
    now, then = report.buckets.direct, before.buckets.direct if before else None
    known = not report.ledger.is_empty()
    n = figures.direct_orders(report)
    st.metric(
        _("Direct return"),
        words.money(screen, now) if known else None,
        words.change(screen, now, then) if known else None,
        delta_description=words.orders(screen, n) if known else _("no orders imported for this period"),
        chart_data=figures.direct_by_day(report) if known else None,
        chart_type="bar",
        border=True,
        height=CARD_HEIGHT,
    )
    frame.link(screen, "roi", _("See the orders"))


def _roi_card(screen: Screen, report: Report, before: Report | None) -> None:
    _ = screen._
    now, then = report.roi.direct_roi, before.roi.direct_roi if before else None
    cost = words.money(screen, report.roi.cost_minor)
    st.metric(
        _("Direct ROI"),
        words.balance(screen, now),
        words.points(screen, now, then),
        delta_description=_("cost {cost}").format(cost=cost) if now is not None else _("no cost given for this period"),
        border=True,
        height=CARD_HEIGHT,
    )
    frame.link(screen, "roi", _("See the return"))


def _volume(screen: Screen, talk: Talk) -> None:
    _ = screen._
    st.subheader(_("Mentions by day"), anchor=False)
    band = figures.expected_band(talk.history, screen.period)
    if talk.now.is_empty():
        frame.empty(screen, _("No mentions in this period"), (_("Choose a longer period, or another brand above."),))
        return
    charts.show(
        charts.volume_band(
            band,
            day="day",
            value="n",
            titles={"day": _("Day"), "n": _("Mentions"), "low": _("Expected from"), "high": _("Expected to")},
        ),
        alternative=_("Mentions by day, {n} in all; {odd} days lie outside the expected band.").format(
            n=talk.now.height, odd=figures.unusual_days(band).height
        ),
        key="volume",
    )
    st.caption(
        _(
            "Grey: what the {days} days before let expect (median, three robust standard deviations to each side). "
            "Orange points lie outside."
        ).format(days=figures.HISTORY_DAYS)
    )


def _changes(screen: Screen, talk: Talk, report: Report, report_before: Report | None) -> None:
    _ = screen._
    st.subheader(_("What changed most"), anchor=False)
    heard, heard_before = (talk.now, talk.before) if talk.before is not None else (talk.now.clear(), talk.now.clear())
    found = figures.changes(heard, heard_before, report, report_before)[:3]
    with st.container(border=True):
        if talk.before is None and report_before is None:
            st.text(_("What is known begins in these days: there is nothing before them to compare with."))
        elif not found:
            st.text(_("Nothing moved beyond chance against the {days} days before.").format(days=screen.before.days))
        for change in found:
            st.text(_change_sentence(screen, change))


def _change_sentence(screen: Screen, change: figures.Change) -> str:
    _ = screen._
    texts = {
        "mentions": _("Mentions went from {before} to {now} ({change})."),
        "negative": _("Negative mentions went from {before} to {now} ({change})."),
        "network": _("Mentions on {name} went from {before} to {now} ({change})."),
        "language": _("Mentions in {name} went from {before} to {now} ({change})."),
        "channel": _("Orders credited to {name} went from {before} to {now} ({change})."),
        "code": _("Orders with code {name} went from {before} to {now} ({change})."),
    }
    name = change.name
    if change.kind == "language":
        name = screen.locale.languages.get(name, name)
    return texts[change.kind].format(
        name=name,
        before=words.number(screen, change.before),
        now=words.number(screen, change.now),
        change=words.change(screen, change.now, change.before) or _("new"),
    )


def _sources(screen: Screen) -> None:
    _ = screen._
    fresh = data.freshness()
    st.subheader(_("Sources"), anchor=False)
    with st.container(border=True):
        if not fresh.sources:
            st.text(_("Add feeds on the page Sources: by address, ready-made, or from a file."))
        elif fresh.sources_failing:
            st.text(
                _.plural(
                    "{n} of {all} sources is failing.", "{n} of {all} sources are failing.", fresh.sources_failing
                ).format(n=fresh.sources_failing, all=fresh.sources)
            )
        else:
            st.text(
                _.plural("{n} source, no failures.", "{n} sources, no failures.", fresh.sources).format(n=fresh.sources)
            )
        st.text(_("Last poll: {time}").format(time=frame.time_text(screen, fresh.last_poll)))
        frame.link(screen, "sources", _("Open Sources"))
