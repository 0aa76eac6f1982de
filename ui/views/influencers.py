"""Influencers: who talks with reach, whom to contact, and what those contracted brought."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from attribution.report import Report
from config.registers import CONTACT_STATUSES, RegisterConflictError, read_codes, read_people, set_contact_status
from listener.feeling import MIN_SCORED, feeling
from ui import charts, charts_talk, data, figures, known_days, pipeline, tables, talk, talk_cards, talk_data, theme
from ui.frame import MENTIONS, Screen, day_text, empty, export, how, link, offer_days, open_page, period_text, say
from ui.i18n import Translator, translator

GROUPS = ("influencer", "unknown_followers", "below")
SHOWN_POSTS = 10


def page() -> None:
    screen = open_page(
        translator()("Influencers"), brand_filter=False, model_filter=True, about=(MENTIONS,), compares=False
    )
    _ = screen._
    talk_cards.style()
    report = data.report(screen.period, screen.model)
    floor = _floor(screen)
    people = pipeline.mentioners(
        screen.workspace,
        mentions=data.mentions(screen.period),
        report=report,
        period=screen.period,
        min_followers=floor,
    )
    say(screen, _answer(screen, people, floor))
    if people.is_empty():
        _nobody_yet(screen, report)
        return
    _cards(screen, people, floor)
    chosen = _ranked(screen, people, floor)
    if chosen is not None:
        _profile(screen, chosen, report)
    how(
        screen,
        "Mentioner score",
        "Reach",
        "Resonance",
        "Relevance",
        "Engagement rate",
        "Direct return",
        "Conversions",
        "Cost",
    )


def _floor(screen: Screen) -> int:
    default = screen.workspace.settings.people.min_followers
    asked = st.number_input(
        screen._("Influencer from how many followers"),
        min_value=0,
        value=default,
        step=1000,
        key="followers",
        bind="query-params",
        width=260,
    )
    return int(asked if asked is not None else default)


def _answer(screen: Screen, people: pl.DataFrame, floor: int) -> str:
    _ = screen._
    talk_of = people.filter(pl.col("group") == "influencer")
    if people.is_empty():
        return _("Nobody with a name has mentioned the brand in this period.")
    n = talk_of.height
    counted = _.plural(
        "{n} person with at least {floor} followers spoke about the brand in {days} days.",
        "{n} people with at least {floor} followers spoke about the brand in {days} days.",
        n,
    ).format(n=n, floor=talk_cards.number(screen, floor), days=screen.period.days)
    if not n:
        return counted
    first = talk_of.sort("total", descending=True, nulls_last=True).row(0, named=True)
    leader = _("{name} leads with a score of {total} of 100.").format(
        name=first["name"] or first["handle"], total=f"{first['total']:.0f}" if first["total"] is not None else "–"
    )
    return f"{counted} {leader}"


def _nobody_yet(screen: Screen, report: Report) -> None:
    """What to do where nobody is listed, with the days that hold mentions and, where codes had orders, their page."""
    _ = screen._
    if not screen.elsewhere:  # else the head of the page offers those days
        _own_days(screen)
        steps = [_("Choose other days above."), _("Check on the page Data that the sources answer.")]
        if read_people(screen.workspace.engine).is_empty():
            steps.append(_("Import people with their followers there, too: network, handle, name, followers, status."))
        empty(screen, _("Nobody to rank yet"), steps)
        link(screen, "data", _("Go to Data"))
    if report.codes["orders"].sum():
        link(screen, "codes", _("Go to Promo codes"))


def _own_days(screen: Screen) -> None:
    """Which days hold mentions of our own brands, with a button, where the days shown hold none."""
    brands = pipeline.own_brands(screen.workspace)
    days = known_days.known_days()
    known = known_days.together(*(days.of_brand(brand) for brand in brands))
    if known is None or data.mentions(screen.period)["brand"].is_in(list(brands)).any():
        return
    told = screen._("Your mentions run from {mentions}.").format(mentions=period_text(screen, known))
    offer_days(screen, told, known, key="known-own-days")


def _cards(screen: Screen, people: pl.DataFrame, floor: int) -> None:
    _ = screen._
    brought = talk.brought(people)
    by_group = dict(people.group_by("group").len().iter_rows())
    money = partial(data.minor_to_text, currency=screen.currency, locale=str(screen.locale), cents=False)
    with st.grid(4, min_column_width=158):
        st.metric(
            _("Influencers"),
            talk_cards.number(screen, by_group.get("influencer", 0)),
            delta_description=_("at least {n} followers").format(n=talk_cards.number(screen, floor)),
            border=True,
            height="stretch",
        )
        st.metric(
            _("Contracted"),
            talk_cards.number(screen, brought["contracted"]),
            delta_description=_("of {n} people heard in {days} days").format(
                n=talk_cards.number(screen, people.height), days=screen.period.days
            ),
            border=True,
            height="stretch",
        )
        st.metric(
            _("Direct return by named people"),
            money(brought["revenue_minor"]),
            delta_description=_("{orders}, people with any: {n}").format(
                orders=_orders(screen, brought["conversions"]), n=brought["with_revenue"]
            ),
            border=True,
            height="stretch",
        )
        st.metric(
            _("Cost of these people"),
            money(brought["cost_minor"]),
            delta_description=_.plural("given for {n} person", "given for {n} people", brought["with_cost"]).format(
                n=brought["with_cost"]
            )
            if brought["with_cost"]
            else _("no cost given"),
            border=True,
            height="stretch",
        )


# --- the ranked table -----------------------------------------------------------------------------------------------


def group_names(_: Translator, floor_text: str) -> dict[str, str]:
    return {
        "influencer": _("At least {floor} followers").format(floor=floor_text),
        "unknown_followers": _("Followers unknown"),
        "below": _("Fewer than {floor} followers").format(floor=floor_text),
    }


def _ranked(screen: Screen, people: pl.DataFrame, floor: int) -> dict[str, Any] | None:
    """The table of the chosen group; the person whose row is selected, else the one the address names."""
    _ = screen._
    counts = dict(people.group_by("group").len().iter_rows())
    names = group_names(_, talk_cards.number(screen, floor))
    statuses = talk_cards.contact_names(_)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = st.segmented_control(
            _("Group"),
            GROUPS,
            default=next((name for name in GROUPS if counts.get(name)), GROUPS[0]),
            required=True,
            format_func=lambda name: f"{names[name]} · {talk_cards.number(screen, counts.get(name, 0))}",
            key="people-group",
            wrap=True,
        )
        wanted = st.multiselect(
            _("Contact"), CONTACT_STATUSES, format_func=statuses.__getitem__, key="people-contact", width=320
        )
    rows = people.filter(pl.col("group") == group)
    rows = (rows.filter(pl.col("status").is_in(wanted)) if wanted else rows).with_row_index("rank", offset=1)
    named = st.query_params.get("person")
    if rows.is_empty():
        empty(screen, _("Nobody in this group"), [_("Choose another group or contact status above.")])
    else:
        selected = _table(screen, rows)
        if selected is not None:
            named = selected["author_key"]
            st.query_params["person"] = named
        st.caption(
            _("Select a row to see the person. Net sentiment is shown from {n} scored texts on.").format(n=MIN_SCORED)
        )
        export(screen, rows, "influencers")
    found = people.filter(pl.col("author_key") == (named or ""))
    return found.row(0, named=True) if found.height else None


def _table(screen: Screen, rows: pl.DataFrame) -> dict[str, Any] | None:
    _ = screen._
    statuses = talk_cards.contact_names(_)
    shown = rows.select(
        "rank",
        pl.coalesce("name", "handle").alias("name"),
        "total",
        "followers",
        "conversions",
        "revenue_minor",
        "cost_minor",
        pl.col("status").replace_strict(statuses, default=pl.col("status")).alias("status"),
        pl.col("codes").list.join(", ").alias("codes"),
        "network",
        "handle",
        "posts",
        "engagement",
        pl.col("engagement_rate").alias("share_engaged"),
        pl.when(pl.col("n_scored") >= MIN_SCORED).then(pl.col("net_sentiment")).alias("net"),
        "n_scored",
        "reach",
        "resonance",
        "relevance",
    )
    money = shown.with_columns(pl.col("revenue_minor", "cost_minor") / 10 ** tables.digits(screen.currency))
    with st.container(key="wide-people"):
        chosen = _drawn(screen, money, _AT_DESK, key="people-table")
    with st.container(key="phone-people"):
        chosen = _drawn(screen, money, _ON_PHONE, key="people-table-phone") or chosen
    return rows.row(chosen[0], named=True) if chosen and chosen[0] < rows.height else None


# What a desk and a phone have room for; the rest stands with the person, and in the CSV.
_AT_DESK = (
    *("rank", "name", "total", "followers", "conversions", "revenue_minor", "cost_minor", "status", "codes"),
    *("network", "posts"),
)
_ON_PHONE = ("name", "total", "followers")


def _drawn(screen: Screen, people: pl.DataFrame, columns: Sequence[str], *, key: str) -> list[int]:
    """The table with these columns; the places of the rows that are selected."""
    state: Any = st.dataframe(
        people,
        hide_index=True,
        column_order=columns,
        column_config=_column_config(screen, name_pixels=115 if columns == _ON_PHONE else 170),
        placeholder="–",
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        alt=screen._("People who mentioned the brand, ranked by score."),
    )
    rows: list[int] = state["selection"]["rows"]
    return rows


def _column_config(screen: Screen, *, name_pixels: int) -> dict[str, Any]:
    _ = screen._
    types = st.column_config
    whole = "%,d"
    money = f"%,.{tables.digits(screen.currency)}f"
    return {
        "rank": types.NumberColumn("#", width=40, pinned=True),
        "name": types.TextColumn(_("Name"), pinned=True, width=name_pixels),
        "handle": types.TextColumn(_("Handle")),
        "network": types.TextColumn(_("Network")),
        "total": types.ProgressColumn(_("Score"), width="small", min_value=0, max_value=100, format="%.0f"),
        "followers": types.NumberColumn(_("Followers"), format=whole, width=95),
        "posts": types.NumberColumn(_("Posts"), format=whole),
        "engagement": types.NumberColumn(_("Engagement"), format=whole),
        "share_engaged": types.NumberColumn(_("Engagement rate"), format="percent"),
        "net": types.NumberColumn(_("Net sentiment"), format="percent"),
        "n_scored": types.NumberColumn(_("Scored texts"), format=whole),
        "reach": types.NumberColumn(_("Reach"), format="%.0f"),
        "resonance": types.NumberColumn(_("Resonance"), format="%.0f"),
        "relevance": types.NumberColumn(_("Relevance"), format="%.0f"),
        "status": types.TextColumn(_("Contact")),
        "codes": types.TextColumn(_("Promo codes")),
        "conversions": types.NumberColumn(_("Orders"), format="%,.1f", width=80),
        "revenue_minor": types.NumberColumn(
            _("Direct return ({currency})").format(currency=screen.currency), format=money
        ),
        "cost_minor": types.NumberColumn(_("Cost ({currency})").format(currency=screen.currency), format=money),
    }


# --- one person -----------------------------------------------------------------------------------------------------


def _profile(screen: Screen, person: dict[str, Any], report: Report) -> None:
    _ = screen._
    st.divider()
    st.subheader(_("Profile"), anchor=False)
    with st.container(key="who-profile"):
        st.text(person["name"] or person["handle"])
    with st.container(key="small-profile"):
        st.text(f"{person['network']} · @{person['handle']}")
    _contact(screen, person)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _posts(screen, person)
    with right:
        _score(screen, person)
        _results(screen, person, report)


def _contact(screen: Screen, person: dict[str, Any]) -> None:
    """The contact pipeline; the widget's key carries the version, so that an edit elsewhere starts it anew."""
    _ = screen._
    names = talk_cards.contact_names(_)
    known = read_people(screen.workspace.engine).filter(pl.col("key") == person["author_key"])
    version = int(known["version"][0]) if known.height else 0
    status = str(known["status"][0]) if known.height else "none"
    key = f"contact-{person['author_key']}-{version}"
    st.segmented_control(
        _("Contact"),
        CONTACT_STATUSES,
        default=status,
        required=True,
        format_func=names.__getitem__,
        key=key,
        on_change=_save_contact,
        args=(person["author_key"], version, key),
    )


