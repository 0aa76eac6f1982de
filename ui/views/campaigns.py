"""Campaigns: what did each cost, what came back, and is it too early to say?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import streamlit as st

from attribution.campaigns import MIN_ORDERS, MIN_RUN_DAYS, Against, Campaign
from config.plans import read_campaigns, stored_plan
from ui import campaign_data, charts, charts_plans, data, frame, i18n, plan_form, tables, words
from ui.campaign_data import Review
from ui.frame import Screen
from ui.views import campaigns_calculator, costs

TERMS = (
    *("Campaign", "Too early to judge", "Above the usual", "Event view", "Direct return", "ROAS", "Cost"),
    *("Campaign calculator", "Break-even"),
)


def page() -> None:
    _ = i18n.translator()
    screen = frame.open_page(_("Campaigns"), brand_filter=False, period_filter=False, about=())
    plan_form.say_what_was_done()
    shown = campaign_data.campaigns_of(screen.workspace)
    if not shown:
        frame.say(screen, _("No campaign is registered yet."))
        frame.empty(
            screen,
            _("Tell us your campaigns"),
            (
                _("Add one below with its days, people, codes and utm_campaign values, or import a file of them."),
                _("Its cost comes from the page **Costs** and from imported spend that names it."),
                _("Planning one? The calculator below needs no data."),
            ),
        )
        _register(screen)
        campaigns_calculator.calculator(screen)
        frame.how(screen, *TERMS)
        return
    read, reviews = _reviewed(data.version(), screen.period.until, screen.model)
    chosen = _chosen(screen, reviews)
    frame.say(screen, _answer(screen, chosen))
    _review(screen, read, chosen)
    _benchmark(screen, reviews)
    _register(screen)
    campaigns_calculator.calculator(screen)
    frame.how(screen, *TERMS)


@st.cache_resource(show_spinner="Reviewing the campaigns …", max_entries=4)
def _reviewed(version: str, as_of: dt.date, model: str) -> tuple[campaign_data.Reader, list[Review]]:
    space = data.workspace()
    shown = campaign_data.campaigns_of(space)
    read = campaign_data.reader(
        space,
        shown,
        as_of=as_of,
        read_report=lambda period: data.report(period, model),
        read_mentions=data.mentions,
    )
    return read, [campaign_data.review(read, one) for one in shown]


def _chosen(screen: Screen, reviews: list[Review]) -> Review:
    _ = screen._
    place = st.selectbox(
        _("Campaign"),
        range(len(reviews)),
        format_func=lambda n: f"{reviews[n].campaign.name} ({_days(screen, reviews[n].campaign)})",
        key="campaign",
    )
    return reviews[place or 0]


def _days(screen: Screen, campaign: Campaign) -> str:
    _ = screen._
    since = frame.day_text(screen, campaign.since)
    if campaign.until is None:
        return _("since {day}").format(day=since)
    return _("{since} to {until}").format(since=since, until=frame.day_text(screen, campaign.until))


def _answer(screen: Screen, found: Review) -> str:
    _ = screen._
    if found.ran is None:
        return _("{name} has not begun.").format(name=found.campaign.name)
    direct, cost = words.money(screen, found.direct_minor), words.money(screen, found.cost_minor)
    orders = words.orders(screen, found.orders)
    if found.cost_minor is None:
        return _("{name} brought {direct} direct with {orders}; what it cost is not known.").format(
            name=found.campaign.name, direct=direct, orders=orders
        )
    closed = _("{name} cost {cost} and brought {direct} direct with {orders}.")
    open_still = _("{name} cost {cost} and brought {direct} direct with {orders} so far.")
    return (closed if found.state == "closed" else open_still).format(
        name=found.campaign.name, cost=cost, direct=direct, orders=orders
    )


def _review(screen: Screen, read: campaign_data.Reader, found: Review) -> None:
    if found.ran is None:
        return
    _banner(screen, found)
    _cards(screen, found)
    _course(screen, found)
    if found.state in ("ended", "closed"):
        _close_out(screen, read, found)


def _banner(screen: Screen, found: Review) -> None:
    """The rule stands beside the word, so that nobody need trust it."""
    _ = screen._
    early = found.early
    if early.judged and early.open_until is None:
        return
    with st.container(border=True, key="too-early"):
        if not early.judged:
            st.badge(_("Too early to judge"), icon=":material/hourglass_top:", color="orange")
            st.text(
                _("Its course is judged from {days} days and {orders} direct orders on; {d} days and {o} orders to go.")
                .format(days=MIN_RUN_DAYS, orders=MIN_ORDERS, d=early.days_missing, o=early.orders_missing)
            )  # fmt: skip
        if early.open_until is not None:
            st.text(
                _("Orders until {day} may still be its own; it is closed after that.").format(
                    day=frame.day_text(screen, early.open_until)
                )
            )


def _cards(screen: Screen, found: Review) -> None:
    _ = screen._
    one = found.campaign
    grid = st.grid(4, min_column_width=158)
    rows: tuple[tuple[str, str, str], ...] = (
        (_("Cost"), words.money(screen, found.cost_minor), _planned(screen, words.money(screen, one.budget_minor))),
        (
            _("Direct return"),
            words.money(screen, found.direct_minor),
            _planned(screen, words.money(screen, one.target_revenue_minor)),
        ),
        (
            _("Direct orders"),
            words.number(screen, found.orders),
            _planned(screen, words.number(screen, one.target_orders)),
        ),
        (
            _("Return per unit of cost"),
            "–" if found.roas is None else f"{found.roas:.2f}",
            _("{money} an order").format(money=words.money(screen, found.cost_per_order_minor)),
        ),
    )
    for title, value, beside in rows:
        grid.metric(title, value, delta=None, delta_description=beside, border=True, height="stretch")
    if found.missing:
        st.caption(_("No cost is given for: {kinds}.").format(kinds=costs.listed(screen, list(found.missing))))


def _planned(screen: Screen, value: str) -> str:
    return screen._("planned: {value}").format(value=value)


def _course(screen: Screen, found: Review) -> None:
    """Mentions and visits a day against what is usual, with the notes of its days."""
    _ = screen._
    notes = found.notes.sort("day", "id").with_columns(number=pl.int_range(1, pl.len() + 1).cast(pl.String))
    for title, against, key in (
        (_("Stories about the brand"), found.talk, "talk"),
        (_("Visits from social media"), found.visits, "visits"),
    ):
        if against is not None:
            _against(screen, found.campaign, against, notes, title=title, key=key)
    if notes.height:
        st.text(
            "\n".join(
                f"{n}  {frame.day_text(screen, day)}: {text}"
                for n, day, text in notes.select("number", "day", "text").iter_rows()
            )
        )
    _note_form(screen, found.campaign)


def _against(
    screen: Screen, campaign: Campaign, against: Against, notes: pl.DataFrame, *, title: str, key: str
) -> None:
    _ = screen._
    st.subheader(title, anchor=False)
    if against.above is None:
        st.text(_("Too few days are known before it to say what is usual."))
    else:
        low, median, high = (words.number(screen, round(end)) for end in against.above)
        st.text(
            _("{n} since it began; above the usual, estimated: {median} ({low} to {high}).").format(
                n=words.number(screen, round(against.actual)), low=low, median=median, high=high
            )
        )
    days = against.daily["day"]
    shown = notes.filter(pl.col("day").is_between(days.min(), days.max())) if days.len() else notes.head(0)
    charts.show(
        charts_plans.against(
            against.daily,
            since=campaign.since,
            notes=shown,
            title="",
            words={"day": _("Day"), "actual": _("Counted"), "usual": _("Usual on that weekday")},
        ),
        alternative=_("{title} a day: {n} since it began, {days} days before it known.").format(
            title=title, n=round(against.actual), days=against.days_before
        ),
        key=f"course-{key}",
    )
    st.caption(_("Grey: the days before. Blue: since it began. Dashed: what is usual on that weekday."))


def _note_form(screen: Screen, campaign: Campaign) -> None:
    _ = screen._
    with st.expander(_("Add a note to a day"), icon=":material/edit_note:"):
        plan_form.entry_form(
            screen,
            "campaign_notes",
            key=f"note-{campaign.id}",
            draw=lambda: {
                "campaign": campaign.id,
                "day": st.date_input(_("Day"), value=screen.period.until, format="YYYY-MM-DD", key="note-day"),
                "text": st.text_input(_("What happened"), max_chars=200, key="note-text"),
            },
            label=_("Add note"),
            kept=_("The note stands on the charts."),
        )
        plan_form.undo_button(screen, "campaign_notes")


def _close_out(screen: Screen, read: campaign_data.Reader, found: Review) -> None:
    """What was paid, what came back counted, what was said, and what happened to revenue without a trace."""
    _ = screen._
    st.subheader(_("Close-out review"), anchor=False)
    st.text(
        _("Paid {cost}. Counted back: {direct} from {orders}, {new} of them by new customers.").format(
            cost=words.money(screen, found.cost_minor),
            direct=words.money(screen, found.direct_minor),
            orders=words.orders(screen, found.orders),
            new=words.number(screen, found.new_customers),
        )
    )
    if st.toggle(_("Event view: revenue without a trace, before and after"), key="event-view"):
        _event(screen, read, found)
    with st.expander(_("The credit behind it"), icon=":material/receipt_long:"):
        opened = found.direct.select("order_id", "day", "by", "channel", "person", "code", "credit_minor")
        named = opened.join(
            read.report.ledger.select("order_id", "order_name"), on="order_id", how="left", maintain_order="left"
        )
        by = {"code": _("promo code"), "tag": _("link tags (UTM)"), "person": _("person")}
        shown = named.select("order_name", "day", pl.col("by").replace(by), pl.exclude("order_name", "day", "by"))
        tables.show(
            screen,
            shown,
            alternative=_("Credit of the campaign"),
            key="campaign-credit",
            titles={"by": _("Shown by")},
        )
        frame.export(screen, shown, "campaign-credit")


def _event(screen: Screen, read: campaign_data.Reader, found: Review) -> None:
    _ = screen._
    pool = data.history_days().daily
    effect = campaign_data.review(read, found.campaign, pool=pool).event
    if effect is None or effect.total is None:
        st.text(_("The data do not carry it: at least 28 days with revenue before its start are needed."))
        return
    low, median, high = (words.money(screen, round(end)) for end in effect.total)
    st.text(
        _("Revenue without a trace, against what was to be expected: {median}, estimated ({low} to {high}).").format(
            low=low, median=median, high=high
        )
    )
    st.caption(
        _(
            "It says that something happened then, not what: a holiday or a sale looks the same. "
            "Orders that its codes and links brought are not in it."
        )
    )


def _benchmark(screen: Screen, reviews: list[Review]) -> None:
    """One's own campaigns side by side: what to expect of the next."""
    _ = screen._
    st.subheader(_("Your campaigns side by side"), anchor=False)
    rows = [
        {
            "name": one.campaign.name,
            "date_from": one.campaign.since,
            "date_to": one.campaign.until,
            "cost_minor": one.cost_minor,
            "direct_minor": one.direct_minor,
            "orders": one.orders,
            "roas": one.roas,
            "cost_per_order_minor": one.cost_per_order_minor,
            "new_customers": one.new_customers,
            "said": one.talk.above[1] if one.talk and one.talk.above else None,
        }
        for one in reviews
    ]
    schema: Any = {
        **{"name": pl.String, "date_from": pl.Date, "date_to": pl.Date, "cost_minor": pl.Int64},
        **{"direct_minor": pl.Int64, "orders": pl.Int64, "roas": pl.Float64, "cost_per_order_minor": pl.Int64},
        **{"new_customers": pl.Int64, "said": pl.Float64},
    }
    table = pl.DataFrame(rows, schema=schema)
    tables.show(
        screen,
        table,
        alternative=_("Campaigns with cost and return"),
        key="campaign-rows",
        titles={
            "direct_minor": _("Direct return"),
            "cost_per_order_minor": _("Cost per order"),
            "said": _("Stories above the usual"),
        },
    )
    frame.export(screen, table, "campaigns")


