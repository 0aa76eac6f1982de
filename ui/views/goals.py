"""Goals: are we on pace for what we set out to reach?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import streamlit as st

from attribution.goals import METRICS, PROPOSALS, Assessment, Goal, Proposal
from config.plans import GOAL_PURPOSES, read_goals, stored_plan
from ui import charts, charts_plans, data, frame, goals, i18n, plan_form, plan_words, tables
from ui.frame import Screen

GOOD = ("on_track", "reached")


def page() -> None:
    _ = i18n.translator()
    screen = frame.open_page(_("Goals"), brand_filter=False, period_filter=False, about=())
    plan_form.say_what_was_done()
    as_of = screen.period.until
    shown = goals.goals_of(screen.workspace)
    if shown:
        found = _assessed(screen, as_of)
        frame.say(screen, _answer(screen, found))
        for one in sorted(found, key=_urgency):
            _card(screen, one)
    else:
        frame.say(screen, _("No goal is set yet."))
        frame.empty(
            screen,
            _("Set the first goal"),
            (
                _("Choose below what you want to reach: each purpose proposes figures and targets."),
                _("Give it days, at least 30, and somebody who owns it."),
                _("The baseline comes by itself: what as many days before brought."),
            ),
        )
    _new(screen, as_of, open_now=not shown)
    _archived(screen)
    plan_form.undo_button(screen, "goals")
    plan_form.files(screen, "goals", "earned_goals", read_goals(screen.workspace.engine))
    frame.how(screen, "Goal", "Baseline", "Pace", "Goal forecast", "Growth above trend", "Direct return", "ROAS")


def _assessed(screen: Screen, as_of: dt.date) -> list[Assessment]:
    return _judged(data.version(), as_of, screen.model)


@st.cache_resource(show_spinner="Judging the goals …", max_entries=4)
def _judged(version: str, as_of: dt.date, model: str) -> list[Assessment]:
    space = data.workspace()
    return goals.assessed(
        space,
        goals.goals_of(space),
        as_of=as_of,
        read_report=lambda period: data.report(period, model),
        read_mentions=data.mentions,
    )


def _urgency(found: Assessment) -> tuple[int, dt.date]:
    order = ("at_risk", "on_track", "reached", "missed", "not_started", "no_data")
    return order.index(found.state), found.goal.until


def _answer(screen: Screen, found: list[Assessment]) -> str:
    _ = screen._
    good = sum(one.state in GOOD for one in found)
    sentence = _.plural(
        "{good} of {n} goal is on track or reached.", "{good} of {n} goals are on track or reached.", len(found)
    ).format(good=good, n=len(found))
    for state, words in (("at_risk", _("At risk: {names}.")), ("missed", _("Missed: {names}."))):
        names = [one.goal.name for one in found if one.state == state]
        sentence += (" " + words.format(names=", ".join(names))) if names else ""
    return sentence


def _card(screen: Screen, found: Assessment) -> None:
    _ = screen._
    goal = found.goal
    name, icon, colour = plan_words.state_name(screen, found.state)
    with st.container(border=True, key=f"goal-{goal.id}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.text(goal.name)
            st.badge(name, icon=icon, color=colour)
        st.text(plan_words.about(screen, goal))
        _figures(screen, found)
        if found.known_to is not None and found.known_to < min(found.as_of, found.goal.until):
            told = _("Its figure is known up to {day}; the days after that do not count as none.")
            st.caption(told.format(day=frame.day_text(screen, found.known_to)))
        if found.line.height > 1:
            _chart(screen, found)
        growth = plan_words.growth(screen, found)
        for sentence in [*([growth] if growth else []), *plan_words.warnings(screen, found)]:
            st.caption(sentence)
        with st.expander(_("Change"), icon=":material/edit:"):
            _change(screen, goal)


def _figures(screen: Screen, found: Assessment) -> None:
    _ = screen._
    metric = found.goal.metric
    grid = st.grid(4, min_column_width=150)
    middle = None if found.forecast is None else found.forecast[1]
    trend = found.growth if found.goal.baseline is None else None
    usual = (
        (_("Baseline"), found.baseline, _("as many days before") if found.goal.baseline is None else _("as given"))
        if trend is None
        else (_("By its trend"), trend.whole, _("what the trend before it brings"))
    )
    over = found.over and found.forecast is None
    for title, value, beside in (
        (_("So far"), found.value, _("plan: {value}").format(value=plan_words.figure(screen, metric, found.plan))),
        (_("Target"), found.target, _target_words(screen, found)),
        (
            _("Forecast, estimated"),
            middle,
            _("it is over") if over else plan_words.span(screen, metric, found.forecast),
        ),
        usual,
    ):
        grid.metric(
            title, plan_words.figure(screen, metric, value), delta=None, delta_description=beside, height="stretch"
        )


def _target_words(screen: Screen, found: Assessment) -> str:
    _ = screen._
    goal = found.goal
    if goal.target_is != "change":
        return _("by {day}").format(day=frame.day_text(screen, goal.until))
    change = f"{100 * goal.target:+,.0f}"
    if goal.metric.unit == "share":
        return _("{points} points").format(points=change)
    if found.growth is not None and goal.baseline is None:
        return _("{percent} % against its trend").format(percent=change)
    return _("{percent} %").format(percent=change)


def _chart(screen: Screen, found: Assessment) -> None:
    _ = screen._
    metric = found.goal.metric
    scale = 10 ** tables.digits(screen.currency) if metric.unit == "money" else 1
    numbers = ("actual", "plan", "low", "median", "high")
    line = found.line.with_columns(pl.col(name) / scale for name in numbers)
    names = {
        "day": _("Day"),
        "actual": _("So far"),
        "plan": _("Plan"),
        "low": _("Forecast from"),
        "high": _("Forecast to"),
    }
    charts.show(
        charts_plans.pace(
            line,
            target=None if found.target is None else found.target / scale,
            title=screen.currency if metric.unit == "money" else "",
            words=names,
            percent=metric.unit == "share",
        ),
        alternative=_("So far {value}, planned {plan}, forecast {range}, target {target}.").format(
            value=plan_words.figure(screen, metric, found.value),
            plan=plan_words.figure(screen, metric, found.plan),
            range=plan_words.span(screen, metric, found.forecast),
            target=plan_words.figure(screen, metric, found.target),
        ),
        key=f"pace-{found.goal.id}",
    )
    st.caption(
        _("Solid: so far. Dashed: the plan. Band: where it may end, in nine of ten cases. Line across: the target.")
    )


def _change(screen: Screen, goal: Goal) -> None:
    _ = screen._
    row = stored_plan(screen.workspace.engine, "goals")[goal.id]
    cells = {{"date_from": "from", "date_to": "to"}.get(name, name): value for name, value in row.items()}
    plan_form.entry_form(
        screen,
        "goals",
        key=f"edit-{goal.id}",
        draw=lambda: _widgets(screen, cells, key=goal.id),
        label=_("Save goal"),
        kept=_("The goal was saved."),
    )
    with st.container(horizontal=True):
        if st.button(_("Archive"), icon=":material/archive:", key=f"archive-{goal.id}"):
            plan_form.archive(screen, "goals", goal.id, archived=True)
            plan_form.told(screen, _("The goal was archived."))
        if st.button(_("Remove"), icon=":material/delete:", key=f"remove-{goal.id}"):
            plan_form.remove(screen, "goals", goal.id)
            plan_form.told(screen, _("The goal was removed; undo puts it back."))


def _widgets(screen: Screen, cells: dict[str, Any], *, key: str) -> dict[str, Any]:
    """The form of a goal; what it holds, by the columns of a goals file. Filters that its figure cannot take are left
    out."""
    _ = screen._
    names = plan_words.metric_names(screen)
    metrics = [metric.id for metric in METRICS.values() if metric.purpose == cells["purpose"]]
    grid = st.grid(2, min_column_width=230)
    found: dict[str, Any] = {"id": cells.get("id"), "purpose": cells["purpose"]}
    found["name"] = grid.text_input(_("Name"), value=cells.get("name") or "", max_chars=120, key=f"name-{key}")
    found["metric"] = grid.selectbox(
        _("Figure"),
        metrics,
        index=metrics.index(cells["metric"]) if cells.get("metric") in metrics else 0,
        format_func=names.__getitem__,
        key=f"metric-{key}",
    )
    found["target"] = grid.text_input(
        _("Target"),
        value=str(cells.get("target") or ""),
        help=_("An amount, or a share such as 0.2 for a change. For shares, 0.05 are 5 points."),
        key=f"target-{key}",
    )
    kinds = {"change": _("change from the baseline"), "absolute": _("amount to reach")}
    found["target_is"] = grid.selectbox(
        _("The target is a"),
        list(kinds),
        index=list(kinds).index(cells.get("target_is") or "change"),
        format_func=kinds.__getitem__,
        key=f"target-is-{key}",
    )
    found["from"] = grid.date_input(_("From"), value=_day(cells["from"]), format="YYYY-MM-DD", key=f"from-{key}")
    found["to"] = grid.date_input(_("To"), value=_day(cells["to"]), format="YYYY-MM-DD", key=f"to-{key}")
    found["owner"] = grid.text_input(_("Owner"), value=cells.get("owner") or "", max_chars=120, key=f"owner-{key}")
    found["baseline"] = grid.text_input(
        _("Baseline (empty: the days before)"), value=str(cells.get("baseline") or ""), key=f"baseline-{key}"
    )
    used = {name for metric in metrics for name in METRICS[metric].filters}
    labels = {
        "network": _("Only this network"),
        "page": _("Only landing pages that begin with"),
        "product": _("Only this product"),
        "campaign": _("Only this campaign"),
        "brand": _("Only this brand"),
    }
    for name, label in labels.items():
        if name in used or cells.get(name):
            found[name] = grid.text_input(label, value=cells.get(name) or "", max_chars=200, key=f"{name}-{key}")
    return found


def _day(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))


def _new(screen: Screen, as_of: dt.date, *, open_now: bool) -> None:
    _ = screen._
    with st.expander(_("New goal"), icon=":material/add:", expanded=open_now):
        purposes = plan_words.purpose_names(screen)
        purpose = st.segmented_control(
            _("What for?"),
            list(GOAL_PURPOSES),
            default="sales",
            required=True,
            format_func=purposes.__getitem__,
            key="goal-purpose",
        )
        proposals = PROPOSALS[purpose or "sales"]
        names = plan_words.metric_names(screen)
        place = st.radio(
            _("Proposed"),
            range(len(proposals)),
            format_func=lambda n: _proposal_words(screen, proposals[n], names),
            key=f"proposal-{purpose}",
        )
        chosen = proposals[place or 0]
        cells = _proposed(screen, chosen, names, as_of)
        plan_form.entry_form(
            screen,
            "goals",
            key=f"new-goal-{chosen.metric}",
            draw=lambda: _widgets(screen, cells, key=f"new-{chosen.metric}"),
            label=_("Set goal"),
            kept=_("The goal is set."),
        )


def _proposal_words(screen: Screen, chosen: Proposal, names: dict[str, str]) -> str:
    _ = screen._
    name = names[chosen.metric]
    if chosen.target_is == "absolute":
        return _("{name}: reach {target} in {days} days").format(name=name, target=chosen.target, days=chosen.days)
    change = f"{100 * chosen.target:+,.1f}".removesuffix(".0")
    words = _("{name}: {change} points in {days} days") if METRICS[chosen.metric].unit == "share" else None
    return (words or _("{name}: {change} % in {days} days")).format(name=name, change=change, days=chosen.days)


def _proposed(screen: Screen, chosen: Proposal, names: dict[str, str], as_of: dt.date) -> dict[str, Any]:
    since = as_of + dt.timedelta(days=1)
    return {
        "name": names[chosen.metric],
        "purpose": METRICS[chosen.metric].purpose,
        "metric": chosen.metric,
        "target": f"{chosen.target:g}",
        "target_is": chosen.target_is,
        "from": since,
        "to": since + dt.timedelta(days=chosen.days - 1),
    }


def _archived(screen: Screen) -> None:
    _ = screen._
    put_away = [goal for goal in goals.goals_of(screen.workspace, archived=True) if goal.archived]
    if not put_away:
        return
    with st.expander(_("Archived goals ({n})").format(n=len(put_away)), icon=":material/archive:"):
        for goal in put_away:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.text(f"{goal.name} · {plan_words.about(screen, goal)}")
                if st.button(_("Put back"), key=f"back-{goal.id}"):
                    plan_form.archive(screen, "goals", goal.id, archived=False)
                    plan_form.told(screen, _("The goal is shown again."))