def _save_contact(author_key: str, version: int, key: str) -> None:
    _ = translator()
    status = st.session_state[key]
    try:
        set_contact_status(data.workspace().engine, key=author_key, status=status, expected_version=version)
    except RegisterConflictError:
        st.toast(_("Somebody else changed this person meanwhile; nothing of yours was saved."))
    else:
        st.toast(_("Contact set to “{status}”.").format(status=talk_cards.contact_names(_)[status]))


def _score(screen: Screen, person: dict[str, Any]) -> None:
    _ = screen._
    st.markdown("**" + _("How the score is made up") + "**")
    if person["followers"] is None:
        st.caption(_("Followers are unknown, so there is no score. Add them on the page Data under Registers."))
    elif person["resonance"] is None:
        st.caption(
            _("Engagement is not stated for these posts: resonance is unknown, and the other parts make the score.")
        )
    parts = talk.score_parts(person)
    names = {"reach": _("Reach"), "resonance": _("Resonance"), "relevance": _("Relevance")}
    named = parts.with_columns(pl.col("part").replace_strict(names).alias("name"))
    charts.show(
        charts_talk.score_bars(named, ink=theme.neutral("ink"), title=_("of 100")),
        alternative=_("Reach, resonance and relevance of this person, each from 0 to 100."),
        key="score-parts",
    )
    if person["total"] is not None:
        st.caption(talk.score_sum(person))