def _register(screen: Screen) -> None:
    _ = screen._
    st.subheader(_("Register of campaigns"), anchor=False)
    with st.expander(_("Add or change a campaign"), icon=":material/edit:"):
        known = campaign_data.campaigns_of(screen.workspace, archived=True)
        place = st.selectbox(
            _("Campaign to change"),
            [None, *range(len(known))],
            format_func=lambda n: _("a new campaign") if n is None else known[n].name,
            key="campaign-entry",
        )
        entry_id = None if place is None else known[place].id
        cells = {} if entry_id is None else stored_plan(screen.workspace.engine, "campaigns")[entry_id]
        plan_form.entry_form(
            screen,
            "campaigns",
            key=f"campaign-{entry_id}",
            draw=lambda: _widgets(screen, cells, key=str(entry_id)),
            label=_("Save campaign"),
            kept=_("The campaign was saved."),
        )
        if entry_id is not None and st.button(_("Remove"), icon=":material/delete:", key="remove-campaign"):
            plan_form.remove(screen, "campaigns", entry_id)
            plan_form.told(screen, _("The campaign was removed; undo puts it back."))
    plan_form.undo_button(screen, "campaigns")
    plan_form.files(screen, "campaigns", "earned_campaigns", read_campaigns(screen.workspace.engine))