def _results(screen: Screen, person: dict[str, Any], report: Report) -> None:
    _ = screen._
    st.markdown("**" + _("Promo codes and what they brought") + "**")
    own = figures.judged_codes(
        report.codes.filter(pl.col("owner") == person["author_key"]), read_codes(screen.workspace.engine)
    )
    if own.is_empty():
        st.caption(_("No promo code belongs to this person. Add one on the page Promo codes."))
        link(screen, "codes", _("Go to Promo codes"))
    else:
        tables.show(
            screen,
            own.select("code", "campaign", "orders", "net_minor", "new_customer_share", "known_customers"),
            alternative=_("Promo codes of this person with orders and net revenue."),
            key="person-codes",
        )
        if own["new_customer_share"].null_count():
            st.caption(
                _("The share of new customers is shown from {n} known customers on.").format(n=figures.MIN_JUDGED)
            )
    money = partial(data.minor_to_text, currency=screen.currency, locale=str(screen.locale))
    st.text(
        _("Direct return by codes and tagged links, {since} to {until}: {revenue} from {orders}; cost {cost}.").format(
            since=day_text(screen, screen.period.since),
            until=day_text(screen, screen.period.until),
            revenue=money(person["revenue_minor"]),
            orders=_orders(screen, person["conversions"]),
            cost=money(person["cost_minor"]) if person["cost_minor"] is not None else _("unknown"),
        )
    )