def _widgets(screen: Screen, cells: Any, *, key: str) -> dict[str, Any]:
    _ = screen._
    grid = st.grid(2, min_column_width=230)
    since = cells.get("date_from")
    found: dict[str, Any] = {"id": cells.get("id")}
    found["name"] = grid.text_input(_("Name"), value=cells.get("name") or "", max_chars=120, key=f"c-name-{key}")
    found["brand"] = grid.text_input(_("Brand (empty: all own)"), value=cells.get("brand") or "", key=f"c-brand-{key}")
    found["from"] = grid.date_input(
        _("From"),
        value=dt.date.fromisoformat(since) if since else screen.period.until,
        format="YYYY-MM-DD",
        key=f"c-from-{key}",
    )
    until = cells.get("date_to")
    found["to"] = grid.date_input(
        _("To (empty: still open)"),
        value=dt.date.fromisoformat(until) if until else None,
        format="YYYY-MM-DD",
        key=f"c-to-{key}",
    )
    several = _("Several with ; between them")
    for name, label in (
        ("people", _("People (network:handle)")),
        ("codes", _("Promo codes")),
        ("utm_campaigns", _("utm_campaign values")),
        ("channels", _("Channels (empty: the social scope)")),
        ("cost_campaigns", _("Its name in costs (empty: as its tags)")),
    ):
        found[name] = grid.text_input(
            label, value=cells.get(name) or "", help=several, max_chars=400, key=f"c-{name}-{key}"
        )
    for name, label in (
        ("budget", _("Budget")),
        ("target_revenue", _("Planned direct return")),
        ("target_orders", _("Planned direct orders")),
        ("target_mentions", _("Planned mentions")),
        ("note", _("Note")),
    ):
        found[name] = grid.text_input(label, value=cells.get(name) or "", max_chars=400, key=f"c-{name}-{key}")
    found["archived"] = grid.checkbox(_("Archived"), value=bool(cells.get("archived")), key=f"c-archived-{key}")
    return found