def _orders(screen: Screen, conversions: float | None) -> str:
    """Orders credited, which may count in parts: "1 order", "2.5 orders"."""
    n = round(conversions or 0, 1)
    return screen._.plural("{n} order", "{n} orders", math.ceil(n)).format(n=talk_cards.number(screen, n))


def _posts(screen: Screen, person: dict[str, Any]) -> None:
    _ = screen._
    said = talk.one_brand(data.mentions(screen.period), None).filter(pl.col("author_key") == person["author_key"])
    felt = feeling(said)
    st.markdown("**" + _("What this person said") + "**")
    st.caption(
        _(
            "{n} mentions in {days} days: {positive} positive, {neutral} neutral, {negative} negative, "
            "{left} not scored."
        ).format(
            n=felt.total,
            days=screen.period.days,
            positive=felt.positive,
            neutral=felt.neutral,
            negative=felt.negative,
            left=felt.not_scored,
        )
    )
    newest = talk.in_order(said, by_engagement=False).head(SHOWN_POSTS)
    for row in talk_data.texts(tuple(newest["mention_id"])).iter_rows(named=True):
        with st.container(border=True, gap="xsmall"):
            talk_cards.card(screen, row, key=f"post-{row['mention_id']}")
    if felt.total > SHOWN_POSTS:
        st.caption(_("The newest {n} are shown.").format(n=SHOWN_POSTS))
